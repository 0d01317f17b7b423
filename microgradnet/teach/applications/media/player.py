"""`Player`: a page that plays films: frames drawn in step with a sound, or by a clock where there is none."""

import base64
import html
from collections.abc import Sequence
from typing import NamedTuple

from microgradnet._shared.webpage import WebPage, asset, document, fill
from microgradnet.drawing.theme import LIGHT, dark_css_by_colour


class Film(NamedTuple):
    """One film of a player.

    Attributes:
        name: of the choice of films.
        frames: the elements of an SVG, as text, for each frame; what a caller writes into them is escaped already.
        per_second: frames per second; frame i is shown from i/per_second seconds on.
        sound: a WAV file, or None for a silent film.
        caption: a sentence below the picture.
        around: elements that all frames have, below their own.
    """

    name: str
    frames: Sequence[str]
    per_second: float
    sound: bytes | None = None
    caption: str = ""
    around: str = ""


class Player(WebPage):
    """A page that plays films; without a script it shows the first frame of the first.

    On a dark page what is drawn in the theme's lines is lighter.

    Args:
        title: its heading.
        films: at least one, each of at least one frame.
        size: (width, height) of all frames, the viewBox of their SVG.
        about: a paragraph below: what one sees, whose data it is.

    Raises:
        ValueError: there is no film, or one has no frames.
    """

    _height = 560

    def __init__(self, title: str, films: Sequence[Film], size: tuple[int, int], about: str = "") -> None:
        if not films or not all(len(film.frames) for film in films):
            raise ValueError("a player needs at least one film, and each film at least one frame")
        self.title, self._films, self._size, self._about = title, films, size, about

    def _paint(self) -> bytes | None:
        return None

    def _write(self) -> str:
        width, height = self._size
        films = [
            {
                "name": film.name,
                "around": film.around,
                "frames": list(film.frames),
                "perSecond": film.per_second,
                "sound": film.sound and f"data:audio/wav;base64,{base64.b64encode(film.sound).decode()}",
                "caption": film.caption,
            }
            for film in self._films
        ]
        parts = {
            "title": html.escape(self.title),
            "box": f"0 0 {width} {height}",
            "first": self._films[0].around + self._films[0].frames[0],
            "about": html.escape(self._about),
        }
        body, style, script = (asset(__file__, f"player.{suffix}") for suffix in ("html", "css", "js"))
        style += dark_css_by_colour("screen", {paint.line for role, paint in LIGHT.items() if role != "card"})
        return document(
            self.title, fill(body, parts), style, script, films, resources=("img-src data:", "media-src data:")
        )
