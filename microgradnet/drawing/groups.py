"""The views of large graphs: one box for all results of a neuron, or a layer, for any number of samples.

Values are in one group if they are the same computation on the same groups. A neuron's weighted sum and activation are
identified by its parameters' names (`layer0.neuron1.w2`); any other value by its operation, the numbers that belong to
it (an exponent, a slope) and its operands' groups in order. Other plain numbers may be data, such as a target of each
sample, and do not separate values. A chain of additions is one sum; a sum of squares of parameters and its factor are
one L2 penalty; and inputs named alike, x0 to x19, are one box if they are many.
"""

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field

from microgradnet import ops
from microgradnet.drawing.layer_names import layers_of, neurons_of
from microgradnet.drawing.penalties import penalties
from microgradnet.drawing.repeats import SUMS
from microgradnet.graph import Graph
from microgradnet.notation.names import Namer
from microgradnet.ops import CONSTANT, INPUT, PARAMETER
from microgradnet.value import Value

WIDEST_CHAIN = 40  # characters
MOST_INPUTS = 8  # of one name and a number, with a box each
_NUMBERED = re.compile(r"(.*?)([0-9]+|[₀-₉]+)", re.DOTALL)
_DIGITS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


@dataclass(eq=False)
class Group:
    """Values that are drawn as one box.

    Attributes:
        name: that of the neuron, layer, operation or input.
        role: that of its box.
        results: the values, but not a neuron's parameters.
        parameters: those that it holds.
        operations: the names of a neuron's operations, in order.
        uses: the groups that feed it, and how often each is used.
        is_neuron: whether it is a neuron or a layer.
        top: the value among many whose numbers are its own: the root of the graph, or that of a penalty.
    """

    name: str
    role: str = "operation"
    results: list[Value] = field(default_factory=list)
    parameters: list[Value] = field(default_factory=list)
    operations: list[str] = field(default_factory=list)
    uses: Counter["Group"] = field(default_factory=Counter)
    is_neuron: bool = False
    top: Value | None = None

    @property
    def operands(self) -> tuple["Group", ...]:
        """The groups that feed this one."""
        return tuple(self.uses)

    @property
    def shown(self) -> Value | None:
        """The value whose numbers its box may show; None if there are many alike."""
        if self.top is None and not self.is_neuron and len(self.last) == 1:  # a chain of additions
            return self.last[0]
        return self.results[0] if len(self.results) == 1 else self.top

    @property
    def is_many(self) -> bool:
        """Whether it stands for more values than its box can show."""
        return len(self.results) > max(1, len(self.operations)) and self.results[0].op is not PARAMETER

    @property
    def last(self) -> list[Value]:
        """The results that are used outside, or are roots."""
        inside = {operand for value in self.results for operand in value.operands}
        return [value for value in self.results if value not in inside]

    def follows(self, other: "Group") -> bool:
        """Whether it is one operation on each of the many values of another."""
        both = (self, other)
        if any(
            group.is_neuron or group.role != "operation" or group.top is not None or not group.is_many for group in both
        ):
            return False
        return len(self.last) == len(other.last) == self.uses[other] and len(self.name + other.name) <= WIDEST_CHAIN

    @property
    def numbers(self) -> list[tuple[str, Value]]:
        """The values in its box: "z", "a" and "grad" of a neuron used once, "data" and "grad" of another value."""
        if self.is_neuron and self.results and len(self.results) == len(self.operations):
            return [*zip("za", self.results, strict=False), ("grad", self.results[-1])]
        shown = self.shown
        return [] if shown is None else [("data", shown), ("grad", shown)]


