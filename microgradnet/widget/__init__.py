"""`live(loss)`: the page of a graph in a notebook, with numbers that go both ways; `live(model)`: a network learning.

`live_graph` and `live_network` are what is shown and what a change of it means; `view` is the widget, which alone needs
anywidget; `assets/widget.js` puts the page into the notebook.
"""

from typing import TYPE_CHECKING

from microgradnet.module import Module
from microgradnet.value import Value

if TYPE_CHECKING:
    from microgradnet.widget.view import Live


def live(value_or_module: Value | Module) -> "Live":
    """A widget for notebooks that shows a graph, or a network while it learns.

    `live(loss)` is the page of `page(loss)`. `w.data = 0.3` in a cell moves the picture, and a number that is dragged
    or learnt in the picture is `w.data` in Python. The results of the graph, such as `loss.data`, are computed again
    from its leaves when the cell that changed one has ended; gradients stay those of the last `backward()`.

    `live(model)` is the picture of `draw(model)`. `fit(model, X, Y, callbacks=[live(model)])` updates it at most ten
    times a second, with the epoch and its numbers.

    The widget looks for new numbers ten times a second between cells, so that several widgets of one graph agree; a
    loop that runs within a cell calls `widget.refresh()`. Without a kernel a notebook shows an image in its place.

    Args:
        value_or_module: a result, such as a loss; or a Neuron, Layer or MLP.

    Returns:
        A widget, for JupyterLab, marimo, VS Code and Colab. It is tested in the first two, and in place of the others
        in the widget manager that VS Code loads and in one with the same base class as Colab's. `.refresh()` shows the
        numbers of this moment, `.close()` ends it.

    Raises:
        ImportError: anywidget is not installed (`pip install "microgradnet[widget]"`).
        TypeError: it is neither; a rule of the graph takes numbers only; or the module is no network of layers.
        ValueError: the graph has more than 30,000 values.
        DomainError: a number was changed, and an operation has no finite value any more.
        ProviderError: no program to lay out the pictures is installed.

    >>> live(0.5)
    Traceback (most recent call last):
    TypeError: live takes a Value, such as a loss, or a network, got float
    """
    if not isinstance(value_or_module, Value | Module):
        raise TypeError(f"live takes a Value, such as a loss, or a network, got {type(value_or_module).__name__}")
    try:
        from microgradnet.widget.view import Live
    except ImportError as error:
        raise ImportError('live needs anywidget: pip install "microgradnet[widget]"') from error
    from microgradnet.widget.live_graph import LiveGraph
    from microgradnet.widget.live_network import LiveNetwork

    return Live(LiveGraph(value_or_module) if isinstance(value_or_module, Value) else LiveNetwork(value_or_module))
