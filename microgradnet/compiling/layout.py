"""`Layout`: the rows of scalars, and tables of them as arrays: in place where they are evenly spaced, else gathered."""

from bisect import bisect
from collections.abc import Iterable, Sequence
from operator import sub
from typing import TypeAlias

from microgradnet.compiling.instructions import FIXED, VALUES, Rows, Storage, row_range
from microgradnet.compiling.tables import in_tables
from microgradnet.value import Value

Shape: TypeAlias = tuple[int, ...]


class Layout:
    """The row of each of a program's scalars.

    Args:
        needs: the scalars to which a gradient goes back; more may be added before they have rows.
    """

    def __init__(self, needs: Iterable[Value]) -> None:
        self.needs = set(needs)
        self.place: dict[Value, int] = {}
        """A scalar's row in VALUES or, if it is the same for all samples, ~ its row in FIXED."""
        self.heights = {VALUES: 0, FIXED: 0}
        self.ones: list[int] = []
        """The rows of VALUES that hold 1 in each column: one follows each block, for the biases of a product."""
        self._ones: set[int] = set()
        self.needing = {VALUES: bytearray(), FIXED: bytearray()}
        """Whether a gradient goes back to a row: 1 or 0."""
        self.starts: dict[Storage, list[int]] = {VALUES: [], FIXED: []}
        self._asked: dict[Storage, list[int]] = {VALUES: [], FIXED: []}
        self._copies: dict[tuple[int, ...], Rows] = {}

    def rows_of(self, values: Sequence[Value]) -> list[int]:
        """The rows of these values, as in `place`."""
        return [self.place[value] for value in values]

    def start_of(self, storage: Storage, row: int) -> int:
        """The first of the rows that were allocated together with this one."""
        starts = self.starts[storage]
        return starts[bisect(starts, row) - 1]

    def _keep(self, values: Sequence[Value], storage: Storage) -> Rows:
        """New rows for these values, followed by a row of ones."""
        rows = self._new_rows(len(values), storage, [value in self.needs for value in values])
        numbers = range(rows.start, rows.start + rows.size)
        self.place.update(zip(values, numbers if storage is VALUES else [~row for row in numbers], strict=True))
        if storage is VALUES:
            self.ones.append(self._new_rows(1, VALUES, [False]).start)
            self._ones.add(self.ones[-1])
        return rows

    def _new_rows(self, count: int, storage: Storage, needing: Iterable[int]) -> Rows:
        start = self.heights[storage]
        self.starts[storage].append(start)
        self.heights[storage] += count
        self.needing[storage].extend(needing)
        return row_range(storage, start, count)

    # --- tables of rows as arrays ---

    def _arrays(self, sides: Sequence[Sequence[Sequence[int]]]) -> tuple[list[Rows], Shape]:
        """Tables of rows with a column for each member of a block as arrays, and the shape of the members."""
        tables, shape = in_tables([side[0] for side in sides])
        arrays = [
            (first and self._with_lines(first, side))
            or self._ask_table(side, any(row >= 0 for line in side for row in line), (len(side), *shape))
            for first, side in zip(tables, sides, strict=True)
        ]
        return arrays, shape

    def _table(self, index: Sequence[Sequence[int]], varying: bool) -> Rows:
        """A table of rows as an array: in place if it is regular, else gathered."""
        shape = len(index), len(index[0])
        return self._regular(index, varying) or self._ask_table(index, varying, shape)

    def _regular(self, index: Sequence[Sequence[int]], varying: bool) -> Rows | None:
        """A table of rows in place, if it is regular and all of it was computed together; None otherwise."""
        (first,), _ = in_tables([index[0]])
        found = first and (first.storage is VALUES) == varying and self._with_lines(first, index)
        return found if found and found.shape == (len(index), len(index[0])) and found.is_injective else None

    def _with_lines(self, first: Rows, table: Sequence[Sequence[int]]) -> Rows | None:
        """A table of rows in place, given its first line, if its lines are evenly spaced: all of one storage, then."""
        sign = 1 if first.storage is VALUES else -1
        step = sign * (table[1][0] - table[0][0]) if len(table) > 1 else 1
        for number, line in enumerate(table[1:], 1):
            if set(map(sub, line, table[0])) != {sign * number * step}:
                return None
        rows = first._replace(shape=(len(table), *first.shape), strides=(step, *first.strides))
        return self._in_place(rows) if step > 0 else None

    def _in_place(self, table: Rows) -> Rows | None:
        """A table as an array, if its rows were computed together and gradients can be added to them as an array."""
        rows = table.distinct
        if self.start_of(rows.storage, rows.last) > rows.start:
            return None
        return rows if rows.is_injective or not any(rows.of(self.needing[rows.storage])) else None

    def _ask_table(self, index: Sequence[Sequence[int]], varying: bool, shape: Shape) -> Rows:
        """A table of rows as an array to be gathered; rows that are the same for all samples are gathered once."""
        asked = tuple([row for line in index for row in line])
        rows = None if varying else self._copies.get(asked)
        if rows is None:
            rows = self._ask(asked, VALUES if varying else FIXED)
            if not varying:
                self._copies[asked] = rows
        return rows.reshaped(*shape)

    def _ask(self, asked: Sequence[int], storage: Storage) -> Rows:
        """Rows for copies of the given rows."""
        self._asked[storage] += asked
        return self._new_rows(len(asked), storage, [self._is_needing(row) for row in asked])

    def _is_needing(self, row: int) -> int:
        return self.needing[VALUES][row] if row >= 0 else self.needing[FIXED][~row]
