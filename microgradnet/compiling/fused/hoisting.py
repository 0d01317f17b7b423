"""Take products out of loops: what the steps of a loop add to a gradient is computed at once, for all steps.

Each step multiplies what its samples pass back by what they were given, and adds the product to the gradient of the
weights. Where both are kept for all steps, that is one product, with a column for each step.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from microgradnet.compiling.fused.rolling import Loop
from microgradnet.compiling.instructions import Instruction, Rows, row_range


class _Sum(NamedTuple):
    """Products that a loop adds up: the addition, the first of the rows that it adds, and the product."""

    addition: Instruction
    position: int
    product: Instruction


def hoisted(loop: Loop) -> list[Loop]:
    """The loop, and after it what can be taken out."""
    inside, after = loop, list[Instruction]()
    while loop.turns > 1 and (found := next(_sums(inside), None)):
        inside = Loop(loop.turns, [kept for each in inside.instructions for kept in _without(found, each)])
        after += _at_once(found, loop.turns)
    return [part for part in (inside, Loop(1, after)) if part.instructions]


def _sums(loop: Loop) -> Iterator[_Sum]:
    for addition in loop.instructions:
        if addition.function != "add" or addition.operands[0] != addition.out or addition.out.storage.batched:
            continue
        total, added = addition.out, addition.operands[1]
        if not isinstance(added, Rows) or total.step or added.step or not (total.is_range and added.is_range):
            continue
        for product in loop.instructions:
            position = product.out.start - added.start
            if (
                product.function == "matmul"
                and product.detail == (0, 1)
                and product.out.storage == added.storage
                and product.out.is_range
                and 0 <= position <= added.size - product.out.size
                and _is_one_column(product)
                and not _touches(loop, total, [addition])
                and not _touches(loop, product.out, [addition, product])
                and _are_kept(loop, product)
            ):
                yield _Sum(addition, position, product)


def _is_one_column(product: Instruction) -> bool:
    return all(isinstance(rows, Rows) and rows.storage.batched and rows.shape[1] == 1 for rows in product.operands)


def _touches(loop: Loop, rows: Rows, but: Sequence[Instruction]) -> bool:
    """Whether other instructions read or write these rows, which are the same in each turn."""
    own = {*rows.numbers()}
    return any(
        other.storage == rows.storage and not own.isdisjoint(_all_rows(instruction, other, loop.turns).ravel().tolist())
        for instruction in loop.instructions if instruction not in but
        for other in (instruction.out, *instruction.operands) if isinstance(other, Rows)
    )  # fmt: skip


def _all_rows(instruction: Instruction, rows: Rows, turns: int) -> Any:
    """The rows of each turn."""
    if not rows.size:
        return np.array(instruction.detail).reshape(turns, -1)
    return np.add.outer(rows.step * np.arange(turns), rows.numbers())


def _are_kept(loop: Loop, product: Instruction) -> bool:
    """Whether after the loop the operands of a product still are what they were in each turn."""
    place = loop.instructions.index(product)
    for rows in product.operands:
        assert isinstance(rows, Rows)
        own = _all_rows(product, rows, loop.turns)
        last = np.full(own.max() + 1, -1)
        for number, each in enumerate(loop.instructions):
            if each.out.storage == rows.storage:
                written = _all_rows(each, each.out, loop.turns)
                in_turn = np.arange(loop.turns)[:, None] + (number > place)
                is_own = written < len(last)
                np.maximum.at(last, written[is_own], np.broadcast_to(in_turn, written.shape)[is_own])
        if (last[own] > np.arange(loop.turns)[:, None]).any():
            return False
    return True


def _without(found: _Sum, instruction: Instruction) -> Iterable[Instruction]:
    """What remains of an instruction: of the addition the rows before and after."""
    if instruction is found.product:
        return []
    if instruction is not found.addition:
        return [instruction]
    total, added = instruction.out, instruction.operands[1]
    assert isinstance(added, Rows)
    end = found.position + found.product.out.size
    return [
        _addition(instruction, _part(total, begin, size), _part(added, begin, size))
        for begin, size in ((0, found.position), (end, added.size - end)) if size
    ]  # fmt: skip


def _at_once(found: _Sum, turns: int) -> list[Instruction]:
    """The product with a column for each turn, and its addition."""
    operands = [rows._replace(shape=(rows.shape[0], turns), strides=(rows.strides[0], rows.step), step=0)
                for rows in found.product.operands if isinstance(rows, Rows)]  # fmt: skip
    out = found.product.out
    total = _part(found.addition.out, found.position, out.size)
    added = row_range(out.storage, out.start, out.size)
    return [found.product._replace(operands=tuple(operands)), _addition(found.addition, total, added)]


def _part(rows: Rows, begin: int, size: int) -> Rows:
    return row_range(rows.storage, rows.start + begin, size)


def _addition(like: Instruction, total: Rows, added: Rows) -> Instruction:
    return like._replace(out=total, operands=(total, added))
