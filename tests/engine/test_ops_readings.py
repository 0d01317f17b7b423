"""One rule, many readers: every row read with arrays, Values and symbols agrees with the row read with floats."""

import itertools
import math
import operator
import re
import sys
from functools import partial, reduce
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnet import dot, functions, grad, weighted_sum
from microgradnet.notation.symbols import Symbol, Symbols
from microgradnet.notation.typography import ATOM, SUM, write, write_latex
from microgradnet.ops import TABLE, Operation, floats
from microgradnet.value import Value
from tests.strategies import (
    Point,
    derivatives_at,
    differentiable,
    each_row,
    partial_difference,
    record,
    replaced,
    some_points,
)


def sigmoid_of_arrays(x: Any) -> Any:
    return TABLE["sigmoid"].value(ARRAYS, x)


FROM_NUMPY = (
    "abs", "cos", "exp", "expm1", "log", "log1p", "maximum", "minimum", "sign", "sin", "sqrt", "tanh", "where",
)  # fmt: skip
ARRAYS: Any = SimpleNamespace(
    **{name: getattr(np, name) for name in FROM_NUMPY},
    erf=np.vectorize(math.erf, otypes=[float]),
    erfc=np.vectorize(math.erfc, otypes=[float]),
    sigmoid=sigmoid_of_arrays,
    total=partial(reduce, operator.add),
    largest=partial(reduce, np.maximum),
)


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


def test_rules_are_named_functions_that_a_debugger_can_break_on() -> None:
    rules = [rule for row in TABLE.values() for rule in (row.value, row.derivatives)]
    names = [rule.__name__ for rule in rules]
    assert len(set(names)) == len(names)
    for rule in rules:
        assert rule.__closure__ is None
        found = getattr(sys.modules[rule.__module__], rule.__name__)
        assert rule in (found, getattr(found, "value", None))  # the decorator puts the operation in its rule's place


@each_row
def test_text_and_latex_mention_each_operand(row: Operation) -> None:
    names = [f"operand{letter}" for letter in "pqrst"[: len(row.operands)]]
    for binding in (ATOM, SUM):
        for text in (write(row, [(n, binding) for n in names]), write_latex(row, [(n, binding) for n in names])):
            assert all(text.count(name) == 1 for name in names), text
            assert text.count("{") == text.count("}")
            assert text.count("(") == text.count(")")


def derivative_at(row: Operation, index: int, point: Point) -> float:
    return derivatives_at(row, point)[index]


@each_row
def test_second_derivatives_agree_with_differences_of_the_first(row: Operation) -> None:
    """The rule read with Values gives a graph of the derivative."""
    count = differentiable(row)
    for point in some_points(row):
        values = [Value(x) for x in point[:count]]
        y = record(row, (*values, *point[count:]))
        first = grad(y, values, create_graph=True)
        for i, j in itertools.product(range(count), repeat=2):
            expected = partial_difference(partial(derivative_at, row, i), point, j)
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


PYTHON = {"·": "*", "−": "-", "^": "**", "≤": "<=", "≥": ">=", "σ(": "sigmoid(", "√(": "sqrt("}


def python_of(formula: str) -> str:
    """The formula as Python. A | that follows an operand ends an |absolute value|; any other begins one."""
    for written, python in PYTHON.items():
        formula = formula.replace(written, python)
    found = ""
    for letter in formula:
        after_operand = re.search(r"[\w)]\s*$", found) and not re.search(r"\b(if|else)\s*$", found)
        found += letter if letter != "|" else ")" if after_operand else "abs("
    return found


@pytest.mark.parametrize(
    ("formula", "python"),
    [("|a|·|b|", "abs(a)*abs(b)"), ("||a| − 1|^2", "abs(abs(a) - 1)**2"), ("a / |b·|a||", "a / abs(b*abs(a))"),
     ("(|a| if |a| < |b| else |b|)", "(abs(a) if abs(a) < abs(b) else abs(b))"),
     ("(1 + |a|) − |b|", "(1 + abs(a)) - abs(b)")],
)  # fmt: skip
def test_the_reader_of_absolute_values(formula: str, python: str) -> None:
    assert python_of(formula) == python


def combined(terms: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    binary = st.sampled_from([operator.add, operator.sub, operator.mul, operator.truediv])
    numbers = st.sampled_from([2.0, -3.0])
    return st.one_of(
        st.builds(lambda f, a, b: f(a, b), binary, terms, terms | numbers),
        st.builds(lambda f, a, b: f(a, b), binary, numbers, terms),
        st.builds(operator.neg, terms),
        st.builds(lambda a, b: Symbols().sigmoid(a) ** b, terms, terms),
        st.builds(operator.pow, terms, st.sampled_from([2.0, -1.0])),
    )


@given(st.recursive(st.sampled_from([Symbol("a"), Symbol("b")]), combined, max_leaves=8))
def test_the_text_of_symbols_has_the_parentheses_it_needs(term: Symbol) -> None:
    for numbers in ({"a": 0.75, "b": -1.25}, {"a": -2.5, "b": 0.5}):
        try:
            expected = evaluate(term, numbers)
        except (ArithmeticError, ValueError):
            continue
        found = eval(python_of(str(term)), dict(vars(floats)), dict(numbers))
        assert found == pytest.approx(expected, rel=1e-9, nan_ok=True), str(term)


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


@each_row
def test_the_function_of_that_name_applies_the_row(row: Operation) -> None:
    function = getattr(functions, row.name, None)
    if row.operator:
        assert function is None
    elif row.name == "weighted_sum":
        w, x = [2.0, 3.0], [4.0, -1.0]
        assert [weighted_sum(w, x), weighted_sum(w, x, 1.0), dot(w, x)] == [5.0, 6.0, 5.0], "of numbers, a number"
        for node in (weighted_sum([Value(2.0), 3.0], x), weighted_sum(w, [4.0, Value(-1.0)]), dot(w, [*map(Value, x)]),
                     weighted_sum(w, x, Value(0.0))):  # fmt: skip
            assert (type(node), float(node)) == (Value, 5.0)
    else:
        assert function is not None
        point = some_points(row)[0]
        values = [Value(x) for x in point[: differentiable(row)]]
        arguments: Any = [*values, *point[len(values) :]]
        node = function(arguments) if row.variadic else function(*arguments)
        assert (node.op, node.operands[: len(values)]) == (row, tuple(values))
        numbers = function(point) if row.variadic else function(*point)
        assert (type(numbers), numbers) == (float, node.data)


@each_row
def test_a_nan_in_an_array_never_hides(row: Operation) -> None:
    for index in range(differentiable(row)):
        batch = [replaced(point, index, math.nan) for point in some_points(row)]
        assert np.isnan(row.value(ARRAYS, *np.array(batch).T)).all()
