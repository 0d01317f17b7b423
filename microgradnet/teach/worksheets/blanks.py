"""The blanks of a worksheet: the omitted numbers, how to compute each, and hints."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from microgradnet._shared.text import suggestion
from microgradnet.notation.names import Namer, as_factor, in_brackets, number
from microgradnet.ops import CONSTANT
from microgradnet.stepping.applications import Application
from microgradnet.stepping.steps import BackwardStep, forward_steps
from microgradnet.teach.misconceptions.passes import RIGHT, SolvedGraph, positions, steps
from microgradnet.teach.worksheets.quantities import GRADIENT, LOCAL, VALUE, Numbers, Quantity
from microgradnet.value import Value

Hidden: TypeAlias = str | Value
KINDS = {"grads": GRADIENT, "values": VALUE, "local derivatives": LOCAL}


class Blank(NamedTuple):
    """An omitted number.

    Attributes:
        number: the number of the blank, from 1.
        quantity: the quantity asked for.
        name: its name: "w.grad".
        answer: the right number.
        working: how to compute it, a line for each contribution.
        hints: first a question, then a formula.
    """

    number: int
    quantity: Quantity
    name: str
    answer: float
    working: tuple[str, ...]
    hints: tuple[str, str]


def hidden_quantities(hidden: Iterable[Hidden], graph: SolvedGraph, copies: Mapping[Value, Value]) -> list[Quantity]:
    """The quantities to blank, in the order of computing: values, then derivatives in the order of a backward pass.

    Args:
        hidden: "grads", "values" and "local derivatives"; and values, whose gradients are blanked.
        graph: the graph of the sheet.
        copies: for each of those values the value of this graph.

    Raises:
        ValueError: there is no such kind, or no such value in the graph.
    """
    kinds, nodes = set(), set()
    for item in hidden:
        if isinstance(item, Value):
            if item not in copies:
                raise ValueError(f"cannot hide the gradient of {item!r}: it is no value of this graph")
            nodes.add(copies[item])
        elif item not in KINDS:
            raise ValueError(f"cannot hide {item!r}: {suggestion(str(item), KINDS)}; or pass values of the graph")
        else:
            kinds.add(KINDS[item])
    order = [Quantity(VALUE, node) for node in graph.computed]
    for node in reversed(graph.computed):
        for position in positions(node):
            order.append(Quantity(LOCAL, node, position))
        for position in positions(node):
            order.append(Quantity(GRADIENT, node.operands[position]))
    once = list(dict.fromkeys(reversed(order)))[::-1]  # a gradient is complete with its last contribution
    return [q for q in once if q.kind in kinds or (q.kind == GRADIENT and q.node in nodes)]


def blanks_of(graph: SolvedGraph, quantities: Sequence[Quantity], namer: Namer) -> tuple[Blank, ...]:
    """The blanks for these quantities, numbered."""
    numbers = {quantity: i for i, quantity in enumerate(quantities, start=1)}
    forward = {step.node: step.text for step in forward_steps(graph.root)}
    is_backward = any(quantity.kind != VALUE for quantity in quantities)
    backward = {
        (step.node, step.position): BackwardStep(i, Application(graph.root, *step[:-1]), namer)
        for i, step in enumerate(steps(graph, RIGHT) if is_backward else (), start=1)
    }
    right = Numbers(graph)
    blanks = []
    for quantity, i in numbers.items():
        kind, node, position = quantity
        if kind == VALUE:
            working, hints = [forward[node]], _value_hints(node, namer, numbers)
        elif kind == LOCAL:
            step = backward[node, position]
            working, hints = [step.local_text], _local_hints(step, namer)
        else:
            contributions = [backward[use] for use in graph.uses[node]]
            working, hints = [step.text for step in contributions], _gradient_hints(node, contributions, namer, numbers)
        answer = right.by(quantity).number
        blanks.append(Blank(i, quantity, quantity.name(namer), answer, tuple(working), hints))
    return tuple(blanks)


def _value_hints(node: Value, namer: Namer, numbers: Mapping[Quantity, int]) -> tuple[str, str]:
    known = [
        f"{namer.name(operand)} {_known(Quantity(VALUE, operand), operand.data, numbers)}"
        for operand in dict.fromkeys(node.operands)
        if operand.op is not CONSTANT
    ]
    return f"{namer.name(node)} = {namer.expression(node)}: which numbers go in?", "; ".join(known)


def _local_hints(step: BackwardStep, namer: Namer) -> tuple[str, str]:
    node, operand = namer.heading(step.node), in_brackets(namer.written(step.operand))
    question = f"how fast does {node} change when {operand} alone changes?"
    partial = f"∂{in_brackets(namer.written(step.node))}/∂{operand}"
    return question, f"{partial} = {step.formula}" if step.formula else f"think of {node} with all else held constant"


def _gradient_hints(
    node: Value, contributions: Sequence[BackwardStep], namer: Namer, numbers: Mapping[Quantity, int]
) -> tuple[str, str]:
    name = in_brackets(namer.written(node))
    upstream, products = [], []
    for step in contributions:
        user = in_brackets(namer.written(step.node))
        upstream.append(f"{user}.grad {_known(Quantity(GRADIENT, step.node), step.upstream, numbers)}")
        formula = as_factor((step.formula, 0)) if any(sign in step.formula for sign in "+−") else step.formula
        products.append(f"{user}.grad · {formula or f'∂{user}/∂{name}'}")
    if len(contributions) == 1:
        question = f"upstream, {upstream[0]}; what is ∂{user}/∂{name}?"
    else:
        question = (
            f"{name} is used {len(contributions)} times: add a contribution for each. "
            f"Upstream: {'; '.join(dict.fromkeys(upstream))}"
        )
    return question, f"{name}.grad = {' + '.join(products)}"


def _known(quantity: Quantity, right: float, numbers: Mapping[Quantity, int]) -> str:
    """A number that the sheet shows, or the blank that asks for it."""
    return f"is your answer {numbers[quantity]}" if quantity in numbers else f"is {number(right)}"
