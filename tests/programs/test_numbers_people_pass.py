"""What people hand to values: NumPy's bools and arrays, None for a gradient, generators, and `==` with a number."""

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnet import (
    MLP,
    Value,
    draw,
    grad,
    gradcheck,
    hessian,
    jacobian,
    page,
    parameter,
    softmax,
    step_through,
    unroll,
    weighted_sum,
)
from microgradnet.losses import binary_cross_entropy, squared_error
from microgradnet.optim import OPTIMIZERS

ARITHMETIC: list[Callable[[Any, Any], Any]] = [
    operator.add, operator.sub, operator.mul, operator.truediv, operator.pow,
]  # fmt: skip
each_operator = pytest.mark.parametrize("operation", ARITHMETIC, ids=lambda f: f.__name__)
NUMBERS = st.floats(0.5, 3.0)

# NumPy's bools


@pytest.mark.parametrize("truth", [np.bool_(True), np.bool_(False)])
def test_a_numpy_bool_is_the_number_that_pythons_is(truth: Any) -> None:
    x: Any = Value(2.0)
    results = [Value(truth), x * truth, truth * x, x + truth, truth - x, x**truth]
    plain = [1.0 * truth, 2.0 * truth, 2.0 * truth, 2.0 + truth, truth - 2.0, 2.0 ** float(truth)]
    assert [y.data for y in results] == plain
    assert {(type(y), type(y.data)) for y in results} == {(Value, float)}
    x.data = truth
    assert (x.data, x >= truth, truth <= x) == (float(truth), True, True)


def test_targets_from_a_comparison_of_an_array() -> None:
    X = np.array([[0.5, -1.0], [-0.25, 2.0], [1.5, 0.0]])
    y = X[:, 0] > 0
    model = MLP(2, [3, 1], "tanh", seed=1)
    by_bools: Any = sum((model(x) - target) ** 2 for x, target in zip(X, y, strict=True))
    by_floats: Any = sum((model(x) - float(target)) ** 2 for x, target in zip(X, y, strict=True))
    assert by_bools.data == by_floats.data
    assert model(y[:2]).data == model([1.0, 0.0]).data


@pytest.mark.parametrize("loss", [squared_error, binary_cross_entropy])
@pytest.mark.parametrize("truth", [np.bool_(True), np.bool_(False)])
def test_losses_take_a_numpy_bool_as_the_target(loss: Callable[[Any, Any], Any], truth: Any) -> None:
    y = Value(0.25)
    assert loss(y, truth).data == loss([y], np.array([truth])).data == loss(y, float(truth)).data
    assert grad(loss(y, truth), y) == grad(loss(y, float(truth)), y)


# Arrays on the left: there the array is what the person began with


@each_operator
@given(numbers=st.lists(NUMBERS, min_size=1, max_size=4), number=NUMBERS)
def test_an_array_on_the_left_gives_an_array_of_values(
    operation: Callable[[Any, Any], Any], numbers: list[float], number: float
) -> None:
    v = Value(number)
    result = operation(np.array(numbers), v)
    assert (type(result), result.dtype, result.shape) == (np.ndarray, object, (len(numbers),))
    for y, x in zip(result, numbers, strict=True):
        assert (type(y), type(y.data)) == (Value, float)
        assert y.data == pytest.approx(operation(x, number), rel=1e-15)
        assert grad(y, v) == grad(operation(x, v), v)


@each_operator
@given(numbers=st.lists(NUMBERS, min_size=1, max_size=4), number=NUMBERS)
def test_an_array_of_values_on_the_left(
    operation: Callable[[Any, Any], Any], numbers: list[float], number: float
) -> None:
    values, v = [Value(x) for x in numbers], Value(number)
    result = operation(np.array(values), v)
    assert (result.dtype, result.shape) == (object, (len(values),))
    for y, x in zip(result, values, strict=True):
        expected = operation(x, v)
        assert (y.data, grad(y, [x, v])) == (expected.data, grad(expected, [x, v]))


