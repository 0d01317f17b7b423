"""`read_number`: the number that a text writes, in any of the usual spellings."""

import json
import math
import re
import unicodedata

from microgradnet._shared.text import one_line
from microgradnet._shared.webpage import asset

LONGEST = 2000  # characters; all digits of any float take fewer

_VULGAR = re.compile("[¼-¾⅐-⅞]")
_RAISED = re.compile("[⁺⁻]?[⁰¹²³⁴-⁹]+")
PLAIN = dict.fromkeys("−–—‒‐‑", "-") | dict.fromkeys("×·⋅∙•∗", "*") | dict.fromkeys("≅≃~", "≈") | {"’": "'", "$": " "}
PLAIN |= {"⁄": "/", "^": "**", "{": "(", "}": ")", "[": "(", "]": ")"}
"""What is written in place of a sign."""
_PLAIN = {ord(sign): plain for sign, plain in PLAIN.items()}
NAMED = r"^(?:(?:[^,;]|,(?! ))*[=≈] ?)?(?:[Cc]a\. ?)?"  # "w.grad = ", "1/2 = ", "≈ ", "ca. ": the result stands last
_WHOLE = "[-+]? ?[0-9]{1,4}"
_POWER = rf"10 ?\*\* ?(?:{_WHOLE}|\( ?{_WHOLE} ?\))"
_DECIMALS = r"(?:[ '][0-9]{3})+(?:[.,][0-9]*)?|(?:,[0-9]{3})+\.[0-9]+|(?:\.[0-9]{3})+,[0-9]+"
_MILLIONS = r"(?:,[0-9]{3}){2,}|(?:\.[0-9]{3}){2,}"
_GROUPED = f"[1-9][0-9]{{0,2}}(?:{_DECIMALS}|{_MILLIONS})"  # 12 000, 12'000.5, 12,000.5, 12.000,5 or 12,000,000
_NUMBER = rf"(?:(?:{_GROUPED}|[0-9]+(?:[.,][0-9]*)?|[.,][0-9]+)(?:e[-+]?[0-9]{{1,4}}| ?[*x] ?{_POWER})?|{_POWER})"
_WHOLE_OF_MIXED = "(?:([0-9]+) (?!0[0-9])(?=[^ ]+ ?/))?"  # a fraction follows, not a group of digits
_PERCENT = " ?(?:%|per ?cent)"
WRITTEN = rf"^([-+]?) ?{_WHOLE_OF_MIXED}({_NUMBER})(?: ?/ ?({_NUMBER}))?({_PERCENT})?\.?$"
"""The groups: sign, whole number of a mixed fraction, above and below the fraction's bar, per cent."""
THOUSANDS = "^[1-9][0-9]{0,2},[0-9]{3}(?![0-9.,])"
_LAST = r"(?<={0}[0-9]{{3}}){0}(?=[0-9]{{3}}(?![0-9]))"  # of several separators that are the same
GROUPING = "[ ']|[.,](?=.*[.,])|" + "|".join(map(_LAST.format, (",", r"\.")))  # separates a number's groups of digits
"""Like NAMED, WRITTEN and THOUSANDS a pattern of Python and of JavaScript: pages read by them, too."""


class AmbiguousError(ValueError):
    """A comma that may separate thousands or decimals."""


def read_number(text: object) -> float | None:
    """The number that a text writes, as people do: see the examples; None if it is empty.

    Raises:
        AmbiguousError: it is 1000 or 1.000.
        ValueError: it is not a finite number.

    >>> [read_number(text) for text in (" −0,25 ", "- 0.25", "(-0.25)", "w = -0.25", "≈ −1/4", "−25%")]
    [-0.25, -0.25, -0.25, -0.25, -0.25, -0.25]
    >>> [read_number(text) for text in ("1,5e-3", "1.5·10^-3", "1.5×10⁻³", "1.5*10**-3", "2 1/4", "2¼", "")]
    [0.0015, 0.0015, 0.0015, 0.0015, 2.25, 2.25, None]
    >>> [read_number(text) for text in ("12 000", "12'000", "12,000.0", "12.000,0", "12.000", "ca. 12", "$12$", "[12]")]
    [12000.0, 12000.0, 12000.0, 12000.0, 12.0, 12.0, 12.0, 12.0]
    >>> read_number("12,000,000"), read_number("-1.200.000")
    (12000000.0, -1200000.0)
    >>> [read_number(text) for text in ("1/2 = 0.5", "0,5.", "50 percent", "50 per cent", "w = 0.25·2 = 0.5")]
    [0.5, 0.5, 0.5, 0.5, 0.5]
    """
    if text is None or isinstance(text, bool):
        return None
    given = str(text)
    written = re.sub(NAMED, "", _plain(given)) if len(given) <= LONGEST else ""
    if not given.strip():
        return None
    if written.startswith("(") and written.endswith(")"):
        written = written[1:-1].strip()
    parts = re.match(WRITTEN, written, re.IGNORECASE)
    found = math.nan
    if parts:
        for part in filter(None, (parts[3], parts[4])):
            if ambiguous := re.match(THOUSANDS, part):
                one, other = (ambiguous[0].replace(",", separator) for separator in ("", "."))
                raise AmbiguousError(f"{shortened(given)!r} is ambiguous: write {parts[1]}{one} or {parts[1]}{other}")
        whole, above, below = float(parts[2] or 0.0), _float(parts[3]), _float(parts[4] or "1")
        if below:
            sign, hundred = -1.0 if parts[1] == "-" else 1.0, 100.0 if parts[5] else 1.0
            found = math.copysign(whole + above / below, sign) / hundred
    if not math.isfinite(found):
        raise ValueError(f"{shortened(given)!r} is no number: write it as 0.25, −3, 1.5e-3, 25%, 1/4 or 2 1/4")
    return found


def reading_script() -> str:
    """`readNumber` in JavaScript: it reads as `read_number` does, by the same patterns."""
    patterns = {"longest": LONGEST, "plain": PLAIN, "named": NAMED, "written": WRITTEN, "thousands": THOUSANDS}
    rules = json.dumps(patterns | {"grouping": GROUPING}, ensure_ascii=False, separators=(",", ":"))
    return f"const READING = {rules};\n{asset(__file__, 'reading.js')}"


def shortened(given: str) -> str:
    """What was written, as a message shows it."""
    given = one_line(given)
    return given if len(given) <= 60 else given[:59] + "…"


def _plain(text: str) -> str:
    """The text with one sign for each meaning: "1.5×10⁻³" as "1.5*10**-3", "2½" as "2 1/2"."""
    text = unicodedata.normalize("NFKC", _RAISED.sub(r"^\g<0>", _VULGAR.sub(r" \g<0>", text)))
    return " ".join(text.translate(_PLAIN).split())


def _float(written: str) -> float:
    """A part that `WRITTEN` has matched as a float."""
    mantissa, is_power, exponent = re.sub(GROUPING, "", written).replace(",", ".").partition("10**")
    return float(f"{mantissa.rstrip('*xX') or 1}e{exponent.strip('()')}" if is_power else mantissa)
