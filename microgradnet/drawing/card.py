"""A card: boxes that stand together as one node, each leaf docked as a chip to the value that uses it.

DOT has one way to put several boxes into a node, labels like HTML. Sizes are fixed here: renderers differ in how wide
they take a text to be. `svg.dress` makes each box a group of its own again.
"""

from collections.abc import Mapping, Sequence

from microgradnet.drawing.box import MARK_WIDTH, ROLES, Box, text_width
from microgradnet.drawing.escape import escape_html
from microgradnet.drawing.theme import Paint

FACE = "monospace"
"""The font of cards: without fonts, renderers overrate `₁` and `σ` in Courier, and move such a text out of its cell."""
INSET, GAP, LINE = 7, 12, 19
"""The space beside a text and between two texts in a line, and the height of a line, in points."""
PLAIN = 'BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0"'


def size_of(boxes: Sequence[Box], room: int, beside: bool) -> tuple[float, float]:
    """The width and height of a card, in points; `beside`: chips stand on the left of their box, not above it."""
    groups = _aligned(boxes, beside)
    widths = [left + right + 2 * INSET + GAP for left, right in (_columns(group, room) for group in groups)]
    heights = [sum(LINE * len(_lines(box, 0)) for box in group) for group in groups]
    return sum(widths), max(heights)


def label_of(boxes: Sequence[tuple[int, Box]], theme: Mapping[str, Paint], room: int, direction: str) -> str:
    """The DOT label of a card: its boxes with their numbers, each box after the chips that are docked to it."""
    beside = direction in {"TB", "BT"}
    columns = {id(box): _columns(group, room) for group in _aligned([box for _, box in boxes], beside) for box in group}
    rows, chips = [], list[str]()
    for number, box in boxes:
        table = _table(number, box, theme, room, columns[id(box)], beside)
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


def _lines(box: Box, room: int) -> list[list[str]]:
    """The texts of a box in lines: two numbers that follow each other stand in one."""
    lines: list[list[str]] = []
    pairs = [isinstance(row, tuple) for row in box.rows]
    for index, text in enumerate(box.texts(room)):
        if pairs[index] and index and pairs[index - 1] and len(lines[-1]) == 1:
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


def _columns(boxes: Sequence[Box], room: int) -> tuple[float, float]:
    """The widths of the two columns in which numbers stand, in points."""
    lines = [line for box in boxes for line in _lines(box, room)]
    left, right = (max((text_width(line[k]) for line in lines if len(line) == 2), default=0.0) for k in (0, 1))
    whole = max((text_width(line[0]) for line in lines if len(line) == 1), default=0.0)
    return left, max(right, whole - left - GAP)


def _table(
    number: int, box: Box, theme: Mapping[str, Paint], room: int, columns: tuple[float, float], beside: bool
) -> str:
    paint, role = box.paint(theme), ROLES[box.role]
    border = round(MARK_WIDTH if box.marked else role.width)
    style = ",".join(word for word in role.style.split(",") if word in {"rounded", "dashed"})
    look = {
        "ID": f"{box.classes.replace(' ', '-')}-n{number}",
        "PORT": f"n{number}",
        "TITLE": box.tooltip,
        "HREF": "",
        "BORDER": f"{border}",
        "COLOR": paint.line,
        "BGCOLOR": paint.fill,
    } | ({"STYLE": style} if style else {})
    if beside and box.shape == "chip":  # else it would be stretched to the height of its box
        width = sum(columns) + 2 * INSET + GAP
        look |= {"FIXEDSIZE": "TRUE", "WIDTH": f"{width + 2 * border:.0f}", "HEIGHT": f"{LINE + 2 * border}"}
    attributes = " ".join(f'{name}="{escape_html(value)}"' for name, value in look.items())
    rows = "".join(_row(line, paint, columns) for line in _lines(box, room))
    return f'<TABLE {attributes} CELLBORDER="0" CELLSPACING="0" CELLPADDING="0">{rows}</TABLE>'


def _row(line: Sequence[str], paint: Paint, columns: tuple[float, float]) -> str:
    left, right = columns
    if len(line) == 1:
        return f"<TR>{_space(INSET)}{_cell(line[0], paint, left + GAP + right, 3)}{_space(INSET)}</TR>"
    cells = f"{_cell(line[0], paint, left)}{_space(GAP)}{_cell(line[1], paint, right)}"
    return f"<TR>{_space(INSET)}{cells}{_space(INSET)}</TR>"


def _cell(text: str, paint: Paint, width: float, span: int = 1) -> str:
    size = f'FIXEDSIZE="TRUE" WIDTH="{width:.0f}" HEIGHT="{LINE}" ALIGN="LEFT" COLSPAN="{span}"'
    return f'<TD {size}><FONT COLOR="{paint.text}">{escape_html(text) or " "}</FONT></TD>'


def _space(width: float) -> str:
    return f'<TD FIXEDSIZE="TRUE" WIDTH="{width:.0f}" HEIGHT="{LINE}"></TD>'
