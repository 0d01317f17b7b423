"""`Operation`: what an operation computes and its partial derivatives, as two rules that many can read.

A rule is an ordinary named function of a namespace `m` and of operands. Read with floats it gives a number, with
`Value`s a graph, with arrays a batch, with symbols a formula. It never branches on a number (`m.where` does), so that
all of these can go through it.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from math import isfinite
from typing import TYPE_CHECKING, Any, TypeAlias, overload

from microgradnet.errors import domain_error
from microgradnet.ops import floats

if TYPE_CHECKING:
    from microgradnet.value import Value

Number: TypeAlias = Any
"""What a rule computes with: a float, a `Value`, an array or a symbol."""
Namespace: TypeAlias = Any
"""Functions of such numbers: `ops.floats`, `functions`, `notation.symbols` or an array module."""
Rule: TypeAlias = Callable[..., Any]
"""`value(m, *operands)`; or `derivatives(m, result, *operands)`, a tuple with ∂result/∂operand for each operand."""
Interval: TypeAlias = tuple[float, float]

ANY, POSITIVE = (-3.0, 3.0), (0.5, 3.0)
TABLE: dict[str, "Operation"] = {}
"""Every operation by its name, a user's own among them."""
LEAVES: dict[str, "Operation"] = {}
"""What stands in place of an operation in a leaf, by the name of that kind of leaf."""


class Operation:
    """One operation, y = f(x₁, x₂, …). Called like a function, it takes Values and numbers: `maximum(v, 0.0)`.

    Args:
        value, derivatives: its two rules. The last operands may be constants, which have no derivative.
        name: what it is called, everywhere; the name of the rule for its value unless given.
        operands: their names, in order; for any number of operands, an example.
        operator: how Python's operator for it is written, if there is one.
        code: how a Python program writes it.
        sample: for each operand the interval (low, high) that checks and tests draw from, inside the domain.
        domain: where it is defined, in words or as a formula.
        constants: how many of the operands, counted from the last, are plain numbers (an exponent, a slope).
        activation: whether it is one of the activation functions of a neuron.
        scalar: the value on floats, `scalar(*operands)`: a faster or stabler form of `value` where there is one.

    >>> TABLE["multiply"](2.0, 3.0)
    6.0
    """

    def __init__(
        self, value: Rule, derivatives: Rule, *, name: str = "", operands: Sequence[str] = (), operator: str = "",
        code: str = "", sample: Sequence[Interval] = (), domain: str = "all numbers", constants: int = 0,
        activation: bool = False, scalar: Callable[..., float] | None = None,
    ) -> None:  # fmt: skip
        rule = value.__code__
        self.value: Rule = value
        self.derivatives: Callable[..., tuple[Number, ...]] = derivatives
        self.name = self.__name__ = name or value.__name__
        self.variadic = bool(rule.co_flags & 0x04)  # def value(m, *operands)
        self.operands = tuple(operands) or rule.co_varnames[1 : rule.co_argcount]
        self.operator, self.code = operator, code or f"{self.name}({', '.join(self.operands)})"
        variables = len(self.operands) - constants
        self.sample = tuple(sample) or (ANY,) * variables + (POSITIVE,) * constants
        self.domain, self.constants, self.activation = domain, constants, activation
        self.__doc__, self.__module__ = value.__doc__ or f"y = {self.code}, for {domain}.", value.__module__
        self.scalar: Callable[..., float] = scalar or partial(value, floats)

    def __repr__(self) -> str:
        return f"<Operation {self.name}>"

    @overload
    def __call__(self, x: "Value", /, *others: "Value | float", **named: "Value | float") -> "Value": ...
    @overload
    def __call__(self, *numbers: float, **named: float) -> float: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, *operands: "Value | float", **named: "Value | float") -> "Value": ...
    @overload
    def __call__(self, numbers: Iterable[float], /) -> float: ...
    @overload
    def __call__(self, values: "Iterable[Value]", /) -> "Value": ...
    @overload
    def __call__(self, values: "Iterable[Value | float]", /) -> "Value | float": ...
    def __call__(self, *operands: Any, **named: Any) -> Any:  # type: ignore[misc]  # **named is not `x`
        """Apply it: to numbers alone it gives a number, else a Value. An operation of any number of them takes a list.

        An operand that is no number applies the operation itself, by `operand._apply_operation(operation, operands)`.

        Raises:
            DomainError: there is no finite result.
            TypeError, ValueError: these are not its operands.
        """
        if self.variadic:
            operands = self._listed(*operands, **named)
        elif named or len(operands) != len(self.operands):
            operands = self._in_order(*operands, **named)
        for operand in operands:
            if hasattr(operand, "_apply_operation"):
                return operand._apply_operation(self, operands)
        numbers = [floats.as_float(operand) for operand in operands]
        try:
            y = self.scalar(*numbers)
        except (ArithmeticError, ValueError):
            raise domain_error(self, numbers) from None
        if isfinite(y) or not all(map(isfinite, numbers)):
            return y
        raise domain_error(self, numbers)

    def _listed(self, *given: Any, **named: Any) -> tuple[Any, ...]:
        if named or len(given) != 1 or hasattr(given[0], "_apply_operation") or not hasattr(given[0], "__iter__"):
            got = _written(given, named)
            raise TypeError(f"{self.name} takes a list of values, got {got}: put them in brackets")
        if operands := tuple(given[0]):
            return operands
        raise ValueError(f"{self.name} needs at least one value, got none")

    def _in_order(self, *given: Any, **named: Any) -> tuple[Any, ...]:
        """All operands: those given in order, those given by name, and the defaults of constants."""
        rest = self.operands[len(given) :]
        defaults = dict(zip(self.operands[::-1], (self.value.__defaults__ or ())[::-1], strict=False))
        if len(given) > len(self.operands) or not named.keys() <= set(rest) <= {*defaults, *named}:
            raise TypeError(f"{self.code} takes {' and '.join(self.operands)}, got ({_written(given, named)})")
        return (*given, *[(defaults | named)[name] for name in rest])

    def replace(self, **changes: Any) -> "Operation":
        """A new operation, outside the table, that is as this one but for `changes`.

        Raises:
            ValueError: the derivatives are not as many as the operands that have one.
        """
        names = "value derivatives name operands operator code sample domain constants activation scalar"
        new = Operation(**{name: getattr(self, name) for name in names.split()} | changes)
        point = [0.4 * low + 0.6 * high for low, high in new.sample]
        given, wanted = len(new.derivatives(floats, new.scalar(*point), *point)), len(point) - new.constants
        if given != wanted:
            raise ValueError(
                f"{new.derivatives.__name__} gives {given} derivatives of {new.code}, which needs {wanted}"
            )
        return new

    def __reduce__(self) -> tuple[Callable[[str], "Operation"], tuple[str]]:
        if (TABLE.get(self.name) or LEAVES.get(self.name)) is not self:  # a copied value has the same operation
            raise TypeError(
                f"{self!r} is not in the table of operations (any more), so what it computed can't be copied: compute "
                "it again with one that is"
            )
        return operation_named, (self.name,)


