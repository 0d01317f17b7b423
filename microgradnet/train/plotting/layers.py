"""Plot activations and gradients layer by layer."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from microgradnet._shared.arguments import named
from microgradnet.compiling import compile
from microgradnet.drawing.figure_style import COLOURS, FILLS, INK, figure, tidy
from microgradnet.losses import LOSSES, Loss
from microgradnet.train.targets import targets_for

SATURATED = 0.97  # of the way to an end of tanh or sigmoid
ENDS = {"tanh": (-1.0, 1.0), "softsign": (-1.0, 1.0), "sigmoid": (0.0, 1.0)}
ABREAST = 4  # panels in a row


def layers_of(model: Any) -> list[Any]:
    """The layers of an MLP, or of a module with the same structure: `layers` of `neurons` with weights `w`.

    Raises:
        TypeError: it has none.
    """
    layers = list(getattr(model, "layers", [model]))
    if not layers or not all(hasattr(neuron, "w") for layer in layers for neuron in getattr(layer, "neurons", [None])):
        raise TypeError(
            "this plot needs layers of neurons: pass an MLP, a Layer, or a module with `layers` like theirs; "
            f"got {type(model).__name__}"
        )
    return layers


def activations(model: Any, X: ArrayLike) -> Any:
    """A histogram of each layer's activations over the samples, with the fraction of dead or saturated neurons.

    A relu is dead if it is 0 for every sample: no gradient passes through it. A tanh, softsign or sigmoid is saturated
    beyond 97% of the way to one of its limits (dotted lines): hardly any gradient passes.

    Args:
        model: an MLP, whose layers feed each other.
        X: (n, inputs), the samples.

    Raises:
        TypeError: the model has no layers.
        ValueError: X does not fit it.
    """
    layers = layers_of(model)
    measured = [np.asarray(outputs) for outputs in compile(lambda x: _by_layer(layers, x))(X)]
    columns = min(ABREAST, len(layers))
    rows = -(-len(layers) // columns)
    panels = figure(max(4.4, 3.3 * columns), 3.1 * rows, "the activations of each layer")
    grid = panels.subplots(rows, columns, squeeze=False).ravel()
    for number, (axes, outputs) in enumerate(zip(grid, measured, strict=False)):
        name = getattr(layers[number].neurons[0].activation, "__name__", "activation")
        _draw_histogram(axes, name, outputs)
        title = f"layer {number + 1}: {name}\n{_health(name, outputs)}"
        tidy(axes, title, "activation", "" if number % columns else "% of all")
    for axes in grid[len(layers) :]:
        axes.remove()
    return panels


def _by_layer(layers: Sequence[Any], x: Any) -> list[Any]:
    outputs = []
    for layer in layers:
        x = layer(x)
        x = x if isinstance(x, list) else [x]
        outputs.append(x)
    return outputs


def _draw_histogram(axes: Any, name: str, outputs: NDArray[np.float64]) -> None:
    """Draw a histogram in per cent; a relu's zeros are written as text, as their bar would dwarf all others."""
    drawn = outputs[outputs != 0] if name == "relu" else outputs.ravel()
    axes.hist(drawn, 40, range=ENDS.get(name), weights=np.full(drawn.size, 100 / outputs.size), color=COLOURS[0])
    if name == "relu":
        zeros = f"{1 - drawn.size / outputs.size:.0%} are 0\n(not drawn)"
        axes.text(0.97, 0.95, zeros, transform=axes.transAxes, ha="right", va="top", color=INK)
        axes.set_ylim(top=1.35 * max(axes.get_ylim()[1], 1e-9))  # room for these words
    for end in _saturation(name):
        axes.axvline(end, color=INK, linestyle=":", linewidth=1.2)


def _saturation(name: str) -> list[float]:
    """The limits of saturation on either side."""
    if name not in ENDS:
        return []
    low, high = ENDS[name]
    middle, reach = (low + high) / 2, SATURATED * (high - low) / 2
    return [middle - reach, middle + reach]


def _health(name: str, outputs: NDArray[np.float64]) -> str:
    if name == "relu":
        return f"{np.mean((outputs == 0).all(axis=0)):.0%} of the neurons are dead"
    if ends := _saturation(name):
        return f"{np.mean((outputs < ends[0]) | (outputs > ends[1])):.0%} saturated"
    return f"from {outputs.min():.3g} to {outputs.max():.3g}"


def gradients(model: Any, loss: str | Loss, X: ArrayLike, Y: ArrayLike) -> Any:
    """The sizes |∂E/∂w| of the gradients of each layer's weights, E the mean loss over the samples; logarithmic.

    Gradients vanish if they shrink by powers of ten from the last layer to the first. A gradient of exactly 0 has no
    place on a logarithmic scale: the fraction of zeros is written below.

    Args:
        model: an MLP.
        loss: a name in `LOSSES`, or a function of a sample's prediction and target.
        X: (n, inputs), the samples.
        Y: the targets as for `fit`: classes too, if the loss takes classes.

    Raises:
        TypeError: the model has no layers.
        ValueError: there is no loss of that name; X, Y and the model do not fit together.
    """
    layers = layers_of(model)
    loss_of = named(loss, LOSSES, "loss") if isinstance(loss, str) else loss
    targets = targets_for(loss_of, Y, model, np.asarray(X)[0])
    _, gradient = compile(lambda x, t: loss_of(model(x), t), model)(X, targets)
    size = dict(zip(model.parameters(), np.abs(gradient), strict=True))
    return _boxes([np.array([size[w] for neuron in layer.neurons for w in neuron.w]) for layer in layers])


def _boxes(sizes: Sequence[NDArray[np.float64]]) -> Any:
    """Draw box plots without matplotlib's boxplot, which loads pyplot and its global state."""
    plot = figure(max(4.8, 1.0 + 1.25 * len(sizes)), 3.8, "the gradients of the weights of each layer")
    axes = plot.subplots()
    ticks = []
    for k, part in enumerate(sizes, start=1):
        tick = f"layer {k}"
        if (drawn := part[part > 0]).size:
            least, low, median, high, most = np.percentile(drawn, [0, 25, 50, 75, 100])
            axes.vlines(k, least, most, color=INK, linewidth=1.2)
            axes.bar(k, high - low, 0.5, low, color=FILLS[0], edgecolor=INK, linewidth=1.2, zorder=2)
            axes.hlines(median, k - 0.25, k + 0.25, color=COLOURS[1], linewidth=3, zorder=3, label="median")
            tick += f"\nmedian {median:.2g}"
        if zeros := np.mean(part == 0):
            tick += f"\n{zeros:.0%} are 0"
        ticks.append(tick)
    axes.set_xticks(range(1, len(sizes) + 1), ticks)
    axes.set_xlim(0.4, len(sizes) + 0.6)
    tidy(axes, "how large the gradients of the weights are", "bar: all; box: the middle half; thick: median", "|∂E/∂w|")
    if any(part.any() for part in sizes):
        axes.set_yscale("log")
    else:
        axes.text(0.5, 0.5, "every gradient is 0", transform=axes.transAxes, ha="center", fontsize=12, color=INK)
        axes.set_yticks([])
    return plot
