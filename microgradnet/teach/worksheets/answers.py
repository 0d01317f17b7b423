"""Tables of answers: written for a worksheet, and read again, whatever program has saved them."""

import csv
import io
import json
import os
from collections.abc import Iterable
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from microgradnet._shared.csv_tables import read_lines
from microgradnet._shared.files import write_atomically

COLUMNS = ("sheet", "blank", "quantity", "answer")


class Answer(NamedTuple):
    """A line of the table: the sheet's name, the number of a blank, what it is called, and what was answered."""

    sheet: str
    blank: str
    quantity: str
    answer: str


def write_answers(path: str | os.PathLike[str], rows: Iterable[Answer]) -> Path:
    """Write a table to a .csv or .json file, whole or not at all.

    Raises:
        ValueError: the name ends in neither.
    """
    suffix = _suffix(path)
    if suffix == ".json":
        return write_atomically(path, json.dumps([row._asdict() for row in rows], ensure_ascii=False, indent=1) + "\n")
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows([COLUMNS, *rows])
    return write_atomically(path, buffer.getvalue())


def read_answers(path: str | os.PathLike[str]) -> list[Answer]:
    """The lines of a table. Spreadsheets' semicolons, tabs and byte order marks are fine.

    Raises:
        ValueError: the file is no such table.
        OSError: it cannot be read.
    """
    suffix = _suffix(path)
    try:
        records = json.loads(Path(path).read_text("utf-8-sig")) if suffix == ".json" else _records(path)
        return [Answer(*(_text(record[column]) for column in COLUMNS)) for record in records]
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        columns = ", ".join(COLUMNS)
        raise ValueError(f"{path} is no table of answers: it needs the columns {columns} ({error!r:.80})") from None


def _records(path: str | os.PathLike[str]) -> list[dict[str, str]]:
    heading, *lines = read_lines(path)
    names = [name.strip() for name in heading.cells]
    return [dict(zip_longest(names, line.cells[: len(names)], fillvalue="")) for line in lines]


def _text(found: object) -> str:
    return "" if found is None else str(found)


def _suffix(path: str | os.PathLike[str]) -> str:
    suffix = Path(path).suffix.lower()
    if suffix not in {".csv", ".json"}:
        raise ValueError(f"answers stand in a .csv or .json file: end the name with one of these; got {str(path)!r}")
    return suffix
