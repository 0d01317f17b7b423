"""`Arrow`: one edge of a diagram, which may stand for a weight."""

from dataclasses import dataclass, replace
from math import isfinite

THINNEST, THICKEST = 0.5, 4.0  # points: the lines of weights
FAINTEST = 0.1
"""The opacity of the smallest weight where lines are crowded; it grows with the square of the size up to 1."""


@dataclass(frozen=True)
class Arrow:
    """One edge of a diagram, from box number `tail` to box number `head`.

    Attributes:
        name: its id in the SVG.
        label: text beside it.
        pill: a number on it.
        width: its thickness in points.
        sign: of what it stands for: a line of +1 is blue, one of −1 orange and dashed.
        opacity: of its line, if it has a sign; from 0 to 1.
        marked: whether it is drawn with a mark.
    """

    tail: int
    head: int
    name: str
    tooltip: str = ""
    label: str = ""
    pill: str = ""
    width: float = 1.0
    sign: int = 0
    opacity: float = 1.0
    marked: bool = False

    def weighed(self, weight: float, largest: float, crowded: bool) -> "Arrow":
        """The arrow as a line of this weight, thicker the larger it is; half as thick, and the fainter, if crowded."""
        size = abs(weight) / (largest or 1.0) if isfinite(weight) else 1.0
        width = THINNEST + (THICKEST / (1 + crowded) - THINNEST) * size
        opacity = FAINTEST + (1 - FAINTEST) * size**2 if crowded else 1.0
        return replace(self, width=width, sign=-1 if weight < 0 else 1, opacity=opacity)
