"""Nodes whose `_backward` a program sets itself: micrograd's way, and that of lectures in which it is built."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from microgradnet.backward import SavedGradients, set_gradients, zero_missing
from microgradnet.chain_rule import backpropagate
from microgradnet.copying import copied
from microgradnet.ops import Operation

if TYPE_CHECKING:
    from microgradnet.value import Value


def chain_rule_once(node: "Value", op: Operation) -> None:
    """Pass the gradient of one node back to its operands by the rule of `op`: micrograd's `node._backward()`."""
    zero_missing([node, *node.operands])
    twin = copied(node)
    twin.op = op  # the node may have another by now
    backpropagate([twin])


class OperationByHand(Operation):
    """The operation of a node whose `_backward` a program has set: its derivatives are what that adds to gradients."""

    def __init__(self, node: "Value", name: str, backward: Callable[[], None] | None) -> None:
        def value(m: Any, *operands: Any) -> Any:
            raise TypeError(
                f"{name!r} has a _backward() set by hand, and so no formula: define it with @operation to compile it, "
                "differentiate it twice or play it in a page"
            )

        def derivatives(m: Any, y: Any, *operands: Any) -> tuple[float, ...]:
            if not isinstance(y, float):
                value(m)
            if backward is None:
                raise TypeError(f"{node!r} was made with operands and no rule: set its _backward, or use @operation")
            saved = SavedGradients([node, *node.operands])
            with saved, saved:
                set_gradients(saved.nodes, [1.0, *[0.0] * len(node.operands)])
                backward()
                added = {operand: operand.grad for operand in node.operands}
                saved.restore()
            return tuple([added.pop(operand, 0.0) for operand in node.operands])  # once for the two of x·x

        super().__init__(value, derivatives, name=name, code=name)

    def __reduce__(self) -> Any:
        raise TypeError(
            f"{self.name!r} has a _backward() set by hand, which can't be copied: define it with @operation"
        )
