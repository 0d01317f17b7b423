"""Where each value of a compact picture stands: in a formula, as a chip, on a card, or in a run that is folded."""

from collections.abc import Collection, Hashable, Iterator, Sequence
from itertools import pairwise

from microgradnet import ops
from microgradnet.drawing.repeats import SUMS
from microgradnet.graph import Graph
from microgradnet.ops import CONSTANT, PARAMETER
from microgradnet.value import Value

MOST_STACKED = 6  # values on one card
MOST_CHIPS = 8  # of one value, and one more in place of the line that says how many are missing
LONGEST_PERIOD = 6  # operations that are repeated in turn
SHORTEST_RUN = 4  # functions in a row, or terms of a sum, from which on they are folded


class Placing:
    """The places of the values of a compact picture.

    A constant without a name stands in the formulas that use it. Any other leaf that one value uses is a chip docked
    to that value. A parameter that several values use is docked to each of them: it belongs to its neuron, and its
    arrows would cross the whole picture; so is an input that only neurons use, if there is room for all chips of each.
    Any other input that several values use has a box, and an arrow to each.

    A value stands on the card of its operand if it alone uses that, and has no other operand with a box or a card; an
    activation ends a card. So a neuron's weighted sum and its activation are one card. A run of one operation, or of a
    few in turn, is folded into its last value.

    Args:
        graph: the values.
        drawn: those that are in the picture.
        compact: whether the picture is compact; in any other each value has a box.
    """

    def __init__(self, graph: Graph, drawn: Collection[Value], compact: bool) -> None:
        self.is_compact = compact
        self._roots, self._drawn = set(graph.roots), drawn
        uses = graph.uses.items() if compact else ()
        self._users = {node: dict.fromkeys(user for user, _ in of if user in drawn) for node, of in uses}
        self.stacked: dict[Value, Value] = {}
        """From each value that stands on the card of an operand to that operand."""
        self.folded: dict[Value, Value] = {}
        """From each value of a run, except the last, to the next."""
        self.periods: dict[Value, int] = {}
        """How many operations are repeated in a run of several in turn, from its last value."""
        self._runs: dict[Value, list[Value]] = {}
        computed = [node for node in graph.computed if compact and node in drawn]
        for node in computed:
            self._extend_run(node)
        self._runs |= self._cycles(computed)
        self._fold()
        heights: dict[Value, int] = {}
        for node in computed:
            heights[node] = 1
            below = self._below(node)
            if below is not None and heights[below] < MOST_STACKED and node not in self.folded:
                self.stacked[node], heights[node] = below, heights[below] + 1

    def is_in_formula(self, node: Value) -> bool:
        """Whether it is a number in the formulas that use it, without a place of its own."""
        return self.is_compact and node.op is CONSTANT and not node.label and node not in self._roots

    def is_docked(self, node: Value) -> bool:
        """Whether it is a chip of the value, or the values, that use it."""
        if not self.is_compact or node.operands or node in self._roots or self.is_in_formula(node):
            return False
        users = self._users[node]
        return bool(users) and (node.op is PARAMETER or len(users) == 1 or all(map(_is_small_neuron, users)))

    @property
    def count(self) -> int:
        """How many values are drawn; those of a run, and the numbers in it, count as one."""
        in_runs = {*self.folded, *self._runs}
        numbers = sum(self.is_in_formula(node) and in_runs.issuperset(self._users[node]) for node in self._drawn)
        return len(self._drawn) - len(self.folded) - numbers * bool(in_runs)

    def run_of(self, node: Value) -> list[Value]:
        """The values that are folded into this one, which comes last; itself alone if there is no run."""
        return self._runs.get(node, [node])

    def uses_of(self, node: Value) -> list[tuple[Value, int]]:
        """The uses of operands from outside by a value and those folded into it: (user, position of the operand)."""
        run = self.run_of(node)
        inside = set(run)
        return [
            (user, position) for user in run for position, operand in enumerate(user.operands) if operand not in inside
        ]

    def chips_of(self, node: Value) -> dict[Value, list[tuple[Value, int]]]:
        """The chips docked to a value, in order, and the uses that each stands for."""
        chips: dict[Value, list[tuple[Value, int]]] = {}
        for user, position in self.uses_of(node):
            if user.operands[position] in self._drawn and self.is_docked(user.operands[position]):
                chips.setdefault(user.operands[position], []).append((user, position))
        return chips

    def shown_chips_of(self, node: Value) -> dict[Value, list[tuple[Value, int]]]:
        """The chips that are drawn: of many, the first and the last, as in a sum with "…"; the last may be a bias."""
        chips = [*self.chips_of(node).items()]
        if len(chips) > MOST_CHIPS + 1:
            del chips[MOST_CHIPS - 1 : -1]
        return dict(chips)

    def _is_own(self, operand: Value, node: Value) -> bool:
        """Whether `node` is all that a computed operand is for."""
        return bool(operand.operands) and operand not in self._roots and list(self._users[operand]) == [node]

    def _extend_run(self, node: Value) -> None:
        """Note the run that ends at `node`: of a function of one value, or of a sum."""
        for operand in node.operands:
            if operand not in self._drawn or not self._is_own(operand, node) or operand.label:
                continue
            if self._kind(node) == self._kind(operand):
                run = self._runs[node] = self._runs.pop(operand, [operand])
                run.append(node)
                return

    def _kind(self, node: Value) -> Hashable:
        """The same for operations that can be in one run: all sums, and functions of one value and the same numbers."""
        if node.op in SUMS:
            return "sum"
        others = node.operands[1:]
        return (node.op, *[other.data for other in others]) if all(map(self.is_in_formula, others)) else node

    def _cycles(self, computed: Sequence[Value]) -> dict[Value, list[Value]]:
        """Runs of a few operations in turn, each of the one before and of the same leaves: tanh(w·…), 500 times."""
        chains: dict[Value, list[Value]] = {}
        for node in computed:
            before = self.before(node)
            if before is not None:
                is_next = self._is_own(before, node) and not before.label
                chain = chains[node] = chains.pop(before, []) if is_next else []
                chain.append(node)
        found: dict[Value, list[Value]] = {}
        for chain in chains.values():
            kinds = [(node.op, *(self._part(operand, node) for operand in node.operands)) for node in chain]
            for start, period, times in cycles(kinds):
                run = chain[start : start + period * times]
                found[run[-1]] = run
                self.periods[run[-1]] = period
        return found

    def before(self, node: Value) -> Value | None:
        """The operand that an operation on one value and leaves continues; None if it has several such operands."""
        variables = [operand for operand in node.operands if not self.is_in_formula(operand)]
        computed = [operand for operand in variables if operand.operands] or variables
        return computed[0] if len(computed) == 1 else None

    def _part(self, operand: Value, node: Value) -> Hashable:
        """What an operand contributes to the kind of a step: its number, itself as a leaf, or nothing."""
        if self.is_in_formula(operand):
            return operand.data
        return None if operand is self.before(node) else operand

    def _fold(self) -> None:
        self._runs = {node: run for node, run in self._runs.items() if len(run) + (node.op in SUMS) >= SHORTEST_RUN}
        for run in self._runs.values():
            self.folded.update(pairwise(run))

    def _below(self, node: Value) -> Value | None:
        """The operand on whose card a value stands."""
        with_place = {
            operand
            for user, position in self.uses_of(node)
            if not self.is_in_formula(operand := user.operands[position]) and not self.is_docked(operand)
        }
        if len(with_place) != 1:
            return None
        (operand,) = with_place
        is_open = operand in self._drawn and not operand.op.activation
        return operand if is_open and self._is_own(operand, self.run_of(node)[0]) else None


def _is_small_neuron(node: Value) -> bool:
    """Whether all operands of a weighted sum can be chips."""
    return node.op is ops.weighted_sum and len(node.operands) <= MOST_CHIPS


def cycles(kinds: Sequence[Hashable]) -> Iterator[tuple[int, int, int]]:
    """Where two or more items follow each other in turn at least `SHORTEST_RUN` times: (start, period, times).

    >>> list(cycles("abcbcbcbcd"))
    [(1, 2, 4)]
    """
    start = 0
    while start < len(kinds):
        best = 1, 1
        for period in range(2, LONGEST_PERIOD + 1):
            body, times = kinds[start : start + period], 1
            while kinds[start + times * period : start + (times + 1) * period] == body:
                times += 1
            if len(set(body)) > 1 and times >= SHORTEST_RUN and period * times > best[0] * best[1]:
                best = period, times
        if best != (1, 1):
            yield start, *best
        start += best[0] * best[1]
