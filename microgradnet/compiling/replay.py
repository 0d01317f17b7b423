"""`Replay`: an array program bound to NumPy arrays for one size of batch, as a list of calls.

Arrays are allocated once and bound to the calls: a replay allocates nothing and looks nothing up.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from microgradnet.compiling.blocks import LoopPlan
from microgradnet.compiling.differentiation import Backward
from microgradnet.compiling.emitter import Emitter
from microgradnet.compiling.instructions import (
    FIXED,
    FIXED_GRADIENTS,
    VALUE_GRADIENTS,
    VALUES,
    Instruction,
    Rows,
    Storage,
    row_at,
)
from microgradnet.compiling.lowering import lower_forward
from microgradnet.compiling.program import Array, Program
from microgradnet.value import Value

SMALL = 2048  # numbers up to which indexing is faster than multiplying by a mask
Call = Callable[[], object]
_DTYPES = (np.float64, np.bool_)


def _elementwise(function: Callable[[float], float]) -> Callable[..., None]:
    """A function that NumPy lacks, applied number by number."""
    vectorized = np.frompyfunc(function, 1, 1)

    def call(x: Array, *, out: Array) -> None:
        out[...] = vectorized(x)

    return call


FUNCTIONS: dict[str, Callable[..., object]] = {
    **{
        name: getattr(np, name)
        for name in (
            "abs", "add", "cos", "divide", "exp", "expm1", "greater", "greater_equal", "less", "less_equal", "log",
            "log1p", "maximum", "minimum", "multiply", "negative", "power", "sign", "sin", "sqrt", "subtract", "tanh",
        )
    },
    "erf": _elementwise(math.erf),
    "erfc": _elementwise(math.erfc),
}  # fmt: skip
"""Functions of arrays that write the result to `out`."""


class Replay:
    """Instructions with their arrays.

    Args:
        program: the instructions.
        size: the number of samples in the batch.

    Attributes:
        storages: the numbers.
        outputs, gradient: views of them with the results of the latest run.
    """

    def __init__(self, program: Program, size: int) -> None:
        self.storages: dict[Storage, Array] = {
            storage: np.zeros((height, size if storage.batched else 1), _DTYPES[storage.logical])
            for storage, height in program.heights.items()
        }
        self.storages[VALUES][program.plan.ones] = 1.0
        self.storages[FIXED][: len(program.plan.fixed), 0] = [leaf.data for leaf in program.plan.fixed]
        plan = program.plan
        self._theta = self.storages[FIXED][: len(program.parameters), 0]
        self._others = program.others
        self._other_rows = [~plan.place[value] for value in program.others.values]
        self._arguments = [
            np.moveaxis(self.array(rows.reshaped(*shape)), -1, 0)
            for rows, shape in zip(plan.arguments, program.captured.shapes, strict=True)
        ]
        self.outputs = [self.array(rows)[0] for rows in program.outputs]
        self._root = self.array(program.root) if program.root else None
        count = len(program.parameters)
        self.gradient = self.storages[FIXED_GRADIENTS][:count, 0] if program.root else np.zeros(count)
        self.bodies, self.loop_gradients = plan.bodies, program.loop_gradients
        self.loops: dict[Value, LoopReplay] = {}
        self.calls: list[Call] = [call for instruction in program for call in self._bound(instruction)]

    def run(self, theta: Array, arguments: Sequence[Array], weight: float) -> None:
        """Copy the inputs and run all calls."""
        self._theta[...] = theta
        if self._other_rows:
            self.storages[FIXED][self._other_rows, 0] = self._others
        for into, argument in zip(self._arguments, arguments):  # noqa: B905  # same length, ensured by capture
            into[...] = argument
        if self._root is not None:
            self._root.fill(weight)
        for call in self.calls:
            call()

    def array(self, rows: Rows) -> Array:
        """The rows as an array; its last axis is the batch, or of length 1."""
        base = self.storages[rows.storage]
        row, item = base.strides
        strides = (*[stride * row for stride in rows.strides], item)
        return np.ndarray((*rows.shape, base.shape[1]), base.dtype, base, rows.start * row, strides)

    def matrix(self, rows: Rows, transposed: bool = False) -> Array:
        """The rows as a matrix: the first axis by all others."""
        array = self.array(rows)
        first, second, columns = array.shape
        strides = (array.strides[0], array.strides[1] if columns == 1 else array.strides[2])
        base = self.storages[rows.storage]
        found = np.ndarray((first, second * columns), base.dtype, base, rows.start * base.strides[0], strides)
        return found.T if transposed else found

    def _bound(self, instruction: Instruction) -> Sequence[Call]:
        special = getattr(self, f"_{instruction.function}", None)
        if special:
            return special(instruction)  # type: ignore[no-any-return]
        function = FUNCTIONS[instruction.function]
        operands = [self._operand(operand) for operand in instruction.operands]
        return [partial(function, *operands, out=self.array(instruction.out))]

    def _operand(self, operand: Rows | float) -> Array:
        """An operand for broadcasting: a single number has no axes, which is fastest."""
        if not isinstance(operand, Rows):
            return np.array(operand)
        array = self.array(operand)
        return array.reshape(()) if array.size == 1 and not operand.storage.batched else array

    def _operands(self, instruction: Instruction) -> list[Any]:
        return [self.array(o) if isinstance(o, Rows) else np.array(o) for o in instruction.operands]

    def _copy(self, instruction: Instruction) -> Sequence[Call]:
        return [partial(np.copyto, self.array(instruction.out), *self._operands(instruction))]

    def _fill(self, instruction: Instruction) -> Sequence[Call]:
        return [partial(self.array(instruction.out).fill, instruction.operands[0])]

    def _where(self, instruction: Instruction) -> Sequence[Call]:
        condition, if_true, if_false = self._operands(instruction)
        out = self.array(instruction.out)
        if instruction.operands[2] != instruction.out:
            return [partial(np.copyto, out, if_false), partial(np.copyto, out, if_true, where=condition)]
        if instruction.operands[1] == 0.0 and out.size > SMALL:  # a factor of 0 or 1 does not branch
            kept = np.empty(condition.shape, bool)
            return [partial(np.logical_not, condition, kept), partial(np.multiply, out, kept, out)]
        return [partial(np.putmask, out, condition, if_true)]

    def _total(self, instruction: Instruction) -> Sequence[Call]:
        return [partial(np.add.reduce, *self._operands(instruction), 0, None, self.array(instruction.out))]

    def _largest(self, instruction: Instruction) -> Sequence[Call]:
        return [partial(np.maximum.reduce, *self._operands(instruction), 0, None, self.array(instruction.out))]

    def _sum(self, instruction: Instruction) -> Sequence[Call]:
        out = self.array(instruction.out)
        return [partial(np.add.reduce, *self._operands(instruction), instruction.detail, None, out, True)]

    def _matmul(self, instruction: Instruction) -> Sequence[Call]:
        left, right = instruction.operands
        if not isinstance(left, Rows) or not isinstance(right, Rows):
            raise TypeError("a matrix product of a number")
        turned = instruction.detail
        a, b = self.matrix(left, bool(turned[0])), self.matrix(right, bool(turned[1]))
        out = self.matrix(instruction.out)
        if a.shape[1] == 1:
            return [partial(np.multiply, a, b, out)]
        return [partial(np.dot if out.flags.c_contiguous else np.matmul, a, b, out)]

    def _loop(self, instruction: Instruction) -> Sequence[Call]:
        node = instruction.nodes[0]
        self.loops[node] = LoopReplay(self, self.bodies[node], instruction)
        return [self.loops[node].run_body]

    def _loop_back(self, instruction: Instruction) -> Sequence[Call]:
        return [self.loops[instruction.nodes[0]].run_back]

    def _loop_gradient(self, instruction: Instruction) -> Sequence[Call]:
        node, (position,) = instruction.nodes[0], instruction.detail
        part = self.bodies[node].parts[position]
        return [partial(self.loops[node].copy_gradient, part, self.array(instruction.out))]

    def _einsum(self, instruction: Instruction) -> Sequence[Call]:
        """Products summed along the axes where the result has one element, as matrix products of copies."""
        arrays = [*self._operands(instruction), self.array(instruction.out)]
        axes: dict[tuple[bool, ...], list[int]] = {}
        for axis in range(arrays[0].ndim):
            axes.setdefault(tuple([array.shape[axis] > 1 for array in arrays]), []).append(axis)
        batch, rows, columns, summed = (
            axes.get(kind, [])
            for kind in ((True, True, True), (True, False, True), (False, True, True), (True, True, False))
        )
        groups = ((batch, rows, summed), (batch, summed, columns), (batch, rows, columns))
        left, right, out = (_Matrices(array, *group) for array, group in zip(arrays, groups, strict=True))
        return [
            *[partial(np.copyto, of.copies, of.array) for of in (left, right) if of.is_copied],
            partial(np.matmul, left.matrices, right.matrices, out.matrices),
            *[partial(np.copyto, of.array, of.copies) for of in (out,) if of.is_copied],
        ]

    def _take(self, instruction: Instruction) -> Sequence[Call]:
        (source,) = instruction.operands
        if not isinstance(source, Rows):
            raise TypeError("rows are taken from rows")
        base = self.array(source) if source.size else self.storages[source.storage]
        out = self.array(instruction.out)
        index = np.array(instruction.detail)
        if base.shape[1] == out.shape[1]:
            return [partial(base.take, index, 0, out, "clip")]  # "clip" writes to out without a buffer
        return [lambda: np.copyto(out, base[index])]

    def _scatter_add(self, instruction: Instruction) -> Sequence[Call]:
        (contribution,) = self._operands(instruction)
        base = self.storages[instruction.out.storage]
        order = np.argsort(instruction.detail, kind="stable")
        rows, starts = np.unique(np.array(instruction.detail)[order], return_index=True)
        is_sorted, is_unique = bool((order[1:] > order[:-1]).all()), len(rows) == len(order)

        def add() -> None:
            added = contribution if base.shape[1] == contribution.shape[1] else contribution.sum(1, keepdims=True)
            if not is_sorted:
                added = added.take(order, 0)
            base[rows] += added if is_unique else np.add.reduceat(added, starts, 0)

        return [add]


class LoopReplay(Replay):
    """The body of a loop with its arrays: rows of `for_each` side by side, those of `scan` one after the other.

    Args:
        around: the arrays of the program around it.
        plan: how the loop is computed.
        instruction: its instruction there.
    """

    def __init__(self, around: Replay, plan: LoopPlan, instruction: Instruction) -> None:
        loop, body = plan.loop, plan.body
        emitter = Emitter(body.heights)
        lower_forward(body, emitter)
        forward, emitter.instructions = emitter.instructions, []
        places = body.rows_of(body.program.outputs)
        backward = Backward(body, emitter, [*map(row_at, places)])
        backward.lower()

        self._rows, self._samples = loop.rows, around.array(instruction.out).shape[-1]
        self._steps = loop.rows if loop.body.state else 1
        columns = self._rows * self._samples // self._steps
        shared = {
            storage: np.zeros((height, columns if storage.batched else 1), _DTYPES[storage.logical])
            for storage, height in emitter.heights.items()
        }
        shared[FIXED][: len(body.fixed), 0] = [leaf.data for leaf in body.fixed]
        shape = self._steps, -1, columns
        self._values = around.array(instruction.out).reshape(shape)
        self._values[:, body.ones] = 1.0
        rows = around.loop_gradients.get(instruction.out)
        self._gradients = around.array(rows).reshape(shape) if rows else np.empty((self._steps, 0, columns))
        self.bodies, self.loop_gradients, self.loops = body.bodies, backward.loops, {}
        self._forward: list[list[Call]] = []
        self._backward: list[list[Call]] = []
        for values, gradients in zip(self._values, self._gradients, strict=True):
            self.storages = shared | {VALUES: values, VALUE_GRADIENTS: gradients}
            self._forward.append([call for each in forward for call in self._bound(each)])
            self._backward.append([call for each in emitter.instructions for call in self._bound(each)])

        row_of = [*backward.row_of_gradient[VALUES], -1]
        arguments = dict(zip(("inputs", "state", "varying"), body.arguments, strict=True))
        values_of = {part: slice(rows.start, rows.start + rows.size) for part, rows in arguments.items()}
        gradients_of = {
            part: slice(row_of[rows.start], row_of[rows.start] + rows.size) for part, rows in arguments.items()
        }
        given = dict(zip(plan.parts, around._operands(instruction), strict=True))
        fixed = len(given.get("fixed", ()))
        into = {
            "inputs": self._by_row(self._values, values_of["inputs"]),
            "state": self._values[0, values_of["state"], np.newaxis],
            "varying": self._by_row(self._values, values_of["varying"]),
            "fixed": shared[FIXED][:fixed, np.newaxis],
        }
        self._given = [(into[part], array) for part, array in given.items()]
        self._each, self._summed = shared[FIXED_GRADIENTS][:fixed], np.zeros((fixed, 1))
        self._contribution: dict[str, Callable[[], Array]] = {
            "inputs": lambda: self._by_row(self._gradients, gradients_of["inputs"]),
            "state": lambda: self._gradients[0, gradients_of["state"], np.newaxis],
            "varying": lambda: self._by_row(self._gradients, gradients_of["varying"]).sum(1, keepdims=True),
            "fixed": lambda: self._summed[:, np.newaxis],
        }
        last = places[len(loop.body.outputs) :]
        self._state, self._last = values_of["state"], _index(last)
        self._state_gradient, self._add_carried = gradients_of["state"], _adding([row_of[place] for place in last])
        self._inner = _index(
            sorted({row_of[place] for place in last} - {row_of[place] for place in places[: -len(last)]})
        )

    def _by_row(self, array: Array, index: Any) -> Any:
        """These of the rows that are kept for each step or all, as an array (rows, rows of the loop, samples)."""
        if self._steps > 1:
            return array[:, index].swapaxes(0, 1)
        return array[0, index].reshape(-1, self._rows, self._samples)

    def run_body(self) -> None:
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

    def copy_gradient(self, part: str, out: Array) -> None:
        """Copy the contribution to the gradient of a part of what the loop is given."""
        out[...] = self._contribution[part]()


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


class _Matrices:
    """An array as a batch of matrices, whose axes are these groups of its axes; its other axes have one element.

    Attributes:
        matrices: one after another.
        array, copies: views of the array and of the matrices in the same order.
        is_copied: whether the matrices have memory of their own.
    """

    def __init__(self, array: Array, *groups: Sequence[int]) -> None:
        order = [axis for group in groups for axis in group]
        order += [axis for axis in range(array.ndim) if axis not in order]
        self.array = array.transpose(order)
        self.matrices = self.array.reshape([math.prod([array.shape[axis] for axis in group]) for group in groups])
        self.is_copied = not (self.matrices.flags.c_contiguous and np.may_share_memory(self.matrices, array))
        if self.is_copied:
            self.matrices = np.empty(self.matrices.shape)
        self.copies = self.matrices.reshape(self.array.shape)
