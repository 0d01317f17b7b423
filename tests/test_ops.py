"""The table of operations, walked: what every row says about itself is true, whoever reads it."""

import itertools
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal, localcontext
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnet import DomainError, functions, grad, gradcheck
from microgradnet.ops import TABLE, Operation, floats
from microgradnet.ops.operation import ATOM, SUM
from microgradnet.ops.symbols import Symbol, Symbols
from microgradnet.value import Constant, Value, apply
from tests.strategies import NAMES, Point, differentiable, five_point, points, record, replaced, some_points

each_row = pytest.mark.parametrize("row", [TABLE[name] for name in NAMES], ids=NAMES)


def sigmoid_of_arrays(x: Any) -> Any:
    return TABLE["sigmoid"].value(ARRAYS, x)


FROM_NUMPY = "abs cos exp expm1 log log1p maximum minimum sign sin sqrt tanh where".split()
ARRAYS: Any = SimpleNamespace(
    **{name: getattr(np, name) for name in FROM_NUMPY},
    erf=np.vectorize(math.erf, otypes=[float]),
    erfc=np.vectorize(math.erfc, otypes=[float]),
    sigmoid=sigmoid_of_arrays,
)


def derivatives_at(row: Operation, point: Point) -> tuple[float, ...]:
    return row.derivatives(floats, row.scalar(*point), *point)


def wrong_derivatives(row: Operation, point: Point) -> list[int]:
    """The operands whose derivative is not what differences of `scalar` say."""
    wrong = []
    for index, derivative in enumerate(derivatives_at(row, point)):
        expected = five_point(lambda x, i=index: row.scalar(*replaced(point, i, x)), point[index])  # type: ignore[misc]
        if not math.isclose(derivative, expected, rel_tol=1e-6, abs_tol=1e-8):
            wrong.append(index)
    return wrong


@each_row
@given(data=st.data())
def test_derivatives_agree_with_differences(row: Operation, data: st.DataObject) -> None:
    assert wrong_derivatives(row, data.draw(points(row))) == []


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

        broken, changes = replace(row, derivatives=derivatives), 0
        for point in some_points(row):
            right, damaged = derivatives_at(row, point)[index], derivatives_at(broken, point)[index]
            if right != damaged and not math.isclose(right, damaged, rel_tol=1e-3):
                changes += 1
                assert wrong_derivatives(broken, point) == [index]
                count, numbers = differentiable(row), tuple(map(Constant, point[differentiable(row) :]))
                report = gradcheck(lambda *x, op=broken, c=numbers: apply(op, (*x, *c)), point[:count])
                assert [check.name for check in report.wrong] == [f"input {index}"]
        assert changes or damage is swapped, "the damage was never seen"


@each_row
def test_gradcheck_accepts_every_row(row: Operation) -> None:
    count = differentiable(row)
    for point in some_points(row):
        assert gradcheck(lambda *x, c=point[count:]: record(row, (*x, *c)), point[:count])


@each_row
@given(data=st.data())
def test_rule_and_scalar_form_agree(row: Operation, data: st.DataObject) -> None:
    point = data.draw(points(row))
    assert row.value(floats, *point) == pytest.approx(row.scalar(*point), rel=2e-15, abs=1e-300)


