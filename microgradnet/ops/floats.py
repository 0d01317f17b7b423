"""The functions that rules ask of a namespace, on Python floats: the `m` of the eager reading.

Each is stable over the whole range of a float, and lets a NaN through. What is undefined raises, as `math` does.
"""

from builtins import abs
from collections.abc import Sequence
from functools import reduce
from math import cos, erf, erfc, exp, expm1, log, log1p, sin, sqrt, tanh
from numbers import Real

__all__ = [
    "abs", "as_float", "cos", "erf", "erfc", "exp", "expm1", "largest", "log", "log1p", "maximum", "minimum",
    "sigmoid", "sign", "sin", "sqrt", "tanh", "total", "where",
]  # fmt: skip


def where(condition: bool, if_true: float, if_false: float) -> float:
    """`if_true` where `condition` holds, else `if_false`."""
    return if_true if condition else if_false


def sign(x: float) -> float:
    """-1, 0 or 1 with the sign of x; NaN of NaN."""
    return 1.0 if x > 0.0 else -1.0 if x < 0.0 else x * 0.0


def maximum(a: float, b: float) -> float:
    """The larger of a and b; NaN if either is NaN (the built-in `max(1.0, nan)` is 1.0)."""
    return a if a > b or a != a else b


def minimum(a: float, b: float) -> float:
    """The smaller of a and b; NaN if either is NaN."""
    return a if a < b or a != a else b


def total(numbers: Sequence[float]) -> float:
    """x₁ + x₂ + …, from the left, as written with +; the built-in sum rounds otherwise from Python 3.12 on."""
    so_far = numbers[0]
    for number in numbers[1:]:
        so_far = so_far + number
    return so_far


def largest(numbers: Sequence[float]) -> float:
    """The largest of the numbers; NaN if one of them is NaN."""
    return reduce(maximum, numbers)


def sigmoid(x: float) -> float:
    """1 / (1 + e^-x), with no exponential of a positive number: exactly 0.0 at -1000 and 1.0 at 1000."""
    if x < 0.0:
        e = exp(x)
        return e / (1.0 + e)
    return 1.0 / (1.0 + exp(-x))


def as_float(number: object) -> float:
    """`number` as a Python float.

    Raises:
        TypeError: it is not one real number; the message says what to pass instead.
        OverflowError: an int (or a Fraction) beyond the range of a float.

    >>> as_float(3)
    3.0
    """
    if type(number) is float:
        return number
    kind, is_array = type(number).__name__, hasattr(number, "dtype")
    if isinstance(number, Real) or (is_array and kind in ("bool", "bool_")):  # NumPy's scalars too
        try:
            return float(number)  # type: ignore[arg-type]
        except OverflowError:
            raise OverflowError(f"{kind} too large for a float, which ends at 1.8e308: rescale it") from None
    hint = ""
    if hasattr(number, "operands"):
        hint = ": where a Value may stand use it as it is, elsewhere its number, .data"
    elif is_array and getattr(number, "shape", None) == ():
        hint = " of no dimension; pass the number in it: .item()"
    elif isinstance(number, str):
        hint = "; to read a number from text, write float(text)"
    elif hasattr(number, "__len__") and not isinstance(number, bytes):
        hint = "; a Value is one number, so build one each: [Value(x) for x in numbers], [v * x for x in numbers]"
    raise TypeError(f"expected one real number (int, float or a numpy scalar), got {kind}{hint}")
