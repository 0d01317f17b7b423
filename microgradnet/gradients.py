"""Derivatives as results: `grad`, and on top of it `jacobian` and `hessian`.

`backward()` leaves its gradients in the graph; these leave the graph as it was and return them, as numbers or,
with `create_graph=True`, as values that can be differentiated again.
"""

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from itertools import repeat
from math import nan
from typing import Any, Literal, overload

from microgradnet import functions, recording
from microgradnet.backward import SavedGradients, checked_graph, grad_of, propagate, refuse_overflow, set_gradients
from microgradnet.chain_rule import data_of
from microgradnet.ops import CONSTANT, floats
from microgradnet.value import Value, constant


@overload
def grad(output: Value, inputs: Value, create_graph: Literal[False] = False) -> float: ...
@overload
def grad(output: Value, inputs: Iterable[Value], create_graph: Literal[False] = False) -> list[float]: ...
@overload
def grad(output: Value, inputs: Value, create_graph: Literal[True]) -> Value: ...
@overload
def grad(output: Value, inputs: Iterable[Value], create_graph: Literal[True]) -> list[Value]: ...
def grad(output: Value, inputs: Value | Iterable[Value], create_graph: bool = False) -> Any:
    """d(output)/d(input) for one input or for each of several; 0 where the output does not depend on it.

    No `grad` in the graph is changed. Inputs may be leaves or computed values.

    Args:
        output: the value to differentiate.
        inputs: a value, or several.
        create_graph: give values instead of numbers, themselves computed from the graph, so that they can be
            differentiated in turn.

    Raises:
        StaleGraphError, DomainError: as `Value.backward`; a derivative that no input needs cannot fail.
        ValueError: an input is a constant, the plain number of an expression.

    >>> x = Value(2.0); y = x**3
    >>> slope = grad(y, x, create_graph=True)
    >>> slope.data, grad(slope, x)
    (12.0, 12.0)
    """
    wanted = _listed(inputs)
    for value in (output, *wanted):
        if not isinstance(value, Value):
            raise TypeError(f"grad takes Values, got {value!r}")
        if value.op is CONSTANT and value is not output:  # rules take it as a number without a derivative
            raise ValueError(f"{value!r} is a constant, which has no derivative: make it a Value(…) or a parameter(…)")
    graph = checked_graph(output, "grad with create_graph" if create_graph else "grad")
    needed = set(wanted)
    between = []  # the nodes that depend on an input: no other matters
    for node in graph.computed:
        if not needed.isdisjoint(node.operands):
            needed.add(node)
            between.append(node)
    saved = SavedGradients(list(dict.fromkeys([*graph.nodes, *wanted])))
    with saved, saved, recording.graph_recorded() if create_graph else nullcontext():
        set_gradients(saved.nodes, repeat(0))  # the int: the first contribution added to it is that contribution itself
        output.grad = 1.0
        m, read = (functions, _itself) if create_graph else (floats, data_of)
        propagate(between, _Lenient(m), read)
        refuse_overflow(wanted, repeat(0.0), between)
        found: list[Any] = [*map(grad_of, wanted)]
        saved.restore()
    number = constant if create_graph else float  # a derivative that is a number may have come as an int or a float
    found = [g if isinstance(g, Value) else number(g) for g in found]
    return found[0] if isinstance(inputs, Value) else found


def _itself(node: Value) -> Value | float:
    """What a rule is given to build a graph: the node, or the number that a constant is."""
    return node._data if node.op is CONSTANT else node


class _Lenient:
    """The namespace `m`, where a function gives NaN beyond its domain: a derivative that nobody needs may not exist."""

    def __init__(self, m: Any) -> None:
        self._m = m

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def function(*operands: Any) -> Any:
            try:
                return getattr(self._m, name)(*operands)
            except (ArithmeticError, ValueError):
                return nan

        return function


def jacobian(outputs: Value | Iterable[Value], inputs: Value | Iterable[Value]) -> list[list[float]]:
    """The matrix J with J[i][j] = d(outputs[i])/d(inputs[j]); a single value is a list of one.

    >>> x, y = Value(2.0), Value(3.0)
    >>> jacobian([x * y, x + y], [x, y])
    [[3.0, 2.0], [1.0, 1.0]]
    """
    inputs = _listed(inputs)
    return [grad(output, inputs) for output in _listed(outputs)]


def hessian(output: Value, inputs: Value | Iterable[Value]) -> list[list[float]]:
    """The matrix H with H[i][j] = d²(output)/d(inputs[i])d(inputs[j]); a single value is a list of one.

    >>> x, y = Value(2.0), Value(3.0)
    >>> hessian(x * x * y, [x, y])
    [[6.0, 4.0], [4.0, 0.0]]
    """
    inputs = _listed(inputs)
    return jacobian(grad(output, inputs, create_graph=True), inputs)


def _listed(values: Any) -> list[Value]:
    return list(values) if hasattr(values, "__iter__") else [values]
