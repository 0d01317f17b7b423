"""`Recorder`: looks on while a network learns, and makes an animation of it."""

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from microgradnet.compiling import compile
from microgradnet.files import write_atomically
from microgradnet.plotting.boundary import draw_boundary
from microgradnet.plotting.canvas import COLOURS, as_bytes, figure, library, tidy

WIDEST = 4.0  # points: the line of the largest weight
MILLISECONDS = 120  # of a frame

PAGE = """<!doctype html>
<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>A network learns</title>
<style>body{{font:16px system-ui,sans-serif;margin:1rem auto;max-width:60rem;padding:0 1rem}}
img{{width:100%}}input{{width:100%}}button{{font:inherit;padding:.3rem 1rem}}</style>
<img id="frame" alt="the network, its border and its loss">
<p><button id="play">Pause</button> <label for="at">epoch <output id="epoch"></output></label>
<input id="at" type="range" min="0" max="{last}" value="0"></p>
<script>
const frames = {frames}, epochs = {epochs};
const image = document.getElementById("frame"), at = document.getElementById("at");
const play = document.getElementById("play");
let running = !matchMedia("(prefers-reduced-motion: reduce)").matches;
function show(k) {{
  at.value = k; image.src = "data:image/png;base64," + frames[k];
  document.getElementById("epoch").value = epochs[k];
  play.textContent = running ? "Pause" : "Play";
}}
at.oninput = () => {{ running = false; show(+at.value); }};
play.onclick = () => {{ running = !running; show(+at.value); }};
setInterval(() => {{ if (running) show((+at.value + 1) % frames.length); }}, {milliseconds});
show(0);
</script>
"""


class Recorder:
    """A callback of `fit` that keeps what the network is after every so many epochs.

    Args:
        X: (n, 2), the samples.
        Y: (n,), their classes.
        every: epochs between two frames.
        border: as for `decision_boundary`.
    """

    def __init__(self, X: ArrayLike, Y: ArrayLike, every: int = 1, border: float = 0.0) -> None:
        if every < 1:
            raise ValueError(f"every must be at least 1 epoch, got {every!r}")
        self._X, self._Y, self._every, self._border = X, Y, every, border
        self._frames: list[tuple[int, Any]] = []
        self._losses: list[float] = []
        self._model: Any = None

    def __call__(self, epoch: Any) -> None:
        """What `fit` tells after each epoch."""
        self._model = epoch.model
        self._losses = epoch.history["loss"]
        if epoch.number == 1 or epoch.number % self._every == 0:
            self._frames.append((epoch.number, np.array([p.data for p in epoch.model.parameters()])))

    def __len__(self) -> int:
        return len(self._frames)

    def save(self, path: str | Path) -> Path:
        """Write the animation: a .gif, or an .html page that needs nothing else.

        Raises:
            ValueError: nothing was recorded, or the suffix is another.
        """
        suffix = Path(path).suffix.lower()
        if suffix not in (".gif", ".html"):
            raise ValueError(f"an animation is a .gif or a .html, got {str(path)!r}")
        if not self._frames:
            raise ValueError("nothing was recorded: pass the recorder to fit(…, callbacks=[recorder])")
        pictures = list(self._pictures())
        if suffix == ".html":
            frames = [base64.b64encode(picture).decode() for picture in pictures]
            text = PAGE.format(
                frames=frames, epochs=[number for number, _ in self._frames], last=len(frames) - 1,
                milliseconds=MILLISECONDS,
            )  # fmt: skip
            return write_atomically(path, text)
        images = _pillow(pictures)
        buffer = io.BytesIO()
        images[0].save(
            buffer, "gif", save_all=True, append_images=images[1:], loop=0,
            duration=[MILLISECONDS] * (len(images) - 1) + [10 * MILLISECONDS],
        )  # fmt: skip
        return write_atomically(path, buffer.getvalue())

    def _pictures(self) -> Iterator[bytes]:
        """Each frame as a PNG, with the parameters put back afterwards."""
        predict = compile(self._model)
        now = predict.parameters.array.copy()
        try:
            for number, parameters in self._frames:
                predict.parameters[:] = parameters
                yield as_bytes(self._frame(number, predict), "png")
        finally:
            predict.parameters[:] = now

    def _frame(self, number: int, predict: Any) -> Any:
        found = figure(10, 4.6)
        left, right = found.subfigures(1, 2, width_ratios=(1, 1.15))
        network, curve = left.subplots(2, 1, height_ratios=(2.4, 1))
        _draw_network(network, self._model)
        curve.plot(range(1, len(self._losses) + 1), self._losses, color="#999999", linewidth=1)
        curve.plot(number, self._losses[number - 1], "o", color=COLOURS[1])
        tidy(curve, x="epoch", y="loss")
        curve.set_ylim(bottom=0)
        draw_boundary(right.subplots(), self._model, self._X, self._Y, self._border, predict)
        found.suptitle(f"epoch {number}", x=0.02, ha="left", fontsize=13)
        return found


def _draw_network(axes: Any, model: Any) -> None:
    """Circles and lines: a line is the thicker, the larger the weight; dashed below 0."""
    sizes = [model.layers[0].nin, *[len(layer.neurons) for layer in model.layers]]
    places = [[(k, (j + 0.5) / size) for j in range(size)] for k, size in enumerate(sizes)]
    largest = max(abs(w.data) for layer in model.layers for neuron in layer.neurons for w in neuron.w) or 1.0
    for before, after, layer in zip(places, places[1:], model.layers, strict=False):
        for (x1, y1), neuron in zip(after, layer.neurons, strict=True):
            for (x0, y0), w in zip(before, neuron.w, strict=True):
                size = abs(w.data) / largest
                axes.plot(
                    [x0, x1], [y0, y1], linestyle="-" if w.data >= 0 else (0, (3, 2)), linewidth=WIDEST * size,
                    color=COLOURS[1] if w.data >= 0 else COLOURS[0], alpha=0.25 + 0.75 * size, zorder=1,
                )  # fmt: skip
    for column in places:
        axes.scatter(
            *zip(*column, strict=True), s=max(14, 130 - 6 * len(column)), color="white", edgecolors="black", zorder=2
        )
    axes.set_title("weights: thicker is larger, dashed below 0", fontsize=10)
    axes.axis("off")


def _pillow(pictures: list[bytes]) -> list[Any]:
    image = library("image")  # matplotlib brings Pillow
    return [image.PIL.Image.open(io.BytesIO(picture)).convert("P", palette=1) for picture in pictures]
