"""What was found broken in the field, one test a row of that table; each docstring is the trap.

Rows about pictures, optimisers and files are tested beside those (19 to 21 in drawing, 23 in optimisers).
"""

import gc
import json
import math
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from microgradnet import (
    MLP,
    DomainError,
    StaleGraphError,
    Value,
    abs,
    elu,
    exp,
    gradcheck,
    jacobian,
    leaky_relu,
    logsumexp,
    maximum,
    minimum,
    relu,
    sigmoid,
    silu,
    softmax,
    softplus,
    tanh,
)
from microgradnet.ops import EXP, TABLE
from microgradnet.value import apply
from tests.strategies import altered, record

Use = Callable[[], object]


def test_row_01_two_losses_share_a_node() -> None:
    """The second pass counts the first one's interior gradients again: 44 for 32."""
    a = Value(2.0)
    h = a * a
    (h * 3).backward()
    (h * 5).backward()
    assert a.grad == 32.0


def test_row_02_backward_twice() -> None:
    """A second pass gives 30 for 24."""
    a = Value(3.0)
    y = a * a * 2
    y.backward()
    assert a.grad == 12.0
    y.backward()
    assert a.grad == 24.0


def test_row_03_long_chains() -> None:
    """2,000 additions end in a RecursionError (a million: see test_graph)."""
    x = Value(1.0)
    sum([x] * 30_000).backward()  # type: ignore[union-attr]
    assert x.grad == 30_000.0


def test_row_04_no_reference_cycles() -> None:
    """Closures make cycles, and only the cycle collector frees a graph."""
    gc.collect()
    x = Value(1.0)
    y = (x * x).exp().tanh() + MLP(1, [3, 1])([x])
    y.backward()
    del x, y
    assert gc.collect() == 0


def test_row_05_a_square_has_two_edges() -> None:
    """Operands in a set: `x * x` and `a + a` lose one."""
    x = Value(3.0)
    assert [list(y.operands) for y in (x * x, x + x, x / x, x - x, x**x, maximum(x, x))] == [[x, x]] * 6
    assert [list(y._prev) for y in (x * x, x + x)] == [[x, x]] * 2


def test_row_06_data_changed_between_forward_and_backward() -> None:
    """Gradients are silently mixed from old and new numbers."""
    w = Value(2.0, "w")
    loss = (w * 3 - 1) ** 2
    w.data -= 0.1
    with pytest.raises(StaleGraphError, match=r"label='w'.*compute the result again"):
        loss.backward()
    assert w.grad == 0.0


def test_row_07_roots_of_negative_numbers() -> None:
    """`(-8.0) ** (1/3)` silently becomes complex."""
    x = Value(-8.0)
    uses: list[Use] = [lambda: x**0.5, lambda: x ** (1 / 3), lambda: x ** Value(0.5), lambda: (-8.0) ** (x / 16)]
    for use in uses:
        with pytest.raises(DomainError, match="has no finite value at"):
            use()


def test_row_08_whole_powers_of_negative_numbers() -> None:
    """`x**2` at a negative x takes log(x) through the general power rule."""
    for c, slope in ((2, -6.0), (3, 27.0), (1, 1.0), (-1, -1 / 9), (-2, 2 / 27)):
        x = Value(-3.0)
        y = x**c
        y.backward()
        assert (y.data, x.grad) == pytest.approx(((-3.0) ** c, slope))
    assert (Value(2.0) ** 2).op is not (Value(2.0) ** Value(2.0)).op is not (2 ** Value(2.0)).op


def test_row_09_powers_of_zero() -> None:
    """`0.0 ** 0.5` backward is a ZeroDivisionError that names no node; the derivative of x**0 is 0."""
    x = Value(0.0, "distance")
    with pytest.raises(DomainError, match=r"^the derivative of x \*\* c .* distance = 0\.0, c = 0\.5"):
        (x**0.5).backward()
    for c, value, slope in ((0, 1.0, 0.0), (1, 0.0, 1.0), (2, 0.0, 0.0), (1.5, 0.0, 0.0)):
        x = Value(0.0)
        y = x**c
        y.backward()
        assert (y.data, x.grad) == (value, slope)
    with pytest.raises(DomainError, match="distance"):
        Value(0.0, "distance") ** -1


