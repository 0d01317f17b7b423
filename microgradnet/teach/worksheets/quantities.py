"""Quantities of a graph that a worksheet can ask for, and their numbers by given rules from a learner's numbers."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from microgradnet.notation.names import Namer, in_brackets
from microgradnet.teach.misconceptions.passes import RIGHT, Rules, SolvedGraph, gradients
from microgradnet.value import Value

VALUE, GRADIENT, LOCAL = "value", "gradient", "local derivative"
SHOWN = 4  # significant digits of a number on a sheet
ROUNDING = 1e-3  # of a sum: two factors as a sheet shows them, each good to half a unit in its fourth digit


class Quantity(NamedTuple):
    """A number that a worksheet can ask for.

    Attributes:
        kind: `VALUE`, `GRADIENT` or `LOCAL`.
        node: the value that it belongs to.
        position: for a local derivative: by which operand of the node.
    """

    kind: str
    node: Value
    position: int = -1

    def name(self, namer: Namer) -> str:
        """The name of the quantity: "z", "w.grad", "∂z/∂w"."""
        text = in_brackets(namer.written(self.node))
        if self.kind == LOCAL:
            operand = self.node.operands[self.position]
            partial = f"∂{text}/∂{in_brackets(namer.written(operand))}"
            return partial + f" (operand {self.position + 1})" * (self.node.operands.count(operand) > 1)
        return f"{text}.grad" if self.kind == GRADIENT else namer.name(self.node)


class Number(NamedTuple):
    """A number, and how far from it an answer may be after intermediate rounding."""

    number: float
    rounding: float = 0.0


class Numbers:
    """The numbers of a graph by given rules, as computed step by step by a learner.

    Args:
        graph: holds the right numbers.
        rules: the rules that the learner applies.
        given: the learner's answers, from which later numbers are computed.
        asked: the blanks, in an order of computing; those without an answer are computed by the rules, and everything
            else is on the sheet.
        as_shown: take the numbers on the sheet with the four digits shown.

    >>> from microgradnet import Value
    >>> w, x = Value(2.0, "w"), Value(3.0, "x"); z = w * x; L = z * z
    >>> Numbers(SolvedGraph(L), given={Quantity(GRADIENT, z): 10.0}).by(Quantity(GRADIENT, w)).number
    30.0
    """

    def __init__(
        self, graph: SolvedGraph, rules: Rules = RIGHT, given: Mapping[Quantity, float] | None = None,
        asked: Sequence[Quantity] = (), as_shown: bool = False,
    ) -> None:  # fmt: skip
        self.graph, self.rules, self._as_shown = graph, rules, as_shown
        self._given, self._asked = given or {}, frozenset(asked)
        self._computed: dict[Quantity, Number] = {}
        self._gradients: dict[Value, float] = {}  # by rules whose gradients do not follow from earlier numbers
        for quantity in asked:  # in order, so that the recursion stays shallow
            self.by(quantity)

    def by(self, quantity: Quantity) -> Number:
        """The number of a quantity by the rules, from earlier numbers; NaN if it cannot be computed."""
        if quantity not in self._computed:
            try:
                self._computed[quantity] = self._compute(quantity)
            except (ArithmeticError, ValueError):
                self._computed[quantity] = Number(math.nan)
        return self._computed[quantity]

    def _compute(self, quantity: Quantity) -> Number:
        kind, node, position = quantity
        if kind == GRADIENT:
            return self._gradient(node)
        x = [self._data(operand) for operand in node.operands]
        if kind == VALUE:
            return Number(self.rules.value(node, x))
        return Number(self.rules.local(node, position, self._data(node), x))

    def _gradient(self, node: Value) -> Number:
        if not self.rules.is_local:
            own = {quantity.node: answer for quantity, answer in self._given.items() if quantity.kind == GRADIENT}
            self._gradients = self._gradients or gradients(self.graph, self.rules, own)
            return Number(self._gradients[node])
        total, size = 0.0, 0.0
        for user, at in self.graph.uses[node]:
            if (user, at) != self.rules.forgotten:
                upstream = self._known(Quantity(GRADIENT, user), self.graph.gradients[user])
                local = Quantity(LOCAL, user, at)
                factor = self._given.get(local, self.by(local).number)
                contribution = self.rules.contribution(upstream, factor)
                total = self.rules.join(total, contribution)
                if not (is_short(upstream) and is_short(factor)):
                    size += abs(contribution)
        if self.rules.left_over == "leaves" and not node.operands:
            total *= 2
        return Number(total, ROUNDING * size)

    def _data(self, node: Value) -> float:
        return self._known(Quantity(VALUE, node), node.data)

    def _known(self, quantity: Quantity, right: float) -> float:
        if quantity in self._given:
            return self._given[quantity]
        if quantity in self._asked:
            return self.by(quantity).number
        return shown(right) if self._as_shown else right


def shown(x: float) -> float:
    """A number with the digits that a sheet shows."""
    return float(f"{x:.{SHOWN}g}")


def is_short(x: float) -> bool:
    """Whether a sheet shows all digits of a number.

    >>> is_short(0.125), is_short(1 / 3)
    (True, False)
    """
    return math.isclose(shown(x), x, rel_tol=1e-12)
