"""Losses: values and gradients by hand, eager as compiled, at extremes, and what is refused."""

import math
from typing import Any

import numpy as np
import pytest

from microgradnet import DomainError, Value, compile, parameter
from microgradnet.data import one_hot
from microgradnet.losses import (
    LOSSES,
    absolute_error,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    half_squared_error,
    hinge,
    huber,
    l1,
    l2,
    multiclass_hinge,
    squared_error,
)

LN2 = math.log(2)


@pytest.mark.parametrize(
    ("loss", "y", "t", "value", "gradient"),
    [
        (squared_error, 3.0, 1.0, 4.0, 4.0),
        (half_squared_error, 3.0, 1.0, 2.0, 2.0),
        (absolute_error, -3.0, 1.0, 4.0, -1.0),
        (huber, 0.5, 0.0, 0.125, 0.5),
        (huber, -3.0, 0.0, 2.5, -1.0),
        (huber, 1.0, 0.0, 0.5, 1.0),
        (hinge, 0.25, -1.0, 1.25, 1.0),
        (hinge, 2.0, 1.0, 0.0, 0.0),
        (binary_cross_entropy, 0.5, 1.0, LN2, -2.0),
        (binary_cross_entropy, 0.25, 0.0, -math.log(0.75), 4 / 3),
        (binary_cross_entropy_with_logits, 0.0, 1.0, LN2, -0.5),
        (binary_cross_entropy_with_logits, 1000.0, 0.0, 1000.0, 1.0),
        (binary_cross_entropy_with_logits, -1000.0, 0.0, 0.0, 0.0),
    ],
)
def test_a_number(loss: Any, y: float, t: float, value: float, gradient: float) -> None:
    prediction = parameter(y)
    found = loss(prediction, t)
    found.backward()
    assert (found.data, prediction.grad) == pytest.approx((value, gradient), rel=1e-12, abs=1e-300)
    assert loss(y, t) == pytest.approx(value), "on plain numbers too"


def test_several_outputs_add_up() -> None:
    ys, ts = [0.3, -2.0, 5.0], [0.0, 1.0, 1.0]
    for loss in (squared_error, half_squared_error, absolute_error, huber, hinge, binary_cross_entropy_with_logits):
        assert loss([Value(y) for y in ys], ts).data == pytest.approx(
            sum(loss(y, t) for y, t in zip(ys, ts, strict=True))
        )


def test_the_cross_entropy_is_minus_the_logarithm_of_softmax() -> None:
    z = [parameter(x) for x in (2.0, -1.0, 0.5)]
    likelihoods = np.exp([2.0, -1.0, 0.5]) / np.exp([2.0, -1.0, 0.5]).sum()
    for target in (2, [0.0, 0.0, 1.0]):
        loss = cross_entropy(z, target)
        for p in z:
            p.zero_grad()
        loss.backward()
        assert loss.data == pytest.approx(-math.log(likelihoods[2]))
        assert [p.grad for p in z] == pytest.approx(likelihoods - [0, 0, 1])
    soft = [0.2, 0.3, 0.5]
    assert cross_entropy(z, soft).data == pytest.approx(-np.dot(soft, np.log(likelihoods)))
    assert cross_entropy([1e4, 0.0], 1) == 1e4, "at extremes as well"


def test_the_hinge_of_many_classes() -> None:
    scores = [parameter(x) for x in (1.0, 0.5, -2.0, 3.0)]
    loss = multiclass_hinge(scores, 0)
    loss.backward()
    assert loss.data == 0.5 + 3.0
    assert [p.grad for p in scores] == [-2.0, 1.0, 0.0, 1.0]


def test_penalties() -> None:
    values = [parameter(3.0), parameter(-1.0)]
    l1(values, 0.5).backward()
    assert [p.grad for p in values] == [0.5, -0.5]
    for p in values:
        p.zero_grad()
    l2(values, 0.5).backward()
    assert [p.grad for p in values] == [3.0, -1.0]


@pytest.mark.parametrize("name", LOSSES)
def test_compiled_as_eager(name: str) -> None:
    loss: Any = LOSSES[name]
    many = name in ("cross_entropy", "multiclass_hinge")
    rng = np.random.default_rng(0)
    X = rng.uniform(0.1, 0.9, (5, 3)) if many else rng.uniform(0.1, 0.9, 5)
    T = one_hot([0, 1, 2, 1, 0]) if many else np.array([0.0, 1.0, 1.0, 0.0, 1.0])
    w = parameter(0.9)
    step = compile(lambda x, t: loss([w * xi for xi in x] if many else w * x, t), w)
    value, gradient = step(X, T)
    w.zero_grad()
    total = 0.0
    for x, t in zip(X.tolist(), T.tolist(), strict=True):
        found = loss([w * xi for xi in x] if many else w * x, t)
        found.backward(1 / 5)
        total += found.data / 5
    assert (value, gradient[0]) == pytest.approx((total, w.grad), rel=1e-12)


def test_what_does_not_fit_is_refused() -> None:
    y = [Value(0.1), Value(0.2)]
    with pytest.raises(ValueError, match=r"2 predictions need a list of as many targets, got 3"):
        squared_error(y, [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match=r"2 predictions need a list of as many targets, got 1.0"):
        squared_error(y, 1.0)
    with pytest.raises(ValueError, match="a single prediction needs a single number as its target, got a list of 2"):
        squared_error(y[0], [1.0, 2.0])
    for target in (2, -1, 0.5):
        with pytest.raises(ValueError, match="a class must be a whole number from 0 to 1"):
            cross_entropy(y, target)
    with pytest.raises(ValueError, match="2 scores need a target of as many, got 3"):
        cross_entropy(y, [1.0, 0.0, 0.0])
    with pytest.raises(TypeError, match="one_hot"):
        cross_entropy(y, Value(1.0))
    with pytest.raises(ValueError, match="at least 2 scores"):
        cross_entropy([Value(1.0)], 0)
    with pytest.raises(ValueError, match="delta must be above 0"):
        huber(1.0, 0.0, delta=0.0)
    with pytest.raises(DomainError):
        binary_cross_entropy(Value(0.0), 1.0)
