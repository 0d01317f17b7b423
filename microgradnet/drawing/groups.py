"""The views of large graphs: one box for all results of a neuron, or a layer, for any number of samples.

Values are in one group if they are the same computation on the same groups. A neuron's weighted sum and activation are
identified by its parameters' names (`layer0.neuron1.w2`); any other value by its operation, the numbers that belong to
it (an exponent, a slope) and its operands' groups in order. Other plain numbers may be data, such as a target of each
sample, and do not separate values. A chain of additions is one sum.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from microgradnet import ops
from microgradnet._shared.text import counted
from microgradnet._shared.walks import nearest, postorder
from microgradnet.drawing.box import Box, Row
from microgradnet.drawing.diagram import Arrow, Diagram
from microgradnet.graph import Graph
from microgradnet.notation.names import gradient, number
from microgradnet.ops import CONSTANT, PARAMETER
from microgradnet.value import Value

_SUMS = {ops.add, ops.total}
SPREAD = 0.9  # inches between the boxes of two layers, for the many arrows between them


@dataclass(eq=False)
class Group:
    """Values that are drawn as one box.

    Attributes:
        name: that of the neuron, layer, operation or input.
        role: that of its box.
        results: the values, but not a neuron's parameters.
        parameters: how many parameters it holds.
        operations: the names of a neuron's operations, in order.
        uses: the groups that feed it, and how often each is used.
        is_neuron: whether it is a neuron or a layer.
        root: the root of the graph that it holds, if any.
    """

    name: str
    role: str = "operation"
    results: list[Value] = field(default_factory=list)
    parameters: int = 0
    operations: list[str] = field(default_factory=list)
    uses: Counter["Group"] = field(default_factory=Counter)
    is_neuron: bool = False
    root: Value | None = None

    @property
    def operands(self) -> tuple["Group", ...]:
        """The groups that feed this one."""
        return tuple(self.uses)

    @property
    def shown(self) -> Value | None:
        """The value whose numbers its box may show; None if there are many alike."""
        return self.results[0] if len(self.results) == 1 else self.root

    @property
    def numbers(self) -> list[tuple[str, Value]]:
        """The values in its box: "z", "a" and "grad" of a neuron used once, "data" and "grad" of another value."""
        if self.is_neuron and self.results and len(self.results) == len(self.operations):
            return [*zip("za", self.results, strict=False), ("grad", self.results[-1])]
        return [] if self.shown is None else [("data", self.shown), ("grad", self.shown)]


class Groups:
    """The groups of the values of a graph; `by_layer` puts a whole layer into one."""

    def __init__(self, graph: Graph, by_layer: bool) -> None:
        self.by_layer = by_layer
        self._of_key: dict[Hashable, Group] = {}
        self.of: dict[Value, Group] = {}
        order, roots = graph.nodes, graph.roots
        self.size = len(order)
        self._times_used = Counter(operand for node in order for operand in node.operands)
        self._neurons = _neurons(order)
        self._layers = _layers(order, self._neurons)
        self._first_of_name: dict[str, Value] = {}  # the key of the first neuron, or layer, of each name
        for node, (first, _) in self._neurons.items():
            self._first_of_name.setdefault(self._owner(node.label), self._key(first))
        for node in order:
            if node.op is not CONSTANT:
                self.of[node] = self._place(node)
        for node, group in self.of.items():
            if node.op is PARAMETER and group.parameters == 1 and not group.results:  # no neuron's: it is shown itself
                group.name, group.results, group.is_neuron = node.label, [node], False
        self.roots = list(dict.fromkeys(self.of[root] for root in roots if root in self.of))
        for root in roots:
            if root in self.of:
                self.of[root].role, self.of[root].root = "root", root

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
        group = self._neuron_of(node, fed_by) or self._alike(node, fed_by)
        if group.is_neuron and node.op.name not in group.operations:
            group.operations.append(node.op.name)
        group.uses.update(other for other in fed_by if other is not group)
        group.results.append(node)
        return group

    def _place_leaf(self, node: Value) -> Group:
        if node.op is not PARAMETER:
            group = self._group(("input", node.label), node.label or "inputs", "input")
            group.results.append(node)
            return group
        owner = self._owner(node.label)
        key = self._first_of_name.get(owner)
        if node in self._neurons:
            first, name = self._neurons[node]
            key, owner = self._key(first), owner or name
        group = self._group(("owner", owner or node.label, key), owner or node.label or "parameters", "parameter")
        group.parameters += 1
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
        if node.op not in _SUMS:
            of_parameters = all(operand.op in {PARAMETER, CONSTANT} for operand in node.operands)
            parts = tuple(self._part(operand, of_parameters) for operand in node.operands)
            own_numbers = tuple(operand.data for operand in node.operands[len(parts) - node.op.constants :])
            return self._group((node.op, parts, own_numbers), node.op.name)
        for operand in node.operands:  # a + b + c is one sum, unless a + b is used elsewhere too
            if operand.op in _SUMS and self._times_used[operand] == 1:
                return self.of[operand]
        return self._group((ops.total, frozenset(fed_by)), "sum")

    def _part(self, operand: Value, of_parameters: bool) -> Hashable:
        """The key of a value as an operand; operations on parameters alone, p·p say, are one group for each layer."""
        if operand.op is CONSTANT:
            return "constant"
        if of_parameters and operand in self._neurons:
            return self._layers.get(self._neurons[operand][0])
        return self.of[operand]


def _neurons(order: Sequence[Value]) -> dict[Value, tuple[Value, str]]:
    """For each parameter of a neuron: the neuron's first parameter, which identifies it, and a name for want of one."""
    neurons: dict[Value, tuple[Value, str]] = {}
    count = 0
    for node in order:
        if node.op is ops.weighted_sum and (first := node.operands[0]).op is PARAMETER and first not in neurons:
            count += 1
            own = (first, f"neuron {count}")
            neurons.update((operand, own) for operand in node.operands if operand.op is PARAMETER)
    return neurons


