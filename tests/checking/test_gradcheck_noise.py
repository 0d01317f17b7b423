"""`gradcheck` knows the rounding inside a function: no right gradient is called wrong, and no wrong one right."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from microgradnet import MLP, Value, exp, gradcheck
from microgradnet.checking.finite_differences import differences
from microgradnet.checking.gradcheck import GradcheckReport
from tests.checking.test_gradcheck import far_from_kinks
from tests.strategies import Program, programs

Function = Callable[..., Value]
offsets = st.sampled_from([0.0, 1.0, -1e4, 1e6, -1e8, 1e10])
KINKED = {"relu", "leaky_relu", "elu", "abs", "minimum", "maximum"}


@pytest.mark.parametrize("offset", [1e4, -1e8, 1e10])
def test_a_sum_that_cancels_hides_no_right_gradient_and_no_wrong_one(offset: float) -> None:
    def right(x: Value) -> Value:
        return (offset + x) - offset

    assert gradcheck(right, 0.3)
    report = gradcheck(lambda x: right(x.detach()) + 1.01 * (x - x.detach()), 0.3)
    assert report.wrong, report


def test_where_nothing_of_the_input_is_left_it_cannot_tell() -> None:
    report = gradcheck(lambda x: (1e18 + x) - 1e18, 0.3)
    assert (len(report.wrong), len(report.unclear)) == (0, 1), report


def test_wide_steps_that_agree_by_chance_are_overruled_by_narrow_ones() -> None:
    def function(x: float) -> float:
        return -84.0 * x - 281.0 * x * math.exp(-((x / 0.005) ** 2))

    found = differences(function, 0.0, noise=1e-4)
    assert abs(found.slope + 365.0) <= 10.0 * found.estimate < 100.0


def hidden(program: Program, offset: float) -> Function:
    """The program, its result lost in a large number and found again, up to rounding.

    Beside rounding the steps have to be wide, so no kink may be anywhere near.
    """
    assume(not offset or KINKED.isdisjoint(step.row.name for step in program.steps))
    return lambda *leaves: (program.record(leaves) + offset) - offset


@given(programs(most_steps=4), offsets)
@settings(max_examples=300)
def test_a_right_gradient_is_never_called_wrong(program: Program, offset: float) -> None:
    assume(far_from_kinks(program))
    report = gradcheck(hidden(program, offset), program.point)
    assert not report.wrong, report


def off_by(function: Function, relative: float) -> Function:
    """The function, its gradients wrong by that much."""

    def wrong(*leaves: Value) -> Value:
        y = function(*leaves)
        return y + relative * (y - y.detach())

    return wrong


@given(programs(most_steps=4), offsets, st.sampled_from([0.01, -0.01, 1.0, -2.0]))
@settings(max_examples=300)
def test_a_gradient_that_is_off_by_a_hundredth_is_never_confirmed(
    program: Program, offset: float, relative: float
) -> None:
    """Of a gradient that is small beside the slopes nearby, as at an extremum, a hundredth of those counts."""
    assume(far_from_kinks(program))
    report = gradcheck(off_by(hidden(program, offset), relative), program.point)
    for check in report.checks:
        assert not check.ok or abs(check.gradient) <= 0.1 * check.nearby, report


def near_misses() -> list[tuple[Any, ...]]:
    def square(x: Value) -> Value:
        return x * x

    return [(square, 3.0), (square, 3), (square, Value(3.0)), (square, np.float64(3.0)), (square, np.array([3.0])),
            (square, (3.0,)), (square, (x for x in [3.0])), (lambda *x: MLP(2, [1], seed=1)(x), [3.0, 2.0]),
            (exp, 3.0)]  # fmt: skip


@pytest.mark.parametrize("arguments", near_misses())
def test_one_number_and_anything_with_numbers_in_it_is_a_point(arguments: Any) -> None:
    report = gradcheck(*arguments)
    assert isinstance(report, GradcheckReport)
    assert report, report
    assert report.checks[0].data == 3.0


def of_two(a: Value, b: Value) -> Value:
    return a * b


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [((of_two,), TypeError, r"a function and its inputs, gradcheck\(f, \[1\.0, 2\.0\]\); got <function of_two .* no i"),
     (([1.0], of_two), TypeError, r"got \[1\.0\] and <function of_two"),
     (([Value(1.0)],), TypeError, r"got \[Value\(data=1\.0\)\] and no inputs"),
     ((of_two, []), ValueError, "was given no inputs"),
     ((of_two, [1.0, math.inf]), ValueError, "must be finite; input 1 is inf"),
     ((of_two, 1.0), TypeError, r"the 1 input as arguments.*'b'.*write gradcheck\(lambda \*x: f\(x\), inputs\)"),
     ((MLP(2, [1], seed=1), [1.0, 2.0]), TypeError, r"the 2 inputs as arguments.*write gradcheck\(lambda \*x: f\(x\)"),
     ((of_two, "12"), TypeError, r"to read a number from text, write float\(text\)"),
     ((of_two, np.array(1.0)), TypeError, r"\.item\(\)"),
     ((lambda a, b: [a, b], [1.0, 2.0]), TypeError, r"returns a Value, got \[.*: return one element, or total"),
     ((lambda a: a.data, 1.0), TypeError, r"returns a Value, got 1\.0: compute it from the inputs themselves")],
)  # fmt: skip
def test_what_it_cannot_take_is_told_how_to_write(arguments: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        gradcheck(*arguments)


def test_inputs_of_one_label_are_told_apart() -> None:
    report = gradcheck(of_two, [Value(1.0, "w"), Value(2.0, "w")])
    assert [check.name for check in report.checks] == ["w", "w#2"]


def test_an_infinite_sensitivity_leaves_the_noise_a_number() -> None:
    report = gradcheck(lambda x: (x * 1e300) * 1e-300, [1e5])
    assert report, report
    assert math.isfinite(report.checks[0].estimate)


@pytest.mark.parametrize(("low", "high"), [(1.0, 1.0), (0.0, 1.0), (1.0, 0.0)])
def test_a_slope_from_one_side_is_as_sharp(low: float, high: float) -> None:
    found = differences(math.exp, 1.0, low, high)
    assert found.estimate < 1e-9
    assert found.slope == pytest.approx(math.e, abs=1e-9)
