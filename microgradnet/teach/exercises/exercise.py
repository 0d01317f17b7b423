"""`Exercise`: a file with a gap, and the questions that are put to what a learner has written there."""

import copy
import math
from collections.abc import Callable, Sequence
from numbers import Real
from typing import Any, NamedTuple

from microgradnet._shared.text import counted
from microgradnet.value import Value

Judge = Callable[[Any], str]
"""Says what is wrong with a result, in words; "" if nothing is."""
RELATIVE, ABSOLUTE, LARGE = 1e-6, 1e-9, 1e300  # single precision is enough


class Question(NamedTuple):
    """One call of what the learner has written.

    Attributes:
        call: how a person would write it: "tanh_derivative(0)".
        ask: does it, given the learner's module; the result.
        judge: says what is wrong with the result.
        hint: what to think of if it is wrong.
    """

    call: str
    ask: Callable[[Any], Any]
    judge: Judge
    hint: str = ""


class Part(NamedTuple):
    """One thing to get right, and the questions that show whether it is: the simplest first."""

    title: str
    questions: Sequence[Question]


class Exercise(NamedTuple):
    """An exercise.

    Attributes:
        number: from 1.
        name: of its file, without number and suffix.
        title: what it is about.
        text: of the file, with the gap.
        defines: what the learner writes, a function or class.
        parts: what it is asked; the simplest first.
    """

    number: int
    name: str
    title: str
    text: str
    defines: str
    parts: Callable[[], Sequence[Part]]

    @property
    def file(self) -> str:
        """What the file is called.

        >>> from microgradnet.teach.exercises import EXERCISES
        >>> EXERCISES[1].file
        'exercise_1_tanh.py'
        """
        return f"exercise_{self.number}_{self.name}.py"


def question(name: str, *arguments: Any, expected: Any, hint: str = "") -> Question:
    """A call of a function, which must give this number, or list of numbers, and leave its arguments alone."""

    def ask(module: Any) -> Any:
        given = copy.deepcopy(arguments)
        result = getattr(module, name)(*given)
        if given != arguments:
            raise ChangedError(f"it changed what it was given: {_listed(arguments)} became {_listed(given)}")
        return result

    return Question(f"{name}({_listed(arguments)})", ask, equal_to(expected), hint)


class ChangedError(Exception):
    """The learner's function has changed its arguments."""


def _listed(arguments: Sequence[Any]) -> str:
    return ", ".join(map(shown, arguments))


def shown(value: Any) -> str:
    """A value as a person writes it; functions by their names."""
    return getattr(value, "__name__", None) or repr(value)


def equal_to(expected: Any) -> Judge:
    """Whether a result is this number, or these numbers, up to rounding.

    >>> equal_to(0.5)(0.25), equal_to([1.0, 2.0])([1.0]), equal_to(0.5)(None)
    ('it should give 0.5', 'it should give 2 numbers, [1.0, 2.0]', 'it gives None: is there a return?')
    """

    def judge(got: Any) -> str:
        if got is None:
            return "it gives None: is there a return?"
        if isinstance(got, Value):
            return "it gives a Value; take its .data"
        if hasattr(got, "tolist"):  # NumPy's
            got = got.tolist()
        if isinstance(expected, list):
            if not isinstance(got, list | tuple):
                return f"it should give a list, {expected!r}"
            if len(got) != len(expected):
                return f"it should give {counted(len(expected), 'number')}, {expected!r}"
            pairs = list(zip(got, expected, strict=True))
        else:
            pairs = [(got, expected)]
        if not all(_is_number(one) for one, _ in pairs):
            return f"it should give {'numbers' if isinstance(expected, list) else 'a number'}: {expected!r}"
        if all(
            -LARGE < one < LARGE and math.isclose(one, other, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
            for one, other in pairs
        ):
            return ""
        return f"it should give {expected!r}"

    return judge


def _is_close(one: Any, other: float) -> bool:
    return -LARGE < one < LARGE and math.isclose(one, other, rel_tol=RELATIVE, abs_tol=ABSOLUTE)


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)
