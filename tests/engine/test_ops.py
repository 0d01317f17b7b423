"""The table of operations, walked: every row's value and derivatives are right, and a wrong one would be found."""

import itertools
import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from decimal import Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnet import DomainError, gradcheck
from microgradnet.ops import TABLE, Operation, floats
from microgradnet.value import Value, apply, constant
from tests.strategies import (
    Point,
    altered,
    derivatives_at,
    differentiable,
    each_row,
    partial_difference,
    points,
    record,
    replaced,
    some_points,
)


def wrong_derivatives(row: Operation, point: Point) -> list[int]:
    """The operands whose derivative is not what differences of `scalar` say."""
    wrong = []
    for index, derivative in enumerate(derivatives_at(row, point)):
        expected = partial_difference(lambda near: row.scalar(*near), point, index)
        if not math.isclose(derivative, expected, rel_tol=1e-6, abs_tol=1e-8):
            wrong.append(index)
    return wrong


@each_row
@given(data=st.data())
def test_derivatives_agree_with_differences(row: Operation, data: st.DataObject) -> None:
    point = data.draw(points(row))
    assert not (wrong := wrong_derivatives(row, point)), (
        f"the derivative of {row.code} for {', '.join(row.operands[i] for i in wrong)} at {point} is not what "
        f"differences say: mend {row.derivatives.__name__}, or give a sample=… that stays away from any kink but 0"
    )


def scaled(derivatives: Sequence[float], index: int) -> float:
    return derivatives[index] * 1.01


def flipped(derivatives: Sequence[float], index: int) -> float:
    return -derivatives[index]


def dropped(derivatives: Sequence[float], index: int) -> float:
    return 0.0


def swapped(derivatives: Sequence[float], index: int) -> float:
    return derivatives[index - 1]


def arbitrary(derivatives: Sequence[float], index: int) -> float:
    return 123.0


@each_row
@pytest.mark.parametrize("damage", [scaled, flipped, dropped, swapped, arbitrary])
def test_a_wrong_derivative_is_found(row: Operation, damage: Callable[[Sequence[float], int], float]) -> None:
    """Both checkers find every derivative that is wrong, and only that; the table's own are accepted beside them."""
    for index in range(differentiable(row)):

        def derivatives(m: Any, y: Any, *operands: Any, index: int = index) -> tuple[Any, ...]:
            right = row.derivatives(m, y, *operands)
            return replaced(right, index, damage(right, index))

        broken, changes = altered(row, derivatives), 0
        for point in some_points(row):
            right, damaged = derivatives_at(row, point)[index], derivatives_at(broken, point)[index]
            if right != damaged and not math.isclose(right, damaged, rel_tol=1e-3):
                changes += 1
                assert wrong_derivatives(broken, point) == [index]
                count, numbers = differentiable(row), tuple(map(constant, point[differentiable(row) :]))
                report = gradcheck(lambda *x, op=broken, c=numbers: apply(op, (*x, *c)), point[:count])
                assert [check.name for check in report.wrong] == [f"input {index}"]
        assert changes or damage is swapped, "the damage was never seen"


@each_row
def test_gradcheck_accepts_every_row(row: Operation) -> None:
    count = differentiable(row)
    for point in some_points(row):
        assert gradcheck(lambda *x, c=point[count:]: record(row, (*x, *c)), point[:count])


# The rows with a form of their own for floats beside the rule; without one, `scalar` is the rule itself
WITH_SCALAR = [name for name, row in TABLE.items() if getattr(row.scalar, "func", None) is not row.value]


@pytest.mark.parametrize("name", WITH_SCALAR)
@given(data=st.data())
def test_rule_and_scalar_form_agree(name: str, data: st.DataObject) -> None:
    row = TABLE[name]
    point = data.draw(points(row))
    assert row.value(floats, *point) == pytest.approx(row.scalar(*point), rel=2e-15, abs=1e-300)


@pytest.mark.parametrize("name", sorted(set(TABLE) - set(WITH_SCALAR)))
@given(data=st.data())
def test_a_rule_without_a_scalar_form_agrees_with_its_definition(name: str, data: st.DataObject) -> None:
    row, definition = TABLE[name], by_definition(name)
    point = data.draw(points(row))
    with localcontext(prec=90):
        expected = float(definition(*map(Decimal, point)))
    assert row.value(floats, *point) == pytest.approx(expected, rel=1e-13, abs=1e-14)


