"""`gradcheck`: compare the gradients of the chain rule with finite differences.

A function is checked input by input; a whole graph node by node, by `graph_check`.
"""

import inspect
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, overload

from microgradnet._shared.text import counted, shorten
from microgradnet.chain_rule import local_derivatives
from microgradnet.checking.finite_differences import Check, by_sides, differences, rounding
from microgradnet.checking.graph_check import GraphReport, check_graph
from microgradnet.gradients import grad
from microgradnet.graph import topological_order
from microgradnet.notation.names import Namer
from microgradnet.value import Value

Inputs = Iterable[Value | float] | Value | float


@dataclass(frozen=True, eq=False, repr=False)
class GradcheckReport:
    """The checks of all inputs. It is true if all gradients agree, for `assert gradcheck(f, inputs)` in a test."""

    checks: tuple[Check, ...]

    @property
    def wrong(self) -> tuple[Check, ...]:
        """The inputs whose gradient is wrong."""
        return tuple(check for check in self.checks if not check.agrees)

    @property
    def unclear(self) -> tuple[Check, ...]:
        """The inputs whose gradient is lost in the rounding of the function: neither confirmed nor refuted."""
        return tuple(check for check in self.checks if check.unclear)

    def __bool__(self) -> bool:
        return all(check.ok for check in self.checks)

    def __str__(self) -> str:
        counts = {"wrong": len(self.wrong), "too small to tell": len(self.unclear)}
        verdicts = [f"{count} of {len(self.checks)} gradients {what}" for what, count in counts.items() if count]
        return "\n".join([", ".join(verdicts) or "all gradients agree", *(f"  {check}" for check in self.checks)])

    __repr__ = __str__


@overload
def gradcheck(function: Value) -> GraphReport: ...
@overload
def gradcheck(function: Callable[..., Value], inputs: Inputs) -> GradcheckReport: ...
def gradcheck(function: Callable[..., Value] | Value, inputs: Inputs | None = None) -> GradcheckReport | GraphReport:
    """Compare the gradient of function(*inputs) with central differences; or, of a Value, each derivative in its graph.

    D(h) = (f(x + h) − f(x − h)) / 2h for smaller and smaller h, extrapolated to h = 0 (Ridders 1982). The tolerance is
    how well these agree among themselves and the rounding of f, Σ |∂f/∂v|·|v|·2⁻⁵² over the values v that f computes
    with. A gradient that the rounding hides is reported as neither right nor wrong. At a kink (relu at 0) any slope
    between those of the two sides is right, and the report says that it is one: choose another point to check more.

    Given a Value alone, a loss say, it checks every node of its graph by itself, at the numbers of its operands. The
    report then names the operation with the wrong rule, the derivative that it gives, the right one, and where that is;
    `draw(report)` marks it. The graph is not changed.

    Args:
        function: a Value; or a function of Values that returns one. It is called again at points nearby, and must
            compute the same each time.
        inputs: the point, as numbers or Values: a list with one for each argument of the function, or a single one.
            Values are not changed.

    Returns:
        A report: true if all gradients agree; printed, it lists the wrong ones with their errors.

    Raises:
        TypeError, ValueError: these are not a function and its inputs; the message says what to write.
        DomainError: the function is not defined at the point, or on one side of it.
        StaleGraphError: a number in the graph was changed after something had been computed from it.

    Source: Ridders 1982, "Accurate computation of F'(x) and F'(x)F''(x)"; Higham 2002, section 3.1, for the rounding.

    >>> gradcheck(lambda a, b: a * b, [2.0, 3.0])
    all gradients agree
      input 0 = 2: gradient 3, differences 3, agrees
      input 1 = 3: gradient 2, differences 2, agrees
    >>> gradcheck(lambda x: x.relu(), 0.0)
    all gradients agree
      input 0 = 0: gradient 0, at a kink with slopes 0 to the left and 1 to the right, agrees
    >>> gradcheck(Value(2.0) * Value(3.0) + 1)
    no derivative is wrong (4 derivatives checked)
    """
    if isinstance(function, Value):
        if inputs is not None:
            raise TypeError("gradcheck(value) checks the graph of the value at its own numbers: leave the inputs out")
        return check_graph(function)
    values = _values(function, inputs)
    output: Any = function(*values)
    if not isinstance(output, Value):
        remedy = "return one element, or total(…) of them" if isinstance(output, list | tuple) else (
            "compute it from the inputs themselves, not from their .data"
        )  # fmt: skip
        raise TypeError(f"gradcheck needs a function that returns a Value, got {shorten(repr(output))}: {remedy}")
    gradients, noise = grad(output, values), _rounding(output)
    namer = Namer(values)  # for labels: what else the graph has needs no name
    point = [value.data for value in values]

    def along(index: int, x: float) -> float:
        """The function where input `index` is x."""
        return function(*map(Value, [*point[:index], x, *point[index + 1 :]])).data

    checks: list[Check] = []
    for index, (value, gradient) in enumerate(zip(values, gradients, strict=True)):
        name = namer.name(value) if value.label else f"input {index}"
        function_of_input = partial(along, index)
        check = Check(name, value.data, gradient, *differences(function_of_input, value.data, noise=noise))
        checks.append(by_sides(check, function_of_input, noise))
    return GradcheckReport(tuple(checks))


def _values(function: Any, inputs: Any) -> list[Value]:
    """The inputs as Values that can be changed; an error if the function does not take them."""
    if not callable(function) or inputs is None:
        given = f"{shorten(repr(function))} and {'no inputs' if inputs is None else shorten(repr(inputs))}"
        raise TypeError(f"gradcheck takes a Value, or a function and its inputs, gradcheck(f, [1.0, 2.0]); got {given}")
    if isinstance(inputs, Value | str) or not hasattr(inputs, "__iter__") or getattr(inputs, "shape", None) == ():
        inputs = [inputs]
    values = [x.detach() if isinstance(x, Value) else Value(x) for x in inputs]
    if not values:
        raise ValueError("gradcheck was given no inputs, so there is no gradient to check: gradcheck(f, [1.0, 2.0])")
    if endless := [f"{x.label or f'input {i}'} is {x.data}" for i, x in enumerate(values) if not math.isfinite(x.data)]:
        raise ValueError(f"gradcheck takes differences to points nearby, so inputs must be finite; {endless[0]}")
    try:
        inspect.signature(function).bind(*values)
    except TypeError as error:
        raise TypeError(
            f"gradcheck calls the function with the {counted(len(values), 'input')} as arguments: {error}. "
            "For a function of a list write gradcheck(lambda *x: f(x), inputs)"
        ) from None
    except ValueError:  # some built-in functions have no signature
        pass
    return values


def _rounding(output: Value) -> float:
    """How far the rounding of all numbers that `output` is computed from may move it, to first order."""
    order = topological_order(output)
    slopes = dict.fromkeys(order, 0.0)
    slopes[output] = 1.0
    for node in reversed(order):
        for operand, derivative in zip(node.operands, local_derivatives(node), strict=False):
            slopes[operand] += slopes[node] * derivative
    return rounding(slope * node.data for node, slope in slopes.items())
