"""`break_on` stops where it was asked to, one line before the chain rule; `detect_anomaly` at the first odd number."""

import linecache
import math
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import pytest
from hypothesis import given

from microgradnet import (
    AnomalyError,
    DomainError,
    Value,
    break_on,
    chain_rule,
    detect_anomaly,
    explain,
    grad,
    ops,
    recording,
    total,
    trace_source,
    unroll,
)
from microgradnet.graph import topological_order
from microgradnet.ops import CONSTANT, TABLE
from microgradnet.stepping.applications import Application, applications
from microgradnet.stepping.applications import backward_applications as backward_steps
from microgradnet.stepping.timeline import Timeline
from microgradnet.value import apply
from tests.stepping.test_steps import bits, different, gradients_of, recorded, unchanged
from tests.strategies import Program, programs

Stop = tuple[str, str, int]


class Stops:
    """A debugger's place: where it was stopped, and what the frame shows there."""

    def __init__(self) -> None:
        self.found: list[Stop] = []
        self.lines: list[str] = []

    def hook(self, *arguments: Any, **options: Any) -> None:
        frame = sys._getframe(1)
        assert frame.f_code is applications.__code__
        here = frame.f_locals
        node, operand = here["node"], here["operand"]
        assert operand is node.operands[here["position"]]
        assert here["upstream"] == node.grad
        assert bits(here["local_derivative"]) == bits(chain_rule.local_derivatives(node)[here["position"]])
        assert here["application"].before == operand.grad, "not applied yet"
        self.found.append((node.label, operand.label, here["position"]))
        self.lines.append(next_line(frame))


def next_line(frame: FrameType) -> str:
    """The next line of the program that is no blank and no comment."""
    line = frame.f_lineno
    while True:
        line += 1
        text = linecache.getline(frame.f_code.co_filename, line).partition("#")[0].strip()
        if text:
            return text


@pytest.fixture
def stops(monkeypatch: pytest.MonkeyPatch) -> Stops:
    found = Stops()
    monkeypatch.setattr(sys, "breakpointhook", found.hook)
    return found


@pytest.fixture(autouse=True)
def _nothing_is_left_on() -> Iterator[None]:
    assert not recording.active
    yield
    left = set(recording.active)
    recording.active.clear()
    assert not left


def graph() -> dict[str, Value]:
    """H = a·b, k = h + a, y = k·h: seven applications, no constants."""
    a, b = Value(2.0, "a"), Value(3.0, "b")
    h = a * b
    k = h + a
    y = k * h
    h.label, k.label, y.label = "h", "k", "y"
    return {"a": a, "b": b, "h": h, "k": k, "y": y}


ALL: list[Stop] = [("y", "k", 0), ("y", "h", 1), ("k", "h", 0), ("k", "a", 1), ("h", "a", 0), ("h", "b", 1)]
ASKED: dict[str, tuple[dict[str, Any], Callable[[Stop], bool]]] = {
    "leaf": ({"label": "a"}, lambda s: "a" in s[:2]),
    "result": ({"label": "h"}, lambda s: "h" in s[:2]),
    "root": ({"label": "y"}, lambda s: s[0] == "y"),
    "unknown": ({"label": "z"}, lambda s: False),
    "op": ({"op": "multiply"}, lambda s: s[0] in "yh"),
    "row": ({"op": ops.add}, lambda s: s[0] == "k"),
    "op elsewhere": ({"op": "exp"}, lambda s: False),
    "condition": ({"condition": lambda a: a.upstream > 5}, lambda s: s[0] in "kh"),
    "both": ({"label": "a", "op": "multiply"}, lambda s: s[:2] == ("h", "a")),
    "all three": (
        {"label": "h", "op": "multiply", "condition": lambda a: a.position == 1},
        lambda s: s in {("y", "h", 1), ("h", "b", 1)},
    ),
    "everything": ({"condition": lambda a: True}, lambda s: True),
}


@pytest.mark.parametrize(("asked", "wanted"), ASKED.values(), ids=ASKED.keys())
def test_it_stops_at_exactly_the_applications_asked_for(
    stops: Stops, asked: dict[str, Any], wanted: Callable[[Stop], bool]
) -> None:
    plain, watched = graph()["y"], graph()["y"]
    plain.backward()
    with break_on(**asked):
        watched.backward()
    assert stops.found == list(filter(wanted, ALL))
    assert set(stops.lines) <= {"operand.grad += upstream * local_derivative"}
    assert not different(plain, watched)


def test_the_checker_sees_a_stop_in_another_place(stops: Stops) -> None:
    with pytest.raises(AssertionError):
        breakpoint()


