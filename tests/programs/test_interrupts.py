"""Ctrl-C at any line: a pass is whole afterwards, its gradients all as before it or all as after it."""

import _thread
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import repeat
from pathlib import Path
from threading import Lock, RLock
from types import FrameType
from typing import Any

import pytest

import microgradnet
from microgradnet import Value, backward_unrolled, grad, no_grad, ops, parameter, recording
from microgradnet import graph as graphs
from microgradnet.graph import Graph, topological_order
from microgradnet.optim.parameter_vector import ParameterVector
from microgradnet.value import apply
from tests.strategies import altered

PACKAGE = str(Path(microgradnet.__file__).parent) + os.sep
NAMING = PACKAGE + "notation" + os.sep  # thousands of lines, which change no gradient
AFTER = range(1, 7)  # lines between a first Ctrl-C and a second


class _Signal:
    """`_Signal()[SIGINT]` sends one to this thread: by C alone, so that it arrives after the trace function's end."""

    __getitem__ = staticmethod(_thread.interrupt_main)


SEND = _Signal()


def interrupted(run: Callable[[], object], raised: int = 0, sent: int = 0, files: str = PACKAGE) -> list[int]:
    """Run it with a KeyboardInterrupt before the line number `raised`, and a Ctrl-C sent before the number `sent`.

    Lines of `files` are counted, from 1 on; none between the sending and the arrival. Nothing is traced there, as a
    Ctrl-C that arrived in a trace function at the `yield` of a generator would pass the generator's `finally` by.

    Returns:
        The numbers at which a line ran for the first time, the second, or the last.
    """
    line = 0
    numbers: dict[tuple[object, ...], list[int]] = {}

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal line
        if not frame.f_code.co_filename.startswith(files) or frame.f_code.co_filename.startswith(NAMING):
            return None
        if event == "line":
            line += 1
            numbers.setdefault((frame.f_code, frame.f_lineno), []).append(line)
            if line == sent:
                sys.settrace(None)
                SEND[signal.SIGINT]
            if line == raised:
                raise KeyboardInterrupt
        return trace

    def arrived(number: int, frame: FrameType | None) -> None:
        if raised:
            sys.settrace(trace)
        raise KeyboardInterrupt

    before = sys.gettrace()
    signal.signal(signal.SIGINT, arrived)
    with suppress(KeyboardInterrupt):
        try:
            sys.settrace(trace)
            run()
        finally:
            sys.settrace(before)
    with suppress(KeyboardInterrupt):
        time.sleep(0)  # whatever has been sent has arrived now
    sys.settrace(before)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    return sorted({number for ran in numbers.values() for number in (*ran[:2], ran[-1])})