@each_row
def test_each_differentiable_operand_has_one_derivative(row: Operation) -> None:
    assert len(derivatives_at(row, some_points(row)[0])) == len(row.operands) - row.constants == differentiable(row)
    assert len(row.sample) == len(row.operands)


def test_the_table_is_keyed_by_names_that_functions_have() -> None:
    assert all(name == row.name and name.isidentifier() for name, row in TABLE.items())


@each_row
@given(data=st.data())
def test_sampling_stays_in_the_domain(row: Operation, data: st.DataObject) -> None:
    point = data.draw(points(row))
    assert all(low <= x <= high for x, (low, high) in zip(point, row.sample, strict=True))
    assert math.isfinite(row.scalar(*point))
    assert all(map(math.isfinite, derivatives_at(row, point)))


PI = "3.14159265358979323846264338327950288419716939937510582097494"


def erf_series(x: Decimal) -> Decimal:
    term = total = x
    for n in range(1, 400):
        term = -term * x * x / n
        total += term / (2 * n + 1)
    return total * 2 / Decimal(PI).sqrt()


def logistic(x: Decimal) -> Decimal:
    return 1 / (1 + (-x).exp())


def gelu_by_tanh(x: Decimal) -> Decimal:
    """Hendrycks & Gimpel 2016: ½x(1 + tanh(√(2/π)(x + 0.044715x³)))."""
    u = (2 / Decimal(PI)).sqrt() * (x + Decimal("0.044715") * x**3)
    return x * (1 + (u.exp() - (-u).exp()) / (u.exp() + (-u).exp())) / 2


def weighted(*operands: Decimal) -> Decimal:
    w1, w2, x1, x2, b = operands
    return w1 * x1 + w2 * x2 + b


BY_DEFINITION: dict[str, Callable[..., Decimal]] = {
    "erf": erf_series,
    "erfc": lambda x: 1 - erf_series(x),
    "exp": lambda x: x.exp(),
    "elu": lambda x, alpha=Decimal(1): x if x > 0 else alpha * (x.exp() - 1),
    "gelu": lambda x: x * (1 + erf_series(x / Decimal(2).sqrt())) / 2,
    "gelu_tanh": gelu_by_tanh,
    "leaky_relu": lambda x, slope=Decimal(1): x if x > 0 else slope * x,
    "logsumexp": lambda *xs: sum((x.exp() for x in xs), Decimal(0)).ln(),
    "silu": lambda x: x * logistic(x),
    "sigmoid": logistic,
    "softplus": lambda x: (1 + x.exp()).ln(),
    "softsign": lambda x: x / (1 + abs(x)),
    "total": lambda *xs: sum(xs, Decimal(0)),
    "weighted_sum": weighted,
    "tanh": lambda x: 1 - 2 / ((2 * x).exp() + 1),
}
"""Operations by their textbook definition, written independently of their rules."""


def by_definition(name: str) -> Callable[..., Decimal]:
    """The definition of that operation; where there is none, the test that asks for it fails and says what to write."""
    if definition := BY_DEFINITION.get(name):
        return definition
    pytest.fail(
        f"{name!r} has no reference value: add it to BY_DEFINITION in tests/engine/test_ops.py as its textbook "
        f"formula in Decimal, written independently of its rule, e.g. {name!r}: lambda x: x / (1 + abs(x))"
    )


def test_the_lack_of_a_definition_is_reported_in_words() -> None:
    with pytest.raises(pytest.fail.Exception, match="'cube' has no reference value: add it to BY_DEFINITION in tests"):
        by_definition("cube")


def of_one_variable() -> list[str]:
    """The operations of one variable (and constants) that have a definition."""
    unknown = BY_DEFINITION.keys() - TABLE
    assert not unknown, (
        f"BY_DEFINITION in tests/engine/test_ops.py defines {unknown}, which are no operations: rename them"
    )
    return [name for name in BY_DEFINITION if differentiable(TABLE[name]) == 1]


