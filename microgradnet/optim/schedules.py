"""Schedules: the factor of the learning rate at each step of training, counted from 0.

A schedule is a function of the number of steps taken. Those here are frozen records, which can be printed, compared
and saved with an optimiser.
"""

import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from numbers import Integral, Real
from typing import Any, TypeAlias

from microgradnet._shared.arguments import as_count

Schedule: TypeAlias = Callable[[int], float]
"""The factor of the learning rate at step 0, 1, 2, …."""


class _Checked:
    """A record that checks its numbers: an int is a number of steps, a float a factor."""

    def __post_init__(self) -> None:
        for field in fields(self):  # type: ignore[arg-type]
            number = getattr(self, field.name)
            is_real = isinstance(number, Real)
            if field.type is int:
                as_count(number, field.name)
            elif field.type is float and not (is_real and 0 <= number <= sys.float_info.max):
                raise ValueError(f"{field.name} must be a finite number, at least 0, got {number!r}")
            elif field.type is Schedule and not callable(number):
                raise TypeError(f"{field.name} must be a schedule, as Cosine(1000), got {number!r}")


@dataclass(frozen=True)
class Constant:
    """1 at every step.

    >>> Constant()(1000)
    1.0
    """

    def __call__(self, step: int) -> float:
        """The factor at this step."""
        return 1.0


@dataclass(frozen=True)
class StepDecay(_Checked):
    """γ^⌊t / every⌋: multiplied by γ every so many steps.

    >>> [StepDecay(every=100, gamma=0.5)(t) for t in (0, 99, 100, 250)]
    [1.0, 1.0, 0.5, 0.25]
    """

    every: int
    gamma: float = 0.1

    def __call__(self, step: int) -> float:
        """The factor at this step."""
        return float(self.gamma ** (step // self.every))


@dataclass(frozen=True)
class _Decline(_Checked):
    """From 1 at step 0 to `end` at step `total`, and `end` from then on."""

    total: int
    end: float = 0.0

    def __call__(self, step: int) -> float:
        """The factor at this step."""
        return self.end + (1.0 - self.end) * self._left(min(step / self.total, 1.0))

    def _left(self, passed: float) -> float:
        """The fraction of the decline that is left when this fraction of the steps has passed."""
        raise NotImplementedError


class Linear(_Decline):
    """end + (1 − end)·(1 − t / total): from 1 to `end` in a straight line.

    >>> [Linear(total=10, end=0.5)(t) for t in (0, 5, 10, 99)]
    [1.0, 0.75, 0.5, 0.5]
    """

    def _left(self, passed: float) -> float:
        return 1.0 - passed


class Cosine(_Decline):
    """end + (1 − end)·½(1 + cos(π·t / total)): from 1 to `end` along half a cosine. Source: Loshchilov & Hutter 2017.

    >>> [round(Cosine(total=10)(t), 3) for t in (0, 5, 10, 99)]
    [1.0, 0.5, 0.0, 0.0]
    """

    def _left(self, passed: float) -> float:
        return 0.5 * (1.0 + math.cos(math.pi * passed))


@dataclass(frozen=True)
class Warmup(_Checked):
    """(t + 1) / steps during the first `steps` steps, then another schedule from its beginning.

    >>> [Warmup(4, Linear(10))(t) for t in (0, 1, 3, 4, 9)]
    [0.25, 0.5, 1.0, 1.0, 0.5]
    """

    steps: int
    then: Schedule = Constant()

    def __call__(self, step: int) -> float:
        """The factor at this step."""
        return (step + 1) / self.steps if step < self.steps else self.then(step - self.steps)


SCHEDULES: dict[str, Any] = {kind.__name__: kind for kind in (Constant, StepDecay, Linear, Cosine, Warmup)}
"""The schedules by name."""


def to_record(schedule: Schedule) -> dict[str, Any]:
    """A schedule as JSON types: {"kind": name, …its numbers}.

    Raises:
        TypeError: it is a user's function, not one of `SCHEDULES`.

    >>> to_record(Warmup(4, Cosine(10)))
    {'kind': 'Warmup', 'steps': 4, 'then': {'kind': 'Cosine', 'total': 10, 'end': 0.0}}
    """
    kind = type(schedule).__name__
    if SCHEDULES.get(kind) is not type(schedule):
        raise TypeError(f"a user-defined schedule cannot be saved, got {schedule!r}: use one of {', '.join(SCHEDULES)}")
    return {"kind": kind, **{name: _recorded(item) for name, item in vars(schedule).items()}}


def _recorded(item: Any) -> Any:
    if callable(item):
        return to_record(item)
    return int(item) if isinstance(item, Integral) else float(item)


def from_record(record: Mapping[str, Any]) -> Schedule:
    """The schedule of a record.

    Raises:
        ValueError: it is not the record of a schedule.

    >>> from_record({"kind": "Linear", "total": 10, "end": 0.5})
    Linear(total=10, end=0.5)
    """
    try:
        numbers = {name: from_record(item) if isinstance(item, Mapping) else item for name, item in record.items()}
        schedule: Schedule = SCHEDULES[str(numbers.pop("kind"))](**numbers)
    except RecursionError:
        raise ValueError("this is not the record of a schedule: its schedules are nested too deeply") from None
    except (KeyError, TypeError) as error:
        raise ValueError(f"this is not the record of a schedule: {record!r:.200}") from error
    return schedule
