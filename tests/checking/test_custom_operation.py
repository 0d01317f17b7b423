"""A user's own operation is a row as all others are: it computes, steps, draws, compiles, is checked; or is refused."""

import copy
import math
import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from microgradnet import (
    MLP,
    DomainError,
    Neuron,
    Value,
    backward_unrolled,
    break_on,
    compile,
    draw,
    explain,
    grad,
    gradcheck,
    hessian,
    operation,
    page,
    parameter,
    unroll,
)
from microgradnet.compiling.tape_source import source
from microgradnet.notation.typography import symbol_of, write
from microgradnet.ops import BUILT_IN, TABLE, Operation
from microgradnet.stepping.javascript import Functions
from tests import own
from tests.compiling.comparing import assert_agrees
from tests.compiling.test_agreement import on_shifted
from tests.strategies import differentiable, some_points

Own = dict[str, Operation]
each_own = pytest.mark.parametrize("name", own.NAMES)


@pytest.fixture
def functions() -> Own:
    return own.defined()


def applied(function: Operation, point: tuple[float, ...]) -> tuple[list[Value], Value]:
    """Labelled values at the point, and the result."""
    names = function.operands
    values = [Value(x, name) for name, x in zip(names, point[: differentiable(function)], strict=False)]
    y: Any = function(*values, *point[len(values) :])
    y.label = "y"
    return values, y


# --- What it can do ---


@each_own
def test_it_computes_with_values_and_with_numbers(functions: Own, name: str) -> None:
    function = functions[name]
    assert TABLE[name] is function
    for point in some_points(function):
        values, y = applied(function, point)
        assert (y.op, y.operands[: len(values)]) == (function, tuple(values))
        number = function(*point)
        assert (type(number), number) == (float, y.data)
        assert gradcheck(y)
        assert gradcheck(lambda *x: function(*x, *point[len(x) :]), values)  # noqa: B023


def test_it_is_a_function_with_a_name_a_docstring_and_a_signature(functions: Own) -> None:
    cube, swish, lerp = functions["cube"], functions["swish"], functions["lerp"]
    assert (cube.__name__, cube.__doc__, lerp.__doc__) == (
        "cube", "The cube of x.", "y = lerp(a, b, t), for all numbers."
    )  # fmt: skip
    x = Value(2.0)
    assert swish(x).data == swish(x, 1.0).data == swish(x, beta=1.0).data == swish(2.0)
    assert swish(x, 3).operands[1].data == 3.0
    assert lerp(0.0, Value(1.0), 0.5).data == lerp(0.0, 1.0, Value(0.5)).data == 0.5
    for wrong, said in (
        (cube, r"cube\(x\) takes x, got \(\)"),
        (lambda: cube(1.0, 2.0), r"cube\(x\) takes x, got \(1\.0, 2\.0\)"),
        (lambda: cube(1.0, y=2.0), r"cube\(x\) takes x, got \(1\.0, y=2\.0\)"),
        (lambda: cube(1.0, x=2.0), r"cube\(x\) takes x, got \(1\.0, x=2\.0\)"),
        (lambda: cube("1"), "expected one real number"),  # type: ignore[arg-type]
        (lambda: swish(x, beta=Value(1.0)), "expected one real number"),
    ):
        with pytest.raises(TypeError, match=said):
            wrong()


@each_own
def test_its_derivative_can_be_differentiated_again(functions: Own, name: str) -> None:
    for point in some_points(functions[name], 3):
        values, y = applied(functions[name], point)
        found = hessian(y, values)
        for i, value in enumerate(values):
            for j, other in enumerate(values):
                h = 1e-5
                slopes = []
                for step in (h, -h):
                    moved = [v.data + step * (v is other) for v in values]
                    again, result = applied(functions[name], (*moved, *point[len(values) :]))
                    slopes.append(grad(result, again[i]))
                assert found[values.index(value)][j] == pytest.approx((slopes[0] - slopes[1]) / (2 * h), abs=1e-8)


def test_steps_have_its_formula(functions: Own) -> None:
    x, b = Value(2.0, "x"), Value(3.0, "b")
    y = functions["cube"](x * b + 1)
    y.label = "y"
    assert [step.text for step in y.forward_steps()][-1] == "y = (x·b + 1)³ = 7³ = 343"
    assert str(next(iter(y.backward_steps()))).startswith(
        "(x·b + 1).grad += y.grad · ∂y/∂(x·b + 1) = 1 · 3·(x·b + 1)^2"
    )
    z = functions["lerp"](x, b, 0.5)
    z.label = "z"
    assert [step.text for step in (2 * z).forward_steps()] == [
        "z = lerp(x, b, 0.5) = lerp(2, 3, 0.5) = 2.5",
        "2·z = 2·2.5 = 5",
    ]


