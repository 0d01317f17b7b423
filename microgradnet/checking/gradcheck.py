"""`gradcheck`: are the gradients right? The chain rule's answers beside finite differences.

Of a function input by input; of a whole graph node by node, which is done in `faults`.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import overload

from microgradnet.checking.finite_differences import Check, differences
from microgradnet.checking.graph_check import GraphReport, check_graph
from microgradnet.gradients import grad
from microgradnet.value import Value


class GradcheckReport:
    """The checks of all inputs. It is true if all agree, so that a test can say `assert gradcheck(f, inputs)`."""

    def __init__(self, checks: Sequence[Check]) -> None:
        self.checks = tuple(checks)

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
        said = [f"{len(self.wrong)} of {len(self.checks)} gradients wrong"] if self.wrong else []
        if self.unclear:
            said.append(f"{len(self.unclear)} of {len(self.checks)} gradients too small to tell")
        head = ", ".join(said) or "all gradients agree"
        return "\n".join([head, *(f"  {check}" for check in self.checks)])

    __repr__ = __str__


@overload
def gradcheck(function: Value) -> GraphReport: ...
@overload
def gradcheck(function: Callable[..., Value], inputs: Sequence[Value | float]) -> GradcheckReport: ...
def gradcheck(
    function: Callable[..., Value] | Value, inputs: Sequence[Value | float] | None = None
) -> GradcheckReport | GraphReport:
    """Compare the gradient of function(*inputs) with central differences; or, of a Value, each derivative in its graph.

    D(h) = (f(x + h) − f(x − h)) / 2h for smaller and smaller h, extrapolated to h = 0 (Ridders 1982). How well these
    agree among themselves, and the rounding of f, say how close a right gradient must come; one that f's rounding
    hides is neither right nor wrong. At a kink (relu at 0) differences and gradient rightly disagree: choose another
    point.

    Of a Value alone, a loss say, every node of its graph is checked by itself, at the numbers it has. The report then
    names the operation whose rule is wrong, what its derivative is and should be, and where; it can be drawn, with that
    marked. At a kink any slope from the one side's to the other's is right there. The graph is not changed.

    Args:
        function: a Value; or what takes Values and returns one: called again at points nearby, it must give the same
            each time.
        inputs: the point of a function, as numbers or values; values are not changed.

    Returns:
        A report: true if all agree, and printed it tells what is wrong and by how much.

    Raises:
        DomainError: the function is not defined at the point, or on one side of it.
        StaleGraphError: a number in the graph was changed after something had been computed from it.

    >>> gradcheck(lambda a, b: a * b, [2.0, 3.0])
    all gradients agree
      input 0 = 2: gradient 3, differences 3, agrees
      input 1 = 3: gradient 2, differences 2, agrees
    >>> gradcheck(Value(2.0) * Value(3.0) + 1)
    no derivative is wrong (4 derivatives checked)
    """
    if isinstance(function, Value):
        if inputs is not None:
            raise TypeError("gradcheck(value) checks the graph of the value at its own numbers: leave the inputs out")
        return check_graph(function)
    if inputs is None:
        raise TypeError(f"gradcheck takes a Value, or a function and its inputs; got {function!r} and no inputs")
    values = [x.detach() if isinstance(x, Value) else Value(x) for x in inputs]
    output = function(*values)
    if not isinstance(output, Value):
        raise TypeError(f"gradcheck needs a function that returns a Value, got {output!r}")
    gradients = grad(output, values)
    point = [value.data for value in values]

    def along(index: int, x: float) -> float:
        """The function where input `index` is x."""
        return function(*map(Value, [*point[:index], x, *point[index + 1 :]])).data

    checks = [
        Check(value.label or f"input {index}", value.data, gradient, *differences(partial(along, index), value.data))
        for index, (value, gradient) in enumerate(zip(values, gradients, strict=True))
    ]
    return GradcheckReport(checks)
