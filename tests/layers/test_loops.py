"""`for_each` and `scan` are the loops that they stand for, and say what they cannot loop over."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnet import Value, for_each, scan

NUMBERS = st.lists(st.integers(-9, 9), max_size=5)


@given(NUMBERS)
def test_for_each_is_a_loop(xs: list[int]) -> None:
    assert for_each(lambda x: (x, -x), xs) == [(x, -x) for x in xs]
    assert for_each(lambda x, y: x - y, iter(xs), range(len(xs))) == [x - i for i, x in enumerate(xs)]


@given(NUMBERS, st.integers(-9, 9))
def test_scan_is_a_loop(xs: list[int], start: int) -> None:
    state, outputs = start, []
    for i, x in enumerate(xs):
        state = 2 * state + x
        outputs.append((state, i))
    found = scan(lambda s, x, i: (2 * s + x, (2 * s + x, i)), start, iter(xs), range(len(xs)))
    assert found == (state, outputs)


def test_a_state_may_be_nested() -> None:
    x = [Value(2.0), Value(3.0)]

    def body(state: Any, x: Value) -> Any:
        (a, [b]), c = state
        return ((b, [a + x]), c * x), c

    ((a, [b]), c), outputs = scan(body, ((Value(0.0), [Value(1.0)]), Value(1.0)), x)
    assert (a.data, b.data, c.data) == (2.0, 4.0, 6.0)
    assert outputs[1].data == 2.0
    c.backward()
    assert [xi.grad for xi in x] == [3.0, 2.0]


@pytest.mark.parametrize(("loop", "first"), [(for_each, ()), (scan, (0,))], ids=["for_each", "scan"])
def test_what_cannot_be_looped_over_is_refused(loop: Any, first: tuple[Any, ...]) -> None:
    name = loop.__name__

    def body(*row: Any) -> Any:
        return row[0], row[0]

    with pytest.raises(ValueError, match=f"{name} takes sequences of one length, got 2 and 3 and 2 rows"):
        loop(body, *first, [1, 2], [1, 2, 3], [1, 2])
    with pytest.raises(TypeError, match=f"{name} takes a function first, got 3"):
        loop(3, *first, [1, 2])
    with pytest.raises(TypeError, match=f"{name} takes at least one sequence of rows, got none"):
        loop(body, *first)
    with pytest.raises(TypeError, match=rf"{name} takes sequences of rows, such as lists, got Value\(data=1.0\)"):
        loop(body, *first, Value(1.0))


@pytest.mark.parametrize("returned", [None, 1.0, [1, 2], (1,), (1, 2, 3)])
def test_a_body_of_scan_returns_a_pair(returned: Any) -> None:
    with pytest.raises(TypeError, match=r"the function of scan returns a pair \(state, output\), got "):
        scan(lambda state, x: returned, 0, [1])
