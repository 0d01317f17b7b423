"""What is recorded of where values are made: the user's own line, always, and nothing unless it is asked for."""

import copy
import inspect
import math
import pickle
import weakref
from collections.abc import Callable, Iterator
from functools import reduce

import pytest

from microgradnet import (
    MLP,
    AnomalyError,
    DomainError,
    Neuron,
    Value,
    constant,
    detect_anomaly,
    draw,
    grad,
    no_grad,
    parameter,
    recording,
    weighted_sum,
)
from microgradnet import trace_source as traced
from microgradnet.graph import topological_order
from microgradnet.ops import Operation
from microgradnet.recording import Hook
from microgradnet.stepping.tracing import Source
from microgradnet.teach.examples.neuron import EXAMPLE
from tests.stepping.test_steps import at_a_point
from tests.strategies import each_row

A, B = Value(2.0, "a"), Value(3.0, "b")


@no_grad()
def untracked() -> Value:
    return A * B


WAYS: dict[str, Callable[[], Value]] = {
    "operator": lambda: A * B,
    "reflected": lambda: 2 - A,
    "number on the right": lambda: A / 2,
    "in place": lambda: A.__add__(B),
    "power": lambda: A**B,
    "number to a power": lambda: 2**A,
    "negative": lambda: -A,
    "abs": lambda: abs(A),
    "sum": lambda: sum([A, B], A),
    "reduce": lambda: reduce(lambda x, y: x * y, [A, B, A]),
    "method": lambda: A.exp() * 1,
    "function": lambda: weighted_sum([A], [B], 1.0),
    "leaf": lambda: Value(1.0),
    "parameter": lambda: parameter(1.0),
    "constant": lambda: constant(1.0),
    "detach": lambda: A.detach() * 1,
    "second derivative": lambda: grad(A * A * B, A, create_graph=True),
    "comprehension": lambda: [x * B for x in (A, B)][-1],
    "neuron": lambda: Neuron(2, "sigmoid", seed=0)([A, 1.0]),
    "network": lambda: MLP(2, [2, 1], "tanh", seed=0)([A, B]),
    "own activation": lambda: Neuron(1, lambda z: z * z, seed=0)([A]),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _nothing_is_left_on() -> Iterator[None]:
    assert not recording.active
    yield
    assert not recording.active
    assert recording.is_recording()


@pytest.mark.parametrize("make", WAYS.values(), ids=WAYS.keys())
def test_a_source_is_the_line_of_the_users_program(make: Callable[[], Value]) -> None:
    with traced():
        value = make()
    line = make.__code__.co_firstlineno
    assert value.source is not None
    assert (value.source.file, value.source.line) == (__file__, line)
    made = [node for node in topological_order(value) if node not in (A, B)]
    assert {(node.source.file, node.source.line) for node in made if node.source} == {(__file__, line)}
    assert all(node.source for node in made), "all that was made there, also inside a network"
    assert make().source is None


@each_row
def test_every_row_remembers(row: Operation) -> None:
    with traced():
        node = at_a_point(row)
    assert node.source is not None
    assert node.source.function == "record"


def test_a_source_says_which_function_and_shows_the_files_name() -> None:
    with traced():
        x = Value(1.0)
        y = x * 2
    frame = inspect.currentframe()
    assert frame is not None
    lines = [source.line for source in (x.source, y.source) if source]
    assert lines == [frame.f_lineno - 5, frame.f_lineno - 4]
    assert x.source == Source(__file__, lines[0], test_a_source_says_which_function_and_shows_the_files_name.__name__)
    assert str(x.source) == f"test_recording.py:{lines[0]}"


def test_the_examples_are_read_as_a_users_program() -> None:
    with traced():
        root = EXAMPLE.build()
    files = {
        node.source.file.replace("\\", "/").rpartition("/examples/")[2]
        for node in topological_order(root)
        if node.source
    }
    assert files <= {"neuron.py"}
    assert root.source is not None


def test_it_is_off_unless_on() -> None:
    assert (Value(1.0) * 2).source is None
    outer = traced()
    assert isinstance(outer, Hook)
    x = Value(1.0)
    with traced() as inner:
        assert isinstance(inner, Hook)
        assert Value(1.0).source is not None
    assert Value(1.0).source is not None, "the outer one is still on"
    outer.off()
    assert (Value(1.0).source, (x * 2).source) == (None, None)
    assert x.source is not None, "what is known stays known"
    with pytest.raises(KeyError), traced():
        raise KeyError
    assert Value(1.0).source is None


def test_values_with_a_source_are_as_any_other() -> None:
    with traced():
        x = Value(3.0, "x")
        y = x * x
    assert y.operands == (x, x)
    assert isinstance(y.operands, tuple)
    assert repr(y.operands) == repr((x, x))
    y.backward()
    for twin in (copy.deepcopy(y), pickle.loads(pickle.dumps(y))):
        assert twin.source == y.source
        assert twin.operands[0] is twin.operands[1]
        assert twin.operands[0].source == x.source
        assert (twin.data, twin.operands[0].grad, twin.op) == (9.0, 6.0, y.op)
        twin.backward()
        assert twin.operands[0].grad == 12.0
    shallow = copy.copy(y)
    assert shallow.source == y.source
    assert shallow.operands[0] is x


def test_errors_tooltips_and_steps_say_where() -> None:
    with traced():
        x = Value(0.0, "x")
        y = x.sqrt()
    place = f"{x.source}"
    assert place.startswith("test_recording.py:")
    with pytest.raises(DomainError, match=rf"^log\(x\) has no finite value at x = 0\.0 \({place}\)"):
        x.log()
    with pytest.raises(DomainError, match=rf"at x = 0\.0 \({place}\).*multiply → sqrt, computed at {y.source}\."):
        (y * 3).backward()
    assert f"made at {y.source}" in draw(y).dot
    assert "made at" not in draw(Value(1.0) * 2).dot
    assert [step.node.source for step in y.forward_steps()] == [y.source]


def test_what_is_not_recorded_is_still_made_somewhere() -> None:
    with traced():
        value = untracked()
    assert value.operands == ()
    assert value.source is not None
    assert value.source.function == "untracked"
    assert untracked().source is None


def test_no_grad_as_a_decorator_and_nested() -> None:
    with no_grad():
        assert not untracked().operands
        assert not (A * B).operands
    assert (A * B).operands == (A, B)


def test_a_switch_is_its_own_with_statement() -> None:
    hook = Hook()
    with hook as inside:
        assert inside is hook
        assert recording.hooks() == [hook]
    assert recording.hooks() == []


def test_switches_go_off_in_any_order() -> None:
    first, second = traced(), traced()
    first.off()
    assert Value(1.0).source is not None
    second.off()
    assert Value(1.0).source is None
    one, other = detect_anomaly(), detect_anomaly()
    one.off()
    with pytest.raises(AnomalyError):
        Value(math.inf) * 0.0
    other.off()
    assert math.isnan((Value(math.inf) * 0.0).data)


def test_a_switch_that_is_off_is_forgotten() -> None:
    hook = traced()
    gone = weakref.ref(hook)
    hook.off()
    del hook
    assert gone() is None


def test_switches_can_be_set_aside() -> None:
    with traced() as hook:
        with recording.unobserved():
            assert recording.hooks() == []
            assert Value(1.0).source is None
        assert recording.hooks() == [hook]
        with pytest.raises(KeyError), recording.unobserved():
            raise KeyError
        assert recording.hooks() == [hook]
        assert Value(1.0).source is not None
