"""Which values the views of neurons and layers put into one box, and which they keep apart."""

from collections import Counter
from typing import Any

import pytest

from microgradnet import MLP, Layer, Module, Neuron, Value, draw, parameter, total
from tests.drawing.seen import Seen, lost, see, walk
from tests.drawing.test_views import demo_loss

VIEWS = ["neurons", "layers"]


def boxes(seen: Seen, kind: str = "") -> Counter[tuple[str, ...]]:
    """The first two rows of every box, or of those whose name is `kind`."""
    rows = (tuple(node.rows[:2]) for node in seen.nodes.values())
    return Counter(row for row in rows if not kind or row[0] == kind)


def of_parameters(seen: Seen) -> Counter[tuple[str, ...]]:
    return Counter(
        tuple(node.rows[:2]) for node in seen.nodes.values() if len(node.rows) > 1 and "param" in node.rows[1]
    )


x = Value(0.5, "x")


@pytest.mark.parametrize(("nout", "other"), [(2, 2), (2, 3), (3, 2)])
def test_layers_of_two_networks_on_one_value(nout: int, other: int) -> None:
    f, g = MLP(1, [nout, 1], seed=1), MLP(1, [other, 1], seed=2)
    root = f([x]) - g([x])
    seen = see(draw(root, "layers"))
    expected = Counter(
        (f"layer{i}", f"{n} parameters") for net in (nout, other) for i, n in ((0, 2 * net), (1, net + 1))
    )
    assert of_parameters(seen) == expected
    assert seen.joins()["x", "layer0"] == seen.joins()["layer0", "layer1"] == 2
    assert lost(seen, root) == 0


@pytest.mark.parametrize("joined", [False, True])
def test_layers_of_two_networks_that_feed_one_neuron_or_meet_value_by_value(joined: bool) -> None:
    f, g = MLP(1, [2, 2], seed=1), MLP(1, [2, 2], seed=2)
    ends: Any = [Value(1.0), Value(2.0)]
    for _ in range(3):  # samples
        some = list(zip(f([x]), g([x]), strict=True))
        ends.append(Neuron(4)([*some[0], *some[1]]) if joined else sum((p - q) ** 2 for p, q in some))
    of_layers = {row: n for row, n in of_parameters(see(draw(total(ends), "layers"))).items() if "layer" in row[0]}
    assert of_layers == {("layer0", "4 parameters"): 2, ("layer1", "6 parameters"): 2}


def test_values_of_its_own_tell_the_layer_where_one_neuron_is_fed_by_both() -> None:
    f, g = MLP(1, [2], seed=1), MLP(2, [3], seed=2)
    head = Neuron(5)([*f([1.0]), *g([1.0, 2.0])])
    assert of_parameters(see(draw(head, "layers"))) == {
        ("layer0", "4 parameters"): 1, ("layer0", "9 parameters"): 1, ("neuron 6", "6 parameters"): 1
    }  # fmt: skip


def test_neurons_of_one_name_are_a_layer_also_where_their_inputs_differ() -> None:
    neurons = MLP(1, [4], seed=1).layers[0].neurons
    y = x * 2
    root = total([neuron([fed]) for neuron, fed in zip(neurons, [x, x, y, y], strict=True)])
    assert of_parameters(see(draw(root, "layers"))) == {("layer0", "8 parameters"): 1}


def test_layers_by_themselves_whose_neurons_are_named_alike() -> None:
    f, g = Layer(1, 2, seed=1), Layer(1, 2, seed=2)
    for view in VIEWS:
        seen = see(draw([*f([x]), *g([x])], view))
        assert of_parameters(seen) == {("neuron0", "2 parameters"): 2, ("neuron1", "2 parameters"): 2}


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
    assert of_parameters(see(draw(root, "layers"))) == {("layer0", "5 parameters"): 1}


