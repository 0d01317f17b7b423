"""How long Python takes to start, without and with `import microgradnet`, as a Markdown table."""

import argparse
import statistics
import subprocess
import sys
import time

STATEMENTS = {"bare Python": "pass", "`import microgradnet`": "import microgradnet"}


def seconds(statement: str) -> float:
    """Seconds from start to end of an interpreter that executes one statement."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return time.perf_counter() - start


def main() -> None:
    """Print the table; the runs are interleaved, so that a busy moment falls on both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=21, help="runs of each (21)")
    repeats = parser.parse_args().repeats
    for statement in STATEMENTS.values():
        seconds(statement)  # writes the .pyc files
    runs = [{name: seconds(statement) for name, statement in STATEMENTS.items()} for _ in range(repeats)]
    medians = {name: statistics.median(run[name] for run in runs) for name in STATEMENTS}
    bare, ours = medians.values()
    print(f"Python {sys.version.split()[0]}, medians of {repeats} interleaved runs\n")
    print("| start of | ms |\n|---|---:|")
    for name, median in medians.items():
        print(f"| {name} | {median * 1e3:.1f} |")
    print(f"| the difference | {(ours - bare) * 1e3:.1f} |")


if __name__ == "__main__":
    main()
