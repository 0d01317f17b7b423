"""Capture: run a function of one sample once on Values, and keep its operations as a scalar program.

The user's function needs no change. Code that would bake one sample's value into the program raises a `CaptureError`
at its line; a dependence on anything but the arguments (a random number, a counter) is detected by a second run on
another sample.
"""

import gc
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from inspect import signature
from itertools import chain
from typing import Any, NamedTuple, TypeAlias

from microgradnet import graph
from microgradnet.by_hand import OperationByHand
from microgradnet.errors import CaptureError
from microgradnet.graph import Graph
from microgradnet.ops import PARAMETER
from microgradnet.recording import Hook, graph_recorded
from microgradnet.stepping.tracing import here, is_in_package, trace_source
from microgradnet.value import Value, constant

Template: TypeAlias = Any
"""A nested structure of lists, tuples and dicts, in which an int is the index of an output."""


class Capture(NamedTuple):
    """The values that a function computed from one sample.

    Attributes:
        names: the names of the arguments.
        inputs: for each argument its Values, flat.
        shapes: for each argument the shape in which the function received them.
        outputs: the results, flat.
        template: the structure in which the function returned them.
        made: every value that was created while it ran, in order; the leaves among them are constants.
    """

    names: list[str]
    inputs: list[list[Value]]
    shapes: list[tuple[int, ...]]
    outputs: list[Value]
    template: Template
    made: list[Value]


def _refusing(name: str, what: str, remedy: str) -> Any:
    """The method `name` of a captured value, which would detach its number from the graph."""
    plain = getattr(Value, name, None)

    def method(self: Value, *arguments: Any) -> Any:
        if arguments == ("",):  # f"{x}" without a format
            return repr(self)
        if plain is None or _depends(self) or any(isinstance(a, Value) and _depends(a) for a in arguments):
            raise capture_error(what, remedy)
        return plain(self, *arguments)  # computed from constants alone: the same for all samples

    return method


_BRANCH = "a branch applies to all samples: use maximum, minimum, relu or abs, or branch outside"
_NUMBER = (
    "use microgradnet's own functions of Values (exp, relu, …) or define one with @operation, and read numbers outside"
)
_GRADIENT = "compile(function, parameters) gives the gradients; grad(…, create_graph=True) is captured"
_REFUSED = {
    **dict.fromkeys(("__lt__", "__le__", "__gt__", "__ge__"),
                    ("a comparison (in an if, a loop, min, max, sorted, …)", _BRANCH)),
    **dict.fromkeys(("__int__", "__index__", "__round__", "__trunc__"), ("a number as an index or a count", _NUMBER)),
    **dict.fromkeys(("backward", "backward_steps"), ("backward()", _GRADIENT)),
    "__bool__": ("the truth of a value", _BRANCH),
    "__float__": ("float(v)", _NUMBER),
    "__format__": ("a number as text", "read numbers outside; without a format, print shows the traced value"),
    "detach": ("detach()", "pass numbers without a gradient as a separate argument"),
}  # fmt: skip


_grad: Any = Value.__dict__["grad"]


class Captured(Value):
    """A value during capture: it computes as usual, but its number must not leave the graph."""

    __slots__ = ()

    def _read(self) -> float:
        if _depends(self):
            raise capture_error(".data", _NUMBER)
        return self._data

    def _write(self, number: float) -> None:
        raise capture_error("setting .data", "a program's inputs are its arguments: pass it as one")

    def _read_grad(self) -> float:
        if _depends(self) and not is_in_package(sys._getframe(1).f_code.co_filename):  # the engine may assign it
            raise capture_error(".grad", _GRADIENT)
        return _grad.__get__(self)  # type: ignore[no-any-return]

    data = property(_read, _write)
    grad = property(_read_grad, _grad.__set__)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, int | float) and _depends(self):
            raise capture_error(f"== {other!r}", _BRANCH)
        return self is other

    __hash__ = Value.__hash__

    def __repr__(self) -> str:
        if not _depends(self):
            return super().__repr__()
        return f"Value(traced, label={self.label!r})" if self.label else "Value(traced)"


Captured.__name__ = Captured.__qualname__ = "Value"  # as it is printed
for _name, (_what, _remedy) in _REFUSED.items():
    setattr(Captured, _name, _refusing(_name, _what, _remedy))


def _depends(value: Value) -> bool:
    """Whether it depends on an argument or a parameter."""
    return any(isinstance(leaf, Captured) or leaf.op is PARAMETER for leaf in Graph(value).leaves)


def capture(function: Callable[..., Any], samples: Sequence[Sequence[Any]], parameters: Sequence[Value]) -> Capture:
    """Run `function` on the first of the samples, each a list of arrays, one for each argument, and capture it.

    Raises:
        CaptureError: it does not apply the same operations to every sample of these shapes.
    """
    names = _names(function, len(samples[0]))
    before = _random_states()
    first = _run(function, samples[0], names, parameters)
    after = _random_states()
    second = _run(function, samples[-1], names, parameters)
    what = _difference(first, second)
    if what:
        with trace_source():  # run again with sources, to name the line
            runs = [_run(function, sample, names, parameters) for sample in (samples[0], samples[-1])]
        what = _difference(*runs) or what
    elif any(after[name] != state for name, state in before.items()):
        what = "random numbers were drawn, though they made no difference this time"
    if what:
        raise CaptureError(
            f"{what}. A compiled function has to compute the same each time: pass numbers that change (a random "
            "number, a mask, a count) as an argument, and do not branch on anything that depends on the data"
        )
    return first


