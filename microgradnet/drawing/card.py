"""A card: boxes that stand together as one node, each leaf docked as a chip to the value that uses it.

DOT has one way to put several boxes into a node, labels like HTML. Sizes are fixed here: renderers differ in how wide
they take a text to be. `svg.dress` makes each box a group of its own again.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from math import ceil

from microgradnet.drawing.box import MARK_WIDTH, NO_BREAK, ROLES, WIDEST_FONT, Box, Cell, text_width
from microgradnet.drawing.curves import LANE, TURN
from microgradnet.drawing.escape import escape_html
from microgradnet.drawing.svg import BOX
from microgradnet.drawing.theme import Paint

FACE = "monospace"
"""The font of cards: without fonts, renderers overrate `₁` and `σ` in Courier, and move such a text out of its cell."""
INSET, GAP, LINE = 5, 8, 17
"""The space beside a text and between two texts in a line, and the height of a line, in points."""
WAY = "way"
"""The end of the name of the port at which an arrow that passes chips arrives."""
AIR = 2
"""The space above the first line of a box that is no chip, in points: its border is dashed or bold in a step."""
MARGIN = 1
"""The space around a chip, in points."""
BETWEEN = 6
"""The characters that a pill needs between two numbers, besides those that most of them leave of their room."""
CONDENSED = 0.88
"""The least width of a pill that can be read well, as a part of what it needs."""
IMAGE, SMALLEST_PIXEL = 170, 3
"""The width of an image and the least of a pixel, in points."""
PLAIN = 'BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0"'


class Card:
    """Boxes that stand together as one node.

    Args:
        boxes: each after the chips that are docked to it, by their numbers.
        room: the characters reserved for a number.
        beside: whether chips stand on the left of their box, not above it.
        pills: where the chips have room for a pill, as of `Diagram`.
        passed: whether arrows pass the chips of the first box, on their left, to that box.
        line: the height of a line, in points.
    """

    def __init__(
        self, boxes: Mapping[int, Box], room: int, beside: bool, pills: str = "", passed: bool = False, line: int = LINE
    ) -> None:
        self._line = line
        self._boxes, self._beside, self._lane, self._turn = boxes, beside, LANE * passed, TURN * passed
        self._lines = {number: _lines(box, room, pills * (box.shape == "chip")) for number, box in boxes.items()}
        self._lanes = [[*boxes]]
        if beside:
            chips, others = ([n for n, box in boxes.items() if (box.shape == "chip") is one] for one in (True, False))
            self._lanes = [lane for lane in (chips, others) if lane]
        self._columns = {n: _columns([self._lines[m] for m in lane]) for lane in self._lanes for n in lane}
        if passed:
            self._make_way([n for n, box in boxes.items() if box.shape == "chip"])

    @property
    def size(self) -> tuple[float, float]:
        """Its width and height, in points."""
        sizes = [[*zip(*map(self._size, lane), strict=True)] for lane in self._lanes]
        return sum(max(widths) for widths, _ in sizes), max(sum(heights) for _, heights in sizes) + self._turn

    @property
    def blank(self) -> float:
        """The most space below the lines of a box that is as high as the chips beside it, in points."""
        return max(self._missing.values(), default=0.0)

    @property
    def _missing(self) -> dict[int, float]:
        """What each box lacks to the height of the chips beside it; below 0 if it is higher."""
        missing, docked = dict[int, float](), 0.0
        for number, box in self._boxes.items():
            height = self._size(number)[1]
            if box.shape == "chip":
                docked += height * self._beside
            else:
                missing[number], docked = docked - height, 0.0
        return missing

    def _make_way(self, chips: Sequence[int]) -> None:
        """Give chips the width that they need, and all boxes that of chips with the way beside them."""
        needed = _columns([line for line in self._lines[n] if len(line) > 1] for n in self._lines)
        around = 2 * MARGIN + max(_border(self._boxes[n]) for n in chips)
        whole = max(_whole(needed) + around + self._lane, *map(_whole, self._columns.values()))
        for n in self._boxes:
            room = whole - around - self._lane if n in chips else whole
            self._columns[n] = [*needed[:-1], needed[-1] + room - _whole(needed)]

    def label(self, theme: Mapping[str, Paint], direction: str) -> str:
        """Its label in DOT."""
        rows, chips, missing = list[str](), list[int](), self._missing
        for number, box in self._boxes.items():
            if box.shape == "chip":
                chips.append(number)
                continue
            if self._beside:
                docked = [f'<TR><TD CELLPADDING="{MARGIN}">{self._box(chip, theme)}</TD></TR>' for chip in chips]
                left = f"<TABLE {PLAIN}>{''.join(docked)}</TABLE>" * bool(chips)
                own = self._box(number, theme, missing[number])
                rows.append(f'<TR><TD VALIGN="TOP">{left}</TD><TD>{own}</TD></TR>')
            else:
                rows += self._stacked(number, chips, bool(self._lane) and not rows, theme)
            chips = []
        if direction == "BT":
            rows.reverse()
        return f"<<TABLE {PLAIN}>{''.join(rows)}</TABLE>>"

    def _stacked(self, number: int, chips: Sequence[int], is_passed: bool, theme: Mapping[str, Paint]) -> list[str]:
        """The rows of a box and of the chips above it; on the left of these is the way of an arrow that passes them."""
        span = ' COLSPAN="2"' * bool(self._lane)
        turn = f'<TR><TD{span} HEIGHT="{self._turn}" PORT="n{number}{WAY}"></TD></TR>'
        lane = f'<TD ROWSPAN="{len(chips)}" WIDTH="{self._lane}"></TD>'
        around = "" if is_passed else span
        docked = [
            f'<TR>{lane * (is_passed and not at)}<TD{around} CELLPADDING="{MARGIN}">{self._box(chip, theme)}</TD></TR>'
            for at, chip in enumerate(chips)
        ]
        return [*[turn] * is_passed, *docked, f"<TR><TD{span}>{self._box(number, theme)}</TD></TR>"]

    def _size(self, number: int) -> tuple[float, float]:
        """The width and height of a box with its border, and of a chip with its margin."""
        box = self._boxes[number]
        around = 2 * (_border(box) + MARGIN * (box.shape == "chip"))
        height = self._line * len(self._lines[number]) + AIR * (box.shape != "chip")
        return _whole(self._columns[number]) + 2 * INSET + around, height + around

    def _box(self, number: int, theme: Mapping[str, Paint], missing: float = 0) -> str:
        """A box as a table; below its lines stands as much space as is missing to the height of its chips."""
        box = self._boxes[number]
        paint, air = box.paint(theme), AIR * (box.shape != "chip")
        style = ",".join(word for word in ROLES[box.role].style.split(",") if word in {"rounded", "dashed"})
        look = {
            "ID": f"{BOX}-{box.classes.replace(' ', '-')}-n{number}",
            "PORT": f"n{number}",
            "TITLE": box.tooltip,
            "HREF": "",
            "BORDER": f"{_border(box)}",
            "COLOR": paint.line,
            "BGCOLOR": paint.fill,
        } | ({"STYLE": style} if style else {})
        if self._beside and box.shape == "chip":  # else it would be stretched to the height of its box
            width, height = (side - 2 * MARGIN for side in self._size(number))
            look |= {"FIXEDSIZE": "TRUE", "WIDTH": f"{width:.0f}", "HEIGHT": f"{height:.0f}"}
        rows = [_row(line, paint, self._columns[number], self._line) for line in self._lines[number]]
        above, below = (f'<TR><TD HEIGHT="{height:.0f}"></TD></TR>' * (height > 0) for height in (air, missing))
        return _table(look, [above, *rows, below])


def pixels_of(box: Box, paint: Paint) -> str:
    """The DOT label of an image, with a line of text below it: colours as opaque as its numbers are large."""
    side = max(SMALLEST_PIXEL, IMAGE / len(box.pixels))
    size = f'FIXEDSIZE="TRUE" WIDTH="{side:.0f}" HEIGHT="{side:.0f}"'
    rows = [[f'<TD {size} BGCOLOR="{paint.fill}{round(255 * x):02x}"></TD>' for x in line] for line in box.pixels]
    text = f'<TD COLSPAN="{len(box.pixels[0])}">{escape_html(box.texts(0)[0])}</TD>'
    return f"<<TABLE {PLAIN}>{''.join(f'<TR>{cells}</TR>' for cells in [*map(''.join, rows), text])}</TABLE>>"


def line_of(texts: Sequence[str], paint: Paint) -> str:
    """The DOT label of texts beside each other."""
    return f"<{_table({'BORDER': '0'}, [_row(texts, paint, [*map(text_width, texts)])])}>"


def pill_of(text: str, name: str, theme: Mapping[str, Paint]) -> str:
    """The DOT label of an arrow: a text in a small frame, which `svg.dress` makes a group of this name."""
    box = Box([text], "operation")
    paint, columns = box.paint(theme), [text_width(text)]
    look = {"ID": f"{BOX}-pill-{name}", "TITLE": text, "HREF": "", "COLOR": paint.line, "BGCOLOR": paint.fill}
    look |= {"STYLE": "rounded", "BORDER": "1"}
    return f"<{_table(look, [_row([text], paint, columns)])}>"


def pill_width(text: str) -> float:
    """The width of an arrow's number, in points."""
    return text_width(text) + 2 * INSET


