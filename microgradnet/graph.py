"""Walks over a computation graph: which nodes there are, and in which order.

A node is anything with a tuple `operands` of nodes; nothing here knows what a node computes. Every walk is a loop,
so that a chain of a million operations is no deeper than a single one.
"""

from collections.abc import Iterator
from typing import Protocol, TypeVar


class Node(Protocol):
    """What a walk needs of a node: its operands, the nodes it was computed from, in order."""

    @property
    def operands(self) -> tuple["Node", ...]:
        """What it was computed from; () for a leaf."""


N = TypeVar("N", bound=Node)


def walk(*roots: N) -> tuple[list[N], list[N]]:
    """The leaves below `roots` and the computed nodes, each once; a computed node after all of its operands.

    Depth first, operands from the left.
    """
    __debuggerskip__ = True  # IPython's debugger passes over this frame
    leaves: list[N] = []
    computed: list[N] = []
    seen: set[N] = set()
    path: list[N] = []  # from a root down to where the walk is
    ahead: list[Iterator[N]] = [iter(roots)]  # what is still to be visited: of the roots, and of each on the path
    while ahead:
        for node in ahead[-1]:
            if node not in seen:
                seen.add(node)
                if node.operands:
                    path.append(node)
                    ahead.append(iter(node.operands))  # type: ignore[arg-type]
                    break
                leaves.append(node)
        else:  # all operands have their place now, so that this node can have its own
            ahead.pop()
            if path:
                computed.append(path.pop())
    return leaves, computed


def topological_order(*roots: N) -> list[N]:
    """Every node that `roots` were computed from, and the roots: each once, and after all of its operands.

    The chain rule walks this order backward: a node's gradient is complete only when every node that uses it
    has passed its share on, so each user has to come first. Leaves come first in the order.

    >>> from microgradnet import Value
    >>> a = Value(2.0, "a"); b = a * a; c = b + a
    >>> topological_order(c) == [a, b, c]
    True
    """
    leaves, computed = walk(*roots)
    return leaves + computed


def leaves(*roots: N) -> list[N]:
    """The nodes that were not computed: inputs, parameters and constants, in the order they are met.

    >>> from microgradnet import Value
    >>> x, w = Value(3.0, "x"), Value(2.0, "w")
    >>> [leaf.label for leaf in leaves(w * x + w)]
    ['w', 'x']
    """
    return walk(*roots)[0]


def size(*roots: N) -> int:
    """How many nodes there are.

    >>> from microgradnet import Value
    >>> size(Value(2.0) * Value(3.0))
    3
    """
    return len(topological_order(*roots))


def nearest(roots: list[N], most: int) -> set[N]:
    """The `most` nodes nearest to the roots, in steps from a node to its operands; the roots count.

    >>> from microgradnet import Value
    >>> a = Value(2.0, "a"); b = -a; c = b + a
    >>> sorted(node.data for node in nearest([c], 2))
    [-2.0, 0.0]
    """
    queue = list(dict.fromkeys(roots))[:most]
    found = set(queue)
    for node in queue:
        for operand in node.operands:
            if len(found) == most:
                return found
            if operand not in found:
                found.add(operand)  # type: ignore[arg-type]
                queue.append(operand)  # type: ignore[arg-type]
    return found


def path(root: N, node: N) -> list[N]:
    """A shortest way from `root` down to `node`, both included; [] where there is none.

    >>> from microgradnet import Value
    >>> a = Value(2.0, "a"); b = -a; c = b + b
    >>> path(c, a) == [c, b, a]
    True
    """
    came_from: dict[N, N] = {}
    queue = [root]
    for user in queue:
        if user is node:
            way = [user]
            while way[-1] is not root:
                way.append(came_from[way[-1]])
            return way[::-1]
        for operand in user.operands:
            if operand not in came_from and operand is not root:
                came_from[operand] = user  # type: ignore[index]
                queue.append(operand)  # type: ignore[arg-type]
    return []
