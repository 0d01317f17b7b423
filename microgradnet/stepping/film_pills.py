"""The local derivatives in a picture of a film: a pill on each arrow, chip and stacked value, as on the page."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping, Sequence
from math import inf

from microgradnet.drawing.box import TEXT_SIZE, WIDEST_FONT, text_width
from microgradnet.drawing.card import CONDENSED
from microgradnet.drawing.curves import Extent, Point
from microgradnet.drawing.spots import MANY_ARROWS, points_of
from microgradnet.drawing.svg import INSET, MIDDLE, PILL
from microgradnet.drawing.theme import LIGHT
from microgradnet.notation.names import number
from microgradnet.stepping.page_layout import View
from microgradnet.stepping.steps import BackwardStep
from microgradnet.value import Value

SVG = "http://www.w3.org/2000/svg"
ASCENT, DESCENT = 10.0, 3.0  # points of letters above and below their line
CLEAR = 2.0  # points between a pill and a box
NARROWEST = 0.75  # of the width that a pill in a box needs


class Pills:
    """The local derivatives of a film: what does not change from picture to picture is found once.

    Args:
        view: the view of operations that is drawn.
        steps: of both passes.
        parts: the groups of its picture by their names.
        picture: what is seen of it.
    """

    def __init__(self, view: View, steps: Iterable[object], parts: Mapping[str, ET.Element], picture: Extent) -> None:
        self._picture = picture
        self._numbers: list[tuple[str | None, str]] = []  # of each backward step: its place, ∂node/∂operand
        along: dict[Value, float] = {}  # where a run of values is folded into a box: ∂last/∂value
        for step in steps:
            if isinstance(step, BackwardStep):
                derivative: float = step.local_derivative * along.get(step.node, 1.0)
                if view.boxes.get(step.operand) == view.boxes.get(step.node):
                    along[step.operand] = derivative
                self._numbers.append((_place(view, step), number(derivative)))
        self._boxes = {name: _shape(part) for name, part in parts.items() if re.fullmatch(r"n\d+", name)}
        self._lines = {name: _from_middle(parts[name]) for name in view.arrows.values()}
        self._has_many_arrows = len(view.arrows) > MANY_ARROWS

    def show(self, parts: Mapping[str, ET.Element], done: int) -> None:
        """Draw ∂node/∂operand of each backward step that is done, the last one's first, where there is a place for it.

        It lies in the picture, on no text, on no other pill and on no box but its own. As on the page, only that of the
        last step stands beside its box, on another box, or among many arrows.
        """
        current, _ = self._numbers[done - 1]
        places: dict[str, list[str]] = {}
        for place, text in reversed(self._numbers[:done]):
            if place and (place == current or place not in self._lines or not self._has_many_arrows):
                places.setdefault(place, []).insert(0, text)
        taken = [_letters(text) for part in parts.values() for text in part.findall(f"{{{SVG}}}text")]
        for place, numbers in places.items():
            text = f"∂ {' + '.join(numbers)}"
            width = text_width(text) + 2 * INSET
            if line := self._lines.get(place):
                spots, distances = [_around(x, y, width) for x, y in line], [CLEAR, 0.0]
            else:
                spots, distances = _in_box(parts[place], width), [0.0]
            if place == current:
                spots += [] if line else _beside(self._boxes[place], width)
                distances.append(-inf)
            others = [box for name, box in self._boxes.items() if name != place]
            for by in distances:
                if spot := self._free(spots, taken, others, by):
                    taken.append(spot)
                    parts["graph0"].append(_pill(spot, text))
                    break

    def _free(
        self, spots: Iterable[Extent], taken: Sequence[Extent], boxes: Sequence[Extent], by: float
    ) -> Extent | None:
        """The first of the spots in the picture that meets nothing taken and is so far from boxes; None if none is."""
        for spot in spots:
            is_legible = self._picture.holds(spot) and not any(map(spot.meets, taken))
            if is_legible and not any(spot.meets(box, by) for box in boxes):
                return spot
        return None


def narrow(text: ET.Element, room: float) -> None:
    """Condense letters that are wider than their room: by a transform, as cairosvg ignores `textLength`."""
    x, width = float(text.attrib["x"]), text_width(text.text or "")
    if width > room:
        scale = room / width
        text.set("transform", f"translate({x * (1 - scale):.2f} 0) scale({scale:.4f} 1)")


def _place(view: View, step: BackwardStep) -> str | None:
    """The arrow, chip or box of a step's operand; None of one that has no box of its own."""
    use = step.node, step.position
    box = view.chips.get(use, view.boxes.get(step.operand))
    is_apart = box is not None and view.boxes.get(step.node) not in {None, box}
    return view.arrows.get(use, f"n{box}") if is_apart else None


