"""The small GPT of names: CPU seconds of 1,000 compiled steps and of an eager one: `python -m tests.benchmarks.names`.

A step is Adam's, on 1 name or on 32, on one thread; every tenth name is kept for testing.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is loaded

import argparse
import itertools
import time

import numpy as np

from microgradnet import compile
from microgradnet.compiling import Compiled
from microgradnet.optim import Adam
from microgradnet.optim.schedules import Linear
from microgradnet.teach.examples.names import BLOCK, GPT, LETTERS, colour_names, invent, samples


def compiled(model: GPT) -> Compiled:
    """The loss of a model and its gradient."""
    return compile(model.loss, model, symbols={"letters": len(LETTERS), "following": len(LETTERS)})


def main() -> None:
    """Train with each size of a batch, print the losses and the seconds, then time eager steps."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    names = colour_names()
    test = samples(names[::10])
    train = samples([name for i, name in enumerate(names) if i % 10])
    print(f"{len(train[0])} names of up to {BLOCK - 1} letters, and {len(test[0])} for testing")
    for size in (1, 32):
        model = GPT()
        start = time.process_time()
        step = compiled(model)
        step(*(rows[:size] for rows in train))
        first = time.process_time() - start
        before = step(*test)[0]
        optimizer = Adam(step.parameters, lr=0.01, schedule=Linear(options.steps))
        rng = np.random.default_rng(0)
        start = time.process_time()
        for _ in range(options.steps):
            chosen = rng.integers(len(train[0]), size=size)
            optimizer.step(step(*(rows[chosen] for rows in train))[1])
        seconds = time.process_time() - start
        print(f"{options.steps:,} steps of {size}: {seconds:.2f} s of CPU, after {first:.2f} s for the first call")
        print(f"loss of the test names {before:.2f}, then {step(*test)[0]:.2f}; of the others {step(*train)[0]:.2f}")
    print("it invents:", ", ".join(invent(model, 8)))

    marks = [time.process_time()]
    for sample in itertools.islice(zip(*train, strict=True), options.repeats):
        model.zero_grad()
        model.loss(*(rows.tolist() for rows in sample)).backward()
        optimizer.step()
        marks.append(time.process_time())
    print(f"an eager step of one name: {np.median(np.diff(marks)) * 1e3:.0f} ms")


if __name__ == "__main__":
    main()
