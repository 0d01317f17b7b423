"""`PlayedPage`: a worksheet to fill in, which marks each answer as it is given."""

import html
from collections.abc import Sequence

from microgradnet._shared.webpage import WebPage, document, fill
from microgradnet.teach.worksheets.questions import marking, questions
from microgradnet.teach.worksheets.sheet import Sheet, asset, scale_to, size_of

WIDE = 1.6  # width over height
SCREEN = (640, 450)  # points of a screen, beside the blanks


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
        ways = [sheet.picture(direction=way).svg for way in ("LR", "TB")]
        picture = max(ways, key=lambda svg: scale_to(SCREEN, size_of(svg)))
        width, height = size_of(picture)
        parts = {
            "title": html.escape(self.title),
            "layout": "wide" if width > WIDE * height else "",
            "picture": picture,
            "head": self._head,
        }
        data = marking() | {"sheet": sheet.name, "blanks": questions(sheet)}
        script = asset("marking.js") + asset("played.js") + self._script
        body = fill(asset("played.html"), parts)
        return document(self.title, body, asset("played.css"), script, data, self._resources)
