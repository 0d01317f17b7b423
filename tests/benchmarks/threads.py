"""Batches shared among threads by the fused engine: `python -m tests.benchmarks.threads`.

Prints a Markdown table: the time of a step (loss and gradient) with one thread, and how many times as fast more are.
The numbers of threads take turns within one run; medians are shown. What the machine's other work leaves of its cores
decides, so run it on a quiet one.
"""

import argparse
import os
import statistics
import time

from microgradnet import compile
from tests.benchmarks.contenders import Task, convolution, demo, digits, lstm, recurrent, with_parameters

COUNTS = (1, 2, 4, 8)


def row(task: Task, counts: list[int], repeats: int) -> str:
    model = with_parameters(task)
    steps = [compile(model.loss, model, engine="fused", threads=count) for count in counts]
    times: list[list[float]] = [[] for _ in counts]
    for _ in range(repeats + 2):  # two rounds that only warm up
        for step, seconds in zip(steps, times, strict=True):
            start = time.perf_counter()
            step(task.x, task.y)
            seconds.append(time.perf_counter() - start)
    one, *others = (statistics.median(seconds[2:]) for seconds in times)
    return f"| {' | '.join([task.title, f'{one * 1e6:,.4g} µs', *(f'{one / other:.2f}' for other in others)])} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it works")
    quick = parser.parse_args().quick
    counts = [count for count in COUNTS if count <= max(2, os.cpu_count() or 1)]
    print(f"| loss + gradient | {' | '.join(f'{count} threads' for count in counts)} |\n|---|{'---:|' * len(counts)}")
    tasks = [demo(20)] if quick else [
        demo(1_000), demo(10_000), demo(100_000), digits(1_024, 64, 32), convolution(1_024), recurrent(256, 20),
        lstm(256, 30, 32),
    ]  # fmt: skip
    for task in tasks:
        print(row(task, counts, 3 if quick else 51), flush=True)


if __name__ == "__main__":
    main()
