"""`fit`: train a model on data with an optimiser, batch by batch and epoch by epoch.

It combines losses, optimisers, batches, `compile` and checkpoints. It can be interrupted at any time (Ctrl-C), and
resuming from a checkpoint gives bit-identical results to an uninterrupted training.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from numbers import Integral
from pathlib import Path
from types import NoneType
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from microgradnet._shared.arguments import as_count, entry
from microgradnet._shared.text import one_line
from microgradnet.data import batches
from microgradnet.errors import AnomalyError, DomainError
from microgradnet.losses import LOSSES, Loss
from microgradnet.nn import Module
from microgradnet.optim import OPTIMIZERS, Optimizer
from microgradnet.train.batches import Batch, Computation, SampleLoss, compiled_batches, eager_batches
from microgradnet.train.early_stopping import EarlyStopping
from microgradnet.train.history import History
from microgradnet.train.interruption import interruptible
from microgradnet.train.metrics import Metric, accuracy_of
from microgradnet.train.progress import Progress
from microgradnet.train.saving import read, refuse_other_than_module, refuse_to_replace, save
from microgradnet.train.targets import targets_for
from microgradnet.value import Value

Numbers: TypeAlias = NDArray[np.float64]


class Epoch(NamedTuple):
    """The argument of a callback after each epoch; `number` counts from 1."""

    number: int
    model: Module
    optimizer: Optimizer
    history: History


def fit(
    model: Module, X: ArrayLike, Y: ArrayLike, *,
    loss: str | Loss = "squared_error",
    optimizer: str | Optimizer = "adam",
    epochs: int = 100,
    batch_size: int = 32,
    validation: tuple[ArrayLike, ArrayLike] | None = None,
    metric: Metric | None = None,
    penalty: Callable[[Module], Value] | None = None,
    patience: int | None = None,
    callbacks: Sequence[Callable[[Epoch], object]] = (),
    seed: int = 0,
    compiled: bool = True,
    progress: bool | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    resume: bool = False,
) -> History:  # fmt: skip
    """Train a model: each epoch is a pass over all samples in a new random order, with one optimiser step per batch.

    Args:
        model: called with the numbers of one sample; it returns a Value or a list of them.
        X: (n, …), a row for each sample.
        Y: (n,) or (n, outputs), the targets. Whole numbers (n,) are classes, which are converted for the loss: see
            `targets_for`.
        loss: a name in `LOSSES`, or a function of a sample's prediction and target.
        optimizer: a name in `OPTIMIZERS`, or an optimiser of the model's parameters.
        epochs: the number of epochs, including those before a resume.
        batch_size: samples per mini-batch; the last of an epoch has the remainder.
        validation: (X, Y) held out for a validation loss and metric.
        metric: a function of predictions and targets, called by its name; by default the accuracy, for classes.
        penalty: a term of the loss that depends on the model alone, as `lambda model: l2(model, 1e-4)`.
        patience: early stopping after so many epochs without a lower validation loss, or, without validation, a lower
            loss. However training ends, the model keeps the parameters with which the lowest was measured.
        callbacks: called after each epoch with an `Epoch`; training ends when one returns True.
        seed: determines the order of the samples; that of epoch k is drawn from (seed, k).
        compiled: False computes with Values one by one: the same numbers, to rounding, slowly.
        progress: None shows a bar or lines where suitable, False nothing; see `Progress`.
        checkpoint: a file that is written after each epoch, with the state needed to resume; an older checkpoint of
            that name is replaced, any other file is refused.
        resume: whether to resume from the checkpoint if it exists, with the optimiser's saved settings; seed, batch
            size and data must be the same.

    Returns:
        The numbers of each epoch. Loss and metric are means over the epoch, while the model changes; those of the
        validation, and with patience but no validation all, are those of the model at its end.

    Raises:
        DomainError, AnomalyError: the loss or a gradient is not finite. The model keeps the parameters of the previous
            step, the checkpoint those of the previous epoch.
        ValueError, TypeError: arguments are invalid or inconsistent.
        FileExistsError: `checkpoint` is there and is no checkpoint.

    >>> from microgradnet import MLP
    >>> from microgradnet.data import xor
    >>> from microgradnet.optim import Adam
    >>> model = MLP(2, [4, 1], "tanh", seed=1)
    >>> fit(model, *xor(), loss="hinge", optimizer=Adam(model, lr=0.1), progress=False).last["accuracy"]
    1.0
    """
    _refuse_types(model, validation, metric)
    loss_of = _named(loss, LOSSES, "loss")
    rule = _named(optimizer, OPTIMIZERS, "optimizer")
    rule = rule if isinstance(rule, Optimizer) else rule(model)
    measure = metric or accuracy_of(loss_of)
    x, t = _prepared(model, X, Y, loss_of)
    prefix, watched = "", (x, t) if patience is not None else None
    if validation is not None:
        prefix, watched = "validation_", _prepared(model, *validation, loss_of)
    _refuse(model, rule, seed, {"epochs": epochs, "batch_size": batch_size, "patience": patience})
    best = EarlyStopping(patience, f"{prefix}loss")
    drawn = {"seed": seed, "batch_size": batch_size}
    history = _resumed(model, rule, best, checkpoint, drawn) if resume else History()
    if checkpoint is not None:
        refuse_to_replace(checkpoint)
        rule.state_dict()  # fail before the first step if the checkpoint cannot be saved
    sample_loss = _sample_loss(model, loss_of, penalty)
    computation = compiled_batches if compiled else eager_batches
    take, check = computation(sample_loss, rule.parameters), computation(sample_loss)
    history.ended = "all epochs"
    with interruptible() as interrupted, Progress(epochs, len(history), progress) as shown:
        for number in range(len(history) + 1, epochs + 1):
            if best.is_over(history):  # the checkpoint's training had ended
                history.ended = "no improvement"
                break
            try:
                numbers = _epoch(take, rule, batches(x, t, batch_size, (seed, number)), measure, interrupted)
                if watched and not interrupted():
                    numbers |= _measured(check(*watched), watched[1], measure, prefix)
            except (DomainError, AnomalyError) as error:
                error.add_note(
                    f"in epoch {number} of fit(…), samples counted within the batch; the model is as of the step before"
                )
                raise
            if interrupted():
                history.ended = "interrupted"
                break
            history.epochs.append(numbers)
            shown.show(number, numbers)
            best.see(history, rule)
            if best.is_over(history):
                best.restore(rule)
            said = [callback(Epoch(number, model, rule, history)) for callback in callbacks]
            if checkpoint is not None:
                save(model, checkpoint, rule, {**drawn, "history": history.epochs, "best": best.state_dict()})
            if any(one is True for one in said):
                history.ended = "a callback"
                break
    best.restore(rule)
    return history


def _refuse_types(model: object, validation: object, metric: object) -> None:
    """Raise a TypeError if one of these is of another type than `fit` takes."""
    refuse_other_than_module(model, "fit")
    if metric is not None and not callable(metric):
        raise TypeError(
            f"metric must be a function of predictions and targets, got {metric!r:.80}; leave it out for the accuracy "
            "of classes"
        )
    if validation is not None and not (isinstance(validation, tuple | list) and len(validation) == 2):
        raise TypeError(
            f"validation is a pair (X, Y), got {validation!r:.80}; microgradnet.data.train_test_split makes one"
        )


def _refuse(model: Module, optimizer: Optimizer, seed: object, counts: Mapping[str, int | None]) -> None:
    """Raise an error if these can't train the model."""
    if not set(optimizer.parameters.values).intersection(model.parameters()):
        raise ValueError("the optimiser changes none of the model's parameters: make it for this model, as Adam(model)")
    if not isinstance(seed, Integral) or seed < 0:
        raise ValueError(f"seed must be a whole number of at least 0, got {seed!r}")
    for name, count in counts.items():
        if count is not None or name != "patience":
            as_count(count, name)


