"""A curve as text, for a terminal: `spark(numbers)`. The same as a picture is `chart`."""

from collections.abc import Sequence
from itertools import pairwise
from math import isfinite

LEVELS = " ▁▂▃▄▅▆▇█"


def spark(numbers: Sequence[float], width: int = 60, height: int = 8) -> str:
    """Numbers as columns of blocks, the largest as high as the plot; more than `width` are averaged.

    Args:
        numbers: finite, at least one; drawn from 0, or from the smallest if that is below 0, up to the largest.
        width: of the plot in characters, at least 1.
        height: of the plot in characters, at least 1.

    Returns:
        Lines with the range at the left and, below, the numbers of the first and the last of them.

    Raises:
        ValueError: there is nothing that can be drawn.

    >>> print(spark([0, 1, 2, 4], height=2))
    4 ┤   █
    0 ┤ ▄██
       0  3
    """
    values = [float(number) for number in numbers]
    if not values or not all(map(isfinite, values)) or width < 1 or height < 1:
        raise ValueError(
            f"spark draws one or more finite numbers on at least 1 × 1 characters, got {len(values)} numbers "
            f"({sum(not isfinite(value) for value in values)} not finite) on {width} × {height}"
        )
    columns = min(width, len(values))
    edges = [len(values) * column // columns for column in range(columns + 1)]
    means = [sum(values[a:b]) / (b - a) for a, b in pairwise(edges)]
    low, high = min(0.0, *means), max(0.0, *means)
    steps = [round((mean - low) / ((high - low) or 1.0) * height * 8) for mean in means]
    labels = [f"{high:.4g}", *[""] * (height - 2), f"{low:.4g}"] if height > 1 else [f"{high:.4g}"]
    margin = max(map(len, labels))
    lines = [
        f"{label:>{margin}} ┤"
        + "".join(LEVELS[min(8, max(0, step - 8 * (height - 1 - row)))] for step in steps).rstrip()
        for row, label in enumerate(labels)
    ]
    last = str(len(values) - 1)
    below = "0" + last.rjust(columns - 1) if len(values) > 1 else "0"
    return "\n".join([*lines, " " * (margin + 2) + below])
