"""Check a whole graph node by node: name the operations whose rules give wrong derivatives, and the right ones.

The derivatives of each node are compared with finite differences of its operation, at the numbers of its operands. A
wrong rule is thereby located, although it spoils every gradient below it.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from math import isfinite
from pathlib import Path
from random import Random
from typing import NamedTuple

from microgradnet._shared.text import counted
from microgradnet.backward import refuse_stale
from microgradnet.chain_rule import local_derivatives
from microgradnet.checking.finite_differences import Check, along, check_slope, rounding, value_at
from microgradnet.errors import DomainError
from microgradnet.graph import Graph
from microgradnet.notation.names import Namer, in_brackets, number
from microgradnet.ops import Operation
from microgradnet.value import Value

WIDE = 8  # derivatives: those of a node with more are first checked many at once
MOST = 32  # wrong derivatives of one operation that are searched for in wide nodes; after that one per node
FLATTEST = 1e-4  # the smallest step of an operand along a direction, relative to the largest


class Fault(NamedTuple):
    """A wrong derivative.

    Attributes:
        node: the value whose operation gives it.
        position: which operand it is the derivative for, from 0.
        derivative: ∂node/∂operand as the rule gives it.
        expected: ∂node/∂operand by finite differences.
        upstream: d(root)/d(node), from right derivatives only.
        gradient: d(root)/d(operand) from the derivatives that the rules give.
        right: d(root)/d(operand) from right derivatives.
    """

    node: Value
    position: int
    derivative: float
    expected: float
    upstream: float
    gradient: float
    right: float

    @property
    def operand(self) -> Value:
        """The operand that the derivative is for."""
        return self.node.operands[self.position]


class Kink(NamedTuple):
    """A derivative at a kink, where the slopes to the left and to the right differ and any number between is right."""

    node: Value
    position: int
    slopes: tuple[float, float]


class Unclear(NamedTuple):
    """A derivative that differences can neither confirm nor refute: at the end of a domain, or lost in rounding."""

    node: Value
    position: int
    why: str


@dataclass(frozen=True, eq=False, repr=False)
class GraphReport:
    """The findings of the check of a graph. It is true if no rule is wrong; `draw(report)` marks wrong derivatives.

    Attributes:
        root: the result whose graph was checked.
        faults: the wrong derivatives, from the root down.
        unclear: those that differences can neither confirm nor refute.
        kinks: those at a kink, of values with few operands.
        checked: how many derivatives there are.
    """

    root: Value
    faults: tuple[Fault, ...]
    unclear: tuple[Unclear, ...]
    kinks: tuple[Kink, ...]
    checked: int

    @property
    def wrong(self) -> dict[Operation, tuple[Fault, ...]]:
        """The operations whose rule is wrong, each with its faults."""
        operations = dict.fromkeys(fault.node.op for fault in self.faults)
        return {op: tuple(fault for fault in self.faults if fault.node.op is op) for op in operations}

    @property
    def marks(self) -> list[tuple[Value, int]]:
        """The marks of a picture: the nodes whose rule is wrong, and the arrows of the wrong derivatives."""
        return [(fault.node, fault.position) for fault in self.faults]

    @property
    def notes(self) -> dict[tuple[Value, int], str]:
        """What a picture writes on each of these arrows: the derivative that the rule gives, and the right one."""
        return {(f.node, f.position): f"{number(f.derivative)}, right: {number(f.expected)}" for f in self.faults}

    def __bool__(self) -> bool:
        return not self.faults

    def __str__(self) -> str:
        derivatives = counted(self.checked, "derivative")
        lines = [f"no derivative is wrong ({derivatives} checked)"]
        if self.faults:
            names = ", ".join(op.name for op in self.wrong)
            lines = [f"the derivatives of {names} are wrong: {len(self.faults):,} of {derivatives} in the graph"]
        namer = Namer(Graph(self.root).nodes if self.faults else ())
        for op, faults in self.wrong.items():
            lines += [f"  {line}" for line in self._lines(op, faults, namer)]
        if self.kinks:
            node, position, slopes = self.kinks[0]
            lines.append(
                f"  {counted(len(self.kinks), 'derivative')} at a kink, where any number between the slopes to both "
                f"sides is right; the first is {_derivative(node, position)}: {slopes[0]:.9g} and {slopes[1]:.9g}"
            )
        if self.unclear:
            node, position, why = self.unclear[0]
            lines.append(
                f"  cannot tell {counted(len(self.unclear), 'derivative')}; the first is "
                f"{_derivative(node, position)}: {why}"
            )
        return "\n".join(lines)

    __repr__ = __str__

    def _lines(self, op: Operation, faults: Sequence[Fault], namer: Namer) -> Iterator[str]:
        """The lines about one operation, with its first fault as the example."""
        first = faults[0]
        y, x = in_brackets(namer.written(first.node)), f"operand {first.position + 1}"
        if first.operand.label or first.operand.operands:
            x = in_brackets(namer.written(first.operand))
        root = in_brackets(namer.written(self.root))
        made = f" (made at {first.node.source})" if first.node.source else ""
        yield f"{op.name}, whose rule is {_place(op)}"
        yield (
            f"  {namer.heading(first.node)}{made}: ∂{y}/∂{x} at {first.operand.data:.6g} is given as "
            f"{first.derivative:.9g}, differences have {first.expected:.9g}"
        )
        yield (
            f"  above it d{root}/d{y} = {first.upstream:.9g} is right, below it d{root}/d{x} = {first.gradient:.9g} "
            f"is wrong: right is {first.right:.9g}"
        )
        if len(faults) > 1:
            values = counted(len({fault.node for fault in faults}), "value")
            yield f"  and so at {counted(len(faults) - 1, 'other place')}, in {values} all together"


def _derivative(node: Value, position: int) -> str:
    """Which derivative of a node it is, and where."""
    numbers = ", ".join(f"{operand.data:.6g}" for operand in node.operands[:WIDE])
    return f"that of {node.op.name} for operand {position + 1} at {numbers}"


def _place(op: Operation) -> str:
    """The rule's name, and its file and line."""
    code = getattr(op.derivatives, "__code__", None)
    name = getattr(op.derivatives, "__qualname__", repr(op.derivatives))
    return f"{name} ({Path(code.co_filename).name}:{code.co_firstlineno})" if code else name


