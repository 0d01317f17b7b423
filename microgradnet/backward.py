"""A backward pass: what has to be so before the chain rule is applied, and after it. Whole, or nothing is changed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import isfinite
from operator import attrgetter
from typing import TYPE_CHECKING

from microgradnet import recording
from microgradnet.chain_rule import Application, applications, backpropagate, local_derivatives, no_derivative, watchers
from microgradnet.errors import DomainError, StaleGraphError
from microgradnet.graph import walk
from microgradnet.ops import CONSTANT

if TYPE_CHECKING:
    from collections.abc import Callable

    from microgradnet.value import Value

_epoch_of: "Callable[[Value], int]" = attrgetter("_epoch")


class NoGradient(float):
    """The gradient 0.0 of a value that no backward pass has reached yet; pictures show it as a dash."""

    __slots__ = ()


NO_GRADIENT = NoGradient()


class _Pass:
    """A backward pass from a root: made ready, and either ended or undone."""

    def __init__(self, root: "Value", seed: float) -> None:
        if recording.capturing:
            raise recording.capture_error("a backward pass", "compile(function, parameters) gives the gradients")
        if not isfinite(seed):
            raise ValueError(f"backward(grad) needs a finite number as the gradient to start from, got {seed!r}")
        self.leaves, self.computed = walk(root)
        refuse_stale(self.leaves, self.computed)
        self.nodes = self.leaves + self.computed
        if _paused:
            for other in [other for other in _paused if not set(self.nodes).isdisjoint(other.nodes)]:
                other.undo()
        self.before = [node.grad for node in self.nodes]
        for node in self.computed:
            node.grad = 0.0
        root.grad += seed

    def end(self) -> None:
        """Raise an error if a gradient of a leaf has become an infinity or a NaN just now."""
        leaves = zip(self.leaves, self.before, strict=False)
        refuse_overflow([leaf for leaf, grad in leaves if isfinite(grad)], self.computed)

    def undo(self) -> None:
        """Make all gradients what they were before it."""
        for node, grad in zip(self.nodes, self.before, strict=True):
            node.grad = grad
        if self in _paused:
            _paused.remove(self)


_paused: list[_Pass] = []
"""The passes that wait between two steps."""


def backward_pass(root: "Value", seed: float) -> None:
    """Add seed·d(root)/d(leaf) to every leaf's gradient and set those between; or fail, and change nothing."""
    this = _Pass(root, seed)
    try:
        propagate(this.computed)
        this.end()
    except BaseException:
        this.undo()
        raise


def backward_steps(root: "Value", seed: float) -> Iterator[Application]:
    """The same pass, paused after each application of the chain rule; left before its end, it changes nothing.

    Raises:
        RuntimeError: another pass over some of its nodes has begun meanwhile, which undid this one.
        StaleGraphError: a number was changed before or meanwhile.
    """
    this = _Pass(root, seed)
    _paused.append(this)
    try:
        for application in applications(this.computed):
            yield application
            if this not in _paused:
                raise RuntimeError("another backward pass through these values has begun, so these steps have no end")
        refuse_stale(this.leaves, this.computed)  # the loop over the steps may have changed a number
        this.end()
        _paused.remove(this)
    except BaseException:  # GeneratorExit too: the loop over the steps was left
        if this in _paused:
            this.undo()
        raise


@contextmanager
def set_aside(nodes: Sequence["Value"]) -> Iterator[None]:
    """Inside, passes over these nodes can be tried out: nothing watches them, and afterwards all is as it was."""
    before, watching, paused = [node.grad for node in nodes], watchers[:], _paused[:]
    watchers.clear()
    _paused.clear()
    try:
        yield
    finally:
        watchers[:], _paused[:] = watching, paused
        for node, grad in zip(nodes, before, strict=True):
            node.grad = grad


def propagate(computed: list["Value"]) -> None:
    """The chain rule on all of the `computed` nodes; application by application if any is watched for."""
    if watchers:
        for _ in applications(computed):
            pass
    else:
        backpropagate(computed)


def refuse_stale(leaves: list["Value"], computed: list["Value"]) -> None:
    """Raise an error if a leaf's number was changed after a node had been computed from it."""
    newest = max(map(_epoch_of, leaves))
    for node in computed:
        if node._epoch < newest:  # some leaf is newer than this node: one of its own?
            for operand in node.operands:
                if operand._epoch > node._epoch:
                    raise StaleGraphError(
                        f"{operand!r} was changed after {node!r} had been computed from it: "
                        "compute the result again, then call backward() on that"
                    )


def refuse_overflow(reached: Sequence["Value"], computed: Sequence["Value"]) -> None:
    """Raise the error of the first derivative that is no finite number, if that is why one of `reached` has none.

    A product beyond the range of a float is an infinity, without an exception; the next step may make it a NaN.
    Where infinities or NaNs were put in as data, gradients may be so too.
    """
    beyond = [value for value in reached if not isfinite(value.grad) and value.op is not CONSTANT]
    if not beyond:
        return
    for node in reversed(computed):
        numbers = [operand.data for operand in node.operands]
        if not all(map(isfinite, (*numbers, node.data, node.grad))):
            continue
        if not all(isfinite(node.grad * derivative) for derivative in local_derivatives(node)):
            raise no_derivative(node, computed[-1])
    if all(isfinite(node.data) and all(isfinite(operand.data) for operand in node.operands) for node in computed):
        raise DomainError(f"the shares that reach {beyond[0]!r} are finite, but their sum is too large for a float")
