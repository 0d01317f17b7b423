"""The argument NAME|FILE.py:VARIABLE: an example, or a value that a program computes."""

import argparse
import difflib
import runpy
import sys
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from microgradnet._shared.text import one_line, shorten, suggestion
from microgradnet.nn import Module
from microgradnet.teach.examples import EXAMPLES
from microgradnet.teach.examples.example import Example
from microgradnet.value import Value


class GraphArgument(NamedTuple):
    """The graph that the argument names; calling it computes the root.

    Attributes:
        source: the argument.
        build: computes the root.
        title: of the example; "" for a program.
        view, direction: for its picture, as `draw` takes them.
    """

    source: str
    build: Callable[[], Value]
    title: str = ""
    view: str | None = None
    direction: str = "LR"

    def __call__(self) -> Value:
        """Compute the root."""
        return self.build()


def takes_a_graph(command: argparse.ArgumentParser) -> None:
    """Add the argument to a command, as `graph`."""
    command.add_argument(
        "graph",
        type=graph_argument,
        metavar="NAME|FILE.py:VARIABLE",
        help="an example, or a value that a program computes",
    )


def graph_argument(text: str) -> GraphArgument:
    """The graph that NAME or FILE.py:VARIABLE stands for."""
    if text.endswith((".py", ":")):
        file = text.removesuffix(":")
        raise argparse.ArgumentTypeError(f"say which value of {file}: {file}:loss, if that is the variable's name")
    file, colon, variable = text.rpartition(":")
    if colon:
        return GraphArgument(text, partial(_value_in, Path(file), variable))
    example = example_argument(text)
    return GraphArgument(text, example.build, example.title, example.view, example.direction)


def example_argument(name: str) -> Example:
    """The example of that name; else an error that names the nearest."""
    if name in EXAMPLES:
        return EXAMPLES[name]
    near = difflib.get_close_matches(name.lower().replace("_", "-"), EXAMPLES, n=1, cutoff=0.4)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(EXAMPLES)}"
    raise argparse.ArgumentTypeError(f"unknown example {name!r}: {hint}")


def _value_in(file: Path, variable: str) -> Value:
    """The value of a variable, after running the program in `file` as `python file` does."""
    if not file.is_file():
        raise ValueError(f"there is no file {str(file)!r}")
    before = sys.argv, sys.path
    sys.argv, sys.path = [str(file)], [str(file.resolve().parent), *sys.path]
    try:
        variables = runpy.run_path(str(file), run_name="__main__")
    except (Exception, SystemExit) as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
        line = error.lineno if isinstance(error, SyntaxError) else lines[-1] if lines else None
        what = shorten(one_line(f"{type(error).__name__}: {error}"), 500)
        raise ValueError(f"{file}{f', line {line}' if line else ''}: {what}") from None
    finally:
        sys.argv, sys.path = before
    if variable not in variables:
        names = [name for name, value in variables.items() if isinstance(value, Value)]
        hint = suggestion(variable, names) if names else "no variable of it is a Value"
        raise ValueError(f"{file} has no variable {variable!r}: {hint}")
    value = variables[variable]
    if isinstance(value, Value):
        return value
    kind, what = type(value).__name__, "name the Value that is to be explained, as a loss"
    if isinstance(value, list | tuple) and value and all(isinstance(item, Value) for item in value):
        what = f"take one of them, or their sum: write `total = sum({variable})` in the file and ask for :total"
    elif isinstance(value, Module):
        what = f"call it: write, for instance, `y = {variable}(x)` in the file and ask for :y"
    raise ValueError(f"{variable} in {file} is a {kind}, not a Value: {what}")
