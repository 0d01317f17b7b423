"""Arithmetic: the operators, powers, sums and the weighted sum. Each row follows its two rules."""

import math
import operator
import re
from collections.abc import Sequence
from functools import partial

from microgradnet.ops.operation import LATEX_BRACKETS, PRODUCT, SIGN, SUM, Number, Operation, Space
from microgradnet.ops.operation import POWER as POWER_BINDING

ANY = (-3.0, 3.0)
AWAY_FROM_ZERO = (0.5, 3.0)


def add_value(m: Space, a: Number, b: Number) -> Number:
    return a + b


def add_derivatives(m: Space, y: Number, a: Number, b: Number) -> tuple[Number, ...]:
    return 1.0, 1.0


ADD = Operation(
    "add", "+", add_value, add_derivatives, ("a", "b"), "{0} + {1}", "{0} + {1}", "a + b",
    sample=(ANY, ANY), binding=SUM, scalar=operator.add,
)  # fmt: skip


def subtract_value(m: Space, a: Number, b: Number) -> Number:
    return a - b


def subtract_derivatives(m: Space, y: Number, a: Number, b: Number) -> tuple[Number, ...]:
    return 1.0, -1.0


SUBTRACT = Operation(
    "subtract", "−", subtract_value, subtract_derivatives, ("a", "b"), "{0} − {1}", "{0} - {1}", "a - b",
    sample=(ANY, ANY), binding=SUM, scalar=operator.sub,
)  # fmt: skip


def multiply_value(m: Space, a: Number, b: Number) -> Number:
    return a * b


def multiply_derivatives(m: Space, y: Number, a: Number, b: Number) -> tuple[Number, ...]:
    return b, a


MULTIPLY = Operation(
    "multiply", "×", multiply_value, multiply_derivatives, ("a", "b"), "{0}·{1}", r"{0} \cdot {1}", "a * b",
    sample=(ANY, ANY), binding=PRODUCT, scalar=operator.mul,
)  # fmt: skip


def divide_value(m: Space, a: Number, b: Number) -> Number:
    return a / b


def divide_derivatives(m: Space, y: Number, a: Number, b: Number) -> tuple[Number, ...]:
    return 1.0 / b, -y / b


DIVIDE = Operation(
    "divide", "÷", divide_value, divide_derivatives, ("a", "b"), "{0} / {1}", r"\frac{{{0}}}{{{1}}}", "a / b",
    sample=(ANY, AWAY_FROM_ZERO), domain="b ≠ 0", binding=PRODUCT, scalar=operator.truediv,
)  # fmt: skip


def negate_value(m: Space, a: Number) -> Number:
    return -a


def negate_derivatives(m: Space, y: Number, a: Number) -> tuple[Number, ...]:
    return (-1.0,)


NEGATE = Operation(
    "negate", "−", negate_value, negate_derivatives, ("a",), "−{0}", "-{0}", "-a",
    sample=(ANY,), binding=SIGN, scalar=operator.neg,
)  # fmt: skip


def power_value(m: Space, x: Number, c: Number) -> Number:
    return x**c


def power_derivatives(m: Space, y: Number, x: Number, c: Number) -> tuple[Number, ...]:
    # with c = 0 the derivative is 0 everywhere, also at x = 0, where x^(c-1) does not exist
    return (c * x ** m.where(c == 0, 0.0, c - 1),)


def raised(base: str, around: str = "({})") -> str:
    """A base ready for an exponent: in brackets if it has one already, as x² or e^{x}, or is a power of ten."""
    return around.format(base) if re.search("[⁰¹²³⁴-⁹⁻⁽⁾^]", base) and base[-1] != ")" else base


def raised_text(texts: Sequence[str], base: int = 0) -> str:
    """base^exponent."""
    return f"{raised(texts[base])}^{texts[1 - base]}"


def raised_latex(texts: Sequence[str], base: int = 0) -> str:
    """base^{exponent}."""
    return rf"{raised(texts[base], LATEX_BRACKETS)}^{{{texts[1 - base]}}}"


