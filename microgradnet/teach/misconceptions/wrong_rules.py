"""The wrong rules by which misconceptions go: orders, joins, contributions, local derivatives and values."""

import math
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice

from microgradnet import ops
from microgradnet.ops import CONSTANT
from microgradnet.teach.misconceptions.passes import Rules, SolvedGraph, local_derivative, value_of
from microgradnet.value import Value

MOST_VISITS = 10_000  # of a recursion that revisits nodes with several users, each of which doubles their number


def overwrite(before: float, contribution: float) -> float:
    """= in place of +=."""
    return contribution


def local_alone(upstream: float, local: float) -> float:
    """The local derivative in place of its product with the upstream gradient."""
    return local


def each_path_forgotten(graph: SolvedGraph) -> Iterator[Rules]:
    """One use is left out, of each value that has several."""
    for uses in graph.uses.values():
        if len(uses) > 1:
            for use in uses:
                yield Rules(forgotten=use)


def orders_of_visits(graph: SolvedGraph) -> Iterator[Rules]:
    """The order is that of visits, depth first, breadth first, or at each visit again."""
    yield Rules(order=depth_first)
    yield Rules(order=breadth_first)
    if len(each_time(graph)) < MOST_VISITS:
        yield Rules(order=each_time)


def depth_first(graph: SolvedGraph) -> list[Value]:
    """Each node in preorder, at its first visit, first operands first."""
    return list(_reached(graph, once=True))


def breadth_first(graph: SolvedGraph) -> list[Value]:
    """Each node breadth first, at its first visit."""
    queue, seen = [graph.root], {graph.root}
    for node in queue:
        new = [operand for operand in dict.fromkeys(node.operands) if operand.operands and operand not in seen]
        queue += new
        seen |= {*new}
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


def without_activation(node: Value, position: int, y: float, x: Sequence[float]) -> float:
    """1 in place of the derivative of an activation."""
    return 1.0 if node.op.activation else local_derivative(node, position, y, x)


def at_activation(node: Value, position: int, y: float, x: Sequence[float]) -> float:
    """σ′(a) in place of σ′(z)."""
    if node.op.activation:
        y, x = value_of(node, [y, *x[1:]]), [y, *x[1:]]
    return local_derivative(node, position, y, x)


def with_sum_for_activation(node: Value, position: int, y: float, x: Sequence[float]) -> float:
    """z·(1 − z) in place of a·(1 − a)."""
    return local_derivative(node, position, x[0] if node.op.activation else y, x)


def of_other_factor(node: Value, position: int, y: float, x: Sequence[float]) -> float:
    """The derivative with respect to the other factor of a product."""
    if node.op is ops.multiply and node.operands[1 - position].op is not CONSTANT:  # nobody differentiates by that
        position = 1 - position
    pairs = len(x) // 2
    if node.op is ops.weighted_sum and position < 2 * pairs:
        position = (position + pairs) % (2 * pairs)
    return local_derivative(node, position, y, x)


def of_other_operand(node: Value, position: int, y: float, x: Sequence[float]) -> float:
    """The same, of a quotient and a power too."""
    if node.op in {ops.divide, ops.general_power} and node.operands[1 - position].op is not CONSTANT:
        position = 1 - position
    return of_other_factor(node, position, y, x)


def without_minus(node: Value, position: int, y: float, x: Sequence[float]) -> float:
    """+1 in place of −1, the derivative of a difference with respect to its second operand."""
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


def target_swapped(graph: SolvedGraph) -> Iterator[Rules]:
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


def without_exponent(node: Value, position: int, y: float, x: Sequence[float]) -> float:
    """x^(n − 1) in place of n·x^(n − 1)."""
    right = local_derivative(node, position, y, x)
    return right / x[1] if node.op is ops.power and x[1] != 0.0 else right


def without_factor(node: Value, position: int, y: float, x: Sequence[float]) -> float:
    """1 in place of the constant factor."""
    right = local_derivative(node, position, y, x)
    if node.op not in {ops.multiply, ops.divide} or node.operands[1 - position].op is not CONSTANT:
        return right
    if node.op is ops.divide and position == 1:  # c / x
        return right / x[0] if x[0] else right
    return 1.0


def sum_as_product(node: Value, position: int, y: float, x: Sequence[float]) -> float:
    """The product of the other terms in place of 1."""
    if node.op in {ops.add, ops.total}:
        return math.prod([*x[:position], *x[position + 1 :]])
    return local_derivative(node, position, y, x)


def product_as_sum(node: Value, position: int, y: float, x: Sequence[float]) -> float:
    """1 in place of the other factor."""
    return 1.0 if node.op in {ops.multiply, ops.weighted_sum} else local_derivative(node, position, y, x)


def each_term_left_out(graph: SolvedGraph) -> Iterator[Rules]:
    """One term of a sum is left out: a product, or the bias."""
    for node in graph.computed:
        count = len(node.operands)
        if node.op in {ops.add, ops.total}:
            terms = [*range(count)]
        elif node.op is ops.weighted_sum:
            terms = [*range(count // 2), *[count - 1] * (count % 2)]  # of each product the weight; the bias
        else:
            continue
        for position in terms:
            yield Rules(value=partial(_without_term, node, position))


def _without_term(of: Value, position: int, node: Value, x: Sequence[float]) -> float:
    return value_of(node, [*x[:position], 0.0, *x[position + 1 :]] if node is of else x)


def before_activation(node: Value, x: Sequence[float]) -> float:
    """The weighted sum z in place of a = σ(z)."""
    return x[0] if node.op.activation else value_of(node, x)


def without_power(node: Value, x: Sequence[float]) -> float:
    """The number itself in place of its power."""
    return x[0] if node.op is ops.power else value_of(node, x)


def without_constant(node: Value, x: Sequence[float]) -> float:
    """The number itself in place of c·x or x / c."""
    if node.op is ops.multiply and node.operands[0].op is CONSTANT:
        return x[1]
    is_scaled = node.op in {ops.multiply, ops.divide} and node.operands[1].op is CONSTANT
    return x[0] if is_scaled else value_of(node, x)


def product_added(node: Value, x: Sequence[float]) -> float:
    """The sum of the factors in place of their product."""
    return sum(x) if node.op in {ops.multiply, ops.weighted_sum} else value_of(node, x)


def sum_multiplied(node: Value, x: Sequence[float]) -> float:
    """The product of the terms in place of their sum."""
    return math.prod(x) if node.op in {ops.add, ops.total} else value_of(node, x)


def difference_added(node: Value, x: Sequence[float]) -> float:
    """The sum in place of a difference."""
    return sum(x) if node.op is ops.subtract else value_of(node, x)
