"""Arrows between cards as single curves: each leaves and arrives straight, and bends once between.

Graphviz routes arrows around boxes with several bends, so that two arrows between the same columns cross twice. Where
a single curve meets no box, it is drawn instead. Every head points the way its line ends.
"""

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple, TypeAlias

Point: TypeAlias = tuple[float, float]
SHAPES = {"polygon", "path", "polyline"}
_POINT = re.compile(r"(-?[\d.]+),(-?[\d.]+)")
LANE, TURN = 10, 6
"""The room for an arrow that passes the chips above a box, on the left of the chips and above them, in points."""
_HEAD = re.compile(r"e(\d+)_\d+")  # the name of an arrow, with the number of its box
WING = 0.35  # of an arrowhead's length: half its width
BORDER = 1.0  # points of a box, in which the line of an arrow may begin
BETWEEN = 3.0  # points from each other, at most, are the points along a curve


class Extent(NamedTuple):
    """A rectangle: its left, top, right and bottom edge."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "Extent", by: float = 0.0) -> bool:
        """Whether the other is nearer than `by`."""
        across = self.left - by < other.right and other.left < self.right + by
        return across and self.top - by < other.bottom and other.top < self.bottom + by

    def holds(self, other: "Extent", by: float = 0.0) -> bool:
        """Whether the other is inside, so far from each edge."""
        across = self.left + by <= other.left and other.right <= self.right - by
        return across and self.top + by <= other.top and other.bottom <= self.bottom - by

    def away(self, point: Point) -> float:
        """How far the point is, across or down; below 0 if it is inside."""
        x, y = point
        return max(self.left - x, x - self.right, self.top - y, y - self.bottom)


def smooth(graph: ET.Element, is_vertical: bool) -> None:
    """Redraw the arrows of a drawing in which all run across, or all down, without a text on their way."""
    groups = graph.findall("g")
    boxes = [box for group in groups if is_a(group, "node") and (box := extent_of(group))]
    for group in groups:
        path, head = group.find("path"), group.find("polygon")
        if is_a(group, "edge") and group.find("text") is None and path is not None and head is not None:
            _redraw(path, head, boxes, int(is_vertical))


def straighten(graph: ET.Element) -> None:
    """Let each arrow end in the direction of its head: Graphviz cuts the line off where the head begins.

    The end of the line stays, and its head is even on both sides. Heads of other shapes stay, and two at an arrow.
    """
    for group in graph.findall("g"):
        path, head = group.find("path"), group.find("polygon")
        shapes = [part.tag for part in group if part.tag in {*SHAPES, "ellipse"}]
        if not is_a(group, "edge") or shapes != ["path", "polygon"] or path is None or head is None:
            continue
        if re.search("[LQ]", path.attrib["d"]):
            continue
        route, corners = _points(path.attrib["d"]), _points(head.attrib["points"])
        is_ahead = _is_ahead(route, corners)
        route = route if is_ahead else route[::-1]
        tip, base = max(corners, key=lambda corner: math.dist(corner, route[-1])), route[-1]
        size = math.dist(tip, base)
        if len(route) < 4 or not size or not _is_triangle(corners, tip):
            continue
        back = math.dist(route[-2], base) / size
        route[-2] = (base[0] - back * (tip[0] - base[0]), base[1] - back * (tip[1] - base[1]))
        _write(path, head, route if is_ahead else route[::-1], tip, base)


def lead(graph: ET.Element) -> None:
    """Lead the arrows that end above the chips of a box around these, on their left, to that box."""
    boxes = {name_of(group): extent_of(group) for group in graph.findall("g")}
    for group in graph.findall("g"):
        found = _HEAD.fullmatch(name_of(group))
        path, head = group.find("path"), group.find("polygon")
        box = boxes.get(f"n{found[1]}") if found else None
        if box is None or path is None or head is None:
            continue
        route, corners = _points(path.attrib["d"]), _points(head.attrib["points"])
        if route[0][1] > route[-1][1]:  # drawn upward
            route.reverse()
        tip = max(corners, key=lambda corner: min(math.dist(corner, end) for end in (route[0], route[-1])))
        is_ahead = math.dist(tip, route[-1]) < math.dist(tip, route[0])
        x, y = tip if is_ahead else route[-1]
        if not (box.left < x < box.right and y + TURN < box.top):
            continue
        lane, turn = box.left + LANE / 2, y + TURN / 2
        end = box.top - is_ahead * math.dist(tip, route[-1])
        bent = [(x, turn), (x - TURN, turn), (lane + TURN, turn), (lane, turn), (lane, turn + TURN), (lane, end)]
        start, *curve = map(_written, route)
        lane_path = "L{} Q{} {} L{} Q{} {} L{}".format(*map(_written, [(x, y), *bent]))
        path.set("d", f"M{start} C{' '.join(curve)} {lane_path}")
        if is_ahead:
            _point(head, (lane, box.top), (lane, end))


def name_of(group: ET.Element) -> str:
    """The name of a box, an arrow or a pill in every picture: its id without that of the picture."""
    return group.get("id", "").rpartition("-")[2]


def is_a(group: ET.Element, kind: str) -> bool:
    """Whether a group has this class: "node", "edge" or "pill"."""
    return kind in group.get("class", "").split()


def _redraw(path: ET.Element, head: ET.Element, boxes: Sequence[Extent], axis: int) -> None:
    """Redraw one arrow, with its head at either end, which runs along an axis: 0 for across, 1 for down."""
    route, corners = _points(path.attrib["d"]), _points(head.attrib["points"])
    is_ahead = _is_ahead(route, corners)
    start, end = (route[0], route[-1]) if is_ahead else (route[-1], route[0])
    tip = max(corners, key=lambda corner: math.dist(corner, end))
    forward = 1.0 if tip[axis] > start[axis] else -1.0
    base = _moved(tip, axis, -forward * math.dist(tip, end))
    way = (base[axis] - start[axis]) * forward
    curve = [start, _moved(start, axis, forward * way / 2), _moved(base, axis, -forward * way / 2), base]
    around = _around(curve)  # in which all of it lies
    near = [box for box in boxes if around.meets(box)]
    if way > 0 and not any(box.away(point) < -BORDER for point in bezier(curve) for box in near):
        _write(path, head, curve if is_ahead else curve[::-1], tip, base)


def _is_ahead(route: Sequence[Point], corners: Sequence[Point]) -> bool:
    """Whether an arrow's head, with these corners, is at the end of its line, not at the start."""
    return math.dist(route[-1], corners[0]) < math.dist(route[0], corners[0])


