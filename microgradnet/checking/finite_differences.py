"""Derivatives by finite differences, and the comparison of a given derivative with them.

`gradcheck`, `graph_check` and `rule_checks` choose the functions and the points.
"""

import math
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import NamedTuple

from microgradnet.errors import DomainError
from microgradnet.ops import Operation

WIDEST = 2.0**-4  # the first step, relative to the input or to 1
STEPS = 7  # steps inside the domain, each a quarter of the one before
CLOSER = 2.0**-12  # the scale of a further try, relative too, where wider steps fail: close to a pole, say
NARROWEST = 2.0**-60  # relative too: the narrowest step that is tried to stay inside the domain
RELATIVE, ESTIMATES = 1e-6, 10.0  # the tolerance: relative, and in estimates of the differences' error
EPSILON = sys.float_info.epsilon
SMALLEST = 5e-324  # the rounding of values near 0
QUICK = 2.0**-10  # the step of a quick check
SIDES = (1.0, 0.0), (0.0, 1.0)  # steps to the left alone, and to the right alone
SHARP = 1e-3  # the coarsest differences that confirm a gradient, relative to it or to the slopes nearby


class Differences(NamedTuple):
    """A derivative by central differences.

    Attributes:
        slope: the derivative.
        estimate: an estimate of its error: of the truncated series, and of the rounding of the function's values.
        nearby: the steepest slope from the point to one a step away: the scale on which a derivative of 0 is small.
    """

    slope: float
    estimate: float
    nearby: float


class Check(NamedTuple):
    """One input of a gradient check: its number, its gradient, and the derivative by central differences.

    At a kink `slopes` are those to the left and to the right, and `expected` is the number between them that is nearest
    to the gradient.
    """

    name: str
    data: float
    gradient: float
    expected: float
    estimate: float = 0.0
    nearby: float = 0.0
    slopes: tuple[float, float] | None = None

    @property
    def error(self) -> float:
        """|gradient − expected|."""
        return abs(self.gradient - self.expected)

    @property
    def agrees(self) -> bool:
        """Whether the error is at most 1e-6·|expected| + 10·estimate; that of a NaN or an infinity never is."""
        return self.error < math.inf and self.error <= RELATIVE * abs(self.expected) + ESTIMATES * self.estimate

    @property
    def unclear(self) -> bool:
        """Whether the differences are too coarse: a gradient off by a thousandth would agree as well."""
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
        derivative = f"differences {self.expected:.9g}"
        if self.slopes:
            derivative = "at a kink with slopes {:.9g} to the left and {:.9g} to the right".format(*self.slopes)
        return f"{self.name} = {self.data:.6g}: gradient {self.gradient:.9g}, {derivative}, {verdict}"


def rounding(effects: Iterable[float]) -> float:
    """A bound on the rounding of a result, by the effects ∂result/∂v · v of the numbers v that it is computed from."""
    return EPSILON * sum(size for size in map(abs, effects) if size < math.inf)


def along(operation: Operation, operands: Sequence[float], position: int) -> Callable[[float], float]:
    """The operation as a function of the operand at this position, for `differences`."""

    def value(x: float) -> float:
        return value_at(operation, [*operands[:position], x, *operands[position + 1 :]])

    return value


def value_at(operation: Operation, operands: Sequence[float]) -> float:
    """The result of the operation.

    Raises:
        DomainError: there is no finite one.
    """
    try:
        y = operation.scalar(*operands)
    except (ArithmeticError, ValueError):
        raise DomainError from None
    if not -math.inf < y < math.inf:
        raise DomainError
    return y


def differences(
    function: Callable[[float], float], x: float, low: float = 1.0, high: float = 1.0, noise: float = 0.0
) -> Differences:
    """The derivative at x, with steps in proportion to |x| (which do not reach a pole at 0) or to 1 (for a tiny x).

    Args:
        function: a function of one number; it raises a DomainError where it is not defined.
        x: the point.
        low: 1 for steps to the left, 0 for none.
        high: 1 for steps to the right, 0 for none; with low = 0 the result is the slope to the right.
        noise: a bound on the error of the function's values beyond the rounding of the values themselves.

    Raises:
        DomainError: the function is not defined at the point or near it, or the point is infinite or NaN.
    """
    if not math.isfinite(x):
        raise DomainError
    narrow, *wide = sorted({abs(x), 1.0} - {0.0})
    tried: list[Differences] = []
    outside: DomainError | None = None
    for scale in (narrow, *wide, narrow * CLOSER):
        try:
            tried.append(_extrapolated(function, x, scale, low, high, noise))
        except DomainError as error:
            outside = error
            continue
        slope, estimate, nearby = tried[-1]
        if ESTIMATES * estimate <= RELATIVE * max(abs(slope), nearby):
            return tried[-1]
    if not tried and outside is not None:
        raise outside
    return min(tried, key=lambda differences: differences.estimate)


