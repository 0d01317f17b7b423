"""Values in nested lists, tuples and dicts: taken out, leaving a slot in the place of each, and put in again."""

from collections.abc import Callable, Iterator
from typing import Any

from microgradnet.value import Value, constant


class _Slot:
    """Where a Value stood in nested lists, tuples and dicts."""


_SLOT = _Slot()


def apart(thing: Any, values: list[Value], is_state: bool = False) -> Any:
    """The thing with a slot for each Value, which is appended to `values`; a plain number of a state is one, too."""
    if isinstance(thing, Value) or (is_state and isinstance(thing, int | float) and not isinstance(thing, bool)):
        values.append(thing if isinstance(thing, Value) else constant(thing))
        return _SLOT
    return _mapped(lambda item: apart(item, values, is_state), thing)


def together(template: Any, values: Iterator[Value]) -> Any:
    """The thing again, with these values in its slots."""
    return next(values) if template is _SLOT else _mapped(lambda item: together(item, values), template)


def _mapped(function: Callable[[Any], Any], thing: Any) -> Any:
    """A list, tuple or dict with the function applied to each item; anything else as it is."""
    if isinstance(thing, tuple) and hasattr(thing, "_make"):  # a named one
        return thing._make(map(function, thing))
    if type(thing) in (list, tuple):
        return type(thing)(map(function, thing))
    return {key: function(item) for key, item in thing.items()} if type(thing) is dict else thing


def is_same(template: Any, other: Any) -> bool:
    """Whether two things differ in their Values alone; the keys of dicts are in one order."""
    if type(template) is not type(other):
        return False
    if isinstance(template, list | tuple):
        return len(template) == len(other) and all(map(is_same, template, other))
    if isinstance(template, dict):
        return [*template] == [*other] and all(map(is_same, template.values(), other.values()))
    return template is other or (isinstance(template, int | float | str) and template == other)
