"""`Results`: the answers of a class, marked and counted."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from microgradnet.teach.classroom.store import Learner
from microgradnet.teach.misconceptions.table import MISTAKES, SLIPS
from microgradnet.teach.worksheets import Marks, Worksheet, grade
from microgradnet.teach.worksheets.grading import MISSING


class Results:
    """Marks each learner's answers when they have changed, and counts.

    Args:
        sheet: the worksheet that all have.
    """

    def __init__(self, sheet: Worksheet) -> None:
        self.sheet = sheet
        self._marked: dict[str, tuple[dict[str, str], Marks]] = {}

    def marks(self, learner: str, answers: dict[str, str]) -> Marks:
        """The marks of a learner."""
        before = self._marked.get(learner)
        if before is None or before[0] != answers:
            before = self._marked[learner] = answers, grade(self.sheet, answers)
        return before[1]

    def counted(self, learners: Mapping[str, Learner], made: Mapping[str, int]) -> dict[str, Any]:
        """What the teacher's page shows, as JSON: points, verdicts, and how many `made` each mistake."""
        names = Counter[str]()
        marks = [self.marks(learner, of.answers) for learner, of in learners.items()]
        verdicts = [Counter(of.marks[i].verdict for of in marks) for i in range(len(self.sheet.blanks))]
        return {
            "learners": [
                {
                    "name": _told_apart(learner.name, names),
                    "points": of.points,
                    "given": sum(mark.verdict != MISSING for mark in of.marks),
                }
                for learner, of in zip(learners.values(), marks, strict=True)
            ],
            "blanks": [
                {"number": blank.number, "name": blank.name, "verdicts": counts}
                for blank, counts in zip(self.sheet.blanks, verdicts, strict=True)
            ],
            "mistakes": [_described(name, count) for name, count in made.items()],
        }


def _told_apart(name: str, names: Counter[str]) -> str:
    """The name, with a number from its second learner on: "Ada (2)"."""
    names[name] += 1
    return f"{name} ({names[name]})" if name and names[name] > 1 else name


def _described(name: str, count: int) -> dict[str, Any]:
    known = MISTAKES.get(name)
    title, why = (known.title, known.why) if known else (SLIPS.get(name, SLIPS["unknown"]).title, "")
    return {"title": title, "why": why, "learners": count}