def check_graph(root: Value) -> GraphReport:
    """Compare every derivative in the graph of `root` with finite differences of the node's own operation.

    Nothing in the graph is changed. The time is proportional to the size of the graph.

    Raises:
        StaleGraphError: a number was changed after something had been computed from it.
    """
    graph = Graph(root)
    refuse_stale(graph)
    given: dict[Value, float] = dict.fromkeys(graph.nodes, 0.0)  # d(root)/d(value) as the rules give it
    right = dict(given)
    given[root] = right[root] = 1.0
    faulty: list[tuple[Value, int, Check]] = []
    unclear: list[Unclear] = []
    kinks: list[Kink] = []
    counts = Counter[Operation]()  # of wrong derivatives
    checked = 0
    for node in reversed(graph.computed):
        upstream, upstream_right = given[node], right[node]
        check = _NodeCheck(node)
        checked += check.count
        faults = dict(check.faults(max(1, MOST - counts[node.op])))
        unclear += [Unclear(node, position, why) for position, why in check.unclear.items()]
        kinks += [Kink(node, position, slopes) for position, slopes in check.kinks.items()]
        for position, (operand, derivative) in enumerate(zip(node.operands, check.derivatives, strict=False)):
            given[operand] += upstream * derivative
            right[operand] += upstream_right * (faults[position].expected if position in faults else derivative)
        counts[node.op] += len(faults)
        faulty += [(node, position, wrong) for position, wrong in sorted(faults.items())]
    located = tuple(
        Fault(n, i, wrong.gradient, wrong.expected, right[n], given[n.operands[i]], right[n.operands[i]])
        for n, i, wrong in faulty
    )
    return GraphReport(root, located, tuple(unclear), tuple(kinks), checked)


