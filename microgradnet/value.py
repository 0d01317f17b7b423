"""`Value`: one number that remembers what it was computed from.

Arithmetic on values builds the computation graph. What an operation computes, and its derivatives, stand in the
table `ops`; the loop that applies the chain rule, in `backward`; functions that are no methods, in `functions`.
"""

import operator
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NoReturn, SupportsFloat, TypeAlias

from microgradnet import ops, recording
from microgradnet.backward import NO_GRADIENT, NoGradient, backward_pass
from microgradnet.errors import StaleGraphError, domain_error
from microgradnet.graph import topological_order
from microgradnet.ops import Operation
from microgradnet.ops.floats import as_float
from microgradnet.recording import Source

if TYPE_CHECKING:
    from microgradnet.stepping.steps import BackwardStep, ForwardStep

Operand: TypeAlias = "Value | float"

_epoch = 0  # how often the number of an existing value has been changed: see Value.data


def _record(op: Operation, operands: tuple["Value", ...], data: float) -> "Value":
    """The node for `data`, which `op` gave for `operands`. Finite operands give a finite number or an error."""
    if data - data != 0.0:
        recording.refuse_infinity(op, operands, data)
    node = _new(Value)
    node._data = data
    node._epoch = _epoch
    node.grad = NO_GRADIENT
    node.label = ""
    if not recording.enabled:
        op, operands = ops.INPUT, ()
    node.op = op
    node.operands = operands
    if recording.observe is not None:
        recording.observe(node)
    return node


def apply(op: Operation, operands: tuple["Value", ...]) -> "Value":
    """The result of any row of the table on `operands`; a DomainError where it has none that is finite.

    >>> apply(ops.TABLE["maximum"], (Value(2.0), Value(3.0)))
    Value(data=3.0)
    """
    try:
        data = op.scalar(*[operand._data for operand in operands])
    except (ArithmeticError, ValueError):
        raise domain_error(op, operands) from None
    return _record(op, operands, data)


# The methods of Value, made from the rows: a factory for each number of operands, as a general one takes twice as long
def _unary(op: Operation) -> Callable[["Value"], "Value"]:
    scalar = op.scalar

    def method(self: "Value") -> "Value":
        try:
            data = scalar(self._data)
        except (ArithmeticError, ValueError):
            raise domain_error(op, (self,)) from None
        return _record(op, (self,), data)

    return op.describe(method, of="Value.")


def _binary(op: Operation) -> Callable[["Value", Operand], "Value"]:
    """The method that applies `op` to a value and another value or number on its right."""
    scalar = op.scalar

    def method(self: "Value", other: Operand) -> "Value":
        if not isinstance(other, Value):
            other = constant(other)
        try:
            data = scalar(self._data, other._data)
        except (ArithmeticError, ValueError):
            raise domain_error(op, (self, other)) from None
        return _record(op, (self, other), data)

    return op.describe(method, of="Value.")


def _reflected(op: Operation) -> Callable[["Value", float], "Value"]:
    def method(self: "Value", other: float) -> "Value":
        return apply(op, (constant(other), self))

    return op.describe(method, of="Value.")


def _comparison(compare: Callable[[float, float], bool]) -> Callable[["Value", Operand], bool]:
    def method(self: "Value", other: Operand) -> bool:
        return compare(self._data, other._data if isinstance(other, Value) else as_float(other))

    return method


