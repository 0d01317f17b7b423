"""`History`: losses and metrics of a training, epoch by epoch."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import nan
from typing import Any

from microgradnet._shared.text import one_line


@dataclass
class History:
    """The numbers of each epoch.

    Attributes:
        epochs: for each epoch its numbers by name: loss, metric, validation loss, ….
        ended: why training ended: "all epochs", "no improvement", "a callback", "no more batches", "interrupted";
            "" while it runs.

    >>> history = History([{"loss": 0.5}, {"loss": 0.25}])
    >>> history["loss"], len(history), history.last
    ([0.5, 0.25], 2, {'loss': 0.25})
    """

    epochs: list[dict[str, float]] = field(default_factory=list)
    ended: str = ""

    @classmethod
    def from_record(cls, epochs: Sequence[Any]) -> "History":
        """The history of these epochs, as they come from a file.

        Raises:
            ValueError: an epoch is not a dict of numbers with a loss.
        """
        for number, numbers in enumerate(epochs, 1):
            is_dict = isinstance(numbers, dict) and "loss" in numbers
            if not is_dict or any(type(x) is not float for x in numbers.values()):
                what = "a dict of numbers, one of them the 'loss'"
                raise ValueError(f"epoch {number} of 'history' must be {what}, got {numbers!r:.80}")
        return cls(list(epochs))

    def __len__(self) -> int:
        return len(self.epochs)

    def __iter__(self) -> Iterator[dict[str, float]]:
        return iter(self.epochs)

    def __getitem__(self, name: str) -> list[float]:
        """A number of every epoch; NaN for an epoch without it, such as one before validation was added.

        Raises:
            KeyError: no epoch has a number of this name; the message lists the names.
        """
        names = dict.fromkeys(name for numbers in self.epochs for name in numbers)
        if names and name not in names:
            raise KeyError(f"{name}: an epoch has {', '.join(names)}")
        return [numbers.get(name, nan) for numbers in self.epochs]

    @property
    def last(self) -> Mapping[str, float]:
        """The numbers of the last epoch."""
        return self.epochs[-1] if self.epochs else {}

    def plot(self) -> Any:
        """The numbers over the epochs, as a figure of matplotlib: `plotting.loss_curves`."""
        from microgradnet.train.plotting import loss_curves  # loads matplotlib

        return loss_curves(self)

    def __repr__(self) -> str:
        numbers = ", ".join(f"{one_line(name)} {number:.4g}" for name, number in self.last.items())
        return f"History({len(self)} epochs; last: {numbers or 'none'}; ended: {self.ended or 'not yet'})"
