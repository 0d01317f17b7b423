"""`Contributions`: instructions that add up what is passed back to each gradient.

The first contribution to rows is written instead of added; rows that have none are set to zero before they are read.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice, pairwise

from microgradnet.compiling.emitter import Emitter
from microgradnet.compiling.instructions import VALUE_GRADIENTS, Rows, Storage, row_range, whole
from microgradnet.compiling.tables import tables

MOST_TABLES, ROWS_PER_TABLE = 4, 64  # in which gradients are added, and one more for so many rows; else row by row
NEAR = 16  # rows at most this far apart are set to zero in one range, with those between
Write = Callable[[Rows], object]
"""A function that writes its result to the given rows."""


class Contributions:
    """What has been added to the gradients so far, row by row.

    Args:
        emitter: receives the instructions.
        heights: the number of rows of gradients, for each storage.
        apart: gradient rows that are elsewhere around a loop than the others: no table has rows of both.
    """

    def __init__(self, emitter: Emitter, heights: Mapping[Storage, int], apart: range) -> None:
        self._emitter, self._apart = emitter, apart
        self._written = {storage: bytearray(height) for storage, height in heights.items()}

    def is_written(self, rows: Rows) -> int:
        """The number of these gradient rows that have been written to."""
        return rows.of(self._written[rows.storage]).count(1)

    def mark(self, rows: Rows) -> None:
        """Remember that these gradient rows have been written to."""
        for row in rows.numbers():
            self._written[rows.storage][row] = 1

    def complete(self, rows: Rows) -> None:
        """Set those of the gradient rows (a range) to zero that have not been written to."""
        written = self._written[rows.storage]
        row, end = rows.start, rows.start + rows.size
        while (first := written.find(0, row, end)) >= 0:
            row = written.find(1, first, end)
            row = end if row < 0 else row
            self._emitter.emit("fill", row_range(rows.storage, first, row - first), 0.0)
            written[first:row] = b"\1" * (row - first)

    def complete_all(self, storage: Storage, into: Iterable[int]) -> None:
        """Set those of these rows to zero that have not been written to, in as few ranges as possible."""
        rows = sorted({*into})
        ends = [
            i
            for i in range(1, len(rows))
            if rows[i] > rows[i - 1] + NEAR or self._are_apart(storage, range(rows[i - 1], rows[i] + 1))
        ]
        for begin, end in pairwise([0, *ends, len(rows)]):
            self.complete(row_range(storage, rows[begin], rows[end - 1] + 1 - rows[begin]))

    def add(self, into: Rows, shape: tuple[int, ...], batched: bool, contribution: Rows | Write) -> None:
        """Add a contribution of this shape to an operand's gradient, summed over the axes along which it was broadcast.

        Args:
            into: the gradient of the operand.
            shape: the shape of the contribution.
            batched: whether it has a column for each sample.
            contribution: its rows, or a function that writes it to the given rows.
        """
        padded = (1,) * (len(shape) - len(into.shape)) + into.shape
        axes = [axis for axis, (size, own) in enumerate(zip(shape, padded, strict=True)) if size != own]
        if batched and not into.storage.batched:
            axes.append(-1)
        written = self.is_written(into)
        if 0 < written < into.size:
            self.complete_all(into.storage, into.numbers())
        self.mark(into)
        if not isinstance(contribution, Rows):
            write, contribution = contribution, self._emitter.scratch(shape, batched) if axes or written else into
            write(contribution)
        if axes:
            into = into._replace(shape=padded, strides=(0,) * (len(padded) - len(into.shape)) + into.strides)
            own = tuple([1 if axis in axes else size for axis, size in enumerate(contribution.shape)])
            summed = self._emitter.scratch(own, into.storage.batched) if written or own != padded else into
            contribution = self._emitter.emit("sum", summed, contribution, detail=tuple(axes))
        if written:
            self._emitter.emit("add", into, into, contribution)
        elif contribution != into:
            self._emitter.emit("copy", into, contribution)

    def scatter(self, into: tuple[Storage, list[int]], copies: tuple[Storage, list[int]]) -> None:
        """Add gradient rows to others: table by table, if these are few, else row by row."""
        if self._are_apart(*into):
            for is_apart in (True, False):
                chosen = [i for i, row in enumerate(into[1]) if (row in self._apart) is is_apart]
                self.scatter((into[0], [into[1][i] for i in chosen]), (copies[0], [copies[1][i] for i in chosen]))
            return
        most = MOST_TABLES + len(into[1]) // ROWS_PER_TABLE
        found = list(islice(tables([into, copies]), most + 1))
        if len(found) <= most and all(map(_can_add, found)):
            for to, contribution in found:
                self.add(to.distinct, to.shape, contribution.storage.batched, contribution.distinct)
            return
        self.complete_all(*into)
        self._emitter.emit("scatter_add", whole(into[0]), self._taken(*copies), detail=tuple(into[1]))

    def _are_apart(self, storage: Storage, rows: Sequence[int]) -> bool:
        """Whether some, not all, of these gradient rows are `apart`."""
        return bool(self._apart) and storage is VALUE_GRADIENTS and len({row in self._apart for row in rows}) > 1

    def _taken(self, storage: Storage, rows: list[int]) -> Rows:
        """These gradient rows as a range, copied if necessary."""
        if rows == [*range(rows[0], rows[0] + len(rows))]:
            return row_range(storage, rows[0], len(rows))
        copies = self._emitter.scratch((len(rows),), storage.batched)
        return self._emitter.emit("take", copies, whole(storage), detail=tuple(rows))


def _can_add(tables: tuple[Rows, ...]) -> bool:
    """Whether the second of two tables can be added to the first as an array, summed along axes of stride 0."""
    into, contribution = tables
    strides = zip(into.strides, contribution.strides, into.shape, strict=True)
    return into.is_injective and not any(to == of == 0 and size > 1 for to, of, size in strides)
