"""The function that `compile` gives: what it takes, what it returns, and what it says when it cannot."""

import copy
import math
import pickle
import re
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from microgradnet import (
    MLP,
    DomainError,
    Layer,
    Value,
    break_on,
    compile,
    exp,
    grad,
    log,
    no_grad,
    parameter,
    relu,
    sign,
    sqrt,
    tanh,
    total,
    weighted_sum,
    where,
)
from microgradnet.compiling import Compiled, Program, binding, compiled_program
from microgradnet.compiling import compiled as compiled_module
from microgradnet.data import one_hot
from microgradnet.layers import Embedding
from microgradnet.losses import cross_entropy
from tests.compiling.comparing import assert_agrees, assert_close, eager, numbers, parameters_of

W, B = parameter(0.5, "w"), parameter(-1.0, "b")
ONES = np.ones(4)


@pytest.fixture(autouse=True)
def _numbers_as_they_were() -> None:
    W.data, B.data = 0.5, -1.0
    W.zero_grad()
    B.zero_grad()


# --- arguments ---


@pytest.mark.parametrize(
    "batch",
    [
        [1.0, 2.0], [1, 2], (1.0, 2), np.array([1.0, 2.0]), np.array([1, 2]), np.array([1.0, 2.0], np.float32),
        np.array([1, 2], np.uint8), np.array([1.0, 2.0], np.float16), np.array([1.0, 0.0, 2.0])[::2],
        np.array([2.0, 1.0])[::-1], np.array([1.0, 2.0], ">f8"), range(1, 3), [np.float32(1), np.int64(2)],
    ],
)  # fmt: skip
def test_a_batch_of_numbers(batch: Any) -> None:
    value, gradient = compile(lambda x: x * W, W)(batch)
    assert (value, *gradient) == (0.75, 1.5)
    assert compile(lambda x: x * W)(batch).tolist() == [0.5, 1.0]


def test_truths_are_ones_and_zeros() -> None:
    assert compile(lambda x: x * W)([True, False]).tolist() == [0.5, 0.0]
    assert compile(lambda x: x * W)(np.array([True, False])).tolist() == [0.5, 0.0]


def test_an_argument_is_given_as_nested_lists_of_the_samples_shape() -> None:
    seen: list[Any] = []

    def function(x: Any, y: Any, z: Any) -> Any:
        seen.append((x, y, z))
        return total([x, *y, *[v for row in z for v in row]])

    found = compile(function)(numbers(5), numbers(5, 3), numbers(5, 2, 4))
    np.testing.assert_allclose(found, numbers(5) + numbers(5, 3).sum(1) + numbers(5, 2, 4).sum((1, 2)), rtol=1e-12)
    x, y, z = seen[0]
    assert isinstance(x, Value)
    assert ([v.label for v in y], z[1][3].label) == (["y[0]", "y[1]", "y[2]"], "z[1][3]")
    assert (x.label, x.data, z[1][3].data) == ("x", numbers(5)[0], numbers(5, 2, 4)[0, 1, 3])


def test_an_array_that_is_not_contiguous() -> None:
    batch = numbers(3, 4).T
    np.testing.assert_allclose(compile(total)(batch), batch.sum(1), rtol=1e-12)
    np.testing.assert_allclose(compile(total)(batch[::-1, ::2]), batch[::-1, ::2].sum(1), rtol=1e-12)


