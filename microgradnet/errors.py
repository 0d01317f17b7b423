"""The errors that microgradnet raises on purpose. Each message says what was given, what is allowed and what to do."""

from collections.abc import Sequence
from typing import Any

_MOST_SHOWN = 8  # operands in one message


class DomainError(ArithmeticError):
    """An operation was asked for a value or a derivative where its mathematics (or the range of a float) ends."""


class StaleGraphError(RuntimeError):
    """A number was changed after other nodes had been computed from it, so their gradients would be wrong."""


class ProviderError(RuntimeError):
    """No program that can lay out and render a graph was found, or the one found could not do what was asked."""


def domain_error(op: Any, operands: Sequence[Any], of: str = "") -> DomainError:
    """The DomainError of a row of the table on operands with a `label` and `data`; `of` names a part of it."""
    names = [f"operand {i}" for i in range(len(operands))] if op.variadic else op.operands
    numbers = [f"{operand.label or name} = {operand.data!r}" for operand, name in zip(operands, names, strict=True)]
    if len(numbers) > _MOST_SHOWN:
        numbers[_MOST_SHOWN:] = [f"… ({len(operands)} operands)"]
    return DomainError(
        f"{of}{op.code} has no finite value at {', '.join(numbers)} (operation {op.name!r}, defined for {op.domain}). "
        "Keep its operands inside that domain and the range of a float, for instance by rescaling them."
    )