def test_row_10_overflow() -> None:
    """`exp(1000)` is a bare "math range error", or an inf that becomes NaN later; the functions of numbers too."""
    for x in (Value(1000.0, "score"), 1000.0):
        with pytest.raises(DomainError, match=r"exp\(x\) has no finite value at (score|x) = 1000"):
            exp(x)
    x = Value(1e200, "x")
    uses: list[Use] = [lambda: x * x, lambda: x**2, lambda: x / 1e-200, lambda: 1e308 + 1e108 * x, lambda: 10**x]
    for use in uses:
        with pytest.raises(DomainError):
            use()


def test_row_11_saturation() -> None:
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


def test_row_12_a_nan_never_hides() -> None:
    """`max(0, nan)` is 0: every function hands a NaN on."""
    bad, good = Value(math.nan), Value(1.0)
    found = [relu(bad), maximum(0.0, bad), maximum(bad, 0.0), minimum(bad, good), minimum(good, bad), leaky_relu(bad),
             logsumexp([good, bad]), bad * 0, abs(bad), softmax([bad, good])[1]]  # fmt: skip
    assert all(math.isnan(float(y)) for y in found)
    assert math.isnan(maximum(1.0, math.nan))
    for function in (abs, lambda x: x * x, tanh):
        bad.grad = 0.0
        function(bad).backward()
        assert math.isnan(bad.grad)


def test_row_13_compositions() -> None:
    """Softmax without its denominator, abs cuts the graph, `1/V` is V, the exponent's gradient is 0."""
    for function in (lambda x: +x * 3, abs, lambda x: 1 / x, lambda x: 5 - x, lambda x: 2.0**x):
        assert gradcheck(function, [-1.3])
    assert gradcheck(lambda a, b: a**b, [1.7, -2.2])
    xs = [Value(0.5), Value(-1.0)]
    (J, _), p = jacobian(softmax(xs), xs), 1 / (1 + math.exp(-1.5))
    assert pytest.approx([p * (1 - p), -p * (1 - p)]) == J


@pytest.mark.parametrize("wrong", ["3.5", None, [1, 2], 1j, np.ones(2)])
def test_row_14_what_is_not_a_number(wrong: Any) -> None:
    """`Value("3.5")`, `Value(None)` and `Value([1, 2])` are stored silently."""
    with pytest.raises(TypeError, match="expected one real number"):
        Value(wrong)


@pytest.mark.parametrize("number", [np.float32(1.5), np.int64(2), np.float64(2.5), np.uint8(7), True])
def test_row_15_numpy_scalars(number: Any) -> None:
    """Refused by the packages that do check."""
    for y in (Value(number), Value(1.0) * number, number * Value(1.0)):
        assert (type(y), type(y.data), y.data) == (Value, float, float(number))


def test_row_16_arrays_beside_a_value() -> None:
    """`Value * ndarray` gives one Value that holds an array."""
    v, array = Value(2.0), np.array([1.0, 2.0])
    of_numbers: Any = exp
    uses: list[Use] = [lambda: v * array, lambda: array - v, lambda: v**array, lambda: of_numbers(array)]
    for use in uses:
        with pytest.raises(TypeError, match=r"\[v \* x for x in numbers\]"):
            use()
    assert [(v * x).data for x in array] == [2.0, 4.0]


@pytest.mark.parametrize("count", [2, 5])
def test_row_17_wrong_number_of_inputs(count: int) -> None:
    """`zip` silently truncates: MLP(3) takes 2 or 5 inputs."""
    with pytest.raises(ValueError, match=f"takes 3 inputs, got {count}"):
        MLP(3, [4, 1])([1.0] * count)


