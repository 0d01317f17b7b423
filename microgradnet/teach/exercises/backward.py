"""The questions of the exercise on the loop of backward."""

from collections.abc import Sequence
from typing import Any

from microgradnet.chain_rule import local_derivatives
from microgradnet.teach.exercises.exercise import Question, equal_to
from microgradnet.value import Value


class Node:
    """A node of the learner's graph."""

    def __init__(self, name: str, operands: Sequence["Node"] = (), local_derivatives: Sequence[float] = ()) -> None:
        self.name, self.operands, self.local_derivatives = name, tuple(operands), tuple(local_derivatives)
        self.grad = 0.0

    def __repr__(self) -> str:
        return self.name


def _question(graph: str, hint: str, **values: Value) -> Question:
    """The gradients of a graph, compared with those of the package; `values` in topological order, by their names."""
    [*values.values()][-1].backward()

    def ask(module: Any) -> dict[str, Any]:
        nodes: dict[Value, Node] = {}
        for name, value in values.items():
            partials = local_derivatives(value) if value.operands else ()
            nodes[value] = Node(name, [nodes[operand] for operand in value.operands], partials)
        module.backward(list(nodes.values()))
        return {node.name: node.grad for node in nodes.values()}

    def judge(got: dict[str, Any]) -> str:
        for name, value in reversed(values.items()):
            if equal_to(value.grad)(got[name]):
                return f"{name}.grad should be {value.grad:g}, and is {got[name]!r}"
        return ""

    return Question(f"backward(order) of the graph {graph}", ask, judge, hint)


_ADD = "contributions add up: += and not ="

PARTS = {
    "the gradient of the result, and of what it was computed from": [
        _question("y = −x", "the gradient of the result, the last of the order, is 1", x=(x := Value(3.0)), y=-x),
    ],
    "two operands, and a chain": [
        _question(
            "y = a·b", "contribute to each operand, by its own local derivative",
            a=(a := Value(2.0)), b=(b := Value(3.0)), y=a * b,
        ),
        _question(
            "u = −x, v = eᵘ, y = tanh(v)",
            "go through the order backward; multiply the node's gradient by the local derivative",
            x=(x := Value(0.5)), u=(u := -x), v=(v := u.exp()), y=v.tanh(),
        ),
    ],
    "values that are used several times": [
        _question("y = x·x", _ADD, x=(x := Value(3.0)), y=x * x),
        _question("a = −x, b = eˣ, y = a·b", _ADD, x=(x := Value(2.0)), a=(a := -x), b=(b := x.exp()), y=a * b),
        _question(
            "a = tanh(x), b = eᵃ, c = a·b, y = c + a", "a node passes on its complete gradient",
            x=(x := Value(0.5)), a=(a := x.tanh()), b=(b := a.exp()), c=(c := a * b), y=c + a,
        ),
    ],
}  # fmt: skip
