"""Every layer once or more, small, with the shapes of one sample's arguments."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from microgradnet import Module, Value, dot
from microgradnet.layers import GRU, LSTM, Attention, Convolution, Dropout, Embedding, LayerNorm, Pool, Recurrent


class Made(NamedTuple):
    """A layer for a seed, and the shapes of its arguments."""

    layer: Callable[[int], Any]
    shapes: tuple[tuple[int, ...], ...]


EVERY: dict[str, Made] = {
    "Convolution": Made(lambda seed: Convolution(2, 3, 2, activation="tanh", seed=seed), ((2, 4, 3),)),
    "Convolution, stride and padding": Made(
        lambda seed: Convolution(1, 2, 3, stride=2, padding=1, seed=seed), ((1, 4, 5),)
    ),
    "Pool": Made(lambda seed: Pool(2), ((2, 4, 4),)),
    "Pool, mean": Made(lambda seed: Pool(2, "mean", stride=1), ((2, 3, 4),)),
    "Recurrent": Made(lambda seed: Recurrent(2, 3, seed=seed), ((4, 2),)),
    "GRU": Made(lambda seed: GRU(2, 3, seed=seed), ((3, 2),)),
    "LSTM": Made(lambda seed: LSTM(2, 3, seed=seed), ((3, 2),)),
    "Attention": Made(lambda seed: Attention(4, heads=2, seed=seed), ((3, 4),)),
    "Attention, causal": Made(lambda seed: Attention(4, causal=True, seed=seed), ((3, 4),)),
    "LayerNorm": Made(lambda seed: LayerNorm(4), ((4,),)),
    "Embedding": Made(lambda seed: Embedding(3, 2, seed=seed), ((3,),)),
    "Dropout": Made(lambda seed: Dropout(0.25), ((4,), (4,))),
}


def inputs(name: str, batch: int | None = None, seed: int = 0) -> list[Any]:
    """Random arrays for the arguments of a layer, of one sample or a batch; a mask is of 0 and 1."""
    rng = np.random.default_rng([seed, len(name)])
    sizes = [shape if batch is None else (batch, *shape) for shape in EVERY[name].shapes]
    arrays: list[Any] = [rng.normal(size=size) for size in sizes]
    return [arrays[0], *[np.array(array > 0, float) for array in arrays[1:]]]


def flat(nested: Any) -> list[Any]:
    """The Values of nested lists, in order."""
    return [value for inner in nested for value in flat(inner)] if isinstance(nested, list) else [nested]


def numbers(nested: Any) -> Any:
    """The numbers of nested lists of Values."""
    return [numbers(inner) for inner in nested] if isinstance(nested, list) else nested.data


def values(array: Any) -> Any:
    """Nested lists of Values."""
    return [values(inner) for inner in array] if np.ndim(array) else Value(float(array))


def loss_of(outputs: Any) -> Any:
    """A sum with a weight of its own for each output."""
    listed = flat(outputs)
    return dot([math.sin(i + 1) for i in range(len(listed))], listed)


def shifted(layer: Module, seed: int) -> Any:
    """The layer with random numbers for all its parameters, those that start at 0 or 1 included."""
    rng = np.random.default_rng(seed)
    layer.load_state_dict({name: rng.normal(0.0, 0.7) for name in layer.state_dict()})
    return layer
