"""Plots of a training and its result: loss curves, confusion matrices, weights as images."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from microgradnet.drawing.figure_style import COLOURS, DASHES, INK, LINE, figure, tidy, whole_ticks
from microgradnet.train.plotting.boundary import classes_of
from microgradnet.train.plotting.layers import layers_of

DARKEST = 0.55  # darkest shade of a cell in which its count is legible, in light and dark themes
FEW = 3  # epochs up to which the points of a curve are marked: a single point makes no line


def loss_curves(history: Iterable[Mapping[str, float]]) -> Any:
    """Plot the history of `fit` over epochs: losses in one panel, metrics in another.

    Raises:
        ValueError: the history is empty.
    """
    epochs = list(history)
    if not epochs:
        raise ValueError("a history without an epoch has nothing to plot: train first, with fit(…)")
    names = list(dict.fromkeys(name for epoch in epochs for name in epoch))
    panels = [[n for n in names if n.endswith("loss")], [n for n in names if not n.endswith("loss")]]
    panels = [panel for panel in panels if panel]
    plot = figure(5.2 * len(panels), 3.6, f"{', '.join(names).replace('_', ' ')} after each of {len(epochs)} epochs")
    for axes, panel in zip(np.atleast_1d(plot.subplots(1, len(panels))), panels, strict=True):
        for number, name in enumerate(panel):
            values = [epoch.get(name, np.nan) for epoch in epochs]  # a resumed training may measure more than before
            axes.plot(
                range(1, len(epochs) + 1), values, linestyle=DASHES[number % len(DASHES)],
                color=COLOURS[number % len(COLOURS)], linewidth=2,
                marker="o" if len(epochs) <= FEW else "", label=name.replace("_", " "),
            )  # fmt: skip
        tidy(axes, x="epoch", y=panel[0].replace("_", " "))
        whole_ticks(axes.xaxis)
        if all(not epoch.get(name, 0.0) < 0 for epoch in epochs for name in panel):
            axes.set_ylim(bottom=0)
        if all(name.endswith("accuracy") for name in panel):  # fractions, in all plots of one height
            axes.set_ylim(top=1.04)
        if len(panel) > 1:  # above the curves, to cover none
            axes.legend(
                frameon=False, loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2, handlelength=2.6, labelcolor=INK
            )
    return plot


def confusion_matrix(true: ArrayLike, predicted: ArrayLike, names: Sequence[str] | None = None) -> Any:
    """Plot a confusion matrix: the number of samples of each true class (row) for each predicted class (column).

    An empty cell is 0. The shade is the fraction of the row, which gives rare and frequent classes equal weight.

    Args:
        true: (n,), the classes, whole numbers from 0 on.
        predicted: (n,), the predicted classes.
        names: of all classes, in their order; by default their numbers.

    Raises:
        ValueError: they are not classes, differ in length, or have no name.
    """
    rows, columns = classes_of(true), classes_of(predicted)
    if rows.shape != columns.shape:
        raise ValueError(f"a true and a predicted class are needed for each sample, got {len(rows)} and {len(columns)}")
    count = int(max(rows.max(), columns.max())) + 1
    labels = [str(name) for name in names] if names is not None else [str(k) for k in range(count)]
    if len(labels) < count:
        raise ValueError(f"there is a class {count - 1}, so {count} names are needed, got {len(labels)}")
    counts = np.zeros((len(labels), len(labels)), int)
    np.add.at(counts, (rows, columns), 1)
    cell = 0.3 + 0.09 * max(2, len(str(counts.max())))  # inches, by the number of digits
    room = 0.08 * max(map(len, labels))
    side = 1.2 + room + cell * len(labels)
    plot = figure(max(3.2, side), max(2.8, side), "how many samples of each class were taken for which")
    axes = plot.subplots()
    fractions = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    for row, column in np.argwhere(counts):
        shade = (COLOURS[0], DARKEST * fractions[row, column])
        axes.bar(column, 1, 1, row - 0.5, color=shade)
        axes.text(column, row, str(counts[row, column]), ha="center", va="center", color=INK)
    axes.set(xlim=(-0.5, len(labels) - 0.5), ylim=(len(labels) - 0.5, -0.5), aspect="equal")  # the first row on top
    is_long = max(map(len, labels)) > 3
    axes.set_xticks(range(len(labels)), labels, rotation=45 * is_long, ha="right" if is_long else "center",
                    rotation_mode="anchor" if is_long else "default")  # fmt: skip
    axes.set_yticks(range(len(labels)), labels)
    edges = np.arange(len(labels) + 1) - 0.5
    for line in (axes.axhline, axes.axvline):
        for edge in edges:
            line(edge, color=LINE, alpha=0.4, linewidth=0.6)
    tidy(axes, f"{np.trace(counts)} of {counts.sum()} correct", "taken for", "it is")
    return plot


def weights(model: Any, shape: tuple[int, int] = (8, 8), columns: int = 16) -> Any:
    """Plot the weights of each neuron of the first layer as an image, dark below 0, grey at 0, light above.

    Each image has its own scale, from minus to plus the largest of the neuron's weights.

    Args:
        model: an MLP whose inputs are pixels.
        shape: rows and columns of pixels.
        columns: the number of images side by side.

    Raises:
        TypeError: the model has no layers.
        ValueError: the numbers of weights and of pixels differ.
    """
    neurons = layers_of(model)[0].neurons
    if len(neurons[0].w) != shape[0] * shape[1]:
        raise ValueError(
            f"a neuron has {len(neurons[0].w)} weights, an image of {shape} {shape[0] * shape[1]} pixels: "
            "pass the shape of the images, (rows, columns)"
        )
    columns = max(1, min(columns, len(neurons)))
    rows = -(-len(neurons) // columns)
    width = max(4.6, 0.62 * columns + 0.4)
    height = rows * width / columns * shape[0] / shape[1] + 1.3
    plot = figure(width, height, "the incoming weights of each neuron of the first layer")
    plot.set_layout_engine("compressed", w_pad=0.04, h_pad=0.04)
    grid = plot.subplots(rows, columns, squeeze=False)
    for axes, neuron in zip(grid.ravel(), neurons, strict=False):
        numbers = np.array([w.data for w in neuron.w]).reshape(shape)
        most = np.abs(numbers).max() or 1.0
        # cividis runs from dark to light through grey: the sign is visible in print and to colour-blind readers
        drawn = axes.imshow(numbers / most, cmap="cividis", vmin=-1, vmax=1)
    for axes in grid.ravel():
        axes.axis("off")
    bar = plot.colorbar(drawn, ax=grid, location="bottom", shrink=0.8, aspect=30, ticks=[-1, 0, 1], pad=0.02)
    bar.ax.set_xticklabels(["−1", "0", "+1"])
    bar.set_label("weight, as a fraction of the neuron's largest", fontsize=9, color=INK)
    bar.ax.tick_params(color=LINE, labelcolor=INK)
    bar.outline.set_edgecolor(LINE)
    plot.suptitle("incoming weights of each hidden neuron", fontsize=12, color=INK)
    return plot
