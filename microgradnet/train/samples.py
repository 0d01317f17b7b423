"""The samples that `fit` trains on: X and Y, cut into batches, or batches from any iterable."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from inspect import Signature, signature
from typing import Any, NamedTuple, TypeAlias
from zlib import crc32

import numpy as np
from numpy.typing import ArrayLike

from microgradnet._shared.arguments import named
from microgradnet.compiling.arguments import argument_names, array_of, with_symbols
from microgradnet.data import batches
from microgradnet.losses import LOSSES, Loss
from microgradnet.network_arguments import name_of
from microgradnet.train.batches import Batch, Numbers
from microgradnet.train.metrics import Metric, accuracy_of
from microgradnet.train.targets import targets_for

GivenBatch: TypeAlias = Sequence[ArrayLike] | Mapping[str, ArrayLike]
Batches: TypeAlias = Iterable[GivenBatch] | Callable[[int], Iterable[GivenBatch]]
"""Batches of all epochs, or a function of the epoch's number, from 1 on."""


class Samples(NamedTuple):
    """Batches, and the loss and the metrics to compute of them.

    Attributes:
        loss: of one sample; it returns the loss, or a tuple of the loss and other outputs.
        training: the batches of an epoch, by its number.
        watched: the batches on which the loss is measured after an epoch, by its number; None to measure nothing.
        prefix: of the names of these numbers.
        metrics: the further numbers of a batch, from its outputs and arrays.
        identity: settings by name, which a resumed training must have the same.
    """

    loss: Callable[..., Any]
    training: Callable[[int], Iterator[Batch]]
    watched: Callable[[int], Iterator[Batch]] | None
    prefix: str
    metrics: Callable[[Sequence[Any], Sequence[Numbers]], dict[str, float]]
    identity: dict[str, str | int]


def samples_of_arrays(
    model: Any, X: Any, Y: Any, given: str | Loss, metric: Metric | None, validation: Any, batch_size: int, seed: int,
    is_watched: bool,
) -> Samples:  # fmt: skip
    """The rows of X and Y, in an order of each epoch drawn from (seed, epoch); the other arguments are those of `fit`.

    The loss is watched on the validation or, if `is_watched`, on X and Y.

    Raises:
        TypeError: validation is no pair.
        ValueError: a number is infinite or NaN; X and Y differ in length; a class has no output.
    """
    loss = named(given, LOSSES, "loss") if isinstance(given, str) else given
    if validation is not None and not (isinstance(validation, tuple | list) and len(validation) == 2):
        raise TypeError(
            f"validation is a pair (X, Y), got {validation!r:.80}; microgradnet.data.train_test_split makes one"
        )
    x, t = _prepared(model, X, Y, loss)
    measure = metric or accuracy_of(loss)
    prefix, held_out = "", (x, t) if is_watched else None
    if validation is not None:
        apart, targets = validation
        prefix, held_out = "validation_", _prepared(model, apart, targets, loss)

    def sample_loss(x: Any, t: Any) -> tuple[Any, Any]:
        y = model(x)
        try:
            return loss(y, t), y
        except (TypeError, ValueError) as error:
            if loss is given:  # a function, perhaps one of a sample
                error.add_note(
                    "with X and Y, loss takes (output, target) of a sample; one that calls the model itself is for "
                    "batches: fit(model, batches, loss=function)"
                )
            raise

    return Samples(
        sample_loss,
        lambda epoch: (Batch((), pair) for pair in batches(x, t, batch_size, (seed, epoch))),
        None if held_out is None else lambda epoch: iter([Batch((), held_out)]),
        prefix,
        lambda outputs, arrays: _named(measure, outputs[0], arrays[1]),
        {"seed": seed, "batch_size": batch_size, "loss": name_of(loss), "X": _fingerprint(x), "Y": _fingerprint(t)},
    )


def samples_of_batches(
    given: Any, loss: Any, metric: Metric | None, validation: Any, symbols: Mapping[str, int], is_watched: bool
) -> Samples:
    """The batches of an iterable, which begins anew with each epoch, unless it is an iterator; arguments as of `fit`.

    Raises:
        TypeError: `given` is no iterable, or the loss no function; validation is no iterable, or an iterator.
        ValueError: there is no validation, but its loss is to be watched.
    """
    if not callable(loss):
        raise TypeError(
            "without Y, fit takes batches, and for the loss a function of one sample of their arrays, such as "
            f"lambda x, y: (model(x) - y) ** 2; got {loss!r:.80}; "
            "for pairs (x, y) write X, Y = zip(*pairs), and fit(model, X, Y)"
        )
    if is_watched and validation is None:
        raise ValueError(
            "patience with batches needs validation=…, the batches whose loss is measured after each epoch"
        )
    if isinstance(validation, Iterator):
        raise TypeError("validation is measured after each epoch: give a list of batches, or a function of the epoch")
    for source in (given, [] if validation is None else validation):
        if not callable(source):
            _refuse_other_than_iterable(source)
    return Samples(
        loss,
        lambda epoch: _of_epoch(given, loss, symbols, epoch),
        None if validation is None else lambda epoch: _of_epoch(validation, loss, symbols, epoch),
        "validation_",
        lambda outputs, arrays: _named(metric, *outputs),
        {"loss": name_of(loss)},
    )


