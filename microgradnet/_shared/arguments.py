"""Checks of arguments that several wings need."""

from numbers import Integral


def as_count(number: object, what: str) -> int:
    """`number` if it is a whole number of at least 1; an error that says `what` has to be one otherwise.

    Raises:
        ValueError: it is not.

    >>> as_count(3, "the number of inputs")
    3
    """
    if isinstance(number, bool) or not isinstance(number, Integral) or number < 1:
        raise ValueError(f"{what} must be a whole number of at least 1, got {number!r}")
    return int(number)