@pytest.mark.parametrize("view", VIEWS)
def test_exponents_and_the_order_of_operands_tell_steps_apart(view: str) -> None:
    assert boxes(see(draw(x**2 + x**3, view)), "power") == {("power", "data 0.25"): 1, ("power", "data 0.125"): 1}
    ordered = see(draw((x - 1) * (1 - x), view))
    assert boxes(ordered, "subtract") == {("subtract", "data −0.5"): 1, ("subtract", "data 0.5"): 1}
    assert ordered.joins()["subtract", "multiply"] == 2


@pytest.mark.parametrize("view", VIEWS)
def test_numbers_that_may_be_data_do_not_tell_samples_apart(view: str) -> None:
    w = parameter(1.0, "w")
    root: Any = total([(w * (i / 10) - i) ** 2 for i in range(1, 51)])
    assert boxes(see(draw(root, view))) == {
        ("w", "data 1"): 1, ("multiply", "50 values"): 1, ("subtract", "50 values"): 1, ("power", "50 values"): 1,
        ("sum", f"data {root.data:.4g}"): 1,
    }  # fmt: skip


MODELS: list[tuple[list[Any], list[str]]] = [
    ([MLP(2, [4, 3, 1], seed=1)], ["12 values", "15 values", "4 values"]),
    ([Layer(2, 3, seed=1)], ["9 values"]),
    ([Neuron(2, seed=i) for i in range(3)], ["9 values"]),
]


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(("models", "expected"), MODELS, ids=["mlp", "layer", "neurons"])
def test_a_penalty_is_one_box_a_layer(models: list[Any], expected: list[str], view: str) -> None:
    outputs = [total([model([x, 1.0])] if not isinstance(model, Layer) else model([x, 1.0])) for model in models]
    root: Any = total(outputs) + total([p * p for model in models for p in model.parameters()])
    seen = see(draw(root, view))
    assert [node.rows[1] for node in seen.nodes.values() if node.rows[0] == "multiply"] == expected
    assert lost(seen, root) == 0


def test_a_parameter_and_a_number_are_no_two_parameters() -> None:
    neuron = Neuron(1, seed=1)
    root = total([neuron([x]), *(p * p for p in neuron.parameters()), *(p * 2 for p in neuron.parameters())])
    assert boxes(see(draw(root, "neurons")), "multiply") == {("multiply", "2 values"): 2}


def test_products_with_inputs_are_of_their_neurons_all_the_same() -> None:
    layer = Layer(1, 2, seed=1)
    root = total([*layer([x]), *(neuron.w[0] * x for neuron in layer.neurons)])
    assert sum(boxes(see(draw(root, "neurons")), "multiply").values()) == 2


def test_the_demo_as_layers_has_a_box_for_each_layer() -> None:
    model = MLP(2, [16, 16, 1], seed=1)
    loss = demo_loss(model, model.parameters())
    assert draw(loss, "layers").dot.count(" parameters\\l") == 3


def test_a_sum_that_is_used_twice_is_a_box_of_its_own() -> None:
    a, b, c = Value(1.0, "a"), Value(2.0, "b"), Value(3.0, "c")
    s = a + b
    seen = see(draw((s + c) * s, "neurons"))
    assert boxes(seen, "sum") == {("sum", "data 3"): 1, ("sum", "data 6"): 1}
    assert boxes(see(draw((a + b + c) * a, "neurons")), "sum") == {("sum", "2 values"): 1}


def test_arrows_say_how_often_a_box_is_used() -> None:
    layer = Layer(1, 2, "tanh", seed=1)
    root = total([y * y for _ in range(3) for y in layer([x])])
    root = root * root - x
    used = {(e.tooltip[0], e.tooltip[1]) for e in see(draw(root, "neurons")).edges.values()}
    assert used == {
        ("x → neuron0", "used 3 times"), ("x → neuron1", "used 3 times"), ("neuron0 → multiply", "used 6 times"),
        ("neuron1 → multiply", "used 6 times"), ("multiply → sum", "used 3 times"), ("sum → multiply", "used 2 times"),
        ("multiply → subtract", "used 1 time"), ("x → subtract", "used 1 time"),
    }  # fmt: skip
    assert len(walk(root)) == 1 + 4 + 6 * 3 + 1 + 1 + 1
