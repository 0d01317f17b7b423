"""`WebPage`: one self-contained HTML file, which a notebook displays; `document` writes it."""

import base64
import hashlib
import html
import json
import os
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from microgradnet._shared.files import format_of, write_atomically

ASSETS = Path(__file__).with_name("assets")
_UNREAD = re.compile(r"^ *(//.*\n)?|(?<=[;,{}()\]]) +//.*$", re.MULTILINE)  # of a script
_UNREAD_STYLE = re.compile(r" */\*.*?\*/|^ +", re.MULTILINE | re.DOTALL)
"""Comments and indentation."""

ON_LOAD = """
const dress = (page) => {
  const around = page.closest("[data-jp-theme-light], .vscode-light, .vscode-dark");
  const dark = around?.matches("[data-jp-theme-light=false], .vscode-dark");
  if (around) page.contentWindow?.postMessage({ dark }, "*");
};
dress(this);
if (!document.microgradnetThemes) { // one for all pages: one of each would keep pages that a cell no longer shows
  const dressAll = () => document.querySelectorAll(".microgradnet-page").forEach(dress);
  document.microgradnetThemes = new MutationObserver(dressAll);
  document.microgradnetThemes.observe(document.body, { attributes: true });
}
"""
"""A page follows the reader's scheme; in a trusted notebook, that of the notebook: see theme.js."""


class WebPage(ABC):
    """A page as HTML text: no network, no other file. A subclass writes it, by `document`.

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

    @abstractmethod
    def _paint(self) -> bytes | None:
        """A PNG of what it shows first; None if that takes long."""

    @cached_property
    def _png(self) -> bytes | None:
        return self._paint()

    def _repr_png_(self) -> bytes | None:
        return self._png

    def _repr_html_(self) -> str:
        """The page in a frame. An untrusted notebook removes the frame, and shows the image that stands in it."""
        title = html.escape(self.title)
        data = base64.b64encode(self._png or b"").decode()
        image = f'<img src="data:image/png;base64,{data}" alt="{title}">' if data else ""
        return (
            f'<iframe class="microgradnet-page" srcdoc="{html.escape(self.html)}" title="{title}" '
            f'sandbox="{self._sandbox}" onload="{html.escape(ON_LOAD)}" '
            f'style="width: 100%; height: {self._height}px; border: 0">{image}</iframe>'
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.title!r}>"


class ShownAsPage(ABC):
    """What a notebook shows as its page."""

    @abstractmethod
    def page(self) -> WebPage:
        """The page."""

    @cached_property
    def _page(self) -> WebPage:
        return self.page()

    def _repr_html_(self) -> str:
        return self._page._repr_html_()

    def _repr_png_(self) -> bytes | None:
        return self._page._repr_png_()


def document(
    title: str, body: str, style: str, script: str = "", data: Any = None, resources: Sequence[str] = ()
) -> str:
    """A whole HTML file. Its policy allows no other script, and no network.

    Args:
        title: any text.
        body: HTML.
        style: CSS, which stands after the style that pages share.
        script: JavaScript, which stands after the functions that pages share.
        data: for the script, as JSON.
        resources: what else the policy allows, as "img-src data:".
    """
    shared = (without_comments(asset(__file__, name)) for name in ("base.js", "theme.js"))
    script = "\n".join([*shared, script])
    parts = {
        "digest": base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        "title": html.escape(title),
        "style": _UNREAD_STYLE.sub("", INDICES + asset(__file__, "base.css") + style),
        "body": body,
        "data": json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":")).replace("<", r"\u003c"),
        "script": script,
        "resources": "".join(f" {allowed};" for allowed in resources),
    }
    return fill(asset(__file__, "base.html"), parts)


def without_comments(script: str) -> str:
    """JavaScript without its comments and indentation, which is what a browser reads of it."""
    return _UNREAD.sub("", script)


def fill(template: str, parts: Mapping[str, str]) -> str:
    """The template with each `%name%` replaced, in one pass: a part that contains a `%name%` is left alone.

    >>> fill("<b>%name%</b> 100%", {"name": "%title%", "title": "?"})
    '<b>%title%</b> 100%'
    """
    return re.sub(r"%(\w+)%", lambda place: parts.get(place[1], place[0]), template)


def asset(module: str, name: str) -> str:
    """The text of a file in the folder `assets` beside a module, which is named by its `__file__`."""
    return (Path(module).with_name("assets") / name).read_text("utf-8")


INDICES = asset(__file__, "indices.css").strip()
"""The font of raised and lowered digits, as large as in a book: in those for code they are small and stand apart."""
