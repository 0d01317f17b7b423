"""`Value`: one number that remembers what it was computed from.

Arithmetic on values builds the computation graph. What an operation computes, and its derivatives, stand in the table
`ops`; the loop that applies the chain rule is in `chain_rule`, and functions that are not methods are in `functions`.
"""

import operator
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import repeat
from numbers import Real
from typing import TYPE_CHECKING, Any, NoReturn, SupportsFloat, TypeAlias, TypeVar

from microgradnet import copying, graph, ops, recording
from microgradnet.backward import (
    NO_GRADIENT,
    NoGradient,
    SavedGradients,
    checked_graph,
    initialise_gradients,
    propagate,
    refuse_overflow,
    set_gradients,
)
from microgradnet.by_hand import OperationByHand, chain_rule_once
from microgradnet.graph import Graph
from microgradnet.ops import Operation
from microgradnet.ops.floats import as_float

if TYPE_CHECKING:
    from microgradnet.stepping.steps import BackwardStep, ForwardStep

Operand: TypeAlias = "Value | float"
Method = TypeVar("Method", bound=Callable[..., Any])

_new: "Callable[[type[Value]], Value]" = object.__new__


def _node(
    op: Operation, data: float, first: "Value | None" = None, second: "Value | None" = None,
    others: "tuple[Value, ...]" = (),
) -> "Value":  # fmt: skip
    """A new node for `data`, the result of `op`: one or two operands are `first` and `second`, more are `others`."""
    node = _new(Value)
    node._data, node._changed, node.op = data, graph.clock, op
    node._first, node._second, node._others = first, second, others
    node.grad, node._label, node._mark = NO_GRADIENT, "", None
    if data - data != 0.0:
        recording.check_finite(op, node.operands, data)
    if recording.active:
        recording.notify(node)
    return node


def apply(op: Operation, operands: "tuple[Value, ...]") -> "Value":
    """The result of any operation on `operands`; a DomainError where it has none that is finite.

    >>> apply(ops.maximum, (Value(2.0), Value(3.0)))
    Value(data=3.0)
    """
    try:
        data = op.scalar(*[operand._data for operand in operands])
    except (ArithmeticError, ValueError):
        raise recording.failure(op, operands) from None
    return _node(op, data, *operands) if len(operands) < 3 else _node(op, data, None, None, operands)  # type: ignore[arg-type]


# Methods of Value, made from operations: a factory for one operand and one for two, as a general one is half as fast
def _unary(op: Operation) -> "Callable[[Value], Value]":
    scalar = op.scalar

    def method(self: "Value") -> "Value":
        try:
            data = scalar(self._data)
        except (ArithmeticError, ValueError):
            raise recording.failure(op, (self,)) from None
        return _node(op, data, self)

    return _described(method, op)


def _with_constants(op: Operation) -> "Callable[..., Value]":
    """The method that applies `op` to a value and constants, by default those of its rule."""

    def method(self: "Value", *constants: float, **named: float) -> "Value":
        return op(self, *constants, **named)

    return _described(method, op)


def _binary(op: Operation) -> "Callable[[Value, Operand], Value]":
    """The method that applies `op` to a value and another value or number on its right."""
    scalar = op.scalar

    def method(self: "Value", other: Operand) -> "Value":
        if not isinstance(other, Value):
            other = constant(other)
        try:
            data = scalar(self._data, other._data)
        except (ArithmeticError, ValueError):
            raise recording.failure(op, (self, other)) from None
        return _node(op, data, self, other)

    return _described(method, op)


def _comparison(compare: Callable[[float, float], bool]) -> "Callable[[Value, Operand], bool]":
    def method(self: "Value", other: Operand) -> bool:
        return compare(self._data, other._data if isinstance(other, Value) else as_float(other))

    return method


def _described(method: Method, op: Operation) -> Method:
    method.__name__, method.__qualname__, method.__doc__ = op.name, f"Value.{op.name}", op.__doc__
    return method


