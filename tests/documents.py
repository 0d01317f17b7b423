"""Reads README.md and the pages of the book: fenced blocks, commands, generated parts, the map of files.

The tests and .ci/run both read them here, so that text and CI cannot say different things:
`python3 -m tests.documents 2` prints README's second command, `python3 -m tests.documents 'uv '` those of all documents
that begin so.
It needs nothing but Python, because .ci/run starts with nothing else.
"""

import re
import sys
from collections.abc import Iterator
from typing import NamedTuple

from tests import ROOT

README = ROOT / "README.md"
BOOK = ROOT / "notebooks"
ARCHITECTURE = BOOK / "about" / "architecture.md"
DOCUMENTS = [README, *sorted(BOOK.rglob("*.md"))]

FENCED = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
GENERATED = re.compile(r"(<!-- generated: (\S+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
MAP_LINE = re.compile(r"^( *)((?:[\w.]+(?:/|\.\w+)(?: +|$))+)")


class Block(NamedTuple):
    """A fenced block: its language, its text and the line of its document on which that text begins (from 1)."""

    language: str
    text: str
    line: int


def blocks(document: str, language: str) -> list[Block]:
    """Every fenced block in `language`, in order."""
    return [
        Block(language, match[2], document.count("\n", 0, match.start(2)) + 1)
        for match in FENCED.finditer(document)
        if match[1] == language
    ]


def commands(document: str) -> list[str]:
    """Every command of the `sh` blocks, in order; comments and empty lines are not commands."""
    lines = [line.strip() for block in blocks(document, "sh") for line in block.text.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def generated_parts(document: str) -> list[str]:
    """The names of the generated parts, in order."""
    return [match[2] for match in GENERATED.finditer(document)]


def with_generated(document: str, name: str, text: str) -> str:
    """The document with the text between `<!-- generated: name -->` and `<!-- end -->` replaced."""
    if name not in generated_parts(document):
        raise ValueError(f"there is no `<!-- generated: {name} -->` … `<!-- end -->`: add the two markers")
    return GENERATED.sub(lambda match: match[1] + text + match[4] if match[2] == name else match[0], document)


def file_map(document: str) -> set[str]:
    """The paths named in the map: the `text` block that begins with `microgradnet/`; folders end in `/`.

    A line of the map is an indent, one or more names, and a few words. Indents nest as in a Python file.
    """
    maps = [block.text for block in blocks(document, "text") if block.text.startswith("microgradnet/")]
    if not maps:
        raise ValueError("there is no map of files: a ```text block that begins with microgradnet/")
    return set(_paths(maps[0]))


def _paths(drawn: str) -> Iterator[str]:
    folders: list[tuple[int, str]] = []
    for line in drawn.splitlines():
        match = MAP_LINE.match(line)
        if not match:
            continue
        indent, names = len(match[1]), match[2].split()
        while folders and folders[-1][0] >= indent:
            folders.pop()
        parent = folders[-1][1] if folders else ""
        yield from (parent + name for name in names)
        if names[-1].endswith("/"):
            folders.append((indent, parent + names[-1]))


def main(wanted: str) -> None:
    """Print README's command with this number, or once each command of any document that begins with this text."""
    if wanted.isdigit():
        print(commands(README.read_text(encoding="utf-8"))[int(wanted) - 1])
        return
    every = [command for document in DOCUMENTS for command in commands(document.read_text(encoding="utf-8"))]
    for command in dict.fromkeys(every):
        if command.startswith(wanted):
            print(command)


if __name__ == "__main__":
    main(sys.argv[1])
