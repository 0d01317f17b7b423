"""A backward pass: check, propagate, and roll back on failure. Gradients are all new at its end, or all as before."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from math import isfinite
from operator import attrgetter
from types import NoneType
from typing import TYPE_CHECKING, Any

from microgradnet import recording
from microgradnet.chain_rule import backpropagate, data_of, local_derivatives, no_derivative
from microgradnet.errors import DomainError, StaleGraphError, named
from microgradnet.graph import Graph
from microgradnet.ops import CONSTANT, UNRECORDED, floats
from microgradnet.ops.floats import as_float

if TYPE_CHECKING:
    from microgradnet.value import Value


class NoGradient(float):
    """The gradient 0.0 of a value that no backward pass has reached yet; pictures show it as a dash."""

    __slots__ = ()


NO_GRADIENT = NoGradient()

grad_of: "Callable[[Value], float | None]" = attrgetter("grad")


class SavedGradients:
    """The gradients of some nodes, as a context manager: restored when its body fails.

    A second Ctrl-C may come while the first is being dealt with, so enter it twice: `with saved, saved:`. A body that
    is to restore them also when it succeeds does so in its last line. No loop in the body may end with an `if`, nor a
    comprehension have one: a Ctrl-C at the jump back would skip the `with` (python/cpython#108214).
    """

    def __init__(self, nodes: "Sequence[Value]") -> None:
        self.nodes = nodes
        self.before = [*map(grad_of, nodes)]
        self._restoring = map(setattr, nodes, repeat("grad"), self.before)

    def restore(self) -> None:
        """Set the gradients to what they were, in a single call of C; a second time does nothing."""
        deque(self._restoring, maxlen=0)

    def __enter__(self) -> "SavedGradients":
        return self

    def __exit__(self, error: object, *_: object) -> None:
        if error is not None:
            self.restore()


def set_gradients(nodes: "Sequence[Value]", gradients: "Iterable[float]") -> None:
    """Set the gradient of each node, in a single call of C: no Ctrl-C comes between."""
    deque(map(setattr, nodes, repeat("grad"), gradients), maxlen=0)


def checked_graph(root: "Value", what: str, seed: float = 1.0) -> Graph:
    """The graph below `root`, if a pass from `seed` can go back through it; `what` names the pass to hooks."""
    if not isfinite(seed):
        raise ValueError(f"backward(grad) needs a finite number as the gradient to start from, got {seed!r}")
    if root.op is UNRECORDED:
        raise RuntimeError(
            f"{named(root)} was computed inside no_grad(), which cut it off from its operands: compute it outside"
        )
    graph = Graph(root)
    for hook in recording.hooks():
        hook.before(what, graph.nodes)
    refuse_stale(graph)
    refuse_other_gradients(graph.leaves)
    return graph


def refuse_other_gradients(leaves: "Sequence[Value]") -> None:
    """Raise a TypeError if a leaf was given a gradient that is no number: `grad` is a plain attribute, for speed."""
    if {*map(type, map(grad_of, leaves))} <= {float, NoGradient, NoneType}:
        return
    for leaf, grad in zip(leaves, map(grad_of, leaves), strict=True):
        try:
            as_float(NO_GRADIENT if grad is None else grad)
        except TypeError as error:
            raise TypeError(f"the gradient of {leaf!r} is wrong: {error}; set its grad to 0.0") from None


def initialise_gradients(graph: Graph, seed: float) -> None:
    """Set the gradients of computed nodes to 0, and add `seed` to the root's; leaves keep what they have."""
    zero_missing(graph.leaves)
    for node in graph.computed:  # not by `set_gradients`, for speed: after a Ctrl-C the caller restores them
        node.grad = 0.0
    graph.roots[0].grad += seed


def zero_missing(nodes: "Sequence[Value]") -> None:
    """Set gradients of None, which is PyTorch's way to say that there is none, to 0."""
    set_gradients(nodes, [NO_GRADIENT if grad is None else grad for grad in map(grad_of, nodes)])


def propagate(computed: "list[Value]", m: Any = floats, read: "Callable[[Value], Any]" = data_of) -> None:
    """The chain rule on all of the `computed` nodes, by the loop or by a hook that does it in its place."""
    if not any(hook.propagate(computed, m, read) for hook in recording.hooks()):
        backpropagate(computed, m, read)


def refuse_stale(graph: Graph) -> None:
    """Raise an error if a number was changed after a node had been computed from it."""
    for changed, node in graph.stale():
        before = f"{node!r} had been computed from it" if changed is not node else f"{node.op.name!r} had computed it"
        raise StaleGraphError(
            f"{changed!r} was changed after {before}: compute the result again, then call backward() on that"
        )


def refuse_overflow(values: "Iterable[Value]", before: "Iterable[float | None]", computed: "Sequence[Value]") -> None:
    """Raise an error if this pass has made the gradient of a value, finite `before`, an infinity or a NaN.

    The error names the first derivative that is not finite. A product beyond the range of a float is an infinity,
    without an exception; the next step may make it a NaN. Where infinities or NaNs were put in as data, gradients may
    be infinities or NaNs, too.
    """
    pairs = zip(values, before, strict=False)
    beyond = [value for value, grad in pairs if not _is_finite(value.grad) and isfinite(grad or 0.0)]
    if all(value.op is CONSTANT for value in beyond):
        return
    put_in = False
    for node in reversed(computed):
        if not all(map(isfinite, map(data_of, (node, *node.operands)))):
            put_in = True
        elif _is_finite(node.grad):
            derivatives = local_derivatives(node, computed[-1])
            if not all(_is_finite(node.grad * derivative) for derivative in derivatives):
                raise no_derivative(node, computed[-1])
    if not put_in:
        raise DomainError(f"the contributions to {beyond[0]!r} are finite, but their sum is too large for a float")


def _is_finite(grad: "Value | float") -> bool:
    """Whether a gradient is finite; it is a Value where the derivatives are a graph."""
    return isfinite(getattr(grad, "_data", grad))