class Value:
    """One number in a computation graph.

    It takes attributes of your own, as `v.color = "red"`, and micrograd's names and habits.

    Args:
        data: the number: an int, a float or a numpy scalar; kept as a Python float.
        label: its name in pictures and messages, any text.

    Attributes:
        grad: d(root)/d(self), a float; 0.0 until a `backward()` reaches it.
        op: the operation that computed it; for a leaf `ops.INPUT`, `ops.PARAMETER` or `ops.CONSTANT`.
        source: the line of the program that made it, if `trace_source()` was on.

    Raises:
        TypeError: `data` is not one real number.

    >>> x, w, b = Value(3.0, "x"), Value(-2.0, "w"), Value(1.0, "b")
    >>> y = w * x + b
    >>> y.backward()
    >>> y.data, w.grad, x.grad, b.grad
    (-5.0, 3.0, -2.0, 1.0)
    """

    __slots__ = ("__dict__", "_changed", "_data", "_first", "_label", "_mark", "_others", "_second", "grad", "op")
    source: Any = None
    op: Operation
    _first: Any  # how the operands are kept: one or two here, else all in `_others`
    _second: Any
    _others: "tuple[Value, ...]"
    _mark: object  # of the last walk

    def __init__(
        self, data: SupportsFloat, _children: "str | Iterable[Value]" = "", _op: str = "", label: str = ""
    ) -> None:
        self._data, self._changed, self.op = as_float(data), graph.clock, ops.INPUT
        self.grad: float = NO_GRADIENT
        self._first, self._second, self._others, self._mark, self._label = None, None, (), None, ""
        if isinstance(_children, str):  # Value(data, label)
            label = label or _children
        elif operands := _children_in(_children):
            self.operands = operands
            self.op = OperationByHand(self, _op or "own", None)
        if label != "":
            self.label = label
        if recording.active:
            recording.notify(self)

    @property
    def data(self) -> float:
        """The number. Assigning one makes what was computed from the old one stale: see `StaleGraphError`."""
        return self._data

    @data.setter
    def data(self, data: SupportsFloat) -> None:
        number, _ = as_float(data), self._data  # one that a vector keeps is fetched first
        graph.clock += 1
        self._changed = -graph.clock if self.operands else graph.clock  # negative: no longer what its operands give
        self._data = number
        graph.clock += 1  # again: another thread may have read the old number after the first time

    @property
    def label(self) -> str:
        """Its name in pictures and messages."""
        return self._label

    @label.setter
    def label(self, label: str) -> None:
        if not isinstance(label, str):
            raise TypeError(f"a label is a str, got {label!r}: write str({label!r})")
        self._label = label

    if not TYPE_CHECKING:  # read in C, so that no debugger steps into them
        data = property(operator.attrgetter("_data"), data.fset, doc=data.__doc__)
        label = property(operator.attrgetter("_label"), label.fset, doc=label.__doc__)

    @property
    def operands(self) -> "tuple[Value, ...]":
        """The values it was computed from, in order; () for a leaf."""
        if self._first is None:
            return self._others
        return (self._first,) if self._second is None else (self._first, self._second)

    @operands.setter
    def operands(self, operands: "tuple[Value, ...]") -> None:
        self._first, self._second = (*operands, None)[:2] if 0 < len(operands) < 3 else (None, None)
        self._others = () if self._first is not None else operands

    __add__ = _binary(ops.add)
    __sub__ = _binary(ops.subtract)
    __mul__ = _binary(ops.multiply)
    __truediv__ = _binary(ops.divide)
    __neg__ = _unary(ops.negate)
    __abs__ = _unary(ops.abs)

    def __pow__(self, exponent: Operand) -> "Value":
        """The power; a plain number as the exponent has its own rule, which needs no logarithm."""
        other = exponent if isinstance(exponent, Value) else constant(exponent)
        return apply(ops.power if other.op is ops.CONSTANT else ops.general_power, (self, other))

    def __radd__(self, number: float) -> "Value":
        if type(number) is int and number == 0:  # where `sum([...])` starts: no node
            return self
        return constant(number) + self

    def __rsub__(self, number: float) -> "Value":
        return constant(number) - self

    def __rmul__(self, number: float) -> "Value":
        return constant(number) * self

    def __rtruediv__(self, number: float) -> "Value":
        return constant(number) / self

    def __rpow__(self, base: float) -> "Value":
        return apply(ops.exponential, (self, constant(base)))

    def __pos__(self) -> "Value":
        return self

    __lt__, __le__ = _comparison(operator.lt), _comparison(operator.le)
    __gt__, __ge__ = _comparison(operator.gt), _comparison(operator.ge)
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        """Equal to its number, and to itself alone among Values."""
        return bool(self._data == other) if isinstance(other, Real) else NotImplemented

    def __bool__(self) -> NoReturn:
        """Refused: whether a Value "is true" could mean its number or that there is one."""
        raise TypeError(f"the truth of {self!r} is ambiguous: write `v.data != 0` or `v is not None`")

    def __float__(self) -> float:
        """The number, cut off from the graph."""
        return self._data

    def __format__(self, spec: str) -> str:
        """The number in the format `spec`; the repr without one."""
        return format(self._data, spec) if spec else repr(self)

    def __repr__(self) -> str:
        parts = [f"data={self._data!r}"]
        if not isinstance(self.grad, NoGradient | None):
            parts.append(f"grad={self.grad!r}")
        if self._label:
            parts.append(f"label={self._label!r}")
        return f"{type(self).__name__}({', '.join(parts)})"

    if TYPE_CHECKING:  # a method for each operation of one operand, set below: v.exp(), v.tanh()

        def __getattr__(self, name: str) -> Any: ...

    def _apply_operation(self, op: Operation, operands: "tuple[Operand, ...]") -> "Value":
        """See `Operation.__call__`."""
        if method := _METHODS.get(op):
            return method(self)
        if op.constants:
            operands = (*operands[: -op.constants], *map(as_float, operands[-op.constants :]))  # they have no gradient
        return apply(op, tuple([x if isinstance(x, Value) else constant(x) for x in operands]))

    def detach(self) -> "Value":
        """A new leaf with the same number and label, through which no gradient flows."""
        return Value(self._data, self._label)

    def backward(self, grad: SupportsFloat = 1.0) -> None:
        """Add d(self)/d(leaf), times `grad`, to the `grad` of every leaf; set that of every node between.

        The gradients of nodes between start at 0 in each pass; a leaf's accumulate until `zero_grad()`. A pass that
        fails changes no gradient.

        Raises:
            StaleGraphError: a number was changed after something had been computed from it.
            TypeError: the `grad` of a leaf was set to something else than a number.
            DomainError: a derivative does not exist where the graph was computed (√x at 0, say), or overflows.
            RuntimeError: it was computed inside `no_grad()`.
            ValueError: `grad` is not finite.

        >>> a = Value(3.0); y = a * a
        >>> y.backward(); y.backward(); a.grad
        12.0
        """
        seed = as_float(grad)
        graph_below = checked_graph(self, "backward", seed)
        saved = SavedGradients(graph_below.nodes)
        with saved, saved:
            initialise_gradients(graph_below, seed)
            propagate(graph_below.computed)
            refuse_overflow(graph_below.leaves, saved.before, graph_below.computed)

    def backward_steps(self, grad: SupportsFloat = 1.0) -> "Iterator[BackwardStep]":
        """`backward()`, paused after each application of the chain rule: see `stepping.steps.backward_steps`."""
        from microgradnet.stepping.steps import backward_steps

        return backward_steps(self, as_float(grad))

    def forward_steps(self) -> "Iterator[ForwardStep]":
        """The operations that it was computed by, in order: see `stepping.steps.forward_steps`."""
        from microgradnet.stepping.steps import forward_steps

        return forward_steps(self)

    def zero_grad(self) -> None:
        """Forget the gradients of this value and of everything it was computed from."""
        set_gradients(Graph(self).nodes, repeat(NO_GRADIENT))

    # micrograd's own names, in its spelling
    @property
    def _prev(self) -> "set[Value]":
        return set(self.operands[: len(self.operands) - self.op.constants])  # an exponent is none

    @property
    def _op(self) -> str:
        if not self.operands:
            return ""
        if self.op is ops.power:
            return f"**{self.operands[1]._data:g}"
        return self.op.operator or ("ReLU" if self.op is ops.relu else self.op.name)

    @property
    def _backward(self) -> Callable[[], None]:
        """The chain rule from this value to its operands, once. A program may set a function of its own.

        It is called with this value's gradient at 1, and what it adds is multiplied by the real one.
        """
        return partial(chain_rule_once, self, self.op)

    @_backward.setter
    def _backward(self, backward: Callable[[], None]) -> None:
        if self.operands:  # a leaf has none to pass a gradient to
            self.op = OperationByHand(self, self._op or "own", backward)

    __reduce_ex__, __setstate__, __copy__ = copying.reduced, copying.restore, copying.copied


