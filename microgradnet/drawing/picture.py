"""A picture of a graph: shows itself in a notebook, and saves itself as SVG, PNG, PDF or DOT.

It is made from DOT text. Who writes that text is left to the views, who lays it out to `provider`, and what makes
Graphviz's SVG fit to stand in any page to `svg`.
"""

import importlib
import os
import re
from functools import cached_property
from pathlib import Path

from microgradnet.drawing.provider import render
from microgradnet.drawing.svg import FIT_COLUMN, dress, scope_of
from microgradnet.drawing.theme import FONT_STACK, LIGHT
from microgradnet.files import write_atomically

SUFFIXES = (".svg", ".png", ".pdf", ".dot", ".gv")
_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"', re.DOTALL)
# Counts for `repr`, of DOT as the views write it: a statement a line. Drawing the graph to count it could take long.
_NODE = re.compile(r'^\s*(?!(?:graph|node|edge)\b)(?:""|\w+)\s*\[', re.MULTILINE)


class Picture:
    r"""A picture of the graph `dot`, drawn when it is first looked at.

    Args:
        dot: the graph in the DOT language.
        title: what it shows, for readers who do not see it; else the graph's `tooltip`, else its name.

    >>> Picture('digraph {\n n0 [label="x"]\n n1 [label="x²"]\n n0 -> n1 }', title="a square")
    <Picture 'a square': 2 nodes, 1 edges>
    """

    def __init__(self, dot: str, title: str = "") -> None:
        self.dot = dot
        self.title = title

    @cached_property
    def svg(self) -> str:
        """SVG that can be saved as it is, or stand in the middle of an HTML page.

        Raises:
            ProviderError: there is no program to lay the graph out, or it failed.
        """
        return dress(render(self.dot, "svg"), self.title, scope=scope_of(self.title, self.dot))

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture to `path`, in the format its suffix names, whole or not at all; return the path.

        PNG and PDF are painted from `svg` by cairosvg where it is installed (`pip install 'microgradnet[picture]'`),
        else by the program that lays the graph out; of those only a real Graphviz writes PDF.

        Raises:
            ValueError: the suffix is none of .svg, .png, .pdf, .dot and .gv.
            OSError: the file cannot be written there.
            ProviderError: the graph cannot be drawn in that format on this machine.
        """
        suffix = os.path.splitext(path)[1].lower()
        if suffix not in SUFFIXES:
            raise ValueError(
                f"cannot save a picture as {os.fspath(path)!r}: its suffix is {suffix or 'missing'}; "
                f"give a name that ends in one of {', '.join(SUFFIXES)}."
            )
        if suffix == ".svg":
            return write_atomically(path, self.svg + "\n")
        if suffix in {".dot", ".gv"}:
            return write_atomically(path, self.dot)
        return write_atomically(path, self._paint(suffix.removeprefix(".")))

    def _paint(self, format: str) -> bytes:
        try:
            cairosvg = importlib.import_module("cairosvg")
        except (ImportError, OSError):  # OSError: the Python part is there, the cairo library is not
            return render(self.dot, format)
        # cairosvg reads only the first family of a list, and draws nothing where a height is "auto".
        svg = self.svg.replace(FONT_STACK, "monospace").replace(FIT_COLUMN, "").encode()
        white = {"background_color": LIGHT["card"].fill}
        painted = cairosvg.svg2png(svg, scale=2, **white) if format == "png" else cairosvg.svg2pdf(svg, **white)
        return bytes(painted)

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        dot = _QUOTED.sub('""', self.dot)
        return f"<Picture {self.title!r}: {len(_NODE.findall(dot))} nodes, {dot.count('->')} edges>"
