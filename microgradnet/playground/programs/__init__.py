"""The playground's examples: the text files of this folder, in order, and the exercises with their gaps.

The first line of each file is "# group: title".
"""

import re
from pathlib import Path

from microgradnet.teach.exercises import EXERCISES

PROGRAMS: list[dict[str, str]] = []
"""Of each its "name" for addresses, "group", "title" and "code"."""

for _file in sorted(Path(__file__).parent.glob("[0-9]*.txt")):
    _heading, _, _code = _file.read_text("utf-8").partition("\n")
    _group, _, _title = _heading.removeprefix("# ").partition(": ")
    PROGRAMS.append(
        {"name": _file.stem[3:].replace("_", "-"), "group": _group, "title": _title, "code": _code.lstrip("\n")}
    )

for _exercise in EXERCISES.values():
    _code = re.sub(
        r"Then:\s+microgradnet check \{file\}", "It is checked each time it runs: see the output.", _exercise.text
    )
    _title = f"{_exercise.number}. {_exercise.title[:1].upper()}{_exercise.title[1:]}"
    PROGRAMS.append({"name": f"exercise-{_exercise.number}", "group": "Exercises", "title": _title, "code": _code})
