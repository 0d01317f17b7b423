"""`Diagram`: boxes, arrows and captions, and the DOT text that draws them.

The views choose the boxes and arrows. This module gives each role its shape and border (which tell roles apart without
colour), writes the same text for the same diagram, and keeps to the subset of DOT that every renderer reads.
The package `graphviz` writes the DOT; it is imported when the first diagram is written.
"""

import operator
import textwrap
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from microgradnet._shared.text import shorten
from microgradnet.drawing.arrow import Arrow
from microgradnet.drawing.box import INCH, MARK_WIDTH, ROLES, TEXT_SIZE, Box
from microgradnet.drawing.card import FACE, LINE, WAY, Card, line_of, pill_of, pixels_of
from microgradnet.drawing.escape import escape_label, escape_tooltip
from microgradnet.drawing.theme import FONT, LIGHT, Paint

SIDES = {"LR": "ew", "RL": "we", "TB": "sn", "BT": "ns"}
"""For each direction, the side of a card on which an arrow leaves it, and that on which one arrives."""
DIRECTIONS = tuple(SIDES)
LINE_WIDTH = 110  # characters of a title or a caption: as wide as a picture that can be read in a column
MOST_LINES = 3  # of a title
SEPARATION = 0.25  # inches between nodes of one rank
PAD = 0.1  # inches around the picture
BESIDE = "2"
"""The weight of an edge between two cards, to put their middles on one level, whatever boxes on them an arrow joins."""
LEVEL = "1000"
"""The weight of an edge that is kept straight before any other, to put the columns' headings on one level."""
SMALL_HEADS = 0.3  # the size of arrowheads, where lines stand for weights


