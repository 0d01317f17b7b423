"""`page(loss)`: one HTML file in which a forward and a backward pass are played, and in which numbers can be changed.

Python gives the page the graph, its pictures, its names and formulas, and the rules as JavaScript. The rest is in
`assets/`: all that is computed from numbers in `engine.js`, what is shown in `moment.js` and `picture.js`, what is
clicked in `controls.js`.
"""

import html
import os
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Any

from microgradnet._shared.text import one_line
from microgradnet._shared.webpage import WebPage, fill
from microgradnet.backward import refuse_stale
from microgradnet.graph import size, walk
from microgradnet.notation.names import Namer, as_factor, in_brackets, role
from microgradnet.notation.writers import TEXT
from microgradnet.ops import CONSTANT
from microgradnet.ops.floats import as_float
from microgradnet.ops.operation import ATOM, SIGN
from microgradnet.stepping.javascript import Functions
from microgradnet.stepping.page_layout import MOST_VALUES, View, views_of
from microgradnet.stepping.steps import MOST_WRITTEN, derivative
from microgradnet.value import Value

MOST_COMPUTED = 30_000  # more take a browser seconds a change, and megabytes
ASSETS = Path(__file__).with_name("assets")


class Page(WebPage):
    """A forward and a backward pass as HTML text. It shows itself in a notebook, in a frame of its own."""

    def __init__(self, root: Value, title: str, eta: float) -> None:
        self._root, self.title, self._eta = root, title, eta

    def _write(self) -> str:
        leaves, computed = walk(self._root)
        refuse_stale(leaves, computed)
        functions = Functions(computed)
        views = views_of(self._root, len(leaves) + len(computed))
        graph = _graph(leaves + computed, functions, views)
        script = "\n".join(
            [_asset("engine.js"), functions.source, *map(_asset, ("moment.js", "picture.js", "controls.js"))]
        )
        svgs = [f'<div class="view" data-view="{name}" hidden>{view.picture.svg}</div>' for name, view in views.items()]
        svgs[0] = svgs[0].replace(" hidden>", ">", 1)  # there also without JavaScript
        about = {"eta": self._eta, "note": _note(len(graph["nodes"]), views)}
        parts = {"title": html.escape(self.title), "style": _asset("page.css"), "pictures": "\n".join(svgs)}
        return fill(_asset("page.html"), script, graph | about, parts)


def page(root: Value, path: str | os.PathLike[str] | None = None, *, title: str = "", eta: float = 0.1) -> Page:
    """A page that plays the forward and the backward pass of a graph, and in which its numbers can be changed.

    Args:
        root: the result, as a loss.
        path: where it is written to, if it is given; the name ends in .html.
        title: stands above it; the result's name if it is left out.
        eta: the learning rate η that "take one gradient step" begins with.

    Returns:
        The page. In a notebook it shows itself; `.html` is its text, `.save(path)` writes it.

    Raises:
        TypeError: `root` is no Value.
        ValueError: it was computed from more than 30,000 values.
        StaleGraphError: a number was changed after something had been computed from it.
        ProviderError: there is no program to lay out the pictures.

    >>> x, w = Value(3.0, "x"), Value(2.0, "w"); y = w * x; y.label = "y"
    >>> page(y)
    <Page 'Backpropagation through y'>
    """
    if not isinstance(root, Value):
        raise TypeError(f"page takes a Value, the result of a computation, got {type(root).__name__}")
    if (count := size(root)) > MOST_COMPUTED:
        raise ValueError(
            f"a page computes with at most {MOST_COMPUTED:,} values, this graph has {count:,}: make the page of a part "
            "of it, as the loss of one sample"
        )
    name = Namer().name(root)
    made = Page(root, one_line(title) or f"Backpropagation through {name}", as_float(eta))
    if path is not None:
        made.save(path)
    return made


def _graph(order: list[Value], functions: Functions, views: Mapping[str, View]) -> dict[str, Any]:
    """What the page computes with and writes equations from."""
    number = {node: i for i, node in enumerate(order)}
    namer = Namer(order, for_equations=True)
    root = order[-1]
    nodes: list[dict[str, Any]] = []
    uses: dict[str, dict[str, str]] = {}
    for i, node in enumerate(order):
        about = {
            "name": namer.name(node),
            "bracketed": in_brackets(namer.written(node)),
            "heading": one_line(namer.heading(node)) or namer.name(node),
            "kind": role(node, [root]) if not node.operands else node.op.name,
            "f": functions.index(node),
            "data": node.data
            if isfinite(node.data)
            else f"{node.data}".replace("inf", "Infinity").replace("nan", "NaN"),
            "operands": [number[operand] for operand in node.operands],
        }
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
            "rows": [(box, row, what, number[node]) for box, row, what, node in view.rows],
            "arrows": {f"{number[node]},{position}": arrow for (node, position), arrow in view.arrows.items()},
            "clusters": view.clusters,
        }
        for name, view in views.items()
    }
    return {"nodes": nodes, "root": len(order) - 1, "uses": uses, "shown": shown}


def _template(node: Value, namer: Namer) -> str:
    """The operation with {0}, {1}, … for its operands, {0-} where a negative one has brackets; constants as numbers."""
    if namer.is_long(node):
        return ""
    first_constant = len(node.operands) - node.op.constants
    plain, signed = (
        node.op.write(
            [namer.written(o) if i >= first_constant else (f"{{{i}}}", binding) for i, o in enumerate(node.operands)]
        )
        for binding in (ATOM, SIGN)
    )
    for i in range(first_constant):
        if signed.count(f"({{{i}}})") > plain.count(f"({{{i}}})"):
            plain = plain.replace(f"{{{i}}}", f"{{{i}-}}")
    return plain


def _use(node: Value, position: int, namer: Namer) -> dict[str, str]:
    """What an equation says of one use of an operand: the partial derivative, its formula, and which slot it is."""
    operand = node.operands[position]
    written = [namer.written(value) for value in (node, *node.operands)]
    formula = derivative(node, position, TEXT, written)
    use = {
        "partial": f"∂{in_brackets(namer.written(node))}/∂{in_brackets(namer.written(operand))}",
        "formula": ""
        if not formula[0] or (namer.is_long(node) and len(formula[0]) > MOST_WRITTEN)
        else as_factor(formula),
    }
    if node.operands.count(operand) > 1:
        use["slot"] = f"operand {position + 1} of {namer.expression(node)}"
    return use


def _note(count: int, views: Mapping[str, View]) -> str:
    if "operations" in views:
        return ""
    return (
        f"{count:,} values are too many to be shown one by one (over {MOST_VALUES}): a box here is a neuron, or a step."
    )


def _asset(name: str) -> str:
    return (ASSETS / name).read_text("utf-8")
