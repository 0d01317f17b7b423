"""The lines of the program that a graph's values were made on, as far as they are known and can be read."""

import linecache
import textwrap
from collections.abc import Iterable
from typing import Any

from microgradnet._shared.text import clean, one_line
from microgradnet.stepping.tracing import Source
from microgradnet.value import Value

MOST_LINES = 120
NEAR = 5  # lines without values, at most, between two that are listed together


def program_of(nodes: Iterable[Value]) -> list[list[dict[str, Any]]]:
    """The blocks of lines that made the values, file by file, each line with its place as `Value.source` writes it.

    Returns:
        Blocks of {"place", "number", "text"}, in the order of the files and lines; empty without `trace_source()`.

    >>> program_of([Value(1.0, "x")])
    []
    """
    used: dict[str, set[int]] = {}
    for node in nodes:
        if isinstance(node.source, Source):
            used.setdefault(node.source.file, set()).add(node.source.line)
    blocks = [_block(file, some) for file, numbers in used.items() for some in _near(sorted(numbers))]
    room = MOST_LINES
    return [block for block in blocks if block and (room := room - len(block)) >= 0]


def _near(numbers: list[int]) -> list[range]:
    """Ranges of lines from the first to the last of numbers that are near each other."""
    ranges: list[range] = []
    for number in numbers:
        if ranges and number - ranges[-1].stop <= NEAR:
            ranges[-1] = range(ranges[-1].start, number + 1)
        else:
            ranges.append(range(number, number + 1))
    return ranges


def _block(file: str, numbers: range) -> list[dict[str, Any]]:
    """The lines of a file; none where it cannot be read."""
    lines = linecache.getlines(file)[numbers.start - 1 : numbers.stop - 1]
    texts = textwrap.dedent(clean("".join(lines))).splitlines()
    return [
        {"place": one_line(str(Source(file, number, ""))), "number": number, "text": text}
        for number, text in zip(numbers, texts, strict=False)
    ]
