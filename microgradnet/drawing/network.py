"""The diagram of a network: columns of circles, a line for each weight.

Thickness is a weight's size; blue and solid is positive, orange and dashed negative, so that both read without colour.
Any module can be drawn that has `layers` of `neurons` with weights `w` and a bias `b`, as can a layer or a neuron by
itself. Its numbers have the names that they have in graphs: w⁽¹⁾₂₃, b⁽¹⁾₂, a⁽¹⁾₂, x₃.
"""

import re
from collections.abc import Iterable
from itertools import groupby
from math import isfinite, isqrt
from typing import Any

from microgradnet._shared.text import counted
from microgradnet.drawing.arrow import Arrow
from microgradnet.drawing.box import INCH, Box
from microgradnet.drawing.diagram import Diagram
from microgradnet.drawing.fit import TOO_SMALL, WIDEST, turn_if_wide
from microgradnet.notation.names import number
from microgradnet.notation.neurons import Owner, subscript
from microgradnet.value import Value

MOST_IN_COLUMN = 16
CROWDED = 8  # neurons in a column; with more, circles hold nothing but their neuron's number
WIDTH, NEAREST = 1.4, 0.6  # inches: of a column, and between two columns
NUMBERED, NAMED = 0.42, 0.75  # inches: of a circle that holds the neuron's number, or its name
TOO_WIDE = "with every neuron this would be too wide to read"
SHORTEST_RUN = 4  # layers alike that are one box