def parameter(data: SupportsFloat, label: str = "") -> Value:
    """A leaf that learning changes: a weight or a bias. It computes as any value; pictures show it as learnable.

    >>> w = parameter(0.5, "w"); w.op
    <Operation parameter>
    """
    leaf = _node(ops.PARAMETER, as_float(data))
    leaf.label = label
    return leaf


def constant(data: SupportsFloat) -> Value:
    """A leaf for a plain number in an expression, such as the 2 in `2 * x`; the operators make it."""
    return _node(ops.CONSTANT, as_float(data))


def _children_in(given: Any) -> "tuple[Value, ...]":
    children = list(given) if isinstance(given, Iterable) else [given]
    if all(isinstance(child, Value) for child in children):
        return tuple(dict.fromkeys(children))
    raise TypeError(f"a label is a str, and operands are Values, got {given!r}: an operation records its own operands")


_METHODS = {op: _unary(op) for op in ops.TABLE.values() if len(op.operands) == 1 and not op.operator}
for _op in ops.TABLE.values():  # v.tanh(), and v.leaky_relu(), whose other operand has a default
    if _op in _METHODS or len(_op.operands) - len(_op.value.__defaults__ or ()) == 1:
        setattr(Value, _op.name, _METHODS.get(_op) or _with_constants(_op))
