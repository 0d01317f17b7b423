"""The timeline: agrees with backward() to the bit, goes back exactly, leaves the graph alone, knows names and stops."""

import math
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnet import Value, sigmoid, sqrt
from microgradnet._shared.text import plain
from microgradnet.backward import NO_GRADIENT
from microgradnet.errors import StaleGraphError
from microgradnet.graph import topological_order
from microgradnet.ops import CONSTANT
from microgradnet.stepping.timeline import NAME_WIDTH, Timeline
from tests.strategies import Program, programs


def graph_of(program: Program) -> Value:
    return program.record([Value(x, f"x{i}") for i, x in enumerate(program.point)])


def bits(x: float | None) -> str | None:
    return None if x is None else x.hex()


def state(timeline: Timeline) -> list[Any]:
    """All that can be asked about a position."""
    numbers = [
        (bits(timeline.gradient(node)), timeline.contributions(node), timeline.is_computed(node))
        for node in timeline.graph.nodes
    ]
    return [timeline.position, str(timeline.step), numbers]


def example() -> Timeline:
    x, w = Value(3.0, "x₁"), Value(-2.0, "w")
    z = w * x
    z.label = "z"
    y = sigmoid(z) + x
    y.label = "y"
    return Timeline(y)


@given(programs())
def test_at_the_end_gradients_are_those_of_backward_to_the_bit(program: Program) -> None:
    root = graph_of(program)
    timeline = Timeline(root)
    timeline.position = len(timeline.steps)
    root.backward()
    for node in timeline.graph.nodes:
        if node.op is not CONSTANT:
            assert bits(timeline.gradient(node)) == bits(node.grad)


@given(programs(4))
def test_in_between_they_are_those_that_backward_steps_leaves_in_the_graph(program: Program) -> None:
    root = graph_of(program)
    timeline = Timeline(root)
    for step in root.backward_steps():
        timeline.position += 1
        assert timeline.steps[timeline.position - 1] == step
        for node in timeline.graph.nodes:
            if node.op is not CONSTANT:
                assert bits(timeline.gradient(node) or 0.0) == bits(node.grad + 0.0)


@given(programs(6), st.data())
def test_back_after_any_moves_restores_exactly(program: Program, data: st.DataObject) -> None:
    timeline = Timeline(graph_of(program))
    seen = {}
    for position in range(len(timeline.steps) + 1):
        timeline.position = position
        seen[position] = state(timeline)
    for position in data.draw(st.lists(st.integers(0, len(timeline.steps)), max_size=20)):
        timeline.position = position
        assert state(timeline) == seen[position]


@given(programs(6), st.lists(st.floats(), min_size=1))
def test_the_graph_is_left_exactly_as_it_was(program: Program, gradients: list[float]) -> None:
    root = graph_of(program)
    nodes = topological_order(root)
    for i, node in enumerate(nodes):
        node.grad = gradients[i % len(gradients)] if i % 3 else NO_GRADIENT
    before = [(node.data, node.grad) for node in nodes]
    timeline = Timeline(root)
    timeline.position = len(timeline.steps)
    with timeline.in_graph():
        assert root.grad == 1.0
    assert all(node.data is data and node.grad is grad for node, (data, grad) in zip(nodes, before, strict=True))


def test_it_starts_between_the_passes_and_knows_what_is_computed() -> None:
    timeline = example()
    (z,), (x,), y = timeline.find("z"), timeline.find("x₁"), timeline.root
    assert (timeline.position, timeline.start, len(timeline.steps)) == (3, 3, 5 + 3)
    assert (timeline.gradient(y), timeline.gradient(z), timeline.gradient(x)) == (1.0, None, None)
    timeline.position = 1
    assert [timeline.is_computed(v) for v in (x, z, y)] == [True, True, False]
    assert timeline.gradient(y) is None
    timeline.position = 0
    assert [timeline.is_computed(v) for v in (x, z, y)] == [True, False, False]
    assert timeline.step is None


def test_the_next_node_is_passed_to_from_anywhere() -> None:
    timeline = example()
    found = []
    timeline.position = 0
    while timeline.position < len(timeline.steps):
        timeline.position = timeline.next_node
        found.append(timeline.position)
    assert found == [1, 2, 3, 4, 6, 7, 8]  # y passes back to two, sigmoid(z) to one, z to two: and then the end
    assert timeline.next_node == len(timeline.steps)


def test_contributions_to_a_value_used_twice() -> None:
    timeline = example()
    (x,) = timeline.find("x1")
    assert [timeline.contributions(x), timeline.contributions(timeline.root)] == [(0, 2), (0, 0)]
    timeline.position = len(timeline.steps)
    assert timeline.contributions(x) == (2, 2)


def test_names_as_typed_as_shown_and_one_of_many() -> None:
    a, b, c = Value(1.0, "w₁"), Value(2.0, "w1"), Value(3.0, "twin")
    d = Value(4.0, "twin")
    timeline = Timeline(a * b + c * d)
    assert timeline.find("w₁") == [a]  # as it is written, if it is
    assert timeline.find("w1") == [b]
    assert timeline.find("twin") == [c, d]
    assert (timeline.find("twin#1"), timeline.find("twin#2")) == ([c], [d])
    assert timeline.find("w1*w1") == [timeline.root.operands[0]] == timeline.find("w₁·w1")
    for unknown in ("twin#3", "twin#0", "twni", "#", "x" * 10_000, "twin#" + "9" * 5000):
        with pytest.raises(ValueError, match=r"no value is called '.{1,40}': (did you mean|there are)"):
            timeline.find(unknown)


