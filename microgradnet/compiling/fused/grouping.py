"""Group the instructions of a program for the fused engine: what one loop over rows, and what one over blocks computes.

Consecutive instructions are computed block by block; adjacent elementwise ones on the same shape in one loop over rows,
where a result that nobody reads afterwards is never stored.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import chain, groupby, product
from typing import Any, NamedTuple

import numpy as np

from microgradnet.compiling.fused.functions import FUNCTIONS
from microgradnet.compiling.fused.hoisting import hoisted
from microgradnet.compiling.fused.rolling import Loop, rolled
from microgradnet.compiling.fused.row_by_row import row_by_row
from microgradnet.compiling.fused.views import clash, core, core_views, rows_of
from microgradnet.compiling.instructions import Instruction, Rows, Storage
from microgradnet.compiling.program import Program

BLOCK_WEIGHTS = 4_096
"""Weights, beyond which a product reads some of them for all blocks of a tile, not all of them for each block."""


class Group:
    """Instructions that are computed together, in each of some turns.

    Attributes:
        instructions: elementwise ones of one shape, or a single one of another kind.
        views: of each elementwise instruction its result and operands along the axes of that shape.
        stored: the results of these that are read afterwards.
    """

    def __init__(self, instruction: Instruction, turns: int) -> None:
        self.instructions = [instruction]
        self.turns = turns
        self.views = [core_views(instruction)] if is_elementwise(instruction) else []
        self.stored: set[Rows] = set()

    @property
    def is_for_a_block(self) -> bool:
        """Whether it is computed for each block, not once for a tile."""
        first = self.instructions[0]
        return first.out.storage.batched and not (first.function == "matmul" and rows_of(first)[0].size > BLOCK_WEIGHTS)

    def joined(self, instruction: Instruction) -> bool:
        """Add an elementwise instruction, if one loop computes the same."""
        first = self.instructions[0].out
        if (
            not (self.views and is_elementwise(instruction))
            or first.storage.batched != instruction.out.storage.batched
            or core(self.instructions[0]) != core(instruction)
        ):
            return False
        views = core_views(instruction)
        before, written = (
            dict.fromkeys(each) for each in (chain(*self.views), [known[0] for known in self.views])
        )  # fmt: skip
        for one, other in chain(product(views[:1], before), product(views[1:], written)):
            if one.rows.storage == other.rows.storage and one != other and clash(one, other, self.turns):
                return False
        self.instructions.append(instruction)
        self.views.append(views)
        return True

    def mark(self, read: dict[Storage, Any], turn: int) -> None:
        """Remember which results of a turn are read afterwards, and that the operands are read."""
        for out, *_ in self.views:
            if not out.rows.storage.batched or read[out.rows.storage][_numbers(out.rows) + out.rows.step * turn].any():
                self.stored.add(out.rows)
        for instruction in reversed(self.instructions):
            if instruction.function != "scatter_add":
                read[instruction.out.storage][_numbers(instruction.out) + instruction.out.step * turn] = False
            for rows in rows_of(instruction):
                moved = _numbers(rows) + rows.step * turn if rows.size else [*instruction.detail]
                read[rows.storage][moved] = True


class Part(NamedTuple):
    """Groups one after the other, all of which are computed for each block, or none."""

    for_each_block: bool
    groups: list[Group]


class Stage(NamedTuple):
    """A loop: its turns, and what each of them computes."""

    turns: int
    parts: list[Part]


@cache
def _numbers(rows: Rows) -> Any:
    """The rows of the first turn of a loop, as an index."""
    return rows.start if rows.size == 1 else np.array(rows.numbers(), np.intp)


def is_elementwise(instruction: Instruction) -> bool:
    """Whether it computes each number of its result from one number of each operand."""
    of_samples = any(rows.storage.batched for rows in rows_of(instruction))
    return instruction.function in (*FUNCTIONS, "fill") and instruction.out.storage.batched >= of_samples


def grouped(program: Program) -> list[Stage]:
    """The groups of a program, in loops."""
    loops = [[*_groups(row_by_row(part))] for loop in rolled(program) for part in hoisted(loop)]
    read = {storage: np.zeros(height, bool) for storage, height in program.heights.items()}
    for rows in program.outputs:
        read[rows.storage][rows.numbers()] = True
    for groups in reversed(loops):
        for turn in reversed(range(groups[0].turns)):
            for group in reversed(groups):
                group.mark(read, turn)
    return [Stage(groups[0].turns, [*_parts(groups)]) for groups in loops]


def _groups(loop: Loop) -> list[Group]:
    groups: list[Group] = []
    for instruction in loop.instructions:
        if not (groups and groups[-1].joined(instruction)):
            groups.append(Group(instruction, loop.turns))
    return groups


def _parts(groups: Sequence[Group]) -> Iterable[Part]:
    for for_each_block, part in groupby(groups, lambda group: group.is_for_a_block):
        yield Part(for_each_block, [*part])
