"""The questions of the exercise on a topological order."""

from typing import Any

from microgradnet._shared.text import shorten
from microgradnet.teach.exercises.backward import Node
from microgradnet.teach.exercises.exercise import Question


def _question(graph: str, hint: str) -> Question:
    """A graph written as "c: a b; d: c a": c has the operands a and b; the root is the last."""
    nodes: dict[str, Node] = {}
    for line in graph.split(";"):
        name, _, operands = line.strip().partition(":")
        nodes[name] = Node(name, [nodes.setdefault(operand, Node(operand)) for operand in operands.split()])
    root = nodes[name]

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
            if late := [operand.name for operand in node.operands if names.index(operand.name) > place]:
                return f"{node.name} comes before {late[0]}, from which it was computed"
        return ""

    call = f"topological_order({root.name}) of the graph {shorten(graph, 60)}"
    return Question(call, lambda module: module.topological_order(root), judge, hint)


_AFTER = "a node goes into the list after all of its operands have gone in"
_ONCE = "note which nodes have been there already"

PARTS = {
    "a number alone": [_question("a", "the root is in the list too")],
    "operands first": [_question("b: a", _AFTER), _question("c: a b", _AFTER), _question("b: a; c: b; d: c", _AFTER)],
    "paths that meet": [
        _question("b: a a", _ONCE),
        _question("b: a; c: a; d: b c", _ONCE),
        _question("b: a; c: b a; d: c b", _AFTER),
        _question("b: a; c: a b", _AFTER),
    ],
    "in reasonable time, where there are many paths": [
        _question("; ".join(["n0: x", *(f"n{i}: n{i - 1} n{i - 1}" for i in range(1, 40))]), _ONCE),
    ],
}
