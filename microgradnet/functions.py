"""Functions of values and numbers: `exp(v)`, `maximum(a, b)`, `weighted_sum(w, x, b)`, `softmax(xs)`.

Given at least one Value they record a node; given plain numbers alone they give a number. So they are also the
namespace `m` in which a rule of the table builds a graph: that is how derivatives of derivatives come about.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Any, Protocol, TypeVar, overload

from microgradnet import ops
from microgradnet.ops import Operation, floats
from microgradnet.ops.floats import as_float
from microgradnet.value import Operand, Value, apply, constant

T = TypeVar("T")


class Function(Protocol):
    """A function of one value or number: a Value gives a Value, a number a float."""

    @overload
    def __call__(self, x: Value, /) -> Value: ...
    @overload
    def __call__(self, x: float, /) -> float: ...


class Function2(Protocol):
    """A function of two values or numbers."""

    @overload
    def __call__(self, a: Value, b: Operand, /) -> Value: ...
    @overload
    def __call__(self, a: float, b: Value, /) -> Value: ...
    @overload
    def __call__(self, a: float, b: float, /) -> float: ...


def _apply(op: Operation, operands: Sequence[Operand]) -> Operand:
    """The node of `op` on `operands`; the number alone if none of them is a Value."""
    result = apply(op, tuple([x if isinstance(x, Value) else constant(x) for x in operands]))
    values = isinstance(operands[0], Value) or any(isinstance(operand, Value) for operand in operands)
    return result if values else result.data


def _unary(op: Operation) -> Any:
    """The function that applies `op` to one operand."""
    method = getattr(Value, "__abs__" if op is ops.ABS else op.name)

    def function(x: Operand) -> Operand:
        return method(x) if isinstance(x, Value) else _apply(op, (x,))

    return op.describe(function)


def _binary(op: Operation) -> Any:
    """The function that applies `op` to two operands."""

    def function(a: Operand, b: Operand) -> Operand:
        return _apply(op, (a, b))

    return op.describe(function)


exp: Function = _unary(ops.EXP)
log: Function = _unary(ops.LOG)
sqrt: Function = _unary(ops.SQRT)
sin: Function = _unary(ops.SIN)
cos: Function = _unary(ops.COS)
tanh: Function = _unary(ops.TANH)
erf: Function = _unary(ops.ERF)
erfc: Function = _unary(ops.ERFC)
sigmoid: Function = _unary(ops.SIGMOID)
relu: Function = _unary(ops.RELU)
gelu: Function = _unary(ops.GELU)
gelu_tanh: Function = _unary(ops.GELU_TANH)
silu: Function = _unary(ops.SILU)
softplus: Function = _unary(ops.SOFTPLUS)
abs: Function = _unary(ops.ABS)
minimum: Function2 = _binary(ops.MINIMUM)
maximum: Function2 = _binary(ops.MAXIMUM)


@overload
def leaky_relu(x: Value, slope: float = 0.01) -> Value: ...
@overload
def leaky_relu(x: float, slope: float = 0.01) -> float: ...
def leaky_relu(x: Operand, slope: float = 0.01) -> Operand:
    """Y = x for x > 0, slope·x otherwise.

    >>> leaky_relu(-2.0)
    -0.02
    """
    return _apply(ops.LEAKY_RELU, (x, as_float(slope)))  # a Value's gradient would be lost


@overload
def elu(x: Value, alpha: float = 1.0) -> Value: ...
@overload
def elu(x: float, alpha: float = 1.0) -> float: ...
def elu(x: Operand, alpha: float = 1.0) -> Operand:
    """Y = x for x > 0, alpha·(eˣ − 1) otherwise.

    >>> elu(2.0)
    2.0
    """
    return _apply(ops.ELU, (x, as_float(alpha)))


def _some(values: Iterable[Operand], what: str) -> Sequence[Operand]:
    if isinstance(values, Value):
        raise TypeError(f"{what} takes a list of values, got {values!r}: put it in brackets")
    listed = list(values)
    if not listed:
        raise ValueError(f"{what} needs at least one value, got none")
    return listed


@overload
def total(values: Iterable[Value]) -> Value: ...
@overload
def total(values: Iterable[float]) -> float: ...
@overload
def total(values: Iterable[Operand]) -> Operand: ...
def total(values: Iterable[Operand]) -> Operand:
    """Y = x₁ + x₂ + … in a single node, where the built-in `sum` makes one for each +. dy/dxᵢ = 1.

    >>> a = Value(1.0); y = total([a, a, 2.0]); y.data, len(y.operands)
    (4.0, 3)
    """
    return _apply(ops.TOTAL, _some(values, "total"))


def largest(values: Iterable[Operand]) -> Operand:
    """The largest of the values, by comparing two at a time: a `maximum` for each after the first.

    >>> largest([Value(1.0), Value(3.0), 2.0]).data
    3.0
    """
    return reduce(maximum, values)


@overload
def logsumexp(values: Iterable[Value]) -> Value: ...
@overload
def logsumexp(values: Iterable[float]) -> float: ...
@overload
def logsumexp(values: Iterable[Operand]) -> Operand: ...
def logsumexp(values: Iterable[Operand]) -> Operand:
    """Y = log(eˣ¹ + eˣ² + …), without overflow. dy/dxᵢ is the softmax of the values.

    >>> logsumexp([1000.0, 1000.0])
    1000.6931471805599
    """
    return _apply(ops.LOGSUMEXP, _some(values, "logsumexp"))


@overload
def weighted_sum(weights: Sequence[Value], inputs: Sequence[Operand], bias: Operand | None = None) -> Value: ...
@overload
def weighted_sum(weights: Sequence[Operand], inputs: Sequence[Value], bias: Operand | None = None) -> Value: ...
@overload
def weighted_sum(weights: Sequence[float], inputs: Sequence[float], bias: float | None = None) -> float: ...
@overload
def weighted_sum(weights: Sequence[Operand], inputs: Sequence[Operand], bias: Operand | None = None) -> Operand: ...
def weighted_sum(weights: Sequence[Operand], inputs: Sequence[Operand], bias: Operand | None = None) -> Operand:
    """Y = w₁·x₁ + w₂·x₂ + … + b in a single node: what a neuron's soma adds up.

    dy/dwᵢ = xᵢ, dy/dxᵢ = wᵢ, dy/db = 1. Added from the left and the bias last, as one writes it with + and ·.

    Raises:
        ValueError: not as many weights as inputs, or none.

    >>> w, x = [Value(0.5), Value(-1.0)], [2.0, 3.0]
    >>> weighted_sum(w, x, 4.0)
    Value(data=2.0)
    """
    if len(weights) != len(inputs):
        raise ValueError(f"a weighted sum needs one weight for each input, got {len(weights)} and {len(inputs)}")
    operands = [*_some(weights, "a weighted sum"), *inputs] if bias is None else [*weights, *inputs, bias]
    return _apply(ops.WEIGHTED_SUM, operands)


@overload
def dot(a: Sequence[Value], b: Sequence[Operand]) -> Value: ...
@overload
def dot(a: Sequence[Operand], b: Sequence[Value]) -> Value: ...
@overload
def dot(a: Sequence[float], b: Sequence[float]) -> float: ...
@overload
def dot(a: Sequence[Operand], b: Sequence[Operand]) -> Operand: ...
def dot(a: Sequence[Operand], b: Sequence[Operand]) -> Operand:
    """Y = a₁·b₁ + a₂·b₂ + …: a weighted sum without a bias.

    >>> dot([1.0, 2.0], [3.0, 4.0])
    11.0
    """
    return weighted_sum(a, b)


@overload
def softmax(values: Sequence[Value]) -> list[Value]: ...
@overload
def softmax(values: Sequence[float]) -> list[float]: ...
@overload
def softmax(values: Sequence[Operand]) -> list[Operand]: ...
def softmax(values: Sequence[Operand]) -> Any:
    """yᵢ = e^xᵢ / (e^x₁ + e^x₂ + …): positive numbers whose sum is 1, without overflow.

    >>> [round(y, 4) for y in softmax([1.0, 2.0, 1000.0])]
    [0.0, 0.0, 1.0]
    """
    log_total = logsumexp(values)
    shares = [exp(x - log_total) for x in values]
    whole = total(shares)  # 1, but for the rounding of log_total, which is large where that is
    return [share / whole for share in shares]


def where(condition: bool, if_true: T, if_false: T) -> T:
    """`if_true` if `condition` holds, else `if_false`: comparisons of values are plain bools.

    >>> where(Value(1.0) > 2, "above", "below")
    'below'
    """
    return if_true if condition else if_false


def sign(x: Operand) -> float:
    """-1, 0 or 1: a number, as its derivative is 0 wherever it has one.

    >>> sign(Value(-3.0))
    -1.0
    """
    return floats.sign(float(x))
