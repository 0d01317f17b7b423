"""`grad`, `jacobian`, `hessian`: derivatives as results, of any order, that leave the graph as it was."""

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from microgradnet import (
    DomainError,
    StaleGraphError,
    Value,
    constant,
    dot,
    erf,
    erfc,
    exp,
    gelu,
    gelu_tanh,
    grad,
    hessian,
    jacobian,
    log,
    logsumexp,
    no_grad,
    sigmoid,
    silu,
    softmax,
    softplus,
    sqrt,
    tanh,
    weighted_sum,
)
from microgradnet.graph import Graph, topological_order
from tests.strategies import Program, partial_difference, programs


def same(*expected: float) -> Any:
    return pytest.approx(list(expected), rel=1e-12, abs=1e-12)


def s(x: float) -> float:
    return 1 / (1 + math.exp(-x))


THIRD: dict[str, tuple[Callable[[Value], Value], Callable[[float], float]]] = {
    "exp": (exp, math.exp),
    "log": (log, lambda x: 2 / x**3),
    "sqrt": (sqrt, lambda x: 0.375 * x**-2.5),
    "sin": (lambda x: x.sin(), lambda x: -math.cos(x)),
    "cos": (lambda x: x.cos(), math.sin),
    "1/x": (lambda x: 1 / x, lambda x: -6 / x**4),
    "x⁵": (lambda x: x**5, lambda x: 60 * x**2),
    "x**-2": (lambda x: x**-2, lambda x: -24 * x**-5),
    "x*x*x": (lambda x: x * x * x, lambda x: 6.0),
    "2ˣ": (lambda x: 2**x, lambda x: math.log(2) ** 3 * 2**x),
    "xˣ": (lambda x: x**x, lambda x: x**x * ((1 + math.log(x)) ** 3 + 3 * (1 + math.log(x)) / x - x**-2)),
    "tanh": (tanh, lambda x: (1 - math.tanh(x) ** 2) * (6 * math.tanh(x) ** 2 - 2)),
    "sigmoid": (sigmoid, lambda x: s(x) * (1 - s(x)) * (1 - 6 * s(x) + 6 * s(x) ** 2)),
    "softplus": (softplus, lambda x: s(x) * (1 - s(x)) * (1 - 2 * s(x))),
    "erf": (erf, lambda x: 2 / math.sqrt(math.pi) * (4 * x * x - 2) * math.exp(-x * x)),
    "gelu": (gelu, lambda x: math.exp(-x * x / 2) / math.sqrt(2 * math.pi) * (x**3 - 4 * x)),
    "−x": (lambda x: -x, lambda x: 0.0),
    "relu": (lambda x: x.relu() * x * x, lambda x: 6.0),
    "weighted sum": (lambda x: weighted_sum([x, x * x], [x * x, x], x), lambda x: 12.0),
}


