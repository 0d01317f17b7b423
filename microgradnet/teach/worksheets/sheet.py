"""`Sheet`: a graph with blanks in place of some numbers, its picture, and its table of answers."""

import os
import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from microgradnet.drawing.diagram import Diagram
from microgradnet.drawing.fit import scale_to
from microgradnet.drawing.picture import Picture
from microgradnet.drawing.theme import LIGHT, Paint
from microgradnet.notation.names import Namer, number
from microgradnet.teach.misconceptions.passes import SolvedGraph
from microgradnet.teach.worksheets.answers import Answer, write_answers
from microgradnet.teach.worksheets.blanks import blanks_of
from microgradnet.teach.worksheets.quantities import LOCAL, Quantity
from microgradnet.teach.worksheets.worksheet_view import BLACK_AND_WHITE, LINE, WorksheetView

DIRECTIONS = ("LR", "TB")
"""The directions of the arrows that are tried."""
LAYOUTS = (*((way, False) for way in DIRECTIONS), ("TB", True))
"""Of a picture on a screen: the direction, and whether leaves stand above what uses them, not beside it."""

WRITTEN = 19
"""The height of a line of a card with blanks or frames, in points: they keep off its border."""


class Sheet:
    """A graph with blanks in place of some numbers: its picture, and its table of answers.

    Attributes:
        title: the heading.
        name: identifies it in the table of answers.
        fingerprint: a hash of the numbers of its leaves.
        graph: the graph that the answers are computed from.
        blanks: the blanks, in the order of computing.
    """

    def __init__(self, graph: SolvedGraph, quantities: Sequence[Quantity], title: str, name: str) -> None:
        self.graph = graph
        self._namer = Namer(graph.nodes)
        self.title = title or f"Worksheet: {self._namer.name(graph.root)}"
        self.fingerprint = sha256(repr([leaf.data for leaf in graph.leaves]).encode()).hexdigest()[:8]
        self.name = name or f"{self.title}/{self.fingerprint}"
        self.blanks = blanks_of(graph, quantities, self._namer)

    @property
    def svg(self) -> str:
        """The graph with its blanks as SVG, in black and white."""
        return self.picture().svg

    def picture(
        self,
        filled: bool = False,
        direction: str = "LR",
        theme: Mapping[str, Paint] = BLACK_AND_WHITE,
        stacked: bool = False,
    ) -> Picture:
        """The graph with its blanks.

        Args:
            filled: show the answers in place of the blanks.
            direction: the direction of the arrows: "LR", "RL", "TB" or "BT".
            theme: the colours, black and white for paper.
            stacked: whether leaves stand above what uses them in a picture that runs down, too.
        """
        texts = {b.quantity: f"({b.number}) {number(b.answer) if filled else LINE}" for b in self.blanks}
        is_framed = any(quantity.kind == LOCAL for quantity in texts)
        diagram = Diagram(direction, spread=0.7 if is_framed else 0.5, theme=theme, stacked=stacked)
        if is_framed or not filled:
            diagram.line = WRITTEN
        view = WorksheetView(self.graph, self._namer, texts, diagram)
        if filled:
            diagram.captions = []  # the sheet says how to read it
        diagram.captions += filter(None, [self._namer.legend()])
        return Picture(diagram.to_dot(), self.title, counts=(len(view.numbers), len(diagram.arrows)))

    def svgs_in(self, *rooms: tuple[float, float]) -> list[str]:
        """The graph as SVG in colour, in the layouts that are the largest in rooms of these widths and heights."""
        svgs = [self.picture(direction=way, theme=LIGHT, stacked=stacked).svg for way, stacked in LAYOUTS]
        return list(dict.fromkeys(max(svgs, key=lambda svg: scale_to(room, size_of(svg))) for room in rooms))

    def save_answers(self, path: str | os.PathLike[str], filled: bool = False) -> Path:
        """Write the table of the blanks to a .csv or .json file: to be filled in, or `filled` with the answers.

        Raises:
            ValueError: the name ends in neither.
        """
        return write_answers(
            path, [Answer(self.name, str(b.number), b.name, repr(b.answer) if filled else "") for b in self.blanks]
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.title!r}: {len(self.blanks)} blanks>"


def size_of(svg: str) -> tuple[float, float]:
    """Width and height of a picture, in points."""
    width, height = re.findall(r'(?:width|height)="([\d.]+)pt"', svg)[:2]
    return float(width), float(height)
