"""What a captured function may not do: each raises a CaptureError that names the line and a remedy."""

import gc
import inspect
import math
import operator
import random
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout, suppress
from functools import lru_cache, partial
from io import StringIO
from typing import Any

import numpy as np
import pytest

from microgradnet import (
    CaptureError,
    DomainError,
    Value,
    compile,
    elu,
    exp,
    for_each,
    grad,
    graph,
    jacobian,
    leaky_relu,
    log,
    maximum,
    minimum,
    no_grad,
    parameter,
    recording,
    relu,
    sqrt,
    tanh,
    total,
    trace_source,
    weighted_sum,
    where,
)
from microgradnet.compiling import compiled as compiled_module
from microgradnet.optim.parameter_vector import ParameterVector
from tests.compiling.comparing import assert_agrees, numbers
from tests.programs.test_interrupts import interrupted

W = parameter(0.5, "w")
OTHER = parameter(2.0, "other")
BATCH = ([1.0, 2.0], [1.5, -1.0])


def assert_all_is_as_before() -> None:
    """Values are plain, the switches are off, and eager arithmetic and another capture work."""
    assert (type(W), type(OTHER)) == (Value, Value)
    assert not recording.active
    assert (W.data, OTHER.data) == (0.5, 2.0)
    y = W * OTHER
    assert type(y) is Value
    assert y.operands == (W, OTHER)
    assert W < OTHER
    value, gradient = compile(lambda x: x * W, [W])([1.0, 3.0])
    assert (value, *gradient) == (1.0, 2.0)


@pytest.fixture(autouse=True)
def _nothing_is_left_on() -> Iterator[None]:
    yield
    W.data, OTHER.data = 0.5, 2.0
    assert_all_is_as_before()


def line_of(function: Callable[..., Any]) -> int:
    """The line of the function that is marked "# here", or else its first."""
    lines, first = inspect.getsourcelines(function)
    marked = [number for number, line in enumerate(lines, first) if "# here" in line]
    return marked[0] if marked else function.__code__.co_firstlineno


def refused(function: Callable[..., Any], what: str, remedy: str, batch: Any = BATCH, line: bool = True) -> str:
    """Capturing the function raises a CaptureError with its line, what it did and what to do, and undoes itself."""
    place = rf"^test_capture\.py:{line_of(function)}: .*" if line else ""
    messages = []
    for parameters in ([W], None):
        step = compile(function, parameters)
        for _ in range(2):  # what was refused once is refused again
            with pytest.raises(CaptureError, match=f"{place}{what}.*{remedy}") as caught:
                step(*batch)
            assert not step.programs
            assert_all_is_as_before()
        messages.append(str(caught.value))
    assert isinstance(caught.value, RuntimeError)
    return messages[0]


BRANCH = "use maximum, minimum, relu or abs"
NUMBER = "microgradnet's own functions"


def test_an_if_on_a_traced_number() -> None:
    def function(x: Value, y: Value) -> Value:
        z = x * W
        if z > 0:  # here
            return y
        return z

    refused(function, "a comparison", BRANCH)


def test_an_if_on_a_parameter() -> None:
    message = "a comparison.*" + BRANCH
    with pytest.raises(CaptureError, match=message):
        compile(lambda x: x if W > 0 else -x, W)([1.0])


def test_a_loop_that_ends_when_the_data_say_so() -> None:
    def function(x: Value, y: Value) -> Value:
        while y < 10:  # here
            y = y * 2
        return x * y

    refused(function, "a comparison", BRANCH)


@pytest.mark.parametrize("compare", ["<", "<=", ">", ">="])
@pytest.mark.parametrize("other", ["x", "1.0"])
def test_a_comparison(compare: str, other: str) -> None:
    def function(x: Value, y: Value) -> list[Value]:
        return [x, y][eval(f"y {compare} {other}", {"x": x, "y": y}) :]

    refused(function, "a comparison", BRANCH, line=False)


@pytest.mark.parametrize("choose", [max, min, lambda *v: sorted(v)[0], lambda *v: sum(v) if v[0] > 2 else v[1]])
def test_the_choices_of_python(choose: Callable[..., Value]) -> None:
    refused(lambda x, y: choose(x, y) * W, "a comparison", BRANCH, line=False)


