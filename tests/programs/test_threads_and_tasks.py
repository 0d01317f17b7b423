"""What one thread, task or generator switches off is off for it alone, and each trains as if it were alone."""

import asyncio
import itertools
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, Thread
from typing import Any

import pytest

from microgradnet import MLP, Value, grad, no_grad, parameter
from microgradnet.losses import squared_error

X = Value(3.0, "x")
LONG = 60.0  # seconds after which a thread that waits is given up


def recording() -> bool:
    """Whether arithmetic records a graph here and now."""
    return bool((X * X).operands)


def in_threads(*work: Callable[[], Any]) -> list[Any]:
    with ThreadPoolExecutor(len(work)) as pool:
        return [future.result(LONG) for future in [pool.submit(each) for each in work]]


def test_two_threads_that_overlap() -> None:
    entered, left = Event(), Event()
    second_entered = Event()

    def first() -> list[bool]:
        with no_grad():
            entered.set()
            assert second_entered.wait(LONG)
            inside = recording()
        left.set()
        return [inside, recording()]

    def second() -> list[bool]:
        assert entered.wait(LONG)
        outside = recording()
        with no_grad():
            second_entered.set()
            assert left.wait(LONG)
            inside = recording()
        return [outside, inside, recording()]

    assert in_threads(first, second) == [[False, True], [True, False, True]]
    assert recording()


def test_a_thread_that_evaluates_does_not_stop_another_that_learns() -> None:
    entered, learnt = Event(), Event()

    def evaluate() -> None:
        with no_grad():
            entered.set()
            assert learnt.wait(LONG)

    thread = Thread(target=evaluate)
    thread.start()
    assert entered.wait(LONG)
    w = parameter(2.0)
    try:
        (w * w).backward()
    finally:
        learnt.set()
        thread.join()
    assert w.grad == 4.0


def test_tasks_that_overlap_across_await() -> None:
    async def evaluating(enter: int, leave: int, clock: list[int]) -> list[bool]:
        async def until(time: int) -> None:
            while clock[0] < time:
                await asyncio.sleep(0)

        await until(enter)
        found = [recording()]
        with no_grad():
            found.append(recording())
            await until(leave)
            found.append(recording())
        return [*found, recording()]

    async def learning(clock: list[int]) -> list[float]:
        found = []
        for _ in range(6):
            w = parameter(2.0)
            y = w * w
            await asyncio.sleep(0)
            found.append(grad(y, w))
            clock[0] += 1
            await asyncio.sleep(0)
        return found

    async def all_of_them() -> Any:
        clock = [0]
        return tuple(await asyncio.gather(evaluating(0, 3, clock), evaluating(1, 5, clock), learning(clock)))

    right = [True, False, False, True]
    assert asyncio.run(all_of_them()) == (right, right, [4.0] * 6)


def suspended() -> Iterator[bool]:
    with no_grad():
        yield recording()
        yield recording()


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_suspended_generators_that_are_dropped_in_any_order(order: tuple[int, ...]) -> None:
    generators: dict[int, Any] = {i: suspended() for i in range(3)}
    assert [next(generator) for generator in generators.values()] == [False] * 3
    for i in order:
        del generators[i]
    assert recording()


def test_a_suspended_generator_switches_nothing_off_in_other_threads() -> None:
    generator: Any = suspended()
    assert next(generator) is False
    assert in_threads(recording, recording) == [True, True]
    del generator
    assert in_threads(recording) == [True]


def test_a_generator_that_another_thread_drops() -> None:
    (generator,) = in_threads(lambda: (begun := suspended(), next(begun))[0])
    assert recording()
    generator.close()
    assert recording()
    with no_grad():
        assert not recording()
    assert recording()


def test_an_asynchronous_generator_that_is_left() -> None:
    async def numbers() -> Any:
        with no_grad():
            for i in range(10):
                await asyncio.sleep(0)
                yield i

    async def leaves_early() -> None:
        async for i in numbers():
            if i == 2:
                break

    async def all_of_them() -> list[bool]:
        await asyncio.gather(leaves_early(), leaves_early())
        return [recording()]

    assert asyncio.run(all_of_them()) == [True]


SCALE = parameter(0.5, "scale")


def trained(seed: int, started: Callable[[], object]) -> dict[str, float]:
    """A model after some steps, with an evaluation without a graph at each; the scale is read, never changed."""
    model = MLP(2, [4, 1], "tanh", seed=seed)
    points = [([0.0, 1.0], 1.0), ([1.0, 0.0], -1.0), ([0.5, 0.5], 0.25)]
    started()
    for _ in range(40):
        loss: Any = sum(squared_error(model(x) * SCALE, t) for x, t in points)
        model.zero_grad()
        loss.backward()
        for p in model.parameters():
            p.data -= 0.05 * p.grad
        with no_grad():
            assert not sum(squared_error(model(x) * SCALE, t) for x, t in points).operands
    return model.state_dict()


@pytest.fixture
def _threads_take_turns_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("_threads_take_turns_often")
def test_threads_that_train_at_once_each_learn_as_if_alone() -> None:
    barrier = Barrier(4)
    together = in_threads(*[lambda seed=seed: trained(seed, lambda: barrier.wait(LONG)) for seed in range(4)])
    assert together == [trained(seed, lambda: None) for seed in range(4)]
    assert SCALE.data == 0.5


@pytest.mark.usefixtures("_threads_take_turns_often")
def test_an_exception_in_one_thread_does_not_undo_the_pass_of_another() -> None:
    def failing() -> int:
        failures = 0
        for _ in range(200):
            edge = Value(0.0)
            try:
                (edge.sqrt() * 2 + edge).backward()
            except ArithmeticError:
                failures += 1
        return failures

    def passing() -> set[float]:
        found = set()
        for _ in range(200):
            w = Value(2.0)
            h = w * w
            (h * h).backward()
            found.add(w.grad)
        return found

    assert in_threads(failing, passing, failing, passing) == [200, {32.0}, 200, {32.0}]