@pytest.mark.parametrize(
    "batch",
    ["text", ["1", "2"], None, [None, 1.0], [[1.0], [1.0, 2.0]], [1j], np.array([1.0], object), [Value(1.0)],
     {"x": 1.0}, {1.0, 2.0}, [10**30], np.array(["2020-01-01"], "M8[D]"), [[1.0], 2.0],
     pytest.param((x for x in [1.0]), id="generator"), pytest.param(object(), id="object")],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("parameters", [None, W])
def test_what_is_no_array_of_numbers_is_refused(batch: Any, parameters: Any) -> None:
    step = compile(lambda x, y: y * W, parameters)
    with pytest.raises(TypeError, match=r"^argument 2 has to be an array, or nested lists of one shape, of real"):
        step([1.0], batch)
    assert not step.programs


def test_a_single_number_is_no_batch() -> None:
    for number in (1.0, 3, np.float64(1.0), np.array(2.0)):
        with pytest.raises(ValueError, match=r"^argument 1 has to have a sample along its first axis.*write \[x\]$"):
            compile(lambda x: x * W, W)(number)


@pytest.mark.parametrize("sizes", [(2, 1), (1, 2), (3, 2), (0, 1), (1, 0)])
@pytest.mark.parametrize("captured", [False, True])
def test_batches_of_different_sizes_are_refused(sizes: tuple[int, int], captured: bool) -> None:
    step = compile(lambda x, y: x * y * W, W)
    if captured:
        step([1.0], [1.0])
    with pytest.raises(ValueError, match="sample"):
        step(*[np.ones(size) for size in sizes])


@pytest.mark.parametrize("captured", [False, True])
@pytest.mark.parametrize("parameters", [None, W])
def test_an_empty_batch_is_refused(captured: bool, parameters: Any) -> None:
    step = compile(lambda x: x * W, parameters)
    if captured:
        step([1.0])
    with pytest.raises(ValueError, match="a batch needs at least one sample, got none"):
        step([])


@pytest.mark.parametrize("arguments", [(), ([1.0],), ([1.0], [1.0], [1.0])])
@pytest.mark.parametrize("captured", [False, True])
def test_a_wrong_number_of_arguments_is_refused(arguments: Any, captured: bool) -> None:
    step = compile(lambda x, y: x * y * W, W)
    if captured:
        step([1.0], [2.0])
    with pytest.raises(TypeError, match="argument"):
        step(*arguments)


# --- programs, one for each shape ---


def test_a_program_for_each_shape_of_a_sample() -> None:
    runs = [0]

    def function(x: list[Value]) -> Value:
        runs[0] += 1
        return total(x) * W

    step = compile(function, W)
    for shape in ((2, 3), (5, 3), (2, 4), (1, 3), (7, 4)):
        value, gradient = step(np.ones(shape))
        assert (value, *gradient) == pytest.approx((shape[1] * 0.5, shape[1]), rel=1e-14)
    assert set(step.programs) == {((3,),), ((4,),)}
    assert runs[0] == 4, "two runs for each of two shapes"
    assert repr(step) == "Compiled(function, 1 parameters, 2 programs)"


def test_at_most_so_many_programs_are_kept_and_the_one_used_last_longest() -> None:
    step = compile(total, most_programs=2)
    for length in (1, 2, 1, 3):
        assert step(np.ones((2, length))).tolist() == [length] * 2
    assert list(step.programs) == [((1,),), ((3,),)]
    step.program(np.ones((1, 1)))
    step(np.ones((4, 4)))
    assert list(step.programs) == [((1,),), ((4,),)]


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickle.dumps])
def test_it_is_neither_copied_nor_pickled(copied: Any) -> None:
    with pytest.raises(TypeError, match=r"neither copied nor pickled: .* Copy or pickle its model, and compile that"):
        copied(compile(lambda x: x * W, W))


def test_settings_that_are_changed_hold_from_the_next_call_on(monkeypatch: pytest.MonkeyPatch) -> None:
    step = compile(lambda x: x * W, W, engine="numpy")
    X = [1.0, 3.0]
    assert (step(X)[0], *step(X)[1]) == (2.0 * W.data, 2.0)
    step.reduction = "sum"
    assert (step(X)[0], *step(X)[1]) == (4.0 * W.data, 4.0)
    chosen = []

    def engine_of(program: Program, name: str, *_: Any) -> Program:
        chosen.append(name)
        return program

    monkeypatch.setattr(compiled_module, "engine_of", engine_of)
    step.engine = "auto"
    assert (step(X)[0], step(X)[0], chosen) == (4.0 * W.data, 4.0 * W.data, ["auto"])


def test_the_program_of_arguments_can_be_looked_at_before_it_runs() -> None:
    step = compile(lambda x: tanh(weighted_sum([W], [x], B)), [W, B])
    program = step.program([1.0, 2.0])
    assert isinstance(step, Compiled)
    assert isinstance(program, Program)
    assert program is step.program([3.0])
    (out,) = program.scalars.outputs
    (z,) = [node for node in program.scalars.nodes if node.op.name == "weighted_sum"]
    for node, function in ((out, "tanh"), (z, "matmul")):
        instruction = program.instruction_of(node)
        assert instruction is not None
        assert instruction.function == function
        assert node in instruction.nodes
    assert program.instruction_of(W) is None
    assert program.instruction_of(Value(1.0)) is None
    assert len(list(program)) == len(program.forward) + len(program.backward)
    for word in ("tanh", "W₁ (2,) = θ", "w … b", "dW₁"):
        assert word in str(program)


def test_it_is_run_twice_and_then_never_again() -> None:
    runs = [0]

    def function(x: Value) -> Value:
        runs[0] += 1
        return x * W

    step = compile(function, W)
    assert runs == [0]
    for size in range(1, 20):
        step(np.ones(size))
    assert runs == [2]


# --- symbols ---


