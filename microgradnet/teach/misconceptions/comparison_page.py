"""The page of a comparison: the right pass and the wrong one, each played on a picture of the graph."""

import html
from collections.abc import Sequence
from typing import Any

from microgradnet._shared.webpage import WebPage, asset, document, fill
from microgradnet.drawing.diagram import Diagram
from microgradnet.drawing.ops_view import OpsView
from microgradnet.notation.names import number
from microgradnet.stepping.page_layout import MOST_VALUES, ROOM, View
from microgradnet.teach.misconceptions.listing import ListedComparison
from microgradnet.teach.misconceptions.passes import Step
from microgradnet.value import Value


class ComparisonPage(WebPage):
    """A page in which both passes are stepped through side by side."""

    def __init__(self, comparison: ListedComparison) -> None:
        self.title = comparison.misconception.title
        self._comparison = comparison

    def _paint(self) -> bytes | None:
        return self._view()[0].picture._repr_png_()

    def _view(self, side: str = "") -> tuple[View, dict[Value, int]]:
        """The picture of one pass, and the number of each value in it."""
        diagram = Diagram(direction="TB", room=ROOM)  # narrow enough to stand beside another
        boxes = OpsView(self._comparison.graph, MOST_VALUES, diagram, namer=self._comparison.namer)
        return View(diagram, side), boxes.numbers

    def _write(self) -> str:
        comparison, row = self._comparison, self._comparison.misconception
        graph = comparison.graph
        if len(graph) > MOST_VALUES:
            raise ValueError(
                f"this page shows at most {MOST_VALUES} values, the graph has {len(graph):,}: print the comparison, "
                "or take a part of the graph, as the loss of one sample"
            )
        (right, numbers), (wrong, _) = map(self._view, ("the right pass", row.name))
        parting = comparison.parting
        data = {
            "right": self._steps(comparison.right, numbers, False),
            "wrong": self._steps(comparison.wrong, numbers, True),
            "parting": parting.step if parting else -1,
            "root": numbers[graph.root],
            "boxes": [numbers[node] for node in graph.uses if graph.uses[node]],
            "verdict": comparison.verdict(),
        }
        parts = {
            "title": html.escape(self.title),
            "belief": html.escape(row.belief),
            "why": html.escape(row.why),
            "right": right.picture.svg,
            "wrong": wrong.picture.svg,
            "listing": html.escape(str(comparison)),
        }
        body, style, script = (asset(__file__, f"comparison.{kind}") for kind in ("html", "css", "js"))
        return document(self.title, fill(body, parts), style, script, data)

    def _steps(self, steps: Sequence[Step], numbers: dict[Value, int], is_wrong: bool) -> list[dict[str, Any]]:
        return [
            {
                "from": numbers[step.node],
                "to": numbers[step.operand],
                "edge": f"e{numbers[step.node]}_{step.position}",
                "grad": number(step.after),
                "text": self._comparison.equation(step, is_wrong),
            }
            for step in steps
        ]
