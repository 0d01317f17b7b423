"""How close an answer must be, and which spellings of numbers are read."""

import math
import re
import unicodedata

RELATIVE = 0.01  # three significant digits are enough: they are within half a per cent
ABSOLUTE, NOTHING = 1e-9, 1e-14
_NUMBER = r"(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?"
_VULGAR = re.compile("[\u00bc-\u00be\u2150-\u215e]")  # ¼ to ⅞
_PLAIN = str.maketrans("−–⁄", "--/")
_WRITTEN = re.compile(rf"([-+]?)(?:(\d+) +)?({_NUMBER})(?: */ *({_NUMBER}))?", re.IGNORECASE | re.ASCII)


def is_near(answer: float, right: float, tolerance: float = RELATIVE, rounding: float = 0.0) -> bool:
    """Whether |answer − right| is at most tolerance·|right|, or the given error of intermediate rounding.

    Where the right answer is 0, floats may give 1e-17, and an answer of 1e-9 is accepted.

    >>> is_near(0.333, 1 / 3), is_near(0.3, 1 / 3), is_near(0.0, 0.0)
    (True, False, True)
    """
    least = ABSOLUTE if math.fabs(right) < NOTHING else 0.0
    return math.fabs(answer - right) <= max(tolerance * math.fabs(right), rounding, least)


def read_number(text: object) -> float | None:
    """The number of an answer, with point or comma, hyphen or minus, as a fraction or a mixed number; None if empty.

    Raises:
        ValueError: it is not a finite number.

    >>> read_number(" −0,25 "), read_number("1/4"), read_number("2 1/4"), read_number("")
    (-0.25, 0.25, 2.25, None)
    """
    if text is None or isinstance(text, bool):
        return None
    written = unicodedata.normalize("NFKC", _VULGAR.sub(r" \g<0>", str(text))).translate(_PLAIN).strip()
    if not written:
        return None
    parts = _WRITTEN.fullmatch(written if "." in written else written.replace(",", ".", 1))
    found = math.nan
    if parts and bool(parts[4]) >= bool(parts[2]):  # a mixed number has a fraction
        whole, above, below = float(parts[2] or 0.0), float(parts[3]), float(parts[4] or 1.0)
        found = math.copysign(whole + above / below, -1.0 if parts[1] == "-" else 1.0) if below else math.nan
    if not math.isfinite(found):
        raise ValueError(f"{str(text)!r:.60} is no number: write it as 0.25, −3, 1.5e-3, 1/4 or 2 1/4")
    return found