def test_a_symbol_is_its_one_hot_row() -> None:
    embedding, scores = Embedding(4, 3, seed=1), Layer(6, 4, "linear", seed=2)

    def loss(letters: Any, following: Any) -> Any:
        return cross_entropy(scores([y for letter in letters for y in embedding(letter)]), following)

    parameters = [embedding, scores]
    letters, following = np.array([[0, 3], [1, 1], [3, 2]]), [2, 0, 3]
    counts = {"letters": 4, "following": 4}
    found = compile(loss, parameters, symbols=counts)(letters, following)
    assert_close(
        found, eager(loss, embedding.parameters() + scores.parameters(), [one_hot(letters, 4), one_hot(following, 4)])
    )
    alone = compile(lambda x, letters: [x * y for y in letters], symbols={"letters": 4})
    assert alone([2.0, 3.0], [True, False]).tolist() == [[0, 2, 0, 0], [3, 0, 0, 0]]
    assert alone.program([2.0], [3]) is alone.program([1.0], [0])


@pytest.mark.parametrize(
    ("letters", "words"),
    [
        ([[0, 1], [2, 4]], r"letters\[1, 1\] is 4: the 4 symbols of 'letters' are the whole numbers from 0 to 3"),
        ([-1], r"letters\[0\] is -1"),
        ([0, 1, 0.5], r"letters\[2\] is 0.5"),
        ([math.nan], r"letters\[0\] is nan"),
        ([math.inf], r"letters\[0\] is inf"),
    ],
)
def test_what_is_no_symbol_is_refused(letters: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        compile(lambda letters: letters, symbols={"letters": 4})(letters)


def test_symbols_are_of_arguments_by_name() -> None:
    with pytest.raises(ValueError, match="symbols has 'leters', but the arguments are x, letters"):
        compile(lambda x, letters: x, symbols={"leters": 4})([1.0], [1])
    with pytest.raises(ValueError, match="the number of symbols of 'letters' must be a whole number of at least 1"):
        compile(lambda letters: letters, symbols={"letters": 0})
    with pytest.raises(TypeError, match=r"symbols are counts by the argument's name, such as \{'letter': 27\}; got"):
        compile(lambda letters: letters, symbols=("letters",))  # type: ignore[arg-type]


# --- results ---


def test_outputs_keep_the_structure_in_which_they_are_returned() -> None:
    step = compile(lambda x: {"a": x, "b": (x * 2, [x * 3, x * 4]), "c": [[x, x * 5], [x * 6, x * 7]]})
    found = step([1.0, 10.0, 100.0])
    ones = np.array([1.0, 10.0, 100.0])
    assert found["a"].tolist() == ones.tolist()
    assert isinstance(found["b"], tuple)
    assert found["b"][0].tolist() == (2 * ones).tolist()
    assert found["b"][1].tolist() == [[3, 4], [30, 40], [300, 400]]
    assert found["c"].shape == (3, 2, 2)
    assert found["c"][1].tolist() == [[10, 50], [60, 70]]


def test_a_list_of_dicts_or_tuples_stays_a_list() -> None:
    dicts = compile(lambda x: [{"a": x}, {"a": x * 2}])([1.0, 2.0, 3.0])
    assert isinstance(dicts, list)
    assert [item["a"].tolist() for item in dicts] == [[1, 2, 3], [2, 4, 6]]
    tuples = compile(lambda x: [(x, x * 2), (x * 3, x * 4)])([1.0, 2.0, 3.0])
    assert isinstance(tuples, list)
    assert [[part.tolist() for part in item] for item in tuples] == [[[1, 2, 3], [2, 4, 6]], [[3, 6, 9], [4, 8, 12]]]


def test_lists_of_different_lengths_stay_lists() -> None:
    found = compile(lambda x: [[x, x * 2], [x * 3]])([1.0, 2.0])
    assert [part.tolist() for part in found] == [[[1, 2], [2, 4]], [[3], [6]]]


def test_the_same_value_twice_and_none_at_all() -> None:
    assert compile(lambda x: [x, x, x])([1.0, 2.0]).tolist() == [[1, 1, 1], [2, 2, 2]]
    assert len(compile(lambda x: [])([1.0, 2.0])) == 0
    assert compile(lambda x: ())([1.0]) == ()


def test_results_are_the_callers_own() -> None:
    step, predict = compile(lambda x: x * W, W), compile(lambda x: x * 1)
    batch = np.ones(3)
    first, second = predict(batch), predict(batch * 2)
    first[:] = 7.0
    assert second.tolist() == [2.0] * 3
    (_, one), (_, other) = step(batch), step(batch * 2)
    assert (one.tolist(), other.tolist()) == ([1.0], [2.0])
    assert batch.tolist() == [1.0] * 3
    assert second.flags.writeable


def test_a_tuple_gives_the_first_and_its_gradient_and_the_others_for_each_sample() -> None:
    step = compile(lambda x: (x * W, x * 2, W * 3), W)
    (value, double, three), gradient = step([1.0, 3.0])
    assert (value, *gradient) == (1.0, 2.0)
    assert (double.tolist(), three.tolist()) == ([2.0, 6.0], [1.5, 1.5])
    (value,), gradient = compile(lambda x: (x * W,), W)([1.0, 3.0])
    assert (value, *gradient) == (1.0, 2.0)


@pytest.mark.parametrize("engine", ["numpy", "auto"])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_the_others_keep_their_structure_and_are_of_each_sample(engine: str, reduction: str) -> None:
    def function(x: Value) -> Any:
        return x * W, {"a": x, "b": (x * 2, [x * 3, W * 4])}, [[x, x * 5], [x * 6, 7.0]]

    (value, found, table), gradient = compile(function, W, reduction=reduction, engine=engine)([1.0, 3.0])
    count = 2 if reduction == "mean" else 1
    assert (value, *gradient) == (2.0 / count, 4.0 / count)
    assert found["a"].tolist() == [1.0, 3.0]
    assert found["b"][0].tolist() == [2.0, 6.0]
    assert found["b"][1].tolist() == [[3.0, 2.0], [9.0, 2.0]]
    assert table.tolist() == [[[1, 5], [6, 7]], [[3, 15], [18, 7]]]


@pytest.mark.parametrize(("reduction", "factor"), [("mean", 1.0), ("sum", 4.0), (None, 1.0)])
def test_reductions_with_parameters(reduction: str | None, factor: float) -> None:
    value, gradient = compile(lambda x: x * W + B**2, [W, B], reduction=reduction)(ONES * 3)
    assert (value, *gradient) == pytest.approx((2.5 * factor, 3.0 * factor, -2.0 * factor), rel=1e-14)
    assert isinstance(value, float)


def test_reductions_without_parameters() -> None:
    batch = [1.0, 3.0]
    assert compile(lambda x: x * W, reduction="sum")(batch) == 2.0
    assert compile(lambda x: x * W, reduction="mean")(batch) == 1.0
    assert compile(lambda x: x * W, reduction="none")(batch).tolist() == [0.5, 1.5]
    assert compile(lambda x: {"a": (x, W)}, reduction="sum")(batch) == {"a": (4.0, 1.0)}


@pytest.mark.parametrize("reduction", ["avg", "", "MEAN", 3])
def test_an_unknown_reduction_is_refused(reduction: Any) -> None:
    with pytest.raises(ValueError, match=f"^unknown reduction {reduction!r}: it must be one of mean, sum, none"):
        compile(lambda x: x, reduction=reduction)


def test_a_gradient_of_many_numbers_is_refused() -> None:
    with pytest.raises(ValueError, match="reduction must be 'mean' or 'sum'"):
        compile(lambda x: x * W, W, reduction="none")


@pytest.mark.parametrize("function", [None, 3, "tanh", Value(1.0)])
def test_what_is_no_function_is_refused(function: Any) -> None:
    with pytest.raises(TypeError, match=r"^compile takes a function of one sample, got "):
        compile(function)


# --- parameters ---


def test_parameters_may_be_a_module_a_value_or_lists_of_them() -> None:
    model, other = MLP(2, [2, 1], seed=1), Layer(2, 1, seed=2)
    mine = [*model.parameters(), *other.parameters(), W]
    given: Any
    for given in ([model, other, W], [[model], (other, [W])], mine, tuple(mine), [mine, mine, model]):
        step = compile(lambda x: (model(x) + other(x)) * W, given)
        assert step.parameters.values == tuple(mine)
        value, gradient = step([[1.0, 2.0]])
        expected = eager(lambda x: (model(x) + other(x)) * W, mine, [[[1.0, 2.0]]])
        assert value == pytest.approx(expected[0])
        assert gradient == pytest.approx(expected[1])
    assert compile(lambda x: x * W, W).parameters.values == (W,)
    assert compile(model).parameters.values == tuple(model.parameters())


@pytest.mark.parametrize("given", [[], (), [[]]], ids=str)
def test_no_parameters_is_an_error(given: Any) -> None:
    with pytest.raises(ValueError, match=r"has no parameters: make them with parameter\(…\)$"):
        compile(lambda x: x * W, given)


@pytest.mark.parametrize("given", [[W, 1.0], [W, None], [W, "b"], MLP, "w"], ids=str)
def test_what_is_no_parameter_is_not_passed_over(given: Any) -> None:
    with pytest.raises(TypeError, match=r"^parameters are a Module, Values, or a list of them; got "):
        compile(lambda x: x * W, given)


def test_what_was_computed_is_no_parameter() -> None:
    """Its gradient is known to eager, but no step can change its number."""
    computed = W * 2
    with pytest.raises(ValueError, match="parameter"):
        compile(lambda x: x * computed, [W, computed])([1.0])


def test_training_with_values_shows_in_the_next_call() -> None:
    model = MLP(2, [3, 1], "tanh", seed=1)
    step, predict = compile(lambda x, y: (model(x) - y) ** 2, model), compile(model)
    xs, ys = numbers(6, 2), numbers(6)
    before, gradient = step(xs, ys)
    for p, g in zip(model.parameters(), gradient, strict=True):
        p.data -= 0.1 * g
    after, _ = step(xs, ys)
    assert after < before
    np.testing.assert_allclose(predict(xs), [model(x).data for x in xs.tolist()], rtol=1e-12)


def test_training_with_arrays_shows_in_the_values() -> None:
    model = MLP(2, [3, 2], "tanh", seed=1)
    step, predict = compile(lambda x, y: total((z - y) ** 2 for z in model(x)), model), compile(model)
    xs, ys = numbers(6, 2), numbers(6)
    losses = []
    for _ in range(20):
        value, gradient = step(xs, ys)
        step.parameters -= 0.05 * gradient
        losses.append(value)
    assert losses[-1] < losses[0]
    np.testing.assert_allclose(predict(xs), [[z.data for z in model(x)] for x in xs.tolist()], rtol=1e-12)
    assert model.state_dict() == dict(zip(model.state_dict(), step.parameters.array.tolist(), strict=True))


def test_gradients_of_the_values_are_left_alone() -> None:
    W.grad = 7.0
    compile(lambda x: x * W, W)(ONES)
    assert W.grad == 7.0


def test_inside_no_grad() -> None:
    with no_grad():
        value, gradient = compile(lambda x: x * W, W)(ONES * 3)
        assert (W * 2).operands == ()
    assert (value, *gradient) == pytest.approx((1.5, 3.0), rel=1e-14)


# --- errors of a sample ---

UNDEFINED: dict[str, tuple[Callable[..., Value], float]] = {
    "log of 0": (lambda x: log(x) * W, 0.0),
    "log of −1": (lambda x: log(x) * W, -1.0),
    "√ of −1": (lambda x: sqrt(x) * W, -1.0),
    "the derivative of √ at 0": (lambda x: sqrt(x * W), 0.0),
    "exp of 1000": (lambda x: exp(x) * W, 1000.0),
    "1 / 0": (lambda x: W / x, 0.0),
    "0 ** −1": (lambda x: x**-1 * W, 0.0),
    "(−1) ** 0.5": (lambda x: x**0.5 * W, -1.0),
    "the derivative of x ** 0.5": (lambda x: (x * W) ** 0.5, 0.0),
    "0 ** −1 with Values": (lambda x: (x * W) ** (W - 1.5), 0.0),
    "1e155 · 1e155": (lambda x: (x * 1e155) * (x * 1e155) * W, 1.0),
    "a weighted sum": (lambda x: tanh(weighted_sum([W, B], [x * 1e308, x * -1e308 * 1.5])), 1.5),
    "a sum": (lambda x: tanh(total([x * 1e308, x * 1e308, W])), 1.0),
}  # fmt: skip


def error_of(function: Callable[..., Value], x: float) -> str:
    with pytest.raises(DomainError) as caught:
        function(Value(x)).backward()
    return str(caught.value)


@pytest.mark.parametrize(("function", "bad"), UNDEFINED.values(), ids=UNDEFINED.keys())
@pytest.mark.parametrize(("size", "place"), [(1, 0), (3, 0), (3, 1), (3, 2), (20, 13)])
def test_an_error_names_the_operation_and_the_sample(
    function: Callable[..., Value], bad: float, size: int, place: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The words are those of the eager error; a batch of 20 is replayed in pieces."""
    monkeypatch.setattr(compiled_program, "CACHE", 1)
    monkeypatch.setattr(compiled_program, "LEAST_PIECE", 6)
    batch = np.full(size, 1e-3)
    step = compile(function, W)
    step(batch)
    before = W.data, W.grad
    batch[place] = bad
    for again in (step, compile(function, W)):
        with pytest.raises(DomainError, match=f"^{re.escape(f'sample {place}: {error_of(function, bad)}')}$"):
            again(batch)
    assert (W.data, W.grad) == before
    assert step.parameters.array.tolist() == [W.data]
    assert step([1e-3])[0] == pytest.approx(function(Value(1e-3)).data, rel=1e-12), "and it works again"


def test_naming_the_sample_stops_at_no_watch_and_ends_no_pass_that_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The samples before it are computed eagerly, which nobody asked to see."""
    step = compile(lambda x: log(x) * W, W)
    waiting = (W * W).backward_steps()
    next(waiting)
    stops: list[None] = []
    monkeypatch.setattr(sys, "breakpointhook", lambda: stops.append(None))
    with break_on(condition=lambda application: True), pytest.raises(DomainError, match="sample 1: log"):
        step([1.0, 0.0])
    assert (stops, len(list(waiting)), W.grad) == ([], 1, 1.0)


def test_without_parameters_a_derivative_is_not_asked_for() -> None:
    assert compile(lambda x: sqrt(x * W))([0.0, 2.0]).tolist() == [0.0, 1.0]
    with pytest.raises(DomainError, match=r"^sample 1: log\(x\) has no finite value"):
        compile(log)([1.0, 0.0])


def test_a_derivative_that_no_sample_has() -> None:
    with pytest.raises(DomainError, match=r"^sample 0: the derivative of c \*\* x has no finite value"):
        compile(lambda x: 0.0 ** (W * x), W)([1.0, 2.0])


@pytest.mark.parametrize("row", [0, 400, 599])
def test_an_overflow_in_any_part_of_a_large_product(row: int) -> None:
    """NumPy's library shares it among threads, whose overflow NumPy does not notice; tanh makes 1 of an infinity."""
    layer = Layer(64, 64, "tanh")
    for weight in layer.parameters():
        weight.data = 1.0
    batch = np.zeros((600, 64))
    batch[row] = 1e308
    with pytest.raises(DomainError, match=f"^sample {row}: weighted_sum"):
        compile(layer)(batch)


def test_inside_no_grad_an_error_is_an_error_too() -> None:
    with no_grad(), pytest.raises(DomainError, match=r"^sample 1: the derivative of sqrt"):
        compile(lambda x: sqrt(x * W), W)([1.0, 0.0])


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan])
def test_an_infinity_put_in_on_purpose_stays_visible(number: float, place: int) -> None:
    batch = np.ones(3)
    batch[place] = number
    value, gradient = compile(lambda x: x * W, W)(batch)
    np.testing.assert_equal(value, number)
    np.testing.assert_equal(gradient, [number])
    expected = [(tanh(Value(x)) + Value(x) * W - Value(x)).data for x in batch.tolist()]
    np.testing.assert_equal(compile(lambda x: tanh(x) + x * W - x)(batch), expected)
    expected = [weighted_sum([W, B], [Value(x), Value(x)]).data for x in batch.tolist()]
    np.testing.assert_equal(compile(lambda x: weighted_sum([W, B], [x, x]))(batch), expected)


