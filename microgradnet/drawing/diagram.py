"""`Diagram`: boxes, arrows and a caption, and the DOT text that draws them.

The views say what is drawn; here stands how: which shape and border a role has (so that roles are told apart without
colour), in which order things are written (same diagram, same bytes), and the subset of DOT that every renderer reads.
The package `graphviz` writes the DOT; it is imported when the first diagram is written.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeAlias

from microgradnet._shared.text import shorten
from microgradnet.drawing.escape import escape_label, escape_tooltip
from microgradnet.drawing.theme import FONT, LIGHT, Paint

DIRECTIONS = ("LR", "RL", "TB", "BT")
STYLES = {
    "input": "rounded,filled",
    "parameter": "rounded,filled,bold",
    "constant": "rounded,filled,dashed",
    "operation": "filled",
    "root": "filled,bold",
    "note": "filled,dotted",
}
"""The border of each role: inputs rounded, parameters rounded and bold, constants dashed, results square."""
WIDTHS = {"parameter": 2.0, "root": 2.8}
FIELD_WIDTH, TITLE_WIDTH = 60, 160
MARK, MARK_WIDTH = "▶", 3.6
"""What a picture points at has this sign, thicker lines and a colour of its own."""
NO_BREAK = "\u00a0"
LEVEL = "1000"
"""The weight of an edge that is kept straight before any other, so that the columns' headings are on one level."""

Row: TypeAlias = str | tuple[str, str]
"""A line of text, or a word and a number: ("data", "0.5")."""


@dataclass(frozen=True)
class Box:
    """One node of a picture.

    Attributes:
        rows: its lines of text, the first one its heading.
        role: a key of `STYLES`, or "heading".
        tooltip: what is shown when the pointer rests on it.
        shape: "record" for stacked rows, "circle", or "plain" for text alone.
        width: of a circle, in inches; 0 for what its text needs.
        marked: whether it is what the picture points at.
    """

    rows: Sequence[Row]
    role: str
    tooltip: str = ""
    shape: str = "record"
    width: float = 0.0
    marked: bool = False


@dataclass(frozen=True)
class Arrow:
    """One edge of a picture, from box number `tail` to box number `head`.

    Attributes:
        name: its id in the SVG.
        label: text beside it.
        width: its thickness in points.
        dashed: whether it is drawn dashed.
        marked: whether it is what the picture points at.
    """

    tail: int
    head: int
    name: str
    tooltip: str = ""
    label: str = ""
    width: float = 1.0
    dashed: bool = False
    marked: bool = False


