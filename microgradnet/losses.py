"""Losses: how far the prediction for one sample is from its target, as one scalar to minimise.

Each takes the prediction y and the target t of one sample, both values (or numbers) or lists of equal length: the
losses of several outputs are summed. `compile` and `fit` take the mean over a batch, like `sum(…) / n`. Targets are
numbers, or values without a gradient. A score whose weight in the target is the number 0 is left out, even if it is
infinite: a score of −∞ masks a class.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from math import isclose
from typing import Any, TypeAlias

from microgradnet.functions import abs as absolute
from microgradnet.functions import dot, log, logsumexp, minimum, relu, softplus, total
from microgradnet.value import Value

Number: TypeAlias = Value | float
Numbers: TypeAlias = Number | Sequence[Number]
Loss: TypeAlias = Callable[[Any, Any], Any]


def squared_error(y: Numbers, t: Numbers) -> Any:
    """E = (y − t)², summed over the outputs; dE/dy = 2(y − t).

    >>> squared_error(Value(3.0), 1.0).data
    4.0
    """
    return _summed(lambda y, t: (y - t) ** 2, y, t)


def half_squared_error(y: Numbers, t: Numbers) -> Any:
    """E = ½(t − y)², summed over the outputs; dE/dy = y − t. The lesson's error, ½(T − a)².

    >>> half_squared_error(Value(0.75), 1.0).data
    0.03125
    """
    return _summed(lambda y, t: (t - y) ** 2 / 2, y, t)


def absolute_error(y: Numbers, t: Numbers) -> Any:
    """E = |y − t|, summed over the outputs; dE/dy = ±1.

    >>> absolute_error(Value(3.0), 1.0).data
    2.0
    """
    return _summed(lambda y, t: absolute(y - t), y, t)


def huber(y: Numbers, t: Numbers, delta: float = 1.0) -> Any:
    """E = ½e² for |e| ≤ δ, else δ(|e| − ½δ), of the error e = y − t: the derivative is at most δ for outliers.

    Source: Huber 1964, "Robust estimation of a location parameter".

    Args:
        y: the prediction, or a list of predictions, whose losses are summed.
        t: the target, or a list of as many.
        delta: δ > 0, in units of y.

    Raises:
        ValueError: δ is not above 0.

    >>> huber(Value(0.5), 0.0).data, huber(Value(3.0), 0.0).data, huber(Value(3.0), 0.0, delta=2.0).data
    (0.125, 2.5, 4.0)
    """
    if not delta > 0:
        raise ValueError(f"huber's delta must be above 0, got {delta!r}")

    def loss(y: Any, t: Any) -> Any:
        e = absolute(y - t)
        inside = minimum(e, delta)
        return inside * (e - inside / 2)

    return _summed(loss, y, t)


def hinge(score: Numbers, side: Numbers) -> Any:
    """E = max(0, 1 − t·s), for a score s and the side t = −1 or 1 that it should be on, by a margin of 1.

    Raises:
        ValueError: a target is a number other than −1 and 1.

    >>> hinge(Value(0.25), 1.0).data, hinge(Value(0.25), -1.0).data, hinge(Value(2.0), 1.0).data
    (0.75, 1.25, 0.0)
    """
    return _summed(lambda s, t: relu(1 - _side(t) * s), score, side)


def multiclass_hinge(scores: Sequence[Number], target: Any) -> Any:
    """E = Σⱼ max(0, 1 + sⱼ − sₖ) over the classes j other than the right one, k. Source: Weston & Watkins 1999.

    Args:
        scores: s, one for each class.
        target: the number of the right class, or 1 at its place and 0 at the others (one-hot).

    Raises:
        ValueError: the target does not fit the scores.

    >>> multiclass_hinge([Value(1.0), Value(0.5), Value(-2.0)], 0).data
    0.5
    """
    one_hot = _distribution(target, scores)
    if any(not isinstance(t, Value) and t not in (0, 1) for t in one_hot):
        raise ValueError(
            f"multiclass_hinge has one right class, 1 at its place and 0 at the others, got {target!r:.80}"
        )
    right = _weighted(one_hot, scores)
    return _weighted([1 - t for t in one_hot], [relu(1 + s - right) for s in scores])


def binary_cross_entropy(p: Numbers, t: Numbers) -> Any:
    """E = −t·ln p − (1 − t)·ln(1 − p), for a probability p in (0, 1) and a target t of 0 or 1, or between.

    Raises:
        ValueError: a target is a number that is not in [0, 1].
        DomainError: p is 0 or 1, where ln is undefined. `binary_cross_entropy_with_logits` has no such limit.

    >>> round(binary_cross_entropy(Value(0.8), 1.0).data, 4)
    0.2231
    """
    return _summed(lambda p, t: -_probability(t) * log(p) - (1 - t) * log(1 - p), p, t)


def binary_cross_entropy_with_logits(z: Numbers, t: Numbers) -> Any:
    """E = t·ln(1 + e⁻ᶻ) + (1 − t)·ln(1 + eᶻ): that of p = sigmoid(z), for any logit z; dE/dz = sigmoid(z) − t.

    Raises:
        ValueError: a target is a number that is not in [0, 1].

    >>> round(binary_cross_entropy_with_logits(Value(1000.0), 0.0).data, 4)
    1000.0
    """

    def loss(z: Any, t: Any) -> Any:  # ln(1 + eᶻ) − t·z would cancel
        return _weighted([_probability(t), 1 - t], [softplus(-z), softplus(z)])

    return _summed(loss, z, t)


def cross_entropy(logits: Sequence[Number], target: Any) -> Any:
    """E = −Σᵢ tᵢ·ln softmax(z)ᵢ = ln Σᵢ e^zᵢ − Σᵢ tᵢ·zᵢ, of the logits z; dE/dzᵢ = softmax(z)ᵢ − tᵢ.

    Args:
        logits: z, one for each class: any numbers, not probabilities; −∞ masks a class.
        target: the number of the right class, or a probability for each class (one-hot: 1 for the right one).

    Raises:
        ValueError: the target does not fit the logits, or its numbers are not probabilities that add up to 1.

    >>> round(cross_entropy([Value(2.0), Value(0.0), Value(0.0)], 0).data, 4)
    0.2395
    """
    return logsumexp(logits) - _weighted(_distribution(target, logits), logits)


def l1(parameters: Any, strength: float) -> Any:
    """λ·Σ|θ|: a penalty whose gradient has the same size for every parameter, which makes many of them 0.

    >>> l1([Value(3.0), Value(-1.0)], 0.1).data
    0.4
    """
    return strength * total([absolute(p) for p in _parameters(parameters)])


def l2(parameters: Any, strength: float) -> Any:
    """λ·Σθ²: a penalty whose gradient is proportional to each parameter.

    >>> l2([Value(3.0), Value(-1.0)], 0.1).data
    1.0
    """
    return strength * total([p**2 for p in _parameters(parameters)])


LOSSES: dict[str, Loss] = {
    loss.__name__: loss
    for loss in (
        squared_error, half_squared_error, absolute_error, huber, hinge, multiclass_hinge, binary_cross_entropy,
        binary_cross_entropy_with_logits, cross_entropy,
    )
}  # fmt: skip
"""The losses by name."""


def _summed(loss: Loss, y: Numbers, t: Numbers) -> Any:
    """The sum of the losses of all outputs."""
    y, t = _listed(y), _listed(t)
    if not isinstance(y, Sequence):
        if isinstance(t, Sequence):
            raise ValueError(f"a single prediction needs a single number as its target, got a list of {len(t)}")
        return loss(y, t)
    if not isinstance(t, Sequence) or len(t) != len(y):
        got = f"{len(t)}" if isinstance(t, Sequence) else f"{t!r:.80}"
        raise ValueError(f"{len(y)} predictions need a list of as many targets, got {got}")
    return total([loss(yi, ti) for yi, ti in zip(y, t, strict=True)])


def _weighted(weights: Sequence[Number], values: Sequence[Number]) -> Any:
    """Σ wᵢ·vᵢ, without the terms whose weight is the number 0, as their values may be infinite."""
    terms = [(w, v) for w, v in zip(weights, values, strict=True) if isinstance(w, Value) or w != 0]
    kept = [v for _, v in terms]
    if any(isinstance(w, Value) or w != 1 for w, _ in terms):
        return dot([w for w, _ in terms], kept)
    return total(kept) if len(kept) > 1 else kept[0]


def _side(t: Number) -> Number:
    if not isinstance(t, Value) and t not in (-1, 1):
        raise ValueError(f"hinge's targets are the sides −1 and 1, got {t!r}: for classes 0 and 1 pass 2 * t - 1")
    return t


def _probability(t: Number) -> Number:
    if not isinstance(t, Value) and not 0 <= t <= 1:
        raise ValueError(f"the targets of binary cross-entropy are 0, 1 or probabilities between, got {t!r}")
    return t


def _listed(numbers: Any) -> Any:
    """An array or an iterator as a list, a NumPy scalar as Python's; anything else unchanged."""
    if isinstance(numbers, Iterator):
        return list(numbers)
    return numbers.tolist() if hasattr(numbers, "tolist") else numbers


