"""Exercise 2: the loop of backward."""

from collections.abc import Callable, Sequence
from typing import Any

from microgradnet.chain_rule import local_derivatives
from microgradnet.graph import topological_order
from microgradnet.teach.exercises.exercise import Exercise, Part, Question, equal_to
from microgradnet.value import Value

TEXT = '''"""Exercise 2: the loop of backward.

A node of a computation graph knows

    node.operands            the nodes it was computed from
    node.local_derivatives   for each operand, the derivative of the node with respect to it
    node.grad                the derivative of the result with respect to the node; 0.0 at first

Of the result itself the gradient is 1. Going back from there, each node contributes to each of its operands, by the
chain rule: the node's own gradient times the local derivative. Contributions from several nodes add up.

`order` has all nodes in topological order: each after all of its operands, the result last.

Write the loop. Then:  microgradnet check {file}
"""


def backward(order):
    """Set the `grad` of every node in `order`."""
    raise NotImplementedError("your code here")
'''


class Node:
    """A node as the exercise has it."""

    def __init__(self, name: str, operands: Sequence["Node"] = (), local_derivatives: Sequence[float] = ()) -> None:
        self.name, self.operands, self.local_derivatives = name, tuple(operands), tuple(local_derivatives)
        self.grad = 0.0

    def __repr__(self) -> str:
        return self.name


def _asked(what: str, build: Callable[[], Value], hint: str) -> Question:
    """The gradients of a graph, compared with those of the package."""
    order = topological_order(build())
    right: dict[str, float] = {}

    def ask(module: Any) -> dict[str, Any]:
        nodes: dict[Value, Node] = {}
        for value in order:
            operands = [nodes[operand] for operand in value.operands]
            partials = local_derivatives(value) if value.operands else ()
            nodes[value] = Node(value.label, operands, partials)
        order[-1].zero_grad()
        order[-1].backward()
        right.update({value.label: value.grad for value in order})
        module.backward([nodes[value] for value in order])
        return {node.name: node.grad for node in nodes.values()}

    def judge(got: dict[str, Any]) -> str:
        for name, gradient in reversed(right.items()):
            if equal_to(gradient)(got[name]):
                return f"{name}.grad should be {gradient:g}, and is {got[name]!r}"
        return ""

    return Question(f"backward(order) of the graph {what}", ask, judge, hint)


def _labelled(**values: Value) -> Value:
    for name, value in values.items():
        value.label = name
    return value


def _one() -> Value:
    x = Value(3.0)
    return _labelled(x=x, y=-x)


def _product() -> Value:
    a, b = Value(2.0), Value(3.0)
    return _labelled(a=a, b=b, y=a * b)


def _chain() -> Value:
    x = Value(0.5)
    u = -x
    v = u.exp()
    return _labelled(x=x, u=u, v=v, y=v.tanh())


def _square() -> Value:
    x = Value(3.0)
    return _labelled(x=x, y=x * x)


def _diamond() -> Value:
    x = Value(2.0)
    a, b = -x, x.exp()
    return _labelled(x=x, a=a, b=b, y=a * b)


def _late() -> Value:
    x = Value(0.5)
    a = x.tanh()
    b = a.exp()
    c = a * b
    return _labelled(x=x, a=a, b=b, c=c, y=c + a)


def parts() -> Sequence[Part]:
    """The result, one node, a chain, and nodes that are used several times."""
    start = "the gradient of the result, the last of the order, is 1"
    chain = "go through the order backward; multiply the node's gradient by the local derivative"
    add = "contributions add up: += and not ="
    return [
        Part("the gradient of the result, and of what it was computed from", [_asked("y = −x", _one, start)]),
        Part("two operands, and a chain", [
            _asked("y = a·b", _product, "contribute to each operand, by its own local derivative"),
            _asked("u = −x, v = eᵘ, y = tanh(v)", _chain, chain),
        ]),
        Part("values that are used several times", [
            _asked("y = x·x", _square, add),
            _asked("a = −x, b = eˣ, y = a·b", _diamond, add),
            _asked("a = tanh(x), b = eᵃ, c = a·b, y = c + a", _late, "a node passes on its complete gradient"),
        ]),
    ]  # fmt: skip


EXERCISE = Exercise(2, "backward", "the loop of backward", TEXT, "backward", parts)
