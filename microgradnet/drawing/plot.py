"""Curves drawn as SVG: where title, names, grid and curves stand, so that none is in another's way.

What may be drawn is left to `chart`, which numbers are written at an axis to `axis`, the colours to `theme`, and what
makes the SVG fit to stand in any page to `svg`.
"""

import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

from microgradnet._shared.text import clean, shorten
from microgradnet.drawing.axis import Axis, written
from microgradnet.drawing.svg import element, on_card, scope_of
from microgradnet.drawing.theme import LIGHT

Point = tuple[float, float]

# Pixels, but for the counts of characters (COLUMNS) and of points (FEW).
WIDTH, HEIGHT = 560, 320
MARGIN = 16  # around everything
INSET = 6  # from the plot's edge to the outermost points: a marker there is whole
LINE = 18  # from one line of text to the next
SMALL, NORMAL, LARGE = 11, 12, 14
COLUMN = 0.615  # of a font size: a character's width in the widest face of FONT_STACK, and a little more
GAP = 8  # between a text and what it belongs to
SAMPLE = 30  # the piece of a curve in the legend
SHIFT = 9  # how far a name may be moved from its curve's end to clear another's
END_COLUMNS, LEGEND_COLUMNS, TOOLTIP_COLUMNS = 18, 30, 200
FEW = 30  # points of a curve get a marker each


class Style(NamedTuple):
    """How a curve is told from others, with and without colours."""

    role: str
    dashes: str
    marker: str  # the end of an SVG path that begins at the point


STYLES = (
    Style("input", "none", "m-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0z"),
    Style("parameter", "7 4", "m-3-3h6v6h-6z"),
    Style("root", "2 3", "m0-4.5l4.5 4.5l-4.5 4.5l-4.5-4.5z"),
    Style("heading", "11 4 2 4", "m0-4.5l4.5 8h-9z"),
    Style("highlight", "16 5", "m0 4.5l4.5-8h-9z"),
    Style("note", "8 3 2 3 2 3", "m-1.5-4.5h3v3h3v3h-3v3h-3v-3h-3v-3h3z"),
)


class Plot(NamedTuple):
    """The part of the chart that the curves are drawn in, its sides in pixels from the upper left corner."""

    left: float
    top: float
    right: float
    bottom: float
    x_axis: Axis
    y_axis: Axis

    def across(self, x: float) -> float:
        """How far from the left x is drawn."""
        return self.left + INSET + self.x_axis.part(x) * (self.right - self.left - 2 * INSET)

    def down(self, y: float) -> float:
        """How far from the top y is drawn."""
        return self.bottom - INSET - self.y_axis.part(y) * (self.bottom - self.top - 2 * INSET)


