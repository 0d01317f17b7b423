"""The view of a graph that can be read: every value, neurons or layers, and the direction of its arrows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from microgradnet.drawing.diagram import Diagram
from microgradnet.drawing.fit import TALLEST, TOO_SMALL, WIDEST, extent_of, fits, is_legible
from microgradnet.drawing.group_boxes import draw_groups
from microgradnet.drawing.groups import Groups
from microgradnet.drawing.ops_view import Mark, OpsView, Use
from microgradnet.drawing.placing import Placing
from microgradnet.drawing.repeats import Repeats
from microgradnet.graph import Graph
from microgradnet.notation.names import Namer

VIEWS = ("ops", "neurons", "layers")
LEAVES = ("chips", "boxes")
FOR_OPS = ("leaves", "op_nodes", "expand", "mark", "local_derivatives")
HANDFUL = 10
"""Up to so many values, each has a box by default."""
FEWER = (150, 100, 70, 50, 35, 25, 18, 12, 8)
"""So many values are tried where no picture of all of them can be read."""
View: TypeAlias = Groups | Repeats | None
"""What is drawn: groups of values, every value except folded terms, or every value."""


@dataclass(frozen=True)
class Wanted:
    """What is asked of the picture of a graph: arguments of `draw`, None where the choice is free."""

    view: str | None = None
    direction: str | None = None
    leaves: str | None = None
    op_nodes: bool = False
    expand: bool = False
    max_nodes: int = 200
    title: str = ""
    mark: Sequence[Mark] = ()
    local_derivatives: bool = False
    notes: Mapping[Use, str] = field(default_factory=dict)

    @property
    def for_ops(self) -> list[str]:
        """The options given that belong to the view of every value."""
        return [name for name in FOR_OPS if getattr(self, name)]

    @property
    def has_every_box(self) -> bool:
        """Whether every value is to be seen, for which no coarser view can stand."""
        return not {"local_derivatives"}.issuperset(self.for_ops)


def draw_graph(graph: Graph, namer: Namer, wanted: Wanted) -> Diagram:
    """The first of the diagrams that are possible whose text can be read on a screen; else the narrowest."""
    tried: list[tuple[Diagram, View]] = []
    for view in _candidates(graph, namer, wanted):
        for direction, stacked in _layouts(wanted, isinstance(view, Groups)):
            diagram = _draw(graph, namer, view, direction, stacked, wanted)
            if tried:
                diagram.captions.append(_too_large(*tried[0], view))
            if wanted.direction or fits(diagram):
                return diagram
            tried.append((diagram, view))
    narrow = [diagram for diagram, _ in tried if extent_of(diagram)[0] <= WIDEST]
    shortest = min(narrow, key=lambda diagram: extent_of(diagram)[1], default=None)
    whole = shortest or min((diagram for diagram, _ in tried), key=extent_of)
    is_large = shortest is None or extent_of(shortest)[1] > 2 * TALLEST
    if is_large and wanted.view is None and not wanted.has_every_box:
        return _cut(graph, namer, wanted) or whole
    if wanted.view == "neurons" and shortest is None:
        whole.captions.append(TOO_SMALL)
    return whole


def _cut(graph: Graph, namer: Namer, wanted: Wanted) -> Diagram | None:
    """The picture of as many of the values nearest the result as can be read."""
    tries = [(min(most, wanted.max_nodes), layout) for most in FEWER for layout in _layouts(wanted, False)]
    for most, (direction, stacked) in tries:
        diagram = _draw(graph, namer, None, direction, stacked, replace(wanted, max_nodes=most))
        if fits(diagram) and is_legible(diagram):
            return diagram
    return None


def _layouts(wanted: Wanted, are_boxes: bool) -> list[tuple[str, bool]]:
    """The directions that are tried, and whether chips stand above their boxes where there is room beside them."""
    if wanted.direction:
        return [(wanted.direction, False)]
    return [("LR", False), ("TB", False), *[("TB", True)] * (not are_boxes)]


def _too_large(first: Diagram, before: View, view: View) -> str:
    """Why this view is drawn, and not the first."""
    way = "wide" if extent_of(first)[0] > WIDEST else "high"
    if isinstance(view, Repeats):
        return f"with every term this would be too {way} to read"
    other = "with every value" if before is None and view is not None else "from left to right"
    return f"{other} this would be too {way} to read"


def _candidates(graph: Graph, namer: Namer, wanted: Wanted) -> Iterator[View]:
    """The views that are possible, from the most detailed: every value, without terms alike, neurons and layers."""
    is_compact = _is_compact(graph, wanted)
    is_small = Placing(graph, set(graph.nodes), is_compact).count <= wanted.max_nodes
    if wanted.view not in {None, "ops"}:
        yield Groups(graph, wanted.view == "layers", namer) or None  # a constant alone is in no group
        return
    if wanted.view == "ops" or wanted.mark or is_small:
        yield None
        if wanted.view == "ops":
            return
        marked = [mark[0] if isinstance(mark, tuple) else mark for mark in wanted.mark]
        if is_compact and (repeats := Repeats(graph, marked)).caption:
            yield repeats
        if wanted.has_every_box:
            return
    found = [
        groups
        for by_layer in (False, True)
        if max(len(groups := Groups(graph, by_layer, namer)), groups.arrows) <= wanted.max_nodes
    ]
    yield from (groups for groups in found if groups.has_neurons or not is_small)
    if not found and not is_small:
        yield None


def _is_compact(graph: Graph, wanted: Wanted) -> bool:
    if wanted.leaves is not None:
        return wanted.leaves == "chips"
    return not (wanted.op_nodes or wanted.expand or len(graph) <= HANDFUL)


def _draw(graph: Graph, namer: Namer, view: View, direction: str, stacked: bool, wanted: Wanted) -> Diagram:
    diagram = Diagram(direction=direction, title=wanted.title, stacked=stacked)
    if view is None or isinstance(view, Repeats):
        OpsView(
            graph, wanted.max_nodes, diagram, namer=namer,
            op_nodes=wanted.op_nodes, expand=wanted.expand, compact=_is_compact(graph, wanted),
            local_derivatives=wanted.local_derivatives, mark=wanted.mark, notes=wanted.notes, repeats=view,
        )  # fmt: skip
    else:
        draw_groups(view, wanted.max_nodes, diagram, ranges=True)
        if wanted.for_ops:
            diagram.captions.append(f'left out: {", ".join(wanted.for_ops)}, for which there is view="ops"')
    return diagram
