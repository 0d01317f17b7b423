"""Reads an SVG for what it says, which no renderer changes, and not for where it puts it."""

from collections.abc import Iterator
from xml.etree import ElementTree

TOOLTIP = "{http://www.w3.org/1999/xlink}title"


def words(svg: str) -> list[str]:
    """The texts of an SVG, its tooltips among them and its CSS not, sorted.

    Raises:
        ElementTree.ParseError: when it is not well-formed.
    """
    return sorted(_words(ElementTree.fromstring(svg)))


def _words(root: ElementTree.Element) -> Iterator[str]:
    for element in root.iter():
        inside = None if element.tag.endswith("}style") else element.text
        for text in (inside, element.tail, element.get(TOOLTIP), element.get("aria-label")):
            if text and text.strip():
                yield " ".join(text.split())
