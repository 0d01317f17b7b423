"""`Binding`: array instructions bound to NumPy arrays, as a list of calls that allocate and look up nothing."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from microgradnet.compiling.instructions import GRADIENTS, Instruction, Rows, Storage
from microgradnet.compiling.program import Array

SMALL = 2048  # numbers up to which indexing is faster than multiplying by a mask
ALONE_VECTOR, ALONE_MATRIX = 1 << 13, 1 << 17
"""Multiplications up to which the library that NumPy calls computes such a product in one thread."""
Call = Callable[[], object]
Copies = dict[tuple[Rows, str], "_Matrices"]


def arrays(heights: Mapping[Storage, int], columns: int) -> dict[Storage, Array]:
    """An array for each storage, with so many rows, and columns if it is batched."""
    return {
        storage: np.zeros((height, columns if storage.batched else 1), np.bool_ if storage.logical else np.float64)
        for storage, height in heights.items()
    }


def _elementwise(function: Callable[[float], float]) -> Callable[..., None]:
    """A function that NumPy lacks, applied number by number."""
    vectorized = np.frompyfunc(function, 1, 1)

    def call(x: Array, out: Array) -> None:
        out[...] = vectorized(x)

    return call


FUNCTIONS: dict[str, Callable[..., object]] = {
    **{
        name: getattr(np, name)
        for name in (
            "abs", "add", "cos", "divide", "exp", "expm1", "greater", "greater_equal", "less", "less_equal", "log",
            "log1p", "maximum", "minimum", "multiply", "negative", "power", "sign", "sin", "sqrt", "subtract", "tanh",
        )
    },
    "erf": _elementwise(math.erf),
    "erfc": _elementwise(math.erfc),
}  # fmt: skip
"""Functions of arrays that write the result to a last argument, `out`."""
BY_NAME = np.maximum, np.minimum
"""Those that take `out` by its name alone."""


def _product(call: Call, out: Array, work: int) -> list[Call]:
    """A product of so many multiplications: NumPy notices an overflow in its own thread, not in those of its library.

    What reads an infinity may be finite, as its tanh is.
    """

    def check() -> None:
        numbers = out.ravel()
        if not np.dot(numbers, numbers) < math.inf:
            raise FloatingPointError("a product has a number that is infinite, NaN or too large to be squared")

    is_vector = out.ndim == 1 or 1 in out.shape[-2:]
    return [call, check] if work > (ALONE_VECTOR if is_vector else ALONE_MATRIX) else [call]


class Binding:
    """Arrays for instructions: the numbers of the storages."""

    def __init__(self, storages: dict[Storage, Array]) -> None:
        self.storages = storages
        self._kept: Copies = {}  # of numbers, which stay the same within a run
        self._latest: Copies = {}  # of gradients, which the instruction before has read

    def calls(self, instructions: Iterable[Instruction]) -> list[Call]:
        """The calls that execute these instructions."""
        found: list[Call] = []
        for instruction in instructions:
            found += self._bound(instruction)
            latest = instruction.operands if instruction.function == "einsum" else ()
            self._latest = {key: copies for key, copies in self._latest.items() if key[0] in latest}
        return found

    def array(self, rows: Rows) -> Array:
        """The rows as an array; its last axis is the batch, or of length 1."""
        base = self.storages[rows.storage]
        row, item = base.strides
        strides = (*[stride * row for stride in rows.strides], item)
        return np.ndarray((*rows.shape, base.shape[1]), base.dtype, base, rows.start * row, strides)

    def matrix(self, rows: Rows, transposed: bool = False) -> Array:
        """The rows as a matrix: the first axis by all others."""
        array = self.array(rows)
        steps = [step for size, step in zip(array.shape[1:], array.strides[1:], strict=True) if size > 1]
        shape, strides = (len(array), array.size // len(array)), (array.strides[0], steps[-1] if steps else 0)
        base = self.storages[rows.storage]
        found = np.ndarray(shape, base.dtype, base, rows.start * base.strides[0], strides)
        return found.T if transposed else found

    def _bound(self, instruction: Instruction) -> Sequence[Call]:
        special = getattr(self, f"_{instruction.function}", None)
        if special:
            return special(instruction)  # type: ignore[no-any-return]
        function = FUNCTIONS[instruction.function]
        operands = [self._operand(operand) for operand in instruction.operands]
        out = self.array(instruction.out)
        if function in BY_NAME:
            return [partial(function, *operands, out=out)]
        return [partial(function, *operands, out)]  # 0.2 µs faster

    def _operand(self, operand: Rows | float) -> Array:
        """An operand for broadcasting: a single number has no axes, which is fastest."""
        if not isinstance(operand, Rows):
            return np.array(operand)
        array = self.array(operand)
        return array.reshape(()) if array.size == 1 and not operand.storage.batched else array

    def operands(self, instruction: Instruction) -> list[Any]:
        """The operands as arrays."""
        return [self.array(o) if isinstance(o, Rows) else np.array(o) for o in instruction.operands]

    def _copy(self, instruction: Instruction) -> Sequence[Call]:
        (operand,) = self.operands(instruction)
        return [partial(self.array(instruction.out).__setitem__, ..., operand)]  # 0.2 µs faster than copyto

    def _fill(self, instruction: Instruction) -> Sequence[Call]:
        return [partial(self.array(instruction.out).fill, instruction.operands[0])]

    def _where(self, instruction: Instruction) -> Sequence[Call]:
        condition, if_true, if_false = self.operands(instruction)
        out = self.array(instruction.out)
        kept = np.empty(condition.shape, bool)
        if instruction.operands[2] == 1.0 and out.size > SMALL:  # a factor of 0 or 1 does not branch
            product = partial(np.multiply, if_true, condition, out)
            return [product, partial(np.logical_not, condition, kept), partial(np.add, out, kept, out)]
        if instruction.operands[2] != instruction.out:
            return [partial(np.copyto, out, if_false), partial(np.copyto, out, if_true, where=condition)]
        if instruction.operands[1] == 0.0 and out.size > SMALL:
            return [partial(np.logical_not, condition, kept), partial(np.multiply, out, kept, out)]
        if condition.shape != out.shape or if_true.size not in (1, out.size):  # putmask repeats, it does not broadcast
            return [partial(np.copyto, out, if_true, where=condition)]
        return [partial(np.putmask, out, condition, if_true)]

    def _largest(self, instruction: Instruction) -> Sequence[Call]:
        return [partial(np.maximum.reduce, *self.operands(instruction), 0, None, self.array(instruction.out))]

    def _sum(self, instruction: Instruction) -> Sequence[Call]:
        """The sum along some axes, or along the first, which the result of a total does not have."""
        (array,), out = self.operands(instruction), self.array(instruction.out)
        out = out if instruction.detail else out[np.newaxis]
        order = np.argsort([-stride for stride in array.strides], kind="stable")  # as the numbers lie in memory
        summed = {axis % array.ndim for axis in instruction.detail or (0,)}
        axes = [place for place, axis in enumerate(order) if axis in summed]
        array, out = array.transpose(order), out.transpose(order)
        first, end = axes[0], axes[-1] + 1
        if end - first > len(axes) or not (array.flags.c_contiguous and out.flags.c_contiguous):
            return [partial(np.add.reduce, array, tuple(axes), None, out, True)]
        before, count, after = map(math.prod, (array.shape[:first], array.shape[first:end], array.shape[end:]))
        ones = np.ones(count)  # a product with them is faster
        if before == 1:
            out = out.reshape(after)
            product = partial(np.dot, ones, array.reshape(count, after), out)
        elif after == 1:
            out = out.reshape(before)
            product = partial(np.dot, array.reshape(before, count), ones, out)
        else:
            out = out.reshape(before, 1, after)
            product = partial(np.matmul, ones[np.newaxis], array.reshape(before, count, after), out)
        return _product(product, out, array.size)

    _total = _sum

    def _matmul(self, instruction: Instruction) -> Sequence[Call]:
        left, right = instruction.operands
        if not isinstance(left, Rows) or not isinstance(right, Rows):
            raise TypeError("a matrix product of a number")
        turned = instruction.detail
        a, b = self.matrix(left, bool(turned[0])), self.matrix(right, bool(turned[1]))
        out = self.matrix(instruction.out)
        if a.shape[1] == 1:
            return [partial(np.multiply, a, b, out)]
        product = partial(np.dot if out.flags.c_contiguous else np.matmul, a, b, out)
        return _product(product, out, a.size * b.shape[1])

    def _einsum(self, instruction: Instruction) -> Sequence[Call]:
        """Products summed along the axes where the result has one element, as matrix products of copies."""
        arrays = [*self.operands(instruction), self.array(instruction.out)]
        axes: dict[tuple[bool, ...], list[int]] = {}
        for axis in range(arrays[0].ndim):
            axes.setdefault(tuple([array.shape[axis] > 1 for array in arrays]), []).append(axis)
        batch, rows, columns, summed = (
            axes.get(kind, [])
            for kind in ((True, True, True), (True, False, True), (False, True, True), (True, True, False))
        )
        calls: list[Call] = []
        left, right = instruction.operands
        a, b = self._matrices(left, batch, rows, summed, calls), self._matrices(right, batch, summed, columns, calls)
        out = _Matrices(arrays[-1], batch, rows, columns)
        calls += _product(partial(np.matmul, a, b, out.matrices), out.matrices, a[0].size * b.shape[2])
        return [*calls, partial(np.copyto, out.array, out.copies)] if out.is_copied else calls

    def _matrices(
        self, operand: Rows | float, batch: list[int], rows: list[int], columns: list[int], calls: list[Call]
    ) -> Array:
        """An operand as matrices with these axes; the call that copies it, unless it has been copied before."""
        if not isinstance(operand, Rows):
            raise TypeError("a matrix product of a number")
        groups = [batch, *sorted([rows, columns])]
        key, known = (operand, repr(groups)), self._kept if operand.storage in GRADIENTS else self._latest
        if key not in known:
            known[key] = _Matrices(self.array(operand), *groups)
            if known[key].is_copied:
                calls.append(partial(np.copyto, known[key].copies, known[key].array))
        return known[key].matrices if rows < columns else known[key].matrices.swapaxes(1, 2)

    def _take(self, instruction: Instruction) -> Sequence[Call]:
        (source,) = instruction.operands
        if not isinstance(source, Rows):
            raise TypeError("rows are taken from rows")
        base = self.array(source) if source.size else self.storages[source.storage]
        out = self.array(instruction.out)
        index = np.array(instruction.detail)
        if base.shape[1] == out.shape[1]:
            return [partial(base.take, index, 0, out, "clip")]  # "clip" writes to out without a buffer
        return [lambda: np.copyto(out, base[index])]

    def _scatter_add(self, instruction: Instruction) -> Sequence[Call]:
        (contribution,) = self.operands(instruction)
        base = self.storages[instruction.out.storage]
        order = np.argsort(instruction.detail, kind="stable")
        rows, starts = np.unique(np.array(instruction.detail)[order], return_index=True)
        is_sorted, is_unique = bool((order[1:] > order[:-1]).all()), len(rows) == len(order)

        def add() -> None:
            added = contribution if base.shape[1] == contribution.shape[1] else contribution.sum(1, keepdims=True)
            if not is_sorted:
                added = added.take(order, 0)
            base[rows] += added if is_unique else np.add.reduceat(added, starts, 0)

        return [add]


class _Matrices:
    """An array as a batch of matrices, whose axes are these groups of its axes; its other axes have one element.

    Attributes:
        matrices: one after another.
        array, copies: views of the array and of the matrices in the same order.
        is_copied: whether the matrices have memory of their own.
    """

    def __init__(self, array: Array, *groups: Sequence[int]) -> None:
        order = [axis for group in groups for axis in group]
        order += [axis for axis in range(array.ndim) if axis not in order]
        self.array = array.transpose(order)
        self.matrices = self.array.reshape([math.prod([array.shape[axis] for axis in group]) for group in groups])
        self.is_copied = not (self.matrices.flags.c_contiguous and np.may_share_memory(self.matrices, array))
        if self.is_copied:
            self.matrices = np.empty(self.matrices.shape)
        self.copies = self.matrices.reshape(self.array.shape)
