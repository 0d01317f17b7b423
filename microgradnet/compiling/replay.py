"""`Replay`: an array program with its arrays for one size of batch.

Arrays are allocated once and bound to the calls: a replay allocates nothing and looks nothing up.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from microgradnet.compiling.binding import Binding, Call, arrays
from microgradnet.compiling.blocks import Plan
from microgradnet.compiling.differentiation import Backward
from microgradnet.compiling.emitter import Emitter
from microgradnet.compiling.instructions import (
    FIXED,
    FIXED_GRADIENTS,
    VALUE_GRADIENTS,
    VALUES,
    Instruction,
    Rows,
    row_at,
)
from microgradnet.compiling.lowering import lower_forward
from microgradnet.compiling.program import Array, Program
from microgradnet.value import Value


class Replay:
    """Instructions with their arrays.

    Args:
        program: the instructions.
        size: the number of samples in the batch.

    Attributes:
        outputs, gradient: arrays with the results of the latest run.
    """

    def __init__(self, program: Program, size: int) -> None:
        plan, storages = program.plan, arrays(program.heights, size)
        storages[VALUES][plan.ones] = 1.0
        self._fixed = storages[FIXED][:, 0]
        self._fixed[: len(plan.fixed)] = [leaf.data for leaf in plan.fixed]
        binding = Binding(storages, partial(LoopReplay, plan, program.loop_gradients))
        self._theta = self._fixed[: len(program.parameters)]
        self._others = program.others
        self._other_rows = [~plan.place[value] for value in program.others.values]
        self._arguments = [
            np.moveaxis(binding.array(rows.reshaped(*shape)), -1, 0)
            for rows, shape in zip(plan.arguments, program.captured.shapes, strict=True)
        ]
        self.outputs = [binding.array(rows)[0] for rows in program.outputs]
        self._root = binding.array(program.root) if program.root else None
        count = len(program.parameters)
        self.gradient = storages[FIXED_GRADIENTS][:count, 0] if program.root else np.zeros(count)
        self.calls = binding.calls(program)

    def run(self, theta: Array, arguments: Sequence[Array], weight: float) -> None:
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


class LoopReplay:
    """The body of a loop with its arrays: rows of `for_each` side by side, those of `scan` one after the other.

    Args:
        around: the plan of the program around it.
        gradients: for the rows of the body of each loop in that those of their gradients.
        binding: the arrays of that program.
        node: the loop's node.
        instruction: its instruction there.
    """

    def __init__(
        self, around: Plan, gradients: dict[Rows, Rows], binding: Binding, node: Value, instruction: Instruction
    ) -> None:
        plan = around.bodies[node]
        loop, body = plan.loop, plan.body
        places = body.rows_of(body.program.outputs)
        emitter = Emitter(body.heights)
        lower_forward(body, emitter)
        forward, emitter.instructions = emitter.instructions, []
        backward = Backward(body, emitter, [*map(row_at, places)])
        backward.lower()

        self._values = binding.array(instruction.out)
        self._rows, self._samples = loop.rows, self._values.shape[-1]
        self._steps = loop.rows if loop.body.state else 1
        shape = self._steps, -1, self._rows * self._samples // self._steps
        self._values = self._values.reshape(shape)
        self._values[:, body.ones] = 1.0
        rows = gradients.get(instruction.out)
        self._gradients = binding.array(rows).reshape(shape) if rows else np.empty((self._steps, 0, shape[-1]))
        shared = arrays(emitter.heights, shape[-1])
        shared[FIXED][: len(body.fixed), 0] = [leaf.data for leaf in body.fixed]
        self._forward: list[list[Call]] = []
        self._backward: list[list[Call]] = []
        for step in range(self._steps):
            storages = shared | {VALUES: self._values[step], VALUE_GRADIENTS: self._gradients[step]}
            inner = Binding(storages, partial(LoopReplay, body, backward.loops))
            self._forward.append(inner.calls(forward))
            self._backward.append(inner.calls(emitter.instructions))

        of = [*backward.row_of_gradient[VALUES], -1]
        inputs, state, varying = body.arguments
        given = dict(zip(plan.parts, binding.operands(instruction), strict=True))
        fixed = len(given.get("fixed", ()))
        into = {
            "inputs": self._by_row(self._values, _range(inputs.start, inputs)),
            "state": self._values[0, _range(state.start, state), np.newaxis],
            "varying": self._by_row(self._values, _range(varying.start, varying)),
            "fixed": shared[FIXED][:fixed, np.newaxis],
        }
        self._given = [(into[part], array) for part, array in given.items()]
        self._each, self._summed = shared[FIXED_GRADIENTS][:fixed], np.zeros((fixed, 1))
        contributions: dict[str, Callable[[], Array]] = {
            "inputs": lambda: self._by_row(self._gradients, _range(of[inputs.start], inputs)),
            "state": lambda: self._gradients[0, _range(of[state.start], state), np.newaxis],
            "varying": lambda: self._by_row(self._gradients, _range(of[varying.start], varying)).sum(1, keepdims=True),
            "fixed": lambda: self._summed[:, np.newaxis],
        }
        self._contributions = [contributions[part] for part in plan.parts]
        outputs, last = (
            [of[place] for place in part]
            for part in (places[: len(loop.body.outputs)], places[len(loop.body.outputs) :])
        )
        self._state, self._last = _range(state.start, state), _index(places[len(outputs) :])
        self._state_gradient, self._add_carried = _range(of[state.start], state), _adding(last)
        self._inner = _index(sorted({*last} - {*outputs}))

    def _by_row(self, array: Array, index: Any) -> Any:
        """These of the rows that are kept for each step or all, as an array (rows, rows of the loop, samples)."""
        if self._steps > 1:
            return array[:, index].swapaxes(0, 1)
        return array[0, index].reshape(-1, self._rows, self._samples)

    def run(self) -> None:
        """Compute the loop."""
        for into, given in self._given:
            into[...] = given
        for step, calls in enumerate(self._forward):
            if step:
                self._values[step, self._state] = self._values[step - 1, self._last]
            for call in calls:
                call()

    def run_back(self) -> None:
        """Pass the gradients of what the loop computes back through it."""
        gradients = self._gradients
        gradients[:-1, self._inner] = 0.0
        self._summed.fill(0.0)
        for step in reversed(range(self._steps)):
            if step < self._steps - 1:
                self._add_carried(gradients[step], gradients[step + 1, self._state_gradient])
            for call in self._backward[step]:
                call()
            self._summed += self._each

    def copy_gradient(self, position: int, out: Array) -> None:
        """Copy the contribution to the gradient of one of what the loop is given."""
        out[...] = self._contributions[position]()


def _range(start: int, rows: Rows) -> slice:
    """As many rows from here on."""
    return slice(start, start + rows.size)


def _index(rows: Sequence[int]) -> slice | Array:
    """These rows as an index, that of a view if they follow each other."""
    first = rows[0] if rows else 0
    follow = list(rows) == list(range(first, first + len(rows)))
    return slice(first, first + len(rows)) if follow else np.array(rows)


def _adding(rows: Sequence[int]) -> Callable[[Array, Array], None]:
    """A function that adds numbers to these rows of an array; a row may be named twice."""
    index = _index(rows)
    if len(set(rows)) < len(rows):
        return lambda array, added: np.add.at(array, np.array(rows), added)

    def add(array: Array, added: Array) -> None:
        array[index] += added

    return add
