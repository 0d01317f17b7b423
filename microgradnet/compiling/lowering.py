"""Lowering: turn the blocks of a plan into array instructions, with the kernels of their operations."""

from collections.abc import Callable, Iterator
from itertools import groupby

from microgradnet.compiling.blocks import Block, LoopPlan, Plan
from microgradnet.compiling.emitter import Emitter
from microgradnet.compiling.instructions import FIXED, MASKS, SCRATCH, VALUES, Rows, Storage, row_range, whole
from microgradnet.compiling.kernels import forward_kernel
from microgradnet.compiling.stamping import Stamp


def lower_forward(plan: Plan, emitter: Emitter) -> None:
    """The instructions that compute the blocks."""
    for block in plan.blocks:
        emitter.begin(block.nodes)
        if block.kind == "loop":
            _loop(plan.bodies[block.nodes[0]], block, emitter)
        else:
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
    if are_matrices(weights, inputs, emitter.shared):
        emitter.emit("einsum", block.out.reshaped(1, *block.out.shape), weights, inputs)
    else:
        products = emitter.emit("multiply", emitter.scratch(shape, block.out.storage.batched), weights, inputs)
        emitter.emit("total", block.out, products)
    if biases:
        emitter.emit(
            "add", block.out, block.out, biases[0]._replace(shape=biases[0].shape[1:], strides=biases[0].strides[1:])
        )


def are_matrices(weights: Rows, inputs: Rows, shared: range) -> bool:
    """Whether the dot products are those of each of some rows of weights with each of some columns of inputs.

    In the body of a loop its rows are one more axis, which what they share does not have.
    """
    each = [1 if rows.storage is VALUES and rows.start in shared else 2 for rows in (weights, inputs)]
    sizes = [*zip(weights.shape, inputs.shape, strict=True), tuple(each) if shared else (1, 1)]
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


def _loop(loop: LoopPlan, block: Block, emitter: Emitter) -> None:
    body = Emitter(loop.body.heights, loop.shared)
    lower_forward(loop.body, body)
    given = dict(zip(loop.parts, block.operands, strict=True))
    inputs, state, _ = loop.body.arguments
    last = loop.body.rows_of(loop.body.program.outputs)[len(loop.loop.body.outputs) :]
    for row in range(loop.loop.rows) if state.size else [None]:
        stamp = Stamp(loop, given, emitter, body.heights, row)
        if inputs.size:
            emitter.emit("copy", stamp.rows(inputs), given["inputs"] if row is None else given["inputs"].column(row))
        if row == 0:
            emitter.emit("copy", stamp.rows(state), given["state"].column(0))
        elif row is not None:
            before = Stamp(loop, given, emitter, body.heights, row - 1)
            emitter.emit("take", stamp.rows(state), whole(loop.out.storage), detail=before.numbers(VALUES, last))
        for instruction in body.instructions:
            if not row or instruction.out.storage in (
                VALUES,
                SCRATCH[True],
                MASKS[True],
            ):  # else it is the same for all
                stamp.emit(instruction)


_FORWARD: dict[str, Callable[[Block, Emitter], None]] = {
    "apply": _apply,
    "stack": _apply,
    "product": _product,
    "dots": _dots,
    "gather": _gather,
}
