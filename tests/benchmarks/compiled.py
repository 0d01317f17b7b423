"""`microgradnet.compile` beside NumPy by hand, torch and jax.jit: `python -m tests.benchmarks.compiled`.

Prints Markdown tables: steps of training on eight networks; their first step and memory; value and gradient of an
irregular graph, beside eager microgradnet; what capturing and lowering cost; what a thousand steps leave in memory. All
is in float64 on one thread. Each contender works in a process of its own, so that neither pays for the other's garbage;
they take turns (A B C A B C …) within one run, so that a busy moment falls on all; a turn is a call that is not timed
and then as many in a row, the same for all, as take the first contender 20 ms; medians are shown, of times and of
ratios. Before any of it they must agree on loss and gradient. The first call is the CPU time of the first step: of
capturing, compiling and running it, not of loading libraries; the tape's code is compiled once, in the first row, and
kept. The memory is what the process takes at most, from then on, beyond what it had before (on Linux). Whoever is not
installed is left out. jax.jit is there three times: as it comes; "inline", without the thread that it hands its work
to; and so with `lax.scan` in place of a loop over time.
"""

import argparse
import gc
import operator
import platform
import statistics
import time
import tracemalloc
from collections.abc import Callable, Mapping
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from microgradnet import MLP, Value, compile, parameter
from microgradnet.compiling.capturing import capture
from tests.benchmarks.contenders import (
    CONTENDERS,
    Runner,
    Task,
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
from tests.benchmarks.race import Cost, Times, race, ratio, surroundings

BY_HAND, OURS = "NumPy by hand", "microgradnet.compile"
NANO, MICRO = 1e9, 1e6


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
        digits(8, 20, 12, "0.95 of NumPy") if quick else digits(64, 784, 128, "0.95 of NumPy"),
        convolution(batch, "0.7 of NumPy"),
        recurrent(batch, 3 if quick else 20, "0.7 of NumPy"),
        lstm(batch, 3 if quick else 30, 4 if quick else 32),
        attention(2 if quick else 8, 4 if quick else 16, 8 if quick else 32),
        mixture(2 if quick else 16, 3 if quick else 50, 4 if quick else 32, 3 if quick else 20),
        bodies(1),
    ]


def training_row(task: Task, seconds: Mapping[str, Times]) -> str:
    """Each one's time and its speed as a multiple of NumPy's, then how many times as fast as the others ours is."""
    cells: list[str] = []
    for name in CONTENDERS:
        cells.append(f"{statistics.median(seconds[name]) * MICRO:,.4g} µs" if name in seconds else "–")
        if name in seconds and name != BY_HAND:
            cells[-1] += f", {ratio(seconds[BY_HAND], seconds[name]):.2f}"
    versus = [
        f"{ratio(seconds[name], seconds[OURS]):.1f} × {name}"
        for name in seconds
        if OURS in seconds and (name == "torch" or name.startswith("jax.jit"))
    ]
    return f"| {' | '.join([task.title, *cells, '; '.join(versus), task.wanted])} |"


def cost_row(task: Task, costs: Mapping[str, Cost]) -> str:
    """The CPU time of each one's first step, and its memory."""
    return f"| {' | '.join([task.title, *[str(costs.get(name, '–')) for name in CONTENDERS]])} |"


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
    seconds, _, left_out = race(title, contenders, repeats)
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


def training_tables(chosen: list[Task], repeats: int) -> list[str]:
    """Print the table of times, each row as it is known, and that of costs; return who is left out."""
    print(f"| loss + gradient + update | {' | '.join(CONTENDERS)} | {OURS} is | wanted |")
    print(f"|---|{'---:|' * len(CONTENDERS)}---|---|")
    costs, left_out = [], []
    for task in chosen:
        seconds, cost, missing = race(
            task.title, {name: partial(CONTENDERS[name], task) for name in contenders_of(task)}, repeats
        )
        print(training_row(task, seconds), flush=True)
        costs.append(cost_row(task, cost))
        left_out += missing
    print(f"\n| first call, memory | {' | '.join(CONTENDERS)} |\n|---|{'---:|' * len(CONTENDERS)}")
    print("\n".join(costs))
    return left_out


def other_tables(quick: bool, repeats: int) -> list[str]:
    """Print the tables of irregular graphs, of capturing and of memory left; return who is left out."""
    left_out = []
    print("\n| value + gradient, a node | microgradnet.compile | its numba tape | eager |\n|---|---:|---:|---:|")
    for operations in ("+-*/r", "+*r"):
        row, missing = irregular_row(1_000 if quick else 100_000, operations, repeats)
        left_out += missing
        print(row, flush=True)
    print("| wanted | 70 ns | 15 ns | |")
    print("\n| | eager pass of one sample | capture | capture and lowering | passes |\n|---|---:|---:|---:|---:|")
    print(capture_row(demo(100), repeats), flush=True)
    print(capture_row(digits(32, 100 if quick else 784, 128), min(repeats, 5)))
    print("| wanted | | | 2 s | 5 |")
    replays = 10 if quick else 1_000
    print(f"\nmemory that {replays:,} steps of the demo leave: {growth(replays):,} bytes")
    return left_out


def main() -> None:
    """Measure, and print each row as it is known."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it works")
    parser.add_argument("--repeats", type=int, help="turns of each (15; with --quick 1)")
    parser.add_argument("--only", default="", metavar="WORD", help="the rows of the first tables that have it in them")
    options = parser.parse_args()
    repeats = options.repeats or (1 if options.quick else 15)
    print(f"Python {platform.python_version()}, {platform.machine()}, medians of {repeats} interleaved turns\n")
    with surroundings():
        left_out = training_tables([task for task in tasks(options.quick) if options.only in task.title], repeats)
        left_out += [] if options.only else other_tables(options.quick, repeats)
    print("".join(f"\n{line}" for line in dict.fromkeys(left_out)))


if __name__ == "__main__":
    main()
