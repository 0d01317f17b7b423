"""`check_here(source)`: check an exercise in this process, for a playground, which runs it in one of its own."""

import io
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from microgradnet.teach.exercises import EXERCISES, Exercise
from microgradnet.teach.exercises.check import ENDLESS, Verdict, verdict_of
from microgradnet.teach.exercises.subprocess_runner import main

SECONDS = 4.0


class _OutOfTime(BaseException):
    """Raised in the learner's code, which catches Exceptions alone."""


def exercise_of(source: str) -> Exercise | None:
    """The exercise that a program names in its first line; None if it names none.

    >>> exercise_of(EXERCISES[1].text).title, exercise_of("print(1)")
    ('the derivative of tanh', None)
    """
    heading = re.match(r'\s*"""Exercise (\d+): ', source)
    return EXERCISES.get(int(heading[1])) if heading else None


def check_here(source: str, exercise: Exercise, seconds: float = SECONDS) -> Verdict:
    """Check a program as `check` does a file.

    Args:
        source: the program.
        exercise: the exercise that it is for.
        seconds: the time after which its functions are stopped; a call that is not of Python runs to its end.
    """
    report, ended = io.StringIO(), ""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, exercise.file)
        file.write_text(source, "utf-8")
        try:
            with _limited(str(file), seconds):
                main(file, exercise.number, report)
        except _OutOfTime:
            ended = ENDLESS.format(seconds)
    return verdict_of(exercise, report.getvalue().encode(), ended)


@contextmanager
def _limited(file: str, seconds: float) -> Iterator[None]:
    """Raise `_OutOfTime` in the code of a file that runs after so many seconds."""
    end = time.monotonic() + seconds

    def step(frame: FrameType, event: str, argument: object) -> Any:
        if time.monotonic() > end:
            raise _OutOfTime
        return step

    def call(frame: FrameType, event: str, argument: object) -> Any:
        if frame.f_code.co_filename != file:
            return None
        frame.f_trace_opcodes = True  # a loop on one line has no events of lines
        return step

    before = sys.gettrace()
    sys.settrace(call)
    try:
        yield
    finally:
        sys.settrace(before)
