"""`Fused`: an array program compiled by LLVM to one function, which runs a batch in tiles of a few samples.

It suits small networks and programs of many small arrays, for which NumPy's calls and passes through memory take most
of the time. The machine code is kept in the user's cache, as the tape's is.
"""

from collections.abc import Sequence
from ctypes import c_double, c_int64, c_void_p
from typing import Any, NamedTuple

import numpy as np

from microgradnet.compiling.compiled_program import MOST_SIZES
from microgradnet.compiling.fused_code import Code
from microgradnet.compiling.instructions import FIXED, VALUES
from microgradnet.compiling.lanes import LANES
from microgradnet.compiling.machine_code import MachineCode
from microgradnet.compiling.program import Program, Result

Array = np.ndarray[Any, Any]


class Fused:
    """A program as one compiled function. It loads with llvmlite alone, as the modules do that write its code.

    Args:
        program: the instructions.

    Raises:
        NotImplementedError: there is no code for an instruction, or NumPy is faster.
    """

    def __init__(self, program: Program) -> None:
        code = Code(program)
        layout = code.layout
        count = len(program.parameters)
        self._memory = _aligned(layout.size)
        self._gradient = _aligned(count + -count % LANES)
        fixed = layout.column(self._memory, FIXED)
        fixed[: len(program.plan.fixed)] = [leaf.data for leaf in program.plan.fixed]
        layout.column(self._memory, VALUES)[:, program.plan.ones] = 1.0
        self._theta = fixed[:count]
        self._fixed, self._others = fixed, program.others
        self._other_rows = [~program.plan.place[value] for value in program.others.values]
        self._shapes, self._outputs = program.captured.shapes, len(program.outputs)
        pointers = [c_void_p] * (3 + len(self._shapes))
        self._code = MachineCode(code.text, c_double, c_int64, c_double, *pointers)
        self._batches: dict[int, _Batch] = {}

    def run(self, theta: Array, arguments: Sequence[Array], size: int, weight: float) -> Result:
        """As `CompiledProgram.run`.

        Raises:
            FloatingPointError: a number on the way is infinite or NaN.
        """
        np.copyto(self._theta, theta)
        if self._other_rows:
            self._fixed[self._other_rows] = self._others.array
        batch = self._batches.get(size) or self._batch(size)
        for into, argument in zip(batch.arguments, arguments):  # noqa: B905  # same length, ensured by capture
            np.copyto(into, argument)
        if self._code.run(size, weight, *batch.places) != 0.0:
            raise FloatingPointError("a number of the program is infinite or NaN")
        return batch.result

    def _batch(self, size: int) -> "_Batch":
        """The arrays for a batch of a new size; those of the oldest sizes are dropped."""
        if len(self._batches) == MOST_SIZES:
            del self._batches[next(iter(self._batches))]
        arguments = [np.empty((size, *shape)) for shape in self._shapes]
        outputs = np.empty((self._outputs, size + -size % LANES))
        places = [*map(_place, (self._memory, outputs, self._gradient, *arguments))]
        result = Result(list(outputs[:, :size]), self._gradient[: len(self._theta)])
        self._batches[size] = _Batch(arguments, result, places)
        return self._batches[size]


class _Batch(NamedTuple):
    """Arrays for a batch of one size, and where the arrays of a call begin."""

    arguments: list[Array]
    result: Result
    places: list[int]


def _aligned(size: int) -> Array:
    """Zeros that begin with a cache line."""
    numbers = np.zeros(size + LANES)
    start = -_place(numbers) // 8 % LANES
    return numbers[start : start + size]


def _place(array: Array) -> int:
    place: int = array.__array_interface__["data"][0]
    return place
