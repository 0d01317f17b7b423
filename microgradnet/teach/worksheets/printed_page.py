"""`PrintedPage`: worksheets to print, and their answer keys; each is one page of paper if it fits on one."""

import html
import re
from collections.abc import Sequence
from functools import cached_property
from itertools import product
from typing import NamedTuple

from microgradnet._shared.arguments import one_of
from microgradnet._shared.webpage import WebPage, asset, document
from microgradnet.drawing.fit import scale_to
from microgradnet.notation.names import number
from microgradnet.teach.worksheets.blanks import Blank
from microgradnet.teach.worksheets.sheet import DIRECTIONS, Sheet, size_of

PAPERS = {"A4": (595, 842), "Letter": (612, 792)}
"""Width and height in points."""
MARGIN = 40  # of a printed page, in points
LINE, WORKING, COLUMN = 22, 9.4, 80  # points of a line to write on, and of one of working; characters of the latter
BETWEEN = 0.5  # points between two answers
AROUND, HEADING = 70, 50  # points of a page that heading and name take, one below the other, and on one line of a key
LEGIBLE, REMINDER, LARGEST = 0.4, 0.15, 1.25  # the smallest scale of a picture to write in, of a key's, the largest
LONG = 22  # characters of a name that does not fit in half a page


class _Layout(NamedTuple):
    """How a sheet is laid out: "whole" on a page or "flowing" over several, its picture, how the paper is turned."""

    kind: str
    direction: str
    turned: str
    scale: float


class PrintedPage(WebPage):
    """Worksheets to print in black and white, or their answer keys; the browser's print command makes a PDF of them."""

    def __init__(self, sheets: Sequence[Sheet], paper: str, with_answers: bool) -> None:
        one_of(PAPERS, paper, "paper")
        self.title = f"{sheets[0].title}: answers" if with_answers else sheets[0].title
        self._sheets, self._paper, self._with_answers = sheets, paper, with_answers

    def _paint(self) -> bytes | None:
        return self._sheets[0].picture(self._with_answers)._repr_png_()

    def _write(self) -> str:
        kind, direction, turned, _ = self._layout
        pictures = [sheet.picture(self._with_answers, direction).svg for sheet in self._sheets]
        sizes = f":root {{ --page: {self._room(turned)[1]}pt; --picture: {LARGEST * size_of(pictures[0])[0]:.0f}pt; }}"
        paper = f"@page {{ size: {self._paper} {turned}; margin: {MARGIN}pt; }} {sizes}\n"
        body = "\n".join(self._sheet(kind, *each) for each in zip(self._sheets, pictures, strict=True))
        return document(self.title, body, paper + asset(__file__, "printed.css"))

    def _room(self, turned: str) -> tuple[int, int]:
        """Width and height between the margins, in points."""
        width, height = (side - 2 * MARGIN for side in PAPERS[self._paper])
        return (width, height - 2) if turned == "portrait" else (height, width - 2)  # 2: no rounding may add a page

    @cached_property
    def _layout(self) -> _Layout:
        """The layout with the largest picture, on one page if it can be read there.

        The picture of a key has the direction of its sheet's, so that each answer is in the place of its blank.
        """
        ways = [PrintedPage(self._sheets, self._paper, False)._layout.direction] if self._with_answers else DIRECTIONS
        sizes = {way: size_of(self._sheets[0].picture(self._with_answers, way).svg) for way in ways}

        def largest(kind: str, lines: float) -> _Layout:
            layouts = []
            for (way, size), turned in product(sizes.items(), ("portrait", "landscape")):
                width, height = self._room(turned)
                scale = min(
                    scale_to((width, height - (HEADING if self._with_answers else AROUND) - lines), size), LARGEST
                )
                layouts.append(_Layout(kind, way, turned, scale))
            return max(layouts, key=lambda layout: layout.scale)

        whole = largest("whole", self._lines())
        return whole if whole.scale >= (REMINDER if self._with_answers else LEGIBLE) else largest("flowing", 0)

    def _lines(self) -> float:
        """The height of the list of blanks, in points."""
        blanks = self._sheets[0].blanks
        if not self._with_answers:
            return LINE * -(-len(blanks) // (1 if _is_long(blanks) else 2))
        working = [line for blank in blanks for line in _working(blank)]
        return sum(WORKING * (1 + len(line) // COLUMN) for line in working) + BETWEEN * len(blanks)

    def _sheet(self, kind: str, sheet: Sheet, picture: str) -> str:
        title = html.escape(sheet.title) + ": answers" * self._with_answers
        who = "" if self._with_answers else "Name <span></span> Date <span></span> "
        blanks = "key" if self._with_answers else "blanks"
        if _is_long(sheet.blanks):
            blanks += " long"
        return (
            f'<section class="{kind}">\n<header><h1>{title}</h1>\n'
            f'<p class="who">{who}<small>{html.escape(sheet.name)}</small></p></header>\n'
            f'<div class="picture">{picture}</div>\n<ol class="{blanks}">\n'
            + "\n".join(map(self._line, sheet.blanks))
            + "\n</ol>\n</section>"
        )

    def _line(self, blank: Blank) -> str:
        name = f'<li><span class="name">({blank.number}) {html.escape(blank.name)} =</span>'
        if not self._with_answers:
            return f'{name} <span class="line"></span></li>'
        working = "<br>".join(map(html.escape, _working(blank)))
        return f'{name} <span class="answer">{number(blank.answer)}</span> <small>{working}</small></li>'


def _is_long(blanks: Sequence[Blank]) -> bool:
    """Whether a name is too long for half a page."""
    return max(len(blank.name) for blank in blanks) > LONG


def _working(blank: Blank) -> list[str]:
    """The lines of the working beside the answer, without what stands there already: its name and its number."""
    lines = [re.split(r" \+?= ", line, maxsplit=1)[1] for line in blank.working]
    return lines if len(lines) > 1 else [lines[0].rpartition(" = ")[0]]
