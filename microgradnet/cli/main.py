"""The command line: parse the arguments, run the command, and turn its errors into messages and exit codes.

Exit codes: 0, success; 1, something could not be read, run, drawn or written; 2, the command itself was wrong;
130, Ctrl-C.
"""

import argparse
import codecs
import os
import re
import sys
from collections.abc import Sequence
from itertools import takewhile
from typing import Any, NoReturn

from microgradnet import __version__
from microgradnet._shared.arguments import unknown_name
from microgradnet._shared.text import clean, plain
from microgradnet.cli import exercises, graphs, misconceptions, playground, predict, run, train, worksheets
from microgradnet.cli.arguments import Run, say
from microgradnet.errors import DomainError, ProviderError, StaleGraphError
from microgradnet.teach.applications import APPLICATIONS
from microgradnet.teach.examples import EXAMPLES

GROUPS = (run, graphs, playground, train, predict, worksheets, misconceptions, exercises)
"""The commands, in the order of the help; modules that load slowly are loaded when a command runs."""

GREETING = """\
Welcome to microgradnet: see and understand backpropagation. Three things to try:

  microgradnet run neuron            compute a neuron and its gradients, and draw the graph
  microgradnet step neuron           step through its forward and backward propagation
  microgradnet page learning --open  play how a network learns, in the browser

All commands: microgradnet --help"""


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
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
        if sys.stdout is not None:  # None when the program was started without one
            sys.stdout.flush()
        return code
    except BrokenPipeError:  # the reader, such as `head`, has closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (OSError, ImportError, ProviderError, StaleGraphError, DomainError, ValueError) as error:
        say(error)
        return 1


class _Parser(argparse.ArgumentParser):
    """A parser that names what is allowed, and suggests what was meant."""

    def error(self, message: str) -> NoReturn:
        """End with the message; where a choice is unknown, with those that are allowed."""
        if unknown := re.fullmatch(r"(.*): invalid choice: '(.*)' \(choose from (.*)\)", message):
            message = f"{unknown[1]}: " + unknown_name(re.findall(r"[^\s,']+", unknown[3]), unknown[2], "choice")
            if unknown[2] in {**EXAMPLES, **APPLICATIONS}:
                message = f"{unknown[2]} is an example, no command: microgradnet run {unknown[2]}"
        super().error(clean(message))

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        """Refuse an unknown option before the other words are read, as the first of them may be its value."""
        options = [option for option in self._option_string_actions if option.startswith("--")]
        words = sys.argv[1:] if args is None else args
        if self._subparsers:  # the options before the command
            words = list(takewhile(lambda word: word.startswith("-"), words))
        for word in takewhile(lambda word: word != "--", words):
            name = word.partition("=")[0]
            is_short = re.fullmatch(r"-[a-zA-Z]", name) and name not in self._option_string_actions
            is_long = re.fullmatch(r"--\w[\w-]*", name) and not any(option.startswith(name) for option in options)
            if is_short or is_long:
                self.error(unknown_name(options, name, "option"))
        known, others = super().parse_known_args(args, namespace)
        if others:
            self.error(f"unrecognized arguments: {' '.join(others)}")
        return known, others


def _parser() -> argparse.ArgumentParser:
    """The parser; the options of a command hold as `run` the function that runs it."""
    parser = _Parser(
        prog="microgradnet",
        description="See and understand backpropagation: the lesson's worked examples, computed and drawn.",
        epilog="microgradnet alone names three things to try.",
    )
    parser.set_defaults(run=_greet)
    parser.add_argument("--version", action="version", version=f"microgradnet {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    def add(name: str, what: str, run: Run) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=what, description=what[0].upper() + what[1:] + ".")
        command.set_defaults(run=run)
        return command

    for group in GROUPS:
        group.add_commands(add)
    return parser


def _greet(options: argparse.Namespace) -> int:
    print(GREETING)
    return 0


def _in_ascii(error: UnicodeError) -> tuple[str, int]:
    """The replacement of characters that a stream cannot write: w1 for w₁, ? where there is no equivalent."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = plain(error.object[error.start : error.end])
    return text.encode("ascii", "replace").decode(), error.end
