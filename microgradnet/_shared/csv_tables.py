"""Tables in files of comma-separated values, as spreadsheets and other programs save them."""

import csv
import io
import os
from pathlib import Path
from typing import NamedTuple

from microgradnet._shared.text import one_line

SEPARATORS = ",;\t"


class Line(NamedTuple):
    """A line of a table: its number in the file, from 1, and its cells."""

    number: int
    cells: list[str]


def read_lines(path: str | os.PathLike[str]) -> list[Line]:
    """The lines of a table that are not empty; the first shows the separator: a comma, semicolon or tab.

    Raises:
        ValueError: the file is no text, or no such table.
        OSError: it cannot be read.
    """
    try:
        text = _text(Path(path).expanduser().read_bytes())
        first, _, rest = text.partition("\n")
        has_separator = first.lower().startswith("sep=")  # as Excel writes it
        table = rest if has_separator else text
        delimiter = max(SEPARATORS, key=table.lstrip().partition("\n")[0].count)
        reader = csv.reader(io.StringIO(table, newline=""), delimiter=delimiter)
        return [Line(reader.line_num + has_separator, cells) for cells in reader if any(cell.strip() for cell in cells)]
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
