"""What a value is called in a picture, a table or an equation: its label, its number, or the expression for it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from microgradnet._shared.text import one_line, shorten
from microgradnet.backward import NoGradient
from microgradnet.ops import CONSTANT, PARAMETER, WEIGHTED_SUM
from microgradnet.ops.operation import ATOM, LOOSE, SIGN, SUM, Written

if TYPE_CHECKING:
    from microgradnet.value import Value

INLINE, SHORT = 26, 14  # an expression up to this length stands for its unlabelled value inside another; in equations
MOST_OPERANDS = 8  # of a sum of more, only the first few and the last are written
_SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_ATOMIC = re.compile(r"[^\s+\-−*·×/÷^<>=,|&]+")


def number(x: float, digits: int = 4) -> str:
    """A number in four significant digits, as a picture shows it; the exact one is in the tooltip.

    >>> number(0.41500000000000004), number(1e-06), number(-3.0)
    ('0.415', '1e-06', '−3')
    """
    text = f"{x + 0.0:.{digits}g}"  # − 0 is 0
    return "−" + text[1:] if text[0] == "-" else text  # a true minus; the exponent keeps its hyphen


def in_brackets(written: Written) -> str:
    """An expression ready to be differentiated: in brackets unless it is a single name.

    >>> in_brackets(("a + b", 1)), in_brackets(("a", 5))
    ('(a + b)', 'a')
    """
    return written[0] if written[1] == ATOM else f"({written[0]})"


def as_factor(written: Written) -> str:
    """An expression ready to stand after a dot: in brackets if it is a sum or begins with a sign.

    >>> as_factor(("2·x", 2)), as_factor(("−2", 3))
    ('2·x', '(−2)')
    """
    return f"({written[0]})" if written[1] in {LOOSE, SUM, SIGN} else written[0]


def signed(x: float) -> Written:
    """A number, and how strongly it binds: a negative one less, for its sign."""
    return number(x), SIGN if x < 0 else ATOM


def gradient(value: Value) -> str:
    """The gradient as a picture shows it: a dash until there is one."""
    return "—" if isinstance(value.grad, NoGradient) else number(value.grad)


def role(value: Value, roots: Iterable[Value] = ()) -> str:
    """What a value is in the graph: "root", "operation", "parameter", "constant" or "input"."""
    if not value.operands:
        return value.op.name
    return "root" if value in roots else "operation"


class Namer:
    """Names for the values of one picture. An unlabelled value is called by its expression if that is short, else t₁.

    Args:
        drawn: the values in the picture, None for all; one without a label that is not among them is "…".
        for_equations: each value has a name of its own, no two the same and none of them long: v₁ for a number that is
            given without a label, t₁ for a result; numbered in the order of `drawn`, a topological one.

    >>> from microgradnet import Value
    >>> x, w, b = Value(2.0, "x"), Value(3.0, "w"), Value(1.0, "b")
    >>> Namer().heading(w * x + b)
    'w·x + b'
    """

    def __init__(self, drawn: Collection[Value] | None = None, for_equations: bool = False) -> None:
        self._drawn = None if drawn is None else frozenset(drawn)
        self._unnamed = list(drawn or ()) if for_equations else []
        self._for_equations = for_equations
        self._written: dict[Value, Written] = {}
        self._taken = {one_line(value.label) for value in drawn or ()}
        self._counts = Counter[str]()

    def name(self, value: Value) -> str:
        """What `value` is called where another one uses it."""
        return self.written(value)[0]

    def expression(self, value: Value) -> str:
        """The operation that computed `value`, on its operands' names; "" for a leaf."""
        return self._expression(value)[0] if value.operands else ""

    def heading(self, value: Value) -> str:
        """The first line of its box: "name = expression", or what there is of it."""
        expression, name = self.expression(value), self.written(value)[0]
        if not expression:
            return value.label or (name if self._for_equations and value.op is not CONSTANT else "")
        return expression if name == expression else f"{name} = {expression}"

    def operands(self, value: Value) -> list[Written]:
        """What its operands are called in its expression, and how strongly that binds."""
        operands = [self.written(operand) for operand in value.operands]
        return _without_owner(value, operands) if value.op is WEIGHTED_SUM else operands

    def is_long(self, value: Value) -> bool:
        """Whether it has too many operands to be written out."""
        return value.op.variadic and len(value.operands) > MOST_OPERANDS

    def _expression(self, value: Value) -> Written:
        operands = self.operands(value)
        if self.is_long(value):
            return f"{value.op.symbol} of {len(operands)} operands", LOOSE
        return value.op.write(operands), value.op.binding

    def written(self, value: Value) -> Written:
        """Its name and how strongly that binds. Names are given from the operands up, without recursion.

        In equations all values are named at once, in their order: t₁ does not depend on who is asked for first.
        """
        if value in self._written:
            return self._written[value]
        stack = [value, *reversed(self._unnamed)]
        self._unnamed = []
        while stack:
            node = stack[-1]
            if node in self._written:
                stack.pop()
                continue
            waiting = [o for o in node.operands if o not in self._written]
            if waiting and not self._is_named(node):
                stack.extend(reversed(waiting))
            else:
                self._written[node] = self._new_name(node)
        return self._written[value]

    def _is_named(self, value: Value) -> bool:
        return bool(value.label) or not value.operands or self._is_left_out(value)

    def _is_left_out(self, value: Value) -> bool:
        return self._drawn is not None and value not in self._drawn

    def _new_name(self, value: Value) -> Written:
        if value.label:
            label = one_line(value.label) or "␣"
            if self._for_equations:
                label = shorten(label)
            return label, ATOM if _ATOMIC.fullmatch(label) else LOOSE
        if not value.operands:
            if self._for_equations and value.op is not CONSTANT:
                return self._next("v"), ATOM
            return signed(value.data)
        if self._is_left_out(value):
            return "…", ATOM
        text, binding = self._expression(value)
        if len(text) <= (SHORT if self._for_equations else INLINE) and text not in self._taken:
            if self._for_equations:
                self._taken.add(text)
            return text, binding
        return self._next("t"), ATOM

    def _next(self, letter: str) -> str:
        """The next name of the series t₁, t₂, … that is not somebody's label."""
        while True:
            self._counts[letter] += 1
            name = letter + str(self._counts[letter]).translate(_SUBSCRIPT)
            if name not in self._taken:
                return name


def _without_owner(value: Value, operands: list[Written]) -> list[Written]:
    """A neuron's parameters by their own names: in "w0·x + b", each is understood to be of that neuron."""
    owner = value.operands[0].label.rpartition(".")[0] + "."
    return [
        ((text.removeprefix(owner) or text) if operand.op is PARAMETER else text, binding)
        for operand, (text, binding) in zip(value.operands, operands, strict=True)
    ]
