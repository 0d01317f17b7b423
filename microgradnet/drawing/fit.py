"""Whether a diagram can be read where people read: its size, estimated without laying it out, or measured."""

import re
from collections.abc import Mapping

from microgradnet.drawing.box import INCH, TEXT_SIZE
from microgradnet.drawing.card import LINE, pill_width
from microgradnet.drawing.diagram import PAD, Diagram
from microgradnet.drawing.provider import render
from microgradnet.errors import ProviderError

COLUMN, SCREEN, LEGIBLE = 830, 1000, 10
"""The width of a page's column, the height of a screen, and the smallest text that is read with ease, in CSS pixels."""
BENDS = 0.95
"""How much of a picture its boxes take: the rest is for the bends of arrows."""
WIDEST, TALLEST = (BENDS * (side / LEGIBLE * TEXT_SIZE - 2 * PAD * INCH) for side in (COLUMN, SCREEN))
"""The width and height of a picture, in points, whose text is just legible when it is as large as column and screen."""

TOO_SMALL = 'too wide to read in a column of text: zoom in, or take view="layers"'
"""What the picture says of neurons that were asked for all the same."""

TANGLED = 1.5
"""How many times as wide and high as its boxes a diagram of many circles is."""


def fits(diagram: Diagram) -> bool:
    """Whether the diagram, estimated, is within the column and the screen with text that can be read."""
    width, height = extent_of(diagram)
    return width <= WIDEST and height <= TALLEST


def is_legible(diagram: Diagram) -> bool:
    """Whether the text of the diagram, laid out, can be read in the column; True where no program can lay it out."""
    try:
        drawn = render(diagram.to_dot(), "svg")
    except ProviderError:
        return True
    found = re.search(rb'viewBox="\S+ \S+ (\S+) ', drawn)
    return found is None or float(found[1]) <= COLUMN / LEGIBLE * TEXT_SIZE


def scale_to(room: tuple[float, float], size: tuple[float, float]) -> float:
    """The scale in which a picture of this size fills the room."""
    return min(room[0] / size[0], room[1] / size[1])


def turn_if_wide(diagram: Diagram) -> None:
    """Let the arrows of a diagram that is too wide to read run from top to bottom."""
    if extent_of(diagram)[0] > WIDEST:
        diagram.direction = "TB"


def extent_of(diagram: Diagram) -> tuple[float, float]:
    """The width and height of a diagram of boxes and cards, in points, to within the bends of its arrows.

    Graphviz puts each node into a rank, one after the ranks of all that lead to it. Ranks stand beside each other,
    each as wide as its widest node and as high as all of its nodes; or, in a diagram that runs down or up, one below
    the other.
    """
    sizes, nodes, ranks = _sizes(diagram), diagram.nodes, diagram.ranks
    by_rank: dict[float, list[tuple[float, float]]] = {}
    for node, rank in ranks.items():
        by_rank.setdefault(rank, []).append(sizes[node])
    for arrow in diagram.arrows:  # a pill stands in a rank of its own
        if arrow.pill:
            pill = pill_width(arrow.pill), LINE
            by_rank.setdefault(ranks[nodes[arrow.head]] - 0.5, []).append(pill)
    for arrow in diagram.arrows:  # one that passes other ranks has a place in each
        tail, head = sorted(ranks[nodes[number]] for number in (arrow.tail, arrow.head))
        for rank in range(tail + 1, head):
            by_rank[rank].append((0, 0))
    along, across = (1, 0) if diagram.is_vertical else (0, 1)
    length = sum(max(size[along] for size in nodes) for nodes in by_rank.values())
    length += diagram.spread * INCH * (len(by_rank) - 1)
    breadth = max(
        sum(size[across] for size in nodes) + diagram.separation * INCH * (len(nodes) - 1) for nodes in by_rank.values()
    )
    if _is_tangled(diagram):
        length, breadth = TANGLED * length, TANGLED * breadth
    return (breadth, length) if diagram.is_vertical else (length, breadth)


def _is_tangled(diagram: Diagram) -> bool:
    """Whether many arrows run in circles, for which Graphviz makes room beside the boxes."""
    has_circles = not diagram.cards and any(arrow.tail > arrow.head for arrow in diagram.arrows)
    return has_circles and len(diagram.arrows) > 2 * len(diagram.boxes)


def _sizes(diagram: Diagram) -> Mapping[str, tuple[float, float]]:
    """The width and height of each node."""
    nodes = diagram.nodes
    boxes = {nodes[number]: box.size(diagram.room) for number, box in enumerate(diagram.boxes)}
    return boxes | {nodes[members[0]]: diagram.card(members).size for members in diagram.cards}