@pytest.mark.parametrize("truth", [bool, lambda v: v or 1, lambda v: not v, lambda v: any([v])])
def test_the_truth_of_a_value(truth: Callable[[Value], Any]) -> None:
    refused(lambda x, y: x * truth(y), "the truth of a value", BRANCH, line=False)


@pytest.mark.parametrize("compare", [operator.lt, operator.le, operator.gt, operator.ge])
@pytest.mark.parametrize("other", [1.0, W])
def test_where_on_a_comparison_chooses_for_each_sample(compare: Callable[..., Any], other: Any) -> None:
    def function(x: Any) -> Any:
        return where(compare(x, other), tanh(x) * W, x * x) + where(compare(other, x), 2.0, x)

    for batch in ([0.2, 0.5, 1.0, 1.5], [1.0, 0.5], [1.0]):
        assert_agrees(function, [W], np.array(batch))


@pytest.mark.parametrize(
    "use",
    [
        lambda c: c + 1, lambda c: 2 * c, int, float, lambda c: [1, 2][c], lambda c: not c, lambda c: c & True,
        lambda c: {True: 1}.get(c, 2), lambda c: -c, lambda c: ~c, lambda c: c == 1,
    ],
)  # fmt: skip
def test_a_comparison_as_a_number(use: Callable[[Any], Any]) -> None:
    refused(lambda x, y: x * use(x > 0) + y, "a comparison", BRANCH, line=False)


def test_data_read() -> None:
    refused(lambda x, y: x * y.data, r"\.data", NUMBER)


def test_data_of_something_computed() -> None:
    refused(lambda x, y: x * tanh(y * 2).data, r"\.data", NUMBER)


def test_data_of_what_a_parameter_gives() -> None:
    refused(lambda x, y: x * (W * 2).data * y, r"\.data", NUMBER)


def test_data_of_a_parameter_that_is_not_listed() -> None:
    """Its number would be frozen, where as a Value it is looked up at each call."""
    with pytest.raises(CaptureError, match=r"\.data"):
        compile(lambda x: x * OTHER.data, W)([1.0])


def test_float() -> None:
    refused(lambda x, y: x * float(y), r"float\(v\)", NUMBER)


@pytest.mark.parametrize("function", [math.exp, math.sqrt, math.floor, math.ceil, math.isnan, np.float64])
def test_a_function_of_numbers(function: Callable[[Any], float]) -> None:
    refused(lambda x, y: y * function(x), r"float\(v\)", NUMBER, line=False)


def test_an_array_of_a_number() -> None:
    refused(lambda x, y: x * float(np.array([y], float)[0]), r"float\(v\)", NUMBER)


@pytest.mark.parametrize("function", [int, range, operator.index, lambda v: [1, 2, 3][v], lambda v: np.arange(3)[v]])
def test_an_index_or_a_count(function: Callable[[Any], Any]) -> None:
    remedy = r"Embedding of a one-hot row, which compile\(…, symbols=.*weighted_sum\(one_hot, x\)"
    message = refused(lambda x, y: function(x) and y, "a traced value as an index", remedy, line=False)
    assert message.count("Embedding") == 1
    with pytest.raises((TypeError, IndexError), match=r"Value|integer"):  # as ever
        function(Value(1.0))
    assert not hasattr(Value, "__index__")


def test_an_index_has_the_remedy_that_works() -> None:
    picked = compile(lambda x, i: weighted_sum(i, x), symbols={"i": 3})
    rows = numbers(4, 3)
    assert picked(rows, [0, 1, 2, 0]).tolist() == [*rows[np.arange(4), [0, 1, 2, 0]]]
    with pytest.raises(CaptureError, match=r"^test_capture\.py:\d+: a traced value as an index"):
        compile(lambda x, i: x[i])(rows, [0, 1, 2, 0])


@pytest.mark.parametrize("function", [round, math.trunc])
def test_a_rounded_number(function: Callable[[Any], Any]) -> None:
    """As without compile, where a Value is no integer."""
    compiled = compile(lambda x, y: function(x) and y)
    for call in (partial(function, Value(1.0)), partial(compiled, *BATCH)):
        with pytest.raises(TypeError, match=r"Value|integer"):
            call()


def test_an_index_that_is_read() -> None:
    refused(lambda x, y: [x, y, x][int(x.data)], r"\.data", "Embedding of a one-hot row, which compile.…, symbols=")


