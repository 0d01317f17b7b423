"""The pictures of a page and the place of each value in them: its box, the rows of its numbers, its arrows."""

from collections.abc import Mapping

from microgradnet.drawing.diagram import Diagram
from microgradnet.drawing.groups import Group, Groups, draw_groups
from microgradnet.drawing.ops_view import OpsView
from microgradnet.drawing.picture import Picture
from microgradnet.errors import ProviderError
from microgradnet.graph import Graph
from microgradnet.notation.names import Namer
from microgradnet.value import Value

MOST_VALUES = 600  # with a box each: more make the page large and slow
MOST_BOXES = 200  # for neurons, layers and operations: laying out more takes minutes
ROOM = 10  # characters, for −1.234e−05


class View:
    """A picture, and for each value its box, the rows of its numbers and the arrows into it."""

    def __init__(self, diagram: Diagram, title: str = "") -> None:
        self.picture = Picture(diagram.to_dot(), title)
        self.boxes: dict[Value, int] = {}
        self.rows: list[tuple[int, int, str, Value]] = []  # box, row, "data" or "grad", value
        self.arrows: dict[tuple[Value, int], str] = {}
        self.clusters: list[list[int]] = [boxes for _, boxes in diagram.clusters]


def views_of(graph: Graph) -> dict[str, View]:
    """The views of the graph: operations unless there are too many; neurons and layers if it has any."""
    neurons, layers = Groups(graph, by_layer=False), Groups(graph, by_layer=True)
    has_neurons = any(group.is_neuron for group in neurons.of.values())
    views = {"operations": _operations(graph, neurons)} if len(graph) <= MOST_VALUES else {}
    if has_neurons or not views:
        views["neurons"] = _grouped(neurons)
    if has_neurons:
        views["layers"] = _grouped(layers)
    return views


def _operations(graph: Graph, neurons: Groups) -> View:
    """A box for each value; the values of a neuron are in a frame that can be collapsed."""
    diagram = Diagram(room=ROOM)
    namer = Namer(graph.nodes, for_equations=True)
    drawn = OpsView(graph, MOST_VALUES, diagram, namer=namer)
    members: dict[Group, list[int]] = {}
    for node in graph.nodes:
        group = neurons.of.get(node)
        if group is not None and group.operations:  # a neuron, and not only parameters named as one
            members.setdefault(group, []).append(drawn.numbers[node])
    diagram.clusters = [(group.name, boxes) for group, boxes in members.items()]
    view = View(diagram)
    try:
        view.picture.svg  # noqa: B018  # laid out now
    except ProviderError:  # Graphviz may lose an arrow between frames, and then draws nothing
        diagram.clusters = []
        view = View(diagram)
    for node, number in drawn.numbers.items():
        view.boxes[node] = number
        view.rows += _rows(diagram, number, {"data": node, "grad": node})
        for position in range(len(node.operands)):
            view.arrows[node, position] = f"e{number}_{position}"
    return view


def _grouped(groups: Groups) -> View:
    """A box for each neuron or layer, and for each other operation."""
    diagram = Diagram(room=ROOM)
    numbers = draw_groups(groups, MOST_BOXES, diagram)
    view = View(diagram)
    for node, group in groups.of.items():
        if group in numbers:
            view.boxes[node] = numbers[group]
    for group, number in numbers.items():
        view.rows += _rows(diagram, number, dict(group.numbers))
    for node, number in view.boxes.items():
        for position, operand in enumerate(node.operands):
            if view.boxes.get(operand, number) != number:
                view.arrows[node, position] = f"e{number}_{view.boxes[operand]}"
    return view


def _rows(diagram: Diagram, number: int, whose: Mapping[str, Value]) -> list[tuple[int, int, str, Value]]:
    """The rows of box `number` that show these values, matched by the first word of a row."""
    found = []
    for index, row in enumerate(diagram.boxes[number].rows):
        if index and not isinstance(row, str) and row[0] in whose:
            found.append((number, index, "grad" if row[0] == "grad" else "data", whose[row[0]]))
    return found
