"""The chain rule, in one loop: `backpropagate` passes gradients from a result back to all it was computed from.

In which order it goes is left to `graph`, what comes before and after to `backward`, and what the derivative of an
operation is, to the table `ops`. So a debugger that enters this module and `ops` alone shows backpropagation, and
nothing else: one frame holds `node`, `operand`, `upstream` and `local_derivative`.
"""

from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from microgradnet.errors import DomainError, domain_error
from microgradnet.graph import path
from microgradnet.ops import CONSTANT, floats

if TYPE_CHECKING:
    from microgradnet.value import Value

data_of: Callable[["Value"], float] = attrgetter("_data")


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
        raise no_derivative(node, computed[-1]) from None


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


watchers: list[Callable[[Application], bool]] = []
"""Asked before each application of a watched pass, but for those to constants; True stops it in the debugger."""


def applications(computed: list["Value"]) -> Iterator[Application]:
    """`backpropagate` on floats, one application at a time: what steps, watches and stops a backward pass.

    It takes six times as long, hence the loop without pauses above. Both give the same gradients to the bit.
    """
    for node in reversed(computed):
        upstream = node.grad
        for position, local_derivative in enumerate(local_derivatives(node, computed[-1])):
            operand = node.operands[position]
            application = Application(computed[-1], node, position, upstream, local_derivative, operand.grad)
            if operand.op is not CONSTANT and [watch for watch in tuple(watchers) if watch(application)]:
                breakpoint()  # asked for with break_on(); the line that applies the chain rule is next
            operand.grad += upstream * local_derivative
            yield application


def local_derivatives(node: "Value", root: "Value | None" = None) -> tuple[float, ...]:
    """∂node/∂operand for each operand that has a derivative; constants, which come last, have none.

    Raises:
        DomainError: one does not exist there; the path from `root` is named.
    """
    try:
        return node.op.derivatives(floats, node.data, *[operand.data for operand in node.operands])
    except DomainError:
        raise
    except (ArithmeticError, ValueError):
        raise no_derivative(node, node if root is None else root) from None


def no_derivative(node: "Value", root: "Value") -> DomainError:
    """The error that says where a local derivative does not exist, or is no finite number."""
    return domain_error(node.op, node.operands, of="the derivative of ", path=path(root, node))
