"""The view of a worksheet's graph: black and white, with numbered blanks."""

from collections.abc import Sequence

from microgradnet.drawing.box import NO_BREAK, Cell, Row
from microgradnet.drawing.diagram import Diagram
from microgradnet.drawing.ops_view import OpsView, Use
from microgradnet.drawing.placing import Placing
from microgradnet.drawing.theme import LIGHT, Paint
from microgradnet.notation.names import Namer, number
from microgradnet.teach.misconceptions.passes import SolvedGraph
from microgradnet.teach.worksheets.quantities import GRADIENT, LOCAL, VALUE, Quantity
from microgradnet.value import Value

BLACK_AND_WHITE = dict.fromkeys(LIGHT, Paint(fill="#ffffff", line="#000000", text="#000000"))
"""Borders alone (rounded, bold, dashed) distinguish the kinds of boxes."""
LINE = "_" * 8  # room to write an answer


def has_room(graph: SolvedGraph) -> bool:
    """Whether a compact picture has a place for every blank: it folds repeats, and docks few leaves to one value."""
    placing = Placing(graph, graph.nodes, compact=True)
    is_crowded = any(placing.chips_of(node) != placing.shown_chips_of(node) for node in graph.computed)
    return not (placing.folded or is_crowded)


class WorksheetView(OpsView):
    """The boxes of a graph with texts in place of some numbers; gradients are shown only if some are blanked."""

    def __init__(self, graph: SolvedGraph, namer: Namer, texts: dict[Quantity, str], diagram: Diagram) -> None:
        self._graph, self._texts, self._written = graph, texts, set[Quantity]()
        self._with_gradients = any(quantity.kind == GRADIENT for quantity in texts)
        notes = {(node, position): text for (kind, node, position), text in texts.items() if kind == LOCAL}
        super().__init__(graph, len(graph), diagram, namer=namer, compact=has_room(graph), notes=notes)

    def _numbers(self, node: Value, kind: str) -> list[Row]:
        rows: list[Row] = [Cell("data", self._text(Quantity(VALUE, node), node.data))]
        if self._with_gradients and kind != "constant":
            rows.append(Cell("grad", self._text(Quantity(GRADIENT, node), self._graph.gradients[node])))
        return rows

    def _local_rows(self, node: Value, uses: Sequence[Use]) -> list[Row]:
        """As in every picture; beside its frame is space to the border of the box."""
        local = self._local(node, uses)
        return [Cell("∂", local + NO_BREAK)] if local else []

    def _text(self, quantity: Quantity, answer: float) -> str:
        """The number, or its blank; on a second chip of a leaf its blank without the line to write on."""
        text = self._texts.get(quantity, number(answer))
        if quantity in self._written:
            return text.rstrip(" _")
        self._written.add(quantity)
        return text

    def _tooltip(self, node: Value, kind: str) -> str:  # tooltips must not show the answers
        return self.namer.heading(node)

    def _arrow_tooltip(self, node: Value, operand: Value, derivative: float | None) -> str:
        return super()._arrow_tooltip(node, operand, None)
