"""Whether a diagram can be read where people read: an estimate of its width, without laying it out."""

from collections.abc import Mapping

from microgradnet.drawing import card
from microgradnet.drawing.box import INCH, TEXT_SIZE, size_of
from microgradnet.drawing.diagram import SEPARATION, Diagram

COLUMN, LEGIBLE = 830, 10
"""The width of a page's column, and the smallest text that is read with ease, in CSS pixels."""
WIDEST = COLUMN / LEGIBLE * TEXT_SIZE
"""The width of a picture, in points, whose text is just legible when it is as wide as the column."""


def width_of(diagram: Diagram) -> float:
    """The width of a diagram of boxes and cards, in points, to within the bends of its arrows.

    Graphviz puts each node into a rank, one after the ranks of all that lead to it. Ranks stand beside each other,
    each as wide as its widest node; or, in a diagram that runs down or up, the widest rank is the width.
    """
    sizes = _sizes(diagram)
    place = {member: -1 - number for number, members in enumerate(diagram.cards) for member in members}
    ranks = dict.fromkeys(sizes, 0)
    for arrow in diagram.arrows:  # in topological order of their heads
        tail, head = (place.get(number, number) for number in (arrow.tail, arrow.head))
        ranks[head] = max(ranks[head], ranks[tail] + 1)
    by_rank: dict[float, list[float]] = {}
    for node, rank in ranks.items():
        by_rank.setdefault(rank, []).append(sizes[node])
    for arrow in diagram.arrows:  # a pill stands in a rank of its own
        if arrow.pill:
            by_rank.setdefault(ranks[place.get(arrow.head, arrow.head)] - 0.5, []).append(card.pill_width(arrow.pill))
    if diagram.is_vertical:
        return max(sum(widths) + SEPARATION * INCH * (len(widths) - 1) for widths in by_rank.values())
    return sum(map(max, by_rank.values())) + diagram.spread * INCH * (len(by_rank) - 1)


def _sizes(diagram: Diagram) -> Mapping[int, float]:
    """The width of each node: of a box by its number, of a card by −1, −2, …."""
    cards = {
        -1 - number: card.size_of([diagram.boxes[member] for member in members], diagram.room, diagram.is_vertical)
        for number, members in enumerate(diagram.cards)
    }
    docked = {member for members in diagram.cards for member in members}
    boxes = {n: size_of(box.texts(diagram.room)) for n, box in enumerate(diagram.boxes) if n not in docked}
    return {node: width for node, (width, _) in (cards | boxes).items()}
