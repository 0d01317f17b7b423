"""Training: `fit`, what it tells on the way, and the history that it gives back."""

from microgradnet.train.fitting import Epoch, fit
from microgradnet.train.history import History

__all__ = ["Epoch", "History", "fit"]
