"""Kernels: the rules of operations, applied to symbols, as short lists of array functions.

The forward kernel of an operation is its `value`, the backward kernel its `derivatives`, each times the upstream
gradient. A rule of any number of operands is applied to a single symbol for the array of all of them, stacked along
the first axis: `total` and `largest` then reduce that axis.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from microgradnet import ops
from microgradnet._shared.walks import postorder
from microgradnet.notation.symbols import Symbol, Symbols, Term
from microgradnet.ops import Operation, floats

FUNCTIONS = {
    "+": "add", "-": "subtract", "*": "multiply", "/": "divide", "neg": "negative", "<": "less", ">": "greater",
    "<=": "less_equal", ">=": "greater_equal",
}  # fmt: skip
"""The names of operators in array libraries; every other function has the name that rules use."""
COMPARISONS = ("less", "greater", "less_equal", "greater_equal")
REDUCTIONS = ("total", "largest")
UPSTREAM = 0
"""The position of the upstream gradient among the operands of a backward kernel."""


class Step(NamedTuple):
    """One array function: its name and its arguments.

    An argument is a number, or the position of an operand of the kernel or, numbered after those, of a step.
    """

    function: str
    arguments: tuple[int | float, ...]


class Kernel(NamedTuple):
    """Array functions to be applied one after another, and the positions of the results."""

    operands: int
    steps: tuple[Step, ...]
    results: tuple[int | float, ...]


class _Stack(Symbols):
    """The namespace in which a rule of many operands is read: they are one array, reduced along its first axis."""

    def __getattr__(self, name: str) -> Any:
        symbolic = super().__getattr__(name)

        def function(*arguments: Term) -> Term:
            of_numbers = not any(isinstance(argument, Symbol) for argument in arguments)
            found: Term = getattr(floats, name)(*arguments) if of_numbers else symbolic(*arguments)
            return found

        return function

    def total(self, operands: Sequence[Term]) -> Term:
        return super().total(operands) if len(operands) > 1 else Symbol("total", operands[0])

    def largest(self, operands: Sequence[Term]) -> Term:
        return super().largest(operands) if len(operands) > 1 else Symbol("largest", operands[0])

    def sigmoid(self, x: Term) -> Any:
        return ops.sigmoid.value(self, x)


@cache
def forward_kernel(op: Operation, count: int, constants: tuple[float, ...] = ()) -> Kernel:
    """The value of `op` on `count` arrays, followed by numbers.

    >>> from microgradnet.ops import softplus
    >>> for step in forward_kernel(softplus, 1).steps: print(*step)
    maximum (0, 0.0)
    abs (0,)
    negative (2,)
    exp (3,)
    log1p (4,)
    add (1, 5)
    """
    symbols = [Symbol(f"x{i}") for i in range(count)]
    return _kernel(symbols, [op.value(_Stack(), *symbols, *constants)])


@cache
def backward_kernel(op: Operation, count: int, constants: tuple[float, ...], wanted: tuple[int, ...]) -> Kernel:
    """Upstream · ∂y/∂xᵢ for the operands that are `wanted`; its operands are upstream, y, and those of `op`.

    >>> from microgradnet.ops import multiply
    >>> backward_kernel(multiply, 2, (), (1,))
    Kernel(operands=4, steps=(Step(function='multiply', arguments=(0, 2)),), results=(4,))
    """
    upstream, y = Symbol("upstream"), Symbol("y")
    symbols = [Symbol(f"x{i}") for i in range(count)]
    derivatives = op.derivatives(_Stack(), y, *symbols, *constants)
    return _kernel([upstream, y, *symbols], _times(upstream, [derivatives[i] for i in wanted]))


def _times(upstream: Symbol, derivatives: Sequence[Term]) -> list[Term]:
    """Upstream times each derivative: times x / b as (upstream · 1 / b) · x, if 1 / b is a derivative, too."""
    quotients = [d.arguments if isinstance(d, Symbol) and d.head == "/" else (d, None) for d in derivatives]
    inverses = {b: upstream * (1.0 / b) for x, b in quotients if isinstance(b, Symbol) and x == 1.0}
    return [
        inverses[b] * x if b in inverses else upstream * derivative
        for (x, b), derivative in zip(quotients, derivatives, strict=True)
    ]


def _kernel(operands: Sequence[Symbol], terms: Sequence[Term]) -> Kernel:
    fast = dict[Term, Term](zip(operands, operands, strict=True))
    for symbol in postorder(term for term in terms if isinstance(term, Symbol)):
        if symbol not in fast:
            function, arguments = _fastest(symbol)
            fast[symbol] = Symbol(function, *[fast.get(argument, argument) for argument in arguments])
    terms = [fast.get(term, term) for term in terms]
    steps: list[Step] = []
    numbered: dict[tuple[str, str], int] = {}
    place: dict[Symbol, int | float] = {operand: position for position, operand in enumerate(operands)}

    def placed(term: Term) -> int | float:
        return place[term] if isinstance(term, Symbol) else float(term)

    for symbol in postorder(term for term in terms if isinstance(term, Symbol)):
        if symbol not in place:
            step = Step(symbol.head, tuple([placed(argument) for argument in symbol.arguments]))
            place[symbol] = numbered.setdefault((step.function, repr(step.arguments)), len(operands) + len(steps))
            if place[symbol] == len(operands) + len(steps):
                steps.append(step)
    return Kernel(len(operands), tuple(steps), tuple([placed(term) for term in terms]))


def _fastest(symbol: Symbol) -> tuple[str, Sequence[Term]]:
    """The array function for a symbol and its arguments, in the form with the fewest passes over an array."""
    arguments = symbol.arguments
    last = arguments[-1]
    if symbol.head == "*":
        if isinstance(last, Symbol) and last.head == "where" and last.arguments[1:] == (0.0, 1.0):
            return "where", (last.arguments[0], 0.0, arguments[0])  # u · (0 or 1) is 0 or u
        if -1.0 in arguments:
            return "negative", [argument for argument in arguments if argument != -1.0]
    if symbol.head == "**" and last == 2.0:
        return "multiply", (arguments[0], arguments[0])
    if symbol.head == "**" and last == -1.0:
        return "divide", (1.0, arguments[0])
    if symbol.head == "**":
        return "power", arguments
    return FUNCTIONS.get(symbol.head, symbol.head), arguments
