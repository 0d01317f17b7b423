"""Curves as text: their size, what is written beside them, and what is refused."""

import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from microgradnet.drawing.textplot import LEVELS, spark

LARGEST = 1.7976931348623157e308
finite = st.floats(allow_nan=False, allow_infinity=False)


def columns(text: str) -> list[int]:
    """The height of each column of blocks, in eighths of a character."""
    rows = [line.partition(" ┤")[2] for line in text.split("\n")[:-1]]
    wide = max(map(len, rows))
    return [sum(LEVELS.index(row.ljust(wide)[i]) for row in rows) for i in range(wide)]


@given(st.lists(finite, min_size=1, max_size=150), st.integers(1, 70), st.integers(1, 9))
@example([LARGEST, -LARGEST], 9, 2)
@example([LARGEST] * 7, 2, 2)
@example([5e-324], 9, 2)
def test_it_has_its_size_and_stands_on_its_range(numbers: list[float], width: int, height: int) -> None:
    *rows, places = spark(numbers, width, height).split("\n")
    assert len(rows) == height
    assert len({row.index("┤") for row in rows}) == 1
    assert all(row == row.rstrip() for row in rows)
    assert all(set(row.partition(" ┤")[2]) <= set(LEVELS) for row in rows)
    assert all(len(row.partition(" ┤")[2]) <= min(width, len(numbers)) for row in rows)
    last = ["0", str(len(numbers) - 1)] if len(numbers) > 1 else ["0"]
    assert places.split() == last
    assert places.index("0") == rows[0].index("┤") + 1


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=60))
def test_a_larger_number_is_no_lower(numbers: list[float]) -> None:
    heights = columns(spark(numbers))
    heights += [0] * (len(numbers) - len(heights))  # a blank at the end of every row is not written
    by_number = [height for _, height in sorted(zip(numbers, heights, strict=True))]
    assert by_number == sorted(by_number)
    assert max(heights) == (64 if max(numbers) > 0 else 0)


def test_numbers_below_0_are_drawn_from_the_smallest() -> None:
    assert spark([-1, -2, 3], height=2) == " 3 ┤  █\n−2 ┤▃▁█\n    0 2"
    assert columns(spark([-3.0] * 4)) == [1] * 4


def test_more_numbers_than_columns_are_averaged() -> None:
    assert spark([0, 2, 4, 4], width=2, height=1) == "0 to 4 ┤▂█\n        0 3"
    assert columns(spark([0.1] * 1000, height=1)) == [8] * 60


def test_nothing_but_zeros_has_a_range_too() -> None:
    assert spark([0, 0], height=2) == "1 ┤\n0 ┤\n   0 1"


@pytest.mark.parametrize(
    ("arguments", "error", "told"),
    [
        (([],), ValueError, "nothing to draw: give spark at least one number"),
        (([1, math.nan],), ValueError, "spark, number 1: nan is not finite"),
        (([math.inf],), ValueError, "spark, number 0: inf is not finite"),
        ((["1"],), TypeError, "spark, number 0: expected one real number"),
        (([1], 0), ValueError, "the width of a plot must be a whole number of at least 1, got 0"),
        (([1], 9, -1), ValueError, "the height of a plot must be"),
    ],
)
def test_what_cannot_be_drawn_is_refused(arguments: Any, error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        spark(*arguments)