def test_the_largest_number_taken_out_inside_a_softmax() -> None:
    def function(x: Value, y: Value) -> Value:
        largest = max(x, y)  # here
        return exp(x - largest) / total([exp(x - largest), exp(y - largest)])

    refused(function, "a comparison", "softmax and logsumexp")


def test_anything_about_values_that_are_found_anywhere() -> None:
    class Model:
        scale = Value(2.0)

        def __call__(self, x: Value, y: Value) -> Value:
            return x * self.scale.data + y

    found = {"scale": Value(2.0)}
    for function in (
        Model(),
        lambda x, y: x * found["scale"].data + y,
        lambda x, y, scale=found["scale"]: x * float(scale) + y,
        partial(lambda scale, x, y: x * scale.grad + y, found["scale"]),
        lambda x, y: x * (Value(2.0) * 3).data + y,
    ):
        refused(function, "", "", line=False)


def test_detach() -> None:
    refused(lambda x, y: x * y.detach(), r"detach\(\)", "pass numbers without a gradient as a separate argument")


def test_no_grad() -> None:
    def function(x: Value, y: Value) -> Value:
        with no_grad():  # here
            z = y * 2
        return x * z

    refused(function, r"no_grad\(\)", "remove it")


def test_backward() -> None:
    def function(x: Value, y: Value) -> Value:
        z = x * y
        z.backward()  # here
        return z

    refused(function, "a backward pass", r"compile\(function, parameters\)")


def test_backward_steps() -> None:
    refused(lambda x, y: [x, *(x * y).backward_steps()], "a backward pass", r"compile\(function, parameters\)")


def test_backward_of_something_outside() -> None:
    def function(x: Value, y: Value) -> Value:
        outside.backward()  # here
        return x * y

    outside = OTHER * 2
    refused(function, "a backward pass", r"compile\(function, parameters\)")
    assert OTHER.grad == 0.0


def test_a_gradient_as_a_number() -> None:
    refused(lambda x, y: x * grad(y * y, y), "a gradient as a number", r"create_graph=True")


def test_a_jacobian() -> None:
    refused(lambda x, y: x * jacobian(y * y, y)[0][0], "a gradient as a number", r"create_graph=True")


def test_a_number_put_into_a_parameter() -> None:
    def function(x: Value) -> Value:
        W.data = 3.0  # here
        return x * W

    place = rf"^test_capture\.py:{line_of(function)}: setting \.data.*its arguments"
    with pytest.raises(CaptureError, match=place):
        compile(function, W)([1.0])


def test_a_number_put_into_an_argument() -> None:
    def function(x: Value, y: Value) -> Value:
        x.data = 3.0  # here
        return x * y

    refused(function, r"setting \.data", "arguments")


def test_a_number_put_into_a_parameter_that_is_not_listed() -> None:
    def function(x: Value) -> Value:
        OTHER.data = 3.0
        return x * OTHER

    with pytest.raises(CaptureError, match=r"setting \.data"):
        compile(function)([1.0])


# --- what is found by running the function twice ---

EACH_TIME = "pass numbers that change"


def test_a_random_number() -> None:
    refused(lambda x, y: x * random.random() * y, "the number", EACH_TIME)


def test_a_random_generator_of_numpy() -> None:
    rng = np.random.default_rng(0)
    refused(lambda x, y: x + y * rng.normal(), "the number", EACH_TIME)


def test_a_random_mask() -> None:
    rng = random.Random(0)

    def function(x: Value, y: Value) -> Value:
        return total([v * (1.0 if rng.random() < 0.5 else 0.0) for v in [x, y] * 20])  # here

    refused(function, "the number", EACH_TIME)


def test_a_random_number_in_a_value() -> None:
    refused(lambda x, y: x + y * Value(random.random()), "the number", EACH_TIME)


def test_a_random_number_alone() -> None:
    refused(lambda x, y: Value(random.random()), "the number", EACH_TIME)


def test_a_random_choice_of_operands() -> None:
    rng = random.Random(0)
    refused(lambda x, y: total([v * y for v in rng.sample([x, y, W] * 10, 10)]), "", EACH_TIME, line=False)


def test_a_random_number_of_steps() -> None:
    counts = iter(range(1, 1000))

    def function(x: Value, y: Value) -> Value:
        for _ in range(next(counts)):
            x = x * y
        return x

    refused(function, "", EACH_TIME, line=False)


def test_a_random_operation() -> None:
    names = iter(["tanh", "exp", "sin", "cos"] * 100)
    refused(lambda x, y: getattr(x, next(names))() * y, "in one run of the function is", EACH_TIME)


