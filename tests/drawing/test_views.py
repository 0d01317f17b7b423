"""The views that show more by drawing less: one box for a neuron or a layer of a graph, and networks as networks."""

import random
import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

from microgradnet import MLP, Layer, Module, Neuron, Value, constant, draw, exp, parameter, tanh
from microgradnet.drawing import DIRECTIONS
from microgradnet.drawing.network import MOST_IN_COLUMN
from microgradnet.notation.neurons import subscript
from tests.drawing.seen import SVG, Node, Seen, counts, drawn_as, lost, readable, see, walk
from tests.drawing.test_escape import HOSTILE, LINES

Model = Callable[[list[Value]], Any]


def demo_loss(model: Model, parameters: Sequence[Value], samples: int = 100) -> Value:
    """The loss of micrograd's demo: a margin for each sample, and a penalty on the weights."""
    rng = random.Random(1)
    scores = [model([Value(rng.uniform(-1, 1)), Value(rng.uniform(-1, 1))]) for _ in range(samples)]
    losses = [(1 + -rng.choice([-1, 1]) * score).relu() for score in scores]
    loss: Any = sum(losses) * (1.0 / samples) + 1e-4 * sum(p * p for p in parameters)
    return loss  # type: ignore[no-any-return]


class SmallNodes:
    """An MLP as people write it: a node for every product and every sum."""

    def __init__(self, sizes: Sequence[int], leaf: Callable[[float], Value]) -> None:
        rng = random.Random(2)
        self.layers = [
            [([leaf(rng.uniform(-1, 1)) for _ in range(nin)], leaf(0.0)) for _ in range(nout)]
            for nin, nout in pairwise(sizes)
        ]
        self.parameters = [p for layer in self.layers for w, b in layer for p in [*w, b]]

    def __call__(self, x: list[Value]) -> Value:
        for layer in self.layers:
            sums = [sum((wi * xi for wi, xi in zip(w, x, strict=True)), b) for w, b in layer]
            x = [z.relu() for z in sums] if layer is not self.layers[-1] else sums
        return x[0]


def test_the_demo_loss_as_neurons_and_as_layers() -> None:
    model = MLP(2, [16, 16, 1], seed=1)
    loss = demo_loss(model, model.parameters())
    # each sample passes a neuron's weighted sum and its relu; the last neuron has no activation
    neurons = {
        f"a⁽{'¹²'[i]}⁾{subscript(j)}": [f"{n} parameters", "200 values"]
        for i, n in ((0, 3), (1, 17))
        for j in range(1, 17)
    }
    neurons["z⁽³⁾₁"] = ["17 parameters", "100 values"]
    layers = {"layer 1": ["48 parameters", "3,200 values"], "layer 2": ["272 parameters", "3,200 values"],
              "layer 3": ["17 parameters", "100 values"]}  # fmt: skip
    for view, expected, most in (("neurons", neurons, 100), ("layers", layers, 20)):
        seen = see(draw(loss, view))
        assert {node.rows[0]: counts(node) for node in seen.nodes.values() if counts(node)[1:]} == expected
        assert len(seen.nodes) < most
        assert lost(seen, loss) == 0
        kind = view.removesuffix("s")
        assert seen.words[0].startswith(f"8,314 values in {len(seen.nodes)} boxes: one for each {kind}")
        between = [(tail, head) for tail, head in seen.joins() if tail in expected and head in expected]
        assert len(between) == (16 * 16 + 16 if view == "neurons" else 2)


@pytest.mark.parametrize("leaf", [Value, parameter])
def test_65_000_small_nodes_as_neurons_and_as_layers(leaf: Callable[[float], Value]) -> None:
    model = SmallNodes([2, 16, 16, 1], leaf)
    loss = demo_loss(model, model.parameters)
    assert len(walk(loss)) > 65_000
    for view in ("neurons", "layers"):
        seen = see(draw(loss, view))
        assert len(seen.nodes) <= 25
        assert lost(seen, loss) == 0
        (result,) = [node for node in seen.nodes.values() if node.kind == "root"]
        assert "values" not in result.rows[1]


