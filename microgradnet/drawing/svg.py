"""SVG made fit to stand inside any page: nothing of it leaks out, one font, and as good in the dark.

What is in it is left to the views and to `chart`, its colours to `theme`; `picture` calls `dress` on what Graphviz
has drawn, and `paint` for a PNG or a PDF.
"""

import hashlib
import importlib
import re
import xml.etree.ElementTree as ET
from types import ModuleType

from microgradnet._shared.text import clean
from microgradnet.drawing.provider import GET_CAIRO
from microgradnet.drawing.theme import FONT_STACK, LIGHT, dark_css
from microgradnet.errors import ProviderError

FIT_COLUMN = "max-width: 100%; height: auto"
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


def dress(drawn: bytes, title: str, scope: str) -> str:
    """Graphviz's SVG, fit to be inlined in a page: the same drawing, as a fragment of well-formed XML.

    - prolog, doctype, comments and namespace prefixes are gone;
    - its ids begin with `scope`, and its CSS holds only under the class `scope`;
    - it says what it shows (`aria-label`), and each node and edge says its DOT `tooltip` as a `<title>`, which every
      browser shows; Graphviz's own titles ("n0->n1") and links (`xlink:title`, shown by some) are gone;
    - it stands on a card of its own, and is no wider than the column it is in.
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
    return on_card(root, clean(title) or graph_tooltip or name or "computation graph", scope)


def on_card(root: ET.Element, label: str, scope: str) -> str:
    """The drawing in `root`, an `<svg>` with a size, as text: on an opaque card, and good in the dark.

    It says `label` to readers who do not see it. There is no <title> for the whole: browsers would show it wherever
    the pointer rests.
    """
    root.attrib.update(
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": scope,
            "role": "img",
            "aria-label": label,
            "font-family": FONT_STACK,
            "style": FIT_COLUMN,
        }
    )
    card = element("rect", width="100%", height="100%", rx="6", fill=LIGHT["card"].fill)
    root[:0] = [element("style", dark_css(scope)), element("g", None, card, class_="graph")]
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
    """The picture `svg`, with its light colours, as "png" (two dots for a pixel) or "pdf".

    Raises:
        ProviderError: cairosvg is not installed.
    """
    cairosvg = find_cairosvg()
    if cairosvg is None:
        raise ProviderError(f"cannot paint a {format} without cairosvg. Run {GET_CAIRO}, or save as .svg.")
    # cairosvg reads only the first family of a list, and draws nothing where a height is "auto".
    source = svg.replace(FONT_STACK, "monospace").replace(FIT_COLUMN, "").encode()
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


def narrowed(svg: str, most: float) -> str:
    """The SVG with at most that width in points as its own size, or half of what it has if that is more.

    >>> narrowed('<svg width="800pt" height="200pt" viewBox="0 0 800 200">', 400.0)
    '<svg width="400pt" height="100pt" viewBox="0 0 800 200">'
    """

    def smaller(found: re.Match[str]) -> str:
        width, height = float(found[1]), float(found[2])
        scale = max(min(1.0, most / width), 0.5) if width > most else 1.0
        return f'<svg width="{width * scale:.6g}pt" height="{height * scale:.6g}pt"'

    return re.sub(r'<svg width="([\d.]+)pt" height="([\d.]+)pt"', smaller, svg, count=1)
