"""The pictures of a page and the place of each value in them: its box, the rows of its numbers, its arrows."""

import textwrap
from collections.abc import Sequence
from operator import itemgetter

from microgradnet.drawing.box import ADVANCE, INCH, TEXT_SIZE, Cell
from microgradnet.drawing.card import LINE
from microgradnet.drawing.diagram import Diagram
from microgradnet.drawing.fit import WIDEST, extent_of, fits, scale_to
from microgradnet.drawing.graph_view import HANDFUL
from microgradnet.drawing.group_boxes import draw_groups, has_weights
from microgradnet.drawing.groups import Groups
from microgradnet.drawing.ops_view import OpsView, Use, known_derivatives
from microgradnet.drawing.picture import Picture
from microgradnet.drawing.repeats import Repeats
from microgradnet.graph import Graph
from microgradnet.notation.names import Namer
from microgradnet.notation.names import number as formatted
from microgradnet.stepping.samples import sample_of
from microgradnet.value import Value

MOST_VALUES = 600  # with a box each: more make the page large and slow
MOST_BOXES = 200  # for neurons, layers and operations: laying out more takes minutes
ROOM = 10  # characters, for −1.234e−05
TIGHT = 7  # characters, for −0.1234; the page condenses a longer number
MOST_LAID_OUT_TWICE = 200  # values: of more, one direction is laid out
MOST_LAYERS_TWICE = 30  # boxes of layers
CAPTION = 40  # characters of a line at least: a picture that runs down is narrow
CHARACTER = 8.4  # points, of a caption
CLOSE = 0.08  # inches between boxes, where a neuron is a line
GAP, WIDE_GAP = 0.75, 1.0  # inches between ranks, for pills; the wide one where all arrows are drawn, across
ROUND_PILL = 16.5  # points of a pill, and between it and two boxes, besides its characters
BETWEEN = 0.33  # inches between cards of a rank: as high as a pill
DOWN, LAYERS_DOWN = "operations, down", "layers, down"
PHONE, LAPTOP = (370, 395), (900, 470)  # CSS pixels: the room for a picture
MUCH = 1.1  # times as large
ROOMIER = 1.25  # times as large must chips be without room for local derivatives, to be preferred
FEWER = 2 / 3  # of the values at most are left where folding makes a picture that is easier to read
LEGIBLE = 10.5 / 14  # of the size that is drawn: text of 10.5 pixels
SCROLLED = 10 / 13  # of the size that is drawn: text of 10 pixels, with which the page scrolls a larger picture
AS_DRAWN = 0.95  # of the size that is drawn, or larger: hardly smaller
NEAR = 0.08  # inches between cards, on a phone


class View:
    """A picture, and for each value its box, the rows of its numbers and the arrows into it.

    A value written in a formula has no box, nor has one of a term that is left out, of which `note` tells. A leaf that
    is docked to several values has a chip for each of its uses.
    """

    note = ""

    def __init__(self, diagram: Diagram, title: str = "") -> None:
        self.picture = Picture(diagram.to_dot(), title)
        self.has_touching = any(len(card) > 1 for card in diagram.cards)
        self.boxes: dict[Value, int] = {}
        self.rows: list[tuple[int, int, str, Value, str]] = []  # box, row, "data" or "grad", value, the word before it
        self.arrows: dict[Use, str] = {}
        self.chips: dict[Use, int] = {}


def views_of(graph: Graph, fitted: bool = False) -> dict[str, View]:
    """The views of the graph: operations unless they are too many; neurons and layers if it has any.

    Fitted, as for a film, whose numbers stay, each chip has room for its own local derivative.

    Of many samples, the neurons are those of the one with the largest loss.
    """
    namer = Namer(graph.nodes)
    repeats = Repeats(graph)
    sample = sample_of(repeats)
    neurons = Groups(graph, False, namer, repeats.kept if sample else graph.nodes)
    layers = Groups(graph, True, namer)
    has_neurons = neurons.has_neurons
    views = _operations(graph, namer, repeats, fitted)
    if has_neurons or not views:
        views["neurons"] = _grouped(neurons)
        if sample:
            views["neurons"].note = (
                f"the neurons are those of sample {sample.place:,} of {sample.count:,}, the one with the largest loss; "
                f"the other {sample.count - 1:,} are left out of the picture, not of the steps and the totals"
            )
    if has_neurons:
        views["layers"] = _grouped(layers)
        if len(set(views["layers"].boxes.values())) <= MOST_LAYERS_TWICE:
            views[LAYERS_DOWN] = _grouped(layers, "TB")
    return views


