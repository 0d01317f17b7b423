"""Pictures of computation graphs and of networks: `draw(value_or_module)`.

`graph_view` chooses a view; a view (`ops_view`, `groups`, `network`) fills a `diagram` with boxes and arrows, which is
written as DOT; `provider` lays the DOT out, and the result is a `picture`. A `figure` is one of matplotlib's, and a
`chart` a figure with curves.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from microgradnet._shared.arguments import as_count, one_of
from microgradnet._shared.text import counted, shorten
from microgradnet.drawing.diagram import DIRECTIONS, Diagram
from microgradnet.drawing.fit import turn_if_wide
from microgradnet.drawing.graph_view import LEAVES, VIEWS, Wanted, draw_graph
from microgradnet.drawing.network import draw_network, name_of
from microgradnet.drawing.ops_view import Mark
from microgradnet.drawing.picture import Picture
from microgradnet.graph import Graph
from microgradnet.notation.names import Namer
from microgradnet.value import Value

__all__ = ["DIRECTIONS", "VIEWS", "Picture", "draw", "draw_dot"]

NAMED = 3  # changed numbers that a caption names


def draw(
    value_or_module: Any,
    view: str | None = None,
    *,
    direction: str | None = None,
    leaves: str | None = None,
    op_nodes: bool = False,
    expand: bool = False,
    max_nodes: int = 200,
    title: str = "",
    mark: Value | Iterable[Mark] = (),
    local_derivatives: bool = False,
) -> Picture:
    """The picture of a value's computation graph, or of a network.

    Args:
        value_or_module: a Value, a list of them (a network's outputs, nested as these are), a Neuron, Layer or MLP, a
            compiled program, or the report of `gradcheck(value)`: which derivatives are wrong, and the right ones.
        view: "ops" draws every value; "neurons" and "layers" draw one box for all results of a neuron or a layer, with
            the range of many values and a colour for the size of their gradients. A module is drawn as a network of
            circles ("neurons"), or with a box for each layer ("layers"). The default is "ops" for a small graph, else
            the most detailed view within `max_nodes`.
        direction: the way the arrows run: "LR", "RL", "TB" or "BT". By default a graph runs from left to right if its
            text can be read (10 pixels or more) with the picture in a column of 830 pixels and on a screen of 1,000,
            else down. If neither can be read, of the terms of a sum that are computed alike, as those of a loss over
            samples, the largest is drawn; else the next coarser view; else the values nearest the result. The caption
            says so. A network or a program that is too wide runs down, too.
        leaves: how "ops" draws leaves. "chips" docks the leaves of a value to its box (a parameter, and an input of
            neurons with up to 3 inputs, to each value that uses it), writes constants in formulas, puts a neuron's
            weighted sum and activation on one card, and folds runs of one operation ("tanh × 200"); "boxes" gives each
            value a box. The default is "boxes" for up to 10 values, and with `op_nodes` or `expand`.
        op_nodes: draw operations as circles between the boxes of "ops".
        expand: draw the products inside a weighted sum, in "ops".
        max_nodes: the largest number of values in "ops" (not counting the circles of `op_nodes` and the products of
            `expand`), or of boxes in "neurons" and "layers". A larger graph is cut, and the picture says so. These two
            are chosen by default only if they have no more arrows than that, either.
        title: stands above the picture.
        mark: boxes and arrows to mark in "ops": a value, for its box, or a pair of a value and the position of one of
            its operands, for that arrow too.
        local_derivatives: write on each arrow and chip in "ops" the local derivative ∂, that of the next value by this
            one: after a backward pass, the next value's grad times ∂ is what goes into this one's grad.

    Returns:
        A picture that shows itself in a notebook, with `.svg`, `.dot` and `.save(path)`; also with `.source`,
        `.format`, `.pipe()`, `.render()` and `.view()`, as a `graphviz.Digraph` has them.

    Raises:
        TypeError, ValueError: `value_or_module` cannot be drawn, or an option has a value that is not allowed.

    >>> a = Value(2.0, "a"); y = a * a
    >>> draw(y)
    <Picture 'computation graph of a·a': 2 nodes, 2 edges>
    """
    for name, given, known in (("view", view, VIEWS), ("direction", direction, DIRECTIONS), ("leaves", leaves, LEAVES)):
        if given is not None:
            one_of(known, given, name)
    if leaves == "chips" and (op_nodes or expand):
        raise ValueError('op_nodes and expand belong to leaves="boxes"; leaves="chips" has no circles and products')
    as_count(max_nodes, "max_nodes")
    if not isinstance(title, str):
        raise TypeError(f"title is a str, got {title!r}")
    mark = [mark] if isinstance(mark, Value) else list(mark)
    verdict, notes = "", {}
    if hasattr(value_or_module, "marks"):  # a report of gradcheck
        mark += value_or_module.marks
        notes = value_or_module.notes
        verdict = str(value_or_module).partition("\n")[0]
        value_or_module, view = value_or_module.root, view or "ops"
    wanted = Wanted(view, direction, leaves, op_nodes, expand, max_nodes, title, mark, local_derivatives, notes)
    if isinstance(value_or_module, Value):
        roots = [value_or_module]
    elif isinstance(value_or_module, list | tuple):
        roots = _values(value_or_module)
    elif hasattr(value_or_module, "draw_into"):  # a compiled program
        _refuse([*wanted.for_ops, *["view"] * (view is not None)], "a program")
        diagram = Diagram(direction=direction or "LR", title=title)
        name = value_or_module.draw_into(diagram, max_nodes)
        if direction is None:
            turn_if_wide(diagram)
        return _picture(diagram, title or name)
    else:
        diagram = draw_network(value_or_module, view, max_nodes, direction, title)
        _refuse(wanted.for_ops, "a network")
        return _picture(diagram, title or f"network {name_of(value_or_module)}")
    if view in {"neurons", "layers"}:
        _refuse(wanted.for_ops, f'view="{view}"')
    graph = Graph(*roots)
    _refuse_marks(graph, mark)
    namer = Namer(graph.nodes)
    diagram = draw_graph(graph, namer, wanted)
    legend = namer.legend("\n".join(str(row) for box in diagram.boxes for row in box.rows))
    diagram.captions = [line for line in (verdict, *diagram.captions, legend, _note_of_changes(graph, namer)) if line]
    return _picture(diagram, title or f"computation graph of {namer.title(roots[0])}")


def _refuse_marks(graph: Graph, marks: Iterable[Any]) -> None:
    """Raise an error for a mark that is of no box and no arrow of the graph."""
    nodes = set(graph.nodes)
    for mark in marks:
        node, position = mark if isinstance(mark, tuple) and len(mark) == 2 else (mark, None)
        if not isinstance(node, Value) or node not in nodes:
            raise ValueError(
                f"mark has what is not in the graph, {mark!r:.200}: write values of it, or (value, operand)"
            )
        if position is not None and position not in range(len(node.operands)):
            raise ValueError(f"mark: {node!r} has {counted(len(node.operands), 'operand')}, from 0; got {position!r}")


def _picture(diagram: Diagram, title: str) -> Picture:
    nodes = sum(box.role != "heading" for box in diagram.boxes)
    return Picture(diagram.to_dot(), title, counts=(nodes, len(diagram.arrows)))


def _values(values: Sequence[Any]) -> list[Value]:
    """The values of nested lists, checked."""
    if not values:
        raise ValueError("there is nothing to draw: the list of values is empty")
    found = []
    for index, value in enumerate(values):
        if isinstance(value, list | tuple):
            found += _values(value)
        elif isinstance(value, Value):
            found.append(value)
        else:
            raise TypeError(
                f"draw takes a list of Values, but its element {index} is {type(value).__name__}: {value!r}"
            )
    return found


def _refuse(options: list[str], where: str) -> None:
    if options:
        names, belong = " and ".join(options), "belongs" if len(options) == 1 else "belong"
        raise ValueError(f'{names} {belong} to view="ops", which shows every operation; {where} does not')


def _note_of_changes(graph: Graph, namer: Namer) -> str:
    """A line that names the numbers changed after something was computed from them; "" if there are none."""
    changed = list(dict.fromkeys(changed for changed, _ in graph.stale()))
    if not changed:
        return ""
    names = ", ".join(shorten(namer.name(leaf)) for leaf in changed[:NAMED])
    if len(changed) > NAMED:
        names += f" and {len(changed) - NAMED:,} more"
    were, their = ("was", "its number is") if len(changed) == 1 else ("were", "their numbers are")
    return f"{names} {were} changed after this was computed: {their} new, what was computed is old"


def draw_dot(root: Value, format: str = "svg", rankdir: str = "LR") -> Picture:
    """`draw` under the name and with the arguments that notebooks written for micrograd use.

    Args:
        root: the result.
        format: the picture's `.format`, in which `.render()` and `.pipe()` draw: "svg", "png" or "pdf".
        rankdir: the way the arrows run: "LR", "RL", "TB" or "BT".

    Raises:
        TypeError, ValueError: it cannot be drawn, or an option has a value that is not allowed.

    >>> draw_dot(Value(2.0, "a") * 3)
    <Picture 'computation graph of a·3': 4 nodes, 3 edges>
    """
    picture = draw(root, "ops", direction=rankdir, op_nodes=True)
    picture.format = format
    return picture
