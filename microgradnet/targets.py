"""Targets: what a loss wants to compare predictions with, made of the classes or numbers that data has."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from microgradnet.data import one_hot
from microgradnet.losses import Loss, cross_entropy, hinge, multiclass_hinge
from microgradnet.recording import no_grad


def targets_for(loss: Loss, Y: ArrayLike, model: Any, sample: ArrayLike) -> NDArray[np.float64]:
    """The targets of all samples: (n,) or (n, outputs).

    Args:
        loss: what they are for.
        Y: (n,) classes, whole numbers from 0 on, or (n,) or (n, outputs) numbers. Classes become one-hot rows for
            `cross_entropy` and `multiclass_hinge`; for `hinge`, classes 0 and 1 become the sides −1 and 1. All else
            stays as it is.
        model: tells how many classes there are: as many as it has outputs for a sample.
        sample: the numbers of one.

    Raises:
        ValueError: there is a class that the model has no output for.

    >>> targets_for(hinge, [0, 1], None, []).tolist()
    [-1.0, 1.0]
    """
    found = np.asarray(Y)
    if found.ndim == 1 and found.dtype.kind in "biu":
        classes = found.astype(np.intp)
        if loss in (cross_entropy, multiclass_hinge):
            with no_grad():
                outputs = model(np.asarray(sample, np.float64).tolist())
            return one_hot(classes, len(outputs) if isinstance(outputs, list) else 1)
        if loss is hinge and set(classes.tolist()) <= {0, 1}:
            return np.where(classes == 1, 1.0, -1.0)
    return found.astype(np.float64)