@pytest.mark.parametrize(
    ("text", "shown", "positions"),
    [
        ("z", "z", [1, 6]),
        ("y", "y", [3, 4]),
        ("x1", "x₁", [5, 8]),
        ("sigmoid", "operation sigmoid", [2, 6]),
        ("Multiply", "operation multiply", [1, 7, 8]),
        ("|grad| > 0.5", "|grad| > 0.5", [4, 5, 8]),
        ("grad>2", "|grad| > 2", []),
        ("nan", "nan or infinity", []),
    ],
)
def test_breakpoints(text: str, shown: str, positions: list[int]) -> None:
    timeline = example()
    stop = timeline.breakpoint(text)
    assert stop.text == shown
    assert [i for i, step in enumerate(timeline.steps, start=1) if stop.matches(step)] == positions
    timeline.position = 0
    for position in positions:
        assert timeline.next_stop([timeline.breakpoint("nan"), stop]) == (position, stop)
        timeline.position = position
    assert timeline.next_stop([stop]) == (len(timeline.steps), None)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("sigmod", "did you mean 'sigmoid'"),
        ("tanh", "there are|did you mean"),
        ("grad > much", "'much' is not a number"),
    ],
)
def test_no_breakpoint(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        example().breakpoint(text)


@pytest.mark.parametrize("made", [lambda x: x - x, lambda x: x * 3])
def test_nan_stops_where_one_or_an_infinity_is_made(made: Any) -> None:
    timeline = Timeline(made(Value(math.inf, "x")) * 2)
    timeline.position = 0
    assert timeline.next_stop([timeline.breakpoint("nan")])[0] == 1


def test_a_gradient_is_large_on_either_side_of_0() -> None:
    x = Value(2.0, "x")
    timeline = Timeline(x * -3.0)
    stop = timeline.breakpoint("|grad| > 2")
    assert [getattr(step, "operand", None) for step in timeline.steps if stop.matches(step)] == [x]


def test_a_pass_that_fails_can_be_stepped_up_to_there() -> None:
    x = Value(0.0, "x")
    timeline = Timeline(sqrt(x) * 3 + x)
    assert "derivative of sqrt(x)" in str(timeline.failure)
    timeline.position = len(timeline.steps)
    assert timeline.gradient(x) == 1.0
    assert x.grad is NO_GRADIENT


def test_what_has_no_steps_or_cannot_have_them() -> None:
    leaf = Timeline(Value(3.0))
    assert (leaf.steps, leaf.step, leaf.gradient(leaf.root), leaf.next_node) == ([], None, 1.0, 0)
    with pytest.raises(TypeError, match="one Value"):
        Timeline([Value(3.0)])  # type: ignore[arg-type]
    x = Value(2.0)
    y = x * x
    x.data = 3.0
    y.grad = 7.0
    with pytest.raises(StaleGraphError):
        Timeline(y)
    assert y.grad == 7.0


@pytest.mark.parametrize("label", ["\x1b[31mred", "a\nb", "x" * 10_000, "\ud800", " ", "…" * 50])
def test_labels_of_any_kind_have_short_names(label: str) -> None:
    timeline = Timeline(Value(2.0, label) * Value(3.0, label))
    for position in range(1, len(timeline.steps) + 1):
        assert "\x1b" not in str(timeline.steps[position - 1])
        assert len(str(timeline.steps[position - 1])) < 30 * NAME_WIDTH
    assert len(timeline.find(label.strip() or "␣")) == (2 if label.strip() else 1)
    assert len(timeline.find(timeline.namer.name(timeline.graph.nodes[1]))) == 1


def test_names_are_the_same_in_every_session() -> None:
    def build() -> Value:
        rng = Random(1)
        found = [Value(rng.random()) for _ in range(3)]
        for _ in range(50):
            found.append(rng.choice(found) * rng.choice(found) + rng.choice(found))
        return found[-1]

    walks: list[Callable[[Timeline], range]] = [
        lambda timeline: range(1, len(timeline.steps) + 1),
        lambda timeline: range(len(timeline.steps), 0, -1),
    ]
    texts = []
    for walk in walks:
        timeline = Timeline(build())
        texts.append({position: str(timeline.steps[position - 1]) for position in walk(timeline)})
    assert texts[0] == texts[1]


def test_a_large_graph_takes_memory_in_proportion_and_no_strings() -> None:
    x = Value(1.0, "x")
    y = x
    for _ in range(20_000):
        y = y + 1e-9
    timeline = Timeline(y)
    assert len(timeline.steps) == 40_000
    timeline.position = len(timeline.steps)
    assert timeline.gradient(x) == 1.0


def test_plain_is_what_a_plain_keyboard_has() -> None:
    assert plain("∂(a·b)/∂w₁₂ = −x² → √(σ(z)) …") == "d(a*b)/dw12 = -x^2 -> sqrt(sigma(z)) ..."
    assert plain("é") == "é"
