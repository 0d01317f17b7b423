"""Where the pill of a local derivative stands: on its own arrow, apart from boxes, other pills and other arrows.

Graphviz puts the label of an arrow beside it, where other arrows may run. A page finds its own places, in `spots.js`:
its pills move with the steps.
"""

import math
import re
import xml.etree.ElementTree as ET
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import product

from microgradnet.drawing.box import text_width
from microgradnet.drawing.curves import Extent, Point, bezier, extent_of, is_a, name_of

APART, CLEAR = 4.0, 2.0
"""In points: from another arrow, so that no one doubts whose a pill is; from a box or the edge, not to touch it."""
ASIDE = (0.0, -0.45, 0.45)  # of its width and height: its middle from the line, which it touches
MANY_ARROWS = 40  # arrows: of more no one sees which pill is whose, and they stay where they are
STOPS = 48  # of an arrow, at which a pill may stand
_COMMAND = re.compile(r"([MCLQ])([^MCLQ]*)")


def put_pills_on_arrows(graph: ET.Element, page: Extent) -> None:
    """Move each pill of a drawing of few arrows onto its own; those of the shortest, with the least room, first.

    Args:
        graph: the drawing; it is changed.
        page: what is seen of it.
    """
    groups = graph.findall("g")
    if sum(is_a(group, "edge") for group in groups) > MANY_ARROWS:
        return
    lines = {name_of(group): points_of(line) for group in groups if (line := _line(group)) is not None}
    pills = {name_of(group).removeprefix("l"): group for group in groups if is_a(group, "pill")}
    points = sorted((x, y, name) for name, line in lines.items() for x, y in line)
    boxes = [box for group in groups if is_a(group, "node") and (box := extent_of(group))]
    taken = [*boxes, *map(_text, graph.findall("text"))]
    for name in sorted(pills.keys() & lines.keys(), key=lambda name: (len(lines[name]), name)):
        others = [(x, y) for x, y, other in points if other != name]
        spot = _best_spot(_frame(pills[name]), lines[name], others, taken, page)
        taken.append(spot)
        _move(pills[name], spot)
        graph.remove(pills[name])
        graph.append(pills[name])  # above every arrow


def points_of(path: str) -> list[Point]:
    """Points along a path of SVG, near to each other."""
    points = list[Point]()
    for command, written in _COMMAND.findall(path):
        numbers = [float(number) for number in re.findall(r"-?[\d.]+", written)]
        ends = list(zip(numbers[::2], numbers[1::2], strict=True))
        degree = {"M": 1, "L": 1, "Q": 2, "C": 3}[command]
        if command == "M":
            points.append(ends.pop(0))
        for at in range(0, len(ends), degree):
            points += bezier([points[-1], *ends[at : at + degree]])
    return points


def _best_spot(
    frame: Extent, line: Sequence[Point], others: Sequence[Point], taken: Sequence[Extent], page: Extent
) -> Extent:
    """The place of a pill on the page, on nothing taken and far from other arrows, whose points are sorted.

    Of those alike, it is the nearest to the middle of the line.
    """
    least, best = (math.inf, math.inf), frame
    for spot in _spots(frame.right - frame.left, frame.bottom - frame.top, line):
        on = sum(spot.meets(other, CLEAR) for other in taken) + (not page.holds(spot, CLEAR))
        if on > least[0]:
            continue
        first, last = (bisect_left(others, (x,)) for x in (spot.left - APART, spot.right + APART))
        top, bottom = spot.top - APART, spot.bottom + APART
        near = (spot.away(point) for point in others[first:last] if top < point[1] < bottom)
        faults = on, APART - min(near, default=APART)
        if faults < least and any(spot.away(point) < 0 for point in line):  # beside a bend it may be off the line
            least, best = faults, spot
        if not any(least):
            break
    return best


def _spots(width: float, height: float, line: Sequence[Point]) -> Iterator[Extent]:
    """The places for a pill of this size along a line, from its middle to its ends, then beside it."""
    stops = sorted((stop / (STOPS - 1) for stop in range(STOPS)), key=lambda along: abs(along - 0.5))
    for across, down in sorted(product(ASIDE, ASIDE), key=lambda aside: sum(map(abs, aside))):
        for along in stops:
            x, y = line[round(along * (len(line) - 1))]
            left, top = x + (across - 0.5) * width, y + (down - 0.5) * height
            yield Extent(left, top, left + width, top + height)


def _line(group: ET.Element) -> str | None:
    path = group.find("path") if is_a(group, "edge") else None
    return None if path is None else path.attrib["d"]


def _text(text: ET.Element) -> Extent:
    """The line of a title or a caption, in a monospaced font."""
    left, line, size = (float(text.attrib[name]) for name in ("x", "y", "font-size"))
    return Extent(left, line - size, left + text_width(text.text or "", size), line + 0.25 * size)


def _frame(pill: ET.Element) -> Extent:
    frame = next(pill.iter("rect"))
    left, top, width, height = (float(frame.attrib[name]) for name in ("x", "y", "width", "height"))
    return Extent(left, top, left + width, top + height)


def _move(pill: ET.Element, to: Extent) -> None:
    frame = _frame(pill)
    for part in [*pill.iter("rect"), *pill.iter("text")]:
        part.set("x", f"{float(part.attrib['x']) + to.left - frame.left:.2f}")
        part.set("y", f"{float(part.attrib['y']) + to.top - frame.top:.2f}")
