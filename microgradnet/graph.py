"""`Graph`: all that a result was computed from, walked once.

Every walk is a loop, so that a chain of a million operations is no deeper than a single one.
"""

from collections.abc import Callable
from functools import cached_property
from operator import attrgetter
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from microgradnet.value import Value

clock = 0
"""The number of changes to existing values so far, in all graphs: they may share values."""

_changed: "Callable[[Value], int]" = attrgetter("_changed")
_marking = Lock()  # held by the walk that marks nodes: others may have nodes in common with it


class Graph:
    """The computation graph below some results.

    Attributes:
        roots: the results.
        leaves: the nodes that were not computed (inputs, parameters, constants), in the order they are met.
        computed: the others in topological order: each after all of its operands.

    >>> from microgradnet import Value
    >>> a = Value(2.0); b = a * a; c = b + a
    >>> graph = Graph(c); graph.leaves == [a], graph.computed == [b, c]
    (True, True)
    """

    def __init__(self, *roots: "Value") -> None:
        __debuggerskip__ = True  # here and below, for IPython's debugger: it passes over the frame
        self.roots = roots
        self.leaves: list[Value] = []
        self.computed: list[Value] = []
        if _marking.locked():
            self._walk_by_set()
        else:
            with _marking:  # unlike a call of `acquire`, no Ctrl-C leaves it held
                self._walk_by_marks()

    def _walk_by_marks(self) -> None:
        """Depth first, operands from the left; each node is marked when it is entered, and when it has its place."""
        __debuggerskip__ = True
        leaves, computed, stack = self.leaves, self.computed, list(reversed(self.roots))
        entered, placed = object(), object()
        while stack:
            node = stack.pop()
            mark, first, second = node._mark, node._first, node._second
            if mark is placed:
                continue
            if mark is entered:  # the second time: all of its operands have their places now
                node._mark = placed
                computed.append(node)
            elif first is not None:
                node._mark = entered
                stack.append(node)
                if second is not None and second._mark is not placed:
                    stack.append(second)
                if first._mark is not placed:
                    stack.append(first)
            elif node._others:
                node._mark = entered
                stack.append(node)
                stack.extend([operand for operand in reversed(node._others) if operand._mark is not placed])
            else:
                node._mark = placed
                leaves.append(node)

    def _walk_by_set(self) -> None:
        """The same walk without marks, while another one, in a thread or in a signal handler, holds them."""
        entered: set[Value] = set()
        stack = [(root, False) for root in reversed(self.roots)]
        while stack:
            node, is_left = stack.pop()
            if is_left:
                self.computed.append(node)
            elif node not in entered:
                entered.add(node)
                if operands := node.operands:
                    stack.append((node, True))
                    stack += [(operand, False) for operand in reversed(operands)]
                else:
                    self.leaves.append(node)

    @cached_property
    def nodes(self) -> "list[Value]":
        """The leaves, and then the computed nodes: all in topological order.

        The chain rule walks it backward: a node's gradient is complete only when every node that uses it has passed
        its contribution on, so each user has to come first.
        """
        __debuggerskip__ = True
        return self.leaves + self.computed

    @cached_property
    def uses(self) -> "dict[Value, list[tuple[Value, int]]]":
        """Where each node's gradient comes from: (user, position of the operand), in the order of a backward pass."""
        uses: dict[Value, list[tuple[Value, int]]] = {node: [] for node in self.nodes}
        for user in reversed(self.computed):
            for position, operand in enumerate(user.operands):
                uses[operand].append((user, position))
        return uses

    def stale(self) -> "list[tuple[Value, Value]]":
        """The pairs (changed, node): `changed`, an operand of `node` or `node`, was assigned a number afterwards."""
        __debuggerskip__ = True
        newest = max(map(_changed, self.leaves), default=0)
        if min(map(_changed, self.computed), default=newest) >= newest:
            return []  # as nearly always
        found = []
        for node in self.computed:
            if node._changed < 0:
                found.append((node, node))
            found += [(operand, node) for operand in node.operands if abs(operand._changed) > abs(node._changed)]
        return found

    def __len__(self) -> int:
        return len(self.leaves) + len(self.computed)


def topological_order(*roots: "Value") -> "list[Value]":
    """Every node that `roots` were computed from, and the roots: each once, and after all of its operands."""
    return Graph(*roots).nodes


def path(root: "Value", node: "Value") -> "list[Value]":
    """A shortest way from `root` down to `node`, both included; [] where there is none."""
    came_from: dict[Value, Value | None] = {root: None}
    queue = [root]
    for user in queue:
        if user is node:
            way = [user]
            while (above := came_from[way[-1]]) is not None:
                way.append(above)
            return way[::-1]
        for operand in user.operands:
            if operand not in came_from:
                came_from[operand] = user
                queue.append(operand)
    return []
