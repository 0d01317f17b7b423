"""`LayerNorm`: a row of numbers brought to mean 0 and variance 1, then scaled and shifted as it learns to."""

from microgradnet._shared.arguments import as_count
from microgradnet.functions import dot, sqrt, total
from microgradnet.layers.rows import Row, as_row
from microgradnet.module import Module
from microgradnet.network_arguments import Inputs
from microgradnet.value import parameter


class LayerNorm(Module):
    """yᵢ = gᵢ·(xᵢ − μ) / √(σ² + ε) + bᵢ, where μ = (1/n)·Σ xᵢ and σ² = (1/n)·Σ (xᵢ − μ)².

    The gains g start at 1 and the shifts b at 0.

    Args:
        width: n, numbers in a row.
        epsilon: ε > 0, which keeps a row of equal numbers from dividing by 0.

    Source: Ba, Kiros & Hinton 2016, "Layer normalization".

    >>> [round(y.data, 3) for y in LayerNorm(3)([1.0, 2.0, 6.0])]
    [-0.926, -0.463, 1.389]
    """

    def __init__(self, width: int, *, epsilon: float = 1e-5) -> None:
        if not epsilon > 0:
            raise ValueError(f"epsilon must be above 0, got {epsilon!r}")
        self.width, self.epsilon = as_count(width, "the width of a row"), epsilon
        self.gains = [parameter(1.0) for _ in range(self.width)]
        self.shifts = [parameter(0.0) for _ in range(self.width)]
        self._label_parameters()

    def __call__(self, x: Inputs) -> Row:
        """The normalised row, for a row x of `width` numbers.

        Raises:
            ValueError: the row has another width.
        """
        row = as_row(x, self.width, self)
        mean = total(row) / self.width
        centred = [xi - mean for xi in row]
        deviation = sqrt(dot(centred, centred) / self.width + self.epsilon)
        return [g * (c / deviation) + b for g, c, b in zip(self.gains, centred, self.shifts, strict=True)]

    def __repr__(self) -> str:
        return f"LayerNorm({self.width})"