def _from_middle(arrow: ET.Element) -> list[Point]:
    """The points along an arrow, the nearest to its middle first."""
    points = points_of(next(arrow.iter(f"{{{SVG}}}path")).attrib["d"])
    middle = (len(points) - 1) / 2
    return [point for _, point in sorted(enumerate(points), key=lambda one: abs(one[0] - middle))]


def _in_box(box: ET.Element, width: float) -> list[Extent]:
    """At the end of a line, or between its numbers, the widest first; in a chip, the first that is hardly condensed.

    So the pills of a card's chips stand in one column.
    """
    right = _shape(box).right
    letters = [(float(line.attrib["y"]) - MIDDLE, *_letters(line)) for line in box.findall(f"{{{SVG}}}text")]
    spots = []
    for y, _, _, end, _ in letters:
        limit = min((begin for other, begin, *_ in letters if other == y and begin >= end), default=right) - INSET
        room = min(width, limit - end - INSET)
        if room >= NARROWEST * width:
            spots.append(_around(limit - room / 2, y, room))
    enough = width * (CONDENSED if "leaf" in box.get("class", "").split() else 1)
    return sorted(spots, key=lambda spot: -min(spot.right - spot.left, enough))


def _beside(box: Extent, width: float) -> list[Extent]:
    """Docked to a box: above it, below it, or at a side."""
    left, top, right, bottom = box
    away, middle = width / 2 + INSET, (top + bottom) / 2
    heights = top - PILL / 2 + 1, bottom + PILL / 2 - 1, middle
    docked = [_around(x, y, width) for x in (right - away, left + away) for y in heights]
    return docked + [_around(x, middle, width) for x in (right + width / 2, left - width / 2)]


def _pill(extent: Extent, text: str) -> ET.Element:
    left, top, right, bottom = extent
    made = ET.Element(f"{{{SVG}}}g", {"class": "node pill"})
    frame = {"x": left, "y": top, "width": right - left, "height": bottom - top, "rx": PILL / 2}
    look = {"fill": LIGHT["card"].fill, "stroke": LIGHT["operation"].line}
    ET.SubElement(made, f"{{{SVG}}}rect", {name: f"{x:.2f}" for name, x in frame.items()} | look)
    at = {"x": f"{left + INSET:.2f}", "y": f"{top + PILL / 2 + MIDDLE:.2f}", "font-size": f"{TEXT_SIZE}"}
    letters = ET.SubElement(made, f"{{{SVG}}}text", at | {"fill": LIGHT["operation"].text})
    letters.text = text
    narrow(letters, right - left - 2 * INSET)
    return made


def _around(x: float, y: float, width: float) -> Extent:
    return Extent(x - width / 2, y - PILL / 2, x + width / 2, y + PILL / 2)


def _letters(text: ET.Element) -> Extent:
    x, y = float(text.attrib["x"]), float(text.attrib["y"])
    width = WIDEST_FONT * text_width((text.text or "").rstrip())
    if scale := re.search(r"scale\(([\d.]+)", text.get("transform", "")):
        width *= float(scale[1])
    left = x - width / 2 * (text.get("text-anchor") == "middle")
    return Extent(left, y - ASCENT, left + width, y + DESCENT)


def _shape(box: ET.Element) -> Extent:
    shape = next(part for part in box if part.tag.rpartition("}")[2] in {"path", "polygon", "ellipse"})
    if shape.tag.endswith("ellipse"):
        x, y, width, height = (float(shape.attrib[name]) for name in ("cx", "cy", "rx", "ry"))
        return Extent(x - width, y - height, x + width, y + height)
    written = re.findall(r"(-?[\d.]+),(-?[\d.]+)", shape.get("d", shape.get("points", "")))
    (left, *_, right), (top, *_, bottom) = (sorted(map(float, side)) for side in zip(*written, strict=True))
    return Extent(left, top, right, bottom)
