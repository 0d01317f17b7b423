"""`ParameterVector`: the numbers of many values as one array, which a single array operation changes.

Values are synchronised lazily: a change of the vector touches none of them, and the first read or write of the number
of one synchronises all. To write every number back at once, 40 to 90 ns each, would double to quadruple the time of a
training step of a small network (64-32-10, batch 32).

Until then a value has no number, and is of a subclass that looks for it here: nowhere else is a class swapped. A
`__getattr__` of `Value` itself, or of a class of parameters, makes arithmetic on Values slower by 20 to 50 %: CPython
3.11 reads their slots quickly only where a class has none.
"""

import os
from collections import deque
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain, repeat
from threading import RLock
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from microgradnet import graph
from microgradnet.value import Value

Numbers: TypeAlias = NDArray[np.float64]


class ParameterVector:
    """The numbers of `values`, in their order, as one array; a change of either is a change of both.

    Raises:
        TypeError: one of them is no Value.
        ValueError: a value is among them twice, or was computed from others.

    >>> from microgradnet import parameter
    >>> w, b = parameter(1.0, "w"), parameter(2.0, "b")
    >>> theta = ParameterVector([w, b])
    >>> theta -= [0.5, 0.25]
    >>> w.data, b.data
    (0.5, 1.75)
    >>> w.data = 4.0
    >>> theta
    ParameterVector([4.  , 1.75])
    """

    _lock = RLock()
    """Held while numbers go from values to a vector, or back: two vectors may have the same values, in two threads."""

    def __init__(self, values: Iterable[Value]) -> None:
        self.values = tuple(values)
        for value in self.values:
            if not isinstance(value, Value):
                raise TypeError(f"a parameter vector is made of Values, got {value!r}")
            if value.operands:
                raise ValueError(f"a parameter is a leaf, made with parameter(…); this was computed: {value!r}")
        if len(set(self.values)) < len(self.values):
            raise ValueError("a value may stand in a parameter vector only once")
        self._numbers: Numbers = np.empty(0)  # a change makes a new array
        self._ahead = False  # whether the values are not yet synchronised
        self._clock = -1  # the time at which the numbers were last equal to those of the values
        self._synchronise()  # so that no other vector keeps them
        self._classes: list[Any] = [type(value) for value in self.values]
        self._kept = [_kept(each) for each in self._classes]

    @property
    def array(self) -> Numbers:
        """The numbers as a read-only array; a change of the vector makes a new one."""
        self._synchronise()
        return self._numbers

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self.array, dtype)

    def __len__(self) -> int:
        return len(self.values)

    def __iter__(self) -> Iterator[float]:
        return iter(self.array.tolist())

    def __getitem__(self, index: Any) -> Any:
        return self.array[index]

    def __setitem__(self, index: Any, numbers: ArrayLike) -> None:
        if np.asarray(numbers).dtype.kind not in "fiub":
            raise _no_numbers(numbers)
        changed = self.array.copy()
        changed[index] = numbers
        self._change_to(changed)

    def __iadd__(self, change: ArrayLike) -> "ParameterVector":
        return self._apply(np.add, change)

    def __isub__(self, change: ArrayLike) -> "ParameterVector":
        return self._apply(np.subtract, change)

    def __imul__(self, factor: ArrayLike) -> "ParameterVector":
        return self._apply(np.multiply, factor)

    def __itruediv__(self, divisor: ArrayLike) -> "ParameterVector":
        return self._apply(np.divide, divisor)

    def __repr__(self) -> str:
        return repr(self.array).replace("array", "ParameterVector", 1)

    def __reduce__(self) -> Any:
        return ParameterVector, (self.values,)

    def fetch(self) -> None:
        """Synchronise the values: each gets its number."""
        with self._lock:
            if not self._ahead:
                return
            _at_once(
                map(setattr, self.values, repeat("_changed"), repeat(self._clock)),
                map(setattr, self.values, repeat("_data"), self._numbers.tolist()),
                map(setattr, self.values, repeat("__class__"), self._classes),
                map(dict.pop, map(vars, self.values), repeat("_keeper"), repeat(None)),
                map(setattr, [self], ["_ahead"], [False]),
            )

    def _synchronise(self) -> None:
        """Take the numbers of the values, if some have been changed since."""
        if self._ahead or self._clock == graph.clock:
            return
        with self._lock:
            if not self._ahead:
                now = graph.clock  # before they are read: one that changes meanwhile is read again
                self._numbers = _read_only(np.array([value._data for value in self.values]))
                self._clock = now

    def _apply(self, function: Any, operand: ArrayLike) -> "ParameterVector":
        numbers = self.array
        try:
            changed = function(numbers, operand, np.empty_like(numbers))
        except TypeError:
            raise _no_numbers(operand) from None
        self._change_to(changed)
        return self

    def _change_to(self, numbers: Numbers) -> None:
        """Have these numbers: from now on the values have none, until one of them is read."""
        with self._lock:
            self._synchronise()  # no other vector keeps them
            if not self._ahead:
                _at_once(
                    map(dict.__setitem__, map(vars, self.values), repeat("_keeper"), repeat(self)),
                    map(setattr, self.values, repeat("__class__"), self._kept),
                    map(delattr, self.values, repeat("_data")),
                    map(delattr, self.values, repeat("_changed")),
                    map(setattr, [self], ["_ahead"], [True]),
                )
            graph.clock += 1
            self._clock, self._numbers = graph.clock, _read_only(numbers)


def _no_numbers(given: Any) -> TypeError:
    return TypeError(f"numbers are needed, got {given!r:.80}")


def _read_only(numbers: Numbers) -> Numbers:
    numbers.flags.writeable = False
    return numbers


def _at_once(*changes: Iterable[None]) -> None:
    """Make all changes, iterators implemented in C, in order within one call of C, which no Ctrl-C interrupts."""
    deque(chain(*changes), maxlen=0)


def _fetched(value: Value, name: str) -> Any:
    """Fetch a missing number, and look for the attribute again."""
    if keeper := vars(value).get("_keeper"):  # else another thread has fetched it meanwhile
        keeper.fetch()
    return getattr(value, name)


@cache
def _kept(of: Any) -> Any:
    """The subclass of a value whose number is only in a vector: it looks there for an attribute that is missing."""
    return type(of.__name__, (of,), {"__slots__": (), "__getattr__": _fetched})


def _renew() -> None:
    """In a process that was forked off: no thread is left to release the lock."""
    ParameterVector._lock = RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