@pytest.fixture(autouse=True)
def _unraisable(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Ctrl-C that falls into the closing of a generator is told to nobody."""
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: None)


@pytest.fixture(autouse=True)
def _locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Locks of its own for each test: raised at the end of a `with`, where no Ctrl-C can arrive, an error keeps one."""
    monkeypatch.setattr(graphs, "_marking", Lock())
    monkeypatch.setattr(ParameterVector, "_lock", RLock())


def graph() -> Any:
    """A shared node, a repeated operand, and leaves that hold gradients from before."""
    a, b = Value(0.5, "a"), parameter(-1.5, "b")
    h = a * b
    y = (h.tanh() + h) * (a * a)
    a.grad, b.grad = 10.0, -20.0
    h.grad = 7.0
    return y


def gradients(root: Value) -> list[tuple[type, float]]:
    """The gradients in their order; "none yet" is not the number 0."""
    return [(type(node.grad), node.grad) for node in topological_order(root)]


def by_backward(y: Value) -> None:
    y.backward()


def by_grad(y: Value) -> None:
    grad(y, [leaf for leaf in Graph(y).leaves if leaf.label])


def by_grad_of_grad(y: Value) -> None:
    leaf = topological_order(y)[0]
    grad(grad(y, leaf, create_graph=True), leaf)


def by_steps(y: Value) -> None:
    for _ in y.backward_steps():
        pass


def by_steps_left_early(y: Value) -> None:
    for step in y.backward_steps():
        if step.number == 4:
            break


def by_program(y: Value) -> None:
    backward_unrolled(y)


def without_a_graph(y: Value) -> None:
    """No pass, but a hook that goes on and off."""
    with no_grad():
        y * y


PASSES = [by_backward, by_grad, by_grad_of_grad, by_steps, by_steps_left_early, by_program, without_a_graph]
Interruption = tuple[int, int]  # the lines at which it is raised and sent


def half_done(
    run: Callable[[Value], None], interruption: Callable[[int], Interruption], files: str = PACKAGE
) -> list[int]:
    """The lines at which an interruption leaves gradients neither all as before nor all as after, or a hook on.

    The next pass must find nothing of the interrupted one: no step that waits, no gradient between.
    """
    never, whole = graph(), graph()
    run(whole)
    allowed = {}
    for like in (never, whole):
        now = tuple(gradients(like))
        like.backward()
        allowed[now] = gradients(like)
    counted, wrong = graph(), []
    for line in interrupted(lambda: run(counted), files=files):
        y = graph()
        interrupted(lambda: run(y), *interruption(line), files=files)  # noqa: B023  # it runs at once
        now = tuple(gradients(y))
        ok = now in allowed and bool((y * y).operands) and not recording.active
        if ok:
            y.backward()
            ok = gradients(y) == allowed[now]
        if not ok:
            wrong.append(line)
            recording.active.clear()
    return wrong


def raised(line: int) -> Interruption:
    return line, 0


def sent(line: int) -> Interruption:
    return 0, line


def twice(after: int) -> Callable[[int], Interruption]:
    return lambda line: (line + after, line)


@pytest.mark.parametrize("run", PASSES)
@pytest.mark.parametrize("how", [raised, sent])
def test_one_interrupt_at_any_line(run: Callable[[Value], None], how: Callable[[int], Interruption]) -> None:
    assert half_done(run, how) == []


@pytest.mark.parametrize("run", [by_backward, by_grad, by_steps, without_a_graph])
@pytest.mark.parametrize("after", AFTER)
def test_a_second_interrupt_some_lines_after_the_first(run: Callable[[Value], None], after: int) -> None:
    assert half_done(run, twice(after)) == []


@pytest.mark.parametrize("run", PASSES)
def test_a_ctrl_c_leaves_no_walk_holding_the_marks(run: Callable[[Value], None]) -> None:
    counted = graph()
    for line in interrupted(lambda: run(counted)):
        y = graph()
        interrupted(lambda: run(y), sent=line)  # noqa: B023  # it runs at once
        assert not graphs._marking.locked()


def undone_by_a_loop(y: Value) -> None:
    """A pass of the kind that does not hold: gradients are zeroed before the `try`, and undone one by one."""
    nodes = topological_order(y)
    before = [node.grad for node in nodes]
    for node in nodes:
        node.grad = 0.0
    try:
        y.grad = 1.0
    except BaseException:
        for node, gradient in zip(nodes, before, strict=True):
            node.grad = gradient
        raise


def undone_in_time(y: Value) -> None:
    """It holds against one interrupt, not against a second while it undoes."""
    nodes = topological_order(y)
    before = [node.grad for node in nodes]
    try:
        for node in nodes:
            node.grad = 0.0
        y.grad = 1.0
    except BaseException:
        for node, gradient in zip(nodes, before, strict=True):
            node.grad = gradient
        raise


def whole_at_once(y: Value) -> None:
    """It holds against any number: all is worked out before, and then set in one go, by C alone."""
    nodes = topological_order(y)
    new = [float(i) for i in range(len(nodes))]
    deque(map(setattr, nodes, repeat("grad"), new), maxlen=0)


def test_the_checker_accepts_a_pass_that_is_whole() -> None:
    for how in (raised, sent, *map(twice, AFTER)):
        assert half_done(whole_at_once, how, __file__) == []


def test_the_checker_rejects_a_pass_that_is_half_undone() -> None:
    for how in (raised, sent):
        assert half_done(undone_by_a_loop, how, __file__)
        assert half_done(undone_in_time, how, __file__) == []
    assert any(half_done(undone_in_time, twice(after), __file__) for after in AFTER)


# Real signals


def test_a_signal_that_arrives_while_a_rule_is_applied() -> None:
    signals = [0, signal.SIGINT]  # the rule is tried out when the operation is made

    def derivatives(m: Any, y: Any, a: Any, b: Any) -> tuple[Any, ...]:
        os.kill(os.getpid(), signals[0])
        return b, a

    stopping = altered(ops.multiply, derivatives)
    signals.reverse()
    a, b = Value(2.0, "a"), Value(3.0, "b")
    a.grad = 5.0
    y = apply(stopping, (a * b, (a + b).tanh())) * a
    before = gradients(y)
    for run in (by_backward, by_grad, by_grad_of_grad, by_steps):
        with pytest.raises(KeyboardInterrupt):
            run(y)
        assert gradients(y) == before
    (a * b).backward()
    assert (a.grad, b.grad) == (8.0, 2.0)


def test_a_signal_in_the_loop_over_the_steps() -> None:
    y = graph()
    before = gradients(y)
    for number in range(1, 10):
        with pytest.raises(KeyboardInterrupt):
            stopped_at(y, number)
        assert gradients(y) == before


def stopped_at(y: Value, number: int) -> None:
    for step in y.backward_steps():
        if step.number == number:
            os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there is no such timer here")
@pytest.mark.parametrize("run", [by_backward, by_grad])
def test_a_signal_at_any_time_in_a_long_pass(run: Callable[[Value], None]) -> None:
    x = y = Value(1.0, "x")
    for _ in range(5_000):
        y = y * 1.0 + x * 1e-9
    before = gradients(y)
    started = time.perf_counter()
    run(y)
    took = time.perf_counter() - started
    after = gradients(y)
    arrived = False

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal arrived
        arrived = True
        raise KeyboardInterrupt  # which a callback of the collector, say, swallows

    handler = signal.signal(signal.SIGALRM, interrupt)
    try:
        for tenth in range(1, 12):
            y.zero_grad()
            arrived = False
            with suppress(KeyboardInterrupt):
                signal.setitimer(signal.ITIMER_REAL, took * tenth / 10)
                run(y)
                while not arrived:  # the pass has ended before the signal came
                    time.sleep(0.001)
            whole = gradients(y) in (before, after)
            assert whole, f"after {tenth} tenths of the pass"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)


