"""`Compiled`: a function of one sample applied to a batch, captured once for each shape of its arguments."""

import gc
import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextvars import Context
from functools import partial
from math import isfinite
from typing import Any, NoReturn
from weakref import WeakSet

import numpy as np

from microgradnet._shared.arguments import as_count, one_of
from microgradnet.compiling.arguments import (
    Array,
    argument_names,
    array_of,
    parameters_in,
    positional,
    shapes_of,
    size_of,
    with_symbols,
)
from microgradnet.compiling.capturing import PausedCollector, capture, values_of
from microgradnet.compiling.compiled_program import CompiledProgram
from microgradnet.compiling.engines import UNROLLED, Ready, are_finite, check, check_threads, engine_of
from microgradnet.compiling.observing import CaughtFailures, capture_error, capturing
from microgradnet.compiling.outputs import assembled, template_of
from microgradnet.compiling.program import Result
from microgradnet.errors import CaptureError, DomainError
from microgradnet.gradients import grad
from microgradnet.nn import Module
from microgradnet.optim.parameter_vector import ParameterVector
from microgradnet.recording import graph_recorded, unobserved
from microgradnet.value import Value

Shape = tuple[int, ...]
REDUCTIONS = ("mean", "sum", "none")
Parameters = Module | Value | ParameterVector | Iterable["Parameters"]
_TOO_LARGE = "a sum over the samples is too large for a float: rescale the addends"
_CAPTURING = threading.RLock()  # a capture observes the class Value
_RAISING = Context()  # in which NumPy raises an error where a result is not finite: faster than np.errstate
_RAISING.run(partial(np.seterr, over="raise", divide="raise", invalid="raise", under="ignore"))


