"""`microgradnet misconception`: a wrong backward pass beside the right one."""

import argparse
import sys
from pathlib import Path

from microgradnet.cli.arguments import Add
from microgradnet.cli.graph_argument import METAVAR, graph_argument


def add_commands(add: Add) -> None:
    """Add the command with its arguments."""
    comparing = add(
        "misconception", "step a wrong backward pass beside the right one; without a name, list them", _misconception
    )
    comparing.add_argument("name", nargs="?", metavar="MISCONCEPTION", help="its name, as listed without one")
    comparing.add_argument("graph", nargs="?", type=graph_argument, metavar=METAVAR, help="the graph (a small example)")
    comparing.add_argument("-o", "--output", type=Path, metavar="FILE", help="write both as a page, a .html file")


def _misconception(options: argparse.Namespace) -> int:
    """List the misconceptions; or show one: step by step in a terminal, whole in a pipe, or as a page."""
    from microgradnet.teach.misconceptions import MISCONCEPTIONS, example, run

    if options.name is None:
        if options.output:
            raise ValueError("name the misconception that the page is to show; without -o they are listed")
        width = max(map(len, MISCONCEPTIONS))
        for misconception in MISCONCEPTIONS.values():
            print(f"{misconception.name:{width}}  {misconception.title}")
        return 0
    comparison = run(options.graph.build() if options.graph else example.build(), options.name)
    if options.output:
        print(comparison.page().save(options.output))
    elif sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty():
        comparison.step_through()
    else:
        print(comparison)
    return 0