def test_a_random_order_of_the_results() -> None:
    turns = iter([False, True] * 100)
    with pytest.raises(CaptureError, match=f"returned different values.*{EACH_TIME}"):
        compile(lambda x, y: [x, y] if next(turns) else [y, x])(*BATCH)


def test_a_counter() -> None:
    counts = [0]

    def function(x: Value, y: Value) -> Value:
        counts[0] += 1
        return x * y * counts[0]  # here

    refused(function, "the number", EACH_TIME)


def test_the_time() -> None:
    refused(lambda x, y: x * y + time.perf_counter(), "the number", EACH_TIME)


# --- what it returns ---


@pytest.mark.parametrize("result", [None, "text", {1, 2}, (v for v in "ab"), np.zeros(2), [[None]], {"a": object()}])
def test_a_result_that_is_no_value(result: Any) -> None:
    refused(lambda x, y: result, "a compiled function returns Values", "", line=False)


def test_a_plain_number_is_a_result() -> None:
    assert compile(lambda x: {"y": x * 2, "one": 1.0})([3.0, 4.0])["one"].tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    "result", [lambda x: [x], lambda x: {"a": x}, lambda x: ([x], x), lambda x: (), lambda x: ((x, x), x)]
)
def test_a_gradient_is_of_a_value_or_the_first_of_a_tuple(result: Callable[[Value], Any]) -> None:
    with pytest.raises(CaptureError, match="a function whose gradient is wanted returns one Value, or a tuple"):
        compile(lambda x: result(x * W), W)([1.0, 2.0])


def test_an_error_of_the_function_itself_comes_through() -> None:
    def function(x: Value, y: Value) -> Value:
        raise KeyError("mine")

    for parameters in (None, W):
        with pytest.raises(KeyError, match="mine"):
            compile(function, parameters)(*BATCH)
        assert_all_is_as_before()


# --- what is allowed ---


def test_a_gradient_as_a_graph() -> None:
    """A physics-informed loss, say: the derivative of the network by its input."""

    def function(x: Value, y: Value) -> Value:
        u = tanh(x * W) * OTHER
        slope = grad(u, x, create_graph=True)
        return (slope + u - y) ** 2

    assert_agrees(function, [W, OTHER], numbers(3), numbers(3))


def test_a_gradient_by_a_parameter_as_a_graph() -> None:
    assert_agrees(lambda x: grad(tanh(x * W) ** 2, W, create_graph=True), [W, OTHER], numbers(3))


def test_values_made_outside_are_looked_up_at_each_call() -> None:
    scale, offset = Value(2.0), parameter(1.0)
    step = compile(lambda x: x * W * scale + offset, W)
    assert step([1.0])[0] == 2.0
    scale.data, offset.data = 4.0, -1.0
    value, gradient = step([1.0])
    assert (value, *gradient) == (1.0, 4.0)
    W.data = 1.0
    assert step([1.0])[0] == 3.0


def test_what_was_computed_outside_is_computed_again() -> None:
    scale = Value(2.0)
    outside = scale * 3
    step = compile(lambda x: x * outside)
    assert step([1.0]).tolist() == [6.0]
    scale.data = 3.0
    assert step([1.0]).tolist() == [9.0]


def test_control_flow_on_plain_arguments() -> None:
    layers, deep = 3, True

    def function(x: list[Value]) -> Value:
        z = x[0]
        for layer in range(layers):
            z = relu(z * W) if layer % 2 or not deep else tanh(z + x[layer % len(x)])
        return z

    assert_agrees(function, [W], numbers(3, 2))


def test_labels_and_printing() -> None:
    """What is printed meanwhile is there to be seen, but without a number that could be read back."""

    def function(x: Value, y: Value) -> Value:
        z = x * y
        z.label = "z"
        print(z, f"{x}", repr(W), z.label, z.op.name, len(z.operands), Value(2.0) * 3)
        return z * W

    printed = StringIO()
    with redirect_stdout(printed):
        compile(function, W)(*BATCH)
    line = "Value(traced, label='z') Value(traced) Value(traced, label='w') z multiply 2 Value(traced)\n"
    assert printed.getvalue() == line * 2


def test_a_number_as_text() -> None:
    with pytest.raises(CaptureError, match=r"^test_capture.py:\d+: a number as text would bake"):
        compile(lambda x: x * float(f"{x:.1f}"))([1.0])


