"""Functions of values and of numbers where mathematics, or the range of a float, ends: each docstring is the trap."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from microgradnet import (
    DomainError,
    Value,
    abs,
    elu,
    exp,
    leaky_relu,
    logsumexp,
    maximum,
    minimum,
    relu,
    sigmoid,
    sign,
    silu,
    softmax,
    softplus,
    tanh,
)
from microgradnet.ops import TABLE
from tests.strategies import record

Use = Callable[[], object]


def test_roots_of_negative_numbers() -> None:
    """`(-8.0) ** (1/3)` silently becomes complex."""
    x = Value(-8.0)
    uses: list[Use] = [lambda: x**0.5, lambda: x ** (1 / 3), lambda: x ** Value(0.5), lambda: (-8.0) ** (x / 16)]
    for use in uses:
        with pytest.raises(DomainError, match="has no finite value at"):
            use()


def test_whole_powers_of_negative_numbers() -> None:
    """`x**2` at a negative x takes log(x) through the general power rule."""
    for c, slope in ((2, -6.0), (3, 27.0), (1, 1.0), (-1, -1 / 9), (-2, 2 / 27)):
        x = Value(-3.0)
        y = x**c
        y.backward()
        assert (y.data, x.grad) == pytest.approx(((-3.0) ** c, slope))
    assert (Value(2.0) ** 2).op is not (Value(2.0) ** Value(2.0)).op is not (2 ** Value(2.0)).op


def test_powers_of_zero() -> None:
    """`0.0 ** 0.5` backward is a ZeroDivisionError that names no node; the derivative of x**0 is 0."""
    x = Value(0.0, "distance")
    with pytest.raises(DomainError, match=r"^the derivative of x \*\* c .* x = 0\.0 \(distance\), c = 0\.5"):
        (x**0.5).backward()
    for c, value, slope in ((0, 1.0, 0.0), (1, 0.0, 1.0), (2, 0.0, 0.0), (1.5, 0.0, 0.0)):
        x = Value(0.0)
        y = x**c
        y.backward()
        assert (y.data, x.grad) == (value, slope)
    with pytest.raises(DomainError, match="distance"):
        Value(0.0, "distance") ** -1


def test_overflow() -> None:
    """`exp(1000)` is a bare "math range error", or an inf that becomes NaN later; the functions of numbers too."""
    for x in (Value(1000.0, "score"), 1000.0):
        with pytest.raises(DomainError, match=r"exp\(x\) has no finite value at x = 1000"):
            exp(x)
    x = Value(1e200, "x")
    uses: list[Use] = [lambda: x * x, lambda: x**2, lambda: x / 1e-200, lambda: 1e308 + 1e108 * x, lambda: 10**x]
    for use in uses:
        with pytest.raises(DomainError):
            use()


def test_saturation() -> None:
    """Sigmoid and tanh by exponentials overflow, or give NaN; the derivative of a saturated one is 0."""
    for function, x, value, slope in (
        (sigmoid, -1000.0, 0.0, 0.0), (sigmoid, 1000.0, 1.0, 0.0), (tanh, -1000.0, -1.0, 0.0),
        (tanh, 1000.0, 1.0, 0.0), (softplus, 1000.0, 1000.0, 1.0), (softplus, -1000.0, 0.0, 0.0),
        (silu, -1000.0, 0.0, 0.0), (silu, 1000.0, 1000.0, 1.0),
    ):  # fmt: skip
        v = Value(x)
        y = function(v)
        y.backward()
        assert (y.data, v.grad) == (value, slope)
    v = Value(-40.0)
    sigmoid(v).backward()
    assert v.grad == pytest.approx(math.exp(-40.0), rel=1e-12, abs=0)


def test_a_nan_never_hides() -> None:
    """`max(0, nan)` is 0: every function hands a NaN on."""
    bad, good = Value(math.nan), Value(1.0)
    found: list[Any] = [
        relu(bad), maximum(0.0, bad), maximum(bad, 0.0), minimum(bad, good), minimum(good, bad), leaky_relu(bad),
        logsumexp([good, bad]), bad * 0, abs(bad), softmax([bad, good])[1], sign(bad), sign(math.nan),
    ]  # fmt: skip
    assert all(math.isnan(float(y)) for y in found)
    assert math.isnan(maximum(1.0, math.nan))
    for function in (abs, lambda x: x * x, tanh):
        bad.grad = 0.0
        function(bad).backward()
        assert math.isnan(bad.grad)


def test_a_softmax_of_nothing_is_refused_by_its_own_name() -> None:
    with pytest.raises(ValueError, match="softmax needs at least one value, got none"):
        softmax([])


@pytest.mark.parametrize("given", [3, Value(3.0)])
def test_a_softmax_of_no_list_is_refused_by_its_own_name(given: Any) -> None:
    with pytest.raises(TypeError, match=r"softmax takes a list of values, got .*: put them in brackets"):
        softmax(given)


def test_where_floats_raise_and_arrays_do_not() -> None:
    """`log 0`, `exp 1000`, `1/0`, `0**-1`, `sqrt(-1)`: one policy, a DomainError, for values and for numbers."""
    zero, minus = Value(0.0), Value(-1.0)
    for use in (zero.log, lambda: 1 / zero, lambda: zero**-1, minus.sqrt, lambda: minus**0.5, lambda: zero / zero):
        with pytest.raises(DomainError, match="has no finite value at"):
            use()


def test_at_infinity() -> None:
    """`x * (x > 0)` is NaN at −inf; a relu is 0 there, and logsumexp of huge numbers is no inf."""
    assert [relu(Value(x)).data for x in (-math.inf, math.inf)] == [0.0, math.inf]
    assert softplus(Value(-math.inf)).data == 0.0
    assert logsumexp([1.7e308, -1.7e308]) == 1.7e308


def test_repeated_operands_add_up() -> None:
    """A repeated operand gets every share, also inside one n-ary node."""
    x = Value(3.0)
    expected = {"add": 2.0, "multiply": 6.0, "total": 3.0, "weighted_sum": 13.0, "divide": 0.0}
    for row, slope in ((TABLE[name], slope) for name, slope in expected.items()):
        x.grad = 0.0
        record(row, [x] * len(row.operands)).backward()
        assert x.grad == slope


def test_a_learnable_slope_is_not_dropped() -> None:
    """A Value where a row has a constant would silently get the gradient 0: it is refused."""
    for function in (leaky_relu, elu):
        with pytest.raises(TypeError, match="expected one real number"):
            function(Value(-1.0), Value(0.1))


def test_functions_and_operators_of_a_value_refuse_arrays() -> None:
    """`Value * ndarray` gives one Value that holds an array."""
    v, array = Value(2.0), np.array([1.0, 2.0])
    of_numbers: Any = exp
    uses: list[Use] = [lambda: v * array, lambda: v**array, lambda: of_numbers(array)]
    for use in uses:
        with pytest.raises(TypeError, match=r"\[v \* x for x in numbers\]"):
            use()
    assert [(v * x).data for x in array] == [2.0, 4.0]