def draw_curves(curves: Mapping[str, Sequence[Point]], title: str, x_name: str, y_name: str, log_y: bool) -> str:
    """The SVG of a chart of at most as many curves as there are styles, with a point or more each."""
    x_axis = Axis([x for points in curves.values() for x, _ in points], whole=True)
    y_axis = Axis([y for points in curves.values() for _, y in points], log=log_y, rounded=True)
    title, x_name, y_name = (fit(text, 60) for text in (title, x_name, y_name))
    names = [fit(name, LEGEND_COLUMNS) for name in curves]
    header = MARGIN + (LARGE + 12 if title else 0)  # where what stands below the title begins
    widest = max(width(name, NORMAL) for name in names)
    y_ticks = y_axis.ticks()
    plot = Plot(
        left=MARGIN + max(width(text, SMALL) for text in written(y_ticks)) + GAP,
        top=header + (LINE if y_name else 0),
        right=WIDTH - MARGIN - (GAP + widest if widest else 0),
        bottom=HEIGHT - MARGIN - LINE - (LINE if x_name else 0),
        x_axis=x_axis,
        y_axis=y_axis,
    )
    places, samples = _beside_ends(plot, list(curves.values()), names), False
    if places is None:
        places, samples = _in_rows(names, header + NORMAL), True
        plot = plot._replace(top=plot.top + places[-1][1] - header + GAP + 4, right=WIDTH - MARGIN - GAP)
    x_ticks = _x_ticks(plot)

    texts = [
        *(_text(text, centre, plot.bottom + LINE, SMALL, "middle") for _, text, centre in x_ticks),
        *(
            _text(text, plot.left - GAP, plot.down(tick) + 4, SMALL, "end")
            for tick, text in zip(y_ticks, written(y_ticks), strict=True)
        ),
    ]
    if x_name:
        centre = _centre(x_name, (plot.left + plot.right) / 2, NORMAL)
        texts.append(_text(x_name, centre, HEIGHT - MARGIN, NORMAL, "middle"))
    if y_name:
        texts.append(_text(y_name, MARGIN, plot.top - GAP, NORMAL))
    drawn = [
        element("g", None, *_grid(plot, [tick for tick, _, _ in x_ticks], y_ticks), class_="cluster"),
        element("g", None, *texts, class_="heading", fill=LIGHT["heading"].text),
    ]
    if title:
        heading = _text(title, MARGIN, MARGIN + NORMAL, LARGE)
        heading.set("font-weight", "bold")
        drawn.append(element("g", None, heading, class_="graph", fill=LIGHT["card"].text))
    for (name, points), shown, place, style in zip(curves.items(), names, places, STYLES, strict=False):
        drawn.append(
            _curve(plot, points, style, fit(name, TOOLTIP_COLUMNS), _text(shown, *place, NORMAL), sample=samples)
        )

    root = element("svg", None, *drawn, width=str(WIDTH), height=str(HEIGHT), viewBox=f"0 0 {WIDTH} {HEIGHT}")
    root.tail = None
    label = f"{title or 'chart'}: {', '.join(filter(None, names)) or 'a curve'}; " + ", ".join(
        f"{name} from {' to '.join(written([axis.low, axis.high]))}"
        for name, axis in ((x_name or "x", x_axis), (y_name or "y", y_axis))
    )
    return on_card(root, label, scope_of(title, ET.tostring(root, encoding="unicode")))


def _curve(
    plot: Plot, points: Sequence[Point], style: Style, tooltip: str, name: ET.Element, *, sample: bool
) -> ET.Element:
    """One curve with its name, and with a sample of it before the name if that does not stand at its end."""
    paint = LIGHT[style.role]
    pixels = list(_thinned((plot.across(x), plot.down(y)) for x, y in points))
    marked = pixels if len(pixels) <= FEW else []
    lines = [pixels]
    if sample:
        x, y = float(name.attrib["x"]) - GAP - SAMPLE, float(name.attrib["y"]) - 4
        lines.append([(x, y), (x + SAMPLE, y)])
        marked = [*marked, (x + SAMPLE / 2, y)] if marked else []
    path = "".join("M" + "L".join(_pair(pixel) for pixel in line) for line in lines)
    line = element("path", d=path, fill="none", stroke=paint.line, stroke_width="2", stroke_linejoin="round")
    line.set("stroke-dasharray", style.dashes)
    group = element("g", None, element("title", tooltip), line, class_=style.role, fill=paint.text)
    if marked:
        markers = "".join(f"M{_pair(pixel)}{style.marker}" for pixel in marked)
        group.append(element("path", d=markers, fill=paint.fill, stroke=paint.line, stroke_width="1.5"))
    group.append(name)
    return group


def _thinned(pixels: Iterable[Point]) -> Iterator[Point]:
    """The points without those that nobody would see: of a run in one column of pixels, both ends and extremes stay.

    So the curve of a million iterations is a few kilobytes, and none of its peaks is lost.
    """
    for _, points in groupby(pixels, key=lambda pixel: int(pixel[0])):
        run = list(points)
        heights = [y for _, y in run]
        seen = {0, heights.index(min(heights)), heights.index(max(heights)), len(run) - 1}
        yield from dict.fromkeys(run[i] for i in sorted(seen))