def _operations(graph: Graph, namer: Namer, found: Repeats, fitted: bool) -> dict[str, View]:
    """The picture of every value, from left to right and down: the page shows the one that fits its window.

    It is compact, unless the values are a handful, as for `draw`, and can be read with all their arrows.

    Where no picture of every value can be read in a column, the terms of a sum that are alike are drawn as the largest
    of them, such as the samples of a loss. The first is from left to right if that can be read as a whole in a column,
    or is the narrower one. In the one that runs down, chips stand above their box where that makes it larger on a phone
    and no smaller on a laptop, or not much in a film; or where a box would be blank below its lines, as high as several
    chips beside it, and the text is hardly anywhere smaller than drawn.
    """
    repeats, count = None, len(graph)
    both = _both(graph, namer, None, fitted) if count <= MOST_VALUES else []
    has_many = not any(fits(diagram) for diagram, _ in both)
    if has_many and len(found.kept) <= (FEWER * count if both else count - 1):
        repeats, count = found, len(found.kept)
        both = _both(graph, namer, repeats, fitted) if count <= MOST_VALUES else []
    if not both:
        return {}
    across, down = both
    is_across = extent_of(across[0])[0] <= max(WIDEST, extent_of(down[0])[0])
    narrow = _drawn(graph, "TB", namer, repeats, fitted, stacked=True)
    is_better = _scale_on_phone(narrow[0]) > MUCH * max(_scale(PHONE, across[0]), _scale_on_phone(down[0]))
    on_laptop = _scale(LAPTOP, across[0], narrow[0])
    is_blank = any(down[0].card(members).blank > LINE for members in down[0].cards)
    if (is_better and on_laptop * (MUCH if fitted else 1.0) >= _scale(LAPTOP, down[0])) or (
        is_blank and min(on_laptop, _scale_on_phone(narrow[0])) >= AS_DRAWN
    ):
        down = narrow
    names = ["operations", DOWN] if is_across else [DOWN, "operations"]
    drawn = [across, down] if is_across else [down, across]
    if count > MOST_LAID_OUT_TWICE:
        names, drawn = ["operations"], drawn[:1]
    views = {name: view_of(*one) for name, one in zip(names, drawn, strict=True)}
    for view in views.values():
        view.note = repeats.caption if repeats else ""
    return views


def _both(graph: Graph, namer: Namer, repeats: Repeats | None, fitted: bool) -> list[tuple[Diagram, OpsView]]:
    """The drawings from left to right and down."""
    return [_drawn(graph, direction, namer, repeats, fitted) for direction in ("LR", "TB")]


def _scale(room: tuple[int, int], *drawn: Diagram) -> float:
    """How large the largest of them is where it is shown as a whole."""
    return max(scale_to(room, extent_of(diagram)) for diagram in drawn)


def _scale_on_phone(diagram: Diagram) -> float:
    """How large one that runs down is on a phone: as a whole, or, with text that can be read, as wide as the phone."""
    return max(_scale(PHONE, diagram), min(SCROLLED, PHONE[0] / extent_of(diagram)[0]))


