"""`compile` beside plain level scheduling: `python -m tests.benchmarks.levels`.

Plain is what a first version would do: scalars with the same operation at the same depth are one array operation, what
it reads is gathered, and there are no passes and no matrix products. Prints how many times as long it takes.
"""

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from unittest import mock

from microgradnet import Value
from microgradnet.compiling import blocks, scalars
from microgradnet.compiling.grids import Grid
from tests.benchmarks.compiled import MICRO, alternate, irregular_compiled
from tests.benchmarks.contenders import Runner, convolution, demo, digits, recurrent, with_microgradnet


@contextmanager
def plainly() -> Iterator[None]:
    """Inside, programs are made by level scheduling alone: no passes, and no weighted sum is part of a product."""

    def no_grids(members: list[Value], *_: object) -> tuple[list[Grid], list[Value]]:
        return [], members

    with mock.patch(f"{scalars.__name__}.PASSES", ()), mock.patch(f"{blocks.__name__}.grids", no_grids):
        yield


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=50)
    repeats = parser.parse_args().repeats
    works: dict[str, Callable[[], Runner]] = {
        "micrograd's demo, batch 2": partial(with_microgradnet, demo(2)),
        "micrograd's demo, batch 100": partial(with_microgradnet, demo(100)),
        "64-32-10, batch 32": partial(with_microgradnet, digits(32, 64, 32)),
        "convolution, batch 32": partial(with_microgradnet, convolution(32)),
        "recurrent, 20 steps, batch 32": partial(with_microgradnet, recurrent(32, 20)),
        "irregular, 200 nodes": partial(irregular_compiled, 200, "+-*/r", "numpy"),
        "irregular, 20,000 nodes": partial(irregular_compiled, 20_000, "+-*/r", "numpy"),
    }
    print("| a step | plain level scheduling | compile | times as long |\n|---|---:|---:|---:|")
    for title, make in works.items():
        with plainly():
            plain = make()
            plain.step()
        ours = make()
        slow, fast = alternate(repeats, plain.step, ours.step)
        print(f"| {title} | {slow * MICRO:,.0f} µs | {fast * MICRO:,.0f} µs | {slow / fast:.1f} |", flush=True)


if __name__ == "__main__":
    main()
