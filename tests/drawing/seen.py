"""What a picture shows, read from its DOT by Graphviz and from its SVG by an XML parser, not by microgradnet."""

import json
import re
import subprocess
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import dataclass
from typing import Any

from microgradnet import Value
from microgradnet.drawing import Picture
from microgradnet.drawing.card import WAY
from microgradnet.drawing.provider import find_program

SVG = "{http://www.w3.org/2000/svg}"
TAGS = {"svg", "style", "g", "rect", "title", "path", "polygon", "polyline", "ellipse", "text"}
WIDEST = 60  # characters of a row that are drawn


@dataclass
class Node:
    rows: list[str]
    tooltip: list[str]
    kind: str
    look: tuple[str | None, ...]
    place: tuple[float, float]


@dataclass
class Edge:
    tail: str
    head: str
    tooltip: list[str]
    dashed: bool
    width: float


@dataclass
class Seen:
    """What a picture shows: boxes and their texts from its SVG, what arrows join from Graphviz's reading of its DOT."""

    nodes: dict[str, Node]
    edges: dict[str, Edge]
    words: list[str]
    graph: dict[str, Any]

    def find(self, heading: str) -> str:
        (found,) = [name for name, node in self.nodes.items() if node.rows[0] == heading]
        return found

    def joins(self) -> Counter[tuple[str, str]]:
        return Counter((self.nodes[e.tail].rows[0], self.nodes[e.head].rows[0]) for e in self.edges.values())


def see(picture: Picture) -> Seen:
    """Read a picture; every box and arrow of the DOT must be in the SVG, once, and no element that draws nothing."""
    read = subprocess.run([find_program(), "-Tdot_json"], input=picture.dot.encode(), capture_output=True, check=True)
    graph = json.loads(read.stdout)
    root = ET.fromstring(picture.svg)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= TAGS
    groups = {g.attrib["id"].rpartition("-")[2]: g for g in root.iter(SVG + "g") if "id" in g.attrib}
    names = {thing["_gvid"]: thing["name"] for thing in graph.get("objects", [])}
    things = graph.get("objects", [])
    docked = [port for thing in things for port in re.findall(r' PORT="(n\d+)"', thing.get("label", ""))]
    boxes = [thing["id"] for thing in things if "nodes" not in thing and "id" in thing]
    nodes = {name: _node(groups.pop(name)) for name in sorted([*boxes, *docked], key=lambda name: int(name[1:]))}
    edges = {}
    for edge in graph.get("edges", []):
        if edge.get("style") != "invis":
            tooltip = groups.pop(edge["id"]).findtext(SVG + "title", "").split("\n")
            width = float(edge.get("penwidth", 1))
            ports = [edge.get(f"{end}port", "").partition(":")[0].removesuffix(WAY) for end in ("tail", "head")]
            ends = [names[edge[end]] for end in ("tail", "head")]
            tail, head = (port if port in docked else end for port, end in zip(ports, ends, strict=True))
            edges[edge["id"]] = Edge(tail, head, tooltip, edge.get("style") == "dashed", width)
    for name in [name for name in groups if groups[name].get("class") == "node pill"]:
        groups.pop(name)
    whole = groups.pop("graph0")
    assert not groups
    return Seen(nodes, edges, [readable(text.text or "") for text in whole.findall(SVG + "text")], graph)


def _node(group: ET.Element) -> Node:
    texts = [*group.iter(SVG + "text")]
    shapes = [part for part in group if part.tag.removeprefix(SVG) in {"path", "polygon", "ellipse"}]
    look = next(((s.tag, s.get("stroke-dasharray"), s.get("stroke-width")) for s in shapes), ())
    place = (float(texts[0].attrib["x"]), float(texts[0].attrib["y"]))
    rows = [readable(text.text or "") for text in texts]
    return Node(rows, group.findtext(SVG + "title", "").split("\n"), group.attrib["class"].split()[-1], look, place)


def drawn_as(label: str, expected: str | None) -> str:
    """How a label is to be read in a box."""
    shown = label if expected is None else expected
    return readable(f"{label[:30]}…{label[-29:]}" if len(label) > WIDEST else shown or " ")


def readable(text: str) -> str:
    """The text with plain spaces: Graphviz writes some as U+00A0."""
    return text.replace("\u00a0", " ")


def walk(root: Value) -> list[Value]:
    """Every value below a root."""
    found, ahead = {root: None}, [root]
    while ahead:
        for operand in ahead.pop()._prev:
            if operand not in found:
                found[operand] = None
                ahead.append(operand)
    return list(found)


COUNT = re.compile(r"([\d,]+) (parameters?|values)\b")


def counts(node: Node) -> list[str]:
    """The counts in a box of many values, without their ranges: `["48 parameters", "3,200 values"]`."""
    return [found[0] for row in node.rows if (found := COUNT.match(row))]


def counted(node: Node) -> int:
    """How many values a box says that it stands for."""
    count = sum(int(text.split()[0].replace(",", "")) for text in counts(node))
    has_values = any(text.endswith(" values") for text in counts(node))
    for row in node.rows:
        first, _, rest = row.partition(" ")
        if has_values:
            continue  # the numbers of the result, which is one of those values
        elif first in {"data", "z", "a"} and rest.replace("−", "-").lower().lstrip("-")[:1].isdigit():
            count += 1
    return count


def lost(seen: Seen, root: Value) -> int:
    """How many values below `root`, plain numbers aside, no box accounts for."""
    variables = [value for value in walk(root) if value.op.name != "constant"]
    return len(variables) - sum(map(counted, seen.nodes.values()))


def in_column(svg: str, column: float = 830) -> tuple[float, float]:
    """The size of the smallest text of a picture in a column, and the picture's height there, in CSS pixels."""
    root = ET.fromstring(svg)
    width, height = (float(root.attrib[side].removesuffix("pt")) * 4 / 3 for side in ("width", "height"))
    scale = min(1.0, column / width)
    unit = scale * width / float(root.attrib["viewBox"].split()[2])
    sizes = [float(text.attrib["font-size"]) for text in root.iter(SVG + "text") if (text.text or "").strip()]
    return min(sizes) * unit, height * scale
