"""`grade(worksheet, answers)`: mark answers, recognise what follows from an earlier mistake, and name the mistake.

An answer is compared with three numbers: the right one; the one that follows, by the right rules, from the learner's
other answers; and those that follow by the rules of each misconception, from the learner's answers or from the right
ones. Of the misconceptions that explain a wrong answer, the one is named that explains most of the sheet.
"""

import math
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from microgradnet._shared.reading import AmbiguousError, read_number, shortened
from microgradnet._shared.text import one_line, wrapped
from microgradnet.notation.names import number
from microgradnet.teach.misconceptions.passes import RIGHT
from microgradnet.teach.misconceptions.table import MISTAKES, ONCE_PER_PASS, SLIPS, Misconception
from microgradnet.teach.worksheets.answers import read_answers
from microgradnet.teach.worksheets.blanks import Blank
from microgradnet.teach.worksheets.quantities import GRADIENT, Numbers, Quantity
from microgradnet.teach.worksheets.tolerance import ABSOLUTE, RELATIVE, digits_given, digits_needed, is_near
from microgradnet.teach.worksheets.worksheet import Worksheet

Answers: TypeAlias = Mapping[Any, Any] | Sequence[Any] | str | os.PathLike[str]
CORRECT, FOLLOWS, WRONG, UNCLEAR, ROUNDED = "right", "follows", "wrong", "unclear", "rounded"
MISSING, UNREADABLE, AMBIGUOUS = "missing", "no number", "ambiguous"


class Mark(NamedTuple):
    """One answer, marked.

    Attributes:
        blank: the blank.
        answer: the number given; None if there is none.
        verdict: "right"; "follows", computed correctly from an earlier wrong answer, or part of the same mistake;
            "wrong"; "rounded", right but for the number of its digits, or "unclear", a 0 that follows from a 0, which
            both earn no point; "missing"; "no number"; or "ambiguous", 1000 or 1.000.
        mistakes: the misconceptions that explain a wrong answer, the likeliest first, if several explain the sheet as
            well; () if none does; and of an answer that is part of the same mistake, that one.
        text: the verdict in words.
        slip: what a wrong answer that no misconception explains may come from, a key of `SLIPS`; else "".
    """

    blank: Blank
    answer: float | None
    verdict: str
    mistakes: tuple[Misconception, ...]
    text: str
    slip: str = ""

    @property
    def mistake(self) -> str:
        """The name of the likeliest misconception, else of the slip; "" where the answer shows neither."""
        return self.mistakes[0].name if self.mistakes else self.slip


class Marks:
    """A worksheet, marked. Printed, it lists what is wrong and why.

    Attributes:
        marks: of each blank.
        points: how many answers are right, or follow correctly from an earlier mistake.
        mistakes: how many wrong answers each misconception explains, by its name; else each slip.
    """

    def __init__(self, sheet: str, marks: Sequence[Mark]) -> None:
        self.sheet, self.marks = sheet, tuple(marks)
        self.points = sum(mark.verdict in {CORRECT, FOLLOWS} for mark in marks)
        self.mistakes = Counter(mark.mistake for mark in marks if mark.verdict == WRONG)

    def __str__(self) -> str:
        head = f"{self.sheet}: {self.points} of {len(self.marks)} points"
        lines = [f"  ({mark.blank.number}) {mark.blank.name}: {mark.text}" for mark in self.marks]
        named = dict.fromkeys(misconception for mark in self.marks for misconception in mark.mistakes)
        return "\n".join([head, *lines, *(wrapped(f"{one.title}: {one.why}.") for one in named)])

    __repr__ = __str__


