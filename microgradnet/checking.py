"""`gradcheck`: are the gradients right? The chain rule's answers beside central differences, input by input."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from microgradnet.gradients import grad
from microgradnet.value import Value

STEP = 2.0**-10  # the widest step, relative to an input beyond 1
HALVINGS = 5
RELATIVE, ABSOLUTE = 1e-6, 1e-8


class Check(NamedTuple):
    """One input of a gradient check: its number, its gradient and what central differences give."""

    name: str
    data: float
    gradient: float
    expected: float

    @property
    def error(self) -> float:
        """|gradient − expected|."""
        return abs(self.gradient - self.expected)

    @property
    def ok(self) -> bool:
        """Whether they agree to 1e-8 + 1e-6·|expected|; a NaN or an infinity never does."""
        return self.error < math.inf and self.error <= ABSOLUTE + RELATIVE * abs(self.expected)

    def __str__(self) -> str:
        verdict = "agrees" if self.ok else f"WRONG by {self.error:.3g}"
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
        return tuple(check for check in self.checks if not check.ok)

    def __bool__(self) -> bool:
        return not self.wrong

    def __str__(self) -> str:
        head = f"{len(self.wrong)} of {len(self.checks)} gradients wrong" if self.wrong else "all gradients agree"
        return "\n".join([head, *(f"  {check}" for check in self.checks)])

    __repr__ = __str__


def _slope(function: Callable[[float], float], x: float) -> float:
    """The derivative by central differences: of all extrapolations the one that its neighbours confirm best."""
    best, smallest = math.nan, math.inf
    wider: list[float] = []  # what the step before gave
    for halving in range(HALVINGS + 1):
        h = STEP * max(abs(x), 1.0) / 2**halving
        above, below = x + h, x - h
        row = [(function(above) - function(below)) / (above - below)]
        for order, before in enumerate(wider, 1):  # each takes the next even power of h out of the error
            row.append(row[-1] + (row[-1] - before) / (4.0**order - 1.0))
            error = max(abs(row[-1] - row[-2]), abs(row[-1] - before))
            if error < smallest:
                best, smallest = row[-1], error
        wider = row
    return best


def gradcheck(function: Callable[..., Value], inputs: Sequence[Value | float]) -> GradcheckReport:
    """Compare the gradient of function(*inputs) with central differences.

    D(h) = (f(x + h) − f(x − h)) / 2h for smaller and smaller h, extrapolated to h = 0 (Ridders 1982). At a kink
    (relu at 0) differences and gradient rightly disagree: choose another point.

    Args:
        function: takes Values, returns a Value; called again at points nearby, so it must give the same each time.
        inputs: the point, as numbers or values; values are not changed.

    Returns:
        A report: true if all agree, and printed it tells which input is wrong and by how much.

    Raises:
        DomainError: the function is not defined near the point.

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
        Check(value.label or f"input {index}", value.data, gradient, _slope(partial(along, index), value.data))
        for index, (value, gradient) in enumerate(zip(values, gradients, strict=True))
    ]
    return GradcheckReport(checks)
