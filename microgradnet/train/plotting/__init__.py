"""Plots of training.

Each function returns a matplotlib figure, which a notebook displays in its light or dark theme;
`save_figure(figure, "file.svg")` writes it.
"""

from microgradnet.drawing.figure_style import save_figure
from microgradnet.train.plotting.boundary import decision_boundary
from microgradnet.train.plotting.layers import activations, gradients
from microgradnet.train.plotting.recorder import Recorder
from microgradnet.train.plotting.training import confusion_matrix, loss_curves, weights

__all__ = [
    "Recorder",
    "activations",
    "confusion_matrix",
    "decision_boundary",
    "gradients",
    "loss_curves",
    "save_figure",
    "weights",
]
