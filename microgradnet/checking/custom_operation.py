"""`operation`: define an operation of your own. Its rules are checked when it is defined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import isfinite
from typing import Any

from microgradnet import functions
from microgradnet.checking.probe import FUNCTIONS
from microgradnet.checking.rule_checks import Rule, check_derivatives, check_readable, operands_of
from microgradnet.notation import typography
from microgradnet.ops import BUILT_IN, TABLE, Operation, floats
from microgradnet.ops.operation import LEAVES, Interval


def operation(
    value: Rule | None = None,
    /,
    *,
    derivatives: Rule | None = None,
    symbol: str = "",
    text: str = "",
    latex: str = "",
    sample: Interval | Sequence[Interval] = (),
    domain: str = "all numbers",
    constants: int = 0,
) -> Callable[[Rule], Operation]:
    """An operation of your own, y = f(x₁, x₂, …), by its value and its derivatives ∂y/∂x₁, ∂y/∂x₂, ….

    It is checked, and then draws, steps, explains, differentiates twice, compiles and works in the page as every
    built-in operation does.

    >>> from microgradnet import Value
    >>> def cube_derivatives(m, y, x):
    ...     return (3 * x**2,)
    >>> @operation(derivatives=cube_derivatives, symbol="x³", text="{0}³")
    ... def cube(m, x):
    ...     '''The cube of x.'''
    ...     return x**3
    >>> x = Value(2.0, "x"); y = cube(x); y.label = "y"
    >>> for step in y.backward_steps(): print(step)
    x.grad += y.grad · ∂y/∂x = 1 · 3·x^2 = 1 · 12 = 12
    >>> y.data, x.grad, cube(10.0)
    (8.0, 12.0, 1000.0)

    The decorated function is the rule for the value. Both rules run on floats, on Values (for second derivatives), on
    arrays and on symbols (for formulas, JavaScript and numba). They therefore compute with + - * / **, compare with
    < <= > >=, and take every function from their first argument, the namespace `m`: abs, cos, erf, erfc, exp, log,
    maximum, minimum, sigmoid, sign, sin, sqrt, tanh, where, and for the value expm1 and log1p. They do not branch:
    `m.where(x > 0, x, 0.1 * x)` chooses one of two results. It computes both, and both must be defined.

    Args:
        value: not to be given; the rule for the value stands below the decorator.
        derivatives: the rule for the derivatives: of m, the result y and the same operands. It returns a tuple with one
            derivative for each operand, but for the constants.
        symbol: the text in its circle in pictures; its name unless given.
        text: its pattern as text, `{0}` for the first operand, `{1}` for the second, `{all}` for all; "cube({all})".
        latex: its pattern as LaTeX, other braces doubled.
        sample: the interval (low, high) inside the domain that checks and tests draw numbers from; one for all
            operands or one for each. (−3, 3) unless given, for constants (0.5, 3).
        domain: the condition under which it is defined, for messages: "x > 0".
        constants: how many of the operands, counted from the last, are plain numbers without a derivative, as the slope
            in `leaky_relu(x, slope)`. They may have defaults.

    Returns:
        A decorator: it gives the operation, which is called as a function of Values and numbers.

    Raises:
        TypeError: these are not two rules of the same operands, or a rule uses an operation that only a single number
            has: the message says what to write instead.
        ValueError: microgradnet has an operation of that name; the number of derivatives is not that of the operands;
            finite differences contradict a derivative (the message has the point and both numbers); a pattern can't be
            filled in; or a sample lies outside the domain. The operation is then not defined. You may redefine an
            operation of your own; existing graphs keep the old one.
    """
    if value is not None or derivatives is None:
        raise TypeError("write @operation(derivatives=…), with the rule for the derivatives, above that for the value")
    for option, given in (("symbol", symbol), ("text", text), ("latex", latex), ("domain", domain)):
        if not isinstance(given, str):
            raise TypeError(f"{option} of an operation is a str, got {given!r}")

    def decorate(value: Rule) -> Operation:
        names = operands_of(value, derivatives)
        name = value.__name__
        if name in {*BUILT_IN, *LEAVES, *functions.FUNCTIONS, *FUNCTIONS}:
            raise ValueError(f"microgradnet has a {name!r} already: choose another name for the operation")
        if not 0 <= constants < len(names):
            raise ValueError(
                f"operation {name!r} has the operands {', '.join(names)}: from 0 to {len(names) - 1} of them can be "
                f"constants, got constants={constants!r}"
            )
        defined = Operation(
            value, derivatives, sample=_intervals(name, sample, len(names)), domain=domain,
            constants=constants, activation=len(names) - constants == 1, scalar=partial(_number, value),
        )  # fmt: skip
        typography.register(defined, symbol, text, latex)
        check_readable(defined)
        check_derivatives(defined)
        TABLE[name] = defined
        return defined

    return decorate


def _intervals(name: str, sample: Any, count: int) -> tuple[Interval, ...]:
    """An interval for each operand; () for those that operations have by default."""
    if isinstance(sample, tuple) and not sample:
        return ()
    try:
        pairs = sample if isinstance(sample[0], tuple | list) else (sample,) * count
        intervals = tuple((float(low), float(high)) for low, high in pairs)
    except (TypeError, ValueError, KeyError, IndexError):
        intervals = ()
    if len(intervals) != count or not all(low < high and isfinite(high - low) for low, high in intervals):
        raise ValueError(
            f"sample of operation {name!r} is an interval (low, high) for all of its {count} operands, or a tuple with "
            f"one for each, got {sample!r}"
        )
    return intervals


def _number(value: Rule, *operands: float) -> float:
    """The value on floats; a ValueError for a complex number, such as Python's (-2)**0.5."""
    y = value(floats, *operands)
    if isinstance(y, complex):
        raise ValueError("no real number")
    return float(y)
