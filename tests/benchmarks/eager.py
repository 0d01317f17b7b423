"""Eager microgradnet and micrograd, measured in one run: `python -m tests.benchmarks.eager` prints a Markdown table.

Each library works in a process of its own, so that neither pays for the other's garbage, with Python's cycle collector
on. The numbers that both computed are compared before a row is printed. The conditions of each row:

- irregular graphs: the two processes take turns (A B A B …), so that a busy moment falls on both; median of the turns,
  after a first that only warms up; in a thread with a stack of 512 MiB and a recursion limit of 1,000,000, because
  micrograd walks its graphs by recursion;
- one step of micrograd's demo: the same, a turn being the median of five steps;
- the demo's whole loop, 100 steps with a falling learning rate and the accuracy of each step: a plain script, started
  afresh for each library, in turn, on the main thread with Python's defaults; once each, warming up included;
- a binary node: one turn under `tracemalloc`;
- the chain: turns again, at most three, with the large stack but Python's own recursion limit; its peak memory: one
  turn under `tracemalloc`.
"""

import argparse
import json
import math
import multiprocessing
import os
import platform
import random
import statistics
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

STACK = 512 << 20  # bytes; micrograd's recursion on the irregular graph is the deepest
RECURSION = 1_000_000
MIB = 2**20


class Library(NamedTuple):
    """What a program takes from either library: the same names, after the import."""

    Value: Any
    MLP: Any


class Turn(NamedTuple):
    """What one turn gave: a figure (seconds or bytes; NaN with an error), numbers to compare, the error's name."""

    figure: float
    numbers: Sequence[float] = ()
    error: str = ""


Work = Callable[..., Iterator[Turn]]
"""Prepares itself from a Library and arguments, then does its work once each time a turn is asked of it."""


# --- a random, irregular graph ---

Step = tuple[str, int, int]  # an operation, and which values it takes


