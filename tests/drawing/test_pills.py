"""Pills of local derivatives lie on their own arrows alone, and arrowheads point the way their lines end."""

import json
import math
import random
import re
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import TypeAlias

import pytest

from microgradnet import Value, draw, stepping, tanh
from microgradnet._shared.webpage import asset
from microgradnet.drawing import DIRECTIONS, Picture, provider
from microgradnet.drawing.box import text_width
from microgradnet.drawing.curves import BETWEEN, Extent, Point
from microgradnet.drawing.provider import render
from microgradnet.drawing.spots import ASIDE, CLEAR, MANY_ARROWS, STOPS, put_pills_on_arrows
from microgradnet.layers import LSTM
from microgradnet.teach.examples import EXAMPLES
from tests.drawing.seen import SVG
from tests.drawing.test_legible import curves, sequence

Rectangle: TypeAlias = tuple[float, float, float, float]
PROGRAMS = [program for name in ("dot", provider.PURE) if (program := shutil.which(name))]
TOUCH = 1.0  # points
FREE = 1.9  # points, from a box: 2, if it were not for rounding


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


def meet(one: Rectangle, other: Rectangle, by: float = 0.0) -> bool:
    across = one[0] - by < other[2] and other[0] < one[2] + by
    return across and one[1] - by < other[3] and other[1] < one[3] + by


def seen_part(svg: str) -> Rectangle:
    """What is seen of a drawing, in the coordinates of its pills."""
    root = ET.fromstring(svg)
    left, top, width, height = numbers(root.attrib["viewBox"])
    x, y = numbers(re.findall(r"translate\(.*?\)", svg)[0])
    return left - x, top - y, left - x + width, top - y + height


def misplaced(svg: str) -> list[str]:
    """What is wrong with the pills."""
    pills, boxes = rectangles(svg)
    lines, page = curves(svg), seen_part(svg)
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
        wrong += [f"{name} on a box" for box in boxes if meet(pill, box, FREE)]
        wrong += [f"{name} on the pill of {other}" for other in pills if other != name and meet(pill, pills[other])]
        wrong += [f"{name} cut off"] * (left < page[0] or top < page[1] or right > page[2] or low > page[3])
    return wrong


def lopsided(svg: str) -> list[str]:
    """The arrows whose line does not end in the axis of their head, or is not in the middle of it."""
    wrong = []
    for group in ET.fromstring(svg).iter(f"{SVG}g"):
        path, head = (group.find(f"{SVG}{shape}") for shape in ("path", "polygon"))
        if "edge" not in group.get("class", "").split() or path is None or head is None:
            continue
        route = numbers(path.attrib["d"])
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


def test_a_pill_beside_its_arrow_on_a_box_or_cut_off_and_a_head_turned_aside_would_be_seen() -> None:
    a = Value(2.0, "a")
    svg = draw(a * Value(3.0, "b"), local_derivatives=True).svg
    assert misplaced(svg) == []
    frame = re.search(r'<rect x="([\d.-]+)" y="([\d.-]+)" width', svg)
    assert frame
    for across, down, faults in (
        (0, 25, ["not on its arrow"]),
        (-40, 0, ["on a box"]),
        (0, -100, ["not on its arrow", "cut off"]),
    ):
        moved = f'<rect x="{float(frame[1]) + across}" y="{float(frame[2]) + down}" width'
        assert [fault.partition(" ")[2] for fault in misplaced(svg.replace(frame[0], moved))] == faults
    points = re.search(r'points="(\S+) (\S+) (\S+)" ?/>\n?(?=.*pill)', svg, re.S)
    assert points
    assert lopsided(svg.replace(points[0], points[0].replace(f"{points[2]} ", "0,0 ")))


def random_graph(seed: int) -> Value:
    some = random.Random(seed)
    values = [Value(round(some.uniform(-3, 3), 2), f"x{k}") for k in range(4)]
    for _ in range(7):
        a, b = some.sample(values, 2)
        values.append(some.choice([a + b, a * b, tanh(a) + b, a * b]))
    return sum(values[4:], start=Value(0.0))


@pytest.mark.parametrize("direction", ["TB", "BT"])
@pytest.mark.parametrize("seed", [8, 15, 23, 38])
def test_each_pill_of_a_random_graph_lies_on_its_arrow_alone_and_is_seen_whole(seed: int, direction: str) -> None:
    svg = draw(random_graph(seed), local_derivatives=True, direction=direction, leaves="boxes").svg
    assert misplaced(svg) == []


PAGE = Extent(-100, -100, 300, 100)


def place(*others: str, page: Extent = PAGE) -> Extent:
    """Where a pill of 30 × 15 stands on an arrow from (0, 0) to (200, 0), with other parts in the drawing."""
    edge = '<g id="s-e1_0" class="edge"><path d="M0,0 C50,0 150,0 200,0"/></g>'
    pill = '<g id="s-le1_0" class="node pill"><g class="local"><rect x="0" y="50" width="30" height="15"/></g></g>'
    graph = ET.fromstring(f"<g>{edge}{pill}{''.join(others)}</g>")
    put_pills_on_arrows(graph, page)
    x, y, width, height = (float(next(graph.iter("rect")).attrib[name]) for name in ("x", "y", "width", "height"))
    return Extent(x, y, x + width, y + height)


