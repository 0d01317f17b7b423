"""Capture: run a function of one sample once on Values, and keep its operations as a scalar program.

The user's function needs no change. Code that would bake one sample's value into the program raises a `CaptureError`
at its line; a dependence on anything but the arguments (a random number, a counter) is detected by a second run on
another sample.
"""

import gc
import sys
import threading
from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from microgradnet.compiling.arguments import argument_names
from microgradnet.compiling.difference import Run, difference
from microgradnet.compiling.loop_capturing import LoopCapturing, Unrolled
from microgradnet.compiling.observing import Capturing
from microgradnet.compiling.outputs import Template, template_of
from microgradnet.errors import CaptureError, DomainError
from microgradnet.recording import graph_recorded
from microgradnet.stepping.tracing import trace_source
from microgradnet.value import Value

MOST_UNROLLED = 8
"""So many loops are found out, one after the other, to be captured row by row; then all are."""


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

    @property
    def run(self) -> Run:
        """The run of the function that was captured."""
        return Run([*chain.from_iterable(self.inputs)], self.made, self.outputs, self.template)


def capture(function: Callable[..., Any], samples: Sequence[Sequence[Any]], loops: bool = True) -> Capture:
    """Run `function` on the first of the samples, each a list of arrays, one for each argument, and capture it.

    Args:
        function: of one sample.
        samples: the first, and another to compare with.
        loops: whether the body of `for_each` and `scan` is captured by itself, or row by row.

    Raises:
        CaptureError: it does not apply the same operations to every sample of these shapes.
    """
    unrolled: set[int] = set()
    while loops and len(unrolled) < MOST_UNROLLED:
        try:
            return _captured(function, samples, partial(LoopCapturing, unrolled))
        except Unrolled as again:
            loops = again.number is not None
            unrolled |= {again.number} if again.number is not None else set()
        except DomainError:  # what a loop computes is not known, so that `where` may choose wrongly
            loops = False
    return _captured(function, samples, Capturing)


def _captured(function: Callable[..., Any], samples: Sequence[Sequence[Any]], kind: Callable[[], Capturing]) -> Capture:
    names = argument_names(function, len(samples[0]))
    before = _random_states()
    first = _run(function, samples[0], names, kind)
    after = _random_states()
    second = _run(function, samples[-1], names, kind)
    what = difference(first.run, second.run)
    if what:
        with trace_source():  # run again with sources, to name the line
            runs = [_run(function, sample, names, kind).run for sample in (samples[0], samples[-1])]
        what = difference(*runs) or what
    elif threading.active_count() == 1 and any(after[name] != state for name, state in before.items()):
        what = "random numbers were drawn, though they made no difference this time"
    if what:
        raise CaptureError(
            f"{what}. A compiled function has to compute the same each time: pass numbers that change (a random "
            "number, a mask, a count) as an argument, and do not branch on anything that depends on the data"
        )
    for name, shape, flat in zip(first.names, first.shapes, first.inputs, strict=True):
        for index, value in zip(np.ndindex(shape), flat, strict=True):
            value.label = value.label or name + "".join(f"[{i}]" for i in index)
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


def _run(
    function: Callable[..., Any], sample: Sequence[Any], names: Sequence[str], kind: Callable[[], Capturing]
) -> Capture:
    inputs: list[list[Value]] = [[] for _ in sample]
    arguments = [values_of(array.tolist(), flat) for array, flat in zip(sample, inputs, strict=True)]
    outputs: list[Value] = []
    capturing = kind()
    try:
        with graph_recorded(), capturing, capturing:
            capturing.on()
            template = template_of(function(*arguments), outputs)
            capturing.off()
    except IndexError:  # NumPy's, for an index that was refused
        capturing.refuse()
        raise
    capturing.refuse()
    capturing.refuse_inside(chain(outputs, *[node.operands for node in capturing.made]))
    return Capture(list(names), inputs, [array.shape for array in sample], outputs, template, capturing.made)


def values_of(numbers: Any, flat: list[Value]) -> Any:
    """The nested lists `numbers` with a Value for each number; all are appended to `flat`."""
    if isinstance(numbers, list):
        return [values_of(inner, flat) for inner in numbers]
    flat.append(Value(numbers))
    return flat[-1]


class PausedCollector:
    """The state of Python's cycle collector, restored at the end: it would traverse every captured value repeatedly.

    Its `with` statement is entered twice, for a second Ctrl-C; it begins with `gc.disable()` and ends with `end()`.
    """

    def __init__(self) -> None:
        self.enabled = gc.isenabled()

    def end(self) -> None:
        """Turn the collector on again if it was on."""
        if self.enabled:
            gc.enable()

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exception: object) -> None:
        self.end()