def _extrapolated(
    function: Callable[[float], float], x: float, scale: float, low: float, high: float, noise: float
) -> Differences:
    """The extrapolation of D(h) to h = 0 that agrees best with its neighbours in the table."""
    best, smallest, nearby = math.nan, math.inf, 0.0
    wider: list[float] = []  # the row of the step before
    middle, h, steps = function(x), WIDEST * scale, 0
    narrowing = 16.0 if low and high else 4.0  # the factor by which a quarter of the step reduces the error, per order
    while steps < STEPS:
        right, left = x + high * h, x - low * h
        if right == left:
            break  # the step is lost in x
        try:
            above, below = function(right), function(left)
        except DomainError:
            if h < NARROWEST * scale or x + high * h / 4.0 == x - low * h / 4.0:
                raise
            wider, steps, h = [], 0, h / 4.0  # a wider step reaches beyond the end of the domain
            continue
        rounding = (abs(above) * EPSILON + abs(below) * EPSILON + SMALLEST + noise) / (right - left)
        row = [(above - below) / (right - left)]
        if wider and abs(row[0] - best) > 2.0 * abs(wider[0] - best) + ESTIMATES * rounding:
            smallest = math.inf  # wide steps agreed by chance: a narrower one must come nearer
        for order, before in enumerate(wider, 1):  # each takes the next power of h out of the error
            row.append(row[-1] + (row[-1] - before) / (narrowing**order - 1.0))
            error = max(abs(row[-1] - row[-2]), abs(row[-1] - before), rounding)
            if error < smallest:
                best, smallest = row[-1], error
        if not wider:
            nearby = max(abs(above - middle), abs(below - middle)) / h
        wider, steps, h = row, steps + 1, h / 4.0
    return Differences(best, smallest, nearby)


def check_slope(function: Callable[[float], float], x: float, derivative: float, noise: float = 0.0) -> Check | None:
    """Whether `derivative` is that of the function at x; None where differences cannot tell.

    At the end of the domain the slope of the one side decides; at a kink, any number between those of the two sides is
    right. An infinite derivative is beyond what differences can tell.
    """
    if math.isinf(derivative):
        return None
    if _is_plain(function, x, derivative):
        return Check("", x, derivative, derivative)
    central: Check | None = None
    with suppress(DomainError):
        central = Check("", x, derivative, *differences(function, x, noise=noise))
    if _is_resolved(function, x):
        return by_sides(central or Check("", x, derivative, math.nan), function, noise)
    return central if central is not None and central.ok else None


def by_sides(check: Check, function: Callable[[float], float], noise: float = 0.0) -> Check:
    """The check, of the slopes to both sides where these differ, or of the one where the domain ends."""
    points = _around(function, check.data)
    if check.ok and not (points and _is_bent(points)):
        return check
    sides: list[Differences] = []
    for low, high in SIDES:
        with suppress(DomainError):
            sides.append(differences(function, check.data, low, high, noise))
    if len(sides) == 1 and not check.ok:
        return Check(check.name, check.data, check.gradient, *sides[0])
    if len(sides) < 2:
        return check
    slopes = sides[0].slope, sides[1].slope
    low, high = sorted(slopes)
    estimate, nearby = sides[0].estimate + sides[1].estimate, max(side.nearby for side in sides)
    if not high - low > ESTIMATES * estimate + RELATIVE * max(abs(low), abs(high)):
        return check
    nearest = min(max(check.gradient, low), high)
    return Check(check.name, check.data, check.gradient, nearest, estimate, nearby, slopes)


def _around(function: Callable[[float], float], x: float) -> list[float]:
    """Values at and around x, in even steps; none beyond the domain."""
    h = QUICK * max(abs(x), 1.0)
    try:
        return [function(x + step * h) for step in (-2.0, -1.0, 0.0, 1.0, 2.0)]
    except DomainError:
        return []


def _is_bent(points: Sequence[float]) -> bool:
    """Whether there may be a kink: half the step bends the function half as much there, elsewhere a quarter as much."""
    before, left, middle, right, after = points
    near, far = abs(left + right - 2.0 * middle), abs(before + after - 2.0 * middle)
    return 3.0 * near > far and near > RELATIVE * max(abs(left - middle), abs(right - middle))


def _is_plain(function: Callable[[float], float], x: float, derivative: float) -> bool:
    """Whether five values nearby confirm the derivative to a millionth: most do, in a tenth of the time."""
    points = _around(function, x)
    if not points or _is_bent(points):
        return False
    before, left, _, right, after = points
    slope = (8.0 * (right - left) - (after - before)) / (12.0 * QUICK * max(abs(x), 1.0))
    return abs(slope - derivative) <= RELATIVE * abs(derivative)


def _is_resolved(function: Callable[[float], float], x: float) -> bool:
    """Whether the function changes less from one float to the next than over a wide step, unlike sin at 1e200."""
    try:
        middle, wide = function(x), WIDEST * max(abs(x), 1.0)
    except DomainError:
        return False

    def change(points: Sequence[float]) -> float:
        """The largest change from x to one of these points."""
        most = 0.0
        for point in points:
            with suppress(DomainError):
                most = max(most, abs(function(point) - middle))
        return most

    high, low = math.nextafter(x, math.inf), math.nextafter(x, -math.inf)
    near = change((high, low, math.nextafter(high, math.inf), math.nextafter(low, -math.inf)))
    return near <= max(SHARP * change((x + wide, x - wide)), EPSILON / SHARP * abs(middle))
