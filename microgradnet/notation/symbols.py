"""`Symbol`: an operand for a rule that gives the rule's formula. Arithmetic on symbols builds an expression.

`Symbols` is the namespace `m` that goes with it: `m.exp(x)` is the expression "exp(x)". A rule read this way gives its
own formula, and no formula of a derivative is written down a second time. `writers` turns expressions into text,
LaTeX, Python and JavaScript.
"""

import operator
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any, TypeAlias

Term: TypeAlias = "Symbol | float"


def _operator(head: str, neutral: float | None = None) -> Callable[[Any, Term], Any]:
    """The method of an operator; with its neutral element on the right, the symbol stays as it is."""

    def build(left: "Symbol", right: Term) -> "Symbol":
        return left if right == neutral else Symbol(head, left, right)

    return build


def _reflected(head: str, neutral: float | None = None) -> Callable[[Any, Term], Any]:
    """The method of an operator whose left operand is a number."""

    def build(right: "Symbol", left: Term) -> "Symbol":
        return right if left == neutral else Symbol(head, left, right)

    return build


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

    __add__, __radd__ = _operator("+", neutral=0.0), _reflected("+", neutral=0.0)
    __sub__, __rsub__ = _operator("-"), _reflected("-")
    __mul__, __rmul__ = _operator("*", neutral=1.0), _reflected("*", neutral=1.0)
    __truediv__, __rtruediv__ = _operator("/"), _reflected("/")
    __pow__, __rpow__ = _operator("**", neutral=1.0), _reflected("**")
    __lt__, __gt__, __le__, __ge__ = _operator("<"), _operator(">"), _operator("<="), _operator(">=")

    def __neg__(self) -> "Symbol":
        return Symbol("neg", self)


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