@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan])
def test_an_infinity_that_the_function_brings_along_stays_visible(number: float) -> None:
    """As a number that it is written with, or of a Value made outside."""
    outside = Value(number)
    functions: list[Callable[[Value], Value]] = [
        lambda x: x * number, lambda x: x * outside, lambda x: x * outside - outside
    ]  # fmt: skip
    for function in functions:
        expected = [function(Value(x)).data for x in (1.0, 2.0)]
        np.testing.assert_equal(compile(function)([1.0, 2.0]), expected)


def test_an_infinity_where_relu_is_flat_is_a_nan_as_eagerly() -> None:
    w = [B]

    def function(x: Value) -> Value:
        return relu(B) * x

    np.testing.assert_equal(grad(function(Value(-math.inf)), w), [math.nan])
    np.testing.assert_equal(compile(function, w)([1.0, -math.inf]), (math.nan, [math.nan]))


def test_what_is_not_chosen_has_no_derivative() -> None:
    step = compile(lambda x: where(x * W > 0.0, sqrt(x * W), x * W), W)
    assert step([0.0]) == (0.0, [0.0])
    assert step([0.0, 2.0]) == (0.5, [grad(sqrt(2.0 * W), W) / 2])


def test_comparisons_with_a_nan_are_false() -> None:
    comparisons: list[Callable[[Value], bool]] = [lambda x: x > W, lambda x: x >= W, lambda x: x < W, lambda x: x <= W]
    for compared in comparisons:
        found = compile(lambda x, compared=compared: where(compared(x), 1.0, Value(2.0)))([math.nan, 0.0, 0.5, 1.0])
        assert found[0] == 2.0
        assert found[2] == (1.0 if compared(Value(0.5)) else 2.0)


