"""`run(loss, name)`: a wrong backward pass beside the right one."""

from microgradnet._shared.arguments import named
from microgradnet._shared.webpage import ShownAsPage
from microgradnet.teach.misconceptions.comparison_page import ComparisonPage
from microgradnet.teach.misconceptions.listing import ListedComparison
from microgradnet.teach.misconceptions.table import MISCONCEPTIONS
from microgradnet.value import Value


class Comparison(ShownAsPage, ListedComparison):
    """Two passes through a graph: listed when printed, played in a notebook."""

    def page(self) -> ComparisonPage:
        """A web page that plays both passes, each on a picture of the graph; `.save(path)` writes it.

        Raises:
            ProviderError: no program to lay out the pictures is installed.
            ValueError: the graph has more values than a picture can show.
        """
        return ComparisonPage(self)


def run(loss: Value, name: str) -> Comparison:
    """Run a wrong backward pass beside the right one; no value is changed.

    Args:
        loss: the result that both start from.
        name: the misconception, a key of `MISCONCEPTIONS`.

    Returns:
        A comparison: printing lists the steps of both, a notebook plays them, `.page()` is a web page.

    Raises:
        TypeError: `loss` is not a Value.
        ValueError: there is no misconception of that name.

    >>> x = Value(3.0, "x"); y = x * x; y.label = "y"
    >>> run(y, "overwritten").verdict()
    'They diverge at step 2: x.grad was 3 already, and is lost: 3 replaces it'
    """
    if not isinstance(loss, Value):
        raise TypeError(f"run takes a Value, the result of a computation, got {type(loss).__name__}")
    return Comparison(loss, named(name, MISCONCEPTIONS, "misconception"))
