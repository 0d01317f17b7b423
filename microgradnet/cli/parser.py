"""The command line's words: which commands there are, what they take, and what cannot be meant.

What the commands do stands in `cli`, and in `train`, `worksheets` and `exercises`, which are
loaded when they are asked for.
"""

import argparse
import difflib
import runpy
import sys
import traceback
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from microgradnet import __version__
from microgradnet._shared.text import one_line, shorten, suggestion
from microgradnet.drawing import DIRECTIONS, VIEWS
from microgradnet.nn import ACTIVATIONS, Module
from microgradnet.teach.examples import EXAMPLES
from microgradnet.teach.examples.example import Example
from microgradnet.value import Value

Command = Callable[[argparse.Namespace], int]
Add = Callable[[str, str], argparse.ArgumentParser]


def parser(does: Mapping[str, Command]) -> argparse.ArgumentParser:
    """The parser; a command's options hold as `command` what does it."""
    found = argparse.ArgumentParser(
        prog="microgradnet",
        description="See and understand backpropagation: the lesson's worked examples, computed and drawn.",
        epilog="Start with: microgradnet run",
    )
    found.add_argument("--version", action="version", version=f"microgradnet {__version__}")
    commands = found.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(name: str, what: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=what, description=what[0].upper() + what[1:] + ".")
        made.set_defaults(command=does[name])
        return made

    _add_lesson(command)
    _add_training(command)
    _add_teaching(command)
    return found


def _add_lesson(command: Add) -> None:
    run = command("run", "compute examples, print their numbers and write their pictures")
    run.add_argument("names", nargs="*", type=_example, metavar="NAME", help="which examples; without one, all")
    run.add_argument(
        "--graphs", type=Path, default=Path("graphs"), metavar="DIR", help="where the pictures go (graphs)"
    )

    command("list", "list the examples")

    drawing = command("draw", "draw the computation graph of one example")
    drawing.add_argument("name", type=_example, metavar="NAME", help="which example")
    drawing.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help=".svg, .png, .pdf or .dot")
    drawing.add_argument("--view", choices=VIEWS, help="what has a box: every operation, neuron or layer")
    drawing.add_argument("--direction", choices=DIRECTIONS, help="which way the arrows run")
    drawing.add_argument("--op-nodes", action="store_true", help="draw operations as circles of their own")

    stepping = command("step", "step through forward and backward propagation, both ways")
    _takes_a_result(stepping)
    stepping.add_argument("--commands", type=Path, metavar="FILE", help="what to do, a command a line, # for comments")

    playing = command("page", "write a page that plays forward and backward propagation")
    _takes_a_result(playing)
    playing.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="the page, a file.html")
    playing.add_argument("--open", action="store_true", help="open it in the browser")


def _add_training(command: Add) -> None:
    training = command("train", "train a network, and write it down with its pictures")
    training.add_argument("task", type=_task, metavar="TASK", help="moons, xor, spirals or digits")
    training.add_argument("--hidden", type=_sizes, metavar="16,16", help="neurons of each hidden layer")
    training.add_argument("--activation", choices=ACTIVATIONS, metavar="NAME", help=", ".join(ACTIVATIONS))
    training.add_argument("--epochs", type=_at_least_one, metavar="N", help="passes over the data")
    training.add_argument("--seed", type=_from_zero, default=0, metavar="N", help="of data, network and order (0)")
    training.add_argument("--out", type=Path, metavar="DIR", help="where the files go (a folder called as the task)")
    training.add_argument("--quiet", action="store_true", help="show no progress")

    predicting = command("predict", "what a trained network makes of the rows of a table")
    predicting.add_argument("model", type=Path, metavar="MODEL", help="a file that train or microgradnet.save wrote")
    predicting.add_argument("table", type=Path, metavar="FILE.csv", help="a row for each sample, a column each input")
    predicting.add_argument("-o", "--output", type=Path, metavar="FILE.csv", help="where to, if not to the terminal")


def _add_teaching(command: Add) -> None:
    sheets = command("worksheet", "write worksheets of a graph, with blanks to fill in, and their answer keys")
    _takes_a_result(sheets)
    sheets.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="where the files go")
    sheets.add_argument(
        "--hide", type=_hidden, default=["grads"], metavar="WHAT", help="grads, values, local derivatives (grads)"
    )
    sheets.add_argument("--copies", type=_copies, default=1, metavar="N", help="how many, all with other numbers (1)")
    sheets.add_argument("--seed", type=_from_zero, metavar="N", help="draw friendly numbers; else those of the graph")
    sheets.add_argument("--force", action="store_true", help="write over sheets that are there")
    sheets.add_argument("--paper", choices=("A4", "Letter"), default="A4", help="what they are printed on (A4)")

    grading = command("grade", "mark filled-in worksheets, and say which mistake is behind each wrong number")
    grading.add_argument("answers", nargs="+", type=Path, metavar="ANSWERS", help="tables of answers, .csv or .json")
    grading.add_argument(
        "--of", dest="builds", type=result, metavar="FILE.py:VARIABLE", help="the graph, if it is no example"
    )

    mistaking = command("misconception", "step a wrong backward pass beside the right one; without a name, list them")
    mistaking.add_argument("name", nargs="?", metavar="NAME", help="which misconception")
    mistaking.add_argument(
        "builds", nargs="?", type=result, metavar="EXAMPLE|FILE.py:VARIABLE", help="on which graph; else a small one"
    )
    mistaking.add_argument("-o", "--output", type=Path, metavar="FILE", help="a page, file.html")

    exercise = command("exercise", "write an exercise, a Python file with a gap; without a number, list them")
    exercise.add_argument("number", nargs="?", type=_exercise, metavar="N", help="which exercise")
    exercise.add_argument("-o", "--output", type=Path, metavar="FILE", help="where to, a file or a folder")
    exercise.add_argument("--force", action="store_true", help="write over a file that is there")

    checking = command("check", "say what of an exercise is right, and what differs")
    checking.add_argument("file", type=Path, metavar="FILE.py", help="the exercise, with its gap filled")
    checking.add_argument("--timeout", type=_seconds, default=10.0, metavar="SECONDS", help="stop it after (10)")


