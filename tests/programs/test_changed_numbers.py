"""Numbers that are changed, missing, infinite or not asked for: what can be answered is, the rest says why not."""

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnet import (
    DomainError,
    StaleGraphError,
    Value,
    grad,
    gradcheck,
    hessian,
    logsumexp,
    no_grad,
    softmax,
)
from microgradnet.losses import cross_entropy
from tests.strategies import altered, each_row, five_point

INF = math.inf


def passes(root: Value, leaf: Value) -> list[Callable[[], object]]:
    """The ways to a gradient that give a number."""
    return [root.backward, lambda: list(root.backward_steps()), lambda: grad(root, leaf)]


# The slope of a loss by nudging a result


def layers(values: list[Value], from_layer: int, b: Value) -> Value:
    """The loss, from the results of some layer on: h ← sin(h)·b + h, layer by layer."""
    h = values[from_layer]
    for layer in range(from_layer + 1, 6):
        h = h.sin() * b + h
        del values[layer:]
        values.append(h)
    return h * h


@given(x=st.floats(-2.0, 2.0), b=st.floats(-1.0, 1.0), depth=st.integers(0, 5))
def test_a_slope_by_nudging_the_result_of_any_layer(x: float, b: float, depth: int) -> None:
    values, slope = [Value(x)], Value(b)
    loss = layers(values, 0, slope)
    h = values[depth]
    expected, at = grad(loss, h), h.data

    def nudged(number: float) -> float:
        h.data = number
        return layers(values, depth, slope).data

    assert five_point(nudged, at) == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_the_lectures_way_to_nudge() -> None:
    a, b, c, f = Value(2.0), Value(-3.0), Value(10.0), Value(-2.0)
    d = a * b + c
    before = (d * f).data
    d.data += 0.001
    assert d.data == 4.001
    assert ((d * f).data - before) / 0.001 == pytest.approx(-2.0)


def test_only_a_pass_through_a_nudged_node_is_stale() -> None:
    a, b = Value(2.0, "a"), Value(3.0, "b")
    d = a * b
    d.label = "d"
    older, elsewhere = d * 5, a * 7 + b
    d.data = 1.0
    newer = d * 5 + a
    assert (d.data, newer.data) == (1.0, 7.0)
    elsewhere.backward()
    newer.detach().backward()
    (d.detach() * a).backward()
    assert (a.grad, b.grad) == (8.0, 1.0)
    for root in (d, older, newer, newer * older):
        for use in passes(root, a):
            with pytest.raises(StaleGraphError, match=r"label='d'") as caught:
                use()
            assert "detach" in str(caught.value) or "compute" in str(caught.value)
    assert (a.grad, b.grad, d.grad) == (8.0, 1.0, 0.0)
    (a * b).backward()
    assert (a.grad, b.grad) == (11.0, 3.0)


# A result that was not recorded


def test_backward_of_what_was_made_in_no_grad_says_where_it_was_cut() -> None:
    x = Value(3.0, "x")
    with no_grad():
        y = x * x
        z = y.exp()
    for root in (y, z):
        for use in passes(root, x):
            with pytest.raises(Exception, match="no_grad"):
                use()
    assert (x.grad, y.grad) == (0.0, 0.0)


def test_what_was_made_in_no_grad_is_a_number_to_all_else() -> None:
    x, w = Value(3.0), Value(2.0)
    with no_grad():
        target, leaf = x * x, Value(4.0)
    ((w * target - 1) ** 2).backward()
    leaf.backward()
    target.detach().backward()
    assert (w.grad, x.grad, leaf.grad) == (2 * 17.0 * 9.0, 0.0, 1.0)


# Derivatives that nobody asks for


def test_a_power_of_a_negative_number_has_the_derivative_asked_for() -> None:
    a, n = Value(-2.0, "a"), Value(2.0, "n")
    assert grad(a**n, a) == -4.0
    assert grad(a**n, [a]) == [-4.0]


@given(a=st.floats(-3.0, -0.1) | st.just(0.0), n=st.integers(2, 5))
def test_first_and_second_derivatives_of_whole_powers(a: float, n: int) -> None:
    base, exponent = Value(a), Value(n)
    y = base**exponent
    slope = grad(y, base, create_graph=True)
    assert (grad(y, base), slope.data) == pytest.approx((n * a ** (n - 1),) * 2)
    assert grad(slope, base) == pytest.approx(n * (n - 1) * a ** (n - 2))
    assert hessian(y, base) == [[pytest.approx(n * (n - 1) * a ** (n - 2))]]
    assert y.grad == base.grad == exponent.grad == 0.0


