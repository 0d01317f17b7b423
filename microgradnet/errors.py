"""The errors that microgradnet raises on purpose. Each message says what was given, what is allowed and what to do."""

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

_MOST = 8  # operands, or values on a path, in one message


class DomainError(ArithmeticError):
    """An operation has no finite value, or no finite derivative, at these operands."""


class AnomalyError(ArithmeticError):
    """Inside `detect_anomaly()` a value or a gradient became an infinity or a NaN."""


class CaptureError(RuntimeError):
    """A function cannot be compiled: it would bake the number of one sample, or of one run, into the program."""


class StaleGraphError(RuntimeError):
    """A number was changed after other values had been computed from it: their gradients would be wrong."""


class ProviderError(RuntimeError):
    """No program that lays out and renders graphs is installed, or the installed one cannot do what was asked."""


def domain_error(op: Any, operands: Sequence[Any], of: str = "", path: Sequence[Any] = ()) -> DomainError:
    """The DomainError of an operation on these operands, Values or numbers.

    Args:
        op: the operation.
        operands: what it was applied to.
        of: what was asked for, if not its value: "the derivative of ".
        path: the values from the result of a backward pass down to the one that `op` computed.
    """
    names = [f"operand {i}" for i in range(len(operands))] if op.variadic else op.operands
    return DomainError(
        f"{of}{op.code} has no finite value at {named_all(operands, names)} (operation {op.name!r}, defined for "
        f"{op.domain}). {path_text(path)}Keep its operands inside that domain and the range of a float, "
        "for instance by rescaling them."
    )


def named_all(values: Sequence[Any], names: Sequence[str] = ()) -> str:
    """Several values as messages write them, with these names; of many the first few."""
    shown = [named(*pair) for pair in zip_longest(values[:_MOST], names[:_MOST], fillvalue="")]
    return ", ".join([*shown, f"… ({len(values)} operands)"] if len(values) > _MOST else shown)


def named(value: Any, name: str = "") -> str:
    """A value as messages write it: name and number; its label, if the name is another, and where it was made."""
    if isinstance(value, float):
        return f"{name} = {value!r}"
    label = _label(value)
    name = name or label or (value.op.name if value.operands else "")
    text = f"{name} = {value._data!r}" if name else repr(value._data)
    known = ", ".join(filter(None, [label if label != name else "", str(value.source or "")]))
    return f"{text} ({known})" if known else text


def path_text(path: Sequence[Any]) -> str:
    """The values from a result down to one below it, as a sentence: "Path from the result: L → a → z. "."""
    if not path:
        return ""
    names = [_label(value) or value.op.name for value in path]
    if len(names) > _MOST:
        names[_MOST // 2 : -_MOST // 2] = [f"… {len(names) - _MOST} more …"]
    made = f", computed at {path[-1].source}" if path[-1].source else ""
    return f"Path from the result: {' → '.join(names)}{made}. "


def _label(value: Any) -> str:
    """Its label on one line, without what steers a terminal, and not too long."""
    label = "".join(letter if letter.isprintable() else " " for letter in value.label)
    label = " ".join(label.split())
    return label if len(label) <= 40 else f"{label[:20]}…{label[-19:]}"