def test_a_ragged_batch_is_told_of_padded() -> None:
    for ragged in ([[1.0, 2.0], [3.0]], [[[1.0], [2.0]], [[1.0], [2.0, 3.0]]], [np.ones(2), np.ones(3)]):
        with pytest.raises(TypeError, match=r"lists differ in length; microgradnet\.data\.padded makes them one"):
            compile(lambda x: x[0])(ragged)


def test_an_array_by_name_is_told_to_stand_by_position() -> None:
    message = r"takes its arrays by position alone, got y=…, engine=…: write f\(x, y\), and options such as engine=… in"
    with pytest.raises(TypeError, match=message):
        compile(lambda x, y: x * y * W)([1.0], y=[1.0], engine="numba")
    with pytest.raises(TypeError, match=r"write f\(X, Y\)"):
        compile(lambda *xs: xs[0])(xs=[1.0])


def test_the_sign_of_a_nan_is_a_nan() -> None:
    np.testing.assert_equal(compile(sign)([math.nan, 2.0, -0.5, 0.0]), [math.nan, 1.0, -1.0, 0.0])


def test_a_sum_whose_order_decides_on_an_overflow_may_be_finite() -> None:
    """The limit that the book names."""

    def f(x: list[Value]) -> Value:
        return abs(x[0]) + abs(x[1]) + x[2] + x[3] + x[4]

    step = compile(f)
    step([[1.0, 1.0, 1.0, 1.0, 1.0]])
    row = [1e308, 1e308, -1e308, 0.0, 0.0]
    with pytest.raises(DomainError):
        f([*map(Value, row)])
    assert step([row]) == [1e308]


