"""SVG made fit to stand inside any page: nothing of it leaks out, one font, and as good in the dark.

What is in it is left to the views and to `chart`, its colours to `theme`; `picture` calls `dress` on what Graphviz
has drawn, and `paint` for a PNG or a PDF.
"""

import hashlib
import importlib
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from math import inf
from types import ModuleType

from microgradnet._shared.text import clean
from microgradnet.drawing.provider import GET_CAIRO
from microgradnet.drawing.theme import FONT_STACK, LIGHT, dark_css
from microgradnet.errors import ProviderError

COLUMN_POINTS = 640.0  # of a notebook: 853 CSS pixels
FOR_SCREEN = {"font-family": FONT_STACK, "style": "max-width: 100%; height: auto"}
FOR_CAIRO = {"font-family": "monospace"}
"""cairosvg reads only the first family of a list, and draws nothing where a height is "auto"."""
_REFERENCE = re.compile(r"url\(#")
_XLINK_TITLE = "{http://www.w3.org/1999/xlink}title"


def scope_of(title: str, drawn: str) -> str:
    """The class and id prefix of one picture: the same for the same picture, another for any other.

    Args:
        title: what it shows.
        drawn: what it is drawn from, such as its DOT text.

    >>> scope_of("", "digraph {}")
    'microgradnet-d8c068b6'
    """
    digest = hashlib.sha256(f"{title}\0{drawn}".encode("utf-8", "replace")).hexdigest()
    return f"microgradnet-{digest[:8]}"


def dress(drawn: bytes, title: str, scope: str, *, look: Mapping[str, str] = FOR_SCREEN, widest: float = inf) -> str:
    """Graphviz's SVG, fit to be inlined in a page: the same drawing, as a fragment of well-formed XML.

    - prolog, doctype, comments and namespace prefixes are gone;
    - its ids begin with `scope`, and its CSS holds only under the class `scope`;
    - it says what it shows (`aria-label`), and each node and edge says its DOT `tooltip` as a `<title>`, which every
      browser shows; Graphviz's own titles ("n0->n1") and links (`xlink:title`, shown by some) are gone;
    - it stands on a card of its own, and is no wider than the column it is in: see `on_card`.
    """
    root = ET.fromstring(drawn)
    for drawn_element in root.iter():
        drawn_element.tag = drawn_element.tag.rpartition("}")[2]
        for name, value in drawn_element.attrib.items():
            drawn_element.set(name, f"{scope}-{value}" if name == "id" else _REFERENCE.sub(f"url(#{scope}-", value))
        drawn_element.attrib.pop("font-family", None)
    graph = root.find("g")
    if graph is None:
        raise ValueError("cannot dress this SVG: it has no <g>; give the SVG that Graphviz writes.")
    name, graph_tooltip = _take_titles(graph)
    for background in graph.findall("polygon"):
        graph.remove(background)
    for group in graph.findall("g"):
        tooltip = _take_titles(group)[1]
        if tooltip.strip() and tooltip != graph_tooltip:  # a cluster inherits the graph's
            group.insert(0, element("title", tooltip))
    if name.startswith("%"):  # older Graphviz names a graph without a name "%3"
        name = ""
    graph.tail = "\n"
    label = clean(title) or graph_tooltip or name or "computation graph"
    return on_card(root, label, scope, look=look, widest=widest)


def on_card(
    root: ET.Element,
    label: str,
    scope: str,
    css: str = "",
    *,
    look: Mapping[str, str] = FOR_SCREEN,
    widest: float = inf,
) -> str:
    """The drawing in `root`, an `<svg>` with a size, as text: on an opaque card, and good in the dark.

    It says `label` to readers who do not see it. There is no <title> for the whole: browsers would show it wherever
    the pointer rests.

    Args:
        root: the drawing; its elements are not copied.
        label: what it shows.
        scope: its class, under which its CSS holds.
        css: what recolours it in the dark; by the classes of its groups if it is left out.
        look: further attributes, for who reads it: `FOR_SCREEN` or `FOR_CAIRO`.
        widest: its own width in points at the most, or half of what it needs if that is more.
    """
    root.attrib |= {"xmlns": "http://www.w3.org/2000/svg", "class": scope, "role": "img", "aria-label": label, **look}
    if widest < inf:
        width, height = (float(root.attrib[side].removesuffix("pt")) for side in ("width", "height"))
        scale = min(1.0, max(widest / width, 0.5))
        root.attrib |= {"width": f"{width * scale:.6g}pt", "height": f"{height * scale:.6g}pt"}
    card = element("rect", width="100%", height="100%", rx="6", fill=LIGHT["card"].fill)
    root[:0] = [element("style", css or dark_css(scope)), element("g", None, card, class_="graph")]
    return ET.tostring(root, encoding="unicode")


def element(tag: str, text: str | None = None, *children: ET.Element, **attributes: str) -> ET.Element:
    r"""An element of SVG; attributes are written as in Python: `class_`, `stroke_width`.

    >>> ET.tostring(element("text", "a & b", text_anchor="end"), encoding="unicode")
    '<text text-anchor="end">a &amp; b</text>\n'
    """
    made = ET.Element(tag, {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()})
    made.text = text
    made.tail = "\n"
    made.extend(children)
    return made


def find_cairosvg() -> ModuleType | None:
    """The package that paints SVG, None where it is not installed or cannot work."""
    try:
        return importlib.import_module("cairosvg")
    except (ImportError, OSError):  # OSError: the Python part is there, the cairo library is not
        return None


def paint(svg: str, format: str) -> bytes:
    """The picture `svg`, written `FOR_CAIRO`, with its light colours, as "png" (two dots for a pixel) or "pdf".

    Raises:
        ProviderError: cairosvg is not installed.
    """
    cairosvg = find_cairosvg()
    if cairosvg is None:
        raise ProviderError(f"cannot paint a {format} without cairosvg. Run {GET_CAIRO}, or save as .svg.")
    source = svg.encode()
    white = {"background_color": LIGHT["card"].fill}
    return bytes(cairosvg.svg2png(source, scale=2, **white) if format == "png" else cairosvg.svg2pdf(source, **white))


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
