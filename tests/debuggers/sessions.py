"""Programs to be debugged, and pdb sessions in a process of their own."""

import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from microgradnet import chain_rule
from microgradnet.stepping import applications

GRAPH = """\
from microgradnet import Value, backward_unrolled, break_on
a, b, c, d = Value(2.0, "a"), Value(-3.0, "b"), Value(10.0, "c"), Value(-2.0, "d")
e = a * b
e.label = "e"
f = e + c
f.label = "f"
L = f * d
L.label = "L"
"""
"""The graph of FIELD.md, section 4: 3 operations, 6 applications of the chain rule."""
LINE = GRAPH.count("\n") + 1  # of what stands after it in a program
GRADIENTS = {"a": 6.0, "b": -4.0, "c": -2.0, "d": 4.0, "e": -2.0, "f": -2.0, "L": 1.0}
PRINT = "print({v.label: v.grad for v in (a, b, c, d, e, f, L)})\n"


def _chain_rule_line(module: ModuleType) -> int:
    lines = Path(str(module.__file__)).read_text("utf-8").splitlines()
    return next(n for n, line in enumerate(lines, 1) if "operand.grad += upstream * local_derivative" in line)


APPLIED, WATCHED = map(_chain_rule_line, (chain_rule, applications))
"""The lines that apply the chain rule: in an ordinary pass, and in one that is watched or done in steps."""
_STOP = re.compile(r"^(?:\(Pdb\) |ipdb> )*> (?P<file>\S+)\((?P<line>\d+)\)(?P<function>[^\s(]+)", re.MULTILINE)
_COLOUR = re.compile(r"\x1b\[[\d;]*m")


class Stop(NamedTuple):
    """Where a debugger stopped."""

    file: str
    line: int
    function: str


def program(text: str, name: str = "lesson.py") -> Path:
    """A file in the current folder that computes the graph and then does what `text` says."""
    file = Path(name).resolve()
    file.write_text(GRAPH + text, "utf-8")
    return file


def pdb(commands: list[str], *arguments: object, debugger: str = "pdb", **environment: str) -> str:
    """What `python -m pdb` writes when it is given these commands, and then is told to quit.

    Args:
        commands: what is typed.
        arguments: the program, and what it is given.
        debugger: the module of the debugger; "" runs the program by itself.
        environment: what is set beside what is set anyway.
    """
    start = [sys.executable, *(["-m", debugger] if debugger else []), *map(str, arguments)]
    done = subprocess.run(
        start,
        input="\n".join([*commands, "q", ""]),
        env=os.environ | {"HOME": os.getcwd(), "PYTHONIOENCODING": "utf-8"} | environment,  # no .pdbrc is read
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    return _COLOUR.sub("", done.stdout + done.stderr)


def stops(output: str) -> list[Stop]:
    """Every place where pdb stopped, in order."""
    return [Stop(Path(m["file"]).name, int(m["line"]), m["function"]) for m in _STOP.finditer(output)]


def between(found: list[Stop], first: int, last: int, file: str = "lesson.py") -> list[Stop]:
    """The stops after the one in line `first` of the program and before the one in line `last`."""
    places = [(stop.file, stop.line) for stop in found]
    start = places.index((file, first)) + 1
    return found[start : places.index((file, last), start)]
