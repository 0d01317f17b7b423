"""The pages of a worksheet: one to print, with or without the answers, and one to fill in."""

import html
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from microgradnet.misconceptions.quantities import Numbers
from microgradnet.misconceptions.table import MISCONCEPTIONS
from microgradnet.naming import number
from microgradnet.webfile import WebPage, fill
from microgradnet.worksheets.tolerance import RELATIVE, is_near

if TYPE_CHECKING:
    from microgradnet.worksheets.asking import Blank
    from microgradnet.worksheets.worksheet import Worksheet

ASSETS = Path(__file__).with_name("assets")
WIDE = 1.6  # times as wide as high
PAPERS = {"A4": "A4", "Letter": "letter"}


class PrintedPage(WebPage):
    """Worksheets to print in black and white, or their answer keys; the browser's print command makes a PDF of them."""

    def __init__(self, sheets: Sequence["Worksheet"], paper: str, with_answers: bool) -> None:
        if paper not in PAPERS:
            raise ValueError(f"unknown paper {paper!r}: it must be one of {', '.join(PAPERS)}")
        self.title = f"{sheets[0].title}: answers" if with_answers else sheets[0].title
        self._sheets, self._paper, self._with_answers = sheets, paper, with_answers

    def _write(self) -> str:
        pictures = [sheet.picture(self._with_answers).svg for sheet in self._sheets]
        parts = {
            "title": html.escape(self.title),
            "paper": PAPERS[self._paper] + (" landscape" if _is_wide(pictures[0]) else ""),
            "style": _asset("sheet.css") + _asset("printed.css"),
            "sheets": "\n".join(map(self._sheet, self._sheets, pictures)),
        }
        return fill(_asset("printed.html"), "", None, parts)

    def _sheet(self, sheet: "Worksheet", picture: str) -> str:
        who = "" if self._with_answers else '<p class="who">Name <span></span> Date <span></span></p>\n'
        lines = "\n".join(map(self._line, sheet.blanks))
        return (
            f"<section>\n<h1>{html.escape(sheet.title)}{': answers' * self._with_answers}</h1>\n{who}"
            f'<div class="picture">{picture}</div>\n<ol class="{"key" if self._with_answers else "blanks"}">\n{lines}\n'
            f"</ol>\n<footer>{html.escape(sheet.name)} · made with microgradnet</footer>\n</section>"
        )

    def _line(self, blank: "Blank") -> str:
        name = f'<li><span class="name">({blank.number}) {html.escape(blank.name)} =</span>'
        if not self._with_answers:
            return f'{name} <span class="line"></span></li>'
        working = "".join(f"<br><small>{html.escape(line)}</small>" for line in blank.working)
        return f'{name} <span class="answer">{number(blank.answer)}{working}</span></li>'


class PlayedPage(WebPage):
    """A page whose blanks are inputs: marked as they are filled in, with hints, and words for the usual mistakes."""

    def __init__(self, sheet: "Worksheet") -> None:
        self.title = sheet.title
        self._sheet = sheet

    def _write(self) -> str:
        sheet = self._sheet
        data = {
            "sheet": sheet.name,
            "tolerance": RELATIVE,
            "blanks": [
                {
                    "number": blank.number,
                    "name": blank.name,
                    "answer": blank.answer,
                    "hints": blank.hints,
                    "working": blank.working,
                    "mistakes": self._mistakes(blank),
                }
                for blank in sheet.blanks
            ],
        }
        picture = sheet.picture().svg
        parts = {
            "title": html.escape(self.title),
            "style": _asset("sheet.css") + _asset("played.css"),
            "layout": "wide" if _is_wide(picture) else "",
            "picture": picture,
        }
        return fill(_asset("played.html"), _asset("played.js"), data, parts)

    def _mistakes(self, blank: "Blank") -> list[dict[str, Any]]:
        """Wrong numbers that a misconception gives, and what to say of them."""
        graph, found = self._sheet.graph, dict[float, str]()
        for row in MISCONCEPTIONS.values():
            for rules in row.rules(graph):
                try:
                    wrong = Numbers(graph, rules).by(blank.quantity).number
                except (ArithmeticError, ValueError):
                    continue
                if not is_near(wrong, blank.answer):
                    found.setdefault(wrong, f"perhaps {row.title}. Remember: {row.why}.")
        return [{"answer": wrong, "words": words} for wrong, words in found.items()]


def _is_wide(svg: str) -> bool:
    """Whether a picture wants the whole width."""
    size = re.search(r'width="([\d.]+)pt" height="([\d.]+)pt"', svg)
    return size is not None and float(size[1]) > WIDE * float(size[2])


def _asset(name: str) -> str:
    return (ASSETS / name).read_text("utf-8")
