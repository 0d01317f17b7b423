"""How near an answer has to come, and what a person may write as a number."""

import math
import re
from fractions import Fraction

RELATIVE = 0.01  # three significant digits are enough: they are within half a per cent
ABSOLUTE = 1e-9
_FRACTION = re.compile(r"([-+]?[0-9.]+(?:e[-+]?\d+)?)/([0-9.]+)", re.IGNORECASE)


def is_near(answer: float, right: float, tolerance: float = RELATIVE, rounding: float = 0.0) -> bool:
    """Whether |answer − right| is at most tolerance·|right|, or what rounding on the way can have made of it.

    >>> is_near(0.333, 1 / 3), is_near(0.3, 1 / 3), is_near(0.0, 0.0)
    (True, False, True)
    """
    return math.fabs(answer - right) <= max(tolerance * math.fabs(right), rounding, ABSOLUTE)


def read_number(text: object) -> float | None:
    """The number that an answer says; None if it says nothing.

    Raises:
        ValueError: it is no finite number. Point or comma, ASCII hyphen or minus, and fractions are all fine.

    >>> read_number(" −0,25 "), read_number("1/4"), read_number("")
    (-0.25, 0.25, None)
    """
    if text is None or isinstance(text, bool):
        return None
    written = str(text).strip().replace("−", "-").replace(" ", "").replace("\u00a0", "")
    if not written:
        return None
    written = written.replace(",", ".", 1) if "." not in written else written
    try:
        parts = _FRACTION.fullmatch(written)
        found = float(Fraction(parts[1]) / Fraction(parts[2])) if parts else float(written.replace("_", "no"))
    except (ValueError, ZeroDivisionError):
        found = math.nan
    if not math.isfinite(found):
        raise ValueError(f"{str(text)!r:.60} is no number: write it as 0.25, −3, 1.5e-3 or 1/4")
    return found
