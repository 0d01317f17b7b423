"""Tables in files of comma-separated values, as spreadsheets and other programs save them."""

import csv
import io
import os
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from microgradnet._shared.text import one_line

_SEPARATOR = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)  # a line as Excel writes it
SEPARATORS = ";\t,"


class Line(NamedTuple):
    """A line of a table: its number in the file, from 1, and its cells."""

    number: int
    cells: list[str]


def read_lines(path: str | os.PathLike[str]) -> list[Line]:
    """The lines of a table that are not empty.

    Cells are separated by semicolons, tabs or commas: by the first of these that cuts the first two lines into as many
    cells, more than one; else by the first that cuts the first line. So commas may be decimal ones.

    Raises:
        ValueError: the file is no text, or no such table.
        OSError: it cannot be read.
    """
    try:
        text = _text(Path(path).expanduser().read_bytes())
        told = _SEPARATOR.match(text)
        table = text[told.end() :] if told else text
        lines = _cut(table, told[1] if told else _separator(table))
        return [Line(number + bool(told), cells) for number, cells in lines]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{one_line(str(path))} is no table of comma-separated values: {error}") from None


def _cut(table: str, separator: str) -> Iterator[Line]:
    """The lines that are not empty."""
    reader = csv.reader(io.StringIO(table, newline=""), delimiter=separator)
    return (Line(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells))


def _separator(table: str) -> str:
    widths = {each: [len(line.cells) for line in islice(_cut(table, each), 2)] for each in SEPARATORS}
    cuts = [each for each, found in widths.items() if found and found[0] > 1]
    return next((each for each in cuts if len(set(widths[each])) == 1), cuts[0] if cuts else ",")


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