@each_own
def test_it_steps_explains_unrolls_and_draws(functions: Own, name: str) -> None:
    function = functions[name]
    point = some_points(function)[0]
    values, y = applied(function, point)
    y.backward()
    gradients = [value.grad for value in values]
    y.zero_grad()
    for step in y.backward_steps():
        assert f"∂y/∂{step.operand.label}" in str(step)
    assert [value.grad for value in values] == gradients
    assert "y" in str(explain(values[0], y))
    for program in (unroll(y), backward_unrolled(y)):
        assert str(program)
    picture = draw(y, op_nodes=True)
    assert symbol_of(function) in picture.svg
    assert write(function, [(label, 5) for label in function.operands[: len(values)]] + [
        (f"{x:.4g}", 5) for x in point[len(values) :]
    ]) in picture.svg.replace("&#45;", "-")  # fmt: skip
    assert f'"{name}"' in page(y).html
    assert f'name: "{name}"' in Functions([y]).source


def test_its_text_has_the_brackets_it_needs(functions: Own) -> None:
    a, b = Value(1.0, "a"), Value(2.0, "b")

    def plus_derivatives(m: Any, y: Any, a: Any, b: Any) -> tuple[Any, ...]:
        return 1, 1

    @operation(derivatives=plus_derivatives, text="{0} ⊕ {1}", symbol="⊕")
    def plus(m: Any, a: Any, b: Any) -> Any:
        return a + b

    cube, lerp = functions["cube"], functions["lerp"]
    for value, text in (
        (cube(a + b) * a, "(a + b)³·a"), (cube(cube(a)), "(a³)³"), (cube(-a), "(−a)³"),
        (cube(lerp(a, b, a)), "lerp(a, b, a)³"),
        (plus(a, b) * a, "(a ⊕ b)·a"), (plus(a, plus(a, b)), "a ⊕ (a ⊕ b)"), (plus(a * b, a) + a, "((a·b) ⊕ a) + a"),
        (lerp(a + b, a, plus(a, b)), "lerp(a + b, a, a ⊕ b)"),
    ):  # fmt: skip
        assert [*value.forward_steps()][-1].text.removeprefix("t₁ = ").startswith(text + " = ")


@each_own
def test_it_compiles(functions: Own, name: str) -> None:
    row = functions[name]
    for point in some_points(row, 3):
        count = differentiable(row)
        shifts = [[x - y for x, y in zip(other, point, strict=True)][:count] for other in some_points(row, 5)]
        parameters = [parameter(x) for x in point[:count]]
        assert_agrees(on_shifted(row, parameters, point[count:]), parameters, shifts)


def test_it_is_an_activation_like_any_other(functions: Own) -> None:
    model = MLP(2, [3, 1], activation=functions["cube"], seed=1)
    assert "cube" in repr(model)
    inputs = np.array([[0.5, -1.0], [0.25, 2.0]])

    def loss(x: list[Value]) -> Value:
        out: Any = model(x)
        return out * out  # type: ignore[no-any-return]

    assert_agrees(loss, model.parameters(), inputs)
    y = loss([Value(0.5), Value(-1.0)])
    assert gradcheck(y)
    assert "weighted_sum → cube" in draw(y, "neurons").svg


@each_own
def test_a_graph_of_it_is_copied_and_pickled(functions: Own, name: str) -> None:
    values, y = applied(functions[name], some_points(functions[name])[0])
    for copied in (copy.deepcopy(y), pickle.loads(pickle.dumps(y))):
        assert (copied.op, copied.data) == (functions[name], y.data)
        copied.backward()
        assert [operand.grad for operand in copied.operands[: len(values)]] == grad(y, values)


def test_a_pickle_asks_for_the_operation_where_it_is_unknown(functions: Own) -> None:
    pickled = pickle.dumps(applied(functions["cube"], (2.0,))[1])
    del TABLE["cube"]
    with pytest.raises(LookupError, match="no operation 'cube' here: define it with @operation first"):
        pickle.loads(pickled)


def test_it_can_be_stopped_at(functions: Own) -> None:
    with break_on(op="cube"):
        pass
    program = """if True:
        from tests import own
        from microgradnet import Value
        from microgradnet.debug import set_trace
        y = own.defined()["cube"](Value(2.0, "x"))
        set_trace()
        y.backward()
    """
    done = subprocess.run(
        [sys.executable, "-c", program], input="b cube_derivatives\nc\nw\np x\nq\n", capture_output=True, text=True
    )
    assert "own.py" in done.stdout, done.stdout + done.stderr
    assert "-> return (3 * x**2,)" in done.stdout


def test_the_tape_of_other_programs_stays_as_it_was(functions: Own) -> None:
    """Numba compiles the interpreter for a minute: a row of the user's must not make it start again."""
    assert functions.keys().isdisjoint(BUILT_IN)
    assert "values[i] = x0 ** 3.0" in source([functions["cube"]])


