"""`gradcheck`: are the gradients right? The chain rule's answers beside central differences, input by input."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from microgradnet.gradients import grad
from microgradnet.value import Value

STEP = 2.0**-10  # relative to the input; the error of the extrapolated difference is about STEP⁴
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


def gradcheck(function: Callable[..., Value], inputs: Sequence[Value | float]) -> GradcheckReport:
    """Compare the gradient of function(*inputs) with central differences.

    d(f)/d(x) ≈ (4·D(h/2) − D(h)) / 3, with D(h) = (f(x + h) − f(x − h)) / 2h: Richardson's extrapolation (1911), whose
    error falls as h⁴. At a kink (relu at 0) differences and gradient rightly disagree: choose another point.

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
    values = [Value(float(x), x.label if isinstance(x, Value) else "") for x in inputs]
    output = function(*values)
    if not isinstance(output, Value):
        raise TypeError(f"gradcheck needs a function that returns a Value, got {output!r}")
    gradients = grad(output, values)
    point = [value.data for value in values]

    def difference(index: int, h: float) -> float:
        above, below = list(point), list(point)
        above[index] += h
        below[index] -= h
        rise = function(*map(Value, above)).data - function(*map(Value, below)).data
        return rise / (above[index] - below[index])

    checks = []
    for index, (value, gradient) in enumerate(zip(values, gradients, strict=True)):
        h = STEP * max(abs(value.data), 1.0)
        expected = (4.0 * difference(index, h / 2) - difference(index, h)) / 3.0
        checks.append(Check(value.label or f"input {index}", value.data, gradient, expected))
    return GradcheckReport(checks)
