"""The views of large graphs: one box for all that a neuron, or a layer, computed, however many samples went through it.

Values fall into one group when they are the same computation on the same groups. A neuron's weighted sum and its
activation are known by its parameters' names (`layer0.neuron1.w2`); everything else by its operation and its
operands' groups, and a chain of additions is one sum.
"""

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, field

from microgradnet.drawing.diagram import Arrow, Box, Diagram
from microgradnet.graph import nearest, topological_order
from microgradnet.naming import gradient, number
from microgradnet.ops import ADD, CONSTANT, PARAMETER, TABLE, TOTAL, WEIGHTED_SUM, activations
from microgradnet.value import Value

_ACTIVATIONS = {row for row in TABLE.values() if row.value.__module__ == activations.__name__} | {TABLE["tanh"]}

_SUMS = {ADD, TOTAL}


@dataclass(eq=False)
class Group:
    """Values that are drawn as one box. `operands` are the groups they were computed from."""

    name: str
    role: str = "operation"
    results: list[Value] = field(default_factory=list)
    parameters: int = 0
    what: list[str] = field(default_factory=list)
    uses: dict["Group", int] = field(default_factory=dict)
    is_neuron: bool = False
    root: Value | None = None

    @property
    def operands(self) -> tuple["Group", ...]:
        """The groups that feed this one."""
        return tuple(self.uses)


class Groups:
    """The groups of the values below `roots`; `by_layer` puts a whole layer into one."""

    def __init__(self, roots: list[Value], by_layer: bool) -> None:
        self.by_layer = by_layer
        self._of_key: dict[Hashable, Group] = {}
        self.of: dict[Value, Group] = {}
        order = topological_order(*roots)
        self.size = len(order)
        self._times_used = Counter(operand for node in order for operand in node.operands)
        self._neurons = _neurons(order)
        for node in order:
            if node.op is not CONSTANT:
                self.of[node] = self._place(node)
        self.roots = list(dict.fromkeys(self.of[root] for root in roots if root in self.of))
        for root in roots:
            if root in self.of:
                self.of[root].role, self.of[root].root = "root", root

    def __len__(self) -> int:
        return len(self._of_key)

    def _group(self, key: Hashable, name: str, role: str = "operation") -> Group:
        if key not in self._of_key:
            self._of_key[key] = Group(name, role)
        return self._of_key[key]

    def _place(self, node: Value) -> Group:
        """The group of `node`, whose operands have theirs already."""
        if not node.operands:
            return self._place_leaf(node)
        fed_by = [self.of[operand] for operand in node.operands if operand in self.of]
        group = self._neuron_of(node, fed_by) or self._alike(node, fed_by)
        if group.is_neuron and node.op.name not in group.what:
            group.what.append(node.op.name)
        for other in fed_by:
            if other is not group:
                group.uses[other] = group.uses.get(other, 0) + 1
        group.results.append(node)
        return group

    def _place_leaf(self, node: Value) -> Group:
        if node.op is not PARAMETER:
            group = self._group(("input", node.label), node.label or "inputs", "input")
            group.results.append(node)
            return group
        first, name = self._neurons.get(node, (None, ""))
        owner = self._owner(node.label) or name
        if self.by_layer and "." in node.label:
            first = None  # a layer has many
        group = self._group(("owner", owner or node.label, first), owner or node.label, "parameter")
        group.parameters += 1
        group.is_neuron = bool(owner)
        if not owner:
            group.results.append(node)
        return group

    def _owner(self, label: str) -> str:
        """The neuron, or layer, that a parameter's label names; "" for a label without a dot."""
        parts = label.split(".")[:-1]
        return ".".join(parts[:-1] if self.by_layer and len(parts) > 1 else parts)

    def _neuron_of(self, node: Value, fed_by: list[Group]) -> Group | None:
        """The neuron whose weighted sum or activation `node` is."""
        first = node.operands[0]
        if node.op is WEIGHTED_SUM:
            return fed_by[0] if first.op is PARAMETER and fed_by[0].is_neuron else None
        if node.op in _ACTIVATIONS and first.op is WEIGHTED_SUM and self.of[first].is_neuron:
            return self.of[first]
        return None

    def _alike(self, node: Value, fed_by: list[Group]) -> Group:
        """The group of the values computed as `node` was."""
        if node.op not in _SUMS:
            return self._group((node.op, tuple(fed_by)), node.op.name)
        for operand in node.operands:  # a + b + c is one sum, unless a + b is used elsewhere too
            if operand.op in _SUMS and self._times_used[operand] == 1:
                return self.of[operand]
        return self._group((TOTAL, frozenset(fed_by)), "sum")


def _neurons(order: list[Value]) -> dict[Value, tuple[Value, str]]:
    """For each parameter of a weighted sum the first one, by which the neuron is known, and a name if it has none."""
    neurons: dict[Value, tuple[Value, str]] = {}
    for node in order:
        first = node.operands[0] if node.op is WEIGHTED_SUM else node
        if first is not node and first.op is PARAMETER and first not in neurons:
            name = f"neuron {len({first for first, _ in neurons.values()}) + 1}"
            neurons.update((operand, (first, name)) for operand in node.operands if operand.op is PARAMETER)
    return neurons


class GroupsView:
    """Builds the diagram of groups, at most `most` of them."""

    def __init__(self, groups: Groups, most: int, diagram: Diagram) -> None:
        every = topological_order(*groups.roots)
        drawn = nearest(groups.roots, most)
        kind = "layer" if groups.by_layer else "neuron"
        boxes = f"{len(drawn):,} of {len(every):,} boxes, those nearest the result" if len(drawn) < len(every) else (
            f"{len(every):,} boxes"
        )  # fmt: skip
        diagram.caption = f"{groups.size:,} values in {boxes}: one for each {kind}, one for each step of the rest"
        numbers = {group: diagram.add(_box(group, drawn)) for group in every if group in drawn}
        for group, own in numbers.items():
            for other, count in group.uses.items():
                if other in numbers:
                    uses = f"{other.name} → {group.name}\nused {count:,} times"
                    diagram.arrows.append(Arrow(numbers[other], own, f"e{own}_{numbers[other]}", uses))


def _box(group: Group, drawn: set[Group]) -> Box:
    """A single computation shows its numbers, many alike show how many they are."""
    rows = [group.name]
    shown = group.results[0] if len(group.results) == 1 else group.root  # a Value has no truth, so no `or`
    if shown is not None and shown.label not in {"", group.name}:
        rows = [f"{shown.label} = {group.name}"]
    if group.is_neuron:
        rows.append(f"{group.parameters:,} parameters")
    if group.is_neuron and group.results and len(group.results) == len(group.what):
        rows += [f"{name} {number(value.data)}" for name, value in zip("za", group.results, strict=False)]
        rows.append(f"grad {gradient(group.results[-1])}")
    elif shown is not None:
        rows += [f"data {number(shown.data)}", f"grad {gradient(shown)}"]
    if len(group.results) > max(1, len(group.what)):
        rows.append(f"{len(group.results):,} values")
    if missing := sum(other not in drawn for other in group.uses):
        rows.append(f"… {missing} operands not drawn")
    role = "parameter" if group.is_neuron and group.role == "operation" else group.role
    done = " → ".join(group.what)
    return Box(rows, role, "\n".join([*rows, done]) if done else "\n".join(rows))
