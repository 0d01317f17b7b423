"""The L2 penalties of a loss: sums of squares of parameters."""

from collections import Counter

from microgradnet import ops
from microgradnet.drawing.repeats import SUMS
from microgradnet.graph import Graph
from microgradnet.ops import CONSTANT, PARAMETER
from microgradnet.value import Value


def penalties(graph: Graph) -> dict[Value, Value]:
    """From each value of a sum of squares of parameters, and of that times a number, to the last of these values.

    >>> from microgradnet import parameter
    >>> w, v = parameter(2.0), parameter(3.0)
    >>> squares = w * w + v**2
    >>> [found is squares for found in penalties(Graph(squares)).values()]
    [True, True, True]
    """
    kinds: dict[Value, str] = {}
    for node in graph.computed:
        variables = [operand for operand in node.operands if operand.op is not CONSTANT]
        below = {kinds.get(operand) for operand in variables}
        numbers = [operand.data for operand in node.operands if operand.op is CONSTANT]
        if {operand.op for operand in variables} == {PARAMETER} and len(set(variables)) == 1:
            if (node.op is ops.multiply and not numbers) or (node.op is ops.power and numbers == [2.0]):
                kinds[node] = "square"
        elif node.op in SUMS and below and below <= {"square", "sum"}:
            kinds[node] = "sum"
        elif node.op in {ops.multiply, ops.divide} and below == {"sum"} and len(variables) == 1:
            kinds[node] = "factor"
    found: dict[Value, Value] = {}
    for node in reversed(graph.computed):
        if node in kinds:
            tops = {found[user] for user, _ in graph.uses[node] if user in found}
            if tops or kinds[node] != "square":
                found[node] = tops.pop() if len(tops) == 1 else node
    squares = Counter(top for node, top in found.items() if kinds[node] == "square")
    return {node: top for node, top in found.items() if squares[top] > 1}
