"""`Plane`: what a page needs to draw a decision boundary, two inputs, an output of theirs, and a data set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from math import isfinite
from typing import Any

from microgradnet.graph import Graph
from microgradnet.ops.floats import as_float
from microgradnet.value import Value


@dataclass(frozen=True)
class Plane:
    """The output of a network over its two inputs, and samples whose sides of the boundary are known.

    Attributes:
        inputs: the two inputs in the graph, of one of its samples.
        output: what is computed from them, as that sample's score.
        X: (n, 2), the samples.
        Y: (n,), for each sample whether its output has to be above the border (a positive number, as 1) or not.
        border: 0 for scores and logits, 0.5 for probabilities.

    Raises:
        ValueError: there are not two inputs that the output is computed from; X is not (n, 2), or Y not (n,), or they
            are empty; or a number of them, or the border, is not finite.

    >>> x1, x2 = Value(0.0, "x1"), Value(1.0, "x2"); y = (x1 - x2).sigmoid()
    >>> Plane((x1, x2), y, [[0, 1], [1, 0]], [0, 1]).border
    0.5
    """

    inputs: Sequence[Value]
    output: Value
    X: Sequence[Sequence[Any]]
    Y: Sequence[Any]
    border: float = 0.5

    def __post_init__(self) -> None:
        inside = set(Graph(self.output).leaves)
        if len(set(self.inputs)) != 2 or not inside.issuperset(self.inputs):
            raise ValueError(
                "a plane needs two inputs that its output is computed from; make them Values, as "
                'x1, x2 = Value(0.5, "x1"), Value(1.0, "x2"), and pass those to the network'
            )
        samples = self.samples
        if not samples or not all(map(isfinite, [*chain(*samples), *map(as_float, self.Y), as_float(self.border)])):
            raise ValueError(
                "the samples of a plane, their answers and the border have to be finite; at least one sample"
            )

    @property
    def samples(self) -> list[tuple[float, float, bool]]:
        """Each sample with whether it belongs above the border.

        Raises:
            ValueError: X is not (n, 2), or Y not (n,).
        """
        if len(self.X) != len(self.Y) or any(len(row) != 2 for row in self.X):
            raise ValueError(f"X has to be (n, 2) and Y (n,), got {len(self.X)} samples and {len(self.Y)} answers")
        return [(as_float(row[0]), as_float(row[1]), as_float(y) > 0) for row, y in zip(self.X, self.Y, strict=True)]

    def as_data(self, number: Mapping[Value, int]) -> dict[str, Any]:
        """The plane for the page, where each value of the graph has a number.

        Raises:
            ValueError: the output is not in the graph.
        """
        if self.output not in number:
            raise ValueError("the output of a plane has to be a part of the graph: pass one that the loss is made of")
        return {
            "inputs": [number[value] for value in self.inputs],
            "output": number[self.output],
            "samples": self.samples,
            "border": as_float(self.border),
        }
