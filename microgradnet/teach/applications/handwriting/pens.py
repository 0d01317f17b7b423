"""The pen that a network learns from: letters of Hershey's single-stroke fonts, written line by line by drawn writers.

A font is known by its points in pen order, as a plotter needs them. Every line has a writer of its own: slant, size,
width and tremor differ from line to line.

Source: Hershey 1967, "Calligraphy for computers", as the package Hershey-Fonts has it.
"""

import math
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from microgradnet.teach.applications.application import needed
from microgradnet.teach.applications.requests import ALPHABET

Points = NDArray[np.float64]

LETTERS = ALPHABET
"""What the pens can write. A space is a letter whose only point is reached with the pen in the air."""
LETTERS_IN_LINE = 16  # of practice, without spaces
PANGRAMS = (
    "the quick brown fox jumps over the lazy dog", "pack my box with five dozen liquor jugs",
    "sphinx of black quartz judge my vow", "how vexingly quick daft zebras jump",
)  # fmt: skip
"""Test data: sentences of real words, in which every letter stands."""
UNIT = 4.0  # font units; about the standard deviation of an offset, so that the network's numbers are about 1
BASE, SPACE = 9.0, 16.0  # font units: the baseline, below the origin, and the width of a space
LONGEST = 6.0  # font units: longer lines of a font are divided, as a hand passes through many points
TREMOR, STEADY = (0.1, 0.4), 0.7  # the tremor's standard deviation in font units, and how much of it lasts to the next


class Hand(NamedTuple):
    """A style of writing.

    Attributes:
        font: a font of Hershey's.
        slant: how far to the right a point goes for each unit that it is above the baseline.
        width: factor of all horizontal distances.
    """

    font: str
    slant: float
    width: float


HANDS = {
    "script": Hand("scripts", 0.0, 1.0),
    "round": Hand("scripts", -0.35, 1.2),
    "print": Hand("futural", 0.0, 0.9),
    "italic": Hand("futural", 0.35, 0.75),
}
"""The styles by their names."""


class Line(NamedTuple):
    """A line of handwriting.

    Attributes:
        text: what it says.
        hand: the style's name.
        points: (n, 4): the offset from the point before, to the right and down, in UNITs; whether the pen lifts after
            the point (1) or goes on (0); whether the point is the last of its letter.
    """

    text: str
    hand: str
    points: Points

    @property
    def positions(self) -> NDArray[np.int64]:
        """For each point the position in the text of its letter, (n,)."""
        return np.concatenate([[0], np.cumsum(self.points[:-1, 3])]).astype(np.int64)

    def ink(self) -> list[tuple[int, Points]]:
        """The places (n, 2) that each stretch of ink passes, with the position of its letter; in pen order.

        A letter that goes on from another begins where that one ended.
        """
        places, stretches, stretch = np.cumsum(self.points[:, :2], axis=0), [], list[int]()
        for number, (position, lifts, ends) in enumerate(zip(self.positions, *self.points[:, 2:].T, strict=True)):
            stretch.append(number)
            if lifts or ends:
                if len(stretch) > 1:
                    stretches.append((int(position), places[stretch]))
                stretch = [] if lifts else [number]
        return stretches


@cache
def _glyphs(font: str) -> dict[str, tuple[list[Points], float]]:
    """For each letter its strokes, (points, 2), from its left edge on the baseline, and its width, in font units."""
    fonts = needed("HersheyFonts", "the pens").HersheyFonts()
    fonts.load_default_font(font)
    glyphs: dict[str, tuple[list[Points], float]] = {" ": ([np.array([[SPACE, 0.0]])], SPACE)}
    for letter in LETTERS[1:]:
        glyph = fonts.all_glyphs[letter]
        strokes = [_divided(np.array(stroke, np.float64) - [glyph.left_offset, BASE]) for stroke in glyph.strokes]
        glyphs[letter] = strokes, float(glyph.char_width)
    return glyphs


def _divided(stroke: Points) -> Points:
    """A stroke with points at most LONGEST apart."""
    divided = [stroke[:1]]
    for start, end in pairwise(stroke):
        count = max(1, math.ceil(np.hypot(*(end - start)) / LONGEST))
        divided.append(start + np.arange(1, count + 1)[:, None] / count * (end - start))
    return np.concatenate(divided)


def written(text: str, hand: str, rng: np.random.Generator) -> Line:
    """A line in the style of this name, by a writer who is drawn; it starts on the baseline, at the left.

    >>> line = written("ab", "script", np.random.default_rng(0))
    >>> line.points.shape[1], "".join(line.text[i] for i in line.positions).count("b") > 15
    (4, True)
    """
    style, left = HANDS[hand], 0.0
    places: list[Points] = []
    marks: list[list[float]] = []  # of each place: whether the pen lifts, whether the letter ends
    glyphs = _glyphs(style.font)
    for letter in text:
        strokes, width = glyphs[letter]
        for stroke in strokes:
            shifted = stroke + np.array([left, 0.0])
            if marks and marks[-1][0] and abs(places[-1] - shifted[0]).max() < 0.01:  # the letters join
                marks[-1][0], shifted = 0.0, shifted[1:]
            places += [*shifted]
            marks += [[0.0, 0.0] for _ in shifted]
            marks[-1][0] = 1.0
        marks[-1][1] = 1.0
        left += width
    return Line(text, hand, np.column_stack([_offsets(np.array(places), style, rng), marks]))


def _offsets(places: Points, style: Hand, rng: np.random.Generator) -> Points:
    """The offsets between places as a writer has them, (n, 2), in UNITs."""
    size, width = np.exp(rng.normal(0.0, [0.08, 0.06]))
    slant, tremor = style.slant + rng.normal(0.0, 0.08), rng.uniform(*TREMOR)
    shocks = rng.normal(0.0, tremor * math.sqrt(1 - STEADY**2), places.shape)
    shake = np.array([np.convolve(axis, STEADY ** np.arange(20))[: len(places)] for axis in shocks.T]).T
    sheared = [[size * width * style.width, 0.0], [-size * slant * width * style.width, size]]
    offsets: Points = np.diff(places @ sheared + shake, axis=0, prepend=0.0) / UNIT
    return offsets


def practice(count: int, rng: np.random.Generator) -> list[Line]:
    """Lines of random letters, each as likely as the others, in words of 1 to 7, in every style in turn."""
    lines = []
    for number in range(count):
        letters = "".join(rng.choice(list(LETTERS[1:]), LETTERS_IN_LINE))
        ends = np.cumsum(rng.integers(1, 8, LETTERS_IN_LINE))
        words = (letters[start:end] for start, end in zip([0, *ends], ends, strict=False))
        lines.append(written(" ".join(words).strip(), list(HANDS)[number % len(HANDS)], rng))
    return lines


def held_out(count: int = 4) -> list[Line]:
    """The pangrams in every style, each by `count` writers: test data, the same for every seed."""
    rng = np.random.default_rng(10**9)
    return [written(text, hand, rng) for text in PANGRAMS for hand in HANDS for _ in range(count)]
