"""`Assignment`: a program in single-assignment form: each array is made once, by a pure function of earlier ones.

The instructions overwrite rows, and JAX arrays are immutable. Here each row is known by the number of what it holds at
this point of the program: instructions that copy, gather or scatter rows change the numbers alone.
"""

from collections.abc import Sequence
from functools import partial
from math import prod
from operator import mul
from typing import Any, TypeAlias

import numpy as np

from microgradnet.compiling.instructions import FIXED, FIXED_GRADIENTS, VALUES, Instruction, Rows
from microgradnet.compiling.kernels import COMPARISONS
from microgradnet.compiling.numbered_arrays import ROWS, Array, Function, NumberedArrays, Numbers
from microgradnet.compiling.program import Program

Functions: TypeAlias = dict[str, Function]
NAMES = {"power": "pow", "total": "sum", "largest": "max"}
"""The array API's names of functions, where they differ from NumPy's."""
LOSING = {
    **dict.fromkeys(("exp", "expm1", "tanh", "erf", "erfc", "sign", "largest"), (0,)),
    **dict.fromkeys(("maximum", "minimum", "power", *COMPARISONS), (0, 1)),
    "divide": (1,),
    "where": (1, 2),
}
"""The operands whose infinity or NaN may be lost in a result that is finite, by the name of the function."""
KEEPING = ("negative", "abs", "tanh", "erf", "erfc", "sign", "maximum", "minimum", "where", "largest")
"""Functions of finite numbers that are finite, and of infinities no NaN."""


