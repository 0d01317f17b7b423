"""A picture of a graph: shows itself in a notebook, and saves itself as SVG, PNG, PDF or DOT.

It is made from DOT text. Who writes that text is left to the views, who lays it out to `provider`, the colours to
`theme`. What is done here is to turn the SVG that Graphviz writes into one that can stand inside any page: nothing
of it leaks out, its text is read in one font, and it is as good in the dark.
"""

import hashlib
import importlib
import os
import re
import xml.etree.ElementTree as ET
from functools import cached_property
from pathlib import Path

from microgradnet.draw.escape import clean
from microgradnet.draw.provider import render
from microgradnet.draw.theme import FONT_STACK, LIGHT, dark_css
from microgradnet.files import write_atomically

SUFFIXES = (".svg", ".png", ".pdf", ".dot", ".gv")
FIT_COLUMN = "max-width: 100%; height: auto"
_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"', re.DOTALL)
# Counts for `repr`, of DOT as the views write it: a statement a line. Drawing the graph to count it could take long.
_NODE = re.compile(r'^\s*(?!(?:graph|node|edge)\b)(?:""|\w+)\s*\[', re.MULTILINE)
_REFERENCE = re.compile(r"url\(#")
_XLINK_TITLE = "{http://www.w3.org/1999/xlink}title"


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
        digest = hashlib.sha256(f"{self.title}\0{self.dot}".encode("utf-8", "replace")).hexdigest()
        return dress(render(self.dot, "svg"), self.title, scope=f"microgradnet-{digest[:8]}")

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture to `path`, in the format its suffix names, whole or not at all; return the path.

        PNG and PDF are painted from `svg` by cairosvg where it is installed (`pip install 'microgradnet[picture]'`),
        else by the program that lays the graph out; of those only a real Graphviz writes PDF.

        Raises:
            ValueError: the suffix is none of .svg, .png, .pdf, .dot and .gv.
            OSError: the file cannot be written there.
            ProviderError: the graph cannot be drawn in that format on this machine.
        """
        suffix = Path(path).suffix.lower()
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


def dress(drawn: bytes, title: str, scope: str) -> str:
    """Graphviz's SVG, fit to be inlined in a page: the same drawing, as a fragment of well-formed XML.

    - prolog, doctype, comments and namespace prefixes are gone;
    - its ids begin with `scope`, and its CSS holds only under the class `scope`;
    - it says what it shows (`aria-label`), and each node and edge says its DOT `tooltip` as a `<title>`, which every
      browser shows; Graphviz's own titles ("n0->n1") and links (`xlink:title`, shown by some) are gone;
    - it stands on a card of its own, and is no wider than the column it is in.
    """
    root = ET.fromstring(drawn)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        for name, value in element.attrib.items():
            element.set(name, f"{scope}-{value}" if name == "id" else _REFERENCE.sub(f"url(#{scope}-", value))
        element.attrib.pop("font-family", None)
    graph = root.find("g")
    if graph is None:
        raise ValueError("cannot dress this SVG: it has no <g>; give the SVG that Graphviz writes.")
    name, graph_tooltip = _take_titles(graph)
    for background in graph.findall("polygon"):
        graph.remove(background)
    for group in graph.findall("g"):
        tooltip = _take_titles(group)[1]
        if tooltip.strip() and tooltip != graph_tooltip:  # a cluster inherits the graph's
            group.insert(0, _element("title", tooltip))
    # No <title> for the whole: browsers would show it wherever the pointer rests.
    if name.startswith("%"):  # older Graphviz names a graph without a name "%3"
        name = ""
    root.attrib.update(
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": scope,
            "role": "img",
            "aria-label": clean(title) or graph_tooltip or name or "computation graph",
            "font-family": FONT_STACK,
            "style": FIT_COLUMN,
        }
    )
    card = _element("rect", width="100%", height="100%", rx="6", fill=LIGHT["card"].fill)
    graph.tail = "\n"
    root[:0] = [_element("style", dark_css(scope)), _element("g", None, card, **{"class": "graph"})]
    return ET.tostring(root, encoding="unicode")


def _take_titles(group: ET.Element) -> tuple[str, str]:
    """The DOT name and tooltip of a group, which is left with its drawing alone: no titles, no links."""
    name = tooltip = ""
    children: list[ET.Element] = []
    for child in group:
        link = child.find("a")
        if child.tag == "title":
            name = child.text or ""
        elif link is not None:
            tooltip = tooltip or link.get(_XLINK_TITLE, "")
            children.extend(link)
        else:
            children.append(child)
    group[:] = children
    return name, tooltip


def _element(tag: str, text: str | None = None, *children: ET.Element, **attributes: str) -> ET.Element:
    element = ET.Element(tag, attributes)
    element.text = text
    element.tail = "\n"
    element.extend(children)
    return element
