"""`microgradnet.compile` beside NumPy by hand, torch and jax.jit: `python -m tests.benchmarks.compiled`.

Prints Markdown tables: steps of training on eight networks; value and gradient of an irregular graph, beside eager
microgradnet; what capturing and lowering cost; what a thousand steps leave in memory. All is in float64 on one thread.
Each contender works in a process of its own, so that neither pays for the other's garbage; they take turns
(A B C A B C …) within one run, so that a busy moment falls on all; a turn is a call that is not timed and then as many
in a row, the same for all, as take the first contender 20 ms; medians are shown, of times and of ratios. Before any of
it they must agree on loss and gradient. Whoever is not installed is left out. jax.jit is there twice: as it comes, and
"inline", without the thread that it hands its work to.
"""

import argparse
import gc
import multiprocessing
import operator
import os
import platform
import statistics
import time
import tracemalloc
from collections.abc import Callable, Mapping
from functools import partial
from itertools import pairwise
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from microgradnet import MLP, Value, compile, parameter
from microgradnet.compiling.capturing import capture
from tests.benchmarks.contenders import (
    CONTENDERS,
    Runner,
    Task,
    agree,
    attention,
    bodies,
    contenders_of,
    convolution,
    demo,
    digits,
    lstm,
    mixture,
    recurrent,
    with_microgradnet,
    with_parameters,
)
from tests.benchmarks.eager import Library, Turn, irregular, recipe

