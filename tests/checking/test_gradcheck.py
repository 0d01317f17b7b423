"""`gradcheck` accepts what is right, rejects what is wrong, and says which input is wrong and by how much."""

import math
import operator
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import assume, given

from microgradnet import MLP, DomainError, Value, exp, gradcheck, leaky_relu, log, ops, relu, sigmoid, sin, sqrt
from microgradnet.checking.finite_differences import Check
from microgradnet.value import apply
from tests.strategies import MARGIN, Program, altered, programs


def times_derivatives(m: Any, y: Any, a: Any, b: Any) -> tuple[Any, ...]:
    return b, a * 1.001


def one_hundred_and_twenty_three(m: Any, y: Any, x: Any) -> tuple[Any, ...]:
    return (123.0,)


def nowhere(m: Any, y: Any, x: Any) -> tuple[Any, ...]:
    return (math.nan,)


WRONG_TIMES = altered(ops.multiply, times_derivatives)


def far_from_kinks(program: Program) -> bool:
    """Whether no kinked row is used near its kink, where differences and gradient rightly disagree."""
    near = []

    def watch(row: Any, operands: tuple[Any, ...]) -> float:
        if row.name in {"relu", "leaky_relu", "elu", "abs", "softsign"}:
            near.append(abs(operands[0]) < MARGIN)
        elif row.name in {"minimum", "maximum"}:
            near.append(abs(operands[0] - operands[1]) < MARGIN)
        y: float = row.scalar(*operands)
        return y

    program.run(list(program.point), watch)
    return not any(near)


@given(programs(most_steps=4))
def test_random_programs_are_accepted(program: Program) -> None:
    assume(far_from_kinks(program))
    report = gradcheck(lambda *leaves: program.record(leaves), program.point)
    assert report, report


def test_123_is_not_the_derivative_of_exp() -> None:
    wrong = altered(ops.exp, one_hundred_and_twenty_three)
    report = gradcheck(lambda x: apply(wrong, (x,)), [1.0])
    assert not report
    assert report.wrong[0].gradient == 123.0
    assert report.wrong[0].expected == pytest.approx(math.e, rel=1e-10)
    assert report.wrong[0].error == pytest.approx(123 - math.e, rel=1e-10)


def test_the_report_says_which_input_is_wrong_and_by_how_much() -> None:
    report = gradcheck(lambda a, b, c: apply(WRONG_TIMES, (a, b)) + c, [Value(-2.0, "a"), Value(3.0, "weight"), 1])
    assert [check.name for check in report.checks] == ["a", "weight", "input 2"]
    assert [check.name for check in report.wrong] == ["weight"]
    lines = str(report).splitlines()
    assert lines[0] == "1 of 3 gradients wrong"
    assert lines[2] == "  weight = 3: gradient -2.002, differences -2, WRONG by 0.002"
    assert lines[1].endswith("agrees")
    assert repr(report) == str(report)


@pytest.mark.parametrize("scale", [1e-5, 1.0, 1e5])
@pytest.mark.parametrize("x", [1e-6, 1.0, 1e4])
def test_small_errors_are_found_at_every_scale(scale: float, x: float) -> None:
    assert gradcheck(lambda a, b: a * b * scale, [x, 3.0])
    assert not gradcheck(lambda a, b: apply(WRONG_TIMES, (b, a)) * scale, [x, 3.0])


@pytest.mark.parametrize("x", [0.002, 0.01, 0.05, 1.0, 300.0])
def test_right_gradients_are_accepted_near_the_edge_of_a_domain(x: float) -> None:
    for function in (log, sqrt, lambda v: 1 / v, lambda v: v**-3, lambda v: v * log(v), lambda v: v ** (v / 100)):
        report = gradcheck(function, [x])
        assert report, report


def test_a_nan_or_an_infinity_is_never_right() -> None:
    with pytest.raises(DomainError, match=r"the derivative of sin\(x\)"):
        gradcheck(lambda x: apply(altered(ops.sin, nowhere), (x,)), [1.0])
    assert not gradcheck(lambda x: x * math.nan, [1.0])
    huge = altered(ops.exp, one_hundred_and_twenty_three)
    huge.scalar = partial(operator.mul, 1e308)  # the differences overflow
    assert not gradcheck(lambda x: apply(huge, (x,)), [1.0])
    for gradient, expected in (
        (1.0, math.inf),
        (math.inf, 1.0),
        (math.inf, math.inf),
        (math.nan, 1.0),
        (1.0, math.nan),
    ):
        assert not Check("x", 1.0, gradient, expected).ok


def test_a_missing_gradient_is_found() -> None:
    """The trap of a silent cut: the function depends on its input, the graph does not."""
    cuts: list[Callable[[Value], Value]] = [lambda x: x.detach() * x, lambda x: Value(x.data) * 2, lambda x: x * x.data]
    for cut in cuts:
        assert not gradcheck(cut, [1.5])


def test_values_given_are_not_changed() -> None:
    x = Value(2.0, "x")
    x.backward()
    assert gradcheck(lambda v: v.exp() * v, [x])
    assert (x.data, x.grad, x.label) == (2.0, 1.0, "x")