def _drawn(
    graph: Graph, direction: str, namer: Namer, repeats: Repeats | None, fitted: bool, stacked: bool = False
) -> tuple[Diagram, OpsView]:
    room, gap = (LAPTOP, WIDE_GAP) if direction == "LR" else (PHONE, GAP)
    if len(graph) <= HANDFUL:
        diagram = Diagram(direction=direction, room=TIGHT, spread=gap)
        plain = diagram, OpsView(graph, MOST_VALUES, diagram, namer=namer)
        if _scale(room, plain[0]) >= LEGIBLE:
            return plain
    compact = []
    for pills in ("above", "between", ""):
        apart = NEAR if stacked else BETWEEN
        diagram = Diagram(direction, room=TIGHT, spread=GAP, separation=apart, stacked=stacked, pills=pills)
        diagram.fitted = fitted
        drawn = OpsView(graph, MOST_VALUES, diagram, compact=True, namer=namer, repeats=repeats)
        if direction == "LR":
            diagram.spread = max(GAP, _widest_pill(drawn) / INCH)
        diagram.captions = []  # the page says what is left out, its steps the rest
        compact.append((diagram, drawn))
    *roomy, tight = (_scale_on_phone(one) if stacked else _scale(room, one) for one, _ in compact)
    return compact[-1 if max(roomy) * ROOMIER < tight else roomy.index(max(roomy))]


def _widest_pill(drawn: OpsView) -> float:
    """The room that the longest local derivative on an arrow takes, in points."""
    known = (known_derivatives(node)[position] for node, position in drawn.arrows)
    longest = max((len(f"∂{formatted(derivative)}") for derivative in known if derivative is not None), default=0)
    return longest * ADVANCE * TEXT_SIZE + ROUND_PILL


def view_of(diagram: Diagram, drawn: OpsView, title: str = "") -> View:
    """The picture of operations that is drawn in the diagram."""
    view = View(diagram, title)
    view.boxes, view.arrows, view.chips = drawn.numbers, drawn.arrows, drawn.chips
    leaf_boxes = {(number, user.operands[position]) for (user, position), number in drawn.chips.items()}
    for number, node in sorted(
        leaf_boxes | {(number, node) for node, number in drawn.numbers.items()}, key=itemgetter(0)
    ):
        view.rows += _rows(diagram, number, [node, node])
    for node in reversed(drawn.placing.folded):  # each after the next in its run
        view.boxes[node] = view.boxes[drawn.placing.folded[node]]
    return view


def _grouped(groups: Groups, direction: str = "LR") -> View:
    """A box for each neuron or layer, and for each other operation; a neuron is a line where that is easier to read."""
    diagram = Diagram(direction, room=ROOM)
    numbers = draw_groups(groups, MOST_BOXES, diagram)
    if not groups.by_layer and _scale(LAPTOP, diagram) < LEGIBLE:
        lines = Diagram(direction, room=TIGHT, separation=CLOSE)
        of_lines = draw_groups(groups, MOST_BOXES, lines, lines=True)
        if _scale(LAPTOP, lines) > MUCH * _scale(LAPTOP, diagram):
            diagram, numbers = lines, of_lines
    if has_weights(groups, diagram):  # the page draws each with its weight's sign and size
        diagram.show_weights()
    width = max(CAPTION, int(extent_of(diagram)[0] / CHARACTER))
    diagram.captions = [line for caption in diagram.captions for line in textwrap.wrap(caption, width)]
    view = View(diagram)
    for node, group in groups.of.items():
        if group in numbers:
            view.boxes[node] = numbers[group]
    for group, number in numbers.items():
        view.rows += _rows(diagram, number, [value for _, value in group.numbers])
    drawn = {arrow.name for arrow in diagram.arrows}
    for node, number in view.boxes.items():
        for position, operand in enumerate(node.operands):
            if (name := f"e{number}_{view.boxes.get(operand)}") in drawn:
                view.arrows[node, position] = name
    return view


def _rows(diagram: Diagram, number: int, values: Sequence[Value]) -> list[tuple[int, int, str, Value, str]]:
    """The rows of box `number` that show data or a gradient: as many as there are, of the last of these values."""
    cells = [
        (index, row)
        for index, row in enumerate(diagram.boxes[number].rows)
        if isinstance(row, Cell) and row.kind in {"data", "grad"}
    ]
    shown = values[len(values) - len(cells) :]
    return [(number, index, cell.kind, value, cell.before) for (index, cell), value in zip(cells, shown, strict=True)]
