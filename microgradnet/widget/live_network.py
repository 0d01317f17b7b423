"""`LiveNetwork`: the picture of a network, drawn anew while it learns."""

import html
from typing import TYPE_CHECKING, Any

from microgradnet._shared.webpage import WebPage, asset, document, fill
from microgradnet.drawing import draw
from microgradnet.drawing.picture import Picture
from microgradnet.module import Module
from microgradnet.widget.subject import Subject

if TYPE_CHECKING:
    from microgradnet.train.fitting import Epoch


class _Page(WebPage):
    """A picture with a caption, for both of which its script takes new ones."""

    def __init__(self, picture: Picture) -> None:
        self.title, self._picture = picture.title, picture

    def _write(self) -> str:
        template, style, script = (asset(__file__, f"network.{kind}") for kind in ("html", "css", "js"))
        body = fill(template, {"title": html.escape(self.title), "picture": self._picture.svg})
        return document(self.title, body, style, script)

    def _paint(self) -> bytes | None:
        return self._picture._repr_png_()


class LiveNetwork(Subject):
    """A network; its state is the picture and the numbers of the last epoch.

    Raises:
        TypeError: the module is no network of layers.
        ProviderError: as `live`.
    """

    def __init__(self, model: Module) -> None:
        self._model, self._caption = model, ""
        self._shown: dict[str, Any] = {}
        self.page = _Page(draw(model))

    def state(self) -> dict[str, Any]:
        """The picture as SVG, and its caption."""
        self._shown = {"picture": draw(self._model).svg, "caption": self._caption}
        return self._shown

    def take(self, state: dict[str, Any]) -> None:
        """Refused, unless it is the state that was asked for last: nothing in this page changes the network.

        Raises:
            ValueError: it is another state.
        """
        if state != self._shown:
            raise ValueError("the picture of a network cannot be changed: change the network")

    def see(self, epoch: "Epoch") -> None:
        """Write the epoch and its numbers into the caption.

        Raises:
            ValueError: another model is being trained.
        """
        if epoch.model is not self._model:
            raise ValueError(f"this widget shows {self._model!r:.80}, but {epoch.model!r:.80} learns: show that one")
        numbers = ", ".join(f"{name.replace('_', ' ')} {x:.4g}" for name, x in epoch.history.last.items())
        self._caption = f"epoch {epoch.number}: {numbers}"
