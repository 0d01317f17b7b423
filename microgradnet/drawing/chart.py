"""Curves over two axes, such as an activation and its derivative, or the error at each iteration: `chart(curves)`.

Here is said what can be drawn. How it is drawn is left to `plot`, and how a chart shows and saves itself to
`picture.Drawing`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from microgradnet._shared.text import shorten
from microgradnet.drawing.axis import finite
from microgradnet.drawing.picture import Drawing
from microgradnet.drawing.plot import STYLES, Point, draw_curves


def chart(
    curves: Mapping[str, Sequence[Point]],
    *,
    title: str = "",
    x: str = "",
    y: str = "",
    log_y: bool = False,
) -> "Chart":
    """A chart of `curves`, each the straight lines between its points (x, y), in the order given.

    Curves differ in colour, in dashes and, up to 30 points, in markers. A curve's name stands at its end where all
    of them have room there, else in a row above the plot.

    Args:
        curves: the points of each curve, by its name; at most 6 curves.
        title: stands above the chart.
        x: the name of the horizontal axis.
        y: the name of the vertical axis.
        log_y: equal ratios of y are equal heights.

    Returns:
        A chart that shows itself in a notebook, with `.svg` and `.save(path)`.

    Raises:
        TypeError: `curves` is no mapping, or a point is no pair of numbers.
        ValueError: there is no curve or no point, there are too many curves, or a point has no place in the chart:
            it is not finite, or `log_y` is set and its y is not above 0.

    >>> chart({"E": [(0, 0.298), (1, 0.21), (2, 0.15)]}, title="The error per iteration", x="iteration")
    <Chart 'The error per iteration': 1 curves, 3 points>
    """
    if not isinstance(curves, Mapping):
        raise TypeError(f"chart got {type(curves).__name__}; give the curves by name: {{'E': [(x, y), …]}}")
    if not curves:
        raise ValueError("there is nothing to draw: give at least one curve, {'E': [(x, y), …]}")
    if len(curves) > len(STYLES):
        raise ValueError(
            f"cannot draw {len(curves)} curves in one chart: {len(STYLES)} can be told apart; draw more than one chart."
        )
    checked = {str(name): list(_checked(str(name), points, log_y)) for name, points in curves.items()}
    return Chart(checked, title, x, y, log_y)


def _checked(name: str, points: Iterable[Point], log_y: bool) -> Iterator[Point]:
    curve = f"curve {shorten(name)!r}"
    number = 0
    for number, point in enumerate(points, 1):
        try:
            x, y = point
        except (TypeError, ValueError):
            raise TypeError(
                f"{curve}, point {number}: expected a pair (x, y), got {point!r:.40}; "
                "to number the points: list(enumerate(numbers))"
            ) from None
        try:
            x, y = finite(x), finite(y)
        except (TypeError, ValueError) as error:
            raise type(error)(f"{curve}, point {number}: {error}; leave such points out.") from None
        if log_y and y <= 0.0:
            raise ValueError(
                f"{curve}, point {number}: y is {y!r}, and a logarithmic axis has only numbers above 0; "
                "leave such points out, or log_y."
            )
        yield x, y
    if not number:
        raise ValueError(f"{curve} has no points; give at least one, or leave the curve out.")


class Chart(Drawing):
    """A chart of curves, drawn when it is first looked at. `chart` makes it, and says of what."""

    def __init__(self, curves: Mapping[str, Sequence[Point]], title: str, x: str, y: str, log_y: bool) -> None:
        self.curves = curves
        self.title, self.x, self.y, self.log_y = title, x, y, log_y

    def _draw(self) -> str:
        return draw_curves(self.curves, self.title, self.x, self.y, self.log_y)

    def __repr__(self) -> str:
        points = sum(map(len, self.curves.values()))
        return f"<Chart {shorten(self.title)!r}: {len(self.curves)} curves, {points} points>"
