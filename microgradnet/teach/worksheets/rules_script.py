"""The rules of a sheet's passes in JavaScript, by which a page marks answers as `grade` does.

A rule applied to symbols gives an expression, and the expression is written in JavaScript: each rule is defined once.
"""

import json
from collections.abc import Sequence
from typing import Any, cast

from microgradnet.notation.symbols import Symbol, Term
from microgradnet.ops import CONSTANT
from microgradnet.stepping.javascript import Functions, function_of
from microgradnet.teach.misconceptions.passes import RIGHT, Rules, SolvedGraph, backwards, positions
from microgradnet.teach.misconceptions.table import MISTAKES
from microgradnet.teach.worksheets.quantities import GRADIENT, Quantity, shown
from microgradnet.teach.worksheets.sheet import Sheet
from microgradnet.value import Value


def rules_script(sheets: Sequence[Sheet]) -> str:
    """`GRAPHS`, a list of {nodes, root, right, wrong}, one for each sheet; and the functions that it calls."""
    graphs = ",\n".join(map(_graph, sheets))
    return f"{Functions([]).source}\nconst GRAPHS = [\n{graphs}];\n"


def _graph(sheet: Sheet) -> str:
    graph = sheet.graph
    numbers = {node: i for i, node in enumerate(graph.nodes)}
    has_gradients = any(blank.quantity.kind == GRADIENT for blank in sheet.blanks)
    nodes = [_node(node, numbers, graph.gradients[node] if has_gradients else 0.0) for node in graph.nodes]
    right = _rules(graph, RIGHT, numbers, {})
    usual = _functions(graph, RIGHT, numbers)
    wrong = ",\n".join(
        f"{{name: {json.dumps(row.name)}, ...{_rules(graph, rules, numbers, usual)}}}"
        for row in MISTAKES.values()
        for rules in row.rules(graph)
    )
    return f"{{nodes: {json.dumps(nodes)}, root: {numbers[graph.root]}, right: {right}, wrong: [\n{wrong}]}}"


def _node(node: Value, numbers: dict[Value, int], grad: float) -> dict[str, Any]:
    is_constant = node.op is CONSTANT
    return {
        "operands": [numbers[operand] for operand in node.operands],
        "positions": positions(node) if node.operands else [],
        "data": [node.data, node.data if is_constant else shown(node.data)],
        "grad": [grad, grad if is_constant else shown(grad)],
    }


def _rules(graph: SolvedGraph, rules: Rules, numbers: dict[Value, int], usual: dict[str, dict[int, str]]) -> str:
    """These rules as an object; of the functions of nodes those that differ from the usual ones."""
    order = None if rules.order is backwards else [numbers[node] for node in rules.order(graph)]
    forgotten = rules.forgotten and [numbers[rules.forgotten[0]], rules.forgotten[1]]
    parts = {"order": json.dumps(order), "forgotten": json.dumps(forgotten), "leftOver": json.dumps(rules.left_over)}
    for name, first, second in (("contribution", "upstream", "local"), ("join", "before", "contribution")):
        term = cast("Any", getattr(rules, name))(Symbol(first), Symbol(second))
        parts[name] = function_of([first, second], [term])
    for name, functions in _functions(graph, rules, numbers).items():
        differing = {i: text for i, text in functions.items() if usual.get(name, {}).get(i) != text}
        parts[name] = f"{{{', '.join(f'{i}: {text}' for i, text in differing.items())}}}"
    return f"{{{', '.join(f'{name}: {text}' for name, text in parts.items())}}}"


def _functions(graph: SolvedGraph, rules: Rules, numbers: dict[Value, int]) -> dict[str, dict[int, str]]:
    """What each node computes, and its local derivatives in the order of their positions."""
    value, local = {}, {}
    for node in graph.computed:
        names = [f"x{i}" for i in range(len(node.operands))]
        x: list[Term] = [
            operand.data if operand.op is CONSTANT else Symbol(name)
            for operand, name in zip(node.operands, names, strict=True)
        ]
        terms = [cast("Any", rules.local)(node, position, Symbol("y"), x) for position in positions(node)]
        value[numbers[node]] = function_of(names, [cast("Any", rules.value)(node, x)])
        local[numbers[node]] = function_of(["y", *names], terms, as_list=True)
    return {"value": value, "local": local}


def key_of(quantity: Quantity, graph: SolvedGraph) -> str:
    """The name of a quantity in the script: "value 3", "gradient 3" or "local derivative 3,0"."""
    place = graph.nodes.index(quantity.node)
    return f"{quantity.kind} {place}" + f",{quantity.position}" * (quantity.position >= 0)