def _grid(plot: Plot, x_ticks: Sequence[float], y_ticks: Sequence[float]) -> Iterator[ET.Element]:
    """A line at each tick, a stronger one where x or y is 0."""
    for tick in x_ticks:
        x = _number(plot.across(tick))
        yield _grid_line(tick, x1=x, x2=x, y1=_number(plot.top), y2=_number(plot.bottom))
    for tick in y_ticks:
        y = _number(plot.down(tick))
        yield _grid_line(tick, x1=_number(plot.left), x2=_number(plot.right), y1=y, y2=y)


def _grid_line(tick: float, **ends: str) -> ET.Element:
    return element("line", **ends, stroke=LIGHT["cluster"].line, stroke_opacity="0.25" if tick else "0.9")


def _x_ticks(plot: Plot) -> list[tuple[float, str, float]]:
    """The ticks of the x axis with their texts and where those are centred: as many as have room, up to ten."""
    placed: list[tuple[float, str, float]] = []
    for most in (9, 7, 5, 4, 3):
        ticks = plot.x_axis.ticks(most)
        texts = written(ticks)
        placed = []
        for tick, text in zip(ticks, texts, strict=True):
            placed.append((tick, text, _centre(text, plot.across(tick), SMALL)))
        room = max(width(text, SMALL) for text in texts) + 2 * GAP
        if all(right - left >= room for (_, _, left), (_, _, right) in pairwise(placed)):
            return placed
    return placed[::2]  # numbers of 17 digits


def _beside_ends(plot: Plot, curves: Sequence[Sequence[Point]], names: Sequence[str]) -> list[Point] | None:
    """Where the curves' names begin if each stands right of its curve's end; None if not all of them can."""
    if any(columns(name) > END_COLUMNS for name in names):
        return None
    if any(plot.across(points[-1][0]) < plot.right - INSET - 1 for points in curves):
        return None
    ends = [plot.down(points[-1][1]) for points in curves]
    places = [(plot.right + GAP / 2, end) for end in ends]
    lowest = 0.0
    for number in sorted(range(len(ends)), key=ends.__getitem__):
        lowest = max(ends[number], lowest + NORMAL + 3)
        if lowest > ends[number] + SHIFT:
            return None
        places[number] = (plot.right + GAP / 2, lowest + 4)
    return places


def _in_rows(names: Sequence[str], baseline: float) -> list[Point]:
    """Where the names begin if they stand one after the other, in rows, each with a sample of its curve before it."""
    places = []
    x = float(MARGIN)
    for name in names:
        needed = SAMPLE + GAP + width(name, NORMAL)
        if x > MARGIN and x + needed > WIDTH - MARGIN:
            x = MARGIN
            baseline += LINE
        places.append((x + SAMPLE + GAP, baseline))
        x += needed + 2 * GAP
    return places


def _centre(text: str, x: float, size: int) -> float:
    """Where a text is centred that should be at x: there, or as near as the chart's sides let it."""
    half = width(text, size) / 2
    return min(max(x, GAP + half), WIDTH - GAP - half)


def _text(text: str, x: float, y: float, size: int, anchor: str = "start") -> ET.Element:
    return element("text", text, x=_number(x), y=_number(y), font_size=str(size), text_anchor=anchor)


def _pair(pixel: Point) -> str:
    return f"{_number(pixel[0])} {_number(pixel[1])}"


def _number(x: float) -> str:
    return f"{x:.2f}".rstrip("0").rstrip(".")


def columns(text: str) -> int:
    """How many columns of a face of fixed width the text takes.

    >>> columns("σ(z)"), columns("誤差"), columns("x̂")
    (4, 4, 1)
    """
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def width(text: str, size: float) -> float:
    """About how many pixels wide the text is."""
    return columns(text) * size * COLUMN


def fit(text: str, most: int) -> str:
    r"""The text on one line, in at most so many columns, every character one that can be drawn.

    >>> fit("the error of\na very long name", 20)
    'the error …long name'
    """
    line = clean(" ".join(text.split()))
    return next(short for length in range(most, 0, -1) if columns(short := shorten(line, length)) <= most)
