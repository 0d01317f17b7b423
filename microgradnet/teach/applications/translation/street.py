"""A street with a house number and two price tags, before and after their numbers are covered by words."""

from collections.abc import Sequence
from typing import NamedTuple
from xml.etree.ElementTree import Element

import numpy as np

from microgradnet.drawing.figure_style import CARD, INK, SOFT
from microgradnet.drawing.svg import element, on_card, scope_of
from microgradnet.drawing.theme import dark_css_by_colour
from microgradnet.teach.applications.media.images import png_url
from microgradnet.teach.applications.translation.images import SIDE, WIDTH, Reading

PANEL, HEIGHT, GAP, TOP = 400, 300, 16, 34
ENLARGED = 12  # pixels of the picture for one of an image


class Sign(NamedTuple):
    """Where a number stands: the middle of the sign, its turn in degrees, its colour and that of its ink."""

    x: float
    y: float
    turn: float
    paper: str
    ink: str


SIGNS = (
    Sign(286, 62, 0, "#1d4e89", "#fefefe"),
    Sign(104, 228, -4, "#fff6d8", "#3a2a1a"),
    Sign(300, 232, 3, "#fff6d8", "#8c1c13"),
)
SIGN = (168, 66)  # width and height


def street(readings: Sequence[Reading], language: str, credit: str) -> str:
    """The street twice, as an SVG: with the numbers of up to three readings, and with the words that were said."""
    label = f"A house number and price tags, and the same with {language} words over them"
    width = 2 * PANEL + GAP
    right = sum(reading.is_right for reading in readings)
    notes = (
        f"{right} of {len(readings)} examples are right. Where each number stands is given: the network only reads.",
        f"Data: {credit}.",
    )
    below = [_text(note, width / 2, TOP + HEIGHT + 22 + 17 * i, 12, SOFT) for i, note in enumerate(notes)]
    height = TOP + HEIGHT + 52
    root = element(
        "svg", None,
        _panel(0, readings, "the picture", in_words=False),
        _panel(PANEL + GAP, readings, f"in {language}", in_words=True),
        *below,
        width=f"{width}", height=f"{height}", viewBox=f"0 0 {width} {height}",
    )  # fmt: skip
    scope = scope_of(label, "".join(reading.word for reading in readings))
    return on_card(root, label, scope, dark_css_by_colour(scope, [CARD, INK, SOFT]))


def _panel(x: float, readings: Sequence[Reading], title: str, *, in_words: bool) -> Element:
    signs = [_sign(sign, reading, in_words) for sign, reading in zip(SIGNS, readings, strict=False)]
    scene = element("g", None, *_scene(), *signs, transform=f"translate(0 {TOP})")
    return element("g", None, _text(title, PANEL / 2, 23, 15, INK), scene, transform=f"translate({x} 0)")


def _sign(sign: Sign, reading: Reading, in_words: bool) -> Element:
    """The number as it is written, or in its place the word, as large as the sign allows."""
    width, height = SIGN
    board = element(
        "rect", x=f"{-width / 2}", y=f"{-height / 2}", width=f"{width}", height=f"{height}", rx="6", fill=sign.paper,
        stroke=sign.ink, stroke_opacity="0.5",
    )  # fmt: skip
    if in_words:
        size = min(28, (width - 12) / (0.61 * max(1, len(reading.word))))
        shown = _text(reading.word, 0, 0.35 * size, size, sign.ink)
    else:
        tall = height - 8
        wide = tall * WIDTH / SIDE
        shown = element(
            "image", href=_written(reading, sign), x=f"{-wide / 2}", y=f"{-tall / 2}", width=f"{wide}",
            height=f"{tall}",
        )  # fmt: skip
    return element("g", None, board, shown, transform=f"translate({sign.x} {sign.y}) rotate({sign.turn})")


def _written(reading: Reading, sign: Sign) -> str:
    """The image in the sign's colours, enlarged."""
    from scipy.ndimage import zoom  # comes with scikit-learn

    smooth = zoom(reading.image, ENLARGED, order=3, mode="grid-constant", grid_mode=True)
    ink = ((smooth - 0.3) / 0.3).clip(0, 1)[..., None]  # with an edge, as a pen's
    paper, line = (np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]) for colour in (sign.paper, sign.ink))
    return png_url((1 - ink) * paper + ink * line)


def _scene() -> list[Element]:
    """A wall with a door, and before it a stall with two crates of fruit."""
    wall = [_box(0, 0, PANEL, HEIGHT, "#d9b99b", 10)]
    wall += [
        _box(x + 20 * (y // 22 % 2), y, 36, 18, "#cfa987", 2) for y in range(6, 150, 22) for x in range(4, 360, 40)
    ]
    door = [
        _box(52, 14, 96, 150, "#f3ead9", 4), _box(60, 22, 80, 142, "#3f6b57", 3), _box(70, 34, 26, 50, "#2f5444", 2),
        _box(104, 34, 26, 50, "#2f5444", 2), _disc(130, 104, 4, "#e3c15a"),
    ]  # fmt: skip
    fruit = [
        _disc(left + 20 + 22 * i + 11 * (row % 2), 182 - 15 * row, 12, colour)
        for left, colour in ((14, "#c8402f"), (212, "#efc02e")) for row in range(2) for i in range(7 - row)
    ]  # fmt: skip
    stall = [_box(0, 264, PANEL, 36, "#7a5637", 0), _box(0, 258, PANEL, 10, "#93693f", 0)]
    crates = [_box(left, 184, 176, 76, "#a97c4c", 3) for left in (14, 212)]
    return [*wall, *door, *fruit, *stall, *crates]


def _box(x: float, y: float, width: float, height: float, fill: str, round_: float) -> Element:
    return element("rect", x=f"{x}", y=f"{y}", width=f"{width}", height=f"{height}", rx=f"{round_}", fill=fill)


def _disc(x: float, y: float, radius: float, fill: str) -> Element:
    return element("circle", cx=f"{x}", cy=f"{y}", r=f"{radius}", fill=fill)


def _text(text: str, x: float, y: float, size: float, fill: str) -> Element:
    return element("text", text, x=f"{x:g}", y=f"{y:g}", font_size=f"{size:.3g}", fill=fill, text_anchor="middle")