@pytest.mark.parametrize("name", THIRD)
@given(x=st.floats(0.1, 3.0))
def test_third_derivatives_have_their_closed_form(name: str, x: float) -> None:
    function, third = THIRD[name]
    v = Value(x)
    first = grad(function(v), v, create_graph=True)
    second = grad(first, v, create_graph=True)
    assert grad(second, v) == pytest.approx(third(x), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("function", [silu, gelu_tanh, lambda x: logsumexp([x, 1.0, x * x])])
@pytest.mark.parametrize("x", [-2.5, -0.3, 0.0, 1.7])
def test_third_derivatives_agree_with_differences_of_the_second(function: Callable[[Value], Value], x: float) -> None:
    def second(point: tuple[float, ...]) -> float:
        v = Value(point[0])
        return hessian(function(v), [v])[0][0]

    v = Value(x)
    slope = grad(function(v), v, create_graph=True)
    third = grad(grad(slope, v, create_graph=True), v)
    assert third == pytest.approx(partial_difference(second, (x,), 0), rel=1e-6, abs=1e-7)


def gradients(root: Value) -> list[tuple[Value, float, str]]:
    return [(node, node.grad, repr(node)) for node in topological_order(root)]


@given(programs(most_steps=6))
def test_grad_agrees_with_backward_and_leaves_every_grad_as_it_was(program: Program) -> None:
    leaves = [Value(x) for x in program.point]
    root = program.record(leaves)
    before = gradients(root)
    found = grad(root, leaves)
    assert gradients(root) == before
    root.backward()
    assert found == [leaf.grad for leaf in leaves]
    after = gradients(root)
    graphs = grad(root, leaves, create_graph=True)
    assert [graph.data for graph in graphs] == pytest.approx(found, rel=1e-12, abs=1e-12)
    assert gradients(root) == after


def test_grad_leaves_every_grad_as_it_was_also_when_it_fails() -> None:
    x, y = Value(0.0, "x"), Value(2.0, "y")
    (x * 3 + y).backward()
    bad = x.sqrt() * y + y * 5
    before = gradients(bad)
    with pytest.raises(DomainError):
        grad(bad, [x, y])
    with pytest.raises(DomainError):
        grad(bad, [x, y], create_graph=True)
    assert gradients(bad) == before
    x.data = 1.0
    with pytest.raises(StaleGraphError):
        grad(bad, x)
    assert [(node, g) for node, g, _ in gradients(bad)] == [(node, g) for node, g, _ in before]


def test_inputs_may_be_computed_repeated_foreign_or_the_output() -> None:
    x, stranger = Value(3.0), Value(1.0)
    x.grad, stranger.grad = 5.0, 7.0
    h = x * x
    y = h * h
    assert grad(y, [h, x, x, stranger, y]) == [18.0, 108.0, 108.0, 0.0, 1.0]
    assert grad(y, h) == 18.0
    assert grad(x, x) == 1.0
    assert grad(y, []) == []
    assert grad(grad(y, stranger, create_graph=True), stranger) == 0.0
    assert all(type(g) is float for g in grad(y, [x, stranger]))
    assert (x.grad, stranger.grad) == (5.0, 7.0)


def test_the_graph_of_a_derivative_has_no_node_that_adds_to_zero() -> None:
    x = Value(3.0)
    assert len(Graph(grad(x * x, x, create_graph=True))) == 6  # the 2·x of x·x: 1·x + 1·x


def test_what_is_not_a_value_is_refused() -> None:
    x = Value(1.0)
    wrong: list[tuple[Any, Any]] = [(2.0, x), (x, 3.0), (x, [x, 3.0])]
    for output, inputs in wrong:
        with pytest.raises(TypeError, match=r"Value|iterable"):
            grad(output, inputs)


def test_mixed_derivatives_and_a_gradient_penalty() -> None:
    x, w = Value(0.7), Value(-1.3)
    slope = grad((w * x).tanh(), x, create_graph=True)
    penalty = (slope - 1) ** 2
    penalty.backward()
    t = math.tanh(w.data * x.data)
    d = 1 - t * t
    assert w.grad == pytest.approx(2 * (w.data * d - 1) * (d - 2 * w.data * t * d * x.data))


def test_jacobian_of_softmax_is_its_closed_form() -> None:
    xs = [Value(x) for x in (0.3, -1.2, 2.0, 700.0, 701.0)]
    ys: Any = softmax(xs)
    p = [y.data for y in ys]
    assert sum(p) == pytest.approx(1.0)
    for i, row in enumerate(jacobian(ys, xs)):
        assert row == same(*(p[i] * ((i == j) - p[j]) for j in range(5)))


def test_jacobian_of_polar_coordinates() -> None:
    r, angle = Value(2.0), Value(0.5)
    J = jacobian([r * angle.cos(), r * angle.sin()], [r, angle])
    assert J[0] == same(math.cos(0.5), -2 * math.sin(0.5))
    assert J[1] == same(math.sin(0.5), 2 * math.cos(0.5))


def test_hessian_of_a_quadratic_form_is_its_matrix() -> None:
    A = [[2.0, -1.0, 0.5], [-1.0, 3.0, 0.0], [0.5, 0.0, -4.0]]
    x = [Value(1.0), Value(-2.0), Value(0.25)]
    form: Any = dot(x, [dot(row, x) for row in A]) / 2
    assert hessian(form, x) == [same(*row) for row in A]


def test_hessian_of_rosenbrock() -> None:
    x, y = Value(-1.2), Value(1.0)
    f = (1 - x) ** 2 + 100 * (y - x * x) ** 2
    assert hessian(f, [x, y]) == [same(2 - 400 * (1 - 3 * 1.44), 480.0), same(480.0, 200.0)]


@given(programs(most_steps=5))
def test_a_hessian_is_symmetric(program: Program) -> None:
    leaves = [Value(x) for x in program.point]
    try:
        H = hessian(program.record(leaves), leaves)
    except DomainError:
        assume(False)
    size = max(1.0, *(abs(h) for row in H for h in row))
    for i, row in enumerate(H):
        assert row == pytest.approx([H[j][i] for j in range(len(H))], rel=1e-8, abs=1e-9 * size)


def test_a_derivative_beyond_a_float_is_an_error_not_an_infinity() -> None:
    x = Value(1e-300, "x")
    y = x * 1e200 * 1e200
    with pytest.raises(DomainError, match=r"the derivative of a \* b"):
        grad(y, x)
    with pytest.raises(DomainError, match=r"the derivative of a \* b"):
        grad(y, x, create_graph=True)
    assert gradients(y)[0][1] == 0.0


def test_a_graph_that_is_asked_for_is_recorded_also_inside_no_grad() -> None:
    x, zero = Value(2.0), Value(0.0)
    y, root = x**3, zero.sqrt()
    with no_grad():
        slope = grad(y, x, create_graph=True)
        assert (slope.data, grad(slope, x), hessian(y, [x])) == (12.0, 12.0, [[12.0]])
        with pytest.raises(DomainError):
            grad(root, zero, create_graph=True)
        assert not (x * x).operands, "all else is not"
    assert (x * x).operands


def test_a_constant_is_no_input() -> None:
    """Rules take it as a number: of 3·x·x, the derivative in the 3 would be right once and 0 from then on."""
    x, three = Value(2.0), constant(3.0)
    for use in (grad, hessian, lambda y, inputs: jacobian([y], inputs)):
        with pytest.raises(ValueError, match=r"^Value\(data=3\.0\) is a constant.*make it a Value\(…\) or a parameter"):
            use(x**three, [x, three])
    assert grad(three, x) == 0.0


def test_the_softmax_of_huge_equal_numbers_is_even() -> None:
    """Where the logarithm of 2 is lost beside 1e16, e^(x − logsumexp) alone is 1 for each of two."""
    for size in (0.0, 700.0, 1e16, -1e16, 1e300):
        xs = [Value(size), Value(size)]
        shares: Any = softmax(xs)
        assert [y.data for y in shares] == softmax([size, size]) == [0.5, 0.5]
        assert grad(logsumexp(xs), xs) == [0.5, 0.5]
        for H in (jacobian(shares, xs), hessian(logsumexp(xs), xs)):
            assert H == [[0.25, -0.25], [-0.25, 0.25]]


def test_the_hessian_of_logsumexp_is_its_closed_form() -> None:
    xs = [Value(x) for x in (0.3, -1.2, 2.0)]
    p = [y / sum(map(math.exp, (0.3, -1.2, 2.0))) for y in map(math.exp, (0.3, -1.2, 2.0))]
    H = hessian(logsumexp(xs), xs)
    assert [same(*(p[i] * ((i == j) - p[j]) for j in range(3))) for i in range(3)] == H


@pytest.mark.parametrize("function", [erf, erfc, gelu, gelu_tanh])
def test_derivatives_of_any_order_in_flat_tails(function: Callable[[Value], Value]) -> None:
    for size in (1e3, 1e200):
        for x in (Value(size), Value(-size)):
            slope = grad(function(x), x, create_graph=True)
            assert slope.data == grad(function(x), x)
            assert (slope.data, grad(slope, x)) == (float(function in {gelu, gelu_tanh} and x > 0), 0.0)


def test_the_third_derivative_of_erf_at_0() -> None:
    """Cut off by way of |x|, whose derivative at 0 is taken as 0, it would be 0."""
    x = Value(0.0)
    second = grad(grad(erf(x), x, create_graph=True), x, create_graph=True)
    assert grad(second, x) == pytest.approx(-4 / math.sqrt(math.pi))


def test_a_single_value_is_a_list_of_one() -> None:
    x = Value(3.0)
    assert jacobian(x * x, x) == [[6.0]]
    assert hessian(x * x, x) == [[2.0]]


def test_an_error_of_grad_names_the_path_from_the_result() -> None:
    a, b = Value(-2.0, "a"), Value(0.5, "b")
    loss = (a ** Value(2.0, "n")) * b
    loss.label = "loss"
    for fails in (loss.backward, lambda: grad(loss, loss.operands[0].operands[1])):
        with pytest.raises(DomainError, match=r"Path from the result: loss → general_power\."):
            fails()


def test_a_weighted_sum_of_single_values_is_refused() -> None:
    with pytest.raises(TypeError, match="a weighted sum takes a list of weights and a list of inputs, got Value"):
        weighted_sum(Value(1.0), Value(2.0))