def test_a_pill_stands_on_the_middle_of_its_arrow() -> None:
    spot = place()
    assert ((spot.left + spot.right) / 2, (spot.top + spot.bottom) / 2) == pytest.approx((100, 0), abs=5)


def test_a_pill_is_2_points_from_a_box_beside_its_arrow() -> None:
    box = '<g id="s-n0" class="node"><polygon points="0,8.5 200,8.5 200,40 0,40"/></g>'
    assert place(box).bottom <= 8.5 - 2


@pytest.mark.parametrize("place_of", [(85, 20), (40, 3)])
def test_a_pill_is_not_on_a_title_or_a_caption(place_of: tuple[int, int]) -> None:
    (x, y), size, words = place_of, 14, "a caption"
    spot = place(f'<text x="{x}" y="{y}" font-size="{size}">{words}</text>')
    assert not spot.meets(Extent(x, y - size, x + 0.6 * size * len(words), y + 0.25 * size))


def test_a_pill_is_2_points_inside_the_edge_of_the_page() -> None:
    assert place(page=PAGE._replace(bottom=9)).bottom <= 9 - 2
    assert place(page=PAGE._replace(right=110)).right <= 110 - 2


def many_arrows(neurons: int) -> Value:
    x = [Value(0.1 * k + 0.1, f"x{k}") for k in range(9)]
    return sum((tanh(x[0] * x[1 + k % 8] + x[1 + (3 * k + 1) % 8]) for k in range(neurons)), start=Value(0.0))


def pills_by_name(svg: str) -> dict[str, tuple[float, float]]:
    """Where the text of each pill begins, by the name of its arrow, in Graphviz's own SVG or in that of a picture."""
    texts = re.findall(r'[-;]l(e\d+_\d+)".*?<text ([^>]*?)x="([\d.-]+)" y="([\d.-]+)"([^>]*)>([^<]*)', svg, re.DOTALL)
    return {
        name: (float(x) - text_width(text) / 2 * ("middle" in before + after), float(y))
        for name, before, x, y, after, text in texts
    }


def test_with_more_than_40_arrows_pills_stay_where_graphviz_put_them() -> None:
    for root, arrows, stay in ((many_arrows(8), 40, False), (many_arrows(9), 45, True)):
        picture = draw(root, "ops", local_derivatives=True)
        before, now = (pills_by_name(svg) for svg in (render(picture.dot, "svg").decode(), picture.svg))
        assert len(curves(picture.svg)) == len(before) == len(now) == arrows
        moved = [name for name in now if math.dist(now[name], before[name]) > 3]
        assert (not moved) == stay


def test_places_for_40_pills_are_found_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few points of other arrows are compared with each place."""
    compared, away = list[Point](), Extent.away
    picture = draw(many_arrows(8), "ops", local_derivatives=True)
    assert len(pills_by_name(render(picture.dot, "svg").decode())) == 40

    def counted(extent: Extent, point: Point) -> float:
        compared.append(point)
        return away(extent, point)

    monkeypatch.setattr(Extent, "away", counted)
    assert picture.svg
    assert len(compared) < 500_000


HEADS = "normal", "empty", "inv", "diamond", "box", "vee", "crow", "lnormal", "rnormal", "normalnormal", "normaldot"


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.rpartition("/")[2])
@pytest.mark.parametrize("head", HEADS)
def test_heads_of_other_shapes_stay(head: str, program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider, "find_program", lambda: program)
    picture = Picture(f"digraph {{ a -> b; a -> c [arrowhead={head}] }}")
    drawn, dressed = (re.findall(r' (?:points|d)="(.*?)"', svg) for svg in (own_svg(picture), picture.svg))
    assert ([one for one in drawn if one not in dressed] == []) == (head not in {"normal", "empty"})


def own_svg(picture: Picture) -> str:
    """Graphviz's drawing of the second arrow."""
    svg = render(picture.dot, "svg").decode()
    return svg.partition('id="edge2"')[2].partition("</g>")[0]


def test_two_heads_of_one_arrow_stay() -> None:
    picture = Picture("digraph { a -> b; a -> c [dir=both] }")
    for points in re.findall(r'points="(.*?)"', own_svg(picture)):
        assert points in picture.svg


def test_a_label_does_not_say_how_arrows_run() -> None:
    dot = draw(EXAMPLES["layers"].build(), leaves="chips").dot
    for text in ("splines=line", "rankdir=TB", r"\" rankdir=TB \""):
        for place in ('label="', 'tooltip="'):  # a caption, a value
            one, other = (dot.replace(place, place + words, 1) for words in (text, re.sub("[a-zA-Z=]", "x", text)))
            assert [*curves(Picture(one).svg).values()] == [*curves(Picture(other).svg).values()], (text, place)


def test_the_constants_of_a_page_are_those_of_a_picture() -> None:
    written = re.search(r"SPOT = \{(.*?)\};", asset(stepping.__file__, "spots.js"), re.DOTALL)
    assert written
    text = re.sub("//.*", "", written[1])
    page = {name: json.loads(value) for name, value in re.findall(r"(\w+): (\[.*?\]|[\d.]+)", text)}
    ours = {"arrows": MANY_ARROWS, "clear": CLEAR, "aside": [*ASIDE], "stops": STOPS, "between": BETWEEN}
    assert {name: page[name] for name in ours} == ours
