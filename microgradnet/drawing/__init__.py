"""Pictures of computation graphs and of networks: `draw(value_or_module)`.

`draw` chooses a view; the views (`ops_view`, `groups`, `network`) say what is shown, `diagram` writes the DOT,
`provider` lays it out, and `picture` is the result.
"""

from collections.abc import Iterable
from typing import Any

from microgradnet.drawing.diagram import DIRECTIONS, Diagram
from microgradnet.drawing.groups import Groups, GroupsView
from microgradnet.drawing.network import draw_network
from microgradnet.drawing.ops_view import Mark, OpsView
from microgradnet.drawing.picture import Picture
from microgradnet.graph import nearest, size
from microgradnet.naming import Namer
from microgradnet.ops.floats import as_count
from microgradnet.value import Value

__all__ = ["DIRECTIONS", "VIEWS", "Picture", "draw", "draw_dot"]

VIEWS = ("ops", "neurons", "layers")


def draw(
    value_or_module: Any,
    view: str | None = None,
    *,
    direction: str = "LR",
    op_nodes: bool = False,
    expand: bool = False,
    max_nodes: int = 200,
    title: str = "",
    mark: Iterable[Mark] = (),
) -> Picture:
    """The picture of a value's computation graph, or of a network.

    Args:
        value_or_module: a Value, a list of them (a network's outputs), or a Neuron, Layer or MLP.
        view: "ops" draws every value; "neurons" and "layers" draw one box for all that a neuron or a layer computed.
            A module is drawn as a network of circles ("neurons"), or with a box for each layer ("layers"). Left out,
            it is "ops", or the finest view that fits into `max_nodes`.
        direction: the way the arrows run: "LR", "RL", "TB" or "BT".
        op_nodes: draw operations as circles between the boxes.
        expand: draw the products inside a weighted sum.
        max_nodes: how many boxes there may be; a graph with more is cut, and the picture says so.
        title: stands above the picture.
        mark: what the picture of all operations points at: a value, for its box, or a pair of a value and the position
            of one of its operands, for that arrow too.

    Returns:
        A picture that shows itself in a notebook, with `.svg`, `.dot` and `.save(path)`.

    Raises:
        TypeError, ValueError: what was given cannot be drawn, or an option is none of those allowed.

    >>> a = Value(2.0, "a"); y = a * a
    >>> draw(y)
    <Picture 'computation graph of a·a': 2 nodes, 2 edges>
    """
    if view is not None and view not in VIEWS:
        raise ValueError(f"unknown view {view!r}: it must be one of {', '.join(VIEWS)}")
    if direction not in DIRECTIONS:
        raise ValueError(f"unknown direction {direction!r}: it must be one of {', '.join(DIRECTIONS)}")
    as_count(max_nodes, "max_nodes")
    diagram = Diagram(direction=direction, title=title)
    if isinstance(value_or_module, Value):
        roots = [value_or_module]
    elif isinstance(value_or_module, list | tuple) and all(isinstance(v, Value) for v in value_or_module):
        roots = list(value_or_module)
    else:
        draw_network(value_or_module, view or "neurons", max_nodes, diagram)
        return Picture(diagram.to_dot(), title or f"network {value_or_module!r}")
    if not roots:
        raise ValueError("there is nothing to draw: the list of values is empty")
    groups = _groups(roots, view, max_nodes)
    if groups:
        GroupsView(groups, max_nodes, diagram)
    else:
        OpsView(roots, max_nodes, op_nodes, expand, diagram, list(mark))
    return Picture(
        diagram.to_dot(), title or f"computation graph of {Namer(nearest(roots, 100)).heading(roots[0]) or 'a value'}"
    )


def _groups(roots: list[Value], view: str | None, max_nodes: int) -> Groups | None:
    """The groups to draw; None for the view of all operations."""
    if view == "ops" or (view is None and size(*roots) <= max_nodes):
        return None
    if view is not None:
        return Groups(roots, by_layer=view == "layers")
    candidates = (Groups(roots, by_layer) for by_layer in (False, True))
    return next((groups for groups in candidates if len(groups) <= max_nodes), None)


def draw_dot(root: Value, format: str = "svg", rankdir: str = "LR") -> Picture:
    """`draw` under the name and with the arguments that notebooks written for micrograd use.

    The picture shows itself whatever `format` is; save it with `.save(path)`, whose suffix decides.

    >>> draw_dot(Value(2.0, "a") * 3)
    <Picture 'computation graph of a·3': 4 nodes, 3 edges>
    """
    return draw(root, "ops", direction=rankdir, op_nodes=True)
