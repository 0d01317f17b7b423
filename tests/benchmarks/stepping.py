"""What looking costs: passes that are traced, watched or stepped through, beside plain ones, in one run.

`python -m tests.benchmarks.stepping` prints the table of the book: medians of interleaved turns, and ratios.
"""

import argparse
import statistics
import time
from collections import deque
from collections.abc import Callable

from microgradnet import MLP, Value, break_on, detect_anomaly, trace_source
from tests.benchmarks.eager import Library, demo_loss, moons


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=15)
    repeats = parser.parse_args().repeats
    model, points = MLP(2, [16, 16, 1], seed=1337), moons(20)

    def forward() -> Value:
        loss: Value = demo_loss(Library(Value, MLP), model, points)
        return loss

    def traced() -> Value:
        with trace_source():
            return forward()

    def watched(loss: Value) -> None:
        with break_on(label="no value is called this"):
            loss.backward()

    def checked(loss: Value) -> None:
        with detect_anomaly():
            loss.backward()

    loss = forward()
    rows: list[tuple[str, Callable[[], object]]] = [
        ("forward", forward),
        ("forward under `trace_source()`", traced),
        ("`backward()`", loss.backward),
        ("`backward()` under `break_on(…)`", lambda: watched(loss)),
        ("`backward()` under `detect_anomaly()`", lambda: checked(loss)),
        ("`for step in backward_steps()`", lambda: deque(loss.backward_steps(), 0)),
    ]
    times: dict[str, list[float]] = {name: [] for name, _ in rows}
    for _ in range(repeats):
        for name, run in rows:
            start = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(found) for name, found in times.items()}
    print(f"20 moons, MLP(2, [16, 16, 1]); medians of {repeats} interleaved turns\n\n| | ms | |\n|---|---:|---:|")
    for name, median in medians.items():
        plain = medians["forward" if name.startswith("forward") else "`backward()`"]
        print(f"| {name} | {median * 1e3:.1f} | {median / plain:.1f}× |")


if __name__ == "__main__":
    main()
