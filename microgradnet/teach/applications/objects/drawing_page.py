"""`DrawingPage`: a page on which one draws a digit and watches a trained network recognise it, computed in the page."""

import html
from collections.abc import Sequence

from microgradnet._shared.webpage import WebPage, asset, document, fill
from microgradnet.nn import MLP


class DrawingPage(WebPage):
    """A page with a pad of 32 × 32 pixels, whose ink is counted in 8 × 8 squares as the data set's is.

    Args:
        title: its heading.
        model: 64 inputs, one hidden layer of relu, 10 outputs.
        samples: images of 64 numbers from 0 to 1, to show in place of a drawing; at least one.
        labels: the digit that each of them is.
        credit: whose data they are, below.

    Raises:
        ValueError: the model is another.
    """

    _height = 560

    def __init__(
        self, title: str, model: MLP, samples: Sequence[Sequence[float]], labels: Sequence[int], credit: str = ""
    ) -> None:
        hidden = len(model.layers[0].neurons)
        if repr(model) != f"MLP(64 → {hidden} relu → 10 linear)":
            raise ValueError(f"the page computes an MLP(64 → n relu → 10 linear), not {model}")
        self.title, self._model, self._credit = title, model, credit
        self._samples, self._labels = samples, labels

    def _paint(self) -> bytes | None:
        return None

    def _write(self) -> str:
        layers = [
            [[float(f"{p.data:.4g}") for p in (*neuron.w, neuron.b)] for neuron in layer.neurons]
            for layer in self._model.layers
        ]
        data = {"layers": layers, "samples": [list(sample) for sample in self._samples]}
        data["labels"] = [int(label) for label in self._labels]
        texts = {"title": html.escape(self.title), "credit": html.escape(self._credit)}
        body, style, script = (asset(__file__, f"digits.{suffix}") for suffix in ("html", "css", "js"))
        return document(self.title, fill(body, texts), style, script, data)
