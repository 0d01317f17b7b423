"""Quantities of a graph that a worksheet can ask for, and their numbers by given rules from a learner's answers."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from microgradnet.notation.names import Namer, in_brackets
from microgradnet.ops import CONSTANT
from microgradnet.teach.misconceptions.passes import RIGHT, Rules, SolvedGraph, positions, steps
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
        asked: the blanks; those without an answer are computed by the rules, and everything else is on the sheet.
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
        self._graph, self._rules, self._as_shown = graph, rules, as_shown
        self._given, self._asked = given or {}, frozenset(asked)

    def by(self, quantity: Quantity) -> Number:
        """The number of a quantity by the rules, from earlier numbers; NaN if it cannot be computed.

        Raises:
            DomainError: it is a gradient, and the graph has no right ones.
        """
        return self._gradients[quantity.node] if quantity.kind == GRADIENT else Number(self._forward[quantity])

    @cached_property
    def _forward(self) -> dict[Quantity, float]:
        """The values and the local derivatives."""
        computed: dict[Quantity, float] = {}
        data = {leaf: self._known(Quantity(VALUE, leaf), leaf.data) for leaf in self._graph.leaves}
        for node in self._graph.computed:
            value, x = Quantity(VALUE, node), [data[operand] for operand in node.operands]
            computed[value] = _or_nan(self._rules.value, node, x)
            data[node] = self._known(value, computed[value])
            for position in positions(node):
                local = Quantity(LOCAL, node, position)
                computed[local] = _or_nan(self._rules.local, node, position, data[node], x)
        return computed

    @cached_property
    def _gradients(self) -> dict[Value, Number]:
        """The gradients, and how far from each an answer may be after rounding."""
        local = {**self._forward, **self._given}
        rules = self._rules._replace(local=lambda node, position, y, x: local[Quantity(LOCAL, node, position)])
        found = dict.fromkeys(self._graph.nodes, Number(0.0)) | {self._graph.root: Number(1.0)}
        for step in steps(self._graph, rules, lambda node, computed: self._known(Quantity(GRADIENT, node), computed)):
            rounding = found[step.operand].rounding
            if not (is_short(step.upstream) and is_short(step.local)) and step[:2] != rules.forgotten:
                rounding += ROUNDING * abs(rules.contribution(step.upstream, step.local))
            found[step.operand] = Number(step.after, rounding)
        return found

    def _known(self, quantity: Quantity, computed: float) -> float:
        """The number that a learner goes on with: the own answer; else what is computed, or stands on the sheet."""
        if quantity in self._given:
            return self._given[quantity]
        if quantity in self._asked:
            return computed
        right = self._graph.gradients[quantity.node] if quantity.kind == GRADIENT else quantity.node.data
        return shown(right) if self._as_shown and quantity.node.op is not CONSTANT else right


def _or_nan(compute: Callable[..., float], *arguments: Any) -> float:
    try:
        return compute(*arguments)
    except (ArithmeticError, ValueError):
        return math.nan


def shown(x: float) -> float:
    """A number with the digits that a sheet shows."""
    return float(f"{x:.{SHOWN}g}")


def is_short(x: float) -> bool:
    """Whether a sheet shows all digits of a number.

    >>> is_short(0.125), is_short(1 / 3)
    (True, False)
    """
    return math.isclose(shown(x), x, rel_tol=1e-12)
