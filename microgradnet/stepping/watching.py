"""Stops and alarms in ordinary passes: `break_on` stops in the debugger, `detect_anomaly` where an infinity appears."""

from collections.abc import Callable
from functools import partial
from math import isfinite

from microgradnet import chain_rule, recording
from microgradnet.chain_rule import Application
from microgradnet.errors import AnomalyError, named, path_text
from microgradnet.graph import path
from microgradnet.ops import TABLE, Operation
from microgradnet.recording import Switch


def break_on(
    *,
    label: str | None = None,
    op: str | Operation | None = None,
    condition: Callable[[Application], bool] | None = None,
) -> Switch:
    """Stop in the debugger before each application of the chain rule that matches all that is given.

    The next line of the program is then `operand.grad += upstream * local_derivative`, for just that application.
    Which debugger it is, `breakpoint()` decides: pdb, PYTHONBREAKPOINT's, or the editor's. `backward()` goes one
    application at a time while something is watched for.

    Args:
        label: the label of the node whose gradient is passed back, or of the operand it is passed to.
        op: the operation of the node, by name or as a row of the table.
        condition: a function of the application: its `node`, `operand`, `position`, `upstream`, `local_derivative`
            and gradient `before`.

    Returns:
        A switch: use it as a `with` statement, or call its `off()`.

    Raises:
        ValueError: nothing is given, or `op` is no operation.
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
        raise TypeError(f"op is the name of an operation, as 'exp', or a row of the table, got {op!r}")
    if isinstance(op, str) and op not in TABLE:
        raise ValueError(f"unknown operation {op!r}: it must be one of {', '.join(TABLE)}")
    row = TABLE[op] if isinstance(op, str) else op

    def matches(application: Application) -> bool:
        return (
            (label is None or label in {application.node.label, application.operand.label})
            and (row is None or application.node.op is row)
            and (condition is None or condition(application))
        )

    return _watch(matches)


def detect_anomaly() -> Switch:
    """Raise an `AnomalyError` at the first infinity or NaN, in a value or in a gradient, rather than let it through.

    Without it, finite numbers never give anything but finite ones (or a DomainError), but an infinity or NaN that is
    put in as data passes through all that is computed from it. The error names the operation, its operands with
    labels and values, the path from the loss and, with `trace_source()`, the lines of the program.

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
    recording.detecting_anomalies += 1
    watch = _watch(_refuse)

    def off() -> None:
        recording.detecting_anomalies -= 1
        watch.off()

    return Switch(off)


def _watch(watcher: Callable[[Application], bool]) -> Switch:
    chain_rule.watchers.append(watcher)

    return Switch(partial(chain_rule.watchers.remove, watcher))


def _refuse(application: Application) -> bool:
    """Raise an error if this application gives the operand a gradient that is no finite number."""
    share = application.upstream * application.local_derivative
    if isfinite(application.before + share):
        return False
    operand = application.operand
    raise AnomalyError(
        f"the gradient of {named(operand)} becomes {application.before + share}: {application.before} + "
        f"{application.upstream} × {application.local_derivative}, the gradient of {named(application.node)} times the "
        f"derivative of {application.node.op.code}. {path_text(path(application.root, application.node))}"
    )