class Compiled:
    """A function of one sample that computes a whole batch. `compile` creates it.

    Attributes:
        function: the function of one sample.
        programs: the captured programs by the shapes of a sample's arguments; after `programs.clear()`, the function
            is captured again.
    """

    def __init__(
        self, function: Any, parameters: Any, reduction: str | None, engine: str, dtype: str, devices: Any,
        symbols: Mapping[str, int], most_programs: Any, threads: Any = 1,
    ) -> None:  # fmt: skip
        if not callable(function):
            raise TypeError(f"compile takes a function of one sample, got {function!r}")
        self.threads, self.devices = check_threads(engine, threads), check(engine, dtype, devices)
        self.trained = parameters is not None
        default = "mean" if self.trained else "none"
        self.reduction = default if reduction is None else one_of(REDUCTIONS, reduction, "reduction")
        if self.trained and self.reduction == "none":
            raise ValueError("a gradient is that of one number: reduction must be 'mean' or 'sum', got 'none'")
        self.function, self.engine, self.dtype = function, engine, dtype
        if not self.trained:
            parameters = function.parameters() if isinstance(function, Module) else []
        self._parameters = (
            parameters
            if isinstance(parameters, ParameterVector)
            else ParameterVector(dict.fromkeys(parameters_in(parameters)))
        )
        if self.trained and not len(self.parameters):
            raise ValueError(f"{parameters!r:.80} has no parameters: make them with parameter(…)")
        self._one_at_a_time = threading.RLock()  # threads that call it would write to the same arrays
        self._raising = _RAISING.copy()  # nor is it entered twice by one thread, from a signal handler
        self.programs: dict[tuple[Shape, ...], CompiledProgram] = {}
        self._latest: Ready | None = None
        if not isinstance(symbols, Mapping):
            raise TypeError(f"symbols are counts by the argument's name, such as {{'letter': 27}}; got {symbols!r:.80}")
        self.symbols = {name: as_count(count, f"the number of symbols of {name!r}") for name, count in symbols.items()}
        self._most_programs = as_count(most_programs, "most_programs")
        _EVERY.add(self)

    @property
    def parameters(self) -> ParameterVector:
        """The numbers of the parameters as one vector, synchronised with the Values: `parameters -= change`."""
        return self._parameters

    @parameters.setter
    def parameters(self, numbers: ParameterVector) -> None:  # or an array
        if numbers is not self._parameters:
            self._parameters[:] = np.asarray(numbers)

    def __repr__(self) -> str:
        name = getattr(self.function, "__name__", repr(self.function))
        return f"Compiled({name}, {len(self.parameters)} parameters, {len(self.programs)} programs)"

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError(
            "a compiled function is neither copied nor pickled: its arrays are for one user. Copy or pickle its "
            "model, and compile that"
        )

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """The outputs for a batch; with parameters (value, gradient). See `compile`."""
        if named:
            given = ", ".join(f"{name}=…" for name in named)
            names = ", ".join(positional(self.function)) or "X, Y"
            raise TypeError(
                f"a compiled function takes its arrays by position alone, got {given}: write f({names}), and options "
                "such as engine=… in compile(…)"
            )
        arrays = self._arrays(arguments)
        ready = self._latest
        if (
            not ready
            or ready.shapes != [array.shape for array in arrays]
            or self.programs.get(ready.key) is not ready.program
            or ready.name != self.engine
        ):
            ready = self._readied(arrays)
        with self._one_at_a_time:
            try:
                return self._raising.run(self._computed, ready, arrays)
            except FloatingPointError:
                pass
        with np.errstate(all="ignore"):  # with no lock held: the function may wait for others that do
            return self._returned(ready, self._run_eagerly(arrays, self._weight(ready.size)))

    def _computed(self, ready: Ready, arrays: list[Array]) -> Any:
        weight = self._weight(ready.size)
        return self._returned(ready, ready.engine.run(self._parameters.array, arrays, ready.size, weight))

    def _weight(self, size: int) -> float:
        """That of each sample in the gradient."""
        return 1.0 if self.reduction == "sum" else 1.0 / size

    def program(self, *arguments: Any) -> CompiledProgram:
        """The program for arguments of these shapes, captured on first use."""
        return self._program(self._arrays(arguments))

    def _arrays(self, arguments: Sequence[Any]) -> list[Array]:
        if capturing():
            raise capture_error(
                "calling a compiled function", "call the function that it was compiled from, its .function"
            )
        arrays = [array_of(argument, number) for number, argument in enumerate(arguments)]
        return (
            with_symbols(arrays, argument_names(self.function, len(arrays)), self.symbols) if self.symbols else arrays
        )

    def _readied(self, arrays: Sequence[Array]) -> Ready:
        """All that calls with arrays of these shapes need, kept for the next ones."""
        program, size = self._program(arrays), size_of(arrays)
        with self._one_at_a_time:
            engine = engine_of(program, self.engine, self.dtype, size, self.devices, self.threads)
            shapes = [array.shape for array in arrays]
            self._latest = Ready(shapes, shapes_of(arrays), program, self.engine, engine, size)
            return self._latest

    def _program(self, arrays: Sequence[Array]) -> CompiledProgram:
        size = size_of(arrays)
        try:
            with self._one_at_a_time:
                self._latest = None
                return self._kept(arrays, size)
        except DomainError:  # of a capture: which sample it is, eager runs tell, for which no lock is held
            deque(self._samples(arrays), maxlen=0)
            raise

    def _kept(self, arrays: Sequence[Array], size: int) -> CompiledProgram:
        """The program that is kept for these shapes, captured on first use."""
        if not size:
            raise ValueError("a batch needs at least one sample, got none")
        if any(len(array) != size for array in arrays):
            sizes = ", ".join(str(len(array)) for array in arrays)
            raise ValueError(f"all arguments need the same number of samples along the first axis; got {sizes}")
        shapes = shapes_of(arrays)
        program = self.programs.get(shapes)
        if program is None:
            with _CAPTURING:
                paused = PausedCollector()
                with paused, paused:
                    gc.disable()
                    program = self._captured(arrays, size)
                    paused.end()
            if len(self.programs) == self._most_programs:
                del self.programs[next(iter(self.programs))]
            self.programs[shapes] = program
        elif len(self.programs) > 1:
            self.programs[shapes] = self.programs.pop(shapes)  # the first is the least recently used
        return program

    def _captured(self, arrays: Sequence[Array], size: int) -> CompiledProgram:
        samples = [[array[number] for array in arrays] for number in (0, -1)]
        try:
            captured = capture(self.function, samples, loops=self.engine not in UNROLLED)
        except (TypeError, ValueError) as error:
            named = [*zip(argument_names(self.function, len(arrays)), arrays, strict=True)]
            shapes = ", ".join(f"{name} ({', '.join(map(str, array.shape[1:]))})" for name, array in named)
            error.add_note(f"while it was captured for samples whose arguments have the shapes {shapes}")
            for number, (name, array) in enumerate(named, 1):
                if isinstance(error, TypeError) and array.shape[1:] == (1,):
                    error.add_note(
                        f"argument {number}, {name}, is a list of 1 number for each sample: if it should be that "
                        f"number, pass the array's .ravel(), of shape ({size},), or use {name}[0]"
                    )
            raise
        template = captured.template
        if self.trained and template != 0 and not (isinstance(template, tuple) and template[:1] == (0,)):
            raise CaptureError(
                "a function whose gradient is wanted returns one Value, or a tuple that begins with the Value to "
                f"differentiate; this one returned {len(captured.outputs)} in a {type(template).__name__}"
            )
        try:
            return CompiledProgram(captured, self.parameters.values, self.trained)
        except (ArithmeticError, ValueError) as error:  # a derivative with log(c) for a constant c = 0
            raise DomainError(f"a derivative of a constant has no finite value: {error}") from error

    def _run_eagerly(self, arrays: Sequence[Array], weight: float) -> Result:
        """Run eagerly, sample by sample, after an operation that is not finite: what the program cannot tell apart.

        Raises:
            DomainError: the function raises one for a sample, whose number is added; or a sum over them is too large.
        """
        results = [*self._samples(arrays)]
        outputs = list(np.array([numbers for numbers, _ in results]).T)
        gradients = np.array([gradient for _, gradient in results])
        gradient = (weight * gradients).sum(0)
        if are_finite([gradients]) and not are_finite([gradient]):
            raise DomainError(_TOO_LARGE)
        return Result(outputs, gradient)

    def _samples(self, arrays: Sequence[Array]) -> Iterator[tuple[list[float], list[float]]]:
        """The outputs and the gradient of each sample; the first DomainError is raised with the sample's number."""
        for number in range(size_of(arrays)):
            try:
                yield self._sample([array[number] for array in arrays])
            except DomainError as error:
                raise DomainError(f"sample {number}: {error}") from error

    def _sample(self, sample: Sequence[Array]) -> tuple[list[float], list[float]]:
        outputs: list[Value] = []
        failures = CaughtFailures()
        with graph_recorded(), failures, failures:
            failures.on()
            template_of(self.function(*[values_of(numbers.tolist(), []) for numbers in sample]), outputs)
            with unobserved():
                gradient = grad(outputs[0], self.parameters.values) if self.trained else []
        failures.refuse()
        return [output._data for output in outputs], gradient

    def _returned(self, ready: Ready, result: Result) -> Any:
        """The outputs as the function returned them: reduced are all, or of one that is trained its loss alone."""
        size, given, template = ready.size, result.outputs, ready.program.captured.template
        if self.trained and template == 0:
            return self._reduced(given[0], size), result.gradient.copy()
        count = 1 if self.trained else 0 if self.reduction == "none" else len(given)
        outputs: list[Any] = [self._reduced(output, size) for output in given[:count]]
        outputs += [output if len(output) == size else np.broadcast_to(output, size) for output in given[count:]]
        found = assembled(template, outputs)
        return (found, result.gradient.copy()) if self.trained else found

    def _reduced(self, output: Array, size: int) -> float:
        """The sum or mean over the samples; a result that is the same for all counts once per sample."""
        found = float(np.add.reduce(output))
        if self.reduction == "sum":
            found *= 1 if len(output) == size else size
        else:
            found /= len(output)
            found = found if isfinite(found) else float(np.add.reduce(output / len(output)))
        if not isfinite(found) and are_finite([output]):
            raise DomainError(_TOO_LARGE)
        return found


_EVERY = WeakSet[Compiled]()


def _renew() -> None:
    """In a process that was forked off: no thread is left to release a lock, or at work in the memory of an engine."""
    global _CAPTURING  # noqa: PLW0603
    _CAPTURING = threading.RLock()
    for compiled in _EVERY:
        compiled._one_at_a_time, compiled._raising, compiled._latest = threading.RLock(), _RAISING.copy(), None
        for program in compiled.programs.values():
            program.engines.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