def test_a_mean_that_is_finite_and_a_sum_that_is_not() -> None:
    function, batch = (lambda x: x * 1.0), [1e308, 1e308]
    assert compile(function, reduction="mean")(batch) == 1e308
    with pytest.raises(DomainError, match=r"^a sum over the samples is too large"):
        compile(function, reduction="sum")(batch)
    with pytest.raises(DomainError, match=r"^a sum over the samples is too large"):
        compile(lambda x: x * W, W, reduction="sum")(batch)
    np.testing.assert_equal(compile(function, reduction="sum")([math.inf, -math.inf]), math.nan)


def test_lists_in_lists_are_matrices_also_of_sums() -> None:
    step = compile(lambda x: [[x[0], x[1]], [x[2], x[3]], [x[0], x[0]]], reduction="sum")
    assert step([[1.0, 2.0, 3.0, 4.0], [0.0, 0.0, 0.0, 1.0]]).tolist() == [[1.0, 2.0], [3.0, 5.0], [1.0, 1.0]]


def test_a_failing_call_leaves_a_good_one_as_it_is() -> None:
    step = compile(lambda x, y: log(x) * W + y * B, [W, B])
    good = step([1.0, 2.0], [3.0, 4.0])
    for wrong in (([1.0, 0.0], [1.0, 2.0]), ([1.0], [1.0, 2.0]), (["a"], [1.0]), ([1.0],)):
        with pytest.raises((DomainError, TypeError, ValueError)):
            step(*wrong)
        assert (W.grad, B.grad, W.data, B.data) == (0.0, 0.0, 0.5, -1.0)
        found = step([1.0, 2.0], [3.0, 4.0])
        assert (found[0], *found[1]) == (good[0], *good[1])