def _random_states() -> dict[str, Any]:
    """The states of the random generators of `random` and NumPy, if these are loaded."""
    states: dict[str, Any] = {}
    if "random" in sys.modules:
        states["random"] = sys.modules["random"].getstate()
    if "numpy.random" in sys.modules:
        _, key, *rest = sys.modules["numpy.random"].get_state()
        states["numpy.random"] = key.tobytes(), rest
    return states


def _names(function: Callable[..., Any], count: int) -> list[str]:
    """The names of the function's first parameters; x₀, x₁, … if it has none."""
    try:
        found = [
            p.name
            for p in signature(function).parameters.values()
            if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        ]
    except (TypeError, ValueError):  # written in C
        found = []
    return found[:count] if len(found) >= count else [f"x{i}" for i in range(count)]


def _run(
    function: Callable[..., Any], sample: Sequence[Any], names: Sequence[str], parameters: Sequence[Value]
) -> Capture:
    inputs: list[list[Value]] = [[] for _ in sample]
    arguments = [_values(array.tolist(), name, flat) for array, name, flat in zip(sample, names, inputs, strict=True)]
    with _capturing([*parameters, *chain.from_iterable(inputs)]) as made:
        outputs: list[Value] = []
        before = graph.clock
        template = _template(function(*arguments), outputs)
        if graph.clock != before:
            raise capture_error("setting .data", "pass numbers that change from call to call as an argument")
        if _refusals:  # and the function caught it
            raise _refusals[0]
    return Capture(list(names), inputs, [array.shape for array in sample], outputs, template, made)


def _values(numbers: Any, label: str, flat: list[Value]) -> Any:
    """The nested lists `numbers` with a Value for each number, labelled with its index; all are appended to `flat`."""
    if isinstance(numbers, list):
        return [_values(inner, f"{label}[{i}]", flat) for i, inner in enumerate(numbers)]
    flat.append(Value(numbers, label))
    return flat[-1]


_refusals: list[CaptureError] = []
"""The errors of the current capture."""


def capture_error(what: str, remedy: str) -> CaptureError:
    """Create and record the error for `what` during capture, in case the function catches it."""
    error = CaptureError(f"{here()}: {what} would bake one sample's value into the compiled program; {remedy}")
    _refusals.append(error)
    return error


class _Capturing(Hook):
    """Record the values that are created, and raise an error for operations that would detach a number."""

    def __init__(self) -> None:
        self.made: list[Value] = []
        super().__init__()

    def created(self, node: Value) -> None:
        self.made.append(node)
        if isinstance(node.op, OperationByHand):
            raise capture_error(f"{node.op.name!r}, a Value with its own operands,", "define it with @operation")
        if node.operands:
            node.__class__ = Captured

    def before(self, what: str, nodes: Sequence[Value]) -> None:
        if what == "backward":
            raise capture_error("a backward pass", "compile(function, parameters) gives the gradients")
        if what == "grad":
            raise capture_error("a gradient as a number", "ask for grad(…, create_graph=True)")
        if what == "no_grad":
            raise capture_error("no_grad()", "remove it: compile(function) without parameters computes no gradients")


@contextmanager
def _capturing(traced: Sequence[Value]) -> Iterator[list[Value]]:
    """Record arithmetic inside the `with` block, and protect `traced` and all values that depend on them."""
    _refusals.clear()
    for value in traced:
        value._data  # noqa: B018  # synchronise a value whose number is in a vector
        value.__class__ = Captured
    with graph_recorded(), _Capturing() as capturing:
        try:
            yield capturing.made
        finally:
            for value in (*traced, *capturing.made):
                value.__class__ = Value


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause Python's cycle collector inside the `with` block: it would traverse every captured value repeatedly."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _template(result: Any, outputs: list[Value]) -> Template:
    if isinstance(result, list | tuple):
        items = [_template(item, outputs) for item in result]
        return items if isinstance(result, list) else tuple(items)
    if isinstance(result, dict):
        return {key: _template(item, outputs) for key, item in result.items()}
    if not isinstance(result, Value):
        try:
            result = constant(result)
        except TypeError:
            raise CaptureError(
                f"a compiled function returns Values, optionally in lists, tuples or dicts; got {result!r:.80}"
            ) from None
    outputs.append(result)
    return len(outputs) - 1


def _difference(first: Capture, second: Capture) -> str:
    """The first difference between two runs; "" if they differ only in the samples' numbers."""
    twin = dict(zip(chain.from_iterable(first.inputs), chain.from_iterable(second.inputs), strict=True))
    for one, other in zip(first.made, second.made):  # noqa: B905  # the lengths are compared below
        twin[one] = other
        if one.op is not other.op or tuple(map(twin.get, one.operands, one.operands)) != other.operands:
            if one.op is other.op:
                return f"{_place(one)}{one.op.name} has other operands in one run of the function than in another"
            return f"{_place(one)}{one.op.name} in one run of the function is {other.op.name} in another"
        if not one.operands and one._data != other._data and one._data == one._data:
            return f"{_place(one)}the number {one._data!r} in one run of the function is {other._data!r} in another"
    if len(first.made) != len(second.made):
        return f"one run of the function made {len(first.made)} values, another {len(second.made)}"
    if [twin.get(v, v) for v in first.outputs] != second.outputs or first.template != second.template:
        return "two runs of the function returned different values"
    return ""


def _place(node: Value) -> str:
    return f"{node.source}: " if node.source else ""
