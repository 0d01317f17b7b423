"""`worksheet(loss)`: the graph with blanks in place of numbers, its answer key, and pages to print and to fill in."""

from collections.abc import Iterable
from functools import partial
from math import isfinite

from microgradnet._shared.text import one_line
from microgradnet.graph import topological_order
from microgradnet.teach.misconceptions.passes import Graph
from microgradnet.teach.worksheets.blanks import Hidden, asked
from microgradnet.teach.worksheets.pages import PlayedPage, PrintedPage
from microgradnet.teach.worksheets.random_numbers import friendly
from microgradnet.teach.worksheets.sheet import Sheet
from microgradnet.value import Value

MOST_VALUES = 100


class Worksheet(Sheet):
    """A graph of which some numbers are left out. In a notebook it shows itself as the page to fill in."""

    def printed(self, paper: str = "A4") -> PrintedPage:
        """A page to print: the graph, and a line to write on for each blank. `.save(path)` writes it.

        Raises:
            ValueError: `paper` is neither "A4" nor "Letter".
        """
        return PrintedPage([self], paper, with_answers=False)

    def key(self, paper: str = "A4") -> PrintedPage:
        """The answer key, a page to print: each answer, and how one comes to it."""
        return PrintedPage([self], paper, with_answers=True)

    def page(self) -> PlayedPage:
        """A page to fill in: each answer is marked as it is given, and there are hints."""
        return PlayedPage(self)

    def _repr_html_(self) -> str:
        return self.page()._repr_html_()


def worksheet(
    loss: Value, hide: Hidden | Iterable[Hidden] = "grads", *,
    seed: int | str | None = None, title: str = "", name: str = "",
) -> Worksheet:  # fmt: skip
    """A worksheet of a graph: a picture in which numbers are left out, to be found by computing.

    Args:
        loss: the result that the graph is of. It is not changed.
        hide: what is left out: "grads", "values" or "local derivatives"; or a list of these, and of values, whose
            gradients are left out.
        seed: None keeps the numbers of the graph; else friendly ones are drawn from it, the same from the same.
        title: stands above; else what the graph computes.
        name: stands in the table of answers, to know the sheet by; else title and fingerprint.

    Returns:
        A worksheet: `.svg`, `.printed()`, `.key()` and `.page()` are its forms, `.blanks` its questions, and `grade`
        marks answers to it.

    Raises:
        TypeError: `loss` is no Value.
        ValueError: there is nothing of that kind to hide, or no such kind, or more values than a sheet has room for.

    >>> x, w = Value(3.0, "x"), Value(2.0, "w"); z = w * x; z.label = "z"
    >>> [(blank.name, blank.answer) for blank in worksheet(z).blanks]
    [('w.grad', 3.0), ('x.grad', 2.0)]
    """
    if not isinstance(loss, Value):
        raise TypeError(f"worksheet takes a Value, the result of a computation, got {type(loss).__name__}")
    values = topological_order(loss)
    if len(values) > MOST_VALUES:
        raise ValueError(
            f"a worksheet has room for {MOST_VALUES} values, this graph has {len(values):,}: take a part, as one neuron"
        )
    hidden = [hide] if isinstance(hide, str | Value) else list(hide)
    ask = partial(asked, hidden=hidden)
    copies = {value: value for value in values}
    if seed is not None:
        copies = friendly(loss, seed, lambda graph, copies: ask(graph, copies=copies))
    graph = Graph(copies[loss])
    quantities = ask(graph, copies=copies)
    if not quantities:
        what = " and no ".join(f"gradient of {one!r} to ask for" if isinstance(one, Value) else one for one in hidden)
        raise ValueError(f"there is nothing to leave out: this graph has no {what or 'blank if nothing is hidden'}")
    sheet = Worksheet(graph, quantities, one_line(title), one_line(name))
    if not all(isfinite(x) for x in (*(node.data for node in graph.uses), *(blank.answer for blank in sheet.blanks))):
        raise ValueError("nobody can compute with infinities or NaNs, and there are some in this graph")
    return sheet
