"""Copies and pickles of values. They are flat: a chain of a million operations is no deeper than a single one.

A value comes with all that it was computed from, in topological order; so each of those finds its operands done.
"""

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from microgradnet import graph

if TYPE_CHECKING:
    from microgradnet.value import Value

_KEPT = ("_data", "_changed", "_label", "grad", "op", "_first", "_second", "_others")
_pending: "ContextVar[set[int]]" = ContextVar("pending")
"""The ids of the nodes below the value that is being copied or pickled whose turn has not come."""


class _Done:
    """Ends the nodes below a value: those of an enclosing value are pending again."""

    def __init__(self, pending: "set[int] | None" = None) -> None:
        self.pending = pending

    def __reduce__(self) -> Any:
        _pending.set(self.pending or set())
        return _Done, ()


def reduced(value: "Value", protocol: object) -> Any:
    """`Value.__reduce_ex__`: what `copy.deepcopy` and `pickle` make it from."""
    below: list[Any] = []
    pending = _pending.get(set())
    if id(value) in pending and pending.isdisjoint(map(id, value.operands)):  # its turn: all below it are done
        pending.discard(id(value))
    elif value.operands:
        below = [*graph.Graph(value).computed[:-1]]
        _pending.set({*map(id, below)})
        below.append(_Done(pending))
    kept = _kept(value)
    return object.__new__, (type(value),), (below, kept, vars(value))


def _kept(value: "Value") -> list[Any]:
    return [getattr(value, name) for name in _KEPT]


def restore(value: "Value", state: Any) -> None:
    """`Value.__setstate__`: the clock goes on from that of the process where a pickle was made."""
    _, kept, attributes = state
    for name, held in zip(_KEPT, kept, strict=True):
        setattr(value, name, held)
    value._mark = None
    vars(value).update(attributes)
    graph.clock = max(graph.clock, abs(value._changed))


def copied(value: "Value") -> "Value":
    """`Value.__copy__`: a value with the same operands."""
    kept = _kept(value)
    twin = object.__new__(type(value))
    restore(twin, ([], kept, vars(value)))
    return twin
