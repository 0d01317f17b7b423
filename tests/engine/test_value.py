"""`Value`: which numbers it takes, what its operators give, and how `backward` accumulates."""

import math
import operator
import sys
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from microgradnet import DomainError, StaleGraphError, Value, exp, gradcheck, maximum, no_grad
from microgradnet.ops import CONSTANT, floats
from microgradnet.optim import SGD
from tests.strategies import Program, programs

ARITHMETIC: list[Callable[[Any, Any], Any]] = [
    operator.add, operator.sub, operator.mul, operator.truediv, operator.pow,
    operator.iadd, operator.isub, operator.imul, operator.itruediv, operator.ipow,
]  # fmt: skip
COMPARISONS: list[Callable[[Any, Any], Any]] = [operator.lt, operator.le, operator.gt, operator.ge]
NUMBERS: list[Any] = [
    2, 2.5, True, Fraction(3, 4), np.float16(1.5), np.float32(0.1), np.float64(0.3), np.int64(3), np.uint8(7),
]  # fmt: skip
NO_NUMBERS: list[Any] = [
    "3.5", b"3", None, 1j, np.complex128(1j), [1, 2], (1.0,), {}, np.array([1.0, 2.0]), np.array(1.0),
    np.array([[1.0]]), np.array([Value(1.0)]), object(), float, math.nan.__add__,
]  # fmt: skip


@pytest.mark.parametrize("number", NUMBERS, ids=repr)
@pytest.mark.parametrize("operation", ARITHMETIC, ids=lambda f: f.__name__)
def test_operators_take_every_kind_of_number_on_both_sides(operation: Callable[..., Any], number: Any) -> None:
    x = Value(1.75)
    for y, expected in ((operation(x, number), operation(1.75, float(number))),
                        (operation(number, x), operation(float(number), 1.75))):  # fmt: skip
        assert type(y) is Value
        assert type(y.data) is float
        assert y.data == pytest.approx(expected, rel=1e-15)
        assert [operand.op for operand in y.operands].count(CONSTANT) == 1
        assert all(type(operand.data) is float for operand in y.operands)
    assert (x.data, x.operands) == (1.75, ())


@pytest.mark.parametrize("number", NUMBERS, ids=repr)
@pytest.mark.parametrize("compare", COMPARISONS, ids=lambda f: f.__name__)
def test_comparisons_are_plain_bools(compare: Callable[..., Any], number: Any) -> None:
    for left, right in ((Value(2.0), number), (number, Value(2.0)), (Value(2.0), Value(number))):
        assert compare(left, right) is compare(float(left), float(right))


@pytest.mark.parametrize("number", NUMBERS, ids=repr)
def test_data_is_always_a_python_float(number: Any) -> None:
    x = Value(number)
    assert type(x.data) is float
    x.data = number
    assert (type(x.data), x.data) == (float, float(number))


@pytest.mark.parametrize("wrong", NO_NUMBERS, ids=lambda wrong: type(wrong).__name__)
def test_what_is_not_one_number_is_refused_with_a_remedy(wrong: Any) -> None:
    x = Value(2.0)
    refused = r"^expected one real number \(int, float or a numpy scalar\), got "
    for use in (Value, lambda number: setattr(x, "data", number), x.backward):
        with pytest.raises(TypeError, match=refused):
            use(wrong)
    for operation in (*ARITHMETIC, *COMPARISONS):
        with pytest.raises(TypeError, match=refused):
            operation(x, wrong)
        if isinstance(wrong, np.ndarray):
            continue  # NumPy applies the operator to each element: see programs/test_numbers_people_pass.py
        with pytest.raises(TypeError, match=refused):
            operation(wrong, x)
    assert (x.data, x.grad) == (2.0, 0.0)


