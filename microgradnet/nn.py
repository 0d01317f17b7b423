"""Neurons, layers and networks: `Neuron`, `Layer`, `MLP`, and `Module`, which they all are.

A neuron is two nodes of the graph: the weighted sum of its inputs and its activation. How a network learns (losses,
optimisers, training) is left to others.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from microgradnet import functions
from microgradnet.backward import NO_GRADIENT
from microgradnet.ops import PARAMETER, WEIGHTED_SUM
from microgradnet.ops.floats import as_count, as_float
from microgradnet.value import Value, apply, parameter

if TYPE_CHECKING:
    import random

Activation: TypeAlias = str | Callable[[Value], Value]
Inputs: TypeAlias = Iterable[Value | float] | Value | float
Seed: TypeAlias = "int | random.Random | None"


def linear(z: Value) -> Value:
    """A = z: no activation."""
    return z


ACTIVATIONS: dict[str, Callable[[Value], Value]] = {
    "linear": linear,
    **{
        name: getattr(functions, name)
        for name in ("sigmoid", "tanh", "relu", "leaky_relu", "elu", "gelu", "gelu_tanh", "silu", "softplus")
    },
}
"""The activations that have a name."""

INITIALISERS: dict[str, Callable[["random.Random", int, int], float]] = {
    "uniform": lambda rng, nin, nout: rng.uniform(-1.0, 1.0),
    "xavier": lambda rng, nin, nout: rng.uniform(-1.0, 1.0) * math.sqrt(6.0 / (nin + nout)),
    "he": lambda rng, nin, nout: rng.gauss(0.0, math.sqrt(2.0 / nin)),
}
"""How a weight is drawn, given a source of random numbers and its layer's size: uniform in [-1, 1] as in micrograd;
xavier, Glorot & Bengio 2010, eq. 16; he, He et al. 2015, eq. 10."""


def _named(table: Mapping[str, Any], name: str, what: str) -> Any:
    if name not in table:
        raise ValueError(f"unknown {what} {name!r}: it must be one of {', '.join(table)}")
    return table[name]


def _function_of(activation: Activation) -> Callable[[Value], Value]:
    return activation if callable(activation) else _named(ACTIVATIONS, activation, "activation")


def _as_inputs(x: Inputs) -> list[Value]:
    """The inputs as values, plain numbers made into leaves: inputs of the graph, not constants of an expression."""
    return [xi if isinstance(xi, Value) else Value(xi) for xi in (x if hasattr(x, "__iter__") else [x])]


class Module:
    """Something with parameters: they are found among its attributes, in modules, lists, tuples and dicts inside it.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.intercept = parameter(2.0), parameter(1.0)
    >>> [name for name, parameter in Line().named_parameters()]
    ['slope', 'intercept']
    """

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """Each parameter once, with its name: `layer0.neuron1.w2` is in layers[0], in its neurons[1], its w[2].

        In `scales[0][1]` it is `scale0_1`, in `scales["left"]` it is `scales.left`.
        """
        found: dict[str, Value] = {}
        _find_parameters(vars(self).items(), "", found, {id(self)})
        yield from found.items()

    def parameters(self) -> list[Value]:
        """The parameters, in the order of `named_parameters`."""
        return [p for _, p in self.named_parameters()]

    def zero_grad(self) -> None:
        """Forget the gradients of the parameters."""
        for p in self.parameters():
            p.grad = NO_GRADIENT

    def state_dict(self) -> dict[str, float]:
        """The parameters' numbers by their names.

        >>> Neuron(1, seed=0).state_dict()
        {'w0': 0.6888437030500962, 'b': 0.0}
        """
        return {name: p.data for name, p in self._all_named().items()}

    def load_state_dict(self, state: Mapping[str, float]) -> None:
        """Set every parameter to its number in `state`, or none at all.

        Raises:
            ValueError: a name is missing or unknown (both kinds are listed), or a number is infinite or NaN.
            TypeError: something in it is not a number.
        """
        own = self._all_named()
        missing, unknown = [n for n in own if n not in state], [n for n in state if n not in own]
        if missing or unknown:
            raise ValueError(
                f"this state does not fit {self!r}: it has {len(state)} numbers for {len(own)} parameters; "
                f"missing: {_some_of(missing)}; unknown: {_some_of(unknown)}"
            )
        numbers = {name: as_float(state[name]) for name in own}  # all are checked before the first is set
        if bad := [f"{name} = {number}" for name, number in numbers.items() if not math.isfinite(number)]:
            raise ValueError(f"a state's numbers must be finite, got {_some_of(bad)}")
        for name, p in own.items():
            p.data = numbers[name]

    def _all_named(self) -> dict[str, Value]:
        """The parameters by name; an error if a subclass has others, as a state would silently leave them out."""
        own = dict(self.named_parameters())
        if nameless := len(set(self.parameters()) - set(own.values())):
            raise ValueError(
                f"named_parameters() does not find {nameless} of the values in {type(self).__name__}.parameters(), so "
                "a state would lack them: make each with parameter(…), and keep it in an attribute"
            )
        return own

    def _label_parameters(self) -> None:
        for name, p in self.named_parameters():
            p.label = name


def _find_parameters(items: Iterable[tuple[Any, Any]], prefix: str, found: dict[str, Value], seen: set[int]) -> None:
    """Put the parameters among `items` and inside them into `found`, `prefix` before their names; `seen` holds ids."""
    for key, item in items:
        if id(item) in seen:
            continue
        seen.add(id(item))
        name = f"{prefix}{key}"
        if isinstance(item, Value):
            if item.op is PARAMETER and found.setdefault(name, item) is not item:
                raise ValueError(f"two parameters would be called {name!r}: rename an attribute of the module")
        elif isinstance(item, list | tuple):
            stem = f"{name}_" if isinstance(key, int) else name.removesuffix("s")
            _find_parameters(enumerate(item), stem, found, seen)
        elif isinstance(item, dict | Module):
            _find_parameters((item if isinstance(item, dict) else vars(item)).items(), f"{name}.", found, seen)


def _some_of(names: Sequence[str]) -> str:
    shown = [*names[:5], f"and {len(names) - 5} more"] if len(names) > 6 else names
    return ", ".join(shown) or "none"


class Neuron(Module):
    """a = f(z), z = w₁·x₁ + … + wₙ·xₙ + b: the weighted sum of n inputs, and its activation.

    Args:
        nin: how many inputs.
        activation: a name in `ACTIVATIONS` or a function from Value to Value.
        nonlin: False is micrograd's way to say activation="linear".
        init: a name in `INITIALISERS`; the bias starts at 0.
        seed: an int, or a `random.Random` to go on drawing from; None draws from the `random` module itself.
        nout: how many neurons stand beside it in its layer, which xavier asks for.

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
        if not nonlin:
            activation = "linear"
        self.activation = _function_of(activation)
        draw = _named(INITIALISERS, init, "initialisation")
        rng = _source(seed)
        self.w = [parameter(draw(rng, nin, nout)) for _ in range(as_count(nin, "the number of inputs"))]
        self.b = parameter(0.0)
        self._label_parameters()

    def __call__(self, x: Inputs) -> Value:
        """The activation a for inputs x, as many as there are weights; numbers become leaves of the graph.

        Raises:
            ValueError: the wrong number of inputs.
            TypeError: the activation gives no Value.
        """
        return self._forward(_as_inputs(x))

    def _forward(self, inputs: list[Value]) -> Value:
        """The activation for inputs that are values already: a layer makes them once for all its neurons."""
        if len(inputs) != len(self.w):
            raise ValueError(f"{self!r} takes {len(self.w)} inputs, got {len(inputs)}")
        a = self.activation(apply(WEIGHTED_SUM, (*self.w, *inputs, self.b)))
        if not isinstance(a, Value):  # math.tanh, say: no gradient would go past it
            raise TypeError(
                f"the activation {_name_of(self.activation)} must return a Value, got {a!r}: write it with Value's own "
                f"operators and microgradnet's functions, or name one of {', '.join(ACTIVATIONS)}"
            )
        return a

    def __repr__(self) -> str:
        return f"Neuron({len(self.w)} → 1 {_name_of(self.activation)})"


