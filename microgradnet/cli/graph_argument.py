"""The argument NAME|FILE.py:VARIABLE: an example, or a value (to draw, a network too) that a program computes."""

import argparse
import runpy
import sys
import traceback
from functools import partial
from pathlib import Path
from typing import Any

from microgradnet._shared.text import one_line, shorten, suggestion, with_article
from microgradnet.cli.arguments import item_of
from microgradnet.nn import Module
from microgradnet.teach.applications import APPLICATIONS
from microgradnet.teach.examples import EXAMPLES
from microgradnet.teach.examples.example import Example
from microgradnet.value import Value

METAVAR = "NAME|FILE.py:VARIABLE"


def takes_a_graph(command: argparse.ArgumentParser, *, or_network: bool = False) -> None:
    """Add the argument to a command, as `graph`; `or_network`: the variable may be a network."""
    computed = "a value that a program computes, or a network" if or_network else "a value that a program computes"
    command.add_argument(
        "graph", type=partial(graph_argument, or_network=or_network), metavar=METAVAR, help=f"an example, or {computed}"
    )


def graph_argument(text: str, or_network: bool = False) -> Example:
    """The graph named by NAME or FILE.py:VARIABLE; the program runs when the graph is built."""
    if text.endswith((".py", ":")):
        file = text.removesuffix(":")
        raise argparse.ArgumentTypeError(f"say which value of {file}: {file}:loss, if that is the variable's name")
    file, colon, variable = text.rpartition(":")
    if colon:
        return Example(text, "", partial(_value_in, Path(file), variable, or_network))
    if text in APPLICATIONS:
        raise argparse.ArgumentTypeError(
            f"{text} is an application of the gallery: `microgradnet run {text}` trains it and writes its pictures; "
            f"this is for the examples {', '.join(EXAMPLES)}"
        )
    return item_of(EXAMPLES, "example", text)


def file_stem(graph: Example) -> str:
    """The name of files about a graph, without a suffix: neuron; lesson-loss for lesson.py:loss."""
    return Path(graph.name.replace(".py:", "-")).name


def _value_in(file: Path, variable: str, or_network: bool) -> Any:
    """The Value (or, if `or_network`, the Module) of a variable, after running the program as `python file` does."""
    if not file.is_file():
        raise ValueError(f"there is no file {str(file)!r}")
    before = sys.argv, sys.path
    sys.argv, sys.path = [str(file)], [str(file.resolve().parent), *sys.path]
    try:
        variables = runpy.run_path(str(file), run_name="__main__")
    except (Exception, SystemExit) as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
        line, said = lines[-1] if lines else None, str(error)
        if isinstance(error, SyntaxError):
            line, said = error.lineno, error.msg
        what = shorten(one_line(f"{type(error).__name__}: {said}"), 500)
        raise ValueError(f"{file}{f', line {line}' if line else ''}: {what}") from None
    finally:
        sys.argv, sys.path = before
    if variable not in variables:
        names = [name for name, value in variables.items() if isinstance(value, Value)]
        hint = suggestion(variable, names) if names else "no variable of it is a Value"
        raise ValueError(f"{file} has no variable {variable!r}: {hint}")
    value = variables[variable]
    if or_network and isinstance(value, Module):
        return value
    if isinstance(value, Value):
        value.label = value.label or variable
        return value
    hint = "name the Value to explain, such as a loss"
    if isinstance(value, list | tuple) and value and all(isinstance(item, Value) for item in value):
        hint = f"take one of them, or their sum: write `total = sum({variable})` in the file and ask for :total"
    elif isinstance(value, Module):
        hint = f"call it: write, for instance, `y = {variable}(x)` in the file and ask for :y"
        hint += "; `microgradnet draw` draws the network itself"
    raise ValueError(f"{variable} in {file} is {with_article(type(value).__name__)}, not a Value: {hint}")
