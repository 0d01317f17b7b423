"""How well and how fast `fit` trains: `python -m tests.benchmarks.training` (needs scikit-learn, one thread each).

The settings are those of `microgradnet train`. Digits are trained by scikit-learn's MLPClassifier too, of the same
size, with the same batches, epochs and optimiser, in turns; the ratio is the median of as many.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is loaded: both get one thread

import argparse
import math
import statistics
import time
import warnings
from importlib import import_module
from typing import Any

import numpy as np

from microgradnet import MLP, compile, data, fit
from microgradnet.cli.train import TASKS, Task
from microgradnet.optim import Adam
from microgradnet.optim.schedules import Cosine


def trained(task: Task, X: Any, Y: Any, seed: int, **options: Any) -> tuple[MLP, Any, float]:
    """The network, its history, and the seconds it took."""
    model = MLP(X.shape[1], [*task.hidden, task.outputs], task.activation, init="he", seed=seed)
    optimizer = Adam(model, lr=task.lr, schedule=Cosine(task.epochs * math.ceil(len(X) / task.batch_size)))
    start = time.perf_counter()
    history = fit(
        model, X, Y, loss=task.loss, optimizer=optimizer, epochs=task.epochs, batch_size=task.batch_size,
        progress=False, seed=seed, **options,
    )  # fmt: skip
    return model, history, time.perf_counter() - start


def with_scikit_learn(task: Task, X: Any, Y: Any, seed: int) -> float:
    """The seconds that MLPClassifier takes for the same."""
    network = import_module("sklearn.neural_network").MLPClassifier(
        task.hidden, learning_rate_init=task.lr, batch_size=task.batch_size, max_iter=task.epochs,
        n_iter_no_change=task.epochs, alpha=0, random_state=seed,
    )  # fmt: skip
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it has not converged
        network.fit(X, Y)
    return time.perf_counter() - start


def main() -> None:
    """Train each task and print a row as it is done."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    print("| data | network | epochs | training accuracy | test accuracy | seconds |\n|---|---|---:|---:|---:|---:|")
    for name in ("xor", "moons", "spirals"):
        task = TASKS[name]
        model, history, seconds = trained(task, *task.make(seed=0), seed=0)
        print(
            f"| {name} | `{model!r}` | {task.epochs} | {history.last['accuracy']:.1%} | | {seconds:.2f} |", flush=True
        )
    task, ratios, tests, times = TASKS["digits"], [], [], []
    for seed in range(repeats):
        X, X_test, Y, Y_test = data.train_test_split(*task.make(seed=seed), task.test, seed=seed)
        model, history, seconds = trained(task, X, Y, seed)
        ratios.append(with_scikit_learn(task, X, Y, seed) / seconds)
        tests.append(float(np.mean(np.asarray(compile(model)(X_test)).argmax(axis=1) == Y_test)))
        times.append(seconds)
    print(
        f"| digits, {repeats} seeds | `{model!r}` | {task.epochs} | {history.last['accuracy']:.1%} | "
        f"{min(tests):.1%} to {max(tests):.1%} | {statistics.median(times):.2f} |"
    )
    print(f"\nscikit-learn's MLPClassifier takes {statistics.median(ratios):.2f} times as long for the digits")


if __name__ == "__main__":
    main()
