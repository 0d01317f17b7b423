"""Watches on ordinary passes: `break_on` stops in the debugger, `detect_anomaly` raises at an infinity or NaN."""

from collections.abc import Callable, Sequence
from math import isfinite
from typing import TYPE_CHECKING

from microgradnet._shared.arguments import one_of
from microgradnet.errors import AnomalyError, named, named_all, path_text
from microgradnet.graph import path
from microgradnet.ops import TABLE, Operation
from microgradnet.recording import Hook
from microgradnet.stepping.applications import Application, Watch

if TYPE_CHECKING:
    from microgradnet.value import Value


def break_on(
    *,
    label: str | None = None,
    op: str | Operation | None = None,
    condition: Callable[[Application], bool] | None = None,
) -> Hook:
    """Stop in the debugger before each application of the chain rule that matches all arguments.

    The next line of the program is then `operand.grad += upstream * local_derivative`, for just that application.
    It calls `breakpoint()`, which starts pdb, PYTHONBREAKPOINT's debugger or the editor's. While a watch is active,
    `backward()` applies the chain rule one operand at a time.

    Args:
        label: the label of the node whose gradient is passed back, or of the operand it is passed to.
        op: the operation of the node, by name or as an `Operation`.
        condition: a function of the application: its `node`, `operand`, `position`, `upstream`, `local_derivative`
            and gradient `before`.

    Returns:
        A switch: use it as a `with` statement, or call its `off()`.

    Raises:
        ValueError: no argument is given, or `op` is not an operation.
        TypeError: an argument could never match anything.

    >>> from microgradnet import Value
    >>> x = Value(3.0, "x"); y = x * x
    >>> with break_on(label="x", condition=lambda application: abs(application.upstream) > 100):
    ...     y.backward()
    """
    if label is None and op is None and condition is None:
        raise ValueError("break_on needs a label, an op or a condition; without one it would stop everywhere")
    if not isinstance(label, str | None):
        raise TypeError(f"label is the label of a value, a str, got {label!r}")
    if condition is not None and not callable(condition):
        raise TypeError(f"condition is a function of the application, got {condition!r}")
    if not isinstance(op, str | Operation | None):
        raise TypeError(f"op is the name of an operation, such as 'exp', or an Operation, got {op!r}")
    operation = TABLE[one_of(TABLE, op, "operation")] if isinstance(op, str) else op

    def matches(application: Application) -> bool:
        return (
            (label is None or label in {application.node.label, application.operand.label})
            and (operation is None or application.node.op is operation)
            and (condition is None or condition(application))
        )

    return _Breakpoint(matches)


def detect_anomaly() -> Hook:
    """Raise an `AnomalyError` at the first infinity or NaN in a value or gradient.

    Without it, finite numbers give finite numbers or a DomainError, but an infinity or NaN in the data propagates to
    everything computed from it. The error names the operation, its operands with labels and values, the path from the
    loss and, with `trace_source()`, the lines of the program.

    Returns:
        A switch: use it as a `with` statement, or call its `off()`.

    >>> from microgradnet import Value
    >>> x = Value(float("nan"), "x")
    >>> with detect_anomaly():
    ...     2 * x
    Traceback (most recent call last):
    ...
    microgradnet.errors.AnomalyError: a * b gives nan for 2.0, x = nan: ...
    """
    return _AnomalyDetection()


class _Breakpoint(Watch):
    def __init__(self, matches: Callable[[Application], bool]) -> None:
        self._matches = matches
        super().__init__()

    def matches(self, application: Application) -> bool:
        return self._matches(application)


class _AnomalyDetection(Watch):
    def infinite(self, op: Operation, operands: Sequence["Value"], data: float) -> None:
        raise AnomalyError(
            f"{op.code} gives {data} for {named_all(operands)}: an infinity or NaN went in as data, "
            "or came from a value that was computed before detect_anomaly()"
        )

    def matches(self, application: Application) -> bool:
        """Raise an error if this application makes the operand's gradient infinite or NaN."""
        if isfinite(application.after):
            return False
        operand, node = application.operand, application.node
        raise AnomalyError(
            f"the gradient of {named(operand)} becomes {application.after}: {application.before} + "
            f"{application.upstream} × {application.local_derivative}, the gradient of {named(node)} times the "
            f"derivative of {node.op.code}. {path_text(path(application.root, node))}"
        )
