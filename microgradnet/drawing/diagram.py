"""`Diagram`: boxes, arrows and a caption, and the DOT text that draws them.

The views say what is drawn; here stands how: which shape and border a role has (so that roles are told apart without
colour), in which order things are written (same diagram, same bytes), and the subset of DOT that every renderer reads.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from microgradnet._shared.text import shorten
from microgradnet.drawing.escape import escape_label, escape_tooltip
from microgradnet.drawing.theme import FONT, LIGHT

DIRECTIONS = ("LR", "RL", "TB", "BT")
STYLES = {
    "input": "rounded,filled",
    "parameter": "rounded,filled,bold",
    "constant": "rounded,filled,dashed",
    "operation": "filled",
    "root": "filled,bold",
    "note": "filled,dotted",
    "heading": "filled",
}
"""The border of each role: inputs rounded, parameters rounded and bold, constants dashed, results square."""
WIDTHS = {"parameter": 2.0, "root": 2.8}
FIELD_WIDTH, TITLE_WIDTH = 60, 160
MARK, MARK_WIDTH = "▶", 3.6
"""What a picture points at has this sign, thicker lines and a colour of its own."""


@dataclass(frozen=True)
class Box:
    """One node of a picture.

    Attributes:
        rows: its lines of text, the first one its heading.
        role: a key of `STYLES`.
        tooltip: what is shown when the pointer rests on it.
        shape: "record" for stacked rows, "circle", or "plain" for text alone.
        width: of a circle, in inches; 0 for what its text needs.
        marked: whether it is what the picture points at.
    """

    rows: Sequence[str]
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
        columns: boxes that stand in one column (or row) each, in order.
        clusters: what stands in a frame together: the frame's heading, and the boxes in it.
        straight: whether arrows are straight lines, behind the boxes.
        spread: the distance between ranks, in inches.
        arrow_size: how large arrowheads are; 0 for none.
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

    def add(self, box: Box) -> int:
        """Add `box`; its number."""
        self.boxes.append(box)
        return len(self.boxes) - 1

    def to_dot(self) -> str:
        """The diagram in the DOT language.

        >>> diagram = Diagram()
        >>> a, b = diagram.add(Box(["a"], "input")), diagram.add(Box(["a²"], "root"))
        >>> diagram.arrows.append(Arrow(a, b, "e1_0"))
        >>> print(diagram.to_dot().splitlines()[-2])
          n0 -> n1 [id="e1_0" class="edge"];
        """
        card, edge = LIGHT["card"], LIGHT["edge"]
        lines = [
            "digraph microgradnet {",
            f'  graph [rankdir={self.direction} bgcolor="{card.fill}" fontname="{FONT}" fontcolor="{card.text}" '
            f"nodesep=0.25 ranksep={self.spread:g} pad=0.2"
            + (" splines=line outputorder=edgesfirst];" if self.straight else "];"),
            f'  node [shape=record fontname="{FONT}" fontsize=13 margin="0.16,0.06"];',
            f'  edge [color="{edge.line}" fontcolor="{edge.text}" fontname="{FONT}" fontsize=11 '
            f"arrowsize={self.arrow_size:g}];",
            *self._heading(),
            *(self._box(number, box) for number, box in enumerate(self.boxes)),
            *(line for column in self.columns for line in self._column(column)),
            *(self._cluster(number, *cluster) for number, cluster in enumerate(self.clusters)),
            *map(self._arrow, self.arrows),
            "}",
        ]
        return "\n".join(lines) + "\n"

    def _heading(self) -> list[str]:
        """The title above or, where there is only one, the caption below; both stand in one label of the graph."""
        texts = [_quoted_lines(text) for text in (self.title, self.caption) if text]
        place = "t" if self.title else "b"
        return [f'  graph [label="{"".join(texts)}" labelloc={place} labeljust=l fontsize=14];'] if texts else []

    def _box(self, number: int, box: Box) -> str:
        paint = LIGHT["highlight" if box.marked else box.role]
        rows = [escape_label(shorten(row, FIELD_WIDTH)) for row in box.rows]
        if box.marked:
            rows[0] = f"{MARK} {rows[0]}"
        if box.shape == "record":
            # left-aligned rows; the braces turn the stack so that it stands upright in either direction
            stack = "|".join([rows[0], *(row + r"\l" for row in rows[1:])])
            label = stack if self.direction in {"LR", "RL"} else f"{{{stack}}}"
        else:
            label = r"\n".join(rows)
        look = f' style="{STYLES[box.role]}" fillcolor="{paint.fill}" color="{paint.line}" fontcolor="{paint.text}"'
        if box.marked or box.role in WIDTHS:
            look += f" penwidth={MARK_WIDTH if box.marked else WIDTHS[box.role]}"
        if box.shape == "circle":
            look += f" shape=circle width={box.width:g} fixedsize=true" if box.width else " shape=circle margin=0.02"
        elif box.shape == "plain":
            look = f' shape=plaintext style=filled fillcolor="{paint.fill}" fontcolor="{paint.text}"'
        kind = _CLASSES[box.role] + (" highlight" if box.marked else "")
        return (
            f'  n{number} [id="n{number}" class="{kind}" label="{label}"{look} '
            f'tooltip="{escape_tooltip(box.tooltip)}"];'
        )

    def _cluster(self, number: int, heading: str, boxes: list[int]) -> str:
        paint, label = LIGHT["cluster"], escape_label(shorten(heading))
        return (
            f'  subgraph cluster_{number} {{ graph [id="c{number}" class="cluster" label="{label}" '
            f'style="rounded,filled" fillcolor="{paint.fill}" color="{paint.line}" fontcolor="{paint.text}" '
            f'fontsize=12 margin=10 tooltip="{escape_tooltip(heading)}"]; {" ".join(f"n{box};" for box in boxes)} }}'
        )

    def _column(self, column: list[int]) -> list[str]:
        names = [f"n{number}" for number in column]
        return [f"  {{ rank=same; {' -> '.join(names)} [style=invis]; }}"]

    def _arrow(self, arrow: Arrow) -> str:
        parts = [f'id="{arrow.name}"', f'class="edge{" highlight" if arrow.marked else ""}"']
        if arrow.marked:
            parts.append(f'color="{LIGHT["highlight"].line}"')
        if arrow.tooltip:
            parts.append(f'tooltip="{escape_tooltip(arrow.tooltip)}"')
        if arrow.label:
            parts.append(f'label="{escape_label(arrow.label)}"')
        if arrow.marked or arrow.width != 1.0:
            parts.append(f"penwidth={MARK_WIDTH if arrow.marked else arrow.width:.3g}")
        if arrow.dashed:
            parts.append("style=dashed")
        return f"  n{arrow.tail} -> n{arrow.head} [{' '.join(parts)}];"


_CLASSES = {"input": "leaf input", "parameter": "leaf parameter", "constant": "leaf constant",
            "operation": "operation", "root": "operation root", "note": "note", "heading": "heading"}  # fmt: skip


def _quoted_lines(text: str) -> str:
    return "".join(escape_label(shorten(line, TITLE_WIDTH)) + r"\l" for line in text.split("\n"))
