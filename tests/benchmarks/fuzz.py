"""Random programs, eager beside the engines of `compile`: `python -m tests.benchmarks.fuzz --programs 100000`.

Prints how often each engine agreed, and how, and each disagreement with its seed and the smallest program that shows
it. With --minutes it stops after so many, whatever is left.
"""

import argparse
import time
from collections import Counter
from importlib import import_module

from tests.compiling.outcomes import Disagreement, disagreements, minimised
from tests.compiling.programs import own_operations, random_program

SHOWN = 10  # disagreements that are made small, which takes some seconds each


def main() -> None:
    """Run the programs and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0, help="of the first program; that of the next is one more")
    parser.add_argument("--engines", default="numpy", help="as in compile(…, engine=…), with commas between")
    parser.add_argument("--minutes", type=float, default=float("inf"))
    options = parser.parse_args()
    engines = options.engines.split(",")
    if "jax" in engines:
        import_module("jax").config.update("jax_enable_x64", True)
    counts: Counter[tuple[str, str]] = Counter()
    found: list[Disagreement] = []
    begin, busy, done = time.perf_counter(), time.process_time(), 0
    with own_operations():
        for seed in range(options.seed, options.seed + options.programs):
            if time.perf_counter() - begin > 60 * options.minutes:
                break
            found += disagreements(random_program(seed), engines, counts)
            done += 1
        busy = time.process_time() - busy
        print(f"{done:,} programs of two calls: {done / busy * 3600:,.0f} in an hour of one processor\n")
        print("| engine | outcome | calls |\n| --- | --- | ---: |")
        for (engine, way), count in sorted(counts.items()):
            print(f"| {engine} | {way} | {count:,} |")
        print(f"\n{len(found)} disagreements, of the seeds {sorted({each.program.seed for each in found})}")
        for each in found[:SHOWN]:
            print(f"\n{minimised(each)}")


if __name__ == "__main__":
    main()
