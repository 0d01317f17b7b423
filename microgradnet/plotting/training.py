"""How a training went, and what came of it: curves, confusion matrices, weights as images."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from microgradnet.plotting.canvas import COLOURS, LINES, figure, library, tidy


def loss_curves(history: Iterable[Mapping[str, float]]) -> Any:
    """The numbers of each epoch, as `fit` gives them: the losses in one panel, metrics in another.

    Raises:
        ValueError: there is no epoch.
    """
    epochs = list(history)
    if not epochs:
        raise ValueError("a history without an epoch has nothing to plot")
    names = list(epochs[0])
    panels = [[n for n in names if n.endswith("loss")], [n for n in names if not n.endswith("loss")]]
    panels = [panel for panel in panels if panel]
    found = figure(5.2 * len(panels), 3.4)
    for axes, panel in zip(np.atleast_1d(found.subplots(1, len(panels))), panels, strict=True):
        for number, name in enumerate(panel):
            label = name.replace("_", " ")
            values = [epoch[name] for epoch in epochs]
            axes.plot(range(1, len(epochs) + 1), values, LINES[number % 4], color=COLOURS[number % 7], label=label)
        tidy(axes, x="epoch", y=panel[0].replace("_", " "))
        axes.set_ylim(bottom=0)
        if len(panel) > 1:
            axes.legend(frameon=False)
    return found


def confusion_matrix(true: ArrayLike, predicted: ArrayLike, names: Sequence[str] | None = None) -> Any:
    """How many samples of each class (a row) were taken for which (a column), the counts written in the cells.

    Raises:
        ValueError: there are not as many predictions as true classes.
    """
    rows, columns = np.asarray(true), np.asarray(predicted)
    if rows.shape != columns.shape or rows.ndim != 1 or not rows.size:
        raise ValueError(f"a true and a predicted class are needed for each sample, got {rows.shape}, {columns.shape}")
    count = int(max(rows.max(), columns.max())) + 1
    labels = [str(name) for name in names] if names is not None else [str(k) for k in range(count)]
    if len(labels) < count:
        raise ValueError(f"there is a class {count - 1}, so {count} names are needed, got {len(labels)}")
    counts = np.zeros((len(labels), len(labels)), int)
    np.add.at(counts, (rows, columns), 1)
    found = figure(2 + 0.45 * len(labels), 1.6 + 0.45 * len(labels))
    axes = found.subplots()
    shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, line in enumerate(counts):
        for column, number in enumerate(line):
            if number:
                colour = "white" if shares[row, column] > 0.5 else "black"
                axes.text(column, row, str(number), ha="center", va="center", color=colour)
    axes.set_xticks(range(len(labels)), labels)
    axes.set_yticks(range(len(labels)), labels)
    accuracy = np.trace(counts) / counts.sum()
    tidy(axes, f"{accuracy:.1%} right", "taken for", "it is")
    return found


def weights(model: Any, shape: tuple[int, int], columns: int = 16) -> Any:
    """What each neuron of the first layer looks for: its weights as an image, blue below 0, orange above, white at 0.

    Raises:
        ValueError: a neuron has not as many weights as the image has pixels.
    """
    neurons = model.layers[0].neurons
    if len(neurons[0].w) != shape[0] * shape[1]:
        raise ValueError(f"a neuron has {len(neurons[0].w)} weights, an image of {shape} {shape[0] * shape[1]} pixels")
    rows = -(-len(neurons) // columns)
    found = figure(0.62 * min(columns, len(neurons)) + 0.4, 0.62 * rows + 0.5)
    grid = np.atleast_1d(found.subplots(rows, min(columns, len(neurons)))).ravel()
    colours = _diverging()
    for axes, neuron in zip(grid, neurons, strict=False):
        numbers = np.array([w.data for w in neuron.w]).reshape(shape)
        most = np.abs(numbers).max() or 1.0
        axes.imshow(numbers, cmap=colours, vmin=-most, vmax=most)
    for axes in grid:
        axes.axis("off")
    found.suptitle("weights of each hidden neuron: orange above 0, blue below", fontsize=11)
    return found


def _diverging() -> Any:
    return library("colors").LinearSegmentedColormap.from_list("weights", [COLOURS[0], "#FFFFFF", COLOURS[1]])
