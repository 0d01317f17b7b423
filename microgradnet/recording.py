"""What is recorded when a value is made: what it was computed from and, on request, where in the program.

The switches are global: they hold for all that is computed in this process while they are on.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from math import isfinite
from typing import TYPE_CHECKING, NamedTuple

from microgradnet.errors import AnomalyError, CaptureError, domain_error, named_all

if TYPE_CHECKING:
    from microgradnet.ops import Operation
    from microgradnet.value import Value

enabled = True
"""False inside no_grad()."""
observe: "Callable[[Value], object] | None" = None
"""Told of each new value; None while nobody wants to know."""
_observers: "list[Callable[[Value], object]]" = []
capturing = False
"""True while `compile` captures a function: what would freeze a number of that one run is then refused."""
refusals: list[CaptureError] = []
"""The errors of the capture that is under way."""
detecting_anomalies = 0
"""How often it was asked that a value computed from an infinity or a NaN be an error: see `detect_anomaly`."""

_PACKAGE = os.path.dirname(__file__) + os.sep
_EXAMPLES = os.path.join(_PACKAGE, "teach", "examples", "")  # to be read as a user's own program
_CONTEXTLIB = contextmanager.__code__.co_filename  # stands between a with statement and ours
_is_ours: dict[str, bool] = {}


@contextmanager
def no_grad() -> Iterator[None]:
    """Inside, arithmetic records no graph: its results are leaves. Also a decorator.

    >>> from microgradnet import Value
    >>> with no_grad():
    ...     (Value(2.0) * 3).operands
    ()
    """
    if capturing:
        raise capture_error("no_grad()", "leave it out: compile(function) without parameters computes no gradients")
    with graph_recorded(False):
        yield


@contextmanager
def graph_recorded(whether: bool = True) -> Iterator[None]:
    """Inside, arithmetic records a graph or it does not, whatever it does around."""
    global enabled  # noqa: PLW0603  # the switch is for all operators
    before, enabled = enabled, whether
    try:
        yield
    finally:
        enabled = before


class Source(NamedTuple):
    """A place in a program.

    >>> print(Source("/home/me/lesson.py", 12, "forward"))
    lesson.py:12
    """

    file: str
    line: int
    function: str

    def __str__(self) -> str:
        if "ipykernel_" in self.file:  # a notebook's cell, whose file has a number for a name
            return f"line {self.line} of the cell"
        return f"{os.path.basename(self.file)}:{self.line}"


class Switch:
    """Something that was turned on: as a `with` statement it is on inside, else until `off()`.

    >>> switch = Switch(lambda: print("off now"))
    >>> with switch:
    ...     pass
    off now
    """

    def __init__(self, off: Callable[[], object]) -> None:
        self._off: Callable[[], object] | None = off

    def off(self) -> None:
        """Turn it off; a second time does nothing, and so takes nothing from whoever else has turned it on."""
        off, self._off = self._off, None
        if off is not None:
            off()

    def __enter__(self) -> "Switch":
        return self

    def __exit__(self, *exception: object) -> None:
        self.off()


def trace_source() -> Switch:
    """From now on each new value remembers the line of the program that made it, as its `source`.

    Errors, steps, tooltips and pages then show it. Making a value takes several times as long meanwhile (see
    README, Speed), so it is off unless asked for.

    >>> from microgradnet import Value
    >>> with trace_source():
    ...     x = Value(3.0, "x")
    >>> x.source.line, Value(2.0).source
    (2, None)
    """
    return observing(_keep_source)


def observing(observer: "Callable[[Value], object]") -> Switch:
    """From now on `observer` is told of each new value, until the switch is off."""
    _observers.append(observer)
    _tell_observers()
    return Switch(partial(_stop_observing, observer))


def _stop_observing(observer: "Callable[[Value], object]") -> None:
    _observers.remove(observer)
    _tell_observers()


def _tell_observers() -> None:
    global observe  # noqa: PLW0603  # a single name to look at, as every new value looks
    told = list(dict.fromkeys(_observers))
    observe = None if not told else told[0] if len(told) == 1 else lambda node: [observer(node) for observer in told]


def refuse_infinity(op: "Operation", operands: "tuple[Value, ...]", data: float) -> None:
    """Raise an error for an infinity or NaN, unless it is due to one put in as data and nobody is looking for those."""
    if all(isfinite(operand._data) for operand in operands):
        raise domain_error(op, operands) from None
    if detecting_anomalies:
        raise AnomalyError(
            f"{op.code} gives {data} for {named_all(operands)}: an infinity or NaN went in as data, "
            "or came from a value that was computed before detect_anomaly()"
        )


class TracedOperands(tuple["Value", ...]):
    """The operands of a value, and where it was made. Kept here, as a place in every value would cost memory."""

    source: Source


def _keep_source(node: "Value") -> None:
    node.operands = TracedOperands(node.operands)
    node.operands.source = here()


def here() -> Source:
    """The line of the program that microgradnet was called from."""
    frame = sys._getframe(1)
    while frame.f_back is not None and _is_in_package(frame.f_code.co_filename):
        frame = frame.f_back
    return Source(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)


def capture_error(what: str, remedy: str) -> CaptureError:
    """The error for `what`, met while a function is captured; kept, in case the function goes on without it."""
    error = CaptureError(f"{here()}: {what} would freeze a number of one sample into the compiled program; {remedy}")
    refusals.append(error)
    return error


def _is_in_package(file: str) -> bool:
    if file not in _is_ours:
        _is_ours[file] = file == _CONTEXTLIB or (file.startswith(_PACKAGE) and not file.startswith(_EXAMPLES))
    return _is_ours[file]