def test_row_18_data_is_a_python_float() -> None:
    """A stray np.float64 in `.data` halves the speed of all that follows."""
    x = Value(np.float64(2.0))
    x.data -= np.float64(0.5) * x.grad
    three: Any = np.float64(3.0)
    y = three * x + three
    y.backward(np.float64(1.0))
    assert {type(n) for n in (x.data, x.grad, y.data, y.grad)} == {float}


def test_row_20_small_numbers_are_shown() -> None:
    """`%.4f` prints 1e-6 as 0.0000."""
    assert repr(Value(1e-6)) == "Value(data=1e-06)"


def test_row_22_no_gradient_yet() -> None:
    """A graph shown before `backward()` says `grad 0`, and learners are confused."""
    x = Value(2.0)
    y = x * 0
    assert "grad" not in repr(x) + repr(y)
    assert x.grad == 0.0
    y.backward()
    assert "grad=0.0" in repr(x), "this 0 was computed"
    y.zero_grad()
    assert "grad" not in repr(x)


def test_row_24_import_has_no_side_effects() -> None:
    """Importing wipes the root logger's handlers (all other effects: see test_imports)."""
    code = "import logging, json; logging.basicConfig(); n = len(logging.root.handlers); import microgradnet;"
    done = subprocess.run([sys.executable, "-c", code + "print(json.dumps([n, len(logging.root.handlers)]))"],
                          capture_output=True, text=True, check=True)  # fmt: skip
    assert json.loads(done.stdout) == [1, 1]


def test_row_25_a_repr_is_flat() -> None:
    """A dataclass prints the whole graph: 12.6 MB after 18 doublings, a RecursionError at 400."""
    y = Value(1e-3, "x")
    for _ in range(400):
        y = y + y
    assert len(repr(y)) < 60


def test_row_26_a_checker_is_checked() -> None:
    """A gradient checker accepted 123 as the derivative of exp."""

    def derivatives(m: Any, y: Any, x: Any) -> tuple[Any, ...]:
        return (123.0,)

    assert not gradcheck(lambda x: apply(altered(EXP, derivatives), (x,)), [1.0])


def test_traps_where_floats_raise_and_arrays_do_not() -> None:
    """`log 0`, `exp 1000`, `1/0`, `0**-1`, `sqrt(-1)`: one policy, a DomainError, for values and for numbers."""
    zero, minus = Value(0.0), Value(-1.0)
    for use in (zero.log, lambda: 1 / zero, lambda: zero**-1, minus.sqrt, lambda: minus**0.5, lambda: zero / zero):
        with pytest.raises(DomainError, match="has no finite value at"):
            use()


def test_traps_at_infinity() -> None:
    """`x * (x > 0)` is NaN at −inf; a relu is 0 there, and logsumexp of huge numbers is no inf."""
    assert [relu(Value(x)).data for x in (-math.inf, math.inf)] == [0.0, math.inf]
    assert softplus(Value(-math.inf)).data == 0.0
    assert logsumexp([1.7e308, -1.7e308]) == 1.7e308


def test_traps_repeated_operands_add_up() -> None:
    """A repeated operand gets every share, also inside one n-ary node."""
    x = Value(3.0)
    expected = {"add": 2.0, "multiply": 6.0, "sum": 3.0, "weighted_sum": 13.0, "divide": 0.0}
    for row, slope in ((TABLE[name], slope) for name, slope in expected.items()):
        x.grad = 0.0
        record(row, [x] * len(row.operands)).backward()
        assert x.grad == slope


def test_traps_a_learnable_slope_is_not_dropped() -> None:
    """A Value where a row has a constant would silently get the gradient 0: it is refused."""
    for function in (leaky_relu, elu):
        with pytest.raises(TypeError, match="expected one real number"):
            function(Value(-1.0), Value(0.1))  # type: ignore[call-overload]
