"""`recomputed`: the result of a graph computed again, after numbers in it were changed."""

from microgradnet.graph import Graph
from microgradnet.value import Value, apply


def recomputed(root: Value) -> Value:
    """The result, computed again from the leaves if a number was changed since; names and lines of the program stay.

    Raises:
        DomainError: an operation has no finite value any more.

    >>> w = Value(2.0); y = w * w; w.data = 3.0
    >>> recomputed(y).data
    9.0
    """
    graph = Graph(root)
    if not graph.stale():
        return root
    fresh = {leaf: leaf for leaf in graph.leaves}
    for node in graph.computed:
        fresh[node] = apply(node.op, tuple([fresh[operand] for operand in node.operands]))
        fresh[node].label, fresh[node].source = node.label, node.source
    return fresh[root]
