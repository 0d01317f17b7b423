"""The boxes of groups of values: their names in mathematics, and the count, range and gradients of many values."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain, pairwise
from math import isfinite

from microgradnet._shared.text import counted
from microgradnet._shared.walks import nearest, postorder
from microgradnet.backward import NoGradient
from microgradnet.drawing.arrow import Arrow
from microgradnet.drawing.box import NO_BREAK, SHADES, Box, Cell, Row
from microgradnet.drawing.diagram import Diagram
from microgradnet.drawing.groups import Group, Groups
from microgradnet.drawing.repeats import SUMS
from microgradnet.drawing.spots import MANY_ARROWS
from microgradnet.notation import typography
from microgradnet.notation.names import INLINE, gradient, number, signed
from microgradnet.notation.neurons import Owner
from microgradnet.notation.typography import ATOM
from microgradnet.ops import CONSTANT, weighted_sum
from microgradnet.value import Value

SPREAD = 0.9  # inches between the boxes of two layers, for the many arrows between them
FAR = 2.0  # inches, for lines that stand for weights
NO_NEURONS = ": one for each operation, on all samples or terms alike (there are no neurons of Neuron, Layer or MLP)"
STEP = 4.0
"""How many times as large the gradients of the next shade are: the caption says "a quarter"."""


def draw_groups(
    groups: Groups, most: int, diagram: Diagram, *, ranges: bool = False, lines: bool = False
) -> dict[Group, int]:
    """Draw at most `most` of the groups into `diagram`; return the numbers of their boxes.

    With `lines`, a neuron is one line: its name, its result and the gradient of that; and operations in a row, such as
    those of a loss, are one card.

    With `ranges`, a box of many values has the least and the largest of them and of their gradients, and its colour is
    the fuller the larger its gradients: those of its parameters if it has any, else of its values.
    """
    every = postorder(groups.roots)
    drawn = nearest(groups.roots, most)
    boxes = counted(len(every), "box", "boxes")
    if len(drawn) < len(every):
        boxes = f"{len(drawn):,} of {boxes}, those nearest the result"
    has_neurons = groups.has_neurons
    kind = "layer" if groups.by_layer else "neuron"
    each = f": one for each {kind} and for each step outside them" if has_neurons else NO_NEURONS
    diagram.captions.append(f"{counted(groups.size, 'value')} in {boxes}{each * (len(every) > 1 or has_neurons)}")
    diagram.ordered = True
    if has_neurons and not groups.by_layer:
        diagram.spread = SPREAD
    known = ((group, _gradient_of(group)) for group in drawn if ranges and group.role != "root")
    sizes = {group: size for group, size in known if size is not None}
    full = max((sizes[group] for group in sizes if group.parameters), default=max(sizes.values(), default=0.0)) / STEP
    if full:
        diagram.captions.append(
            f"green: the size of a gradient (its sign is after grad), the fullest from {number(full, 2)} on, each "
            "paler shade a quarter"
        )
    cards = _cards(every, drawn) if lines else []
    on_card = {group for card in cards for group in card}
    numbers = {}
    name_width = 1 + max((len(_heading(group, groups)) for group in drawn if group.is_neuron), default=0)  # of a line
    for group in every:
        if group in drawn:
            shade = _shade(sizes[group], full) if full and group in sizes else 0
            box = _box(
                group, groups, drawn, ranges, shade, diagram.room if lines and group not in on_card else 0, name_width
            )
            numbers[group] = diagram.add(box)
    diagram.cards += [[numbers[group] for group in card] for card in cards]
    inside = {pair for card in cards for pair in pairwise(card)}
    for group, own in numbers.items():
        for other, count in group.uses.items():
            if other in numbers and (other, group) not in inside:
                uses = f"{_heading(other, groups)} → {_heading(group, groups)}\nused {counted(count, 'time')}"
                diagram.arrows.append(Arrow(numbers[other], own, f"e{own}_{numbers[other]}", uses))
    if ranges and has_weights(groups, diagram):
        _weigh(groups, numbers, diagram)
    return numbers


def has_weights(groups: Groups, diagram: Diagram) -> bool:
    """Whether there are so many arrows between neurons that each is drawn as a line of its weight."""
    return groups.has_neurons and not groups.by_layer and len(diagram.arrows) > MANY_ARROWS


def _weigh(groups: Groups, numbers: dict[Group, int], diagram: Diagram) -> None:
    """Draw arrows to neurons as lines of their weights, as in the picture of a network: of several, of the largest."""
    weights: dict[tuple[int, int], list[float]] = {}
    for group, own in numbers.items():
        for node in group.results:
            if group.is_neuron and node.op is weighted_sum:
                count = len(node.operands) // 2
                for weight, operand in zip(node.operands[:count], node.operands[count:], strict=False):
                    if (tail := numbers.get(groups.of.get(operand, group), own)) != own:
                        weights.setdefault((tail, own), []).append(weight.data)
    largest = max(filter(isfinite, map(abs, chain(*weights.values()))), default=0.0)
    for place, arrow in enumerate(diagram.arrows):
        if some := weights.get((arrow.tail, arrow.head)):
            strongest = next((x for x in some if not isfinite(x)), max(some, key=abs))
            diagram.arrows[place] = arrow.weighed(strongest, largest, crowded=True)
    diagram.show_weights()
    diagram.spread = FAR


def _cards(every: Iterable[Group], drawn: set[Group]) -> list[list[Group]]:
    """Operations in a row, each of which is all that the one before is for; the first may be a neuron."""
    users = Counter(other for group in every for other in group.uses)
    cards: dict[Group, list[Group]] = {}  # by their last group
    for group in every:
        if group in drawn and len(group.uses) == 1 and not group.is_neuron:
            (before,) = group.uses
            if before in drawn and before.uses and users[before] == 1:
                cards[group] = [*cards.pop(before, [before]), group]
    return list(cards.values())


def name_of(group: Group, groups: Groups) -> str:
    """Of a layer `layer 1`, of a neuron that of its result, a⁽¹⁾₂, or of one sample a⁽¹⁾₂#3; of others their own."""
    if not group.is_neuron or not group.operations:
        return group.name
    owner = Owner.of(f"{group.name}.")
    if groups.by_layer:
        return str(owner)
    name = owner.name(_letter(group)) if owner.neuron else group.name
    own = groups.namer.name(group.results[-1]) if len(group.results) == len(group.operations) else ""
    return own if own.startswith(f"{name}#") else name


