"""A picture of a graph: shows itself in a notebook, and saves itself as SVG, PNG, PDF or DOT.

It is made from DOT text. Who writes that text is left to the views, who lays it out to `provider`, and what makes
Graphviz's SVG fit to stand in any page to `svg`. What it shares with a chart stands in `Drawing`.
"""

import os
from abc import ABC, abstractmethod
from functools import cached_property
from pathlib import Path

from microgradnet._shared.files import write_atomically
from microgradnet._shared.text import counted
from microgradnet.drawing.provider import render
from microgradnet.drawing.svg import dress, find_cairosvg, narrowed, paint, scope_of

SUFFIXES = (".svg", ".png", ".pdf", ".dot", ".gv")

COLUMN_POINTS = 640.0  # 853 CSS pixels


class Drawing(ABC):
    """What is drawn as SVG when it is first looked at, shows itself in a notebook, and saves itself.

    A subclass says in `_draw` how it is drawn, and in `_suffixes` as what it can be saved.
    """

    _suffixes: tuple[str, ...] = (".svg", ".png", ".pdf")

    @cached_property
    def svg(self) -> str:
        """SVG that can be saved as it is, or stand in the middle of an HTML page.

        Raises:
            ProviderError: it is a graph, and there is no program to lay it out, or that failed.
        """
        return self._draw()

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the drawing to `path`, in the format its suffix names, whole or not at all; return the path.

        PNG and PDF are painted from `svg` by cairosvg (`pip install cairosvg`). Where that is not
        installed, a graph is painted by the program that lays it out; of those only a real Graphviz writes PDF.

        Raises:
            ValueError: the suffix is none of .svg, .png and .pdf (nor .dot and .gv, for a graph).
            OSError: the file cannot be written there.
            ProviderError: it cannot be drawn in that format on this machine.
        """
        suffix = os.path.splitext(path)[1].lower()
        if suffix not in self._suffixes:
            raise ValueError(
                f"cannot save a picture as {os.fspath(path)!r}: its suffix is {suffix or 'missing'}; "
                f"give a name that ends in one of {', '.join(self._suffixes)}."
            )
        return write_atomically(path, self._as(suffix))

    @abstractmethod
    def _draw(self) -> str: ...

    def _as(self, suffix: str) -> str | bytes:
        return self.svg + "\n" if suffix == ".svg" else paint(self.svg, suffix.removeprefix("."))

    def _repr_svg_(self) -> str:
        """The SVG at a size that fits a notebook's column: notebooks show it as an image, which does not shrink."""
        return narrowed(self.svg, COLUMN_POINTS)


class Picture(Drawing):
    r"""A picture of the graph `dot`, drawn when it is first looked at.

    Args:
        dot: the graph in the DOT language.
        title: what it shows, for readers who do not see it; else the graph's `tooltip`, else its name.
        counts: how many nodes and edges it shows, for `repr`: drawing the graph to count them could take long.

    >>> Picture('digraph { n0 [label="x"]; n1 [label="x²"]; n0 -> n1 }', title="a square", counts=(2, 1))
    <Picture 'a square': 2 nodes, 1 edge>
    """

    _suffixes = SUFFIXES

    def __init__(self, dot: str, title: str = "", *, counts: tuple[int, int] | None = None) -> None:
        self.dot = dot
        self.title = title
        self.counts = counts

    def _draw(self) -> str:
        return dress(render(self.dot, "svg"), self.title, scope=scope_of(self.title, self.dot))

    def _as(self, suffix: str) -> str | bytes:
        if suffix in {".dot", ".gv"}:
            return self.dot
        if suffix in {".png", ".pdf"} and find_cairosvg() is None:
            return render(self.dot, suffix.removeprefix("."))
        return super()._as(suffix)

    def __repr__(self) -> str:
        if self.counts is None:
            return f"<Picture {self.title!r}>"
        nodes, edges = self.counts
        return f"<Picture {self.title!r}: {counted(nodes, 'node')}, {counted(edges, 'edge')}>"
