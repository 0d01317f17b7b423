"""The array program: `Rows` of storages, and the `Instruction`s that read and write them.

A storage is a table of numbers with one row for each scalar and a column for each sample of the batch; scalars that
are the same for all samples have a single column. A scalar keeps its row throughout a run.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby, islice, repeat
from math import prod
from operator import itemgetter, sub
from typing import NamedTuple

from microgradnet.value import Value

APART = 1 << 40  # more rows than any storage has


class Storage(NamedTuple):
    """A table of rows: its name, whether it has a column for each sample, and whether it holds Booleans."""

    name: str
    batched: bool
    logical: bool = False


VALUES, FIXED = Storage("v", True), Storage("p", False)
"""The numbers of scalars: those that vary from sample to sample, and those that are the same for all."""
VALUE_GRADIENTS, FIXED_GRADIENTS = Storage("dv", True), Storage("dp", False)
SCRATCH = {True: Storage("t", True), False: Storage("s", False)}
MASKS = {True: Storage("mask", True, True), False: Storage("flag", False, True)}
INTERMEDIATE = (*SCRATCH.values(), *MASKS.values())
GRADIENTS = {VALUES: VALUE_GRADIENTS, FIXED: FIXED_GRADIENTS}


class Rows(NamedTuple):
    """Rows of a storage as an array: the element at (i, j, …) is in row start + i·strides[0] + j·strides[1] + ….

    >>> print(Rows(VALUES, 3, (2, 4), (4, 1)))
    v[3:11] (2, 4, n)
    """

    storage: Storage
    start: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    @property
    def is_intermediate(self) -> bool:
        """Whether the rows hold intermediate results of a block."""
        return self.storage in INTERMEDIATE

    @property
    def size(self) -> int:
        """The number of rows."""
        return prod(self.shape)

    @property
    def is_injective(self) -> bool:
        """Whether no row is repeated, but along axes of stride 0; False if it is not seen from the strides."""
        span = 0
        for stride, size in sorted(zip(self.strides, self.shape, strict=True)):
            if size > 1 and 0 < stride <= span:
                return False
            span += (size - 1) * stride
        return True

    @property
    def distinct(self) -> "Rows":
        """Each row once: an axis of stride 0 has one element."""
        shape = tuple([size if stride else 1 for size, stride in zip(self.shape, self.strides, strict=True)])
        rows = self._replace(shape=shape)
        return rows.reshaped(*shape) if rows.is_range else rows

    @property
    def last(self) -> int:
        """The last row."""
        return self.start + sum((size - 1) * stride for size, stride in zip(self.shape, self.strides, strict=True))

    @property
    def span(self) -> int:
        """The number of rows from the first to the last, including rows between that are not selected."""
        return self.last + 1 - self.start

    @property
    def is_range(self) -> bool:
        """Whether the rows are consecutive."""
        step = 1
        for size, stride in zip(reversed(self.shape), reversed(self.strides), strict=True):
            if size > 1 and stride != step:
                return False
            step *= size
        return True

    def of(self, flags: bytearray) -> bytearray:
        """The flags of these rows, from one flag for each row of the storage."""
        if self.is_range:
            return flags[self.start : self.start + self.size]
        return bytearray([flags[row] for row in self.numbers()])

    def numbers(self) -> list[int]:
        """The row of each element, in order.

        >>> Rows(VALUES, 3, (2, 2), (10, 1)).numbers()
        [3, 4, 13, 14]
        """
        found = [self.start]
        for size, stride in zip(self.shape, self.strides, strict=True):
            found = [row + i * stride for row in found for i in range(size)]
        return found

    def reshaped(self, *shape: int) -> "Rows":
        """The same rows, which are a range, in another shape."""
        return row_range(self.storage, self.start, *shape)

    def __str__(self) -> str:
        last = self.last
        place = f"{self.storage.name}[{self.start}:{last + 1}]" if self.size > 1 else f"{self.storage.name}[{last}]"
        sizes = [*map(str, self.shape), *["n"] * self.storage.batched]
        return f"{place} ({', '.join(sizes)}{',' * (len(sizes) == 1)})"


def row_range(storage: Storage, start: int, *shape: int) -> Rows:
    """Consecutive rows from `start` on.

    >>> row_range(VALUES, 3, 2, 4).strides
    (4, 1)
    """
    strides = [prod(shape[axis + 1 :]) for axis in range(len(shape))]
    return Rows(storage, start, shape, tuple(strides))


def row_at(place: int) -> Rows:
    """The row of a scalar, from its place: a row of VALUES, or ~ a row of FIXED.

    >>> print(row_at(3), row_at(~3))
    v[3] (1, n) p[3] (1,)
    """
    return row_range(VALUES, place, 1) if place >= 0 else row_range(FIXED, ~place, 1)


def regular(storage: Storage, index: Sequence[Sequence[int]]) -> Rows | None:
    """The table `index` of row numbers as Rows, if its lines and columns are evenly spaced and no row is repeated.

    >>> regular(VALUES, [[4, 5, 6], [14, 15, 16]])
    Rows(storage=Storage(name='v', batched=True, logical=False), start=4, shape=(2, 3), strides=(10, 1))
    >>> regular(VALUES, [[4, 5, 7]]) is None
    True
    """
    height, width, start = len(index), len(index[0]), index[0][0]
    across = index[0][1] - start if width > 1 else 1
    down = index[1][0] - start if height > 1 else width
    if across < 1 or down < 1 or (down <= (width - 1) * across and across <= (height - 1) * down):
        return None
    for row, found in enumerate(index):
        first = start + row * down
        if found[0] != first or (width > 1 and list(found) != list(range(first, first + width * across, across))):
            return None
    return Rows(storage, start, (height, width), (down, across))


def tables(columns: Sequence[tuple[Storage, Sequence[int]]]) -> Iterator[tuple[Rows, ...]]:
    """Lists of row numbers, as long as each other, as evenly spaced tables one after another: a Rows for each list.

    An axis of stride 0 repeats rows.

    >>> [(table.start, table.shape, table.strides) for table, in tables([(VALUES, [0, 1, 4, 5, 8, 9, 7, 7, 7])])]
    [(0, (3, 2), (4, 1)), (7, (3,), (0,))]
    """
    storages = [storage for storage, _ in columns]
    joined = list(columns[-1][1])  # one number for the rows of all lists: so are the differences of rows
    for _, numbers in reversed(columns[:-1]):
        joined = [row + many * APART for row, many in zip(numbers, joined, strict=True)]

    def apart(number: int) -> Sequence[int]:
        found: list[int] = []
        for _ in storages[1:]:
            number, row = divmod(number + APART // 2, APART)
            found.append(row - APART // 2)
        return (*found, number)

    def grouped(starts: Sequence[int], shape: tuple[int, ...], strides: tuple[int, ...]) -> Iterator[tuple[Rows, ...]]:
        for (count, stride), runs in groupby(_runs(starts), itemgetter(1, 2)):
            begins = [begin for begin, _, _ in runs]
            if count == 1 or min(apart(stride)) < 0:
                singles = [begin + i * stride for begin in begins for i in range(count)]
                yield from (tabled(single, shape, strides) for single in singles)
            elif len(begins) > 1:
                yield from grouped(begins, (count, *shape), (stride, *strides))
            else:
                yield tabled(begins[0], (count, *shape), (stride, *strides))

    def tabled(start: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> tuple[Rows, ...]:
        along = zip(*map(apart, strides), strict=True) if strides else repeat((1,))
        return tuple(map(Rows, storages, apart(start), repeat(shape or (1,)), along))

    return grouped(joined, (), ())


def _runs(numbers: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """The first, the count and the difference of each run of evenly spaced numbers."""
    begin = end = 0
    for step, alike in groupby(map(sub, islice(numbers, 1, None), numbers)):
        end += len(list(alike))
        if begin < end:  # else it is the step to a new run
            yield numbers[begin], end + 1 - begin, step
            begin = end + 1
    if begin < len(numbers):
        yield numbers[begin], 1, 1


class Instruction(NamedTuple):
    """One array operation: out = function(operands).

    Attributes:
        function: its name: an array function, or one of "matmul", "take", "scatter_add", "sum", "fill".
        out: the rows of the result.
        operands: Rows and numbers.
        nodes: the scalars that it computes, or in the backward pass those whose gradients it passes on.
        detail: of "take" and "scatter_add": the source or target row of each of the rows moved;
            of "sum": the axes; of "matmul": which of the two matrices are transposed.
    """

    function: str
    out: Rows
    operands: tuple[Rows | float, ...]
    nodes: Sequence[Value] = ()
    detail: tuple[int, ...] = ()

    def __str__(self) -> str:
        operands = ", ".join(str(operand) for operand in self.operands)
        return f"{self.out} = {self.function}({operands})"