class Value:
    """One number in a computation graph.

    Args:
        data: the number: an int, a float or a numpy scalar; kept as a Python float.
        label: its name in pictures and messages, any text.

    Attributes:
        grad: d(root)/d(self), a float; 0.0 until a `backward()` reaches it.
        op: the row of the table that computed it; for a leaf `ops.INPUT`, `ops.PARAMETER` or `ops.CONSTANT`.
        operands: the values it was computed from, in order; () for a leaf.

    Raises:
        TypeError: `data` is not one real number.

    >>> x, w, b = Value(3.0, "x"), Value(-2.0, "w"), Value(1.0, "b")
    >>> y = w * x + b
    >>> y.backward()
    >>> y.data, w.grad, x.grad, b.grad
    (-5.0, 3.0, -2.0, 1.0)
    """

    __slots__ = ("_data", "_epoch", "grad", "label", "op", "operands")
    __array_ufunc__ = None  # numpy scalars and arrays leave their operators to ours

    def __init__(self, data: SupportsFloat, label: str = "") -> None:
        if not isinstance(label, str):
            raise TypeError(f"a label is a str, got {label!r}; operands are recorded by the operations themselves")
        self._data = as_float(data)
        self._epoch = _epoch
        self.grad: float = NO_GRADIENT
        self.label = label
        self.op = ops.INPUT
        self.operands: tuple[Value, ...] = ()
        if recording.observe is not None:
            recording.observe(self)

    @property
    def data(self) -> float:
        """The number. Only a leaf's may be changed, else a StaleGraphError; what it went into is then stale."""
        return self._data

    @data.setter
    def data(self, data: SupportsFloat) -> None:
        global _epoch  # noqa: PLW0603  # one clock for all graphs: values may be shared between them
        if self.operands:
            remedy = "change its operands and compute it again, or start a new leaf with .detach()"
            raise StaleGraphError(f"{self!r} was computed by {self.op.name!r}: {remedy}")
        self._data = as_float(data)
        _epoch += 1
        self._epoch = _epoch

    if not TYPE_CHECKING:  # read in C, so that no debugger steps into it
        data = property(operator.attrgetter("_data"), data.fset, doc=data.__doc__)

    def __setstate__(self, state: Any) -> None:
        """From a pickle or a copy; the clock goes on from that of the process where the pickle was made."""
        global _epoch  # noqa: PLW0603
        for name, held in ((state[0] or {}) | state[1]).items():  # a subclass may have attributes beside the slots
            setattr(self, name, held)
        _epoch = max(_epoch, self._epoch)

    __add__ = _binary(ops.ADD)
    __sub__ = _binary(ops.SUBTRACT)
    __mul__ = _binary(ops.MULTIPLY)
    __truediv__ = _binary(ops.DIVIDE)
    __rsub__ = _reflected(ops.SUBTRACT)
    __rmul__ = _reflected(ops.MULTIPLY)
    __rtruediv__ = _reflected(ops.DIVIDE)
    __neg__ = _unary(ops.NEGATE)
    __abs__ = _unary(ops.ABS)
    exp, log, sqrt = _unary(ops.EXP), _unary(ops.LOG), _unary(ops.SQRT)
    sin, cos, tanh = _unary(ops.SIN), _unary(ops.COS), _unary(ops.TANH)
    sigmoid, relu, softplus = _unary(ops.SIGMOID), _unary(ops.RELU), _unary(ops.SOFTPLUS)
    gelu, gelu_tanh, silu = _unary(ops.GELU), _unary(ops.GELU_TANH), _unary(ops.SILU)
    erf, erfc = _unary(ops.ERF), _unary(ops.ERFC)

    def __radd__(self, other: float) -> "Value":
        """Other + self; the int 0 that `sum([...])` starts from adds no node."""
        return self if type(other) is int and other == 0 else apply(ops.ADD, (constant(other), self))

    def __pow__(self, exponent: Operand) -> "Value":
        """Self ** exponent: a number as the exponent has a rule of its own, without a logarithm."""
        other = exponent if isinstance(exponent, Value) else constant(exponent)
        return apply(ops.POWER if other.op is ops.CONSTANT else ops.GENERAL_POWER, (self, other))

    def __rpow__(self, base: float) -> "Value":
        """Base ** self, for a number as the base."""
        return apply(ops.EXPONENTIAL, (self, constant(base)))

    def __pos__(self) -> "Value":
        return self

    __lt__, __le__ = _comparison(operator.lt), _comparison(operator.le)
    __gt__, __ge__ = _comparison(operator.gt), _comparison(operator.ge)

    def __bool__(self) -> NoReturn:
        """Refused: whether a Value "is true" could mean its number or that there is one."""
        raise TypeError(f"the truth of {self!r} is ambiguous: write `v.data != 0` or `v is not None`")

    def __float__(self) -> float:
        """The number, cut off from the graph."""
        return self._data

    def __format__(self, spec: str) -> str:
        """The number in the format `spec`; without one, the repr."""
        return format(self._data, spec) if spec else repr(self)

    def __repr__(self) -> str:
        parts = [f"data={self._data!r}"]
        if not isinstance(self.grad, NoGradient):
            parts.append(f"grad={self.grad!r}")
        if self.label:
            parts.append(f"label={self.label!r}")
        return f"{type(self).__name__}({', '.join(parts)})"

    _prev = property(operator.attrgetter("operands"), doc="The operands, as micrograd calls them.")
    _op = property(
        operator.attrgetter("op.symbol"), doc='The operation\'s symbol, as micrograd calls it; "" for a leaf.'
    )

    @property
    def source(self) -> Source | None:
        """The line of the program that made it, if that was while `trace_source()` was on."""
        return getattr(self.operands, "source", None)

    def detach(self) -> "Value":
        """A new leaf with the same number and label, through which no gradient flows."""
        return Value(self._data, self.label)

    def backward(self, grad: SupportsFloat = 1.0) -> None:
        """Add d(self)/d(leaf), times `grad`, to the `grad` of every leaf; set that of every node between.

        The gradients of nodes between start at 0 in each pass; a leaf's accumulate until `zero_grad()`. A pass that
        fails changes no gradient.

        Raises:
            StaleGraphError: a number was changed after something had been computed from it.
            DomainError: a derivative does not exist where the graph was computed (√x at 0, say), or is no float.

        >>> a = Value(3.0); y = a * a
        >>> y.backward(); y.backward(); a.grad
        12.0
        """
        backward_pass(self, as_float(grad))

    def backward_steps(self, grad: SupportsFloat = 1.0) -> "Iterator[BackwardStep]":
        """`backward()`, paused after each application of the chain rule: a `BackwardStep` each.

        Inside the loop the gradients are as of that step. A loop that is left before its end changes nothing: all
        gradients are again what they were. Agrees with `backward()` to the bit.

        >>> a = Value(3.0, "a"); y = a * a; y.label = "y"
        >>> for step in y.backward_steps(): print(step)
        a.grad += y.grad · ∂y/∂a = 1 · a = 1 · 3 = 3 (operand 1 of a·a)
        a.grad += y.grad · ∂y/∂a = 1 · a = 1 · 3 = 3, and 3 + 3 = 6 (operand 2 of a·a)
        """
        from microgradnet.stepping.steps import backward_steps

        return backward_steps(self, as_float(grad))

    def forward_steps(self) -> "Iterator[ForwardStep]":
        """What was computed, operation by operation, in order: a `ForwardStep` each. Nothing is computed anew.

        >>> x = Value(3.0, "x"); y = 2 * x + 1; y.label = "y"
        >>> for step in y.forward_steps(): print(step)
        2·x = 2·3 = 6
        y = 2·x + 1 = 6 + 1 = 7
        """
        from microgradnet.stepping.steps import forward_steps

        return forward_steps(self)

    def zero_grad(self) -> None:
        """Forget the gradients of this value and of everything it was computed from."""
        for node in topological_order(self):
            node.grad = NO_GRADIENT


def parameter(data: SupportsFloat, label: str = "") -> Value:
    """A leaf that learning changes: a weight or a bias. It computes as any value; pictures show it as learnable.

    >>> w = parameter(0.5, "w"); w.op
    <Operation parameter>
    """
    leaf = Value(data, label)
    leaf.op = ops.PARAMETER
    return leaf


def constant(data: SupportsFloat) -> Value:
    """A leaf for a plain number in an expression, as the 2 in `2 * x`: what the operators make of one."""
    leaf = Value(data)
    leaf.op = ops.CONSTANT
    return leaf


_new: Callable[[type[Value]], Value] = object.__new__
