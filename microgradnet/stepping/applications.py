"""The chain rule a second time: paused after each application, for steps, watches and the debugger.

It takes six times as long as the loop without pauses in `chain_rule`. Both give the same gradients to the bit.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from microgradnet import recording
from microgradnet.backward import (
    SavedGradients,
    checked_graph,
    initialise_gradients,
    refuse_overflow,
    refuse_stale,
)
from microgradnet.chain_rule import data_of, local_derivatives
from microgradnet.ops import CONSTANT, floats
from microgradnet.recording import Hook

if TYPE_CHECKING:
    from microgradnet.value import Value


class Application(NamedTuple):
    """The chain rule applied once: operand.grad += upstream · local_derivative.

    Attributes:
        root: the result that the backward pass started from.
        node: the value whose gradient is passed back.
        position: which of its operands it is passed to.
        upstream: the node's gradient: d(root)/d(node), if the pass started from 1.
        local_derivative: ∂node/∂operand.
        before: the operand's gradient before; `before + upstream * local_derivative` after.
    """

    root: "Value"
    node: "Value"
    position: int
    upstream: float
    local_derivative: float
    before: float

    @property
    def operand(self) -> "Value":
        """The value that the gradient is passed to."""
        return self.node.operands[self.position]

    @property
    def contribution(self) -> float:
        """What is added: upstream · local_derivative."""
        return self.upstream * self.local_derivative

    @property
    def after(self) -> float:
        """The operand's gradient after it."""
        return self.before + self.contribution


def applications(
    computed: "list[Value]", m: Any = floats, read: "Callable[[Value], Any]" = data_of
) -> Iterator[Application]:
    """`backpropagate`, one application at a time; watches are asked before each, but for those to constants."""
    for node in reversed(computed):
        root, upstream = computed[-1], node.grad
        for position, local_derivative in enumerate(local_derivatives(node, root, m, read)):
            operand = node.operands[position]
            # every watch is asked: `detect_anomaly` raises its error when it is
            application = Application(root, node, position, upstream, local_derivative, operand.grad)
            if operand.op is not CONSTANT and [watch for watch in _watches() if watch.matches(application)]:
                breakpoint()  # asked for with break_on(); the line that applies the chain rule is next
            operand.grad += upstream * local_derivative
            yield application


class Watch(Hook):
    """Asked before each application of the chain rule; where `matches` is true, the debugger stops."""

    def matches(self, application: Application) -> bool:
        """Whether to stop before this application."""
        return False

    def propagate(self, computed: "list[Value]", m: Any, read: "Callable[[Value], Any]") -> bool:
        """Go one application at a time."""
        for _ in applications(computed, m, read):
            pass
        return True


def _watches() -> list[Watch]:
    """The watches that are on here."""
    return [hook for hook in recording.hooks() if isinstance(hook, Watch)]


class _Paused(Hook):
    """A pass that waits between two steps; another pass over some of its nodes undoes it."""

    def __init__(self, saved: SavedGradients) -> None:
        self.saved = saved

    def before(self, what: str, nodes: "Sequence[Value]") -> None:
        """Undo this one where another begins."""
        if what == "backward" and not set(nodes).isdisjoint(self.saved.nodes):
            self.saved.restore()  # and never again: they are the other pass's from now on
            self.off()

    def refuse_undone(self) -> None:
        """Raise an error if another pass has undone this one."""
        if self not in recording.active:
            raise RuntimeError("another backward pass through these values has begun, so these steps have no end")


def backward_applications(root: "Value", seed: float) -> Iterator[Application]:
    """`backward()`, paused after each application of the chain rule; left before its end, it changes nothing.

    Two Ctrl-C cannot change that, one in the pass or in the loop over it and one while it is undone. Against three, or
    two while a pass that was left early is undone, there is no help in Python: a generator is closed by Python code,
    which the next Ctrl-C interrupts.

    Raises:
        RuntimeError: another pass over some of its nodes has begun meanwhile, which undid this one.
        StaleGraphError: a number was changed before or meanwhile.
    """
    graph = checked_graph(root, "backward", seed)
    saved = SavedGradients(graph.nodes)
    paused = _Paused(saved)
    with paused, paused, saved, saved:
        paused.on()
        initialise_gradients(graph, seed)
        for application in applications(graph.computed):
            yield application
            paused.refuse_undone()
        refuse_stale(graph)  # the loop over the steps may have changed a number
        refuse_overflow(graph.leaves, saved.before, graph.computed)
        paused.off()