@pytest.mark.parametrize(
    ("wrong", "remedy"),
    [([1.0], "[Value(x) for x in numbers]"), (np.ones(2), "[v * x for x in numbers]"), ("3.5", "float(text)"),
     (Value(1.0), ".data"), (np.array(1.0), ".item()")],
)  # fmt: skip
def test_the_refusal_says_what_to_pass_instead(wrong: Any, remedy: str) -> None:
    with pytest.raises(TypeError) as caught:
        Value(wrong)
    assert remedy in str(caught.value)
    assert type(wrong).__name__ in str(caught.value)


def test_an_int_beyond_a_float_is_refused() -> None:
    x = Value(1.0)
    uses: list[Callable[[], Any]] = [lambda: Value(10**400), lambda: x + 10**400, lambda: setattr(x, "data", 10**400)]
    for use in uses:
        with pytest.raises(OverflowError, match=r"^int too large for a float, which ends at 1\.8e308: rescale it$"):
            use()
    assert Value(10**300).data == 1e300
    assert x.data == 1.0


def test_a_label_is_text() -> None:
    assert Value(1.0, label="a\n{|}").label == "a\n{|}"
    with pytest.raises(TypeError, match="a label is a str, and operands are Values, got 3"):
        Value(1.0, 3)  # type: ignore[arg-type]


def test_equality_and_hash_are_identity() -> None:
    a, b = Value(1.0), Value(1.0)
    assert a != b
    assert a == a  # noqa: PLR0124
    assert {a: "a", b: "b"}[b] == "b"
    assert len({a, b, a}) == 2


def test_truth_is_refused_and_names_the_remedy() -> None:
    with pytest.raises(TypeError, match=r"Value\(data=0\.0, label='x'\) is ambiguous: write `v\.data != 0`"):
        bool(Value(0.0, "x"))


def test_float_format_and_repr() -> None:
    x = Value(1e-6, "x")
    assert (float(x), f"{x:.2e}", f"{x}") == (1e-6, "1.00e-06", "Value(data=1e-06, label='x')")
    x.grad = 0.0
    assert repr(x) == "Value(data=1e-06, grad=0.0, label='x')"


def test_sum_and_sorting_work_as_on_numbers() -> None:
    a, b = Value(1.0), Value(2.0)
    total: Value = sum([a, b, 3])  # type: ignore[list-item,assignment]
    assert total.data == 6.0
    assert total.operands[0].operands == (a, b), "the 0 that sum starts from is no node"
    assert (max([a, b]), min([a, b]), sorted([b, a])) == (b, a, [a, b])


@pytest.mark.parametrize("zero", [0.0, np.float64(0.0), Fraction(0), False])
def test_a_zero_that_is_written_is_a_node(zero: Any) -> None:
    x = Value(-0.0)
    y = zero + x
    assert [operand.data for operand in y.operands] == [0.0, 0.0]
    assert math.copysign(1.0, y.data) == 1.0


def test_operators_make_one_node_each() -> None:
    a, b = Value(2.0), Value(3.0)
    for y, op, operands in (
        (a - b, "subtract", (a, b)), (-a, "negate", (a,)), (a / b, "divide", (a, b)), (a * a, "multiply", (a, a)),
    ):  # fmt: skip
        assert (y.op.name, y.operands, y._prev) == (op, operands, set(operands))
    assert +a is a


@given(programs())
def test_backward_is_the_chain_rule_on_any_graph(program: Program) -> None:
    """Against forward accumulation, which goes the other way through the same local derivatives."""
    leaves = [Value(x) for x in program.point]
    program.record(leaves).backward()
    for index in range(len(leaves)):

        def dual(row: Any, operands: tuple[Any, ...]) -> tuple[float, float]:
            pairs = [operand if isinstance(operand, tuple) else (operand, 0.0) for operand in operands]
            numbers = [number for number, _ in pairs]
            y = row.scalar(*numbers)
            partials = row.derivatives(floats, y, *numbers)
            return y, math.fsum(d * slope for d, (_, slope) in zip(partials, pairs, strict=False))

        seeds = [(x, float(i == index)) for i, x in enumerate(program.point)]
        _, slope = program.run(seeds, dual)
        assert leaves[index].grad == pytest.approx(slope, rel=1e-9, abs=1e-9)


