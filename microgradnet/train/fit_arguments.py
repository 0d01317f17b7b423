"""The arguments of `fit` checked, before anything is computed."""

from collections.abc import Sequence
from numbers import Integral
from typing import Any

from microgradnet._shared.arguments import as_count, named
from microgradnet.nn import Module
from microgradnet.optim import OPTIMIZERS, Optimizer

FUNCTIONS = {
    "metric": "a function of predictions and targets, such as accuracy",
    "penalty": "a function of the model that returns a term of the loss, such as lambda model: l2(model, 1e-4)",
    "after_batch": "a function of the predictions of a batch",
}


def refuse_other_than_functions(callbacks: object, **given: object) -> None:
    """Raise a TypeError if `callbacks` is no list of functions, or another argument neither a function nor None."""
    if not isinstance(callbacks, Sequence) or not all(map(callable, callbacks)):
        raise TypeError(f"callbacks are a list of functions of an Epoch, such as [print]; got {callbacks!r:.80}")
    for name, function in given.items():
        if function is not None and not callable(function):
            raise TypeError(f"{name} must be {FUNCTIONS[name]}, or None; got {function!r:.80}")


def optimizer_for(model: Module, choice: Any) -> Optimizer:
    """The optimiser of a model: the one given, or made for it, by its name in `OPTIMIZERS` or by a function.

    Raises:
        ValueError: there is none of that name.
        TypeError: it is no optimiser, nor makes one.
    """
    made: Any = named(choice, OPTIMIZERS, "optimizer") if isinstance(choice, str) else choice
    if callable(made) and not isinstance(made, Optimizer):
        made = made(model)
    if not isinstance(made, Optimizer):
        raise TypeError(
            f"optimizer must be one of {', '.join(OPTIMIZERS)}, an Optimizer, or a function of the model that makes "
            f"one, such as Adam; got {choice!r:.80}"
        )
    return made


def refuse_misfits(model: Module, optimizer: Optimizer, seed: object, **counts: int | None) -> None:
    """Raise an error if these can't train the model."""
    if not set(optimizer.parameters.values).intersection(model.parameters()):
        raise ValueError("the optimiser changes none of the model's parameters: make it for this model, as Adam(model)")
    if not isinstance(seed, Integral) or seed < 0:
        raise ValueError(f"seed must be a whole number of at least 0, got {seed!r}")
    for name, count in counts.items():
        if count is not None or name not in ("steps", "patience"):
            as_count(count, name)
