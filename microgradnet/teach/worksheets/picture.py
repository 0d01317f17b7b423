"""The picture of a worksheet: the graph in black and white, with numbered blanks."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from microgradnet.drawing.diagram import Diagram, Row
from microgradnet.drawing.ops_view import OpsView
from microgradnet.drawing.picture import Picture
from microgradnet.drawing.theme import LIGHT, Paint
from microgradnet.notation.names import Namer, number
from microgradnet.teach.misconceptions.passes import Graph
from microgradnet.teach.misconceptions.quantities import GRADIENT, LOCAL, VALUE, Quantity
from microgradnet.value import Value

if TYPE_CHECKING:
    from microgradnet.teach.worksheets.blanks import Blank

BLACK_AND_WHITE = dict.fromkeys(LIGHT, Paint(fill="#ffffff", line="#000000", text="#000000"))
"""Borders alone (rounded, bold, dashed) say what a box is."""
LINE = "_" * 8  # where there is room to write


class SheetView(OpsView):
    """The boxes of a graph in which blanks stand for numbers; of gradients only if some are asked for."""

    def __init__(self, graph: Graph, namer: Namer, texts: dict[Quantity, str], diagram: Diagram) -> None:
        self._graph, self._texts = graph, texts
        self._with_gradients = any(kind == GRADIENT for kind, _, _ in texts)
        super().__init__(graph, len(graph), False, False, diagram, namer=namer)

    def _numbers(self, node: Value, kind: str) -> list[Row]:
        rows: list[Row] = [("data", self._texts.get(Quantity(VALUE, node), number(node.data)))]
        if self._with_gradients and kind != "constant":
            rows.append(("grad", self._texts.get(Quantity(GRADIENT, node), number(self._graph.gradients[node]))))
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
    spread = 0.7 if any(kind == LOCAL for kind, _, _ in texts) else 0.5
    diagram = Diagram(direction, spread=spread, theme=BLACK_AND_WHITE)
    view = SheetView(graph, namer, texts, diagram)
    return Picture(diagram.to_dot(), title, counts=(len(view.numbers), len(diagram.arrows)))