def test_a_second_pass_adds_to_leaves_and_not_to_what_is_between() -> None:
    a = Value(3.0)
    h = a * a
    y = h * h
    for passes in (1, 2, 3):
        y.backward()
        assert (a.grad, h.grad, y.grad) == (108.0 * passes, 18.0, 1.0)
    y.zero_grad()
    assert (a.grad, h.grad, y.grad) == (0.0, 0.0, 0.0)
    y.backward(0.5)
    assert (a.grad, h.grad, y.grad) == (54.0, 9.0, 0.5)


def test_backward_of_a_leaf_accumulates() -> None:
    a = Value(3.0)
    a.backward()
    a.backward(2)
    assert (a.grad, type(a.grad)) == (3.0, float)


def test_a_changed_leaf_is_an_error_at_backward_and_not_before() -> None:
    a, b = Value(2.0, "a"), Value(3.0, "b")
    h = a * b
    y = h + b
    unrelated = b * b
    a.data = 5.0
    assert (h.data, (h + 1).data) == (6.0, 7.0)
    for stale in (h, y, y * 2, a * h):
        with pytest.raises(StaleGraphError, match="label='a'"):
            stale.backward()
    assert (a.grad, b.grad) == (0.0, 0.0)
    unrelated.backward()
    (a * b).backward()
    assert (a.grad, b.grad) == (3.0, 6.0 + 5.0)


def test_changing_unrelated_leaves_disturbs_nothing() -> None:
    a, b = Value(2.0), Value(3.0)
    y = a * a
    b.data = 7.0
    (y + b).backward()
    assert (a.grad, b.grad) == (4.0, 1.0)


@pytest.mark.parametrize("seed", [math.inf, -math.inf, math.nan])
def test_a_pass_starts_from_a_finite_gradient(seed: float) -> None:
    x = Value(2.0)
    for use in ((x * 3).backward, lambda grad: list((x * 3).backward_steps(grad))):
        with pytest.raises(ValueError, match=rf"^backward\(grad\) needs a finite number .* got {seed}$"):
            use(seed)
    assert x.grad == 0.0


def test_a_pass_through_a_number_that_was_written_over_is_stale() -> None:
    y = Value(2.0) * 3
    y.data = 1.0
    with pytest.raises(StaleGraphError, match=r"was changed after 'multiply' had computed it"):
        (y * 2).backward()
    free = y.detach()
    free.data = 5.0
    assert (free.data, y.data) == (5.0, 1.0)


@pytest.mark.parametrize("fail", [lambda x: x.sqrt(), lambda x: x**0.5, lambda x: (x + 1) ** (x + 1) * x ** Value(2.0)])
def test_a_failed_backward_leaves_the_leaves_as_they_were(fail: Callable[[Value], Value]) -> None:
    x, other = Value(0.0, "x"), Value(2.0)
    (x * 5 + other).backward()
    y = fail(x) * other
    with pytest.raises(DomainError, match=r"^the derivative of .* has no finite value at (x|a) = 0\.0"):
        (y + other * 3).backward()
    assert (x.grad, other.grad) == (5.0, 1.0)


def test_a_gradient_beyond_a_float_is_an_error_not_an_infinity() -> None:
    x = Value(1e-300, "x")
    y = x * 1e200 * 1e200
    assert y.data == pytest.approx(1e100)
    with pytest.raises(DomainError):
        y.backward()
    assert x.grad == 0.0


def test_no_grad_records_nothing_nests_and_ends_with_an_exception() -> None:
    x = Value(3.0)
    with no_grad():
        assert (x * x).operands == ()
        with no_grad():
            pass
        assert (x * x).operands == ()
    with pytest.raises(ZeroDivisionError), no_grad():
        raise ZeroDivisionError

    @no_grad()
    def squared(v: Value) -> Value:
        return v * v

    assert (squared(x).operands, squared(x).data, squared(x)._op) == ((), 9.0, "")
    assert squared.__wrapped__(x).operands == (x, x)  # type: ignore[attr-defined]