def test_the_check_of_counts_rejects_a_value_that_no_box_has() -> None:
    model = MLP(2, [3, 1], seed=1)
    loss = demo_loss(model, model.parameters(), 5)
    seen = see(draw(loss, "neurons"))
    assert lost(seen, loss) == 0
    assert lost(seen, loss + Value(1.0)) == 2
    del seen.nodes[seen.find("a⁽¹⁾₂")]
    assert lost(seen, loss) == 3 + 2 * 5


def test_a_neuron_used_once_shows_its_numbers() -> None:
    model = MLP(2, [2, 1], "tanh", seed=1)
    y = model([0.5, -1.0])
    assert [node.rows[-1] for node in see(draw(y, "neurons")).nodes.values()] == ["2 values −1 … 0.5", *["grad —"] * 3]
    y.backward()
    seen = see(draw(y, "neurons"))
    a = y.operands[2]
    name, count, *numbers = seen.nodes[seen.find("a⁽¹⁾₁")].rows
    assert (name, count) == ("a⁽¹⁾₁", "3 parameters")
    read = {row.split()[0]: float(row.split()[1].replace("−", "-")) for row in numbers}
    assert read == pytest.approx({"z": a.operands[0].data, "a": a.data, "grad": a.grad}, rel=5e-4)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_the_neurons_of_a_layer_stand_in_order(direction: str) -> None:
    model = MLP(2, [5, 9, 4, 1], seed=1)
    seen = see(draw(demo_loss(model, (), 3), "neurons", direction=direction))
    along = 0 if direction in {"TB", "BT"} else 1  # the coordinate along a layer
    for index, size in enumerate((5, 9, 4)):
        names = [f"a⁽{'¹²³'[index]}⁾{subscript(k)}" for k in range(1, size + 1)]
        places = [seen.nodes[seen.find(name)].place[along] for name in names]
        assert places == sorted(places)


@pytest.mark.parametrize("title", ["", "a title"])
def test_words_above_and_below_a_picture_keep_off_its_boxes(title: str) -> None:
    root = ET.fromstring(draw(MLP(2, [3, 1], seed=1)([0.5, -1.0]), "neurons", title=title).svg)
    whole = root.findall(f"{SVG}g")[-1]
    words = [float(text.attrib["y"]) for text in whole.findall(f"{SVG}text")]
    texts = [float(text.attrib["y"]) for group in whole.findall(f"{SVG}g") for text in group.findall(f"{SVG}text")]
    assert (min(texts) - max(words) if title else min(words) - max(texts)) > 35, "a line of text, and half of a row"


def test_a_recurrent_neuron_is_one_box() -> None:
    cell = Layer(2, 1, "tanh", seed=1)
    h, x = Value(0.0, "h"), Value(1.0, "x")
    state = h
    for _ in range(20):
        state = cell([state, x])
    seen = see(draw(state, "neurons"))
    assert {node.rows[0]: node.rows[1:] for node in seen.nodes.values() if node.kind == "root"} == {
        "a₁": ["3 parameters", f"data {state.data:.4g}", "grad —", "40 values"]
    }
    assert seen.joins() == {("h", "a₁"): 1, ("x", "a₁"): 1}
    assert lost(seen, state) == 0


def test_two_recurrent_neurons_feed_each_other() -> None:
    cell = Layer(3, 2, "tanh", seed=1)
    state: Any = [Value(0.0, "h"), Value(0.0, "h")]
    for _ in range(5):
        state = cell([*state, Value(1.0, "x")])
    seen = see(draw(state, "neurons"))
    assert [seen.joins()[pair] for pair in (("a₁", "a₂"), ("a₂", "a₁"))] == [1, 1]
    assert Counter(node.kind for node in seen.nodes.values()) == {"input": 2, "root": 2}


def test_a_parameter_with_a_dotted_name_need_be_no_neurons() -> None:
    w = parameter(2.0, "lens.w")
    for view in ("neurons", "layers"):
        seen = see(draw(w * Value(3.0, "x"), view))
        assert seen.nodes[seen.find("lens.w")].rows == ["lens.w", "data 2", "grad —"]
        assert len(seen.nodes) == 3


