"""The table of misconceptions: what learners believe of backpropagation that is not so, each as the rules they go by.

Each row says what is believed and why it is wrong, and gives the wrong rules: several, where it can be done in several
ways, or at several places of a graph.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from microgradnet.ops import (
    ABS,
    CONSTANT,
    DIVIDE,
    ELU,
    GELU,
    GELU_TANH,
    GENERAL_POWER,
    LEAKY_RELU,
    MULTIPLY,
    NEGATE,
    POWER,
    RELU,
    SIGMOID,
    SILU,
    SOFTPLUS,
    SUBTRACT,
    TANH,
    WEIGHTED_SUM,
)
from microgradnet.teach.misconceptions.passes import Graph, Rules, local_derivative, value_of
from microgradnet.value import Value

ACTIVATIONS = frozenset({SIGMOID, TANH, RELU, LEAKY_RELU, ELU, GELU, GELU_TANH, SILU, SOFTPLUS})
MOST_VISITS = 10_000  # of a recursion that comes to shared nodes again and again: doubled with each of them


class Misconception(NamedTuple):
    """What is believed of backpropagation that is not so.

    Attributes:
        name: what commands and `run` call it.
        title: it in a few words.
        belief: what is done.
        why: what is wrong with that.
        rules: the wrong rules by which it can be done on a graph.
    """

    name: str
    title: str
    belief: str
    why: str
    rules: Callable[[Graph], Iterable[Rules]]


def _overwrite(before: float, share: float) -> float:
    return share


def _local_alone(upstream: float, local: float) -> float:
    return local


def _paths(graph: Graph) -> Iterator[Rules]:
    for uses in graph.uses.values():
        if len(uses) > 1:
            for use in uses:
                yield Rules(forgotten=use)


def _orders(graph: Graph) -> Iterator[Rules]:
    yield Rules(order=depth_first)
    yield Rules(order=breadth_first)
    if len(each_time(graph)) < MOST_VISITS:
        yield Rules(order=each_time)


def depth_first(graph: Graph) -> list[Value]:
    """Each node as it is first come to, going down the first operand first."""
    return list(dict.fromkeys(_reached(graph, once=True)))


def breadth_first(graph: Graph) -> list[Value]:
    """Each node as it is first come to, all operands before theirs."""
    found = {graph.root: None}
    queue = [graph.root]
    for node in queue:
        for operand in node.operands:
            if operand.operands and operand not in found:
                found[operand] = None
                queue.append(operand)
    return queue


def each_time(graph: Graph) -> list[Value]:
    """Each node whenever it is come to, as a function does that calls itself for each operand."""
    return list(islice(_reached(graph, once=False), MOST_VISITS))


def _reached(graph: Graph, once: bool) -> Iterator[Value]:
    """The computed nodes as they are come to; unless `once`, again and again where paths meet."""
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
    return 1.0 if node.op in ACTIVATIONS else local_derivative(node, position, y, x)


def _at_activation(node: Value, position: int, y: float, x: Sequence[float]) -> float:
    if node.op not in ACTIVATIONS:
        return local_derivative(node, position, y, x)
    return local_derivative(node, position, node.op.scalar(y, *x[1:]), [y, *x[1:]])


def _of_weighted_sum(node: Value, position: int, y: float, x: Sequence[float]) -> float:
    if node.op not in ACTIVATIONS:
        return local_derivative(node, position, y, x)
    return local_derivative(node, position, x[0], x)


def _swapped(node: Value, position: int, y: float, x: Sequence[float]) -> float:
    """Of every operation with two sides; in a quotient and a power, too."""
    if node.op in {DIVIDE, GENERAL_POWER} and node.operands[1 - position].op is not CONSTANT:
        return local_derivative(node, 1 - position, y, x)
    return _swapped_in_products(node, position, y, x)


def _swapped_in_products(node: Value, position: int, y: float, x: Sequence[float]) -> float:
    if node.op is MULTIPLY and node.operands[1 - position].op is not CONSTANT:  # by which nobody would differentiate
        return local_derivative(node, 1 - position, y, x)
    pairs = len(x) // 2
    if node.op is WEIGHTED_SUM and position < 2 * pairs:
        return local_derivative(node, (position + pairs) % (2 * pairs), y, x)
    return local_derivative(node, position, y, x)


def _plus(node: Value, position: int, y: float, x: Sequence[float]) -> float:
    right = local_derivative(node, position, y, x)
    return abs(right) if node.op in {SUBTRACT, NEGATE} else right


def _errors(graph: Graph) -> frozenset[Value]:
    """The differences of which a loss is made: squared, or taken without their sign."""
    return frozenset(
        operand
        for node in graph.computed
        for operand in node.operands
        if operand.op is SUBTRACT
        and (node.op in {POWER, ABS} or (node.op is MULTIPLY and node.operands == (operand, operand)))
    )


def _exchanged(graph: Graph) -> Iterator[Rules]:
    errors = _errors(graph)

    def local(node: Value, position: int, y: float, x: Sequence[float]) -> float:
        right = local_derivative(node, position, y, x)
        return -right if node in errors else right

    def value(node: Value, x: Sequence[float]) -> float:
        return -value_of(node, x) if node in errors else value_of(node, x)

    def squared(node: Value, position: int, y: float, x: Sequence[float]) -> float:
        right = local_derivative(node, position, y, x)
        return -right if node.operands[position] in errors else right

    def both(node: Value, position: int, y: float, x: Sequence[float]) -> float:
        return -squared(node, position, y, x) if node in errors else squared(node, position, y, x)

    if errors:
        yield Rules(local=local)
        yield Rules(local=squared)
        yield Rules(local=both)
        yield Rules(value=value)


def _without_exponent(node: Value, position: int, y: float, x: Sequence[float]) -> float:
    right = local_derivative(node, position, y, x)
    return right / x[1] if node.op is POWER and x[1] != 0.0 else right


def _without_factor(node: Value, position: int, y: float, x: Sequence[float]) -> float:
    right = local_derivative(node, position, y, x)
    if node.op not in {MULTIPLY, DIVIDE} or node.operands[1 - position].op is not CONSTANT:
        return right
    if node.op is DIVIDE and position == 1:  # c / x
        return right / x[0] if x[0] else right
    return 1.0


def _with(**changed: Callable[..., object]) -> Callable[[Graph], Iterable[Rules]]:
    """The same rules for any graph."""
    return lambda graph: [Rules(**changed)]  # type: ignore[arg-type]


def _locals(*rules: Callable[..., float]) -> Callable[[Graph], Iterable[Rules]]:
    return lambda graph: [Rules(local=rule) for rule in rules]


MISCONCEPTIONS = {
    row.name: row
    for row in (
        Misconception(
            "overwritten", "each share replaces the one before (= for +=)",
            "each share that comes to a value replaces the one before",
            "a value that is used twice changes the result in two ways, so its gradient is the sum of both shares",
            _with(join=_overwrite),
        ),
        Misconception(
            "one-path-forgotten", "one path is left out",
            "of a value that is used several times, the share of one use is not added",
            "every path from the result down to a value passes a share on; the gradient is their sum",
            _paths,
        ),
        Misconception(
            "no-topological-order", "a value passes its gradient on before it is complete",
            "values pass their gradients on as they are come to, not in reverse topological order",
            "a gradient is complete only when all that use the value have passed their shares; what is passed on "
            "before is too little, and what is passed on again is too much",
            _orders,
        ),
        Misconception(
            "activation-derivative-forgotten", "the derivative of the activation is left out",
            "the gradient of a is passed to z as it is",
            "the activation lies between: ∂a/∂z, which is a·(1 − a) for the sigmoid, is a factor of its own",
            _locals(_of_one),
        ),
        Misconception(
            "derivative-at-activation", "the derivative is taken at the wrong number",
            "σ′ is taken at a instead of z, or z is put where a belongs",
            "the derivative belongs to the point z where the activation was computed: σ′(z) = σ(z)·(1 − σ(z)), "
            "which is a·(1 − a)",
            _locals(_at_activation, _of_weighted_sum),
        ),
        Misconception(
            "wrong-operand", "the local derivative of the other operand",
            "of w·x, the derivative by w is taken to be w",
            "how much w·x changes with w depends on what w is multiplied by: ∂(w·x)/∂w = x",
            _locals(_swapped_in_products, _swapped),
        ),
        Misconception(
            "subtraction-sign", "the minus is lost",
            "both operands of a subtraction get + 1 as their local derivative",
            "if b grows, a − b shrinks: ∂(a − b)/∂b = −1",
            _locals(_plus),
        ),
        Misconception(
            "target-swapped", "target and output are exchanged",
            "the error is differentiated as if the one were subtracted from the other the other way round",
            "squared, both ways are the same, but not before: the sign says whether the output has to grow or shrink",
            _exchanged,
        ),
        Misconception(
            "factor-missed", "a factor is left out",
            "the 2 that a square brings down, or the ½ before it, is not multiplied with",
            "∂(x²)/∂x = 2·x, and a constant factor stays a factor: ∂(½·x)/∂x = ½",
            _locals(_without_exponent, _without_factor),
        ),
        Misconception(
            "stale-gradients", "gradients of an earlier pass are left",
            "a second backward pass begins where the first one has left the gradients",
            "shares are added to what is there: without zero_grad() the gradient of the first pass is counted again",
            lambda graph: [Rules(left_over=what) for what in ("leaves", "all")],
        ),
        Misconception(
            "upstream-forgotten", "the local derivative alone",
            "the local derivative is taken for the gradient",
            "the chain rule multiplies how the result changes with the node by how the node changes with its operand",
            _with(share=_local_alone),
        ),
    )
}  # fmt: skip
"""Every misconception by its name; where two explain the same numbers, the earlier is the likelier."""
