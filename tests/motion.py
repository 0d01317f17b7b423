"""The moving picture of README and the book: a neuron forward, then backward, a scene for each step.

It is one picture of `draw`, in which a style shows numbers from their scene on, and dots run along the arrows. Where
motion is not wanted it stands still and shows the whole.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from microgradnet import Value, draw, parameter, sigmoid
from microgradnet.drawing.svg import element, scope_of
from microgradnet.drawing.theme import DARK, LIGHT, Paint
from microgradnet.graph import Graph

SECONDS = 1.9  # of a scene
REST_TEXT = "each grad is the derivative of {} with respect to that value"
REST = 2  # scenes for which the whole stays
ARRIVAL = 0.7  # the part of a scene after which dots and numbers are there
HEAD = 34.0  # points for the equation, above the picture


class Scene(NamedTuple):
    """An equation, and what appears with it: a number in a box, by way of arrows from other boxes."""

    text: str
    box: int
    line: str  # "data" or "grad"
    arrows: Sequence[str] = ()


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
        arrows = [f"e{n}_{position}" for position in range(len(forward.node.operands))]
        found.append(Scene(f"forward: {forward.text}", n, "data", arrows))
    last = place[id(root)]
    found.append(Scene(f"backward: {root.label}.grad = ∂{root.label}/∂{root.label} = 1", last, "grad"))
    for step in root.backward_steps():
        arrow = f"e{place[id(step.node)]}_{step.position}"
        found.append(Scene(step.text, place[id(step.operand)], "grad", [arrow]))
    return found


def moving(root: Value) -> str:
    """The picture of the graph with its two passes, as SVG."""
    played = scenes(root)
    picture = draw(root, local_derivatives=True)
    scope = scope_of(picture.title, picture.dot)
    svg = ET.fromstring(re.sub(r'<svg ([^>]*?)xmlns="[^"]*"', r"<svg \1", picture.svg, count=1))
    part = {str(group.get("id", "")).removeprefix(f"{scope}-"): group for group in svg.iter("g")}
    whole = len(played) + REST
    _make_room(svg)
    for i, scene in enumerate(played):
        _reveal(part[f"n{scene.box}"], scene, i)
        for arrow in scene.arrows:
            pill = part[f"l{arrow}"]
            if scene.line == "grad":  # the local derivative is known when the chain rule takes it
                pill.set("class", f"{pill.get('class')} since{i}")
            behind = list(part["graph0"]).index(pill)
            part["graph0"].insert(behind, _dot(part[arrow], scene.line == "data", i, whole))
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
    number = next(text for text in box.findall("text") if str(text.text).startswith(scene.line))
    if number.get("class"):  # it has appeared already: a value that is used twice
        raise ValueError(f"{scene.text}: this number appears in two scenes; show a graph that uses each value once")
    blank = ET.Element("text", dict(number.attrib))
    blank.text = f"{scene.line} —"
    number.set("class", f"from{i}")
    blank.set("class", f"until{i}")
    box.extend([blank, mark])


def _dot(arrow: ET.Element, forward: bool, i: int, whole: int) -> ET.Element:
    """A dot that runs along the arrow in the scene's time."""
    way = next(arrow.iter("path")).attrib["d"]
    begin, end = i / whole, (i + ARRIVAL) / whole
    points = "0;0;1;1" if forward else "1;1;0;0"
    motion = element(
        "animateMotion", None, path=way, dur=f"{whole * SECONDS:g}s", repeatCount="indefinite", calcMode="linear",
        keyTimes=f"0;{begin:.4f};{end:.4f};1", keyPoints=points,
    )  # fmt: skip
    return element("circle", None, motion, r="5", class_=f"during{i} dot")


def _style(scope: str, scenes: int, whole: int) -> str:
    """When each part is seen; without motion the numbers are, and what belongs to one scene is not."""

    def coloured(theme: Mapping[str, Paint]) -> str:
        text, line = theme["card"].text, theme["highlight"].line
        return (
            f".{scope} .equation {{ fill: {text} }} .{scope} .dot {{ fill: {line} }} "
            f".{scope} .node .mark {{ stroke: {line}; stroke-width: 4 }}"
        )

    def shown(name: str, *changes: tuple[float, int]) -> str:
        at = " ".join(f"{100 * scene / whole:.2f}% {{ opacity: {opacity} }}" for scene, opacity in changes)
        timing = f"{whole * SECONDS:g}s step-end infinite"
        return f".{scope} .{name} {{ animation: {scope}-{name} {timing} }} @keyframes {scope}-{name} {{ {at} }}"

    rules = [
        f".{scope} [class*=during], .{scope} [class*=until] {{ opacity: 0 }} {coloured(LIGHT)}",
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
        ]
    return "\n".join([*rules, "}"])