@pytest.mark.parametrize("view", ["neurons", "layers"])
def test_parameters_outside_neurons_have_their_names_and_numbers(view: str) -> None:
    alone = draw(parameter(2.0) * Value(3.0, "x"), view)
    assert ["parameters", "data 2", "grad —"] in [node.rows for node in see(alone).nodes.values()]
    several: Any = sum(parameter(float(k), label) for k in range(3) for label in ("", "norm.gain", "w"))
    boxes = [[node.rows[0], *counts(node)] for node in see(draw(several * 2, view)).nodes.values()]
    for name in ("parameters", "norm", "w"):
        assert [name, "3 parameters"] in boxes


@pytest.mark.parametrize("view", ["neurons", "layers"])
def test_a_leaf_and_a_constant_alone(view: str) -> None:
    assert [node.rows for node in see(draw(Value(2.0, "x"), view)).nodes.values()] == [["x", "data 2", "grad —"]]
    assert [node.rows[-1] for node in see(draw(constant(2.0), view)).nodes.values()] == ["data 2"]


def chosen(seen: Seen) -> str:
    """Which view a picture says that it is."""
    text = " ".join(seen.words)
    if "boxes" in text:
        return "neurons" if "each neuron" in text else "layers"
    return "cut" if "those nearest" in text else "ops"


def test_left_to_itself_the_finest_view_that_fits_is_drawn() -> None:
    model = MLP(2, [5, 5, 1], "tanh", seed=1)
    loss = demo_loss(model, model.parameters(), 4)
    asked: dict[str, Any] = {"direction": "LR", "leaves": "boxes"}
    whole = [
        see(draw(loss, max_nodes=999, **asked)),
        *(see(draw(loss, view, max_nodes=999)) for view in ("neurons", "layers")),
    ]
    values = len(whole[0].nodes)
    neurons, layers = (max(len(seen.nodes), len(seen.edges)) for seen in whole[1:])  # arrows too are too many to read
    assert values == len(walk(loss)) > neurons > layers
    expected = {values: "ops", values - 1: "neurons", neurons: "neurons", neurons - 1: "layers", layers: "layers",
                layers - 1: "cut", 1: "cut"}  # fmt: skip
    for most, view in expected.items():
        seen = see(draw(loss, max_nodes=most, **asked))
        assert (most, chosen(seen)) == (most, view)
        assert len(seen.nodes) <= most
    for view, kind in (("ops", "cut"), ("neurons", "neurons"), ("layers", "layers")):
        seen = see(draw(loss, view, max_nodes=3, leaves="boxes" if view == "ops" else None))
        assert chosen(seen) == kind, "a view that was asked for is kept"
        assert len(seen.nodes) == 3
        boxes = {name: len(seen.nodes) for name, seen in zip(("ops", "neurons", "layers"), whole, strict=True)}[view]
        every = f"{boxes} {'values' if view == 'ops' else 'boxes'}"
        assert f"3 of {every}, those nearest the result" in seen.words[0]
    asked_for = see(draw(tanh(Value(1.0)), "neurons"))
    assert "in 2 boxes" in asked_for.words[0], "and also where every value would fit"


def test_a_long_chain_has_no_groups_and_is_cut() -> None:
    value = Value(0.5)
    for _ in range(20_000):
        value = exp(-value)
    assert see(draw(value, "neurons")).words[0].startswith("40,001 values in 200 of 40,001 boxes")


def test_hostile_labels_in_groups() -> None:
    cases = [(label, expected) for label, expected in HOSTILE + LINES if label]
    inputs = [Value(1.0, label) for label, _ in cases]
    root: Any = sum(tanh(x * parameter(2.0, label)) for x, (label, _) in zip(inputs, cases, strict=True))
    for view in ("neurons", "layers"):
        seen = see(draw(root, view, max_nodes=999))
        drawn = Counter(node.rows[0] for node in seen.nodes.values() if node.kind == "input")
        assert drawn == Counter(drawn_as(*case) for case in cases)
        assert lost(seen, root) == 0


def columns(seen: Seen) -> list[list[Node]]:
    """The circles of a network between one heading and the next, in the order in which the arrows run."""
    found: list[list[Node]] = []
    for node in seen.nodes.values():
        if node.kind == "heading" and not node.rows[0].startswith("…"):
            found.append([])
        found[-1].append(node)
    return found


