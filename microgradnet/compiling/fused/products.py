"""Code for matrix products: some rows of the result at once, which stay in registers term by term."""

from contextlib import nullcontext
from itertools import product

from llvmlite import ir

from microgradnet.compiling.fused.grouping import BLOCK_WEIGHTS
from microgradnet.compiling.fused.lanes import Numbers
from microgradnet.compiling.fused.sums import reduced
from microgradnet.compiling.fused.views import View, as_matrix, own_view, rows_of
from microgradnet.compiling.fused.writer import Here, Index, Writer
from microgradnet.compiling.instructions import Instruction, Rows

ROWS_AT_ONCE, LEFT_AT_ONCE, RIGHT_AT_ONCE = 6, 3, 4
"""Rows of a matrix product that are computed together in registers; and of a product summed over samples."""
MOST_WEIGHTS = 1 << 15
"""Weights in a product, beyond which NumPy's library is faster."""


def is_large(instruction: Instruction) -> bool:
    """Whether it is a product of so many weights that NumPy's library is faster."""
    if instruction.function != "matmul":
        return False
    weights = rows_of(instruction)[0]
    return weights.size > MOST_WEIGHTS and not weights.storage.batched


def matmul(w: Writer, instruction: Instruction, here: Here) -> None:
    """A product of matrices, of which `detail` says whether they are transposed.

    Raises:
        NotImplementedError: there is no code for it.
    """
    out, (left, right), turned = as_matrix(instruction.out), rows_of(instruction), instruction.detail
    of_samples = left.storage.batched, right.storage.batched
    if of_samples == (True, True) and turned == (0, 1):
        _product_of_samples(w, here, out, as_matrix(left), as_matrix(right))
        return
    left, right = as_matrix(left, turned[0]), as_matrix(right, turned[1])
    if of_samples == (False, True):
        _product(w, here, out, left, right)
    elif of_samples == (False, False):
        shape = left.shape[0], left.shape[1], right.shape[1]
        views = [View(left, (*left.strides, 0)), View(right, (0, *right.strides))]
        reduced(w, here, View(out, (out.strides[0], 0, out.strides[1])), views, shape, [1])
    else:
        raise NotImplementedError(f"there is no fused code for {instruction}")


def _product(w: Writer, here: Here, out: Rows, left: Rows, right: Rows) -> None:
    """Numbers that are the same for all samples times rows."""
    count, terms = left.shape
    for rows in w.parts(count, -(-count // -(-count // ROWS_AT_ONCE))):
        with (
            w.loop(here.blocks) if left.size > BLOCK_WEIGHTS else nullcontext(here.block) as at,
            w.loop(right.shape[1]) as column,
        ):
            totals = [w.total_of(w.vector) for _ in rows]
            with w.loop(terms) as term:
                numbers = w.load(w.place(own_view(right), [term, column], at))
                for row, total in zip(rows, totals, strict=True):
                    factor = w.spread(w.load(w.place(own_view(left), [row, term], at)))
                    w.store(numbers.times_plus(factor, w.load(total)), total)
            for row, total in zip(rows, totals, strict=True):
                w.write(w.load(total), own_view(out), [row, column], at)


def _product_of_samples(w: Writer, here: Here, out: Rows, left: Rows, right: Rows) -> None:
    """The products of rows, summed over columns and samples: some rows of both at once, half a block at a time."""
    half = ir.VectorType(w.number, w.kind.lanes // 2)
    for rows in w.parts(left.shape[0], LEFT_AT_ONCE):
        for others in w.parts(right.shape[0], RIGHT_AT_ONCE):
            totals = {pair: w.total_of(half) for pair in product(range(len(rows)), range(len(others)))}
            with w.loop(here.blocks) as block, w.loop(left.shape[1]) as column:
                for part in range(2):
                    ours, theirs = (
                        [_half(w, w.place(own_view(each), [row, column], block), half, part) for row in some]
                        for each, some in ((left, rows), (right, others))
                    )
                    for (i, j), total in totals.items():
                        w.store(ours[i].times_plus(theirs[j], w.load(total)), total)
            for (i, j), total in totals.items():
                w.write(w.sum_of_lanes(w.load(total)), own_view(out), [rows[i], others[j]], w.i(0))


def _half(w: Writer, place: Index, half: ir.VectorType, part: int) -> Numbers:
    return w.load(w.b.gep(w.b.bitcast(place, half.as_pointer()), [w.i(part)]))
