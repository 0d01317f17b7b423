"""Roll up instructions that repeat, with rows that advance evenly from turn to turn, as a network's do step by step.

It makes no difference whether `scan` repeats them or a loop of Python that was captured: they are found by comparison.
A program of 200 steps is then as long, for a compiler, as one of three or four.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from microgradnet.compiling.instructions import Instruction, Rows

LEAST_SAVED = 64
"""Instructions that a loop saves at least: few that repeat are rather computed together with their neighbours."""
BY_NUMBER = ("take", "scatter_add")
Array = np.ndarray[Any, Any]


class Loop(NamedTuple):
    """Instructions that are executed one after the other, again in each turn.

    Attributes:
        turns: how often.
        instructions: those of the first turn: `step` of their rows says how many rows further those of the next are.
            The `detail` of "take" and "scatter_add" has the rows of all turns, one turn after the other.
    """

    turns: int
    instructions: list[Instruction]


def rolled(instructions: Iterable[Instruction]) -> list[Loop]:
    """These instructions, in order, as loops, most of which have a single turn."""
    every = [*instructions]
    numbers = dict[object, int]()
    kinds = np.array([numbers.setdefault(_kind(each), len(numbers)) for each in every])
    starts = np.zeros((len(every), max([1 + len(each.operands) for each in every], default=1)), np.int64)
    for into, each in zip(starts, every, strict=True):
        for position, operand in enumerate((each.out, *each.operands)):
            into[position] = operand.start if isinstance(operand, Rows) else 0
    return _rolled(every, kinds, starts)


def _rolled(instructions: Sequence[Instruction], kinds: Array, starts: Array) -> list[Loop]:
    begin, period, turns = _most_repeated(kinds, starts)
    if (turns - 1) * period < LEAST_SAVED:
        return [Loop(1, [*instructions])] if instructions else []
    end = begin + period * turns
    steps = starts[begin + period : begin + 2 * period] - starts[begin : begin + period]
    body = [
        _moving(instructions[begin + i : end : period], [*map(int, step)]) for i, step in enumerate(steps)
    ]  # fmt: skip
    before, after = ((instructions[part], kinds[part], starts[part]) for part in (slice(begin), slice(end, None)))
    return [*_rolled(*before), Loop(turns, body), *_rolled(*after)]


def _kind(instruction: Instruction) -> object:
    """What instructions have in common that differ in the places of their rows alone."""
    by_number = instruction.function in BY_NUMBER
    operands = [
        operand._replace(start=0) if isinstance(operand, Rows) else float(operand).hex()
        for operand in (instruction.out, *instruction.operands)
    ]
    return instruction.function, len(instruction.detail) if by_number else instruction.detail, *operands


def _most_repeated(kinds: Array, starts: Array) -> tuple[int, int, int]:
    """The repetition of at least three turns that saves most instructions: its begin, its period and its turns."""
    best = (0, 1, 1)
    for period in range(1, len(kinds) // 3 + 1):
        same = kinds[period:] == kinds[:-period]
        if np.count_nonzero(same) < max(2 * period, (best[2] - 1) * best[1] + 1):
            continue
        steps = starts[period:] - starts[:-period]
        steady = same[period:] & same[:-period] & (steps[period:] == steps[:-period]).all(1)
        edges = np.flatnonzero(np.diff(steady, prepend=False, append=False))
        begins, lengths = edges[::2], edges[1::2] - edges[::2]
        if lengths.size:
            longest = lengths.argmax()
            turns = int(lengths[longest]) // period + 2
            if turns > 2 and (turns - 1) * period > (best[2] - 1) * best[1]:
                best = int(begins[longest]), period, turns
    return best


def _moving(turns: Sequence[Instruction], steps: Sequence[int]) -> Instruction:
    """The instruction of the first turn, for all turns."""
    first = turns[0]
    out, *operands = [
        operand._replace(step=step) if isinstance(operand, Rows) else operand
        for operand, step in zip((first.out, *first.operands), steps, strict=False)
    ]
    assert isinstance(out, Rows)
    detail = first.detail
    if first.function in BY_NUMBER:
        detail = tuple([row for turn in turns for row in turn.detail])
    return first._replace(out=out, operands=tuple(operands), detail=detail)
