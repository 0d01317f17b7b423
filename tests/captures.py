"""The terminal sessions in the book: real ones, run again by `tests.regenerate` and compared by the test suite."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests import ROOT

LESSON = """\
from microgradnet import Value, parameter, sigmoid

x = Value(0.1, "x")
w, b = parameter(0.15, "w"), parameter(0.4, "b")
z = w * x + b
a = sigmoid(z)
z.label, a.label = "z", "a"
a.backward()
"""


def lesson() -> str:
    """The program itself."""
    return f"```py\n{LESSON}```"


def _session(arguments: list[str], commands: str) -> str:
    """What a program prints in a folder that holds lesson.py, with these lines as its input."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "lesson.py").write_text(LESSON, encoding="utf-8")
        environment = {"PYTHONPATH": str(ROOT), "COLUMNS": "88", "PYTHONIOENCODING": "utf-8"}
        done = subprocess.run(
            [sys.executable, *arguments],
            input=commands,
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=folder,
            env={**os.environ, **environment},
            timeout=60,
        )
        places = {f"{ROOT}{os.sep}": "…/", f"{Path(folder).resolve()}{os.sep}": ""}
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)} ended with {done.returncode}: {done.stderr}")
    output = done.stdout
    for place, shown in places.items():
        output = output.replace(place, shown)
    return output


def _fenced(text: str, language: str = "text") -> str:
    return f"```{language}\n{text.rstrip()}\n```"


def terminal() -> str:
    """The backprop debugger: a step, back again, a value."""
    output = _session(["-m", "microgradnet", "step", "lesson.py:a"], "step\nback\nprint z\nquit\n")
    return _fenced(f"$ microgradnet step lesson.py:a\n{output}")


def pdb() -> str:
    """The debugger for programs: `rule` twice, then what it shows."""
    commands = ["rule", "rule", "node", "p upstream, local_derivative", "grads", "quit"]
    output = _session(["-m", "microgradnet.debug", "lesson.py"], "\n".join(commands) + "\n")
    answers = output.split("(Pdb) ")
    session = "".join(f"(Pdb) {command}\n{answer}" for command, answer in zip(commands, answers[1:], strict=False))
    return _fenced(f"$ python -m microgradnet.debug lesson.py\n{answers[0]}{session}")


def unrolled() -> str:
    """The backward pass of that neuron as a program."""
    from microgradnet import Value, unroll

    names: dict[str, Value] = {}
    exec(LESSON, names)
    return _fenced(unroll(names["a"]), "py")
