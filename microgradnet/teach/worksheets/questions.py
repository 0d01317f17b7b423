"""The blanks of a sheet as the pages that mark them know them: answers, hints, working and common mistakes."""

from collections.abc import Sequence
from math import isfinite
from typing import Any

from microgradnet._shared.webpage import asset
from microgradnet.notation.names import number
from microgradnet.teach.misconceptions.table import MISCONCEPTIONS, Misconception
from microgradnet.teach.worksheets import tolerance
from microgradnet.teach.worksheets.blanks import Blank
from microgradnet.teach.worksheets.quantities import Numbers
from microgradnet.teach.worksheets.sheet import Sheet

READING = ("longest", "plain", "named", "written", "thousands", "grouping")  # how `tolerance` reads numbers

TOLERANCE = 2 * tolerance.RELATIVE  # the error of answers computed from numbers of three digits


def marking() -> dict[str, Any]:
    """What `marking.js` reads and compares numbers by, as JSON: that of `tolerance`."""
    return {
        "reading": {name: getattr(tolerance, name.upper()) for name in READING},
        "zero": {"absolute": tolerance.ABSOLUTE, "nothing": tolerance.NOTHING},
        "tolerance": TOLERANCE,
        "digits": tolerance.digits_needed(TOLERANCE),
    }


def marking_script() -> str:
    """`marking.js`, which comes before the script of a page that marks answers."""
    return asset(__file__, "marking.js")


def questions(sheet: Sheet) -> list[dict[str, Any]]:
    """Each blank as JSON."""
    wrong = [(row, Numbers(sheet.graph, rules)) for row in MISCONCEPTIONS.values() for rules in row.rules(sheet.graph)]
    exact, shown = Numbers(sheet.graph), Numbers(sheet.graph, as_shown=True)
    return [
        {
            "number": blank.number,
            "name": blank.name,
            "answers": [numbers.by(blank.quantity).number for numbers in (exact, shown)],
            "shown": number(blank.answer),
            "rounding": exact.by(blank.quantity).rounding,
            "hints": blank.hints,
            "working": blank.working,
            "mistakes": _mistakes(blank, wrong),
        }
        for blank in sheet.blanks
    ]


def _mistakes(blank: Blank, wrong: Sequence[tuple[Misconception, Numbers]]) -> list[dict[str, Any]]:
    """The wrong numbers that misconceptions give, and an explanation of each."""
    texts: dict[float, str] = {}
    for row, numbers in wrong:
        answer = numbers.by(blank.quantity).number
        if isfinite(answer) and not tolerance.is_near(answer, blank.answer):
            texts.setdefault(answer, f"perhaps {row.title}. Remember: {row.why}.")
    return [{"answer": answer, "words": words} for answer, words in texts.items()]