def test_a_gradient_that_is_read() -> None:
    with pytest.raises(CaptureError, match=r"^test_capture.py:\d+: \.grad would bake"):
        compile(lambda x: x * W.grad, W)([1.0])


def test_a_comparison_with_a_number() -> None:
    with pytest.raises(CaptureError, match=r"^test_capture.py:\d+: == 1.0 would bake"):
        compile(lambda x: x * 2 if x == 1.0 else x)([1.0])


def test_an_error_that_the_function_swallows() -> None:
    def function(x: Value) -> Value:
        try:
            return x * float(x)
        except Exception:
            return x * 1000

    with pytest.raises(CaptureError, match=r"^test_capture.py:\d+: float\(v\) would bake"):
        compile(function)([2.0, 3.0])
    assert compile(lambda x: x * 2)([2.0]).tolist() == [4.0], "and is forgotten after"


@pytest.mark.parametrize("draw", [random.random, np.random.random])
def test_random_numbers_with_few_outcomes(draw: Callable[[], float], monkeypatch: pytest.MonkeyPatch) -> None:
    """Two runs may well agree; that they were drawn does not escape notice, where no other thread may have drawn."""
    monkeypatch.setattr(threading, "active_count", lambda: 1)  # that of a progress bar may be left
    for _ in range(5):
        with pytest.raises(CaptureError, match="A compiled function has to compute the same each time"):
            compile(lambda x: x / 0.9 if draw() < 0.9 else 0 * x)([1.0, 2.0])


def test_values_kept_from_one_run_to_the_next() -> None:
    kept: list[Value] = []

    def function(x: Value) -> Value:
        kept.append(x)
        return total(kept[:1] + kept[-1:])

    with pytest.raises(CaptureError, match="total has other operands in one run of the function than in another"):
        compile(function)([1.0, 2.0])


def test_identity_and_membership() -> None:
    def function(x: Value, y: Value) -> Value:
        table = {x: y, y: x}
        return table[x] * W if x in [x, y] and x is not y and x != y else x

    assert_agrees(function, [W], numbers(3), numbers(3, seed=1))


def test_lines_are_traced_while_it_is_captured() -> None:
    with trace_source():
        program = compile(lambda x: x * W, W).program([1.0])
    assert re.match(r"test_capture\.py:\d+$", str(program.captured.outputs[0].source))


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("function", [lambda x: x * W, lambda x: x if x > 0 else -x])
def test_the_garbage_collector_is_as_it_was(function: Callable[..., Value], enabled: bool) -> None:
    before = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        with suppress(CaptureError):
            compile(function, W)([1.0, -1.0])
        assert gc.isenabled() == enabled
    finally:
        (gc.enable if before else gc.disable)()


def test_values_kept_from_a_capture_are_plain_afterwards() -> None:
    kept: list[Value] = []

    def function(x: Value, y: Value) -> Value:
        kept.append(x * y)
        return kept[-1] * W

    compile(function, W)(*BATCH)
    assert {type(value) for value in kept} == {Value}
    assert [value.data for value in kept] == [1.5, -2.0]
    kept[0].backward()
    assert kept[0].operands[0].grad == 1.5


def test_a_compiled_function_inside_another() -> None:
    inner = compile(lambda v: v * W, W)
    inner([1.0])
    refused(lambda x, y: inner([x])[0] * y, "calling a compiled function", "the function that it was compiled from")
    refused(lambda x, y: inner([2.0])[0] * y, "calling a compiled function", "the function that it was compiled from")


def test_a_counter_in_a_value() -> None:
    count = {"calls": Value(0.0)}

    def function(x: Value) -> Value:
        count["calls"].data = count["calls"]
        return x * count["calls"]

    with pytest.raises(CaptureError, match=r"setting \.data would bake"):
        compile(function)([1.0])


def test_a_parameter_made_inside() -> None:
    @lru_cache
    def weight() -> Value:
        return parameter(3.0)

    refused(
        lambda x, y: x * weight() + y * W, "a parameter made by the function", "calling the function once", line=False
    )
    weight()
    assert_agrees(lambda x: x * weight() * W, [W], numbers(3))


