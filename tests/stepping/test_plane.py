"""The plane of a decision boundary refuses what a page could not draw."""

import pytest

from microgradnet import Value, page
from microgradnet.stepping import Plane

POINTS, SIDES = [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)], [0, 1, 1, 0]


def test_a_plane_says_what_it_needs() -> None:
    x, y = Value(1.0, "x"), Value(2.0, "y")
    product = x * y
    for bad in (
        lambda: Plane((x, Value(1.0)), product, POINTS, SIDES),
        lambda: Plane((x, y), product, [(0.0,)], [1]),
        lambda: Plane((x, y), product, [], []),
        lambda: Plane((x, y), product, [(float("inf"), 0.0)], [1]),
        lambda: Plane((x, x), product, POINTS, SIDES),
        lambda: Plane((x, y), product, POINTS, [0, 1, 1, float("nan")]),
        lambda: Plane((x, y), product, POINTS, SIDES, border=float("nan")),
        lambda: page(x * 2, plane=Plane((x, y), product, POINTS, SIDES)),
    ):
        with pytest.raises(ValueError, match=r"plane|X has"):
            bad()
