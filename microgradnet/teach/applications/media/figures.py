"""Figures that several applications show."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from microgradnet.drawing.figure import Figure
from microgradnet.drawing.figure_style import INK, LINE, figure
from microgradnet.nn import Layer

CAPTION = 12.5  # points: a figure is often shown at two thirds of its size


def weights(layer: Layer) -> NDArray[np.float64]:
    """W of a layer, (neurons, inputs)."""
    return np.array([[w.data for w in neuron.w] for neuron in layer.neurons])


def tiles(
    images: Sequence[ArrayLike], captions: Sequence[str], title: str, columns: int = 5, *, grey: bool = False
) -> Figure:
    """Weights as images side by side: orange below 0, white at 0, purple above; each as fractions of its largest.

    Args:
        images: of each (rows, columns).
        captions: below each image.
        title: above them.
        columns: the number of images in a row.
        grey: whether they are photographs instead of weights: from black, the least number, to white.

    Raises:
        ValueError: there is no image, or not one caption for each.
    """
    if not images or len(images) != len(captions):
        raise ValueError(f"a caption for each image is needed, got {len(images)} images and {len(captions)} captions")
    rows = -(-len(images) // columns)
    shape = np.shape(images[0])
    made = figure(1.25 * columns + 0.3, rows * (1.25 * shape[0] / shape[1] + 0.35) + 1.0, title)
    grid = made.subplots(rows, columns, squeeze=False)
    for axes in grid.ravel():
        axes.axis("off")
    for axes, image, caption in zip(grid.ravel(), images, captions, strict=False):
        numbers = np.asarray(image, np.float64)
        if grey:
            axes.imshow(numbers, cmap="gray")
        else:
            drawn = axes.imshow(numbers / (np.abs(numbers).max() or 1), cmap="PuOr", vmin=-1, vmax=1)
        axes.set_title(caption, fontsize=CAPTION, color=INK, y=-0.28)
    if not grey:
        bar = made.colorbar(drawn, ax=grid, location="bottom", shrink=0.6, aspect=30, ticks=[-1, 0, 1], pad=0.06)
        bar.ax.set_xticklabels(["−1", "0", "+1"])
        bar.set_label("weight of a pixel, as a fraction of the image's largest", fontsize=CAPTION, color=INK)
        bar.ax.tick_params(color=LINE, labelcolor=INK, labelsize=CAPTION)
        bar.outline.set_edgecolor(LINE)
    made.suptitle(title, fontsize=14, color=INK)
    return made