def test_it_stops_once_where_two_watches_match_and_until_each_is_off(stops: Stops) -> None:
    values = graph()
    first, second = break_on(label="b"), break_on(op="multiply", label="b")
    values["y"].backward()
    assert stops.found == [("h", "b", 1)]
    first.off()
    values["y"].backward()
    assert stops.found == [("h", "b", 1)] * 2
    second.off()
    second.off()
    values["y"].backward()
    assert stops.found == [("h", "b", 1)] * 2
    with pytest.raises(KeyError), break_on(label="b"):
        raise KeyError
    values["y"].backward()
    assert len(stops.found) == 2


def test_steps_and_grad_are_watched_too(stops: Stops) -> None:
    values = graph()
    before = gradients_of(values["y"])
    with break_on(label="b"):
        expected = 2 * 2 * 6 + 2 * 2
        assert grad(values["y"], values["b"]) == expected
        assert stops.found == [("h", "b", 1)]
        list(values["y"].backward_steps())
        assert stops.found == [("h", "b", 1)] * 2
        grad(values["y"], values["b"], create_graph=True)
    values["y"].zero_grad()
    assert all(g == 0.0 for g in before)


def test_a_condition_is_given_the_application_before_it_is_applied() -> None:
    values, seen = graph(), list[Application]()

    def note(application: Application) -> bool:
        assert application.operand.grad == application.before
        seen.append(application)
        return False

    with break_on(condition=note):
        values["y"].backward(2.0)
    fresh = graph()["y"]
    expected = list(backward_steps(fresh, 2.0))
    assert [a[2:] for a in seen] == [a[2:] for a in expected]
    assert all(a.root is values["y"] for a in seen)
    assert [(a.node.label, a.operand.label, a.position) for a in seen] == ALL


def test_a_condition_that_raises_leaves_all_as_it_was() -> None:
    values = graph()
    values["y"].backward()
    before = gradients_of(values["y"])

    def fail(application: Application) -> bool:
        raise KeyError("mine") if application.node.label == "h" else ValueError

    with break_on(label="h", condition=fail), pytest.raises(ValueError):  # noqa: PT011
        values["y"].backward()
    assert unchanged(values["y"], before)
    with break_on(label="b", condition=fail):
        for run in (values["y"].backward, lambda: grad(values["y"], values["a"])):
            with pytest.raises(KeyError, match="mine"):
                run()
            assert unchanged(values["y"], before)


def test_what_cannot_be_watched_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a label, an op or a condition"):
        break_on()
    with pytest.raises(ValueError, match=r"unknown operation 'mul': it must be one of add, subtract, multiply"):
        break_on(op="mul")
    with pytest.raises(TypeError):
        break_on("a")  # type: ignore[call-arg]
    assert not recording.active


@given(programs())
def test_watched_passes_give_the_same_gradients(program: Program) -> None:
    plain, watched = recorded(program), recorded(program)
    plain.backward(0.7)
    with detect_anomaly(), break_on(label="no such label"):
        watched.backward(0.7)
        leaves = [node for node in topological_order(watched) if not node.operands and node.op is not CONSTANT]
        found = grad(watched, leaves)
    assert not different(plain, watched)
    assert found == grad(watched, leaves)


@pytest.mark.parametrize("odd", [math.inf, -math.inf, math.nan])
@pytest.mark.parametrize("name", ["add", "multiply", "exp", "relu", "weighted_sum", "logsumexp"])
def test_an_odd_number_put_in_is_found_at_the_first_operation(odd: float, name: str) -> None:
    row = TABLE[name]
    operands = [Value(odd, "odd"), *[Value(1.0, f"fine{i}") for i in range(1, len(row.operands))]]
    if name in {"exp", "relu", "logsumexp"} and odd == -math.inf:
        with detect_anomaly():
            assert math.isfinite(apply(row, tuple(operands)).data), "that is a number again"
        return
    through = apply(row, tuple(operands))
    assert not math.isfinite(through.data)
    with detect_anomaly(), pytest.raises(AnomalyError) as caught:
        apply(row, tuple(operands))
    assert f"{row.code} gives {through.data} for odd = {odd}" in str(caught.value)
    assert all(f"{x.label} = {x.data}" in str(caught.value) for x in operands)
    assert not math.isfinite(apply(row, tuple(operands)).data), "off again"


def test_what_is_undefined_for_numbers_stays_a_domain_error() -> None:
    with detect_anomaly(), pytest.raises(DomainError):
        Value(1000.0).exp()
    with pytest.raises(DomainError):
        Value(1e200) * 1e200


