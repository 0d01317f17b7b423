"""A picture of a graph: it shows itself in a notebook, and saves itself as SVG, PNG, PDF or DOT.

`diagram` writes its DOT text, `provider` lays it out, and `svg` makes Graphviz's SVG fit to stand in any page.
"""

import os
import re
from contextlib import suppress
from functools import cached_property
from math import inf
from pathlib import Path
from typing import overload

from microgradnet._shared.arguments import one_of
from microgradnet._shared.files import format_of, write_atomically
from microgradnet._shared.text import counted
from microgradnet.drawing.provider import render
from microgradnet.drawing.svg import COLUMN_POINTS, dress, find_cairosvg, paint, scope_of
from microgradnet.errors import ProviderError

FORMATS = ("svg", "png", "pdf", "dot", "gv")
NAME = "Digraph.gv"
"""The default name of the DOT file that `render` writes: that of a `graphviz.Digraph` without a name."""
MOST_PAINTED = 80_000  # characters of DOT whose PNG is painted in about a second
_TEXT = re.compile(r'"(?:\\.|[^"\\])*"')


class Picture:
    r"""A picture of the graph `dot`, drawn on first use.

    It has the names of a `graphviz.Digraph` too, as notebooks call them: `.source` is `.dot`, and `.format`, `.pipe()`,
    `.render()` and `.view()` do what they do there, with any program on this machine that can draw.

    Args:
        dot: the graph in the DOT language.
        title: what it shows, for readers who do not see it; else the graph's `tooltip`, else its name.
        counts: the numbers of nodes and edges, for `repr`: drawing the graph to count them could take long.

    >>> Picture('digraph { n0 [label="x"]; n1 [label="x²"]; n0 -> n1 }', title="a square", counts=(2, 1))
    <Picture 'a square': 2 nodes, 1 edge>
    """

    def __init__(self, dot: str, title: str = "", *, counts: tuple[int, int] | None = None) -> None:
        self.dot = dot
        self.title = title
        self.counts = counts
        self._format = "svg"

    @property
    def source(self) -> str:
        """The graph in the DOT language."""
        return self.dot

    @property
    def format(self) -> str:
        """The default format of `pipe` and `render`: "svg", "png", "pdf", or "dot" and "gv" for the text.

        Raises:
            ValueError: it is set to none of those.
        """
        return self._format

    @format.setter
    def format(self, format: str) -> None:
        self._format = _known(format)

    @cached_property
    def svg(self) -> str:
        """SVG that can be saved in a file, or stand in the middle of an HTML page.

        Raises:
            ProviderError: there is no program to lay the graph out, or it failed.
        """
        return self._dressed()

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the drawing to `path`, in the format its suffix names, whole or not at all; return the path.

        PNG and PDF are painted from `svg` by cairosvg (`pip install cairosvg`). Where that is not installed, the
        program that lays the graph out paints it; only a real Graphviz writes PDF.

        Raises:
            ValueError: the suffix is none of .svg, .png, .pdf, .dot and .gv.
            OSError: the file cannot be written there.
            ProviderError: it cannot be drawn in that format on this machine.
        """
        return write_atomically(path, self.pipe(format_of(path, FORMATS, "a picture")))

    @overload
    def pipe(self, format: str | None = None, *, quiet: bool = False, encoding: None = None) -> bytes: ...

    @overload
    def pipe(self, format: str | None = None, *, quiet: bool = False, encoding: str) -> str: ...

    def pipe(self, format: str | None = None, *, quiet: bool = False, encoding: str | None = None) -> bytes | str:
        """The drawing in this format, as `save` writes it.

        Args:
            format: "svg", "png", "pdf", "dot" or "gv"; `self.format` by default.
            quiet: changes nothing: a program's warnings are never printed.
            encoding: of text, which is then a str.

        Raises:
            ValueError: `format` is none of those.
            ProviderError: it cannot be drawn in that format on this machine.
        """
        drawn = self._drawn(self.format if format is None else _known(format))
        return drawn if encoding is None else drawn.decode(encoding)

    def render(
        self,
        filename: str | os.PathLike[str] | None = None,
        directory: str | os.PathLike[str] | None = None,
        view: bool = False,
        cleanup: bool = False,
        format: str | None = None,
        *,
        quiet: bool = False,
        quiet_view: bool = False,
        outfile: str | os.PathLike[str] | None = None,
    ) -> str:
        """Write the DOT text to `filename`, and the drawing beside it; return the path of the drawing.

        Args:
            filename: "gout" is written with "gout.svg" beside it; "Digraph.gv" by default.
            directory: the folder of both; it is made if there is none.
            view: open the drawing with the system's own program.
            cleanup: write the drawing alone.
            format: as in `pipe`.
            quiet: changes nothing: a program's warnings are never printed.
            quiet_view: `view`, without the output of that program.
            outfile: the whole path of the drawing; its suffix is the default format.

        Raises:
            ValueError: `format` is unknown.
            OSError: a file cannot be written there.
            ProviderError: it cannot be drawn in that format on this machine, or no program can open it.
        """
        if outfile is not None:
            stem, suffix = os.path.splitext(outfile)
            filename, format = filename or f"{stem}.gv", format or suffix.removeprefix(".")
        source = Path(directory or "", filename or NAME).expanduser()
        drawing = Path(outfile or f"{source}.{format or self.format}").expanduser()
        written = {drawing: self.pipe(format)} | ({} if cleanup else {source: self.dot.encode()})
        for path, data in written.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, data)
        if view or quiet_view:
            _open(drawing, quiet_view)
        return str(drawing)

    def view(
        self,
        filename: str | os.PathLike[str] | None = None,
        directory: str | os.PathLike[str] | None = None,
        cleanup: bool = False,
        *,
        quiet: bool = False,
        quiet_view: bool = False,
    ) -> str:
        """`render`, and open the drawing with the system's own program."""
        return self.render(filename, directory, True, cleanup, quiet=quiet, quiet_view=quiet_view)

    def _drawn(self, format: str) -> bytes:
        if format in {"dot", "gv"}:
            return self.dot.encode()
        if format == "svg":
            return self.svg.encode() + b"\n"
        cairosvg = find_cairosvg()
        return render(self.dot, format) if cairosvg is None else paint(cairosvg, self.svg, format)

    @cached_property
    def _laid_out(self) -> bytes:
        """Graphviz's own SVG."""
        return render(self.dot, "svg")

    def _dressed(self, widest: float = inf) -> str:
        of_graph = _TEXT.sub("", self.dot.partition("\n\tnode [")[0])  # a label may say anything
        is_vertical = re.search("rankdir=(TB|BT)", of_graph) is not None
        is_straight = "splines=line" in of_graph
        scope = scope_of(self.title, self.dot)
        return dress(self._laid_out, self.title, scope, is_vertical=is_vertical, is_straight=is_straight, widest=widest)

    def _repr_svg_(self) -> str:
        """The SVG at a size that fits a notebook's column: notebooks show it as an image, which does not shrink."""
        return self._dressed(COLUMN_POINTS)

    def _repr_png_(self) -> bytes | None:
        """The PNG for where no SVG is shown: untrusted notebooks, code hosts, LaTeX; None if painting it takes long."""
        if len(self.dot) <= MOST_PAINTED:
            with suppress(ProviderError):  # the SVG tells of it
                cairosvg = find_cairosvg()  # whose fonts have every subscript
                if cairosvg is None:
                    return render(self.dot, "png", dpi=96)
                return paint(cairosvg, self._repr_svg_(), "png", scale=1)
        return None

    def __repr__(self) -> str:
        if self.counts is None:
            return f"<Picture {self.title!r}>"
        nodes, edges = self.counts
        return f"<Picture {self.title!r}: {counted(nodes, 'node')}, {counted(edges, 'edge')}>"


def _open(path: Path, quiet: bool) -> None:
    import graphviz

    try:
        graphviz.view(str(path), quiet=quiet)
    except (OSError, RuntimeError) as error:
        raise ProviderError(
            f"{path} is written, but no program here can open it ({error}); leave `view` out."
        ) from error


def _known(format: str) -> str:
    """The name of a format in small letters, if it is one."""
    return one_of(FORMATS, str(format).lower(), "format")
