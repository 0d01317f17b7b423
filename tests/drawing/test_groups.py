"""Which values the views of neurons and layers put into one box, and which they keep apart."""

import re
from collections import Counter
from math import copysign, inf, nan
from operator import attrgetter
from typing import Any

import pytest

from microgradnet import MLP, Layer, Module, Neuron, Value, draw, parameter, total
from microgradnet.drawing.arrow import THICKEST
from microgradnet.drawing.diagram import Diagram
from microgradnet.drawing.group_boxes import draw_groups
from microgradnet.drawing.groups import Groups
from microgradnet.graph import Graph
from microgradnet.layers import GRU, LSTM
from microgradnet.notation.names import Namer
from microgradnet.teach.examples import EXAMPLES
from tests.drawing.seen import Seen, counts, lost, see, walk
from tests.drawing.test_views import demo_loss

VIEWS = ["neurons", "layers"]


def boxes(seen: Seen, kind: str = "") -> Counter[tuple[str, ...]]:
    """The first two rows of every box, or of those whose name is `kind`."""
    rows = (tuple(node.rows[:2]) for node in seen.nodes.values())
    return Counter(row for row in rows if not kind or row[0] == kind)


def of_parameters(seen: Seen) -> Counter[tuple[str, ...]]:
    return Counter(
        (node.rows[0], *counts(node)[:1]) for node in seen.nodes.values() if "param" in "".join(counts(node))
    )


x = Value(0.5, "x")


@pytest.mark.parametrize(("nout", "other"), [(2, 2), (2, 3), (3, 2)])
def test_layers_of_two_networks_on_one_value(nout: int, other: int) -> None:
    f, g = MLP(1, [nout, 1], seed=1), MLP(1, [other, 1], seed=2)
    root = f([x]) - g([x])
    seen = see(draw(root, "layers"))
    expected = Counter(
        (f"layer {i}", f"{n} parameters") for net in (nout, other) for i, n in ((1, 2 * net), (2, net + 1))
    )
    assert of_parameters(seen) == expected
    assert seen.joins()["x", "layer 1"] == seen.joins()["layer 1", "layer 2"] == 2
    assert lost(seen, root) == 0


@pytest.mark.parametrize("joined", [False, True])
def test_layers_of_two_networks_that_feed_one_neuron_or_meet_value_by_value(joined: bool) -> None:
    f, g = MLP(1, [2, 2], seed=1), MLP(1, [2, 2], seed=2)
    ends: Any = [Value(1.0), Value(2.0)]
    for _ in range(3):  # samples
        some = list(zip(f([x]), g([x]), strict=True))
        ends.append(Neuron(4)([*some[0], *some[1]]) if joined else sum((p - q) ** 2 for p, q in some))
    of_layers = {row: n for row, n in of_parameters(see(draw(total(ends), "layers"))).items() if "layer" in row[0]}
    assert of_layers == {("layer 1", "4 parameters"): 2, ("layer 2", "6 parameters"): 2}


def test_values_of_its_own_tell_the_layer_where_one_neuron_is_fed_by_both() -> None:
    f, g = MLP(1, [2], seed=1), MLP(2, [3], seed=2)
    head = Neuron(5)([*f([1.0]), *g([1.0, 2.0])])
    assert of_parameters(see(draw(head, "layers"))) == {
        ("layer 1", "4 parameters"): 1, ("layer 1", "9 parameters"): 1, ("neuron 6", "6 parameters"): 1
    }  # fmt: skip


def test_neurons_of_one_name_are_a_layer_also_where_their_inputs_differ() -> None:
    neurons = MLP(1, [4], seed=1).layers[0].neurons
    y = x * 2
    root = total([neuron([fed]) for neuron, fed in zip(neurons, [x, x, y, y], strict=True)])
    assert of_parameters(see(draw(root, "layers"))) == {("layer 1", "8 parameters"): 1}


