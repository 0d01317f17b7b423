"""The chain rule, in one loop: `backpropagate` passes gradients from a result back to all it was computed from.

The order of the nodes comes from `graph`, the derivatives of operations from the table `ops`, and `backward` does what
precedes and follows the loop. A debugger that enters this module and `ops` alone shows backpropagation and nothing
else: one frame holds `node`, `operand`, `upstream` and `local_derivative`.
"""

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from microgradnet.errors import DomainError
from microgradnet.graph import path
from microgradnet.ops import floats
from microgradnet.recording import failure

if TYPE_CHECKING:
    from microgradnet.value import Value

data_of: "Callable[[Value], float]" = attrgetter("_data")


def backpropagate(computed: "list[Value]", m: Any = floats, read: "Callable[[Value], Any]" = data_of) -> None:
    """Pass the gradient of the last of the `computed` nodes back to every operand.

    Args:
        computed: nodes in topological order, their gradients set to 0, the last one's to its seed.
        m: the namespace that the rules compute in.
        read: what a rule is given for a node: its number, or the node itself to build a graph of the derivatives.

    Raises:
        DomainError: a local derivative does not exist.
    """
    pairs: Iterable[tuple[Value, Any]]
    try:
        for node in reversed(computed):
            upstream, op, first, second = node.grad, node.op, node._first, node._second
            if second is not None and not op.constants and read is data_of:  # the usual case, spelled out for speed
                local_derivatives = op.derivatives(m, node._data, first._data, second._data)
                pairs = (first, local_derivatives[0]), (second, local_derivatives[1])
            else:
                local_derivatives = op.derivatives(m, read(node), *map(read, node.operands))
                pairs = zip(node.operands, local_derivatives)  # noqa: B905  # constants, which come last, have none
            for operand, local_derivative in pairs:
                operand.grad += upstream * local_derivative  # the chain rule
    except (ArithmeticError, ValueError) as error:
        raise no_derivative(node, computed[-1]) from error


def local_derivatives(
    node: "Value", root: "Value | None" = None, m: Any = floats, read: "Callable[[Value], Any]" = data_of
) -> tuple[Any, ...]:
    """∂node/∂operand for each operand that has a derivative; constants, which come last, have none.

    Raises:
        DomainError: one does not exist there; the path from `root` is named.
    """
    try:
        return node.op.derivatives(m, read(node), *map(read, node.operands))
    except (ArithmeticError, ValueError) as error:
        raise no_derivative(node, node if root is None else root) from error


def no_derivative(node: "Value", root: "Value") -> DomainError:
    """The error that says where a local derivative does not exist, or is no finite number."""
    return failure(node.op, node.operands, of="the derivative of ", path=path(root, node))
