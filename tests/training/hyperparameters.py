"""Hyperparameters for tests of any optimiser, known or to come."""

from typing import Any

from microgradnet.optim import Optimizer


def changed(kind: type[Optimizer]) -> dict[str, Any]:
    """A number in its range for each hyperparameter of an optimiser, in most cases far from the default."""
    return {name: next(x for x in (0.3, True) if allows(x)) for name, (_, allows) in kind.ranges.items()}
