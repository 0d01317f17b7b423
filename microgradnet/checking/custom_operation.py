"""`operation`: write your own operation, a row of the table as all others are. Checked when it is defined."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Sequence
from functools import partial
from math import isfinite
from typing import Any, Protocol, overload

from microgradnet import functions
from microgradnet.checking.rule_checks import Rule, check_derivatives, check_readable, check_written, operands_of
from microgradnet.ops import BUILT_IN, TABLE, Operation, floats
from microgradnet.ops.operation import ATOM, LOOSE, POWER
from microgradnet.value import Operand, Value, apply, constant

Interval = tuple[float, float]
ANY, POSITIVE = (-3.0, 3.0), (0.5, 3.0)


class OperationFunction(Protocol):
    """What `operation` makes: a function of values and numbers. With a Value among them it gives one, else a float."""

    __name__: str
    row: Operation

    @overload
    def __call__(self, x: Value, /, *others: Operand, **constants: float) -> Value: ...
    @overload
    def __call__(self, x: float, y: Value, /, *others: Operand, **constants: float) -> Value: ...
    @overload
    def __call__(self, x: float, y: float, z: Value, /, *others: Operand, **constants: float) -> Value: ...
    @overload
    def __call__(self, *numbers: float, **constants: float) -> float: ...


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
) -> Callable[[Rule], OperationFunction]:
    """An operation of your own, y = f(x₁, x₂, …), by its value and its derivatives ∂y/∂x₁, ∂y/∂x₂, ….

    It is a row of the table as all others are, so at once it draws, steps, explains, differentiates twice, compiles,
    plays in the page and is checked.

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

    The decorated function is the rule for the value. Both rules are read by many: with floats for a number, with
    Values for derivatives of derivatives, with symbols for formulas, arrays, JavaScript and numba. So they compute with
    + - * / **, compare with < <= > >=, and take every function from the namespace `m` that they are given first: abs,
    cos, erf, erfc, exp, log, maximum, minimum, sigmoid, sign, sin, sqrt, tanh, where, and for the value expm1 and
    log1p. They do not branch: `m.where(x > 0, x, 0.1 * x)` takes the one or the other (and computes both, so both must
    exist).

    Args:
        value: nothing; the rule for the value stands below the decorator.
        derivatives: the rule for the derivatives: of m, the result y and the same operands. It returns a tuple with one
            derivative for each operand, but for the constants.
        symbol: what stands in its circle in pictures; its name unless given.
        text: how it is written, `{0}` for the first operand, `{1}` for the second, `{all}` for all; "cube({all})".
        latex: the same for LaTeX, other braces doubled.
        sample: the interval (low, high) of numbers that checks and tests draw from, inside the domain; one for all
            operands or one for each. (−3, 3) unless given, for constants (0.5, 3).
        domain: where it is defined, in words, for messages: "x > 0".
        constants: how many of the operands, counted from the last, are plain numbers without a derivative, as the slope
            in `leaky_relu(x, slope)`. They may have defaults.

    Returns:
        A decorator: it gives the function of Values and numbers, which has the row of the table as its `.row`.

    Raises:
        TypeError: what is given are no two rules of the same operands; or one does what only a number can do: the
            message says what to write instead.
        ValueError: microgradnet has the name; the derivatives are not as many as the operands; they are not those that
            finite differences find: the message has the point and both numbers; or a sample lies outside the domain.
            Nothing is left in the table then. Your own operation may be defined anew; graphs made before keep theirs.
    """
    if value is not None or derivatives is None:
        raise TypeError("write @operation(derivatives=…), with the rule for the derivatives, above that for the value")
    for option, given in (("symbol", symbol), ("text", text), ("latex", latex), ("domain", domain)):
        if not isinstance(given, str):
            raise TypeError(f"{option} of an operation is a str, got {given!r}")

    def decorate(value: Rule) -> OperationFunction:
        names = operands_of(value, derivatives)
        name = _free(value.__name__)
        if not 0 <= constants < len(names):
            raise ValueError(
                f"operation {name!r} has the operands {', '.join(names)}: from 0 to {len(names) - 1} of them can be "
                f"constants, got constants={constants!r}"
            )
        binding = _binding(text) if text else ATOM
        row = Operation(
            name, symbol or name, value, derivatives, names, text or name + "({all})",
            latex or rf"\operatorname{{{{{name}}}}}\left({{all}}\right)".replace("_", r"\_"),
            f"{name}({', '.join(names)})", sample=_intervals(name, sample, len(names), constants), domain=domain,
            constants=constants, binding=binding, operand_binding=POWER, scalar=partial(_number, name, value),
        )  # fmt: skip
        check_written(row)
        check_readable(row)
        check_derivatives(row)
        function = _function(row, inspect.signature(value))
        TABLE[name] = row
        return function  # type: ignore[no-any-return]

    return decorate


def _free(name: str) -> str:
    """The name, if an operation may have it."""
    public = sys.modules["microgradnet"].__all__
    if name in BUILT_IN or name in public or hasattr(functions, name):
        raise ValueError(
            f"microgradnet has a {name!r} already, so no operation can be defined by that name: choose another"
        )
    return name


def _intervals(name: str, sample: Any, count: int, constants: int) -> tuple[Interval, ...]:
    """An interval for each operand."""
    found: Any = sample or ((ANY,) * (count - constants) + (POSITIVE,) * constants)
    try:
        if not isinstance(found[0], tuple | list):
            found = (found,) * count
        intervals = tuple((float(low), float(high)) for low, high in found)
    except (TypeError, ValueError, KeyError, IndexError):
        intervals = ()
    if len(intervals) != count or not all(low < high and isfinite(high - low) for low, high in intervals):
        raise ValueError(
            f"sample of operation {name!r} is an interval (low, high) for all of its {count} operands, or a tuple with "
            f"one for each, got {sample!r}"
        )
    return intervals


def _binding(text: str) -> int:
    """How strongly a text binds: f({0}) is whole, {0}³ takes brackets around a sum, {0} ⊕ {1} stands in brackets."""
    outside, depth = "", 0
    for letter in text:
        depth += (letter in "([⌊⌈") - (letter in ")]⌋⌉")
        outside += letter if depth == 0 else ""
    if any(letter in " +-−*·×/÷<>=" for letter in outside):
        return LOOSE
    return POWER if "{" in outside else ATOM


def _number(name: str, value: Rule, *operands: float) -> float:
    """The value on floats; a complex number, which Python has for (-2)**0.5, is none."""
    y = value(floats, *operands)
    if isinstance(y, complex):
        raise ValueError("no real number")
    return float(y)


def _function(row: Operation, signature: inspect.Signature) -> Any:
    """The function that applies the row to values and numbers."""
    operands = [*signature.parameters.values()][1:]
    signature = inspect.Signature(operands)
    variables = len(operands) - row.constants

    def function(*given: Any, **named: Any) -> Operand:
        if named or len(given) != len(operands):
            try:
                bound = signature.bind(*given, **named)
            except TypeError as error:
                raise TypeError(f"{row.code}: {error}") from None
            bound.apply_defaults()
            given = bound.args
        values = [x if isinstance(x, Value) else constant(x) for x in given[:variables]]
        numbers = [constant(floats.as_float(x)) for x in given[variables:]]  # a Value's gradient would be lost
        result = apply(row, (*values, *numbers))
        return result if any(isinstance(x, Value) for x in given) else result.data

    row.describe(function)
    function.__doc__ = inspect.getdoc(row.value) or function.__doc__
    function.__module__ = row.value.__module__
    vars(function).update(row=row, __signature__=signature)
    return function
