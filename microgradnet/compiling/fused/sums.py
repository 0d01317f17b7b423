"""Code for sums along axes and over samples, and for rows that are moved by number."""

from collections.abc import Iterable, Sequence
from math import inf
from typing import Any

from llvmlite import ir

from microgradnet.compiling.fused.functions import call
from microgradnet.compiling.fused.lanes import INTEGER
from microgradnet.compiling.fused.views import View, own_view, rows_of, view
from microgradnet.compiling.fused.writer import Here, Index, Writer
from microgradnet.compiling.instructions import Instruction

AT_ONCE = 4
"""Sums that are computed together, in registers."""


def reduced(
    w: Writer, here: Here, out: View, operands: Sequence[View], shape: Sequence[int], summed: Sequence[int],
    largest: bool = False,
) -> None:  # fmt: skip
    """The sum, or the largest, of the products of one or two operands along these axes.

    It is also that over the samples, if operands have columns for them and the result has none.
    """
    wide = any(each.rows.storage.batched for each in operands)
    over_samples = wide and not out.rows.storage.batched
    shape, summed = (1, *shape), [axis + 1 for axis in summed]  # one axis at least is kept
    out, *operands = [View(each.rows, (0, *each.strides)) for each in (out, *operands)]
    kept = [axis for axis in range(len(shape)) if axis not in summed]
    together = max(kept, key=lambda axis: (shape[axis] > 1, axis))
    outer = [axis for axis in kept if axis != together]

    def indices(one: Index, inner: Iterable[Index]) -> list[Index]:
        known = {**dict(zip(outer, around, strict=True)), together: one, **dict(zip(summed, inner, strict=True))}
        return [known[axis] for axis in range(len(shape))]

    with w.loops([shape[axis] for axis in outer]) as around:
        for some in w.parts(shape[together], AT_ONCE):
            totals = [w.total_of(w.vector if wide else w.number, -inf if largest else 0.0) for _ in some]
            with (
                w.loop(here.blocks if over_samples else 1) as block,
                w.loops([shape[axis] for axis in summed]) as inner,
            ):
                at = block if over_samples else here.block
                for one, total in zip(some, totals, strict=True):
                    term, *factors = [w.read(each, indices(one, inner), at, wide) for each in operands]
                    before = w.load(total)
                    if largest:
                        after = call("maximum", [before, term])
                    else:
                        after = factors[0].times_plus(term, before) if factors else before + term
                    w.store(after, total)
            for one, total in zip(some, totals, strict=True):
                w.write(w.load(total), out, indices(one, [w.i(0)] * len(summed)), here.block)


def total(w: Writer, instruction: Instruction, here: Here) -> None:
    """The sum along the first axis."""
    (rows,) = rows_of(instruction)
    out, largest = view(instruction.out, rows.shape), instruction.function == "largest"
    reduced(w, here, out, [own_view(rows)], rows.shape, [0], largest)


def sum_(w: Writer, instruction: Instruction, here: Here) -> None:
    """The sum along axes, of which −1 are the samples."""
    (rows,) = rows_of(instruction)
    axes = [axis for axis in instruction.detail if 0 <= axis < len(rows.shape)]
    reduced(w, here, view(instruction.out, rows.shape), [own_view(rows)], rows.shape, axes)


def einsum(w: Writer, instruction: Instruction, here: Here) -> None:
    """The sum of products along the axes where the result has one element."""
    operands = rows_of(instruction)
    shape = tuple([max(sizes) for sizes in zip(*[rows.shape for rows in operands], strict=True)])
    summed = [axis for axis, size in enumerate(instruction.out.shape) if size < shape[axis]]
    reduced(w, here, view(instruction.out, shape), [view(rows, shape) for rows in operands], shape, summed)


# --- rows by number ---


def moved(instruction: Instruction) -> int:
    """How many rows are moved by number in a turn."""
    return rows_of(instruction)[0].size if instruction.function == "scatter_add" else instruction.out.size


def table(w: Writer, instruction: Instruction, turn: Index) -> Any:
    """A pointer to the numbers of the rows that an instruction moves in a turn."""
    module, type_ = w.b.module, ir.ArrayType(INTEGER, len(instruction.detail))
    found = ir.GlobalVariable(module, type_, module.get_unique_name("rows"))
    found.global_constant, found.linkage = True, "internal"
    found.initializer = ir.Constant(type_, [*instruction.detail])
    return w.pointer(w.b.bitcast(found, INTEGER.as_pointer()), w.times(turn, moved(instruction)))


def take(w: Writer, instruction: Instruction, here: Here) -> None:
    """Copies of rows."""
    (source,) = rows_of(instruction)
    every = View(source, (source.strides[0] if source.size else 1,))
    with w.loop(moved(instruction)) as each:
        row = w.b.load(w.pointer(here.numbers, each))
        numbers = w.read(every, [row], here.block, instruction.out.storage.batched)
        w.write(numbers, View(instruction.out, (1,)), [each], here.block)


def scatter_add(w: Writer, instruction: Instruction, here: Here) -> None:
    """Rows that are added to others."""
    (contribution,) = rows_of(instruction)
    every = View(instruction.out, (1,))
    wide = every.rows.storage.batched
    over_samples = contribution.storage.batched and not wide
    with w.loop(here.blocks if over_samples else 1) as one, w.loop(moved(instruction)) as each:
        at = one if over_samples else here.block
        row = w.b.load(w.pointer(here.numbers, each))
        added = w.read(own_view(contribution), [each], at, wide)
        if over_samples:
            added = w.sum_of_lanes(added)
        w.write(w.load(w.place(every, [row], at)) + added, every, [row], at)
