"""Strokes of pens as an SVG that writes them in pen order, and is a still picture where nothing may move."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from microgradnet.drawing.svg import scope_of
from microgradnet.drawing.theme import LIGHT
from microgradnet.teach.applications.media.svg import card, text

WIDTH, MARGIN, LEADING = 720, 22, 32  # px
SMALL, LINE = 19, 23  # px: letters of captions and notes, 10 px where README shows 720 px as 388, and their distance
LARGEST = 10.0  # px for a unit of the places, where the rows are short
SPEED, REST = 250.0, 3.0  # of the pen, px per second; seconds before it writes again
INK, MARKED = LIGHT["input"].line, LIGHT["highlight"].line


class Strokes(NamedTuple):
    """What one pen writes: a row of the picture.

    Attributes:
        caption: above it.
        stretches: the places (n, 2) that the pen passes, to the right and down, of each stretch of ink in their order.
        marked: for each stretch whether it is of another colour, and dotted.
    """

    caption: str
    stretches: Sequence[NDArray[np.float64]]
    marked: Sequence[bool]


def animation(rows: Sequence[Strokes], title: str, notes: Sequence[str] = ()) -> str:
    """The rows below each other, to one scale; all pens start at once, and write again after a rest.

    Args:
        rows: at least one, each with at least one stretch.
        title: above them.
        notes: lines below them.

    Raises:
        ValueError: there is no row, or a row has no ink.
    """
    if not rows or not all(row.stretches for row in rows):
        raise ValueError("a picture of writing needs at least one row, and each row at least one stretch of ink")
    corners = [_corners(row) for row in rows]
    widest = max(right - left for (left, _), (right, _) in corners)
    scale = min(LARGEST, (WIDTH - 2 * MARGIN) / widest)
    body = [text(MARGIN, 36, title, 24)]
    scope, times, top = scope_of(title, f"{rows}"), list[tuple[float, float]](), 72.0
    for row, ((left, upper), (_, lower)) in zip(rows, corners, strict=True):
        body.append(text(MARGIN, round(top), row.caption, SMALL))
        shift = np.array([MARGIN - left * scale, top + 14 - upper * scale])
        placed = [places * scale + shift for places in row.stretches]
        body += [
            f'<path id="{scope}-{number}" class="ink" pathLength="1" d="{_curve(places)}" '
            f'stroke="{MARKED if marked else INK}" stroke-width="{3 if marked else 2}"/>'
            for number, (places, marked) in enumerate(zip(placed, row.marked, strict=True), len(times))
        ]
        times += _times(placed)
        top += (lower - upper) * scale + LEADING + 14
    body += [text(MARGIN, round(top) + LINE * i, note, SMALL, soft=True) for i, note in enumerate(notes)]
    height = top + LINE * len(notes)
    return card("\n".join(body), (WIDTH, round(height)), title, _style(scope, times), scope, [INK, MARKED])


def _corners(row: Strokes) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The upper left and the lower right corner of the ink."""
    places = np.concatenate(row.stretches)
    return places.min(axis=0), places.max(axis=0)


def _curve(places: NDArray[np.float64]) -> str:
    """The path from the first place to the last, by quadratic curves that touch the lines between them half-way."""
    x, y = places.T.round(1)
    middles = (places[:-1] + places[1:]) / 2
    curves = [f"Q{a:g} {b:g} {c:g} {d:g}" for a, b, (c, d) in zip(x[1:-1], y[1:-1], middles[1:].round(1), strict=True)]
    return f"M{x[0]:g} {y[0]:g}" + "".join(curves) + f"L{x[-1]:g} {y[-1]:g}"


def _times(stretches: Sequence[NDArray[np.float64]]) -> Iterator[tuple[float, float]]:
    """When the pen begins and ends each stretch, in seconds; in the air it is three times as fast."""
    now, pen = 0.3, stretches[0][0]
    for places in stretches:
        begins = now + float(np.hypot(*(places[0] - pen))) / (3 * SPEED)
        now = begins + float(np.hypot(*np.diff(places, axis=0).T).sum()) / SPEED
        pen = places[-1]
        yield begins, now


def _style(scope: str, times: Sequence[tuple[float, float]]) -> str:
    """The animation of the ink, which begins with all that is written; what hides ink is in the frames alone."""
    whole = max(end for _, end in times) + REST
    frames = [
        f"@keyframes {scope}-{i}{{0%,{100 * begin / whole:.2f}%{{stroke-dasharray:1 3;stroke-dashoffset:1.1}}"
        f"{100 * end / whole:.2f}%,100%{{stroke-dasharray:1 3;stroke-dashoffset:0}}}}"
        f"#{scope}-{i}{{animation-name:{scope}-{i}}}"
        for i, (begin, end) in enumerate(times)
    ]
    return (
        f".{scope} .ink{{fill:none;stroke-linecap:round;stroke-linejoin:round}}"
        "@media (prefers-reduced-motion:no-preference){"
        f".{scope} .ink{{animation:{whole:.2f}s linear {REST - whole:.2f}s infinite}}"
        f".{scope}:hover .ink{{animation-play-state:paused}}" + "".join(frames) + "}"
    )
