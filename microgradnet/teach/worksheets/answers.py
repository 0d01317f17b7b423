"""Tables of answers: written for a worksheet, and read again from whatever program saved them."""

import csv
import io
import json
import os
import re
from collections.abc import Iterable
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from microgradnet._shared.csv_tables import read_lines
from microgradnet._shared.files import write_atomically
from microgradnet._shared.text import one_line

_SPLIT = re.compile("[0-9],[0-9]")


class Answer(NamedTuple):
    """A line of the table: the sheet's name, the number and the name of a blank, and the answer."""

    sheet: str
    blank: str
    quantity: str
    answer: str


def write_answers(path: str | os.PathLike[str], answers: Iterable[Answer]) -> Path:
    """Write a table to a .csv or .json file atomically.

    Raises:
        ValueError: the name ends in neither.
    """
    if _is_json(path):
        text = json.dumps([answer._asdict() for answer in answers], ensure_ascii=False, indent=1) + "\n"
        return write_atomically(path, text)
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows([Answer._fields, *answers])
    return write_atomically(path, buffer.getvalue())


def read_answers(path: str | os.PathLike[str]) -> list[Answer]:
    """The lines of a table. Spreadsheets' semicolons, tabs and byte order marks are accepted.

    Raises:
        ValueError: the file is no such table; the message names the column that is missing.
        OSError: it cannot be read.
    """
    file = Path(path).expanduser()
    file.stat()  # a missing file is called missing, whatever its suffix
    is_json = _is_json(path)
    try:
        records = json.loads(file.read_text("utf-8-sig")) if is_json else _csv_records(path)
        answers = list(map(_answer, records))
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(
            f"{one_line(str(path))} is no table of answers, {error}: it needs the columns {', '.join(Answer._fields)}. "
            "Fill in the column 'answer' of a table that `microgradnet worksheet` or `save_answers` has written, and "
            "leave the rest"
        ) from None
    return answers if is_json else answers[1:]


def _csv_records(path: str | os.PathLike[str]) -> list[dict[str, str]]:
    """Each line by the names in the first, which is a record too."""
    table = [cells for _, cells in read_lines(path)] or [[]]
    names = [name.strip() for name in table[0]]
    return [dict(zip_longest(names, _with_decimals(cells, len(names))[: len(names)], fillvalue="")) for cells in table]


def _with_decimals(cells: list[str], columns: int) -> list[str]:
    """The cells of a line; the two of an answer, the last, that its decimal comma has split, −1,2000, as one."""
    last = ",".join(cells[-2:])
    return [*cells[:-2], last] if len(cells) == columns + 1 and _SPLIT.search(last) else cells


def _answer(record: object) -> Answer:
    if not isinstance(record, dict):
        raise ValueError(f"{record!r:.40} is not an object with names")
    if missing := [name for name in Answer._fields if name not in record]:
        raise ValueError(f"the column {missing[0]!r} is missing")
    return Answer(*("" if record[name] is None else str(record[name]) for name in Answer._fields))


def _is_json(path: str | os.PathLike[str]) -> bool:
    suffix = Path(path).suffix.lower()
    if suffix not in {".csv", ".json"}:
        raise ValueError(f"answers stand in a .csv or .json file: end the name with one of these; got {str(path)!r}")
    return suffix == ".json"