@pytest.mark.parametrize(
    ("function", "slopes"),
    [(relu, (0.0, 1.0)), (abs, (-1.0, 1.0)), (lambda x: relu(-3 * x) + x, (-2.0, 1.0)), (leaky_relu, (0.01, 1.0))],
)
def test_a_kink_is_said_to_be_one_by_both_kinds_of_check(
    function: Callable[[Value], Value], slopes: tuple[float, float]
) -> None:
    report = gradcheck(function, [0.0])
    assert report
    assert report.checks[0].slopes == pytest.approx(slopes)
    assert f"at a kink with slopes {slopes[0]:g} to the left and {slopes[1]:g} to the right, agrees" in str(report)
    of_graph = gradcheck(function(Value(0.0)))
    assert of_graph
    assert len(of_graph.kinks) == 1
    assert "1 derivative at a kink" in str(of_graph)
    for x in (MARGIN, -MARGIN, 1e-9):
        assert gradcheck(function, [x]).checks[0].slopes is None
        assert not gradcheck(function(Value(x))).kinks


@pytest.mark.parametrize("wrong", [-0.5, 1.01])
def test_beyond_the_slopes_of_a_kink_a_gradient_is_wrong(wrong: float) -> None:
    row = altered(ops.relu, lambda m, y, x: (wrong,))
    report = gradcheck(lambda x: apply(row, (x,)), [0.0])
    assert not report
    assert str(report).endswith(f"WRONG by {0.5 if wrong < 0 else 0.01:.3g}")


@pytest.mark.parametrize("function", [lambda x: x * x, lambda x: x**3 + x, sin, exp, sigmoid, lambda x: x * 0 + 1e8])
def test_what_is_smooth_is_no_kink(function: Callable[[Value], Value]) -> None:
    for x in (0.0, 0.3, -2.0, 1e3 if function is not exp else 1.0):
        assert gradcheck(function, [x]).checks[0].slopes is None
        assert not gradcheck(function(Value(x))).kinks


def test_outside_the_domain_is_an_error() -> None:
    with pytest.raises(DomainError, match="log"):
        gradcheck(lambda x: x.log(), [-1.0])
    for edge in (0.0, 1.0):
        with pytest.raises(DomainError, match=r"x \*\* c has no finite value"):
            gradcheck(lambda x, edge=edge: (x - edge) ** 1.5, [edge])  # the point is inside, one side of it is not


@pytest.mark.parametrize(
    ("function", "x"),
    [(log, 1e-4), (log, 1e-9), (log, 1e-300), (lambda x: log(x - 0.9999999), 1.0), (lambda x: 1 / x, 5e-4),
     (lambda x: x.sin() / x.cos(), 1.5707), (lambda x: x.sin() + 1e8, 0.3), (sin, 1e4), (log, 1e8), (exp, 709.0),
     (exp, 1e-12), (exp, 0.0), (sin, math.pi / 2), (sigmoid, -700.0), (lambda x: x**1.5, 1e-8), (lambda x: x * 0, 3.0),
     (lambda x: x * 2, 1e300), (lambda x: x * 1e-30, 1e-30), (lambda x: (x - 1) ** 2, 1.0)],
)  # fmt: skip
def test_a_right_gradient_is_told_from_a_wrong_one_at_any_scale(function: Callable[[Any], Any], x: float) -> None:
    """Near a pole or the end of a domain, beside a large constant, for large, tiny and vanishing slopes."""
    report = gradcheck(function, [x])
    assert report, report
    slope = report.checks[0].gradient
    if abs(slope) > 1e-15:
        for wrong in (0.0, -slope, slope * 1.001):
            report = gradcheck(lambda v: function(v).detach() + (v - v.detach()) * wrong, [x])  # noqa: B023
            assert report.wrong, report


def test_a_wrong_gradient_is_found_however_small() -> None:
    for size in (5e-9, 1e-30, 1e-300):
        assert gradcheck(lambda x: x.detach() * size, [1.0]).wrong  # noqa: B023


def test_what_rounding_hides_is_neither_right_nor_wrong() -> None:
    report = gradcheck(lambda x, y: x.sin() * 1e-12 + y + 1e8, [1.0, Value(2.0, "y")])
    assert not report
    assert (report.wrong, [check.name for check in report.unclear]) == ((), ["input 0"])
    lines = str(report).splitlines()
    assert lines[0] == "1 of 2 gradients too small to tell"
    assert lines[1].startswith(
        "  input 0 = 1: gradient 5.40302306e-13, differences 0, cannot tell: the differences are"
    )
    assert lines[2].endswith("agrees")


def test_powers_of_negative_numbers_and_networks_are_accepted() -> None:
    network = MLP(3, [4, 4, 1], "tanh", seed=3)
    assert gradcheck(lambda *x: network(x), [0.3, -1.0, 2.0])
    assert gradcheck(lambda x: apply(ops.power, (x, Value(3.0))), [-2.0])
    assert gradcheck(lambda x: exp(x) * x, [0.0])


def test_operators_with_a_number_on_the_left_are_accepted() -> None:
    """Abs cuts the graph, `1/V` is V, the exponent's gradient is 0."""
    for function in (lambda x: +x * 3, abs, lambda x: 1 / x, lambda x: 5 - x, lambda x: 2.0**x):
        assert gradcheck(function, [-1.3])
    assert gradcheck(lambda a, b: a**b, [1.7, -2.2])
