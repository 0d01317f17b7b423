"""Terms of a sum that are computed alike, as those of a loss over many samples: one of them can stand for all."""

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass

from microgradnet import ops
from microgradnet._shared.text import counted
from microgradnet.graph import Graph
from microgradnet.value import Value

SUMS = {ops.add, ops.total}
SHARED = "a gradient of what they share is the sum over all"
FEWEST = 3
"""So many terms alike are folded into one."""


@dataclass(frozen=True)
class Kept:
    """The term that stands for all that are alike, its place among them, from 1, and the uses of the others."""

    term: Value
    place: int
    others: list[tuple[Value, int]]

    @property
    def count(self) -> int:
        """How many terms are alike."""
        return len(self.others) + 1


class Repeats:
    """The values of a graph without those of folded terms.

    Of the terms of each sum that are the same operations on the same kinds of leaves, the largest is kept, or the one
    that has, or was computed from, what is marked first.

    Args:
        graph: what is drawn.
        marked: values, the most important first.

    Attributes:
        kept: the values that remain, in topological order.
        terms: the terms that stand for others.
        caption: how many terms there are, "" if none is folded.
    """

    def __init__(self, graph: Graph, marked: Iterable[Value] = ()) -> None:
        self._ranks = _ranks(graph, marked)
        self._kinds = _kinds(graph)
        self._uses = graph.uses
        self._folded: set[tuple[Value, int]] = set()
        self.terms: list[Kept] = []
        self._reasons = dict[str, None]()
        self._order = {node: i for i, node in enumerate(graph.nodes)}
        for node in graph.computed:
            if node.op in SUMS and not self._is_partial(node):
                self._fold(node)
        kept = self._reached(graph)
        self.kept = [node for node in graph.nodes if node in kept]
        alike = " and of ".join(counted(kept.count, "term") for kept in self.terms)
        which = " or ".join(self._reasons)
        self.caption = f"of {alike} alike {which} is drawn; {SHARED}" if self.terms else ""

    def _is_partial(self, node: Value) -> bool:
        """Whether it is part of a longer sum."""
        users = self._uses[node]
        return len(users) == 1 and users[0][0].op in SUMS

    def _terms(self, node: Value) -> Iterator[tuple[Value, tuple[Value, int]]]:
        """The terms of a sum, each with its use."""
        stack = [node]
        while stack:
            total = stack.pop()
            for position, operand in enumerate(total.operands):
                if operand.op in SUMS and self._is_partial(operand):
                    stack.append(operand)
                elif operand.operands:
                    yield operand, (total, position)

    def _fold(self, node: Value) -> None:
        """Fold the terms of a sum that are alike."""
        by_kind: dict[int, list[tuple[Value, tuple[Value, int]]]] = {}
        for term, use in self._terms(node):
            by_kind.setdefault(self._kinds[term], []).append((term, use))
        alike = [terms for terms in by_kind.values() if len(terms) >= FEWEST]
        for terms in alike:
            term, kept = max(terms, key=lambda pair: (self._ranks[pair[0]], abs(pair[0].data)))
            is_by_mark = len({self._ranks[term] for term, _ in terms}) > 1  # not where all share what is marked
            self._reasons["the first that is marked" if is_by_mark else "the largest"] = None
            others = [use for _, use in terms if use != kept]
            self._folded.update(others)
            before = sum(self._order[other] < self._order[term] for other, _ in terms)
            self.terms.append(Kept(term, before + 1, others))

    def _reached(self, graph: Graph) -> set[Value]:
        reached = set(graph.roots)
        stack = list(graph.roots)
        while stack:
            node = stack.pop()
            for position, operand in enumerate(node.operands):
                if (node, position) not in self._folded and operand not in reached:
                    reached.add(operand)
                    stack.append(operand)
        return reached


def _ranks(graph: Graph, marked: Iterable[Value]) -> dict[Value, int]:
    """Of each value the rank of the first mark on it or on what it was computed from: the higher the earlier, or 0."""
    own = {value: rank for rank, value in enumerate(reversed([*marked]), start=1)}
    ranks: dict[Value, int] = {}
    for node in graph.nodes:
        ranks[node] = max([own.get(node, 0), *(ranks[operand] for operand in node.operands)])
    return ranks


def _kinds(graph: Graph) -> dict[Value, int]:
    """A number for each value: the same for values computed by the same operations from the same kinds of leaves."""
    numbers: dict[Hashable, int] = {}
    kinds: dict[Value, int] = {}
    for node in graph.nodes:
        key = (node.op, *(kinds[operand] for operand in node.operands))
        kinds[node] = numbers.setdefault(key, len(numbers))
    return kinds