def _named(choice: Any, table: Mapping[str, Any], what: str) -> Any:
    if not isinstance(choice, str):
        return choice
    if choice not in table:
        raise ValueError(f"unknown {what} {choice!r}: it must be one of {', '.join(table)}")
    return table[choice]


def _prepared(model: Module, X: ArrayLike, Y: ArrayLike, loss: Loss) -> tuple[Numbers, Numbers]:
    """The samples, and their targets in the form that this loss takes.

    Raises:
        ValueError: a number is infinite or NaN; X and Y differ in length; a class has no output.
    """
    x, y = np.asarray(X, np.float64), np.asarray(Y)
    if not x.size or x.shape[:1] != y.shape[:1]:
        raise ValueError(f"X and Y need one row per sample, the same number; got shapes {x.shape} and {y.shape}")
    for name, array in (("X", x), ("Y", y)):
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            place = tuple(np.argwhere(~np.isfinite(array))[0].tolist())
            raise ValueError(f"{name}{list(place)} is {array[place]}: data has to be finite numbers")
    return x, targets_for(loss, y, model, x[0])


def _sample_loss(model: Any, loss: Loss, penalty: Callable[[Module], Value] | None) -> SampleLoss:
    def sample_loss(x: Any, t: Any) -> tuple[Any, ...]:
        y = model(x)
        error = loss(y, t) if penalty is None else loss(y, t) + penalty(model)
        return (error, *(y if isinstance(y, list) else [y]))

    return sample_loss