def _fingerprint(array: Numbers) -> str:
    """The shape of an array and a checksum of its numbers.

    >>> _fingerprint(np.array([[1.0, 2.0]]))
    '1×2 numbers with checksum 7ba3895f'
    """
    shape = "×".join(map(str, array.shape))
    return f"{shape} numbers with checksum {crc32(array.astype('<f8').tobytes()):08x}"


def _refuse_other_than_iterable(batches: object) -> None:
    if not isinstance(batches, Iterable):
        raise TypeError(
            "batches are an iterable of tuples or dicts of arrays, or a function of the epoch that returns one; got "
            f"{batches!r:.80}"
        )


def _named(metric: Metric | None, *arguments: Any) -> dict[str, float]:
    """The metric by its name."""
    return {} if metric is None else {getattr(metric, "__name__", "metric"): float(metric(*arguments))}


def _prepared(model: Any, X: ArrayLike, Y: ArrayLike, loss: Loss) -> tuple[Numbers, Numbers]:
    """The samples, and their targets in the form that this loss takes."""
    x, y = np.asarray(X, np.float64), np.asarray(Y)
    if not x.size or x.shape[:1] != y.shape[:1]:
        raise ValueError(f"X and Y need one row per sample, the same number; got shapes {x.shape} and {y.shape}")
    _refuse_infinite("X", x)
    _refuse_infinite("Y", y)
    return x, targets_for(loss, y, model, x[0])


def _of_epoch(given: Batches, loss: Callable[..., Any], symbols: Mapping[str, int], epoch: int) -> Iterator[Batch]:
    """The batches of an epoch.

    Raises:
        TypeError: one of them is none that the loss takes.
        ValueError: its arrays differ in length, or a number is infinite or NaN; there are no batches, and it is not an
            iterator that may have ended before.
    """
    source = given(epoch) if callable(given) else given
    _refuse_other_than_iterable(source)
    try:
        parameters = signature(loss)
    except ValueError:  # written in C
        parameters = None
    number = 0
    for number, batch in enumerate(source, 1):
        try:
            checked = _checked(batch, parameters)
            if symbols:
                names = checked.names or argument_names(loss, len(checked.arrays))
                checked = Batch(checked.names, with_symbols(checked.arrays, names, symbols))
        except (TypeError, ValueError) as error:
            error.add_note(f"in batch {number} of epoch {epoch} of fit(…)")
            raise
        yield checked
    if not number and not isinstance(given, Iterator):
        raise ValueError(f"there are no batches in {given!r:.80}")


def _checked(given: object, parameters: Signature | None) -> Batch:
    """The arrays of a batch that a function with these parameters takes."""
    if isinstance(given, Mapping):
        names, items = tuple(given), list(given.values())
    elif isinstance(given, tuple | list):
        names, items = (), list(given)
    else:
        raise TypeError(f"a batch is a tuple or a dict of arrays, (X,) for a single array; got {given!r:.80}")
    if parameters is not None:
        try:
            parameters.bind(**dict(zip(names, items, strict=True))) if names else parameters.bind(*items)
        except TypeError as error:
            raise TypeError(
                f"the loss takes {', '.join(parameters.parameters)}, and the batch has "
                f"{', '.join(names) or f'{len(items)} arrays'}: {error}"
            ) from None
    if not items:
        raise ValueError("a batch needs at least one array, got none")
    arrays = [array_of(item, position) for position, item in enumerate(items)]
    sizes = [len(array) for array in arrays]
    if len(set(sizes)) > 1 or not sizes[0]:
        raise ValueError(
            "the arrays of a batch need the same number of samples along the first axis, at least one; got "
            + ", ".join(map(str, sizes))
        )
    for name, array in zip(names or [f"argument {i + 1}" for i in range(len(arrays))], arrays, strict=True):
        _refuse_infinite(name, array)
    return Batch(names, arrays)


def _refuse_infinite(name: str, array: np.ndarray[Any, Any]) -> None:
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        place = tuple(np.argwhere(~np.isfinite(array))[0].tolist())
        raise ValueError(f"{name}{list(place)} is {array[place]}: data has to be finite numbers")