def edge_points(row: Operation) -> list[Point]:
    """All combinations of awkward numbers, thinned for rows of many operands."""
    numbers = (0.0, 1e-300, -1e-300, 0.5, -1.0, 2.0, 1000.0, -1000.0)
    combinations = list(itertools.product(numbers, repeat=len(row.operands)))
    return combinations[:: 1 + len(combinations) // 1000]


def finite_edge_points(row: Operation) -> list[Point]:
    """The edge points at which the row has a value and derivatives."""
    found = []
    for point in edge_points(row):
        try:
            derivatives = derivatives_at(row, point)
        except (ArithmeticError, ValueError):
            continue
        if all(map(math.isfinite, derivatives)):
            found.append(point)
    return found


@each_row
def test_arrays_read_as_floats_do(row: Operation) -> None:
    """The same rule on arrays; a rule that branched on a number would raise there."""
    batch = some_points(row, 50) + finite_edge_points(row)
    values = [row.scalar(*point) for point in batch]
    derivatives = [derivatives_at(row, point) for point in batch]
    columns = np.array(batch).T
    with np.errstate(all="ignore"):  # an unchosen branch of `where` may overflow
        y = row.value(ARRAYS, *columns)
        found = row.derivatives(ARRAYS, y, *columns)
    np.testing.assert_allclose(y, values, rtol=1e-12, atol=1e-15)
    assert len(found) == differentiable(row)
    for index, column in enumerate(found):
        expected = [d[index] for d in derivatives]
        np.testing.assert_allclose(np.broadcast_to(column, y.shape), expected, rtol=1e-12, atol=1e-15)


@each_row
def test_each_differentiable_operand_has_one_derivative(row: Operation) -> None:
    assert len(derivatives_at(row, some_points(row)[0])) == len(row.operands) - row.constants == differentiable(row)
    assert len(row.sample) == len(row.operands)


def test_rules_are_named_functions_that_a_debugger_can_break_on() -> None:
    rules = [rule for row in TABLE.values() for rule in (row.value, row.derivatives)]
    names = [rule.__name__ for rule in rules]
    assert len(set(names)) == len(names)
    for rule in rules:
        assert rule.__closure__ is None  # type: ignore[attr-defined]
        assert getattr(sys.modules[rule.__module__], rule.__name__) is rule


def test_the_table_is_keyed_by_names_that_functions_have() -> None:
    assert all(name == row.name and name.isidentifier() for name, row in TABLE.items())


@each_row
def test_text_and_latex_mention_each_operand(row: Operation) -> None:
    names = [f"operand{letter}" for letter in "pqrst"[: len(row.operands)]]
    for binding in (ATOM, SUM):
        for text in (row.write([(n, binding) for n in names]), row.write_latex([(n, binding) for n in names])):
            assert all(text.count(name) == 1 for name in names), text
            assert text.count("{") == text.count("}")
            assert text.count("(") == text.count(")")


@each_row
@given(data=st.data())
def test_sampling_stays_in_the_domain(row: Operation, data: st.DataObject) -> None:
    point = data.draw(points(row))
    assert all(low <= x <= high for x, (low, high) in zip(point, row.sample, strict=True))
    assert math.isfinite(row.scalar(*point))
    assert all(map(math.isfinite, derivatives_at(row, point)))


@each_row
def test_second_derivatives_agree_with_differences_of_the_first(row: Operation) -> None:
    """The rule read with Values gives a graph of the derivative."""
    count = differentiable(row)
    for point in some_points(row):
        values = [Value(x) for x in point[:count]]
        y = record(row, (*values, *point[count:]))
        first = grad(y, values, create_graph=True)
        for i, j in itertools.product(range(count), repeat=2):
            expected = five_point(lambda x, i=i, j=j: derivatives_at(row, replaced(point, j, x))[i], point[j])  # type: ignore[misc]
            assert grad(first[i], values[j]) == pytest.approx(expected, rel=1e-6, abs=1e-7)


def evaluate(term: Any, names: dict[str, float]) -> Any:
    """The number of an expression of symbols."""
    if not isinstance(term, Symbol):
        return term
    if not term.arguments:
        return names[term.head]
    arguments = [evaluate(argument, names) for argument in term.arguments]
    if term.head == "neg":
        return -arguments[0]
    if term.head.isidentifier():
        return getattr(floats, term.head)(*arguments)
    return eval(f"a {term.head} b", {}, dict(zip("ab", arguments, strict=True)))


def python_of(formula: str) -> str:
    for written, python in {"·": "*", "−": "-", "^": "**", "≤": "<=", "≥": ">=", "σ(": "sigmoid(", "√(": "sqrt("}.items():
        formula = formula.replace(written, python)
    return formula


@each_row
def test_symbols_tell_the_formula_of_each_derivative(row: Operation) -> None:
    """Read with symbols, the rule is an expression with the rule's numbers, and its text has the right parentheses."""
    names = ["a", "b", "c", "d", "e"][: len(row.operands)]
    terms = row.derivatives(Symbols(), Symbol("y"), *map(Symbol, names))
    for point in some_points(row):
        numbers = {**dict(zip(names, point, strict=True)), "y": row.scalar(*point)}
        for term, expected in zip(terms, derivatives_at(row, point), strict=True):
            assert evaluate(term, numbers) == pytest.approx(expected, rel=1e-14)
            text = python_of(str(term if isinstance(term, Symbol) else float(term)))
            assert eval(text, vars(floats), dict(numbers)) == pytest.approx(expected, rel=1e-5), text


@each_row
def test_symbols_tell_the_formula_of_the_value(row: Operation) -> None:
    names = ["a", "b", "c", "d", "e"][: len(row.operands)]
    term = row.value(Symbols(), *map(Symbol, names))
    for point in some_points(row):
        assert evaluate(term, dict(zip(names, point, strict=True))) == pytest.approx(row.scalar(*point), rel=1e-13)


def erf_series(x: Decimal) -> Decimal:
    term = total = x
    for n in range(1, 400):
        term = -term * x * x / n
        total += term / (2 * n + 1)
    return total * 2 / Decimal("3.14159265358979323846264338327950288419716939937510582097494").sqrt()


def logistic(x: Decimal) -> Decimal:
    return 1 / (1 + (-x).exp())


BY_DEFINITION: dict[str, Callable[[Decimal], Decimal]] = {
    "erf": erf_series,
    "erfc": lambda x: 1 - erf_series(x),
    "exp": lambda x: x.exp(),
    "elu": lambda x: x if x > 0 else x.exp() - 1,
    "gelu": lambda x: x * (1 + erf_series(x / Decimal(2).sqrt())) / 2,
    "silu": lambda x: x * logistic(x),
    "sigmoid": logistic,
    "softplus": lambda x: (1 + x.exp()).ln(),
    "tanh": lambda x: 1 - 2 / ((2 * x).exp() + 1),
}


@pytest.mark.parametrize("name", BY_DEFINITION)
def test_values_are_accurate_where_the_textbook_form_is_not(name: str) -> None:
    """Against the definition in 90 digits, also in tails and near 0, where the definition in floats has no digits left."""
    for x in (-9.0, -6.5, -2.0, -0.3, -1e-5, -1e-9, 1e-9, 1e-5, 0.3, 2.0, 6.5, 9.0):
        with localcontext(prec=90):
            expected = float(BY_DEFINITION[name](Decimal(x)))
        constants = (1.0,) * TABLE[name].constants
        assert TABLE[name].scalar(x, *constants) == pytest.approx(expected, rel=1e-14 * max(1.0, x * x)), x


@each_row
def test_finite_operands_give_a_finite_result_or_a_domain_error(row: Operation) -> None:
    extreme = (0.0, 5e-324, -1e-200, 0.5, -2.0, 1000.0, -1e200, 1.7e308, -1.7e308)
    combinations = list(itertools.product(extreme, repeat=len(row.operands)))
    for point in combinations[:: 1 + len(combinations) // 1000]:
        values = [Value(x) for x in point[: differentiable(row)]]
        try:
            y = record(row, (*values, *point[differentiable(row) :]))
            assert math.isfinite(y.data), point
            y.backward()
            assert all(math.isfinite(value.grad) for value in values), point
        except DomainError:
            pass


@each_row
def test_a_nan_never_hides(row: Operation) -> None:
    for index in range(differentiable(row)):
        for point in some_points(row):
            spoiled = replaced(point, index, math.nan)
            assert math.isnan(record(row, spoiled).data)
            assert math.isnan(row.value(floats, *spoiled))
            with np.errstate(all="ignore"):
                assert np.isnan(row.value(ARRAYS, *(np.array([x, x]) for x in spoiled))).all()


@each_row
def test_the_function_of_that_name_applies_the_row(row: Operation) -> None:
    function = getattr(functions, {"sum": "total"}.get(row.name, row.name), None)
    if row.name in {"add", "subtract", "multiply", "divide", "negate", "power", "general_power", "exponential"}:
        assert function is None  # these are operators
    elif row.name != "weighted_sum":
        point = some_points(row)[0]
        values = [Value(x) for x in point[: differentiable(row)]]
        arguments: Any = [*values, *point[len(values) :]]
        node = function(arguments) if row.variadic else function(*arguments)  # type: ignore[misc]
        assert (node.op, node.operands[: len(values)]) == (row, tuple(values))
        numbers = function(point) if row.variadic else function(*point)  # type: ignore[misc]
        assert (type(numbers), numbers) == (float, node.data)
