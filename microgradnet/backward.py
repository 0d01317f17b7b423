"""The chain rule, written once: `backpropagate` passes gradients from a result back to all it was computed from.

`Value.backward()` and `grad()` both run this one loop. In which order it goes is left to `graph`, and what the
derivative of an operation is, to the table `ops`.
"""

from collections.abc import Callable, Sequence
from math import isfinite
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from microgradnet.errors import DomainError, StaleGraphError, domain_error
from microgradnet.graph import walk
from microgradnet.ops import CONSTANT, floats

if TYPE_CHECKING:
    from microgradnet.value import Value

data_of: Callable[["Value"], float] = attrgetter("_data")
_epoch_of: Callable[["Value"], int] = attrgetter("_epoch")


class NoGradient(float):
    """The gradient 0.0 of a value that no backward pass has reached yet; pictures show it as a dash."""

    __slots__ = ()


NO_GRADIENT = NoGradient()


def backward_pass(root: "Value", seed: float) -> None:
    """Add seed·d(root)/d(leaf) to every leaf's gradient and set those between; or fail, and change no leaf's."""
    leaves, computed = walk(root)
    refuse_stale(leaves, computed)
    before = [leaf.grad for leaf in leaves]
    for node in computed:
        node.grad = 0.0
    root.grad += seed
    try:
        backpropagate(computed)
        refuse_overflow([leaf for leaf, grad in zip(leaves, before, strict=True) if isfinite(grad)], computed)
    except BaseException:
        for leaf, grad in zip(leaves, before, strict=True):
            leaf.grad = grad
        raise


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


def backpropagate(computed: list["Value"], m: Any = floats, read: Callable[["Value"], Any] = data_of) -> None:
    """Pass the gradient of the last of the `computed` nodes back to every operand.

    Args:
        computed: nodes in topological order, their gradients set to 0, the last one's to its seed.
        m: the namespace that the rules compute in.
        read: what a rule is given for a node: its number, or the node itself to build a graph of the derivatives.

    Raises:
        DomainError: a local derivative does not exist.
    """
    try:
        for node in reversed(computed):
            upstream, operands, rule = node.grad, node.operands, node.op.derivatives
            if len(operands) == 2:  # spelled out for speed: *map(…) takes 0.2 µs more
                local_derivatives = rule(m, read(node), read(operands[0]), read(operands[1]))
            else:
                local_derivatives = rule(m, read(node), *map(read, operands))
            for operand, local_derivative in zip(operands, local_derivatives):  # noqa: B905  # constants come last
                operand.grad += upstream * local_derivative  # the chain rule
    except DomainError:
        raise
    except (ArithmeticError, ValueError):
        raise domain_error(node.op, node.operands, of="the derivative of ") from None


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
        if all(map(isfinite, (*numbers, node.data, node.grad))):
            local_derivatives = node.op.derivatives(floats, node.data, *numbers)
            if not all(isfinite(node.grad * derivative) for derivative in local_derivatives):
                raise domain_error(node.op, node.operands, of="the derivative of ")
    if all(isfinite(node.data) and all(isfinite(operand.data) for operand in node.operands) for node in computed):
        raise DomainError(f"the shares that reach {beyond[0]!r} are finite, but their sum is too large for a float")
