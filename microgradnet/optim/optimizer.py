"""`Optimizer`: the base class of optimisers, which has everything but the update itself."""

import math
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from microgradnet._shared.arguments import entry
from microgradnet._shared.text import suggestion
from microgradnet.backward import NO_GRADIENT, refuse_other_gradients
from microgradnet.errors import AnomalyError
from microgradnet.optim.parameter_vector import ParameterVector
from microgradnet.optim.schedules import Constant, Schedule, from_record, to_record

Numbers: TypeAlias = NDArray[np.float64]

MOST_STEPS = 2**53  # a float counts no further
HUGE = 1e100  # below it, no step can overflow


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
    valid: dict[str, float] = {}
    for name, number in numbers.items():
        if name not in ranges:
            raise TypeError(f"{owner} has no {name!r}: {suggestion(name, ranges)}")
        try:
            is_allowed = ranges[name].allows(number)
            valid[name] = number if isinstance(number, bool) else float(number)
        except (TypeError, ValueError, OverflowError):  # no number, or a whole one beyond every float
            is_allowed = False
        if not is_allowed:
            raise ValueError(f"{name} must be {ranges[name].words}, got {number!r:.80}")
    return valid


class Optimizer:
    """The base class of optimisers; θ is the vector of parameters, g the gradient, η the learning rate.

    Args:
        parameters: a Module, Values, or the `parameters` of a compiled function; with the latter, a step copies
            nothing between arrays and values.
        lr: η > 0, the learning rate.
        schedule: the factor of η at each step.
        weight_decay: λ ≥ 0; λ·θ is added to g (a penalty of ½λ·Σθ²).
        clip_norm: the largest ‖g‖; a longer gradient is scaled down to it.

    Attributes:
        parameters: θ, a `ParameterVector`.
        steps: the number of steps taken.
        hyperparameters: the numbers it was created with, by name.
        moments: running averages of earlier gradients by name, arrays as long as θ.

    Raises:
        ValueError: a hyperparameter is out of its range, or there are no parameters.
        TypeError: the optimiser has no such hyperparameter.
    """

    ranges: ClassVar[dict[str, Range]] = {"lr": ABOVE_ZERO, "weight_decay": AT_LEAST_ZERO, "clip_norm": NO_LIMIT}
    """The range of each hyperparameter."""

    def __init__(
        self, parameters: Any, lr: float, *, schedule: Schedule | None = None, weight_decay: float = 0.0,
        clip_norm: float = math.inf, **numbers: float,
    ) -> None:  # fmt: skip
        values = parameters.parameters() if callable(getattr(parameters, "parameters", None)) else parameters
        self.parameters = values if isinstance(values, ParameterVector) else ParameterVector(values)
        if not len(self.parameters):
            raise ValueError("an optimiser needs parameters to change, got none")
        numbers |= {"lr": lr, "weight_decay": weight_decay, "clip_norm": clip_norm}
        self.hyperparameters = checked(numbers, self.ranges, type(self).__name__)
        if schedule is not None and not callable(schedule):
            raise TypeError(f"a schedule is a function of the step, as Cosine(1000), got {schedule!r}")
        self.schedule: Schedule = schedule or Constant()
        self.steps = 0
        self.moments: dict[str, Numbers] = {name: np.zeros(len(self.parameters)) for name in self._remembered()}

    @property
    def lr(self) -> float:
        """The learning rate of the next step."""
        return self.hyperparameters["lr"] * self.schedule(self.steps)

    def step(self, gradient: ArrayLike | None = None) -> None:
        """Take a step, with the given gradient or with the gradients in the values.

        Raises:
            AnomalyError: a number of the gradient or of the result is infinite or NaN, or η is, or below 0; nothing is
                changed.
            ValueError: the gradient's length is not the number of parameters.
            TypeError: the gradient in a value is no number.
        """
        if gradient is None:
            refuse_other_gradients(self.parameters.values)
        g = np.asarray([p.grad or 0.0 for p in self.parameters.values] if gradient is None else gradient, np.float64)
        if g.shape != (len(self.parameters),):
            raise ValueError(f"a gradient needs a number for each of {len(self.parameters)} parameters, got {g.shape}")
        with np.errstate(over="ignore", invalid="ignore"):
            norm = math.sqrt(g @ g)
        if not norm < HUGE:  # too large to be squared, infinite or NaN
            norm = self._norm_of(g)
        lr, longest = self.lr, self.hyperparameters["clip_norm"]
        if not 0.0 <= lr < math.inf:
            raise AnomalyError(f"the schedule made η {lr}, which must be finite, at least 0: no step was taken")
        if norm > longest:
            g = g / np.abs(g).max() if norm >= HUGE else g  # its length may be infinite
            g = g * (longest / np.linalg.norm(g))
        if norm < HUGE and lr < HUGE and self.hyperparameters.get("eps", 1.0) > 0.0:
            self._take(self._decayed(g), lr)
        else:
            self._take_carefully(g, lr)
        self.steps += 1

    def _norm_of(self, g: Numbers) -> float:
        largest = np.abs(g).max()
        if not math.isfinite(largest):
            place = int(np.flatnonzero(~np.isfinite(g))[0])
            raise AnomalyError(
                f"the gradient with respect to {self.parameters.values[place]!r} is {g[place]}: no step was taken. "
                "Find its source with microgradnet.stepping.detect_anomaly, or take smaller steps"
            )
        return float(largest) * float(np.linalg.norm(g / largest))

    def _take_carefully(self, g: Numbers, lr: float) -> None:
        """Take a step that may overflow; if it does, undo it."""
        theta, moments = self.parameters.array, {name: moment.copy() for name, moment in self.moments.items()}
        with np.errstate(all="ignore"):
            self._take(self._decayed(g), lr)
        if not all(np.isfinite(numbers).all() for numbers in (self.parameters.array, *self.moments.values())):
            place = int(np.argmax(np.abs(g)))
            self.parameters[:], self.moments = theta, moments
            raise AnomalyError(
                f"step {self.steps + 1} with a learning rate of {lr:g} gives an infinity or NaN: no step was taken. "
                f"The largest gradient is {g[place]:g}, of {self.parameters.values[place]!r}; take smaller steps, "
                f"clip_norm{', or an eps above 0' if self.hyperparameters.get('eps') == 0.0 else ''}"
            )

    def zero_grad(self) -> None:
        """Reset the gradients of the values."""
        for p in self.parameters.values:
            p.grad = NO_GRADIENT

    def _remembered(self) -> tuple[str, ...]:
        """The names of its moments."""
        return ()

    def _take(self, g: Numbers, lr: float) -> None:
        """Change the parameters and the moments; `g` is the gradient with the weight decay."""
        raise NotImplementedError

    def _decayed(self, g: Numbers) -> Numbers:
        """The gradient with the weight decay, g + λ·θ."""
        decay = self.hyperparameters["weight_decay"]
        return g + decay * self.parameters.array if decay else g

    def state_dict(self) -> dict[str, Any]:
        """The state on which later steps depend besides the parameters: JSON types, and arrays in "moments"."""
        return {
            "kind": type(self).__name__,
            "steps": self.steps,
            "hyperparameters": dict(self.hyperparameters),
            "schedule": to_record(self.schedule),
            "moments": {name: moment.copy() for name, moment in self.moments.items()},
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore the state of an optimiser; on an error, nothing is changed.

        Raises:
            ValueError: an entry of the state is missing or malformed, or the state is another kind of optimiser's, or
                for another number of parameters.
        """
        if entry(state, "kind", str) != type(self).__name__:
            raise ValueError(f"this is the state of {state['kind']!r:.80}, not of {type(self).__name__}")
        given = entry(state, "hyperparameters", dict)
        if given.keys() != self.hyperparameters.keys():
            raise ValueError(
                f"this state's 'hyperparameters' must be {', '.join(self.hyperparameters)}, got {given!r:.200}"
            )
        numbers = checked(given, self.ranges, type(self).__name__)
        schedule = from_record(entry(state, "schedule", dict))
        if not 0 <= (steps := entry(state, "steps", int)) < MOST_STEPS:
            raise ValueError(f"this state's 'steps' must be at least 0 and below 2**53, got {steps!r:.80}")
        try:
            moments = {name: np.array(moment, np.float64) for name, moment in entry(state, "moments", dict).items()}
        except TypeError as error:
            raise ValueError(f"this state's 'moments' must be arrays of numbers: {error}") from error
        shapes = {name: moment.shape for name, moment in moments.items()}
        wanted = {name: moment.shape for name, moment in self.moments.items()}
        if shapes != wanted or not all(np.isfinite(moment).all() for moment in moments.values()):
            raise ValueError(f"this state's 'moments' must be finite numbers in the shapes {wanted}, got {shapes}")
        self.schedule, self.hyperparameters, self.steps, self.moments = schedule, numbers, steps, moments

    def __repr__(self) -> str:
        numbers = ", ".join(f"{name}={number:g}" for name, number in self.hyperparameters.items())
        return f"{type(self).__name__}({len(self.parameters)} parameters, {numbers}, {self.schedule})"
