"""The pages of a worksheet: one to print, with or without the answers, and one to fill in."""

import html
import re
from collections.abc import Sequence
from itertools import product
from math import isfinite
from pathlib import Path
from typing import Any

from microgradnet._shared.webpage import WebPage, document, fill
from microgradnet.notation.names import number
from microgradnet.teach.misconceptions.table import MISCONCEPTIONS, Misconception
from microgradnet.teach.worksheets import tolerance
from microgradnet.teach.worksheets.blanks import Blank
from microgradnet.teach.worksheets.quantities import Numbers
from microgradnet.teach.worksheets.sheet import Sheet

ASSETS = Path(__file__).with_name("assets")
PAPERS = {"A4": (595, 842), "Letter": (612, 792)}
"""Width and height in points."""
MARGIN = 40  # of a printed page, in points
LINE, WORKING, COLUMN = 26, 12, 80  # points of a line to write on, and of one of working; characters of the latter
AROUND = 90  # points of a page that heading and name take
LEGIBLE, REMINDER, LARGEST = 0.4, 0.15, 1.25  # the smallest scale of a picture to write in, of a key's, the largest
LONG = 20  # characters of a name that does not fit in half a page
READING = ("longest", "plain", "named", "written", "thousands", "grouping")  # how `tolerance` reads numbers
WIDE = 1.6  # width over height
SCREEN = (640, 450)  # points of a screen, beside the blanks


