"""Hyperparameters of optimisers and their allowed ranges."""

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from microgradnet._shared.text import suggestion


class Range(NamedTuple):
    """A range of numbers, as words and as a test."""

    words: str
    allows: Callable[[Any], bool]


ABOVE_ZERO = Range("a finite number above 0", lambda x: 0 < x < math.inf)
AT_LEAST_ZERO = Range("a finite number, at least 0", lambda x: 0 <= x < math.inf)
NO_LIMIT = Range("above 0", lambda x: x > 0)
FRACTION = Range("in [0, 1)", lambda x: 0 <= x < 1)
YES_OR_NO = Range("True or False", lambda x: x in (False, True))


def checked(numbers: Mapping[str, Any], ranges: Mapping[str, Range], owner: str) -> dict[str, float]:
    """Hyperparameters as JSON types, each checked against its range; `owner` names their optimiser.

    Raises:
        TypeError: the owner has no hyperparameter of that name.
        ValueError: a hyperparameter is out of its range.

    >>> checked({"lr": 1, "nesterov": True}, {"lr": ABOVE_ZERO, "nesterov": YES_OR_NO}, "SGD")
    {'lr': 1.0, 'nesterov': True}
    """
    for name, number in numbers.items():
        if name not in ranges:
            raise TypeError(f"{owner} has no {name!r}: {suggestion(name, ranges)}")
        if not ranges[name].allows(number):
            raise ValueError(f"{name} must be {ranges[name].words}, got {number!r}")
    return {name: number if isinstance(number, bool) else float(number) for name, number in numbers.items()}