def draw_network(module: Any, view: str | None, most: int, direction: str | None, title: str) -> Diagram:
    """The diagram of `module`: a circle for each neuron, or a box for each layer.

    Left to choose, circles stand as far apart as a column of text allows; if that is too near, layers are drawn, and if
    these do not fit beside each other, one below the other.

    Raises:
        TypeError: it is no network, or a part of it has the wrong type.
        ValueError: a list of layers or neurons is empty, or `view` is "ops": a module has operations once it is called.
    """
    layers = _layers(module)
    if view == "ops":
        raise ValueError(f"{name_of(module)} has no operations to draw: call it on inputs and draw the result")
    diagram = Diagram(direction=direction or "LR", title=title)
    if view != "layers":
        _draw_circles(module, layers, min(MOST_IN_COLUMN, max(2, most // (len(layers) + 1))), diagram)
        if diagram.is_vertical or diagram.spread > NEAREST:
            return diagram
        if view:
            diagram.captions.append(TOO_SMALL)
            return diagram
        diagram = Diagram(direction=direction or "LR", title=title, captions=[TOO_WIDE])
    _draw_boxes(layers, diagram)
    if direction is None:
        turn_if_wide(diagram)
    return diagram


def name_of(module: Any) -> str:
    """Its repr, or its class where that has an address, which differs from process to process."""
    text = repr(module)
    return type(module).__name__ if re.search(" at 0x[0-9a-fA-F]+", text) else text


def _layers(module: Any) -> list[list[Any]]:
    """The neurons of each layer."""
    kind = type(module).__name__
    if hasattr(module, "layers"):
        named = [(layer, f"layers[{i}] of this {kind}") for i, layer in enumerate(_list_of("layers", module, kind))]
        layers = [_list_of("neurons", layer, where) for layer, where in named]
    elif hasattr(module, "neurons"):
        layers = [_list_of("neurons", module, f"this {kind}")]
    elif hasattr(module, "w") and hasattr(module, "b"):
        layers = [[module]]
    else:
        raise TypeError(
            f"draw takes a Value, a list of Values, a Neuron, a Layer or an MLP, got {kind}{_remedy(module)}"
        )
    for neuron in (neuron for neurons in layers for neuron in neurons):
        w, b = getattr(neuron, "w", None), getattr(neuron, "b", None)
        if not isinstance(w, Iterable) or not all(isinstance(parameter, Value) for parameter in (*w, b)):
            raise TypeError(
                f"a neuron of this {kind} is {type(neuron).__name__}, which cannot be drawn: "
                f"a neuron has a list of Values as `w` and a Value as `b`{_remedy(module)}"
            )
    return layers


def _remedy(module: Any) -> str:
    """What can be drawn of a module that is no network of layers."""
    return "; draw the result of one call, draw(module(x)) with a sample x" if callable(module) else ""


def _list_of(name: str, module: Any, where: str) -> list[Any]:
    """The module's layers, or neurons."""
    if not hasattr(module, name):
        raise TypeError(
            f"{where} is {type(module).__name__}, which has no `{name}`: a layer has a list of them{_remedy(module)}"
        )
    members = getattr(module, name)
    if not isinstance(members, Iterable):
        raise TypeError(f"{name} of {where} is {type(members).__name__}, where a list of them is needed")
    members = list(members)
    if not members:
        raise ValueError(f"there is nothing to draw: the list of {name} of {where} is empty")
    return members


def _activation(neuron: Any) -> str:
    return getattr(getattr(neuron, "activation", None), "__name__", "activation")


def _headings(layers: list[list[Any]]) -> list[str]:
    """The headings of the columns after the first."""
    hidden = [f"hidden {i}" for i in range(1, len(layers))] if len(layers) > 2 else ["hidden"]
    return [*hidden[: len(layers) - 1], "output"]


def _draw_boxes(layers: list[list[Any]], diagram: Diagram) -> None:
    """Draw a box for each layer, or for many alike that follow each other."""
    inputs = counted(len(layers[0][0].w), "number")
    previous = diagram.add(Box(["input", inputs], "input", inputs))
    alike = groupby(zip(_headings(layers), layers, strict=True), lambda pair: (_kind(pair[1]), pair[0] == "output"))
    for kind, run in ((kind, list(run)) for (kind, _), run in alike):
        for some in [run] if len(run) >= SHORTEST_RUN else [[pair] for pair in run]:
            heading, neurons = some[0]
            count = len(some) * sum(len(neuron.w) + 1 for neuron in neurons)
            title = heading if len(some) == 1 else f"{heading} … {some[-1][0].split()[-1]}"
            rows = [title, f"{len(some)} × " * (len(some) > 1) + kind, counted(count, "parameter")]
            own = diagram.add(Box(rows, "root" if heading == "output" else "parameter", "\n".join(rows)))
            diagram.arrows.append(Arrow(previous, own, f"e{own}", counted(len(neurons[0].w), "number")))
            previous = own


def _kind(neurons: list[Any]) -> str:
    return f"{len(neurons):,} × {_activation(neurons[0])}"


def _draw_circles(module: Any, layers: list[list[Any]], most: int, diagram: Diagram) -> None:
    nin = len(layers[0][0].w)
    image = _image(layers[0]) if nin > most else []
    tallest = min(most, max(0 if image else nin, *map(len, layers)))
    crowded = tallest > CROWDED
    diagram.straight, diagram.arrow_size = True, 0
    room = (WIDEST / INCH - WIDTH * (len(layers) + 1)) / len(layers)
    diagram.spread = max(NEAREST, min(0.8 + 0.12 * tallest, room))
    before = _draw_column("input", [_tile(image)] if image else list(map(_input, range(1, nin + 1))), most, diagram)
    sizes = [abs(w.data) for neurons in layers for neuron in neurons for w in neuron.w]
    largest = max(filter(isfinite, sizes), default=0.0)
    for index, (heading, neurons) in enumerate(zip(_headings(layers), layers, strict=True)):
        role = "root" if heading == "output" else "parameter"
        owners = [_owner(module, index, position) for position in range(1, len(neurons) + 1)]
        size = WIDTH if not crowded else NUMBERED if len(neurons) > CROWDED else NAMED
        circles = [_circle(*pair, role, size) for pair in zip(neurons, owners, strict=True)]
        column = _draw_column(f"{heading}: {_activation(neurons[0])}", circles, most, diagram)
        for neuron, owner, own in zip(neurons, owners, column, strict=False):
            if image and not index:
                diagram.arrows.append(Arrow(before[0], own, f"w{index}_{own}", _range(neuron.w)))
                continue
            for k, (weight, tail) in enumerate(zip(neuron.w, before, strict=False), 1):
                about = f"{owner.name('w', k)}\ndata {weight.data!r}\n{weight.label}"
                arrow = Arrow(tail, own, f"w{index}_{own}_{tail}", about)
                diagram.arrows.append(arrow.weighed(weight.data, largest, crowded))
        before = column
    diagram.captions.append(
        f"blue: weight of 0 or more · orange, dashed: below 0 · thicker: larger, up to {number(largest)}"
        + " · fainter: smaller" * crowded
    )
    if not all(map(isfinite, sizes)):
        diagram.captions.append("thickest: infinite or no number")
    if image:
        diagram.captions.append(
            f"the {nin:,} inputs as {len(image)} × {len(image)} pixels; a fuller blue: larger weights"
        )
    inputs = [] if image else [None] * nin
    if hidden := sum(max(0, len(column) - most) for column in [inputs, *layers]):
        diagram.captions.append(f"{hidden:,} of {len(inputs) + sum(map(len, layers)):,} circles not drawn")


def _owner(module: Any, index: int, position: int) -> Owner:
    """The place of a neuron in the module, which may be the layer, or the neuron."""
    is_network, is_layer = hasattr(module, "layers"), hasattr(module, "neurons")
    return Owner("", index + 1 if is_network else 0, position if is_network or is_layer else 0)


def _input(position: int) -> Box:
    name = f"x{subscript(position)}"
    return Box([name], "input", f"input {name}", "circle", 0.6)  # inches


def _image(neurons: list[Any]) -> list[list[float]]:
    """The mean sizes of the weights of each input, from 0 to 1, as a square image; [] if they form none."""
    side = isqrt(len(neurons[0].w))
    if side * side != len(neurons[0].w):
        return []
    by_input = zip(*(neuron.w for neuron in neurons), strict=True)
    sizes = [sum(abs(w.data) for w in weights if isfinite(w.data)) for weights in by_input]
    largest = max(sizes) or 1.0
    return [[size / largest for size in sizes[row * side : (row + 1) * side]] for row in range(side)]


def _tile(image: list[list[float]]) -> Box:
    count = len(image) ** 2
    name = f"x₁ … x{subscript(count)}"
    return Box([name], "pixel", f"{count:,} inputs", "pixels", pixels=image)


def _range(weights: list[Any]) -> str:
    numbers = [weight.data for weight in weights]
    return f"{len(numbers):,} weights\nfrom {number(min(numbers))} to {number(max(numbers))}"


def _circle(neuron: Any, owner: Owner, role: str, size: float) -> Box:
    letter = "z" if _activation(neuron) == "linear" else "a"
    name, bias = owner.name(letter), owner.name("b")
    weights = [(owner.name("w", k), w) for k, w in enumerate(neuron.w[:MOST_IN_COLUMN], 1)]
    lines = [name, *(f"{name} {w.data!r}" for name, w in [*weights, (bias, neuron.b)])]
    rows = {NUMBERED: [str(owner.neuron)], NAMED: [name], WIDTH: [name, f"{bias} {number(neuron.b.data, 2)}"]}[size]
    return Box(rows, role, "\n".join(lines), "circle", size)


def _draw_column(heading: str, circles: list[Box], most: int, diagram: Diagram) -> list[int]:
    """Draw a heading and at most `most` circles below it; return the numbers of those circles."""
    top = diagram.add(Box([heading], "heading", heading, "plain"))
    column = [diagram.add(circle) for circle in circles[:most]]
    members = [top, *column]
    if len(circles) > most:
        members.append(diagram.add(Box([f"… {len(circles) - most:,} more"], "heading", "not drawn", "plain")))
    diagram.columns.append(members)
    return column
