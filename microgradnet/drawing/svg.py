"""SVG made fit to stand inside any page: nothing of it leaks out, one font, and as good in the dark.

`picture` and `figure` pass in the SVG of Graphviz and of matplotlib; the colours are those of `theme`.
"""

import hashlib
import importlib
import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from math import inf
from types import ModuleType

from microgradnet._shared.text import clean
from microgradnet._shared.webpage import INDICES
from microgradnet.drawing.box import text_width
from microgradnet.drawing.curves import Extent, extent_of, lead, smooth, straighten
from microgradnet.drawing.spots import put_pills_on_arrows
from microgradnet.drawing.theme import FONT_STACK, LIGHT, dark_css

BOX = "box"  # the ids of boxes in a label begin with this
COLUMN_POINTS = 640.0  # of a notebook: 853 CSS pixels
SCREEN_POINTS = 750.0  # of a screen's height: 1,000 CSS pixels
PILL, INSET, MIDDLE = 15.0, 3.0, 4.5
"""The height of the frame of a derivative, the space beside its text, and the middle of letters above their line."""
BELOW = 2.0  # points, of a frame below a line to write on, which stands beside its ends, too
CAPITAL, TAIL = 9.5, 3.1  # points that letters reach above their line and below it
AIR = 4.2  # points at most, between a box's border and the letters of its first line
SMALLEST = 0.58  # of its own size: text of 10 pixels


def scope_of(title: str, source: str) -> str:
    """The class and id prefix of one picture: the same for the same picture, another for any other.

    Args:
        title: what it shows.
        source: what it is drawn from, such as its DOT text.

    >>> scope_of("", "digraph {}")
    'microgradnet-d8c068b6'
    """
    digest = hashlib.sha256(f"{title}\0{source}".encode("utf-8", "replace")).hexdigest()
    return f"microgradnet-{digest[:8]}"


def read_svg(svg: bytes, scope: str) -> ET.Element:
    """The root of an SVG without namespaces, with `scope` before its ids, its styles as attributes that CSS overrides.

    >>> ET.tostring(read_svg(b'<svg xmlns="http://www.w3.org/2000/svg"><g id="a" style="fill: red"/></svg>', "s"))
    b'<svg><g id="s-a" fill="red" /></svg>'
    """
    root = ET.fromstring(svg)
    for part in root.iter():
        part.tag = part.tag.rpartition("}")[2]
        attributes = {name.rpartition("}")[2]: value for name, value in part.attrib.items()}
        rules = (rule.partition(":") for rule in attributes.pop("style", "").split(";"))
        attributes |= {name.strip(): value.strip() for name, colon, value in rules if colon}
        for name, value in attributes.items():
            own_id = f"{scope}-{value}" if name == "id" else value.replace("url(#", f"url(#{scope}-")
            attributes[name] = re.sub("^#", f"#{scope}-", value) if name == "href" else own_id
        part.attrib = attributes
    return root


def dress(
    svg: bytes, title: str, scope: str, *, is_vertical: bool = False, is_straight: bool = False, widest: float = inf
) -> str:
    """Graphviz's SVG as a fragment of well-formed XML that can stand in a page: see `on_card` and `smooth`.

    It says what it shows (`aria-label`), and each node and edge says its DOT `tooltip` as a `<title>`, which every
    browser shows. Graphviz's own titles ("n0->n1") and links (`xlink:title`, which only some show) are removed.
    """
    root = read_svg(svg, scope)
    for part in root.iter():
        part.attrib.pop("font-family", None)
    graph = root.find("g")
    if graph is None:
        raise ValueError("cannot dress this SVG: it has no <g>; give the SVG that Graphviz writes.")
    name, graph_tooltip = _take_titles(graph)
    for background in graph.findall("polygon"):
        graph.remove(background)
    has_cards = False
    for group in graph.findall("g"):
        boxes = _take_boxes(group, f"{scope}-a_{BOX}-")
        tooltip = _take_titles(group)[1]
        at = list(graph).index(group)
        graph[at + 1 : at + 1] = [_box_of_label(box, scope) for box in boxes]
        if not len(group):  # it was a card
            graph.remove(group)
            has_cards = True
        if "node" in group.get("class", "").split():
            _frame_derivatives(group, next((one.attrib["stroke"] for one in group if "stroke" in one.attrib), ""))
        if tooltip.strip() and tooltip != graph_tooltip:  # a cluster inherits the graph's
            group.insert(0, element("title", tooltip))
    if name.startswith("%"):  # older Graphviz names a graph without a name "%3"
        name = ""
    if has_cards and not is_straight:
        smooth(graph, is_vertical)
    straighten(graph)
    if has_cards:
        lead(graph)
    _widen(root, graph)
    put_pills_on_arrows(graph, _page(root, graph))
    graph.tail = "\n"
    label = clean(title) or graph_tooltip or name or "computation graph"
    classes = {name for group in root.iter() for name in group.get("class", "").split()}
    return on_card(root, label, scope, dark_css(scope, classes), widest=widest, tallest=SCREEN_POINTS)


