"""What people draw can be read: text of 10 pixels or more in a column of 830, and no higher than a screen."""

import random
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from itertools import combinations, pairwise
from math import comb
from operator import mul
from typing import Any

import pytest

from microgradnet import MLP, Value, draw, parameter, tanh
from microgradnet.drawing.curves import smooth
from microgradnet.drawing.fit import LEGIBLE, SCREEN
from microgradnet.graph import Graph
from microgradnet.layers import GRU, LSTM, Attention, Recurrent
from microgradnet.stepping import explain
from microgradnet.teach.examples import EXAMPLES
from tests.drawing.seen import SVG, counts, in_column, see
from tests.drawing.test_compact import xor_loss
from tests.drawing.test_views import demo_loss


def moons() -> Value:
    model = MLP(2, [16, 16, 1], seed=1)
    loss = demo_loss(model, model.parameters())
    loss.backward()
    return loss


def chain(step: Callable[[Value, int], Any], length: int) -> Value:
    value = Value(0.5, "x")
    for k in range(length):
        value = step(value, k)
    return value


def sequence(layer: Any, steps: int) -> Value:
    last = layer([[Value(0.1 * t, f"x{t}")] for t in range(steps)])[-1]
    found: Any = sum(h * h for h in last)
    found.backward()
    return found  # type: ignore[no-any-return]


def attention() -> Value:
    rows = Attention(4, seed=1)([[Value(0.1 * (i + j)) for j in range(4)] for i in range(3)])
    found: Any = sum(y * y for row in rows for y in row)
    found.backward()
    return found  # type: ignore[no-any-return]


CASES: dict[str, Callable[[], Value]] = {
    **{name: example.build for name, example in EXAMPLES.items()},
    "xor": xor_loss,
    "moons": moons,
    "one sample": lambda: MLP(2, [16, 16, 1], seed=1)([0.5, -1.0]),
    "tanh 1,000 times": lambda: chain(lambda v, _: tanh(v), 1000),
    "tanh and a factor 500 times": lambda: chain(lambda v, _: tanh(v) * 1.1, 500),
    "a weight for each of 300 steps": lambda: chain(lambda v, k: tanh(v) * parameter(1.1, f"w{k}"), 300),
    "recurrent, 20 steps": lambda: sequence(Recurrent(1, 2, seed=1), 20),
    "LSTM, 20 steps": lambda: sequence(LSTM(1, 2, seed=1), 20),
    "one step of an LSTM": lambda: sequence(LSTM(1, 1, seed=1), 1),
    "GRU, 3 steps": lambda: sequence(GRU(1, 2, seed=1), 3),
    "attention": attention,
}


@pytest.mark.parametrize("local_derivatives", [False, True])
@pytest.mark.parametrize("build", CASES.values(), ids=CASES)
def test_text_can_be_read_in_a_column_and_the_picture_fits_a_screen(
    build: Callable[[], Value], local_derivatives: bool
) -> None:
    text, height = in_column(draw(build(), local_derivatives=local_derivatives).svg)
    assert text >= LEGIBLE
    assert height <= 1.2 * SCREEN, "the estimate leaves out captions and the bends of arrows"


def test_the_check_of_sizes_rejects_every_value_of_a_loss() -> None:
    text, height = in_column(draw(moons(), "ops", leaves="boxes").svg)
    assert text < LEGIBLE or height > SCREEN


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_explanation_fits_a_notebook(name: str) -> None:
    root = EXAMPLES[name].build()
    picture = explain(next(leaf for leaf in Graph(root).leaves if leaf.op.name != "constant"), root).draw()
    text, _ = in_column(picture._repr_svg_(), 900)
    assert text >= LEGIBLE


def test_terms_alike_are_drawn_once_the_largest() -> None:
    loss = xor_loss()
    seen = see(draw(loss))
    assert len(seen.nodes) == 4 * (2 + 3 + 2) + 5 + 3 + 1
    (result,) = [node for node in seen.nodes.values() if node.kind == "root"]
    assert result.rows == ["t₃ = sum of 4", "data 2.455", "grad 1", "… 3 of 4 operands not drawn"]
    assert seen.words == [
        "of 4 terms alike the largest is drawn; a gradient of what they share is the sum over all",
        "a leaf is drawn at each of its uses; its grad is the total over all",
        "with every term this would be too high to read",
        "x₁#2 is number 2 of those named x₁",
    ]
    assert any("data 1.434" in node.rows for node in seen.nodes.values()), "the error of the worst sample"


def test_terms_that_differ_are_all_drawn() -> None:
    w = parameter(2.0, "w")
    wide: Any = sum([tanh(w * Value(float(k), f"x{k}")) ** (2 + k) * (k + 1) for k in range(3)])
    assert "alike" not in draw(wide).svg
    alike: Any = sum(tanh(w * Value(float(k), f"x{k}")) for k in range(30))
    seen = see(draw(alike))
    assert seen.words[0].startswith("of 30 terms alike the largest is drawn")
    assert see(draw(alike, "ops")).words[0].startswith("a leaf is drawn")
    assert len(see(draw(alike, leaves="boxes")).nodes) == 30 * 3 + 1 + 29


TIMES = [step / 200 for step in range(201)]  # near enough to each other on an arrow of 1,000 points


