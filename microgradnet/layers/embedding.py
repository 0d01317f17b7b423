"""`Embedding`: a row of numbers that learn for each letter, word or other symbol."""

from collections.abc import Iterable
from typing import Any, SupportsIndex

from microgradnet._shared.arguments import as_count
from microgradnet.functions import dot
from microgradnet.layers.rows import Row, as_row
from microgradnet.module import Module
from microgradnet.network_arguments import Seed, random_source
from microgradnet.value import Value, parameter


class Embedding(Module):
    """y = table[k], the row of symbol k; or y = Σₖ xₖ·table[k], the same row if x is one-hot: 1 at place k, else 0.

    A compiled function needs the one-hot form, as the number of a symbol is not the same for every sample:
    `compile(function, model, symbols={"letter": 27})` makes it of the numbers of an argument `letter`. The table
    starts with numbers of the normal distribution of mean 0 and variance 1, as PyTorch's.

    Args:
        count: how many symbols there are.
        width: numbers in the row of each.
        seed: as for `Neuron`.

    Source: Bengio et al. 2003, "A neural probabilistic language model".

    >>> embedding = Embedding(2, 3)
    >>> for i, p in enumerate(embedding.parameters()): p.data = i
    >>> [y.data for y in embedding(1)], [y.data for y in embedding([0, 1])]
    ([3.0, 4.0, 5.0], [3.0, 4.0, 5.0])
    """

    def __init__(self, count: int, width: int, *, seed: Seed = None) -> None:
        count, width = as_count(count, "the number of symbols"), as_count(width, "the width of a row")
        rng = random_source(seed)
        self.table = [[parameter(rng.gauss(0.0, 1.0)) for _ in range(width)] for _ in range(count)]
        self._label_parameters()

    def __call__(self, symbol: SupportsIndex | Iterable[Any]) -> Row:
        """The row of a symbol, given by its number or one-hot.

        Raises:
            ValueError: there is no symbol of this number, or the list has another length than the table.
            TypeError: the number is a Value.
        """
        if isinstance(symbol, Value):
            raise TypeError("the number of a symbol cannot be a Value: pass a list with 1 at its place and 0 elsewhere")
        if isinstance(symbol, Iterable):
            one_hot = as_row(symbol, len(self.table), self)
            return [dot(column, one_hot) for column in zip(*self.table, strict=True)]
        if symbol not in range(len(self.table)):
            raise ValueError(f"{self!r} has the symbols 0 to {len(self.table) - 1}, got {symbol!r}")
        return list(self.table[int(symbol)])

    def __repr__(self) -> str:
        return f"Embedding({len(self.table)} → {len(self.table[0])})"
