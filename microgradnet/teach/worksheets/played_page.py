"""`PlayedPage`: a worksheet to fill in, which marks each answer as it is given."""

import html
from collections.abc import Sequence

from microgradnet._shared.webpage import WebPage, asset, document, fill
from microgradnet.teach.worksheets.questions import marking, marking_script, questions
from microgradnet.teach.worksheets.sheet import Sheet, size_of

WIDE = 1.6  # width over height
SCREEN, PHONE = (640, 450), (270, 600)  # points of a screen, beside the blanks, and of a phone, where it is scrolled


class PlayedPage(WebPage):
    """A page whose blanks are inputs, marked as they are filled in, with hints and explanations of common mistakes."""

    _sandbox = "allow-scripts allow-downloads"  # to save the answers
    _head, _script = "", ""
    _resources: Sequence[str] = ()
    """What a subclass adds: HTML below the heading, a script that runs last, what the page's policy allows besides."""

    def __init__(self, sheet: Sheet) -> None:
        self.title = sheet.title
        self._sheet = sheet

    def _paint(self) -> bytes | None:
        return self._sheet.picture()._repr_png_()

    def _write(self) -> str:
        sheet = self._sheet
        pictures = sheet.svgs_in(SCREEN, PHONE)
        width, height = size_of(pictures[0])
        parts = {
            "title": html.escape(self.title),
            "layout": "wide" if width > WIDE * height else "",
            "pictures": "\n".join(pictures),
            "head": self._head,
        }
        data = marking() | {"sheet": sheet.name, "blanks": questions(sheet)}
        template, style, script = (asset(__file__, f"played.{kind}") for kind in ("html", "css", "js"))
        script = marking_script(sheet) + script + self._script
        return document(self.title, fill(template, parts), style, script, data, self._resources)
