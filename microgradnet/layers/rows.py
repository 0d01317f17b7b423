"""Rows of numbers: the checks of what a layer is given, and a row of neurons' activations."""

from collections.abc import Iterable
from typing import TypeAlias

from microgradnet.network_arguments import Inputs, as_values
from microgradnet.nn import Layer
from microgradnet.value import Value

Row: TypeAlias = list[Value]


def as_row(x: Inputs, width: int, taker: object, what: str = "a row") -> Row:
    """The numbers of a row as Values.

    Raises:
        ValueError: there are not `width` of them; the message says that `taker` takes so many.
        TypeError: they are no numbers, or several rows.

    >>> as_row([1.0, 2.0], 3, "this layer")
    Traceback (most recent call last):
    ValueError: 'this layer' takes a row of 3 numbers, got 2
    """
    row = as_values(x)
    if len(row) != width:
        raise ValueError(f"{taker!r} takes {what} of {width} numbers, got {len(row)}")
    return row


def as_rows(rows: Iterable[Inputs], width: int, taker: object) -> list[Row]:
    """The numbers of each row as Values; errors as of `as_row`."""
    if not isinstance(rows, Iterable):
        raise TypeError(f"{taker!r} takes a list of rows, each of {width} numbers, got {rows!r:.80}")
    return [as_row(row, width, taker) for row in rows]


def activations(layer: Layer, row: Row) -> Row:
    """The activations of a layer's neurons: a list, also of a single neuron."""
    return [neuron._forward(row) for neuron in layer.neurons]
