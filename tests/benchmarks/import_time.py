"""How long Python takes to start, without and with `import microgradnet`, as a Markdown table."""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

STATEMENTS = {"bare Python": "pass", "`import microgradnet`": "import microgradnet"}


def seconds(statement: str, cache: str) -> float:
    """Seconds from start to end of an interpreter that executes one statement, with its .pyc files in `cache`."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": cache}
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True, env=environment)
    return time.perf_counter() - start


def main() -> None:
    """Print the table; the runs are interleaved, so that a busy moment falls on both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=21, help="runs of each (21)")
    repeats = parser.parse_args().repeats
    with tempfile.TemporaryDirectory() as cache:
        for statement in STATEMENTS.values():
            seconds(statement, cache)  # writes the .pyc files
        runs = [{name: seconds(each, cache) for name, each in STATEMENTS.items()} for _ in range(repeats)]
    medians = {name: statistics.median(run[name] for run in runs) for name in STATEMENTS}
    bare, ours = medians.values()
    print(f"Python {sys.version.split()[0]}, medians of {repeats} interleaved runs\n")
    print("| start of | ms |\n|---|---:|")
    for name, median in medians.items():
        print(f"| {name} | {median * 1e3:.1f} |")
    print(f"| the difference | {(ours - bare) * 1e3:.1f} |")


if __name__ == "__main__":
    main()