def test_layers_by_themselves_whose_neurons_are_named_alike() -> None:
    f, g = Layer(1, 2, seed=1), Layer(1, 2, seed=2)
    seen = see(draw([*f([x]), *g([x])], "neurons"))
    names = ("a₁", "a₂", "a₁#2", "a₂#2")
    assert of_parameters(seen) == {(name, "2 parameters"): 1 for name in names}
    assert of_parameters(see(draw([*f([x]), *g([x])], "layers"))) == {("layer", "2 parameters"): 4}


class Scaled(Module):
    """A layer with a parameter that is no neuron's."""

    def __init__(self) -> None:
        self.layers = [Layer(1, 2, seed=1)]
        self.layers[0].gain = parameter(2.0)  # type: ignore[attr-defined]
        self._label_parameters()


def test_a_parameter_beside_the_neurons_is_in_the_box_of_its_layer() -> None:
    model = Scaled()
    gain = model.layers[0].gain  # type: ignore[attr-defined]
    root = total([gain * y for y in model.layers[0]([x])])
    assert of_parameters(see(draw(root, "layers"))) == {("layer 1", "5 parameters"): 1}


@pytest.mark.parametrize("view", VIEWS)
def test_exponents_and_the_order_of_operands_tell_steps_apart(view: str) -> None:
    powers = see(draw(x**2 + x**3, view))
    assert boxes(powers, "x²") | boxes(powers, "x³") == {("x²", "data 0.25"): 1, ("x³", "data 0.125"): 1}
    ordered = see(draw((x - 1) * (1 - x), view))
    assert boxes(ordered, "x − 1") | boxes(ordered, "1 − x") == {("x − 1", "data −0.5"): 1, ("1 − x", "data 0.5"): 1}
    assert [ordered.joins()[name, "t₁ = (x − 1)·(1 − x)"] for name in ("x − 1", "1 − x")] == [1, 1]


def test_steps_on_gates_are_named_by_what_they_join() -> None:
    root: Any = LSTM(1, 1, seed=1)([[x], [x]])[-1][0]
    headings = [node.rows[0] for node in see(draw(root, "neurons")).nodes.values()]
    assert {"forget.a₁·c0", "input.a₁·candidate.a₁", "output.a₁·tanh"} <= set(headings)
    root = GRU(1, 1, seed=1)([[x], [x]])[-1][0]
    assert "1 − update.a₁" in [node.rows[0] for node in see(draw(root, "neurons")).nodes.values()]


@pytest.mark.parametrize("view", VIEWS)
def test_numbers_that_may_be_data_do_not_tell_samples_apart(view: str) -> None:
    w = parameter(1.0, "w")
    root: Any = total([(w * (i / 10) - i) ** 2 for i in range(1, 51)])
    assert boxes(see(draw(root, view))) == {
        ("w", "data 1"): 1, ("multiply → subtract → power", "150 values, last 0.81 … 2e+03"): 1,
        ("t₁ = sum", f"data {root.data:.4g}"): 1,
    }  # fmt: skip


def test_a_neuron_whose_result_is_named_as_it_is_has_one_name() -> None:
    layers = see(draw(EXAMPLES["layers"].build(), "neurons"))
    assert layers.find("a⁽³⁾₁")


@pytest.mark.parametrize(("targets", "heading"), [((0.3, 0.3), "neuron 1 − 0.3"), ((0.3, 0.7), "subtract")])
def test_a_number_is_in_the_name_of_a_step_where_all_samples_have_it(targets: tuple[float, ...], heading: str) -> None:
    neuron = Neuron(1, "tanh", seed=1)
    errors = [neuron([k + 1.0]) - target for k, target in enumerate(targets)]
    headings = [
        node.rows[0] for node in see(draw(total([error * error for error in errors]), "neurons")).nodes.values()
    ]
    assert heading in headings


