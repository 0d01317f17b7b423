"""Quantities of a graph that a sheet can ask for, and their numbers by given rules from a learner's numbers."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from microgradnet.notation.names import Namer, in_brackets
from microgradnet.teach.misconceptions.passes import RIGHT, Graph, Rules, gradients
from microgradnet.value import Value

VALUE, GRADIENT, LOCAL = "value", "gradient", "local derivative"
SHOWN = 4  # significant digits of a number on a sheet
ROUNDING = 1e-3  # of what is added up: two factors as a sheet shows them, each good to half a unit in its fourth digit


class Quantity(NamedTuple):
    """A number that a sheet can ask for.

    Attributes:
        kind: `VALUE`, `GRADIENT` or `LOCAL`.
        node: whose.
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
    """A number, and how far from it a learner's may be who has rounded on the way."""

    number: float
    rounding: float = 0.0


class Numbers:
    """The numbers of a graph by given rules, as a learner has them who computes step by step.

    Args:
        graph: with the right numbers.
        rules: what the learner goes by.
        given: what the learner has found; it goes into what is computed from it.
        as_shown: whether what is there is taken with the four digits that a sheet shows of it.
        asked: what the learner had to find, in an order of computing; of these, what is not given is computed by the
            rules. All else is there.

    >>> from microgradnet import Value
    >>> w, x = Value(2.0, "w"), Value(3.0, "x"); z = w * x; L = z * z
    >>> Numbers(Graph(L), given={Quantity(GRADIENT, z): 10.0}).by(Quantity(GRADIENT, w)).number
    30.0
    """

    def __init__(
        self, graph: Graph, rules: Rules = RIGHT, given: Mapping[Quantity, float] | None = None,
        asked: Sequence[Quantity] = (), as_shown: bool = False,
    ) -> None:  # fmt: skip
        self.graph, self.rules, self._given, self._asked = graph, rules, given or {}, frozenset(asked)
        self._as_shown = as_shown
        self._found: dict[Quantity, Number] = {}
        self._gradients: dict[Value, float] = {}  # of rules by which they do not follow from the numbers before
        for quantity in asked:  # in order, so that each finds those before it
            self.by(quantity)

    def by(self, quantity: Quantity) -> Number:
        """The number of a quantity by the rules, from earlier numbers; NaN if it cannot be computed."""
        if quantity not in self._found:
            try:
                self._found[quantity] = self._computed(quantity)
            except (ArithmeticError, ValueError):
                self._found[quantity] = Number(math.nan)
        return self._found[quantity]

    def _computed(self, quantity: Quantity) -> Number:
        kind, node, position = quantity
        if kind == VALUE:
            return Number(self.rules.value(node, [self._data(operand) for operand in node.operands]))
        if kind == LOCAL:
            x = [self._data(operand) for operand in node.operands]
            return Number(self.rules.local(node, position, self._data(node), x))
        if not self.rules.is_local:
            self._gradients = self._gradients or gradients(self.graph, self.rules)
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
    """A number with the digits that a sheet shows of it."""
    return float(f"{x:.{SHOWN}g}")


def is_short(x: float) -> bool:
    """Whether a sheet shows all of a number.

    >>> is_short(0.125), is_short(1 / 3)
    (True, False)
    """
    return math.isclose(shown(x), x, rel_tol=1e-12)