def test_asked_for_it_is_an_error() -> None:
    a, m = Value(-2.0, "a"), Value(1.0, "m")
    n = m + 1
    y = a**n
    for asked in (n, m, [a, n], [a, m]):
        with pytest.raises(DomainError, match=r"a = -2\.0"):
            grad(y, asked)
        with pytest.raises(DomainError):
            grad(y, asked, create_graph=True)
    with pytest.raises(DomainError):
        y.backward()
    assert grad(y, a) == -4.0


def test_a_branch_that_nobody_asks_about_does_not_fail_the_others() -> None:
    edge, w = Value(0.0), Value(2.0)
    y = edge.sqrt() + w * w
    assert grad(y, w) == 4.0
    assert hessian(y, w) == [[2.0]]
    with pytest.raises(DomainError):
        grad(y, [w, edge])


# A rule with too few or too many derivatives


def too_few(right: tuple[Any, ...]) -> tuple[Any, ...]:
    return right[:-1]


def too_many(right: tuple[Any, ...]) -> tuple[Any, ...]:
    return (*right, *[1.0] * 3)


@each_row
@pytest.mark.parametrize("change", [too_few, too_many])
def test_a_rule_gives_one_derivative_for_each_operand(
    row: Any, change: Callable[[tuple[Any, ...]], tuple[Any, ...]]
) -> None:
    def derivatives(m: Any, y: Any, *operands: Any) -> tuple[Any, ...]:
        return change(row.derivatives(m, y, *operands))

    with pytest.raises(ValueError, match=r"gives \d derivatives of .* needs \d"):
        altered(row, derivatives)


# Infinities that mean something


def test_logsumexp_at_infinity() -> None:
    for numbers, expected in (
        ([-INF, -INF], -INF), ([-INF], -INF), ([INF, 1.0], INF), ([1.0, INF], INF), ([INF, -INF], INF),
        ([INF, INF], INF), ([-INF, 1.0], 1.0), ([1.0, -INF], 1.0),
    ):  # fmt: skip
        assert logsumexp(numbers) == expected
        assert logsumexp([Value(x) for x in numbers]).data == expected


MASKED = st.lists(st.tuples(st.floats(-5.0, 5.0), st.booleans()), min_size=2, max_size=6).filter(
    lambda entries: sum(not masked for _, masked in entries) >= 2
)


@given(MASKED)
def test_a_mask_leaves_the_others_as_without_it(entries: list[tuple[float, bool]]) -> None:
    scores = [Value(-INF if masked else x) for x, masked in entries]
    kept = [score for score in scores if score.data != -INF]
    alone = [Value(score.data) for score in kept]
    shares: Any = softmax(scores)
    without: Any = softmax(alone)
    left = iter(y.data for y in without)
    assert [y.data for y in shares] == pytest.approx([0.0 if masked else next(left) for _, masked in entries])
    assert logsumexp(scores).data == pytest.approx(logsumexp(alone).data)
    assert grad(logsumexp(scores), scores) == pytest.approx([y.data for y in shares])
    for index, right in enumerate(without):
        place = scores.index(kept[index])
        assert grad(shares[place], kept) == pytest.approx(grad(right, alone), abs=1e-12)
        loss, plain = cross_entropy(scores, place), cross_entropy(alone, index)
        assert loss.data == pytest.approx(plain.data)
        assert grad(loss, kept) == pytest.approx(grad(plain, alone))
        loss.backward()
        assert all(math.isfinite(score.grad) for score in scores)


def test_a_class_masked_by_minus_infinity() -> None:
    assert cross_entropy([1, -INF, 2], 0) == pytest.approx(math.log(1 + math.e))
    assert softmax([-INF, 0.0, 0.0]) == [0.0, 0.5, 0.5]


@pytest.mark.parametrize("after", [lambda v: v, lambda v: v * v, lambda v: v.sin()])
@pytest.mark.parametrize("x", [0.0, 1e-3, 0.3, -1.0])
def test_rounding_beside_a_large_constant_does_not_make_a_right_gradient_wrong(
    after: Callable[[Value], Value], x: float
) -> None:
    """Rounding inside counts too: (10⁸ + x) − 10⁸ is rounded to 1.5e-8, though its result is small."""
    report = gradcheck(lambda v: after((1e8 + v) - 1e8), [x])
    assert not report.wrong, report