def test_outside_its_domain_it_is_a_domain_error() -> None:

    def root_derivatives(m: Any, y: Any, x: Any) -> tuple[Any, ...]:
        return (0.5 / y,)

    @operation(derivatives=root_derivatives, sample=(0.5, 3.0), domain="x > 0")
    def root(m: Any, x: Any) -> Any:
        return x**0.5

    for function in (lambda: root(Value(-1.0)), lambda: compile(root)([-1.0])):
        with pytest.raises(DomainError, match=r"root\(x\).* x > 0"):
            function()
    with pytest.raises(DomainError, match=r"the derivative of root\(x\)"):
        root(Value(0.0)).backward()


# --- What is refused ---


def test_a_users_own_may_be_defined_anew_and_old_graphs_keep_theirs(functions: Own) -> None:
    x = Value(2.0, "x")
    old = functions["cube"](x)

    def cube_derivatives(m: Any, y: Any, x: Any) -> tuple[Any, ...]:
        return (6 * x**2,)

    @operation(derivatives=cube_derivatives)
    def cube(m: Any, x: Any) -> Any:
        return 2 * x**3

    assert TABLE["cube"] is cube is not old.op
    assert (grad(old, x), grad(cube(x), x)) == (12.0, 24.0)
    with pytest.raises(TypeError, match=r"is not in the table of operations \(any more\)"):
        copy.deepcopy(old)


def test_what_cannot_be_a_rule_is_refused_and_leaves_nothing() -> None:
    before = dict(TABLE)
    for value, derivatives, options, kind, said in REFUSED:
        with pytest.raises(kind, match=said):
            operation(derivatives=derivatives, **options)(value)
        assert before == TABLE


def test_the_decorator_is_given_its_rule_by_name() -> None:
    bare: Any = operation
    calls: list[Callable[[], Any]] = [bare, lambda: bare(good), lambda: bare(good, derivatives=right)]
    for wrong in calls:
        with pytest.raises(TypeError, match=r"write @operation\(derivatives=…\), with the rule"):
            wrong()
    for option in ("symbol", "text", "latex", "domain"):
        with pytest.raises(TypeError, match=f"{option} of an operation is a str, got 3"):
            bare(derivatives=right, **{option: 3})


def good(m: Any, x: Any) -> Any:
    return x**3


def right(m: Any, y: Any, x: Any) -> Any:
    return (3 * x**2,)


def doubled(m: Any, y: Any, x: Any) -> Any:
    return (6 * x**2,)


def no_tuple(m: Any, y: Any, x: Any) -> Any:
    return 3 * x**2


def too_many(m: Any, y: Any, x: Any) -> Any:
    return 3 * x**2, 1.0


def no_number(m: Any, y: Any, x: Any) -> Any:
    return (None,)


def of_another(m: Any, y: Any, a: Any) -> Any:
    return (3 * a**2,)


def not_again(m: Any, y: Any, x: Any) -> Any:
    return (m.log1p(x),)


def branches(m: Any, x: Any) -> Any:
    return x if x > 0 else -x


def largest_of(m: Any, x: Any) -> Any:
    return max(x, 0.0)


def equals(m: Any, x: Any) -> Any:
    return m.where(x == 0, 1.0, x)


def by_math(m: Any, x: Any) -> Any:
    return math.exp(x)


def by_numpy(m: Any, x: Any) -> Any:
    return np.exp(x)


def by_values(m: Any, x: Any) -> Any:
    from microgradnet import exp

    return exp(x)


def unknown(m: Any, x: Any) -> Any:
    return m.tan(x)


def two_for_one(m: Any, x: Any) -> Any:
    return m.exp(x, 2.0)


def endless(m: Any, x: Any) -> Any:
    return x * endless(m, x - 1.0)


def remainder(m: Any, x: Any) -> Any:
    return x % 2.0


def absolute(m: Any, x: Any) -> Any:
    return abs(x)


def forgotten(m: Any, x: Any) -> Any:
    x**3


def same(m: Any, x: Any) -> Any:
    return 3.0


def unnamed_space(x: Any) -> Any:
    return x


def any_number(m: Any, *x: Any) -> Any:
    return x[0]


def logarithm(m: Any, x: Any) -> Any:
    return m.log(x)


def logarithm_derivatives(m: Any, y: Any, x: Any) -> Any:
    return (1 / x,)


def product(m: Any, a: Any, b: Any) -> Any:
    return a * b


def swapped(m: Any, y: Any, a: Any, b: Any) -> Any:
    return a, b


def tanh(m: Any, x: Any) -> Any:
    return x


def add(m: Any, x: Any) -> Any:
    return x