def _superscript(texts: Sequence[str]) -> str:
    """x² for a whole exponent, x^0.5 for any other."""
    base, exponent = raised(texts[0]), texts[1]
    digits = exponent.strip("()").replace("−", "-")
    if digits.removeprefix("-").isdecimal():
        return base + digits.translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{base}^{exponent}"


POWER = Operation(
    "power", "xᶜ", power_value, power_derivatives, ("x", "c"), _superscript, raised_latex, "x ** c",
    sample=(AWAY_FROM_ZERO, (-3.0, 3.0)), constants=1, binding=POWER_BINDING, scalar=math.pow,
    domain="x ≥ 0, or c whole; x ≠ 0 if c < 0 (its derivative: nor if 0 < c < 1)",
)  # fmt: skip


def general_power_value(m: Space, a: Number, b: Number) -> Number:
    return a**b


def general_power_derivatives(m: Space, y: Number, a: Number, b: Number) -> tuple[Number, ...]:
    return b * a ** (b - 1.0), y * m.log(a)


GENERAL_POWER = Operation(
    "general_power", "aᵇ", general_power_value, general_power_derivatives, ("a", "b"), raised_text,
    raised_latex, "a ** b", sample=(AWAY_FROM_ZERO, ANY), binding=POWER_BINDING, scalar=math.pow,
    domain="a ≥ 0, or b whole; a ≠ 0 if b < 0 (its derivative: a > 0)",
)  # fmt: skip


def exponential_value(m: Space, x: Number, c: Number) -> Number:
    return c**x


def exponential_derivatives(m: Space, y: Number, x: Number, c: Number) -> tuple[Number, ...]:
    return (y * m.log(c),)


def exponential_scalar(x: float, c: float) -> float:
    return math.pow(c, x)


EXPONENTIAL = Operation(
    "exponential", "cˣ", exponential_value, exponential_derivatives, ("x", "c"),
    partial(raised_text, base=1), partial(raised_latex, base=1), "c ** x", sample=(ANY, AWAY_FROM_ZERO), constants=1,
    binding=POWER_BINDING,
    scalar=exponential_scalar, domain="c ≥ 0, or x whole; c ≠ 0 if x < 0 (its derivative: c > 0)",
)  # fmt: skip


def sum_value(m: Space, *operands: Number) -> Number:
    return m.total(operands)


def sum_derivatives(m: Space, y: Number, *operands: Number) -> tuple[Number, ...]:
    return (1.0,) * len(operands)


TOTAL = Operation(
    "sum", "Σ", sum_value, sum_derivatives, ("x₁", "x₂", "x₃"), " + ".join, " + ".join, "total([x1, x2, x3])",
    sample=(ANY,) * 3, variadic=True, binding=SUM,
)  # fmt: skip


def weighted_sum_value(m: Space, *operands: Number) -> Number:
    n = len(operands) // 2
    total = 0.0
    for w, x in zip(operands[:n], operands[n:]):  # noqa: B905  # an odd last operand is the bias
        total = total + w * x
    return total + operands[-1] if len(operands) % 2 else total


def weighted_sum_derivatives(m: Space, y: Number, *operands: Number) -> tuple[Number, ...]:
    n = len(operands) // 2
    weights, inputs = operands[:n], operands[n : 2 * n]
    return inputs + weights + (1.0,) * (len(operands) % 2)  # twice as fast as unpacking


def weighted_sum_text(texts: Sequence[str], times: str = "·") -> str:
    n = len(texts) // 2
    products = [f"{w}{times}{x}" for w, x in zip(texts[:n], texts[n:], strict=False)]
    return " + ".join([*products, *texts[2 * n :]])


WEIGHTED_SUM = Operation(
    "weighted_sum", "Σwx", weighted_sum_value, weighted_sum_derivatives, ("w₁", "w₂", "x₁", "x₂", "b"),
    weighted_sum_text, partial(weighted_sum_text, times=r" \cdot "), "weighted_sum([w1, w2], [x1, x2], b)",
    sample=(ANY,) * 5, variadic=True, binding=SUM, operand_binding=SUM,
)  # fmt: skip