@dataclass
class Diagram:
    """A picture to be: boxes, known by their position, and arrows between them.

    Attributes:
        direction: the way arrows run: "LR", "RL", "TB" or "BT".
        title: stands above the picture.
        caption: stands below it: what was left out, or how to read it.
        columns: boxes that stand in one column (or row) each, in order; the first of each are on one level.
        clusters: what stands in a frame together: the frame's heading, and the boxes in it.
        straight: whether arrows are straight lines, behind the boxes.
        spread: the distance between ranks, in inches.
        arrow_size: how large arrowheads are; 0 for none.
        theme: the colours of each role.
        room: how many characters there is room for where a number stands below a heading: another may replace it.
    """

    direction: str = "LR"
    title: str = ""
    caption: str = ""
    boxes: list[Box] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)
    columns: list[list[int]] = field(default_factory=list)
    clusters: list[tuple[str, list[int]]] = field(default_factory=list)
    straight: bool = False
    spread: float = 0.5
    arrow_size: float = 0.7
    theme: Mapping[str, Paint] = field(default_factory=lambda: LIGHT)
    room: int = 0

    def add(self, box: Box) -> int:
        """Add `box`; its number."""
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
        dot = Digraph(
            "microgradnet",
            graph_attr=self._graph(),
            node_attr={"shape": "record", "fontname": FONT, "fontsize": "13", "margin": "0.16,0.06"},
            edge_attr={
                "color": edge.line,
                "fontcolor": edge.text,
                "fontname": FONT,
                "fontsize": "11",
                "arrowsize": f"{self.arrow_size:g}",
            },
        )
        for number, box in enumerate(self.boxes):
            dot.node(f"n{number}", id=f"n{number}", **self._box(box))
        for column in self.columns:
            with dot.subgraph(graph_attr={"rank": "same"}) as drawn:
                for upper, lower in pairwise(column):
                    drawn.edge(f"n{upper}", f"n{lower}", style="invis")
        for column, following in pairwise(self.columns):
            dot.edge(f"n{column[0]}", f"n{following[0]}", style="invis", weight=LEVEL)
        for number, (heading, members) in enumerate(self.clusters):
            with dot.subgraph(name=f"cluster_{number}", graph_attr=self._cluster(f"c{number}", heading)) as drawn:
                for member in members:
                    drawn.node(f"n{member}")
        for arrow in self.arrows:
            dot.edge(f"n{arrow.tail}", f"n{arrow.head}", id=arrow.name, **self._arrow(arrow))
        source: str = dot.source
        return source

    def _graph(self) -> dict[str, str]:
        card = self.theme["card"]
        look = {"bgcolor": card.fill, "fontcolor": card.text, "fontname": FONT, "fontsize": "14"}
        look |= {"rankdir": self.direction, "nodesep": "0.25", "ranksep": f"{self.spread:g}", "pad": "0.2"}
        if self.straight:
            look |= {"splines": "line", "outputorder": "edgesfirst"}
        if texts := [text for text in (self.title, self.caption) if text]:
            # the title above or, where there is only one, the caption below: both stand in one label of the graph
            label = _left(shorten(line, TITLE_WIDTH) for line in "\n".join(texts).split("\n"))
            look |= {"label": label, "labelloc": "t" if self.title else "b", "labeljust": "l"}
        return look

    def _box(self, box: Box) -> dict[str, str]:
        paint = self.theme["highlight" if box.marked else box.role]
        look = {"class": _CLASSES[box.role] + " highlight" * box.marked, "tooltip": escape_tooltip(box.tooltip)}
        look["fontcolor"] = paint.text
        heading, *rows = [escape_label(shorten(row, FIELD_WIDTH)) for row in self._rows(box)]
        heading = f"{MARK} " * box.marked + heading
        if box.shape == "record":
            stack = "|".join([heading, *(row + r"\l" for row in rows)])  # all but the heading set to the left
            # the braces turn the stack so that it stands upright in either direction
            look["label"] = stack if self.direction in {"LR", "RL"} else f"{{{stack}}}"
        else:
            look["label"] = r"\n".join([heading, *rows])
        if box.shape == "plain":
            return look | {"shape": "plaintext"}
        look |= {"style": STYLES[box.role], "fillcolor": paint.fill, "color": paint.line}
        if box.marked or box.role in WIDTHS:
            look["penwidth"] = f"{MARK_WIDTH if box.marked else WIDTHS[box.role]:g}"
        if box.shape == "circle":
            look |= {"shape": "circle"} | (
                {"width": f"{box.width:g}", "fixedsize": "true"} if box.width else {"margin": "0.02"}
            )
        return look

    def _rows(self, box: Box) -> list[str]:
        """The text of each row; below the heading, numbers have their room."""
        return [
            row if isinstance(row, str) else f"{row[0]} {row[1].ljust(self.room if below else 0, NO_BREAK)}"
            for below, row in enumerate(box.rows)
        ]

    def _cluster(self, name: str, heading: str) -> dict[str, str]:
        paint = self.theme["cluster"]
        return {
            "id": name,
            "class": "cluster",
            "label": escape_label(shorten(heading)),
            "tooltip": escape_tooltip(heading),
            "style": "rounded,filled",
            "fillcolor": paint.fill,
            "color": paint.line,
            "fontcolor": paint.text,
            "fontsize": "12",
            "margin": "10",
        }

    def _arrow(self, arrow: Arrow) -> dict[str, str]:
        look = {"class": "edge" + " highlight" * arrow.marked}
        if arrow.tooltip:
            look["tooltip"] = escape_tooltip(arrow.tooltip)
        if arrow.label:
            look["label"] = escape_label(arrow.label)
        if arrow.marked:
            look |= {"color": self.theme["highlight"].line, "penwidth": f"{MARK_WIDTH:g}"}
        elif arrow.width != 1.0:
            look["penwidth"] = f"{arrow.width:.3g}"
        if arrow.dashed:
            look["style"] = "dashed"
        return look


_CLASSES = {"input": "leaf input", "parameter": "leaf parameter", "constant": "leaf constant",
            "operation": "operation", "root": "operation root", "note": "note", "heading": "heading"}  # fmt: skip


def _left(lines: Iterable[str]) -> str:
    """The lines, each set to the left."""
    return "".join(escape_label(line) + r"\l" for line in lines)
