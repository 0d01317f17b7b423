"""`read_number`: which spellings of numbers are read. The pages' reader is held to the same table in a browser."""

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnet._shared.reading import AmbiguousError, read_number

AMBIGUOUS = "ambiguous"
READ: dict[str, float | str | None] = {
    "12 000": 12000, "12\u00a0000": 12000, "12\u202f000": 12000, "12'000": 12000, "12’000": 12000,
    "12,000.0": 12000, "12.000,0": 12000, "12.000": 12, "-1 234 567,5": -1234567.5, "1,234,567.5": 1234567.5,
    "12 000/5": 2400, "12 345 678/2": 6172839, "2 100/300": 2 + 1 / 3, "1 500·10^-3": 1.5, "y = 1 000 %": 10,
    "ca. 12": 12, "x = ca. -0,5": -0.5, "Ca.12": 12, "$12$": 12, "$x = -12$": -12, "12 00": None, "12 0000": None,
    "1234 567": None, "0 500": None, "12,000.": AMBIGUOUS, "12.000.000": 12000000.0, "-12,000,000": -12000000.0,
    "12,000.500": 12000.5, "1,2,000": None, "[0.5]": 0.5, "1,23.5": None, "2 1": None, "1$2": None,
    "1/2 = 0.5": 0.5, "w = 1/2 ≈ 0.6": 0.6, "2·3 = 6": 6, "0,5 = 1/2": 0.5, "x = 0.5, y = 3": None,
    "x = 1; y = 3": None, "50 percent": 0.5, "50 per cent": 0.5, "50Percent": 0.5, "50 persons": None, "0.5.": 0.5,
    "w = -0,5.": -0.5, "50%.": 0.5, "1/2.": 0.5, "0.5..": None, "-1,2000": -1.2, "1/2 =": None, "0.5": 0.5,
    "0,5": 0.5, "1/2": 0.5, ".5": 0.5, "5e-1": 0.5, "−0.5": -0.5, " 1 / 2 ": 0.5, "half": None, "1/0": None,
    "": None, "1,000.5": 1000.5, "0x10": None, "1_0": None, "Infinity": None, "1/2/3": None, "-1/4": -0.25,
    "1.5/3": 0.5, "--1": None, "1e999": None, "2 1/4": 2.25, "-2 1/4": -2.25, "1 000": 1000, "1/ 2": 0.5, "+3": 3,
    "5.": 5, ".": None, "50 per cent.": 0.5, "½": 0.5, "2½": 2.5, "–1": -1, "1/2e-1": 5, "٣": None,
    "⅓": 0.3333333333333333, "50 %": 0.5, "- 0.25": -0.25, "= 0.5": 0.5, "w.grad ≈ 0.5": 0.5,
    "(e²).grad=-(0.5)": None, "(-0.5)": -0.5, "1.5·10^-3": 0.0015, "1.5×10⁻³": 0.0015, "1.5*10**-3": 0.0015,
    "1.5 x 10^(-3)": 0.0015, "10^-3": 0.001, "-10⁻³": -0.001, "210^3": None, "1,5e-3": 0.0015, "0.5²": None,
    "x=2, y=3": None, "1,000": AMBIGUOUS, "-12,345": AMBIGUOUS, "1/1,000": AMBIGUOUS, "0,125": 0.125, "1,0000": 1,
    "1" * 8000: None, "1e-5%": 1.0000000000000001e-07, "(0.5": None, "1.5*10e-3": None, "2 1/2 %": 0.025,
    "-1,234,567.5": -1234567.5, "$x = 12$": 12, "25 %": 0.25, "25%": 0.25, "-0": 0, "5e-324": 5e-324,
    "1.7976931348623157e+308": 1.7976931348623157e+308, "1e+21": 1e+21, "0,": 0, "1e": None, "1/": None,
    "½ %": 0.005, "−½": -0.5,
}  # fmt: skip
"""What is written, and its number; None is no number."""


@pytest.mark.parametrize("written", READ)
def test_numbers_are_read_as_people_write_them(written: str) -> None:
    found: float | str | None
    try:
        found = read_number(written)
    except AmbiguousError:
        found = AMBIGUOUS
    except ValueError:
        found = None
    assert found == READ[written]


def test_an_answer_that_is_cut_off_says_so() -> None:
    with pytest.raises(ValueError, match=f"^'{'a' * 59}…' is no number"):
        read_number("a" * 61)
    with pytest.raises(ValueError, match=f"^'{'a' * 60}' is no number"):
        read_number("a" * 60)


@pytest.mark.parametrize("one", range(1, 9))
def test_fractions_of_one_sign_are_read(one: int) -> None:
    signs = "⅑⅐⅛⅙⅕¼⅓½"
    assert [read_number(sign) for sign in signs] == [1 / k for k in (9, 7, 8, 6, 5, 4, 3, 2)]
    assert read_number(f"{one}⅞") == one + 7 / 8
    assert read_number(f"-{one} ⅔") == -(one + 2 / 3)


SPELLINGS: dict[str, Callable[[str, str], str]] = {
    "e": "{}e{}".format,
    "E": "{}E+{}".format,
    "dot": "{} · 10^{}".format,
    "cross": "{}×10^{{{}}}".format,
    "letter": "{} x 10^({})".format,
    "Python": "{}*10**{}".format,
    "raised": lambda digits, exponent: f"{digits}×10{exponent.translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))}",
}
AROUND = ["{}", " {} ", "= {}", "≈{}", "w1 = {}", "∂(w·x)/∂w = {}", "({})", "y = ({})", "{}/1"]


@pytest.mark.parametrize("spelling", SPELLINGS)
@given(x=st.floats(allow_nan=False, allow_infinity=False), around=st.sampled_from(AROUND), comma=st.booleans(),
       minus=st.sampled_from(["-", "−", "- ", "–"]))  # fmt: skip
def test_every_float_is_read_in_every_spelling(spelling: str, x: float, around: str, comma: bool, minus: str) -> None:
    digits, _, exponent = f"{abs(x):.16e}".partition("e")
    digits = digits.replace(".", ",") if comma else digits
    power = SPELLINGS[spelling](digits, str(int(exponent))).replace("+-", "-")
    assert read_number(around.format((minus if math.copysign(1, x) < 0 else "") + power)) == x


@given(st.floats(-1e6, 1e6), st.sampled_from(["%", " %", "％"]))
def test_percentages_are_hundredths(x: float, percent: str) -> None:
    assert read_number(f"{x!r}{percent}") == x / 100


@given(st.text("0123456789.,/ e%()-+*^x=½²·⁻", max_size=30))
def test_what_is_written_is_a_finite_number_or_refused(text: str) -> None:
    try:
        found = read_number(text)
    except ValueError:
        return
    assert found is None or math.isfinite(found)


def test_the_time_to_read_grows_with_the_length_alone() -> None:
    """Read once for each digit again, as before, these would take hours."""
    for text in ("1" * 10**7 + "x", "1 " * 10**6, "1" * 1990 + "x", "1" * 900 + "." + "1" * 900 + "x", "=" * 1990):
        for _ in range(1000 if len(text) < 2000 else 1):
            with pytest.raises(ValueError, match="is no number"):
                read_number(text)
