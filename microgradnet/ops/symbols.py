"""`Symbol`: what a rule is given to learn its formula. Arithmetic on symbols builds an expression that prints itself.

This is the namespace `m` of the reading as text: `symbols.exp(x)` is the expression "exp(x)". A rule that is
read this way tells its own formula, so that no formula of a derivative is ever written down a second time.
"""

from typing import Any, TypeAlias

Term: TypeAlias = "Symbol | float"

_OPERATORS = {"+": ("{} + {}", 1), "-": ("{} − {}", 1), "*": ("{}·{}", 2), "/": ("{} / {}", 2), "neg": ("−{}", 3),
              "**": ("{}^{}", 4), "<": ("{} < {}", 0), ">": ("{} > {}", 0), "<=": ("{} ≤ {}", 0),
              ">=": ("{} ≥ {}", 0), "==": ("{} = {}", 0)}  # fmt: skip
_FUNCTIONS = {"sigmoid": "σ({})", "sqrt": "√({})", "abs": "|{}|"}


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
        return _write(self)[0]

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
    """The namespace of symbols: every function of it builds an expression.

    >>> print(Symbols().exp(Symbol("x")))
    exp(x)
    """

    def __getattr__(self, name: str) -> Any:
        def function(*arguments: Term) -> Term:
            return Symbol(name, *arguments)

        return function

    def where(self, condition: Any, if_true: Term, if_false: Term) -> Term:
        """The case that holds where that is known already, else both."""
        if isinstance(condition, bool):
            return if_true if condition else if_false
        return Symbol("where", condition, if_true, if_false)


def _write(term: Term) -> tuple[str, int]:
    """The text of `term` and how strongly it binds."""
    if not isinstance(term, Symbol):
        text = f"{term:.6g}".replace("-", "−")
        return text, 5 if term >= 0 else 3
    if not term.arguments:
        return term.head, 5
    if term.head not in _OPERATORS:
        inside = ", ".join(_write(argument)[0] for argument in term.arguments)
        return _FUNCTIONS.get(term.head, term.head + "({})").format(inside), 5
    pattern, binding = _OPERATORS[term.head]
    texts = []
    for position, argument in enumerate(term.arguments):
        text, inner = _write(argument)
        tight = inner > binding if position or binding > 2 else inner >= binding
        texts.append(text if tight and not (position and inner == 3) else f"({text})")
    return pattern.format(*texts), binding
