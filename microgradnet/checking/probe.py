"""`Probe`: an operand for a new rule that shows whether arrays and symbols can go through the rule.

Arithmetic on probes gives probes. An operation that only a single number has (a branch, `math.exp`, `x == 0`) raises
an error that names the function to write instead.
"""

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from microgradnet.ops import floats

FUNCTIONS = tuple([name for name in floats.__all__ if name != "as_float"])
"""The functions of the namespace `m` of a rule."""


class RuleError(Exception):
    """A rule uses an operation that only a single number has; the message says what to write instead."""


def _operator(self: "Probe", other: object = 0.0) -> Any:
    return Probe() if isinstance(other, Probe | int | float) else NotImplemented


def _refuse(what: str, instead: str) -> Callable[..., NoReturn]:
    def method(self: "Probe", *arguments: object) -> NoReturn:
        raise RuleError(f"{what}: {instead}")

    return method


_WHERE = "take m.where(x > 0, one, other), which takes a number each from two results"
_FUNCTIONS = "take the functions of m, as m.exp(x), m.abs(x), m.maximum(a, b)"


class Probe:
    """An operand that stands for a number, an array or a symbol.

    >>> x = Probe()
    >>> isinstance(2.0 * x**2 + 1.0, Probe)
    True
    """

    __slots__ = ()
    __array_ufunc__ = None  # nor can NumPy's functions take it
    __hash__ = object.__hash__

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _operator
    __pow__ = __rpow__ = __neg__ = __lt__ = __le__ = __gt__ = __ge__ = _operator
    __bool__ = _refuse("it branches on a number (if, and, or, not, min, max)", _WHERE)
    __eq__ = __ne__ = _refuse("it compares with == or !=", "compare with <, <=, > or >=")
    __float__ = __int__ = __index__ = __complex__ = _refuse("it needs a single number (math.exp, float)", _FUNCTIONS)
    __abs__ = __round__ = __floor__ = __ceil__ = __trunc__ = _refuse("it rounds or takes abs() of a number", _FUNCTIONS)


class Probes:
    """The namespace of probes.

    Args:
        without: functions that this namespace lacks.
    """

    def __init__(self, without: Sequence[str] = ()) -> None:
        self._names = [name for name in FUNCTIONS if name not in without]

    def __getattr__(self, name: str) -> Any:
        if name not in self._names:
            raise RuleError(f"it asks for m.{name}: m has {', '.join(self._names)}")

        def function(*arguments: object) -> Probe:
            listed = arguments[0] if name in ("total", "largest") and arguments else arguments
            _operands(name, listed if isinstance(listed, list | tuple) else ())
            return Probe()

        return function


def _operands(name: str, given: Sequence[object]) -> None:
    """Raise a RuleError for operands that no namespace's function would take."""
    counts = {"maximum": 2, "minimum": 2, "where": 3, "total": len(given), "largest": len(given)}
    wanted = counts.get(name, 1)
    if len(given) != wanted or not given:
        raise RuleError(f"it gives m.{name} {len(given)} operands: it takes {wanted or 'a list'}")
    for one in given:
        if not isinstance(one, Probe | int | float):
            raise RuleError(f"it gives m.{name} {one!r}, which is no number")
