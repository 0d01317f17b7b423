"""`Emitter`: a list of instructions under construction, and the scratch rows of their intermediate results."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest

from microgradnet.compiling.instructions import GRADIENTS, MASKS, SCRATCH, Instruction, Rows, Storage, row_range
from microgradnet.compiling.kernels import COMPARISONS, REDUCTIONS, Kernel
from microgradnet.value import Value

Operand = Rows | float


class Emitter:
    """Instructions in order.

    Attributes:
        instructions: the instructions emitted so far.
        heights: the largest number of rows in use, for each storage.
        shared: in the body of a loop, the rows of VALUES that are the same for all rows of the loop.
    """

    def __init__(self, heights: Mapping[Storage, int], shared: range = range(0)) -> None:
        self.shared = shared
        self.instructions: list[Instruction] = []
        self.heights = dict.fromkeys(GRADIENTS.values(), 0) | dict(heights)
        self._top: dict[Storage, int] = {}
        self.nodes: Sequence[Value] = ()

    def begin(self, nodes: Sequence[Value]) -> None:
        """Begin the instructions for these scalars, which read no scratch rows of those before."""
        self.nodes = nodes
        self._top.clear()

    def emit(self, function: str, out: Rows, *operands: Operand, detail: tuple[int, ...] = ()) -> Rows:
        """Append an instruction; return its result."""
        self.instructions.append(Instruction(function, out, operands, self.nodes, detail))
        return out

    def scratch(self, shape: tuple[int, ...], batched: bool, logical: bool = False) -> Rows:
        """New rows for an intermediate result, until `begin`."""
        storage = (MASKS if logical else SCRATCH)[batched]
        rows = row_range(storage, self._top.get(storage, 0), *shape)
        self._top[storage] = rows.start + rows.size
        self.heights[storage] = max(self.heights.get(storage, 0), self._top[storage])
        return rows

    def apply(self, kernel: Kernel, operands: Sequence[Rows], outs: Sequence[Rows | None]) -> list[Operand]:
        """Emit a kernel's steps. Results go to `outs` or, where that is None, to scratch rows; return their rows.

        A result that is an operand or a number is not copied.
        """
        wanted = {r: out for r, out in zip(kernel.results, outs, strict=True) if isinstance(r, int)}
        found: list[Operand] = list(operands)
        for position, step in enumerate(kernel.steps, kernel.operands):
            arguments = [found[a] if isinstance(a, int) else a for a in step.arguments]
            shape, batched = _shape(step.function, arguments)
            out = wanted.get(position) or self.scratch(shape, batched, step.function in COMPARISONS)
            found.append(self.emit(step.function, out, *arguments))
        return [found[r] if isinstance(r, int) else r for r in kernel.results]


def _shape(function: str, arguments: Sequence[Operand]) -> tuple[tuple[int, ...], bool]:
    """The shape of an array function's result, and whether it has a column for each sample."""
    arrays = [argument for argument in arguments if isinstance(argument, Rows)]
    batched = any(rows.storage.batched for rows in arrays)
    if function in REDUCTIONS:
        return arrays[0].shape[1:], batched
    sizes = zip_longest(*[reversed(rows.shape) for rows in arrays], fillvalue=1)
    return tuple([max(size) for size in sizes])[::-1], batched
