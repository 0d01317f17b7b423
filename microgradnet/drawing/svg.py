"""Graphviz's SVG made fit to stand inside any page: nothing of it leaks out, one font, and as good in the dark.

What is in the picture is left to the views, its colours to `theme`; `picture` calls `dress` on what is drawn.
"""

import hashlib
import re
import xml.etree.ElementTree as ET

from microgradnet.drawing.escape import clean
from microgradnet.drawing.theme import FONT_STACK, LIGHT, dark_css

FIT_COLUMN = "max-width: 100%; height: auto"
_REFERENCE = re.compile(r"url\(#")
_XLINK_TITLE = "{http://www.w3.org/1999/xlink}title"


def scope_of(title: str, dot: str) -> str:
    """The class and id prefix of one picture: the same for the same picture, another for any other.

    >>> scope_of("", "digraph {}")
    'microgradnet-d8c068b6'
    """
    digest = hashlib.sha256(f"{title}\0{dot}".encode("utf-8", "replace")).hexdigest()
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