@pytest.mark.parametrize("batch", [[1.0, 0.0, 2.0], [0.0, 1.0, 0.0], [0.0, 0.0], [1.0, 0.0]])
def test_a_domain_error_that_the_function_catches(batch: list[float]) -> None:
    """It is a branch, whether the sample that takes it is captured or not."""

    def function(x: Value) -> Value:
        try:
            z = log(x)
        except ArithmeticError:
            z = x * 0 - 5
        return exp(z) * W

    step = compile(function, W)
    assert step([1.0, 2.0])[0] == 0.75
    for compiled in (step, compile(function, W)):
        with pytest.raises(CaptureError, match="catching the DomainError of 'log'.*" + BRANCH):
            compiled(batch)


def test_a_domain_error_of_a_derivative_that_the_function_catches() -> None:
    def function(x: Value) -> Value:
        try:
            return grad(sqrt(x), x, create_graph=True) * W
        except DomainError:
            return Value(0.0)

    for batch in ([0.0, 1.0, 0.0], [1.0, 0.0, 1.0]):
        with pytest.raises(CaptureError, match="catching the DomainError of"):
            compile(function, W)(batch)


def test_a_loss_that_is_a_number_for_some_samples() -> None:
    with pytest.raises(CaptureError, match="catching"):
        compile(swallowed, W)([1.0, 0.0, 4.0])
    step = compile(lambda x: where(x > 0, sqrt(x * W), 0.0), W)
    assert step([1.0, 0.0, 4.0])[0] == pytest.approx((0.5**0.5 + 2**0.5) / 3)


def swallowed(x: Value) -> Any:
    try:
        return log(x) * W
    except DomainError:
        return 0.0


def test_a_derivative_that_nobody_needs_may_not_exist() -> None:
    """`grad` goes on without ∂(x**y)/∂y = ln(x)·x**y, which has no value at x = -1."""
    slope = compile(lambda x, y: grad(x**y, x, create_graph=True))
    assert slope([-1.0, -1.0], [2.0, 3.0]).tolist() == [-2.0, 3.0]


class Special(Value):
    """A kind of Value of somebody else's."""


def test_subclasses_and_the_type_of_a_value() -> None:
    special = Special(2.0)

    def function(x: Value) -> Value:
        assert type(x) is Value
        assert type(x * W) is Value
        assert type(W) is Value
        return x * W * special + Special(3.0)

    assert_agrees(function, [W], numbers(3))
    assert compile(lambda x: x * special, special)([1.0, 3.0])[1].tolist() == [2.0]
    assert type(special) is Special


def test_labels_and_text_are_as_without_compile() -> None:
    assert_agrees(lambda x: x * W if x.label == "" and f"{x}" else x, [W], numbers(3))


@pytest.mark.parametrize(
    "function",
    [abs, leaky_relu, elu, relu, lambda z: minimum(z, W), lambda z: maximum(W, z), lambda z: where(z > 0.2, z * z, z)],
)
def test_derivatives_of_kinks_are_captured(function: Callable[[Value], Value]) -> None:
    """A gradient penalty of a relu network, say: comparisons inside a rule are nodes of the program."""
    xs = np.array([-1.5, -0.2, 0.4, 2.0])
    assert_agrees(lambda x: grad(function(x * W) ** 2, x, create_graph=True) ** 2 * W, [W], xs)


def test_ctrl_c_at_any_line_of_a_capture(monkeypatch: pytest.MonkeyPatch) -> None:
    # locks of its own: an error raised at the end of a `with`, where no Ctrl-C can arrive, keeps them
    monkeypatch.setattr(graph, "_marking", threading.Lock())
    monkeypatch.setattr(compiled_module, "_CAPTURING", threading.RLock())
    monkeypatch.setattr(ParameterVector, "_lock", threading.RLock())
    plain = {name: vars(Value)[name] for name in ("data", "grad", "__lt__", "__float__", "__repr__", "__eq__")}

    def function(x: Value) -> Any:
        return total(for_each(lambda v: relu(v * W), [x, x * 2, x * 3])) / 6 + 1.0

    def first_call() -> Any:
        return compile(function, W)([1.0, 3.0])

    assert first_call()[0] == 2.0
    lines = interrupted(first_call)
    assert len(lines) > 100
    for line in lines:
        for second in (0, line + 2):
            interrupted(first_call, raised=line, sent=second)
            assert {name: vars(Value)[name] for name in plain} == plain, line
            assert "__index__" not in vars(Value), line
            assert not recording.active, line
            assert gc.isenabled(), line
