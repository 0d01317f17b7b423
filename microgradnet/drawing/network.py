"""The picture of a network as a network: columns of circles, an arrow for each weight.

Thickness is a weight's size and the line its sign (dashed is negative), so that it reads without colour. Any module
will do that has `layers` of `neurons` with weights `w` and a bias `b`, or a part of that.
"""

import re
from collections.abc import Iterable
from math import isfinite
from typing import Any

from microgradnet._shared.text import counted
from microgradnet.drawing.diagram import Arrow, Box, Diagram
from microgradnet.notation.names import number
from microgradnet.value import Value

MOST_IN_COLUMN = 16
CROWDED = 8  # neurons in a column, from which on circles hold nothing but their number
THINNEST, THICKEST = 0.5, 4.0


def draw_network(module: Any, view: str, most: int, diagram: Diagram) -> None:
    """Put the picture of `module` into `diagram`: a circle for each neuron, or a box for each layer.

    Raises:
        TypeError: it is no network, or a part of it is not as it has to be.
        ValueError: `view` is "ops", which a module has none of until it is called.
    """
    layers = _layers(module)
    if view == "ops":
        raise ValueError(f"{name_of(module)} has no operations to draw: call it on inputs and draw the result")
    if view == "layers":
        _draw_boxes(layers, diagram)
    else:
        _draw_circles(layers, min(MOST_IN_COLUMN, max(2, most // (len(layers) + 1))), diagram)


def name_of(module: Any) -> str:
    """Its repr, or its class where that tells nothing but an address, which is another one in each process."""
    text = repr(module)
    return type(module).__name__ if re.search(" at 0x[0-9a-fA-F]+", text) else text


def _layers(module: Any) -> list[list[Any]]:
    """The neurons of each layer."""
    kind = type(module).__name__
    if hasattr(module, "layers"):
        layers = [
            _neurons(layer, f"layers[{i}] of this {kind}") for i, layer in enumerate(_some(module, "layers", kind))
        ]
    elif hasattr(module, "neurons"):
        layers = [_neurons(module, f"this {kind}")]
    elif hasattr(module, "w") and hasattr(module, "b"):
        layers = [[module]]
    else:
        raise TypeError(f"draw takes a Value, a list of Values, a Neuron, a Layer or an MLP, got {kind}")
    for neuron in (neuron for neurons in layers for neuron in neurons):
        w, b = getattr(neuron, "w", None), getattr(neuron, "b", None)
        if not isinstance(w, Iterable) or not all(isinstance(one, Value) for one in (*w, b)):
            raise TypeError(
                f"a neuron of this {kind} is {type(neuron).__name__}, which cannot be drawn: "
                "a neuron has a list of Values as `w` and a Value as `b`"
            )
    return layers


def _neurons(layer: Any, where: str) -> list[Any]:
    if not hasattr(layer, "neurons"):
        raise TypeError(f"{where} is {type(layer).__name__}, which has no `neurons`: a layer has a list of them")
    return _some(layer, "neurons", where)


def _some(module: Any, name: str, where: str) -> list[Any]:
    """The layers, or neurons, that it must have."""
    found = getattr(module, name)
    if not isinstance(found, Iterable):
        raise TypeError(f"{name} of {where} is {type(found).__name__}, where a list of them is needed")
    some = list(found)
    if not some:
        raise ValueError(f"there is nothing to draw: the list of {name} of {where} is empty")
    return some


def _activation(neuron: Any) -> str:
    return getattr(getattr(neuron, "activation", None), "__name__", "activation")


def _headings(layers: list[list[Any]]) -> list[str]:
    """What stands above each column but the first."""
    hidden = [f"hidden {i}" for i in range(1, len(layers))] if len(layers) > 2 else ["hidden"]
    return [*hidden[: len(layers) - 1], "output"]


def _draw_boxes(layers: list[list[Any]], diagram: Diagram) -> None:
    nin = len(layers[0][0].w)
    previous = diagram.add(Box(["input", counted(nin, "number")], "input", counted(nin, "number")))
    for heading, neurons in zip(_headings(layers), layers, strict=True):
        count = sum(len(neuron.w) + 1 for neuron in neurons)
        rows = [heading, f"{len(neurons):,} × {_activation(neurons[0])}", counted(count, "parameter")]
        own = diagram.add(Box(rows, "root" if heading == "output" else "parameter", "\n".join(rows)))
        diagram.arrows.append(Arrow(previous, own, f"e{own}", counted(len(neurons[0].w), "number")))
        previous = own


def _draw_circles(layers: list[list[Any]], most: int, diagram: Diagram) -> None:
    nin = len(layers[0][0].w)
    tallest = min(most, max(nin, *(len(neurons) for neurons in layers)))
    thickest = THICKEST if tallest <= CROWDED else THICKEST / 2
    diagram.straight = True
    diagram.arrow_size = 0.7 if tallest <= CROWDED else 0.35
    diagram.spread = 0.8 + 0.12 * tallest
    inputs = [Box([f"x[{i}]"], "input", f"input {i}", "circle", 0.6 if nin <= 10 else 0.7) for i in range(nin)]
    columns = [_draw_column("input", inputs, most, diagram)]
    sizes = [abs(w.data) for neurons in layers for neuron in neurons for w in neuron.w]
    largest = max(filter(isfinite, sizes), default=0.0) or 1.0
    for index, (heading, neurons) in enumerate(zip(_headings(layers), layers, strict=True)):
        role = "root" if heading == "output" else "parameter"
        circles = [_circle(neuron, i, role, tallest > CROWDED) for i, neuron in enumerate(neurons)]
        column = _draw_column(f"{heading}: {_activation(neurons[0])}", circles, most, diagram)
        for neuron, own in zip(neurons, column, strict=False):
            for weight, before in zip(neuron.w, columns[-1], strict=False):
                diagram.arrows.append(
                    Arrow(
                        before,
                        own,
                        f"w{index}_{own}_{before}",
                        f"{weight.label}\ndata {weight.data!r}",
                        width=THINNEST + (thickest - THINNEST) * _share(weight.data, largest),
                        dashed=weight.data < 0,
                    )
                )
        columns.append(column)
    hidden = sum(max(0, len(column) - most) for column in [inputs, *layers])
    top = number(max(filter(isfinite, sizes), default=0.0))
    diagram.caption = f"solid: weight of 0 or more · dashed: below 0 · thicker: larger, up to {top}"
    if not all(map(isfinite, sizes)):
        diagram.caption += " · thickest: infinite or no number"
    if hidden:
        diagram.caption += f"\n{hidden:,} of {nin + sum(map(len, layers)):,} circles not drawn"


def _share(weight: float, largest: float) -> float:
    """How thick its arrow is, from 0 to 1; an infinity or NaN is as thick as the largest."""
    return abs(weight) / largest if isfinite(weight) else 1.0


def _circle(neuron: Any, index: int, role: str, is_small: bool) -> Box:
    weights = "\n".join(f"{w.label} {w.data!r}" for w in neuron.w[:MOST_IN_COLUMN])
    rows = [f"{index}"] if is_small else [f"neuron{index}", f"b {number(neuron.b.data, 3)}"]
    return Box(rows, role, f"neuron{index}\n{weights}\nb {neuron.b.data!r}", "circle", 0.42 if is_small else 1.35)


def _draw_column(heading: str, circles: list[Box], most: int, diagram: Diagram) -> list[int]:
    """The numbers of the circles drawn, under their heading."""
    top = diagram.add(Box([heading], "heading", heading, "plain"))
    column = [diagram.add(circle) for circle in circles[:most]]
    members = [top, *column]
    if len(circles) > most:
        members.append(diagram.add(Box([f"… {len(circles) - most:,} more"], "heading", "not drawn", "plain")))
    diagram.columns.append(members)
    return column
