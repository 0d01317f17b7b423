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
SIZE = (480, 368)
PIXEL, LEFT, TOP = 18, 78, 40  # of a frame: a pixel's side, the image's left and upper sides
LETTER = 26  # a letter's width, at most
PAUSE = 5  # frames in which a word that is complete stands
PER_SECOND = 4.0
LEGEND = text(SIZE[0] / 2, 26, "Yellow, and bars: where it looks for this letter", 14, "middle")


def files(readings: Sequence[Reading], language: str, credit: str) -> Files:
    """Pictures and a page of readings, of right ones above all: at most four wrong ones of either kind are shown."""
    chosen = _chosen(readings) or _first_of_each_number(readings)
    right = [reading for reading in chosen if reading.is_right] or chosen
    wrong = [
        reading
        for is_new in (False, True)
        for reading in [one for one in readings if one.is_new is is_new and not one.is_right][:4]
    ]
    failed = _first_of_each_number(wrong[:1] + wrong[-1:])
    played = [reading for reading in right if reading.number not in {other.number for other in failed}][:8] + failed
    return {
        "attention.svg": lambda: attention_by_letter(right[:4], language, credit).svg,
        "reading.svg": lambda: animated(right[:4], language, credit),
        "reading.html": lambda: page(played, language, credit).html,
        "street.svg": lambda: street(right[4:7] or right, language, credit),
        "mistakes.svg": lambda: mistakes(wrong, language, credit).svg,
    }


def _chosen(readings: Sequence[Reading]) -> list[Reading]:
    """The first reading of each number above 20 that is no multiple of 10: of the training and new in turn."""
    first = _first_of_each_number([reading for reading in readings if reading.number > 20 and reading.number % 10])
    seen, new = ([reading for reading in first if reading.is_new is is_new] for is_new in (False, True))
    return [reading for pair in zip(seen, new, strict=False) for reading in pair]


def _first_of_each_number(readings: Sequence[Reading]) -> list[Reading]:
    first: dict[int, Reading] = {}
    for reading in readings:
        first.setdefault(reading.number, reading)
    return list(first.values())


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
    width, bottom, word = PIXEL * WIDTH, TOP + PIXEL * SIDE + 62, reading.word
    drawn = (
        enlarged(1 - reading.image, LEFT, TOP, width, PIXEL * SIDE)
        + f'<path d="M{LEFT} {TOP}h{width}m0 {PIXEL * SIDE}h{-width}M{LEFT} {bottom}h{width}" stroke="{LINE}"/>'
    )
    wide = min(LETTER, (SIZE[0] - 24) / max(1, len(word)))
    start = (SIZE[0] - wide * len(word)) / 2
    if said <= len(word):
        for left, weight in zip(PLACES, reading.attention[said - 1], strict=True):
            x, height = LEFT + PIXEL * left, 56 * weight
            if weight > 0.02:
                drawn += box(x, TOP, PIXEL * SIDE, PIXEL * SIDE, ACCENT, 0.65 * weight)
            drawn += box(x + PIXEL * (SIDE / 2 - 0.8), bottom - height, 1.6 * PIXEL, height, BAR)
        drawn += box(start + wide * (said - 1), bottom + 17, wide, 46, ACCENT)
    for i, letter in enumerate(word[:said]):
        shown = text(start + wide * (i + 0.5), bottom + 51, letter, 1.4 * wide, "middle")
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
            caption=_caption(reading, language),
            around=LEGEND,
        )
        for reading in readings
    ]
    about = (
        "The bars are for six places, each 8 columns wide. The network was trained on images and words alone, and is "
        f"never told the digits. Test images; {credit}."
    )
    return Player(f"A network says {language} numbers", films, SIZE, about)


def _caption(reading: Reading, language: str) -> str:
    """What it says of a number, whether that is right, and whether the number is new."""
    said = f"{reading.number} in {language}: {reading.word or '(nothing)'}, "
    verdict = "which is right." if reading.is_right else f"which is wrong: it is {reading.right_word}."
    return said + verdict + (" No image of this number was in the training." if reading.is_new else "")


def animated(readings: Sequence[Reading], language: str, credit: str) -> str:
    """The readings in turn, as an SVG that moves; where nothing moves it shows the first word's end."""
    label = f"A network reads numbers and says them in {language}, letter by letter; yellow is where it looks"
    notes = (f"Learnt from images and {language} words; never told the digits.", credit[0].upper() + credit[1:])
    below = [text(SIZE[0] / 2, SIZE[1] - 28 + 17 * i, note, 12.5, "middle", soft=True) for i, note in enumerate(notes)]
    every = [drawn for reading in readings for drawn in frames(reading)]
    still, around = max(0, len(readings[0].word) - 1), LEGEND + "".join(below)
    return moving(every, PER_SECOND, SIZE, label, around, still, [LINE, BAR])
