"""`Replay`: an array program with its arrays for one size of batch.

Arrays are allocated once and bound to the calls: a replay allocates nothing and looks nothing up.
"""

from collections.abc import Sequence

import numpy as np

from microgradnet.compiling.binding import Binding, arrays
from microgradnet.compiling.instructions import FIXED, FIXED_GRADIENTS, VALUES
from microgradnet.compiling.program import Array, Program, Result


class Replay:
    """Instructions with their arrays.

    Args:
        program: the instructions.
        size: the number of samples in the batch.

    Attributes:
        result: arrays with the results of the latest run.
    """

    def __init__(self, program: Program, size: int) -> None:
        plan, storages = program.plan, arrays(program.heights, size)
        storages[VALUES][plan.ones] = 1.0
        self._fixed = storages[FIXED][:, 0]
        self._fixed[[*plan.leaves]] = [leaf.data for leaf in plan.leaves.values()]
        binding = Binding(storages)
        self._theta = self._fixed[: len(program.parameters)]
        self._others, self._other_rows = program.others, program.other_rows
        self._arguments = [
            np.moveaxis(binding.array(rows.reshaped(*shape)), -1, 0)
            for rows, shape in zip(plan.arguments, program.captured.shapes, strict=True)
        ]
        outputs = [binding.array(rows)[0] for rows in program.outputs]
        self._root = binding.array(program.root) if program.root else None
        count = len(program.parameters)
        self.result = Result(outputs, storages[FIXED_GRADIENTS][:count, 0] if program.root else np.zeros(count))
        self.calls = binding.calls(program)

    def run(self, theta: Array, arguments: Sequence[Array], weight: float) -> Result:
        """Copy the inputs and run all calls."""
        self._theta[...] = theta
        if self._other_rows:
            self._fixed[self._other_rows] = self._others
        for into, argument in zip(self._arguments, arguments):  # noqa: B905  # same length, ensured by capture
            into[...] = argument
        if self._root is not None:
            self._root.fill(weight)
        for call in self.calls:
            call()
        return self.result
