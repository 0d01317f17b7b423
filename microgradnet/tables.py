"""Tables in files of comma-separated values, as spreadsheets and other programs save them."""

import csv
import os
from pathlib import Path
from typing import NamedTuple

SEPARATORS = ",;\t"


class Line(NamedTuple):
    """A line of a table: its number in the file, from 1, and its cells."""

    number: int
    cells: list[str]


def read_lines(path: str | os.PathLike[str]) -> list[Line]:
    """The lines of a table that are not empty. What separates cells is seen from the first: a comma, semicolon or tab.

    Raises:
        ValueError: the file is no text in UTF-8, or no such table.
        OSError: it cannot be read.
    """
    try:
        text = Path(path).expanduser().read_text("utf-8-sig")
        reader = csv.reader(text.splitlines(), delimiter=max(SEPARATORS, key=text.partition("\n")[0].count))
        return [Line(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} is no table of comma-separated values (UTF-8): {error}") from None
