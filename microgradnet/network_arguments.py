"""Arguments of networks: activations and initialisers by name, seeds, inputs."""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from microgradnet._shared.arguments import named
from microgradnet._shared.text import counted
from microgradnet.ops import TABLE, Operation
from microgradnet.value import Value

if TYPE_CHECKING:
    import random

Function: TypeAlias = Callable[[Value], Value]
Activation: TypeAlias = str | bool | Function
Inputs: TypeAlias = Iterable[Value | float] | Value | float
Seed: TypeAlias = "int | random.Random | None"
Initialiser: TypeAlias = Callable[["random.Random", int, int], float]


def linear(z: Value) -> Value:
    """No activation: a = z."""
    return z


ACTIVATIONS: dict[str, Function] = {
    "linear": linear,
    **{op.name: getattr(Value, op.name) for op in TABLE.values() if op.activation},
}
"""The activations by name, as methods of Value."""

INITIALISERS: dict[str, Initialiser] = {
    "uniform": lambda rng, nin, nout: rng.uniform(-1.0, 1.0),
    "xavier": lambda rng, nin, nout: rng.uniform(-1.0, 1.0) * math.sqrt(6.0 / (nin + nout)),
    "he": lambda rng, nin, nout: rng.gauss(0.0, math.sqrt(2.0 / nin)),
}
"""The random distribution of a weight in a layer of nin inputs and nout neurons: uniform in [-1, 1]
as in micrograd; xavier, Glorot & Bengio 2010, eq. 16; he, He et al. 2015, eq. 10."""


def activation_function(activation: Activation) -> Function:
    """The function of an activation; True and False are micrograd's spelling of relu and linear.

    Raises:
        ValueError: there is no activation of this name.

    >>> activation_function(False).__name__
    'linear'
    """
    if isinstance(activation, Operation) and TABLE.get(activation.name) is activation:
        return ACTIVATIONS.get(activation.name, activation)
    if callable(activation):
        return activation
    name = ("linear", "relu")[activation] if isinstance(activation, bool) else activation
    own: dict[str, Function] = {op.name: op for op in TABLE.values() if op.activation and op.name not in ACTIVATIONS}
    return named(name, {**ACTIVATIONS, **own}, "activation")


def activation_functions(activation: Any, output_activation: Activation | None, nouts: Sequence[int]) -> list[Function]:
    """The activation of each layer: a list, or one for the hidden layers and one for the output layer.

    Raises:
        ValueError: `nouts` is empty; a list has the wrong length, or is given with an output activation.

    >>> [f.__name__ for f in activation_functions("tanh", None, [4, 4, 1])]
    ['tanh', 'tanh', 'linear']
    """
    if not hasattr(nouts, "__len__") or not len(nouts):
        raise ValueError(f"nouts must be the sizes of at least one layer, as [16, 16, 1], got {nouts!r}")
    if not isinstance(activation, list | tuple):
        hidden, last = activation_function(activation), output_activation
        return [*[hidden] * (len(nouts) - 1), linear if last is None else activation_function(last)]
    if len(activation) != len(nouts):
        raise ValueError(f"{len(nouts)} layers need a list of as many activations, got {len(activation)}")
    if output_activation is not None:
        raise ValueError(f"a list of activations ends with the output's: omit {output_activation!r}")
    return [activation_function(each) for each in activation]


def activation_error(activation: Function, a: Any) -> TypeError:
    """The error for an activation that returned `a`, which is not a Value: no gradient would flow through it."""
    return TypeError(
        f"the activation {name_of(activation)} must return a Value, got {a!r}: write it with Value's own "
        f"operators and microgradnet's functions, or name one of {', '.join(ACTIVATIONS)}"
    )


def name_of(function: Callable[..., Any]) -> str:
    """The name of an activation or another function in a repr, a message or a file."""
    return getattr(function, "__name__", type(function).__name__)


def random_source(seed: Any) -> Any:
    """The random generator for a seed; for None the `random` module, which `random.seed(…)` seeds.

    Raises:
        TypeError: it is not None, an int or a `random.Random`.
    """
    import random  # imported here: it takes as long to load as this package

    if seed is None or seed is random:
        return random
    if not isinstance(seed, int | random.Random):
        raise TypeError(f"a seed is None, an int or a random.Random, got {seed!r}")
    return random.Random(seed) if isinstance(seed, int) else seed


def as_values(x: Inputs) -> list[Value]:
    """The inputs as Values; plain numbers become leaves: inputs of the graph, not constants of an expression.

    Raises:
        TypeError: they are several samples, or have no order.
    """
    each: Any = x if hasattr(x, "__iter__") else [x]
    if isinstance(each, dict | set | frozenset):
        raise TypeError(f"inputs stand in the order of the weights: a list of numbers is needed, got {each!r:.80}")
    if getattr(each, "ndim", 1) > 1:
        raise TypeError(f"a network takes one sample, got {len(each)}: [model(x) for x in X], or compile(model)(X)")
    return [xi if isinstance(xi, Value) else Value(xi) for xi in each]


def of_length(inputs: list[Value], count: int, model: object) -> list[Value]:
    """The inputs, if they are as many as the model takes; a ValueError otherwise."""
    if len(inputs) == count:
        return inputs
    raise ValueError(f"{model!r} takes {counted(count, 'input')}, got {len(inputs)}")
