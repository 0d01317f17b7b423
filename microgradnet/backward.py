"""The chain rule, written once: `backpropagate` passes gradients from a result back to all it was computed from.

`Value.backward()` and `grad()` both run this one loop. In which order it goes is left to `graph`, and what the
derivative of an operation is, to the table `ops`.
"""

from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from microgradnet.errors import DomainError, StaleGraphError, domain_error
from microgradnet.graph import topological_order
from microgradnet.ops import floats

if TYPE_CHECKING:
    from microgradnet.value import Value

data_of: Callable[["Value"], float] = attrgetter("_data")
_epoch_of: Callable[["Value"], int] = attrgetter("_epoch")


class NoGradient(float):
    """The gradient 0.0 of a value that no backward pass has reached yet; pictures show it as a dash."""

    __slots__ = ()


NO_GRADIENT = NoGradient()


def passable(root: "Value") -> tuple[list["Value"], list["Value"]]:
    """The computed nodes below `root` in topological order, and the leaves; an error if a number has been changed."""
    order: list[Value] = []
    leaves: list[Value] = []
    for node in topological_order(root):
        (order if node.operands else leaves).append(node)
    if order and min(map(_epoch_of, order)) < max(
        map(_epoch_of, leaves)
    ):  # a leaf is newer than some node: than its own?
        for node in order:
            for operand in node.operands:
                if operand._epoch > node._epoch:
                    raise StaleGraphError(
                        f"{operand!r} was changed after {node!r} had been computed from it: "
                        "compute the result again, then call backward() on that"
                    )
    return order, leaves


def backpropagate(order: list["Value"], m: Any = floats, read: Callable[["Value"], Any] = data_of) -> None:
    """Pass the gradient of the last node of `order` back to every operand.

    Args:
        order: computed nodes in topological order, their gradients set to 0, the last one's to its seed.
        m: the namespace that the rules compute in.
        read: what a rule is given for a node: its number, or the node itself to build a graph of the derivatives.

    Raises:
        DomainError: a local derivative does not exist.
    """
    try:
        for node in reversed(order):
            upstream = node.grad
            local_derivatives = node.op.derivatives(m, read(node), *map(read, node.operands))  # type: ignore[union-attr]
            for operand, local_derivative in zip(node.operands, local_derivatives, strict=False):
                operand.grad += upstream * local_derivative  # the chain rule
    except DomainError:
        raise
    except (ArithmeticError, ValueError):
        raise domain_error(node.op, node.operands, of="the derivative of ") from None
