"""`Dropout`: some numbers of a row are 0 while a network learns, by a mask that is an argument."""

from collections.abc import Iterable

from microgradnet.layers.rows import Row
from microgradnet.module import Module
from microgradnet.network_arguments import Inputs, as_values
from microgradnet.value import Operand, Value


class Dropout(Module):
    """yᵢ = xᵢ·mᵢ / (1 − rate): what the mask m has 0 for is dropped, the rest scaled so that the mean stays.

    The mask is an argument, not drawn here, as a graph is that of one mask; a compiled function takes the masks of a
    batch as an array, such as `numpy.random.default_rng().random((batch, n)) >= rate`.

    Args:
        rate: the probability of 0 in the mask, 0 ≤ rate < 1.

    Source: Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from overfitting".

    >>> dropout = Dropout(0.5)
    >>> [y.data for y in dropout([1.0, 2.0, 3.0], mask=[1, 0, 1])]
    [2.0, 0.0, 6.0]
    >>> [y.data for y in dropout([1.0, 2.0, 3.0])]      # without a mask, for predictions: all
    [1.0, 2.0, 3.0]
    """

    def __init__(self, rate: float) -> None:
        if not 0 <= rate < 1:
            raise ValueError(f"the rate of dropout must be at least 0 and below 1, got {rate!r}")
        self.rate = rate

    def __call__(self, x: Inputs, mask: Iterable[Operand] | None = None) -> Row:
        """The row with some numbers dropped; without a mask, the row.

        Args:
            x: a row of numbers.
            mask: as many, 0 or 1 each.

        Raises:
            ValueError: the mask has another length, or a number other than 0 and 1.
        """
        row = as_values(x)
        if mask is None:
            return row
        kept = list(mask)
        if len(kept) != len(row):
            raise ValueError(f"{len(row)} numbers need a mask of as many, got {len(kept)}")
        if wrong := [m for m in kept if not isinstance(m, Value) and m not in (0, 1)]:
            raise ValueError(f"a mask consists of 0 and 1, got {wrong[0]!r}")
        return [xi * (mi / (1 - self.rate)) for xi, mi in zip(row, kept, strict=True)]

    def __repr__(self) -> str:
        return f"Dropout({self.rate:g})"
