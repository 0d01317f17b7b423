"""What a function may not do while it is captured: each raises a `CaptureError` at its line, with a remedy.

Every way in which a `Value` tells its number would detach that number from the graph, and bake one sample's into the
program. So while a function runs, the class itself is observed: its methods ask whether the thread that called them
captures. No instance is changed, and one assignment restores them all.
"""

import re
import sys
from collections import deque
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import chain
from linecache import getline
from numbers import Real
from typing import Any, NoReturn

from microgradnet.by_hand import OperationByHand
from microgradnet.errors import CaptureError
from microgradnet.ops import PARAMETER, Operation
from microgradnet.recording import Hook, hooks
from microgradnet.stepping.tracing import here, is_in_package
from microgradnet.value import Value, apply, constant

_BRANCH = "a branch applies to all samples: use maximum, minimum, relu or abs, or where(a > b, …), or branch outside"
_NUMBER = (
    "use microgradnet's own functions of Values (exp, relu, …) or define one with @operation, and read numbers outside"
)
_GRADIENT = "compile(function, parameters) gives the gradients; grad(…, create_graph=True) is captured"
_ROW = "a row chosen by its number is an Embedding of a one-hot row, which compile(…, symbols={name: count}) makes"
_INDEX = f"{_ROW}, and x[i] is weighted_sum(one_hot, x); a number that is the same for all samples is read outside"
_MEANT = {
    r"\b(int|round|floor|ceil|range)\(|\[[^\]]*\.data": _ROW,
    r"\bmax\(": "the largest number taken out inside a softmax is what softmax and logsumexp do by themselves",
}
"""What a line that matches was probably written for, and what does that in a compiled function."""


def _refusing(name: str, what: str, remedy: str) -> Any:
    """The method `name` of Value, which would detach a number from the graph, where it is refused during capture."""
    plain = getattr(Value, name)

    def method(self: Value, *arguments: Any) -> Any:
        if capturing():
            raise capture_error(what, remedy)
        return plain(self, *arguments)

    return method


_PLAIN = dict(vars(Value))


def _read(value: Value) -> float:
    if capturing():
        raise capture_error(".data", _NUMBER)
    return value._data


def _write(value: Value, number: float) -> None:
    if capturing():
        raise capture_error("setting .data", "a program's inputs are its arguments: pass it as one")
    _PLAIN["data"].__set__(value, number)


def _read_grad(value: Value) -> float:
    if capturing() and not is_in_package(sys._getframe(1).f_code.co_filename):  # the engine may
        raise capture_error(".grad", _GRADIENT)
    return _PLAIN["grad"].__get__(value)  # type: ignore[no-any-return]


def _equal(value: Value, other: object) -> Any:
    if isinstance(other, Real) and capturing():
        raise capture_error(f"== {other!r}", _BRANCH)
    return _PLAIN["__eq__"](value, other)


def _formatted(value: Value, spec: str) -> str:
    if spec and capturing():
        raise capture_error("a number as text", "read numbers outside; without a format, print shows the traced value")
    return _PLAIN["__format__"](value, spec)  # type: ignore[no-any-return]


def _shown(value: Value) -> str:
    if not capturing():
        return _PLAIN["__repr__"](value)  # type: ignore[no-any-return]
    return f"{type(value).__name__}(traced, label={value.label!r})" if value.label else "Value(traced)"


def _index(value: Value) -> NoReturn:
    """For int(v) and range(v), too. Elsewhere, as in other threads, a Value is no integer."""
    if capturing():
        raise capture_error("a traced value as an index or a whole number", _INDEX)
    raise TypeError(f"{type(value).__name__!r} object cannot be interpreted as an integer")


def _comparing(name: str, is_above: bool, is_strict: bool) -> Any:
    plain = getattr(Value, name)

    def method(self: Value, other: Any) -> Any:
        if not capturing():
            return plain(self, other)
        other = other if isinstance(other, Value) else constant(other)
        return _Comparison((self, other) if is_above else (other, self), is_strict)

    return method


class _Comparison:
    """`a > b` or `a >= b` during capture: it is for `where`, which becomes a node, and refuses to be a bool."""

    def __init__(self, operands: tuple[Value, Value], is_strict: bool) -> None:
        self.operands, self.is_strict = operands, is_strict

    def _refused(self, *operands: Any) -> NoReturn:
        raise capture_error("a comparison (in an if, a loop, min, max, sorted, …)", _BRANCH)

    __bool__ = __int__ = __index__ = __float__ = __eq__ = __add__ = __radd__ = __mul__ = __rmul__ = _refused
    __hash__ = __and__ = __or__ = __xor__ = __invert__ = __sub__ = __rsub__ = __neg__ = _refused

    def __repr__(self) -> str:
        return "a comparison (traced)"

    def choose(self, if_true: Any, if_false: Any) -> Value:
        """The node for `where(a > b, if_true, if_false)`."""
        operands = [x if isinstance(x, Value) else constant(x) for x in (*self.operands, if_true, if_false)]
        return apply(ABOVE if self.is_strict else NOT_BELOW, tuple(operands))


def _above_derivatives(m: Any, y: Any, a: Any, b: Any, if_true: Any, if_false: Any) -> tuple[Any, ...]:
    return 0.0, 0.0, m.where(a > b, 1.0, 0.0), m.where(a > b, 0.0, 1.0)


def _above(m: Any, a: Any, b: Any, if_true: Any, if_false: Any) -> Any:
    return m.where(a > b, if_true, if_false)


def _not_below_derivatives(m: Any, y: Any, a: Any, b: Any, if_true: Any, if_false: Any) -> tuple[Any, ...]:
    return 0.0, 0.0, m.where(a >= b, 1.0, 0.0), m.where(a >= b, 0.0, 1.0)


