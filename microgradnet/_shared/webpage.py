"""`WebPage`: one HTML file that stands on its own, shows itself in a notebook, and saves itself whole or not at all."""

import base64
import hashlib
import html
import json
import os
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from microgradnet._shared.files import format_of, write_atomically

BASE = Path(__file__).with_name("assets") / "base.css"


class WebPage(ABC):
    """A page as HTML text: no network, no other file. A subclass writes it in `_write`.

    Attributes:
        title: its name.
        html: the whole file.
    """

    title: str
    _height = 720  # in a notebook, in CSS pixels
    _sandbox = "allow-scripts"

    @cached_property
    def html(self) -> str:
        """The file."""
        return self._write()

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page to `path`, whole or not at all; return the path.

        Raises:
            ValueError: the name does not end in .html or .htm.
            OSError: the file cannot be written there.
        """
        format_of(path, ("html", "htm"), "a page")
        return write_atomically(path, self.html)

    @abstractmethod
    def _write(self) -> str: ...

    def _repr_html_(self) -> str:
        return (
            f'<iframe srcdoc="{html.escape(self.html)}" title="{html.escape(self.title)}" sandbox="{self._sandbox}" '
            f'style="width: 100%; height: {self._height}px; border: 0"></iframe>'
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.title!r}>"


def fill(template: str, script: str, data: Any, parts: Mapping[str, str]) -> str:
    r"""The template with each `%name%` replaced, in one pass: no text of a part is taken for a name.

    Args:
        template: has a policy that runs no script but the one of %digest%, and places for %script% and %data%; %base%
            is the common style of all pages.
        script: JavaScript.
        data: for the script, as JSON.
        parts: HTML for the other places.

    >>> fill("<b>%name%</b> %data%", "", "</script>", {"name": "%script%"})
    '<b>%script%</b> "\\u003c/script>"'
    """
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    text = json.dumps(data, ensure_ascii=False, allow_nan=False).replace("<", r"\u003c")
    given = {"digest": digest, "script": script, "data": text, "base": BASE.read_text("utf-8")}
    return re.sub(r"%(\w+)%", lambda place: {**given, **parts}.get(place[1], place[0]), template)
