"""Where a network of two inputs draws its border."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from microgradnet.compiling import compile
from microgradnet.plotting.canvas import COLOURS, MARKERS, figure, tidy

GRID = 160  # points along each axis


def decision_boundary(model: Any, X: ArrayLike, Y: ArrayLike, border: float = 0.0) -> Any:
    """The regions that a model puts into each class, with the samples.

    Args:
        model: takes two numbers; gives one, which is above `border` for class 1, or one for each class.
        X: (n, 2), the samples.
        Y: (n,), their classes, from 0 on.
        border: 0 for scores and logits, 0.5 for probabilities.

    Raises:
        ValueError: samples are not of two numbers.
    """
    found = figure(5.6, 3.6)
    draw_boundary(found.subplots(), model, X, Y, border)
    return found


def draw_boundary(axes: Any, model: Any, X: ArrayLike, Y: ArrayLike, border: float = 0.0, predict: Any = None) -> None:
    """Draw it into axes that are there."""
    points, classes = np.asarray(X, np.float64), np.asarray(Y)
    if points.ndim != 2 or points.shape[1] != 2 or len(points) != len(classes):
        raise ValueError(f"samples of two numbers are needed, and their classes; got {points.shape}, {classes.shape}")
    low, high = points.min(axis=0), points.max(axis=0)
    margin = 0.12 * (high - low).max()
    xs, ys = (np.linspace(low[i] - margin, high[i] + margin, GRID) for i in (0, 1))
    grid = np.column_stack([axis.ravel() for axis in np.meshgrid(xs, ys)])
    outputs = np.asarray((predict or compile(model))(grid))
    several = outputs.ndim == 2
    regions = outputs.argmax(axis=1) if several else (outputs > border).astype(int)
    count = max(2, int(classes.max()) + 1, outputs.shape[1] if several else 2)
    shown = regions.reshape(GRID, GRID)
    levels = np.arange(count + 1) - 0.5
    axes.contourf(xs, ys, shown, levels=levels, colors=[COLOURS[k % 7] for k in range(count)], alpha=0.18)
    if several:
        axes.contour(xs, ys, shown, levels=levels[1:-1], colors="black", linewidths=1.2)
    else:
        axes.contour(xs, ys, outputs.reshape(GRID, GRID), levels=[border], colors="black", linewidths=1.2)
    for k in range(count):
        chosen = points[classes == k]
        axes.scatter(
            chosen[:, 0], chosen[:, 1], s=26, marker=MARKERS[k % 10], color=COLOURS[k % 7], edgecolors="white",
            linewidths=0.6, label=f"class {k}",
        )  # fmt: skip
    right = float(np.mean(_of(model, points, border, predict) == classes))
    tidy(axes, f"{right:.0%} on the right side", "x₁", "x₂")
    axes.set_aspect("equal")
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)


def _of(model: Any, points: Any, border: float, predict: Any) -> Any:
    outputs = np.asarray((predict or compile(model))(points))
    return outputs.argmax(axis=1) if outputs.ndim == 2 else (outputs > border).astype(int)
