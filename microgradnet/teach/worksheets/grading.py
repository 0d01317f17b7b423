"""`grade(worksheet, answers)`: which answers are right, which follow from another's mistake, and which mistake it was.

An answer is compared with three numbers: the right one; the one that follows, by the right rules, from the learner's
other answers; and those that follow by the rules of each misconception. Of the misconceptions that explain a wrong
answer, the one is named that explains most of the sheet.
"""

import math
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from microgradnet._shared.text import wrapped
from microgradnet.notation.names import number
from microgradnet.teach.misconceptions.passes import RIGHT
from microgradnet.teach.misconceptions.quantities import Numbers, Quantity
from microgradnet.teach.misconceptions.table import MISCONCEPTIONS, Misconception
from microgradnet.teach.worksheets.answers import read_answers
from microgradnet.teach.worksheets.blanks import Blank
from microgradnet.teach.worksheets.tolerance import ABSOLUTE, RELATIVE, is_near, read_number
from microgradnet.teach.worksheets.worksheet import Worksheet

Answers: TypeAlias = Mapping[Any, Any] | Sequence[Any] | str | os.PathLike[str]
CORRECT, FOLLOWS, WRONG, UNCLEAR = "right", "follows", "wrong", "unclear"
MISSING, UNREADABLE = "missing", "no number"


ONE_ACT = frozenset({"stale-gradients", "no-topological-order"})
"""Misconceptions that are done once for all of a pass, and not at each value anew."""


class Mark(NamedTuple):
    """One answer, marked.

    Attributes:
        blank: what was asked.
        answer: what was answered; None if nothing was, or no number.
        verdict: "right"; "follows", computed rightly from a wrong answer before, or part of the same act; "wrong";
            "unclear", a 0 that follows from a 0, for which there is no point; "missing"; or "no number".
        mistakes: the misconceptions that explain a wrong answer, the likeliest first, if several explain the sheet as
            well; () if none does.
        text: what to say of it.
    """

    blank: Blank
    answer: float | None
    verdict: str
    mistakes: tuple[Misconception, ...]
    text: str


class Marks:
    """A worksheet, marked. Printed it says what is wrong and why.

    Attributes:
        marks: of each blank.
        points: how many answers are right, or follow rightly from a mistake before.
        mistakes: how many wrong answers each misconception is behind, by its name; "unknown" for those without one.
    """

    def __init__(self, sheet: str, marks: Sequence[Mark]) -> None:
        self.sheet, self.marks = sheet, tuple(marks)
        self.points = sum(mark.verdict in {CORRECT, FOLLOWS} for mark in marks)
        self.mistakes = Counter(
            mark.mistakes[0].name if mark.mistakes else "unknown" for mark in marks if mark.verdict == WRONG
        )

    def __str__(self) -> str:
        head = f"{self.sheet}: {self.points} of {len(self.marks)} points"
        lines = [f"({mark.blank.number}) {mark.blank.name}: {mark.text}" for mark in self.marks]
        named = dict.fromkeys(row for mark in self.marks for row in mark.mistakes)
        whys = [f"{row.title}: {row.why}." for row in named]
        return "\n".join([head, *(f"  {line}" for line in lines), *map(wrapped, whys)])

    __repr__ = __str__


class _Suspect(NamedTuple):
    """Numbers by rules that the answers may have been computed by, and at how many blanks they are the answer."""

    misconception: Misconception
    numbers: Numbers
    agreeing: int


def grade(sheet: Worksheet, answers: Answers, tolerance: float = RELATIVE) -> Marks:
    """Mark answers, and recognise the mistake behind each wrong one.

    A mistake is marked once: what is computed rightly from a wrong answer counts as right. An answer is right within
    `tolerance`, relative to the right one, or within what rounding on the way explains.

    Args:
        sheet: what was asked.
        answers: by the blank's number or name; or all in order, None for a missing one; or a .csv or .json file as
            `save_answers` writes it. Numbers, or text such as "0.25", "−3" or "1/4".
        tolerance: 0.01 takes three digits.

    Raises:
        ValueError: there are answers to blanks that the sheet does not have, the file is of another sheet, or the
            tolerance is none.
        OSError: the file cannot be read.

    >>> from microgradnet import Value
    >>> from microgradnet.teach.worksheets import worksheet
    >>> w, x = Value(2.0, "w"), Value(3.0, "x"); y = w * x; y.label = "y"
    >>> print(grade(worksheet(y), {"w.grad": 2.0, "x.grad": "2"}))
    Worksheet: y: 1 of 2 points
      (1) w.grad: wrong, 2 for 3; it looks like "the local derivative of the other operand"
      (2) x.grad: right
    the local derivative of the other operand: the derivative of w·x with respect to w is
      the factor of w: ∂(w·x)/∂w = x.
    """
    if not 0.0 < tolerance < 1.0:
        raise ValueError(f"tolerance is a fraction of the right answer, above 0 and below 1, got {tolerance!r}")
    written = _by_number(sheet, answers)
    given: dict[Quantity, float] = {}
    unreadable: dict[int, str] = {}
    for blank in sheet.blanks:
        try:
            found = read_number(written.get(blank.number))
        except ValueError as error:
            unreadable[blank.number] = str(error)
        else:
            if found is not None:
                given[blank.quantity] = found
    judge = _Judge(sheet, given, tolerance)
    title = sheet.title if sheet.name.startswith(sheet.title) else f"{sheet.title} ({sheet.name})"
    return Marks(title, [judge.mark(blank, unreadable.get(blank.number, "")) for blank in sheet.blanks])


