"""The pictures of a page, and where in them each value is: its box, the rows of its numbers, the arrows into it."""

import re
from collections.abc import Mapping

from microgradnet.drawing.diagram import Diagram
from microgradnet.drawing.groups import Group, Groups, GroupsView
from microgradnet.drawing.ops_view import OpsView
from microgradnet.drawing.picture import Picture
from microgradnet.graph import walk
from microgradnet.notation.names import Namer
from microgradnet.value import Value

MOST_VALUES = 600  # that a page shows one by one: more make it large and slow
MOST_BOXES = 200  # of neurons, layers and steps: where a graph has none of the former, laying out more takes minutes
_NUMBER_ROW = re.compile(r"(?<=\|)(data|grad|[za]) ([^|\\\"]{1,10})(?=\\l)")
ROOM = 10  # characters, for −1.234e−05


class View:
    """A picture, and where in it the page finds each value: its box, its numbers' rows, the arrows into it."""

    def __init__(self, diagram: Diagram, title: str = "") -> None:
        dot = _NUMBER_ROW.sub(lambda row: f"{row[1]} {row[2].ljust(ROOM, chr(0xA0))}", diagram.to_dot())
        self.picture = Picture(dot, title)
        self.boxes: dict[Value, int] = {}
        self.rows: list[tuple[int, int, str, Value]] = []  # box, row, "data" or "grad", whose
        self.arrows: dict[tuple[Value, int], str] = {}
        self.clusters: list[list[int]] = [boxes for _, boxes in diagram.clusters]


def views_of(root: Value, count: int) -> dict[str, View]:
    """The views of the graph: operations unless there are too many, neurons and layers where there are any."""
    neurons, layers = Groups([root], by_layer=False), Groups([root], by_layer=True)
    has_neurons = any(group.is_neuron for group in neurons.of.values())
    views = {"operations": _operations(root, neurons)} if count <= MOST_VALUES else {}
    if has_neurons or not views:
        views["neurons"] = _grouped(root, neurons)
    if has_neurons:
        views["layers"] = _grouped(root, layers)
    return views


def _operations(root: Value, neurons: Groups) -> View:
    """Every value, those of one neuron in a frame that can be closed."""
    diagram = Diagram()
    leaves, computed = walk(root)
    namer = Namer(leaves + computed, for_equations=True)
    drawn = OpsView([root], MOST_VALUES, False, False, diagram, namer=namer)
    members: dict[Group, list[int]] = {}
    for node in (*leaves, *computed):
        group = neurons.of.get(node)
        if group is not None and group.is_neuron:
            members.setdefault(group, []).append(drawn.numbers[node])
    diagram.clusters = [(group.name, boxes) for group, boxes in members.items()]
    view = View(diagram)
    for node, number in drawn.numbers.items():
        view.boxes[node] = number
        view.rows += _rows(diagram, number, {"data": node, "grad": node})
        for position in range(len(node.operands)):
            view.arrows[node, position] = f"e{number}_{position}"
    return view


def _grouped(root: Value, groups: Groups) -> View:
    """A box for each neuron, or layer, and for each step of the rest."""
    diagram = Diagram()
    drawn = GroupsView(groups, MOST_BOXES, diagram)
    view = View(diagram)
    for node, group in groups.of.items():
        if group in drawn.numbers:
            view.boxes[node] = drawn.numbers[group]
    for group, number in drawn.numbers.items():
        shown = group.results[0] if len(group.results) == 1 else group.root
        whose = {"data": shown, "grad": group.results[-1] if group.is_neuron and group.results else shown}
        if group.is_neuron and len(group.results) == len(group.what):
            whose |= dict(zip("za", group.results, strict=False))
        view.rows += _rows(diagram, number, {key: value for key, value in whose.items() if value is not None})
    for node, number in view.boxes.items():
        for position, operand in enumerate(node.operands):
            if view.boxes.get(operand, number) != number:
                view.arrows[node, position] = f"e{number}_{view.boxes[operand]}"
    return view


def _rows(diagram: Diagram, number: int, whose: Mapping[str, Value]) -> list[tuple[int, int, str, Value]]:
    """Where in box `number` the numbers of these values stand, by what their rows begin with."""
    found = []
    for index, row in enumerate(diagram.boxes[number].rows):
        word = row.partition(" ")[0]
        if index and word in whose:
            found.append((number, index, "grad" if word == "grad" else "data", whose[word]))
    return found
