"""Contenders take turns at the same work, each in a process of its own: their steps, first calls and memory."""

import multiprocessing
import os
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from math import nan
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np

from tests.benchmarks.contenders import Runner, agree

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
INSTALL = {
    "torch": "pip install torch==2.13.0",
    **dict.fromkeys(("jax.jit", "jax.jit, inline", "jax.jit of a scan, inline"), "pip install jax"),
    **dict.fromkeys(("its fused engine", "its numba tape"), "pip install '.[fast]'"),
}
Times = list[float]


class Cost(NamedTuple):
    """What is paid beside the time of a step.

    Attributes:
        first: CPU seconds of the first step: capturing, compiling and running it.
        memory: bytes that the process had, at most, from this step on, beyond what it had before; NaN if not known.
    """

    first: float
    memory: float

    def __str__(self) -> str:
        return f"{self.first:,.2g} s, {'–' if self.memory != self.memory else f'{self.memory / 2**20:,.3g} MB'}"


class Race(NamedTuple):
    """What was measured.

    Attributes:
        seconds: for each contender those of a step, a figure a turn.
        costs: what else each contender costs.
        left_out: a line for each that is not installed.
    """

    seconds: dict[str, Times]
    costs: dict[str, Cost]
    left_out: list[str]


@contextmanager
def surroundings() -> Iterator[None]:
    """Inside, contenders begin on one thread each, without what a run before has compiled."""
    with TemporaryDirectory() as cache:
        os.environ.update(SURROUNDINGS, XDG_CACHE_HOME=cache)
        yield


def serve(connection: Connection, prepare: Callable[[], Runner]) -> None:
    """In a process of its own: send the first step's loss, gradients and time.

    Then send the time of a call, for each number of calls that is asked for, and in the end the memory.
    """
    try:
        runner = prepare()
        with suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")  # the peak is forgotten
        before, start = _memory("VmRSS"), time.process_time()
        loss = runner.step()
        first = time.process_time() - start
        connection.send((float(loss), runner.gradients(), first))
    except ImportError as error:
        connection.send(str(error))
        return
    while calls := connection.recv():
        runner.step()  # the caches are another's, as are the branches that the processor foresees
        start = time.perf_counter()
        for _ in range(calls):
            loss = runner.step()
        connection.send(((time.perf_counter() - start) / calls, float(loss)))
    connection.send(_memory("VmHWM") - before)


def _memory(what: str) -> float:
    """A line of Linux's statistics of this process, in bytes; NaN elsewhere."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith(what):
                return 1024.0 * int(line.split()[1])
    return nan


def race(title: str, contenders: Mapping[str, Callable[[], Runner]], repeats: int, rtol: float = 1e-9) -> Race:
    """Measure so many turns of each.

    Raises:
        ValueError: they have not computed the same, at the first step or by the end of a turn.
    """
    spawn = multiprocessing.get_context("spawn")  # so that NumPy, like the rest, is loaded with one thread
    connections, processes, begun = {}, [], {}
    for name, prepare in contenders.items():
        connections[name], there = spawn.Pipe()
        processes.append(spawn.Process(target=serve, args=(there, prepare), daemon=True))
        processes[-1].start()
        there.close()
        begun[name] = connections[name].recv()  # before the next begins: first calls do not disturb each other
    missing = {name: found for name, found in begun.items() if isinstance(found, str)}
    first = {name: found for name, found in begun.items() if name not in missing}
    agree(title, {name: (loss, gradients) for name, (loss, gradients, _) in first.items()}, rtol)
    seconds: dict[str, Times] = {name: [] for name in first}
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
    costs = {}
    for name, (_, _, cpu) in first.items():
        connections[name].send(0)
        costs[name] = Cost(cpu, connections[name].recv())
    for process in processes:  # what is measured next is not to be disturbed by their end
        process.join()
    left_out = [f"{name} is left out ({error}): {INSTALL.get(name, 'see the book')}" for name, error in missing.items()]
    return Race({name: times[2:] for name, times in seconds.items()}, costs, left_out)


def ratio(a: Times, b: Times) -> float:
    """The median of a / b within a turn: steadier than that of medians, as a busy spell often outlasts a turn."""
    return statistics.median(x / y for x, y in zip(a, b, strict=True))
