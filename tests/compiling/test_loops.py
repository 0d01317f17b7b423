"""Loops in compiled functions: the body of `for_each` and `scan` is captured once, and computes what a loop would."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnet import (
    CaptureError,
    DomainError,
    Value,
    compile,
    exp,
    for_each,
    grad,
    log,
    maximum,
    parameter,
    relu,
    scan,
    softmax,
    tanh,
    total,
    weighted_sum,
    where,
)
from microgradnet.compiling.instructions import FIXED
from microgradnet.layers import GRU, LSTM, Attention, Convolution, Recurrent
from tests.compiling.comparing import assert_agrees, numbers, samples

W, B = parameter(0.5, "w"), parameter(-0.3, "b")
MATRIX = [[parameter(0.1 * (i - 2 * j), f"m{i}{j}") for j in range(3)] for i in range(2)]
ALL = [W, B, *MATRIX[0], *MATRIX[1]]


def squares(values: Any) -> Value:
    """The sum of the squares of nested Values, so that each has a gradient of its own."""
    if isinstance(values, Value | float | int):
        return Value(1.0) * values * values
    return total([squares(value) for value in (values.values() if isinstance(values, dict) else values)])


def layer(x: list[Value]) -> list[Value]:
    return [tanh(weighted_sum(row, x, B)) for row in MATRIX]


def carry(state: Value, x: Value) -> tuple[Value, Value]:
    state = tanh(W * state + x)
    return state, state * B


def beside(q: Value, state: Value, x: list[Value]) -> list[Value]:
    return scan(lambda s, v: (s * 2 + v * q, s), state, x)[1]


def beside_two(q: Value, state: tuple[Value, Value], x: list[Value]) -> tuple[Value, Value]:
    """The gradients of q and of the states are in rows side by side, and elsewhere around the loop."""
    return scan(lambda s, v: ((v + v + s[1] + s[0], v + s[1] + s[0] * q), v + s[1] + s[0]), state, x)[0]


def shared_in_several_ways(k: Value, x: list[Value]) -> list[Value]:
    return for_each(lambda v: k * v + tanh(k + v) * exp(k * v), x)


LOOPS: dict[str, Callable[[Any], Any]] = {
    "a function of one value": lambda x: for_each(lambda v: tanh(W * v) * v, x[0]),
    "of a row": lambda x: for_each(layer, x),
    "of several sequences": lambda x: for_each(lambda row, v: [tanh(v * r) for r in row], x, [W, W * B, x[0][0]]),
    "of rows that are nested": lambda x: for_each(lambda r: r["a"][0] * r["b"], [{"a": (r[0],), "b": r[1]} for r in x]),
    "of computed rows": lambda x: for_each(layer, [[tanh(v), v * v, W] for v in x[0]] * 2),
    "that returns nested values": lambda x: for_each(lambda r: {"sum": total(r), "pair": (r[0] * W, [exp(r[1])])}, x),
    "that returns what it is given": lambda x: for_each(lambda row: (row[2], W, row[0] * W, W, row[2]), x),
    "that returns the same twice": lambda x: for_each(lambda v: [v * W, v * W, (u := exp(v)), u], x[1]),
    "that returns what varies with the sample alone": lambda x: for_each(lambda v: x[0][0] * W, x[1]),
    "inside another, that reads fewer values in the first row": lambda x: for_each(
        lambda r: total(for_each(lambda v: maximum(r[1], r[0] + where(x[0][2] > r[2], v, W)), r)), x
    ),
    "that reads another row": lambda x: for_each(lambda v: weighted_sum(x[0], [v, v * v, W]), x[1]),
    "that reads a computed value in several ways": lambda x: shared_in_several_ways(tanh(x[0][0] * W), x[1]),
    "that reads all rows": lambda x: for_each(lambda q: total([weighted_sum(q, k) * k[0] for k in x]), x),
    "without samples": lambda x: total(for_each(lambda w: tanh(w * B), [*MATRIX[0], W])) * x[0][0],
    "over what is fixed and what is not": lambda x: for_each(lambda w: tanh(w * B), [W, x[0][0], 2 * W, x[1][1]]),
    "of a branch": lambda x: for_each(lambda row: relu(row[0] - row[1]) * W, x),
    "in a loop": lambda x: for_each(lambda row: for_each(lambda v: tanh(v * W) * total(row), row), x),
    "in a loop, across": lambda x: for_each(lambda q: total(for_each(lambda k: exp(weighted_sum(q, k) * W), x)), x),
    "after a loop": lambda x: for_each(lambda r: r[0] * r[1], for_each(layer, x)),
    "several at once": lambda x: [for_each(lambda v, w=w: tanh(v * w), [x[1][0], x[0][2], x[2][1]]) for w in ALL[:4]],
    "of two rows": lambda x: for_each(layer, x[:2]),
    "of no rows": lambda x: [x[0][0] * W, *for_each(layer, [])],
    "whose rows differ in form": lambda x: for_each(lambda row: total(row) * W, [x[0], x[1][:2], x[2]]),
    "whose rows are treated differently": lambda x: for_each(lambda f, v: f(v) * W, [tanh, exp, tanh], x[0]),
    "with positions": lambda x: for_each(lambda v, i: v * i * W, x[0], range(3)),
    "with positions as Values": lambda x: for_each(lambda v, i: v * i * W, x[0], [Value(i) for i in range(3)]),
    "a state": lambda x: scan(carry, Value(0.5), x[0]),
    "a state that is a number": lambda x: scan(carry, 0.0, x[0]),
    "a state that is a parameter": lambda x: scan(carry, W, x[0]),
    "a state that is an input": lambda x: scan(carry, x[1][2], x[0]),
    "a state of rows": lambda x: scan(lambda s, r: (([r[0], tanh(r[1] * s[1])], s[0][1]), s[1]), ([W, B], x[2][0]), x),
    "a state of pairs": lambda x: scan(lambda s, v: ((s[0] + v, {"p": s[1]["p"] * s[0]}), s[0]), (0.0, {"p": W}), x[0]),
    "a state that is exchanged": lambda x: scan(lambda s, v: ((s[1], s[0] + v * W), s[0] * v), (B, x[1][0]), x[0] * 2),
    "the last state alone": lambda x: scan(carry, x[0][0], x[1])[0],
    "the outputs alone": lambda x: scan(carry, x[0][0], x[1])[1],
    "a state that begins anew": lambda x: scan(lambda s, v: (Value(1.0), s * v * W), x[0][0], x[1]),
    "an output that is the state before": lambda x: scan(lambda s, v: (s * W + v, s), x[0][0], x[1]),
    "a state without gradients": lambda x: scan(lambda s, v: (s + 1.0, v * W * s), Value(0.0), x[1]),
    "a state of loops": lambda x: scan(lambda s, r: (for_each(lambda a, v: tanh(a + W * v), s, r), total(s)), x[0], x),
    "in rows": lambda x: for_each(lambda row: scan(carry, row[0], row), x),
    "without samples, too": lambda x: squares(scan(carry, B, [*MATRIX[0], W])) * x[0][0],
    "of rows of which some numbers are read": lambda x: for_each(
        lambda r: tanh(r["a"] * W), [{"a": v, "b": w} for v, w in zip(x[0], [W, B, x[1][0]], strict=True)]
    ),
    "a state that is not read": lambda x: scan(lambda s, v: (v, v * W), x[0][0], [tanh(v * B) for v in x[1]]),
    "a state that is compared": lambda x: scan(lambda s, v: (where(s > v, v, W), s), x[0][0], x[1]),
    "that computes no output": lambda x: scan(lambda s, v: (s * W + v, B), x[0][0], x[1]),
    "that shares a number beside its state": lambda x: beside(W * x[0][0], x[1][1], x[2]),
    "that shares a number beside two states": lambda x: beside_two(W * x[0][0], (x[1][1], x[1][0]), x[2]),
    "in rows, that share a maximum": lambda x: for_each(
        lambda row: scan(lambda s, v: (maximum(x[0][0], B) + s + v, s), row[0], row)[0], x
    ),
    "a number of steps": lambda x: scan(lambda s, _: (tanh(s * W), s), x[0][0], range(4)),
    "steps without numbers": lambda x: scan(lambda s, _: (tanh(s * W), s), x[0][0], [None] * 4),
}  # fmt: skip


@pytest.mark.parametrize("name", LOOPS)
def test_a_loop_agrees_with_the_same_loop_row_by_row(name: str) -> None:
    loop = LOOPS[name]
    assert_agrees(lambda x: squares(loop(x)), ALL, numbers(4, 3, 3))
    x = numbers(4, 3, 3)
    wanted = [squares(loop(sample)).data for (sample,) in samples([x])]
    np.testing.assert_allclose(compile(lambda x: squares(loop(x)))(x), wanted, rtol=1e-12)


UNROLLED = [
    "of two rows",
    "of no rows",
    "whose rows differ in form",
    "whose rows are treated differently",
    "with positions",
    "a state that begins anew",
    "a number of steps",
]


@pytest.mark.parametrize("name", LOOPS)
def test_the_body_is_captured_once_where_all_rows_are_alike(name: str) -> None:
    program = compile(lambda x: squares(LOOPS[name](x)), ALL).program(numbers(4, 3, 3))
    assert bool(program.plan.bodies) == (
        name not in UNROLLED and name != "that returns what varies with the sample alone"
    )


@pytest.mark.parametrize("name", ["in a loop", "a state of pairs"])
def test_the_engine_that_is_chosen_computes_the_same(name: str) -> None:
    def function(x: Any) -> Value:
        return squares(LOOPS[name](x))

    x = numbers(4, 3, 3)
    value, gradient = compile(function, ALL, engine="auto")(x)
    wanted, right = compile(function, ALL)(x)
    assert value == pytest.approx(wanted)
    np.testing.assert_allclose(gradient, right, rtol=1e-12, atol=1e-14)


@given(st.integers(1, 7), st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_any_number_of_rows_and_samples(rows: int, samples: int, seed: int) -> None:
    x = np.random.default_rng(seed).normal(size=(samples, rows, 3))
    assert_agrees(lambda x: squares([for_each(layer, x), scan(carry, B, [r[0] for r in x])]), ALL, x)


def written_out(x: list[Value]) -> Value:
    """The squares of what `scan(carry, W, x)` computes, with a loop of Python."""
    state, outputs = W, []
    for v in x:
        state, output = carry(state, v)
        outputs.append(output)
    return squares((state, outputs))


def test_a_batch_of_another_size_and_changed_parameters() -> None:
    step = compile(lambda x: squares(scan(carry, W, x)), ALL)
    row_by_row = compile(written_out, ALL)
    for size in (3, 5, 3, 1):
        x = numbers(size, 4)
        (value, gradient), (wanted, right) = step(x), row_by_row(x)
        assert value == pytest.approx(wanted)
        np.testing.assert_allclose(gradient, right, rtol=1e-12, atol=1e-14)
        W.data += 0.1
    W.data = 0.5


@pytest.mark.parametrize(
    "model",
    [
        *(kind(2, 3, seed=1) for kind in (Recurrent, GRU, LSTM)),
        *(Attention(2, heads=2, causal=causal, seed=1) for causal in (False, True)),
    ],
)
def test_layers_are_loops(model: Any) -> None:
    program = compile(lambda x: squares(model(x)), model).program(numbers(2, 5, 2))
    assert program.plan.bodies
    assert_agrees(lambda x: squares(model(x)), model.parameters(), numbers(3, 5, 2))


def test_the_first_call_takes_as_long_for_many_rows_as_for_few() -> None:
    model = Convolution(1, 4, 3, seed=1)
    sizes = [
        len(compile(lambda x: squares(model(x)), model).program(numbers(1, 1, n, n)).scalars.nodes) for n in (6, 12)
    ]
    outputs = [4 * (n - 2) ** 2 for n in (6, 12)]
    assert sizes[1] - sizes[0] <= 2.1 * (outputs[1] - outputs[0]), "an item and its square for each output"


def test_items_of_a_loop_need_no_numbers_of_their_own() -> None:
    model = Convolution(1, 4, 3, seed=1)
    programs = [compile(lambda x: squares(model(x)), model).program(numbers(1, 1, n, n)) for n in (6, 12)]
    assert len({program.heights[FIXED] for program in programs}) == 1, "an item's position is no constant"
    for program in programs:
        (plan,) = program.plan.bodies.values()
        assert set(plan.loop.body.shared) == set(model.parameters()), "a leaf stands for itself inside"


@pytest.mark.parametrize("causal", [False, True])
def test_attention_captures_the_scores_of_one_row(causal: bool) -> None:
    model = Attention(2, causal=causal, seed=1)
    sizes = [
        len(compile(lambda x: squares(model(x)), model).program(numbers(1, n, 2)).scalars.nodes) for n in (4, 8, 12)
    ]
    assert sizes[2] - sizes[1] == sizes[1] - sizes[0], "it grows with the rows, not with their square"


def test_a_derivative_inside_is_that_of_each_row() -> None:
    """The loop is captured row by row then."""

    def function(x: list[Value]) -> Value:
        ys = for_each(lambda v: tanh(W * v), x)
        return squares([grad(y, W, create_graph=True) for y in ys])

    assert_agrees(function, [W], numbers(3, 4))


def test_softmax_of_scores() -> None:
    assert_agrees(lambda x: squares(softmax(for_each(lambda row: weighted_sum(row, x[0]), x))), [W], numbers(2, 4, 3))


def test_a_number_that_a_row_makes_is_constant_in_all() -> None:
    assert_agrees(lambda x: squares(for_each(lambda v: tanh(v * 0.5 + Value(2.0)) ** 2 * W, x)), [W], numbers(2, 4))


@pytest.mark.parametrize("loop", ["scan", "for_each"])
@pytest.mark.parametrize("given", [0.0, 0.25, W], ids=["zero", "number", "parameter"])
def test_a_number_from_outside_and_one_of_the_body_are_added_in_one_block(loop: str, given: Any) -> None:
    """Where the two stand next to each other in the body, they are apart around the loop."""
    outside = given if isinstance(given, Value) else Value(given)

    def row(s: Value, r: Value) -> tuple[Value, Value]:
        return exp(r) + 0.125, s * r + outside

    def function(x: list[Value]) -> Value:
        if loop == "scan":
            last, rows = scan(row, x[0], x)
            return total([last, *rows])
        return total([part for pair in for_each(lambda r: row(r, r), x) for part in pair])

    assert_agrees(function, ALL, numbers(4, 3))


def test_a_value_inside_is_not_used_outside() -> None:
    class Keeper:
        kept: Value

        def __call__(self, v: Value) -> Value:
            self.kept = v * W
            return self.kept

    body = Keeper()
    for use in (
        lambda ys: body.kept,
        lambda ys: ys[0] + body.kept,
        lambda ys: total(for_each(lambda y: y + body.kept, ys)),
    ):
        with pytest.raises(CaptureError, match="inside the function of for_each or scan is used outside"):
            compile(lambda x, use=use: use(for_each(body, x)), W)([[1.0, 2.0, 3.0]])


class Pair(NamedTuple):
    """A state with names."""

    h: Any
    c: Any


def by_turns(x: list[Value]) -> list[Value]:
    turns = iter([1.0, 2.0, 3.0, 4.0])
    return for_each(lambda v: v * next(turns) * W, x)


def counted(x: list[Value]) -> Value:
    n = 0

    def body(v: Value) -> Value:
        nonlocal n
        n += 1
        return v * W

    return total(for_each(body, x)) / n


def counted_in_a_dict(x: list[Value]) -> Value:
    seen = {"n": 0.0}

    def body(v: Value) -> Value:
        seen["n"] += 1
        return v * W

    return total(for_each(body, x)) / seen["n"]


def collected(x: list[Value]) -> Value:
    kept: list[Value] = []
    for_each(lambda v: kept.append(v * W), x)
    return squares(kept)


def turned(state: dict[str, Value], v: Value) -> tuple[dict[str, Value], Value]:
    return {"c": state["c"] * W + v, "h": state["h"] + state["c"]}, state["h"]


AS_LOOPS: dict[str, Callable[[Any], Any]] = {
    "an iterator": by_turns,
    "a count": counted,
    "a count in a dict": counted_in_a_dict,
    "a list": collected,
    "all but this one": lambda x: for_each(lambda p: total([p * q * W for q in x if q is not p]), x),
    "keys in another order": lambda x: scan(turned, {"h": W * 1.0, "c": W * 2.0}, x),
    "rows in another order": lambda x: for_each(
        lambda r: r["x"] * r["w"] - r["w"],
        [{"x": v, "w": v * W} if i % 2 else {"w": v * W, "x": v} for i, v in enumerate(x)],
    ),
    "named tuples": lambda x: scan(lambda s, v: (Pair(s.c * W, s.h + v), s.h), Pair(W, 0.5), x),
    "an index": lambda x: scan(lambda i, v: (i + 1, v * ALL[i]), 0, x),
    "a derivative inside": lambda x: scan(
        lambda s, v: (s * W + v, grad(s * W * W + v, W, create_graph=True)), W * 1.0, x
    ),
    "a derivative inside, through the state": lambda x: scan(
        lambda s, v: (s * W + v, grad(s * W + v, W, create_graph=True)), Value(0.0), x
    ),
    "a derivative of a row inside": lambda x: for_each(lambda z: grad(z * z, W, create_graph=True), [v * W for v in x]),
    "what is not there": lambda x: for_each(lambda v: v * W if v.label == "" else x, x),
}


@pytest.mark.parametrize("name", AS_LOOPS)
def test_what_a_loop_of_python_could_do(name: str) -> None:
    """What changes something outside, or tells rows apart, is captured row by row: the result is that of the loop."""
    loop = AS_LOOPS[name]
    assert_agrees(lambda x: squares(loop(x)), ALL, numbers(3, 4))


def test_one_loop_row_by_row_leaves_the_others() -> None:
    def function(x: list[Value]) -> Value:
        ys = for_each(lambda v: tanh(v * W), x)
        zs = [v * n for v, n in zip(by_turns(ys), for_each(lambda y: y * B, ys), strict=True)]
        return squares(scan(carry, W, zs))

    program = compile(function, ALL).program(numbers(3, 4))
    assert [loop.loop.name for loop in program.plan.bodies.values()] == ["for_each", "for_each", "scan"]
    assert_agrees(function, ALL, numbers(3, 4))


def test_giving_up_cannot_be_caught() -> None:
    def function(x: list[Value]) -> Value:
        ys = for_each(lambda v: v * v * W, x)
        try:
            slope = grad(total(ys), x[0], create_graph=True)
        except BaseException:
            slope = Value(0.0)
        return slope * slope

    assert_agrees(function, [W], numbers(3, 4))


def test_a_branch_in_a_row_is_refused_at_its_line() -> None:
    with pytest.raises(CaptureError, match=r"^test_loops\.py:\d+: a comparison"):
        compile(lambda x: total(for_each(lambda v: v if v > 0 else -v, x)))([[1.0, 2.0, 3.0]])


def test_a_domain_error_in_a_row_names_the_sample() -> None:
    for parameters in (None, W):
        step = compile(lambda x: total(for_each(lambda v: log(v) * W, x)), parameters)
        for batch in ([[1.0, 2.0, 3.0], [1.0, -2.0, 3.0]], [[1.0, 2.0, 3.0], [1.0, 2.0, 3.0], [1.0, 2.0, 0.0]]):
            with pytest.raises(DomainError, match=rf"^sample {len(batch) - 1}: log"):
                step(batch)


def test_an_error_of_the_function_comes_through() -> None:
    with pytest.raises(KeyError, match="mine"):
        compile(lambda x: for_each({"yours": 1}.__getitem__, ["mine"] * 4))([1.0])
    with pytest.raises(TypeError, match=r"returns a pair \(state, output\)"):
        compile(lambda x: scan(lambda s, v: s, x[0], x)[1])([[1.0, 2.0, 3.0]])


def test_a_listing_names_the_loops() -> None:
    listing = str(compile(lambda x: squares(scan(carry, W, x)), ALL).program(numbers(2, 5)))
    assert "scan of 5 rows" in listing
    assert "each row of h₁ = scan of 5 rows:" in listing


def test_a_choice_by_what_a_loop_computes_may_have_no_value_in_the_capture() -> None:
    """Numbers of a loop are not known there, so that the wrong one may be chosen."""

    def function(x: list[Value]) -> Value:
        return W * log(where(for_each(lambda v: v * v, x)[0] >= 0.0, x[1], x[2]))

    assert_agrees(function, ALL, [[1.0, 2.0, -3.0], [0.5, 1.0, -1.0]])


def test_a_row_after_another_state_may_have_no_value() -> None:
    """The last row after the first state is tried in the capture, and need not occur."""
    batch = [[1.0, 2.0, 900.0], [1.0, 300.0, 2.0]]
    assert_agrees(lambda x: squares(scan(lambda s, v: (s + 800.0 * W, exp(v - s)), B, x)), ALL, batch)


def test_a_gradient_that_is_the_same_for_all_rows_is_summed_before_it_is_broadcast() -> None:
    def loop(x: list[list[Value]]) -> Any:
        def step(state: Value, v: Value) -> tuple[Value, Value]:
            return maximum(x[0][0], B) + state + v, state

        return total(for_each(lambda row: scan(step, row[0], row)[0], x))

    assert_agrees(loop, ALL, numbers(4, 3, 2))


@pytest.mark.parametrize("loop", ["for_each", "scan"])
def test_what_each_row_contributes_to_a_shared_value_is_read_before_it_is_summed(loop: str) -> None:
    """A quotient's derivative with respect to what divides is computed from that with respect to what is divided."""

    def function(x: list[Value]) -> Any:
        shared = tanh(x[0] * W)
        if loop == "for_each":
            return total(for_each(lambda row: shared / (row * row + B * B), x[1:]))
        return scan(lambda state, row: (state + shared / (row * row + B * B), row), 0.0, x[1:])[0]

    assert_agrees(function, [W, B], numbers(4, 5))
