"""A graph with random numbers in its leaves, chosen so that its answers are short and common mistakes show."""

import math
import random
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from microgradnet.chain_rule import local_derivatives
from microgradnet.notation.names import number
from microgradnet.ops import INPUT, PARAMETER
from microgradnet.teach.misconceptions.passes import SolvedGraph
from microgradnet.teach.misconceptions.table import MISTAKES
from microgradnet.teach.worksheets.quantities import Numbers, Quantity
from microgradnet.teach.worksheets.tolerance import is_near
from microgradnet.value import Value, apply

POOL = (1, 2, 3, 4, 5, 0.5, 1.5, 2.5, 0.2, 0.4, 0.1, 0.25)
WEIGHTS = (6, 8, 6, 3, 2, 6, 3, 2, 2, 2, 1, 1)
DRAWS, COMPARED = 60, 5
SMALL, LARGE = 0.01, 100.0  # outside this range answers are tedious by hand
FLAT = 0.05  # the slope of a sigmoid whose operand is beyond ±3


def rebuilt(root: Value, data: Mapping[Value, float]) -> dict[Value, Value]:
    """A copy of a graph whose leaves have other numbers: for each value its copy.

    Raises:
        DomainError: an operation has no result on these numbers.

    >>> x = Value(3.0, "x"); y = x * x
    >>> rebuilt(y, {x: 5.0})[y].data
    25.0
    """
    graph = SolvedGraph(root)
    copies: dict[Value, Value] = {}
    for leaf in graph.leaves:
        copies[leaf] = Value(data.get(leaf, leaf.data), leaf.label)
        copies[leaf].op = leaf.op
    for node in graph.computed:
        copies[node] = apply(node.op, tuple([copies[operand] for operand in node.operands]))
        copies[node].label = node.label
    return copies


class _Draw(NamedTuple):
    """A copy of the graph, the quantities to compute, and how tedious they are."""

    copies: dict[Value, Value]
    graph: SolvedGraph
    quantities: Sequence[Quantity]
    cost: float


def with_random_numbers(
    root: Value, seed: int | str, choose: Callable[[SolvedGraph, Mapping[Value, Value]], Sequence[Quantity]]
) -> dict[Value, Value]:
    """A copy of the graph with random numbers: for each value its copy.

    Of many draws it takes one with short answers in which the common mistakes give other answers.

    Args:
        root: the result; constants keep their numbers, and so do inputs of 0 and 1, which may be targets or classes.
        seed: the same seed gives the same numbers.
        choose: the quantities to compute in a copy, given the copies of the values.

    Raises:
        ValueError: no draw gives finite numbers.
    """
    rng = random.Random(str(seed))
    free = [
        leaf
        for leaf in SolvedGraph(root).leaves
        if leaf.op is PARAMETER or (leaf.op is INPUT and leaf.data not in {0.0, 1.0})
    ]
    draws = []
    for _ in range(DRAWS):
        data = {leaf: rng.choice((1, -1, 1)) * rng.choices(POOL, WEIGHTS)[0] for leaf in free}
        try:
            copies = rebuilt(root, data)
            graph = SolvedGraph(copies[root])
            quantities, right = choose(graph, copies), Numbers(graph)
            answers = [right.by(quantity).number for quantity in quantities]
        except ArithmeticError:
            continue
        cost = sum(map(_length, answers)) + _sameness(data) + _flatness(graph)
        draws.append(_Draw(copies, graph, quantities, cost))
    if not draws:
        raise ValueError(f"none of {DRAWS} draws of numbers can be computed with: leave out the seed to keep its own")
    draws.sort(key=lambda draw: draw.cost)
    return max(draws[:COMPARED], key=_distinguished).copies


def _length(x: float) -> float:
    """The number of digits to write, plus a penalty for tedious answers."""
    if x == 0.0:
        return 8.0
    return len(number(x).lstrip("−").lstrip("0.")) + 6.0 * (not SMALL <= math.fabs(x) <= LARGE)


def _sameness(data: Mapping[Value, float]) -> float:
    """A penalty for each repeated number: in 2·2 it is open which 2 is meant."""
    return 2.0 * (len(data) - len({math.fabs(x) for x in data.values()}))


def _flatness(graph: SolvedGraph) -> float:
    """A penalty for each activation where it is nearly flat: almost no gradient passes."""
    nodes = [node for node in graph.computed if node.op.activation]
    return 10.0 * sum(math.fabs(local_derivatives(node)[0]) < FLAT for node in nodes)


def _distinguished(draw: _Draw) -> int:
    """The number of misconceptions that change at least one answer."""
    right = Numbers(draw.graph)

    def differ(wrong: Numbers) -> bool:
        return any(not is_near(wrong.by(q).number, right.by(q).number) for q in draw.quantities)

    return sum(
        any(differ(Numbers(draw.graph, rules)) for rules in misconception.rules(draw.graph))
        for misconception in MISTAKES.values()
    )