class _NodeCheck:
    """The derivatives of one node, and differences to compare them with.

    Attributes:
        derivatives: those that its rule gives.
        count: how many there are to check.
        unclear: the reason, for each position that differences can neither confirm nor refute.
        kinks: the slopes to the left and to the right, for each position where they differ and the derivative is right.
    """

    def __init__(self, node: Value) -> None:
        self.op = node.op
        self.numbers = [operand._data for operand in node.operands]
        self.count = len(self.numbers) - self.op.constants
        self.unclear: dict[int, str] = {}
        self.kinks: dict[int, tuple[float, float]] = {}
        self._random = Random(0)
        self.derivatives: Sequence[float] = (0.0,) * self.count
        try:
            self.derivatives = local_derivatives(node)
        except DomainError:
            self.unclear = dict.fromkeys(range(self.count), "its rule has no number there")
        effects = (x * slope for x, slope in zip(self.numbers, self.derivatives, strict=False))
        self._noise = rounding(effects)  # 1e300 − 1e300 hides an added 1

    def faults(self, most: int) -> Iterator[tuple[int, Check]]:
        """The positions of wrong derivatives, with their checks; of a wide node at most `most` of them."""
        if self.unclear:
            return iter(())
        positions = range(self.count)
        return islice(self._search(positions), most) if self.count > WIDE else self._one_by_one(positions)

    def _one_by_one(self, positions: Sequence[int]) -> Iterator[tuple[int, Check]]:
        for position in positions:
            x, derivative = self.numbers[position], self.derivatives[position]
            check = check_slope(along(self.op, self.numbers, position), x, derivative, self._noise)
            if check is None:
                self.unclear[position] = "floats near there are too far from each other, or all outside its domain"
            elif check.unclear:
                self.unclear[position] = f"differences are good to ±{check.estimate:.1g} only"
            elif not check.agrees and not isfinite(check.expected):
                self.unclear[position] = "differences give no finite number there"
            elif not check.agrees:
                yield position, check
            elif check.slopes:
                self.kinks[position] = check.slopes

    def _search(self, positions: Sequence[int]) -> Iterator[tuple[int, Check]]:
        """The wrong ones of many: positions whose derivatives all agree together are done, others are halved."""
        waiting = [positions]
        while waiting:
            some = waiting.pop()
            if len(some) == 1:
                yield from self._one_by_one(some)
            elif not (self._agree(some) and self._agree(some)):
                half = len(some) // 2
                waiting += [some[half:], some[:half]]

    def _agree(self, positions: Sequence[int]) -> bool:
        """Whether the slope along a random direction agrees with the derivatives at these positions.

        In that direction each of them contributes about as much, and a single wrong one shows.
        """
        scales = {position: max(abs(self.numbers[position]), 1.0) for position in positions}
        effects = {position: abs(self.derivatives[position]) * scale for position, scale in scales.items()}
        least = min(filter(None, effects.values()), default=0.0)
        direction = {}
        for position, effect in effects.items():
            length = scales[position] * (max(least / effect, FLATTEST) if effect else 1.0)
            direction[position] = length * self._random.uniform(0.5, 1.0) * self._random.choice((-1.0, 1.0))
        slope = sum(self.derivatives[position] * step for position, step in direction.items())

        def moved(t: float) -> float:
            numbers = self.numbers[:]
            for position, step in direction.items():
                numbers[position] += t * step
            return value_at(self.op, numbers)

        check = check_slope(moved, 0.0, slope, self._noise)
        return check is not None and check.ok
