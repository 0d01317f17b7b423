"""The errors that microgradnet raises on purpose. Each message says what was given, what is allowed and what to do."""

from collections.abc import Sequence
from typing import Any

_MOST_SHOWN = 8  # operands, or values on a path, in one message


class DomainError(ArithmeticError):
    """An operation was asked for a value or a derivative where its mathematics (or the range of a float) ends."""


class AnomalyError(ArithmeticError):
    """Inside `detect_anomaly()` an infinity or a NaN was met, in a value or in a gradient."""


class StaleGraphError(RuntimeError):
    """A number was changed after other nodes had been computed from it, so their gradients would be wrong."""


class ProviderError(RuntimeError):
    """No program that can lay out and render a graph was found, or the one found could not do what was asked."""


def domain_error(op: Any, operands: Sequence[Any], of: str = "", path: Sequence[Any] = ()) -> DomainError:
    """The DomainError of a row of the table on these operands.

    Args:
        op: the row.
        operands: values, each with a `label`, `data` and `source`.
        of: what was asked for, if not the row's value itself: "the derivative of ".
        path: the values from the result of a backward pass down to the one that `op` computed.
    """
    names = [f"operand {i}" for i in range(len(operands))] if op.variadic else op.operands
    numbers = [named(operand, name) for operand, name in zip(operands, names, strict=True)]
    if len(numbers) > _MOST_SHOWN:
        numbers[_MOST_SHOWN:] = [f"… ({len(operands)} operands)"]
    return DomainError(
        f"{of}{op.code} has no finite value at {', '.join(numbers)} (operation {op.name!r}, defined for {op.domain}). "
        f"{path_text(path)}Keep its operands inside that domain and the range of a float, for instance by rescaling "
        "them."
    )


def named(value: Any, name: str = "") -> str:
    """A value as messages write it: its label (or `name`), its number, and where it was made if that is known."""
    name = value.label or name or (value.op.name if value.operands else "")
    text = f"{name} = {value.data!r}" if name else repr(value.data)
    return f"{text} ({value.source})" if value.source else text


def path_text(path: Sequence[Any]) -> str:
    """The values from a result down to one of those below it, as a sentence: "It was reached by L → a → z. "."""
    if not path:
        return ""
    names = [value.label or value.op.name for value in path]
    if len(names) > _MOST_SHOWN:
        names[_MOST_SHOWN // 2 : -_MOST_SHOWN // 2] = [f"… {len(names) - _MOST_SHOWN} more …"]
    made = f", computed at {path[-1].source}" if path[-1].source else ""
    return f"The backward pass came to it by {' → '.join(names)}{made}. "
