"""What `compile` and what it makes are given: parameters, and arrays with a sample along the first axis."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from inspect import signature
from typing import Any

import numpy as np

from microgradnet.data import one_hot
from microgradnet.nn import Module
from microgradnet.ops.floats import as_float
from microgradnet.value import Value

Array = np.ndarray[Any, Any]


def parameters_in(parameters: Any) -> Iterator[Value]:
    """The parameters of a module, or of the modules and Values in a list.

    Raises:
        TypeError: something else is among them.
    """
    if isinstance(parameters, Value):
        yield parameters
    elif isinstance(parameters, Module):
        yield from parameters.parameters()
    elif isinstance(parameters, Iterable) and not isinstance(parameters, str | bytes):
        for part in parameters:
            yield from parameters_in(part)
    else:
        raise TypeError(f"parameters are a Module, Values, or a list of them; got {parameters!r:.80}")


def positional(function: Callable[..., Any]) -> list[str]:
    """The names of the arguments that a function takes by position; none are known of one that is written in C."""
    try:
        every = signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    return [each.name for each in every if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]


def argument_names(function: Callable[..., Any], count: int) -> list[str]:
    """The names of the function's first arguments; x₀, x₁, … if it does not name as many."""
    found = positional(function)
    return found[:count] if len(found) >= count else [f"x{i}" for i in range(count)]


def array_of(argument: Any, number: int) -> Array:
    """An argument as an array of floats; `number` is its position, counted from 0.

    Raises:
        TypeError: it has other things than real numbers.
        ValueError: it is a single number.
    """
    if type(argument) is np.ndarray and argument.dtype == np.float64 and argument.ndim:
        return argument
    if isinstance(argument, np.ma.MaskedArray):
        raise TypeError(f"argument {number + 1} is masked: fill it, or omit the masked samples")
    try:
        array = np.asarray(argument)
        if array.dtype.kind not in "fiub":
            for item in array.ravel().tolist():
                as_float(item)  # names the first that is no number
            raise TypeError(f"numbers are needed, got {array.dtype}")
        array = array.astype(np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        is_ragged = "inhomogeneous" in str(error)
        why = (
            "the lists differ in length; microgradnet.data.padded makes them one array, with a mask"
            if is_ragged
            else error
        )
        raise TypeError(
            f"argument {number + 1} has to be an array, or nested lists of one shape, of real numbers, with a sample "
            f"along the first axis: {why}"
        ) from None
    if not array.ndim:
        raise ValueError(
            f"argument {number + 1} has to have a sample along its first axis, got a single number: for a batch of one "
            "write [x]"
        )
    return array


def size_of(arrays: Sequence[Array]) -> int:
    """The number of samples; a function without arguments has one."""
    return len(arrays[0]) if arrays else 1


def shapes_of(arrays: Sequence[Array]) -> tuple[tuple[int, ...], ...]:
    """The shapes of a sample's arguments."""
    return tuple([array.shape[1:] for array in arrays])


def with_symbols(arrays: Sequence[Array], names: Sequence[str], symbols: Mapping[str, int]) -> list[Array]:
    """The arrays, in which each number of an argument that has symbols has become a one-hot row, a last axis.

    Args:
        arrays: the arguments.
        names: their names.
        symbols: how many symbols there are for an argument of this name.

    Raises:
        ValueError: no argument has a name in `symbols`, or a number is no symbol.

    >>> with_symbols([np.array([0.0, 2.0])], ["letter"], {"letter": 3})
    [array([[1., 0., 0.],
           [0., 0., 1.]])]
    """
    for name in symbols:
        if name not in names:
            raise ValueError(f"symbols has {name!r}, but the arguments are {', '.join(names) or 'none'}")
    return [
        _rows(array, name, symbols[name]) if name in symbols else array
        for array, name in zip(arrays, names, strict=True)
    ]


def _rows(array: Array, name: str, count: int) -> Array:
    """A one-hot row for each number of the array."""
    wrong = ~np.isin(array, np.arange(count))
    if wrong.any():
        place = np.argwhere(wrong)[0].tolist()
        raise ValueError(
            f"{name}{place} is {array[tuple(place)]:g}: the {count} symbols of {name!r} are the whole numbers from 0 "
            f"to {count - 1}"
        )
    return one_hot(array.astype(np.intp), count)
