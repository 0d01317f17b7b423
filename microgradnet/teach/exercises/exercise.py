"""`Exercise`: a Python file with a gap, and the questions that check what a learner writes there."""

import copy
import math
import re
from collections.abc import Callable, Sequence
from numbers import Real
from pathlib import Path
from typing import Any, NamedTuple

from microgradnet._shared.text import counted
from microgradnet.value import Value

Judge = Callable[[Any], str]
"""What is wrong with a result; "" if it is right."""
GAPS = Path(__file__).with_name("gaps")  # the files that learners get
RELATIVE, ABSOLUTE, LARGE = 1e-6, 1e-9, 1e300  # single precision is enough


class Question(NamedTuple):
    """One call of the learner's code.

    Attributes:
        call: the call as text: "tanh_derivative(0)".
        ask: makes the call in the learner's module and returns the result.
        judge: what is wrong with a result.
        hint: shown if it is wrong.
    """

    call: str
    ask: Callable[[Any], Any]
    judge: Judge
    hint: str


class Exercise:
    """An exercise.

    Attributes:
        number: from 1.
        file: the name of its file.
        parts: the questions by what they check; the simplest first.
        text: the text of the file, with the gap; {file} stands for the name of the file.
        title: what it is about, from the first line of the text.
        defines: the function or class to write, the first in the text.

    >>> from microgradnet.teach.exercises import EXERCISES
    >>> EXERCISES[1].file, EXERCISES[1].title, EXERCISES[1].defines
    ('exercise_1_tanh.py', 'the derivative of tanh', 'tanh_derivative')
    """

    def __init__(self, number: int, name: str, parts: dict[str, list[Question]]) -> None:
        self.number, self.file, self.parts = number, f"exercise_{number}_{name}.py", parts
        self.text = (GAPS / f"{self.file}.txt").read_text("utf-8")
        self.title = self.text.partition(": ")[2].partition(".\n")[0]
        self.defines = re.findall(r"^(?:def|class) (\w+)", self.text, re.MULTILINE)[0]


class ChangedError(Exception):
    """The learner's function has changed its arguments."""


def question(name: str, *arguments: Any, expected: Any, hint: str) -> Question:
    """A call of a function, which must give this number, or list of numbers, and leave its arguments alone."""

    def ask(module: Any) -> Any:
        given = copy.deepcopy(arguments)
        result = getattr(module, name)(*given)
        if given != arguments:
            raise ChangedError(f"it changed what it was given: {_listed(arguments)} became {_listed(given)}")
        return result

    return Question(f"{name}({_listed(arguments)})", ask, equal_to(expected), hint)


def _listed(arguments: Sequence[Any]) -> str:
    """Arguments as a person writes them; functions by their names."""
    return ", ".join(getattr(argument, "__name__", None) or repr(argument) for argument in arguments)


def equal_to(expected: Any) -> Judge:
    """Whether a result is this number, or these numbers, up to rounding.

    >>> equal_to(0.5)(0.25), equal_to([1.0, 2.0])([1.0]), equal_to(0.5)(None)
    ('it should give 0.5', 'it should give 2 numbers, [1.0, 2.0]', 'it gives None: is there a return?')
    """
    is_list = isinstance(expected, list)

    def judge(got: Any) -> str:
        if got is None:
            return "it gives None: is there a return?"
        if isinstance(got, Value):
            return "it gives a Value; take its .data"
        if hasattr(got, "tolist"):  # NumPy's
            got = got.tolist()
        if is_list and not isinstance(got, list | tuple):
            return f"it should give a list, {expected!r}"
        if is_list and len(got) != len(expected):
            return f"it should give {counted(len(expected), 'number')}, {expected!r}"
        pairs = list(zip(got, expected, strict=True)) if is_list else [(got, expected)]
        if not all(isinstance(x, Real) and not isinstance(x, bool) for x, _ in pairs):
            return f"it should give {'numbers' if is_list else 'a number'}: {expected!r}"
        if not all(
            -LARGE < x < LARGE and math.isclose(x, right, rel_tol=RELATIVE, abs_tol=ABSOLUTE) for x, right in pairs
        ):
            return f"it should give {expected!r}"
        return ""

    return judge
