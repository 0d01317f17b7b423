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

    def made(self, learner: str, answers: dict[str, str], before: Mapping[str, str]) -> set[str]:
        """The mistakes in those answers that are not as they were `before`.

        An answer that is not touched is no new mistake, though it looks like one as soon as the number that it followed
        from is put right.
        """
        marks = self.marks(learner, answers).marks
        changed = (mark for mark in marks if answers.get(n := str(mark.blank.number)) != before.get(n))
        return {mark.mistake for mark in changed if mark.mistake}

    def forget(self, learner: str) -> None:
        """Drop a learner's marks."""
        self._marked.pop(learner, None)

    def counted(self, learners: Mapping[str, Learner], made: Mapping[str, int]) -> dict[str, Any]:
        """What the teacher's page shows, as JSON: points, verdicts, and how many `made` each mistake."""
        names = Counter[str]()
        marks = [self.marks(learner, of.answers) for learner, of in learners.items()]
        verdicts = [Counter(of.marks[i].verdict for of in marks) for i in range(len(self.sheet.blanks))]
        return {
            "learners": [
                {
                    "learner": identifier,
                    "name": _told_apart(learner.name, names),
                    "points": of.points,
                    "given": sum(mark.verdict != MISSING for mark in of.marks),
                }
                for (identifier, learner), of in zip(learners.items(), marks, strict=True)
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
