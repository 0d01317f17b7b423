"""`difference`: how one run of a function of Values differs from another, but for the numbers that it was given."""

from typing import Any, NamedTuple

from microgradnet.ops import Operation
from microgradnet.value import Value


class Run(NamedTuple):
    """One run of a function.

    Attributes:
        inputs: the Values that it was given.
        made: every value that was created while it ran, in order.
        outputs: the Values that it returned.
        template: the structure in which it returned them.
    """

    inputs: list[Value]
    made: list[Value]
    outputs: list[Value]
    template: Any


def difference(first: Run, second: Run) -> str:
    """The first difference between two runs; "" if they differ only in the samples' numbers."""
    if len(first.inputs) != len(second.inputs):  # of the body of a loop
        return f"one run reads {len(first.inputs)} values, another {len(second.inputs)}"
    twin = dict(zip(first.inputs, second.inputs, strict=True))
    for one, other in zip(first.made, second.made):  # noqa: B905  # the lengths are compared below
        twin[one] = other
        if not _is_alike(one.op, other.op) or tuple(map(twin.get, one.operands, one.operands)) != other.operands:
            if one.op.name == other.op.name:
                return f"{_place(one)}{one.op.name} has other operands in one run of the function than in another"
            return f"{_place(one)}{one.op.name} in one run of the function is {other.op.name} in another"
        if not one.operands and one._data != other._data and one._data == one._data:
            return f"{_place(one)}the number {one._data!r} in one run of the function is {other._data!r} in another"
    if len(first.made) != len(second.made):
        return f"one run of the function made {len(first.made)} values, another {len(second.made)}"
    if [twin.get(v, v) for v in first.outputs] != second.outputs or first.template != second.template:
        return "two runs of the function returned different values"
    return ""


def _place(node: Value) -> str:
    return f"{node.source}: " if node.source else ""


def _is_alike(op: Operation, other: Operation) -> bool:
    """Whether two operations are the same, or loops whose bodies compute the same."""
    return op is other or (hasattr(op, "is_like") and op.is_like(other))