class PrintedPage(WebPage):
    """Worksheets to print in black and white, or their answer keys; the browser's print command makes a PDF of them."""

    def __init__(self, sheets: Sequence[Sheet], paper: str, with_answers: bool) -> None:
        if paper not in PAPERS:
            raise ValueError(f"unknown paper {paper!r}: it must be one of {', '.join(PAPERS)}")
        self.title = f"{sheets[0].title}: answers" if with_answers else sheets[0].title
        self._sheets, self._paper, self._with_answers = sheets, paper, with_answers

    def _paint(self) -> bytes | None:
        return self._sheets[0].picture(self._with_answers)._repr_png_()

    def _write(self) -> str:
        kind, direction, turned, scale = self._layout()
        pictures = [sheet.picture(self._with_answers, direction).svg for sheet in self._sheets]
        sizes = f":root {{ --page: {self._room(turned)[1]}pt; --picture: {scale * _size(pictures[0])[0]:.0f}pt; }}"
        paper = f"@page {{ size: {self._paper} {turned}; margin: {MARGIN}pt; }} {sizes}\n"
        body = "\n".join(self._sheet(kind, *each) for each in zip(self._sheets, pictures, strict=True))
        return document(self.title, body, paper + _asset("printed.css"))

    def _room(self, turned: str) -> tuple[int, int]:
        """Width and height between the margins, in points."""
        width, height = (side - 2 * MARGIN for side in PAPERS[self._paper])
        return (width, height - 2) if turned == "portrait" else (height, width - 2)  # 2: no rounding may add a page

    def _layout(self) -> tuple[str, str, str, float]:
        """Whether a sheet is one whole page, and the way in which its picture is largest: direction, turn and scale."""
        pictures = {way: _size(self._sheets[0].picture(self._with_answers, way).svg) for way in ("LR", "TB")}

        def largest(lines: int) -> tuple[float, str, str]:
            found = []
            for (way, size), turned in product(pictures.items(), ("portrait", "landscape")):
                room = self._room(turned)
                found.append((_fit(size, (room[0], room[1] - AROUND - lines)), way, turned))
            return max(found, key=lambda each: each[0])

        kind, (scale, way, turned) = "whole", largest(self._lines())
        if scale < (REMINDER if self._with_answers else LEGIBLE):
            kind, (scale, way, turned) = "flowing", largest(0)
        return kind, way, turned, scale

    def _lines(self) -> int:
        """The height of the list of blanks, in points."""
        blanks = self._sheets[0].blanks
        if not self._with_answers:
            return LINE * -(-len(blanks) // (1 if _is_long(blanks) else 2))
        working = [line for blank in blanks for line in _working(blank)]
        return sum(WORKING * (1 + len(line) // COLUMN) for line in working) + 3 * len(blanks)

    def _sheet(self, kind: str, sheet: Sheet, picture: str) -> str:
        title = html.escape(sheet.title) + ": answers" * self._with_answers
        who = "" if self._with_answers else "Name <span></span> Date <span></span> "
        blanks = "key" if self._with_answers else "blanks"
        if _is_long(sheet.blanks):
            blanks += " long"
        return (
            f'<section class="{kind}">\n<h1>{title}</h1>\n'
            f'<p class="who">{who}<small>{html.escape(sheet.name)}</small></p>\n'
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


class PlayedPage(WebPage):
    """A page whose blanks are inputs, marked as they are filled in, with hints and explanations of common mistakes."""

    _sandbox = "allow-scripts allow-downloads"  # to save the answers

    def __init__(self, sheet: Sheet) -> None:
        self.title = sheet.title
        self._sheet = sheet

    def _paint(self) -> bytes | None:
        return self._sheet.picture()._repr_png_()

    def _write(self) -> str:
        sheet = self._sheet
        wrong = [
            (row, Numbers(sheet.graph, rules)) for row in MISCONCEPTIONS.values() for rules in row.rules(sheet.graph)
        ]
        exact, shown = Numbers(sheet.graph), Numbers(sheet.graph, as_shown=True)
        data = {
            "sheet": sheet.name,
            "reading": {name: getattr(tolerance, name.upper()) for name in READING},
            "zero": {"absolute": tolerance.ABSOLUTE, "nothing": tolerance.NOTHING},
            "tolerance": 2 * tolerance.RELATIVE,  # the error of answers computed from numbers of three digits
            "blanks": [
                {
                    "number": blank.number,
                    "name": blank.name,
                    "answers": [numbers.by(blank.quantity).number for numbers in (exact, shown)],
                    "rounding": exact.by(blank.quantity).rounding,
                    "hints": blank.hints,
                    "working": blank.working,
                    "mistakes": _mistakes(blank, wrong),
                }
                for blank in sheet.blanks
            ],
        }
        ways = [sheet.picture(direction=way).svg for way in ("LR", "TB")]
        picture = max(ways, key=lambda svg: _fit(_size(svg), SCREEN))
        width, height = _size(picture)
        parts = {
            "title": html.escape(self.title),
            "layout": "wide" if width > WIDE * height else "",
            "picture": picture,
        }
        return document(self.title, fill(_asset("played.html"), parts), _asset("played.css"), _asset("played.js"), data)


def _mistakes(blank: Blank, wrong: Sequence[tuple[Misconception, Numbers]]) -> list[dict[str, Any]]:
    """The wrong numbers that misconceptions give, and an explanation of each."""
    texts: dict[float, str] = {}
    for row, numbers in wrong:
        answer = numbers.by(blank.quantity).number
        if isfinite(answer) and not tolerance.is_near(answer, blank.answer):
            texts.setdefault(answer, f"perhaps {row.title}. Remember: {row.why}.")
    return [{"answer": answer, "words": words} for answer, words in texts.items()]


def _fit(size: tuple[float, float], room: tuple[float, float]) -> float:
    """The scale in which a picture of this size fits there."""
    return min(room[0] / size[0], room[1] / size[1], LARGEST)


def _is_long(blanks: Sequence[Blank]) -> bool:
    """Whether a name is too long for half a page."""
    return max(len(blank.name) for blank in blanks) > LONG


def _working(blank: Blank) -> list[str]:
    """The lines of the working beside the answer, without what stands there already: its name and its number."""
    lines = [re.split(r" \+?= ", line, maxsplit=1)[1] for line in blank.working]
    return lines if len(lines) > 1 else [lines[0].rpartition(" = ")[0]]


def _size(svg: str) -> tuple[float, float]:
    """Width and height of a picture, in points."""
    width, height = re.findall(r'(?:width|height)="([\d.]+)pt"', svg)[:2]
    return float(width), float(height)


def _asset(name: str) -> str:
    return (ASSETS / name).read_text("utf-8")
