"""Convert the classes or numbers of a data set to the targets that a loss takes."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from microgradnet import losses
from microgradnet.data import one_hot
from microgradnet.losses import Loss
from microgradnet.recording import no_grad
from microgradnet.train.metrics import ONE_OF_MANY

PROBABILITIES = (losses.binary_cross_entropy, losses.binary_cross_entropy_with_logits)


def targets_for(loss: Loss, Y: ArrayLike, model: Any, sample: ArrayLike) -> NDArray[np.float64]:
    """The targets of all samples: (n,) or (n, outputs).

    Args:
        loss: the loss.
        Y: (n,) classes, whole numbers from 0 on, or (n,) or (n, outputs) numbers. Classes become one-hot rows for
            `cross_entropy` and `multiclass_hinge`; for `hinge`, classes 0 and 1 become the sides −1 and 1. A column
            (n, 1) is the same as (n,), unless the model gives lists of one. All else stays as it is.
        model: the model that predicts.
        sample: the inputs of one sample.

    Raises:
        ValueError: the targets do not suit the loss; the model has no output for a class.

    >>> targets_for(losses.hinge, [0, 1], lambda x: 0.0, [1.0]).tolist()
    [-1.0, 1.0]
    """
    targets = np.asarray(Y)
    if targets.dtype.kind not in "biuf":
        raise ValueError(f"targets are numbers, got an array of {targets.dtype}: number the classes from 0 on")
    targets = targets.astype(np.float64)
    with no_grad():
        prediction = model(np.asarray(sample, np.float64).tolist())
    outputs = len(prediction) if isinstance(prediction, list) else 0
    if targets.ndim == 2 and targets.shape[1] == 1 and outputs != 1:
        targets = targets[:, 0]
    if loss in ONE_OF_MANY and targets.ndim == 1:
        return _one_hot(targets, outputs)
    is_distribution = (targets >= 0).all() and (np.abs(targets.sum(axis=-1) - 1) <= 1e-6).all()
    if loss is losses.cross_entropy and targets.ndim == 2 and not is_distribution:
        raise ValueError("cross_entropy takes classes, or rows of probabilities that add up to 1")
    if loss is losses.multiclass_hinge and targets.ndim == 2 and not (is_distribution and (targets % 1 == 0).all()):
        raise ValueError("multiclass_hinge takes classes, or one-hot rows: 1 for the right class and 0 for the others")
    if loss is losses.hinge and set(np.unique(targets)) <= {0.0, 1.0}:
        targets = 2 * targets - 1
    if loss is losses.hinge and (np.abs(targets) != 1).any():
        bad = [x for x in np.unique(targets) if x not in (-1, 0, 1)] or [0.0]
        raise ValueError(f"hinge has classes 0 and 1, or sides −1 and 1; got {bad[0]:g}")
    if loss in PROBABILITIES and ((targets < 0) | (targets > 1)).any():
        bad = targets[(targets < 0) | (targets > 1)].flat[0]
        raise ValueError(f"binary cross-entropy has classes 0 and 1, or probabilities between; got {bad:g}")
    return targets


def _one_hot(classes: NDArray[np.float64], outputs: int) -> NDArray[np.float64]:
    if (classes % 1 != 0).any() or classes.min() < 0:
        bad = classes[(classes % 1 != 0) | (classes < 0)][0]
        raise ValueError(f"classes are whole numbers from 0 on, got {bad:g}")
    if classes.max() >= outputs:
        raise ValueError(
            f"there is a class {classes.max():g}, and the model has {outputs or 1} output{'s' * (outputs > 1)}: "
            "this loss needs one for each class"
        )
    return one_hot(classes.astype(np.intp), outputs)
