"""The command line: `microgradnet run`, `list`, `draw`, `step` and `page`; `train` and `predict` stand elsewhere.

Exit codes: 0, all was done; 1, something could not be read, run, drawn or written; 2, the command itself was wrong;
130, Ctrl-C.
"""

import argparse
import codecs
import difflib
import os
import runpy
import sys
import traceback
import webbrowser
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from microgradnet import __version__
from microgradnet.drawing import DIRECTIONS, VIEWS, draw
from microgradnet.errors import DomainError, ProviderError, StaleGraphError
from microgradnet.examples import EXAMPLES
from microgradnet.examples.example import Example, format_rows
from microgradnet.nn import ACTIVATIONS, Module
from microgradnet.recording import trace_source
from microgradnet.stepping.terminal import step_through
from microgradnet.stepping.webpage import page
from microgradnet.text import one_line, plain, shorten, suggestion
from microgradnet.value import Value


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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="microgradnet",
        description="See and understand backpropagation: the lesson's worked examples, computed and drawn.",
        epilog="Start with: microgradnet run",
    )
    parser.add_argument("--version", action="version", version=f"microgradnet {__version__}")
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
    drawing.add_argument("--direction", choices=DIRECTIONS, help="which way the arrows run")
    drawing.add_argument("--op-nodes", action="store_true", help="draw operations as circles of their own")
    drawing.set_defaults(command=_draw)

    stepping = commands.add_parser("step", help="step through forward and backward propagation, both ways")
    stepping.add_argument(
        "builds", type=_result, metavar="NAME|FILE.py:VARIABLE", help="an example, or a value that a program computes"
    )
    stepping.add_argument("--commands", type=Path, metavar="FILE", help="what to do, a command a line, # for comments")
    stepping.set_defaults(command=_step)

    playing = commands.add_parser("page", help="write a page that plays forward and backward propagation")
    playing.add_argument(
        "builds", type=_result, metavar="NAME|FILE.py:VARIABLE", help="an example, or a value that a program computes"
    )
    playing.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="the page, a file.html")
    playing.add_argument("--open", action="store_true", help="open it in the browser")
    playing.set_defaults(command=_page)

    training = commands.add_parser("train", help="train a network, and write it down with its pictures")
    training.add_argument("task", type=_task, metavar="TASK", help="moons, xor, spirals or digits")
    training.add_argument("--hidden", type=_sizes, metavar="16,16", help="neurons of each hidden layer")
    training.add_argument("--activation", choices=ACTIVATIONS, metavar="NAME", help=", ".join(ACTIVATIONS))
    training.add_argument("--epochs", type=_at_least_one, metavar="N", help="passes over the data")
    training.add_argument("--seed", type=_from_zero, default=0, metavar="N", help="of data, network and order (0)")
    training.add_argument("--out", type=Path, metavar="DIR", help="where the files go (a folder called as the task)")
    training.add_argument("--quiet", action="store_true", help="show no progress")
    training.set_defaults(command=lambda options: _training_commands().train(options))

    predicting = commands.add_parser("predict", help="what a trained network makes of the rows of a table")
    predicting.add_argument("model", type=Path, metavar="MODEL", help="a file that train or microgradnet.save wrote")
    predicting.add_argument("table", type=Path, metavar="FILE.csv", help="a row for each sample, a column each input")
    predicting.add_argument("-o", "--output", type=Path, metavar="FILE.csv", help="where to, if not to the terminal")
    predicting.set_defaults(command=lambda options: _training_commands().predict(options))
    return parser


def _training_commands() -> Any:
    """What trains, and takes longer to load than all other commands take."""
    return import_module("microgradnet.training_commands")


def _task(name: str) -> Any:
    tasks = _training_commands().TASKS
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


def _example(name: str) -> Example:
    """The example of that name; else an error that names the nearest."""
    if name in EXAMPLES:
        return EXAMPLES[name]
    near = difflib.get_close_matches(name.lower().replace("_", "-"), EXAMPLES, n=1, cutoff=0.4)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(EXAMPLES)}"
    raise argparse.ArgumentTypeError(f"unknown example {name!r}: {hint}")


def _result(text: str) -> Callable[[], Value]:
    """What computes the value that NAME or FILE.py:VARIABLE stands for."""
    if text.endswith((".py", ":")):
        file = text.removesuffix(":")
        raise argparse.ArgumentTypeError(f"say which value of {file}: {file}:loss, if that is the variable's name")
    file, colon, variable = text.rpartition(":")
    return partial(_value_in, Path(file), variable) if colon else _example(text).build


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
    title = next((example.title for example in EXAMPLES.values() if example.build is options.builds), "")
    written = page(result, title=title).save(options.output)
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


if __name__ == "__main__":
    sys.exit(main())