def test_arrays_of_every_kind_and_shape() -> None:
    v = Value(3.0)
    arrays: list[Any] = [
        np.arange(4),
        np.arange(6.0).reshape(2, 3),
        np.array([True, False]),
        np.array([[0.5]], np.float32),
    ]
    for array in arrays:
        result: Any = array * v
        assert result.shape == array.shape
        assert [y.data for y in result.flat] == [3.0 * x for x in array.flat]
    scalar: Any = np.float64(2.0) * v
    assert type(scalar) is Value, "a scalar of NumPy is a number, not an array"


def test_targets_less_a_prediction() -> None:
    model, targets = MLP(1, [2, 1], "tanh", seed=2), np.array([1.0, -1.0, 0.5])
    prediction = model([0.3])
    loss: Any = ((targets - prediction) ** 2).sum()
    loss.backward()
    found = [p.grad for p in model.parameters()]
    model.zero_grad()
    by_hand: Any = sum((t - prediction) ** 2 for t in targets.tolist())
    by_hand.backward()
    assert found == pytest.approx([p.grad for p in model.parameters()])
    assert loss.data == pytest.approx(by_hand.data)


@pytest.mark.parametrize("compare", [operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne])
def test_comparing_an_array_with_a_value_compares_its_elements(compare: Callable[[Any, Any], Any]) -> None:
    array = np.array([1.0, 2.0, 3.0])
    assert compare(array, Value(2.0)).tolist() == compare(array, 2.0).tolist()


@pytest.mark.parametrize("name", ["exp", "log", "sqrt", "sin", "cos", "tanh", "negative", "absolute"])
def test_functions_of_numpy_record_a_graph(name: str) -> None:
    v = Value(0.5)
    y: Any = getattr(np, name)(v)
    assert type(y) is Value
    assert y.data == pytest.approx(getattr(np, name)(0.5))
    assert grad(y, v) == pytest.approx((getattr(np, name)(0.5 + 1e-6) - getattr(np, name)(0.5 - 1e-6)) / 2e-6)


@each_operator
@pytest.mark.parametrize("array", [np.array([1.0, 2.0]), np.array([Value(1.0), Value(2.0)])], ids=["numbers", "values"])
def test_an_array_on_the_right_is_refused_with_the_remedy(operation: Callable[[Any, Any], Any], array: Any) -> None:
    with pytest.raises(TypeError, match=r"\[v \* x for x in numbers\]"):
        operation(Value(2.0), array)


# Comparing with a number


@given(x=st.floats(), number=st.floats() | st.integers(-5, 5) | st.booleans() | st.just(np.float64(2.0)))
def test_equality_with_a_number_is_that_of_the_number(x: float, number: Any) -> None:
    v = Value(x)
    assert (bool(v == number), bool(number == v)) == (x == number,) * 2
    assert (bool(v != number), bool(number != v)) == (x != number,) * 2
    assert (Value(number) == number) is (not math.isnan(number))


def test_a_computed_value_equals_its_number() -> None:
    y: Any = Value(2.0) * 3
    assert y == 6
    assert y == np.float64(6.0) == y
    assert y == np.int64(6)
    assert (y != 6, y != 7) == (False, True)
    assert y in [5.0, 6.0]
    assert y not in (5.0, 7)
    assert (y <= 6, y >= 6, y == 6) == (True, True, True)


@given(st.floats())
def test_between_values_equality_is_identity(x: float) -> None:
    a, b = Value(x), Value(x)
    assert (a == a, a == b, a != a, a != b) == (True, False, False, True)  # noqa: PLR0124
    assert {a: "a", b: "b"}[b] == "b"
    assert {a, b, a} == {b, a}
    assert len({a, b, a}) == 2
    assert hash(a) == object.__hash__(a)
    assert (a in [b], b in [a, b], [a, b].index(b), [b, a, b].count(b)) == (False, True, 1, 2)


@pytest.mark.parametrize("other", [None, "x", "2.0", [], (), {}, object(), 2j, Value])
def test_what_is_no_number_is_not_equal(other: Any) -> None:
    v = Value(2.0, "x")
    assert (v == other, other == v, v != other, other != v) == (False, False, True, True)


