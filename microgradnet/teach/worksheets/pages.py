"""The pages of a worksheet: one to print, with or without the answers, and one to fill in."""

import html
import re
from collections.abc import Sequence
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
PAPERS = {"A4": "A4", "Letter": "letter"}
LAYOUTS = (("LR", "portrait", 510, 560), ("LR", "landscape", 750, 330), ("TB", "portrait", 510, 560))
"""The layouts of a sheet: direction of the arrows, orientation, and width and height of the picture in points."""
LONG = 20  # characters of a name that does not fit in half a page
READING = ("longest", "plain", "named", "written", "thousands", "grouping")  # how `tolerance` reads numbers
WIDE, WIDEST = 1.6, 1500.0  # width over height; points on a screen


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
        direction, turned, _, height = self._layout()
        pictures = [sheet.picture(self._with_answers, direction).svg for sheet in self._sheets]
        paper = f"@page {{ size: {PAPERS[self._paper]} {turned}; margin: 15mm; }} :root {{ --height: {height}pt; }}\n"
        body = "\n".join(map(self._sheet, self._sheets, pictures))
        return document(self.title, body, paper + _asset("printed.css"))

    def _layout(self) -> tuple[str, str, int, int]:
        """The layout in which the picture is largest, up to its own size."""
        sizes = {way: _size(self._sheets[0].picture(direction=way).svg) for way in ("LR", "TB")}

        def scale(layout: tuple[str, str, int, int]) -> float:
            way, _, width, height = layout
            return min(width / sizes[way][0], height / sizes[way][1], 1.0)

        return max(LAYOUTS, key=scale)

    def _sheet(self, sheet: Sheet, picture: str) -> str:
        who = "" if self._with_answers else '<p class="who">Name <span></span> Date <span></span></p>\n'
        lines = "\n".join(map(self._line, sheet.blanks))
        kind = "key" if self._with_answers else "blanks"
        if max(len(blank.name) for blank in sheet.blanks) > LONG:
            kind += " long"
        return (
            f"<section>\n<h1>{html.escape(sheet.title)}{': answers' * self._with_answers}</h1>\n{who}"
            f'<div class="picture">{picture}</div>\n<ol class="{kind}">\n{lines}\n'
            f"</ol>\n<footer>{html.escape(sheet.name)} · made with microgradnet</footer>\n</section>"
        )

    def _line(self, blank: Blank) -> str:
        name = f'<li><span class="name">({blank.number}) {html.escape(blank.name)} =</span>'
        if not self._with_answers:
            return f'{name} <span class="line"></span></li>'
        working = "".join(f"<br><small>{html.escape(line)}</small>" for line in blank.working)
        return f'{name} <span class="answer">{number(blank.answer)}{working}</span></li>'


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
        picture = sheet.picture().svg
        width, height = _size(picture)
        if width > WIDEST:
            picture = sheet.picture(direction="TB").svg
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


def _size(svg: str) -> tuple[float, float]:
    """Width and height of a picture, in points."""
    width, height = re.findall(r'(?:width|height)="([\d.]+)pt"', svg)[:2]
    return float(width), float(height)


def _asset(name: str) -> str:
    return (ASSETS / name).read_text("utf-8")
