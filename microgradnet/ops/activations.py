"""Activation functions: what makes a network more than one straight line. Each row follows its two rules.

Sources: sigmoid, the lesson's notes; relu, Nair & Hinton 2010; leaky relu, Maas et al. 2013; elu, Clevert
et al. 2015, eq. 15; gelu, Hendrycks & Gimpel 2016, section 2; silu, the same, section 2; softplus, Dugas
et al. 2001.
"""

import math
from functools import partial

from microgradnet.ops import floats
from microgradnet.ops.arithmetic import ANY
from microgradnet.ops.elementary import bounded
from microgradnet.ops.operation import Number, Operation, Space


def sigmoid_value(m: Space, x: Number) -> Number:
    e = m.exp(-m.abs(x))  # at most 1: no overflow on either side
    return m.where(x < 0.0, e, 1.0) / (1.0 + e)


def sigmoid_derivatives(m: Space, y: Number, x: Number) -> tuple[Number, ...]:
    return (y * (1.0 - y),)


SIGMOID = Operation(
    "sigmoid", "σ", sigmoid_value, sigmoid_derivatives, ("x",), "σ({0})", r"\sigma\left({0}\right)",
    "sigmoid(x)", sample=(ANY,), scalar=floats.sigmoid,
)  # fmt: skip


def relu_value(m: Space, x: Number) -> Number:
    return m.maximum(x, 0.0)


def relu_derivatives(m: Space, y: Number, x: Number) -> tuple[Number, ...]:
    return (m.where(x <= 0.0, 0.0, 1.0),)  # 0 at the kink


RELU = Operation(
    "relu", "relu", relu_value, relu_derivatives, ("x",), "relu({0})", r"\operatorname{{relu}}\left({0}\right)",
    "relu(x)", sample=(ANY,), scalar=partial(floats.maximum, 0.0),
)  # fmt: skip


def leaky_relu_value(m: Space, x: Number, slope: Number) -> Number:
    return m.where(x > 0.0, x, slope * x)


def leaky_relu_derivatives(m: Space, y: Number, x: Number, slope: Number) -> tuple[Number, ...]:
    return (m.where(x > 0.0, 1.0, slope),)


LEAKY_RELU = Operation(
    "leaky_relu", "leaky relu", leaky_relu_value, leaky_relu_derivatives, ("x", "s"), "leaky_relu({all})",
    r"\operatorname{{leaky\_relu}}\left({all}\right)", "leaky_relu(x, slope=0.01)",
    sample=(ANY, (0.01, 0.3)), constants=1,
)  # fmt: skip


def elu_value(m: Space, x: Number, alpha: Number) -> Number:
    return m.where(x > 0.0, x, alpha * m.expm1(m.minimum(x, 0.0)))


def elu_derivatives(m: Space, y: Number, x: Number, alpha: Number) -> tuple[Number, ...]:
    return (m.where(x > 0.0, 1.0, alpha * m.exp(m.minimum(x, 0.0))),)


ELU = Operation(
    "elu", "elu", elu_value, elu_derivatives, ("x", "α"), "elu({all})",
    r"\operatorname{{elu}}\left({all}\right)", "elu(x, alpha=1.0)", sample=(ANY, (0.5, 1.5)), constants=1,
)  # fmt: skip


def gelu_value(m: Space, x: Number) -> Number:
    return x * (0.5 * m.erfc(-x / math.sqrt(2.0)))  # x·Φ(x); erfc, as 1 + erf loses the left tail


def gelu_derivatives(m: Space, y: Number, x: Number) -> tuple[Number, ...]:
    density = m.exp(-0.5 * bounded(m, x) ** 2) / math.sqrt(2.0 * math.pi)
    return (0.5 * m.erfc(-x / math.sqrt(2.0)) + x * density,)


GELU = Operation(
    "gelu", "gelu", gelu_value, gelu_derivatives, ("x",), "gelu({0})", r"\operatorname{{gelu}}\left({0}\right)",
    "gelu(x)", sample=(ANY,),
)  # fmt: skip

# ½(1 + tanh u) = σ(2u): with the sigmoid neither tail is lost
_SCALE, _CUBE = 2.0 * math.sqrt(2.0 / math.pi), 0.044715


def gelu_tanh_value(m: Space, x: Number) -> Number:
    near = bounded(m, x)  # beyond, the sigmoid is flat, and nothing may overflow
    return x * m.sigmoid(_SCALE * near * (1.0 + _CUBE * near**2))


def gelu_tanh_derivatives(m: Space, y: Number, x: Number) -> tuple[Number, ...]:
    near = bounded(m, x)
    s = m.sigmoid(_SCALE * near * (1.0 + _CUBE * near**2))
    return (s + y * (1.0 - s) * (_SCALE * (1.0 + 3.0 * _CUBE * near**2)),)


GELU_TANH = Operation(
    "gelu_tanh", "gelu tanh", gelu_tanh_value, gelu_tanh_derivatives, ("x",), "gelu_tanh({0})",
    r"\operatorname{{gelu}}_{{\tanh}}\left({0}\right)", "gelu_tanh(x)", sample=(ANY,),
)  # fmt: skip


def silu_value(m: Space, x: Number) -> Number:
    return x * m.sigmoid(x)


def silu_derivatives(m: Space, y: Number, x: Number) -> tuple[Number, ...]:
    s = m.sigmoid(x)
    return (s + y * (1.0 - s),)


SILU = Operation(
    "silu", "silu", silu_value, silu_derivatives, ("x",), "silu({0})", r"\operatorname{{silu}}\left({0}\right)",
    "silu(x)", sample=(ANY,),
)  # fmt: skip


def softplus_value(m: Space, x: Number) -> Number:
    return m.maximum(x, 0.0) + m.log1p(m.exp(-m.abs(x)))


def softplus_derivatives(m: Space, y: Number, x: Number) -> tuple[Number, ...]:
    return (m.sigmoid(x),)


SOFTPLUS = Operation(
    "softplus", "softplus", softplus_value, softplus_derivatives, ("x",), "softplus({0})",
    r"\operatorname{{softplus}}\left({0}\right)", "softplus(x)", sample=(ANY,),
)  # fmt: skip