def _distribution(target: Any, scores: Any) -> Sequence[Number]:
    """A probability for each class: those given, or 1 for the class of this number."""
    target, scores = _listed(target), _listed(scores)
    count = len(scores) if isinstance(scores, Sequence) else 0
    if count < 2:
        raise ValueError(f"a list of at least 2 scores is needed, one for each class, got {scores!r:.80}")
    if isinstance(target, Sequence):
        if len(target) != count:
            raise ValueError(f"{count} scores need a target of as many, got {len(target)}")
        numbers = [t for t in target if not isinstance(t, Value)]
        if len(numbers) == count and (min(numbers) < 0 or not isclose(sum(numbers), 1.0, abs_tol=1e-6)):
            raise ValueError(f"probabilities for each class are at least 0 and add up to 1, got {target!r:.80}")
        return target
    if isinstance(target, Value):
        raise TypeError(
            "the number of a class cannot be a Value: pass a list with 1 at its place and 0 at the others (one-hot); "
            "microgradnet.data.one_hot(classes, count) makes them"
        )
    if target not in range(count):
        raise ValueError(f"a class must be a whole number from 0 to {count - 1}, got {target!r}")
    return [float(i == target) for i in range(count)]


def _parameters(parameters: Any) -> Iterable[Value]:
    values: Iterable[Value] = parameters.parameters() if hasattr(parameters, "parameters") else parameters
    return values
