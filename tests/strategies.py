"""What the engine's tests draw: points of a row's sampling range, and random programs over every row of the table."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, TypeVar

import pytest
from hypothesis import strategies as st

from microgradnet.ops import TABLE, Operation, floats
from microgradnet.value import Value, apply, constant

T = TypeVar("T")
Point = tuple[float, ...]

NAMES = sorted(TABLE)
each_row = pytest.mark.parametrize("row", [TABLE[name] for name in NAMES], ids=NAMES)
MARGIN = 0.05  # how far a point stays from a kink, where differences say nothing


def off_kinks(row: Operation, point: Sequence[float]) -> Point:
    """`point`, its variables moved so that none is near 0 and no two are near each other."""
    moved: list[float] = []
    for number, (_, high) in zip(point[: differentiable(row)], row.sample, strict=False):
        x = number if abs(number) >= MARGIN else math.copysign(MARGIN, number)
        while any(abs(x - other) < MARGIN for other in moved):
            x = x + 2.5 * MARGIN if x + 2.5 * MARGIN <= high else x - 7 * MARGIN
        moved.append(x)
    return (*moved, *point[len(moved) :])


def points(row: Operation) -> st.SearchStrategy[Point]:
    """A point of the row's sampling range, off its kinks."""
    return st.tuples(*(st.floats(low, high) for low, high in row.sample)).map(lambda point: off_kinks(row, point))


def some_points(row: Operation, count: int = 6) -> list[Point]:
    """The same few points of the row's sampling range in every run."""
    rng = Random(row.name)
    return [off_kinks(row, [rng.uniform(low, high) for low, high in row.sample]) for _ in range(count)]


def differentiable(row: Operation) -> int:
    """How many of the row's operands have a derivative."""
    return len(row.operands) - row.constants


def derivatives_at(row: Operation, point: Point) -> tuple[float, ...]:
    """The row's derivatives, its rule read with floats."""
    return row.derivatives(floats, row.scalar(*point), *point)


def altered(row: Operation, derivatives: Callable[..., tuple[Any, ...]]) -> Operation:
    """A copy of the row with other derivatives, to see whether they are found wrong."""
    return row.replace(derivatives=derivatives)


def five_point(function: Callable[[float], float], x: float, h: float = 1e-3) -> float:
    """f'(x) from values at x ± h and x ± 2h; its error falls as h⁴."""
    near, far = function(x + h) - function(x - h), function(x + 2 * h) - function(x - 2 * h)
    return (8 * near - far) / (12 * h)


def partial_difference(function: Callable[[Point], float], point: Point, index: int) -> float:
    """The derivative of `function` in number `index` of `point`."""
    return five_point(lambda x: function(replaced(point, index, x)), point[index])


def replaced(point: Sequence[float], index: int, x: float) -> Point:
    """`point` with x as its number `index`."""
    return (*point[:index], x, *point[index + 1 :])


@dataclass(frozen=True)
class Step:
    """One row of the table on earlier results, given by their positions, and on plain numbers."""

    row: Operation
    operands: tuple[int, ...]
    constants: Point


@dataclass(frozen=True)
class Program:
    """A computation on `point`: each step may use any earlier result, also twice. Its result is the sum of all steps.

    An operand first goes through middle + half-width·sin, so that it lies in the row's sampling range.
    """

    point: Point
    steps: tuple[Step, ...]

    def run(self, leaves: Sequence[T], call: Callable[[Operation, tuple[Any, ...]], T]) -> T:
        """The program on `leaves`; `call` says what a row of the table does to operands (numbers are constants)."""
        found = list(leaves)
        for step in self.steps:
            waves: dict[Any, Any] = {}  # an operand that repeats is one node, used twice
            for index, (low, high) in zip(step.operands, step.row.sample, strict=False):
                if (index, low, high) not in waves:
                    wave = call(TABLE["multiply"], (call(TABLE["sin"], (found[index],)), (high - low) / 2))
                    waves[index, low, high] = call(TABLE["add"], (wave, (low + high) / 2))
            operands = (waves[index, *sample] for index, sample in zip(step.operands, step.row.sample, strict=False))
            found.append(call(step.row, (*operands, *step.constants)))
        return call(TABLE["total"], tuple(found))

    def record(self, leaves: Sequence[Value]) -> Value:
        """The program's graph on `leaves`."""
        return self.run(leaves, record)


def record(row: Operation, operands: Sequence[Any]) -> Value:
    """The node of `row` on values and constants."""
    return apply(row, tuple(x if isinstance(x, Value) else constant(x) for x in operands))


@st.composite
def programs(draw: st.DrawFn, most_steps: int = 12) -> Program:
    """A random program with shared nodes and repeated operands, over every row of the table."""
    point = draw(st.lists(st.floats(-3.0, 3.0), min_size=1, max_size=4))
    steps: list[Step] = []
    for number in range(draw(st.integers(1, most_steps))):
        row = TABLE[draw(st.sampled_from(NAMES))]
        count = differentiable(row)
        earlier = st.integers(0, len(point) + number - 1)
        operands = draw(st.lists(earlier, min_size=count, max_size=count))
        constants = tuple(draw(st.floats(low, high)) for low, high in row.sample[count:])
        steps.append(Step(row, tuple(operands), constants))
    return Program(tuple(point), tuple(steps))