def _layers(order: Sequence[Value], neurons: dict[Value, tuple[Value, str]]) -> dict[Value, Value]:
    """From the first parameter of each neuron with a dotted name to that of the first neuron in its layer.

    Neurons of one layer have its name, and feed the same weighted sums or are fed by the same values. Two parameters
    of one name are in two networks, so never in one layer: this separates networks that are fed by one value.
    """
    sums = [node for node in order if node.op is ops.weighted_sum]
    fed: dict[tuple[Value, ...], list[Value]] = {}
    for node in sums:
        half = len(node.operands) // 2
        fed.setdefault(node.operands[half : 2 * half], []).append(node)
    # neurons that may be in one layer, the most certain first
    together = [firsts for values in (*fed, *fed.values(), sums) for firsts in _by_layer_name(values, neurons)]
    # those with a name twice are of several networks, and come last, when the others are assigned
    together.sort(key=lambda firsts: len({first.label for first in firsts}) < len(firsts))
    layers = {first: {first.label: first} for firsts in together for first in firsts}
    for firsts in together:
        for index, first in enumerate(firsts):
            own = layers[first]
            for other in islice(firsts, index):
                if layers[other] is own:
                    break
                if own.keys().isdisjoint(layers[other]):
                    layers[other].update(own)
                    layers.update(dict.fromkeys(own.values(), layers[other]))
                    break
    return {first: next(iter(members.values())) for first, members in layers.items()}


def _by_layer_name(values: Iterable[Value], neurons: dict[Value, tuple[Value, str]]) -> list[list[Value]]:
    """The first parameters of the neurons that computed these values, in a list for each layer's name."""
    found: dict[str, dict[Value, None]] = {}
    for value in values:
        first = _first(value, neurons)
        if first is not None:
            found.setdefault(_layer_name(first), {})[first] = None
    return [list(firsts) for firsts in found.values()]


def _first(value: Value, neurons: dict[Value, tuple[Value, str]]) -> Value | None:
    """The first parameter of the neuron whose weighted sum or activation `value` is, if that has a dotted name."""
    summed = value if value.op is ops.weighted_sum or not value.operands else value.operands[0]
    if summed.op is not ops.weighted_sum or summed.operands[0] not in neurons:
        return None
    first = neurons[summed.operands[0]][0]
    return first if "." in first.label else None


def _layer_name(first: Value) -> str:
    """`layer0` for `layer0.neuron1.w0`; of a layer without a name, whose parameters are `neuron1.w0`, `neuron`."""
    above, _, neuron = first.label.rpartition(".")[0].rpartition(".")
    return above or neuron.rstrip("0123456789")


def draw_groups(groups: Groups, most: int, diagram: Diagram) -> dict[Group, int]:
    """Draw at most `most` of the groups into `diagram`; return the numbers of their boxes."""
    every = postorder(groups.roots)
    drawn = nearest(groups.roots, most)
    boxes = counted(len(every), "box", "boxes")
    if len(drawn) < len(every):
        boxes = f"{len(drawn):,} of {boxes}, those nearest the result"
    has_neurons = groups.has_neurons
    kind = "layer" if groups.by_layer else "neuron"
    each = f"one for each {kind}, one for each step of the rest" if has_neurons else "one for each step"
    diagram.caption = f"{counted(groups.size, 'value')} in {boxes}: {each}"
    diagram.ordered = True
    if has_neurons and not groups.by_layer:
        diagram.spread = SPREAD
    numbers = {group: diagram.add(_box(group, drawn)) for group in every if group in drawn}
    for group, own in numbers.items():
        for other, count in group.uses.items():
            if other in numbers:
                uses = f"{other.name} → {group.name}\nused {counted(count, 'time')}"
                diagram.arrows.append(Arrow(numbers[other], own, f"e{own}_{numbers[other]}", uses))
    return numbers


def _box(group: Group, drawn: set[Group]) -> Box:
    """The box of a group: the numbers of a single computation, or how many computations it stands for."""
    shown = group.shown
    named = shown is not None and shown.label not in {"", group.name}
    rows: list[Row] = [f"{shown.label} = {group.name}" if shown is not None and named else group.name]
    if group.is_neuron or group.parameters > 1:
        rows.append(counted(group.parameters, "parameter"))
    rows += [(word, gradient(value) if word == "grad" else number(value.data)) for word, value in group.numbers]
    if len(group.results) > max(1, len(group.operations)) and group.results[0].op is not PARAMETER:
        rows.append(f"{len(group.results):,} values")
    if missing := sum(other not in drawn for other in group.uses):
        rows.append(f"… {counted(missing, 'operand')} not drawn")
    role = "parameter" if group.is_neuron and group.role == "operation" else group.role
    lines = [row if isinstance(row, str) else " ".join(row) for row in rows]
    if group.operations:
        lines.append(" → ".join(group.operations))
    return Box(rows, role, "\n".join(lines))
