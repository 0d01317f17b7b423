"""Evaluation metrics, as opposed to the loss being minimised.

A metric takes the predictions for many samples, (n,) or (n, outputs), and the targets in the form of the loss.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from microgradnet import losses
from microgradnet.losses import Loss

Numbers: TypeAlias = NDArray[np.float64]
Metric: TypeAlias = Callable[[Any, Any], float]

ONE_OF_MANY = (losses.cross_entropy, losses.multiclass_hinge)
"""The losses with an output for each class."""

BORDERS: dict[Any, tuple[float, float]] = {
    losses.hinge: (0.0, 0.0),
    losses.binary_cross_entropy: (0.5, 0.5),
    losses.binary_cross_entropy_with_logits: (0.0, 0.5),
}
"""For a loss of two classes: the thresholds of prediction and target above which a sample is of the second class."""


def accuracy_of(loss: Loss) -> Metric | None:
    """The fraction of samples with the right class, for a loss with classes; None for other losses.

    >>> accuracy_of(losses.hinge)(np.array([0.3, -2.0]), np.array([1.0, 1.0]))
    0.5
    >>> accuracy_of(losses.cross_entropy)(np.array([[1.0, 0.0], [3.0, 4.0]]), np.array([[1.0, 0.0], [0.0, 1.0]]))
    1.0
    """

    def accuracy(predictions: Numbers, targets: Numbers) -> float:
        right = targets.argmax(axis=1) if loss in ONE_OF_MANY else targets > BORDERS[loss][1]
        return float(np.mean(predicted_classes(loss, predictions) == right))

    return accuracy if loss in ONE_OF_MANY or loss in BORDERS else None


def predicted_classes(loss: object, predictions: Numbers) -> Any:
    """The class of each sample; None for a loss without classes.

    >>> predicted_classes(losses.binary_cross_entropy, np.array([0.3, 0.9])).tolist()
    [0, 1]
    """
    if loss in ONE_OF_MANY:
        return predictions.argmax(axis=1)
    return (predictions > BORDERS[loss][0]).astype(int) if loss in BORDERS else None
