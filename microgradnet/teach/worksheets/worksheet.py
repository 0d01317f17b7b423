"""`worksheet(loss)`: a graph with blanks in place of numbers, its answer key, and pages to print and to fill in."""

from collections.abc import Iterable
from functools import partial
from math import isfinite

from microgradnet._shared.text import one_line
from microgradnet._shared.webpage import ShownAsPage
from microgradnet.graph import topological_order
from microgradnet.teach.misconceptions.passes import SolvedGraph
from microgradnet.teach.worksheets.blanks import Hidden, hidden_quantities
from microgradnet.teach.worksheets.played_page import PlayedPage
from microgradnet.teach.worksheets.printed_page import PrintedPage
from microgradnet.teach.worksheets.random_numbers import with_random_numbers
from microgradnet.teach.worksheets.sheet import Sheet
from microgradnet.value import Value

MOST_VALUES = 100


class Worksheet(ShownAsPage, Sheet):
    """A sheet with its pages. In a notebook it shows itself as the page to fill in."""

    def printed(self, paper: str = "A4") -> PrintedPage:
        """A page to print: the graph, and a line to write on for each blank. `.save(path)` writes it.

        Raises:
            ValueError: `paper` is neither "A4" nor "Letter".
        """
        return PrintedPage([self], paper, with_answers=False)

    def key(self, paper: str = "A4") -> PrintedPage:
        """The answer key, a page to print: each answer and its derivation."""
        return PrintedPage([self], paper, with_answers=True)

    def page(self) -> PlayedPage:
        """A page to fill in, which marks each answer as it is given and offers hints."""
        return PlayedPage(self)


def worksheet(
    loss: Value, hide: Hidden | Iterable[Hidden] = "grads", *,
    seed: int | str | None = None, title: str = "", name: str = "",
) -> Worksheet:  # fmt: skip
    """A worksheet of a graph: its picture with blanks in place of numbers that are to be computed.

    Args:
        loss: the root of the graph. It is not changed.
        hide: the numbers to blank: "grads", "values" or "local derivatives"; or a list of these and of values, whose
            gradients are blanked.
        seed: None keeps the numbers of the graph; else short ones are drawn from it, the same for the same seed.
        title: the heading; else the name of the result.
        name: identifies the sheet in the table of answers; else title and fingerprint.

    Returns:
        A worksheet: `.svg`, `.printed()`, `.key()` and `.page()` show it, `.blanks` holds its questions, and `grade`
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
    choose = partial(hidden_quantities, hidden)
    copies = {value: value for value in values} if seed is None else with_random_numbers(loss, seed, choose)
    graph = SolvedGraph(copies[loss])
    quantities = choose(graph, copies)
    if not quantities:
        what = " and no ".join(f"gradient of {one!r} to ask for" if isinstance(one, Value) else one for one in hidden)
        raise ValueError(f"there is nothing to leave out: this graph has no {what or 'blank if nothing is hidden'}")
    sheet = Worksheet(graph, quantities, one_line(title), one_line(name))
    if not all(map(isfinite, [*(node.data for node in graph.nodes), *(blank.answer for blank in sheet.blanks)])):
        raise ValueError("a worksheet needs finite numbers, and this graph has infinities or NaNs")
    return sheet