def curves(svg: str) -> dict[str, list[tuple[float, float]]]:
    """Points along every arrow."""
    found = {}
    for group in ET.fromstring(svg).iter(f"{SVG}g"):
        path = group.find(f"{SVG}path")
        if "edge" in group.get("class", "").split() and path is not None:
            points = []
            for command, written in re.findall("([MLQC])([^MLQC]*)", path.attrib["d"]):
                ends = [tuple(map(float, point.split(","))) for point in written.split()]
                size = {"M": 1, "L": 1, "Q": 2, "C": 3}[command]
                if command == "M":
                    points.append(ends.pop(0))
                for k in range(0, len(ends), size):
                    corners = [points[-1], *ends[k : k + size]]
                    weights = [[comb(size, i) * t**i * (1 - t) ** (size - i) for i in range(size + 1)] for t in TIMES]
                    points += [
                        tuple(sum(map(mul, some, places)) for places in zip(*corners, strict=True)) for some in weights
                    ]
            found[group.attrib["id"]] = points
    return found  # type: ignore[return-value]


def crossings(one: list[tuple[float, float]], other: list[tuple[float, float]]) -> int:
    """How often two arrows cross, both read as heights over the places that they have in common.

    Where they are nearer than a line is wide, as at a common end, they are one line to the eye.
    """
    low, high = max(one[0][0], other[0][0]), min(one[-1][0], other[-1][0])
    places = [low + (high - low) * k / 50 for k in range(1, 50)]

    def height(points: list[tuple[float, float]], x: float) -> float:
        return next(y for place, y in points if place >= x - 1e-9)

    apart = [height(one, x) - height(other, x) for x in places if low < high]
    return sum(a * b < 0 for a, b in pairwise(d for d in apart if abs(d) > 1))


def lenses(svg: str) -> int:
    return sum(crossings(one, other) > 1 for one, other in combinations(curves(svg).values(), 2))


def test_two_arrows_cross_once_at_most() -> None:
    for build in (EXAMPLES["layers"].build, xor_loss):
        assert lenses(draw(build()).svg) == 0


def test_the_check_of_crossings_rejects_a_lens() -> None:
    def arrow(name: str, bend: int) -> str:
        path = f'<path d="M0,0 C10,{bend} 20,{bend} 30,1 C40,{-bend} 50,{-bend} 60,2"/>'
        return f'<g class="edge" id="{name}">{path}</g>'

    assert lenses(f'<svg xmlns="http://www.w3.org/2000/svg">{arrow("a", 10)}{arrow("b", -10)}</svg>') == 0
    both = arrow("a", 10).replace("60,2", "60,-5") + arrow("b", -10).replace("0,0 C", "0,5 C").replace("60,2", "60,9")
    assert lenses(f'<svg xmlns="http://www.w3.org/2000/svg">{both}</svg>') == 1


@pytest.mark.parametrize(("top", "is_kept"), [(-10, True), (-19.5, False), (5, False)])
def test_an_arrow_keeps_its_bends_where_a_single_curve_would_run_through_a_box(top: float, is_kept: bool) -> None:
    bent = "M0,0 C10,40 50,40 60,0"
    box = f'<g class="node"><polygon points="20,{top} 40,{top} 40,{top + 20} 20,{top + 20}"/></g>'
    arrow = f'<g class="edge"><path d="{bent}"/><polygon points="60,-3.5 70,0 60,3.5 60,-3.5"/></g>'
    graph = ET.fromstring(f"<g>{box}{arrow}</g>")
    smooth(graph, is_vertical=False)
    assert (graph.findall("g")[1][0].attrib["d"] == bent) == is_kept


@pytest.mark.parametrize("build", [xor_loss, lambda: sequence(LSTM(1, 1, seed=1), 1)])
def test_no_arrow_crosses_the_chips_of_the_card_at_which_it_arrives(build: Callable[[], Value]) -> None:
    svg = draw(build()).svg
    boxes = []
    for group in ET.fromstring(svg).iter(f"{SVG}g"):
        shape = group.find(f"{SVG}polygon") if "leaf" in group.get("class", "").split() else None
        shape = group.find(f"{SVG}path") if shape is None and "leaf" in group.get("class", "").split() else shape
        if shape is not None:
            numbers = [float(n) for n in re.findall(r"-?[\d.]+", shape.get("d") or shape.get("points") or "")]
            boxes.append((min(numbers[::2]), max(numbers[::2]), min(numbers[1::2]), max(numbers[1::2])))
    assert len(boxes) > 10
    for points in curves(svg).values():
        for x, y in points[3:-3]:
            assert not any(left + 2 < x < right - 2 and top + 2 < y < low - 2 for left, right, top, low in boxes)


def test_boxes_of_many_values_have_their_range_and_a_shade_for_their_gradients() -> None:
    loss = moons()
    seen = see(draw(loss))
    layers = [node for node in seen.nodes.values() if node.rows[0].startswith("layer")]
    assert [node.rows[0] for node in layers] == ["layer 1", "layer 2", "layer 3"]
    assert all(node.kind.startswith("shade") for node in layers)
    for node in layers:
        assert [row.split()[0] for row in node.rows if row.startswith("grad")] == ["grad"] * 2
        assert len(counts(node)) == 2
    rng = random.Random(2)
    w = [parameter(10.0**-k, f"w{k}") for k in range(4)]
    root: Any = sum(tanh(w[3] * Value(rng.random())) + tanh(w[0] * Value(rng.random())) for _ in range(3))
    assert "green: the size" not in draw(root, "neurons").svg, "no gradient yet"


def test_many_inputs_of_one_name_are_one_box() -> None:
    seen = see(draw(sequence(Recurrent(1, 2, seed=1), 20), "neurons"))
    assert seen.nodes[seen.find("x0 … x19")].rows[1].startswith("20 values 0 … 1.9")
    few = see(draw(sequence(Recurrent(1, 2, seed=1), 5), "neurons"))
    assert few.nodes[few.find("x4")].rows[1] == "data 0.4"
