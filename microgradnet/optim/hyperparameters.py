"""Hyperparameters of optimisers: what each of these numbers may be."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from microgradnet._shared.text import suggestion

RANGES: dict[str, tuple[str, Callable[[float], bool]]] = {
    "lr": ("a finite number above 0", lambda x: 0 < x < math.inf),
    "weight_decay": ("a finite number, at least 0", lambda x: 0 <= x < math.inf),
    "clip_norm": ("above 0", lambda x: x > 0),
    "momentum": ("in [0, 1)", lambda x: 0 <= x < 1),
    "nesterov": ("True or False", lambda x: x in (False, True)),
    "alpha": ("in [0, 1)", lambda x: 0 <= x < 1),
    "beta1": ("in [0, 1)", lambda x: 0 <= x < 1),
    "beta2": ("in [0, 1)", lambda x: 0 <= x < 1),
    "eps": ("a finite number, at least 0", lambda x: 0 <= x < math.inf),
}
"""What each hyperparameter may be, and whether a number is that."""


def checked(numbers: Mapping[str, Any]) -> dict[str, float]:
    """Hyperparameters as JSON can hold them, if they are what they may be.

    Raises:
        TypeError: there is none of that name.
        ValueError: one is out of its range.
    """
    for name, number in numbers.items():
        if name not in RANGES:
            raise TypeError(f"there is no {name!r} of an optimiser: {suggestion(name, RANGES)}")
        words, is_allowed = RANGES[name]
        if not is_allowed(number):
            raise ValueError(f"{name} must be {words}, got {number!r}")
    return {name: number if isinstance(number, bool) else float(number) for name, number in numbers.items()}