@pytest.mark.parametrize("name", of_one_variable())
def test_values_are_accurate_where_the_textbook_form_is_not(name: str) -> None:
    """Against the definition in 90 digits, also in tails and near 0, where the definition in floats has none left."""
    row = TABLE[name]
    for x in (-9.0, -6.5, -2.0, -0.3, -1e-5, -1e-9, 1e-9, 1e-5, 0.3, 2.0, 6.5, 9.0):
        if x < 0 < row.sample[0][0]:  # outside the domain
            continue
        with localcontext(prec=90):
            expected = float(BY_DEFINITION[name](Decimal(x)))
        assert row.scalar(x, *(1.0,) * row.constants) == pytest.approx(expected, rel=1e-14 * max(1.0, x * x), abs=0), x


@pytest.mark.parametrize(
    ("name", "point", "expected"),
    [
        ("relu", (0.0,), (0.0,)),
        ("abs", (0.0,), (0.0,)),
        ("leaky_relu", (0.0, 0.25), (0.25,)),
        ("elu", (0.0, 0.5), (0.5,)),
        ("maximum", (2.0, 2.0), (0.5, 0.5)),
        ("minimum", (2.0, 2.0), (0.5, 0.5)),
    ],
)
def test_the_derivative_chosen_at_a_kink(name: str, point: Point, expected: tuple[float, ...]) -> None:
    """As in torch: the side of 0, and a tie shared."""
    assert derivatives_at(TABLE[name], point) == expected
    assert derivatives_at(TABLE[name], tuple(-x for x in point[: len(expected)]) + point[len(expected) :]) == expected


FORWARD: dict[str, Callable[[float, float], bool]] = {
    "power": lambda x, c: x > 0 or (x < 0 and c == int(c)) or (x == 0 and c >= 0),
    "general_power": lambda a, b: a > 0 or (a < 0 and b == int(b)) or (a == 0 and b >= 0),
    "exponential": lambda x, c: c > 0 or (c < 0 and x == int(x)) or (c == 0 and x >= 0),
}
BACKWARD: dict[str, Callable[[float, float], bool]] = {
    "power": lambda x, c: x != 0 or c == 0 or c >= 1,
    "general_power": lambda a, b: a > 0,
    "exponential": lambda x, c: c > 0,
}


@pytest.mark.parametrize("name", FORWARD)
def test_powers_are_defined_where_their_domain_says(name: str) -> None:
    """Forward and backward each where the row's words, written here as conditions, have it; and nowhere else."""
    row = TABLE[name]
    variables = {"power": "x c", "general_power": "a b", "exponential": "c x"}[name].split()
    base, exponent = variables
    words = f"{base} > 0; {base} < 0 with {exponent} whole; {base} = 0 with {exponent} ≥ 0 (its derivative: "
    assert row.domain.startswith(words)
    for point in itertools.product((-2.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0), repeat=2):
        values = [Value(x) for x in point[: differentiable(row)]]
        try:
            y = record(row, (*values, *point[len(values) :]))
        except DomainError:
            assert not FORWARD[name](*point), point
            continue
        assert FORWARD[name](*point), point
        try:
            y.backward()
        except DomainError:
            assert not BACKWARD[name](*point), point
        else:
            assert BACKWARD[name](*point), point


def extreme_points(row: Operation) -> list[Point]:
    numbers = (0.0, 5e-324, -1e-200, 0.5, -2.0, 1000.0, -1e200, 1.7e308, -1.7e308)
    combinations = list(itertools.product(numbers, repeat=len(row.operands)))
    return combinations[:: 1 + len(combinations) // 1000]


@each_row
def test_finite_operands_give_a_finite_result_or_a_domain_error(row: Operation) -> None:
    for point in extreme_points(row):
        with suppress(DomainError):
            assert math.isfinite(record(row, point).data), point


@each_row
def test_finite_operands_give_finite_gradients_or_a_domain_error(row: Operation) -> None:
    for point in extreme_points(row):
        values = [Value(x) for x in point[: differentiable(row)]]
        try:
            record(row, (*values, *point[len(values) :])).backward()
        except DomainError:
            assert [value.grad for value in values] == [0.0] * len(values)
        assert all(math.isfinite(value.grad) for value in values), point


@each_row
def test_a_nan_never_hides(row: Operation) -> None:
    for index in range(differentiable(row)):
        for point in some_points(row):
            spoiled = replaced(point, index, math.nan)
            assert math.isnan(record(row, spoiled).data)
            assert math.isnan(row.value(floats, *spoiled))
