"""Layers of one row: normalisation, embedding, dropout."""

import statistics
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnet import Value, compile
from microgradnet.layers import Dropout, Embedding, LayerNorm
from tests.layers.every import numbers, shifted

ROW = st.lists(st.floats(-100, 100), min_size=2, max_size=6)


@given(ROW)
def test_a_normalised_row_has_mean_0_and_variance_1(row: list[float]) -> None:
    y = numbers(LayerNorm(len(row))(row))
    variance = np.var(row)
    assert statistics.fmean(y) == pytest.approx(0.0, abs=1e-9)
    assert statistics.pvariance(y) == pytest.approx(variance / (variance + 1e-5), rel=1e-6, abs=1e-9)


@given(ROW, st.floats(-5, 5), st.floats(0.5, 5))
def test_a_shift_of_the_row_changes_nothing(row: list[float], shift: float, epsilon: float) -> None:
    layer = shifted(LayerNorm(len(row), epsilon=epsilon), 1)
    assert numbers(layer([x + shift for x in row])) == pytest.approx(numbers(layer(row)), abs=1e-9)


def test_equal_numbers_become_the_shifts() -> None:
    layer = shifted(LayerNorm(3), 1)
    assert numbers(layer([7.0, 7.0, 7.0])) == [shift.data for shift in layer.shifts]


def test_gains_and_shifts_are_applied_after_it() -> None:
    layer = LayerNorm(2)
    plain = numbers(layer([1.0, 4.0]))
    layer.load_state_dict({"gain0": 2.0, "gain1": 3.0, "shift0": 0.5, "shift1": -1.0})
    assert numbers(layer([1.0, 4.0])) == [2 * plain[0] + 0.5, 3 * plain[1] - 1]


def test_what_a_norm_refuses() -> None:
    with pytest.raises(ValueError, match=r"LayerNorm\(3\) takes a row of 3 numbers, got 2"):
        LayerNorm(3)([1.0, 2.0])
    with pytest.raises(ValueError, match="the width of a row must be a whole number of at least 1, got 0"):
        LayerNorm(0)
    for epsilon in (0.0, -1.0, float("nan")):
        with pytest.raises(ValueError, match="epsilon must be above 0, got"):
            LayerNorm(2, epsilon=epsilon)


@given(count=st.integers(1, 5), width=st.integers(1, 4), data=st.data())
def test_the_number_of_a_symbol_and_its_one_hot_row_give_the_same(count: int, width: int, data: Any) -> None:
    symbol = data.draw(st.integers(0, count - 1))
    embedding = Embedding(count, width, seed=1)
    one_hot = np.eye(count)[symbol]
    row = embedding(symbol)
    assert row == embedding.table[symbol]
    assert row is not embedding.table[symbol], "a caller may change its list"
    assert numbers(embedding(np.int64(symbol))) == numbers(embedding(one_hot)) == numbers(row)


def test_a_one_hot_row_has_the_gradient_of_its_symbol_alone() -> None:
    embedding = Embedding(3, 2, seed=1)
    for y in embedding([0, 1, 0]):
        y.backward()
    assert [[p.grad for p in row] for row in embedding.table] == [[0.0, 0.0], [1.0, 1.0], [0.0, 0.0]]


def test_a_table_starts_with_mean_0_and_variance_1() -> None:
    drawn = [p.data for p in Embedding(100, 20, seed=1).parameters()]
    assert statistics.fmean(drawn) == pytest.approx(0.0, abs=0.1)
    assert statistics.pvariance(drawn) == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("symbol", [3, -1, 1.5, None])
def test_there_is_no_other_symbol(symbol: Any) -> None:
    with pytest.raises(ValueError, match=rf"Embedding\(3 → 2\) has the symbols 0 to 2, got {symbol}"):
        Embedding(3, 2)(symbol)


def test_what_an_embedding_refuses() -> None:
    with pytest.raises(TypeError, match="the number of a symbol cannot be a Value: pass a list with 1 at its place"):
        Embedding(3, 2)(Value(1.0))
    with pytest.raises(ValueError, match=r"Embedding\(3 → 2\) takes a row of 3 numbers, got 2"):
        Embedding(3, 2)([0, 1])
    with pytest.raises(ValueError, match="the number of symbols must be"):
        Embedding(0, 2)
    with pytest.raises(ValueError, match="the width of a row must be"):
        Embedding(2, 0)


@given(st.lists(st.tuples(st.floats(-9, 9), st.booleans()), min_size=1, max_size=6), st.sampled_from([0.0, 0.25, 0.5]))
def test_what_is_not_dropped_is_scaled(pairs: list[tuple[float, bool]], rate: float) -> None:
    row, mask = [x for x, _ in pairs], [kept for _, kept in pairs]
    assert numbers(Dropout(rate)(row, mask)) == pytest.approx([x / (1 - rate) if kept else 0.0 for x, kept in pairs])
    assert numbers(Dropout(rate)(row)) == row


def test_the_mean_over_masks_is_the_row() -> None:
    masks = np.random.default_rng(0).random((20_000, 2)) >= 0.2
    found = compile(Dropout(0.2))(np.tile([3.0, -1.0], (20_000, 1)), masks)
    assert found.mean(axis=0) == pytest.approx([3.0, -1.0], abs=0.05)


def test_what_dropout_refuses() -> None:
    for rate in (-0.1, 1.0, float("nan")):
        with pytest.raises(ValueError, match="the rate of dropout must be at least 0 and below 1, got"):
            Dropout(rate)
    with pytest.raises(ValueError, match="3 numbers need a mask of as many, got 2"):
        Dropout(0.5)([1.0, 2.0, 3.0], [1, 0])
    with pytest.raises(ValueError, match=r"a mask consists of 0 and 1, got 0.5"):
        Dropout(0.5)([1.0, 2.0], [1, 0.5])
