"""A street with a house number and two price tags, before and after their numbers are covered by words."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from microgradnet.teach.applications.media.images import png_url
from microgradnet.teach.applications.media.svg import box, card, text
from microgradnet.teach.applications.translation.images import SIDE, WIDTH, Reading

PANEL, HEIGHT, GAP, TOP, MARGIN = 400, 300, 16, 34, 8
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
    width = 2 * (PANEL + MARGIN) + GAP
    right = sum(reading.is_right for reading in readings)
    notes = (
        f"{right} of {len(readings)} examples are right. Where each number stands is given: the network only reads.",
        f"Data: {credit}.",
    )
    below = [text(width / 2, TOP + HEIGHT + 22 + 17 * i, note, 12, "middle", soft=True) for i, note in enumerate(notes)]
    panels = _panel(MARGIN, readings, "the picture", in_words=False) + _panel(
        MARGIN + PANEL + GAP, readings, f"in {language}", in_words=True
    )
    label = f"A house number and price tags, and the same with {language} words over them"
    return card(panels + "".join(below), (width, TOP + HEIGHT + 52), label)


def _panel(x: float, readings: Sequence[Reading], title: str, *, in_words: bool) -> str:
    signs = "".join(_sign(sign, reading, in_words) for sign, reading in zip(SIGNS, readings, strict=False))
    return (
        f'<g transform="translate({x} 0)">{text(PANEL / 2, 23, title, 15, "middle")}'
        f'<g transform="translate(0 {TOP})">{_scene()}{signs}</g></g>'
    )


def _sign(sign: Sign, reading: Reading, in_words: bool) -> str:
    """The number as it is written, or in its place the word, as large as the sign allows."""
    width, height = SIGN
    if in_words:
        size = min(28, (width - 12) / (0.61 * max(1, len(reading.word))))
        shown = f'<g style="color:{sign.ink}">{text(0, 0.35 * size, reading.word, size, "middle")}</g>'
    else:
        tall = height - 8
        wide = tall * WIDTH / SIDE
        shown = (
            f'<image href="{_written(reading, sign)}" x="{-wide / 2}" y="{-tall / 2}" width="{wide}" height="{tall}"/>'
        )
    board = box(-width / 2, -height / 2, width, height, sign.paper, corner=6)
    return f'<g transform="translate({sign.x} {sign.y}) rotate({sign.turn})">{board}{shown}</g>'


def _written(reading: Reading, sign: Sign) -> str:
    """The image in the sign's colours, enlarged."""
    from scipy.ndimage import zoom  # comes with scikit-learn

    smooth = zoom(reading.image, ENLARGED, order=3, mode="grid-constant", grid_mode=True)
    ink = ((smooth - 0.3) / 0.3).clip(0, 1)[..., None]  # with an edge, as a pen's
    paper, line = (np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]) for colour in (sign.paper, sign.ink))
    return png_url((1 - ink) * paper + ink * line)


def _scene() -> str:
    """A wall with a door, and before it a stall with two crates of fruit, cut off at its edges."""
    wall = [box(0, 0, PANEL, HEIGHT, "#d9b99b", corner=10)]
    wall += [
        box(x - 20 * (y // 22 % 2), y, 36, 18, "#cfa987", corner=2)
        for y in range(6, 250, 22)
        for x in range(2, PANEL + 20, 40)
    ]
    door = [
        box(52, 14, 96, 150, "#f3ead9", corner=4), box(60, 22, 80, 142, "#3f6b57", corner=3),
        box(70, 34, 26, 50, "#2f5444", corner=2), box(104, 34, 26, 50, "#2f5444", corner=2),
        _disc(130, 104, 4, "#e3c15a"),
    ]  # fmt: skip
    fruit = [
        _disc(left + 20 + 22 * i + 11 * (row % 2), 182 - 15 * row, 12, colour)
        for left, colour in ((14, "#c8402f"), (212, "#efc02e")) for row in range(2) for i in range(7 - row)
    ]  # fmt: skip
    stall = [box(0, 264, PANEL, 36, "#7a5637"), box(0, 258, PANEL, 10, "#93693f")]
    crates = [box(left, 184, 176, 76, "#a97c4c", corner=3) for left in (14, 212)]
    drawn = "".join([*wall, *door, *fruit, *stall, *crates])
    return f'<svg width="{PANEL}" height="{HEIGHT}">{drawn}</svg>'


def _disc(x: float, y: float, radius: float, fill: str) -> str:
    return f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{fill}"/>'
