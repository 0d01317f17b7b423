"""A learner's file put to the questions of its exercise, as a program: `python -m` this module.

What comes of it is written, a line of JSON for each thing that is known, to a file: so prints of the learner's disturb
nothing, and what was found before a program hangs or ends itself is not lost.
"""

import io
import json
import sys
import traceback
from contextlib import redirect_stdout
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any, TextIO

from microgradnet._shared.text import one_line, shorten
from microgradnet.teach.exercises import EXERCISES
from microgradnet.teach.exercises.exercise import ChangedError, Question

MOST_PRINTED, MOST_SHOWN = 2000, 200  # characters
MEMORY = 4 * 2**30  # bytes


class Printed(io.StringIO):
    """What is printed, of which only the beginning is kept."""

    def write(self, text: str) -> int:
        """Keep the text, if there is room."""
        if self.tell() < MOST_PRINTED:
            super().write(text[:MOST_PRINTED])
        return len(text)

    def reconfigure(self, **options: object) -> None:
        """As a file on a terminal has it; there is nothing to do."""


def main(file: Path, number: int, report: TextIO) -> None:
    """Ask everything, up to the first wrong answer."""

    def note(kind: str, **what: object) -> None:
        print(json.dumps({"kind": kind, **what}), file=report, flush=True)

    printed = Printed()
    with redirect_stdout(printed):
        note("trying", call=f"the file itself: import {file.stem}")
        try:
            module = _loaded(file)
            for part in EXERCISES[number].parts():
                for question in part.questions:
                    note("trying", call=question.call, hint=question.hint)
                    if wrong := _wrong(module, question):
                        note("wrong", part=part.title, call=question.call, hint=question.hint, **wrong)
                        break
                else:
                    note("right", part=part.title)
                    continue
                break
            else:
                note("done")
        except (Exception, SystemExit) as error:
            note("failed", **_described(error, file))
    if printed.getvalue():
        note("printed", text=printed.getvalue())


def _loaded(file: Path) -> ModuleType:
    """The learner's file as a module."""
    sys.dont_write_bytecode = True  # nothing is written beside it
    loader = SourceFileLoader("learner", str(file))
    module = ModuleType(loader.name)
    module.__file__ = str(file)
    sys.modules[loader.name] = module
    loader.exec_module(module)
    return module


def _wrong(module: Any, question: Question) -> dict[str, Any]:
    """What is wrong with an answer; nothing if it is right."""
    try:
        got = question.ask(module)
    except ChangedError as error:
        return {"got": "", "why": str(error)}
    why = question.judge(got)
    return {"got": _shown(got), "why": why} if why else {}


def _shown(got: object) -> str:
    try:
        return shorten(one_line(repr(got)), MOST_SHOWN)
    except Exception:  # of the learner's own class; of Python's, for an int of thousands of digits
        return f"something that cannot be shown, of type {type(got).__name__}"


def _described(error: BaseException, file: Path) -> dict[str, Any]:
    """An error as a learner sees it: what it says, and the line of the learner's own that it comes from."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
    line = frames[-1].lineno if frames else None
    code = frames[-1].line if frames else ""
    says = str(error)
    if isinstance(error, SyntaxError):
        line, code, says = error.lineno, error.text, error.msg
    return {
        "error": type(error).__name__,
        "says": shorten(one_line(says), MOST_SHOWN),
        "line": line,
        "code": shorten(one_line(code or ""), MOST_SHOWN),
    }


if __name__ == "__main__":
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    except (ImportError, ValueError, OSError):  # not on Windows; not everywhere else
        pass
    file, number, path = sys.argv[1:]
    sys.argv[:] = [file]  # as for a program of its own
    sys.path[0] = str(Path(file).parent)
    with Path(path).open("a", encoding="utf-8") as report:
        main(Path(file), int(number), report)