def grade(sheet: Worksheet, answers: Answers, tolerance: float = RELATIVE) -> Marks:
    """Mark answers, and recognise the mistake behind each wrong one.

    A mistake is marked once: an answer that is computed correctly from a wrong one counts as right. An answer is right
    within `tolerance`, relative to the right one, or within the error of intermediate rounding.

    Args:
        sheet: the worksheet.
        answers: by the blank's number or name; or all in order, None for a missing one; or a .csv or .json file as
            `save_answers` writes it. Numbers, or text such as "0.25", "−3" or "1/4".
        tolerance: 0.01 accepts three digits.

    Raises:
        ValueError: there are answers to blanks that the sheet does not have, the file is of another sheet, or the
            tolerance is not between 0 and 1.
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
    by_number = _by_number(sheet, answers)
    given: dict[Quantity, float] = {}
    written: dict[Quantity, str] = {}
    unread: dict[Blank, Mark] = {}
    for blank in sheet.blanks:
        try:
            answer = read_number(by_number.get(blank.number))
        except AmbiguousError as error:
            unread[blank] = Mark(blank, None, AMBIGUOUS, (), str(error))
        except ValueError as error:
            unread[blank] = Mark(blank, None, UNREADABLE, (), str(error))
        else:
            if answer is not None:
                given[blank.quantity] = answer
                text = by_number[blank.number]
                written[blank.quantity] = shortened(text) if isinstance(text, str) else number(answer)
    judge = _Judge(sheet, given, written, tolerance)
    title = sheet.title if sheet.name.startswith(sheet.title) else f"{sheet.title} ({sheet.name})"
    return Marks(title, [unread.get(blank) or judge.mark(blank) for blank in sheet.blanks])


class _Suspect(NamedTuple):
    """A misconception, the numbers that it gives on this graph, and how many answers they explain."""

    misconception: Misconception
    numbers: Numbers
    agreeing: int


class _Judge:
    """Compares answers with the numbers that right and wrong rules give."""

    def __init__(
        self, sheet: Worksheet, given: Mapping[Quantity, float], written: Mapping[Quantity, str], tolerance: float
    ) -> None:
        self._given, self._tolerance, self._written = given, tolerance, written
        self._made: set[str] = set()
        asked = [blank.quantity for blank in sheet.blanks]
        both = (False, True)  # also accept answers computed from the rounded numbers shown on the sheet
        self._right = [Numbers(sheet.graph, as_shown=as_shown) for as_shown in both]
        self._following = [Numbers(sheet.graph, RIGHT, given, asked, as_shown) for as_shown in both]
        self._needed = digits_needed(tolerance)
        self._is_wrong = not all(
            self._explained(self._right + self._following, quantity) or self._rounded_from(quantity) is not None
            for quantity in given
        )
        self._suspects: list[_Suspect] = []
        wrong = [(row, rules) for row in MISTAKES.values() for rules in row.rules(sheet.graph)]
        nothing: dict[Quantity, float] = {}
        # What a misconception is followed from: the learner's answers, its own, or at each step the right ones.
        for known, blanks in ((given, asked), (nothing, asked), (nothing, [])):
            found = [*self._right, *self._following, *(suspect.numbers for suspect in self._suspects)]
            if all(self._explained(found, quantity) for quantity in given):
                break
            for misconception, rules in wrong:
                numbers = Numbers(sheet.graph, rules, known, blanks)
                agreeing = sum(self._explained([numbers], quantity) for quantity in given)
                self._suspects.append(_Suspect(misconception, numbers, agreeing))

    def mark(self, blank: Blank) -> Mark:
        """Mark one answer; call it for the blanks in order."""
        answer = self._given.get(blank.quantity)
        if answer is None:
            return Mark(blank, None, MISSING, (), "missing")
        if self._explained(self._right, blank.quantity):
            return Mark(blank, answer, CORRECT, (), "right")
        written = self._written[blank.quantity]
        both = f"{written} for {number(blank.answer)}"
        if self._explained(self._following, blank.quantity):
            if not self._is_wrong:
                return Mark(blank, answer, CORRECT, (), "right, from numbers that were rounded")
            if math.fabs(answer) < ABSOLUTE:
                return Mark(blank, answer, UNCLEAR, (), f"{both}: after an earlier 0, this shows nothing")
            return Mark(blank, answer, FOLLOWS, (), f"follows rightly from a mistake before, {both}")
        if (exact := self._rounded_from(blank.quantity)) is not None:
            both = f"{written} for {number(exact)}"
            return Mark(blank, answer, ROUNDED, (), f"rounded too far, {both}: give {self._needed} digits")
        mistakes = self._mistakes(blank.quantity)
        following = self._following[0].by(blank.quantity).number
        if not is_near(following, blank.answer, self._tolerance):
            both += f", or {number(following)} from the answers before"
        if not mistakes:
            slip = self._slip(blank.quantity)
            return Mark(blank, answer, WRONG, (), f"wrong, {both}; {SLIPS[slip].text}", slip)
        likeliest = mistakes[0]
        if likeliest.name in ONCE_PER_PASS & self._made:
            text = f'follows from the same mistake, "{likeliest.title}", {both}'
            return Mark(blank, answer, FOLLOWS, (likeliest,), text)
        self._made.add(likeliest.name)
        titles = '" or "'.join(misconception.title for misconception in mistakes)
        return Mark(blank, answer, WRONG, mistakes, f'wrong, {both}; it looks like "{titles}"')

    def _mistakes(self, quantity: Quantity) -> tuple[Misconception, ...]:
        suspects = [suspect for suspect in self._suspects if self._explained([suspect.numbers], quantity)]
        most = max((suspect.agreeing for suspect in suspects), default=0)
        return tuple(dict.fromkeys(suspect.misconception for suspect in suspects if suspect.agreeing == most))

    def _slip(self, quantity: Quantity) -> str:
        """What a wrong answer that no misconception explains may come from: a key of SLIPS."""
        answer = self._given[quantity]
        if self._explained([*self._right, *self._following], quantity, -answer):
            return "sign"
        is_value = quantity.kind == GRADIENT and is_near(answer, quantity.node.data, self._tolerance)
        return "value" if is_value else "unknown"

    def _rounded_from(self, quantity: Quantity) -> float | None:
        """The right number, or the one that follows, which an answer gives with too few digits; else None."""
        rights = [numbers.by(quantity).number for numbers in (self._right[0], self._following[0])]
        return next((right for right in rights if digits_given(self._given[quantity], right, self._needed)), None)

    def _explained(self, several: Sequence[Numbers], quantity: Quantity, answer: float | None = None) -> bool:
        """Whether the answer, by default the one given, is what any of these computations gives."""
        answer = self._given[quantity] if answer is None else answer
        computed = (numbers.by(quantity) for numbers in several)
        return any(is_near(answer, right, self._tolerance, rounding) for right, rounding in computed)


def _by_number(sheet: Worksheet, answers: Answers) -> dict[int, Any]:
    """The answers by the numbers of their blanks."""
    if isinstance(answers, str | os.PathLike):
        answers = _in_file(sheet, answers)
    if not isinstance(answers, Mapping):
        if len(answers) != len(sheet.blanks):
            raise ValueError(
                f"there are {len(answers)} answers for {len(sheet.blanks)} blanks: give one for each, None for a "
                "missing one, or a dict by number or name"
            )
        return dict(enumerate(answers, start=1))
    names = [blank.name for blank in sheet.blanks]
    if twice := [key for key in answers if names.count(key) > 1 and not str(key).isdecimal()]:
        raise ValueError(f"there are several blanks called {twice[0]!r}: give their answers by their numbers")
    numbers: dict[Any, int] = {blank.name: blank.number for blank in sheet.blanks}
    numbers |= {key: blank.number for blank in sheet.blanks for key in (blank.number, str(blank.number))}
    if unknown := [key for key in answers if key not in numbers]:
        listed = ", ".join(f"({blank.number}) {blank.name}" for blank in sheet.blanks[:8])
        raise ValueError(f"this sheet has no blank {unknown[0]!r}: its blanks are {listed}")
    if len({numbers[key] for key in answers}) < len(answers):
        raise ValueError("there are several answers to one blank, by its number and by its name: leave one of them")
    return {numbers[key]: answer for key, answer in answers.items()}


def _in_file(sheet: Worksheet, path: str | os.PathLike[str]) -> dict[str, str]:
    """The answers in a file, by the numbers of their blanks."""
    answers = read_answers(path)
    if others := {answer.sheet for answer in answers} - {sheet.name}:
        raise ValueError(f"{one_line(str(path))} holds answers to the sheet {min(others)!r}, not to {sheet.name!r}")
    (blank, count), *_ = Counter(answer.blank for answer in answers).most_common(1) or [("", 0)]
    if count > 1:
        raise ValueError(f"{one_line(str(path))} has several answers to blank {one_line(blank)}: leave one of them")
    return {answer.blank: answer.answer for answer in answers}