def test_an_odd_gradient_is_found_where_it_is_made_with_the_path() -> None:
    with trace_source():
        x, w = Value(math.inf, "x"), Value(2.0, "w")
        z = (x * w).tanh()
        z.operands[0].label = "product"
        z.label = "a"
        loss = z + w
        loss.label = "loss"
    w.grad = 5.0
    before = gradients_of(loss)
    quiet = grad(loss, w)
    assert math.isnan(quiet), "0 × ∞, unnoticed"
    with detect_anomaly():
        for run in (loss.backward, lambda: grad(loss, w), lambda: list(loss.backward_steps())):
            with pytest.raises(AnomalyError) as caught:
                run()
            message = str(caught.value)
            assert f"the gradient of w = 2.0 ({w.source}) becomes nan: " in message
            assert "+ 0.0 × inf, the gradient of product = inf" in message
            assert "times the derivative of a * b" in message
            assert "loss → a → product, computed at test_watching.py:" in message
            assert unchanged(loss, before)
    assert math.isnan(grad(loss, w))


def test_an_overflow_is_an_anomaly_too() -> None:
    x = Value(1e-300, "x")
    y = x * Value(1e200, "c") * Value(1e200, "d")
    becomes = r"gradient of x = 1e-300 becomes inf: 0\.0 \+ 1e\+200 × 1e\+200"
    with detect_anomaly(), pytest.raises(AnomalyError, match=becomes):
        y.backward()
    assert x.grad == 0.0


def test_finite_passes_raise_nothing_and_nested_ones_restore() -> None:
    odd = Value(math.nan, "odd")
    outer = detect_anomaly()
    values = graph()
    values["y"].backward()
    assert values["b"].grad == 28.0
    with detect_anomaly():
        pass
    with pytest.raises(AnomalyError):
        odd * 2
    outer.off()
    assert math.isnan((odd * 2).data)
    with pytest.raises(KeyError), detect_anomaly():
        raise KeyError
    assert math.isnan((odd * 2).data)


def test_a_sum_of_passes_beyond_a_float_is_an_anomaly() -> None:
    x = Value(1.0, "x")
    x.grad = 1.7e308
    with (
        detect_anomaly(),
        pytest.raises(AnomalyError, match=r"gradient of x = 1\.0 becomes inf: 1\.7e\+308 \+ 1\.0 × "),
    ):
        (x * 1e308).backward()
    assert x.grad == 1.7e308


def test_off_twice_takes_nothing_from_others() -> None:
    with detect_anomaly():
        with detect_anomaly() as inner:
            inner.off()
        assert len(recording.active) == 1


def test_the_gradient_of_a_constant_is_no_anomaly() -> None:
    x, w = Value(1e300, "x"), Value(1e200, "w")
    with detect_anomaly():
        ((1e-200 * x) * w).backward()
    assert (x.grad, w.grad) == (1.0, 1e100)


def test_a_watch_that_turns_itself_off_hides_no_other() -> None:
    seen = []

    def once(application: Application) -> bool:
        one.off()
        return False

    one = break_on(condition=once)
    with break_on(condition=lambda application: bool(seen.append(application))):  # type: ignore[func-returns-value]
        (Value(2.0, "a") * Value(3.0, "b")).backward()
    assert len(seen) == 2


def test_break_on_refuses_what_could_never_match() -> None:
    for asked in ({"op": math.exp}, {"op": 5}, {"label": 5}, {"condition": 5}):
        with pytest.raises(TypeError):
            break_on(**asked)


def test_the_message_of_an_anomaly_is_one_short_line() -> None:
    xs = [Value(math.inf, "a\x1b[31m\nb"), *[Value(1.0, f"x{i}") for i in range(500)]]
    with detect_anomaly(), pytest.raises(AnomalyError) as caught:
        total(xs)
    said = str(caught.value)
    assert len(said) < 1000
    assert said.isprintable()


LOOKS: list[Callable[[Value, Value], object]] = [
    explain,
    lambda leaf, root: unroll(root),
    lambda leaf, root: Timeline(root),
]


@pytest.mark.parametrize("look", LOOKS)
def test_a_look_at_a_graph_stops_at_no_watch_and_ends_no_pass_that_waits(
    look: Callable[[Value, Value], object], stops: Stops
) -> None:
    nodes = graph()
    waiting = nodes["y"].backward_steps()
    next(waiting)
    with break_on(condition=lambda application: True):
        look(nodes["a"], nodes["y"])
    assert stops.found == []
    assert len(list(waiting)) == len(ALL) - 1
