"""Schedule the scalars of a program: which of them can be computed at once, and in which order they are read."""

from collections import Counter
from collections.abc import Callable

from microgradnet.compiling.loops import Item
from microgradnet.compiling.scalars import ScalarProgram
from microgradnet.value import Value


def scheduled(program: ScalarProgram, key: Callable[[Value], object]) -> list[list[list[Value]]]:
    """The computed values by depth, none of which depends on another of the same depth, and those by their key.

    A value has the least depth that it can have; or, if as many with its key have the same greatest depth, it waits
    for the last of these: what each step of a loop computes for the result alone is computed for all steps at once.
    """
    nodes = [node for node in program.nodes if not isinstance(node.op, Item)]
    leaves = set(program.leaves)
    reads = {node: [_computed_by(operand) for operand in node.operands if operand not in leaves] for node in nodes}
    early: dict[Value, int] = {}
    for node in nodes:
        early[node] = 1 + max([early[operand] for operand in reads[node]], default=-1)
    height = max(early.values(), default=-1) + 1
    late = dict.fromkeys(early, height - 1)
    for node in reversed(nodes):
        below = late[node] - 1
        for operand in reads[node]:
            if late[operand] > below:  # noqa: PLR1730  # min is slower
                late[operand] = below
    numbers = dict[object, int]()
    kinds = [numbers.setdefault(key(node), len(numbers)) for node in nodes]
    alike, later = (Counter(zip(kinds, map(depth.__getitem__, nodes), strict=True)) for depth in (early, late))
    tied: set[Value] = set()  # to the least depth, as a value that reads them is
    soonest: dict[tuple[int, int], int] = {}
    for node, kind in zip(reversed(nodes), reversed(kinds), strict=True):
        least, group = early[node], (kind, late[node])
        if node in tied or later[group] < alike[kind, least]:
            if least < late[node]:
                tied.update(reads[node])
            late[node] = -1
        else:
            soonest[group] = max(soonest.get(group, 0), least)
    levels: list[dict[int, list[Value]]] = [{} for _ in range(height)]
    for node, kind in zip(nodes, kinds, strict=True):
        if late[node] >= 0:
            below = max([early[operand] for operand in reads[node]], default=-1)
            early[node] = max(below + 1, soonest[kind, late[node]])
        levels[early[node]].setdefault(kind, []).append(node)
    return [list(level.values()) for level in levels if level]


def positions(program: ScalarProgram) -> dict[Value, int]:
    """The position of each computed value among the operands of the last sum or largest number that reads it.

    A value that is not read by one has the position of the last of those that are computed from it.
    """
    computed, found = set(program.nodes), dict[Value, int]()
    for node in reversed(program.nodes):
        if node.op.variadic or node in found:
            for position, operand in enumerate(node.operands):
                if operand in computed:
                    found.setdefault(operand, position if node.op.variadic else found[node])
    return found


def _computed_by(value: Value) -> Value:
    """The value itself, or the loop that it is an item of."""
    return value.operands[0] if isinstance(value.op, Item) else value