# p.grad = None


def optimised(w: Value, y: Value) -> None:
    for kind in OPTIMIZERS.values():
        before = w.data
        kind([w], lr=0.1, weight_decay=0.0).step()
        assert w.data == before, "a gradient of zero"


USES: dict[str, Callable[[Value, Value], object]] = {
    "backward": lambda w, y: y.backward(),
    "steps": lambda w, y: list(map(str, y.backward_steps())),
    "forward steps": lambda w, y: list(map(str, y.forward_steps())),
    "draw": lambda w, y: draw(y).dot,
    "page": lambda w, y: page(y).html,
    "grad": lambda w, y: grad(y, w),
    "check": lambda w, y: str(gradcheck(y)),
    "unroll": lambda w, y: unroll(y),
    "step through": lambda w, y: step_through(y, ["continue", "print w"]),
    "optimisers": optimised,
}


@pytest.mark.parametrize("use", USES.values(), ids=USES.keys())
def test_a_gradient_of_none_is_as_zeroed(use: Callable[[Value, Value], object]) -> None:
    none: Any = None
    w, zeroed = parameter(2.0, "w"), parameter(2.0, "w")
    y, twin = w * w, zeroed * zeroed
    twin.zero_grad()
    w.grad = y.grad = none
    assert use(w, y) == use(zeroed, twin)
    assert (w.grad or 0.0) == zeroed.grad
    assert repr(w) == repr(zeroed)


def test_the_familiar_loop_with_none() -> None:
    none: Any = None
    w = parameter(5.0)
    for _ in range(50):
        loss = (w * 2 - 3) ** 2
        w.grad = none
        loss.backward()
        w.data -= 0.1 * w.grad
    assert w.data == pytest.approx(1.5)


# Other things in place of those asked for


def labelled_3() -> Value:
    x: Any = Value(2.0)
    x.label = 3
    y: Value = x * 2
    return y


SHOWN: list[Callable[[], object]] = [
    lambda: draw(labelled_3()).dot, lambda: list(map(str, labelled_3().forward_steps())),
    lambda: page(labelled_3()).html, lambda: unroll(labelled_3()),
]  # fmt: skip


@pytest.mark.parametrize("use", SHOWN)
def test_a_label_that_is_no_text_is_refused_at_the_latest_where_it_is_shown(use: Callable[[], object]) -> None:
    with pytest.raises(TypeError, match=r"a label is a str, got 3"):
        use()


def test_generators_serve_as_lists() -> None:
    model = MLP(1, [1], "tanh", "tanh", seed=1)
    loss = squared_error(model([0.5]), 1.0)
    H = hessian(loss, (p for _, p in model.named_parameters()))  # type: ignore[arg-type, unused-ignore]
    assert hessian(loss, model.parameters()) == H
    assert [len(row) for row in H] == [2, 2]
    J = jacobian((y for y in (loss, loss * 2)), (p for p in model.parameters()))  # type: ignore[arg-type, unused-ignore]
    assert jacobian([loss, loss * 2], model.parameters()) == J
    numbers = [0.5, -1.0, 2.0]
    values = [Value(x) for x in numbers]
    shares: Any = softmax(v for v in values)  # type: ignore[call-overload, unused-ignore]
    assert [y.data for y in shares] == softmax(numbers) == softmax(x for x in numbers)  # type: ignore[call-overload, unused-ignore]
    total = weighted_sum((v for v in values), (x for x in numbers))  # type: ignore[call-overload, unused-ignore]
    assert total.data == 5.25


@pytest.mark.parametrize("point", [3.0, 3, np.float64(3.0), Value(3.0)])
def test_gradcheck_at_a_plain_number_checks_or_says_what_to_write(point: Any) -> None:
    try:
        said = str(gradcheck(lambda x: x * x, point))
    except TypeError as refused:
        said = str(refused)
    assert "all gradients agree" in said or "[" in said
