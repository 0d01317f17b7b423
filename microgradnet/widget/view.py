"""`Live`: the widget that notebooks display. The module needs anywidget (`pip install "microgradnet[widget]"`)."""

import asyncio
import base64
import html
import weakref
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from threading import RLock
from time import monotonic
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from microgradnet import graph
from microgradnet.widget.subject import Subject

if TYPE_CHECKING:
    from microgradnet.train.fitting import Epoch

SECONDS = 0.1  # between two looks at the numbers, and the least between two pictures of a training
SHARE = 3  # a picture of a training comes after at least so many times the time that the last one took
_one_at_a_time = RLock()  # of all widgets: a page's message may come in a thread beside the one that looks at numbers


class Live(anywidget.AnyWidget):  # type: ignore[misc]
    """A page in a notebook, whose state and the program's are kept equal, both ways.

    While the kernel is free it looks every 0.1 s whether a number of any Value was assigned: a comparison of two
    integers. It does so on the kernel's own event loop; where there is none, `refresh()` is the way.

    As a callback of `fit` it shows a training: see `live`.
    """

    _esm = Path(__file__).with_name("assets") / "widget.js"
    title = traitlets.Unicode().tag(sync=True)
    page = traitlets.Unicode().tag(sync=True)
    state = traitlets.Dict().tag(sync=True)
    still = traitlets.Unicode().tag(sync=True)
    """The class of the image that the page hides."""

    def __init__(self, subject: Subject) -> None:
        self._subject, self._clock, self._next = subject, graph.clock, 0.0
        super().__init__(title=subject.page.title, page=subject.page.html, state=subject.state())
        self.still = f"microgradnet-{self.model_id}"
        self.observe(self._taken, "state")
        with suppress(RuntimeError):  # no event loop, as in a script
            _look(asyncio.get_running_loop(), weakref.ref(self))

    def refresh(self) -> None:
        """Show the numbers of this moment; results of the graph are computed again if a leaf was changed."""
        with _one_at_a_time:
            self._clock = graph.clock
            self.state = self._subject.state()

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """A message of the page: its state becomes the program's."""
        with _one_at_a_time:  # else a look at the numbers that began before would bring the old ones back
            super().set_state(sync_data)

    def __call__(self, epoch: "Epoch") -> None:
        """Show the network after an epoch, at most ten times a second, in at most a quarter of the time."""
        self._subject.see(epoch)
        if (started := monotonic()) >= self._next:
            self.refresh()
            ended = monotonic()
            self._next = ended + max(SECONDS, SHARE * (ended - started))

    def _taken(self, change: Any) -> None:
        """The state is another: by `refresh`, or as the page has changed it."""
        try:
            self._subject.take(change.new)
        except ValueError:
            self.refresh()  # the page gets the program's numbers back

    def _repr_mimebundle_(self, **options: Any) -> Any:
        """The widget, and a PNG for where there are none."""
        data, metadata = super()._repr_mimebundle_(**options)
        return {**data, **self._image()}, metadata

    def _ipython_display_(self, **options: Any) -> None:
        """Display an image, which the page hides as long as it stands in the same document, and the page.

        A front end that finds no kernel for a widget shows an error in its place, not the widget's own PNG.
        """
        display: Any = import_module("IPython.display").display
        if image := self._image():
            source = f"data:image/png;base64,{image['image/png']}"
            hidden = f"<style>:root:has(iframe.{self.still}) img.{self.still} {{ display: none }}</style>"
            shown = f'{hidden}<img class="{self.still}" src="{source}" alt="{html.escape(self.title)}">'
            display({**image, "text/html": shown}, raw=True)
        data, metadata = super()._repr_mimebundle_(**options)
        display(data, metadata=metadata, raw=True)

    def _image(self) -> dict[str, str]:
        png = self._subject.page._repr_png_()
        return {"image/png": base64.b64encode(png).decode()} if png else {}

    def __repr__(self) -> str:
        return f"<Live {self.title!r}>"


PASSING = (ArithmeticError, LookupError, RuntimeError, ValueError)
"""Errors of a network that is being changed: what is shown stays."""


def _look(loop: asyncio.AbstractEventLoop, shown: "weakref.ref[Live]") -> None:
    """Refresh a widget if a number has changed, and look again later, until it is closed or nobody has it."""
    widget = shown()
    if widget is None or widget.comm is None:
        return
    if widget._clock != graph.clock:
        with suppress(
            ArithmeticError, LookupError, RuntimeError, ValueError
        ):  # as of a network that is being changed; what is shown stays
            widget.refresh()
    loop.call_later(SECONDS, _look, loop, shown)