def on_card(root: ET.Element, label: str, scope: str, css: str, *, widest: float = inf, tallest: float = inf) -> str:
    """The drawing in `root`, an `<svg>` with a size, as text: on an opaque card, no wider than its column in a page.

    There is no `<title>` for the whole: browsers would show it wherever the pointer rests. What only browsers
    understand, a list of fonts and a height of "auto", is in a media rule, which cairosvg ignores.

    Args:
        root: the drawing; it is changed.
        label: what it shows, for readers who do not see it.
        scope: its class, under which its CSS holds.
        css: recolours it in the dark.
        widest: its own width in points at most, or half of what it needs if that is more.
        tallest: its own height in points at most, as far as its text can be read.
    """
    root.attrib |= {"xmlns": "http://www.w3.org/2000/svg", "class": scope, "role": "img", "aria-label": label}
    root.attrib["font-family"] = "monospace"
    if min(widest, tallest) < inf:
        width, height = (float(root.attrib[side].removesuffix("pt")) for side in ("width", "height"))
        scale = min(1.0, max(widest / width, 0.5), max(tallest / height, SMALLEST))
        root.attrib |= {"width": f"{width * scale:.6g}pt", "height": f"{height * scale:.6g}pt"}
    layout = f"@media all {{ {INDICES} .{scope} {{ max-width: 100%; height: auto; font-family: {FONT_STACK} }} }}"
    card = element("rect", width="100%", height="100%", rx="6", fill=LIGHT["card"].fill)
    root[:0] = [element("style", f"{css}\n{layout}"), element("g", None, card, class_="graph")]
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


def paint(cairosvg: ModuleType, svg: str, format: str, scale: float = 2) -> bytes:
    """The picture `svg` in its light colours, as "png" (with so many dots for a pixel) or "pdf"."""
    how = {"background_color": LIGHT["card"].fill} | ({"scale": scale} if format == "png" else {})
    return bytes((cairosvg.svg2png if format == "png" else cairosvg.svg2pdf)(svg.encode(), **how))


def _widen(root: ET.Element, graph: ET.Element) -> None:
    """Make the drawing as wide as its title and captions, whose letters Graphviz takes to be narrower."""
    x, _ = _moved(graph)
    for text in graph.findall("text[@text-anchor='start']"):
        margin = float(text.attrib["x"]) + x
        needed = 2 * margin + text_width(text.text or "", float(text.attrib["font-size"]))
        left, top, width, height = map(float, root.attrib["viewBox"].split())
        if width < needed:
            root.attrib |= {"width": f"{needed:.2f}pt", "viewBox": f"{left:g} {top:g} {needed:.2f} {height:.2f}"}


def _page(root: ET.Element, graph: ET.Element) -> Extent:
    """What is seen of the drawing, in its own coordinates."""
    left, top, width, height = map(float, root.attrib["viewBox"].split())
    x, y = _moved(graph)
    return Extent(left - x, top - y, left - x + width, top - y + height)


