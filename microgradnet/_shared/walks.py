"""Walks over anything whose nodes have `operands`: values, symbols of formulas, groups of a diagram. None recurses."""

from collections.abc import Iterable, Sequence
from typing import Protocol, Self, TypeVar


class Node(Protocol):
    """A node of a graph, as a walk sees it."""

    @property
    def operands(self) -> Sequence[Self]:
        """The nodes that it was made from, in order."""


N = TypeVar("N", bound=Node)


def postorder(roots: Iterable[N]) -> list[N]:
    """The roots and all below them: each once, and after all of its operands.

    >>> from microgradnet import Value
    >>> a = Value(2.0); b = a * a
    >>> postorder([b + a])[:2] == [a, b]
    True
    """
    order: dict[N, bool] = {}  # whether a node has its place
    stack = list(roots)[::-1]
    while stack:
        node = stack[-1]
        if node not in order:
            order[node] = False
            stack += [operand for operand in reversed(node.operands) if operand not in order]
        else:
            stack.pop()
            if not order[node]:
                del order[node]
                order[node] = True  # it goes behind those below it
    return list(order)


def nearest(roots: Iterable[N], most: int) -> set[N]:
    """The `most` nodes nearest to the roots, in steps from a node to its operands; the roots count.

    >>> from microgradnet import Value
    >>> a = Value(2.0); b = -a; c = b + a
    >>> sorted(node.data for node in nearest([c], 2))
    [-2.0, 0.0]
    """
    queue = list(dict.fromkeys(roots))[:most]
    kept = set(queue)
    for node in queue:
        for operand in node.operands:
            if len(kept) == most:
                return kept
            if operand not in kept:
                kept.add(operand)
                queue.append(operand)
    return kept
