"""`Emitter`: a list of instructions under construction, and the scratch rows that they pass intermediates in."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest

from microgradnet.compiling.instructions import (
    FIXED_GRADIENTS,
    MASKS,
    SCRATCH,
    VALUE_GRADIENTS,
    Instruction,
    Instructions,
    Rows,
    Storage,
    row_range,
)
from microgradnet.compiling.kernels import COMPARISONS, REDUCTIONS, Kernel
from microgradnet.value import Value

Operand = Rows | float
NOT_IN_PLACE = ("where", *REDUCTIONS)
"""What cannot write its result over one of its operands."""


class Emitter:
    """Instructions in order.

    Attributes:
        instructions: those emitted so far.
        heights: how many rows of each storage are in use at most.
    """

    def __init__(self, heights: Mapping[Storage, int]) -> None:
        self.instructions: Instructions = []
        self.heights = {VALUE_GRADIENTS: 0, FIXED_GRADIENTS: 0, **heights}
        self._free: dict[tuple[Storage, int], list[int]] = {}
        self._top: dict[Storage, int] = {}
        self.nodes: Sequence[Value] = ()

    def begin(self, nodes: Sequence[Value]) -> None:
        """What follows is about these scalars; the scratch rows of what came before are free again."""
        self.nodes = nodes
        self._free.clear()
        self._top.clear()

    def emit(self, function: str, out: Rows, *operands: Operand, detail: tuple[int, ...] = ()) -> Rows:
        """One more instruction; its result."""
        self.instructions.append(Instruction(function, out, operands, self.nodes, detail))
        return out

    def scratch(self, shape: tuple[int, ...], batched: bool, logical: bool = False) -> Rows:
        """Rows for an intermediate result, until the last use or `begin`."""
        storage = (MASKS if logical else SCRATCH)[batched]
        rows = row_range(storage, self._top.get(storage, 0), *shape)
        free = self._free.get((storage, rows.size))
        if free:
            return rows._replace(start=free.pop())
        self._top[storage] = rows.start + rows.size
        self.heights[storage] = max(self.heights.get(storage, 0), self._top[storage])
        return rows

    def _release(self, freed: Sequence[Operand]) -> None:
        """These scratch rows are free for others."""
        for rows in freed:
            if isinstance(rows, Rows):
                self._free.setdefault((rows.storage, rows.size), []).append(rows.start)

    def apply(self, kernel: Kernel, operands: Sequence[Rows], outs: Sequence[Rows | None]) -> list[Operand]:
        """A kernel's steps. Its results go to `outs` or, where that is None, to scratch rows; returns where they are.

        A result that is an operand itself, or a number, stays where it is.
        """
        last_use = {a: number for number, step in enumerate(kernel.steps) for a in step.arguments if isinstance(a, int)}
        wanted = {r: out for r, out in zip(kernel.results, outs, strict=True) if isinstance(r, int)}
        found: list[Operand] = list(operands)
        for number, step in enumerate(kernel.steps):
            position = kernel.operands + number
            arguments = [found[a] if isinstance(a, int) else a for a in step.arguments]
            dying = {a for a in step.arguments if isinstance(a, int) and a >= kernel.operands and a not in wanted}
            freed = [found[a] for a in dying if last_use[a] == number]
            if step.function not in NOT_IN_PLACE:
                self._release(freed)
            shape, batched = _shape(step.function, arguments)
            out = wanted.get(position) or self.scratch(shape, batched, step.function in COMPARISONS)
            found.append(self.emit(step.function, out, *arguments))
            if step.function in NOT_IN_PLACE:
                self._release(freed)
        return [found[r] if isinstance(r, int) else r for r in kernel.results]


def _shape(function: str, arguments: Sequence[Operand]) -> tuple[tuple[int, ...], bool]:
    """The shape of an array function's result, and whether it differs from sample to sample."""
    arrays = [argument for argument in arguments if isinstance(argument, Rows)]
    batched = any(rows.storage.batched for rows in arrays)
    if function in REDUCTIONS:
        return arrays[0].shape[1:], batched
    sizes = zip_longest(*[reversed(rows.shape) for rows in arrays], fillvalue=1)
    return tuple([max(size) for size in sizes])[::-1], batched