def first(m: Any, x: Any) -> Any:
    return m.where(x > 0.0, x, -x, 0.0)


WHERE = r"branches on a number.*take m\.where\("
FUNCTIONS = r"take the functions of m, as m\.exp"
REFUSED: list[tuple[Any, Any, dict[str, Any], type[Exception], str]] = [
    (good, doubled, {}, ValueError, r"∂y/∂x of operation 'good' is wrong at x = .*: doubled gives .*, finite diff"),
    (product, swapped, {}, ValueError, r"∂y/∂a of operation 'product' is wrong at a = .*, b = .*order of the operands"),
    (good, no_tuple, {}, TypeError, r"no_tuple has to return a tuple with 1 .*with the comma; got a single number"),
    (good, too_many, {}, ValueError, r"too_many has to return one derivative .* for each of x, got 2"),
    (good, no_number, {}, TypeError, "the derivative of operation 'good' for x is no number: None"),
    (good, of_another, {}, TypeError, r"def of_another\(m, y, x\), got of_another\(m: .*a: "),
    (good, not_again, {}, TypeError, r"asks for m\.log1p: m has abs, cos, "),
    (good, math.sin, {}, TypeError, "needs two rules that are written with def.*sin> for its derivatives"),
    (lambda m, x: x, right, {}, TypeError, "needs two rules that are written with def"),
    (branches, right, {}, TypeError, WHERE),
    (largest_of, right, {}, TypeError, WHERE),
    (equals, right, {}, TypeError, "compares with == or !=: compare with <"),
    (by_math, right, {}, TypeError, FUNCTIONS),
    (absolute, right, {}, TypeError, FUNCTIONS),
    (by_numpy, right, {}, TypeError, "by_numpy can't be a rule .* and the functions of m: abs, cos"),
    (by_values, right, {}, TypeError, "by_values can't be a rule .* and the functions of m: abs, cos"),
    (endless, right, {}, TypeError, "recursion depth exceeded.*: a rule cannot call itself"),
    (remainder, right, {}, TypeError, r"it computes with \+ - \* / \*\*, comparisons"),
    (unknown, right, {}, TypeError, r"asks for m\.tan: m has abs, cos"),
    (two_for_one, right, {}, TypeError, r"gives m\.exp 2 operands: it takes 1"),
    (first, right, {}, TypeError, r"gives m\.where 4 operands: it takes 3"),
    (forgotten, right, {}, TypeError, "has to be computed from its operands, got None"),
    (same, right, {}, TypeError, r"has to be computed from its operands, got 3\.0"),
    (unnamed_space, right, {}, TypeError, r"def unnamed_space\(m, x\), got unnamed_space\(x: "),
    (any_number, right, {}, TypeError, "of a fixed number of operands"),
    (logarithm, logarithm_derivatives, {}, ValueError, r"has no number at x = -.*give a sample=\(low, high\)"),
    (tanh, right, {}, ValueError, "has a 'tanh' already.*choose another"),
    (add, right, {}, ValueError, "has a 'add' already"),
    (good, right, {"text": "{1}³"}, ValueError, r"text of operation 'good' has \{0\} for its first"),
    (good, right, {"latex": "{0}^{3}"}, ValueError, r"latex of operation .*any other brace is doubled"),
    (good, right, {"sample": (3.0, -3.0)}, ValueError, r"sample of operation 'good' is an interval \(low, high\)"),
    (good, right, {"sample": ((0.0, 1.0), (0.0, 1.0))}, ValueError, "one for each, got"),
    (good, right, {"constants": 1}, ValueError, "from 0 to 0 of them can be constants, got constants=1"),
]  # fmt: skip


def test_the_sample_may_be_for_all_or_one_for_each() -> None:
    samples: list[Any] = [(0.5, 3.0), ((0.5, 3.0),), [[0.5, 3]]]
    for sample in samples:
        assert operation(derivatives=logarithm_derivatives, sample=sample)(logarithm).sample == ((0.5, 3.0),)


@pytest.mark.parametrize("name", ["input", "parameter", "constant", "unrecorded"])
def test_the_name_of_a_leaf_is_taken(name: str) -> None:
    def value(m: Any, x: Any) -> Any:
        return x * x

    def derivatives(m: Any, y: Any, x: Any) -> Any:
        return (2.0 * x,)

    value.__name__ = name
    with pytest.raises(ValueError, match=f"microgradnet has a '{name}' already"):
        operation(derivatives=derivatives)(value)
    assert copy.deepcopy(Value(1.0)).data == 1.0


def test_an_operation_of_ones_own_is_an_activation_by_its_name(functions: Own) -> None:
    assert Neuron(1, "cube")([2.0]).op is Neuron(1, functions["cube"])([2.0]).op is functions["cube"]
