"""`leaves`: where a program has the numbers of its graph, so that a page can change them there."""

import ast
from sys import float_info
from typing import Any, NamedTuple

from microgradnet.graph import Graph
from microgradnet.notation.names import Namer
from microgradnet.ops import CONSTANT
from microgradnet.stepping.webpage import as_json
from microgradnet.value import Value

MAKERS = ("Value", "parameter")


def leaves(graph: Graph, code: str, file: str) -> list[dict[str, Any]]:
    """The numbers of a graph's page, in its order, each with its place in the program that made it.

    Args:
        graph: its leaves know their lines.
        code: the program.
        file: its name in those lines.

    Returns:
        Of each its "name", "number", and "place": None, or the "line" from 1, "start" and "end" in UTF-16 units.
    """
    namer, calls = Namer(graph.nodes), _calls(code)
    leaves = [node for node in graph.nodes if not node.operands and node.op is not CONSTANT]
    made_by = [[call for call in calls if call.makes(leaf, file)] for leaf in leaves]
    made_by = [[call for call in made if call.label] or made for made in made_by]
    places = [made[0].place if len(made) == 1 and made_by.count(made) == 1 else None for made in made_by]
    return [
        {"name": namer.name(leaf), "number": as_json(leaf.data), "place": place}
        for leaf, place in zip(leaves, places, strict=True)
    ]


class _Call(NamedTuple):
    """`Value(0.1, "x")` or `w = parameter(0.15)`: its lines, number and label, and the place of the number."""

    first: int
    last: int
    number: float
    label: str
    place: dict[str, int]

    def makes(self, leaf: Value, file: str) -> bool:
        """Whether a leaf has its number from here, and still has it."""
        made_in, _, line = str(leaf.source).rpartition(":")
        is_here = made_in == file and self.first <= int(line) <= self.last
        return is_here and leaf.data == self.number and self.label in {"", leaf.label}


def _calls(code: str) -> list[_Call]:
    """The calls of a program that make a leaf of a literal number."""
    lines, found = code.split("\n"), []  # as Python and the editor do: other ends of lines are in texts
    for call in ast.walk(ast.parse(code)):
        if not isinstance(call, ast.Call) or getattr(call.func, "id", "") not in MAKERS or not call.args:
            continue
        number, *others = call.args
        if not _is_number(number):
            continue
        others += [word.value for word in call.keywords]
        texts = (other.value for other in others if isinstance(other, ast.Constant) and isinstance(other.value, str))
        label = next(texts, "")
        start, end = (_units(lines[number.lineno - 1], at) for at in (number.col_offset, number.end_col_offset or 0))
        place = {"line": number.lineno, "start": start, "end": end}
        found.append(_Call(call.lineno, call.end_lineno or 0, float(ast.literal_eval(number)), label, place))
    return found


def _units(line: str, size: int) -> int:
    """How many UTF-16 units, in which an editor counts, the first bytes of a line are in UTF-8."""
    return len(line.encode()[:size].decode().encode("utf-16-le")) // 2


def _is_number(node: ast.expr) -> bool:
    """Whether it is a literal number, maybe with a sign, on one line."""
    bare = node.operand if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd) else node
    number = bare.value if isinstance(bare, ast.Constant) and node.lineno == node.end_lineno else None
    return isinstance(number, int | float) and not isinstance(number, bool) and number <= float_info.max
