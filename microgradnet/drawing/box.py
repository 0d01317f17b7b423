"""`Box`: a node of a diagram, its texts, their size, and the shape and border that tell its role without colour."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeAlias
from unicodedata import east_asian_width

from microgradnet._shared.text import one_line, shorten
from microgradnet.drawing.theme import Paint

FIELD_WIDTH = 60
INCH = 72  # points
MARK, MARK_WIDTH = "▶", 3.6
"""A marked box has this sign; marked boxes and arrows have lines of this width, in a colour of their own."""
NO_BREAK = "\u00a0"
TEXT_SIZE, LINE_HEIGHT, PADDING = 13, 22, 11.5
"""Of a box's rows, in points: the size and the height of a line, and the space on either side."""
ADVANCE = 0.6
"""The width of a character of Courier, for each point of its size."""
WIDEST_FONT = 1.03
"""The widest that a font draws letters, in widths of Courier."""


class _Role(NamedTuple):
    """How a role is drawn: its DOT classes, the style of its box, and the width of its border."""

    classes: str
    style: str = ""
    width: float = 1.0


ROLES = {
    "input": _Role("leaf input", "rounded,filled"),
    "parameter": _Role("leaf parameter", "rounded,filled,bold", 2.0),
    "constant": _Role("leaf constant", "rounded,filled,dashed"),
    "operation": _Role("operation", "filled"),
    "root": _Role("operation root", "filled,bold", 2.8),
    "pixel": _Role("leaf pixel"),
    "note": _Role("note", "filled,dotted"),
    "heading": _Role("heading"),
}
"""Inputs are rounded, parameters rounded and bold, constants dashed, results square."""

SHADES = 4


class Cell(NamedTuple):
    """A text that stands in a column, such as a number after its word: "data 0.5".

    Attributes:
        kind: what it tells: "data", "grad", "∂", or "" for anything else.
        text: the number.
        word: what stands before it; None for its kind.
    """

    kind: str
    text: str
    word: str | None = None

    def __str__(self) -> str:
        return f"{self.before} {self.text}".lstrip(" ")

    @property
    def before(self) -> str:
        """The word before it."""
        return self.kind if self.word is None else self.word


Row: TypeAlias = str | Cell
"""A line of text, or a cell."""


@dataclass(frozen=True)
class Box:
    """One node of a diagram.

    Attributes:
        rows: its lines of text, the first one its heading.
        role: a key of `ROLES`; a "heading" has the shape "plain".
        tooltip: what is shown when the pointer rests on it.
        shape: "record" for stacked rows, "line" for rows beside each other, "circle", "plain" for text alone, "chip"
            for a leaf that stands on a card, whose name and numbers are one line, or "pixels" for an image.
        width: of a circle, in inches; 0 for as much as its text needs.
        marked: whether it is drawn with a mark.
        pill: the local derivative for which a chip has room; "" for as much as most need.
        pixels: the rows of an image, from 0 to 1.
        shade: how full the colour of what it measures is, from 1 to `SHADES`; 0 for the colours of its role.
    """

    rows: Sequence[Row]
    role: str
    tooltip: str = ""
    shape: str = "record"
    width: float = 0.0
    marked: bool = False
    pill: str = ""
    pixels: Sequence[Sequence[float]] = ()
    shade: int = 0

    @property
    def classes(self) -> str:
        """Its classes in DOT and SVG."""
        shade = f" shade{self.shade}" if self.shade else ""
        return ROLES[self.role].classes + shade + " highlight" * self.marked

    def paint(self, theme: Mapping[str, Paint]) -> Paint:
        """Its colours."""
        if self.shade and not self.marked:
            return replace(theme[f"shade{self.shade}"], line=theme[self.role].line)
        return theme["highlight" if self.marked else self.role]

    def texts(self, room: int) -> list[str]:
        """The text of each row; below the heading, numbers have room for that many characters."""
        first = 0 if self.shape == "chip" else 1
        rows = [
            str(row._replace(text=row.text.ljust(room, NO_BREAK)) if isinstance(row, Cell) and at >= first else row)
            for at, row in enumerate(self.rows)
        ]
        texts = [one_line(shorten(row, FIELD_WIDTH)) for row in rows]
        return [f"{MARK} " * self.marked + texts[0], *texts[1:]]

    def size(self, room: int) -> tuple[float, float]:
        """Its width and height with these texts, in points: renderers differ in how wide they take `σ` to be."""
        widths = [*map(text_width, self.texts(room))]
        if self.shape == "line":
            return sum(widths) + PADDING * len(widths), LINE_HEIGHT
        return max(54, max(widths) + 2 * PADDING), max(36, LINE_HEIGHT * len(widths))


def text_width(text: str, size: float = TEXT_SIZE) -> float:
    """The width of a line of text, in points."""
    columns = sum(2 if east_asian_width(character) in "WF" else 1 for character in text)
    return columns * ADVANCE * size
