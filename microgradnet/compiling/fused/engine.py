"""`Fused`: an array program as one compiled function.

It suits small networks and programs of many small arrays, for which NumPy's calls and passes through memory take most
of the time. The machine code is kept in the user's cache, as the tape's is.
"""

from collections.abc import Sequence
from copy import copy
from ctypes import c_double, c_int64, c_void_p
from typing import Any, NamedTuple

import numpy as np

from microgradnet.compiling.compiled_program import MOST_SIZES
from microgradnet.compiling.fused.code import Code
from microgradnet.compiling.fused.lanes import kind_of
from microgradnet.compiling.fused.machine_code import MachineCode
from microgradnet.compiling.instructions import FIXED, VALUES
from microgradnet.compiling.program import Program, Result

Array = np.ndarray[Any, Any]


class Fused:
    """A program as one compiled function.

    Args:
        program: the instructions.
        dtype: "float64" or "float32".
        few: whether it is for at most 4 samples; it computes more, but slowly.

    Raises:
        NotImplementedError: there is no code for an instruction, or NumPy is faster.

    Attributes:
        lanes: samples that are computed together.
    """

    def __init__(self, program: Program, dtype: str = "float64", few: bool = False) -> None:
        kind = kind_of(dtype, few)
        code = Code(program, kind)
        self._program, self._layout = program, code.layout
        self._dtype, self.lanes = np.dtype(dtype), kind.lanes
        self._is_double = dtype == "float64"
        self._shapes, self._outputs = program.captured.shapes, len(program.outputs)
        pointers = [c_void_p] * (3 + len(self._shapes))
        self._code = MachineCode(code.text, c_double, c_int64, c_double, *pointers)
        self._allocate()

    def _allocate(self) -> None:
        """The memory that the function works in, with the numbers that stay the same."""
        program, layout, count = self._program, self._layout, len(self._program.parameters)
        self._memory = self._aligned(layout.size)
        self._gradient = self._aligned(count + -count % self.lanes)
        fixed = layout.column(self._memory, FIXED)
        fixed[[*program.plan.leaves]] = [leaf.data for leaf in program.plan.leaves.values()]
        layout.column(self._memory, VALUES)[:, program.plan.ones] = 1.0
        self._theta = fixed[:count]
        self._fixed = fixed
        self._batches: dict[int, _Batch] = {}

    def another(self) -> "Fused":
        """The same function with memory of its own, for another thread."""
        other = copy(self)
        other._allocate()
        return other

    def run(self, theta: Array, arguments: Sequence[Array], size: int, weight: float) -> Result:
        """As `CompiledProgram.run`.

        Raises:
            FloatingPointError: a number on the way is infinite or NaN.
        """
        self._theta[...] = theta
        if self._program.other_rows:
            self._fixed[self._program.other_rows] = self._program.others.array
        batch = self._batches.get(size) or self._batch(size)
        for into, argument in zip(batch.arguments, arguments):  # noqa: B905  # same length, ensured by capture
            into[...] = argument
        if self._code.run(size, weight, *batch.places) != 0.0:
            raise FloatingPointError("a number of the program is infinite or NaN")
        if self._is_double:
            return batch.result
        outputs, gradient = batch.result
        return Result([output.astype(np.float64) for output in outputs], gradient.astype(np.float64))

    def _batch(self, size: int) -> "_Batch":
        """The arrays for a batch of a new size; those of the oldest sizes are dropped."""
        if len(self._batches) == MOST_SIZES:
            del self._batches[next(iter(self._batches))]
        arguments = [np.empty((size, *shape), self._dtype) for shape in self._shapes]
        outputs = np.empty((self._outputs, size + -size % self.lanes), self._dtype)
        places = [c_void_p(_place(array)) for array in (self._memory, outputs, self._gradient, *arguments)]
        result = Result(list(outputs[:, :size]), self._gradient[: len(self._theta)])
        self._batches[size] = _Batch(arguments, result, places)
        return self._batches[size]

    def _aligned(self, count: int) -> Array:
        """Zeros that begin with a cache line."""
        numbers = np.zeros(count + self.lanes, self._dtype)
        start = -_place(numbers) // numbers.itemsize % self.lanes
        return numbers[start : start + count]


class _Batch(NamedTuple):
    """Arrays for a batch of one size, and where the arrays of a call begin."""

    arguments: list[Array]
    result: Result
    places: list[c_void_p]


def _place(array: Array) -> int:
    place: int = array.__array_interface__["data"][0]
    return place
