"""`fit`: train a model on data with an optimiser, batch by batch and epoch by epoch.

It combines losses, optimisers, batches, `compile` and checkpoints. It can be interrupted at any time (Ctrl-C), and
resuming from a checkpoint gives bit-identical results to an uninterrupted training.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from types import NoneType
from typing import Any, NamedTuple

from numpy.typing import ArrayLike

from microgradnet._shared.arguments import entry
from microgradnet._shared.text import one_line
from microgradnet.errors import AnomalyError, DomainError
from microgradnet.network_arguments import name_of
from microgradnet.nn import Module
from microgradnet.optim import Optimizer
from microgradnet.train.batches import Computation, compiled_batches, eager_batches, means, with_penalty, with_steps
from microgradnet.train.early_stopping import EarlyStopping
from microgradnet.train.fit_arguments import optimizer_for, refuse_misfits, refuse_other_than_functions
from microgradnet.train.history import History
from microgradnet.train.interruption import interruptible
from microgradnet.train.metrics import Metric
from microgradnet.train.progress import Progress
from microgradnet.train.samples import Batches, Samples, samples_of_arrays, samples_of_batches
from microgradnet.train.saving import read, refuse_other_than_module, refuse_to_replace, save
from microgradnet.value import Value


class Epoch(NamedTuple):
    """The argument of a callback after each epoch; `number` counts from 1."""

    number: int
    model: Module
    optimizer: Optimizer
    history: History


def fit(
    model: Module, X: ArrayLike | Batches, Y: ArrayLike | None = None, *,
    loss: str | Callable[..., Any] = "squared_error",
    optimizer: str | Optimizer = "adam",
    epochs: int = 100,
    steps: int | None = None,
    batch_size: int = 32,
    validation: tuple[ArrayLike, ArrayLike] | Batches | None = None,
    metric: Metric | None = None,
    penalty: Callable[[Module], Value] | None = None,
    patience: int | None = None,
    callbacks: Sequence[Callable[[Epoch], object]] = (),
    after_batch: Callable[..., object] | None = None,
    symbols: Mapping[str, int] | None = None,
    seed: int = 0,
    compiled: bool = True,
    progress: bool | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    resume: bool = False,
) -> History:  # fmt: skip
    """Train a model on X and Y, in a new random order each epoch, or on any batches: one optimiser step per batch.

    `fit(model, X, Y)` calls the model with each sample. `fit(model, batches, loss=function)` calls the function, with
    one sample of each array in a batch: second inputs, masks, weights of samples, states.

    Args:
        model: called with the numbers of one sample; it returns a Value or a list of them. With batches, the module
            whose parameters are trained.
        X: (n, …), a row for each sample. Or batches: tuples of arrays (n, …), or dicts of them by the names of the
            loss's arguments, in any iterable. A list begins anew with each epoch, an iterator goes on where it is, and
            a function is called with the number of each epoch, from 1 on, and returns an iterable.
        Y: (n,) or (n, outputs), the targets. Whole numbers (n,) are classes, which are converted for the loss: see
            `targets_for`. None for batches.
        loss: a name in `LOSSES`, or a function of a sample's prediction and target. With batches, a function of one
            sample of their arrays, which returns a Value, or a tuple of it and further outputs.
        optimizer: a name in `OPTIMIZERS`, or an optimiser of the model's parameters.
        epochs: the number of epochs, including those before a resume.
        steps: the most batches in an epoch, for endless streams; None for no limit.
        batch_size: samples per mini-batch of X and Y; the last of an epoch has the remainder.
        validation: (X, Y) held out for a validation loss and metric; or batches, not an iterator.
        metric: a function of predictions and targets, called by its name; by default the accuracy, for classes. With
            batches, a function of the loss's further outputs.
        penalty: a term of the loss that depends on the model alone, as `lambda model: l2(model, 1e-4)`.
        patience: early stopping after so many epochs without a lower validation loss, or, without validation, a lower
            loss. The model keeps the parameters with which the lowest was measured, also after a Ctrl-C; after an error
            (or a second Ctrl-C) those of the last step.
        callbacks: called after each epoch with an `Epoch`; training ends when one returns True.
        after_batch: called after each step with the predictions or, with batches, the loss's further outputs: arrays
            with a row for each sample. A generator that makes the next batch of these carries states on.
        symbols: for arguments of the loss that are symbols, how many there are, as for `compile`: batches have their
            numbers, and the loss gets a one-hot row for each.
        seed: determines the order of X and Y; that of epoch k is drawn from (seed, k).
        compiled: False computes with Values one by one: the same numbers, to rounding, slowly.
        progress: None shows a bar or lines where suitable, False nothing; see `Progress`.
        checkpoint: a file that is written after each epoch, with the state needed to resume; an older checkpoint of
            that name is replaced, any other file is refused.
        resume: whether to resume from the checkpoint if it exists, with the optimiser's saved settings; seed, batch
            size, steps, loss, activations and data must be the same: other X and Y are refused, other batches cannot
            be told. Batches of an iterator are those that it still has.

    Returns:
        The numbers of each epoch. Loss and metric are means over the epoch, while the model changes; those of the
        validation, and with patience but no validation all, are those of the model at its end.

    Raises:
        DomainError, AnomalyError: the loss or a gradient is not finite. The model keeps the parameters of the previous
            step, the checkpoint those of the previous epoch.
        ValueError, TypeError: arguments are invalid or inconsistent; the note of a batch's error has its number.
        FileExistsError: `checkpoint` is there and is no checkpoint.

    >>> from microgradnet import MLP
    >>> from microgradnet.data import xor
    >>> from microgradnet.optim import Adam
    >>> model = MLP(2, [4, 1], "tanh", seed=1)
    >>> fit(model, *xor(), loss="hinge", optimizer=Adam(model, lr=0.1), progress=False).last["accuracy"]
    1.0

    >>> X, Y = xor()
    >>> def weighted(x, y, weight):
    ...     return weight * (model(x) - y) ** 2
    >>> batches = [{"x": X, "y": Y, "weight": [1, 1, 1, 2]}]
    >>> fit(model, batches, loss=weighted, optimizer=Adam(model, lr=0.1), progress=False).last["loss"] < 0.01
    True
    """
    refuse_other_than_module(model, "fit")
    refuse_other_than_functions(callbacks, metric=metric, penalty=penalty, after_batch=after_batch)
    if symbols and Y is not None:
        raise ValueError("symbols are names of the loss's arguments: pass batches, as in fit(model, batches, loss=…)")
    rule, is_watched = optimizer_for(model, optimizer), patience is not None
    if Y is None:
        samples = samples_of_batches(X, loss, metric, validation, symbols or {}, is_watched)
    else:
        samples = samples_of_arrays(model, X, Y, loss, metric, validation, batch_size, seed, is_watched)
    refuse_misfits(model, rule, seed, epochs=epochs, batch_size=batch_size, steps=steps, patience=patience)
    best = EarlyStopping(patience, f"{samples.prefix}loss")
    identity = {**samples.identity, "steps": steps, "penalty": penalty and name_of(penalty)}
    history = _resumed(model, rule, best, checkpoint, identity) if resume else History()
    if checkpoint is not None:
        refuse_to_replace(checkpoint)
        rule.state_dict()  # fail before the first step if the checkpoint cannot be saved
    sample_loss = with_penalty(samples.loss, penalty, model)
    computation = compiled_batches if compiled else eager_batches
    take = with_steps(computation(sample_loss, rule.parameters), rule, after_batch)
    measure = computation(sample_loss)
    done = len(history)
    history.ended = "all epochs"
    with interruptible() as interrupted, Progress(epochs, done, progress) as shown:
        for number in range(done + 1, epochs + 1):
            if best.is_over(history):  # the checkpoint's training had ended
                history.ended = "no improvement"
                break
            numbers = _epoch(samples, number, steps, take, measure, interrupted)
            if interrupted():
                history.ended = "interrupted"
                break
            if not numbers:
                if number == done + 1:
                    raise ValueError("there are no batches: the iterator had ended before; give a new one")
                history.ended = "no more batches"
                break
            history.epochs.append(numbers)
            shown.show(number, numbers)
            best.see(history, rule)
            if best.is_over(history):
                best.restore(rule)
            answers = [callback(Epoch(number, model, rule, history)) for callback in callbacks]
            if checkpoint is not None:
                save(model, checkpoint, rule, {**identity, "history": history.epochs, "best": best.state_dict()})
            if any(one is True for one in answers):
                history.ended = "a callback"
                break
    best.restore(rule)
    return history


def _epoch(
    samples: Samples, number: int, steps: int | None, take: Computation, measure: Computation,
    interrupted: Callable[[], bool],
) -> dict[str, float]:  # fmt: skip
    """Train for an epoch, and then measure the loss that is watched; the numbers of both, none without a batch."""
    try:
        numbers = means(islice(samples.training(number), steps), take, samples.metrics, interrupted)
        if numbers and samples.watched and not interrupted():
            watched = means(samples.watched(number), measure, samples.metrics, interrupted)
            numbers |= {f"{samples.prefix}{name}": mean for name, mean in watched.items()}
    except (DomainError, AnomalyError) as error:
        error.add_note(
            f"in epoch {number} of fit(…), samples counted within the batch; the model is as of the step before. "
            "If the loss had grown, training diverges: take a smaller learning rate, optimizer=SGD(model, lr=…), limit "
            "the gradient by its clip_norm, or scale X and Y to about 1"
        )
        raise
    return numbers


def _resumed(
    model: Module, optimizer: Optimizer, best: EarlyStopping, checkpoint: str | os.PathLike[str] | None,
    identity: Mapping[str, str | int | None],
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
        for name, given in identity.items():
            if (before := entry(training, name, str, int, NoneType)) != given:
                raise ValueError(
                    f"its training has {name}={before!r:.80}, not {given!r}: give the same, or begin a training anew, "
                    "with another checkpoint"
                )
        history = History.from_record(entry(training, "history", list))
        best.load_state_dict(entry(training, "best", dict, NoneType), history, len(optimizer.parameters))
        optimizer.load_state_dict(state)
    except ValueError as error:
        raise ValueError(f"cannot resume from {one_line(str(checkpoint))}: {error}") from error
    saved.load()
    return history
