"""Curves over two axes, such as an activation and its derivative, or the error at each iteration: `chart(curves)`."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from microgradnet._shared.text import one_line, shorten
from microgradnet.drawing.figure_style import CARD, COLOURS, DASHES, INK, LINE, MARKERS, figure, tidy, whole_ticks
from microgradnet.notation.names import number
from microgradnet.ops.floats import as_float

if TYPE_CHECKING:
    from microgradnet.drawing.figure import Figure

Point = tuple[float, float]

FEW = 30  # points of a curve, up to which each has a marker
LARGEST = 1e100  # beyond it, and below 1e-100 on a logarithmic axis, matplotlib's own arithmetic may overflow


def chart(
    curves: Mapping[str, Sequence[Point]],
    *,
    title: str = "",
    x: str = "",
    y: str = "",
    log_y: bool = False,
) -> "Figure":
    """A chart of `curves`, each the straight lines between its points (x, y), in the order given.

    Curves differ in colour, in dashes and, up to 30 points, in markers; the legend stands where it covers least.

    Args:
        curves: the points of each curve, by its name; at most 6 curves, of numbers from -1e100 to 1e100.
        title: stands above the chart.
        x: the name of the horizontal axis.
        y: the name of the vertical axis.
        log_y: equal ratios of y are equal heights.

    Returns:
        A figure of matplotlib that shows itself in a notebook, with `.svg` and `.save(path)`.

    Raises:
        TypeError: `curves` is no mapping, or a point is no pair of numbers.
        ValueError: there is no curve or no point, there are too many curves, or a point has no place in the chart:
            it is not finite or too large, or `log_y` is set and its y is below 1e-100.

    >>> chart({"E": [(0, 0.298), (1, 0.21), (2, 0.15)]}, x="iteration", y="error").get_label()
    'chart: E; iteration from 0 to 2, error from 0.15 to 0.298'
    """
    if not isinstance(curves, Mapping):
        raise TypeError(f"chart got {type(curves).__name__}; give the curves by name: {{'E': [(x, y), …]}}")
    if not curves:
        raise ValueError("there is nothing to draw: give at least one curve, {'E': [(x, y), …]}")
    if len(curves) > len(COLOURS):
        raise ValueError(
            f"cannot draw {len(curves)} curves in one chart: {len(COLOURS)} can be told apart; draw more than one chart"
        )
    checked = {str(name): list(_checked(str(name), points, log_y)) for name, points in curves.items()}
    title, x, y = (shorten(one_line(text), 60) for text in (title, x, y))
    names = [shorten(one_line(name), 30) for name in checked]
    xs, ys = ([point[axis] for points in checked.values() for point in points] for axis in (0, 1))
    ranges = (f"{n} from {number(min(of))} to {number(max(of))}" for n, of in ((x or "x", xs), (y or "y", ys)))
    named = ", ".join(filter(None, names)) or "a curve"
    drawn = figure(6.4, 3.6, f"{title or 'chart'}: {named}; {', '.join(ranges)}")
    axes = drawn.subplots()
    lines = [
        axes.plot(
            *zip(*points, strict=True), linestyle=dashes, color=colour, linewidth=2,
            marker=marker if len(points) <= FEW else "",
        )[0]
        for points, dashes, colour, marker in zip(checked.values(), DASHES, COLOURS, MARKERS, strict=False)
    ]  # fmt: skip
    tidy(axes, *map(_literal, (title, x, y)))
    axes.grid(color=LINE, alpha=0.25)
    if log_y:
        axes.set_yscale("log")
    if all(place == math.floor(place) for place in xs):
        whole_ticks(axes.xaxis)
    if any(names):
        axes.legend(lines, [*map(_literal, names)], loc="best", facecolor=CARD, edgecolor=LINE, labelcolor=INK)
    return drawn


def _checked(name: str, points: Iterable[Point], log_y: bool) -> Iterator[Point]:
    curve = f"curve {shorten(name)!r}"
    place = 0
    for place, point in enumerate(points, 1):
        try:
            x, y = point
        except (TypeError, ValueError):
            raise TypeError(
                f"{curve}, point {place}: expected a pair (x, y), got {point!r:.40}; "
                "to number the points: list(enumerate(numbers))"
            ) from None
        try:
            x, y = finite(x), finite(y)
        except (TypeError, ValueError) as error:
            raise type(error)(f"{curve}, point {place}: {error}; leave such points out.") from None
        if max(abs(x), abs(y)) > LARGEST:
            raise ValueError(
                f"{curve}, point {place}: {max(x, y, key=abs)!r} is beyond ±{LARGEST:g}; draw its logarithm."
            )
        if log_y and y < 1 / LARGEST:
            raise ValueError(
                f"{curve}, point {place}: y is {y!r}, and a logarithmic axis has only numbers above 0, from "
                f"{1 / LARGEST:g} on; leave such points out, or log_y."
            )
        yield x, y
    if not place:
        raise ValueError(f"{curve} has no points; give at least one, or leave the curve out.")


def finite(value: object) -> float:
    """`value` as a float, if it is one that has a place on an axis.

    Raises:
        TypeError: it is not one real number.
        ValueError: it is NaN, infinite, or a whole number beyond the range of a float.
    """
    try:
        x = as_float(value)
    except OverflowError:
        x = math.inf
    if not math.isfinite(x):
        raise ValueError(f"{value!r:.40} is not finite")
    return x + 0.0  # −0 is 0


def _literal(text: str) -> str:
    """The text as matplotlib shows it letter by letter: two dollar signs would begin and end a formula."""
    return text.replace("$", r"\$")
