"""The rules of a backward pass, each of which can be replaced by a wrong one, and a pass that follows them.

`RIGHT` holds the right rules. The pass changes no value: its gradients are in a separate dict, so that a wrong pass can
be run on any graph. The package's pass is `chain_rule`; a test checks that both agree.
"""

import operator
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple, TypeAlias, cast

from microgradnet import graph
from microgradnet.backward import refuse_stale
from microgradnet.chain_rule import no_derivative
from microgradnet.errors import DomainError
from microgradnet.notation.symbols import Symbol, Symbols
from microgradnet.ops import CONSTANT, floats
from microgradnet.value import Value

Known: TypeAlias = Callable[[Value, float], float]


class SolvedGraph(graph.Graph):
    """A result with the values it was computed from, and the right gradients.

    Raises:
        StaleGraphError: a number was changed after something had been computed from it.
    """

    def __init__(self, root: Value) -> None:
        super().__init__(root)
        self.root = root
        refuse_stale(self)

    @cached_property
    def uses(self) -> dict[Value, list[tuple[Value, int]]]:
        """For each node, the uses that contribute to its gradient; constants have no gradient."""
        return {node: [use for use in uses if use[1] in positions(use[0])] for node, uses in super().uses.items()}

    @cached_property
    def gradients(self) -> dict[Value, float]:
        """The right gradients."""
        return gradients(self, RIGHT)


def positions(node: Value) -> list[int]:
    """The positions of the operands that a gradient is passed to: all but constants."""
    count = len(node.operands) - node.op.constants
    return [i for i in range(count) if node.operands[i].op is not CONSTANT]


def backwards(graph: SolvedGraph) -> list[Value]:
    """The right order, reverse topological: each node after all its users."""
    return graph.computed[::-1]


def is_symbol(term: object) -> bool:
    """Whether a rule is asked for its formula."""
    return isinstance(term, Symbol)


def value_of(node: Value, x: Sequence[float]) -> float:
    """The number of a node, given those of its operands; of symbols a symbol."""
    if any(map(is_symbol, x)):
        return cast("float", node.op.value(Symbols(), *x))
    return node.op.scalar(*x)


def local_derivative(node: Value, position: int, y: float, x: Sequence[float]) -> float:
    """∂node/∂operand, given the numbers of both; of symbols a symbol.

    Raises:
        DomainError: there is none.
    """
    if is_symbol(y):
        return cast("float", node.op.derivatives(Symbols(), y, *x)[position])
    try:
        return float(node.op.derivatives(floats, y, *x)[position])
    except DomainError:
        raise
    except (ArithmeticError, ValueError):
        raise no_derivative(node, node) from None


class Rules(NamedTuple):
    """The rules of a forward and a backward pass.

    Attributes:
        order: the order in which nodes pass their gradients on; a node listed twice does so twice.
        value: the number of a node.
        local: a local derivative.
        contribution: a function of the node's gradient and the local derivative.
        join: the operand's new gradient, a function of the old one and the contribution.
        forgotten: the use that is omitted, a (user, position).
        left_over: the gradients that an earlier pass has left: those of "nothing", the "leaves", or "all".
    """

    order: Callable[[SolvedGraph], list[Value]] = backwards
    value: Callable[[Value, Sequence[float]], float] = value_of
    local: Callable[[Value, int, float, Sequence[float]], float] = local_derivative
    contribution: Callable[[float, float], float] = operator.mul
    join: Callable[[float, float], float] = operator.add
    forgotten: tuple[Value, int] | None = None
    left_over: str = "nothing"


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


def steps(graph: SolvedGraph, rules: Rules, known: Known | None = None) -> Iterator[Step]:
    """A backward pass by these rules, from a gradient of 1.

    Args:
        graph: the graph.
        rules: the rules.
        known: the gradient of a value that the pass goes on with, given the one computed; as soon as that is complete.
    """
    grad = dict.fromkeys(graph.nodes, 0.0)
    left_over = {"nothing": [], "leaves": graph.leaves, "all": graph.nodes}[rules.left_over]
    grad |= {node: graph.gradients[node] for node in left_over} | {graph.root: 1.0}
    order = list(enumerate(rules.order(graph)))
    last = {node.operands[position]: (i, position) for i, node in order for position in positions(node)}
    for i, node in order:
        x = [operand.data for operand in node.operands]
        for position in positions(node):
            operand, upstream = node.operands[position], grad[node]
            before, local = grad[operand], rules.local(node, position, node.data, x)
            is_forgotten = (node, position) == rules.forgotten
            after = before if is_forgotten else rules.join(before, rules.contribution(upstream, local))
            grad[operand] = known(operand, after) if known and last[operand] == (i, position) else after
            yield Step(node, position, upstream, local, before, after)


def gradients(graph: SolvedGraph, rules: Rules) -> dict[Value, float]:
    """The gradients of all nodes after a pass by these rules; 1 for the root.

    >>> x = Value(3.0, "x"); graph = SolvedGraph(x * x)
    >>> gradients(graph, RIGHT)[x], gradients(graph, Rules(join=lambda before, contribution: contribution))[x]
    (6.0, 3.0)
    """
    after = {step.operand: step.after for step in steps(graph, rules)}
    return dict.fromkeys(graph.nodes, 0.0) | {graph.root: 1.0} | after