def test_an_overflow_that_eager_does_not_have_is_none() -> None:
    """The branch of the sigmoid that is not chosen, say."""
    parameters = parameters_of(1)
    for x in (-1e3, 1e3, -1e300):
        found = compile(lambda v: (v * parameters[0]).sigmoid(), parameters)([x])
        expected = eager(lambda v: (v * parameters[0]).sigmoid(), parameters, [[x]])
        assert (found[0], *found[1]) == (expected[0], *expected[1])


def test_an_infinite_constant_masks_a_class() -> None:
    """As people mask classes; the infinity is the function's own and no overflow of the program."""
    w = parameter(1.0)

    def loss(x: Value) -> Any:
        return cross_entropy([w * x, 2 * x, x - math.inf], 0)

    assert_close(compile(loss, w)([1.0, 2.0]), eager(loss, [w], [[1.0, 2.0]]))


def test_a_mean_is_finite_where_the_sum_is_not() -> None:
    w = parameter(1.0)
    value, gradient = compile(lambda x: w * x, w)([1e308] * 3)
    assert (value, *gradient) == (1e308, 1e308)
    assert compile(lambda x: x, reduction="mean")([1e308, -1e308, 1e308, 1e308]) == 5e307
    with pytest.raises(DomainError, match=r"a sum over the samples.*rescale"):
        compile(lambda x: w * x, w, reduction="sum")([1e308] * 3)


def test_parameters_can_be_assigned() -> None:
    """As a whole, by arithmetic on the vector, in place; what does not fit changes nothing."""
    w = parameter(2.0)
    step = compile(lambda x: x * w, w)
    step.parameters = step.parameters - 0.5 * step([1.0])[1]
    assert w.data == 1.5
    step.parameters *= 2.0
    assert (w.data, step([1.0])[0]) == (3.0, 3.0)
    for wrong in ("x", [1.0, 2.0]):
        with pytest.raises((TypeError, ValueError)):
            step.parameters = wrong  # type: ignore[assignment]
    assert w.data == 3.0


