"""`recomputed`, `recompute`: the result of a graph computed again, after numbers in it were changed."""

from microgradnet.graph import Graph
from microgradnet.recording import unobserved
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


def recompute(root: Value) -> None:
    """Compute all results of a graph again, in place, if a number was changed since; gradients stay.

    Raises:
        DomainError: an operation has no finite value any more; nothing is changed.

    >>> w = Value(2.0); y = w * w; w.data = 3.0
    >>> recompute(y); y.data
    9.0
    """
    with unobserved():
        fresh = recomputed(root)
    if fresh is not root:
        for node, new in zip(Graph(root).computed, Graph(fresh).computed, strict=True):
            node._data, node._changed = new._data, new._changed
