"""Compiled functions in several threads, in a process that was forked off, and in a call inside a call."""

import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from typing import Any

import pytest

from microgradnet import MLP, Value, compile, log, parameter, total
from microgradnet.compiling.observing import capturing

W = parameter(0.5, "w")
OTHER = parameter(2.0, "other")


def test_other_threads_compute_as_usual_while_one_captures() -> None:
    """Numbers, gradients, comparisons and assignments of values there, the same ones even, are their own matter."""
    inside, leave = threading.Event(), threading.Event()

    def function(x: Value) -> Value:
        inside.set()
        assert leave.wait(60)
        return x * W

    found = []
    captured = threading.Thread(target=lambda: found.append(compile(function, W)([1.0, 3.0])))
    captured.start()
    assert inside.wait(60)
    v = Value(2.0)
    y = v * v * OTHER
    y.backward()
    with pytest.raises(TypeError, match=r"'Value'.* integer"):
        range(v)
    v.data, seen = 3.0, (v.data, v.grad, float(v), v > 1, v == 3.0, bool(v < 1), f"{v:.1f}", repr(v.detach()))
    leave.set()
    captured.join()
    assert seen == (2.0, 8.0, 2.0, True, False, False, "2.0", "Value(data=2.0)")
    assert v.data == 3.0
    value, gradient = found[0]
    assert (value, *gradient) == (1.0, 2.0)


def test_models_compiled_and_trained_in_several_threads_at_once() -> None:
    def train(seed: int, through: Callable[..., Any]) -> list[float]:
        model = MLP(2, [3, 1], seed=seed)
        step = through(lambda x, y: (model(x) - y) ** 2, model)
        for _ in range(5):
            _, gradient = step([[0.1, 0.2], [0.3, -0.4], [1.0, seed / 8]], [0.5, -1.0, 0.0])
            step.parameters -= 0.1 * gradient
        return [p.data for p in model.parameters()]

    wanted = [train(seed, compile) for seed in range(8)]
    for _ in range(3):
        with ThreadPoolExecutor(8) as pool:
            assert [*pool.map(train, range(8), repeat(compile))] == wanted


def test_a_replay_does_not_wait_for_that_of_another_function(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = compile(lambda x: x * 2), compile(lambda x: x * 3)
    program, entered, leave = one.program([1.0]), threading.Event(), threading.Event()
    run = program.run

    def waiting(*arguments: Any) -> Any:
        entered.set()
        assert leave.wait(60)
        return run(*arguments)

    monkeypatch.setattr(program, "run", waiting)
    with ThreadPoolExecutor(2) as pool:
        found = pool.submit(one, [1.0])
        assert entered.wait(60)
        assert pool.submit(other, [1.0]).result(60) == [3.0], "captured and run meanwhile"
        leave.set()
        assert found.result() == [2.0]


def test_a_call_inside_a_call_is_refused_and_leaves_it_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """As from a signal handler: the arrays are in use. Another function may be called."""
    one, other = compile(lambda x: x * 2), compile(lambda x: x * 3)
    program = one.program([1.0])
    run = program.run

    def interrupted_run(*arguments: Any) -> Any:
        assert other([5.0]) == [15.0]
        with pytest.raises(RuntimeError, match="is already entered"):
            one([7.0])
        return run(*arguments)

    monkeypatch.setattr(program, "run", interrupted_run)
    assert one([1.0]) == [2.0]
    monkeypatch.undo()
    assert one([4.0]) == [8.0]


def _at_once(*works: Callable[[], object]) -> list[object]:
    """The error of each of these, or None, which threads of their own do at once; they end within a minute."""
    found: dict[int, object] = {}

    def work(number: int) -> None:
        try:
            found[number] = works[number]() and None
        except Exception as error:
            found[number] = error

    threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "a deadlock"
    return [found[number] for number in range(len(works))]


def test_functions_that_call_each_other_are_refused_in_two_threads_at_once() -> None:
    """Neither waits for the other: the call is refused before it asks for a lock."""
    one = compile(lambda x: total(two([1.0])) * x)
    two = compile(lambda x: total(one([1.0])) * x)
    for error in _at_once(lambda: one([2.0]), lambda: two([2.0])):
        assert "calling a compiled function" in str(error)


@pytest.mark.parametrize("captured", [True, False])
def test_functions_that_call_each_other_where_they_run_eagerly_in_two_threads_at_once(captured: bool) -> None:
    """Each runs its samples again, one by one, to find the one without a value, and meanwhile calls the other.

    Of one that has no program yet, the capture meets the sample without a value.
    """
    both = threading.Barrier(2)

    def function(x: Value, other: Callable[[], Any]) -> Value:
        if not capturing():
            both.wait(60)
            other()([1.0])
        return log(x)

    one = compile(lambda x: function(x, lambda: two))
    two = compile(lambda x: function(x, lambda: one))
    if captured:
        assert (*one([1.0]), *two([1.0])) == (0.0, 0.0)
    for error in _at_once(lambda: one([0.0]), lambda: two([0.0])):
        assert str(error).startswith("sample 0: ")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("captures", [True, False])
def test_a_process_forked_off_while_another_thread_captures_or_computes(
    captures: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered, leave = threading.Event(), threading.Event()

    def wait() -> None:
        if not entered.is_set():
            entered.set()
            assert leave.wait(60)

    def function(x: Value) -> Value:
        if captures:
            wait()
        return x * 2

    f = compile(function)
    if not captures:
        program = f.program([1.0])
        program.engines["fused"] = "threads and memory in use"
        run = program.run

        def waiting_run(*arguments: Any) -> Any:
            wait()
            return run(*arguments)

        monkeypatch.setattr(program, "run", waiting_run)
    thread = threading.Thread(target=f, args=([1.0],))
    thread.start()
    assert entered.wait(60)
    child = os.fork()
    if not child:
        is_right = False
        try:
            is_right = f([3.0]).tolist() == [6.0] and not f.program([3.0]).engines
        finally:
            os._exit(not is_right)
    until = time.monotonic() + 60
    while (ended := os.waitpid(child, os.WNOHANG)) == (0, 0) and time.monotonic() < until:
        time.sleep(0.01)
    leave.set()
    thread.join()
    if ended == (0, 0):
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    assert ended == (child, 0)