def _written(given: Sequence[Any], named: dict[str, Any]) -> str:
    """Arguments as a call writes them."""
    return ", ".join([*map(repr, given), *[f"{name}={x!r}" for name, x in named.items()]])


def operation_named(name: str) -> Operation:
    """The operation of that name in a pickle, a leaf's among them; a LookupError where it has not been defined."""
    if found := TABLE.get(name) or LEAVES.get(name):
        return found
    raise LookupError(f"there is no operation {name!r} here: define it with @operation first, as it was then")


def operation(derivatives: Rule, **described: Any) -> Callable[[Rule], Operation]:
    """The decorator that puts an operation into the table, above the rule for its value; see `Operation`."""

    def decorate(value: Rule) -> Operation:
        new = Operation(value, derivatives, **described)
        return TABLE.setdefault(new.name, new)

    return decorate


def _no_value(m: Namespace) -> Number:
    raise TypeError("a leaf has a number of its own; nothing computes it")


def _no_derivatives(m: Namespace, y: Number) -> tuple[Number, ...]:
    return ()


INPUT, PARAMETER, CONSTANT, UNRECORDED = (
    LEAVES.setdefault(kind, Operation(_no_value, _no_derivatives, name=kind, code=kind))
    for kind in ("input", "parameter", "constant", "unrecorded")
)
"""The kinds of leaf: a number that is given, one that learning changes, one that is written in an expression, and one
that was computed inside no_grad()."""
