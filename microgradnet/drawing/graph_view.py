"""The view of a graph that can be read: every value, neurons or layers, and the direction of its arrows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from microgradnet.drawing.diagram import Diagram
from microgradnet.drawing.fit import WIDEST, width_of
from microgradnet.drawing.groups import Groups, draw_groups
from microgradnet.drawing.ops_view import Mark, OpsView
from microgradnet.drawing.placing import Placing
from microgradnet.graph import Graph

VIEWS = ("ops", "neurons", "layers")
LEAVES = ("chips", "boxes")
FOR_OPS = ("leaves", "op_nodes", "expand", "mark", "local_derivatives")
HANDFUL = 10
"""Up to so many values, each has a box by default."""


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

    @property
    def for_ops(self) -> list[str]:
        """The options given that belong to the view of every value."""
        return [name for name in FOR_OPS if getattr(self, name)]


def draw_graph(graph: Graph, wanted: Wanted) -> Diagram:
    """The first of the diagrams that are possible whose text can be read in a column; else the narrowest."""
    tried: list[tuple[Diagram, Groups | None]] = []
    for groups in _candidates(graph, wanted):
        for direction in (wanted.direction,) if wanted.direction else ("LR", "TB"):
            diagram = _draw(graph, groups, direction, wanted)
            if tried:
                is_coarser = groups is not None and tried[0][1] is None
                other = "with every value" if is_coarser else "from left to right"
                diagram.caption += f"\n{other} this would be too wide to read"
            if wanted.direction or width_of(diagram) <= WIDEST:
                return diagram
            tried.append((diagram, groups))
    return min((diagram for diagram, _ in tried), key=width_of)


def _candidates(graph: Graph, wanted: Wanted) -> Iterator[Groups | None]:
    """The views that are possible, from the most detailed: None for every value, then neurons and layers."""
    folded = len(Placing(graph, set(graph.nodes), _is_compact(graph, wanted)).folded)
    is_small = len(graph) - folded <= wanted.max_nodes
    if wanted.view not in {None, "ops"}:
        yield Groups(graph, by_layer=wanted.view == "layers") or None  # a constant alone is in no group
        return
    if wanted.view == "ops" or is_small:
        yield None
        if wanted.view == "ops" or wanted.for_ops:
            return
    found = [
        groups
        for by_layer in (False, True)
        if max(len(groups := Groups(graph, by_layer)), groups.arrows) <= wanted.max_nodes
    ]
    yield from (groups for groups in found if groups.has_neurons or not is_small)
    if not found and not is_small:
        yield None


def _is_compact(graph: Graph, wanted: Wanted) -> bool:
    if wanted.leaves is not None:
        return wanted.leaves == "chips"
    return not (wanted.op_nodes or wanted.expand or len(graph) <= HANDFUL)


def _draw(graph: Graph, groups: Groups | None, direction: str, wanted: Wanted) -> Diagram:
    diagram = Diagram(direction=direction, title=wanted.title)
    if groups is None:
        OpsView(
            graph, wanted.max_nodes, diagram,
            op_nodes=wanted.op_nodes, expand=wanted.expand, compact=_is_compact(graph, wanted),
            local_derivatives=wanted.local_derivatives, mark=wanted.mark,
        )  # fmt: skip
    else:
        draw_groups(groups, wanted.max_nodes, diagram)
        if wanted.for_ops:
            diagram.caption += f'\nleft out: {", ".join(wanted.for_ops)}, for which there is view="ops"'
    return diagram
