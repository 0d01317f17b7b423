"""The rules of a backward pass, of which each can be replaced by a wrong one, and the pass that goes by them.

`RIGHT` are the right ones. The pass changes no value: its gradients are in a dict of its own, so that a wrong one can
be run on any graph. The package's own pass is `chain_rule`; a test holds the two together.
"""

import operator
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from microgradnet.backward import refuse_stale
from microgradnet.chain_rule import no_derivative
from microgradnet.errors import DomainError
from microgradnet.graph import walk
from microgradnet.ops import CONSTANT, floats
from microgradnet.value import Value


class Graph:
    """A result and all it was computed from.

    Attributes:
        root, leaves, computed: the result; the leaves; the computed nodes in topological order.
        uses: for each node, where its gradient comes from: (user, position), in the order of the right pass.

    Raises:
        StaleGraphError: a number was changed after something had been computed from it.
    """

    def __init__(self, root: Value) -> None:
        self.root = root
        self.leaves, self.computed = walk(root)
        refuse_stale(self.leaves, self.computed)
        self.uses: dict[Value, list[tuple[Value, int]]] = {node: [] for node in (*self.leaves, *self.computed)}
        for node in reversed(self.computed):
            for position in positions(node):
                self.uses[node.operands[position]].append((node, position))

    @cached_property
    def gradients(self) -> dict[Value, float]:
        """The right gradients."""
        return gradients(self, RIGHT)


def positions(node: Value) -> list[int]:
    """The operands that a gradient is passed to: constants have none."""
    count = len(node.operands) - node.op.constants
    return [i for i in range(count) if node.operands[i].op is not CONSTANT]


def backwards(graph: Graph) -> list[Value]:
    """The right order: each node after all that use it."""
    return graph.computed[::-1]


def value_of(node: Value, x: Sequence[float]) -> float:
    """The number of a node, given those of its operands."""
    return node.op.scalar(*x)


def local_derivative(node: Value, position: int, y: float, x: Sequence[float]) -> float:
    """∂node/∂operand, given the numbers of both.

    Raises:
        DomainError: there is none.
    """
    try:
        found: float = node.op.derivatives(floats, y, *x)[position]
    except DomainError:
        raise
    except (ArithmeticError, ValueError):
        raise no_derivative(node, node) from None
    return found


class Rules(NamedTuple):
    """How numbers come about in a forward and a backward pass.

    Attributes:
        order: in which order nodes pass their gradients on; one that stands there twice does so twice.
        value: the number of a node.
        local: a local derivative.
        share: what is passed on, of the gradient of the node and the local derivative.
        join: the gradient after a share has come, of that before and the share.
        forgotten: the use that is left out, a (user, position).
        left_over: which gradients an earlier pass has left: those of "nothing", the "leaves", or "all".
    """

    order: Callable[[Graph], list[Value]] = backwards
    value: Callable[[Value, Sequence[float]], float] = value_of
    local: Callable[[Value, int, float, Sequence[float]], float] = local_derivative
    share: Callable[[float, float], float] = operator.mul
    join: Callable[[float, float], float] = operator.add
    forgotten: tuple[Value, int] | None = None
    left_over: str = "nothing"

    @property
    def is_local(self) -> bool:
        """Whether each number follows from those that it is computed from: not from when it was computed."""
        return self.order is backwards and self.left_over != "all"


RIGHT = Rules()
"""The rules of backpropagation."""


class Step(NamedTuple):
    """A gradient passed on once: operand.grad from `before` to `after`.

    Attributes:
        node, position: whose gradient, and to which of its operands.
        upstream: the node's gradient at that moment.
        local: the local derivative that was taken.
        before, after: the operand's gradient.
    """

    node: Value
    position: int
    upstream: float
    local: float
    before: float
    after: float

    @property
    def operand(self) -> Value:
        """The value that the gradient is passed to."""
        return self.node.operands[self.position]


def steps(graph: Graph, rules: Rules) -> Iterator[Step]:
    """A backward pass by these rules, from a gradient of 1."""
    found = dict.fromkeys(graph.uses, 0.0)
    if rules.left_over != "nothing":
        found |= {node: graph.gradients[node] for node in (graph.leaves if rules.left_over == "leaves" else graph.uses)}
    found[graph.root] = 1.0
    for node in rules.order(graph):
        x = [operand.data for operand in node.operands]
        for position in positions(node):
            operand, upstream = node.operands[position], found[node]
            before, local = found[operand], rules.local(node, position, node.data, x)
            after = before if (node, position) == rules.forgotten else rules.join(before, rules.share(upstream, local))
            found[operand] = after
            yield Step(node, position, upstream, local, before, after)


def gradients(graph: Graph, rules: Rules) -> dict[Value, float]:
    """The gradients of all nodes after a pass by these rules; 1 for the root.

    >>> x = Value(3.0, "x"); y = x * x
    >>> gradients(Graph(y), RIGHT)[x], gradients(Graph(y), Rules(join=lambda before, share: share))[x]
    (6.0, 3.0)
    """
    found = dict.fromkeys(graph.uses, 0.0) | {graph.root: 1.0}
    for step in steps(graph, rules):
        found[step.operand] = step.after
    return found
