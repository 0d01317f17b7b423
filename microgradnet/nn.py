"""Networks: `Neuron`, two nodes of the graph (a weighted sum and its activation), `Layer` and `MLP`."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from microgradnet import ops
from microgradnet._shared.arguments import as_count, named
from microgradnet.module import Module
from microgradnet.network_arguments import (
    ACTIVATIONS,
    INITIALISERS,
    Activation,
    Inputs,
    Seed,
    activation_error,
    activation_function,
    activation_functions,
    as_values,
    linear,
    name_of,
    of_length,
    random_source,
)
from microgradnet.value import Value, apply, parameter

__all__ = ["ACTIVATIONS", "INITIALISERS", "MLP", "Layer", "Module", "Neuron", "linear"]


class Neuron(Module):
    """a = f(z), z = w₁·x₁ + … + wₙ·xₙ + b: the weighted sum of n inputs, and its activation.

    Args:
        nin: the number of inputs.
        activation: a name in `ACTIVATIONS`, or a function from Value to Value.
        nonlin: False is micrograd's spelling of activation="linear".
        init: a name in `INITIALISERS`; the bias starts at 0.
        seed: an int, or a `random.Random` to draw from; None draws from the `random` module.
        nout: the number of neurons in its layer, which xavier depends on.

    >>> neuron = Neuron(2, "sigmoid", seed=1)
    >>> neuron
    Neuron(2 → 1 sigmoid)
    >>> neuron([1.0, 2.0]).data
    0.6589151362370242
    """

    def __init__(
        self, nin: int, activation: Activation = "relu", *,
        nonlin: bool = True, init: str = "uniform", seed: Seed = None, nout: int = 1,
    ) -> None:  # fmt: skip
        self.activation = activation_function(activation if nonlin else "linear")
        draw, rng = named(init, INITIALISERS, "initialisation"), random_source(seed)
        self.w = [parameter(draw(rng, nin, nout)) for _ in range(as_count(nin, "the number of inputs"))]
        self.b = parameter(0.0)
        self._label_parameters()

    @property
    def nonlin(self) -> bool:
        """Whether the neuron has an activation (micrograd's name)."""
        return self.activation is not linear

    def __call__(self, x: Inputs) -> Value:
        """The activation a for inputs x, as many as there are weights; numbers become leaves of the graph.

        Raises:
            ValueError: the wrong number of inputs.
            TypeError: the activation does not return a Value.
        """
        return self._forward(as_values(x))

    def _forward(self, inputs: list[Value]) -> Value:
        """The activation for inputs that are Values: a layer converts them once for all its neurons."""
        if len(inputs) != len(self.w):  # asked here: a call less for each neuron
            of_length(inputs, len(self.w), self)
        a = self.activation(apply(ops.weighted_sum, (*self.w, *inputs, self.b)))
        if not isinstance(a, Value):  # math.tanh, for instance: no gradient would flow through it
            raise activation_error(self.activation, a)
        return a

    def __repr__(self) -> str:
        return f"Neuron({len(self.w)} → 1 {name_of(self.activation)})"


class Layer(Module):
    """nout neurons with the same nin inputs. The arguments are those of `Neuron`.

    >>> Layer(2, 3, "tanh")
    Layer(2 → 3 tanh)
    """

    def __init__(
        self, nin: int, nout: int, activation: Activation = "relu", *,
        nonlin: bool = True, init: str = "uniform", seed: Seed = None,
    ) -> None:  # fmt: skip
        rng = random_source(seed)
        self.neurons = [
            Neuron(nin, activation, nonlin=nonlin, init=init, seed=rng, nout=nout)
            for _ in range(as_count(nout, "the number of neurons"))
        ]
        self._label_parameters()

    @property
    def nin(self) -> int:
        """The number of inputs."""
        return len(self.neurons[0].w)

    def __call__(self, x: Inputs) -> Any:
        """The activations of all neurons, a list of nout values; of a single neuron, its value."""
        inputs = of_length(as_values(x), self.nin, self)
        outputs = [neuron._forward(inputs) for neuron in self.neurons]
        return outputs[0] if len(outputs) == 1 else outputs

    def __repr__(self) -> str:
        return f"Layer({self.nin} → {len(self.neurons)} {name_of(self.neurons[0].activation)})"


class MLP(Module):
    """A multi-layer perceptron: each layer's outputs are the inputs of the next.

    Args:
        nin: the number of inputs.
        nouts: the number of neurons in each layer; the last layer's are the outputs.
        activation: of the hidden layers; or a list with one for each layer.
        output_activation: of the last layer; by default linear, or the last of the list.
        init, seed: as for `Neuron`.

    >>> MLP(2, [16, 16, 1])
    MLP(2 → 16 relu → 16 relu → 1 linear)
    """

    def __init__(
        self, nin: int, nouts: Sequence[int], activation: Activation | Sequence[Activation] = "relu",
        output_activation: Activation | None = None, *, init: str = "uniform", seed: Seed = None,
    ) -> None:  # fmt: skip
        functions, rng = activation_functions(activation, output_activation, nouts), random_source(seed)
        sizes = zip(pairwise([nin, *nouts]), functions, strict=True)
        self.layers = [Layer(before, size, f, init=init, seed=rng) for (before, size), f in sizes]
        self._label_parameters()

    def __call__(self, x: Inputs) -> Any:
        """The last layer's activations for inputs x: a list of values, or a single output's value."""
        values: Any = of_length(as_values(x), self.layers[0].nin, self)
        for layer in self.layers:
            values = layer(values)
        return values

    def __repr__(self) -> str:
        sizes = [f"{len(layer.neurons)} {name_of(layer.neurons[0].activation)}" for layer in self.layers]
        return f"MLP({' → '.join([str(self.layers[0].nin), *sizes])})"
