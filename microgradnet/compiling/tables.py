"""Lists of row numbers as evenly spaced tables: arrays that are read and added to in place."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice, pairwise, repeat
from operator import itemgetter, sub

from microgradnet.compiling.instructions import FIXED, VALUES, Rows, Storage, row_range

APART = 1 << 40  # more rows than any storage has
AXES, NESTED = 3, 16  # operands are read in place along so many axes, if there are so many rows


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


def spaced(storage: Storage, rows: Iterable[int]) -> list[Rows]:
    """Rows as one evenly spaced range, or else as ranges of consecutive rows.

    >>> for some in (*spaced(FIXED, [2, 4, 6]), *spaced(FIXED, [8, 2, 3, 4])):
    ...     print(some)
    p[2:7] (3,)
    p[2:5] (3,)
    p[8] (1,)
    """
    rows = sorted({*rows})
    steps = {after - row for row, after in pairwise(rows)}
    if len(rows) > 2 and len(steps) == 1:
        return [Rows(storage, rows[0], (len(rows),), (*steps,))]
    ends = [i for i in range(len(rows) + 1) if i in (0, len(rows)) or rows[i] > rows[i - 1] + 1]
    return [row_range(storage, rows[first], end - first) for first, end in pairwise(ends)]


def in_tables(columns: Sequence[Sequence[int]]) -> tuple[list[Rows | None], tuple[int, ...]]:
    """Columns of rows as evenly spaced tables of one shape, and this shape; None for a column that is none.

    The rows are given as in `Plan.place`. Columns may be evenly spaced along several axes, in all of them at once.
    """
    count = len(columns[0])
    found: list[Rows | None] = []
    nested: dict[int, Sequence[int]] = {}
    for i, numbers in enumerate(columns):
        steps = set(map(sub, numbers[1:], numbers))
        storage, start, step = _storage(numbers), max(numbers[0], ~numbers[0]), abs(min(steps, default=1))
        is_even = len(steps) < 2 and numbers[-1] == numbers[0] + (count - 1) * (step if storage is VALUES else -step)
        found.append(Rows(storage, start, (count,), (step,)) if is_even else None)
        if is_even or (1 < len(steps) <= AXES and count >= NESTED and _as_one([numbers])):
            nested[i] = numbers
    if all(found[i] for i in nested):
        return found, (count,)
    while not (joint := _as_one([*nested.values()])):
        nested.popitem()
    places = dict(zip(nested, joint, strict=True))
    return [places.get(i) for i in range(len(columns))], joint[0].shape


def _storage(numbers: Sequence[int]) -> Storage:
    return VALUES if numbers[0] >= 0 else FIXED


def columns_in_tables(columns: Sequence[Sequence[int]]) -> Iterator[tuple[Rows, ...]]:
    """Columns of rows, as in `Plan.place`, as tables one after another; none if a column is of both storages."""
    if all((min(numbers) < 0) == (max(numbers) < 0) for numbers in columns):
        yield from tables([(_storage(numbers), [max(row, ~row) for row in numbers]) for numbers in columns])


def _as_one(columns: Sequence[Sequence[int]]) -> tuple[Rows, ...]:
    """Columns of rows as one table each, of the same shape; () if they are none."""
    found = list(islice(columns_in_tables(columns), 2))
    return found[0] if len(found) == 1 else ()
