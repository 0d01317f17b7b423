"""Training: `fit`, the epochs that its callbacks receive, and the history that it returns."""

from microgradnet.train.fitting import Epoch, fit
from microgradnet.train.history import History
from microgradnet.train.saving import load, save

__all__ = ["Epoch", "History", "fit", "load", "save"]
