"""How close an answer must be."""

import math
from itertools import count

RELATIVE = 0.01  # three significant digits are enough: they are within half a per cent
ABSOLUTE = 1e-9  # of an answer where 0 is right: calculators leave that much over
TIE = 1e-12  # how far from a half a float may be that is meant to be one
NOTHING = 1e-14  # may be a 0 that floats have missed


def is_near(answer: float, right: float, tolerance: float = RELATIVE, rounding: float = 0.0) -> bool:
    """Whether |answer − right| is at most tolerance·|right|, or the given error of intermediate rounding.

    Where 0 is right, an answer of 1e-9 is accepted; where floats give 1e-17, an answer of 0.

    >>> is_near(0.333, 1 / 3), is_near(0.3, 1 / 3), is_near(1e-9, 0.0), is_near(0.0, 1e-17), is_near(1e-9, 1e-17)
    (True, False, True, True, False)
    """
    least = ABSOLUTE if right == 0.0 else NOTHING if answer == 0.0 else 0.0
    return math.isfinite(right) and math.fabs(answer - right) <= max(tolerance * math.fabs(right), rounding, least)


def digits_needed(tolerance: float) -> int:
    """The least number of significant digits that a right answer is sure to be accepted with.

    >>> [digits_needed(tolerance) for tolerance in (0.05, 0.01, 0.001)]
    [2, 3, 4]
    """
    return next(digits for digits in count(1) if 0.5 * 10.0 ** (1 - digits) <= tolerance)


def digits_given(answer: float, right: float, needed: int) -> int:
    """The number of digits of a right answer that is rounded to fewer than are needed; 0 if it is not that.

    A half may be rounded up or down: `right` is rounded from just below and just above.

    >>> [digits_given(answer, 0.02395, 3) for answer in (0.024, 0.02, 0.025)]
    [2, 1, 0]
    >>> [digits_given(answer, 0.125, 3) for answer in (0.13, 0.12, 0.11)]
    [2, 2, 0]
    """
    either = (right * (1 - TIE), right * (1 + TIE))
    roundings = range(needed - 1, 0, -1)
    return next((digits for digits in roundings if answer in {float(f"{x:.{digits}g}") for x in either}), 0)
