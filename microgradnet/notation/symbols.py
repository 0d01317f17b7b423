"""`Symbol`: an operand for a rule that gives the rule's formula. Arithmetic on symbols builds an expression.

`Symbols` is the namespace `m` that goes with it: `m.exp(x)` is the expression "exp(x)". A rule read this way gives its
own formula, and no formula of a derivative is written down a second time. `writers` turns expressions into text,
LaTeX, Python and JavaScript.
"""

import operator
from collections.abc import Sequence
from functools import reduce
from typing import Any, TypeAlias

Term: TypeAlias = "Symbol | float"


class Symbol:
    """An expression: a name, or an operation on expressions.

    >>> x, y = Symbol("x"), Symbol("y")
    >>> print(2 * (x + y) / -x)
    2·(x + y) / (−x)
    """

    __slots__ = ("arguments", "head")

    def __init__(self, head: str, *arguments: Term) -> None:
        self.head = head
        self.arguments = arguments

    def __repr__(self) -> str:
        return f"<Symbol {self}>"

    def __str__(self) -> str:
        from microgradnet.notation.writers import TEXT

        return TEXT.write(self)

    @property
    def operands(self) -> tuple["Symbol", ...]:
        """The symbols among its arguments."""
        return tuple([argument for argument in self.arguments if isinstance(argument, Symbol)])

    def __add__(self, other: Term) -> Term:
        return self if other == 0.0 else Symbol("+", self, other)

    def __radd__(self, other: Term) -> Term:
        return self if other == 0.0 else Symbol("+", other, self)

    def __sub__(self, other: Term) -> Term:
        return Symbol("-", self, other)

    def __rsub__(self, other: Term) -> Term:
        return Symbol("-", other, self)

    def __mul__(self, other: Term) -> Term:
        return self if other == 1.0 else Symbol("*", self, other)

    def __rmul__(self, other: Term) -> Term:
        return self if other == 1.0 else Symbol("*", other, self)

    def __truediv__(self, other: Term) -> Term:
        return Symbol("/", self, other)

    def __rtruediv__(self, other: Term) -> Term:
        return Symbol("/", other, self)

    def __pow__(self, other: Term) -> Term:
        return self if other == 1.0 else Symbol("**", self, other)

    def __rpow__(self, other: Term) -> Term:
        return Symbol("**", other, self)

    def __neg__(self) -> Term:
        return Symbol("neg", self)

    def __lt__(self, other: Term) -> Any:
        return Symbol("<", self, other)

    def __gt__(self, other: Term) -> Any:
        return Symbol(">", self, other)

    def __le__(self, other: Term) -> Any:
        return Symbol("<=", self, other)

    def __ge__(self, other: Term) -> Any:
        return Symbol(">=", self, other)


class Symbols:
    """The namespace of symbols: each of its functions builds an expression.

    >>> print(Symbols().exp(Symbol("x")))
    exp(x)
    """

    def __getattr__(self, name: str) -> Any:
        def function(*arguments: Term) -> Term:
            return Symbol(name, *arguments)

        return function

    def total(self, operands: Sequence[Term]) -> Term:
        """The operands, added from the left."""
        return reduce(operator.add, operands)

    def largest(self, operands: Sequence[Term]) -> Term:
        """The largest of the operands, by comparing two at a time."""
        return reduce(self.maximum, operands)

    def where(self, condition: Any, if_true: Term, if_false: Term) -> Term:
        """The case that holds if the condition is a bool, else an expression of both."""
        if isinstance(condition, bool):
            return if_true if condition else if_false
        return Symbol("where", condition, if_true, if_false)
