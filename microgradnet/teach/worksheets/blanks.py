"""The blanks of a worksheet: the omitted numbers, how to compute each, and hints."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from microgradnet._shared.text import suggestion
from microgradnet.notation.names import Namer, as_factor, in_brackets, number
from microgradnet.ops import CONSTANT
from microgradnet.stepping.applications import Application
from microgradnet.stepping.steps import BackwardStep, forward_steps
from microgradnet.teach.misconceptions.passes import RIGHT, Graph, positions, steps
from microgradnet.teach.misconceptions.quantities import GRADIENT, LOCAL, VALUE, Numbers, Quantity
from microgradnet.value import Value

Hidden: TypeAlias = str | Value
KINDS = {"grads": GRADIENT, "values": VALUE, "local derivatives": LOCAL}


class Blank(NamedTuple):
    """A number that is left out.

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


def asked(graph: Graph, hidden: Iterable[Hidden], copies: Mapping[Value, Value]) -> list[Quantity]:
    """What is left out of a graph: values as they are computed, then the others as a backward pass comes to them.

    Args:
        graph: of the sheet.
        hidden: "grads", "values" and "local derivatives"; and values, whose gradients are left out.
        copies: for each of those the value of this graph.

    Raises:
        ValueError: there is no such kind, or no such value in the graph.
    """
    found: dict[Quantity, None] = {}
    for one in hidden:
        if isinstance(one, Value):
            if one not in copies:
                raise ValueError(f"cannot hide the gradient of {one!r}: it is no value of this graph")
            found[Quantity(GRADIENT, copies[one])] = None
        elif one not in KINDS:
            raise ValueError(f"cannot hide {one!r}: {suggestion(str(one), KINDS)}; or pass values of the graph")
        else:
            found |= dict.fromkeys(_of_kind(graph, KINDS[one]))
    order = [Quantity(VALUE, node) for node in graph.computed]
    for node in reversed(graph.computed):
        order += [Quantity(LOCAL, node, position) for position in positions(node)]
        order += [Quantity(GRADIENT, node.operands[position]) for position in positions(node)]
    last = {
        quantity: place for place, quantity in enumerate(order)
    }  # a gradient is complete with its last contribution
    return sorted((one for one in found if one in last), key=last.__getitem__)


def _of_kind(graph: Graph, kind: str) -> list[Quantity]:
    if kind == VALUE:
        return [Quantity(VALUE, node) for node in graph.computed]
    if kind == LOCAL:
        return [Quantity(LOCAL, node, position) for node in graph.computed for position in positions(node)]
    return [Quantity(GRADIENT, node) for node, uses in graph.uses.items() if uses]


def blanks_of(graph: Graph, quantities: Sequence[Quantity], namer: Namer) -> tuple[Blank, ...]:
    """The blanks for these quantities, numbered."""
    numbers = {quantity: i for i, quantity in enumerate(quantities, start=1)}
    forward = {step.node: step.text for step in forward_steps(graph.root)}
    is_backward = any(kind != VALUE for kind, _, _ in quantities)
    passed = {
        (step.node, step.position): BackwardStep(
            i, Application(graph.root, step.node, step.position, step.upstream, step.local, step.before), namer
        )
        for i, step in enumerate(steps(graph, RIGHT) if is_backward else (), start=1)
    }
    right = Numbers(graph)
    blanks = []
    for quantity, i in numbers.items():
        kind, node, position = quantity
        if kind == VALUE:
            working, hints = [forward[node]], _value_hints(node, namer, numbers)
        elif kind == LOCAL:
            step = passed[node, position]
            working, hints = [step.local_text], _local_hints(step, namer)
        else:
            contributions = [passed[use] for use in graph.uses[node]]
            working, hints = [step.text for step in contributions], _gradient_hints(node, contributions, namer, numbers)
        answer = right.by(quantity).number
        blanks.append(Blank(i, quantity, quantity.name(namer), answer, tuple(working), hints))
    return tuple(blanks)


def _value_hints(node: Value, namer: Namer, numbers: Mapping[Quantity, int]) -> tuple[str, str]:
    known = [
        f"{namer.name(operand)} {_found(Quantity(VALUE, operand), operand.data, numbers)}"
        for operand in dict.fromkeys(node.operands)
        if operand.op is not CONSTANT
    ]
    return f"{namer.name(node)} = {namer.expression(node)}: what is put in?", f"{'; '.join(known)}"


def _local_hints(step: BackwardStep, namer: Namer) -> tuple[str, str]:
    node, operand = namer.heading(step.node), in_brackets(namer.written(step.operand))
    question = f"how fast does {node} change when {operand} alone changes?"
    partial = f"∂{in_brackets(namer.written(step.node))}/∂{operand}"
    return question, f"{partial} = {step.formula}" if step.formula else f"think of {node} with all else held still"


def _gradient_hints(
    node: Value, contributions: Sequence[BackwardStep], namer: Namer, numbers: Mapping[Quantity, int]
) -> tuple[str, str]:
    name = in_brackets(namer.written(node))
    parts, formulas = [], []
    for step in contributions:
        user = in_brackets(namer.written(step.node))
        parts.append(f"{user}.grad {_found(Quantity(GRADIENT, step.node), step.upstream, numbers)}")
        formula = as_factor((step.formula, 0)) if any(sign in step.formula for sign in "+−") else step.formula
        formulas.append(f"{user}.grad · {formula or f'∂{user}/∂{name}'}")
    if len(contributions) == 1:
        user = in_brackets(namer.written(contributions[0].node))
        question = f"upstream, {parts[0]}; what is ∂{user}/∂{name}?"
    else:
        question = (
            f"{name} is used {len(contributions)} times: add a contribution for each. "
            f"Upstream: {'; '.join(dict.fromkeys(parts))}"
        )
    return question, f"{name}.grad = {' + '.join(formulas)}"


def _found(quantity: Quantity, right: float, numbers: Mapping[Quantity, int]) -> str:
    """Where a number is found: on the sheet, or in another blank."""
    return f"is your answer {numbers[quantity]}" if quantity in numbers else f"is {number(right)}"
