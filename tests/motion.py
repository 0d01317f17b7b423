"""The moving picture of README and the book: a neuron forward, then backward, a scene for each step.

It is one picture of `draw`, in which a style shows numbers from their scene on. A number travels along its arrow:
forward as it is, backward past the arrow's pill, where it is multiplied by the local derivative, while the arrow's head
turns. It stays between the two boxes, whose numbers it would cover. Where motion is not wanted the picture stands
still and shows the whole.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from math import atan2, degrees, dist
from typing import NamedTuple

from microgradnet import Value, draw, parameter, sigmoid
from microgradnet.drawing.picture import Picture
from microgradnet.drawing.svg import element, scope_of
from microgradnet.drawing.theme import DARK, LIGHT, Paint
from microgradnet.graph import Graph
from microgradnet.notation.names import number

SECONDS = 1.9  # of a scene
REST_TEXT = "each grad is the derivative of {} with respect to that value"
REST = 2  # scenes for which the whole stays
ARRIVAL = 0.8  # the part of a scene after which what travels is there
MET, MULTIPLIED = 0.25, 0.6  # parts of a scene after which a gradient meets the local derivative, and is multiplied
LETTER = 7.9  # points of width
PASSING = 20.0  # points, from the middle of a pill to that of what passes it
SPREAD = 0.9  # inches between ranks: a product has room between its boxes
HEAD = 34.0  # points for the equation, above the picture


class Scene(NamedTuple):
    """An equation, and what appears with it: a number in a box, by way of arrows, along each of which texts travel."""

    text: str
    box: int
    line: str  # "data" or "grad"
    arrows: Mapping[str, Sequence[str]] = {}


def neuron() -> Value:
    """The neuron of README's ten lines, before its backward pass."""
    x, w, b = Value(0.1, "x"), parameter(0.15, "w"), parameter(0.4, "b")
    z = w * x + b
    a = sigmoid(z)
    z.label, a.label = "z", "a"
    return a


def scenes(root: Value) -> list[Scene]:
    """Forward, the gradient 1 of the result, and backward; the backward pass is then done."""
    place = {id(node): i for i, node in enumerate(Graph(root).nodes)}
    found = []
    for forward in root.forward_steps():
        n = place[id(forward.node)]
        arrows = {f"e{n}_{position}": [number(x.data)] for position, x in enumerate(forward.node.operands)}
        found.append(Scene(f"forward: {forward.text}", n, "data", arrows))
    last = place[id(root)]
    found.append(Scene(f"backward: {root.label}.grad = ∂{root.label}/∂{root.label} = 1", last, "grad"))
    for step in root.backward_steps():
        sent = number(step.upstream)
        product = [sent, f"{sent} × {number(step.local_derivative)}", number(step.contribution)]
        found.append(
            Scene(step.text, place[id(step.operand)], "grad", {f"e{place[id(step.node)]}_{step.position}": product})
        )
    return found


def moving(root: Value) -> str:
    """The picture of the graph with its two passes, as SVG."""
    played = scenes(root)
    drawn = draw(root, local_derivatives=True)
    picture = Picture(re.sub(r"ranksep=[\d.]+", f"ranksep={SPREAD}", drawn.dot), drawn.title)
    scope = scope_of(picture.title, picture.dot)
    svg = ET.fromstring(re.sub(r'<svg ([^>]*?)xmlns="[^"]*"', r"<svg \1", picture.svg, count=1))
    part = {str(group.get("id", "")).removeprefix(f"{scope}-"): group for group in svg.iter("g")}
    whole = len(played) + REST
    _make_room(svg)
    for i, scene in enumerate(played):
        _reveal(part[f"n{scene.box}"], scene, i)
        for arrow, texts in scene.arrows.items():
            level = None
            if scene.line == "grad":
                pill = part[f"l{arrow}"]
                pill.set("class", f"{pill.get('class')} since{i}")  # known when the chain rule takes it
                _turn(part[arrow], i)
                level = _level(pill, part[arrow])
            part["graph0"].append(_carried(texts, part[arrow], i, whole, level))
        svg.append(element("text", scene.text, x="22", y="-8", class_=f"during{i} equation", font_size="14"))
    svg.append(element("text", REST_TEXT.format(root.label), x="22", y="-8", class_="last equation", font_size="14"))
    svg.insert(0, element("style", _style(scope, len(played), whole)))
    svg.set("xmlns", "http://www.w3.org/2000/svg")
    svg.set("aria-label", "The chain rule in motion: a neuron, forward and backward")
    return ET.tostring(svg, encoding="unicode")


def _make_room(svg: ET.Element) -> None:
    _, _, width, height = map(float, svg.attrib["viewBox"].split())
    svg.attrib |= {"viewBox": f"0 {-HEAD} {width} {height + HEAD}", "height": f"{height + HEAD:.0f}pt"}
    card = next(svg.iter("rect"))
    card.set("y", f"{-HEAD}")


def _reveal(box: ET.Element, scene: Scene, i: int) -> None:
    """The number in the box appears with the scene, in whose time the box is marked."""
    shape = next(child for child in box if child.tag in {"path", "polygon"})
    mark = ET.Element(shape.tag, {name: shape.attrib[name] for name in ("d", "points") if name in shape.attrib})
    mark.attrib |= {"class": f"during{i} mark", "fill": "none", "stroke": "none"}
    shown = next(text for text in box.findall("text") if str(text.text).startswith(scene.line))
    if shown.get("class"):  # it has appeared already: a value that is used twice
        raise ValueError(f"{scene.text}: this number appears in two scenes; show a graph that uses each value once")
    blank = ET.Element("text", dict(shown.attrib))
    blank.text = f"{scene.line} —"
    shown.set("class", f"from{i}")
    blank.set("class", f"until{i}")
    box.extend([blank, mark])