class Layer(Module):
    """nout neurons side by side, each fed by the same nin inputs. The arguments are those of `Neuron`.

    >>> Layer(2, 3, "tanh")
    Layer(2 → 3 tanh)
    """

    def __init__(
        self, nin: int, nout: int, activation: Activation = "relu", *,
        nonlin: bool = True, init: str = "uniform", seed: Seed = None,
    ) -> None:  # fmt: skip
        rng = _source(seed)
        self.neurons = [
            Neuron(nin, activation, nonlin=nonlin, init=init, seed=rng, nout=nout)
            for _ in range(as_count(nout, "the number of neurons"))
        ]
        self._label_parameters()

    @property
    def nin(self) -> int:
        """How many inputs."""
        return len(self.neurons[0].w)

    def __call__(self, x: Inputs) -> Any:
        """The activations of all neurons, a list of nout values; of a single neuron, its value."""
        inputs = _as_inputs(x)
        outputs = [neuron._forward(inputs) for neuron in self.neurons]
        return outputs[0] if len(outputs) == 1 else outputs

    def __repr__(self) -> str:
        return f"Layer({self.nin} → {len(self.neurons)} {_name_of(self.neurons[0].activation)})"


class MLP(Module):
    """A multi-layer perceptron: layers one after another, each fed by the one before.

    Args:
        nin: how many inputs.
        nouts: how many neurons each layer has; the last layer's are the outputs.
        activation: of all layers but the last.
        output_activation: of the last.
        init, seed: as for `Neuron`.

    >>> MLP(2, [16, 16, 1])
    MLP(2 → 16 relu → 16 relu → 1 linear)
    """

    def __init__(
        self, nin: int, nouts: Sequence[int], activation: Activation = "relu",
        output_activation: Activation = "linear", *, init: str = "uniform", seed: Seed = None,
    ) -> None:  # fmt: skip
        if not hasattr(nouts, "__len__") or not len(nouts):
            raise ValueError(f"nouts must be the sizes of at least one layer, as [16, 16, 1], got {nouts!r}")
        rng = _source(seed)
        hidden = _function_of(activation)  # an unknown name is refused even where there is no hidden layer
        activations = [*[hidden] * (len(nouts) - 1), _function_of(output_activation)]
        self.layers = [
            Layer(before, size, f, init=init, seed=rng)
            for before, size, f in zip([nin, *nouts], nouts, activations, strict=False)
        ]
        self._label_parameters()

    def __call__(self, x: Inputs) -> Any:
        """The last layer's activations for inputs x: a list of values, or the one value of a single output."""
        values: Any = x
        for layer in self.layers:
            values = layer(values)
        return values

    def __repr__(self) -> str:
        sizes = [f"{len(layer.neurons)} {_name_of(layer.neurons[0].activation)}" for layer in self.layers]
        return f"MLP({' → '.join([str(self.layers[0].nin), *sizes])})"


def _source(seed: Any) -> Any:
    """Where random numbers come from; the `random` module itself serves `random.seed(…)` programs."""
    import random  # here, as it takes as long to load as this package

    if seed is None or seed is random:
        return random
    if not isinstance(seed, int | random.Random):
        raise TypeError(f"a seed is None, an int or a random.Random, got {seed!r}")
    return random.Random(seed) if isinstance(seed, int) else seed


def _name_of(activation: Callable[[Value], Value]) -> str:
    return getattr(activation, "__name__", repr(activation))
