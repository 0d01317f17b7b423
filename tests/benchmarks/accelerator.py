"""`compile` on an accelerator: `python -m tests.benchmarks.accelerator`, where JAX or torch finds one.

Prints a Markdown table: the time of a step of training, and how many times as fast it is as NumPy by hand on that
machine's CPU (one thread, float64). "jax" and "torch" are the engines, which at every step are given the batch and the
parameters as NumPy arrays, and give the gradient back as one; "jax.jit" and "torch, by hand" keep all on the
accelerator. Contenders take turns, and must agree on loss and gradient first, as in `tests.benchmarks.compiled`.
"""

import argparse
import os
import statistics
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

from tests.benchmarks.compiled import BY_HAND, MICRO, SURROUNDINGS, race, ratio
from tests.benchmarks.contenders import (
    NETWORKS,
    Runner,
    Task,
    attention,
    convolution,
    demo,
    digits,
    lstm,
    numpy_by_hand,
    with_jax,
    with_microgradnet,
    with_torch,
)


def tasks(quick: bool) -> list[Task]:
    if quick:
        return [demo(4), digits(4, 9, 3), lstm(4, 3, 4)]
    return [
        demo(10_000),
        demo(1_000_000),
        digits(64, 784, 128),
        digits(8_192, 784, 128),
        convolution(4_096),
        lstm(1_024, 30, 32),
        attention(512, 16, 32),
    ]


def engine(task: Task, name: str, dtype: str, device: str) -> Runner:
    library: Any = import_module(name)
    if name == "torch":
        library.set_default_device(device)
    elif dtype == "float64":
        library.config.update("jax_enable_x64", True)
    return with_microgradnet(task, name, dtype)


def contenders_of(task: Task, dtype: str, device: str) -> dict[str, Callable[[], Runner]]:
    ours = {f"{name} {dtype}": partial(engine, task, name, dtype, device) for name in ("jax", "torch")}
    if dtype == "float32":
        return {BY_HAND: partial(numpy_by_hand, task), **ours}
    by_hand = {"torch, by hand": partial(with_torch, task, device)} if NETWORKS[task.network].torch else {}
    return {BY_HAND: partial(numpy_by_hand, task), **ours, "jax.jit": partial(with_jax, task), **by_hand}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it works")
    parser.add_argument("--device", default="cuda", help="torch's name of the accelerator (default: cuda)")
    parser.add_argument("--only", default="", metavar="WORD", help="the rows that have it in their title")
    options = parser.parse_args()
    os.environ.update(
        {name: value for name, value in SURROUNDINGS.items() if name not in ("JAX_PLATFORMS", "XLA_FLAGS")}
    )
    os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"  # the contenders share the accelerator's memory
    columns = [BY_HAND, "jax float64", "torch float64", "jax float32", "torch float32", "jax.jit", "torch, by hand"]
    print(f"| loss + gradient + update | {' | '.join(columns)} |\n|---|{'---:|' * len(columns)}")
    for task in (each for each in tasks(options.quick) if options.only in each.title):
        cells: dict[str, str] = {}
        for dtype, rtol in (("float64", 1e-9), ("float32", 1e-2)):
            contenders = contenders_of(task, dtype, options.device)
            seconds, left_out = race(task.title, contenders, 1 if options.quick else 5, rtol)
            for name, times in seconds.items():
                cells[name] = f"{statistics.median(times) * MICRO:,.4g} µs, {ratio(seconds[BY_HAND], times):.2f}"
            cells |= {line.split(" is left out")[0]: "not installed" for line in left_out}
        print(f"| {' | '.join([task.title, *[cells.get(name, '–') for name in columns]])} |", flush=True)


if __name__ == "__main__":
    main()