class _Judge:
    """Compares answers with what comes out by right and by wrong rules."""

    def __init__(self, sheet: Worksheet, given: Mapping[Quantity, float], tolerance: float) -> None:
        self._given, self._tolerance = given, tolerance
        asked = [blank.quantity for blank in sheet.blanks]
        both = (False, True)  # also accept answers computed from the rounded numbers shown on the sheet
        self._right = [Numbers(sheet.graph, as_shown=as_shown) for as_shown in both]
        self._following = [Numbers(sheet.graph, RIGHT, given, asked, as_shown) for as_shown in both]
        self._suspects: list[_Suspect] = []
        self._made: list[str] = []
        self._is_wrong = any(
            not self._explained(self._right, quantity) and not self._explained(self._following, quantity)
            for quantity in given
        )
        if all(self._explained(self._right, quantity) for quantity in given):
            return
        for row in MISCONCEPTIONS.values():
            for rules in row.rules(sheet.graph):
                numbers = Numbers(sheet.graph, rules, given, asked)
                agreeing = sum(self._explains(numbers, quantity) for quantity in given)
                self._suspects.append(_Suspect(row, numbers, agreeing))

    def mark(self, blank: Blank, unreadable: str) -> Mark:
        if unreadable:
            return Mark(blank, None, UNREADABLE, (), f"no number, {unreadable}")
        answer = self._given.get(blank.quantity)
        if answer is None:
            return Mark(blank, None, MISSING, (), "missing")
        if self._explained(self._right, blank.quantity):
            return Mark(blank, answer, CORRECT, (), "right")
        said = f"{number(answer)} for {number(blank.answer)}"
        if self._explained(self._following, blank.quantity):
            return self._followed(blank, answer, said)
        mistakes = self._mistakes(blank.quantity)
        if not mistakes:
            return Mark(blank, answer, WRONG, (), f"wrong, {said}; no known mistake explains it")
        titles = '" or "'.join(row.title for row in mistakes)
        self._made.append(mistakes[0].name)
        if mistakes[0].name in ONE_ACT and mistakes[0].name in self._made[:-1]:
            return Mark(blank, answer, FOLLOWS, (), f'follows from the same mistake, "{mistakes[0].title}", {said}')
        return Mark(blank, answer, WRONG, mistakes, f'wrong, {said}; it looks like "{titles}"')

    def _followed(self, blank: Blank, answer: float, said: str) -> Mark:
        """An answer that is computed rightly from others that are not right."""
        if not self._is_wrong:
            return Mark(blank, answer, CORRECT, (), "right, from numbers that were rounded")
        if math.fabs(answer) < ABSOLUTE:
            return Mark(blank, answer, UNCLEAR, (), f"{said}: after a 0 before it, that shows nothing")
        return Mark(blank, answer, FOLLOWS, (), f"follows rightly from a mistake before, {said}")

    def _mistakes(self, quantity: Quantity) -> tuple[Misconception, ...]:
        able = [suspect for suspect in self._suspects if self._explains(suspect.numbers, quantity)]
        most = max((suspect.agreeing for suspect in able), default=0)
        found = {s.misconception.name: s.misconception for s in able if s.agreeing == most}
        return tuple(found.values())

    def _explained(self, several: Iterable[Numbers], quantity: Quantity) -> bool:
        return any(self._explains(numbers, quantity) for numbers in several)

    def _explains(self, numbers: Numbers, quantity: Quantity) -> bool:
        """Whether the answer is what these numbers say."""
        found, rounding = numbers.by(quantity)
        return is_near(self._given[quantity], found, self._tolerance, rounding)


def _by_number(sheet: Worksheet, answers: Answers) -> dict[int, Any]:
    """The answers by the numbers of their blanks."""
    if isinstance(answers, str | os.PathLike):
        answers = _of_sheet(sheet, answers)
    if not isinstance(answers, Mapping):
        if len(answers) != len(sheet.blanks):
            raise ValueError(
                f"there are {len(answers)} answers for {len(sheet.blanks)} blanks: give one for each, None for a "
                "missing one, or a dict by number or name"
            )
        return {blank.number: one for blank, one in zip(sheet.blanks, answers, strict=True)}
    numbers: dict[Any, int] = {blank.name: blank.number for blank in sheet.blanks}
    numbers |= {key: blank.number for blank in sheet.blanks for key in (blank.number, str(blank.number))}
    names = [blank.name for blank in sheet.blanks]
    if twice := [key for key in answers if names.count(key) > 1 and not str(key).isdecimal()]:
        raise ValueError(f"there are several blanks called {twice[0]!r}: give their answers by their numbers")
    if unknown := [key for key in answers if key not in numbers]:
        listed = ", ".join(f"({blank.number}) {blank.name}" for blank in sheet.blanks[:8])
        raise ValueError(f"this sheet has no blank {unknown[0]!r}: its blanks are {listed}")
    if len({numbers[key] for key in answers}) < len(answers):
        raise ValueError("there are several answers to one blank, by its number and by its name: leave one of them")
    return {numbers[key]: one for key, one in answers.items()}


def _of_sheet(sheet: Worksheet, path: str | os.PathLike[str]) -> dict[str, str]:
    found = read_answers(path)
    if others := {answer.sheet for answer in found} - {sheet.name}:
        raise ValueError(f"{path} holds answers to the sheet {min(others)!r}, not to {sheet.name!r}")
    blanks = [answer.blank for answer in found]
    if twice := [blank for blank in blanks if blanks.count(blank) > 1]:
        raise ValueError(f"{path} has several answers to blank {twice[0]}: leave one of them")
    return {answer.blank: answer.answer for answer in found}
