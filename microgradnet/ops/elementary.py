"""Elementary functions: exponentials, roots, circular and hyperbolic functions, extremes. Each row after its rules."""

import math

from microgradnet.ops import floats
from microgradnet.ops.arithmetic import ANY, AWAY_FROM_ZERO
from microgradnet.ops.operation import Number, Operation, Space


def exp_value(m: Space, x: Number) -> Number:
    return m.exp(x)


def exp_derivatives(m: Space, y: Number, x: Number) -> tuple[Number, ...]:
    return (y,)


EXP = Operation(
    "exp", "exp", exp_value, exp_derivatives, ("x",), "exp({0})", r"e^{{{0}}}", "exp(x)", sample=(ANY,),
    domain="x < 709.8 (a float ends there)", scalar=math.exp,
)  # fmt: skip


def log_value(m: Space, x: Number) -> Number:
    return m.log(x)


def log_derivatives(m: Space, y: Number, x: Number) -> tuple[Number, ...]:
    return (1.0 / x,)


LOG = Operation(
    "log", "log", log_value, log_derivatives, ("x",), "log({0})", r"\ln\left({0}\right)", "log(x)",
    sample=(AWAY_FROM_ZERO,), domain="x > 0", scalar=math.log,
)  # fmt: skip


def sqrt_value(m: Space, x: Number) -> Number:
    return m.sqrt(x)


def sqrt_derivatives(m: Space, y: Number, x: Number) -> tuple[Number, ...]:
    return (0.5 / y,)


SQRT = Operation(
    "sqrt", "√", sqrt_value, sqrt_derivatives, ("x",), "√({0})", r"\sqrt{{{0}}}", "sqrt(x)",
    sample=(AWAY_FROM_ZERO,), domain="x ≥ 0 (its derivative: x > 0)", scalar=math.sqrt,
)  # fmt: skip


def sin_value(m: Space, x: Number) -> Number:
    return m.sin(x)


def sin_derivatives(m: Space, y: Number, x: Number) -> tuple[Number, ...]:
    return (m.cos(x),)


SIN = Operation(
    "sin", "sin", sin_value, sin_derivatives, ("x",), "sin({0})", r"\sin\left({0}\right)", "sin(x)",
    sample=(ANY,), scalar=math.sin,
)  # fmt: skip


def cos_value(m: Space, x: Number) -> Number:
    return m.cos(x)


def cos_derivatives(m: Space, y: Number, x: Number) -> tuple[Number, ...]:
    return (-m.sin(x),)


COS = Operation(
    "cos", "cos", cos_value, cos_derivatives, ("x",), "cos({0})", r"\cos\left({0}\right)", "cos(x)",
    sample=(ANY,), scalar=math.cos,
)  # fmt: skip


def tanh_value(m: Space, x: Number) -> Number:
    return m.tanh(x)


def tanh_derivatives(m: Space, y: Number, x: Number) -> tuple[Number, ...]:
    return (1.0 - y * y,)


TANH = Operation(
    "tanh", "tanh", tanh_value, tanh_derivatives, ("x",), "tanh({0})", r"\tanh\left({0}\right)", "tanh(x)",
    sample=(ANY,), scalar=math.tanh,
)  # fmt: skip


def bounded(m: Space, x: Number) -> Number:
    """The nearest to x within ±100, where e^(−x²) has long been 0: its square is finite. Not |x|, which has a kink."""
    return m.maximum(m.minimum(x, 100.0), -100.0)


def erf_value(m: Space, x: Number) -> Number:
    return m.erf(x)


def erf_derivatives(m: Space, y: Number, x: Number) -> tuple[Number, ...]:
    return (2.0 / math.sqrt(math.pi) * m.exp(-(bounded(m, x) ** 2)),)


ERF = Operation(
    "erf", "erf", erf_value, erf_derivatives, ("x",), "erf({0})", r"\operatorname{{erf}}\left({0}\right)",
    "erf(x)", sample=(ANY,), scalar=math.erf,
)  # fmt: skip


def erfc_value(m: Space, x: Number) -> Number:
    return m.erfc(x)


def erfc_derivatives(m: Space, y: Number, x: Number) -> tuple[Number, ...]:
    return (-2.0 / math.sqrt(math.pi) * m.exp(-(bounded(m, x) ** 2)),)


ERFC = Operation(
    "erfc", "erfc", erfc_value, erfc_derivatives, ("x",), "erfc({0})", r"\operatorname{{erfc}}\left({0}\right)",
    "erfc(x)", sample=(ANY,), scalar=math.erfc,
)  # fmt: skip


def absolute_value(m: Space, x: Number) -> Number:
    return m.abs(x)


def absolute_derivatives(m: Space, y: Number, x: Number) -> tuple[Number, ...]:
    return (m.sign(x),)  # 0 at the kink


ABS = Operation(
    "abs", "|x|", absolute_value, absolute_derivatives, ("x",), "|{0}|", r"\left|{0}\right|", "abs(x)",
    sample=(ANY,), scalar=abs,
)  # fmt: skip


def minimum_value(m: Space, a: Number, b: Number) -> Number:
    return m.minimum(a, b)


def minimum_derivatives(m: Space, y: Number, a: Number, b: Number) -> tuple[Number, ...]:
    share = m.where(a < b, 1.0, m.where(a > b, 0.0, 0.5))  # a tie is shared
    return share, 1.0 - share


MINIMUM = Operation(
    "minimum", "min", minimum_value, minimum_derivatives, ("a", "b"), "min({all})",
    r"\min\left({all}\right)", "minimum(a, b)", sample=(ANY, ANY), scalar=floats.minimum,
)  # fmt: skip


def maximum_value(m: Space, a: Number, b: Number) -> Number:
    return m.maximum(a, b)


def maximum_derivatives(m: Space, y: Number, a: Number, b: Number) -> tuple[Number, ...]:
    share = m.where(a > b, 1.0, m.where(a < b, 0.0, 0.5))  # a tie is shared
    return share, 1.0 - share


MAXIMUM = Operation(
    "maximum", "max", maximum_value, maximum_derivatives, ("a", "b"), "max({all})",
    r"\max\left({all}\right)", "maximum(a, b)", sample=(ANY, ANY), scalar=floats.maximum,
)  # fmt: skip


def logsumexp_value(m: Space, *operands: Number) -> Number:
    top = m.largest(operands)  # taken out, so that no exponential overflows
    return top + m.log(m.total([m.exp(x - top) for x in operands]))


def logsumexp_derivatives(m: Space, y: Number, *operands: Number) -> tuple[Number, ...]:
    shares = [m.exp(x - y) for x in operands]
    total = m.total(shares)  # 1, but for the rounding of y, which is large where y is
    return tuple([share / total for share in shares])  # the softmax


LOGSUMEXP = Operation(
    "logsumexp", "lse", logsumexp_value, logsumexp_derivatives, ("x₁", "x₂", "x₃"), "logsumexp({all})",
    r"\operatorname{{logsumexp}}\left({all}\right)", "logsumexp([x1, x2, x3])", sample=(ANY,) * 3, variadic=True,
)  # fmt: skip