@dataclass
class Diagram:
    """Boxes, known by their position, and arrows between them.

    Attributes:
        direction: the way arrows run: "LR", "RL", "TB" or "BT".
        title: stands above the boxes.
        captions: stand below them, a line each: what was left out, or how to read the diagram.
        cards: boxes that stand together as one node, from the first to the last, each after its chips.
        columns: boxes that stand in one column (or row) each, in order; the first of each are on one level.
        stacked: whether chips stand above their box in a diagram that runs down or up, too, where they are beside it.
        pills: where a chip has room for the pill of its local derivative: "between" its number and its gradient, or
            "above" its gradient, which stands below the number; "" if it has none.
        fitted: whether that is the room for its own pill, where most need less.
        ordered: whether the boxes that a box leads to stand in the order of its arrows, and those of a layer in theirs.
        straight: whether arrows are straight lines, behind the boxes.
        spread: the distance between ranks, in inches.
        separation: the distance between the nodes of a rank, in inches.
        arrow_size: the size of arrowheads; 0 for none.
        backward: whether arrowheads are at the arrows' tails: the way of gradients.
        theme: the colours of each role.
        room: the characters reserved for a number below a heading, which another may replace.
        line: the height of a line on a card, in points.
    """

    direction: str = "LR"
    title: str = ""
    captions: list[str] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)
    cards: list[list[int]] = field(default_factory=list)
    columns: list[list[int]] = field(default_factory=list)
    stacked: bool = False
    pills: str = ""
    fitted: bool = False
    ordered: bool = False
    straight: bool = False
    spread: float = 0.5
    separation: float = SEPARATION
    arrow_size: float = 0.7
    backward: bool = False
    theme: Mapping[str, Paint] = field(default_factory=lambda: LIGHT)
    room: int = 0
    line: int = LINE

    def show_weights(self) -> None:
        """Make arrows straight lines with small heads, for weights; a caption says how they are to be read."""
        self.straight, self.arrow_size = True, SMALL_HEADS
        self.captions.append("blue: weight of 0 or more · orange, dashed: below 0 · thinner and fainter: smaller")

    def add(self, box: Box) -> int:
        """Add `box`; return its number."""
        self.boxes.append(box)
        return len(self.boxes) - 1

    def to_dot(self) -> str:
        """The diagram in the DOT language.

        >>> diagram = Diagram()
        >>> a, b = diagram.add(Box(["a"], "input")), diagram.add(Box(["a²"], "root"))
        >>> diagram.arrows.append(Arrow(a, b, "e1_0"))
        >>> print(diagram.to_dot().splitlines()[-2].strip())
        n0 -> n1 [class="edge" id=e1_0]
        """
        from graphviz import Digraph

        edge = self.theme["edge"]
        colours = {"color": edge.line, "fontcolor": edge.text}
        dot = Digraph(
            "microgradnet",
            graph_attr=self._graph(),
            node_attr={"shape": "record", "fontname": FONT, "fontsize": f"{TEXT_SIZE}", "margin": "0.16,0.06"},
            edge_attr={**colours, "fontname": FONT, "fontsize": f"{TEXT_SIZE}", **self._heads},
        )
        nodes = self.nodes
        for number, box in enumerate(self.boxes):
            if nodes[number] == f"n{number}":
                dot.node(nodes[number], id=nodes[number], **self._box(box))
        for number, members in enumerate(self.cards):
            label = self.card(members).label(self.theme, self.direction)
            dot.node(f"card{number}", label=label, shape="plain", fontname=FACE, tooltip=" ")
        for column in self.columns:
            with dot.subgraph(graph_attr={"rank": "same"}) as drawn:
                for upper, lower in pairwise(column):
                    drawn.edge(f"n{upper}", f"n{lower}", style="invis")
        for alike in self._alike(nodes):
            with dot.subgraph(graph_attr={"rank": "same"}) as drawn:
                for before, after in pairwise(alike):
                    drawn.edge(before, after, style="invis")
        for column, following in pairwise(self.columns):
            dot.edge(f"n{column[0]}", f"n{following[0]}", style="invis", weight=LEVEL)
        beside = self._beside
        ways = self._ways(nodes)
        for arrow in self.arrows:
            sides = (f":{side}" * bool(self.cards) for side in SIDES[self.direction])
            places = self._place(nodes, arrow.tail), ways.get(arrow.head) or self._place(nodes, arrow.head)
            tail, head = map(operator.add, places, sides)
            dot.edge(tail, head, id=arrow.name, **self._arrow(arrow))
            if (pair := (nodes[arrow.tail], nodes[arrow.head])) in beside:
                beside.remove(pair)
                dot.edge(*pair, style="invis", weight=BESIDE)
        source: str = dot.source
        return source

    @property
    def nodes(self) -> dict[int, str]:
        """The node of each box: its own, or the card on which it stands."""
        cards = {member: f"card{number}" for number, members in enumerate(self.cards) for member in members}
        return {number: cards.get(number, f"n{number}") for number in range(len(self.boxes))}

    @property
    def ranks(self) -> dict[str, int]:
        """The column, or row, in which each node stands: one after those of all that lead to it."""
        nodes = self.nodes
        ranks = dict.fromkeys(nodes.values(), 0)
        for arrow in self.arrows:  # in topological order of their heads
            tail, head = nodes[arrow.tail], nodes[arrow.head]
            ranks[head] = max(ranks[head], ranks[tail] + 1)
        return ranks

    @property
    def _beside(self) -> set[tuple[str, str]]:
        """The pairs of nodes that stand beside each other, joined by arrows that run across between cards."""
        if not self.cards or self.is_vertical:
            return set()
        nodes, ranks = self.nodes, self.ranks
        pairs = {(nodes[arrow.tail], nodes[arrow.head]) for arrow in self.arrows}
        return {(tail, head) for tail, head in pairs if ranks[head] == ranks[tail] + 1}

    def _alike(self, nodes: Mapping[int, str]) -> list[list[str]]:
        """The cards, of an ordered diagram, whose arrows lead from and to the same nodes, such as a layer's neurons.

        Any order of theirs has the same crossings; Graphviz may begin with the third. It draws no such edge of records.
        """
        tails, heads = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
        for arrow in self.arrows if self.ordered else ():
            tail, head = nodes[arrow.tail], nodes[arrow.head]
            heads[tail].add(head)
            tails[head].add(tail)
        alike = defaultdict[tuple[frozenset[str], frozenset[str]], list[str]](list)
        for node in (f"card{number}" for number in range(len(self.cards))):
            if tails[node] or heads[node]:
                alike[frozenset(tails[node]), frozenset(heads[node])].append(node)
        return [cards for cards in alike.values() if len(cards) > 1]

    def _ways(self, nodes: Mapping[int, str]) -> dict[int, str]:
        """Where an arrow arrives at the top of a card in which chips stand above all boxes: at a chip, or beside it."""
        stacks = self.cards if self.is_vertical and self.stacked else []
        ends = ((member, members) for members in stacks for member in members)
        return {
            end: f"{nodes[end]}:n{end}{WAY}" if self._is_passed(members) else self._place(nodes, members[0])
            for end, members in ends
        }

    def _is_passed(self, members: Sequence[int]) -> bool:
        """Whether arrows pass the chips of a card."""
        is_stacked = self.is_vertical and self.stacked
        has_chips = self.boxes[members[0]].shape == "chip"
        return is_stacked and has_chips and any(arrow.head in members for arrow in self.arrows)

    def _place(self, nodes: Mapping[int, str], number: int) -> str:
        """The node of a box, with its port on a card."""
        own = f"n{number}"
        return own if nodes[number] == own else f"{nodes[number]}:{own}"

    def card(self, members: Sequence[int]) -> Card:
        """The card of these boxes."""
        is_beside = self.is_vertical and not self.stacked
        boxes = {number: self.boxes[number] for number in members}
        return Card(boxes, self.room, is_beside, self.pills, self._is_passed(members), self.line)

    @property
    def _heads(self) -> dict[str, str]:
        if not self.arrow_size:
            return {"dir": "none"}
        return {"arrowsize": f"{self.arrow_size:g}"} | ({"dir": "back"} if self.backward else {})

    @property
    def is_vertical(self) -> bool:
        """Whether arrows run down or up."""
        return self.direction in {"TB", "BT"}

    def _graph(self) -> dict[str, str]:
        card = self.theme["card"]
        look = {"bgcolor": card.fill, "fontcolor": card.text, "fontname": FONT, "fontsize": "14"}
        look |= {
            "rankdir": self.direction,
            "nodesep": f"{self.separation:g}",
            "ranksep": f"{self.spread:g}",
            "pad": f"{PAD:g}",
        }
        if self.ordered:
            look["ordering"] = "out"
        if self.straight:
            look |= {"splines": "line", "outputorder": "edgesfirst"}
        if lines := [line for text in (self.title, *self.captions) for line in _wrapped(text)]:
            # one label has both: above the boxes, or below them if there are only captions; an empty line keeps it off
            lines = [*lines, ""] if self.title else ["", *lines]
            label = "".join(escape_label(line) + r"\l" for line in lines)  # each set to the left
            look |= {"label": label, "labelloc": "t" if self.title else "b", "labeljust": "l"}
        return look

    def _box(self, box: Box) -> dict[str, str]:
        role, paint, texts = ROLES[box.role], box.paint(self.theme), box.texts(self.room)
        look = {"class": box.classes, "tooltip": escape_tooltip(box.tooltip), "fontcolor": paint.text}
        heading, *rows = map(escape_label, texts)
        if box.shape == "pixels":
            return look | {"label": pixels_of(box, paint), "shape": "plain", "fontname": FACE}
        if box.shape == "plain":
            return look | {"label": heading, "shape": "plaintext"}
        look |= {"style": role.style, "fillcolor": paint.fill, "color": paint.line}
        width = MARK_WIDTH if box.marked else role.width
        if width != 1.0:
            look["penwidth"] = f"{width:g}"
        if box.shape == "circle":
            size = {"width": f"{box.width:g}", "fixedsize": "true"} if box.width else {"margin": "0.02"}
            return look | {"label": r"\n".join([heading, *rows]), "shape": "circle", **size}
        stack = "|".join([heading, *(row + r"\l" for row in rows)])  # all but the heading set to the left
        wide, high = (f"{side / INCH:.2f}" for side in box.size(self.room))
        look |= {"width": wide, "height": high, "fixedsize": "true"}
        if box.shape == "line":
            return look | {"label": line_of(texts, paint), "shape": "box", "fontname": FACE}
        return look | {"label": f"{{{stack}}}" if self.is_vertical else stack}  # the braces turn the stack upright

    def _arrow(self, arrow: Arrow) -> dict[str, str]:
        signed = {1: "positive", -1: "negative"}.get(arrow.sign, "")
        look = {"class": " ".join(filter(None, ["edge", signed, "highlight" * arrow.marked]))}
        if signed:
            look["color"] = f"{self.theme[signed].line}{round(255 * arrow.opacity):02x}"
        if arrow.tooltip:
            look["tooltip"] = escape_tooltip(arrow.tooltip)
        if arrow.label:
            look["label"] = escape_label(arrow.label)
        if arrow.pill:
            look |= {"label": pill_of(arrow.pill, f"l{arrow.name}", self.theme), "fontname": FACE}
        if arrow.marked:
            look |= {"color": self.theme["highlight"].line, "penwidth": f"{MARK_WIDTH:g}"}
        elif arrow.width != 1.0:
            look["penwidth"] = f"{arrow.width:.3g}"
        if arrow.sign < 0:
            look["style"] = "dashed"
        return look


def _wrapped(text: str) -> list[str]:
    """The lines that a title or a caption takes."""
    short = (shorten(line, MOST_LINES * LINE_WIDTH) for line in text.split("\n"))
    return [part for line in short for part in textwrap.wrap(line, LINE_WIDTH)]
