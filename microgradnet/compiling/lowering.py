"""Lowering: turn the blocks of a plan into array instructions, with the kernels of their operations."""

from collections.abc import Callable, Iterator
from itertools import groupby

from microgradnet.compiling.blocks import Block, Plan
from microgradnet.compiling.emitter import Emitter
from microgradnet.compiling.instructions import FIXED, VALUES, Rows, Storage, row_range
from microgradnet.compiling.kernels import forward_kernel


def lower_forward(plan: Plan, emitter: Emitter) -> None:
    """The instructions that compute the blocks."""
    for block in plan.blocks:
        emitter.begin(block.nodes)
        _FORWARD[block.kind](block, emitter)


def _apply(block: Block, emitter: Emitter) -> None:
    kernel = forward_kernel(block.op, len(block.operands), block.constants)
    (result,) = emitter.apply(kernel, block.operands, [block.out])
    if result is not block.out:
        emitter.emit("copy", block.out, result)


def _product(block: Block, emitter: Emitter) -> None:
    weights, inputs, *biases = block.operands
    emitter.emit("matmul", block.out, weights, inputs, detail=(0, 0))
    if biases:
        emitter.emit("add", block.out, block.out, biases[0])


def _dots(block: Block, emitter: Emitter) -> None:
    weights, inputs, *biases = block.operands
    shape = (weights.shape[0], *block.out.shape)
    if are_matrices(weights, inputs):
        emitter.emit("einsum", block.out.reshaped(1, *block.out.shape), weights, inputs)
    else:
        products = emitter.emit("multiply", emitter.scratch(shape, block.out.storage.batched), weights, inputs)
        emitter.emit("total", block.out, products)
    if biases:
        emitter.emit(
            "add", block.out, block.out, biases[0]._replace(shape=biases[0].shape[1:], strides=biases[0].strides[1:])
        )


def are_matrices(weights: Rows, inputs: Rows) -> bool:
    """Whether the dot products are those of each of some rows of weights with each of some columns of inputs."""
    sizes = list(zip(weights.shape, inputs.shape, strict=True))
    return any(of > to for of, to in sizes) and any(of < to for of, to in sizes)


def _gather(block: Block, emitter: Emitter) -> None:
    for storage, start, rows in runs(block):
        emitter.emit("take", row_range(block.out.storage, start, len(rows)), whole(storage), detail=rows)


def runs(block: Block) -> Iterator[tuple[Storage, int, tuple[int, ...]]]:
    """The copies of a gather in runs from one storage: (storage, first row of the copies, rows of their sources)."""
    start = block.out.start
    for is_fixed, sources in groupby(block.sources, (0).__gt__):
        rows = tuple([~row if is_fixed else row for row in sources])
        yield FIXED if is_fixed else VALUES, start, rows
        start += len(rows)


def whole(storage: Storage) -> Rows:
    """All rows of a storage, for instructions that index it."""
    return row_range(storage, 0, 0)


def _loop(block: Block, emitter: Emitter) -> None:
    emitter.emit("loop", block.out, *block.operands)


_FORWARD: dict[str, Callable[[Block, Emitter], None]] = {
    "apply": _apply,
    "stack": _apply,
    "product": _product,
    "dots": _dots,
    "gather": _gather,
    "loop": _loop,
}