# A step of all parameters as one vector


def stepped(theta: ParameterVector) -> None:
    """A step of the vector; then the values are read and one of them is written."""
    theta -= [0.5, 0.25, 0.5, 0.25]
    theta.values[1].data = theta.values[0].data + 1.25


def is_free() -> bool:
    """Whether another thread could change a vector now."""

    def taken() -> bool:
        if found := ParameterVector._lock.acquire(blocking=False):
            ParameterVector._lock.release()
        return found

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(taken).result()


def at_start() -> ParameterVector:
    return ParameterVector([parameter(float(i), f"w{i}") for i in range(4)])


@pytest.mark.parametrize("how", [raised, sent])
@pytest.mark.parametrize("changed_next", [True, False])
def test_an_interrupt_in_a_step_leaves_vector_and_values_equal(
    how: Callable[[int], Interruption], changed_next: bool
) -> None:
    """Whether the vector is then changed, by nothing, or the values are read first."""
    wrong: list[Any] = []
    counted = at_start()
    for line in interrupted(lambda: stepped(counted)):
        theta = at_start()
        interrupted(lambda: stepped(theta), *how(line))  # noqa: B023  # it runs at once
        if how is sent and not is_free():
            wrong.append((line, "the lock is kept"))
        if changed_next:
            theta += 0.0
        numbers, read = theta.array.tolist(), [value.data for value in theta.values]
        if numbers != read or numbers not in ([0.0, 1.0, 2.0, 3.0], [-0.5, 0.75, 1.5, 2.75]):
            wrong.append((line, numbers, read))
        theta.values[0].data = 9.0
        theta *= 2.0
        if theta.values[0].data != 18.0:
            wrong.append((line, theta.array.tolist(), [18.0]))
    assert wrong == []
