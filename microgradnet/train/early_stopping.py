"""Early stopping: when to stop waiting for a lower loss, and the parameters that had the lowest."""

import math
from collections.abc import Mapping
from typing import Any

from microgradnet._shared.arguments import entry, list_entry
from microgradnet.optim import Optimizer
from microgradnet.train.history import History


class EarlyStopping:
    """Keeps the parameters with which the lowest loss was measured.

    Args:
        patience: training ends after so many epochs without a lower loss; None never ends it, and keeps no parameters.
        watched: the name of the loss in the history.

    Attributes:
        epoch: the epoch with the lowest loss, counted from 1; while there is none, the number of epochs not watched.
        parameters: those at its end, or None.
    """

    def __init__(self, patience: int | None, watched: str) -> None:
        self.patience, self.watched = patience, watched
        self.epoch = 0
        self.parameters: list[float] | None = None

    def see(self, history: History, optimizer: Optimizer) -> None:
        """Keep the parameters if the loss of the last epoch is the lowest."""
        if self.patience is None:
            return
        lowest = history.epochs[self.epoch - 1][self.watched] if self.parameters else math.inf
        if history.last[self.watched] < lowest:
            self.epoch, self.parameters = len(history), list(optimizer.parameters)

    def is_over(self, history: History) -> bool:
        """Whether there were too many epochs without a lower loss."""
        return self.patience is not None and len(history) - self.epoch >= self.patience

    def restore(self, optimizer: Optimizer) -> None:
        """Give the model the parameters that were kept, if any."""
        if self.parameters:
            optimizer.parameters[:] = self.parameters

    def state_dict(self) -> dict[str, Any] | None:
        """The best epoch as JSON types; None if there is none."""
        if not self.parameters:
            return None
        return {"watched": self.watched, "epoch": self.epoch, "parameters": self.parameters}

    def load_state_dict(self, state: Mapping[str, Any] | None, history: History, count: int) -> None:
        """Go on after the epochs in `history`, with `count` parameters; if another loss was watched, wait anew.

        Raises:
            ValueError: this is no such state; nothing is changed.
        """
        if state is None:
            self.epoch = len(history)
            return
        watched, epoch = entry(state, "watched", str), entry(state, "epoch", int)
        parameters = list_entry(state, "parameters", float)
        if not 1 <= epoch <= len(history) or watched not in history.epochs[epoch - 1]:
            raise ValueError(f"the best 'epoch' is {epoch}, of which the history has no {watched!r:.80} ('watched')")
        if len(parameters) != count or not all(map(math.isfinite, parameters)):
            raise ValueError(f"'parameters' must be {count} finite numbers")
        if self.patience is not None and watched == self.watched:
            self.epoch, self.parameters = epoch, parameters
        else:
            self.epoch = len(history)