def _lines(box: Box, room: int, pills: str) -> list[list[str]]:
    """The texts of a box in lines: those of numbers in a row, unless a pill has room above the last.

    A box's own pill has the room that it needs, and no less than most need.
    """
    lines: list[list[str]] = []
    for row, before, text in zip(box.rows, ["", *box.rows], box.texts(room), strict=False):
        if isinstance(row, Cell) and isinstance(before, Cell) and pills != "above":
            lines[-1].append(text)
        else:
            lines.append([text])
    if pills:
        heading, usual = lines[0][0], room + len("∂ ") if pills == "above" else BETWEEN
        beside = INSET if pills == "above" else 2 * INSET - GAP
        own = CONDENSED * pill_width(box.pill) + beside
        missing = WIDEST_FONT * text_width(heading.rstrip()) + own - text_width(heading)
        lines[0][0] += NO_BREAK * max(usual, ceil(missing / text_width(NO_BREAK)))
    return lines


def _columns(boxes: Iterable[Sequence[Sequence[str]]]) -> list[float]:
    """The widths of the columns in which numbers stand, in points; the last one as wide as other lines need."""
    lines = [line for box in boxes for line in box]
    widths = [
        max(map(text_width, texts)) for texts in zip_longest(*(line for line in lines if len(line) > 1), fillvalue="")
    ]
    whole = max((text_width(line[0]) for line in lines if len(line) == 1), default=0.0)
    missing = max(0.0, whole - _whole(widths))
    return [*widths[:-1], widths[-1] + missing] if widths else [whole]


