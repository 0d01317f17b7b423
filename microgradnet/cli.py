"""The command line: `microgradnet run`, `list` and `draw`.

Exit codes: 0, all was done; 1, something could not be drawn or written; 2, the command itself was wrong; 130, Ctrl-C.
"""

import argparse
import difflib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from microgradnet.drawing import DIRECTIONS, VIEWS, draw
from microgradnet.errors import ProviderError
from microgradnet.examples import EXAMPLES
from microgradnet.examples.example import Example, format_rows


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; its exit code.

    >>> main(["list"])  # doctest: +ELLIPSIS
    neuron       One neuron, one input
    two-neurons  Two neurons, one after the other
    ...
    0
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that has no ₁ shows ?, and does not end the program
    options = _parser().parse_args(arguments)
    try:
        code: int = options.command(options)
        if sys.stdout is not None:  # as it is where the program was started without one
            sys.stdout.flush()
        return code
    except BrokenPipeError:  # the reader, `head` say, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("microgradnet: interrupted", file=sys.stderr)
        return 130
    except (ProviderError, OSError, ValueError) as error:
        print(f"microgradnet: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="microgradnet",
        description="See and understand backpropagation: the lesson's worked examples, computed and drawn.",
        epilog="Start with: microgradnet run",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    run = commands.add_parser("run", help="compute examples, print their numbers and write their pictures")
    run.add_argument("names", nargs="*", type=_example, metavar="NAME", help="which examples; without one, all")
    run.add_argument(
        "--graphs", type=Path, default=Path("graphs"), metavar="DIR", help="where the pictures go (graphs)"
    )
    run.set_defaults(command=_run)

    listing = commands.add_parser("list", help="list the examples")
    listing.set_defaults(command=_list)

    drawing = commands.add_parser("draw", help="draw the computation graph of one example")
    drawing.add_argument("name", type=_example, metavar="NAME", help="which example")
    drawing.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help=".svg, .png, .pdf or .dot")
    drawing.add_argument("--view", choices=VIEWS, help="what has a box: every operation, neuron or layer")
    drawing.add_argument("--direction", choices=DIRECTIONS, default="LR", help="which way the arrows run (LR)")
    drawing.add_argument("--op-nodes", action="store_true", help="draw operations as circles of their own")
    drawing.set_defaults(command=_draw)
    return parser


def _example(name: str) -> Example:
    """The example of that name; else an error that names the nearest."""
    if name in EXAMPLES:
        return EXAMPLES[name]
    near = difflib.get_close_matches(name.lower().replace("_", "-"), EXAMPLES, n=1, cutoff=0.4)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(EXAMPLES)}"
    raise argparse.ArgumentTypeError(f"unknown example {name!r}: {hint}")


def _list(options: argparse.Namespace) -> int:
    width = max(map(len, EXAMPLES))
    for example in EXAMPLES.values():
        print(f"{example.name:{width}}  {example.title}")
    return 0


def _run(options: argparse.Namespace) -> int:
    failures = []
    options.graphs.mkdir(parents=True, exist_ok=True)
    for example in options.names or EXAMPLES.values():
        print(f"{example.name}: {example.title}\n")
        print(format_rows(example.rows()))
        if more := example.report():
            print(f"\n{more}")
        print()
        try:
            written = [example.draw().save(options.graphs / f"{example.name}.svg")]
            for end, picture in example.pictures().items():
                written.append(picture.save(options.graphs / f"{example.name}-{end}.svg"))
            print("pictures:", *written, end="\n\n\n")
        except ProviderError as error:
            failures.append(str(error))
    for failure in dict.fromkeys(failures):
        print(f"microgradnet: {failure}", file=sys.stderr)
    return 1 if failures else 0


def _draw(options: argparse.Namespace) -> int:
    example = options.name
    view = options.view or example.view
    picture = draw(example.build(), view, direction=options.direction, op_nodes=options.op_nodes, title=example.title)
    print(picture.save(options.output))
    return 0


if __name__ == "__main__":
    sys.exit(main())
