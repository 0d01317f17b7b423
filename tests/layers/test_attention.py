"""Attention: its equation in arrays, what a row may read, and what is refused."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microgradnet.layers import Attention
from tests.layers.every import numbers, shifted
from tests.layers.test_recurrent import affine

HEADS = st.sampled_from([(1, 1), (2, 1), (2, 2), (4, 2), (6, 3)])


def by_hand(layer: Attention, rows: Any) -> list[Any]:
    """The rows as the equation of the docstring says."""
    d = layer.width // layer.heads
    q, k, v = ([affine(part)(x) for x in rows] for part in (layer.query, layer.key, layer.value))
    found = []
    for i in range(len(rows)):
        seen = i + 1 if layer.causal else len(rows)
        read = []
        for start in range(0, layer.width, d):
            at = slice(start, start + d)
            e = [math.exp(q[i][at] @ k[j][at] / math.sqrt(d)) for j in range(seen)]
            read.append(sum(e[j] / sum(e) * v[j][at] for j in range(seen)))
        found.append(affine(layer.output)(np.concatenate(read)))
    return found


@given(sizes=HEADS, causal=st.booleans(), length=st.integers(0, 4), seed=st.integers(0, 99))
@settings(max_examples=40)
def test_it_computes_what_its_equation_says(sizes: tuple[int, int], causal: bool, length: int, seed: int) -> None:
    width, heads = sizes
    layer = shifted(Attention(width, heads=heads, causal=causal), seed)
    rows = np.random.default_rng(seed).normal(size=(length, width))
    found = numbers(layer(rows))
    assert len(found) == length
    for ours, expected in zip(found, by_hand(layer, rows), strict=True):
        assert ours == pytest.approx(expected, abs=1e-12)


@given(causal=st.booleans(), changed=st.integers(0, 3), seed=st.integers(0, 99))
def test_causal_rows_do_not_read_later_ones_and_others_read_all(causal: bool, changed: int, seed: int) -> None:
    layer = shifted(Attention(4, heads=2, causal=causal), seed)
    rows = np.random.default_rng(seed).normal(size=(4, 4))
    others = rows.copy()
    others[changed] += 1.0
    same = [a == b for a, b in zip(numbers(layer(rows)), numbers(layer(others)), strict=True)]
    assert same == [causal and i < changed for i in range(4)]


@given(order=st.permutations(range(4)), seed=st.integers(0, 99))
def test_rows_in_another_order_give_the_outputs_in_that_order(order: list[int], seed: int) -> None:
    layer = shifted(Attention(4, heads=2), seed)
    rows = np.random.default_rng(seed).normal(size=(4, 4))
    outputs = np.array(numbers(layer(rows)))
    np.testing.assert_allclose(numbers(layer(rows[order])), outputs[order], atol=1e-12)


def test_equal_rows_are_read_equally() -> None:
    layer = shifted(Attention(2), 1)
    alone = numbers(layer([[0.5, -1.0]]))
    np.testing.assert_allclose(numbers(layer([[0.5, -1.0]] * 3)), alone * 3, atol=1e-14)


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match="heads share the width equally, but 6 numbers are no multiple of 4 heads"):
        Attention(6, heads=4)
    with pytest.raises(ValueError, match="heads must be a whole number of at least 1, got 0"):
        Attention(6, heads=0)
    with pytest.raises(ValueError, match=r"the width must be a whole number of at least 1, got 2.0"):
        Attention(2.0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"Attention\(2, heads 1, causal\) takes a row of 2 numbers, got 3"):
        Attention(2, causal=True)([[1.0, 2.0], [1.0, 2.0, 3.0]])
    with pytest.raises(TypeError, match=r"Attention\(2, heads 1\) takes a list of rows, each of 2 numbers, got 1.0"):
        Attention(2)(1.0)  # type: ignore[arg-type]
