"""`Recorder`: records a training and writes an animation of it."""

import base64
import io
from collections.abc import Iterator
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from microgradnet._shared.files import write_atomically
from microgradnet._shared.webpage import asset, document, fill
from microgradnet.compiling import compile
from microgradnet.drawing.figure_style import CARD, COLOURS, INK, LINE, figure, tidy, whole_ticks
from microgradnet.drawing.theme import LIGHT
from microgradnet.notation.neurons import Owner
from microgradnet.train.plotting.boundary import draw_boundary, planar
from microgradnet.train.plotting.layers import layers_of

WIDEST = 5.0  # points: the line of the largest weight
MILLISECONDS = 120  # per frame; the last frame stays ten times as long
MOST_FRAMES = 120  # per file: more make it large and long
MOST_BYTES = 8_000_000  # bytes of a page's frames as text
SHADES = 128  # colours per frame; more would make a page several times as large
OCTREE = 2  # Pillow's method to choose them; its median cut merges rare colours, such as those of markers
DPI = 85


class Recorder:
    """A callback of `fit` that records the network after every so many epochs, including the first and the last.

    Args:
        X: (n, 2), the samples.
        Y: (n,), their classes, whole numbers from 0 on.
        every: epochs between two frames. A file has at most 120, evenly chosen, and fewer where a page would become
            larger than 8 MB.
        border: as for `decision_boundary`.

    Raises:
        ValueError: samples are not two numbers each, or `every` is below 1.
    """

    def __init__(self, X: ArrayLike, Y: ArrayLike, every: int = 1, border: float = 0.0) -> None:
        if every < 1:
            raise ValueError(f"every must be at least 1 epoch, got {every!r}")
        self._points, self._classes = planar(X, Y)
        self._every, self._border = every, border
        self._frames: list[tuple[int, NDArray[np.float64]]] = []
        self._is_passing = False  # whether the latest frame is kept only while it is the last
        self._model: Any = None
        self._history: Any = None

    def __call__(self, epoch: Any) -> None:
        """Record an epoch; the first epoch of another training begins a new recording.

        Raises:
            TypeError: the model has no layers.
            ValueError: the model does not take two inputs.
        """
        if epoch.history is not self._history:
            if (inputs := len(layers_of(epoch.model)[0].neurons[0].w)) != 2:
                raise ValueError(f"a recorder draws networks of two inputs, this one has {inputs}: {epoch.model!r:.80}")
            self._model, self._history, self._is_passing = epoch.model, epoch.history, False
            self._frames.clear()
        if self._is_passing:
            self._frames.pop()
        self._is_passing = bool(self._frames) and epoch.number % self._every != 0
        self._frames.append((epoch.number, np.array([p.data for p in epoch.model.parameters()])))

    def __len__(self) -> int:
        return len(self._frames)

    def save(self, path: str | Path) -> Path:
        """Write the animation: a .gif, or a self-contained .html page.

        Raises:
            ValueError: nothing was recorded, or the suffix is neither.
        """
        suffix = Path(path).suffix.lower()
        if suffix not in (".gif", ".html"):
            raise ValueError(f"an animation is a .gif or a .html, got {str(path)!r}")
        if not self._frames:
            raise ValueError("nothing was recorded: pass the recorder to fit(…, callbacks=[recorder])")
        at = np.linspace(0, len(self) - 1, min(MOST_FRAMES, len(self))).round().astype(int)
        chosen = [self._frames[k] for k in at]
        images = list(self._images(chosen))
        if suffix == ".gif":
            last = [10 * MILLISECONDS]
            return write_atomically(path, _encoded(images[0], "gif", save_all=True, append_images=images[1:], loop=0,
                                                   duration=[MILLISECONDS] * (len(images) - 1) + last))  # fmt: skip
        frames = [base64.b64encode(_encoded(image, "png", optimize=True)).decode() for image in images]
        numbers = [number for number, _ in chosen]
        while len(frames) > 1 and sum(map(len, frames)) > MOST_BYTES:  # every second frame, counted from the last
            frames, numbers = frames[::-2][::-1], numbers[::-2][::-1]
        data = {"epochs": numbers, "milliseconds": MILLISECONDS, "frames": frames}
        body, style, script = (asset(__file__, f"animation.{suffix}") for suffix in ("html", "css", "js"))
        body = fill(body, {"last": str(len(frames) - 1)})
        page = document("A network learns", body, style, script, data, resources=["img-src data:"])
        return write_atomically(path, page)

    def _images(self, frames: list[tuple[int, NDArray[np.float64]]]) -> Iterator[Any]:
        """Each frame as an image of few colours; the model's parameters are restored afterwards."""
        predict = compile(self._model)
        now = predict.parameters.array.copy()
        place = {p: k for k, p in enumerate(predict.parameters.values)}
        wires = [place[w] for layer in layers_of(self._model) for neuron in layer.neurons for w in neuron.w]
        largest = max(float(np.abs(numbers[wires]).max()) for _, numbers in frames) or 1.0  # one scale for all frames
        losses = self._history["loss"]
        plot = figure(11, 6.4, "the network, its border and its loss")
        panels = plot.subplot_mosaic([["network", "border"], ["loss", "loss"]], height_ratios=(3, 1))
        try:
            for number, numbers in frames:
                predict.parameters[:] = numbers
                for axes in panels.values():
                    axes.clear()
                _draw_network(panels["network"], self._model, numbers[wires] / largest)
                draw_boundary(panels["border"], predict, self._points, self._classes, self._border)
                _draw_losses(panels["loss"], losses, number)
                picture = import_module("PIL.Image").open(io.BytesIO(plot.png(DPI)))
                plot.set_layout_engine("none")  # a single layout for all frames
                yield picture.convert("RGB").quantize(SHADES, OCTREE, dither=0)
        finally:
            predict.parameters[:] = now