def _points(path: ET.Element) -> list[tuple[float, float]]:
    """The points of a line: its ends, and those between that bend it."""
    numbers = [float(number) for number in re.findall(r"-?[\d.]+", path.attrib["d"])]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def _turn(arrow: ET.Element, i: int) -> None:
    """In the scene's time the head is at the other end of the line, and points the other way."""
    head = next(arrow.iter("polygon"))
    start, after, *_, end = _points(next(arrow.iter("path")))
    corners = [tuple(map(float, corner.split(","))) for corner in head.attrib["points"].split()]
    tip = max(corners, key=lambda corner: dist(corner, end))
    angle = degrees(atan2(start[1] - after[1], start[0] - after[0]) - atan2(tip[1] - end[1], tip[0] - end[0]))
    turned = ET.Element("polygon", head.attrib | {"class": f"during{i}"})
    turned.set("transform", f"translate({start[0]} {start[1]}) rotate({angle:.1f}) translate({-tip[0]} {-tip[1]})")
    head.set("class", f"without{i}")
    arrow.append(turned)


def _carried(texts: Sequence[str], arrow: ET.Element, i: int, whole: int, level: float | None) -> ET.Element:
    """What travels in the scene's time, along the arrow or at one height: a number, or a gradient and its products.

    Each text moves between the ends of the line, over no box.
    """
    (left, above), *_, (right, below) = _points(next(arrow.iter("path")))
    halves = [_width(text) / 2 for text in texts]
    if len(texts) == 1:
        names, parts, ways = ["during"], [0, ARRIVAL], [left + halves[0], right - halves[0]]
    else:
        sent, met, product = halves
        names, parts = ["sent", "met", "product"], [0, MET, MULTIPLIED, ARRIVAL]
        ways = [right - sent, right - met, left + met, left + product]
    slope = (below - above) / (right - left)
    heights = [above + slope * (x - left) if level is None else level for x in ways]
    values = [f"{x:.1f},{y:.1f}" for x, y in zip(ways, heights, strict=True)]
    values = [values[0], *values, values[-1]]
    motion = element(
        "animateMotion", None, values=";".join(values), dur=f"{whole * SECONDS:g}s", repeatCount="indefinite",
        calcMode="linear", keyTimes=";".join(["0", *(f"{(i + part) / whole:.4f}" for part in parts), "1"]),
    )  # fmt: skip
    labels = [_label(text, f"{name}{i}") for text, name in zip(texts, names, strict=True)]
    return element("g", None, motion, *labels, class_="carried")


def _level(pill: ET.Element, arrow: ET.Element) -> float:
    """The height at which one passes a pill: above it where its arrow comes from above, else below."""
    (_, start), *_, (_, end) = _points(next(arrow.iter("path")))
    middle = float(next(pill.iter("text")).attrib["y"]) - 4
    return middle - PASSING if start <= end else middle + PASSING


def _width(text: str) -> float:
    return LETTER * len(text) + 12


def _label(text: str, name: str) -> ET.Element:
    width = _width(text)
    box = element("rect", None, x=f"{-width / 2:g}", y="-10", width=f"{width:g}", height="20", rx="10")
    return element("g", None, box, element("text", text, y="4.5", text_anchor="middle", font_size="13"), class_=name)


def _style(scope: str, scenes: int, whole: int) -> str:
    """When each part is seen; without motion the numbers are, and what belongs to one scene is not."""

    def coloured(theme: Mapping[str, Paint]) -> str:
        card, line = theme["card"], theme["highlight"].line
        return (
            f".{scope} .equation {{ fill: {card.text} }} .{scope} .carried rect {{ fill: {line} }} "
            f".{scope} .carried g text {{ fill: {card.fill} }} "
            f".{scope} .node .mark {{ stroke: {line}; stroke-width: 4 }}"
        )

    def shown(name: str, *changes: tuple[float, int]) -> str:
        at = " ".join(f"{100 * scene / whole:.2f}% {{ opacity: {opacity} }}" for scene, opacity in changes)
        timing = f"{whole * SECONDS:g}s step-end infinite"
        return f".{scope} .{name} {{ animation: {scope}-{name} {timing} }} @keyframes {scope}-{name} {{ {at} }}"

    rules = [
        f".{scope} [class*=during], .{scope} [class*=until], .{scope} .carried g {{ opacity: 0 }} {coloured(LIGHT)}",
        f"@media (prefers-color-scheme: dark) {{ {coloured(DARK)} }}",
        "@media (prefers-reduced-motion: no-preference) {",
        shown("last", (0, 0), (scenes, 1), (whole, 1)),
    ]
    for i in range(scenes):
        rules += [
            shown(f"during{i}", (0, int(i == 0)), (i, 1), (i + 1, 0), (whole, 0)),
            shown(f"from{i}", (0, 0), (i + ARRIVAL, 1), (whole, 1)),
            shown(f"until{i}", (0, 1), (i + ARRIVAL, 0), (whole, 0)),
            shown(f"since{i}", (0, 0), (i, 1), (whole, 1)),
            shown(f"without{i}", (0, 1), (i, 0), (i + 1, 1), (whole, 1)),
            shown(f"sent{i}", (0, 0), (i, 1), (i + MET, 0), (whole, 0)),
            shown(f"met{i}", (0, 0), (i + MET, 1), (i + MULTIPLIED, 0), (whole, 0)),
            shown(f"product{i}", (0, 0), (i + MULTIPLIED, 1), (i + ARRIVAL, 0), (whole, 0)),
        ]
    return "\n".join([*rules, "}"])
