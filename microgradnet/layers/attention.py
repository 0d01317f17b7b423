"""`Attention`: each row of a sequence reads from the others, as much as its query fits their keys."""

import math
from collections.abc import Iterable, Sequence
from functools import partial
from typing import TypeAlias

from microgradnet._shared.arguments import as_count
from microgradnet.functions import dot, softmax, weighted_sum
from microgradnet.layers.rows import Row, activations, as_rows
from microgradnet.loops import for_each
from microgradnet.module import Module
from microgradnet.network_arguments import Inputs, Seed, random_source
from microgradnet.nn import Layer
from microgradnet.value import Value, constant

Mask: TypeAlias = Sequence[Value | None]


class Attention(Module):
    """yᵢ = O·rᵢ + o, where rᵢ = Σⱼ aᵢⱼ·vⱼ and aᵢ = softmax(qᵢ·k₁ / √d, qᵢ·k₂ / √d, …): row i reads from rows j.

    Query, key and value of a row x are q = Q·x + b, k = K·x + c and v = V·x + e, each of a layer of its own. A head
    has d = width / heads numbers of each, computes weights a and reads by itself; r is the rows that the heads read,
    one behind the other.

    Args:
        width: numbers in a row.
        heads: a divisor of `width`.
        causal: whether a row reads only from itself and the rows before it: −∞ is added to the scores of later ones.
        init, seed: as for `Neuron`.

    Source: Vaswani et al. 2017, "Attention is all you need", eq. 1 and section 3.2.2.

    >>> attention = Attention(1, causal=True)
    >>> for layer in (attention.query, attention.key, attention.value, attention.output):
    ...     layer.neurons[0].w[0].data = 1.0
    >>> [round(y.data, 4) for [y] in attention([[0.0], [2.0]])]     # 2·e⁴ / (e⁰ + e⁴)
    [0.0, 1.964]
    >>> Attention(8, heads=2)
    Attention(8, heads 2)
    """

    def __init__(
        self, width: int, *, heads: int = 1, causal: bool = False, init: str = "xavier", seed: Seed = None
    ) -> None:
        self.width, self.heads, self.causal = as_count(width, "the width"), as_count(heads, "heads"), causal
        if width % heads:
            raise ValueError(f"heads share the width equally, but {width} numbers are no multiple of {heads} heads")
        rng = random_source(seed)
        self.query, self.key, self.value, self.output = [
            Layer(width, width, "linear", init=init, seed=rng) for _ in range(4)
        ]
        self._label_parameters()

    def __call__(self, rows: Iterable[Inputs]) -> list[Row]:
        """As many rows [position][width] as are given.

        Raises:
            ValueError: a row has another width.
        """
        x = as_rows(rows, self.width, self)
        queries, keys, values = [
            for_each(partial(activations, layer), x) for layer in (self.query, self.key, self.value)
        ]
        masks: list[Mask] = [[None] * len(x)] * len(x)
        if self.causal:
            seen, hidden = constant(0.0), constant(-math.inf)
            masks = [[hidden if j > i else seen for j in range(len(x))] for i in range(len(x))]
        read = for_each(lambda query, mask: self._read(query, mask, keys, values), queries, masks)
        return for_each(partial(activations, self.output), read)

    def _read(self, query: Row, mask: Mask, keys: Sequence[Row], values: Sequence[Row]) -> Row:
        """What all heads read for one query; the mask is added to its scores."""
        row, d = [], self.width // self.heads
        for head in (slice(start, start + d) for start in range(0, self.width, d)):
            q = [number / math.sqrt(d) for number in query[head]]
            a = softmax([weighted_sum(q, key[head], m) for key, m in zip(keys, mask, strict=True)])
            row += [dot(a, column) for column in zip(*(value[head] for value in values), strict=True)]
        return row

    def __repr__(self) -> str:
        return f"Attention({self.width}, heads {self.heads}{', causal' * self.causal})"
