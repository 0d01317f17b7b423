"""`ParameterVector`: the numbers of many values as one array, so that one array operation changes them all.

A change of the vector touches none of its values. The first to read or write the number of one of them makes them all
fetch theirs: so a program that trains on arrays pays for the values when somebody looks at them, and not before.
"""

from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from microgradnet import value as clock
from microgradnet.value import Value

Numbers: TypeAlias = NDArray[np.float64]

_data: Any = Value.__dict__["_data"]
_epoch: Any = Value.__dict__["_epoch"]


class ParameterVector:
    """The numbers of `values`, in their order, as one array: what is written to either is read from both.

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

    def __init__(self, values: Iterable[Value]) -> None:
        self.values = tuple(values)
        for value in self.values:
            if not isinstance(value, Value):
                raise TypeError(f"a parameter vector is made of Values, got {value!r}")
            if value.operands:
                raise ValueError(f"a parameter is a leaf, made with parameter(…); this was computed: {value!r}")
        if len(set(self.values)) < len(self.values):
            raise ValueError("a value may stand in a parameter vector only once")
        self._numbers: Numbers = np.empty(len(self.values))
        self._view = self._numbers[:]
        self._view.flags.writeable = False
        self._ahead = False  # whether the values have yet to fetch their numbers
        self._epoch = -1  # as of when the numbers are those of the values

    @property
    def array(self) -> Numbers:
        """The numbers, to be read only: it changes with the vector."""
        self._writable()
        return self._view

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
            raise TypeError(f"numbers are needed, got {numbers!r:.80}")
        self._writable()[index] = numbers
        self._changed()

    def __iadd__(self, change: ArrayLike) -> "ParameterVector":
        numbers = self._writable()
        np.add(numbers, change, numbers)
        return self._changed()

    def __isub__(self, change: ArrayLike) -> "ParameterVector":
        numbers = self._writable()
        np.subtract(numbers, change, numbers)
        return self._changed()

    def __imul__(self, factor: ArrayLike) -> "ParameterVector":
        numbers = self._writable()
        np.multiply(numbers, factor, numbers)
        return self._changed()

    def __repr__(self) -> str:
        return repr(self.array).replace("array", "ParameterVector", 1)

    def __reduce__(self) -> Any:
        return ParameterVector, (self.values,)

    def _writable(self) -> Numbers:
        if not self._ahead and self._epoch != clock._epoch:  # some value somewhere has changed
            self._numbers[:] = [value._data for value in self.values]
            self._epoch = clock._epoch
        return self._numbers

    def _changed(self) -> "ParameterVector":
        clock._epoch += 1
        self._epoch = clock._epoch
        if not self._ahead:
            self._ahead = True
            for value in self.values:
                _data.__set__(value, self)
                value.__class__ = _Held
        return self

    def _fetch(self) -> None:
        """Give every value its number."""
        self._ahead = False
        for value, number in zip(self.values, self._numbers.tolist(), strict=True):
            value.__class__ = Value
            value._data = number
            value._epoch = self._epoch


class _Held(Value):
    """A value whose number is still in its vector, which stands in the number's place meanwhile."""

    __slots__ = ()

    def _read(self) -> float:
        _data.__get__(self)._fetch()
        return float(self._data)

    def _write(self, number: float) -> None:
        _data.__get__(self)._fetch()
        self._data = number

    def _read_epoch(self) -> int:
        _data.__get__(self)._fetch()
        return int(self._epoch)

    _data = property(_read, _write)
    _epoch = property(_read_epoch)

    def __reduce_ex__(self, protocol: Any) -> Any:
        self._read()
        return self.__reduce_ex__(protocol)
