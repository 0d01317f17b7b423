"""Checks of arguments, and of records from files, that several wings need."""

from collections.abc import Collection, Mapping
from numbers import Integral
from typing import Any, TypeVar

from microgradnet._shared.text import closest

T = TypeVar("T")


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


def named(name: object, table: Mapping[str, T], what: str) -> T:
    """The item of a table with this name; `what` is its kind, such as "loss", for the message.

    Raises:
        ValueError: the table lacks the name; the message is `one_of`'s.

    >>> named("b", {"a": 1, "b": 2}, "letter")
    2
    """
    return table[one_of(table, name, what)]


def one_of(names: Collection[str], name: object, what: str) -> str:
    """`name` if it is one of these names; `what` is its kind, such as "paper", for the message.

    Raises:
        ValueError: it is none of them; the message lists them all, and says which is like it.

    >>> one_of(["A4", "Letter"], "a4", "paper")
    Traceback (most recent call last):
    ValueError: unknown paper 'a4': it must be one of A4, Letter; did you mean 'A4'?
    """
    if isinstance(name, str) and name in names:
        return name
    raise ValueError(unknown_name(names, name, what))


def unknown_name(names: Collection[str], name: object, what: str) -> str:
    """The message of `one_of`."""
    near = closest(str(name), names)
    hint = f"; did you mean {near!r}?" if near else ""
    return f"unknown {what} {name!r:.100}: it must be one of {', '.join(names)}{hint}"


def entry(record: object, name: str, *kinds: type) -> Any:
    """The entry `name` of a record from a file, if it has one of these types exactly.

    Raises:
        ValueError: it is missing or of another type.

    >>> entry({"steps": 3}, "steps", int)
    3
    """
    if not isinstance(record, Mapping) or name not in record:
        raise ValueError(f"there is no {name!r}")
    if type(record[name]) not in kinds:
        allowed = " or ".join(kind.__name__ for kind in kinds)
        raise ValueError(f"{name!r} must be of type {allowed}, got {record[name]!r:.80}")
    return record[name]


def list_entry(record: object, name: str, kind: type) -> list[Any]:
    """The entry `name` of a record from a file, if it is a list whose items have this type exactly.

    Raises:
        ValueError: it is missing or no such list.
    """
    items: list[Any] = entry(record, name, list)
    if wrong := [item for item in items if type(item) is not kind]:
        raise ValueError(f"{name!r} must be a list of type {kind.__name__}, got {wrong[0]!r:.80} in it")
    return items