class Assignment(NumberedArrays):
    """A program's instructions in single assignment.

    The first arrays are given: a 1, a 1 for each sample, the root's gradient, the parameters, the program's `others`,
    the `constants` (what else there is in FIXED), and the arguments.
    """

    def __init__(self, program: Program, namespace: Any, functions: Functions) -> None:
        super().__init__(namespace, functions["take"])
        self._functions = functions
        self._finite: dict[int, tuple[int, ...]] = {}
        """Arrays that are finite if these are; those that are given, infinities and all, and those that are checked."""
        self._scalars: dict[str, Numbers] = {}
        plan, count, others = program.plan, len(program.parameters), program.other_rows
        constants = sorted({*plan.leaves} - {*range(count), *others})
        self.constants = np.array([plan.leaves[row].data for row in constants])

        self._ones = {batched: self._new((1,), batched) for batched in (False, True)}
        root, *fixed = [self._new((len(rows),), False) for rows in ([0], range(count), others, constants)]
        arguments = [self._new(rows.shape, True) for rows in plan.arguments]
        self._finite.update(dict.fromkeys(range(len(self._kinds)), ()))
        zeros = {batched: self._spread(self._read(0.0), (1,), batched) for batched in (False, True)}
        self._now = {storage: np.full(height, zeros[storage.batched]) for storage, height in program.heights.items()}
        """The number of each storage's rows at this point of the program."""
        self._now[FIXED][[*range(count), *others, *constants]] = np.concatenate(fixed)
        self._now[VALUES][plan.ones] = self._ones[True]
        for rows, numbers in zip(plan.arguments, arguments, strict=True):
            self._now[VALUES][rows.numbers()] = numbers
        if program.root:
            self._write(program.root, root)

        self._sums = [self._ones[False]]
        for instruction in program:
            for position in LOSING.get(instruction.function, ()):
                self._check(instruction.operands[position])
            getattr(self, f"_{instruction.function}", self._elementwise)(instruction)
        wanted = [self._spread(self._read(output), (1,), True) for output in program.outputs]
        if program.root:
            wanted.append(self._now[FIXED_GRADIENTS][:count])
        wanted.append(self._made(lambda *sums: sum(sums), (1,), False, *self._sums))
        self._wanted = [self._array(numbers) for numbers in wanted]
        last = {operand: out for out, _, operands in self._steps for operand in operands}
        self._done = {
            out: [o for o in {*operands} - {*self._wanted} if last[o] == out] for out, _, operands in self._steps
        }

    def computed(self, given: Sequence[Array]) -> list[Array]:
        """The outputs, one row each; the gradient of the parameters as a column, if there is one; and a check.

        The check is one number. It is finite unless an infinity or NaN was computed on the way that need not be seen in
        the rest.
        """
        arrays = dict(enumerate(given))
        for out, function, operands in self._steps:
            arrays[out] = function(*[arrays[operand] for operand in operands])
            for array in self._done[out]:
                del arrays[array]
        return [arrays[array] for array in self._wanted]

    # --- rows by number ---

    def _spread(self, numbers: Numbers, shape: tuple[int, ...], batched: bool) -> Numbers:
        """The rows broadcast to this shape, and over the samples if each needs a column."""
        if numbers.size == prod(shape) and self._is_batched(numbers) == batched:
            return numbers.reshape(shape)

        def spread(array: Array, ones: Array) -> Array:
            return self._xp.broadcast_to(array, (*shape, ones.shape[-1]))

        found = self._made(spread, shape, batched, numbers, self._ones[batched])
        self._finite[len(self._kinds) - 1] = self._owners(numbers)
        return found

    def _read(self, operand: Rows | float) -> Numbers:
        if isinstance(operand, Rows):
            return self._now[operand.storage][operand.numbers()].reshape(operand.shape)
        key = float(operand).hex()
        if key not in self._scalars:
            self._scalars[key] = self._made(partial(mul, operand), (1,), False, self._ones[False])
            self._finite[len(self._kinds) - 1] = ()
        return self._scalars[key]

    def _write(self, out: Rows, numbers: Numbers) -> None:
        self._now[out.storage][out.numbers()] = self._spread(numbers, out.shape, out.storage.batched).ravel()

    # --- infinities on the way ---

    def _check(self, operand: Rows | float) -> None:
        """Add to the check, if it is not there, the sum of these rows' arrays, or of those that they come from."""
        ahead = [*self._owners(self._read(operand))] if isinstance(operand, Rows) else []
        while ahead:
            array = ahead.pop()
            if array in self._finite:
                ahead += self._finite[array]
            else:
                shape, _ = self._kinds[array]
                numbers = ROWS * array + np.arange(prod(shape)).reshape(shape)
                self._sums.append(self._made(self._summed, (1,), False, numbers))
            self._finite[array] = ()

    def _summed(self, array: Array) -> Array:
        return self._xp.reshape(self._xp.sum(array), (1, 1))

    # --- the instructions ---

    def _elementwise(self, instruction: Instruction) -> None:
        operands = [self._read(operand) for operand in instruction.operands]
        shape = np.broadcast_shapes(*[operand.shape for operand in operands])
        batched = any(map(self._is_batched, operands))
        found = self._made(self._named(instruction.function), shape, batched, *operands)
        if instruction.function in KEEPING:
            self._finite[len(self._kinds) - 1] = self._owners(*operands)
        self._write(instruction.out, found)

    def _named(self, name: str) -> Function:
        """The library's function for the name of an instruction."""
        name = NAMES.get(name, name)
        function: Function | None = self._functions.get(name) or getattr(self._xp, name, None)
        if function is None:
            raise NotImplementedError(f"{self._xp.__name__} has no {name}; JAX and PyTorch have all that programs need")
        return function

    def _sum(self, instruction: Instruction) -> None:
        operand, axes = self._read(*instruction.operands), instruction.detail or (0,)
        self._write(instruction.out, self._reduced(operand, axes, instruction.function))

    _total = _largest = _sum

    def _reduced(self, operand: Numbers, axes: tuple[int, ...], name: str = "sum") -> Numbers:
        shape = tuple([1 if axis in axes else size for axis, size in enumerate(operand.shape)])
        function = partial(self._named(name), axis=axes, keepdims=True)
        return self._made(function, shape, self._is_batched(operand) and -1 not in axes, operand)

    def _matmul(self, instruction: Instruction) -> None:
        xp, out = self._xp, instruction.out
        operands = [self._read(operand) for operand in instruction.operands]
        matrices = [operand[:, 0] if operand.shape[1] == 1 else operand for operand in operands]
        shape = out.shape if out.size > out.shape[0] else out.shape[:1]

        def product(*arrays: Array) -> Array:
            flat = [array if array.ndim == 2 else xp.reshape(array, (array.shape[0], -1)) for array in arrays]
            found = xp.matmul(*[m.T if turned else m for m, turned in zip(flat, instruction.detail, strict=True)])
            return xp.reshape(found, (*shape, -1)) if len(shape) > 1 else found

        self._write(out, self._made(product, shape, out.storage.batched, *matrices))

    def _einsum(self, instruction: Instruction) -> None:
        """Products summed along the axes where the result has one element."""
        left, right = [self._read(operand) for operand in instruction.operands]
        total = self._named("total")
        axes = tuple([
            axis for axis, sizes in enumerate(zip(left.shape, right.shape, instruction.out.shape, strict=True))
            if sizes[2] < max(sizes)
        ])  # fmt: skip

        def product(one: Array, other: Array) -> Array:
            return total(one * other, axis=axes, keepdims=True)

        batched = instruction.out.storage.batched
        self._write(instruction.out, self._made(product, instruction.out.shape, batched, left, right))

    def _copy(self, instruction: Instruction) -> None:
        self._write(instruction.out, self._read(*instruction.operands))

    _fill = _copy

    def _take(self, instruction: Instruction) -> None:
        (source,) = instruction.operands
        if isinstance(source, Rows):
            base = self._read(source) if source.size else self._now[source.storage]
            self._write(instruction.out, base[[*instruction.detail]])

    def _scatter_add(self, instruction: Instruction) -> None:
        """Add contributions by summing those to the same row: the array API has no scatter."""
        now, batched = self._now[instruction.out.storage], instruction.out.storage.batched
        contribution = self._read(*instruction.operands)
        contribution = contribution if self._is_batched(contribution) == batched else self._reduced(contribution, (-1,))
        rows, counts = np.unique(instruction.detail, return_counts=True)
        contributions = np.split(contribution[np.argsort(instruction.detail, kind="stable")], np.cumsum(counts)[:-1])
        for count in np.unique(counts):
            chosen = np.flatnonzero(counts == count)
            added = self._reduced(np.stack([contributions[i] for i in chosen]), (1,)).ravel()
            into = rows[chosen]
            now[into] = self._made(self._xp.add, added.shape, batched, now[into], added)
