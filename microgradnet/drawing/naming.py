"""What a value is called in a picture or a table: its label, its number, or the expression that computes it."""

import re
from collections.abc import Container, Iterable

from microgradnet.backward import NoGradient
from microgradnet.ops import PARAMETER, WEIGHTED_SUM
from microgradnet.ops.operation import ATOM, LOOSE, SIGN, Written
from microgradnet.value import Value

INLINE = 26  # an expression up to this length stands for its unlabelled value inside another
MOST_OPERANDS = 8  # of a sum of more, only the first few and the last are written
_ATOMIC = re.compile(r"[^\s+\-−*·×/÷^<>=,|&]+")


def number(x: float, digits: int = 4) -> str:
    """A number in four significant digits, as a picture shows it; the exact one is in the tooltip.

    >>> number(0.41500000000000004), number(1e-06), number(-3.0)
    ('0.415', '1e-06', '−3')
    """
    text = f"{x:.{digits}g}"
    return "−" + text[1:] if text[0] == "-" else text  # a true minus; the exponent keeps its hyphen


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

    >>> x, w, b = Value(2.0, "x"), Value(3.0, "w"), Value(1.0, "b")
    >>> Namer().heading(w * x + b)
    'w·x + b'
    """

    def __init__(self, drawn: Container[Value] | None = None) -> None:
        self._drawn = drawn
        self._written: dict[Value, Written] = {}
        self._temporaries = 0

    def name(self, value: Value) -> str:
        """What `value` is called where another one uses it."""
        return self._name(value)[0]

    def expression(self, value: Value) -> str:
        """The operation that computed `value`, on its operands' names; "" for a leaf."""
        return self._expression(value)[0] if value.operands else ""

    def heading(self, value: Value) -> str:
        """The first line of its box: "name = expression", or what there is of it."""
        expression, name = self.expression(value), self._name(value)[0]
        if not expression:
            return value.label
        return expression if name == expression else f"{name} = {expression}"

    def operands(self, value: Value) -> list[Written]:
        """What its operands are called in its expression, and how strongly that binds."""
        operands = [self._name(operand) for operand in value.operands]
        return _without_owner(value, operands) if value.op is WEIGHTED_SUM else operands

    def _expression(self, value: Value) -> Written:
        operands = self.operands(value)
        if value.op.variadic and len(operands) > MOST_OPERANDS:
            return f"{value.op.symbol} of {len(operands)} operands", LOOSE
        return value.op.write(operands), value.op.binding

    def _name(self, value: Value) -> Written:
        """Its name and how strongly that binds. Names are given from the operands up, without recursion."""
        stack = [value]
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
            return value.label, ATOM if _ATOMIC.fullmatch(value.label) else LOOSE
        if not value.operands:
            return number(value.data), SIGN if value.data < 0 else ATOM
        if self._is_left_out(value):
            return "…", ATOM
        text, binding = self._expression(value)
        if len(text) <= INLINE:
            return text, binding
        self._temporaries += 1
        return "t" + str(self._temporaries).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")), ATOM


def _without_owner(value: Value, operands: list[Written]) -> list[Written]:
    """A neuron's parameters by their own names: in "w0·x + b", each is understood to be of that neuron."""
    owner = value.operands[0].label.rpartition(".")[0] + "."
    return [
        (text.removeprefix(owner) if operand.op is PARAMETER else text, binding)
        for operand, (text, binding) in zip(value.operands, operands, strict=True)
    ]