TURN = 0.02  # seconds: enough that the clock and a cold start weigh nothing
SURROUNDINGS = {  # of every contender's process
    **dict.fromkeys(["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "NPROC"], "1"),
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "JAX_PLATFORMS": "cpu",
    # Else it is an accident of the heap's layout whether glibc hands arrays of a megabyte back to the system at every
    # step and has them cleared again: NumPy by hand then takes twice as long at batch 10,000.
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(512 << 20),
}
BY_HAND, OURS = "NumPy by hand", "microgradnet.compile"
INSTALL = {
    "torch": "pip install torch==2.13.0",
    "jax.jit": "pip install jax",
    "jax.jit, inline": "pip install jax",
    "its fused engine": "pip install '.[fast]'",
    "its numba tape": "pip install '.[fast]'",
}
NANO, MICRO = 1e9, 1e6
Times = list[float]


# --- taking turns ---


def serve(connection: Connection, prepare: Callable[[], Runner]) -> None:
    """In a process of its own: send the first step's loss and gradients, then for each number of calls their time."""
    try:
        runner = prepare()
        connection.send((float(runner.step()), runner.gradients()))
    except ImportError as error:
        connection.send(str(error))
        return
    while calls := connection.recv():
        runner.step()  # the caches are another's, as are the branches that the processor foresees
        start = time.perf_counter()
        for _ in range(calls):
            loss = runner.step()
        connection.send(((time.perf_counter() - start) / calls, float(loss)))


def race(
    title: str, contenders: Mapping[str, Callable[[], Runner]], repeats: int, rtol: float = 1e-9
) -> tuple[dict[str, Times], list[str]]:
    """Each contender's seconds for a step, a figure a turn, and a line for each that is not installed.

    Raises:
        ValueError: they have not computed the same, at the first step or by the end of a turn.
    """
    spawn = multiprocessing.get_context("spawn")  # so that NumPy, like the rest, is loaded with one thread
    connections, processes = {}, []
    for name, prepare in contenders.items():
        connections[name], there = spawn.Pipe()
        processes.append(spawn.Process(target=serve, args=(there, prepare), daemon=True))
        processes[-1].start()
        there.close()
    first = {name: connection.recv() for name, connection in connections.items()}
    missing = {name: found for name, found in first.items() if isinstance(found, str)}
    agree(title, {name: found for name, found in first.items() if name not in missing}, rtol)
    seconds: dict[str, Times] = {name: [] for name in contenders if name not in missing}
    calls = 3
    for turn in range(repeats + 2):  # a turn that finds the number of calls, one that warms up, and those that count
        losses = {}
        for name, times in seconds.items():
            connections[name].send(calls)
            figure, losses[name] = connections[name].recv()
            times.append(figure)
        agree(title, {name: (loss, np.array([loss])) for name, loss in losses.items()}, max(rtol, 1e-6))
        if turn == 0:
            calls = max(1, round(TURN / next(iter(seconds.values()))[0]))
    for name in seconds:
        connections[name].send(0)
    for process in processes:  # what is measured next is not to be disturbed by their end
        process.join()
    lines = [f"{name} is left out ({error}): {INSTALL.get(name, 'see the book')}" for name, error in missing.items()]
    return {name: times[2:] for name, times in seconds.items()}, lines


def ratio(a: Times, b: Times) -> float:
    """The median of a / b within a turn: steadier than that of medians, as a busy spell often outlasts a turn."""
    return statistics.median(x / y for x, y in zip(a, b, strict=True))


def alternate(repeats: int, *works: Callable[[], object]) -> Times:
    """The median seconds of each work, done in turn, after a first round that only warms up."""
    rounds = []
    for _ in range(repeats + 1):
        marks = [time.perf_counter()]
        for work in works:
            work()
            marks.append(time.perf_counter())
        rounds.append([after - before for before, after in pairwise(marks)])
    return [statistics.median(times) for times in zip(*rounds[1:], strict=True)]


# --- steps of training ---


def tasks(quick: bool) -> list[Task]:
    small, middle, large = (2, 5, 20) if quick else (2, 100, 10_000)
    batch = 4 if quick else 32
    return [
        demo(small, "0.8 of NumPy"),
        demo(middle, "0.9 of NumPy, 5 × torch, 1.5 × jax.jit"),
        demo(large, "0.8 of NumPy"),
        digits(batch, 64, 32, "0.9 of NumPy, 3 × torch, 1 × jax.jit"),
        convolution(batch, "0.7 of NumPy"),
        recurrent(batch, 3 if quick else 20, "0.7 of NumPy"),
        lstm(batch, 3 if quick else 30, 4 if quick else 32),
        attention(2 if quick else 8, 4 if quick else 16, 8 if quick else 32),
        mixture(2 if quick else 16, 3 if quick else 50, 4 if quick else 32, 3 if quick else 20),
        bodies(1),
    ]


def training_row(task: Task, repeats: int) -> tuple[str, list[str]]:
    """Each one's time and its speed as a multiple of NumPy's, then how many times as fast as the others ours is."""
    contenders: dict[str, Callable[[], Runner]] = {
        name: partial(CONTENDERS[name], task) for name in contenders_of(task)
    }
    seconds, left_out = race(task.title, contenders, repeats)
    cells: list[str] = []
    for name in CONTENDERS:
        cells.append(f"{statistics.median(seconds[name]) * MICRO:,.4g} µs" if name in seconds else "–")
        if name in seconds and name != BY_HAND:
            cells[-1] += f", {ratio(seconds[BY_HAND], seconds[name]):.2f}"
    versus = [
        f"{ratio(seconds[name], seconds[OURS]):.1f} × {name}"
        for name in seconds
        if OURS in seconds and name in ("torch", "jax.jit", "jax.jit, inline")
    ]
    return f"| {' | '.join([task.title, *cells, '; '.join(versus), task.wanted])} |", left_out


# --- an irregular graph, without a batch ---

APPLY: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "r": lambda a, b: a.relu(),
}


def irregular_eager(nodes: int, operations: str) -> Runner:
    """As `tests.benchmarks.eager` has it: the graph is built each time."""
    turns = irregular(Library(Value, MLP), nodes, operations)
    last = Turn(0)

    def step() -> float:
        nonlocal last
        last = next(turns)
        return last.numbers[0]

    return Runner(step, lambda: np.array(last.numbers[1:]))


def irregular_compiled(nodes: int, operations: str, engine: str) -> Runner:
    numbers, steps = recipe(nodes, operations)
    leaves = [parameter(number) for number in numbers]

    def loss() -> Value:
        values, result = list(leaves), None
        for operation, first, second in steps:
            if operation != "loss":
                values.append(APPLY[operation](values[first], values[second]))
            else:
                result = values[first] if result is None else result + values[first]
        assert result is not None
        return result

    compiled = compile(loss, leaves, engine=engine)
    gradients = np.zeros(len(leaves))

    def step() -> Any:
        nonlocal gradients
        value, gradients = compiled()
        return value

    return Runner(step, lambda: gradients)


def irregular_row(nodes: int, operations: str, repeats: int) -> tuple[str, list[str]]:
    contenders: dict[str, Callable[[], Runner]] = {
        OURS: partial(irregular_compiled, nodes, operations, "numpy"),
        "its numba tape": partial(irregular_compiled, nodes, operations, "numba"),
        "eager": partial(irregular_eager, nodes, operations),
    }
    title = f"{nodes:,} nodes, {' '.join(operations).replace('r', 'relu')}"
    seconds, left_out = race(title, contenders, repeats)
    medians = {name: statistics.median(times) / nodes * NANO for name, times in seconds.items()}
    cells = [f"{medians[name]:,.4g} ns" if name in medians else "–" for name in contenders]
    return f"| {' | '.join([title, *cells])} |", left_out


# --- what compiling costs, and what it leaves ---


def capture_row(task: Task, repeats: int) -> str:
    """An eager forward pass of one sample, the two runs that capture it, and all from the function to the program."""
    model = with_parameters(task)
    x, y = task.x[0].tolist(), task.y[0].tolist()

    def forward() -> Value:
        target = [Value(number) for number in y] if isinstance(y, list) else Value(y)
        result: Value = model.loss([Value(number) for number in x], target)
        return result

    samples = [[task.x[number], task.y[number]] for number in (0, -1)]
    eager, captured, lowered = alternate(
        repeats,
        forward,
        lambda: capture(model.loss, samples),
        lambda: compile(model.loss, model).program(task.x, task.y),
    )
    times = " | ".join(f"{seconds * 1e3:,.4g} ms" for seconds in (eager, captured, lowered))
    return f"| {task.title} | {times} | {lowered / eager:.1f} |"


def growth(replays: int) -> int:
    """Bytes that this many steps of the demo leave, beyond what the first ten do."""
    runner = with_microgradnet(demo(100))
    tracemalloc.start()
    for _ in range(10):
        runner.step()
    gc.collect()
    before, _ = tracemalloc.get_traced_memory()
    for _ in range(replays):
        runner.step()
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return after - before


def main() -> None:
    """Measure, and print each row as it is known."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it works")
    parser.add_argument("--repeats", type=int, help="turns of each (15; with --quick 1)")
    parser.add_argument("--only", default="", metavar="WORD", help="the rows of the first table that have it in them")
    options = parser.parse_args()
    repeats = options.repeats or (1 if options.quick else 15)
    os.environ.update(SURROUNDINGS)
    left_out: dict[str, None] = {}  # in order, each once

    print(f"Python {platform.python_version()}, {platform.machine()}, medians of {repeats} interleaved turns\n")
    print(f"| loss + gradient + update | {' | '.join(CONTENDERS)} | {OURS} is | wanted |")
    print(f"|---|{'---:|' * len(CONTENDERS)}---|---|")
    for task in tasks(options.quick):
        if options.only in task.title:
            row, missing = training_row(task, repeats)
            left_out.update(dict.fromkeys(missing))
            print(row, flush=True)
    if not options.only:
        print("\n| value + gradient, a node | microgradnet.compile | its numba tape | eager |\n|---|---:|---:|---:|")
        for operations in ("+-*/r", "+*r"):
            row, missing = irregular_row(1_000 if options.quick else 100_000, operations, repeats)
            left_out.update(dict.fromkeys(missing))
            print(row, flush=True)
        print("| wanted | 70 ns | 15 ns | |")
        print("\n| | eager pass of one sample | capture | capture and lowering | passes |\n|---|---:|---:|---:|---:|")
        print(capture_row(demo(100), repeats), flush=True)
        print(capture_row(digits(32, 100 if options.quick else 784, 128), min(repeats, 5)))
        print("| wanted | | | 2 s | 5 |")
        replays = 10 if options.quick else 1_000
        print(f"\nmemory that {replays:,} steps of the demo leave: {growth(replays):,} bytes")
    print("".join(f"\n{line}" for line in left_out))


if __name__ == "__main__":
    main()
