"""The diagram of a network: columns of circles, an arrow for each weight.

Thickness is a weight's size and the line its sign (dashed is negative), and both read without colour. Any module
can be drawn that has `layers` of `neurons` with weights `w` and a bias `b`, as can a layer or a neuron by itself.
"""

import re
from collections.abc import Iterable
from math import isfinite
from typing import Any

from microgradnet._shared.text import counted
from microgradnet.drawing.box import Box
from microgradnet.drawing.diagram import Arrow, Diagram
from microgradnet.notation.names import number
from microgradnet.value import Value

MOST_IN_COLUMN = 16
CROWDED = 8  # neurons in a column; with more, circles hold nothing but their number
THINNEST, THICKEST = 0.5, 4.0  # points


def draw_network(module: Any, view: str, most: int, diagram: Diagram) -> None:
    """Draw `module` into `diagram`: a circle for each neuron, or a box for each layer.

    Raises:
        TypeError: it is no network, or a part of it has the wrong type.
        ValueError: a list of layers or neurons is empty, or `view` is "ops": a module has operations once it is called.
    """
    layers = _layers(module)
    if view == "ops":
        raise ValueError(f"{name_of(module)} has no operations to draw: call it on inputs and draw the result")
    if view == "layers":
        _draw_boxes(layers, diagram)
    else:
        _draw_circles(layers, min(MOST_IN_COLUMN, max(2, most // (len(layers) + 1))), diagram)


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
    inputs = counted(len(layers[0][0].w), "number")
    previous = diagram.add(Box(["input", inputs], "input", inputs))
    for heading, neurons in zip(_headings(layers), layers, strict=True):
        count = sum(len(neuron.w) + 1 for neuron in neurons)
        rows = [heading, f"{len(neurons):,} × {_activation(neurons[0])}", counted(count, "parameter")]
        own = diagram.add(Box(rows, "root" if heading == "output" else "parameter", "\n".join(rows)))
        diagram.arrows.append(Arrow(previous, own, f"e{own}", counted(len(neurons[0].w), "number")))
        previous = own


def _draw_circles(layers: list[list[Any]], most: int, diagram: Diagram) -> None:
    nin = len(layers[0][0].w)
    tallest = min(most, max(nin, *map(len, layers)))
    crowded = tallest > CROWDED
    thickest = THICKEST / 2 if crowded else THICKEST
    diagram.straight, diagram.arrow_size, diagram.spread = True, 0.35 if crowded else 0.7, 0.8 + 0.12 * tallest
    width = 0.6 if nin <= 10 else 0.7  # inches, for x[10]
    inputs = [Box([f"x[{i}]"], "input", f"input {i}", "circle", width) for i in range(nin)]
    before = _draw_column("input", inputs, most, diagram)
    sizes = [abs(w.data) for neurons in layers for neuron in neurons for w in neuron.w]
    largest = max(filter(isfinite, sizes), default=0.0)
    for index, (heading, neurons) in enumerate(zip(_headings(layers), layers, strict=True)):
        role = "root" if heading == "output" else "parameter"
        circles = [_circle(neuron, i, role, crowded) for i, neuron in enumerate(neurons)]
        column = _draw_column(f"{heading}: {_activation(neurons[0])}", circles, most, diagram)
        for neuron, own in zip(neurons, column, strict=False):
            for weight, tail in zip(neuron.w, before, strict=False):
                size = abs(weight.data) / (largest or 1.0) if isfinite(weight.data) else 1.0
                arrow = Arrow(
                    tail, own, f"w{index}_{own}_{tail}", f"{weight.label}\ndata {weight.data!r}",
                    width=THINNEST + (thickest - THINNEST) * size, dashed=weight.data < 0,
                )  # fmt: skip
                diagram.arrows.append(arrow)
        before = column
    diagram.caption = f"solid: weight of 0 or more · dashed: below 0 · thicker: larger, up to {number(largest)}"
    if not all(map(isfinite, sizes)):
        diagram.caption += " · thickest: infinite or no number"
    if hidden := sum(max(0, len(column) - most) for column in [inputs, *layers]):
        diagram.caption += f"\n{hidden:,} of {nin + sum(map(len, layers)):,} circles not drawn"


def _circle(neuron: Any, index: int, role: str, crowded: bool) -> Box:
    weights = "\n".join(f"{w.label} {w.data!r}" for w in neuron.w[:MOST_IN_COLUMN])
    rows = [f"{index}"] if crowded else [f"neuron{index}", f"b {number(neuron.b.data, 3)}"]
    return Box(rows, role, f"neuron{index}\n{weights}\nb {neuron.b.data!r}", "circle", 0.42 if crowded else 1.35)


def _draw_column(heading: str, circles: list[Box], most: int, diagram: Diagram) -> list[int]:
    """Draw a heading and at most `most` circles below it; return the numbers of those circles."""
    top = diagram.add(Box([heading], "heading", heading, "plain"))
    column = [diagram.add(circle) for circle in circles[:most]]
    members = [top, *column]
    if len(circles) > most:
        members.append(diagram.add(Box([f"… {len(circles) - most:,} more"], "heading", "not drawn", "plain")))
    diagram.columns.append(members)
    return column
