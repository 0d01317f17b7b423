"""`check(file)`: recognise the exercise, run the file, and report what is right and the simplest counterexample."""

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

RUNNER = "microgradnet.teach.exercises.subprocess_runner"
SECONDS = 10.0
LONGEST = 10**6  # bytes of a report
TEXTS = {
    "trying": {"call"}, "right": {"part"}, "wrong": {"part", "got", "why"}, "done": set(),
    "failed": {"error", "says", "code"}, "printed": {"text"},
}  # fmt: skip
"""The texts that a result of each kind has."""
ENDLESS = "it was still running after {:g} seconds: is there a loop that has no end?"
DAMAGED = "the report of this check is damaged or missing: has the file's program written to it, or removed it?"


class Verdict(NamedTuple):
    """The result of a check.

    Attributes:
        exercise: the exercise of the file.
        is_right: whether all of it is right.
        text: the report, line by line.
    """

    exercise: Exercise
    is_right: bool
    text: str


def check(file: str | os.PathLike[str], seconds: float = SECONDS) -> Verdict:
    """Check a learner's file, which runs in a process of its own and is never written to.

    It is no sandbox: run only what you trust. The program can forge its report: a pass is no proof.

    Args:
        file: one that `microgradnet exercise` has written, with the gap filled.
        seconds: the time after which it is stopped.

    Raises:
        ValueError: the file is no exercise, or no text, or `seconds` is out of range.
        OSError: it cannot be read.
    """
    if not 0.0 < seconds < 1e6:
        raise ValueError(f"a time limit is a number of seconds above 0 and below a million, got {seconds}")
    path = Path(file).expanduser().resolve()
    try:
        source = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{file} is no text (UTF-8)") from None
    exercise = _exercise_of(source, str(file))
    return verdict_of(exercise, *_run(path, exercise, seconds))


def verdict_of(exercise: Exercise, report: bytes, ended: str) -> Verdict:
    """The verdict on the runner's report, and on how the program ended; "" if it ended normally."""
    results = [result for result in map(_result, report.splitlines()) if result]
    by_kind = {result["kind"]: result for result in results}
    parts = {result["part"] for result in results if result["kind"] == "right"}
    is_right = "done" in by_kind and parts == set(exercise.parts)
    lines = [f"exercise {exercise.number}, {exercise.title}"]
    lines += [f"right: {result['part']}" for result in results if result["kind"] == "right"]
    lines += ["All of it is right."] if is_right else _difference(by_kind, ended, exercise)
    if "printed" in by_kind:
        lines.append(f"(It printed: {one_line(by_kind['printed']['text'])[:300]})")
    return Verdict(exercise, is_right, "\n".join(map(wrapped, lines)))


def _exercise_of(source: str, file: str) -> Exercise:
    """The exercise of a file, by its heading or by the function or class that it defines."""
    heading = re.search(r"Exercise (\d+)\b", source[:400])
    if heading and int(heading[1]) in EXERCISES:
        return EXERCISES[int(heading[1])]
    with suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        names = {node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
        for exercise in EXERCISES.values():
            if exercise.defines in names:
                return exercise
    raise ValueError(
        f"{file} is none of the exercises: its first line must name one, as in 'Exercise 1: …'; "
        "`microgradnet exercise 1` writes one"
    )


def _run(path: Path, exercise: Exercise, seconds: float) -> tuple[bytes, str]:
    """The report on a file, and how its process ended; "" if it ended normally."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        Path(folder, "report").open("w+b") as report,  # stays this file, whatever the program puts in its place
    ):
        package = str(Path(__file__).parents[3])
        paths = os.pathsep.join([package, *filter(None, [os.environ.get("PYTHONPATH")])])
        process = subprocess.Popen(
            [sys.executable, "-X", "utf8", "-m", RUNNER, path, str(exercise.number), report.name],
            cwd=folder, env={**os.environ, "PYTHONPATH": paths}, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        ended = ""
        try:
            if code := process.wait(seconds):
                ended = f"the program ended by itself, with code {code}"
        except subprocess.TimeoutExpired:
            ended = ENDLESS.format(seconds)
        finally:
            _kill(process)
        return report.read(LONGEST), ended


def _result(line: bytes) -> dict[str, Any]:
    """A result from its line in the report; {} if it is none, as a line that was cut off."""
    try:
        result = json.loads(line.decode("utf-8", "replace"))
        texts = {name: one_line(result[name]) for name in TEXTS[result["kind"]]}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}
    hint = {"hint": one_line(result["hint"])} if isinstance(result.get("hint"), str) else {}
    return {"kind": result["kind"], "line": result.get("line"), **texts, **hint}


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """End a process and its children (on Windows the process alone)."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def _difference(by_kind: dict[str, dict[str, Any]], ended: str, exercise: Exercise) -> list[str]:
    """The report of the first wrong answer, from the last result of each kind."""
    asked = by_kind.get("trying")
    if not asked or "done" in by_kind:
        return [f"not right: {ended or DAMAGED}"]
    call = asked["call"]
    if wrong := by_kind.get("wrong"):
        why = wrong["why"]
        got = f"it gives {wrong['got']}; " if wrong["got"] and not why.startswith("it gives") else ""
        is_about_type = why.startswith(("it gives", "it changed", "it should give a"))
        hints = [f"hint: {asked['hint']}"] if "hint" in asked and not is_about_type else []
        return [f"not right: {wrong['part']}", f"the simplest example: {call}", f"{got}{why}", *hints]
    failed = by_kind.get("failed")
    if failed is None:
        return [f"not right: {call}", ended or "the program ended itself before it could be asked everything"]
    error, says = failed["error"], failed["says"]
    if error == "NotImplementedError":
        return ["not yet written: " + (call.partition("(")[0] if "(" in call else exercise.defines)]
    if error == "AttributeError" and "module 'learner' has no attribute" in says:
        return [f"there is no {says.rsplit(' ', 1)[-1]} in the file any more"]
    lines = [f"not right: {call}", f"{error}: {says}"]
    if isinstance(failed["line"], int):
        lines.append(f"line {failed['line']}: {failed['code']}")
    return lines
