"""`microgradnet draw`, `step` and `page`: graphs drawn, stepped through and played."""

import argparse
import sys
from pathlib import Path

from microgradnet.cli.arguments import Add, opened, shown, takes_output
from microgradnet.cli.graph_argument import file_stem, takes_a_graph
from microgradnet.drawing import DIRECTIONS, VIEWS, draw
from microgradnet.stepping.recomputed import recomputed
from microgradnet.stepping.terminal import step_through
from microgradnet.stepping.tracing import trace_source
from microgradnet.stepping.webpage import page


def add_commands(add: Add) -> None:
    """Add the commands with their arguments."""
    drawing = add("draw", "draw a computation graph, or a network", _draw)
    takes_a_graph(drawing, or_network=True)
    takes_output(drawing, "FILE", "a .svg, .png, .pdf or .dot file (NAME.svg)")
    drawing.add_argument("--view", choices=VIEWS, help="a box for each operation, neuron or layer (what fits)")
    drawing.add_argument("--direction", choices=DIRECTIONS, help="the direction of the arrows (what fits)")
    drawing.add_argument("--op-nodes", action="store_true", help="draw operations as circles")

    stepping = add("step", "step through forward and backward propagation, in both directions", _step)
    takes_a_graph(stepping)
    stepping.add_argument("--commands", type=Path, metavar="FILE", help="a script: one command a line, # for comments")

    playing = add("page", "write a page that plays forward and backward propagation", _page)
    takes_a_graph(playing)
    takes_output(playing, "FILE", "the page, a .html file (NAME.html)")


def _draw(options: argparse.Namespace) -> int:
    graph = options.graph
    view = options.view or graph.view
    drawn = graph.build()
    try:
        picture = draw(drawn, view, direction=options.direction, op_nodes=options.op_nodes, title=graph.title)
    except TypeError as error:  # a module that is no network of layers
        raise ValueError(error) from None
    written = picture.save(options.output or f"{file_stem(graph)}.svg")
    print(shown(written))
    return opened(written, options)


def _step(options: argparse.Namespace) -> int:
    try:
        commands = options.commands and options.commands.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise ValueError(f"{options.commands} is not a text file (UTF-8)") from None
    with trace_source():
        root = options.graph.build()
    try:
        step_through(root, commands)
    except ValueError as error:
        raise ValueError(f"{options.commands}, {error}" if options.commands else error) from None
    return 0


def _page(options: argparse.Namespace) -> int:
    with trace_source():
        given = options.graph.build()
        root = recomputed(given)
    if root is not given:
        print("numbers were changed after this was computed: the page shows it computed again", file=sys.stderr)
    try:
        playing = page(root, title=options.graph.title)
    except TypeError as error:  # an operation whose rule JavaScript cannot be written from
        raise ValueError(error) from None
    written = playing.save(options.output or f"{file_stem(options.graph)}.html")
    print(shown(written))
    return opened(written, options)
