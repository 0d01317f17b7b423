"""Losses: values and gradients by hand, eager as compiled, at extremes, and what is refused."""

import math
from typing import Any

import numpy as np
import pytest

from microgradnet import DomainError, Value, compile, parameter
from microgradnet.data import one_hot
from microgradnet.graph import Graph
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
    ys = [0.3, -2.0, 5.0]
    for loss in (squared_error, half_squared_error, absolute_error, huber, hinge, binary_cross_entropy_with_logits):
        ts = [-1.0, 1.0, 1.0] if loss is hinge else [0.0, 1.0, 1.0]
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


@pytest.mark.parametrize("target", [1, [0.0, 1.0, 0.0]])
@pytest.mark.parametrize("loss", [cross_entropy, multiclass_hinge])
def test_a_class_that_is_right_has_no_factor_in_the_graph(loss: Any, target: Any) -> None:
    scores = [Value(float(i), f"z{i}") for i in range(3)]
    graph = Graph(loss(scores, target))
    assert not any("weighted_sum" in node.op.name for node in graph.computed)
    if loss is cross_entropy:
        assert scores[1] in graph.roots[0].operands  # E = logsumexp(z) − z₁


def test_the_hinge_of_many_classes() -> None:
    scores = [parameter(x) for x in (1.0, 0.5, -2.0, 3.0)]
    loss = multiclass_hinge(scores, 0)
    loss.backward()
    assert loss.data == 0.5 + 3.0
    assert [p.grad for p in scores] == [-2.0, 1.0, 0.0, 1.0]


E = math.e


@pytest.mark.parametrize(
    ("loss", "target", "value", "gradient"),
    [
        (cross_entropy, 0, math.log(1 + E), [-E / (1 + E), 0.0, E / (1 + E)]),
        (cross_entropy, [1, 0, 0], math.log(1 + E), [-E / (1 + E), 0.0, E / (1 + E)]),
        (cross_entropy, np.array([0.5, 0.0, 0.5]), math.log(1 + E) - 0.5, [0.5 - E / (1 + E), 0.0, E / (1 + E) - 0.5]),
        (cross_entropy, 1, math.inf, [1 / (1 + E), -1.0, E / (1 + E)]),
        (multiclass_hinge, 0, 2.0, [-1.0, 0.0, 1.0]),
        (multiclass_hinge, [0.0, 0.0, 1.0], 0.0, [0.0, 0.0, 0.0]),
        (multiclass_hinge, 1, math.inf, [1.0, -2.0, 1.0]),
    ],
)
def test_a_class_masked_by_minus_infinity(loss: Any, target: Any, value: float, gradient: list[float]) -> None:
    """It is left out of the sum; only where it is the right class is the loss infinite."""
    scores = [parameter(1.0), parameter(-math.inf), parameter(2.0)]
    found = loss(scores, target)
    found.backward()
    assert found.data == pytest.approx(value, rel=1e-14)
    assert [p.grad for p in scores] == pytest.approx(gradient, rel=1e-14)
    assert loss([1.0, -math.inf, 2.0], target) == pytest.approx(value, rel=1e-14), "on plain numbers too"


@pytest.mark.parametrize(
    ("z", "t", "value", "gradient"),
    [
        (-math.inf, 0.0, 0.0, 0.0), (math.inf, 1.0, 0.0, 0.0), (math.inf, 0, math.inf, 1.0),
        (-math.inf, True, math.inf, -1.0), (-math.inf, 0.25, math.inf, -0.25),
    ],
)  # fmt: skip
def test_an_infinite_logit_is_certainty(z: float, t: float, value: float, gradient: float) -> None:
    logit = parameter(z)
    loss = binary_cross_entropy_with_logits(logit, t)
    loss.backward()
    assert (loss.data, logit.grad) == (value, gradient)


def test_numpy_scalars_are_targets() -> None:
    half, zero, yes = Value(0.5), Value(0.0), np.array([True])[0]
    assert LOSSES["hinge"](half, np.int64(1)).data == LOSSES["hinge"](half, yes).data == 0.5
    assert LOSSES["binary_cross_entropy_with_logits"](zero, yes).data == LN2
    assert cross_entropy([Value(0.0)] * 2, np.int64(1)).data == LN2


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
    T = 2 * T - 1 if loss is hinge else T
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


def test_predictions_may_come_from_an_iterator() -> None:
    y = [Value(0.1), Value(0.2)]
    assert squared_error(iter(y), iter([1.0, 2.0])).data == squared_error(y, [1.0, 2.0]).data  # type: ignore[arg-type]


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


@pytest.mark.parametrize(
    ("losses", "targets", "words"),
    [
        ((hinge,), (0, 0.5, 2, math.nan), r"sides −1 and 1, got {}: for classes 0 and 1 pass 2 \* t - 1$"),
        (
            (binary_cross_entropy, binary_cross_entropy_with_logits),
            (-1, 1.5, math.nan),
            "targets of binary cross-entropy are 0, 1 or probabilities between, got {}$",
        ),
    ],
)
def test_a_target_that_the_loss_has_no_use_for_is_refused(losses: Any, targets: Any, words: str) -> None:
    for loss in losses:
        for target in targets:
            for y, t in ((Value(0.5), target), ([Value(0.5)], [target])):
                with pytest.raises(ValueError, match=words.format(target)):
                    loss(y, t)


@pytest.mark.parametrize("loss", [cross_entropy, multiclass_hinge])
@pytest.mark.parametrize("target", [[0.5, 0.6], [-1.0, 2.0], [0.0, 0.0], [math.nan, 1.0]])
def test_classes_have_probabilities(loss: Any, target: list[float]) -> None:
    with pytest.raises(ValueError, match="at least 0 and add up to 1, got"):
        loss([Value(0.1), Value(0.2)], target)


def test_probabilities_may_be_rounded_to_single_precision() -> None:
    target = np.array([0.2, 0.3, 0.5], np.float32)
    assert sum(target.tolist()) != 1.0
    assert cross_entropy([1.0, 2.0, 3.0], target) == pytest.approx(cross_entropy([1.0, 2.0, 3.0], [0.2, 0.3, 0.5]))


def test_the_hinge_of_many_classes_has_one_right_class() -> None:
    with pytest.raises(ValueError, match=r"one right class, 1 at its place and 0 at the others, got \[0.5, 0.5\]"):
        multiclass_hinge([Value(0.1), Value(0.2)], [0.5, 0.5])
