"""Plot the decision boundary of a network with two inputs."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from microgradnet.compiling import compile
from microgradnet.drawing.figure_style import CARD, COLOURS, FILLS, HATCHES, INK, MARKERS, figure, tidy

SERIES = len(COLOURS)
GRID = 160  # points along each axis
MARGIN = 0.12  # around the samples, as a fraction of their extent
STRETCHED = 3.0  # ratio of extents from which on the axes have separate scales


def decision_boundary(model: Any, X: ArrayLike, Y: ArrayLike, border: float = 0.0) -> Any:
    """Plot the region of each class according to a model, with the samples.

    With one output, class 1 is where it is above `border`; with several, class k is where output k is the largest.

    Args:
        model: takes two numbers; returns one, or one for each class.
        X: (n, 2), the samples.
        Y: (n,), their classes, whole numbers from 0 on.
        border: 0 for scores (hinge) and logits, 0.5 for probabilities.

    Raises:
        ValueError: samples are not two finite numbers each, Y has no classes, or the model has no output for a class.
    """
    points, classes = planar(X, Y)
    extent = np.ptp(points, axis=0)
    tall = extent[1] / extent[0] if _is_even(extent) else 0.75
    height = float(np.clip(4.2 * tall + 0.9, 3.0, 5.2))
    width = max(5.6, (height - 0.9) / tall + 2.1)  # beside the plane there is the legend
    plot = figure(width, height, "the regions of the classes, and the samples")
    draw_boundary(plot.subplots(), compile(model), points, classes, border)
    return plot


def planar(X: ArrayLike, Y: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Samples of two numbers and their classes, as arrays.

    Raises:
        ValueError: X or Y has another form.
    """
    points, classes = np.asarray(X, np.float64), classes_of(Y)
    if points.ndim != 2 or points.shape[1] != 2 or len(points) != len(classes):
        raise ValueError(
            f"a plane has room for samples of two numbers, (n, 2), and their classes, (n,); got {points.shape} and "
            f"{classes.shape}: pass two columns of X, with a model of two inputs"
        )
    if not np.isfinite(points).all():
        raise ValueError(f"samples have to be finite, got {points[~np.isfinite(points).all(axis=1)][0].tolist()}")
    return points, classes


def classes_of(Y: ArrayLike) -> NDArray[np.intp]:
    """Classes, as whole numbers from 0 on: (n,).

    Raises:
        ValueError: they are not classes; −1, for instance, would index from the end.
    """
    classes = np.asarray(Y)
    is_numeric = classes.dtype.kind in "biuf"
    if classes.ndim != 1 or not classes.size or not is_numeric or (classes < 0).any() or (classes % 1 != 0).any():
        raise ValueError(
            "classes are whole numbers from 0 on, one for each sample (of sides −1 and 1, pass Y > 0; of one-hot rows, "
            f"Y.argmax(axis=1)); got {classes.tolist()!r:.80}"
        )
    return classes.astype(np.intp)


def draw_boundary(
    axes: Any, predict: Callable[[Any], Any], points: NDArray[np.float64], classes: NDArray[np.intp], border: float
) -> None:
    """Draw the regions into given axes; `predict` computes the outputs for many samples, in a single call."""
    low, extent = points.min(axis=0), np.ptp(points, axis=0)
    is_even = _is_even(extent)
    margin = MARGIN * np.where(extent > 0, np.full(2, extent.max()) if is_even else extent, extent.max() or 1.0)
    xs, ys = (np.linspace(low[i] - margin[i], low[i] + extent[i] + margin[i], GRID) for i in (0, 1))
    grid = np.column_stack([axis.ravel() for axis in np.meshgrid(xs, ys)])
    scores = _scores(np.asarray(predict(np.concatenate([grid, points]))), border)
    count = scores.shape[1]
    if classes.max() >= count:
        raise ValueError(f"there is a class {classes.max()}, but the model distinguishes only {count}")
    likeliest = scores.argmax(axis=1)
    regions, levels = (xs, ys, likeliest[: len(grid)].reshape(GRID, GRID)), np.arange(count + 1) - 0.5
    axes.contourf(*regions, levels=levels, colors=[FILLS[k % SERIES] for k in range(count)])
    hatches = [HATCHES[(k + k // SERIES) % SERIES] for k in range(count)]
    hatched = axes.contourf(*regions, levels=levels, colors="none", hatches=hatches)
    hatched.set(edgecolor=(INK, 0.25), linewidth=0)
    for k in range(count if count > 2 else 1):  # two classes have the same border
        lead = (scores[:, k] - np.delete(scores, k, axis=1).max(axis=1))[: len(grid)]
        if lead.min() < 0 < lead.max():
            axes.contour(xs, ys, lead.reshape(GRID, GRID), levels=[0.0], colors=INK, linewidths=1.5)
    for k in range(count):
        axes.scatter(
            *points[classes == k].T, s=float(np.clip(3000 / len(points), 30, 110)), marker=MARKERS[k % 10],
            color=COLOURS[k % SERIES], edgecolors=CARD, linewidths=0.8, zorder=3, label=f"class {k}",
        )  # fmt: skip
    right = int((likeliest[len(grid) :] == classes).sum())
    tidy(axes, f"{right} of {len(points)} points in the region of their class", "x₁", "x₂")
    if is_even:
        axes.set_aspect("equal")
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, handletextpad=0.2, labelcolor=INK)


def _scores(outputs: NDArray[np.float64], border: float) -> NDArray[np.float64]:
    """A score for each class; the largest determines the class, in a tie the lower one."""
    if outputs.ndim == 2 and outputs.shape[1] > 1:
        return outputs
    one = outputs.reshape(len(outputs))
    return np.column_stack([np.full_like(one, border), one])


def _is_even(extent: NDArray[np.float64]) -> bool:
    """Whether both coordinates can be drawn to the same scale."""
    return bool(extent.max() < STRETCHED * extent.min())
