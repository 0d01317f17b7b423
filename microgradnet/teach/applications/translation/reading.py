"""Pictures of a network that reads numbers: where it looks for each letter, as a figure, an animation and a page."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from microgradnet.drawing.figure import Figure
from microgradnet.drawing.figure_style import INK, LINE, SOFT, figure
from microgradnet.drawing.theme import LIGHT
from microgradnet.teach.applications.application import Files
from microgradnet.teach.applications.media.images import enlarged
from microgradnet.teach.applications.media.player import Film, Player
from microgradnet.teach.applications.media.svg import box, moving, text
from microgradnet.teach.applications.translation.images import PLACES, SIDE, WIDTH, Reading
from microgradnet.teach.applications.translation.street import street

ACCENT, ON_ACCENT, BAR = LIGHT["highlight"].fill, LIGHT["highlight"].text, LIGHT["input"].line
PIXEL, LEFT, LETTER = 18, 158, 26  # of a frame: a pixel's side, the image's left side, a letter's width
SIZE = (640, 330)
PAUSE = 5  # frames in which a word that is complete stands
PER_SECOND = 4.0


def files(readings: Sequence[Reading], language: str, credit: str) -> Files:
    """Attention by letter, the reading as an animation and as a page, words over a street, and what is wrong."""
    chosen = _chosen(readings) or list(readings)
    right = [reading for reading in chosen if reading.is_right] or chosen
    wrong = [
        reading
        for is_new in (False, True)
        for reading in [one for one in readings if one.is_new is is_new and not one.is_right][:4]
    ]
    return {
        "attention.svg": lambda: attention_by_letter(right[:4], language, credit).svg,
        "reading.svg": lambda: animated(right[:4], language, credit),
        "reading.html": lambda: page(right[:8] + wrong[:1] + wrong[-1:], language, credit).html,
        "street.svg": lambda: street(right[4:7] or right, language, credit),
        "mistakes.svg": lambda: mistakes(wrong, language, credit).svg,
    }


def _chosen(readings: Sequence[Reading]) -> list[Reading]:
    """The first reading of each number above 20 that is no multiple of 10: of the training and new in turn."""
    first: dict[int, Reading] = {}
    for reading in readings:
        if reading.number > 20 and reading.number % 10:
            first.setdefault(reading.number, reading)
    seen, new = ([reading for reading in first.values() if reading.is_new is is_new] for is_new in (False, True))
    return [reading for pair in zip(seen, new, strict=False) for reading in pair]


def attention_by_letter(readings: Sequence[Reading], language: str, credit: str) -> Figure:
    """Each image, and below it a line for each letter of the word: the darker a place, the more it looks there."""
    made = figure(2.3 * max(2, len(readings)), 5.2, f"where a network looks for each letter of a {language} number")
    longest = max(len(reading.attention) for reading in readings)
    grid = made.subplots(2, max(1, len(readings)), squeeze=False, sharex=True, height_ratios=[SIDE, 1.35 * longest])
    for axes in grid.ravel():
        axes.set_axis_off()
    for (above, below), reading in zip(grid.T, readings, strict=False):
        above.imshow(1 - reading.image, cmap="gray", vmin=0, vmax=1, extent=(0, WIDTH, SIDE, 0), aspect="auto")
        above.set_title(
            f"{reading.number}, {'never seen' if reading.is_new else 'in the training'}", fontsize=10, color=INK
        )
        half = (PLACES[1] - PLACES[0]) / 2
        sides = (PLACES[0] + SIDE / 2 - half, PLACES[-1] + SIDE / 2 + half)
        below.imshow(
            reading.attention, cmap="Blues", vmin=0, vmax=1, extent=(*sides, len(reading.attention), 0), aspect="auto"
        )
        below.plot(reading.centres, np.arange(len(reading.attention)) + 0.5, ".-", color=LIGHT["parameter"].line, lw=1)
        for line, letter in enumerate(reading.word):
            below.text(1.2, line + 0.5, letter, ha="center", va="center", color=INK, family="monospace", fontsize=10)
        below.set_ylim(longest, 0)
    made.suptitle(f"Blue: where it looks for each letter. Orange: the centre.\nData: {credit}", fontsize=8, color=SOFT)
    return made


def mistakes(readings: Sequence[Reading], language: str, credit: str) -> Figure:
    """Images whose word is wrong, with that word and the right one."""
    columns, rows = 4, max(1, math.ceil(len(readings) / 4))
    made = figure(9.2, 1.6 * rows + 0.45, f"{language} words that are wrong")
    grid = made.subplots(rows, columns, squeeze=False)
    for axes in grid.ravel():
        axes.set_axis_off()
    for axes, reading in zip(grid.ravel(), readings, strict=False):
        axes.imshow(1 - reading.image, cmap="gray", vmin=0, vmax=1)
        axes.set_title(f"{reading.number} {reading.right_word}\n→ {reading.word or '(nothing)'}", fontsize=9, color=INK)
        axes.set_axis_on()
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_color(LINE)
    made.suptitle(f"Where it is wrong. Data: {credit}", fontsize=8, color=SOFT)
    return made


def frame(reading: Reading, said: int) -> str:
    """The elements of a frame: the image, where it looks for the last of the letters that are said, these letters."""
    width, bottom, word = PIXEL * WIDTH, 20 + PIXEL * SIDE + 62, reading.word
    drawn = (
        enlarged(1 - reading.image, LEFT, 20, width, PIXEL * SIDE)
        + f'<path d="M{LEFT} 20h{width}m0 {PIXEL * SIDE}h{-width}M{LEFT} {bottom}h{width}" stroke="{LINE}"/>'
    )
    start = (SIZE[0] - LETTER * len(word)) / 2
    if said <= len(word):
        for left, weight in zip(PLACES, reading.attention[said - 1], strict=True):
            x, height = LEFT + PIXEL * left, 56 * weight
            if weight > 0.02:
                drawn += box(x, 20, PIXEL * SIDE, PIXEL * SIDE, ACCENT, 0.65 * weight)
            drawn += box(x + PIXEL * (SIDE / 2 - 0.8), bottom - height, 1.6 * PIXEL, height, BAR)
        drawn += box(start + LETTER * (said - 1), bottom + 17, LETTER, 46, ACCENT)
    for i, letter in enumerate(word[:said]):
        shown = text(start + LETTER * (i + 0.5), bottom + 51, letter, 36, "middle")
        drawn += f'<g style="color:{ON_ACCENT}">{shown}</g>' if i == said - 1 else shown  # in the dark too
    return drawn


def frames(reading: Reading) -> Iterator[str]:
    """A frame for each letter, and some with the whole word."""
    for said in range(1, len(reading.word) + 1):
        yield frame(reading, said)
    yield from [frame(reading, len(reading.word) + 1)] * PAUSE


def page(readings: Sequence[Reading], language: str, credit: str) -> Player:
    """A page that plays the readings."""
    films = [
        Film(
            f"{reading.number}",
            list(frames(reading)),
            PER_SECOND,
            caption=f"{reading.number} in {language}: {'right' if reading.is_right else 'wrong'}"
            + ("; no image of this number was in the training." if reading.is_new else "."),
        )
        for reading in readings
    ]
    about = (
        "Yellow, and the height of the bars: how much the network looks at each of six places for this letter. It was "
        f"trained on images and words alone, and is never told the digits. Test images; {credit}."
    )
    return Player(f"A network says {language} numbers", films, SIZE, about)


def animated(readings: Sequence[Reading], language: str, credit: str) -> str:
    """The readings one after the other, as an SVG that moves; where nothing moves it shows the first word complete."""
    label = f"A network reads numbers and says them in {language}, letter by letter; yellow is where it looks"
    notes = (f"Learnt from images and {language} words; never told the digits.", f"Data: {credit}.")
    below = [text(SIZE[0] / 2, SIZE[1] - 24 + 14 * i, note, 11, "middle", soft=True) for i, note in enumerate(notes)]
    every = [drawn for reading in readings for drawn in frames(reading)]
    return moving(every, PER_SECOND, SIZE, label, "".join(below), len(readings[0].word), [LINE, BAR])