def wrong_arrows(seen: Seen, module: Module) -> list[str]:
    """What is wrong with the arrows of a network, drawn whole: one a weight, dashed below 0, thick if large."""
    weights = {name: p.data for name, p in module.named_parameters() if not name.endswith("b")}
    arrows = {edge.tooltip[2]: edge for edge in seen.edges.values()}
    if len(seen.edges) != len(weights) or arrows.keys() != weights.keys():
        return ["not one for each weight"]
    wrong = [f"{name} dashed" for name, w in weights.items() if arrows[name].dashed != (w < 0)]
    wrong += [f"{name} number" for name, w in weights.items() if arrows[name].tooltip[1] != f"data {w!r}"]
    by_size = sorted(weights, key=lambda name: abs(weights[name]))
    widths = [arrows[name].width for name in by_size]
    return wrong + (["not thicker where larger"] if widths != sorted(widths) or widths[0] < 0.4 else [])


NETWORKS: list[tuple[Module, list[int]]] = [(Neuron(3, seed=1), [3, 1]), (Layer(2, 3, "tanh", seed=2), [2, 3]),
                                            (MLP(3, [4, 4, 2], seed=3), [3, 4, 4, 2])]  # fmt: skip


@pytest.mark.parametrize(("module", "sizes"), NETWORKS, ids=str)
def test_a_network_has_a_circle_for_each_neuron_and_an_arrow_for_each_weight(module: Module, sizes: list[int]) -> None:
    for direction in DIRECTIONS:
        seen = see(draw(module, direction=direction))
        assert [len(column) - 1 for column in columns(seen)] == sizes
        assert wrong_arrows(seen, module) == []
        axis, forward = {"LR": (0, 1), "RL": (0, -1), "TB": (1, 1), "BT": (1, -1)}[direction]
        places = [column[1].place[axis] * forward for column in columns(seen)]
        assert places == sorted(places)
    headings = [column[0].rows[0].partition(":")[0] for column in columns(see(draw(module)))]
    hidden = [f"hidden {i}" for i in range(1, len(sizes) - 1)]
    assert headings == ["input", *hidden, "output"]
    assert [node.rows[0] for node in see(draw(module, "layers")).nodes.values()] == headings


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_headings_are_beside_the_columns_on_one_level_where_no_arrow_is(direction: str) -> None:
    picture = draw(MLP(2, [9, 9, 1], seed=1), direction=direction)
    along = 0 if direction in {"TB", "BT"} else 1  # the coordinate along a column
    headings = [column[0].place[along] for column in columns(see(picture))]
    arrows = re.findall(r'<path [^>]*d="([^"]*)"', picture.svg)
    places = [float(point[along]) for path in arrows for point in re.findall(r"(-?[\d.]+),(-?[\d.]+)", path)]
    assert len(arrows) == 2 * 9 + 9 * 9 + 9
    assert max(headings) - min(headings) < 1
    assert max(headings) + 5 < min(places)


def test_the_check_of_arrows_rejects_a_sign_a_width_and_a_missing_arrow() -> None:
    module = MLP(2, [2, 1], seed=4)
    for change in ("sign", "width", "number", "missing"):
        seen = see(draw(module))
        edge = max(seen.edges.values(), key=lambda edge: edge.width)
        if change == "missing":
            seen.edges.popitem()
        edge.dashed ^= change == "sign"
        edge.width = 0.5 if change == "width" else edge.width
        edge.tooltip[1] += "1" if change == "number" else ""
        assert wrong_arrows(seen, module)


def test_one_hidden_layer_is_called_hidden_and_equal_weights_have_equal_arrows() -> None:
    module = MLP(2, [2, 1], "tanh", seed=1)
    for value in (0.0, 3.0, -3.0):
        for p in module.parameters():
            p.data = value
        seen = see(draw(module))
        assert [column[0].rows for column in columns(seen)] == [["input"], ["hidden: tanh"], ["output: linear"]]
        assert len({(edge.width, edge.dashed) for edge in seen.edges.values()}) == 1
        assert wrong_arrows(seen, module) == []


def test_a_large_network_says_how_many_circles_are_missing() -> None:
    seen = see(draw(MLP(20, [17, 16, 1], seed=1)))
    assert MOST_IN_COLUMN == 16
    tails = [column[-1].rows[0] for column in columns(seen)]
    assert tails[:2] == ["… 4 more", "… 1 more"]
    assert not any("more" in tail for tail in tails[2:])
    assert len(seen.edges) == 16 * 16 + 16 * 16 + 16
    assert "5 of 54 circles not drawn" in seen.words


