"""`View`: rows along the axes of another array, to which they are broadcast."""

from collections.abc import Sequence
from math import prod
from typing import NamedTuple, TypeAlias

from microgradnet.compiling.instructions import Instruction, Rows, Storage

Start: TypeAlias = tuple[Storage, int, int]
"""The first of some rows, and how many rows further that of the next turn is."""


class View(NamedTuple):
    """Rows along common axes: the strides, 0 where they are repeated."""

    rows: Rows
    strides: tuple[int, ...]


def rows_of(instruction: Instruction) -> list[Rows]:
    """The rows among the operands."""
    return [operand for operand in instruction.operands if isinstance(operand, Rows)]


def start_of(rows: Rows) -> Start:
    """Where the rows begin."""
    return rows.storage, rows.start, rows.step


def view(rows: Rows, shape: Sequence[int]) -> View:
    """The rows broadcast to a shape."""
    missing = len(shape) - len(rows.shape)
    own = [0 if size == 1 else stride for size, stride in zip(rows.shape, rows.strides, strict=True)]
    if missing < 0:
        if any(size > 1 for size in rows.shape[:-missing]):
            raise NotImplementedError(f"{rows} does not broadcast to {shape}")
        own, missing = own[-missing:], 0
    return View(rows, (*[0] * missing, *own))


def own_view(rows: Rows) -> View:
    """The rows along their own axes."""
    return View(rows, rows.strides)


def core(instruction: Instruction) -> tuple[int, ...]:
    """The shape of the result without axes of one element."""
    return tuple([size for size in instruction.out.shape if size > 1])


def core_views(instruction: Instruction) -> list[View]:
    """The result and the operands along the axes of the result that have more than one element."""
    full, shape = instruction.out.shape, core(instruction)
    axes = [axis for axis, size in enumerate(full) if size > 1]
    views = [view(rows, full) for rows in (instruction.out, *rows_of(instruction))]
    strides = [tuple([each.strides[axis] for axis in axes]) for each in views]
    return [View(each.rows._replace(shape=shape, strides=own), own) for each, own in zip(views, strides, strict=True)]


def merged(shape: tuple[int, ...], views: Sequence[View]) -> tuple[tuple[int, ...], list[View]]:
    """Join axes that all views walk through as one."""
    sizes: list[int] = []
    strides: list[list[int]] = [[] for _ in views]
    for axis, size in enumerate(shape):
        if sizes and all(own[-1] == each.strides[axis] * size for own, each in zip(strides, views, strict=True)):
            sizes[-1] *= size
            for own, each in zip(strides, views, strict=True):
                own[-1] = each.strides[axis]
        else:
            sizes.append(size)
            for own, each in zip(strides, views, strict=True):
                own.append(each.strides[axis])
    return tuple(sizes), [View(each.rows, tuple(own)) for each, own in zip(views, strides, strict=True)]


def clash(one: View, other: View, turns: int) -> bool:
    """Whether two views of a storage have rows in common, but at different positions, in one of so many turns."""
    a, b = one.rows, other.rows
    if a.step == b.step:
        if a.last < b.start or b.last < a.start:
            return False
        return a.start != b.start or one.strides != other.strides
    (first, last), (start, end) = (_extent(rows, turns) for rows in (a, b))
    return first <= end and start <= last


def _extent(rows: Rows, turns: int) -> tuple[int, int]:
    """The first and the last of the rows of all turns."""
    moved = rows.step * (turns - 1)
    return rows.start + min(moved, 0), rows.last + max(moved, 0)


def as_matrix(rows: Rows, turned: int = 0) -> Rows:
    """The first axis by all others, which are walked through as one; transposed if wanted."""
    sizes = [(size, stride) for size, stride in zip(rows.shape[1:], rows.strides[1:], strict=True) if size > 1]
    shape = rows.shape[0], prod(size for size, _ in sizes)
    strides = rows.strides[0], sizes[-1][1] if sizes else 0
    return (
        rows._replace(shape=shape[::-1], strides=strides[::-1])
        if turned
        else rows._replace(shape=shape, strides=strides)
    )
