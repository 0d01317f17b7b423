"""Stamping: what the instructions of a loop's body do for one row is done for all, by instructions around the loop.

The rows of a body are rows of the program around it. In `for_each` they are computed at once: each row of the body
stands for one of each row of the loop, one after the other, which are the last axis of every array of rows. In `scan`
the instructions follow each other row by row, each on rows of its own.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from microgradnet.compiling.blocks import LoopPlan
from microgradnet.compiling.emitter import Emitter
from microgradnet.compiling.instructions import (
    FIXED,
    FIXED_GRADIENTS,
    GRADIENTS,
    MASKS,
    SCRATCH,
    VALUE_GRADIENTS,
    VALUES,
    Instruction,
    Rows,
    Storage,
    row_range,
    whole,
)


class LoopGradients(NamedTuple):
    """Where the gradients of a loop are, around it.

    Attributes:
        start, height: the first row of those of the body's values, and how many there are for each row of the loop.
        varying, fixed: what one row contributes, or all at once, to those of what is "varying" and "fixed".
        totals: their sums over the rows.
        own: the first row of the gradient of what is "varying", in the body.
    """

    start: int
    height: int
    varying: Rows
    fixed: Rows
    totals: tuple[Rows, Rows]
    own: int

    def of(self, part: str, loop: LoopPlan, row_of: Sequence[int]) -> Rows:
        """The contributions to the gradient of a part, as a table; `row_of` gives the gradient rows of the body."""
        if part in ("varying", "fixed"):
            return self.totals[part == "fixed"]
        rows = loop.body.arguments[part == "state"]
        start = self.start + loop.rows(row_of[rows.start], self.height)[0]
        strides = (1, self.height) if loop.loop.body.state else (loop.loop.rows, 1)
        return Rows(GRADIENTS[loop.out.storage], start, (rows.size, loop.loop.rows), strides)


class _Part(NamedTuple):
    """Rows of a storage of the body around the loop: from `begin` on, every `step` rows from `start` on."""

    storage: Storage
    begin: int
    start: int
    step: int
    is_each: bool
    end: int = sys.maxsize


class Stamp:
    """A body's rows and instructions around the loop, for one row of the loop or for all at once.

    Args:
        loop: how the loop is computed.
        operands: its operands, by its parts.
        emitter: receives the instructions.
        heights: the rows of scratch that the body needs.
        row: the row of the loop; None for all.
        gradients: where gradients are; None forward.
    """

    def __init__(
        self, loop: LoopPlan, operands: Mapping[str, Rows], emitter: Emitter, heights: Mapping[Storage, int],
        row: int | None = None, gradients: LoopGradients | None = None,
    ) -> None:  # fmt: skip
        self._emitter = emitter
        self._count = loop.loop.rows if row is None else 1
        self._axis = () if row is not None else (self._count,)
        batched, body = loop.out.storage.batched, loop.body
        self._parts: dict[Storage, list[_Part]] = {}

        def each(storage: Storage, start: int, height: int) -> _Part:
            return _Part(storage, 0, start if row is None else start + row * height, self._count, True)

        self._parts[VALUES] = [each(loop.out.storage, loop.out.start, body.heights[VALUES])]
        if "varying" in operands:
            self._parts[VALUES].append(_given(operands["varying"], body.arguments[2].start))
        fixed = operands["fixed"].size if "fixed" in operands else 0
        self._parts[FIXED] = [_Part(FIXED, fixed, loop.constants, 1, False)]
        if fixed:
            self._parts[FIXED].append(_given(operands["fixed"], 0))
        if gradients:
            storage = GRADIENTS[loop.out.storage]
            self._parts[VALUE_GRADIENTS] = [each(storage, gradients.start, gradients.height)]
            if gradients.varying.size:
                self._parts[VALUE_GRADIENTS].append(_given(gradients.varying, gradients.own))
            self._parts[FIXED_GRADIENTS] = [_given(gradients.fixed, 0)]
        self._scratch: dict[bool, int] = {}
        for kinds in (SCRATCH, MASKS):
            top = 0
            for was in (True, False):
                into = kinds[batched and was]
                first = 0 if batched else top
                self._parts[kinds[was]] = [_Part(into, 0, first, self._count if was else 1, was)]
                top = first + heights.get(kinds[was], 0) * (self._count if was else 1)
                emitter.heights[into] = max(emitter.heights.get(into, 0), top)
                if kinds is SCRATCH:
                    self._scratch[batched and was] = top

    def _part(self, storage: Storage, row: int) -> _Part:
        return next(part for part in reversed(self._parts[storage]) if part.begin <= row < part.end)

    def rows(self, rows: Rows) -> Rows:
        """These rows of the body."""
        part = self._part(rows.storage, rows.start)
        start = part.start + (rows.start - part.begin) * part.step
        strides = [stride * part.step for stride in rows.strides]
        shape = [*rows.shape, *((self._count if part.is_each else 1) for _ in self._axis)]
        return Rows(part.storage, start, tuple(shape), (*strides, *(int(part.is_each) for _ in self._axis)))

    def numbers(self, storage: Storage, rows: Sequence[int], is_each: bool = True) -> tuple[int, ...]:
        """The rows around the loop of these of the body, each for all rows of the loop if wanted."""
        index, each = np.array(rows), np.arange(self._count if is_each else 1)
        found = np.empty((index.size, each.size), np.int64)
        for part in self._parts[storage]:  # those of a later one are its own
            own = (part.begin <= index) & (index < part.end)
            found[own] = (part.start + (index[own] - part.begin) * part.step)[:, None] + each * part.is_each
        return tuple(found.ravel().tolist())

    def emit(self, instruction: Instruction) -> None:
        """The instruction for these rows of the loop."""
        special: Callable[[Instruction], None] | None = getattr(self, f"_{instruction.function}", None)
        if special:
            special(instruction)
            return
        out, operands = self._stamped(instruction)
        sums_itself = instruction.function == "einsum" or (
            instruction.function == "matmul" and instruction.detail == (0, 1)
        )
        if self._is_summed(out, operands) and not sums_itself:
            self._emit_summed(instruction, out, operands)
        else:
            self._emitter.emit(instruction.function, out, *operands, detail=instruction.detail)

    def _stamped(self, instruction: Instruction) -> tuple[Rows, list[Rows | float]]:
        operands = [self.rows(o) if isinstance(o, Rows) else o for o in instruction.operands]
        return self.rows(instruction.out), operands

    def _is_summed(self, out: Rows, operands: Sequence[Rows | float]) -> bool:
        """Whether the result is one for all rows of the loop, of operands that each row has."""
        return bool(self._axis) and not out.strides[-1] and any(isinstance(o, Rows) and o.strides[-1] for o in operands)

    def _emit_summed(self, instruction: Instruction, out: Rows, operands: list[Rows | float]) -> None:
        """What each row contributes to the gradient of what is shared, and its sum."""
        accumulates = instruction.function == "add" and operands[0] == out
        if accumulates or instruction.function == "copy":
            contribution = operands[-1]
        else:
            contribution = self._more_scratch((*out.shape[:-1], self._count), out.storage.batched)
            self._emitter.emit(instruction.function, contribution, *operands, detail=instruction.detail)
        assert isinstance(contribution, Rows)  # each row has its own
        axes, shape = (len(contribution.shape) - 1,), (*contribution.shape[:-1], 1)
        if not accumulates and shape == out.shape:
            self._emitter.emit("sum", out, contribution, detail=axes)
            return
        summed = self._emitter.emit("sum", self._more_scratch(shape, out.storage.batched), contribution, detail=axes)
        self._emitter.emit(instruction.function, out, *operands[:-1], summed)

    def _more_scratch(self, shape: tuple[int, ...], batched: bool) -> Rows:
        storage = SCRATCH[batched]
        rows = row_range(storage, self._scratch.get(batched, 0), *shape)
        self._emitter.heights[storage] = max(self._emitter.heights.get(storage, 0), rows.start + rows.size)
        return rows

    def _sum(self, instruction: Instruction) -> None:
        out, operands = self._stamped(instruction)
        (operand,) = operands
        assert isinstance(operand, Rows)
        axes = [axis for axis in instruction.detail if axis >= 0]
        if self._axis and operand.strides[-1] and not out.strides[-1]:
            axes.append(len(operand.shape) - 1)
        if -1 in instruction.detail and operand.storage.batched:
            axes.append(-1)
        if axes:
            self._emitter.emit("sum", out, operand, detail=tuple(axes))
        else:
            self._emitter.emit("copy", out, operand)

    def _take(self, instruction: Instruction) -> None:
        out, (source,) = self.rows(instruction.out), instruction.operands
        assert isinstance(source, Rows)
        is_each = self._part(instruction.out.storage, instruction.out.start).is_each
        numbers = self.numbers(source.storage, instruction.detail, is_each)
        storage = self._part(source.storage, instruction.detail[0]).storage
        self._emitter.emit("take", row_range(out.storage, out.start, len(numbers)), whole(storage), detail=numbers)

    def _scatter_add(self, instruction: Instruction) -> None:
        (contribution,) = instruction.operands
        assert isinstance(contribution, Rows)
        is_each = self._part(contribution.storage, contribution.start).is_each
        numbers = self.numbers(instruction.out.storage, instruction.detail, is_each)
        storage = self._part(instruction.out.storage, instruction.detail[0]).storage
        flat = self.rows(contribution)
        self._emitter.emit(
            "scatter_add", whole(storage), row_range(flat.storage, flat.start, len(numbers)), detail=numbers
        )


def _given(rows: Rows, begin: int) -> _Part:
    """What a loop is given, a column of rows, from row `begin` of its body on."""
    return _Part(rows.storage, begin, rows.start, rows.strides[0], False, begin + rows.shape[0])
