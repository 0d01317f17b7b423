"""Derivatives as results: `grad`, and on top of it `jacobian` and `hessian`.

`backward()` leaves its gradients in the graph; these leave the graph as it was and return them, as numbers or,
with `create_graph=True`, as values that can be differentiated again.
"""

from collections.abc import Sequence
from typing import Any, Literal, overload

from microgradnet import functions, recording
from microgradnet.backward import propagate, refuse_overflow, refuse_stale
from microgradnet.chain_rule import backpropagate
from microgradnet.graph import walk
from microgradnet.ops import CONSTANT
from microgradnet.value import Value, constant


def _itself(node: Value) -> Value | float:
    """What a rule is given to build a graph: the node, or the number that a constant is."""
    return node.data if node.op is CONSTANT else node


@overload
def grad(output: Value, inputs: Value, create_graph: Literal[False] = False) -> float: ...
@overload
def grad(output: Value, inputs: Sequence[Value], create_graph: Literal[False] = False) -> list[float]: ...
@overload
def grad(output: Value, inputs: Value, create_graph: Literal[True]) -> Value: ...
@overload
def grad(output: Value, inputs: Sequence[Value], create_graph: Literal[True]) -> list[Value]: ...
def grad(output: Value, inputs: Value | Sequence[Value], create_graph: bool = False) -> Any:
    """d(output)/d(input) for one input or for each of several; 0 where the output does not depend on it.

    No `grad` in the graph is changed. Inputs may be leaves or computed values.

    Args:
        output: the value to differentiate.
        inputs: a value, or a sequence of values.
        create_graph: give values instead of numbers, themselves computed from the graph, so that they can be
            differentiated in turn.

    Raises:
        StaleGraphError, DomainError: as `Value.backward`.
        ValueError: an input is a constant, the plain number of an expression.

    >>> x = Value(2.0); y = x**3
    >>> slope = grad(y, x, create_graph=True)
    >>> slope.data, grad(slope, x)
    (12.0, 12.0)
    """
    wanted = [inputs] if isinstance(inputs, Value) else list(inputs)
    for value in (output, *wanted):
        if not isinstance(value, Value):
            raise TypeError(f"grad takes Values, got {value!r}")
    for value in wanted:
        if value.op is CONSTANT:  # rules take it as a number without a derivative
            raise ValueError(f"{value!r} is a constant, which has no derivative: make it a Value(…) or a parameter(…)")
    if recording.capturing and not create_graph:
        raise recording.capture_error("a gradient as a number", "ask for grad(…, create_graph=True)")
    leaves, computed = walk(output)
    refuse_stale(leaves, computed)
    enabled, capturing = recording.enabled, recording.capturing
    recording.capturing = False  # what is read here does not leave the graph
    nodes = {node: node.grad for node in (*leaves, *computed, *wanted)}
    try:
        recording.enabled = enabled or create_graph  # also inside no_grad(): the graph is asked for
        for node in nodes:
            node.grad = 0  # the int, so that the first share added to it is that share itself
        output.grad = 1.0
        if create_graph:
            backpropagate(computed, functions, _itself)
        else:
            propagate(computed)
        if not capturing:  # what is captured is looked at when it is replayed
            refuse_overflow(wanted, computed)
        found: list[Any] = [value.grad for value in wanted]
    finally:
        recording.enabled, recording.capturing = enabled, capturing
        for node, before in nodes.items():
            node.grad = before
    number = constant if create_graph else float  # a derivative that is a number may have come as an int or a float
    found = [g if isinstance(g, Value) else number(g) for g in found]
    return found[0] if isinstance(inputs, Value) else found


def jacobian(outputs: Value | Sequence[Value], inputs: Value | Sequence[Value]) -> list[list[float]]:
    """The matrix J with J[i][j] = d(outputs[i])/d(inputs[j]); a single value is a list of one.

    >>> x, y = Value(2.0), Value(3.0)
    >>> jacobian([x * y, x + y], [x, y])
    [[3.0, 2.0], [1.0, 1.0]]
    """
    return [grad(output, _listed(inputs)) for output in _listed(outputs)]


def hessian(output: Value, inputs: Value | Sequence[Value]) -> list[list[float]]:
    """The matrix H with H[i][j] = d²(output)/d(inputs[i])d(inputs[j]); a single value is a list of one.

    >>> x, y = Value(2.0), Value(3.0)
    >>> hessian(x * x * y, [x, y])
    [[6.0, 4.0], [4.0, 0.0]]
    """
    return jacobian(grad(output, _listed(inputs), create_graph=True), inputs)


def _listed(values: Value | Sequence[Value]) -> Sequence[Value]:
    return [values] if isinstance(values, Value) else values
