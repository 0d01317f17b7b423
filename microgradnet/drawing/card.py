"""A card: boxes that stand together as one node, each leaf docked as a chip to the value that uses it.

DOT has one way to put several boxes into a node, labels like HTML. Sizes are fixed here: renderers differ in how wide
they take a text to be. `svg.dress` makes each box a group of its own again.
"""

from collections.abc import Mapping, Sequence
from itertools import zip_longest

from microgradnet.drawing.box import MARK_WIDTH, ROLES, Box, text_width
from microgradnet.drawing.escape import escape_html
from microgradnet.drawing.svg import BOX
from microgradnet.drawing.theme import Paint

FACE = "monospace"
"""The font of cards: without fonts, renderers overrate `₁` and `σ` in Courier, and move such a text out of its cell."""
INSET, GAP, LINE = 7, 12, 19
"""The space beside a text and between two texts in a line, and the height of a line, in points."""
IMAGE, SMALLEST_PIXEL = 170, 3
"""The width of an image and the least of a pixel, in points."""
PLAIN = 'BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0"'


def size_of(boxes: Sequence[Box], room: int, beside: bool) -> tuple[float, float]:
    """The width and height of a card, in points; `beside`: chips stand on the left of their box, not above it."""
    groups = _aligned(boxes, beside)
    widths = [_whole(_columns(group, room)) + 2 * INSET for group in groups]
    heights = [sum(LINE * len(_lines(box, 0)) for box in group) for group in groups]
    return sum(widths), max(heights)


def label_of(
    boxes: Sequence[tuple[int, Box]], theme: Mapping[str, Paint], room: int, direction: str, beside: bool
) -> str:
    """The DOT label of a card: its boxes with their numbers, each box after the chips that are docked to it."""
    columns = {id(box): _columns(group, room) for group in _aligned([box for _, box in boxes], beside) for box in group}
    rows, chips = [], list[str]()
    for number, box in boxes:
        table = _box(number, box, theme, room, columns[id(box)], beside)
        if box.shape == "chip":
            chips.append(f'<TR><TD CELLPADDING="1">{table}</TD></TR>')
            continue
        if beside:
            docked = f"<TABLE {PLAIN}>{''.join(chips)}</TABLE>" * bool(chips)
            rows.append(f'<TR><TD VALIGN="TOP">{docked}</TD><TD>{table}</TD></TR>')
        else:
            rows += [*chips, f"<TR><TD>{table}</TD></TR>"]
        chips = []
    if direction == "BT":
        rows.reverse()
    return f"<<TABLE {PLAIN}>{''.join(rows)}</TABLE>>"


def pixels_of(box: Box, paint: Paint) -> str:
    """The DOT label of an image, with a line of text below it: colours as opaque as its numbers are large."""
    side = max(SMALLEST_PIXEL, IMAGE / len(box.pixels))
    size = f'FIXEDSIZE="TRUE" WIDTH="{side:.0f}" HEIGHT="{side:.0f}"'
    rows = [[f'<TD {size} BGCOLOR="{paint.fill}{round(255 * x):02x}"></TD>' for x in line] for line in box.pixels]
    text = f'<TD COLSPAN="{len(box.pixels[0])}">{escape_html(box.texts(0)[0])}</TD>'
    return f"<<TABLE {PLAIN}>{''.join(f'<TR>{cells}</TR>' for cells in [*map(''.join, rows), text])}</TABLE>>"


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


def _lines(box: Box, room: int) -> list[list[str]]:
    """The texts of a box in lines: numbers that follow each other stand in one."""
    lines: list[list[str]] = []
    for row, before, text in zip(box.rows, ["", *box.rows], box.texts(room), strict=False):
        if isinstance(row, tuple) and isinstance(before, tuple):
            lines[-1].append(text)
        else:
            lines.append([text])
    return lines


def _aligned(boxes: Sequence[Box], beside: bool) -> list[list[Box]]:
    """The boxes whose numbers stand in the same columns: all, or chips for themselves."""
    if not beside:
        return [list(boxes)]
    chips = [box for box in boxes if box.shape == "chip"]
    return [group for group in (chips, [box for box in boxes if box.shape != "chip"]) if group]


def _columns(boxes: Sequence[Box], room: int) -> list[float]:
    """The widths of the columns in which numbers stand, in points; the last one as wide as other lines need."""
    lines = [line for box in boxes for line in _lines(box, room)]
    widths = [
        max(map(text_width, texts)) for texts in zip_longest(*(line for line in lines if len(line) > 1), fillvalue="")
    ]
    whole = max((text_width(line[0]) for line in lines if len(line) == 1), default=0.0)
    missing = max(0.0, whole - _whole(widths))
    return [*widths[:-1], widths[-1] + missing] if widths else [whole]


def _whole(columns: Sequence[float]) -> float:
    """The width of a line of all columns."""
    return sum(columns) + GAP * (len(columns) - 1)


def _box(number: int, box: Box, theme: Mapping[str, Paint], room: int, columns: Sequence[float], beside: bool) -> str:
    paint, role = box.paint(theme), ROLES[box.role]
    border = round(MARK_WIDTH if box.marked else role.width)
    style = ",".join(word for word in role.style.split(",") if word in {"rounded", "dashed"})
    look = {
        "ID": f"{BOX}-{box.classes.replace(' ', '-')}-n{number}",
        "PORT": f"n{number}",
        "TITLE": box.tooltip,
        "HREF": "",
        "BORDER": f"{border}",
        "COLOR": paint.line,
        "BGCOLOR": paint.fill,
    } | ({"STYLE": style} if style else {})
    if beside and box.shape == "chip":  # else it would be stretched to the height of its box
        width = _whole(columns) + 2 * INSET
        look |= {"FIXEDSIZE": "TRUE", "WIDTH": f"{width + 2 * border:.0f}", "HEIGHT": f"{LINE + 2 * border}"}
    return _table(look, [_row(line, paint, columns) for line in _lines(box, room)])


def _table(look: Mapping[str, str], rows: Sequence[str]) -> str:
    attributes = " ".join(f'{name}="{escape_html(value)}"' for name, value in look.items())
    return f'<TABLE {attributes} CELLBORDER="0" CELLSPACING="0" CELLPADDING="0">{"".join(rows)}</TABLE>'


def _row(line: Sequence[str], paint: Paint, columns: Sequence[float]) -> str:
    """A line of a table, in whose columns spaces stand, too; a single text runs through all of them."""
    if len(line) == 1:
        cells = _cell(line[0], paint, _whole(columns), 2 * len(columns) - 1)
    else:
        texts = [*line, *[""] * (len(columns) - len(line))]
        cells = _space(GAP).join(_cell(text, paint, width) for text, width in zip(texts, columns, strict=True))
    return f"<TR>{_space(INSET)}{cells}{_space(INSET)}</TR>"


def _cell(text: str, paint: Paint, width: float, span: int = 1) -> str:
    size = f'FIXEDSIZE="TRUE" WIDTH="{width:.0f}" HEIGHT="{LINE}" ALIGN="LEFT" COLSPAN="{span}"'
    return f'<TD {size}><FONT COLOR="{paint.text}">{escape_html(text)}</FONT></TD>' if text else f"<TD {size}></TD>"


def _space(width: float) -> str:
    return f'<TD FIXEDSIZE="TRUE" WIDTH="{width:.0f}" HEIGHT="{LINE}"></TD>'
