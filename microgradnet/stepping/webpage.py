"""`page(loss)`: one HTML file that plays a forward and a backward pass, and whose numbers can be changed.

Python writes the graph, its pictures, names and formulas, and the rules as JavaScript. The rest is in `assets/`:
`engine.js` computes both passes; `moment.js`, `picture.js`, `pills.js` and `motion.js` display them; `unfold.js` opens
neurons; `navigation.js` moves about in the picture; `numbers.js` changes numbers; `learning.js` takes gradient steps;
`landscape.js` and `plane.js` draw the loss over parameters and the decision boundary; `source.js` lists the program;
`play.js` plays the steps; `present.js` fills the screen; `export.js` saves steps; `controls.js` handles buttons and
keys; `link.js` talks to a page around this one; `start.js` starts.
"""

import html
import os
import re
from collections.abc import Mapping
from functools import cached_property
from math import isfinite
from typing import Any

from microgradnet._shared.reading import reading_script
from microgradnet._shared.text import one_line
from microgradnet._shared.webpage import WebPage, asset, document, fill, without_comments
from microgradnet.backward import refuse_stale
from microgradnet.drawing.theme import dark_css
from microgradnet.graph import Graph
from microgradnet.notation import typography
from microgradnet.notation.names import Namer, as_factor
from microgradnet.notation.typography import ATOM, SIGN
from microgradnet.ops import CONSTANT
from microgradnet.ops.floats import as_float
from microgradnet.stepping.javascript import Functions
from microgradnet.stepping.page_layout import MOST_VALUES, View, views_of
from microgradnet.stepping.plane import Plane
from microgradnet.stepping.program import program_of
from microgradnet.stepping.samples import played_alone
from microgradnet.stepping.steps import local_formula, name_in_brackets, partial_text, which_operand
from microgradnet.value import Value

MOST_COMPUTED = 30_000  # with more, each change takes seconds and the file has megabytes
SCRIPTS = (
    "engine.js", "link.js", "moment.js", "picture.js", "unfold.js", "spots.js", "pills.js", "motion.js", "numbers.js",
    "learning.js", "landscape.js", "plane.js", "play.js", "present.js", "controls.js", "navigation.js", "source.js",
    "export.js", "start.js",
)  # fmt: skip


class Page(WebPage):
    """A forward and a backward pass as HTML text. A notebook displays it in a frame.

    Attributes:
        graph: the values that it plays.
        title: its heading.
    """

    _sandbox = "allow-scripts allow-downloads"  # to save a step or slides

    def __init__(self, graph: Graph, title: str, eta: float, plane: Plane | None = None, note: str = "") -> None:
        self.title, self._note = title, note
        self._plane = plane and plane.as_data({node: i for i, node in enumerate(graph.nodes)})
        self.graph, self._eta, self._functions = graph, eta, Functions(graph.computed)

    @cached_property
    def _views(self) -> dict[str, View]:
        refuse_stale(self.graph)
        return views_of(self.graph)

    def _paint(self) -> bytes | None:
        """The finest view of which a PNG is soon painted."""
        painted = (view.picture._repr_png_() for view in self._views.values())
        return next(filter(None, painted), None)

    def _notes(self) -> dict[str, str]:
        """For each kind of view, what is left out, and what names with # say."""
        legend, views, count = Namer(self.graph.nodes).legend(), self._views, len(self.graph)
        too_many = (
            f"{count:,} values are too many for a box each (over {MOST_VALUES}): a box is a neuron or an operation"
        )
        notes = {}
        for name, view in views.items():
            view_note = view.note and f"As the page opens, {view.note}"
            lines = [self._note, "" if "operations" in views else too_many, view_note, legend]
            notes[name.split(",")[0]] = " ".join(f"{line}." for line in lines if line)
        return notes

    def _write(self) -> str:
        graph, functions, views = self.graph, self._functions, self._views
        data = _graph(graph.nodes, functions, views)
        scripts = (reading_script(), *(asset(__file__, name) for name in SCRIPTS))
        script = "\n".join([functions.source, *map(without_comments, scripts)])
        pictures = "\n".join(  # without JavaScript the first picture is visible
            f'<div class="view" data-view="{name}"{" hidden" * (number > 0)}>{_in_page(view, name, number)}</div>'
            for number, (name, view) in enumerate(views.items())
        )
        style = asset(__file__, "page.css") + dark_css("view", set(re.findall(r"[\w-]+", pictures)))
        data |= {"eta": self._eta, "notes": self._notes(), "plane": self._plane}
        data["program"] = program_of(graph.nodes)
        template = re.sub("^ +", "", asset(__file__, "page.html"), flags=re.MULTILINE)  # without indentation
        body = fill(template, {"title": html.escape(self.title), "pictures": pictures})
        return document(self.title, body, style, script, data)


