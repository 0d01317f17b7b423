"""`NumberedArrays`: arrays that are made once, by functions of earlier ones; each row of each array has a number.

Rows that are copied, gathered or joined are known by their numbers until a function reads them: then they are fetched,
by slicing if they are evenly spaced.
"""

from collections.abc import Callable
from itertools import islice
from math import prod
from typing import Any, TypeAlias

import numpy as np

from microgradnet.compiling.instructions import VALUES
from microgradnet.compiling.tables import tables

Array: TypeAlias = Any
"""An array of a library. Its last axis is the batch, or of length 1."""
Function: TypeAlias = Callable[..., Array]
Numbers: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]
"""Rows by number: the number of the array times `ROWS`, plus the index of the row in the array."""
ROWS = 1 << 32  # more rows than any array has


class NumberedArrays:
    """Arrays of a library, as functions of others.

    Args:
        namespace: the library's functions.
        take: its function that gathers rows of an array.
    """

    def __init__(self, namespace: Any, take: Function) -> None:
        self._xp, self._take_rows = namespace, take
        self._steps: list[tuple[int, Function, tuple[int, ...]]] = []
        """An array, as a function of others."""
        self._kinds: list[tuple[tuple[int, ...], bool]] = []
        """The shape of each array in rows, and whether it has a column for each sample."""
        self._arrays: dict[tuple[bytes, tuple[int, ...]], int] = {}

    def _new(self, shape: tuple[int, ...], batched: bool) -> Numbers:
        """Add an array; return its rows."""
        self._kinds.append((shape, batched))
        return ROWS * (len(self._kinds) - 1) + np.arange(prod(shape)).reshape(shape)

    def _made(self, function: Function, shape: tuple[int, ...], batched: bool, *operands: Numbers) -> Numbers:
        """Add an array that is a function of others; return its rows."""
        arrays = tuple([self._array(operand) for operand in operands])
        self._steps.append((len(self._kinds), function, arrays))
        return self._new(shape, batched)

    def _is_batched(self, numbers: Numbers) -> bool:
        return self._kinds[int(numbers.flat[0]) // ROWS][1]

    def _owners(self, *operands: Numbers) -> tuple[int, ...]:
        """The arrays that the rows are in."""
        return tuple(dict.fromkeys([int(array) for numbers in operands for array in np.unique(numbers // ROWS)]))

    def _array(self, numbers: Numbers) -> int:
        """The array of these rows, in this shape."""
        key = numbers.tobytes(), numbers.shape
        if key not in self._arrays:
            owner, index = int(numbers.flat[0]) // ROWS, numbers % ROWS
            shape, batched = self._kinds[owner]
            if (numbers // ROWS != owner).any():
                self._arrays[key] = self._array(self._joined(numbers))
            elif shape == index.shape and (index.ravel() == np.arange(index.size)).all():
                self._arrays[key] = owner
            else:
                self._arrays[key] = len(self._kinds)
                self._steps.append((len(self._kinds), self._fetching(index, prod(shape)), (owner,)))
                self._new(index.shape, batched)
        return self._arrays[key]

    def _joined(self, numbers: Numbers) -> Numbers:
        """Rows of several arrays as rows of one."""
        flat = numbers.ravel()
        owners = flat // ROWS
        parts = [np.unique(flat[owners == owner]) for owner in dict.fromkeys(owners.tolist())]
        joined = np.concatenate(parts)
        order = np.argsort(joined)
        place = order[np.searchsorted(joined, numbers, sorter=order)]
        concat = self._xp.concat
        return self._made(lambda *arrays: concat(arrays, axis=0), joined.shape, self._is_batched(flat), *parts)[place]

    def _fetching(self, index: Numbers, height: int) -> Function:
        """A function that fetches these rows of an array with so many rows."""
        reshape, take, cut = self._xp.reshape, self._take_rows, _cut(index, height)
        axes = tuple(range(index.ndim))

        def fetch(array: Array) -> Array:
            columns = array.shape[-1]
            array = reshape(array, (-1, columns))
            if cut:
                count, rows, part, turned = cut
                array = reshape(array[rows, :], (count, -1, columns))[:, part, :]
                if turned:
                    array = reshape(array, (*index.T.shape, columns))
                    array = self._xp.moveaxis(array, axes, axes[::-1])
            else:
                array = take(array, index.ravel())
            return reshape(array, (*index.shape, columns))

        return fetch


def _cut(index: Numbers, height: int) -> tuple[int, slice, slice, bool] | None:
    """Evenly spaced rows as the same slice of each of several consecutive blocks of rows.

    Returns:
        the number of blocks, their rows, the slice, and whether a block is a column of `index` rather than a line.
    """
    for turned, table in enumerate([index, index.T][: index.ndim]):
        rows, *others = [rows for (rows,) in islice(tables([(VALUES, table.ravel().tolist())]), 2)]
        if not others and len(rows.shape) < 3 and min(rows.strides) > 0:
            (count, width), (step, stride) = ((1, *rows.shape)[-2:], (1, *rows.strides)[-2:])
            span = (width - 1) * stride + 1
            block = step if count > 1 else span
            first = min(rows.start, height - count * block)
            begin = rows.start - first
            if first >= 0 and span <= block:
                return count, slice(first, first + count * block), slice(begin, begin + span, stride), bool(turned)
    return None
