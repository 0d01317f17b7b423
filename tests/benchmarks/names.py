"""The language model of names: its loss, and a step compiled beside eager: `python -m tests.benchmarks.names`."""

import argparse
import statistics
import time

import numpy as np

from microgradnet import compile
from microgradnet.data import batches
from microgradnet.losses import cross_entropy
from microgradnet.optim import Adam
from microgradnet.teach.examples.names import LanguageModel, colour_names, invent, samples

BATCH = 64


def main() -> None:
    """Train, print the loss of each epoch, then time steps of both kinds in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    X, Y = samples(colour_names())
    model = LanguageModel()
    step = compile(lambda x, t: cross_entropy(model(x), t), model)
    optimizer = Adam(step.parameters, lr=0.01)
    print(f"{len(X):,} letters; {len(optimizer.parameters):,} parameters; before: loss {step(X, Y)[0]:.2f}")
    for epoch in range(options.epochs):
        losses = []
        for x, t in batches(X, Y, BATCH, seed=epoch):
            loss, gradient = step(x, t)
            optimizer.step(gradient)
            losses.append(loss)
        print(f"epoch {epoch + 1}: loss {np.mean(losses):.2f}")
    print("it invents:", ", ".join(invent(model, 8)))

    x, t = X[:BATCH], Y[:BATCH]
    values = [(a, b) for a, b in zip(x.tolist(), t.tolist(), strict=True)]

    def eager() -> None:
        model.zero_grad()
        for a, b in values:
            cross_entropy(model(a), b).backward(1 / BATCH)
        optimizer.step()

    def compiled() -> None:
        optimizer.step(step(x, t)[1])

    ratios = []
    for _ in range(options.repeats + 1):
        marks = [time.perf_counter()]
        for work, count in ((eager, 1), (compiled, 50)):
            for _ in range(count):
                work()
            marks.append(time.perf_counter())
        ratios.append((marks[1] - marks[0]) / ((marks[2] - marks[1]) / 50))
    print(f"a compiled step of {BATCH} is {statistics.median(ratios[1:]):.0f} times as fast as an eager one")


if __name__ == "__main__":
    main()
