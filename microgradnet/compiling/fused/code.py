"""LLVM code for an array program: one function, which computes a batch tile by tile, and a function for each group."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from itertools import chain
from typing import Any

from llvmlite import ir

from microgradnet.compiling.fused import products, sums
from microgradnet.compiling.fused.elementwise import HIDING, elementwise
from microgradnet.compiling.fused.grouping import Group, grouped
from microgradnet.compiling.fused.lanes import DOUBLE, INTEGER, Kind, Numbers, constant
from microgradnet.compiling.fused.layout import Layout
from microgradnet.compiling.fused.rolling import BY_NUMBER
from microgradnet.compiling.fused.views import Start, View, rows_of, start_of, view
from microgradnet.compiling.fused.writer import Here, Index, Writer
from microgradnet.compiling.instructions import FIXED, FIXED_GRADIENTS, VALUES, Instruction, Rows
from microgradnet.compiling.program import Program

MOST = 1_000
"""Instructions, those of loops once, beyond which a compiler takes too long."""
MOST_PLACES = 32
"""Arguments of a group's function that say where rows are; one for more is for these rows alone."""
SPECIAL: dict[str, Callable[[Writer, Instruction, Here], None]] = {
    "einsum": sums.einsum,
    "largest": sums.total,
    "matmul": products.matmul,
    "scatter_add": sums.scatter_add,
    "sum": sums.sum_,
    "take": sums.take,
    "total": sums.total,
}


