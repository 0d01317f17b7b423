"""The architecture of a saved network: the description that rebuilds it, and the check of another module against it."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, TypeGuard

from microgradnet._shared.arguments import entry, list_entry
from microgradnet.network_arguments import name_of
from microgradnet.nn import ACTIVATIONS, MLP, Layer, Module, Neuron


def architecture_of(model: Module) -> dict[str, Any] | None:
    """The description from which to rebuild the network; None if it has none."""
    if not is_plain(model):
        return None
    kinds = [{_name(neuron.activation) for neuron in layer.neurons} for layer in model.layers]
    activations = [next(iter(kind)) for kind in kinds]
    if any(len(kind) > 1 for kind in kinds) or None in activations or len(set(activations[:-1])) > 1:
        return None
    sizes = [model.layers[0].nin, *[len(layer.neurons) for layer in model.layers]]
    if len(dict(model.named_parameters())) != count_parameters(sizes):  # some parameters are tied or frozen
        return None
    return {"kind": "MLP", "sizes": sizes, "activation": activations[0], "output_activation": activations[-1]}


def is_plain(model: Module) -> TypeGuard[MLP]:
    """Whether it is an MLP of layers and neurons that are no subclasses, so that its numbers say all it computes."""
    return (
        type(model) is MLP
        and all(type(layer) is Layer for layer in model.layers)
        and all(type(neuron) is Neuron for layer in model.layers for neuron in layer.neurons)
    )


def _name(activation: Any) -> str | None:
    return next((name for name, function in ACTIVATIONS.items() if function is activation), None)


def built(architecture: Any, count: int) -> Module:
    """Build the network of this architecture, after checking its number of parameters."""
    if architecture is None:
        raise ValueError("the file does not say how its module is made: pass one, load(path, model)")
    sizes = list_entry(architecture, "sizes", int)
    activation, output_activation = (entry(architecture, name, str) for name in ("activation", "output_activation"))
    if entry(architecture, "kind", str) != "MLP" or len(sizes) < 2 or min(sizes) < 1:
        raise ValueError(f"this architecture is unknown: {architecture!r:.200}")
    claimed = count_parameters(sizes)
    if claimed != count:
        raise ValueError(f"an MLP of sizes {sizes!r:.200} has {claimed} parameters, the file {count}")
    return MLP(sizes[0], sizes[1:], activation, output_activation, seed=0)


def count_parameters(sizes: Sequence[int]) -> int:
    """The number of parameters of an MLP of these sizes."""
    return sum((nin + 1) * nout for nin, nout in pairwise(sizes))


def activations_of(model: Module) -> list[str]:
    """The names of the activations of all neurons, in the order of the attributes that hold them."""
    return [name_of(neuron.activation) for neuron in _neurons_in(model, {})]


def refuse_other_activations(saved: Sequence[str], model: Module) -> None:
    """Raise a ValueError if the neurons of `model` have other activations than those of the saved model."""
    for number, (before, now) in enumerate(zip(saved, activations_of(model), strict=False), 1):
        if before != now:
            raise ValueError(
                f"its neuron {number} has the activation {before:.40}, that of {model!r:.200} has {now:.40}: make the "
                "model with the saved activations; to take the numbers alone, load them into such a model and pass its "
                "state_dict() to load_state_dict of the other"
            )


def _neurons_in(item: object, seen: dict[int, object]) -> Iterator[Neuron]:
    """The neurons in an object, each once; `seen` keeps its objects alive, so that ids stay unique."""
    if isinstance(item, Module | dict | list | tuple) and id(item) not in seen:
        seen[id(item)] = item
        if isinstance(item, Neuron):
            yield item
            return
        within = vars(item) if isinstance(item, Module) else item
        for each in within.values() if isinstance(within, dict) else within:
            yield from _neurons_in(each, seen)
