"""Tables in files of comma-separated values, as spreadsheets and other programs save them."""

import csv
import io
import os
import re
from pathlib import Path
from typing import NamedTuple

from microgradnet._shared.text import one_line

_SEPARATOR = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)  # a line as Excel writes it
_QUOTED = re.compile(r'"[^"]*"')


class Line(NamedTuple):
    """A line of a table: its number in the file, from 1, and its cells."""

    number: int
    cells: list[str]


def read_lines(path: str | os.PathLike[str]) -> list[Line]:
    """The lines of a table that are not empty.

    Cells are separated by semicolons or tabs if the first line has any, else by commas, which may be decimal ones.

    Raises:
        ValueError: the file is no text, or no such table.
        OSError: it cannot be read.
    """
    try:
        text = _text(Path(path).expanduser().read_bytes())
        told = _SEPARATOR.match(text)
        table = text[told.end() :] if told else text
        first = _QUOTED.sub("", table.lstrip().partition("\n")[0])
        delimiter = told[1] if told else next((separator for separator in ";\t" if separator in first), ",")
        reader = csv.reader(io.StringIO(table, newline=""), delimiter=delimiter)
        lines = [Line(reader.line_num + bool(told), cells) for cells in reader]
        return [line for line in lines if any(cell.strip() for cell in line.cells)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{one_line(str(path))} is no table of comma-separated values: {error}") from None


def _text(data: bytes) -> str:
    """Text in UTF-8; or, as Excel saves it, in UTF-16 or in the code of Western Windows."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        if b"\0" in data:
            raise
        return data.decode("cp1252")
