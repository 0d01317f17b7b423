"""`Figure`: matplotlib's, with SVG that can stand in any page and follows its light and dark.

This module loads matplotlib; `canvas.figure` imports it when the first figure is made.
"""

import io
import os
import re
import xml.etree.ElementTree as ET
from math import inf
from pathlib import Path
from threading import Lock
from typing import Any

import matplotlib.figure
from matplotlib import rc_context

from microgradnet._shared.files import write_atomically
from microgradnet._shared.text import clean
from microgradnet.drawing.svg import COLUMN_POINTS, element, on_card, scope_of
from microgradnet.drawing.theme import LIGHT, dark_css_by_colour

KINDS = ("svg", "png", "pdf")
UNDATED = {
    "svg": dict.fromkeys(("Creator", "Date", "Format", "Type")),
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
_SETTINGS = Lock()  # matplotlib's settings belong to the process, and SVG needs two of them


class Figure(matplotlib.figure.Figure):
    """A figure of matplotlib that shows itself in a notebook and is the same bytes whenever it is drawn.

    Its label (`set_label`) says what it shows to readers who do not see it.
    """

    @property
    def svg(self) -> str:
        """SVG that can be saved as it is, or stand in the middle of an HTML page, in light and dark.

        Text stays text, and each colour of the theme has a rule that recolours it where the reader prefers dark.
        """
        return self._dressed()

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the figure to `path`, as its suffix says, whole or not at all; return the path.

        Raises:
            ValueError: the suffix is none of .svg, .png and .pdf.
            OSError: the file cannot be written there.
        """
        kind = os.path.splitext(path)[1].lower().removeprefix(".")
        if kind not in KINDS:
            raise ValueError(
                f"cannot save a figure as {os.fspath(path)!r}: give a name that ends in one of .svg, .png, .pdf"
            )
        return write_atomically(path, self.svg + "\n" if kind == "svg" else self._drawn(kind))

    def png(self, dpi: float | None = None) -> bytes:
        """The figure in its light colours, as PNG."""
        return self._drawn("png", dpi=dpi or self.dpi)

    def _dressed(self, widest: float = inf) -> str:
        """The SVG, no wider than that many points."""
        drawn = self._drawn("svg", facecolor="none")
        label = clean(str(self.get_label()))
        scope = scope_of(label, drawn.decode())
        root = ET.fromstring(drawn)
        for part in root.iter():
            part.tag = part.tag.rpartition("}")[2]
            part.attrib = _attributes(part, scope)
        parts = [child for child in root if child.tag in {"defs", "g"} and child.find("style") is None]
        root[:] = [element("g", None, *parts, stroke_linejoin="round")]
        root.tail = None
        colours = {part.get(name, "") for part in root.iter() for name in ("fill", "stroke")} | {LIGHT["card"].fill}
        return on_card(root, label, scope, dark_css_by_colour(scope, colours), widest=widest)

    def _drawn(self, kind: str, **options: Any) -> bytes:
        buffer = io.BytesIO()
        self.draw_without_rendering()  # the layout settles in two rounds, of which this is the first
        with _SETTINGS, rc_context({"svg.fonttype": "none", "svg.hashsalt": "microgradnet"}):
            self.savefig(buffer, format=kind, metadata=UNDATED[kind], **options)
        return buffer.getvalue()

    def _repr_svg_(self) -> str:
        return self._dressed(COLUMN_POINTS)

    def _repr_png_(self) -> bytes:
        return self.png()


def _attributes(drawn: ET.Element, scope: str) -> dict[str, str]:
    """Those of an element, its style too, so that CSS can override them; ids are those of this figure alone."""
    attributes = {name.rpartition("}")[2]: value for name, value in drawn.attrib.items()}
    for rule in attributes.pop("style", "").split(";"):
        name, colon, value = rule.partition(":")
        if colon:
            attributes[name.strip()] = value.strip()
    for name, value in attributes.items():
        if name == "id":
            attributes[name] = f"{scope}-{value}"
        elif name == "href":
            attributes[name] = re.sub("^#", f"#{scope}-", value)
        else:
            attributes[name] = value.replace("url(#", f"url(#{scope}-")
    return attributes