def test_detach_stops_the_gradient() -> None:
    x = Value(3.0, "x")
    y = x * (x * 2).detach()
    y.backward()
    assert x.grad == 6.0
    assert (x.detach().label, x.detach().grad) == ("x", 0.0)


def test_domain_errors_name_operation_operands_and_remedy() -> None:
    x = Value(-2.0, "voltage")
    for use, words in (
        (x.log, "log(x) has no finite value at x = -2.0 (voltage) (operation 'log', defined for x > 0)"),
        (
            lambda: x / 0,
            "a / b has no finite value at a = -2.0 (voltage), b = 0.0 (operation 'divide', defined for b ≠ 0)",
        ),
        (lambda: exp(x * -500), "exp(x) has no finite value at x = 1000.0"),
        (lambda: x * 5e307 * 10, "a * b has no finite value at a = -1e+308, b = 10.0"),
    ):
        with pytest.raises(DomainError) as caught:
            use()
        assert words in str(caught.value)
        assert "rescaling" in str(caught.value)


def test_the_recursion_limit_is_left_alone() -> None:
    before = sys.getrecursionlimit()
    assert gradcheck(lambda x: sum((x for _ in range(5000)), x) * 1e-3, [1.0])
    assert sys.getrecursionlimit() == before


def test_a_gradient_that_was_nan_before_is_not_blamed_on_this_pass() -> None:
    w = Value(1.0)
    (w * math.nan).backward()
    (w * 2).backward()
    assert math.isnan(w.grad)


def test_an_operand_that_repeats_is_there_twice() -> None:
    """Operands in a set: `x * x` and `a + a` lose one."""
    x = Value(3.0)
    assert [list(y.operands) for y in (x * x, x + x, x / x, x - x, x**x, maximum(x, x))] == [[x, x]] * 6


def test_a_step_of_learning_between_forward_and_backward_is_an_error() -> None:
    """Gradients are silently mixed from old and new numbers."""
    w = Value(2.0, "w")
    loss = (w * 3 - 1) ** 2
    w.data -= 0.1
    with pytest.raises(StaleGraphError, match=r"label='w'.*compute the result again"):
        loss.backward()
    assert w.grad == 0.0


def test_numpy_numbers_in_a_loop_leave_python_floats() -> None:
    """A stray np.float64 in `.data` halves the speed of all that follows."""
    x = Value(np.float64(2.0))
    x.data -= np.float64(0.5) * x.grad
    three: Any = np.float64(3.0)
    y = three * x + three
    y.backward(np.float64(1.0))
    assert {type(n) for n in (x.data, x.grad, y.data, y.grad)} == {float}


@pytest.mark.parametrize("gradient", ["a", [1.0], np.zeros(2), Value(1.0), 1j])
def test_a_gradient_that_is_no_number_is_refused_where_it_is_used(gradient: Any) -> None:
    v = Value(2.0, "v")
    y, v.grad = v * 3.0, gradient
    for use in (y.backward, lambda: list(y.backward_steps()), SGD([v], 0.1).step):
        with pytest.raises(TypeError, match=r"the gradient of Value.*label='v'.* is wrong: expected one real number"):
            use()
        assert v.grad is gradient
        assert v.data == 2.0
    v.grad = np.float64(1.0)
    y.backward()
    assert v.grad == 4.0


def test_no_gradient_yet_is_not_a_gradient_of_0() -> None:
    """A graph shown before `backward()` says `grad 0`, and learners are confused."""
    x = Value(2.0)
    y = x * 0
    assert "grad" not in repr(x) + repr(y)
    assert x.grad == 0.0
    y.backward()
    assert "grad=0.0" in repr(x), "this 0 was computed"
    y.zero_grad()
    assert "grad" not in repr(x)
