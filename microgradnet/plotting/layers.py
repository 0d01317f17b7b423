"""Layer by layer: how active the neurons are, and how large the gradients."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from microgradnet.compiling import compile
from microgradnet.losses import LOSSES
from microgradnet.plotting.canvas import COLOURS, figure, tidy

SATURATED = 0.97  # of the way to an end of tanh or sigmoid


def activations(model: Any, X: ArrayLike) -> Any:
    """A histogram of each layer's activations over the samples, with the share of neurons that are dead or saturated.

    A relu is dead if it is 0 for every sample; a tanh or sigmoid is saturated where it is nearly at its end.
    """
    predict = compile(lambda x: _by_layer(model, x))
    layers = [np.asarray(found) for found in predict(X)]
    panels = figure(3.4 * len(layers), 3.2)
    for number, (axes, found) in enumerate(zip(np.atleast_1d(panels.subplots(1, len(layers))), layers, strict=True)):
        name = getattr(model.layers[number].neurons[0].activation, "__name__", "activation")
        axes.hist(found.ravel(), bins=40, color=COLOURS[0])
        title = f"layer {number + 1}: {name}\n{_health(name, found)}"
        tidy(axes, title, "activation", "" if number else "how often")
    return panels


def _by_layer(model: Any, x: Any) -> list[Any]:
    found = []
    for layer in model.layers:
        x = layer(x)
        x = x if isinstance(x, list) else [x]
        found.append(x)
    return found


def _health(name: str, found: Any) -> str:
    if name == "relu":
        return f"{np.mean((found == 0).all(axis=0)):.0%} of the neurons are dead"
    if name in ("tanh", "sigmoid"):
        middle, reach = (0.0, 1.0) if name == "tanh" else (0.5, 0.5)
        return f"{np.mean(np.abs(found - middle) > SATURATED * reach):.0%} saturated"
    return f"from {found.min():.2g} to {found.max():.2g}"


def gradients(model: Any, loss: Any, X: ArrayLike, Y: ArrayLike) -> Any:
    """The sizes of the gradients of each layer's weights, for the mean loss over the samples, on a logarithmic scale.

    Args:
        model: an MLP.
        loss: a name in `LOSSES`, or a function of a sample's prediction and target.
        X: the samples.
        Y: the targets, as the loss takes them.
    """
    loss_of = LOSSES[loss] if isinstance(loss, str) else loss
    _, gradient = compile(lambda x, t: loss_of(model(x), t), model)(X, Y)
    place, sizes = 0, []
    for layer in model.layers:
        per_neuron = len(layer.neurons[0].w) + 1
        part = gradient[place : place + per_neuron * len(layer.neurons)].reshape(-1, per_neuron)
        sizes.append(np.abs(part[:, :-1]).ravel())
        place += part.size
    return _boxes(sizes)


def _boxes(sizes: Sequence[Any]) -> Any:
    found = figure(1.6 + 1.1 * len(sizes), 3.4)
    axes = found.subplots()
    least = min((part[part > 0].min() for part in sizes if (part > 0).any()), default=1e-3)
    shown = [part[part > 0] for part in sizes]  # a logarithm of 0 there is not
    axes.boxplot(shown, tick_labels=[f"layer {k + 1}" for k in range(len(sizes))], widths=0.5, whis=(0, 100))
    axes.set_yscale("log")
    tidy(axes, "sizes of the gradients", "", "|dE/dw|")
    for k, part in enumerate(sizes, start=1):
        axes.annotate(f"{np.mean(part == 0):.0%} are 0", (k, least / 10), ha="center", va="top", xytext=(0, -3),
                      textcoords="offset points", fontsize=9)  # fmt: skip
    axes.set_ylim(bottom=least / 60)
    return found
