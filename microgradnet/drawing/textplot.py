"""A curve as text, for a terminal: `spark(numbers)`. `chart` draws the same as a figure."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from microgradnet._shared.arguments import as_count
from microgradnet.drawing.chart import finite
from microgradnet.notation.names import number

LEVELS = " ▁▂▃▄▅▆▇█"
FULL = len(LEVELS) - 1  # steps in one character


def spark(numbers: Sequence[float], width: int = 60, height: int = 8) -> str:
    """Numbers as columns of blocks, the largest as high as the plot; more than `width` are averaged.

    Args:
        numbers: finite, at least one; drawn from 0, or from the smallest if that is below 0, up to the largest.
        width: of the plot in characters, at least 1.
        height: of the plot in characters, at least 1.

    Returns:
        Lines with the range on the left and, below, the positions of the first and the last number.

    Raises:
        TypeError: an element is no real number.
        ValueError: there are none, one is not finite, or the plot has no size.

    >>> print(spark([0, 1, 2, 4], height=2))
    4 ┤   █
    0 ┤ ▄██
       0  3
    """
    as_count(width, "the width of a plot")
    as_count(height, "the height of a plot")
    values = [Fraction(_checked(place, x)) for place, x in enumerate(numbers)]  # exact: nothing overflows
    if not values:
        raise ValueError("there is nothing to draw: give spark at least one number")
    columns = min(width, len(values))
    edges = [len(values) * column // columns for column in range(columns + 1)]
    means = [sum(values[a:b], Fraction()) / (b - a) for a, b in pairwise(edges)]
    low, high = min(Fraction(), *means), max(Fraction(), *means)
    high = high if low < high else Fraction(1)
    least = 1 if low < 0 else 0  # a number below 0 is never a blank
    steps = [max(round((mean - low) / (high - low) * height * FULL), least) for mean in means]
    bottom, top = number(float(low)), number(float(high))
    labels = [top, *[""] * (height - 2), bottom] if height > 1 else [f"{bottom} to {top}"]
    margin = max(map(len, labels))
    lines = []
    for row, label in enumerate(labels):
        below = FULL * (height - 1 - row)
        blocks = "".join(LEVELS[min(max(step - below, 0), FULL)] for step in steps)
        lines.append(f"{label:>{margin}} ┤{blocks}".rstrip())
    last = str(len(values) - 1)
    places = "0" + last.rjust(max(columns - 1, len(last) + 1)) if len(values) > 1 else "0"
    return "\n".join([*lines, " " * (margin + 2) + places])


def _checked(place: int, x: object) -> float:
    try:
        return finite(x)
    except (TypeError, ValueError) as error:
        raise type(error)(f"spark, number {place}: {error}") from None
