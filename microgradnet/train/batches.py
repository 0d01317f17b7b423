"""Compute a batch, as array operations or with Values one by one. Both agree to rounding."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from microgradnet.compiling import compile
from microgradnet.optim.parameter_vector import ParameterVector

Numbers: TypeAlias = NDArray[np.float64]
SampleLoss: TypeAlias = Callable[[Any, Any], tuple[Any, ...]]
"""(x, target) of one sample, as Values → (loss, *predictions)."""


class Batch(NamedTuple):
    """The results for a batch.

    Attributes:
        loss: the mean loss.
        predictions: (n,) or (n, outputs).
        gradient: of the mean loss with respect to the parameters; empty if not requested.
    """

    loss: float
    predictions: Numbers
    gradient: Numbers


Computation: TypeAlias = Callable[[Numbers, Numbers], Batch]


def compiled_batches(sample_loss: SampleLoss, parameters: ParameterVector | None = None) -> Computation:
    """The loss of a batch, and with parameters its gradient, by a compiled program."""
    program = compile(sample_loss, parameters)

    def compute(x: Numbers, t: Numbers) -> Batch:
        if parameters is None:
            losses, *predictions = program(x, t)
            return Batch(float(np.mean(losses)), _table(predictions), np.empty(0))
        (loss, *predictions), gradient = program(x, t)
        return Batch(loss, _table(predictions), gradient)

    return compute


def eager_batches(sample_loss: SampleLoss, parameters: ParameterVector | None = None) -> Computation:
    """The same, sample by sample; the gradients stay in the parameters' `grad`."""

    def compute(x: Numbers, t: Numbers) -> Batch:
        values = parameters.values if parameters is not None else ()
        for p in values:
            p.grad = 0.0
        losses: list[float] = []
        found: list[Sequence[float]] = []
        for sample, target in zip(x.tolist(), t.tolist(), strict=True):
            loss, *predictions = sample_loss(sample, target)
            if values:
                loss.backward(1 / len(x))
            losses.append(loss.data)
            found.append([y.data for y in predictions])
        gradient = np.array([p.grad for p in values])
        return Batch(float(np.mean(losses)), _table(np.array(found).T), gradient)

    return compute


def _table(predictions: Any) -> Numbers:
    """(n,) for a single output, else (n, outputs)."""
    return np.asarray(predictions[0]) if len(predictions) == 1 else np.column_stack(predictions)
