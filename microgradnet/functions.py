"""Functions of values and numbers: `exp(v)`, `maximum(a, b)`, `weighted_sum(w, x, b)`, `softmax(xs)`.

Given at least one Value they record a node; given plain numbers alone they give a number. So they are also the
namespace `m` in which a rule of the table builds a graph: that is how derivatives of derivatives come about.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from math import nan
from typing import TYPE_CHECKING, Any, TypeVar, overload

from microgradnet import ops
from microgradnet.ops.activations import *  # noqa: F403
from microgradnet.ops.arithmetic import total as total  # noqa: PLC0414  # public here, too
from microgradnet.ops.elementary import *  # noqa: F403
from microgradnet.value import Operand, Value

T = TypeVar("T")


def largest(values: Iterable[Any]) -> Any:
    """The largest of the values, by comparing two at a time: a `maximum` for each after the first.

    Raises:
        ValueError: there are none.

    >>> largest([Value(1.0), Value(3.0), 2.0]).data
    3.0
    """
    values = list(values)
    if not values:
        raise ValueError("largest needs at least one value, got none")
    return reduce(ops.maximum, values)


@overload
def weighted_sum(weights: Iterable[Value], inputs: Iterable[Operand], bias: Operand | None = None) -> Value: ...
@overload
def weighted_sum(weights: Iterable[Operand], inputs: Iterable[Value], bias: Operand | None = None) -> Value: ...
@overload
def weighted_sum(weights: Iterable[float], inputs: Iterable[float], bias: float | None = None) -> float: ...
@overload
def weighted_sum(weights: Iterable[Operand], inputs: Iterable[Operand], bias: Operand | None = None) -> Operand: ...
def weighted_sum(weights: Iterable[Operand], inputs: Iterable[Operand], bias: Operand | None = None) -> Operand:
    """The weighted sum y = w₁·x₁ + w₂·x₂ + … + b in a single node: what a neuron's soma adds up.

    ∂y/∂wᵢ = xᵢ, ∂y/∂xᵢ = wᵢ, ∂y/∂b = 1. Added from the left and the bias last, as one writes it with + and ·.

    Raises:
        ValueError: not as many weights as inputs, or none.
        TypeError: weights or inputs are no list.

    >>> w, x = [Value(0.5), Value(-1.0)], [2.0, 3.0]
    >>> weighted_sum(w, x, 4.0)
    Value(data=2.0)
    """
    for operands in (weights, inputs):
        if not hasattr(operands, "__iter__"):
            raise TypeError(f"a weighted sum takes a list of weights and a list of inputs, got {operands!r}")
    weights, inputs = list(weights), list(inputs)
    if len(weights) != len(inputs) or not weights:
        raise ValueError(
            f"a weighted sum needs one weight for each input, at least one, got {len(weights)} and {len(inputs)}"
        )
    return ops.weighted_sum([*weights, *inputs] if bias is None else [*weights, *inputs, bias])


dot = weighted_sum
"""A dot product is a weighted sum without a bias."""


@overload
def softmax(values: Iterable[Value]) -> list[Value]: ...
@overload
def softmax(values: Iterable[float]) -> list[float]: ...
@overload
def softmax(values: Iterable[Operand]) -> list[Operand]: ...
def softmax(values: Iterable[Any]) -> list[Any]:
    """The probabilities yᵢ = e^xᵢ / (e^x₁ + e^x₂ + …): positive numbers whose sum is 1, without overflow.

    Raises:
        ValueError: there are none.
        TypeError: they are no list.

    >>> [round(y, 4) for y in softmax([1.0, 2.0, 1000.0])]
    [0.0, 0.0, 1.0]
    """
    if not hasattr(values, "__iter__"):
        raise TypeError(f"softmax takes a list of values, got {values!r}: put them in brackets")
    values = list(values)
    if not values:
        raise ValueError("softmax needs at least one value, got none")
    return list(ops.logsumexp.derivatives(ops, ops.logsumexp(values), *values))


def where(condition: bool, if_true: T, if_false: T) -> T:
    """`if_true` if `condition` holds, else `if_false`: comparisons of values are plain bools.

    In a compiled function the comparison of two values may differ between samples, and each has its own choice.

    >>> where(Value(1.0) > 2, "above", "below")
    'below'
    """
    if hasattr(condition, "choose"):
        return condition.choose(if_true, if_false)  # type: ignore[no-any-return]
    return if_true if condition else if_false


def sign(x: Operand) -> float:
    """-1, 0 or 1, NaN of NaN: a number, as its derivative is 0 wherever it has one.

    >>> sign(Value(-3.0))
    -1.0
    """
    return where(x > 0.0, 1.0, where(x < 0.0, -1.0, where(x >= 0.0, 0.0, nan)))


FUNCTIONS = {
    **{name: op for name, op in ops.TABLE.items() if not op.operator},
    **{function.__name__: function for function in (weighted_sum, softmax, where, sign)},
    "dot": dot,
}
"""The public functions by their names."""
if not TYPE_CHECKING:
    __all__ = [*FUNCTIONS, "largest"]  # noqa: PLE0604
