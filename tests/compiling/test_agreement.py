"""Compiled agrees with eager, values and gradients: on random programs, on every row of the table, on any batch."""

import itertools
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microgradnet import (
    MLP,
    DomainError,
    Value,
    compile,
    dot,
    logsumexp,
    maximum,
    minimum,
    operation,
    ops,
    parameter,
    relu,
    sigmoid,
    sin,
    softmax,
    softplus,
    tanh,
    total,
    weighted_sum,
)
from microgradnet.compiling import compiled_program, differentiation, gradient_rows
from microgradnet.compiling.kernels import backward_kernel
from microgradnet.ops import Operation
from tests.compiling.comparing import assert_agrees, assert_close, eager, numbers, parameters_of
from tests.strategies import Program, differentiable, each_row, programs, record, some_points

P = parameters_of(6)
Values = Sequence[Value]

STEPS: dict[str, Callable[[Values], list[Value]]] = {
    "tanh": lambda v: [tanh(v[0])],
    "sine": lambda v: [sin(v[0]) * 2],
    "softplus": lambda v: [softplus(v[0])],
    "relu": lambda v: [relu(v[0] - 0.25)],
    "square": lambda v: [tanh(v[0] * v[0])],
    "power": lambda v: [tanh(v[0] ** 3)],
    "root": lambda v: [(v[0] ** 2 + 1.0) ** 0.5],
    "exponential": lambda v: [2 ** tanh(v[0])],
    "general power": lambda v: [(sigmoid(v[0]) + 0.5) ** tanh(v[1])],
    "difference": lambda v: [(v[0] - v[1]) * 0.5],
    "quotient": lambda v: [v[0] / (v[1] * v[1] + 1.0)],
    "extremes": lambda v: [maximum(v[0], v[1]), minimum(v[0], v[2])],
    "total": lambda v: [tanh(total(v))],
    "chain of +": lambda v: [tanh(v[0] + v[1] + (v[2] + v[3]) + v[4])],
    "products": lambda v: [tanh(v[0] * v[1] + v[2] * v[3] + v[4])],
    "constant": lambda v: [tanh(v[0] * Value(0.75) + 1.5)],
    "weighted sum": lambda v: [tanh(weighted_sum(v[: len(v) // 2], v[len(v) // 2 : len(v) // 2 * 2]))],
    "with bias": lambda v: [tanh(weighted_sum(v[:2], v[2:4], v[4]))],
    "with numbers": lambda v: [tanh(weighted_sum([v[0], 0.5], [v[1], v[2]], -0.25))],
    "layer": lambda v: [tanh(weighted_sum(row, v[:3], P[0])) for row in (P[:3], P[1:4], v[2:5])],
    "windows": lambda v: [tanh(weighted_sum(P[:2], v[i : i + 2], P[5])) for i in range(len(v) - 1)],
    "logsumexp": lambda v: [logsumexp(v)],
    "softmax": softmax,
    "attention": lambda v: [dot(softmax(v[:3]), v[2:5])],
}  # fmt: skip
steps = st.tuples(st.sampled_from(sorted(STEPS)), st.lists(st.integers(0, 30), min_size=5, max_size=6))


def random_function(drawn: Sequence[tuple[str, list[int]]], used: int) -> Callable[..., Value]:
    """The function of these steps, each on any of the results so far; the latest are the likeliest."""

    def function(x: list[Value], y: Value) -> Value:
        pool: list[Value] = [Value(0.7), *P[:used], y, *x]
        for name, places in drawn:
            pool += STEPS[name]([pool[-1 - place % len(pool)] for place in places])
        return total([tanh(value) for value in pool[-4:]])

    return function


@given(st.lists(steps, min_size=1, max_size=25), st.integers(0, 6), st.integers(1, 3), st.sampled_from(["mean", "sum"]))
@settings(max_examples=150)
def test_random_programs(drawn: list[tuple[str, list[int]]], used: int, size: int, reduction: str) -> None:
    assert_agrees(random_function(drawn, used), P, numbers(size, 4), numbers(size), reduction=reduction)


@given(programs(), st.integers(0, 4))
@settings(max_examples=100)
def test_random_programs_over_every_row(program: Program, inputs: int) -> None:
    """The first numbers are inputs, the others parameters."""
    parameters = [parameter(x) for x in program.point]
    offsets = numbers(2, len(parameters)) * 0.1

    def function(x: list[Value]) -> Value:
        return program.record([*x[:inputs], *parameters[inputs:]])

    assert_agrees(function, parameters, offsets)


def on_shifted(row: Operation, parameters: Values, constants: Sequence[float]) -> Callable[[list[Value]], Value]:
    return lambda x: record(row, [*[p + xi for p, xi in zip(parameters, x, strict=True)], *constants])


@each_row
def test_each_row_at_its_sample_interval(row: Operation) -> None:
    count = differentiable(row)
    for point in some_points(row, 3):
        shifts = [[x - y for x, y in zip(other, point, strict=True)][:count] for other in some_points(row, 5)]
        parameters = [parameter(x) for x in point[:count]]
        assert_agrees(on_shifted(row, parameters, point[count:]), parameters, shifts)


EDGES = (0.0, 1e-300, -1e-300, 0.5, 1.0, -1.0, 50.0, -50.0, 1e3, -1e3)


def outcome(function: Callable[[], tuple[float, Any]]) -> Any:
    try:
        return function()
    except DomainError as error:
        return str(error).removeprefix("sample 0: ")


@each_row
def test_each_row_at_edge_values(row: Operation) -> None:
    """Kinks, ties, large and tiny numbers: the same numbers, or the same error."""
    count = differentiable(row)
    points = list(itertools.product(EDGES, repeat=count))
    agreed = 0
    for constants in itertools.product((2.0, 0.5, 1.0, 0.0, -1.0)[: 5 if row.constants else 1], repeat=row.constants):
        zeros = [parameter(0.0) for _ in range(count)]
        function = on_shifted(row, zeros, constants)
        compiled = compile(function, zeros)
        for point in points[:: 1 + len(points) // 100]:
            expected = outcome(partial(eager, function, zeros, [[point]]))
            found = outcome(partial(compiled, [point]))
            if isinstance(expected, str) or isinstance(found, str):
                assert found == expected, (point, constants)
            else:
                assert_close(found, expected, least=1e-3)
                agreed += 1
    assert agreed


@pytest.mark.parametrize("size", [1, 2, 3, 11])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_batches_of_any_size_also_in_pieces(size: int, reduction: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled_program, "CACHE", 1)
    monkeypatch.setattr(compiled_program, "LEAST_PIECE", 3)
    model = MLP(3, [4, 2], "tanh", seed=1)

    def loss(x: list[Value], y: Value) -> Any:
        return logsumexp(model(x)) * y + 0.01 * sum(p * p for p in model.parameters())

    program = assert_agrees(loss, model.parameters(), numbers(size, 3), numbers(size), reduction=reduction)
    assert program._piece == 3
    outputs = compile(model)(numbers(size, 3))
    expected = [[output.data for output in model(sample)] for sample in numbers(size, 3).tolist()]
    np.testing.assert_allclose(outputs, expected, rtol=1e-12)


def chain(x: Value, w: Value, length: int) -> Value:
    for _ in range(length):
        x = sin(x + w)
    return x


def shared(h: Value, x: Value) -> Value:
    return h * h + h * x + tanh(h)


def twisted(h: Value, y: Value) -> Any:
    return tanh(dot(P[:2], [h, y])) + tanh(dot(P[:2], [y, h])) * 2


SMALL: dict[str, Callable[..., Any]] = {
    "an input unused": lambda x, y: tanh(P[0] * y),
    "a parameter unused": lambda x, y: tanh(P[0] * x[0]) + y,
    "no input": lambda x, y: total([p * p for p in P]),
    "no parameter": lambda x, y: x[0] * y,
    "an input itself": lambda x, y: y,
    "a parameter itself": lambda x, y: P[2],
    "a constant": lambda x, y: Value(3.0),
    "a constant computed": lambda x, y: Value(3.0) * 2 + 1,
    "an operand repeated": lambda x, y: P[0] * P[0] + y * y * P[0],
    "an operand repeated in a row": lambda x, y: weighted_sum([P[0], P[0], y], [P[0], y, y], P[0]),
    "a sum of one": lambda x, y: total([P[0] * y]),
    "a logsumexp of one": lambda x, y: logsumexp([P[0] * y]),
    "a logsumexp of equals": lambda x, y: logsumexp([P[0] * y] * 3),
    "a node shared": lambda x, y: shared(P[0] * y, x[0]),
    "a node and its twin": lambda x, y: tanh(P[0] * y) + tanh(P[0] * y) * x[0],
    "mixed operands": lambda x, y: weighted_sum([P[0], 0.5, y, x[1]], [x[0], P[1], 2.0, P[2]], P[3]),
    "softmax of mixed operands": lambda x, y: softmax([P[0], y, 0.5, P[1] * y])[0],
    "softmax far out": lambda x, y: softmax([P[0] * 300, y * 700, x[0] * -900])[1],
    "numbers on the left": lambda x, y: 2 - P[0] / (1 + 3 / (2 + y * y)),
    "a parameter times a parameter": lambda x, y: tanh(P[0] * P[1]) * tanh(P[1] * P[2]) + y,
    "a regulariser alone": lambda x, y: sum(p**2 for p in P) * 0.5,
    "biases that stand apart": lambda x, y: dot([tanh(weighted_sum([y], [x[i]], P[i])) for i in (0, 2)], P[4:]),
    "some inputs of a layer computed": lambda x, y: twisted(tanh(P[3] * y), y),
    "a long chain": lambda x, y: chain(y * P[0], P[1], 1000),
    "a long sum with +": lambda x, y: sum([P[i % 6] * x[i % 4] for i in range(1000)], y),
}  # fmt: skip


@pytest.mark.parametrize("function", SMALL.values(), ids=SMALL.keys())
@pytest.mark.parametrize("size", [1, 3])
def test_a_function_with(function: Callable[..., Value], size: int) -> None:
    assert_agrees(function, P, numbers(size, 4), numbers(size))


def test_a_function_of_no_argument() -> None:
    assert_agrees(lambda: total([tanh(p * p) for p in P]), P)


def hidden(x: list[Value]) -> list[Value]:
    return [tanh(x[i] * P[i]) for i in range(6)]


WINDOWS: dict[str, Callable[[list[Value]], Value]] = {
    "weighted sums of neighbours": lambda x: total([tanh(weighted_sum(P[:2], x[i : i + 2])) for i in range(5)]),
    "with a bias": lambda x: total([tanh(weighted_sum(P[:2], x[i : i + 2], P[2])) for i in range(5)]),
    "weights that are neighbours": lambda x: total([tanh(weighted_sum(P[i : i + 2], x[:2])) for i in range(5)]),
    "dot products of neighbours": lambda x: total([tanh(dot(x[i : i + 2], x[i + 1 : i + 3])) for i in range(4)]),
    "sums of neighbours": lambda x: total([tanh(total(x[i : i + 3])) for i in range(4)]),
    "logsumexps of neighbours": lambda x: total([tanh(logsumexp(x[i : i + 3])) for i in range(4)]),
    "every other neighbour": lambda x: total([tanh(logsumexp(x[i : i + 4 : 2])) for i in range(3)]),
}  # fmt: skip


@pytest.mark.parametrize("window", WINDOWS.values(), ids=WINDOWS.keys())
@pytest.mark.parametrize("below", [hidden, lambda x: x, lambda x: [*P]], ids=["hidden", "inputs", "parameters"])
def test_windows_that_overlap(window: Callable[..., Value], below: Callable[..., list[Value]]) -> None:
    """A row that is read at several places of one block gets a share of the gradient from each."""
    assert_agrees(lambda x: window(below(x)), P, numbers(3, 6))


# --- the comparison itself ---


@each_row
def test_a_wrong_derivative_is_seen(row: Operation, monkeypatch: pytest.MonkeyPatch) -> None:
    def slightly_wrong(op: Operation, *arguments: Any) -> Any:
        def derivatives(*operands: Any) -> tuple[Any, ...]:
            return tuple([derivative * 1.0001 for derivative in op.derivatives(*operands)])

        return backward_kernel(op.replace(derivatives=derivatives) if op is row else op, *arguments)

    point = some_points(row, 1)[0]
    parameters = [parameter(x) for x in point[: differentiable(row)]]
    function = on_shifted(row, parameters, point[len(parameters) :])
    zeros = [[0.0] * len(parameters)] * 2
    assert_agrees(function, parameters, zeros)
    for module in (differentiation, gradient_rows):
        monkeypatch.setattr(module, "backward_kernel", slightly_wrong)
    if row in (ops.weighted_sum, ops.logsumexp):  # without a kernel: matrix products; powers and their sum
        assert_agrees(function, parameters, zeros)
    else:
        with pytest.raises(AssertionError, match="Not equal to tolerance"):
            assert_agrees(function, parameters, zeros)


@pytest.mark.parametrize("index", range(6))
def test_a_gradient_that_is_slightly_off_is_seen(index: int) -> None:
    expected = eager(SMALL["mixed operands"], P, [numbers(3, 4), numbers(3)])
    assert_close(expected, expected)
    gradient = list(expected[1])
    gradient[index] += 1e-9 * max(map(abs, gradient))
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        assert_close((expected[0], gradient), expected)
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        assert_close((expected[0] * (1 + 1e-10), expected[1]), expected)


def one_choice_derivatives(m: Any, y: Any, x: Any) -> tuple[Any, ...]:
    return (m.where(x > 0.0, 2.0 * x, 1.0) * 3.0,)


def other_choice_derivatives(m: Any, y: Any, x: Any) -> tuple[Any, ...]:
    return (m.where(x > 0.0, 1.0, -2.0 * x) * 3.0,)


def one_choice(m: Any, x: Any) -> Any:
    return m.where(x > 0.0, x * x, x) * 3.0


def other_choice(m: Any, x: Any) -> Any:
    return m.where(x > 0.0, x, -(x * x)) * 3.0


@pytest.mark.parametrize(
    ("value", "derivatives"), [(one_choice, one_choice_derivatives), (other_choice, other_choice_derivatives)]
)
def test_a_choice_between_results_that_are_no_longer_needed(value: Any, derivatives: Any) -> None:
    """Either of them may be overwritten by the choice, but not before it is made."""
    choice = operation(derivatives=derivatives)(value)
    assert_agrees(lambda x: choice(x * P[0]), P, numbers(5))