def _draw_losses(axes: Any, losses: list[float], number: int) -> None:
    """Draw the whole curve faintly, and in full colour up to this epoch."""
    epochs = range(1, len(losses) + 1)
    axes.plot(epochs, losses, color=LINE, alpha=0.5, linewidth=1.5)
    axes.plot(epochs[:number], losses[:number], color=COLOURS[0], linewidth=2.5)
    axes.plot(number, losses[number - 1], "o", color=COLOURS[1], markersize=8, clip_on=False, zorder=3)
    tidy(axes, f"epoch {number}: loss {losses[number - 1]:.3f}", "epoch", "loss")
    whole_ticks(axes.xaxis)
    if min(losses) >= 0:
        axes.set_ylim(bottom=0)


def _draw_network(axes: Any, model: Any, weights: NDArray[np.float64]) -> None:
    """Draw circles and lines: the larger a weight (from -1 to 1), the thicker its line; blue, or orange and dashed."""
    from matplotlib.collections import LineCollection

    layers = layers_of(model)
    sizes = [len(layers[0].neurons[0].w), *[len(layer.neurons) for layer in layers]]
    columns = [[(float(k), (j + 0.5) / size) for j in range(size)] for k, size in enumerate(sizes)]
    lines = [(start, end) for before, after in pairwise(columns) for end in after for start in before]
    order = np.argsort(np.abs(weights))  # the thick ones on top
    weights, sizes_of = weights[order], np.abs(weights[order])
    drawn = LineCollection(
        [lines[k] for k in order],
        linewidths=np.maximum(0.3, WIDEST * sizes_of),
        linestyles=["-" if weight >= 0 else (0, (3, 1.5)) for weight in weights],
        colors=[LIGHT["positive" if weight >= 0 else "negative"].line for weight in weights],
        alpha=0.2 + 0.8 * sizes_of,
    )
    axes.add_collection(drawn)
    for column in columns:
        area = float(np.clip(1500 / len(column), 40, 260))
        axes.scatter(*zip(*column, strict=True), s=area, color=CARD, edgecolors=INK, linewidths=1.5, zorder=2)
    for k, layer in enumerate(layers, 1):
        letter = "z" if getattr(layer.neurons[0].activation, "__name__", "") == "linear" else "a"
        axes.annotate(Owner(layer=k).name(letter), (k, 1), (0, 0), textcoords="offset points", ha="center", color=INK)
    for name, (_, y) in zip(("x₁", "x₂"), columns[0], strict=True):
        axes.annotate(
            name, (0, y), (-14, 0), textcoords="offset points", ha="right", va="center", fontsize=12, color=INK
        )
    if len(columns[-1]) > 1:
        for k, (x, y) in enumerate(columns[-1]):
            axes.annotate(f"class {k}", (x, y), (14, 0), textcoords="offset points", va="center", color=INK)
    axes.set_xlim(-0.25, len(columns) - 1 + (0.45 if len(columns[-1]) > 1 else 0.15))
    axes.set_ylim(1.06, -0.02)  # the first neuron on top
    axes.set_title("weights: blue, or orange and dashed below 0;\nthicker is larger", fontsize=12, color=INK)
    axes.axis("off")


def _encoded(image: Any, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()
