"""The figures of the gallery: mean and range over seeds of full trainings, as tables for the book.

`python -m tests.benchmarks.applications` trains every application with three seeds, about CPU-minutes each;
`python -m tests.benchmarks.applications driving --seeds 1` one of them once.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is loaded

import argparse
import time
from collections.abc import Sequence

from microgradnet.teach.applications import APPLICATIONS, load_application
from microgradnet.teach.applications.application import Figure
from tests.applications import BOUNDS


def measured(name: str, seeds: int) -> tuple[list[list[Figure]], list[float]]:
    """The figures of a full training with each seed, and its CPU seconds."""
    figures, seconds = [], []
    for seed in range(seeds):
        application = load_application(name)(seed=seed)
        start = time.process_time()
        application.train(progress=False)
        seconds.append(time.process_time() - start)
        figures.append(application.figures())
    return figures, seconds


def means(runs: Sequence[Sequence[Figure]]) -> list[Figure]:
    """The mean of each figure over the runs, of network and baselines."""
    return [
        Figure(
            name=of_seeds[0].name,
            network=sum(figure.network for figure in of_seeds) / len(of_seeds),
            baselines={
                name: sum(figure.baselines[name] for figure in of_seeds) / len(of_seeds)
                for name in of_seeds[0].baselines
            },
        )
        for of_seeds in zip(*runs, strict=True)
    ]


def row(mean: Figure, networks: Sequence[float]) -> str:
    """A row of the table."""
    baselines = "; ".join(f"{baseline} {number:.3g}" for baseline, number in mean.baselines.items())
    reached = f"{mean.network:.3g} ({min(networks):.3g}–{max(networks):.3g})"
    return f"| {mean.name} | {reached} | {baselines} |"


def main() -> None:
    """Print the tables, and then which bounds hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(APPLICATIONS))
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    if options.seeds < 1 or not APPLICATIONS.keys() >= {*options.names}:
        parser.error(f"each NAME is one of {', '.join(APPLICATIONS)}, and SEEDS at least 1")
    verdicts = []
    for name in options.names or APPLICATIONS:
        runs, seconds = measured(name, options.seeds)
        reached = means(runs)
        print(f"{name}: it trains in {sum(seconds) / len(seconds):.0f} s\n")
        print("| measured on test data | network | simpler methods |\n|---|---|---|")
        for number, mean in enumerate(reached):
            print(row(mean, [figures[number].network for figures in runs]), flush=True)
        print()
        by_name = {figure.name: figure for figure in reached}
        verdicts += [f"{name}: {bound.says}: {'yes' if bound.holds(by_name) else 'NO'}" for bound in BOUNDS[name]]
    print(f"Means over {options.seeds} seeds; seconds of CPU on one core.\n", *verdicts, sep="\n")


if __name__ == "__main__":
    main()
