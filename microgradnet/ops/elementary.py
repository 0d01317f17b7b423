"""Elementary functions: exponentials, roots, circular and hyperbolic functions, extremes."""

import math
from builtins import abs as absolute

from microgradnet.ops import floats
from microgradnet.ops.operation import POSITIVE, Namespace, Number, operation


def exp_derivatives(m: Namespace, y: Number, x: Number) -> tuple[Number, ...]:
    return (y,)


@operation(exp_derivatives, domain="x < 709.8 (a float ends there)", scalar=math.exp)
def exp(m: Namespace, x: Number) -> Number:
    return m.exp(x)


def log_derivatives(m: Namespace, y: Number, x: Number) -> tuple[Number, ...]:
    return (1.0 / x,)


@operation(log_derivatives, sample=(POSITIVE,), domain="x > 0", scalar=math.log)
def log(m: Namespace, x: Number) -> Number:
    return m.log(x)


def sqrt_derivatives(m: Namespace, y: Number, x: Number) -> tuple[Number, ...]:
    return (0.5 / y,)


@operation(sqrt_derivatives, sample=(POSITIVE,), domain="x ≥ 0 (its derivative: x > 0)", scalar=math.sqrt)
def sqrt(m: Namespace, x: Number) -> Number:
    return m.sqrt(x)


def sin_derivatives(m: Namespace, y: Number, x: Number) -> tuple[Number, ...]:
    return (m.cos(x),)


@operation(sin_derivatives, scalar=math.sin)
def sin(m: Namespace, x: Number) -> Number:
    return m.sin(x)


def cos_derivatives(m: Namespace, y: Number, x: Number) -> tuple[Number, ...]:
    return (-m.sin(x),)


@operation(cos_derivatives, scalar=math.cos)
def cos(m: Namespace, x: Number) -> Number:
    return m.cos(x)


def bounded(m: Namespace, x: Number) -> Number:
    """The nearest to x within ±100, where e^(−x²) has long been 0: its square is finite. Not |x|, which has a kink."""
    return m.maximum(m.minimum(x, 100.0), -100.0)


def erf_derivatives(m: Namespace, y: Number, x: Number) -> tuple[Number, ...]:
    return (2.0 / math.sqrt(math.pi) * m.exp(-(bounded(m, x) ** 2)),)


@operation(erf_derivatives, scalar=math.erf)
def erf(m: Namespace, x: Number) -> Number:
    return m.erf(x)


def erfc_derivatives(m: Namespace, y: Number, x: Number) -> tuple[Number, ...]:
    return (-2.0 / math.sqrt(math.pi) * m.exp(-(bounded(m, x) ** 2)),)


@operation(erfc_derivatives, scalar=math.erfc)
def erfc(m: Namespace, x: Number) -> Number:
    return m.erfc(x)


def abs_derivatives(m: Namespace, y: Number, x: Number) -> tuple[Number, ...]:
    return (m.sign(x),)  # 0 at the kink


@operation(abs_derivatives, scalar=absolute)
def abs(m: Namespace, x: Number) -> Number:
    return m.abs(x)


def minimum_derivatives(m: Namespace, y: Number, a: Number, b: Number) -> tuple[Number, ...]:
    for_a = m.where(a < b, 1.0, m.where(a > b, 0.0, 0.5))  # a tie is split
    return for_a, 1.0 - for_a


@operation(minimum_derivatives, scalar=floats.minimum)
def minimum(m: Namespace, a: Number, b: Number) -> Number:
    return m.minimum(a, b)


def maximum_derivatives(m: Namespace, y: Number, a: Number, b: Number) -> tuple[Number, ...]:
    for_a = m.where(a > b, 1.0, m.where(a < b, 0.0, 0.5))  # a tie is split
    return for_a, 1.0 - for_a


@operation(maximum_derivatives, scalar=floats.maximum)
def maximum(m: Namespace, a: Number, b: Number) -> Number:
    return m.maximum(a, b)


def logsumexp_derivatives(m: Namespace, y: Number, *operands: Number) -> tuple[Number, ...]:
    exponentials = [m.exp(x - y) for x in operands]
    sum_of_all = m.total(exponentials)  # 1, but for the rounding of y, which is large where y is
    return tuple([e / sum_of_all for e in exponentials])  # the softmax


def logsumexp_scalar(*operands: float) -> float:
    top = floats.largest(operands)  # an infinity is its own logsumexp: inf − inf would be NaN
    return top if math.isinf(top) else logsumexp.value(floats, *operands)


@operation(
    logsumexp_derivatives,
    operands=("x₁", "x₂", "x₃"),
    code="logsumexp([x1, x2, x3])",
    scalar=logsumexp_scalar,
)
def logsumexp(m: Namespace, *operands: Number) -> Number:
    """The logarithm y = log(eˣ¹ + eˣ² + …), without overflow. ∂y/∂xᵢ is the softmax of the operands."""
    top = m.largest(operands)  # taken out, so that no exponential overflows
    return top + m.log(m.total([m.exp(x - top) for x in operands]))
