"""`LiveGraph`: the page of a graph, whose state is the numbers of its leaves."""

from contextlib import suppress
from sys import float_info
from typing import TYPE_CHECKING, Any

from microgradnet.errors import DomainError
from microgradnet.ops import CONSTANT
from microgradnet.stepping.recomputed import recompute
from microgradnet.stepping.webpage import as_json, page
from microgradnet.value import Value
from microgradnet.widget.subject import Subject

if TYPE_CHECKING:
    from microgradnet.train.fitting import Epoch


class LiveGraph(Subject):
    """The graph of a result. The page computes with the leaves' numbers, and Python does.

    Raises:
        TypeError, ValueError, DomainError, ProviderError: as `live`.

    >>> w = Value(2.0, "w"); y = w * w
    >>> shown = LiveGraph(y)
    >>> shown.take({"numbers": [3.0]}); w.data, y.data
    (3.0, 9.0)
    >>> w.data = 4.0; shown.state(), y.data
    ({'numbers': [4.0]}, 16.0)
    """

    def __init__(self, root: Value) -> None:
        recompute(root)
        self.page = page(root)
        self._root = root
        self._leaves = [leaf for leaf in self.page.graph.leaves if leaf.op is not CONSTANT]

    def state(self) -> dict[str, Any]:
        """The numbers of all leaves but constants, in the order of the graph."""
        self._recompute()
        return {"numbers": [as_json(leaf.data) for leaf in self._leaves]}

    def take(self, state: dict[str, Any]) -> None:
        """Set the leaves to these numbers, and compute the results again.

        Raises:
            ValueError: they are not as many as the leaves, or one that is new is no finite number.
        """
        numbers = state.get("numbers")
        if not isinstance(numbers, list) or len(numbers) != len(self._leaves):
            raise ValueError(f"a state has the numbers of {len(self._leaves)} leaves, got {state!r:.80}")
        new = [(leaf, x) for leaf, x in zip(self._leaves, numbers, strict=True) if x != as_json(leaf.data)]
        for leaf, x in new:
            if type(x) not in (int, float) or not abs(x) <= float_info.max:
                raise ValueError(f"{leaf!r} keeps its number, as a new one must be finite, got {x!r:.80}")
        for leaf, x in new:
            leaf.data = x
        self._recompute()

    def see(self, epoch: "Epoch") -> None:
        """Nothing: the page has the numbers of the network's parameters, but no place for those of an epoch."""

    def _recompute(self) -> None:
        with suppress(DomainError):  # the page says where; in Python the graph stays stale, and `backward()` says so
            recompute(self._root)
