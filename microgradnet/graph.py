"""Walks over a computation graph: which nodes there are, and in which order.

A node is anything with a tuple `operands` of nodes; nothing here knows what a node computes. Every walk is a loop,
so that a chain of a million operations is no deeper than a single one.
"""

from typing import Protocol, TypeVar


class Node(Protocol):
    """What a walk needs of a node: its operands, the nodes it was computed from, in order."""

    @property
    def operands(self) -> tuple["Node", ...]: ...


N = TypeVar("N", bound=Node)


def topological_order(*roots: N) -> list[N]:
    """Every node that `roots` were computed from, and the roots: each once, and after all of its operands.

    The chain rule walks this order backward: a node's gradient is complete only when every node that uses it
    has passed its share on, so each user has to come first. Depth first, operands from the left.

    >>> from microgradnet import Value
    >>> a = Value(2.0, "a"); b = a * a; c = b + a
    >>> [node is expected for node, expected in zip(topological_order(c), [a, b, c])]
    [True, True, True]
    """
    __debuggerskip__ = True  # IPython's debugger passes over this frame
    order: list[N] = []
    seen: set[N] = set()
    stack: list[N | None] = list(reversed(roots))
    push, pop = stack.append, stack.pop
    while stack:
        node = pop()
        if node is None:  # all operands of the node below this mark are in the order now
            order.append(pop())  # type: ignore[arg-type]
        elif node not in seen:
            seen.add(node)
            operands = node.operands
            if operands:
                push(node)
                push(None)
                for operand in reversed(operands):
                    if operand not in seen:
                        push(operand)  # type: ignore[arg-type]
            else:
                order.append(node)
    return order


def leaves(*roots: N) -> list[N]:
    """The nodes that nothing was computed for: inputs, parameters and constants, in topological order.

    >>> from microgradnet import Value
    >>> x, w = Value(3.0, "x"), Value(2.0, "w")
    >>> [leaf.label for leaf in leaves(w * x + w)]
    ['w', 'x']
    """
    return [node for node in topological_order(*roots) if not node.operands]


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
