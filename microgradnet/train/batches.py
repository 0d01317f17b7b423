"""Compute batches, as array operations or with Values one by one. Both agree to rounding."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from microgradnet.compiling import Compiled, compile
from microgradnet.compiling.outputs import assembled, template_of
from microgradnet.module import Module
from microgradnet.optim import Optimizer
from microgradnet.optim.parameter_vector import ParameterVector
from microgradnet.value import Value

Numbers: TypeAlias = NDArray[np.float64]
SampleLoss: TypeAlias = Callable[..., tuple[Any, ...]]
"""(names, *arguments) of one sample → (loss, *outputs), in Values; without names the arguments are positional."""


class Batch(NamedTuple):
    """The samples of a batch.

    Attributes:
        names: of the arguments, or none if they are positional.
        arrays: the arguments (n, …), at least one.
    """

    names: tuple[str, ...]
    arrays: Sequence[Numbers]


class Result(NamedTuple):
    """The results for a batch.

    Attributes:
        loss: the mean loss.
        outputs: the further results of the function of a sample: arrays (n, …), nested as there.
        gradient: of the mean loss with respect to the parameters; empty if not requested.
    """

    loss: float
    outputs: Sequence[Any]
    gradient: Numbers


Computation: TypeAlias = Callable[[Batch], Result]


def compiled_batches(sample_loss: SampleLoss, parameters: ParameterVector | None = None) -> Computation:
    """The loss of a batch, and with parameters its gradient, by a compiled program."""

    @cache
    def program(names: tuple[str, ...]) -> Compiled:
        return compile(partial(sample_loss, names), parameters)

    def compute(batch: Batch) -> Result:
        computed = program(batch.names)(*batch.arrays)
        if parameters is None:
            losses, *outputs = computed
            return Result(float(np.mean(losses)), outputs, np.empty(0))
        (loss, *outputs), gradient = computed
        return Result(loss, outputs, gradient)

    return compute


def eager_batches(sample_loss: SampleLoss, parameters: ParameterVector | None = None) -> Computation:
    """The same, sample by sample; the gradients stay in the parameters' `grad`."""

    def compute(batch: Batch) -> Result:
        values = parameters.values if parameters is not None else ()
        for p in values:
            p.grad = 0.0
        size = len(batch.arrays[0])
        rows: list[list[float]] = []
        for sample in zip(*[array.tolist() for array in batch.arrays], strict=True):
            outputs: list[Value] = []
            template = template_of(sample_loss(batch.names, *sample), outputs)
            if values:
                outputs[0].backward(1 / size)
            rows.append([y.data for y in outputs])
        losses, *rest = assembled(template, list(np.array(rows).T))
        return Result(float(np.mean(losses)), rest, np.array([p.grad for p in values]))

    return compute


def with_penalty(loss: Callable[..., Any], penalty: Callable[[Module], Value] | None, model: Module) -> SampleLoss:
    """A loss of one sample and the penalty of the model, from `loss`, which returns a Value or (loss, *outputs)."""

    def sample_loss(names: Sequence[str], *arguments: Any) -> tuple[Any, ...]:
        result = loss(**dict(zip(names, arguments, strict=True))) if names else loss(*arguments)
        error, *outputs = result if isinstance(result, tuple) and result else (result,)
        if not isinstance(error, Value | float | int):
            raise TypeError(f"the loss returns a Value, or a tuple that begins with it; got {result!r:.80}")
        if penalty is None:
            return (error, *outputs)
        term = penalty(model)
        if not isinstance(term, Value | float | int):
            raise TypeError(
                "penalty returns a term of the loss, a Value, such as lambda model: l2(model, 1e-4); it returned "
                f"{term!r:.80}"
            )
        return (error + term, *outputs)

    return sample_loss


def with_steps(compute: Computation, optimizer: Optimizer, after_batch: Callable[..., object] | None) -> Computation:
    """Compute a batch, take a step, and then pass the outputs to `after_batch`."""

    def take(batch: Batch) -> Result:
        result = compute(batch)
        optimizer.step(result.gradient)
        if after_batch is not None:
            after_batch(*result.outputs)
        return result

    return take


def means(
    batches: Iterator[Batch], compute: Computation,
    metrics: Callable[[Sequence[Any], Sequence[Numbers]], dict[str, float]], interrupted: Callable[[], bool],
) -> dict[str, float]:  # fmt: skip
    """Compute each batch, and return the means of their numbers; none if there is no batch."""
    sums: dict[str, float] = {}
    count = 0
    while not interrupted() and (batch := next(batches, None)) is not None:
        result, size = compute(batch), len(batch.arrays[0])
        for name, number in {"loss": result.loss, **metrics(result.outputs, batch.arrays)}.items():
            sums[name] = sums.get(name, 0.0) + number * size
        count += size
    return {name: number / count for name, number in sums.items()}
