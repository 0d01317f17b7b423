"""`Figure`: matplotlib's, with SVG that can stand in any page and follows its light and dark.

This module loads matplotlib; `figure_style.figure` imports it when the first figure is made.
"""

import io
import os
from math import inf
from pathlib import Path
from threading import Lock
from typing import Any

import matplotlib.figure
from matplotlib import rc_context
from matplotlib.transforms import Bbox

from microgradnet._shared.files import format_of, write_atomically
from microgradnet._shared.text import clean
from microgradnet.drawing.svg import COLUMN_POINTS, element, on_card, read_svg, scope_of
from microgradnet.drawing.theme import LIGHT, dark_css_by_colour

UNDATED = {
    "svg": dict.fromkeys(("Creator", "Date", "Format", "Type")),
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
_SETTINGS = Lock()  # matplotlib's settings belong to the process, and SVG needs two of them


class Figure(matplotlib.figure.Figure):
    """A figure of matplotlib that shows itself in a notebook and has the same bytes each time it is drawn.

    Its label (`set_label`) says what it shows to readers who do not see it.
    """

    @property
    def svg(self) -> str:
        """SVG that can be saved in a file, or stand in the middle of an HTML page, in light and dark.

        Text stays text, and each colour of the theme has a rule that recolours it where the reader prefers dark.
        """
        return self._dressed()

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the figure to `path`, in the format its suffix names, whole or not at all; return the path.

        Raises:
            ValueError: the suffix is none of .svg, .png and .pdf.
            OSError: the file cannot be written there.
        """
        format = format_of(path, UNDATED, "a figure")
        return write_atomically(path, self.svg + "\n" if format == "svg" else self._drawn(format))

    def png(self, dpi: float | None = None) -> bytes:
        """The figure in its light colours, as PNG."""
        return self._drawn("png", dpi=dpi or self.dpi)

    def _dressed(self, widest: float = inf) -> str:
        """The SVG, at most that many points wide."""
        drawn = self._drawn("svg", facecolor="none")
        label = clean(str(self.get_label()))
        scope = scope_of(label, drawn.decode())
        root = read_svg(drawn, scope)
        parts = [child for child in root if child.tag in {"defs", "g"} and child.find("style") is None]
        root[:] = [element("g", None, *parts, stroke_linejoin="round")]
        colours = {part.get(name, "") for part in root.iter() for name in ("fill", "stroke")} | {LIGHT["card"].fill}
        return on_card(root, label, scope, dark_css_by_colour(scope, colours), widest=widest)

    def _drawn(self, format: str, **options: Any) -> bytes:
        buffer, layout = io.BytesIO(), self.get_layout_engine()
        self.draw_without_rendering()  # the layout settles in two rounds, of which this is the first
        if format == "png":
            self._settle()
        with _SETTINGS, rc_context({"svg.fonttype": "none", "svg.hashsalt": "microgradnet"}):
            self.savefig(buffer, format=format, metadata=UNDATED[format], **options)
        self.set_layout_engine(layout)
        return buffer.getvalue()

    def _settle(self) -> None:
        """End the layout, whose last digits differ from time to time, which would move a pixel of an image."""
        self.draw_without_rendering()
        self.set_layout_engine("none")
        for axes in self.axes:
            axes.set_position(Bbox(axes.get_position().get_points().round(9)))
            axes.set_in_layout(True)

    def _repr_svg_(self) -> str:
        return self._dressed(COLUMN_POINTS)

    def _repr_png_(self) -> bytes:
        return self.png()
