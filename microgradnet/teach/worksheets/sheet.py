"""`Sheet`: a graph of which some numbers are left out, its picture, and a table to answer in."""

import os
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from microgradnet.drawing.picture import Picture
from microgradnet.notation.names import Namer
from microgradnet.teach.misconceptions.passes import Graph
from microgradnet.teach.misconceptions.quantities import Quantity
from microgradnet.teach.worksheets.answers import Answer, write_answers
from microgradnet.teach.worksheets.blanks import blanks_of
from microgradnet.teach.worksheets.picture import draw_sheet


class Sheet:
    """A graph of which some numbers are left out: its picture, and its table of answers.

    Attributes:
        title: stands above it.
        name: stands in the table of answers.
        fingerprint: of the numbers of its leaves: sheets with other numbers have another.
        graph: what the answers are computed from.
        blanks: what is left out, in the order of computing.
    """

    def __init__(self, graph: Graph, quantities: Sequence[Quantity], title: str, name: str) -> None:
        self.graph = graph
        self._namer = Namer([*graph.leaves, *graph.computed], for_equations=True)
        self.title = title or f"Worksheet: {self._namer.name(graph.root)}"
        digits = repr([leaf.data for leaf in graph.leaves])
        self.fingerprint = sha256(digits.encode()).hexdigest()[:8]
        self.name = name or f"{self.title}/{self.fingerprint}"
        self.blanks = blanks_of(graph, quantities, self._namer)

    @property
    def svg(self) -> str:
        """The graph with its blanks as SVG, in black and white."""
        return self.picture().svg

    def picture(self, filled: bool = False, direction: str = "LR") -> Picture:
        """The graph with its blanks; `filled` with the answers.

        Args:
            filled: whether the answers stand in place of the blanks.
            direction: the way the arrows run: "LR", "RL", "TB" or "BT".
        """
        return draw_sheet(self.graph, self._namer, self.blanks, self.title, filled, direction)

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
