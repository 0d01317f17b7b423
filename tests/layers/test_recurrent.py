"""Recurrent layers: their equations in arrays, `step` and `start`, and what they refuse."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microgradnet import Value, compile, relu, scan
from microgradnet.layers import GRU, LSTM, Recurrent
from tests.layers.every import flat, loss_of, numbers, shifted

KINDS = [Recurrent, GRU, LSTM]
each = pytest.mark.parametrize("kind", KINDS)


def affine(layer: Any) -> Callable[[Any], Any]:
    """Numbers → W·numbers + b of a `Layer`."""
    W = np.array([[w.data for w in neuron.w] for neuron in layer.neurons])
    b = np.array([neuron.b.data for neuron in layer.neurons])
    return lambda x: W @ x + b


def sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def by_hand(layer: Any, rows: Any) -> list[Any]:
    """The hidden states as the equations of the docstrings say."""
    h = c = np.zeros(layer.nout)
    found = []
    for x in rows:
        xh = np.concatenate([x, h])
        if isinstance(layer, Recurrent):
            h = np.tanh(affine(layer.hidden)(xh))
        elif isinstance(layer, GRU):
            r, z = sigmoid(affine(layer.reset)(xh)), sigmoid(affine(layer.update)(xh))
            n = np.tanh(affine(layer.candidate_x)(x) + r * affine(layer.candidate_h)(h))
            h = (1 - z) * n + z * h
        else:
            i, f, o = (sigmoid(affine(gate)(xh)) for gate in (layer.input, layer.forget, layer.output))
            c = f * c + i * np.tanh(affine(layer.candidate)(xh))
            h = o * np.tanh(c)
        found.append(h)
    return found


@each
@given(nin=st.integers(1, 3), nout=st.integers(1, 3), length=st.integers(0, 4), seed=st.integers(0, 99))
@settings(max_examples=20)
def test_it_computes_what_its_equation_says(kind: Any, nin: int, nout: int, length: int, seed: int) -> None:
    layer = shifted(kind(nin, nout), seed)
    rows = np.random.default_rng(seed).normal(size=(length, nin))
    hidden = numbers(layer(rows))
    assert len(hidden) == length
    for ours, expected in zip(hidden, by_hand(layer, rows), strict=True):
        assert ours == pytest.approx(expected, abs=1e-13)


@each
def test_a_call_is_a_loop_of_steps_from_the_start(kind: Any) -> None:
    layer = shifted(kind(2, 3), 1)
    rows = np.random.default_rng(0).normal(size=(4, 2))
    state, hidden = layer.start(), []
    for row in rows:
        state = layer.step(state, row)
        hidden.append(numbers(state[0] if kind is LSTM else state))
    assert numbers(layer(rows)) == hidden
    last, _ = scan(lambda state, row: (layer.step(state, row), None), layer.start(), rows)
    assert numbers(list(last)) == numbers(list(state))


@each
def test_the_start_is_zeros_with_labels_of_their_own(kind: Any) -> None:
    state = kind(1, 2).start()
    values = flat(list(state))
    assert [value.label for value in values] == ["h0", "h1", "c0", "c1"][: len(values)]
    assert {value.data for value in values} == {0.0}
    assert set(values).isdisjoint(flat(list(kind(1, 2).start())))


@each
def test_a_later_row_changes_no_earlier_state(kind: Any) -> None:
    layer = shifted(kind(2, 2), 1)
    rows = np.random.default_rng(0).normal(size=(4, 2))
    changed = rows.copy()
    changed[2] += 1.0
    before, after = numbers(layer(rows)), numbers(layer(changed))
    assert before[:2] == after[:2]
    assert before[2] != after[2]
    assert before[3] != after[3]


@each
def test_a_row_of_one_number_may_be_that_number(kind: Any) -> None:
    layer = shifted(kind(1, 1), 1)
    assert numbers(layer([1.0, Value(2.0)])) == numbers(layer([[1.0], [2.0]]))


def test_an_activation_in_place_of_tanh() -> None:
    layer = shifted(Recurrent(1, 2, "relu"), 1)
    assert repr(layer) == "Recurrent(1 → 2 relu)"
    z = affine(layer.hidden)([0.5, 0.0, 0.0])
    assert numbers(layer([0.5])) == [[relu(number) for number in z.tolist()]]


def test_an_update_gate_that_is_open_keeps_the_state_and_a_forget_gate_that_is_closed_drops_it() -> None:
    gru = shifted(GRU(1, 1), 1)
    gru.load_state_dict({**gru.state_dict(), "update.neuron0.b": 100.0})
    assert gru.step([0.25], [3.0])[0].data == 0.25
    lstm = shifted(LSTM(1, 1), 1)
    lstm.load_state_dict({**lstm.state_dict(), "forget.neuron0.b": -1000.0})
    assert numbers(list(lstm.step(([0.1], [5.0]), [3.0]))) == numbers(list(lstm.step(([0.1], [-7.0]), [3.0])))


@each
def test_a_step_compiles_by_itself_and_a_state_is_an_argument(kind: Any) -> None:
    layer = shifted(kind(2, 3), 1)
    rng = np.random.default_rng(0)
    x, h, c = rng.normal(size=(5, 2)), rng.normal(size=(5, 3)), rng.normal(size=(5, 3))
    step = compile(lambda x, h, c: loss_of(list(layer.step((h, c) if kind is LSTM else h, x))))
    for xi, hi, ci, found in zip(x, h, c, step(x, h, c), strict=True):
        expected = loss_of(list(layer.step((hi, ci) if kind is LSTM else hi, xi)))
        assert found == pytest.approx(expected.data, rel=1e-12)


@each
def test_what_is_refused(kind: Any) -> None:
    layer = kind(2, 3)
    with pytest.raises(ValueError, match=r"\w+\(2 → 3.*\) takes a row of 2 numbers, got 3"):
        layer([[1.0, 2.0], [1.0, 2.0, 3.0]])
    with pytest.raises(ValueError, match=r"\w+\(2 → 3.*\) takes a row of 2 numbers, got 1"):
        layer([1.0, 2.0])
    with pytest.raises(TypeError, match=r"\w+\(2 → 3.*\) takes a list of rows, each of 2 numbers, got 1.0"):
        layer(1.0)
    two = [0.0, 0.0]
    with pytest.raises(ValueError, match=r"\w+\(2 → 3.*\) takes a state of 3 numbers, got 2"):
        layer.step((two, two) if kind is LSTM else two, two)
    with pytest.raises(ValueError, match="the number of inputs must be a whole number of at least 1, got 0"):
        kind(0, 1)
    with pytest.raises(ValueError, match="the number of hidden units must be a whole number of at least 1, got True"):
        kind(1, True)
    with pytest.raises(TypeError, match="a seed is None, an int or"):
        kind(1, 1, seed="one")
    with pytest.raises(ValueError, match="unknown initialisation"):
        kind(1, 1, init="zeros")