MODELS = {"mlp": [MLP(2, [4, 3, 1], seed=1)], "layer": [Layer(2, 3, seed=1)], "neurons": [Neuron(2), Neuron(2)]}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("models", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize("factor", [1, 0.1])
def test_an_l2_penalty_is_one_box(models: list[Any], factor: float, view: str) -> None:
    outputs = [total([model([x, 1.0])] if not isinstance(model, Layer) else model([x, 1.0])) for model in models]
    penalty: Any = total([p * p for model in models for p in model.parameters()]) * factor
    root: Any = total(outputs) + penalty
    root.backward()
    seen = see(draw(root, view))
    (box,) = [node for node in seen.nodes.values() if node.rows[0] == "L2 penalty"]
    assert box.rows[1:] == [f"data {penalty.data:.4g}", "grad 1", *counts(box)]
    assert lost(seen, root) == 0


def test_squares_of_inputs_or_single_parameters_are_no_penalty() -> None:
    w, v = parameter(2.0, "w"), parameter(3.0, "v")
    for root in (total([x * x, x * x]), w * w + 1, total([w * v, v * w]), total([w * w, x * x]), total([w**3, v**3])):
        assert "L2" not in draw(root, "neurons").svg
    assert "L2" in draw(total([w**2, v**2]) / 2 + x, "neurons").svg
    assert "sum of squares" in draw(total([w**2, v**2]), "neurons").svg


def test_a_parameter_and_a_number_are_no_two_parameters() -> None:
    neuron = Neuron(1, seed=1)
    root = total([neuron([x]), *(p * p for p in neuron.parameters()), *(p * 2 for p in neuron.parameters())])
    found = [counts(node) for node in see(draw(root, "neurons")).nodes.values() if node.rows[0] == "multiply"]
    assert found == [["2 values"]] * 2


def test_products_with_inputs_are_of_their_neurons_all_the_same() -> None:
    layer = Layer(1, 2, seed=1)
    root = total([*layer([x]), *(neuron.w[0] * x for neuron in layer.neurons)])
    seen = see(draw(root, "neurons"))
    assert [sum(boxes(seen, name).values()) for name in ("w₁₁·x", "w₂₁·x")] == [1, 1]


def test_the_result_of_one_sample_has_its_formula_not_the_name_of_an_operation() -> None:
    output = MLP(2, [3, 1], seed=1)([x, 0.25])
    E = (output - 1) ** 2
    E.label = "E"
    for view in ("neurons", "layers"):
        headings = {node.rows[0] for node in see(draw(E, view)).nodes.values()}
        assert headings >= {"z⁽²⁾₁ − 1", "E = (z⁽²⁾₁ − 1)²"}


def test_the_demo_as_layers_has_a_box_for_each_layer() -> None:
    model = MLP(2, [16, 16, 1], seed=1)
    loss = demo_loss(model, model.parameters())
    assert len(re.findall(r"parameters[^|]*\\l", draw(loss, "layers").dot)) == 3


def test_a_sum_that_is_used_twice_is_a_box_of_its_own() -> None:
    a, b, c = Value(1.0, "a"), Value(2.0, "b"), Value(3.0, "c")
    s = a + b
    seen = see(draw((s + c) * s, "neurons"))
    assert boxes(seen, "sum") == {("sum", "data 3"): 1, ("sum", "data 6"): 1}
    assert boxes(see(draw((a + b + c) * a, "neurons")), "sum") == {("sum", "data 6"): 1}


def test_arrows_say_how_often_a_box_is_used() -> None:
    layer = Layer(1, 2, "tanh", seed=1)
    root = total([y * y for _ in range(3) for y in layer([x])])
    root = root * root - x
    used = {(e.tooltip[0], e.tooltip[1]) for e in see(draw(root, "neurons")).edges.values()}
    assert used == {
        ("x → a₁", "used 3 times"), ("x → a₂", "used 3 times"), ("a₁ → a₁·a₁", "used 6 times"),
        ("a₂ → a₂·a₂", "used 6 times"), ("a₁·a₁ → sum", "used 3 times"),
        ("a₂·a₂ → sum", "used 3 times"), ("sum → sum·sum", "used 2 times"),
        ("sum·sum → subtract", "used 1 time"), ("x → subtract", "used 1 time"),
    }  # fmt: skip
    assert len(walk(root)) == 1 + 4 + 6 * 3 + 1 + 1 + 1


def test_a_picture_without_neurons_says_what_its_boxes_are_and_a_colour_what_its_sign_is() -> None:
    w, b = parameter(0.5, "w"), parameter(0.1, "b")
    loss = total([((w * Value(float(k), "x") + b).tanh() - 1) ** 2 for k in range(5)])
    loss.backward()
    words = " ".join(see(draw(loss, "neurons")).words)
    assert "one for each operation, on all samples or terms alike" in words
    assert "its sign is after grad" in words


def test_however_few_boxes_are_drawn_a_card_has_none_but_these() -> None:
    loss = (MLP(2, [3, 1], seed=1)([0.5, -0.3]) - 1) ** 2
    for _ in range(4):
        loss = (2 * loss).tanh()
    groups = Groups(graph := Graph(loss), by_layer=False, namer=Namer(graph.nodes))
    for most in range(1, len(groups) + 1):
        draw_groups(groups, most, diagram := Diagram(), lines=True)
        assert all(0 <= number < len(diagram.boxes) for card in diagram.cards for number in card)


def test_many_arrows_between_neurons_are_lines_of_their_weights() -> None:
    model = MLP(2, [6, 6, 1], seed=1)
    graph, diagram = Graph((model([0.5, -1.0]) - 1.0) ** 2), Diagram()
    groups = Groups(graph, by_layer=False, namer=Namer(graph.nodes))
    names = {number: group.name for group, number in draw_groups(groups, 100, diagram, ranges=True).items()}
    weights: dict[tuple[str, str], list[float]] = {}
    for p in model.parameters():
        layer, neuron, leaf = p.label.split(".")
        tail = f"layer{int(layer[5:]) - 1}.neuron{leaf[1:]}" if layer != "layer0" else "inputs"
        if leaf != "b":
            weights.setdefault((tail, f"{layer}.{neuron}"), []).append(p.data)
    drawn = {(names[arrow.tail], names[arrow.head]): arrow for arrow in diagram.arrows}
    assert {pair for pair, arrow in drawn.items() if arrow.sign} == weights.keys()  # of the loss they are arrows
    for pair, some in weights.items():
        assert drawn[pair].sign == copysign(1, max(some, key=abs))
    for look in (attrgetter("width"), attrgetter("opacity")):
        assert sorted(weights, key=lambda pair: look(drawn[pair])) == sorted(
            weights, key=lambda p: max(map(abs, weights[p]))
        )


@pytest.mark.parametrize("number", [inf, -inf, nan])
def test_of_several_weights_one_that_is_not_finite_is_shown_the_thickest(number: float) -> None:
    model = MLP(2, [6, 6, 1], seed=1)
    model.layers[0].neurons[0].w[1].data = number
    graph, diagram = Graph(model([0.5, -1.0])), Diagram()
    numbers = draw_groups(Groups(graph, by_layer=False, namer=Namer(graph.nodes)), 100, diagram, ranges=True)
    names = {number: group.name for group, number in numbers.items()}
    widths = {(names[arrow.tail], names[arrow.head]): arrow.width for arrow in diagram.arrows}
    assert widths["inputs", "layer0.neuron0"] == max(widths.values()) == THICKEST / 2


def test_few_arrows_between_neurons_are_arrows() -> None:
    graph, diagram = Graph(MLP(2, [4, 4, 1], seed=1)([0.5, -1.0])), Diagram()
    draw_groups(Groups(graph, by_layer=False, namer=Namer(graph.nodes)), 100, diagram, ranges=True)
    assert {arrow.sign for arrow in diagram.arrows} == {0}


def test_arrows_between_values_are_no_weights_however_many_they_are() -> None:
    xs = [Value(k / 10, f"x{k}") for k in range(8)]
    squares = [x * y for x in xs for y in xs]
    graph, diagram = Graph(total(squares)), Diagram()
    draw_groups(Groups(graph, by_layer=False, namer=Namer(graph.nodes)), 200, diagram, ranges=True)
    assert len(diagram.arrows) > 40
    assert not any("weight" in caption for caption in diagram.captions)
    assert {arrow.sign for arrow in diagram.arrows} == {0}
