"""Values that have the same label have names that tell them apart, and the same ones wherever they are shown."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnet import MLP, Neuron, Value, draw, explain, page, unroll
from microgradnet.graph import topological_order
from microgradnet.notation.latex import latex_name
from microgradnet.notation.names import Namer
from microgradnet.stepping.timeline import Timeline
from microgradnet.teach.examples.example import table_of
from microgradnet.teach.worksheets import worksheet
from tests.drawing.seen import see


def two_neurons() -> Value:
    """Made by hand, so both call their weight w₁ and their bias b."""
    x = Value(2.0, "x")
    first, second = (Neuron(1, activation="tanh", seed=seed)([x]) for seed in (1, 2))
    first.label, second.label = "a", "a"
    y = first * second
    y.label = "y"
    return y


NAMES = {"w₁", "w₁#2", "b", "b#2", "x", "a", "a#2", "y"}


def test_two_weights_are_two_in_the_steps() -> None:
    root = two_neurons()
    steps = list(map(str, root.backward_steps()))
    passed_to = {step.partition(".grad += ")[0] for step in steps}
    assert passed_to >= {"w₁", "w₁#2", "b", "b#2", "a", "a#2"}
    assert not any(", and " in step for step in steps if step.startswith("w₁")), "each has one contribution"
    assert [step.latex for step in root.forward_steps() if r"w_{1}\#2" in step.latex]


def test_a_number_in_a_name_is_explained_where_one_points_at_it() -> None:
    root = two_neurons()
    assert "number 2 of those named w₁" in draw(root).svg
    assert "number 2 of those named w₁" in page(root).html
    namer = Namer(topological_order(root))
    assert [namer.namesake(node) for node in topological_order(root)].count("") == 6


def test_they_are_called_the_same_everywhere() -> None:
    root = two_neurons()
    by_steps = {node: next(root.forward_steps()).namer.name(node) for node in topological_order(root)}
    timeline = Timeline(root)
    assert {timeline.name(node) for node in timeline.graph.nodes if node.label} == NAMES
    for node, name in by_steps.items():
        if node.label:
            assert timeline.name(node) == name
            assert explain(node, root).namer.name(node) == name
    (second,) = timeline.find("w₁#2")
    assert by_steps[second] == "w₁#2"
    for most, text in ((200, "w₁#2·x"), (200, "a#2 = tanh"), (3, "y = a·a#2")):  # cut or not
        assert text in draw(root, "ops", max_nodes=most).dot
    assert {row.symbol for row in table_of(root)} == NAMES
    assert set(re.findall(r'"name": ?"([^"]*)"', page(root).html)) >= NAMES
    program = unroll(root)
    assert "w0_2.grad += " in program
    assert "b_2.grad += " in program
    sheet = worksheet(root)
    assert any("w₁#2" in blank.name for blank in sheet.blanks)


@pytest.mark.parametrize("samples", [2, 4])
def test_a_loss_without_labels_is_called_the_same_everywhere(samples: int) -> None:
    model = MLP(2, [2, 1], "tanh", "linear", seed=1)
    loss: Any = sum((model([k + 1.0, 2.0 - k]) - y) ** 2 for k, y in enumerate([1.0, -1.0, -1.0, 1.0][:samples]))
    loss.backward()
    steps = list(loss.forward_steps())
    headings = [steps[0].namer.heading(step.node) for step in steps]
    name = steps[-1].namer.name(loss)
    folded = f"{name} = sum of {samples}" if samples > 2 else headings[-1]
    drawn = [" ".join(row.replace("\u00a0", " ") for row in node.rows) for node in see(draw(loss)).nodes.values()]
    computed = [text.partition(" data ")[0] for text in drawn if " data " in text]
    assert set(computed) <= {*headings, folded}
    assert folded in computed
    for view in ("neurons", "layers"):
        assert see(draw(loss, view)).find(f"{name} = sum")
    html = page(loss).html
    assert f"<h1>Backpropagation through {name if samples > 2 else headings[-1]}</h1>" in html
    assert f'"name":"{name}"' in html
    assert str(explain(model.parameters()[0], loss)).startswith(f"∂{name}/∂w⁽¹⁾₁₁ = ")
    assert worksheet(loss).title == f"Worksheet: {name}"


def test_in_the_order_of_the_graph_whichever_is_asked_for_first() -> None:
    a, b, c = (Value(x, "w") for x in (1.0, 2.0, 3.0))
    root = a * b + c
    namer = Namer(topological_order(root))
    assert [namer.name(value) for value in (c, b, a)] == ["w#3", "w#2", "w"]


def test_a_label_that_looks_so_is_no_other_values() -> None:
    a, b, c, d = Value(1.0, "w"), Value(2.0, "w"), Value(3.0, "w#2"), Value(4.0, "w#2")
    namer = Namer(topological_order(a * b * c * d))
    assert [namer.name(value) for value in (a, b, c, d)] == ["w", "w#3", "w#2", "w#2#2"]


@given(st.lists(st.sampled_from(["w", "w#2", "w#3", "w#2#2", "t₁", "v₁", " w ", "w" * 60, "w" * 61, ""]), max_size=8))
def test_no_two_values_have_one_name(labels: list[str]) -> None:
    leaves = [Value(1.0, label) for label in labels]
    root = sum(leaves, Value(2.0, "start"))
    order = topological_order(root)
    namer = Namer(order)
    assert len({namer.name(value) for value in order}) == len(order)
    assert len({latex_name(value, namer)[0] for value in order}) == len(order)
    shown = [" ".join(label.split()) for label in labels]
    once = {leaf: label for leaf, label in zip(leaves, shown, strict=True) if label and shown.count(label) == 1}
    assert all(namer.name(leaf) == label for leaf, label in once.items() if len(label) < 40)


def test_where_no_label_is_twice_nothing_is_numbered() -> None:
    a, b = Value(1.0, "a"), Value(2.0, "a#2")
    assert Namer().heading(a * b) == "a·a#2"
    for namer in (Namer([a, b]), Namer([b, a])):
        assert [namer.name(value) for value in (a, b)] == ["a", "a#2"]