def recipe(nodes: int, operations: str) -> tuple[list[float], list[Step]]:
    """A random program of `nodes` values: the leaves' numbers, then a step for each other value.

    The operations are in equal parts. Each takes one value that nothing has used yet, so that all of them reach the
    end; its second operand is any earlier value in a sum or difference, and a leaf, between ½ and 1, in a product or
    quotient, so that numbers stay in range.
    """
    leaves = min(1_000, nodes // 10)
    draw = random.Random(0)
    unused = list(range(leaves))
    steps: list[Step] = []
    for made in range(leaves, nodes - leaves + 1):
        place = draw.randrange(leaves)
        operation = draw.choice(operations)
        second = draw.randrange(leaves if operation in "*/" else made)
        steps.append((operation, unused[place], second))
        unused[place] = made
    return [draw.uniform(0.5, 1) for _ in range(leaves)], steps + [("loss", value, 0) for value in unused]


def irregular(library: Library, nodes: int, operations: str) -> Iterator[Turn]:
    """Seconds to build the graph and go back through it; the loss and every leaf's gradient."""
    numbers, steps = recipe(nodes, operations)
    while True:
        start = time.perf_counter()
        values = [library.Value(number) for number in numbers]
        loss = None
        for operation, first, second in steps:
            if operation == "+":
                values.append(values[first] + values[second])
            elif operation == "-":
                values.append(values[first] - values[second])
            elif operation == "*":
                values.append(values[first] * values[second])
            elif operation == "/":
                values.append(values[first] / values[second])
            elif operation == "r":
                values.append(values[first].relu())
            else:
                loss = values[first] if loss is None else loss + values[first]
        assert loss is not None
        loss.backward()
        yield Turn(time.perf_counter() - start, [loss.data, *(leaf.grad for leaf in values[: len(numbers)])])


# --- micrograd's demo: two moons, a small network, hinge loss with L2 ---


def moons(count: int) -> list[tuple[list[float], int]]:
    """Points on two interleaved half circles, a little blurred, each with its side, -1 or 1."""
    draw = random.Random(1)
    points = []
    for i in range(count):
        angle = math.pi * draw.random()
        x, y = math.cos(angle), math.sin(angle)
        side = -1
        if i % 2:
            x, y, side = 1 - x, 0.5 - y, 1
        points.append(([x + draw.gauss(0, 0.1), y + draw.gauss(0, 0.1)], side))
    return points


def demo_loss(library: Library, model: Any, points: list[tuple[list[float], int]]) -> Any:
    """The mean hinge loss of all points, and the squares of all parameters."""
    scores = [model([library.Value(x) for x in point]) for point, _ in points]
    margins = [(1 - side * score).relu() for score, (_, side) in zip(scores, points, strict=True)]
    hinge = sum(margins) * (1 / len(margins))
    return hinge + 1e-4 * sum(parameter * parameter for parameter in model.parameters())


def demo(library: Library, count: int) -> Iterator[Turn]:
    """Seconds for one step of training (loss, gradient, update), the median of five in a row; the last loss."""
    points = moons(count)
    model = library.MLP(2, [16, 16, 1])
    draw = random.Random(2)
    for parameter in model.parameters():
        parameter.data = draw.uniform(-1, 1)  # the same in both
    while True:
        seconds = []
        for _ in range(5):
            start = time.perf_counter()
            loss = demo_loss(library, model, points)
            model.zero_grad()
            loss.backward()
            for parameter in model.parameters():
                parameter.data -= 0.1 * parameter.grad
            seconds.append(time.perf_counter() - start)
        yield Turn(statistics.median(seconds), [loss.data])


# --- the same demo as a plain script: a training loop as people write it, with the import changed ---

IMPORTS = {
    "micrograd": "from micrograd.engine import Value\nfrom micrograd.nn import MLP",
    "microgradnet": "from microgradnet import MLP, Value",
}

LOOP = """
import json, random, sys, time

points, steps = json.load(sys.stdin)
random.seed(1337)
model = MLP(2, [16, 16, 1])

def loss():
    scores = [model([Value(x) for x in point]) for point, _ in points]
    losses = [(1 - side * score).relu() for score, (_, side) in zip(scores, points)]
    data_loss = sum(losses) * (1.0 / len(losses))
    penalty = 1e-4 * sum(p * p for p in model.parameters())
    right = [(side > 0) == (score.data > 0) for score, (_, side) in zip(scores, points)]
    return data_loss + penalty, sum(right) / len(right)

history = []
start = time.perf_counter()
for k in range(steps):
    total, accuracy = loss()
    model.zero_grad()
    total.backward()
    rate = 1.0 - 0.9 * k / 100
    for p in model.parameters():
        p.data -= rate * p.grad
    history += [total.data, accuracy]
print(json.dumps([time.perf_counter() - start, history]))
"""


def loop(name: str, count: int, steps: int) -> Turn:
    """Seconds for the whole training loop, run as a script; the loss and the accuracy of each step."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", f"{IMPORTS[name]}\n{LOOP}"],
        input=json.dumps([moons(count), steps]),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},  # the package that is measured here
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return Turn(*json.loads(done.stdout))


# --- memory, and a long chain ---


def memory(library: Library, nodes: int) -> Iterator[Turn]:
    """Bytes that a sum or product of two values adds, its number included."""
    while True:
        a = library.Value(0.5)
        values = [a] * (nodes + 1)
        tracemalloc.start()
        for i in range(nodes):
            values[i + 1] = values[i] * a if i % 2 else values[i] + a
        taken, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        yield Turn(taken / nodes)


def chain(library: Library, nodes: int, watch_memory: bool) -> Iterator[Turn]:
    """Seconds for forward and backward through a chain of sums, or its peak memory in bytes."""
    sys.setrecursionlimit(1_000)  # Python's own
    while True:
        if watch_memory:
            tracemalloc.start()
        start = time.perf_counter()
        first, one = library.Value(1.0), library.Value(1.0)
        last = first
        for _ in range(nodes):
            last = last + one
        try:
            last.backward()
        except RecursionError as error:
            yield Turn(math.nan, error=type(error).__name__)
            continue
        seconds = time.perf_counter() - start
        yield Turn(tracemalloc.get_traced_memory()[1] if watch_memory else seconds, [first.grad, one.grad])
        tracemalloc.stop()


# --- taking turns ---


def library(name: str) -> Library:
    """`micrograd` or `microgradnet`."""
    if name == "microgradnet":
        ours = import_module(name)
        return Library(ours.Value, ours.MLP)
    return Library(import_module("micrograd.engine").Value, import_module("micrograd.nn").MLP)


def serve(connection: Connection, name: str, work: Work, arguments: tuple[Any, ...]) -> None:
    """In a process of its own: answer each message with a Turn."""

    def run() -> None:
        sys.setrecursionlimit(RECURSION)
        turns = work(library(name), *arguments)
        while connection.recv():
            connection.send(next(turns))

    threading.stack_size(STACK)
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


def medians(repeats: int, work: Work, *arguments: Any) -> tuple[Turn, Turn]:
    """The median figure of micrograd and of microgradnet, after a first turn each that only warms up.

    Raises:
        SystemExit: the two have not computed the same.
    """
    connections = []
    for name in IMPORTS:
        here, there = multiprocessing.Pipe()
        multiprocessing.Process(target=serve, args=(there, name, work, arguments), daemon=True).start()
        there.close()
        connections.append(here)
    rounds = []
    for _ in range(repeats + 1):
        turns = []
        for connection in connections:
            connection.send(True)
            turns.append(connection.recv())
        rounds.append(turns)
        agree(work.__name__, *turns)
    for connection in connections:
        connection.send(False)
    theirs, ours = (
        turns[-1]._replace(figure=statistics.median(turn.figure for turn in turns[1:]))
        for turns in zip(*rounds, strict=True)
    )
    return theirs, ours


def agree(name: str, theirs: Turn, ours: Turn) -> None:
    """Exit when the two have not computed the same, to rounding."""
    if theirs.error or ours.error:
        return
    scale = max(map(abs, theirs.numbers), default=0.0)
    for a, b in zip(theirs.numbers, ours.numbers, strict=True):
        if not math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9 * scale):
            sys.exit(f"{name}: micrograd has {a!r}, microgradnet {b!r}: not the same work")


def show(what: str, unit: str, scale: float, both: tuple[Turn, Turn]) -> None:
    """Print a row: the two figures, and how many times less ours is."""
    theirs, ours = both
    shown = [turn.error or f"{turn.figure * scale:,.4g} {unit}" for turn in both]
    ratio = "" if theirs.error or ours.error else f"{theirs.figure / ours.figure:.1f}×"
    print(f"| {what} | {shown[0]} | {shown[1]} | {ratio} |", flush=True)


def main() -> None:
    """Measure, and print each row as it is known."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it works")
    parser.add_argument("--repeats", type=int, help="turns of each (7; with --quick 3)")
    options = parser.parse_args()
    repeats = options.repeats or (3 if options.quick else 7)
    nodes, points, long, steps = (1_000, 10, 10_000, 5) if options.quick else (100_000, 100, 1_000_000, 100)
    try:
        import_module("micrograd")
    except ModuleNotFoundError:
        sys.exit("this benchmark needs micrograd beside microgradnet: pip install '.[bench]'")

    print(f"Python {platform.python_version()}, {platform.machine()}, medians of {repeats} alternating turns\n")
    print("| | micrograd | microgradnet | |\n|---|---:|---:|---:|")
    back = "forward + backward"
    random_graph = f"irregular graph of {nodes:,} nodes"
    show(f"{random_graph}, + − × ÷ relu: {back}", "ms", 1e3, medians(repeats, irregular, nodes, "+-*/r"))
    show(f"{random_graph}, + × relu alone: {back}", "ms", 1e3, medians(repeats, irregular, nodes, "+*r"))
    show(f"{random_graph}, + × alone: {back}", "ms", 1e3, medians(repeats, irregular, nodes, "+*"))
    network = f"{points} moons, MLP(2, [16, 16, 1])"
    show(f"{network}: loss + backward + update", "ms", 1e3, medians(repeats, demo, points))
    theirs, ours = (loop(name, points, steps) for name in IMPORTS)
    agree("loop", theirs, ours)
    show(f"{network}: {steps} steps with accuracy, a script", "s", 1, (theirs, ours))
    show("a binary node", "bytes", 1, medians(1, memory, nodes))
    show(f"chain of {long:,} nodes: {back}", "s", 1, medians(min(repeats, 3), chain, long, False))
    show("its peak memory", "MiB", 1 / MIB, medians(1, chain, long, True))


if __name__ == "__main__":
    main()
