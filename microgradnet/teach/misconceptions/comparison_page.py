"""The page of a comparison: the right pass and the wrong one, each played on a picture of the graph."""

import html
import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from microgradnet._shared.webpage import WebPage, asset, document, fill
from microgradnet.drawing.box import NO_BREAK
from microgradnet.drawing.diagram import Diagram
from microgradnet.drawing.fit import extent_of, scale_to
from microgradnet.drawing.ops_view import OpsView
from microgradnet.notation.names import number
from microgradnet.stepping.page_layout import MOST_VALUES, TIGHT, View, view_of
from microgradnet.teach.misconceptions.gradients_view import GradientsView
from microgradnet.teach.misconceptions.listing import ListedComparison
from microgradnet.teach.misconceptions.passes import Step
from microgradnet.value import Value

SPREAD, CLOSE = 0.3, 0.15  # inches between ranks, from left to right and down
NAME = 6  # characters of a name, w⁽¹⁾₁₂, without a number after it
NEAR = 0.08  # inches between cards without data
LINE_WIDTH = 37  # characters: as wide as a parameter with its number, its gradient and its local derivative
SHORT_LINE = 32  # characters: where data are left out
LEGIBLE = 1.0  # of the size that is drawn, 13 pixels: where text is smaller, a picture without data may stand in
GRADIENTS = "gradients"
LAYOUTS: Mapping[str, Mapping[str, Any]] = {
    "down": {"direction": "TB", "spread": CLOSE, "room": TIGHT},
    "narrow": {"direction": "TB", "spread": CLOSE, "stacked": True, "room": TIGHT},
    "across": {"direction": "LR", "spread": SPREAD, "room": TIGHT},
    GRADIENTS: {"direction": "TB", "spread": CLOSE, "stacked": True, "separation": NEAR, "room": NAME},
}
WINDOWS = [(936, 855)], [(616, 515), (1246, 250)], [(416, 470), (842, 225)], [(372, 226)]
"""The rooms for a picture, beside the other or over it, in CSS pixels: projector, laptop, notebook, phone."""


class ComparisonPage(WebPage):
    """A page in which both passes are stepped through side by side."""

    def __init__(self, comparison: ListedComparison) -> None:
        self.title = comparison.misconception.title
        self._comparison = comparison

    def _paint(self) -> bytes | None:
        return self._view(self._comparison.right, self._layouts[0]).picture._repr_png_()

    @cached_property
    def _layouts(self) -> list[str]:
        """The layouts in which text is the largest in one of the windows; the page shows that of its own.

        Gradients without data come last, and only if text is too small in every other one.
        """
        extents = {layout: extent_of(self._drawn(self._comparison.right, layout)[0]) for layout in LAYOUTS}

        def scale(layout: str, rooms: Sequence[tuple[int, int]]) -> float:
            most = LEGIBLE if layout == GRADIENTS else math.inf
            return min(most, max(scale_to(room, extents[layout]) for room in rooms))

        def largest(layouts: Iterable[str], rooms: Sequence[tuple[int, int]]) -> str:
            return max(layouts, key=lambda layout: scale(layout, rooms))

        with_data = [layout for layout in LAYOUTS if layout != GRADIENTS]
        best = dict.fromkeys(largest(some, rooms) for some in (with_data, extents) for rooms in WINDOWS)
        return sorted(best, key=lambda layout: layout == GRADIENTS)

    def _pictures(self, steps: Sequence[Step], side: str) -> str:
        """The pictures of one pass."""
        return "\n".join(self._view(steps, layout, side).picture.svg for layout in self._layouts)

    def _view(self, steps: Sequence[Step], layout: str, side: str = "") -> View:
        return view_of(*self._drawn(steps, layout), side)

    def _drawn(self, steps: Sequence[Step], layout: str) -> tuple[Diagram, OpsView]:
        """One pass with its local derivatives: as wide as the other."""
        diagram = Diagram(backward=True, **LAYOUTS[layout])
        graph, namer = self._comparison.graph, self._comparison.namer
        right, wrong = (
            {(step.node, step.position): number(step.local) for step in passed}
            for passed in (self._comparison.right, self._comparison.wrong)
        )
        marked = {use: local + f"{NO_BREAK}≠" * (right.get(use, local) != local) for use, local in wrong.items()}
        texts = right if steps is self._comparison.right else marked
        notes = {
            use: text.ljust(max(len(right.get(use, "")), len(marked.get(use, ""))), NO_BREAK)
            for use, text in texts.items()
        }
        view, width = (GradientsView, SHORT_LINE) if layout == GRADIENTS else (OpsView, LINE_WIDTH)
        drawn = view(graph, MOST_VALUES, diagram, compact=True, namer=namer, notes=notes, line_width=width)
        diagram.captions = []
        return diagram, drawn

    def _write(self) -> str:
        comparison, row = self._comparison, self._comparison.misconception
        graph = comparison.graph
        if len(graph) > MOST_VALUES:
            raise ValueError(
                f"this page shows at most {MOST_VALUES} values, the graph has {len(graph):,}: print the comparison, "
                "or take a part of the graph, as the loss of one sample"
            )
        views = [self._view(comparison.right, layout) for layout in self._layouts]
        view = views[0]  # boxes are the same in all
        parting = comparison.parting
        index = {node: i for i, node in enumerate(graph.nodes)}
        data = {
            "right": self._steps(comparison.right, index, view, False),
            "wrong": self._steps(comparison.wrong, index, view, True),
            "parting": parting.step if parting else -1,
            "root": index[graph.root],
            "rows": [
                [(box, place, index[node], word) for box, place, what, node, word in view.rows if what == "grad"]
                for view in views
            ],
            "full": len(self._layouts) - (GRADIENTS in self._layouts),
            "verdict": comparison.verdict(),
        }
        legend = comparison.namer.legend()
        parts = {
            "title": html.escape(self.title),
            "belief": html.escape(row.belief),
            "why": html.escape(row.why),
            "right": self._pictures(comparison.right, "the right pass"),
            "wrong": self._pictures(comparison.wrong, row.name),
            "legend": html.escape(legend and f"In the pictures, {legend}."),
            "listing": html.escape(comparison.text()),
        }
        body, style, script = (asset(__file__, f"comparison.{kind}") for kind in ("html", "css", "js"))
        return document(self.title, fill(body, parts), style, script, data)

    def _steps(
        self, steps: Sequence[Step], index: dict[Value, int], view: View, is_wrong: bool
    ) -> list[dict[str, Any]]:
        """For each step: the boxes it leads from and to, the arrow between them if there is one, and its result."""
        return [
            {
                "from": view.boxes[step.node],
                "to": view.chips.get(use, view.boxes.get(step.operand, -1)),
                "edge": view.arrows.get(use, ""),
                "of": index[step.operand],
                "grad": number(step.after),
                "text": self._comparison.equation(step, is_wrong),
            }
            for step in steps
            for use in [(step.node, step.position)]
        ]
