"""`check(file)`: which exercise a file is, what of it is right, and the simplest example of what is not."""

import ast
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from microgradnet._shared.text import one_line, wrapped
from microgradnet.teach.exercises import EXERCISES, Exercise

SECONDS = 10.0
_HEADING = re.compile(r"Exercise (\d+)\b")


RUNNER = "microgradnet.teach.exercises.subprocess_runner"


class Verdict(NamedTuple):
    """What has come of a check.

    Attributes:
        exercise: which it is.
        is_right: whether all of it is.
        text: what to say, line by line.
    """

    exercise: Exercise
    is_right: bool
    text: str


def check(file: str | os.PathLike[str], seconds: float = SECONDS) -> Verdict:
    """Check a learner's file, which is run in a process of its own and never written to.

    Args:
        file: one that `microgradnet exercise` has written, with the gap filled.
        seconds: after which it is stopped.

    Raises:
        ValueError: this is no exercise, or no text.
        OSError: the file cannot be read.
    """
    path = Path(file).expanduser().resolve()
    try:
        source = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{file} is no text (UTF-8)") from None
    exercise = _exercise_of(source, str(file))
    notes, ended = _tried(path, exercise, seconds)
    right = [f"right: {note['part']}" for note in notes if note["kind"] == "right"]
    is_right = any(note["kind"] == "done" for note in notes)
    lines = [f"exercise {exercise.number}, {exercise.title}", *right]
    if is_right:
        lines.append("All of it is right.")
    else:
        lines += _difference(notes, ended, exercise)
    lines += [f"(It printed: {one_line(note['text'])[:300]})" for note in notes if note["kind"] == "printed"]
    return Verdict(exercise, is_right, "\n".join(map(wrapped, lines)))


def _exercise_of(source: str, file: str) -> Exercise:
    """Which exercise a file is, by its heading or by what it defines."""
    found = _HEADING.search(source[:400])
    if found and int(found[1]) in EXERCISES:
        return EXERCISES[int(found[1])]
    try:
        names = {node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        names = set()
    for exercise in EXERCISES.values():
        if exercise.defines in names:
            return exercise
    raise ValueError(
        f"{file} is none of the exercises: its first line says which, as in 'Exercise 1: …'; "
        "`microgradnet exercise 1` writes one"
    )


def _tried(path: Path, exercise: Exercise, seconds: float) -> tuple[list[dict[str, Any]], str]:
    """What was noted of a trial, and how it ended if not by itself."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report")
        report.touch()
        package = str(Path(__file__).parents[3])
        paths = os.pathsep.join([package, *filter(None, [os.environ.get("PYTHONPATH")])])
        process = subprocess.Popen(
            [sys.executable, "-X", "utf8", "-m", RUNNER, path, str(exercise.number), report],
            cwd=folder, env={**os.environ, "PYTHONPATH": paths}, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        ended = ""
        try:
            if code := process.wait(seconds):
                ended = f"the program ended by itself, with code {code}"
        except subprocess.TimeoutExpired:
            ended = f"it was still running after {seconds:g} seconds: is there a loop that has no end?"
        finally:
            _kill(process)
        notes = [note for line in report.read_text("utf-8", "replace").splitlines() if (note := _note(line))]
    return notes, ended


def _note(line: str) -> dict[str, Any] | None:
    """What a line of the report says; None for one that was cut off."""
    try:
        note = json.loads(line)
    except ValueError:
        return None
    return note if isinstance(note, dict) and "kind" in note else None


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """End a process, and what it has started in its group (on Windows the process alone)."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def _difference(notes: list[dict[str, Any]], ended: str, exercise: Exercise) -> list[str]:
    """The first thing that is not right."""
    tried: dict[str, Any] = next((note for note in reversed(notes) if note["kind"] == "trying"), {})
    call, hint = tried.get("call", ""), [f"hint: {tried['hint']}"] if tried.get("hint") else []
    last = next((note for note in notes if note["kind"] in {"wrong", "failed"}), None)
    if last is None:
        return [f"not right: {call}", ended or "the program ended itself before it could be asked everything", *hint]
    if last["kind"] == "wrong":
        is_a_number = not last["why"].startswith(("it gives", "it changed", "it should give a"))
        got = f"it gives {last['got']}; " if last["got"] and not last["why"].startswith("it gives") else ""
        said = [f"not right: {last['part']}", f"the simplest example: {last['call']}", f"{got}{last['why']}"]
        return [*said, *hint * is_a_number]
    if last["error"] == "NotImplementedError":
        return ["not yet written: " + (call.partition("(")[0] if "(" in call else exercise.defines)]
    if last["error"] == "AttributeError" and "module 'learner' has no attribute" in last["says"]:
        return [f"there is no {last['says'].rsplit(' ', 1)[-1]} in the file any more"]
    where = [f"line {last['line']}: {last['code']}"] if last["line"] else []
    hints = [] if last["error"] in {"SyntaxError", "IndentationError", "NameError", "ImportError"} else hint
    return [f"not right: {call}", f"{last['error']}: {last['says']}", *where, *hints]
