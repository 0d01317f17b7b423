"""Loops of the fused engine: what is found to repeat is what the program says, and so is what is made of it."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microgradnet import Layer, Neuron, Value, compile, for_each, scan, sqrt, total
from microgradnet.compiling import engines
from microgradnet.compiling.binding import Binding, arrays
from microgradnet.compiling.fused import rolling
from microgradnet.compiling.fused.engine import Fused
from microgradnet.compiling.fused.grouping import grouped
from microgradnet.compiling.fused.hoisting import hoisted
from microgradnet.compiling.fused.rolling import BY_NUMBER, Loop, rolled
from microgradnet.compiling.fused.row_by_row import row_by_row
from microgradnet.compiling.instructions import (
    FIXED,
    FIXED_GRADIENTS,
    SCRATCH,
    VALUE_GRADIENTS,
    VALUES,
    Instruction,
    Rows,
    row_range,
)
from microgradnet.compiling.program import Program
from tests.compiling.comparing import numbers
from tests.oracles.engines import assert_same

Sample = tuple[Callable[..., Any], list[Value], list[Any]]


def plain_recurrence() -> Sample:
    """A loop of Python."""
    cell, readout = Layer(5, 3, "tanh", seed=1), Neuron(3, "linear", seed=2)

    def loss(x: Any) -> Any:
        h: list[Any] = [0.0] * 3
        for row in x:
            h = cell([*row, *h])
        return readout(h) ** 2

    return loss, [*cell.parameters(), *readout.parameters()], [numbers(19, 12, 2)]


def scanned_recurrence() -> Sample:
    """The same with `scan`, and a term of each row."""
    cell, readout = Layer(5, 3, "tanh", seed=1), Neuron(3, "linear", seed=2)

    def step(h: Any, row: Any) -> Any:
        h = cell([*row, *h])
        return h, readout(h) ** 2

    def loss(x: Any) -> Any:
        h, outputs = scan(step, [0.0] * 3, x)
        return total([*outputs, *h])

    return loss, [*cell.parameters(), *readout.parameters()], [numbers(19, 12, 2)]


def spring() -> Sample:
    """Small instructions, which become those of single rows."""
    masses = [Value(1.0, label="m"), Value(2.0, label="n")]

    def loss(x: Any) -> Any:
        place, speed = [*x], [0.1, -0.2]
        for _ in range(30):
            stretch = place[1] - place[0]
            force = stretch / sqrt(stretch * stretch + 0.5) ** 3
            speed = [v + f * 0.01 / m for v, f, m in zip(speed, (force, -force), masses, strict=True)]
            place = [p + v * 0.01 for p, v in zip(place, speed, strict=True)]
        return total([p * p for p in place])

    return loss, masses, [numbers(5, 2)]


def rows_of_an_image() -> Sample:
    """`for_each`, whose products have several columns."""
    layer, readout = Layer(3, 5, "tanh", seed=1), Neuron(5, seed=2)

    def loss(x: Any) -> Any:
        return total(for_each(lambda row: readout([v * v for v in layer(row)]), x)) ** 2

    return loss, [*layer.parameters(), *readout.parameters()], [numbers(9, 7, 3)]


SAMPLES = [plain_recurrence, scanned_recurrence, spring, rows_of_an_image]


def program_of(sample: Sample) -> Program:
    function, parameters, arguments = sample
    return compile(function, parameters).program(*arguments)


def unrolled(loops: Iterable[Loop]) -> list[Instruction]:
    """The instructions of all turns, one after the other, without the scalars that they compute."""
    return [
        turned(each, turn, loop.turns) for loop in loops for turn in range(loop.turns) for each in loop.instructions
    ]


def turned(instruction: Instruction, turn: int, turns: int) -> Instruction:
    out, *operands = [
        rows._replace(start=rows.start + turn * rows.step, step=0) if isinstance(rows, Rows) else rows
        for rows in (instruction.out, *instruction.operands)
    ]
    assert isinstance(out, Rows)
    detail = instruction.detail
    if instruction.function in BY_NUMBER:
        count = len(detail) // turns
        detail = detail[turn * count : (turn + 1) * count]
    return Instruction(instruction.function, out, tuple(operands), (), detail)


def computed(program: Program, instructions: Iterable[Instruction]) -> Any:
    """The outputs and the gradient that NumPy computes by these instructions."""
    storages = arrays(program.heights, 3)
    storages[VALUES][program.plan.ones] = 1.0
    source = np.random.default_rng(0)
    for row, leaf in program.plan.leaves.items():
        storages[FIXED][row] = leaf.data
    for rows in program.plan.arguments:
        storages[VALUES][rows.start : rows.start + rows.size] = source.normal(size=(rows.size, 3))
    binding = Binding(storages)
    if program.root:
        binding.array(program.root).fill(1.0)
    for instruction in instructions:
        if instruction.function == "matmul" and instruction.detail == (0, 1):  # of columns that lie apart, too
            left, right = [array.reshape(len(array), -1) for array in binding.operands(instruction)]
            np.matmul(left, right.T, out=binding.matrix(instruction.out))
        else:
            (call,) = binding.calls([instruction])
            call()
    outputs = [binding.array(rows).copy() for rows in program.outputs]
    return outputs, storages[FIXED_GRADIENTS][: len(program.parameters), 0]


@pytest.fixture
def eager_to_roll(monkeypatch: pytest.MonkeyPatch) -> None:
    """What repeats three times becomes a loop, however short."""
    monkeypatch.setattr(rolling, "LEAST_SAVED", 2)


@pytest.mark.parametrize("sample", SAMPLES[:3])
def test_loops_are_the_program(sample: Callable[[], Sample], eager_to_roll: None) -> None:
    program = program_of(sample())
    loops = rolled(program)
    assert max(loop.turns for loop in loops) >= 3
    assert unrolled(loops) == unrolled([Loop(1, [*program])])


@pytest.mark.parametrize("sample", SAMPLES)
def test_what_is_made_of_loops_computes_the_same(sample: Callable[[], Sample], eager_to_roll: None) -> None:
    program = program_of(sample())
    expected, gradient = computed(program, program)
    found, own = computed(program, unrolled(row_by_row(part) for loop in rolled(program) for part in hoisted(loop)))
    np.testing.assert_allclose(found, expected, rtol=1e-13)
    np.testing.assert_allclose(own, gradient, rtol=1e-11, atol=1e-13)


@given(st.data())
@settings(deadline=None)
def test_repetitions_are_found(data: st.DataObject) -> None:
    """In a list of random instructions, in any place."""

    def some(most: int) -> list[Instruction]:
        drawn = data.draw(st.lists(st.tuples(st.sampled_from(["copy", "negative"]), places, places), max_size=most))
        return [Instruction(f, row_range(VALUES, out, 2), (row_range(VALUES, of, 2),)) for f, out, of in drawn]

    places = st.integers(0, 9)
    before, body, after = some(5), some(6), some(5)
    steps = data.draw(st.lists(st.tuples(places, places), min_size=len(body), max_size=len(body)))
    moving = [
        each._replace(out=each.out._replace(step=step), operands=(row_range(VALUES, 0, 2)._replace(step=other),))
        for each, (step, other) in zip(body, steps, strict=True)
    ]
    turns = 3 + rolling.LEAST_SAVED // max(len(body), 1)
    every = unrolled([Loop(1, before), Loop(turns, moving), Loop(1, after)])
    found = rolled(every)
    assert unrolled(found) == every
    assert sum(len(loop.instructions) for loop in found) <= len(before) + len(body) + len(after)


def test_a_loop_ends_where_rows_do_not_advance_evenly(eager_to_roll: None) -> None:
    def copies(starts: Sequence[int]) -> list[Instruction]:
        return [
            Instruction("copy", row_range(VALUES, 100 + 5 * i, 2), (row_range(VALUES, start, 2),))
            for i, start in enumerate(starts)
        ]

    def turns(instructions: Sequence[Instruction]) -> list[int]:
        return [loop.turns for loop in rolled(instructions)]

    assert turns(copies([0, 3, 6, 9, 12, 15])) == [6]
    assert turns(copies([0, 3, 6, 9, 12, 16])) == [5, 1]
    different = copies([0, 3, 6, 9, 12, 15])
    different[2] = different[2]._replace(function="negative")
    assert turns(different) == [1, 3]
    assert turns(copies([0, 3, 3, 0])) == [1]


# --- products of all turns at once ---

GIVEN, BACK, TOTAL = (
    row_range(VALUES, 0, 2, 1),
    row_range(VALUE_GRADIENTS, 0, 3, 1),
    row_range(FIXED_GRADIENTS, 0, 3, 2),
)
ONE = row_range(SCRATCH[False], 0, 3, 2)
PRODUCT = Instruction(
    "matmul", ONE, (BACK._replace(step=3), GIVEN._replace(step=2)), detail=(0, 1)
)  # fmt: skip
ADDITION = Instruction("add", TOTAL, (TOTAL, ONE))


def written(rows: Rows, step: int = 0) -> Instruction:
    return Instruction("fill", rows._replace(step=step), (0.0,))


def test_products_are_taken_out_of_a_loop() -> None:
    before = written(row_range(VALUE_GRADIENTS, 0, 3), 3)
    inside, after = hoisted(Loop(4, [before, PRODUCT, ADDITION]))
    assert inside == Loop(4, [before])
    product, addition = after.instructions
    assert [rows.shape for rows in product.operands if isinstance(rows, Rows)] == [(3, 4), (2, 4)]
    assert (addition.function, addition.out.numbers()) == ("add", TOTAL.numbers())
    assert hoisted(Loop(4, [PRODUCT, ADDITION])) == [after], "nothing of the loop is left"


@pytest.mark.parametrize(
    "instruction",
    {
        "its operand is overwritten": written(row_range(VALUE_GRADIENTS, 1, 1), 3),
        "by a later turn": written(row_range(VALUE_GRADIENTS, 11, 1), -3),
        "in each turn": written(row_range(VALUE_GRADIENTS, 4, 1)),
        "the total is read": Instruction("copy", row_range(FIXED_GRADIENTS, 9, 1), (row_range(FIXED_GRADIENTS, 2, 1),)),
        "so is the product": Instruction("copy", row_range(FIXED_GRADIENTS, 9, 1), (row_range(SCRATCH[False], 2, 1),)),
    }.items(),
    ids=lambda item: item[0],
)
def test_products_stay_where_their_numbers_change(instruction: tuple[str, Instruction]) -> None:
    loop = Loop(4, [PRODUCT, ADDITION, instruction[1]])
    assert hoisted(loop) == [loop]


# --- the compiled function ---


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("fewest", [2, 64])
def test_loops_agree_with_numpy(sample: Callable[[], Sample], fewest: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "fused_or_not", Fused)
    monkeypatch.setattr(rolling, "LEAST_SAVED", fewest)
    function, parameters, arguments = sample()
    found, expected = [compile(function, parameters, engine=engine)(*arguments) for engine in ("fused", "numpy")]
    assert_same(found, expected, 1e-11)


def test_many_steps_are_as_long_as_few() -> None:
    sizes = []
    for steps in (50, 400):
        cell = Layer(3, 2, "tanh", seed=1)

        def loss(x: Any, cell: Layer = cell) -> Any:
            h: list[Any] = [0.0, 0.0]
            for each in x:
                h = cell([each, *h])
            return h[0] * h[1]

        stages = grouped(program_of((loss, cell.parameters(), [numbers(3, steps)])))
        sizes.append(sum(len(group.instructions) for s in stages for part in s.parts for group in part.groups))
    assert sizes[0] == sizes[1] < 200