def later(module: str, name: str) -> Command:
    """The command of a module that is loaded when it is asked for, as it takes longer to load than all the others."""
    return lambda options: int(getattr(import_module(f"microgradnet.cli.{module}"), name)(options))


def _takes_a_result(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "builds", type=result, metavar="NAME|FILE.py:VARIABLE", help="an example, or a value that a program computes"
    )


def _task(name: str) -> Any:
    tasks = import_module("microgradnet.cli.train").TASKS
    if name not in tasks:
        raise argparse.ArgumentTypeError(f"unknown task {name!r}: it must be one of {', '.join(tasks)}")
    return tasks[name]


def _sizes(text: str) -> list[int]:
    if not all(part.isdecimal() and int(part) for part in text.split(",")):
        raise argparse.ArgumentTypeError(f"sizes are whole numbers above 0 with commas between, as 16,16; got {text!r}")
    return [int(part) for part in text.split(",")]


def _from_zero(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"a whole number from 0 on is needed, got {text!r}")
    return int(text)


def _at_least_one(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"a whole number above 0 is needed, got {text!r}")
    return int(text)


def _copies(text: str) -> int:
    most = import_module("microgradnet.cli.worksheets").MOST_COPIES
    if _at_least_one(text) > most:
        raise argparse.ArgumentTypeError(f"at most {most} at a time, got {text}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 0.0 < found < 1e6:
        raise argparse.ArgumentTypeError(f"a number of seconds above 0 is needed, got {text!r}")
    return found


def _exercise(text: str) -> int:
    count = len(import_module("microgradnet.teach.exercises").EXERCISES)
    if not text.isdecimal() or not 1 <= int(text) <= count:
        raise argparse.ArgumentTypeError(f"there are exercises 1 to {count}, got {text!r}")
    return int(text)


def _hidden(text: str) -> list[str]:
    kinds = import_module("microgradnet.teach.worksheets.blanks").KINDS
    parts = [" ".join(part.replace("-", " ").split()) for part in text.split(",")]
    for part in parts:
        if part not in kinds:
            raise argparse.ArgumentTypeError(f"cannot hide {part!r}: {suggestion(part, kinds)}")
    return parts


def _example(name: str) -> Example:
    """The example of that name; else an error that names the nearest."""
    if name in EXAMPLES:
        return EXAMPLES[name]
    near = difflib.get_close_matches(name.lower().replace("_", "-"), EXAMPLES, n=1, cutoff=0.4)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(EXAMPLES)}"
    raise argparse.ArgumentTypeError(f"unknown example {name!r}: {hint}")


class Result(NamedTuple):
    """What computes the value that NAME or FILE.py:VARIABLE stands for.

    Attributes:
        source: that text.
        build: computes it.
        title: of the example; "" for a program.
    """

    source: str
    build: Callable[[], Value]
    title: str = ""

    def __call__(self) -> Value:
        """Compute it."""
        return self.build()


def result(text: str) -> Result:
    """What computes the value that NAME or FILE.py:VARIABLE stands for."""
    if text.endswith((".py", ":")):
        file = text.removesuffix(":")
        raise argparse.ArgumentTypeError(f"say which value of {file}: {file}:loss, if that is the variable's name")
    file, colon, variable = text.rpartition(":")
    if colon:
        return Result(text, partial(_value_in, Path(file), variable))
    example = _example(text)
    return Result(text, example.build, example.title)


def _value_in(file: Path, variable: str) -> Value:
    """The value of a variable, after running the program in `file` as `python file` does."""
    if not file.is_file():
        raise ValueError(f"there is no file {str(file)!r}")
    before = sys.argv, sys.path
    sys.argv, sys.path = [str(file)], [str(file.resolve().parent), *sys.path]
    try:
        found = runpy.run_path(str(file), run_name="__main__")
    except (Exception, SystemExit) as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
        line = error.lineno if isinstance(error, SyntaxError) else lines[-1] if lines else None
        what = shorten(one_line(f"{type(error).__name__}: {error}"), 500)
        raise ValueError(f"{file}{f', line {line}' if line else ''}: {what}") from None
    finally:
        sys.argv, sys.path = before
    if variable not in found:
        names = [name for name, value in found.items() if isinstance(value, Value)]
        hint = suggestion(variable, names) if names else "no variable of it is a Value"
        raise ValueError(f"{file} has no variable {variable!r}: {hint}")
    value = found[variable]
    if isinstance(value, Value):
        return value
    kind, what = type(value).__name__, "name the Value that is to be explained, as a loss"
    if isinstance(value, list | tuple) and value and all(isinstance(one, Value) for one in value):
        what = f"take one of them, or their sum: write `total = sum({variable})` in the file and ask for :total"
    elif isinstance(value, Module):
        what = f"call it: write, for instance, `y = {variable}(x)` in the file and ask for :y"
    raise ValueError(f"{variable} in {file} is a {kind}, not a Value: {what}")
