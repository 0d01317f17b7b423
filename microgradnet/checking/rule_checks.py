"""The requirements on the rules of a user's own operation, checked when it is defined."""

import inspect
from collections.abc import Callable
from math import isfinite
from random import Random
from typing import Any

from microgradnet import functions
from microgradnet.checking.finite_differences import along, check_slope
from microgradnet.checking.probe import FUNCTIONS, Probe, Probes, RuleError
from microgradnet.ops import Operation, floats

Rule = Callable[..., Any]
POINTS = 20  # at which a new operation is checked
NOT_AGAIN = tuple(name for name in FUNCTIONS if not hasattr(functions, name))
"""Functions that derivatives may not use: a Value has none such, and second derivatives would fail."""


def operands_of(value: Rule, derivatives: Rule) -> tuple[str, ...]:
    """The names of the operands, which both rules must share."""
    named = [rule for rule in (value, derivatives) if inspect.isfunction(rule) and rule.__name__ != "<lambda>"]
    if len(named) < 2:
        raise TypeError(
            "an operation needs two rules that are written with def, so that a debugger can stop in them by name; got "
            f"{value!r} for its value and {derivatives!r} for its derivatives"
        )
    of_value, of_derivatives = ([*inspect.signature(rule).parameters.values()] for rule in (value, derivatives))
    names = [parameter.name for parameter in of_value]
    plain = all(p.kind is p.POSITIONAL_OR_KEYWORD for p in (*of_value, *of_derivatives))
    if not plain or len(names) < 2 or names[0] != "m":
        raise TypeError(
            f"the value of operation {value.__name__!r} is a rule of m, the namespace it computes in, and of a fixed "
            f"number of operands: def {value.__name__}(m, x), got {value.__name__}{inspect.signature(value)}"
        )
    wanted = ["m", "y", *names[1:]]
    if [parameter.name for parameter in of_derivatives] != wanted or "y" in names:
        raise TypeError(
            f"the derivatives of operation {value.__name__!r} are a rule of m, the result y and the same operands: "
            f"def {derivatives.__name__}({', '.join(wanted)}), got "
            f"{derivatives.__name__}{inspect.signature(derivatives)}"
        )
    return tuple(names[1:])


def check_readable(op: Operation) -> None:
    """Raise a TypeError or ValueError for rules that arrays or symbols can't go through."""
    y, operands = Probe(), [Probe() for _ in op.operands]
    try:
        rule, m = op.value, Probes()
        value = rule(m, *operands)
        rule, m = op.derivatives, Probes(NOT_AGAIN)
        derivatives = rule(m, y, *operands)
    except Exception as error:  # whatever a user's rule happens to raise
        remedy = f": it computes with + - * / **, comparisons, and the functions of m: {', '.join(m._names)}"
        if isinstance(error, RuleError):  # which names its own
            remedy = ""
        elif isinstance(error, RecursionError):
            remedy = ": a rule cannot call itself, as it cannot branch to an end; write it as one formula"
        raise TypeError(
            f"{rule.__name__} can't be a rule of operation {op.name!r}, as symbols and arrays can't go through it. "
            f"{str(error)[:1].upper()}{str(error)[1:]}{remedy}"
        ) from error
    if not isinstance(value, Probe):
        raise TypeError(f"the value of operation {op.name!r} has to be computed from its operands, got {_shown(value)}")
    wanted = len(operands) - op.constants
    if not isinstance(derivatives, tuple):
        raise TypeError(
            f"{op.derivatives.__name__} has to return a tuple with {wanted} of the derivatives of operation "
            f"{op.name!r}: return (…,), with the comma; got {_shown(derivatives)}"
        )
    if len(derivatives) != wanted:
        raise ValueError(
            f"{op.derivatives.__name__} has to return one derivative of operation {op.name!r} for each of "
            f"{', '.join(op.operands[:wanted])}, got {len(derivatives)}"
        )
    for name, derivative in zip(op.operands, derivatives, strict=False):
        if not isinstance(derivative, Probe | int | float):
            raise TypeError(f"the derivative of operation {op.name!r} for {name} is no number: {derivative!r}")


def _shown(result: object) -> str:
    return "a single number" if isinstance(result, Probe) else repr(result)


def check_derivatives(op: Operation) -> None:
    """Raise a ValueError for derivatives that differences contradict at a point of the sample."""
    random = Random(op.name)
    for _ in range(POINTS):
        point = [random.uniform(low, high) for low, high in op.sample]
        at = ", ".join(f"{name} = {x:.6g}" for name, x in zip(op.operands, point, strict=True))
        try:
            y = op.scalar(*point)
            derivatives = op.derivatives(floats, y, *point)
            if not all(isfinite(number) for number in (y, *derivatives)):
                raise ArithmeticError("no finite number")
        except (ArithmeticError, ValueError, TypeError) as error:  # isfinite of a complex number is a TypeError
            raise ValueError(
                f"operation {op.name!r} or its derivative has no number at {at} ({error}): give a sample=(low, high) "
                "inside its domain, and say in domain= what that is; m.where computes both of its cases, so both need "
                "numbers"
            ) from error
        for position, derivative in enumerate(derivatives):
            check = check_slope(along(op, point, position), point[position], derivative)
            if check is not None and not check.agrees:
                raise ValueError(
                    f"the derivative ∂y/∂{op.operands[position]} of operation {op.name!r} is wrong at {at}: "
                    f"{op.derivatives.__name__} gives {check.gradient:.9g}, finite differences of the value "
                    f"{check.expected:.9g}. Correct it there (derivatives stand in the order of the operands)"
                )
