"""The sample with the largest loss, which stands for many in a page: it is drawn, and of too many played alone."""

from collections.abc import Iterable

from microgradnet import ops
from microgradnet.drawing.repeats import SUMS, Kept, Repeats
from microgradnet.graph import Graph
from microgradnet.ops import CONSTANT
from microgradnet.recording import unobserved
from microgradnet.value import Value, apply, constant

MOST_PLAYED = 40_000
"""Applications of the chain rule in a page of all samples: with more it has over 5 MB, and steps take over 0.1 s."""


def sample_of(repeats: Repeats) -> Kept | None:
    """Of the terms that stand for others, the first that neurons computed."""
    return next((kept for kept in repeats.terms if _has_neurons(kept.term)), None)


def played_alone(graph: Graph, marked: Iterable[Value] = ()) -> tuple[Value, str]:
    """The result of a graph with too many samples, where all but one are a number, and a text that says so.

    Args:
        graph: the values.
        marked: values of the sample that is kept; without one, it is that with the largest loss.

    Returns:
        The result itself, and "", if a page can play all, or there is nothing to leave out.
    """
    marked = [*marked]
    (root,) = graph.roots
    is_long = sum(len(node.operands) - node.op.constants for node in graph.computed) > MOST_PLAYED
    kept = sample_of(Repeats(graph, marked)) if is_long else None
    if kept is None:
        return root, ""
    which = "the one with the decision boundary" if marked else "the one with the largest loss"
    about = (
        f"Only sample {kept.place:,} of {kept.count:,} is here, {which}: the other {kept.count - 1:,} are one number "
        "in the loss, and have no part in gradients and learning"
    )
    return _without(graph, kept), about


def _has_neurons(term: Value) -> bool:
    return any(node.op is ops.weighted_sum for node in Graph(term).computed)


def _without(graph: Graph, kept: Kept) -> Value:
    """The result, where of each sum the terms that are left out are one number; other values stay as they are."""
    fresh: dict[Value, Value] = {}
    parts: dict[Value, tuple[list[Value], float]] = {}  # of a sum: its other operands, and what is left out
    left_out = set(kept.others)
    with unobserved():
        for node in graph.computed:
            if node.op in SUMS and any(
                (node, i) in left_out or operand in parts for i, operand in enumerate(node.operands)
            ):
                others, rest = list[Value](), 0.0
                for i, operand in enumerate(node.operands):
                    some, number = parts.get(operand, ([fresh.get(operand, operand)], 0.0))
                    is_number = (node, i) in left_out or operand.op is CONSTANT
                    others, rest = (others, rest + operand.data) if is_number else (others + some, rest + number)
                parts[node] = others, rest
                fresh[node] = apply(ops.total, (*others, constant(rest)))
            elif any(operand in fresh for operand in node.operands):
                fresh[node] = apply(node.op, tuple([fresh.get(operand, operand) for operand in node.operands]))
            else:
                continue
            fresh[node].label, fresh[node].source = node.label, node.source
    (root,) = graph.roots
    return fresh[root]
