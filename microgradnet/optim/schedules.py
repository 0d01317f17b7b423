"""Schedules: the factor of the learning rate at each step of training, from step 0 on.

A schedule is a function of the number of steps taken. Those here are small frozen records, which can be printed,
compared and saved with an optimiser.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from numbers import Integral
from typing import Any, TypeAlias

Schedule: TypeAlias = Callable[[int], float]
"""The factor of the learning rate at step 0, 1, 2, …."""


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
class StepDecay:
    """γ^⌊t / every⌋: times γ after every so many steps.

    >>> [StepDecay(every=100, gamma=0.5)(t) for t in (0, 99, 100, 250)]
    [1.0, 1.0, 0.5, 0.25]
    """

    every: int
    gamma: float = 0.1

    def __post_init__(self) -> None:
        _at_least_one("every", self.every)
        _a_share("gamma", self.gamma)

    def __call__(self, step: int) -> float:
        """The factor at this step."""
        return float(self.gamma ** (step // self.every))


@dataclass(frozen=True)
class Linear:
    """From 1 in a straight line to `end` at step `total`, and `end` from then on.

    >>> [Linear(total=10, end=0.5)(t) for t in (0, 5, 10, 99)]
    [1.0, 0.75, 0.5, 0.5]
    """

    total: int
    end: float = 0.0

    def __post_init__(self) -> None:
        _at_least_one("total", self.total)
        _a_share("end", self.end)

    def __call__(self, step: int) -> float:
        """The factor at this step."""
        return 1.0 + (self.end - 1.0) * min(step / self.total, 1.0)


@dataclass(frozen=True)
class Cosine:
    """end + (1 − end)·½(1 + cos(π·t / total)): from 1 to `end` along half a cosine. Source: Loshchilov & Hutter 2017.

    >>> [round(Cosine(total=10)(t), 3) for t in (0, 5, 10, 99)]
    [1.0, 0.5, 0.0, 0.0]
    """

    total: int
    end: float = 0.0

    def __post_init__(self) -> None:
        _at_least_one("total", self.total)
        _a_share("end", self.end)

    def __call__(self, step: int) -> float:
        """The factor at this step."""
        return self.end + (1.0 - self.end) * 0.5 * (1.0 + math.cos(math.pi * min(step / self.total, 1.0)))


@dataclass(frozen=True)
class Warmup:
    """(t + 1) / steps for the first so many steps, then another schedule from its beginning.

    >>> [Warmup(4, Linear(10))(t) for t in (0, 1, 3, 4, 9)]
    [0.25, 0.5, 1.0, 1.0, 0.5]
    """

    steps: int
    then: Schedule = Constant()

    def __post_init__(self) -> None:
        _at_least_one("steps", self.steps)

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
    numbers = {field.name: getattr(schedule, field.name) for field in fields(schedule)}  # type: ignore[arg-type]
    return {"kind": kind, **{name: _recorded(part) for name, part in numbers.items()}}


def _recorded(part: Any) -> Any:
    if callable(part):
        return to_record(part)
    return int(part) if isinstance(part, Integral) else float(part)


def from_record(record: Mapping[str, Any]) -> Schedule:
    """The schedule of a record.

    Raises:
        ValueError: it is not the record of a schedule.

    >>> from_record({"kind": "Linear", "total": 10, "end": 0.5})
    Linear(total=10, end=0.5)
    """
    try:
        numbers = {name: from_record(part) if isinstance(part, Mapping) else part for name, part in record.items()}
        found: Schedule = SCHEDULES[str(numbers.pop("kind"))](**numbers)
    except (KeyError, TypeError) as error:
        raise ValueError(f"this is not the record of a schedule: {record!r:.200}") from error
    return found


def _at_least_one(name: str, count: Any) -> None:
    if not isinstance(count, Integral) or count < 1:
        raise ValueError(f"{name} must be a whole number of steps, at least 1, got {count!r}")


def _a_share(name: str, number: Any) -> None:
    if not 0 <= number < math.inf:
        raise ValueError(f"{name} must be a finite number, at least 0, got {number!r}")