def _whole(columns: Sequence[float]) -> float:
    """The width of a line of all columns."""
    return sum(columns) + GAP * (len(columns) - 1)


def _border(box: Box) -> int:
    return round(MARK_WIDTH if box.marked else ROLES[box.role].width)


def _table(look: Mapping[str, str], rows: Sequence[str]) -> str:
    attributes = " ".join(f'{name}="{escape_html(value)}"' for name, value in look.items())
    return f'<TABLE {attributes} CELLBORDER="0" CELLSPACING="0" CELLPADDING="0">{"".join(rows)}</TABLE>'


def _row(line: Sequence[str], paint: Paint, columns: Sequence[float], height: int = LINE) -> str:
    """A line of a table, in whose columns spaces stand, too; a single text runs through all of them."""
    if len(line) == 1:
        cells = _cell(line[0], paint, _whole(columns), height, 2 * len(columns) - 1)
    else:
        texts = [*line, *[""] * (len(columns) - len(line))]
        cells = _space(GAP, height).join(
            _cell(text, paint, width, height) for text, width in zip(texts, columns, strict=True)
        )
    return f"<TR>{_space(INSET, height)}{cells}{_space(INSET, height)}</TR>"


def _cell(text: str, paint: Paint, width: float, height: int, span: int = 1) -> str:
    size = f'FIXEDSIZE="TRUE" WIDTH="{width:.0f}" HEIGHT="{height}" ALIGN="LEFT" COLSPAN="{span}"'
    return f'<TD {size}><FONT COLOR="{paint.text}">{escape_html(text)}</FONT></TD>' if text else f"<TD {size}></TD>"


def _space(width: float, height: int) -> str:
    return f'<TD FIXEDSIZE="TRUE" WIDTH="{width:.0f}" HEIGHT="{height}"></TD>'