def test_without_its_programs_it_is_captured_anew() -> None:
    model = Layer(1, 1, "linear", seed=1)
    step = compile(model)
    step([[1.0]])
    model.neurons[0].b = parameter(5.0)
    step.programs.clear()
    assert step([[1.0]]).tolist() == [model([1.0]).data]


@pytest.mark.parametrize("most", [0, -1, "a", 1.5])
def test_a_bound_that_is_none_is_refused(most: Any) -> None:
    with pytest.raises(ValueError, match=r"^most_programs must be a whole number of at least 1, got "):
        compile(lambda x: x, most_programs=most)


def test_masked_arrays_are_refused() -> None:
    with pytest.raises(TypeError, match=r"^argument 1 is masked"):
        compile(lambda x: x)(np.ma.array([1.0, 2.0], mask=[False, True]))


def test_an_error_while_it_is_captured_tells_the_shapes() -> None:
    model = MLP(2, [1], seed=1)
    with pytest.raises(TypeError) as caught:
        compile(lambda x, y: (model(x) - y) ** 2, model)([[0.0, 0.0]], [[0.0]])
    assert caught.value.__notes__ == [
        "while it was captured for samples whose arguments have the shapes x (2), y (1)",
        "argument 2, y, is a list of 1 number for each sample: if it should be that number, pass the array's .ravel(), "
        "of shape (1,), or use y[0]",
    ]


def test_one_number_for_each_sample_in_a_list_is_no_matter_where_the_error_is_another() -> None:
    model = MLP(2, [1], seed=1)
    with pytest.raises(ValueError, match="takes 2 inputs, got 1") as caught:
        compile(lambda x: model(x) ** 2, model)([[0.0]])
    assert caught.value.__notes__ == ["while it was captured for samples whose arguments have the shapes x (1)"]


def test_values_as_samples_are_answered_with_what_they_are() -> None:
    for given, words in (
        ([[Value(1.0)]], r"got Value: .*\.data"),
        (["1"], "got str; .* float"),
        ([10**400], "too large"),
    ):
        with pytest.raises(TypeError, match=rf"^argument 1 has to be an array.*{words}"):
            compile(lambda x: x)(given)


def test_a_program_says_what_it_is() -> None:
    program = compile(lambda x: x * W).program([1.0])
    assert repr(program) == "Program((x), 1 scalar operations as 1 array instructions)"


def test_through_outputs_that_are_not_differentiated_nothing_goes_back() -> None:
    """Their derivative may be infinite where nobody asks for it; and it costs nothing."""
    function = lambda x: (x * W, sqrt(x * W))  # noqa: E731
    (value, roots), gradient = compile(function, W)([0.0, 1.0])
    assert (value, gradient.tolist()) == (0.25, [0.5])
    assert roots == pytest.approx([0.0, 0.5**0.5])
    alone = compile(lambda x: x * W, W).program([1.0])
    assert len(compile(function, W).program([1.0]).backward) == len(alone.backward)
    shared = compile(lambda x: (tanh(x * W), tanh(x * W) * 2), W)([1.0])
    assert shared[1] == pytest.approx([1 - math.tanh(0.5) ** 2])


def test_an_overflow_of_a_sum_in_another_order_is_none() -> None:
    """The compiled program adds the products first."""
    step = compile(lambda x: x[0] * 1e300 + (-1e308) + x[1] * 1e300)
    assert step([[1e8, 1e8]]).tolist() == [1e308]


def test_a_program_that_was_deleted_is_made_anew() -> None:
    scale = [2.0]
    step = compile(lambda x: total([v * scale[0] for v in x]))
    assert (step([[1.0]])[0], step([[1.0, 1.0]])[0]) == (2.0, 4.0)
    scale[0] = 3.0
    del step.programs[((2,),)]
    assert (step([[1.0, 1.0]])[0], step([[1.0]])[0]) == (6.0, 2.0)


def test_the_sign_of_zero_is_kept() -> None:
    assert math.copysign(1.0, compile(lambda x: -x)([0.0])[0]) == -1.0


@pytest.mark.parametrize("small", [0, 10**9])
def test_large_and_small_masks_agree(small: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relu's gradient is picked out or multiplied by 0 and 1, as is faster for the size."""
    monkeypatch.setattr(binding, "SMALL", small)
    model = MLP(3, [6, 6, 1], "relu", init="he", seed=1)
    assert_agrees(lambda x, y: (model(x) - y) ** 2, model.parameters(), numbers(7, 3), numbers(7))
