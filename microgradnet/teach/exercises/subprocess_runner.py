"""Asks a learner's file the questions of its exercise, as a program: `python -m` this module.

The results are written to a file, a line of JSON for each, at once: prints of the learner's program do not disturb
them, and they survive a program that hangs or ends itself.
"""

import io
import json
import sys
import traceback
from collections.abc import Iterator
from contextlib import redirect_stdout, suppress
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
    """The beginning of what is printed."""

    def write(self, text: str) -> int:
        """Keep the text, if there is room."""
        if self.tell() < MOST_PRINTED:
            super().write(text[:MOST_PRINTED])
        return len(text)

    def reconfigure(self, **options: object) -> None:
        """Nothing; a program may call it, as it exists on the real output."""


def main(file: Path, number: int, report: TextIO) -> None:
    """Ask all questions, up to the first wrong answer, and write the results."""
    printed = Printed()
    with redirect_stdout(printed):
        for result in _results(file, number):
            print(json.dumps(result), file=report, flush=True)
    if text := printed.getvalue():
        print(json.dumps({"kind": "printed", "text": text}), file=report)


def _results(file: Path, number: int) -> Iterator[dict[str, Any]]:
    yield {"kind": "trying", "call": f"the file itself: import {file.stem}"}
    try:
        module = _loaded(file)
        for part, questions in EXERCISES[number].parts.items():
            for question in questions:
                yield {"kind": "trying", "call": question.call, "hint": question.hint}
                got, why = _judged(module, question)
                if why:
                    yield {"kind": "wrong", "part": part, "got": got, "why": why}
                    return
            yield {"kind": "right", "part": part}
        yield {"kind": "done"}
    except (Exception, SystemExit) as error:
        yield {"kind": "failed", **_described(error, file)}


def _loaded(file: Path) -> ModuleType:
    """The learner's file as a module."""
    sys.dont_write_bytecode = True  # nothing is written beside it
    loader = SourceFileLoader("learner", str(file))
    module = ModuleType(loader.name)
    module.__file__ = str(file)
    sys.modules[loader.name] = module
    loader.exec_module(module)
    return module


def _judged(module: ModuleType, question: Question) -> tuple[str, str]:
    """The answer as text, and what is wrong with it; "" if it is right."""
    try:
        got = question.ask(module)
    except ChangedError as error:
        return "", str(error)
    if not (why := question.judge(got)):
        return "", ""
    try:
        return shorten(one_line(repr(got)), MOST_SHOWN), why
    except Exception:  # from a class of the learner's, or an int of thousands of digits
        return f"something that cannot be shown, of type {type(got).__name__}", why


def _described(error: BaseException, file: Path) -> dict[str, Any]:
    """An error: its type and message, and the line of the learner's file that it comes from."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
    line, code, says = (frames[-1].lineno, frames[-1].line, str(error)) if frames else (None, "", str(error))
    if isinstance(error, SyntaxError):
        line, code, says = error.lineno, error.text, error.msg
    texts = {"says": says, "code": code or ""}
    return {
        "error": type(error).__name__,
        "line": line,
        **{name: shorten(one_line(text), MOST_SHOWN) for name, text in texts.items()},
    }


if __name__ == "__main__":
    with suppress(ImportError, ValueError, OSError):  # not on Windows; not everywhere else
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    file, number, path = sys.argv[1:]
    sys.argv[:] = [file]  # as for a program of its own
    sys.path[0] = str(Path(file).parent)
    with Path(path).open("a", encoding="utf-8") as results:
        main(Path(file), int(number), results)
