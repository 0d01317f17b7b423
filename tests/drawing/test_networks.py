"""Networks as circles: the names of mathematics, signs that read without colour, an image of inputs, readable text."""

import re
import xml.etree.ElementTree as ET

import pytest

from microgradnet import MLP, Layer, Module, Neuron, draw
from microgradnet.drawing.fit import LEGIBLE, TOO_SMALL
from tests.drawing.seen import SVG, Seen, in_column, see

SIXTEEN = [16] * 12


def edges(svg: str) -> list[ET.Element]:
    return [group for group in ET.fromstring(svg).iter(f"{SVG}g") if "edge" in group.get("class", "").split()]


def names(seen: Seen) -> list[str]:
    return [node.rows[0] for node in seen.nodes.values() if node.kind != "heading"]


def test_circles_and_lines_have_the_names_that_graphs_have() -> None:
    seen = see(draw(MLP(2, [2, 1], "tanh", seed=1)))
    assert names(seen) == ["x₁", "x₂", "a⁽¹⁾₁", "a⁽¹⁾₂", "z⁽²⁾₁"]
    said = {tuple(edge.tooltip[::2]) for edge in seen.edges.values()}
    assert ("w⁽¹⁾₂₁", "layer0.neuron1.w0") in said
    assert ("w⁽²⁾₁₂", "layer1.neuron0.w1") in said
    assert seen.nodes[seen.find("a⁽¹⁾₂")].rows[1] == "b⁽¹⁾₂ 0"
    assert names(see(draw(Layer(1, 2, "tanh", seed=1)))) == ["x₁", "a₁", "a₂"]
    assert names(see(draw(Neuron(2, "linear", seed=1)))) == ["x₁", "x₂", "z"]
    crowded = see(draw(MLP(2, [16, 1], seed=1)))
    assert names(crowded)[:4] + names(crowded)[-2:] == ["x₁", "x₂", "1", "2", "16", "z⁽²⁾₁"]
    assert not re.search(r"x\[|>neuron\d", draw(MLP(20, [16, 1], seed=1)).svg)


def test_the_sign_of_a_weight_is_its_colour_and_its_dashes_and_there_are_no_arrowheads() -> None:
    model = MLP(2, [9, 1], seed=1)
    drawn = edges(draw(model).svg)
    looks = {(group.attrib["class"].split()[-1], len(group.findall(f"{SVG}polygon"))) for group in drawn}
    assert looks == {("positive", 0), ("negative", 0)}
    for group in drawn:
        (path,) = group.findall(f"{SVG}path")
        is_dashed = path.get("stroke-dasharray") is not None
        assert group.attrib["class"].endswith("negative") == is_dashed
        number = group.findtext(f"{SVG}title", "").split("\n")[1]
        assert is_dashed == number.startswith("data -")


def test_small_weights_are_thin_and_faint_where_lines_are_crowded() -> None:
    paths = [group.findall(f"{SVG}path")[0] for group in edges(draw(MLP(2, [16, 16, 1], seed=1)).svg)]
    shown = [(float(path.get("stroke-width", 1)), float(path.get("stroke-opacity", 1))) for path in paths]
    by_width = sorted(shown)
    assert [pair[1] for pair in by_width] == pytest.approx(sorted(pair[1] for pair in by_width), abs=0.01)
    assert max(shown)[1] == 1
    assert min(shown)[1] < 0.2


@pytest.mark.parametrize(("inputs", "side"), [(784, 28), (64, 8)])
def test_many_inputs_that_form_a_square_are_an_image(inputs: int, side: int) -> None:
    model = MLP(inputs, [10, 3], seed=1)
    for neuron in model.layers[0].neurons:
        neuron.w[5].data = 9.0
    picture = draw(model)
    tile = next(group for group in ET.fromstring(picture.svg).iter(f"{SVG}g") if "pixel" in group.get("class", ""))
    opacity = [float(cell.get("fill-opacity", 1)) for cell in tile.iter(f"{SVG}polygon")]
    assert len(opacity) == side**2
    assert opacity.index(max(opacity)) == 5, "the pixel with the largest weights"
    assert len(edges(picture.svg)) == 10 + 30
    assert f"the {inputs} inputs as {side} × {side} pixels; a fuller blue: larger weights" in see(picture).words


@pytest.mark.parametrize(
    ("module", "view"),
    [
        (Neuron(3, seed=1), "circles"),
        (MLP(2, [4, 1], "tanh", seed=1), "circles"),
        (MLP(2, [16, 16, 1], seed=1), "circles"),
        (MLP(784, [16, 10], seed=1), "circles"),
        (MLP(2, [3] * 12, seed=1), "boxes"),
        (MLP(2, SIXTEEN, seed=1), "boxes"),
    ],
    ids=repr,
)
def test_the_text_of_a_network_can_be_read_in_a_column(module: Module, view: str) -> None:
    picture = draw(module)
    text, height = in_column(picture.svg)
    assert text >= LEGIBLE
    assert height < 1000
    assert ("<ellipse" in picture.svg) == (view == "circles")
    assert ("with every neuron this would be too wide to read" in picture.svg) == (view == "boxes")


@pytest.mark.parametrize("kind", ["network", "graph"])
@pytest.mark.parametrize("module", [MLP(2, [16, 16, 1], seed=1), MLP(2, SIXTEEN, seed=1)], ids=repr)
def test_neurons_that_are_asked_for_though_they_are_too_small_say_so(module: MLP, kind: str) -> None:
    picture = draw(module if kind == "network" else module([0.5, -1.0]), "neurons")
    assert (TOO_SMALL in picture.svg) == (in_column(picture.svg)[0] < LEGIBLE)


def test_the_check_of_text_rejects_a_wide_picture() -> None:
    assert in_column(draw(MLP(2, SIXTEEN, seed=1), "neurons").svg)[0] < LEGIBLE