def _letter(group: Group) -> str:
    """Of a neuron's result: its activation a, or z if it has none."""
    return "za"[len(group.operations) > 1]


def _heading(group: Group, groups: Groups) -> str:
    """Its name; of an operation on neurons' results, activations and leaves its formula, if short: forget.a₁·c0."""
    name = name_of(group, groups)
    node = group.results[0] if group.results else None
    if node is None or group.is_neuron or node.op.name != name:
        return name
    if len(node.operands) < 2:
        return _formula(group, groups) or name
    operands = []
    for position, operand in enumerate(node.operands):
        other = groups.of.get(operand)
        if other is not None and (operand.op.activation or other.is_neuron == bool(operand.operands)):
            is_one = groups.by_layer and other.is_neuron and len(group.results) == 1  # of a layer: z⁽³⁾₁, not its name
            operands.append((groups.namer.name(operand) if is_one else name_of(other, groups), ATOM))
        elif other is not None and operand.op in SUMS and _heading(other, groups) == other.name:  # the box above
            operands.append((other.name, ATOM))
        elif operand.op is CONSTANT and len({result.operands[position].data for result in group.results}) == 1:
            operands.append(signed(operand.data))
        else:
            return _formula(group, groups) or name
    formula = typography.write(node.op, operands)
    return formula if len(formula) <= INLINE else name


def _first_row(group: Group, groups: Groups) -> str:
    """Its heading, after the label of a single value; a result without one has the name that formulas give it."""
    shown, heading = group.shown, _heading(group, groups)
    label = "" if shown is None else shown.label
    if shown is not None and not label and group.role == "root" and not group.is_neuron and shown.operands:
        label = groups.namer.name(shown)
        if label == groups.namer.expression(shown):
            return label
    return heading if label in {"", group.name, heading} else f"{label} = {heading}"


