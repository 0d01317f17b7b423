"""`gradcheck`: are the gradients right? The chain rule's answers beside central differences, input by input."""

import math
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from microgradnet.errors import DomainError
from microgradnet.gradients import grad
from microgradnet.value import Value

WIDEST = 2.0**-4  # the first step, relative to the input or to 1
STEPS = 7  # as many inside the domain, each a quarter of the one before
CLOSER = 2.0**-12  # the scale on which to look again, where both are too wide: close to a pole, say
NARROWEST = 2.0**-60  # relative too: where no step so far lies inside the domain, none is looked for beyond
RELATIVE, ESTIMATES = 1e-6, 10.0  # what may lie between a right gradient and the differences
EPSILON = sys.float_info.epsilon
SHARP = 1e-3  # how close differences must tell a gradient, relative to it or to the slopes nearby


class Differences(NamedTuple):
    """A derivative by central differences.

    Attributes:
        slope: the derivative.
        estimate: how far off it may be: the truncated series, and the rounding of the function's values.
        nearby: the steepest slope from the point to one a step away, to tell a derivative that is 0 from none seen.
    """

    slope: float
    estimate: float
    nearby: float


class Check(NamedTuple):
    """One input of a gradient check: its number, its gradient, and what central differences give instead."""

    name: str
    data: float
    gradient: float
    expected: float
    estimate: float = 0.0
    nearby: float = 0.0

    @property
    def error(self) -> float:
        """|gradient − expected|."""
        return abs(self.gradient - self.expected)

    @property
    def agrees(self) -> bool:
        """Whether they lie within 1e-6·|expected| + 10·estimate; a NaN or an infinity never does."""
        return self.error < math.inf and self.error <= RELATIVE * abs(self.expected) + ESTIMATES * self.estimate

    @property
    def unclear(self) -> bool:
        """Whether the differences are too coarse to tell: a gradient off by a thousandth would agree as well."""
        size = max(abs(self.gradient), abs(self.expected), self.nearby)
        return self.agrees and self.error > 0.0 and ESTIMATES * self.estimate > SHARP * size

    @property
    def ok(self) -> bool:
        """Whether the differences confirm the gradient."""
        return self.agrees and not self.unclear

    def __str__(self) -> str:
        verdict = "agrees" if self.ok else f"WRONG by {self.error:.3g}"
        if self.unclear:
            verdict = f"cannot tell: the differences are good to ±{self.estimate:.1g} only"
        return (
            f"{self.name} = {self.data:.6g}: gradient {self.gradient:.9g}, differences {self.expected:.9g}, {verdict}"
        )


class GradcheckReport:
    """The checks of all inputs. It is true if all agree, so that a test can say `assert gradcheck(f, inputs)`."""

    def __init__(self, checks: Sequence[Check]) -> None:
        self.checks = tuple(checks)

    @property
    def wrong(self) -> tuple[Check, ...]:
        """The inputs whose gradient is wrong."""
        return tuple(check for check in self.checks if not check.agrees)

    @property
    def unclear(self) -> tuple[Check, ...]:
        """The inputs whose gradient is lost in the rounding of the function: neither confirmed nor refuted."""
        return tuple(check for check in self.checks if check.unclear)

    def __bool__(self) -> bool:
        return all(check.ok for check in self.checks)

    def __str__(self) -> str:
        said = [f"{len(self.wrong)} of {len(self.checks)} gradients wrong"] if self.wrong else []
        if self.unclear:
            said.append(f"{len(self.unclear)} of {len(self.checks)} gradients too small to tell")
        head = ", ".join(said) or "all gradients agree"
        return "\n".join([head, *(f"  {check}" for check in self.checks)])

    __repr__ = __str__


def _differences(function: Callable[[float], float], x: float) -> Differences:
    """The derivative at x: steps as wide as x reach no pole at 0, those as wide as 1 do better where x is tiny."""
    narrow, *wide = sorted({abs(x), 1.0} - {0.0})
    found: list[Differences] = []
    outside: DomainError | None = None
    for scale in (narrow, *wide, narrow * CLOSER):
        try:
            found.append(_extrapolated(function, x, scale))
        except DomainError as error:
            outside = error
            continue
        slope, estimate, nearby = found[-1]
        if ESTIMATES * estimate <= RELATIVE * max(abs(slope), nearby):
            return found[-1]
    if not found and outside is not None:
        raise outside
    return min(found, key=lambda differences: differences.estimate)


def _extrapolated(function: Callable[[float], float], x: float, scale: float) -> Differences:
    """Of all extrapolations of D(h) to h = 0 the one that its neighbours confirm best."""
    best, smallest, nearby = math.nan, math.inf, 0.0
    wider: list[float] = []  # what the step before gave
    middle, h, steps = function(x), WIDEST * scale, 0
    while steps < STEPS:
        high, low = x + h, x - h
        if high == low:
            break  # the step is lost in x
        try:
            above, below = function(high), function(low)
        except DomainError:
            if h < NARROWEST * scale or x + h / 4.0 == x - h / 4.0:
                raise
            wider, steps, h = [], 0, h / 4.0  # nor is a wider one of use, beyond where the function ends
            continue
        rounding = (abs(above) * EPSILON + abs(below) * EPSILON) / (high - low)
        row = [(above - below) / (high - low)]
        for order, before in enumerate(wider, 1):  # each takes the next even power of h out of the error
            row.append(row[-1] + (row[-1] - before) / (16.0**order - 1.0))
            error = max(abs(row[-1] - row[-2]), abs(row[-1] - before), rounding)
            if error < smallest:
                best, smallest = row[-1], error
        if not wider:
            nearby = max(abs(above - middle), abs(below - middle)) / h
        wider, steps, h = row, steps + 1, h / 4.0
    return Differences(best, smallest, nearby)


def gradcheck(function: Callable[..., Value], inputs: Sequence[Value | float]) -> GradcheckReport:
    """Compare the gradient of function(*inputs) with central differences.

    D(h) = (f(x + h) − f(x − h)) / 2h for smaller and smaller h, extrapolated to h = 0 (Ridders 1982). How well these
    agree among themselves, and the rounding of f, say how close a right gradient must come; one that f's rounding
    hides is neither right nor wrong. At a kink (relu at 0) differences and gradient rightly disagree: choose another
    point.

    Args:
        function: takes Values, returns a Value; called again at points nearby, so it must give the same each time.
        inputs: the point, as numbers or values; values are not changed.

    Returns:
        A report: true if all agree, and printed it tells which input is wrong and by how much.

    Raises:
        DomainError: the function is not defined at the point, or on one side of it.

    >>> gradcheck(lambda a, b: a * b, [2.0, 3.0])
    all gradients agree
      input 0 = 2: gradient 3, differences 3, agrees
      input 1 = 3: gradient 2, differences 2, agrees
    """
    values = [x.detach() if isinstance(x, Value) else Value(x) for x in inputs]
    output = function(*values)
    if not isinstance(output, Value):
        raise TypeError(f"gradcheck needs a function that returns a Value, got {output!r}")
    gradients = grad(output, values)
    point = [value.data for value in values]

    def along(index: int, x: float) -> float:
        """The function where input `index` is x."""
        return function(*map(Value, [*point[:index], x, *point[index + 1 :]])).data

    checks = [
        Check(value.label or f"input {index}", value.data, gradient, *_differences(partial(along, index), value.data))
        for index, (value, gradient) in enumerate(zip(values, gradients, strict=True))
    ]
    return GradcheckReport(checks)
