"""An axis: where between its ends a number stands, and which round numbers are written at it.

It holds for every range of floats, from one unit in the last place to ±1.8e308. Where it is drawn is left to `plot`
and `textplot`.
"""

import math
import sys
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import count, pairwise

from microgradnet.ops.floats import as_float

MOST_TICKS = 6
NEAR = Fraction(1, 40)  # of the range: the sigmoid's axis ends at 1
_MOST_DIGITS = 17  # with so many, different floats are written differently


class Axis:
    """The range of some finite numbers; made wider where they are all the same, so that it always has a length.

    Args:
        numbers: what stands on it.
        log: equal ratios are equal distances; the numbers must be above 0.
        rounded: begin at 0 where the numbers are above 0 and that at most doubles the range; and end at a round
            number where the last one is that near to it.
        whole: have no ticks between whole numbers where all the numbers are whole, as those of iterations are.

    >>> Axis([0.0, 8.0]).part(2.0), Axis([0.01, 100.0], log=True).part(1.0)
    (0.25, 0.5)
    """

    def __init__(
        self, numbers: Sequence[float], *, log: bool = False, rounded: bool = False, whole: bool = False
    ) -> None:
        low, high = min(numbers), max(numbers)
        if low == high or (log and math.log10(low) == math.log10(high)):
            margin = max(abs(low) / 2, math.ulp(0.0)) if low else 1.0
            low, high = low - margin, min(high + margin, sys.float_info.max)
            low = max(low, math.ulp(0.0)) if log else max(low, -sys.float_info.max)
        self.low, self.high, self.log = low, high, log
        self.whole = whole and all(number == math.floor(number) for number in numbers)
        if rounded and not log:
            self._round()
        # A power of two, so exact, that brings the range into [-1, 1]: then high − low cannot overflow.
        self._exponent = math.frexp(max(abs(self.low), abs(self.high)))[1]

    def _round(self) -> None:
        if 0.0 < self.low <= self.high / 2:
            self.low = 0.0
        low, high, step = Fraction(self.low), Fraction(self.high), self._step(MOST_TICKS)
        near = (high - low) * NEAR
        lower, higher = low // step * step, -(-high // step) * step
        if low - lower < near and lower >= -sys.float_info.max:
            self.low = float(lower)
        if higher - high < near and higher <= sys.float_info.max:
            self.high = float(higher)

    def part(self, number: float) -> float:
        """How far from its low end to its high end `number` stands: 0 to 1."""
        low, high, x = (self._scaled(y) for y in (self.low, self.high, number))
        return min(max((x - low) / (high - low), 0.0), 1.0)

    def _scaled(self, number: float) -> float:
        return math.log10(number) if self.log else math.ldexp(number, -self._exponent)

    def ticks(self, most: int = MOST_TICKS) -> list[float]:
        """Round numbers inside the range, rising: at most `most` + 1 of them, at least one if `most` is 3 or more.

        Steps are 1, 2 or 5 times a power of ten. A logarithmic axis has powers of ten, with 2 and 5 or with 3 times
        those where there is room, unless it is too short for that.

        >>> Axis([-8.0, 8.0]).ticks(6), Axis([0.0, 0.5]).ticks(5), Axis([1e-4, 30.0], log=True).ticks(6)
        ([-5.0, 0.0, 5.0], [0.0, 0.1, 0.2, 0.3, 0.4, 0.5], [0.0001, 0.001, 0.01, 0.1, 1.0, 10.0])
        """
        return (self._logarithmic_ticks(most) if self.log else None) or self._linear_ticks(most)

    def _logarithmic_ticks(self, most: int) -> list[float]:
        for digits in ((1, 2, 5), (1, 3), (1,)):
            powers = (float(f"{digit}e{power}") for power in range(-324, 309) for digit in digits)
            ticks = list(dict.fromkeys(tick for tick in powers if self.low <= tick <= self.high))
            if 3 <= len(ticks) <= most + 1:
                return ticks
        step = next(step for step in _round_steps(0) if len(ticks) - 1 <= most * step)
        return [tick for tick in ticks if round(math.log10(tick)) % step == 0] if len(ticks) > most + 1 else []

    def _linear_ticks(self, most: int) -> list[float]:
        step = self._step(most)
        first, last = math.ceil(Fraction(self.low) / step), math.floor(Fraction(self.high) / step)
        ticks = (float(i * step) for i in range(first, last + 1))
        return list(dict.fromkeys(ticks))  # neighbours may round to one float

    def _step(self, most: int) -> Fraction:
        """The shortest round step that goes into the range at most `most` times.

        Fractions are exact: 3 · 0.1 is 0.3, and nothing overflows.
        """
        span = Fraction(self.high) - Fraction(self.low)
        power = math.floor(math.log10(span.numerator) - math.log10(span.denominator)) - 2
        steps = _round_steps(0 if self.whole and span >= 1 else power)
        return next(step for step in steps if span <= most * step)

    def __repr__(self) -> str:
        return f"Axis({[self.low, self.high]}{', log=True' if self.log else ''})"


def _round_steps(power: int) -> Iterator[Fraction]:
    """1, 2, 5, 10, 20, 50, … times 10 to the `power`."""
    return (digit * Fraction(10) ** exponent for exponent in count(power) for digit in (1, 2, 5))


def written(numbers: Sequence[float]) -> list[str]:
    """The numbers, rising, in four significant digits, or in as many as it takes to see how far apart they are.

    >>> written([-0.5, 0.1 + 0.2]), written([1.0, 1.00005])
    (['−0.5', '0.3'], ['1', '1.00005'])
    """
    gap = min((high - low for low, high in pairwise(numbers) if low != high), default=math.inf)
    for digits in range(4, _MOST_DIGITS + 1):
        texts = [f"{number:.{digits}g}" for number in numbers]
        if all(abs(float(text) - number) <= gap / 100 for text, number in zip(texts, numbers, strict=True)):
            break
    return ["−" + text[1:] if text[0] == "-" else text for text in texts]  # a true minus, as `naming.number` writes


def finite(number: object) -> float:
    """`number` as a float, if it is one that has a place on an axis.

    Raises:
        TypeError: it is not one real number.
        ValueError: it is NaN, infinite, or a whole number beyond the range of a float.
    """
    try:
        x = as_float(number)
    except OverflowError:
        x = math.inf
    if not math.isfinite(x):
        raise ValueError(f"{number!r:.40} is not finite")
    return x + 0.0  # −0 is 0