class Code:
    """The LLVM module of a program; its function is run(samples, weight, memory, outputs, gradient, arguments …).

    Args:
        program: the instructions.
        kind: of the numbers in memory, in which the program is computed.

    Raises:
        NotImplementedError: there is no code for an instruction, or NumPy is faster.

    Attributes:
        layout: of the memory that the function is given.
        text: the module.
    """

    def __init__(self, program: Program, kind: Kind) -> None:
        if any(map(products.is_large, program)):
            raise NotImplementedError("a product of many weights is faster in NumPy")
        self.program, self.layout = program, Layout(program, kind)
        self._loops = grouped(program)
        if sum(len(group.instructions) for loop in self._loops for part in loop.parts for group in part.groups) > MOST:
            raise NotImplementedError("the program takes too long to compile")
        self._module = ir.Module("fused")
        self._functions: dict[str, Any] = {}
        self._checked: set[tuple[Rows, int]] = set()
        pointer = kind.number.as_pointer()
        types = [pointer] * (3 + len(program.captured.inputs))
        function = ir.Function(self._module, ir.FunctionType(DOUBLE, [INTEGER, DOUBLE, *types]), "run")
        self._size, weight, memory, self._outputs, self._gradient, *self._arguments = function.args
        self._w = Writer(function, self.layout, memory)
        self._weight = self._w.b.fptrunc(weight, kind.number)
        self._run()
        self.text = str(self._module)

    # --- the function ---

    def _run(self) -> None:
        w, root = self._w, self.program.root
        width = self.layout.blocks * w.kind.lanes
        tiles = w.b.sdiv(w.plus(self._size, w.i(width - 1)), w.i(width))
        if root:
            with self._each_gradient() as (_, total):
                w.store(Numbers(w.b, constant(w.vector, 0.0)), total)
        with w.loop(tiles) as tile:
            first = w.times(tile, width)
            here = w.smaller(w.b.sub(self._size, first), w.i(width))
            blocks = w.b.sdiv(w.plus(here, w.i(w.kind.lanes - 1)), w.i(w.kind.lanes))
            if root and not root.storage.batched:
                share = Numbers(w.b, w.b.sitofp(here, w.number)) * Numbers(w.b, self._weight)
                w.write(share, view(root, root.shape), [w.i(0)], w.i(0))
            with w.loop(blocks) as block:
                self._given(first, here, block)
            for loop in self._loops:
                with w.loop(loop.turns) as turn:
                    for part in loop.parts:
                        with w.loop(blocks) if part.for_each_block else nullcontext(w.i(0)) as block:
                            for group in part.groups:
                                self._call(group, turn, block, blocks)
            with w.loop(blocks) as block:
                self._results(first, block)
            if root:
                of_tile = w.i(self.layout.start[FIXED_GRADIENTS])
                with self._each_gradient() as (index, total):
                    added = w.load(w.pointer(w.memory, w.plus(of_tile, index), w.vector))
                    w.store(w.load(total) + added, total)
        if root:
            with self._each_gradient() as (_, total):
                w.check(w.load(total))
        w.b.ret(w.b.fpext(w.sum_of_lanes(w.load(w.bad)).value, DOUBLE))

    @contextmanager
    def _each_gradient(self) -> Iterator[tuple[Index, Any]]:
        """A loop over the parameters, a vector at a time: the first of them, and where their gradients are added up."""
        w = self._w
        with w.loop(-(-len(self.program.parameters) // w.kind.lanes)) as each:
            index = w.times(each, w.kind.lanes)
            yield index, w.pointer(self._gradient, index, w.vector)

    def _given(self, first: Index, here: Index, block: Index) -> None:
        """Copy the arguments of a block's samples, one row for each number, and write the root's gradient."""
        w, program = self._w, self.program
        last = w.plus(here, w.i(-1))
        samples = [w.plus(w.times(block, w.kind.lanes), w.i(lane)) for lane in range(w.kind.lanes)]
        kept = [w.plus(first, w.smaller(sample, last)) for sample in samples]
        for pointer, rows in zip(self._arguments, program.plan.arguments, strict=True):
            if not rows.size:
                continue
            starts = [w.pointer(pointer, w.times(sample, rows.size)) for sample in kept]
            with w.loop(rows.size) as row:
                numbers = [w.load(w.pointer(start, row)).value for start in starts]
                w.write(w.together(numbers), View(rows.reshaped(rows.size), (1,)), [row], block)
        if program.root and program.root.storage.batched:
            zero = constant(w.number, 0.0)
            weights = [w.b.select(w.b.icmp_signed("<", sample, here), self._weight, zero) for sample in samples]
            w.write(w.together(weights), view(program.root, program.root.shape), [w.i(0)], block)

    def _results(self, first: Index, block: Index) -> None:
        """Copy the outputs of a block's samples."""
        w = self._w
        whole = w.b.and_(w.plus(self._size, w.i(w.kind.lanes - 1)), w.i(-w.kind.lanes))
        at = w.plus(first, w.times(block, w.kind.lanes))
        for number, rows in enumerate(self.program.outputs):
            found = w.read(view(rows, rows.shape), [w.i(0)], block, wide=True)
            w.check(found)
            index = w.plus(at, w.b.mul(whole, w.i(number)))
            w.store(found, w.pointer(self._outputs, index, w.vector))

    # --- groups ---

    def _call(self, group: Group, turn: Index, block: Index, blocks: Index) -> None:
        """Call the function of a group: one for all groups that differ in the places of their rows alone."""
        w, numbers = self._w, {start: number for number, start in enumerate(_starts(group))}
        unchecked, many = self._hidden(group), len(numbers) > MOST_PLACES
        described = [
            (
                i.function,
                i.function in BY_NUMBER or i.detail,
                [_described(rows, numbers) for rows in (i.out, *i.operands)],
            )
            for i in group.instructions
        ]
        stored = [out.rows in group.stored for out, *_ in group.views]
        key = repr((many and [*numbers], described, stored, sorted(numbers[start] for start in unchecked)))
        if key not in self._functions:
            self._functions[key] = self._function(group, [*numbers], unchecked, many)
        places = [] if many else [w.at(start, turn) for start in numbers]
        moved = [sums.table(w, i, turn) for i in group.instructions if i.function in BY_NUMBER]
        nothing = ir.Constant(INTEGER.as_pointer(), None)
        w.b.call(self._functions[key], [w.memory, w.bad, turn, block, blocks, *(moved or [nothing]), *places])

    def _hidden(self, group: Group) -> set[Start]:
        """Where the operands are that a result may hide; numbers of scalars are computed once, and checked once."""
        rows = [
            (operand, group.turns if operand.step else 1)
            for i in group.instructions if i.function in HIDING for operand in rows_of(i)
            if not operand.storage.logical
        ]  # fmt: skip
        new = [each for each in rows if each not in self._checked]
        self._checked.update([each for each in new if each[0].storage in (VALUES, FIXED)])
        return {start_of(each) for each, _ in new}

    def _function(self, group: Group, starts: list[Start], unchecked: set[Start], many: bool) -> Any:
        """Of the memory, the numbers to check, the turn, the block, their number, rows by number, and places."""
        count = 0 if many else len(starts)
        types = [self._w.number.as_pointer(), self._w.vector.as_pointer(), *[INTEGER] * 3, INTEGER.as_pointer()]
        function_type = ir.FunctionType(ir.VoidType(), [*types, *[INTEGER] * count])
        function = ir.Function(self._module, function_type, f"group{len(self._functions)}")
        function.linkage = "internal"
        memory, bad, turn, block, blocks, moved, *places = function.args
        w, here = Writer(function, self.layout, memory), Here(block, blocks, moved)
        w.places = dict(zip(starts, [w.at(start, turn) for start in starts] if many else places, strict=True))
        if group.views:
            elementwise(w, group, here, unchecked)
        else:
            (instruction,) = group.instructions
            if instruction.function not in SPECIAL:
                raise NotImplementedError(f"there is no fused code for {instruction.function!r}")
            SPECIAL[instruction.function](w, instruction, here)
        w.store(w.load(bad) + w.load(w.bad), bad)
        w.b.ret_void()
        return function


def _starts(group: Group) -> dict[Start, None]:
    """Where the rows begin that instructions name, each once."""
    every = chain.from_iterable((i.out, *rows_of(i)) for i in group.instructions)
    return dict.fromkeys(map(start_of, every))


def _described(operand: Rows | float, starts: dict[Start, int]) -> object:
    """An operand, with a number in place of its first row."""
    if not isinstance(operand, Rows):
        return float(operand).hex()
    return operand.storage.name, starts[start_of(operand)], operand.shape, operand.strides
