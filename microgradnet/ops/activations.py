"""Activation functions: what makes a network more than one straight line.

Sources: sigmoid, the lesson's notes; relu, Nair & Hinton 2010; leaky relu, Maas et al. 2013; elu, Clevert et al. 2015,
eq. 15; gelu and silu, Hendrycks & Gimpel 2016, section 2; softplus, Dugas et al. 2001; softsign, Turian et al. 2009.
"""

import math
from functools import partial

from microgradnet.ops import floats
from microgradnet.ops.elementary import bounded
from microgradnet.ops.operation import ANY, Namespace, Number, operation


def sigmoid_derivatives(m: Namespace, y: Number, x: Number) -> tuple[Number, ...]:
    return (y * (1.0 - y),)


@operation(sigmoid_derivatives, activation=True, scalar=floats.sigmoid)
def sigmoid(m: Namespace, x: Number) -> Number:
    e = m.exp(-m.abs(x))  # at most 1: no overflow on either side
    return m.where(x < 0.0, e, 1.0) / (1.0 + e)


def tanh_derivatives(m: Namespace, y: Number, x: Number) -> tuple[Number, ...]:
    return (1.0 - y * y,)


@operation(tanh_derivatives, activation=True, scalar=math.tanh)
def tanh(m: Namespace, x: Number) -> Number:
    return m.tanh(x)


def relu_derivatives(m: Namespace, y: Number, x: Number) -> tuple[Number, ...]:
    return (m.where(x <= 0.0, 0.0, 1.0),)  # 0 at the kink


@operation(relu_derivatives, activation=True, scalar=partial(floats.maximum, 0.0))
def relu(m: Namespace, x: Number) -> Number:
    return m.maximum(x, 0.0)


def leaky_relu_derivatives(m: Namespace, y: Number, x: Number, slope: Number) -> tuple[Number, ...]:
    return (m.where(x > 0.0, 1.0, slope),)


@operation(leaky_relu_derivatives, activation=True, sample=(ANY, (0.01, 0.3)), constants=1)
def leaky_relu(m: Namespace, x: Number, slope: Number = 0.01) -> Number:
    return m.where(x > 0.0, x, slope * x)


def elu_derivatives(m: Namespace, y: Number, x: Number, alpha: Number) -> tuple[Number, ...]:
    return (m.where(x > 0.0, 1.0, alpha * m.exp(m.minimum(x, 0.0))),)


@operation(elu_derivatives, activation=True, sample=(ANY, (0.5, 1.5)), constants=1)
def elu(m: Namespace, x: Number, alpha: Number = 1.0) -> Number:
    return m.where(x > 0.0, x, alpha * m.expm1(m.minimum(x, 0.0)))


def gelu_derivatives(m: Namespace, y: Number, x: Number) -> tuple[Number, ...]:
    density = m.exp(-0.5 * bounded(m, x) ** 2) / math.sqrt(2.0 * math.pi)
    return (0.5 * m.erfc(-x / math.sqrt(2.0)) + x * density,)


@operation(gelu_derivatives, activation=True)
def gelu(m: Namespace, x: Number) -> Number:
    return x * (0.5 * m.erfc(-x / math.sqrt(2.0)))  # x·Φ(x); erfc, as 1 + erf loses the left tail


# ½(1 + tanh u) = σ(2u): with the sigmoid neither tail is lost
_SCALE, _CUBE = 2.0 * math.sqrt(2.0 / math.pi), 0.044715


def gelu_tanh_derivatives(m: Namespace, y: Number, x: Number) -> tuple[Number, ...]:
    near = bounded(m, x)
    s = m.sigmoid(_SCALE * near * (1.0 + _CUBE * near**2))
    return (s + y * (1.0 - s) * (_SCALE * (1.0 + 3.0 * _CUBE * near**2)),)


@operation(gelu_tanh_derivatives, activation=True)
def gelu_tanh(m: Namespace, x: Number) -> Number:
    near = bounded(m, x)  # beyond, the sigmoid is flat, and nothing may overflow
    return x * m.sigmoid(_SCALE * near * (1.0 + _CUBE * near**2))


def silu_derivatives(m: Namespace, y: Number, x: Number) -> tuple[Number, ...]:
    s = m.sigmoid(x)
    return (s + y * (1.0 - s),)


@operation(silu_derivatives, activation=True)
def silu(m: Namespace, x: Number) -> Number:
    return x * m.sigmoid(x)


def softplus_derivatives(m: Namespace, y: Number, x: Number) -> tuple[Number, ...]:
    return (m.sigmoid(x),)


@operation(softplus_derivatives, activation=True)
def softplus(m: Namespace, x: Number) -> Number:
    return m.maximum(x, 0.0) + m.log1p(m.exp(-m.abs(x)))


def softsign_derivatives(m: Namespace, y: Number, x: Number) -> tuple[Number, ...]:
    return ((1.0 / (1.0 + m.abs(x))) ** 2,)


@operation(softsign_derivatives, activation=True)
def softsign(m: Namespace, x: Number) -> Number:
    return x / (1.0 + m.abs(x))
