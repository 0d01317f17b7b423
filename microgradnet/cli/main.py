"""The command line: what `microgradnet run`, `list`, `draw`, `step` and `page` do, and what an error becomes.

The words of all commands stand in `arguments`; those that train and teach in modules of their own.

Exit codes: 0, all was done; 1, something could not be read, run, drawn or written; 2, the command itself was wrong;
130, Ctrl-C.
"""

import argparse
import codecs
import os
import sys
import webbrowser
from collections.abc import Sequence

from microgradnet._shared.text import plain
from microgradnet.cli.parser import Command, later, parser
from microgradnet.drawing import draw
from microgradnet.errors import DomainError, ProviderError, StaleGraphError
from microgradnet.recording import trace_source
from microgradnet.stepping.terminal import step_through
from microgradnet.stepping.webpage import page
from microgradnet.teach.examples import EXAMPLES
from microgradnet.teach.examples.example import format_rows


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; its exit code.

    >>> main(["list"])  # doctest: +ELLIPSIS
    neuron       One neuron, one input
    two-neurons  Two neurons, one after the other
    ...
    0
    """
    codecs.register_error("microgradnet", _in_ascii)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="microgradnet")  # a terminal that has no ₁ shows 1, and does not end the program
    options = parser(COMMANDS).parse_args(arguments)
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
    except ImportError as error:
        print(f"microgradnet: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        about = f"{error.filename}: {error.strerror}" if error.filename and error.strerror else error
        print(f"microgradnet: {about}", file=sys.stderr)
        return 1
    except (ProviderError, DomainError, ValueError) as error:
        print(f"microgradnet: {error}", file=sys.stderr)
        return 1


def _in_ascii(error: UnicodeError) -> tuple[str, int]:
    """What stands for characters that a stream cannot write: w1 for w₁, ? where there is nothing alike."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = plain(error.object[error.start : error.end])
    return text.encode("ascii", "replace").decode(), error.end


def _step(options: argparse.Namespace) -> int:
    try:
        commands = options.commands and options.commands.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise ValueError(f"{options.commands} is no text (UTF-8)") from None
    with trace_source():
        result = options.builds()
    try:
        step_through(result, commands)
    except StaleGraphError as error:
        raise ValueError(error) from None
    except ValueError as error:
        raise ValueError(f"{options.commands}, {error}" if options.commands else error) from None
    return 0


def _page(options: argparse.Namespace) -> int:
    with trace_source():
        result = options.builds()
    written = page(result, title=options.builds.title).save(options.output)
    print(written)
    if options.open and not webbrowser.open(written.resolve().as_uri()):
        print(f"microgradnet: no browser could be started; open {written} in one", file=sys.stderr)
        return 1
    return 0


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
    direction = options.direction or example.direction
    picture = draw(example.build(), view, direction=direction, op_nodes=options.op_nodes, title=example.title)
    print(picture.save(options.output))
    return 0


COMMANDS: dict[str, Command] = {
    "run": _run,
    "list": _list,
    "draw": _draw,
    "step": _step,
    "page": _page,
    "train": later("train", "train"),
    "predict": later("train", "predict"),
    "worksheet": later("worksheets", "write_worksheets"),
    "grade": later("worksheets", "mark_answers"),
    "exercise": later("exercises", "write_exercise"),
    "check": later("exercises", "check_exercise"),
    "misconception": later("worksheets", "show_misconception"),
}
"""What each command does."""


if __name__ == "__main__":
    sys.exit(main())