def _formula(group: Group, groups: Groups) -> str:
    """A single value's formula on the names of its operands, (z⁽³⁾₁ − 1)²; "" if it is long, or they are not told."""
    if len(group.results) != 1:
        return ""
    node = group.results[0]
    formula = groups.namer.expression(node)
    return formula if len(formula) <= INLINE and all(_is_told(operand, groups) for operand in node.operands) else ""


def _is_told(node: Value, groups: Groups) -> bool:
    """Whether its name is a number, a label, that of a neuron's result, or a formula of such names."""
    if node.op is CONSTANT or node.label or groups.of[node].is_neuron:
        return True
    is_formula = node.operands and groups.namer.name(node) == groups.namer.expression(node)
    return bool(is_formula) and all(_is_told(operand, groups) for operand in node.operands)


def _box(group: Group, groups: Groups, drawn: set[Group], ranges: bool, shade: int, room: int, name_width: int) -> Box:
    """The box of a group: the numbers of a single computation, or how many computations it stands for.

    With `room` for a number, a neuron is a line, and its name has this width.
    """
    by_layer = groups.by_layer
    rows: list[Row] = [_first_row(group, groups)]
    if group.is_neuron or len(group.parameters) > 1:
        rows += _many(counted(len(group.parameters), "parameter"), group.parameters, ranges and by_layer)
    rows += [
        Cell("grad", gradient(value)) if word == "grad" else Cell("data", number(value.data), word)
        for word, value in group.numbers
    ]
    if group.is_many:
        has_range = ranges and group.shown is None
        count = f"{len(group.results):,} values"
        if has_range and len(group.last) < len(group.results):  # say of which it is
            count += f", {_letter(group) if group.is_neuron else 'last'}"
        rows += _many(count, group.last, has_range)
    if missing := sum(other not in drawn for other in group.uses):
        rows.append(f"… {counted(missing, 'operand')} not drawn")
    role = "parameter" if group.is_neuron and group.role == "operation" else group.role
    about = [*map(str, rows)]
    if group.name not in about[0]:
        about.append(group.name)  # the attribute
    if group.operations:
        about.append(" → ".join(group.operations))
    if room and group.is_neuron and group.numbers:
        result, grad = [row for row in rows if isinstance(row, Cell)][-2:]
        line: list[Row] = [
            about[0].ljust(name_width, NO_BREAK),
            Cell("data", _brief(result.text, room), ""),
            Cell("grad", _brief(grad.text, room)),
        ]
        return Box(line, role, "\n".join(about), "line", shade=shade)
    return Box(rows, role, "\n".join(about), shade=shade)


def _brief(text: str, room: int) -> str:
    """A number with as many of its digits as there is room for: −0.0123 of −0.01234."""
    if len(text) <= room:
        return text
    x = float(text.replace("−", "-"))
    return next((brief for digits in (3, 2) if len(brief := number(x, digits)) <= room), number(x, 1))


def _many(count: str, values: Sequence[Value], ranges: bool) -> list[str]:
    """The rows of many values: their count; with `ranges` also their range, and that of gradients if they have any."""
    if not ranges or len(values) == 1:
        return [count]
    rows = [f"{count} {_range([value.data for value in values])}"]
    gradients = _gradients(values)
    return [*rows, f"grad {_range(gradients)}"] if gradients else rows


def _range(numbers: Sequence[float]) -> str:
    least, largest = number(min(numbers), 2), number(max(numbers), 2)
    return least if least == largest else f"{least} … {largest}"


def _gradients(values: Iterable[Value]) -> list[float]:
    return [float(value.grad) for value in values if not isinstance(value.grad, NoGradient | None)]


def _gradient_of(group: Group) -> float | None:
    """The size of its largest gradient; None if it has none, which is not 0."""
    return max(map(abs, _gradients(group.parameters or group.results)), default=None)


def _shade(size: float, full: float) -> int:
    """From 1, for the smallest gradients, to `SHADES`, from the size `full` on."""
    return max(1, SHADES - sum(size < full / STEP**step for step in range(SHADES - 1)))
