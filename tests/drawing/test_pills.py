"""Pills of local derivatives lie on their own arrows alone, and arrowheads point the way their lines end."""

import math
import re
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import TypeAlias

import pytest

from microgradnet import Value, draw
from microgradnet.drawing import DIRECTIONS, provider
from microgradnet.layers import LSTM
from microgradnet.teach.examples import EXAMPLES
from tests.drawing.seen import SVG
from tests.drawing.test_legible import curves, sequence

Rectangle: TypeAlias = tuple[float, float, float, float]
PROGRAMS = [program for name in ("dot", provider.PURE) if (program := shutil.which(name))]
TOUCH = 1.0  # points


def numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?[\d.]+", text)]


def rectangles(svg: str) -> tuple[dict[str, Rectangle], list[Rectangle]]:
    """Left, top, right and lower edge of each pill, by the name of its arrow, and of each box."""
    pills, boxes = {}, []
    for group in ET.fromstring(svg).iter(f"{SVG}g"):
        classes = group.get("class", "").split()
        if "pill" in classes:
            frame = next(group.iter(f"{SVG}rect"))
            x, y, width, height = (float(frame.attrib[name]) for name in ("x", "y", "width", "height"))
            pills[group.attrib["id"].replace("-le", "-e")] = (x, y, x + width, y + height)
        elif "node" in classes:
            shapes = [part for part in group if part.tag in (f"{SVG}path", f"{SVG}polygon")]
            places = [number for part in shapes for number in numbers(part.get("d") or part.get("points") or "")]
            boxes.append((min(places[::2]), min(places[1::2]), max(places[::2]), max(places[1::2])))
    return pills, boxes


def meet(one: Rectangle, other: Rectangle) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def misplaced(svg: str) -> list[str]:
    """What is wrong with the pills."""
    pills, boxes = rectangles(svg)
    lines = curves(svg)
    assert pills
    wrong = []
    for name, pill in pills.items():
        left, top, right, low = pill
        under = {
            other
            for other, points in lines.items()
            if any(left - TOUCH < x < right + TOUCH and top - TOUCH < y < low + TOUCH for x, y in points)
        }
        wrong += [f"{name} not on its arrow"] * (name not in under)
        wrong += [f"{name} on {other}" for other in under - {name}]
        wrong += [f"{name} on a box" for box in boxes if meet(pill, box)]
        wrong += [f"{name} on the pill of {other}" for other in pills if other != name and meet(pill, pills[other])]
    return wrong


def lopsided(svg: str) -> list[str]:
    """The arrows whose line does not end in the axis of their head, or is not in the middle of it."""
    wrong = []
    for group in ET.fromstring(svg).iter(f"{SVG}g"):
        head = group.find(f"{SVG}polygon")
        if "edge" not in group.get("class", "").split() or head is None:
            continue
        route = numbers(group.find(f"{SVG}path").attrib["d"])  # type: ignore[union-attr]
        points = list(zip(route[::2], route[1::2], strict=True))
        left, tip, right, *_ = zip(*[iter(numbers(head.attrib["points"]))] * 2, strict=True)
        middle = (left[0] + right[0]) / 2, (left[1] + right[1]) / 2
        if math.dist(middle, points[-1]) > math.dist(middle, points[0]):
            points.reverse()
        end, before = points[-1], points[-2]
        turn = math.atan2(tip[1] - middle[1], tip[0] - middle[0]) - math.atan2(end[1] - before[1], end[0] - before[0])
        if math.dist(middle, end) > 0.1 or abs(math.remainder(turn, math.tau)) > math.radians(2):
            wrong.append(group.attrib["id"])
    return wrong


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.rpartition("/")[2])
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_each_pill_of_layers_lies_on_its_arrow_alone(
    direction: str, program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider, "find_program", lambda: program)
    svg = draw(EXAMPLES["layers"].build(), local_derivatives=True, direction=direction).svg
    assert misplaced(svg) == []
    assert lopsided(svg) == []


PICTURES: dict[str, Callable[[], Value]] = {
    **{name: EXAMPLES[name].build for name in ("neuron", "two-inputs", "learning")},
    "one step of an LSTM": lambda: sequence(LSTM(1, 1, seed=1), 1),
}


@pytest.mark.parametrize("direction", ["LR", "TB"])
@pytest.mark.parametrize("build", PICTURES.values(), ids=PICTURES)
def test_each_pill_of_a_picture_lies_on_its_arrow_alone(build: Callable[[], Value], direction: str) -> None:
    svg = draw(build(), local_derivatives=True, direction=direction).svg
    assert misplaced(svg) == []
    assert lopsided(svg) == []


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_heads_also_of_arrows_around_boxes_point_the_way_their_lines_end(direction: str) -> None:
    assert lopsided(draw(sequence(LSTM(1, 1, seed=1), 1), direction=direction).svg) == []


def test_a_pill_beside_its_arrow_or_on_a_box_and_a_head_turned_aside_would_be_seen() -> None:
    a = Value(2.0, "a")
    svg = draw(a * Value(3.0, "b"), local_derivatives=True).svg
    assert misplaced(svg) == []
    frame = re.search(r'<rect x="([\d.-]+)" y="([\d.-]+)" width', svg)
    assert frame
    assert misplaced(svg.replace(frame[0], f'<rect x="{frame[1]}" y="{float(frame[2]) + 40}" width'))
    points = re.search(r'points="(\S+) (\S+) (\S+)" ?/>\n?(?=.*pill)', svg, re.S)
    assert points
    assert lopsided(svg.replace(points[0], points[0].replace(f"{points[2]} ", "0,0 ")))