def _moved(graph: ET.Element) -> tuple[float, float]:
    """How far the drawing is moved across and down."""
    moved = re.search(r"translate\(([\d.]+)[ ,]+([\d.]+)", graph.get("transform", ""))
    return (float(moved[1]), float(moved[2])) if moved else (0.0, 0.0)


def _take_boxes(group: ET.Element, prefix: str) -> list[ET.Element]:
    """The boxes in a group's label, which are removed from it."""
    boxes = []
    for part in list(group.iter()):
        for child in list(part):
            if child.get("id", "").startswith(prefix):
                part.remove(child)
                boxes.append(child)
    return boxes


def _box_of_label(box: ET.Element, scope: str) -> ET.Element:
    """A box in a label (see `card`) as a group of its own, like any other: one shape, its texts, and its classes.

    Graphviz fills a table with one shape and draws its border with another.
    """
    classes, _, name = box.attrib["id"].removeprefix(f"{scope}-a_{BOX}-").rpartition("-")
    link = box[0]
    texts = link.findall("text")
    inside, border = (part for part in link if part.tag != "text")
    border.set("fill", inside.attrib["fill"])
    shapes = [border] if classes != "pill" else []  # a pill is the frame of its text
    made = element("g", None, element("title", link.get("title", "")), *shapes, *texts)
    _align(made, texts)
    made.attrib |= {"id": f"{scope}-{name}", "class": f"node {classes.replace('-', ' ')}"}
    _frame_derivatives(made, border.attrib["stroke"], on_arrow=classes == "pill")
    return made


def _align(box: ET.Element, texts: Sequence[ET.Element]) -> None:
    """Set the lines in the middle of their box, or at the top of one that is higher: programs differ by 2 points."""
    extent = extent_of(box)
    if extent is None or not texts:
        return
    lines = [float(text.attrib["y"]) for text in texts]
    free = extent.bottom - extent.top - CAPITAL - TAIL - (max(lines) - min(lines))
    down = extent.top + min(free / 2, AIR) + CAPITAL - min(lines)
    for text, line in zip(texts, lines, strict=True):
        text.set("y", f"{line + down:.6g}")


def _frame_derivatives(box: ET.Element, line: str, on_arrow: bool = False) -> None:
    """Put each local derivative ∂ of a box into a frame with round ends and this colour, as on an arrow or a page.

    On an arrow the frame has room for all that is written, blanks too: two pictures with the same room are alike.
    """
    texts = box.findall("text")
    for text in texts[len(texts) > 1 :]:  # below the heading, which may be any label
        written = text.text or ""
        if not written.startswith("∂ "):
            continue
        left = float(text.attrib["x"]) - (text_width(written) / 2 if text.get("text-anchor") == "middle" else 0)
        text.text = written.rstrip()
        room = text_width(written if on_arrow else text.text)
        at = {"x": f"{left + room / 2:.2f}", "text-anchor": "middle"}
        text.attrib |= at if on_arrow else {"x": f"{left:.2f}", "text-anchor": "start"}
        is_blank = text.text.endswith("_")
        top = float(text.attrib["y"]) - MIDDLE - PILL / 2
        width, height = room + (3 if is_blank else 2) * INSET, PILL + BELOW * is_blank
        frame = element(
            "rect", x=f"{left - INSET:.2f}", y=f"{top:.2f}", width=f"{width:.2f}",
            height=f"{height:g}", rx=f"{height / 2:g}", fill=LIGHT["card"].fill, stroke=line,
        )  # fmt: skip
        number = list(box).index(text)
        box.remove(text)
        box.insert(number, element("g", None, frame, text, class_="local"))


def _take_titles(group: ET.Element) -> tuple[str, str]:
    """The DOT name and tooltip of a group, from which titles and links are removed."""
    name = tooltip = ""
    children: list[ET.Element] = []
    for child in group:
        link = child.find("a")
        if child.tag == "title":
            name = child.text or ""
        elif link is not None:
            tooltip = tooltip or link.get("title", "")
            children.extend(link)
        else:
            children.append(child)
    group[:] = children
    return name, tooltip
