"""The picture of a worksheet: the graph in black and white, with numbered blanks."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from microgradnet.drawing.diagram import Diagram
from microgradnet.drawing.ops_view import OpsView
from microgradnet.drawing.picture import Picture
from microgradnet.drawing.theme import LIGHT
from microgradnet.notation.names import Namer, number
from microgradnet.teach.misconceptions.passes import Graph
from microgradnet.teach.misconceptions.quantities import GRADIENT, LOCAL, VALUE, Quantity
from microgradnet.value import Value

if TYPE_CHECKING:
    from microgradnet.teach.worksheets.blanks import Blank

WHITE, BLACK = "#ffffff", "#000000"
LINE = "_" * 8  # where there is room to write


class SheetView(OpsView):
    """The boxes of a graph in which blanks stand for numbers; of gradients only if some are asked for."""

    def __init__(self, graph: Graph, namer: Namer, texts: dict[Quantity, str], diagram: Diagram) -> None:
        self._graph, self._texts = graph, texts
        self._with_gradients = any(kind == GRADIENT for kind, _, _ in texts)
        super().__init__([graph.root], len(graph.uses), False, False, diagram, namer=namer)

    def _numbers(self, node: Value, kind: str) -> list[str]:
        rows = [f"data {self._texts.get(Quantity(VALUE, node), number(node.data))}"]
        if self._with_gradients and kind != "constant":
            rows.append(f"grad {self._texts.get(Quantity(GRADIENT, node), number(self._graph.gradients[node]))}")
        return rows

    def _label(self, node: Value, position: int) -> str:
        return self._texts.get(Quantity(LOCAL, node, position), "")

    def _tooltip(self, node: Value, kind: str) -> str:  # tooltips must not tell the answers
        return self.namer.heading(node)

    def _arrow_tooltip(self, node: Value, operand: Value, derivative: float | None) -> str:
        return super()._arrow_tooltip(node, operand, None)


def draw_sheet(
    graph: Graph, namer: Namer, blanks: Sequence["Blank"], title: str, filled: bool, direction: str
) -> Picture:
    """The picture, its arrows in this direction; `filled` with the answers in place of the blanks."""
    texts = {b.quantity: f"({b.number}) {number(b.answer) if filled else LINE}" for b in blanks}
    diagram = Diagram(direction, spread=0.7 if any(kind == LOCAL for kind, _, _ in texts) else 0.5)
    view = SheetView(graph, namer, texts, diagram)
    return Picture(black_and_white(diagram.to_dot()), title, counts=(len(view.numbers), len(diagram.arrows)))


def black_and_white(dot: str) -> str:
    """The graph in two colours: borders alone (rounded, bold, dashed, double) say what a box is.

    >>> black_and_white('n0 [fillcolor="#d3e9fa" color="#00639c"]')
    'n0 [fillcolor="#ffffff" color="#000000"]'
    """
    for paint in LIGHT.values():
        dot = dot.replace(f'fillcolor="{paint.fill}"', f'fillcolor="{WHITE}"')
        for colour in (paint.line, paint.text):
            if colour != WHITE:
                dot = dot.replace(f'color="{colour}"', f'color="{BLACK}"')
    return dot
