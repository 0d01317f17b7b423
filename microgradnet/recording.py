"""`no_grad`, and hooks: how the wings observe values being computed and differentiated.

A hook is on in the thread or task that turned it on, and in no other.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from math import isfinite
from typing import TYPE_CHECKING, Any

from microgradnet.errors import DomainError, domain_error
from microgradnet.ops.operation import UNRECORDED, Operation

if TYPE_CHECKING:
    from microgradnet.value import Value


class Hook:
    """An observer of the engine. A subclass overrides the methods it needs; it is on from its making until `off()`.

    It is a context manager, too: off at the end of a `with` statement. Where no Ctrl-C may ever leave it on, a subclass
    does not call `Hook.__init__`, and is used as `with hook, hook:`, a body that begins with `hook.on()` and ends with
    `hook.off()`.
    """

    records: bool | None = None
    """Whether new values remember their operands: True, False, or None for no opinion; the last opinion counts."""

    def __init__(self) -> None:
        self.on()

    def on(self) -> None:
        """Turn it on in this thread or task."""
        _hooks.set((*hooks(), self))
        active.add(self)

    def off(self) -> None:
        """Turn it off, from any thread; calling it again does nothing."""
        active.discard(self)
        _hooks.set(tuple(hooks()))  # drop the reference, which would keep it alive

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *exception: object) -> None:
        self.off()

    def created(self, node: "Value") -> None:
        """A value was made."""

    def infinite(self, op: Operation, operands: "Sequence[Value]", data: float) -> None:
        """An operation gave an infinity or NaN, and one of its operands is one."""

    def failed(self, op: Operation, operands: "Sequence[Value]") -> None:
        """An operation has no finite value; a DomainError follows."""

    def before(self, what: str, nodes: "Sequence[Value]") -> None:
        """Called before a "backward" or "grad" pass over these nodes, or "no_grad"; an error here prevents it."""

    def loop(self, function: "Callable[..., Any]", state: Any, rows: Sequence[tuple[Any, ...]]) -> Any:
        """What `scan` returns, if it is computed in another way than row by row; None otherwise."""
        return None

    def propagate(self, computed: "list[Value]", m: Any, read: "Callable[[Value], Any]") -> bool:
        """Pass gradients back through these nodes in place of the loop; return whether that was done."""
        return False


active: set[Hook] = set()
"""The hooks that are on in any thread or task."""
_hooks: ContextVar[tuple[Hook, ...]] = ContextVar("hooks", default=())


def hooks() -> list[Hook]:
    """The hooks that are on here, in the order they were turned on."""
    return [hook for hook in _hooks.get() if hook in active] if active else []


def is_recording() -> bool:
    """Whether a new value remembers its operands here."""
    return next((hook.records for hook in reversed(hooks()) if hook.records is not None), True)


def notify(node: "Value") -> None:
    """Detach a new value from its operands where nothing is recorded, then notify the hooks."""
    here = hooks()
    if here and node.operands and not is_recording():
        node.op, node.operands = UNRECORDED, ()
    for hook in here:
        hook.created(node)


def failure(op: Operation, operands: "Sequence[Value]", of: str = "", path: "Sequence[Value]" = ()) -> DomainError:
    """Notify the hooks that an operation has no finite value; return the error that says so: see `domain_error`."""
    for hook in hooks():
        hook.failed(op, operands)
    return domain_error(op, operands, of, path)


def check_finite(op: Operation, operands: "Sequence[Value]", data: float) -> None:
    """Raise an error for an infinity or NaN, unless it is a leaf's or due to one."""
    if not operands:
        return
    if all(isfinite(operand._data) for operand in operands):
        raise failure(op, operands) from None
    for hook in hooks():
        hook.infinite(op, operands, data)


class _Recording(Hook):
    def __init__(self, records: bool) -> None:
        self.records = records


@contextmanager
def graph_recorded(records: bool = True) -> Iterator[None]:
    """Inside, arithmetic records a graph, or does not, whatever it does outside."""
    recording = _Recording(records)
    with recording, recording:
        recording.on()
        yield
        recording.off()


@contextmanager
def no_grad() -> Iterator[None]:
    """Inside, arithmetic records no graph: its results are leaves. Also a decorator.

    >>> from microgradnet import Value
    >>> with no_grad():
    ...     (Value(2.0) * 3).operands
    ()
    """
    for hook in hooks():
        hook.before("no_grad", ())
    with graph_recorded(False):
        yield


@contextmanager
def unobserved() -> Iterator[None]:
    """Inside, no hook is on here."""
    before = _hooks.get()
    try:
        _hooks.set(())
        yield
    finally:
        _hooks.set(before)