class Groups:
    """The groups of the values of a graph, with their names in formulas; `by_layer` puts a whole layer into one.

    With `some`, in topological order, they are of these values alone.
    """

    def __init__(self, graph: Graph, by_layer: bool, namer: Namer, some: Sequence[Value] | None = None) -> None:
        self.by_layer, self.namer = by_layer, namer
        self._of_key: dict[Hashable, Group] = {}
        self.of: dict[Value, Group] = {}
        order, roots = graph.nodes if some is None else some, graph.roots
        self.size = len(order)
        self._times_used = Counter(operand for node in order for operand in node.operands)
        self._neurons = neurons_of(order)
        self._layers = layers_of(order, self._neurons)
        self._penalties = penalties(graph)
        self._series = _series(node for node in order if node.op is INPUT)
        self._first_of_name: dict[str, Value] = {}  # the key of the first neuron, or layer, of each name
        for node, (first, _) in self._neurons.items():
            self._first_of_name.setdefault(self._owner(node.label), self._key(first))
        for node in order:
            if node.op is not CONSTANT:
                self.of[node] = self._place(node)
        for node, group in self.of.items():
            is_alone = len(group.parameters) == 1 and not group.results
            if node.op is PARAMETER and is_alone:  # no neuron's: it is shown itself
                group.name, group.results, group.is_neuron = node.label, [node], False
        self.roots = list(dict.fromkeys(self.of[root] for root in roots if root in self.of))
        for root in roots:
            if root in self.of:
                self.of[root].role, self.of[root].top = "root", root
        self._chain()

    @property
    def arrows(self) -> int:
        """How many arrows there are between them."""
        return sum(len(group.uses) for group in self._of_key.values())

    @property
    def has_neurons(self) -> bool:
        """Whether any of them is a neuron or a layer."""
        return any(group.is_neuron for group in self._of_key.values())

    def __len__(self) -> int:
        return len(self._of_key)

    def _group(self, key: Hashable, name: str, role: str = "operation") -> Group:
        return self._of_key.setdefault(key, Group(name, role))

    def _place(self, node: Value) -> Group:
        """The group of `node`; its operands are in theirs already."""
        if not node.operands:
            return self._place_leaf(node)
        fed_by = [self.of[operand] for operand in node.operands if operand in self.of]
        group = self._penalty_of(node) or self._neuron_of(node, fed_by) or self._alike(node, fed_by)
        if group.is_neuron and node.op.name not in group.operations:
            group.operations.append(node.op.name)
        group.uses.update(other for other in fed_by if other is not group)
        group.results.append(node)
        return group

    def _place_leaf(self, node: Value) -> Group:
        if node.op is not PARAMETER:
            name = self._series.get(node, node.label)
            group = self._group(("input", name), name or "inputs", "input")
            group.results.append(node)
            return group
        owner = self._owner(node.label)
        key = self._first_of_name.get(owner)
        if node in self._neurons:
            first, name = self._neurons[node]
            key, owner = self._key(first), owner or name
        group = self._group(("owner", owner or node.label, key), owner or node.label or "parameters", "parameter")
        group.parameters.append(node)
        group.is_neuron = bool(owner)
        if not owner:
            group.results.append(node)
        return group

    def _owner(self, label: str) -> str:
        """The neuron, or layer, that a parameter's label names; "" for a label without a dot."""
        parts = label.split(".")[:-1]
        return ".".join(parts[:-1] if self.by_layer and len(parts) > 1 else parts)

    def _key(self, first: Value) -> Value:
        """The key of the neuron with this first parameter, or of its layer: a first parameter, too."""
        return self._layers.get(first, first) if self.by_layer else first

    def _chain(self) -> None:
        """Put operations on the same many values, one after the other, into one group: `multiply → sum → relu`."""
        users = Counter(other for group in self._of_key.values() for other in group.uses)
        keys = {group: key for key, group in self._of_key.items()}
        for group in keys:
            before = next(iter(group.uses), None)
            if before is None or len(group.uses) != 1 or users[before] != 1 or not group.follows(before):
                continue
            del self._of_key[keys[before]]
            group.name, group.uses = f"{before.name} → {group.name}", before.uses
            group.results = [*before.results, *group.results]
            self.of.update(dict.fromkeys(before.results, group))

    def _penalty_of(self, node: Value) -> Group | None:
        """The L2 penalty that `node` is, or a part of."""
        if node not in self._penalties:
            return None
        top = self._penalties[node]
        group = self._group(("penalty", top), "L2 penalty" if self._times_used[top] else "sum of squares")
        group.top = top
        return group

    def _neuron_of(self, node: Value, fed_by: list[Group]) -> Group | None:
        """The neuron whose weighted sum or activation `node` is."""
        first = node.operands[0]
        if node.op is ops.weighted_sum:
            return fed_by[0] if first.op is PARAMETER and fed_by[0].is_neuron else None
        if node.op.activation and first.op is ops.weighted_sum and self.of[first].is_neuron:
            return self.of[first]
        return None

    def _alike(self, node: Value, fed_by: list[Group]) -> Group:
        """The group of the values computed as `node` was."""
        if node.op not in SUMS:
            of_parameters = all(operand.op in {PARAMETER, CONSTANT} for operand in node.operands)
            parts = tuple(self._part(operand, of_parameters) for operand in node.operands)
            own_numbers = tuple(operand.data for operand in node.operands[len(parts) - node.op.constants :])
            return self._group((node.op, parts, own_numbers), node.op.name)
        for operand in node.operands:  # a + b + c is one sum, unless a + b is used elsewhere too
            if operand.op in SUMS and self._times_used[operand] == 1:
                return self.of[operand]
        return self._group((ops.total, frozenset(fed_by)), "sum")

    def _part(self, operand: Value, of_parameters: bool) -> Hashable:
        """The key of a value as an operand; operations on parameters alone, p·p say, are one group for each layer."""
        if operand.op is CONSTANT:
            return "constant"
        if of_parameters and operand in self._neurons:
            return self._layers.get(self._neurons[operand][0])
        return self.of[operand]


def _series(inputs: Iterable[Value]) -> dict[Value, str]:
    """The names of inputs that are many of one name and a number: `x0 … x19`."""
    of_stem: dict[str, dict[int, list[Value]]] = {}
    for value in inputs:
        if numbered := _NUMBERED.fullmatch(value.label):
            number = int(numbered[2].translate(_DIGITS))
            of_stem.setdefault(numbered[1], {}).setdefault(number, []).append(value)
    many = [numbers for numbers in of_stem.values() if len(numbers) > MOST_INPUTS]
    return {
        value: f"{numbers[min(numbers)][0].label} … {numbers[max(numbers)][0].label}"
        for numbers in many
        for values in numbers.values()
        for value in values
    }
