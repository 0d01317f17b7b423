"""The array program: `Rows` of storages, and the `Instruction`s that read and write them.

A storage is a table of numbers with one row for each scalar and a column for each sample of the batch; scalars that
are the same for all samples have a single column. A scalar keeps its row throughout a run.
"""

from collections.abc import Sequence
from math import prod
from typing import NamedTuple

from microgradnet.value import Value


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

    In a loop of instructions (`fused.rolling`), those of each turn are `step` rows after those of the turn before.

    >>> print(Rows(VALUES, 3, (2, 4), (4, 1)))
    v[3:11] (2, 4, n)
    """

    storage: Storage
    start: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    step: int = 0

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
        if 0 not in self.strides:
            return self
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

    def overlaps(self, other: "Rows") -> bool:
        """Whether they have a row in common."""
        is_near = self.storage is other.storage and self.start <= other.last and other.start <= self.last
        are_ranges = self.is_range and other.is_range
        return is_near and (are_ranges or not {*self.numbers()}.isdisjoint(other.numbers()))

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

    def column(self, number: int) -> "Rows":
        """A column of a table of rows."""
        return Rows(self.storage, self.start + number * self.strides[1], self.shape[:1], self.strides[:1])

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


def whole(storage: Storage) -> Rows:
    """All rows of a storage, for instructions that index it."""
    return row_range(storage, 0, 0)


def row_at(place: int) -> Rows:
    """The row of a scalar, from its place: a row of VALUES, or ~ a row of FIXED.

    >>> print(row_at(3), row_at(~3))
    v[3] (1, n) p[3] (1,)
    """
    return row_range(VALUES, place, 1) if place >= 0 else row_range(FIXED, ~place, 1)


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
