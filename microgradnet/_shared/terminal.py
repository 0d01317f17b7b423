"""The limits of a terminal: the width of a line, the characters of its encoding, its colours."""

import io
import os
import shutil
import sys
import textwrap
from collections.abc import Sequence
from itertools import zip_longest
from typing import TextIO

from microgradnet._shared.text import clean, plain, shorten

LEAST_WIDTH = 40
STYLES = {"": "", "bold": "1", "input": "34", "parameter": "33", "root": "35", "highlight": "30;43"}
"""Escape codes of the 16 colours that every terminal has, by the roles of a picture's theme: the reader's own palette
makes them light or dark."""


def written(text: str, stream: TextIO) -> str:
    """The text, clean, if the stream can encode it; else in ASCII, as w1 for w₁."""
    encoding, text = getattr(stream, "encoding", None) or "utf-8", clean(text)
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return plain(text).encode(encoding, "replace").decode(encoding)
    return text


def room(needed: int) -> int:
    """The characters that a line may have, of those needed: all in a pipe, a file or a notebook."""
    if not isinstance(sys.stdout, io.TextIOWrapper):  # a notebook: its variable COLUMNS is of a terminal elsewhere
        return needed
    return min(needed, shutil.get_terminal_size((needed, 24)).columns)


def format_table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows of text under a heading, in aligned columns; where the terminal is too narrow, each row as lines of its own.

    Args:
        heading: of each column, in one line or several.
        rows: a cell for each column.

    >>> print(format_table(["a", "b"], [["one", "2"]]))
    a    b
    ───  ─
    one  2
    """
    heading, *rows = [[written(cell, sys.stdout) for cell in line] for line in (heading, *rows)]
    tall = [cell.split("\n") for cell in heading]
    widths = [max(map(len, [*top, *column])) for top, *column in zip(tall, *rows, strict=True)]
    needed = sum(widths) + 2 * (len(widths) - 1)
    if needed > room(needed):
        return "\n\n".join(_one_below_the_other([*map(" ".join, tall)], row, room(needed)) for row in rows)
    lines = [*zip_longest(*tall, fillvalue=""), [written("─" * width, sys.stdout) for width in widths], *rows]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def _one_below_the_other(heading: Sequence[str], row: Sequence[str], width: int) -> str:
    """The first cell, and below it each other one after its heading; where they do not fit, on its own lines."""
    names = max(map(len, heading[1:]), default=0)
    lines = [row[0]]
    for name, cell in zip(heading[1:], row[1:], strict=True):
        if len(line := f"  {name:{names}}  {cell}") <= width:
            lines += [line] if cell else []
        else:
            lines += [f"  {name}".rstrip(), *[f"    {part}" for part in textwrap.wrap(cell, width - 4)]]
    return "\n".join(lines)


class Screen:
    """A text stream with its width, encoding and colours.

    All output goes through `write`, which removes terminal control characters.

    Args:
        stream: where output is written.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        is_dumb = os.environ.get("TERM", "dumb") == "dumb" or bool(os.environ.get("NO_COLOR"))
        self.has_colours = stream.isatty() and not is_dumb

    @property
    def width(self) -> int:
        """The width of a line in characters, at least 40."""
        return max(LEAST_WIDTH, shutil.get_terminal_size().columns)

    def text(self, text: str) -> str:
        """The text if the stream can encode it; else in ASCII, as w1 for w₁."""
        return written(text, self.stream)

    def fit(self, text: str, width: int) -> str:
        """The text in at most `width` of those characters."""
        whole = self.text(text)
        if len(whole) <= width:
            return whole
        return self.text(shorten(whole, width + 1 - len(self.text("…"))))

    def write(self, text: str = "", style: str = "") -> None:
        """Write lines in a style of `STYLES`; long lines are wrapped."""
        for line in self.text(text).split("\n"):
            indent = " " * (len(line) - len(line.lstrip()) + 2)
            for part in textwrap.wrap(line, self.width, subsequent_indent=indent, break_on_hyphens=False) or [""]:
                self.write_parts((part, style))
        self.stream.flush()

    def write_parts(self, *parts: tuple[str, str]) -> None:
        """Write one line of texts that fit, each in its style."""
        painted = [self._painted(self.text(text), STYLES[style]) for text, style in parts]
        self.stream.write("".join(painted) + "\n")

    def _painted(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if code and self.has_colours else text
