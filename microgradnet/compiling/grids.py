"""Grids of weighted sums: each row of weights with each column of inputs, which is a matrix product."""

from collections.abc import Mapping, Sequence, Set
from itertools import chain
from typing import NamedTuple

from microgradnet.compiling.scalars import Operands
from microgradnet.value import Value

MOST_APART = 3  # up to so many small matrix products are separate blocks; more are one block of dot products
LEAST_WORK = 64  # multiplications; a smaller matrix product is not worth a call


class Grid(NamedTuple):
    """Weighted sums of each row of weights with each column of inputs.

    Attributes:
        rows: the weights and, if there are any, a bias.
        columns: the inputs.
        nodes: the sums, row by row.
    """

    rows: tuple[Operands, ...]
    columns: list[Operands]
    nodes: list[Value]


def grids(
    members: Sequence[Value], varying: Set[Value], place: Mapping[Value, int]
) -> tuple[list[Grid], list[Value]]:  # fmt: skip
    """The grids among these weighted sums of one length, and those that are in none, or in one of too little work.

    Args:
        members: the weighted sums.
        varying: the values that vary from sample to sample: weights do not.
        place: the row of each value, to order those of a grid.
    """
    length = len(members[0].operands) // 2
    sums: dict[Operands, list[Value]] = {}  # by their inputs
    rows: dict[Value, Operands] = {}
    loose: list[Value] = []
    for node in members:
        weights, inputs = node.operands[:length], node.operands[length : 2 * length]
        if not varying.isdisjoint(weights):
            if not varying.isdisjoint(inputs):
                loose.append(node)
                continue
            weights, inputs = inputs, weights
        rows[node] = weights + node.operands[2 * length :]
        sums.setdefault(inputs, []).append(node)
    columns: dict[tuple[Operands, ...], list[Operands]] = {}
    for inputs, nodes in sums.items():
        nodes.sort(key=lambda node: abs(place[rows[node][0]]))
        columns.setdefault(tuple([rows[node] for node in nodes]), []).append(inputs)
    small = [
        key
        for key, right in columns.items()
        if len(key) * len(right) * length < LEAST_WORK or len(key) == len(right) == 1
    ]
    if len(small) > MOST_APART:
        loose += [node for key in small for inputs in columns.pop(key) for node in sums[inputs]]
    return [
        Grid(key, right, [*chain.from_iterable(zip(*[sums[inputs] for inputs in right], strict=True))])
        for key, right in columns.items()
    ], loose