def page(
    root: Value,
    path: str | os.PathLike[str] | None = None,
    *,
    title: str = "",
    eta: float = 0.1,
    plane: Plane | None = None,
) -> Page:
    """A page that plays the forward and the backward pass of a graph, and whose numbers can be changed.

    Args:
        root: the result, as a loss.
        path: a file to write, ending in .html; None writes none.
        title: the heading; by default it names the result.
        eta: the initial learning rate η of "Gradient step".
        plane: two inputs and a data set, for a decision boundary beside the graph.

    Returns:
        The page. A notebook displays it; `.html` is its text, `.save(path)` writes it.

    Raises:
        TypeError: `root` is not a Value, or a rule that it was computed by takes numbers only.
        ValueError: it was computed from more than 30,000 values, or the plane's output is not among them.
        StaleGraphError: a number was changed after something had been computed from it.
        ProviderError: no program to lay out the pictures is installed.

    >>> x, w = Value(3.0, "x"), Value(2.0, "w"); y = w * x; y.label = "y"
    >>> page(y)
    <Page 'Backpropagation through y'>
    """
    if not isinstance(root, Value):
        raise TypeError(
            f"page takes a Value, the result of a computation, as in page(model(x)), got {type(root).__name__}"
        )
    graph = Graph(root)
    refuse_stale(graph)
    root, note = played_alone(graph, [plane.output] if plane else [])
    if note:
        graph = Graph(root)
    if len(graph) > MOST_COMPUTED:
        raise ValueError(
            f"a page computes with at most {MOST_COMPUTED:,} values, this graph has {len(graph):,}: choose a smaller "
            "graph, such as the loss of one sample"
        )
    made = Page(
        graph,
        one_line(title) or f"Backpropagation through {Namer(graph.nodes).title(root)}",
        as_float(eta),
        plane,
        note,
    )
    if path is not None:
        made.save(path)
    return made


def _graph(order: list[Value], functions: Functions, views: Mapping[str, View]) -> dict[str, Any]:
    """The data from which the page computes and writes equations."""
    number = {node: i for i, node in enumerate(order)}
    namer = Namer(order)
    nodes: list[dict[str, Any]] = []
    uses: dict[str, dict[str, str]] = {}
    for i, node in enumerate(order):
        heading = one_line(namer.heading(node)) or namer.name(node)
        about = {
            "name": namer.name(node),
            "bracketed": name_in_brackets(node, namer),
            "heading": heading,
            "kind": node.op.name,
            "f": functions.index(node),
            "data": as_json(node.data),
            "operands": [number[operand] for operand in node.operands],
        }
        if namesake := namer.namesake(node):
            about["namesake"] = namesake
        if node.label not in heading:
            about["label"] = one_line(node.label)
        if node.op is CONSTANT:
            about["constant"] = True
        if node.operands:
            about["template"] = _template(node, namer)
        if node.source:
            about["source"] = one_line(str(node.source))
        nodes.append(about)
        for position in range(len(node.operands) - node.op.constants):
            uses[f"{i},{position}"] = _use(node, position, namer)
    shown = {
        name: {
            "boxes": [view.boxes.get(node, -1) for node in order],
            "rows": [(box, row, what, number[node], one_line(word)) for box, row, what, node, word in view.rows],
            "chips": {f"{number[node]},{position}": box for (node, position), box in view.chips.items()},
            "arrows": {f"{number[node]},{position}": arrow for (node, position), arrow in view.arrows.items()},
        }
        | ({"touching": True} if view.has_touching else {})
        for name, view in views.items()
    }
    return {"nodes": nodes, "root": len(order) - 1, "uses": uses, "shown": shown}


def as_json(x: float) -> float | str:
    """A number as JSON has it, which has neither infinities nor NaN: JavaScript's `Number` reads these from a text."""
    return x if isfinite(x) else str(x).replace("inf", "Infinity").replace("nan", "NaN")


def _template(node: Value, namer: Namer) -> str:
    """The operation with {0}, {1}, … for operands, {0-} if a negative number needs brackets; constants as numbers."""
    if namer.is_long(node):
        return ""
    first_constant = len(node.operands) - node.op.constants
    plain, signed = (
        typography.write(
            node.op,
            [namer.written(o) if i >= first_constant else (f"{{{i}}}", binding) for i, o in enumerate(node.operands)],
        )
        for binding in (ATOM, SIGN)
    )
    for i in range(first_constant):
        if signed.count(f"({{{i}}})") > plain.count(f"({{{i}}})"):
            plain = plain.replace(f"{{{i}}}", f"{{{i}-}}")
    return plain


def _use(node: Value, position: int, namer: Namer) -> dict[str, str]:
    """One use of an operand as equations write it: the partial derivative, its formula, and the operand's position."""
    formula = local_formula(node, position, namer)
    return {
        "partial": partial_text(node, node.operands[position], namer),
        "formula": as_factor(formula) if formula[0] else "",
        "slot": which_operand(node, position, namer),
    }


def _in_page(view: View, name: str, number: int) -> str:
    """A picture with short ids; without its style, which is the page's, tooltips that the page writes, and defaults."""
    svg = re.sub(
        r'<style>.*?</style>| space="preserve"| text-anchor="start"|(?<=font-size="\d\d)\.00| (?=/>)',
        "",
        view.picture.svg,
        flags=re.DOTALL,
    )
    if name.startswith("operations"):
        svg = re.sub("(?<=<title>)[^<]*", "", svg)
    scope = re.search(r' class="(\S+)"', svg)
    return svg.replace(scope[1], f"v{number}") if scope else svg