def test_hostile_names_of_weights_are_said_at_their_arrows() -> None:
    labels = [(label, expected) for label, expected in HOSTILE if label.strip()]
    for start in range(0, len(labels), 16):
        some = labels[start : start + 16]
        module = Neuron(len(some), seed=1)
        for weight, (label, _) in zip(module.w, some, strict=True):
            weight.label = label
        edges = sorted(see(draw(module)).edges.values(), key=lambda edge: int(edge.tail[1:]))
        said = [readable(edge.tooltip[2]) for edge in edges]
        assert said == [readable(label if expected is None else expected) for label, expected in some]


def test_classes_that_people_wrote_themselves_are_drawn_too() -> None:
    neuron = SimpleNamespace(w=[Value(1.0), Value(-1.0)], b=Value(0.0))
    layer = SimpleNamespace(neurons=[neuron, neuron])
    for module, circles in ((neuron, [2, 1]), (layer, [2, 2]), (SimpleNamespace(layers=[layer, layer]), [2, 2, 2])):
        assert [len(column) - 1 for column in columns(see(draw(module)))] == circles


@pytest.mark.parametrize(("view", "boxes"), [("neurons", 6), ("layers", 4)])
def test_networks_of_the_same_names_stay_apart(view: str, boxes: int) -> None:
    f, g = MLP(1, [2, 1], seed=1), MLP(1, [2, 1], seed=2)
    x = Value(0.5, "x")
    seen = see(draw(f([x]) - g([x]), view))
    assert Counter(node.kind for node in seen.nodes.values()) == {"input": 1, "parameter": boxes, "root": 1}


def test_a_result_among_many_alike_shows_its_number() -> None:
    a, b = Value(1.0, "a"), Value(2.0, "b")
    loss: Any = sum([a * a, b * b, a * b])
    loss.label = "loss"
    (box,) = [node for node in see(draw(loss, "neurons")).nodes.values() if node.kind == "root"]
    assert box.rows == ["loss = sum", "data 7", "grad —", "2 values"]


def test_the_headings_of_a_network_hide_nothing() -> None:
    root = ET.fromstring(draw(MLP(2, [16, 16, 1], seed=1)).svg)
    headings = [g for g in root.iter(f"{SVG}g") if "heading" in g.get("class", "").split()]
    texts = [g.findall(f"{SVG}text") for g in headings]
    assert [text[0].text for text in texts] == ["input", "hidden 1: relu", "hidden 2: relu", "output: linear"]
    assert all({child.tag for child in g} == {f"{SVG}title", f"{SVG}text"} for g in headings), "text without a ground"
    highest = min(float(circle.get("cy", 0)) - float(circle.get("ry", 0)) for circle in root.iter(f"{SVG}ellipse"))
    assert max(float(text[0].get("y", 0)) for text in texts) < highest, "above all circles, so above all weights"


def test_a_picture_with_a_numbered_name_says_what_the_number_is() -> None:
    x, other, w = Value(1.0, "x"), Value(2.0, "x"), Value(3.0, "w")
    legend = "x#2 is number 2 of those named x"
    assert legend in draw(x * w + other).svg
    assert legend not in draw(x * w).svg


def test_a_neuron_without_gradient_has_no_shade_and_one_with_gradient_0_has() -> None:
    dead, other, alive = (Neuron(2, activation, seed=k) for k, activation in enumerate(("relu", "tanh", "tanh")))
    for weight in dead.parameters():
        weight.data = -1.0
    inputs = [Value(1.0), Value(2.0)]
    reached = dead(inputs) + alive(inputs)
    reached.backward()
    svg = draw([reached, other(inputs) * 2], "neurons").svg
    boxes = re.findall(r'class="(node[^"]*parameter[^"]*)".*?</g>', svg, re.DOTALL)
    assert len(boxes) == 3
    assert sum("shade" in box for box in boxes) == 2


@pytest.mark.parametrize(("width", "is_faint"), [(4, False), (16, True)])
def test_a_network_with_faint_lines_says_what_they_are(width: int, is_faint: bool) -> None:
    svg = draw(MLP(2, [width, 1], seed=1)).svg
    assert ("fainter: smaller" in svg) == is_faint
    assert ("stroke-opacity" in svg) == is_faint
