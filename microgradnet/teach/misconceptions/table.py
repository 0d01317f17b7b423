"""The table of common misconceptions about backpropagation, each as an executable wrong rule.

Each row states the belief and why it is wrong, and gives the wrong rules: several if it can be applied in several
ways, or at several places of a graph.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from microgradnet import ops
from microgradnet.ops import CONSTANT
from microgradnet.teach.misconceptions.passes import Rules, SolvedGraph, local_derivative, value_of
from microgradnet.value import Value

MOST_VISITS = 10_000  # of a recursion that revisits nodes with several users, each of which doubles their number


class Misconception(NamedTuple):
    """A misconception about backpropagation.

    Attributes:
        name: its name in commands and in `run`.
        title: a short description.
        belief: the wrong practice.
        why: why it is wrong.
        rules: the wrong rules by which it can be applied to a graph.
    """

    name: str
    title: str
    belief: str
    why: str
    rules: Callable[[SolvedGraph], Iterable[Rules]]


def _overwrite(before: float, contribution: float) -> float:
    return contribution


def _local_alone(upstream: float, local: float) -> float:
    return local


def _paths(graph: SolvedGraph) -> Iterator[Rules]:
    for uses in graph.uses.values():
        if len(uses) > 1:
            for use in uses:
                yield Rules(forgotten=use)


def _orders(graph: SolvedGraph) -> Iterator[Rules]:
    yield Rules(order=depth_first)
    yield Rules(order=breadth_first)
    if len(each_time(graph)) < MOST_VISITS:
        yield Rules(order=each_time)


def depth_first(graph: SolvedGraph) -> list[Value]:
    """Each node in preorder, at its first visit, first operands first."""
    return list(dict.fromkeys(_reached(graph, once=True)))


def breadth_first(graph: SolvedGraph) -> list[Value]:
    """Each node breadth first, at its first visit."""
    found = {graph.root: None}
    queue = [graph.root]
    for node in queue:
        for operand in node.operands:
            if operand.operands and operand not in found:
                found[operand] = None
                queue.append(operand)
    return queue


def each_time(graph: SolvedGraph) -> list[Value]:
    """Each node at every visit of a function that calls itself for each operand."""
    return list(islice(_reached(graph, once=False), MOST_VISITS))


def _reached(graph: SolvedGraph, once: bool) -> Iterator[Value]:
    """The computed nodes in the order of visits; unless `once`, repeatedly where paths meet."""
    seen: set[Value] = set()
    stack = [graph.root]
    while stack:
        node = stack.pop()
        if once and node in seen:
            continue
        seen.add(node)
        yield node
        stack += [operand for operand in reversed(node.operands) if operand.operands]


def _of_one(node: Value, position: int, y: float, x: Sequence[float]) -> float:
    return 1.0 if node.op.activation else local_derivative(node, position, y, x)


def _at_result(node: Value, position: int, y: float, x: Sequence[float]) -> float:
    """σ′(a) in place of σ′(z)."""
    if node.op.activation:
        y, x = node.op.scalar(y, *x[1:]), [y, *x[1:]]
    return local_derivative(node, position, y, x)


def _of_operand(node: Value, position: int, y: float, x: Sequence[float]) -> float:
    """z·(1 − z) in place of a·(1 − a)."""
    return local_derivative(node, position, x[0] if node.op.activation else y, x)


def _swapped_in_products(node: Value, position: int, y: float, x: Sequence[float]) -> float:
    if node.op is ops.multiply and node.operands[1 - position].op is not CONSTANT:  # nobody differentiates by that
        position = 1 - position
    pairs = len(x) // 2
    if node.op is ops.weighted_sum and position < 2 * pairs:
        position = (position + pairs) % (2 * pairs)
    return local_derivative(node, position, y, x)


def _swapped(node: Value, position: int, y: float, x: Sequence[float]) -> float:
    """Of a quotient and a power too."""
    if node.op in {ops.divide, ops.general_power} and node.operands[1 - position].op is not CONSTANT:
        position = 1 - position
    return _swapped_in_products(node, position, y, x)


def _plus(node: Value, position: int, y: float, x: Sequence[float]) -> float:
    right = local_derivative(node, position, y, x)
    return abs(right) if node.op in {ops.subtract, ops.negate} else right


def _errors(graph: SolvedGraph) -> frozenset[Value]:
    """The differences in a loss: those that are squared or whose absolute value is taken."""
    return frozenset(
        operand
        for node in graph.computed
        for operand in node.operands
        if operand.op is ops.subtract
        and (node.op in {ops.power, ops.abs} or (node.op is ops.multiply and node.operands == (operand, operand)))
    )


def _exchanged(graph: SolvedGraph) -> Iterator[Rules]:
    """The sign of the error is wrong in its own derivative, in that of its square, in both, or in its value."""
    errors = _errors(graph)

    def value(node: Value, x: Sequence[float]) -> float:
        return -value_of(node, x) if node in errors else value_of(node, x)

    def flipped(own: bool, square: bool) -> Rules:
        def local(node: Value, position: int, y: float, x: Sequence[float]) -> float:
            right = local_derivative(node, position, y, x)
            is_flipped = (own and node in errors) != (square and node.operands[position] in errors)
            return -right if is_flipped else right

        return Rules(local=local)

    if errors:
        yield from (flipped(True, False), flipped(False, True), flipped(True, True), Rules(value=value))


def _without_exponent(node: Value, position: int, y: float, x: Sequence[float]) -> float:
    right = local_derivative(node, position, y, x)
    return right / x[1] if node.op is ops.power and x[1] != 0.0 else right


def _without_factor(node: Value, position: int, y: float, x: Sequence[float]) -> float:
    right = local_derivative(node, position, y, x)
    if node.op not in {ops.multiply, ops.divide} or node.operands[1 - position].op is not CONSTANT:
        return right
    if node.op is ops.divide and position == 1:  # c / x
        return right / x[0] if x[0] else right
    return 1.0


def _sum_as_product(node: Value, position: int, y: float, x: Sequence[float]) -> float:
    if node.op in {ops.add, ops.total}:
        return math.prod([*x[:position], *x[position + 1 :]])
    return local_derivative(node, position, y, x)


def _product_as_sum(node: Value, position: int, y: float, x: Sequence[float]) -> float:
    return 1.0 if node.op in {ops.multiply, ops.weighted_sum} else local_derivative(node, position, y, x)


def _anywhere(*rules: Rules) -> Callable[[SolvedGraph], Iterable[Rules]]:
    """The same rules for any graph."""
    return lambda graph: rules


MISCONCEPTIONS = {
    misconception.name: misconception
    for misconception in (
        Misconception(
            "overwritten", "each contribution replaces the one before (= for +=)",
            "each contribution to a value's gradient replaces the one before",
            "a value that is used twice changes the result in two ways: its gradient is the sum of both contributions",
            _anywhere(Rules(join=_overwrite)),
        ),
        Misconception(
            "one-path-forgotten", "one path is left out",
            "of a value that is used several times, the contribution of one use is not added",
            "every path from the result down to a value contributes to its gradient, which is their sum",
            _paths,
        ),
        Misconception(
            "no-topological-order", "a value passes its gradient on before it is complete",
            "values pass their gradients on in the order in which they are visited, not in reverse topological order",
            "a gradient is complete only when all users of the value have contributed; passing it on "
            "before gives too little, and passing it on again too much",
            _orders,
        ),
        Misconception(
            "activation-derivative-forgotten", "the derivative of the activation is left out",
            "the gradient of a is passed to z unchanged",
            "the activation lies between: ∂a/∂z, which is a·(1 − a) for the sigmoid, is a separate factor",
            _anywhere(Rules(local=_of_one)),
        ),
        Misconception(
            "derivative-at-activation", "the derivative is taken at the wrong number",
            "σ′ is evaluated at a instead of z, or z replaces a in the formula",
            "the derivative belongs to the point z where the activation was computed: σ′(z) = σ(z)·(1 − σ(z)), "
            "which is a·(1 − a)",
            _anywhere(Rules(local=_at_result), Rules(local=_of_operand)),
        ),
        Misconception(
            "wrong-operand", "the local derivative of the other operand",
            "the derivative of w·x with respect to w is taken to be w",
            "the derivative of w·x with respect to w is the factor of w: ∂(w·x)/∂w = x",
            _anywhere(Rules(local=_swapped_in_products), Rules(local=_swapped)),
        ),
        Misconception(
            "subtraction-sign", "the minus is lost",
            "both operands of a subtraction get + 1 as their local derivative",
            "if b grows, a − b shrinks: ∂(a − b)/∂b = −1",
            _anywhere(Rules(local=_plus)),
        ),
        Misconception(
            "target-swapped", "target and output are exchanged",
            "the error is differentiated as if target and output were subtracted in the opposite order",
            "the squares are equal, but not the derivatives: their sign decides whether the output must grow or shrink",
            _exchanged,
        ),
        Misconception(
            "factor-missed", "a factor is left out",
            "the 2 from the exponent of a square, or the ½ before it, is not multiplied in",
            "∂(x²)/∂x = 2·x, and a constant factor stays a factor: ∂(½·x)/∂x = ½",
            _anywhere(Rules(local=_without_exponent), Rules(local=_without_factor)),
        ),
        Misconception(
            "sum-and-product", "a sum is differentiated as a product, or a product as a sum",
            "a + b is differentiated as if it were a·b, or a·b as if it were a + b",
            "a sum passes the gradient on unchanged, ∂(a + b)/∂a = 1; a product multiplies it by the other factor, "
            "∂(a·b)/∂a = b",
            _anywhere(Rules(local=_sum_as_product), Rules(local=_product_as_sum)),
        ),
        Misconception(
            "stale-gradients", "gradients of an earlier pass are left",
            "a second backward pass starts from the gradients of the first",
            "contributions are added to existing gradients: without zero_grad() those of the first pass count again",
            _anywhere(Rules(left_over="leaves"), Rules(left_over="all")),
        ),
        Misconception(
            "upstream-forgotten", "the local derivative alone",
            "the local derivative is mistaken for the gradient",
            "the chain rule multiplies the upstream gradient by the local derivative",
            _anywhere(Rules(contribution=_local_alone)),
        ),
    )
}  # fmt: skip
"""Every misconception by its name; where two explain the same numbers, the earlier is the likelier."""