def _epoch(
    take: Computation, optimizer: Optimizer, chunks: Iterator[tuple[Numbers, Numbers]], metric: Metric | None,
    interrupted: Callable[[], bool],
) -> dict[str, float]:  # fmt: skip
    """Take one step per batch; return the means of the numbers measured before each step."""
    sums: dict[str, float] = {}
    count = 0
    for x, t in chunks:
        if interrupted():
            break
        batch = take(x, t)
        optimizer.step(batch.gradient)
        for name, number in _measured(batch, t, metric).items():
            sums[name] = sums.get(name, 0.0) + number * len(x)
        count += len(x)
    return {name: number / count for name, number in sums.items()}


def _measured(batch: Batch, targets: Numbers, metric: Metric | None, prefix: str = "") -> dict[str, float]:
    found = {f"{prefix}loss": batch.loss}
    if metric is not None:
        found[f"{prefix}{getattr(metric, '__name__', 'metric')}"] = float(metric(batch.predictions, targets))
    return found


def _resumed(
    model: Module, optimizer: Optimizer, best: EarlyStopping, checkpoint: str | os.PathLike[str] | None,
    drawn: Mapping[str, int],
) -> History:  # fmt: skip
    """Restore model, optimiser and `best` from the checkpoint, if it exists; return the epochs before it.

    Raises:
        ValueError: it is not a checkpoint of this training; nothing is changed.
    """
    if checkpoint is None:
        raise ValueError("resume needs a checkpoint: fit(…, checkpoint=FILE, resume=True)")
    if not Path(checkpoint).expanduser().exists():
        return History()
    saved = read(checkpoint, model)
    _, state, training = saved.checkpoint
    try:
        if state is None:
            raise ValueError("it is a model, but not a checkpoint of a training")
        for name, number in drawn.items():
            if (before := entry(training, name, int)) != number:
                raise ValueError(f"its training has {name}={before!r}, not {number!r}: the batches would differ")
        history = History.from_record(entry(training, "history", list))
        best.load_state_dict(entry(training, "best", dict, NoneType), history, len(optimizer.parameters))
        optimizer.load_state_dict(state)
    except ValueError as error:
        raise ValueError(f"cannot resume from {one_line(str(checkpoint))}: {error}") from error
    saved.load()
    return history
