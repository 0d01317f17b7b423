"""Exercise 3: a topological order."""

from collections.abc import Sequence
from typing import Any

from microgradnet._shared.text import shorten
from microgradnet.teach.exercises.backward import Node
from microgradnet.teach.exercises.exercise import Exercise, Part, Question

TEXT = '''"""Exercise 3: a topological order.

A node of a computation graph knows the nodes it was computed from, `node.operands`; a number that was given has none.

In a topological order each node comes after all of its operands. Backpropagation walks it backward: then a node has
its whole gradient before it passes anything on.

Write the function. Every node that the root was computed from is in the list once, and so is the root.
Then:  microgradnet check {file}
"""


def topological_order(root):
    """A list of the nodes: each once, and after all of its operands."""
    raise NotImplementedError("your code here")
'''


def _graph(text: str) -> dict[str, Node]:
    """The nodes of "c: a b; d: c a"; what is not defined is given."""
    nodes: dict[str, Node] = {}
    for line in text.split(";"):
        name, _, operands = line.partition(":")
        found = [nodes.setdefault(operand, Node(operand)) for operand in operands.split()]
        nodes[name.strip()] = Node(name.strip(), found)
    return nodes


def _asked(text: str, hint: str) -> Question:
    nodes = _graph(text)
    root = list(nodes.values())[-1]

    def judge(got: Any) -> str:
        if got is None:
            return "it gives None: is there a return?"
        if not isinstance(got, list | tuple) or not all(isinstance(node, Node) for node in got):
            return "it should give a list of nodes"
        names = [node.name for node in got]
        if twice := [name for name in names if names.count(name) > 1]:
            return f"{twice[0]} is there {names.count(twice[0])} times"
        if missing := [name for name in nodes if name not in names]:
            return f"{missing[0]} is missing"
        for place, node in enumerate(got):
            late = [operand.name for operand in node.operands if names.index(operand.name) > place]
            if late:
                return f"{node.name} comes before {late[0]}, from which it was computed"
        return ""

    call = f"topological_order({root.name}) of the graph {shorten(text, 60)}"
    return Question(call, lambda module: module.topological_order(root), judge, hint)


def parts() -> Sequence[Part]:
    """A number alone, chains, and graphs whose paths meet."""
    after = "a node goes into the list after all of its operands have gone in"
    once = "note which nodes have been there already"
    wide = "; ".join(["n0: x", *(f"n{i}: n{i - 1} n{i - 1}" for i in range(1, 40))])
    return [
        Part("a number alone", [_asked("a", "the root is in the list too")]),
        Part("operands first", [_asked("b: a", after), _asked("c: a b", after), _asked("b: a; c: b; d: c", after)]),
        Part("paths that meet", [
            _asked("b: a a", once), _asked("b: a; c: a; d: b c", once), _asked("b: a; c: b a; d: c b", after),
            _asked("b: a; c: a b", after),
        ]),
        Part("in reasonable time, where there are many paths", [_asked(wide, once)]),
    ]  # fmt: skip


EXERCISE = Exercise(3, "topological_order", "a topological order", TEXT, "topological_order", parts)
