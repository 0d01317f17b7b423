"""Arithmetic: Python's operators, powers, sums and the weighted sum."""

import math
import operator

from microgradnet.ops.operation import ANY, POSITIVE, Namespace, Number, operation


def add_derivatives(m: Namespace, y: Number, a: Number, b: Number) -> tuple[Number, ...]:
    return 1.0, 1.0


@operation(add_derivatives, operator="+", code="a + b", scalar=operator.add)
def add(m: Namespace, a: Number, b: Number) -> Number:
    return a + b


def subtract_derivatives(m: Namespace, y: Number, a: Number, b: Number) -> tuple[Number, ...]:
    return 1.0, -1.0


@operation(subtract_derivatives, operator="-", code="a - b", scalar=operator.sub)
def subtract(m: Namespace, a: Number, b: Number) -> Number:
    return a - b


def multiply_derivatives(m: Namespace, y: Number, a: Number, b: Number) -> tuple[Number, ...]:
    return b, a


@operation(multiply_derivatives, operator="*", code="a * b", scalar=operator.mul)
def multiply(m: Namespace, a: Number, b: Number) -> Number:
    return a * b


def divide_derivatives(m: Namespace, y: Number, a: Number, b: Number) -> tuple[Number, ...]:
    return 1.0 / b, -y / b


@operation(
    divide_derivatives,
    operator="/",
    code="a / b",
    sample=(ANY, POSITIVE),
    domain="b ≠ 0",
    scalar=operator.truediv,
)
def divide(m: Namespace, a: Number, b: Number) -> Number:
    return a / b


def negate_derivatives(m: Namespace, y: Number, a: Number) -> tuple[Number, ...]:
    return (-1.0,)


@operation(negate_derivatives, operator="-", code="-a", scalar=operator.neg)
def negate(m: Namespace, a: Number) -> Number:
    return -a


def power_derivatives(m: Namespace, y: Number, x: Number, c: Number) -> tuple[Number, ...]:
    # with c = 0 the derivative is 0 everywhere, also at x = 0, where x^(c-1) does not exist
    return (c * x ** m.where(c == 0, 0.0, c - 1),)


@operation(
    power_derivatives, operator="**", code="x ** c", sample=(POSITIVE, ANY), constants=1, scalar=math.pow,
    domain="x > 0; x < 0 with c whole; x = 0 with c ≥ 0 (its derivative: c = 0 or c ≥ 1)",
)  # fmt: skip
def power(m: Namespace, x: Number, c: Number) -> Number:
    return x**c


def general_power_derivatives(m: Namespace, y: Number, a: Number, b: Number) -> tuple[Number, ...]:
    return b * a ** (b - 1.0), y * m.log(a)


@operation(
    general_power_derivatives, operator="**", code="a ** b", sample=(POSITIVE, ANY), scalar=math.pow,
    domain="a > 0; a < 0 with b whole; a = 0 with b ≥ 0 (its derivative: a > 0)",
)  # fmt: skip
def general_power(m: Namespace, a: Number, b: Number) -> Number:
    return a**b


def exponential_derivatives(m: Namespace, y: Number, x: Number, c: Number) -> tuple[Number, ...]:
    return (y * m.log(c),)


def exponential_scalar(x: float, c: float) -> float:
    return math.pow(c, x)


@operation(
    exponential_derivatives, operator="**", code="c ** x", constants=1, scalar=exponential_scalar,
    domain="c > 0; c < 0 with x whole; c = 0 with x ≥ 0 (its derivative: c > 0)",
)  # fmt: skip
def exponential(m: Namespace, x: Number, c: Number) -> Number:
    return c**x


def total_derivatives(m: Namespace, y: Number, *operands: Number) -> tuple[Number, ...]:
    return (1.0,) * len(operands)


@operation(total_derivatives, operands=("x₁", "x₂", "x₃"), code="total([x1, x2, x3])")
def total(m: Namespace, *operands: Number) -> Number:
    """The sum y = x₁ + x₂ + … in a single node, where the built-in `sum` makes one for each +. ∂y/∂xᵢ = 1."""
    return m.total(operands)


def weighted_sum_derivatives(m: Namespace, y: Number, *operands: Number) -> tuple[Number, ...]:
    n = len(operands) // 2
    weights, inputs = operands[:n], operands[n : 2 * n]
    return inputs + weights + (1.0,) * (len(operands) % 2)  # twice as fast as unpacking


@operation(
    weighted_sum_derivatives,
    operands=("w₁", "w₂", "x₁", "x₂", "b"),
    code="weighted_sum([w1, w2], [x1, x2], b)",
)
def weighted_sum(m: Namespace, *operands: Number) -> Number:
    n = len(operands) // 2
    so_far = 0.0
    for w, x in zip(operands[:n], operands[n:]):  # noqa: B905  # an odd last operand is the bias
        so_far = so_far + w * x
    return so_far + operands[-1] if len(operands) % 2 else so_far