def _not_below(m: Any, a: Any, b: Any, if_true: Any, if_false: Any) -> Any:
    return m.where(a >= b, if_true, if_false)  # not the same as not b > a, if one is a NaN


ABOVE = Operation(_above, _above_derivatives, name="where", code="where(a > b, if_true, if_false)")
NOT_BELOW = Operation(_not_below, _not_below_derivatives, name="where", code="where(a >= b, if_true, if_false)")
"""What `where` on a comparison is in a program; eagerly it is the value that is chosen."""

_OBSERVED: dict[str, Any] = {
    "data": property(_read, _write),
    "grad": property(_read_grad, _PLAIN["grad"].__set__),
    "__eq__": _equal,
    "__format__": _formatted,
    "__repr__": _shown,
    "__lt__": _comparing("__lt__", False, True),
    "__le__": _comparing("__le__", False, False),
    "__gt__": _comparing("__gt__", True, True),
    "__ge__": _comparing("__ge__", True, False),
    "__bool__": _refusing("__bool__", "the truth of a value", _BRANCH),
    "__float__": _refusing("__float__", "float(v)", _NUMBER),
    "__index__": _index,
    "detach": _refusing("detach", "detach()", "pass numbers without a gradient as a separate argument"),
}
"""How `Value` tells its number while a function is captured: in the thread that captures, not at all."""
_OWN = {name: _PLAIN[name] for name in _OBSERVED if name in _PLAIN}
_ADDED = [name for name in _OBSERVED if name not in _OWN]
"""The methods that `Value` has at other times, and the names of those that it has only then."""


class CaughtFailures(Hook):
    """Refuses a function that catches a DomainError: for some samples it would compute something else."""

    def __init__(self) -> None:
        self.refusals: list[CaptureError] = []

    def failed(self, op: Operation, operands: Sequence[Any]) -> None:
        """An operation without a finite value: the error is of no matter if nobody catches it."""
        if not _is_lenient():
            self.refusals.append(_refusal(f"catching the DomainError of {op.name!r}", _BRANCH))

    def refuse(self) -> None:
        """Raise the first of the errors: the function has ended, and so has caught it."""
        if self.refusals:
            raise self.refusals[0]


class Capturing(CaughtFailures):
    """Records the values that are created, and refuses what would detach a number.

    Attributes:
        made: the values, in order.
        inside: the values of loops' bodies, which are no part of the program around them.

    Its `with` statement is entered twice, begins with `on()` and ends with `off()`: see `Hook`.
    """

    def __init__(self) -> None:
        self.made: list[Value] = []
        self.inside: set[Value] = set()
        super().__init__()

    def on(self) -> None:
        """Begin to observe."""
        super().on()
        _set_methods(_OBSERVED)

    def off(self) -> None:
        """Give `Value` its own methods back."""
        _set_methods(_OWN, _ADDED)
        super().off()

    def created(self, node: Value) -> None:
        """Record a value; refuse one that the program could not make again."""
        self.made.append(node)
        if isinstance(node.op, OperationByHand):
            raise capture_error(f"{node.op.name!r}, a Value with its own operands,", "define it with @operation")
        if node.op is PARAMETER:
            raise capture_error("a parameter made by the function", "make it before, by calling the function once, say")

    def before(self, what: str, nodes: Sequence[Value]) -> None:
        """Refuse a pass that leaves numbers."""
        if what == "backward":
            raise capture_error("a backward pass", "compile(function, parameters) gives the gradients")
        if what == "grad":
            raise capture_error("a gradient as a number", "ask for grad(…, create_graph=True)")
        if what == "no_grad":
            raise capture_error("no_grad()", "remove it: compile(function) without parameters computes no gradients")

    def refuse_inside(self, values: Iterable[Value]) -> None:
        """Raise an error if one of the values belongs to the body of a loop."""
        if not self.inside.isdisjoint(values):
            raise CaptureError(
                "a value that is made inside the function of for_each or scan is used outside of it: that function "
                "has to return it"
            )


_set, _remove, _is_set = partial(setattr, Value), partial(delattr, Value), vars(Value).__contains__


def _set_methods(methods: dict[str, Any], removed: Sequence[str] = ()) -> None:
    # one line, in C: no Ctrl-C comes between
    deque(chain(map(_set, methods, methods.values()), map(_remove, filter(_is_set, removed))), maxlen=0)


def capturing() -> Capturing | None:
    """The capture that this thread is in, if it is in one."""
    for hook in hooks():
        if isinstance(hook, Capturing):
            return hook
    return None


def capture_error(what: str, remedy: str) -> CaptureError:
    """Create the error for `what` during capture, and record it, in case the function catches it."""
    error = _refusal(what, remedy)
    if current := capturing():
        current.refusals.append(error)
    return error


def _refusal(what: str, remedy: str) -> CaptureError:
    place = here()
    line = getline(place.file, place.line)
    meant = [hint for written, hint in _MEANT.items() if re.search(written, line)]
    remedies = [remedy, *[hint for hint in meant if hint not in remedy]]
    return CaptureError(
        f"{place}: {what} would bake one sample's value into the compiled program; {'; '.join(remedies)}"
    )


def _is_lenient() -> bool:
    """Whether a derivative is computed that nobody may need: `grad` goes on without it."""
    frame = sys._getframe(1)
    while frame.f_back is not None and is_in_package(frame.f_code.co_filename):
        if frame.f_globals.get("__name__") == "microgradnet.gradients" and frame.f_code.co_name == "function":
            return True
        frame = frame.f_back
    return False
