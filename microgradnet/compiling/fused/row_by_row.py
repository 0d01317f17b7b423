"""Split small instructions of a loop into those of single rows: a compiler keeps their results in registers.

A step of three bodies has two dozen instructions on three to twelve rows, half of which only copy rows. As instructions
on single rows they are one expression, whose copies are names.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import product

import numpy as np

from microgradnet.compiling.fused.functions import FUNCTIONS
from microgradnet.compiling.fused.rolling import BY_NUMBER, Loop
from microgradnet.compiling.instructions import Instruction, Rows

SMALL, MOST = 24, 1_000
"""Rows of an instruction that is split, and of all of a loop."""
SUMS = {"sum": "add", "total": "add", "largest": "maximum"}


def row_by_row(loop: Loop) -> Loop:
    """The loop with instructions on single rows in place of small ones."""
    if loop.turns == 1 or sum(_size(each) for each in loop.instructions) > MOST:
        return loop
    return Loop(loop.turns, [row for each in loop.instructions for row in _split(each, loop.turns)])


def _size(instruction: Instruction) -> int:
    return max(rows.size for rows in (instruction.out, *instruction.operands) if isinstance(rows, Rows))


def _split(instruction: Instruction, turns: int) -> Iterable[Instruction]:
    of_samples = any(isinstance(o, Rows) and o.storage.batched for o in instruction.operands)
    if _size(instruction) > SMALL or instruction.out.storage.batched < of_samples:
        return [instruction]
    if instruction.function in BY_NUMBER:
        return _by_number(instruction, turns)
    if instruction.function in SUMS:
        return _sum(instruction)
    return _elementwise(instruction) if instruction.function in (*FUNCTIONS, "fill") else [instruction]


def _elementwise(instruction: Instruction) -> Iterator[Instruction]:
    out, operands = instruction.out, instruction.operands
    for index in product(*map(range, out.shape)):
        rows = [_row(o, index) if isinstance(o, Rows) else o for o in operands]
        yield instruction._replace(out=_row(out, index), operands=tuple(rows))


def _row(rows: Rows, index: Sequence[int]) -> Rows:
    """The row at an index of an array to which these rows are broadcast."""
    own = index[len(index) - len(rows.shape) :]
    start = rows.start + sum(
        i * stride for i, size, stride in zip(own, rows.shape, rows.strides, strict=True) if size > 1
    )
    return rows._replace(start=start, shape=(), strides=())


def _by_number(instruction: Instruction, turns: int) -> Iterable[Instruction]:
    """Copies or additions of single rows; the instruction itself, if the rows do not advance evenly."""
    (moved,), out = instruction.operands, instruction.out
    assert isinstance(moved, Rows)
    numbers = np.array(instruction.detail).reshape(turns, -1)
    steps = np.diff(numbers[:2], axis=0)
    if (np.diff(numbers, axis=0) != steps).any() or moved.storage.logical:
        return [instruction]
    is_take = instruction.function == "take"
    every, one_by_one = (moved, out) if is_take else (out, moved)
    found = [
        (Rows(every.storage, start, (), (), step), _row(one_by_one, [place]))
        for place, (start, step) in enumerate(zip(numbers[0].tolist(), steps[0].tolist(), strict=True))
    ]
    if is_take:
        return [Instruction("copy", one, (source,), instruction.nodes) for source, one in found]
    return [Instruction("add", into, (into, one), instruction.nodes) for into, one in found]


def _sum(instruction: Instruction) -> Iterator[Instruction]:
    """A copy of the first addend, and additions of the others."""
    (operand,), out = instruction.operands, instruction.out
    assert isinstance(operand, Rows)
    axes = instruction.detail if instruction.function == "sum" else (0,)
    begun: set[Rows] = set()
    kept = out if instruction.function == "sum" else out._replace(shape=(1, *out.shape), strides=(0, *out.strides))
    for index in product(*map(range, operand.shape)):
        into = _row(kept, [0 if axis in axes else i for axis, i in enumerate(index)])
        term = _row(operand, index)
        if into in begun:
            yield Instruction(SUMS[instruction.function], into, (into, term), instruction.nodes)
        else:
            yield Instruction("copy", into, (term,), instruction.nodes)
        begun.add(into)
