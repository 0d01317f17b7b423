"""`microgradnet misconception`: a wrong backward pass beside the right one."""

import argparse
import sys
from pathlib import Path

from microgradnet.cli.arguments import Add
from microgradnet.cli.graph_argument import graph_argument


def add_commands(add: Add) -> None:
    """Add the command with its arguments."""
    mistaking = add(
        "misconception", "step a wrong backward pass beside the right one; without a name, list them", _misconception
    )
    mistaking.add_argument("name", nargs="?", metavar="NAME", help="which misconception")
    mistaking.add_argument(
        "graph",
        nargs="?",
        type=graph_argument,
        metavar="EXAMPLE|FILE.py:VARIABLE",
        help="on which graph; else a small one",
    )
    mistaking.add_argument("-o", "--output", type=Path, metavar="FILE", help="a page, file.html")


def _misconception(options: argparse.Namespace) -> int:
    """List the misconceptions; or show one: step by step in a terminal, whole in a pipe, or as a page."""
    from microgradnet.teach.misconceptions import MISCONCEPTIONS, example, run

    if options.name is None:
        if options.output:
            raise ValueError("which misconception is the page to show? without -o they are listed")
        width = max(map(len, MISCONCEPTIONS))
        for row in MISCONCEPTIONS.values():
            print(f"{row.name:{width}}  {row.title}")
        return 0
    comparison = run((options.graph or example.build)(), options.name)
    if options.output:
        print(comparison.page().save(options.output))
    elif sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty():
        comparison.step_through()
    else:
        print(comparison)
    return 0