def _is_triangle(corners: Sequence[Point], tip: Point) -> bool:
    """Whether a head is Graphviz's normal one: wing, tip, wing and the first wing again, as far from the tip."""
    if len(corners) != 4 or corners[0] != corners[3] or corners[1] != tip:
        return False
    return math.isclose(math.dist(tip, corners[0]), math.dist(tip, corners[2]), abs_tol=0.1)


def _write(path: ET.Element, head: ET.Element, curve: Sequence[Point], tip: Point, base: Point) -> None:
    """Write the line of an arrow, and its head."""
    start, *following = map(_written, curve)
    path.set("d", f"M{start} C{' '.join(following)}")
    _point(head, tip, base)


def _point(head: ET.Element, tip: Point, base: Point) -> None:
    """Let an arrowhead point from `base` to `tip`."""
    x, y = (WING * (end - begin) for begin, end in zip(base, tip, strict=True))
    wings = (base[0] - y, base[1] + x), (base[0] + y, base[1] - x)
    head.set("points", " ".join(map(_written, (wings[0], tip, wings[1]))))


def _moved(point: Point, axis: int, by: float) -> Point:
    return (point[0] + by, point[1]) if axis == 0 else (point[0], point[1] + by)


def bezier(corners: Sequence[Point]) -> Iterator[Point]:
    """Points of a Bézier curve after its first."""
    degree = len(corners) - 1
    count = max(1, math.ceil(sum(math.dist(*pair) for pair in pairwise(corners)) / BETWEEN))
    for t in (step / count for step in range(1, count + 1)):
        weighted = [
            (math.comb(degree, k) * t**k * (1 - t) ** (degree - k), *corner) for k, corner in enumerate(corners)
        ]
        yield sum(weight * x for weight, x, _ in weighted), sum(weight * y for weight, _, y in weighted)


def extent_of(group: ET.Element) -> Extent | None:
    """What the shapes of a box take up; None for a text alone."""
    points = [p for part in group if part.tag in SHAPES for p in _points(part.get("d") or part.get("points") or "")]
    for circle in group.iter("ellipse"):
        x, y, across, down = (float(circle.attrib[name]) for name in ("cx", "cy", "rx", "ry"))
        points += [(x - across, y - down), (x + across, y + down)]
    return _around(points) if points else None


def _around(points: Sequence[Point]) -> Extent:
    xs, ys = zip(*points, strict=True)
    return Extent(min(xs), min(ys), max(xs), max(ys))


def _points(text: str) -> list[Point]:
    return [(float(x), float(y)) for x, y in _POINT.findall(text)]


def _written(point: Point) -> str:
    return f"{point[0]:.2f},{point[1]:.2f}"
