"""The picture of a network as a network: columns of circles, an arrow for each weight.

Thickness is a weight's size and the line its sign (dashed is negative), so that it reads without colour. Any module
will do that has `layers` of `neurons` with weights `w` and a bias `b`, or a part of that.
"""

from typing import Any

from microgradnet.drawing.diagram import Arrow, Box, Diagram
from microgradnet.naming import number

MOST_IN_COLUMN = 16
CROWDED = 8  # neurons in a column, from which on circles hold nothing but their number
THINNEST, THICKEST = 0.5, 4.0


def draw_network(module: Any, view: str, most: int, diagram: Diagram) -> None:
    """Put the picture of `module` into `diagram`: a circle for each neuron, or a box for each layer.

    Raises:
        TypeError: it is no network.
        ValueError: `view` is "ops", which a module has none of until it is called.
    """
    layers = _layers(module)
    if view == "ops":
        raise ValueError(f"{module!r} has no operations to draw: call it on inputs and draw the result")
    if view == "layers":
        _draw_boxes(layers, diagram)
    else:
        _draw_circles(layers, min(MOST_IN_COLUMN, max(2, most // (len(layers) + 1))), diagram)


def _layers(module: Any) -> list[list[Any]]:
    """The neurons of each layer."""
    if hasattr(module, "layers"):
        return [list(layer.neurons) for layer in module.layers]
    if hasattr(module, "neurons"):
        return [list(module.neurons)]
    if hasattr(module, "w") and hasattr(module, "b"):
        return [[module]]
    raise TypeError(f"draw takes a Value, a list of Values, a Neuron, a Layer or an MLP, got {type(module).__name__}")


def _activation(neuron: Any) -> str:
    return getattr(getattr(neuron, "activation", None), "__name__", "activation")


def _headings(layers: list[list[Any]]) -> list[str]:
    """What stands above each column but the first."""
    hidden = [f"hidden {i}" for i in range(1, len(layers))] if len(layers) > 2 else ["hidden"]
    return [*hidden[: len(layers) - 1], "output"]


def _draw_boxes(layers: list[list[Any]], diagram: Diagram) -> None:
    nin = len(layers[0][0].w)
    previous = diagram.add(Box(["input", f"{nin:,} numbers"], "input", f"{nin} numbers"))
    for heading, neurons in zip(_headings(layers), layers, strict=True):
        count = sum(len(neuron.w) + 1 for neuron in neurons)
        rows = [heading, f"{len(neurons):,} × {_activation(neurons[0])}", f"{count:,} parameters"]
        own = diagram.add(Box(rows, "root" if heading == "output" else "parameter", "\n".join(rows)))
        diagram.arrows.append(Arrow(previous, own, f"e{own}", f"{len(neurons[0].w)} numbers"))
        previous = own


def _draw_circles(layers: list[list[Any]], most: int, diagram: Diagram) -> None:
    nin = len(layers[0][0].w)
    tallest = min(most, max(nin, *(len(neurons) for neurons in layers)))
    thickest = THICKEST if tallest <= CROWDED else THICKEST / 2
    diagram.straight = True
    diagram.arrow_size = 0.7 if tallest <= CROWDED else 0.35
    diagram.spread = 0.8 + 0.12 * tallest
    inputs = [Box([f"x[{i}]"], "input", f"input {i}", "circle", 0.6) for i in range(nin)]
    columns = [_draw_column("input", inputs, most, diagram)]
    largest = max((abs(w.data) for neurons in layers for neuron in neurons for w in neuron.w), default=0.0) or 1.0
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
                        width=THINNEST + (thickest - THINNEST) * abs(weight.data) / largest,
                        dashed=weight.data < 0,
                    )
                )
        columns.append(column)
    hidden = sum(max(0, len(column) - most) for column in [inputs, *layers])
    diagram.caption = f"solid: weight above 0 · dashed: below 0 · thicker: larger, up to {number(largest)}"
    if hidden:
        diagram.caption += f"\n{hidden:,} of {nin + sum(map(len, layers)):,} circles not drawn"


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
        members.append(diagram.add(Box([f"⋮ {len(circles) - most:,} more"], "heading", "not drawn", "plain")))
    diagram.columns.append(members)
    return column
