"""LLVM code for an array program: one function that computes a batch tile by tile.

A tile is a few blocks of `LANES` samples. In memory each block has all of its rows one after another, `LANES` numbers
each, so that a row of a block is one vector and a loop over rows or terms reads consecutive memory. Consecutive
instructions are computed block by block; adjacent elementwise ones on the same shape in one loop, where a result that
nobody reads afterwards is never stored. A sum over the samples adds the blocks of its tile, and the gradients of the
tiles are added up.

The lanes after the last sample repeat it, with weight 0. This module loads with llvmlite alone, as `lanes` does.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from itertools import chain, product
from math import inf
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from llvmlite import ir

from microgradnet.compiling.instructions import FIXED, FIXED_GRADIENTS, VALUES, Instruction, Rows, Storage
from microgradnet.compiling.lanes import DOUBLE, FUNCTIONS, INTEGER, LANES, VECTOR, Numbers, call, constant
from microgradnet.compiling.program import Program

CACHE = 1 << 19
"""Bytes of a tile's rows, which should fit into the second-level cache."""
MANY = 4_096
"""Weights, beyond which a product reads some of them for all blocks of a tile, not all of them for each block."""
MOST_BLOCKS = 8
"""Blocks in a tile: more make sums over samples faster, but leave the cache."""
ROWS_AT_ONCE, LEFT_AT_ONCE, RIGHT_AT_ONCE = 6, 3, 4
"""Rows of a matrix product that are computed together in registers; and of a product summed over samples."""
HIDING = ("divide", "exp", "expm1", "tanh", "maximum", "minimum", "where", "erf", "erfc", "sign", "power")
"""The functions whose result can be finite for an infinite operand: their operands are checked."""
HALF = ir.VectorType(DOUBLE, LANES // 2)
Start: TypeAlias = tuple[Storage, int]
"""The first of some rows."""
Index = Any
"""An integer of LLVM."""


MOST_WEIGHTS = 1 << 16
"""Weights in a product, beyond which NumPy's library is faster."""


class View(NamedTuple):
    """Rows along common axes: the strides, 0 where they are repeated."""

    rows: Rows
    strides: tuple[int, ...]


class Layout:
    """Where the numbers of a program are in memory, counted in numbers.

    Attributes:
        start: where each storage begins: in memory or, for one with a column for each sample, in a block.
        fixed, block, blocks: the size of what is the same for all samples, the size of a block, and their number.
        size: of all.
    """

    def __init__(self, program: Program) -> None:
        self.start: dict[Storage, int] = {}
        ends = {False: 0, True: 0}
        for storage, height in program.heights.items():
            self.start[storage] = ends[storage.batched]
            ends[storage.batched] += height * LANES if storage.batched else height + -height % LANES
        self.fixed, self.block = ends[False], ends[True]
        self.blocks = max(2, min(MOST_BLOCKS, CACHE // (8 * max(self.block, 1))))
        self.size = self.fixed + self.block * self.blocks

    def place(self, storage: Storage, row: int) -> int:
        """Where a row begins."""
        return self.start[storage] + row * (LANES if storage.batched else 1)

    def column(self, memory: np.ndarray[Any, Any], storage: Storage) -> np.ndarray[Any, Any]:
        """The numbers of a storage: one for each row, or for each block, row and lane."""
        start = self.start[storage]
        if not storage.batched:
            return memory[start : self.fixed]
        return memory[self.fixed :].reshape(self.blocks, self.block)[:, start:].reshape(self.blocks, -1, LANES)


class Code:
    """The LLVM module of a program; its function is run(memory, others …).

    Args:
        program: the instructions.

    Raises:
        NotImplementedError: there is no code for an instruction, or NumPy is faster.

    Attributes:
        layout: of the memory that the function is given.
        text: the module.
    """

    def __init__(self, program: Program) -> None:
        self.program, self.layout = program, Layout(program)
        self._module = ir.Module("fused")
        self._tables = 0
        self._checked: set[Rows] = set()
        self._unchecked: set[Start] = set()
        self._places: dict[Start, Index] = {}
        self._functions: dict[str, Any] = {}
        pointer, captured = DOUBLE.as_pointer(), program.captured
        types = [pointer] * (3 + len(captured.inputs))
        function = ir.Function(self._module, ir.FunctionType(DOUBLE, [INTEGER, DOUBLE, *types]), "run")
        self._size, self._weight, self._memory, self._outputs, self._gradient, *self._arguments = function.args
        self._b = ir.IRBuilder(function.append_basic_block())
        self._bad = self._total_of(VECTOR)
        self._run()
        self.text = str(self._module)

    # --- integers and loops ---

    def _i(self, number: int) -> Index:
        return ir.Constant(INTEGER, number)

    def _plus(self, a: Index, b: Index) -> Index:
        if isinstance(a, ir.Constant) and isinstance(b, ir.Constant):
            return self._i(a.constant + b.constant)
        if isinstance(a, ir.Constant) and a.constant == 0:
            return b
        if isinstance(b, ir.Constant) and b.constant == 0:
            return a
        return self._b.add(a, b, flags=["nsw"])

    def _times(self, a: Index, factor: int) -> Index:
        if isinstance(a, ir.Constant):
            return self._i(a.constant * factor)
        return a if factor == 1 else self._i(0) if factor == 0 else self._b.mul(a, self._i(factor), flags=["nsw"])

    @contextmanager
    def _loop(self, count: Index | int) -> Iterator[Index]:
        """A loop of at least one turn."""
        if count == 1:
            yield self._i(0)
            return
        before = self._b.block
        body = self._b.append_basic_block()
        self._b.branch(body)
        self._b.position_at_end(body)
        index = self._b.phi(INTEGER)
        index.add_incoming(self._i(0), before)
        yield index
        following = self._plus(index, self._i(1))
        index.add_incoming(following, self._b.block)
        after = self._b.append_basic_block()
        more = self._b.icmp_signed("<", following, self._i(count) if isinstance(count, int) else count)
        self._b.cbranch(more, body, after)
        self._b.position_at_end(after)

    @contextmanager
    def _loops(self, shape: Sequence[int]) -> Iterator[list[Index]]:
        """Nested loops over the axes."""
        if not shape:
            yield []
            return
        with self._loop(shape[0]) as index, self._loops(shape[1:]) as rest:
            yield [index, *rest]

    def _smaller(self, a: Index, b: Index) -> Index:
        return self._b.select(self._b.icmp_signed("<", a, b), a, b)

    # --- memory ---

    def _pointer(self, base: Any, index: Index, type_: Any = DOUBLE) -> Any:
        found = self._b.gep(base, [index])
        return found if type_ == DOUBLE else self._b.bitcast(found, type_.as_pointer())

    def _load(self, pointer: Any) -> Numbers:
        return Numbers(self._b, self._b.load(pointer, align=8))

    def _place(self, view: View, indices: Sequence[Index], block: Index) -> Any:
        """The pointer to a row, of a block if the samples have columns of their own."""
        storage, width = view.rows.storage, LANES if view.rows.storage.batched else 1
        index = self._places.get(_start(view.rows)) or self._i(self.layout.place(*_start(view.rows)))
        for each, stride in zip(indices, view.strides, strict=True):
            index = self._plus(index, self._times(each, stride * width))
        if storage.batched:
            index = self._plus(index, self._plus(self._times(block, self.layout.block), self._i(self.layout.fixed)))
        return self._pointer(self._memory, index, VECTOR if storage.batched else DOUBLE)

    def _read(self, view: View, indices: Sequence[Index], block: Index, wide: bool) -> Numbers:
        numbers = self._load(self._place(view, indices, block))
        return self._spread(numbers) if wide and not view.rows.storage.batched else numbers

    def _spread(self, number: Numbers) -> Numbers:
        """A number in each lane."""
        first = self._b.insert_element(ir.Constant(VECTOR, ir.Undefined), number.value, ir.Constant(ir.IntType(32), 0))
        zeros = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
        return Numbers(self._b, self._b.shuffle_vector(first, first, zeros))

    def _write(self, numbers: Numbers, view: View, indices: Sequence[Index], block: Index) -> None:
        wide = numbers.value.type != DOUBLE
        if view.rows.storage.batched and not wide:
            numbers = self._spread(numbers)
        elif wide and not view.rows.storage.batched:
            numbers = self._sum_of_lanes(numbers)
        self._b.store(numbers.value, self._place(view, indices, block), align=8)

    def _sum_of_lanes(self, numbers: Numbers) -> Numbers:
        value = numbers.value
        while (count := value.type.count) > 1:
            halves = [
                self._b.shuffle_vector(
                    value, value, ir.Constant(ir.VectorType(ir.IntType(32), count // 2), [*range(at, at + count // 2)])
                )
                for at in (0, count // 2)
            ]
            value = self._b.fadd(*halves)
        return Numbers(self._b, self._b.extract_element(value, ir.Constant(ir.IntType(32), 0)))

    def _check(self, numbers: Numbers) -> None:
        """Remember whether a number is infinite or NaN: multiplied by 0 it is NaN."""
        if numbers.value.type == DOUBLE:
            numbers = self._spread(numbers)
        bad = self._load(self._bad)
        self._b.store(numbers.times_plus(0.0, bad).value, self._bad, align=8)

    def _total_of(self, type_: Any, start: float = 0.0) -> Any:
        """A number to add to in loops, which LLVM keeps in a register; it has to be in the first block for this."""
        with self._b.goto_entry_block():
            pointer = self._b.alloca(type_)
        self._b.store(constant(type_, start), pointer)
        return pointer

    # --- the function ---

    def _run(self) -> None:
        program, layout = self.program, self.layout
        width = layout.blocks * LANES
        tiles = self._b.sdiv(self._plus(self._size, self._i(width - 1)), self._i(width))
        parts = [*_parts(program)]
        count = len(program.parameters) + -len(program.parameters) % LANES
        if program.root:
            with self._loop(count // LANES) as each:
                start = self._pointer(self._gradient, self._times(each, LANES), VECTOR)
                self._b.store(constant(VECTOR, 0.0), start, align=8)
        with self._loop(tiles) as tile:
            first = self._times(tile, width)
            here = self._smaller(self._b.sub(self._size, first), self._i(width))
            blocks = self._b.sdiv(self._plus(here, self._i(LANES - 1)), self._i(LANES))
            if program.root and not program.root.storage.batched:
                share = Numbers(self._b, self._b.sitofp(here, DOUBLE)) * Numbers(self._b, self._weight)
                self._write(share, _view(program.root, program.root.shape), [self._i(0)], self._i(0))
            with self._loop(blocks) as block:
                self._given(first, here, block)
            for kind, part in parts:
                if kind == "block":
                    with self._loop(blocks) as block:
                        for group in part:
                            self._group(group, block, blocks)
                else:
                    for group in part:
                        self._group(group, self._i(0), blocks)
            with self._loop(blocks) as block:
                self._results(first, block)
            if program.root:
                gradients = self._pointer(self._memory, self._i(layout.start[FIXED_GRADIENTS]))
                with self._loop(count // LANES) as each:
                    index = self._times(each, LANES)
                    into = self._pointer(self._gradient, index, VECTOR)
                    total = self._load(into) + self._load(self._pointer(gradients, index, VECTOR))
                    self._b.store(total.value, into, align=8)
        if program.root:
            with self._loop(count // LANES) as each:
                self._check(self._load(self._pointer(self._gradient, self._times(each, LANES), VECTOR)))
        self._b.ret(self._sum_of_lanes(self._load(self._bad)).value)

    def _given(self, first: Index, here: Index, block: Index) -> None:
        """Copy the arguments of a block's samples, one row for each number, and write the root's gradient."""
        program = self.program
        last = self._plus(here, self._i(-1))
        samples = [self._plus(self._times(block, LANES), self._i(lane)) for lane in range(LANES)]
        kept = [self._plus(first, self._smaller(sample, last)) for sample in samples]
        for pointer, rows in zip(self._arguments, program.plan.arguments, strict=True):
            if not rows.size:
                continue
            starts = [self._pointer(pointer, self._times(sample, rows.size)) for sample in kept]
            with self._loop(rows.size) as row:
                value: Any = ir.Constant(VECTOR, ir.Undefined)
                for lane, start in enumerate(starts):
                    number = self._b.load(self._pointer(start, row), align=8)
                    value = self._b.insert_element(value, number, ir.Constant(ir.IntType(32), lane))
                view = View(rows.reshaped(rows.size), (1,))
                self._write(Numbers(self._b, value), view, [row], block)
        if program.root and program.root.storage.batched:
            weights: Any = ir.Constant(VECTOR, ir.Undefined)
            for lane, sample in enumerate(samples):
                is_there = self._b.icmp_signed("<", sample, here)
                weight = self._b.select(is_there, self._weight, constant(DOUBLE, 0.0))
                weights = self._b.insert_element(weights, weight, ir.Constant(ir.IntType(32), lane))
            self._write(Numbers(self._b, weights), _view(program.root, program.root.shape), [self._i(0)], block)

    def _results(self, first: Index, block: Index) -> None:
        """Copy the outputs of a block's samples."""
        whole = self._b.and_(self._plus(self._size, self._i(LANES - 1)), self._i(-LANES))
        at = self._plus(first, self._times(block, LANES))
        for number, rows in enumerate(self.program.outputs):
            found = self._read(_view(rows, rows.shape), [self._i(0)], block, wide=True)
            self._check(found)
            index = self._plus(at, self._b.mul(whole, self._i(number)))
            self._b.store(found.value, self._pointer(self._outputs, index, VECTOR), align=8)

    def _group(self, group: "Group", block: Index, blocks: Index) -> None:
        """Call the function of a group: one for all groups that differ in the places of their rows alone."""
        starts = {_start(rows): number for number, rows in enumerate(_all_rows(group))}
        unchecked = self._hidden(group)
        described = [
            (i.function, i.detail, [_described(rows, starts) for rows in (i.out, *i.operands)])
            for i in group.instructions
        ]
        stored = [view.rows in group.stored for _, (view, *_) in group.views]
        key = repr((described, stored, sorted(starts[start] for start in unchecked)))
        if key not in self._functions:
            self._functions[key] = self._function(group, [*starts], unchecked)
        places = [self._i(self.layout.place(*start)) for start in starts]
        self._b.call(self._functions[key], [self._memory, self._bad, block, blocks, *places])

    def _hidden(self, group: "Group") -> set[Start]:
        """Where the operands are that a result may hide; numbers of scalars are computed once, and checked once."""
        rows = [
            operand for i in group.instructions if i.function in HIDING for operand in _rows(i)
            if not operand.storage.logical and operand not in self._checked
        ]  # fmt: skip
        self._checked.update([each for each in rows if each.storage in (VALUES, FIXED)])
        return {_start(each) for each in rows}

    def _function(self, group: "Group", starts: Sequence[Start], unchecked: set[Start]) -> Any:
        """The function of a group: of the memory, the numbers to check, a block, their number, and the places."""
        outside = self._b, self._memory, self._bad
        pointer = DOUBLE.as_pointer()
        types = [pointer, VECTOR.as_pointer(), INTEGER, INTEGER, *[INTEGER] * len(starts)]
        function = ir.Function(self._module, ir.FunctionType(ir.VoidType(), types), f"group{len(self._functions)}")
        function.linkage = "internal"
        self._memory, bad, block, blocks, *places = function.args
        self._places, self._unchecked = dict(zip(starts, places, strict=True)), unchecked
        self._b = ir.IRBuilder(function.append_basic_block())
        self._bad = self._total_of(VECTOR)
        self._body(group, block, blocks)
        self._b.store((self._load(bad) + self._load(self._bad)).value, bad, align=8)
        self._b.ret_void()
        self._b, self._memory, self._bad = outside
        self._places = {}
        return function

    def _body(self, group: "Group", block: Index, blocks: Index) -> None:
        if group.shape is not None:
            self._elementwise(group, block)
            return
        (instruction,) = group.instructions
        special: Callable[[Instruction, Index, Index], None] | None = getattr(self, f"_{instruction.function}", None)
        if special is None:
            raise NotImplementedError(f"there is no fused code for {instruction.function!r}")
        special(instruction, block, blocks)

    # --- elementwise instructions ---

    def _elementwise(self, group: "Group", block: Index) -> None:
        """One loop over the rows; a result that a later instruction of the group reads stays in a register."""
        assert group.shape is not None
        wide = group.instructions[0].out.storage.batched
        shape, views = _merged(group.shape, [view for _, views in group.views for view in views])
        each = iter(views)
        with self._loops(shape) as indices:
            known: dict[View, Numbers] = {}
            written: dict[View, Numbers] = {}
            for instruction, _ in group.views:
                out = next(each)
                operands: list[Numbers | float] = []
                for operand in instruction.operands:
                    if not isinstance(operand, Rows):
                        operands.append(operand)
                        continue
                    view = next(each)
                    if view not in known:
                        known[view] = self._read(view, indices, block, wide)
                        if operand.storage.logical:
                            known[view] = known[view] > 0.0
                    operands.append(known[view])
                    if instruction.function in HIDING and _start(operand) in self._unchecked:
                        self._check(known[view])
                known[out] = written[out] = self._applied(instruction.function, operands, wide)
            one = Numbers(self._b, constant(VECTOR if wide else DOUBLE, 1.0))
            for view, result in written.items():
                if view.rows in group.stored:
                    self._write(result.where(one, 0.0) if view.rows.storage.logical else result, view, indices, block)

    def _applied(self, function: str, operands: Sequence[Numbers | float], wide: bool) -> Numbers:
        if function == "power" and isinstance(operands[1], float):
            special = _power(operands[0], operands[1])
            if special is not None:
                return special
        type_ = VECTOR if wide else DOUBLE
        numbers = [o if isinstance(o, Numbers) else Numbers(self._b, constant(type_, o)) for o in operands]
        return call("copy" if function == "fill" else function, numbers)

    # --- sums ---

    def _reduced(
        self, out: View, operands: Sequence[View], shape: Sequence[int], summed: Sequence[int], largest: bool,
        block: Index, blocks: Index,
    ) -> None:  # fmt: skip
        """The sum, or the largest, of the products of operands along these axes.

        It is also that over the samples, if operands have columns for them and the result has none.
        """
        wide = any(view.rows.storage.batched for view in operands)
        over_samples = wide and not out.rows.storage.batched
        kept = [axis for axis in range(len(shape)) if axis not in summed]
        with self._loops([shape[axis] for axis in kept]) as outer:
            total = self._total_of(VECTOR if wide else DOUBLE, -inf if largest else 0.0)
            indices: list[Index] = [self._i(0)] * len(shape)
            for axis, index in zip(kept, outer, strict=True):
                indices[axis] = index
            with self._loop(blocks if over_samples else 1) as one:
                at = one if over_samples else block
                with self._loops([shape[axis] for axis in summed]) as inner:
                    for axis, index in zip(summed, inner, strict=True):
                        indices[axis] = index
                    term, *factors = [self._read(view, indices, at, wide) for view in operands]
                    before = self._load(total)
                    if largest:
                        after = call("maximum", [before, term])
                    else:
                        after = factors[0].times_plus(term, before) if factors else before + term
                    self._b.store(after.value, total, align=8)
            for axis in summed:
                indices[axis] = self._i(0)
            self._write(self._load(total), out, indices, block)

    def _total(self, instruction: Instruction, block: Index, blocks: Index) -> None:
        (rows,) = _rows(instruction)
        out = _view(instruction.out, rows.shape)
        largest = instruction.function == "largest"
        self._reduced(out, [_view(rows, rows.shape)], rows.shape, [0], largest, block, blocks)

    _largest = _total

    def _sum(self, instruction: Instruction, block: Index, blocks: Index) -> None:
        (rows,) = _rows(instruction)
        axes = [axis for axis in instruction.detail if 0 <= axis < len(rows.shape)]
        out = _view(instruction.out, rows.shape)
        self._reduced(out, [_view(rows, rows.shape)], rows.shape, axes, False, block, blocks)

    def _einsum(self, instruction: Instruction, block: Index, blocks: Index) -> None:
        operands = _rows(instruction)
        shape = tuple([max(sizes) for sizes in zip(*[rows.shape for rows in operands], strict=True)])
        summed = [axis for axis, size in enumerate(instruction.out.shape) if size < shape[axis]]
        views = [_view(rows, shape) for rows in operands]
        self._reduced(_view(instruction.out, shape), views, shape, summed, False, block, blocks)

    # --- matrix products ---

    def _matmul(self, instruction: Instruction, block: Index, blocks: Index) -> None:
        left, right = _rows(instruction)
        if left.size > MOST_WEIGHTS and not left.storage.batched:
            raise NotImplementedError(f"a product of {left.size:,} weights is faster in NumPy")
        of_samples = left.storage.batched, right.storage.batched
        if of_samples == (True, True) and instruction.detail == (0, 1):
            self._product_of_samples(instruction.out, left, right, blocks)
        elif of_samples == (False, True) and not instruction.detail[1]:
            self._product(instruction.out, _turned(left, instruction.detail[0]), right, block, blocks)
        elif of_samples == (False, False):
            a, b = _turned(left, instruction.detail[0]), _turned(right, instruction.detail[1])
            out = instruction.out
            shape = a.shape[0], a.shape[1], b.shape[1]
            views = [
                View(out, (out.strides[0], 0, out.strides[1])), View(a, (*a.strides, 0)), View(b, (0, *b.strides))
            ]  # fmt: skip
            self._reduced(views[0], views[1:], shape, [1], False, block, blocks)
        else:
            raise NotImplementedError(f"there is no fused code for {instruction}")

    def _product(self, out: Rows, left: Rows, right: Rows, block: Index, blocks: Index) -> None:
        """Numbers that are the same for all samples times rows: some rows of the result at once, term by term."""
        count, terms = left.shape
        columns = right.shape[1]
        most = -(-count // -(-count // ROWS_AT_ONCE))
        for start, size, turns in _split(count, most):
            with self._loop(turns) as turn:
                first = self._plus(self._i(start), self._times(turn, size))
                with (
                    self._loop(blocks) if left.size > MANY else nullcontext(block) as at,
                    self._loop(columns) as column,
                ):
                    totals = [self._total_of(VECTOR) for _ in range(size)]
                    rows = [self._plus(first, self._i(row)) for row in range(size)]
                    with self._loop(terms) as term:
                        numbers = self._load(self._place(View(right, right.strides), [term, column], at))
                        for row, total in zip(rows, totals, strict=True):
                            factor = self._spread(self._load(self._place(View(left, left.strides), [row, term], at)))
                            self._b.store(numbers.times_plus(factor, self._load(total)).value, total, align=8)
                    for row, total in zip(rows, totals, strict=True):
                        self._write(self._load(total), View(out, out.strides), [row, column], at)

    def _product_of_samples(self, out: Rows, left: Rows, right: Rows, blocks: Index) -> None:
        """The products of rows, summed over columns and samples: some rows of both at once, half a block at a time."""
        columns = left.shape[1]
        for (start, size, turns), (other, other_size, other_turns) in product(
            _split(left.shape[0], LEFT_AT_ONCE), _split(right.shape[0], RIGHT_AT_ONCE)
        ):
            with self._loop(turns) as turn, self._loop(other_turns) as other_turn:
                first = self._plus(self._i(start), self._times(turn, size))
                second = self._plus(self._i(other), self._times(other_turn, other_size))
                totals = [[self._total_of(HALF) for _ in range(other_size)] for _ in range(size)]
                with self._loop(blocks) as block, self._loop(columns) as column:
                    for half in range(2):
                        ours = self._halves(left, first, size, column, block, half)
                        theirs = self._halves(right, second, other_size, column, block, half)
                        for i, j in product(range(size), range(other_size)):
                            added = ours[i].times_plus(theirs[j], self._load(totals[i][j]))
                            self._b.store(added.value, totals[i][j], align=8)
                for i, j in product(range(size), range(other_size)):
                    row, column = self._plus(first, self._i(i)), self._plus(second, self._i(j))
                    found = self._sum_of_lanes(self._load(totals[i][j]))
                    self._write(found, View(out, out.strides), [row, column], self._i(0))

    def _halves(self, rows: Rows, first: Index, size: int, column: Index, block: Index, half: int) -> list[Numbers]:
        places = [self._place(View(rows, rows.strides), [self._plus(first, self._i(row)), column], block)
                  for row in range(size)]  # fmt: skip
        return [self._load(self._b.gep(self._b.bitcast(place, HALF.as_pointer()), [self._i(half)])) for place in places]

    # --- rows by number ---

    def _table(self, numbers: Sequence[int]) -> Any:
        self._tables += 1
        type_ = ir.ArrayType(INTEGER, len(numbers))
        table = ir.GlobalVariable(self._module, type_, f"rows{self._tables}")
        table.global_constant, table.linkage = True, "internal"
        table.initializer = ir.Constant(type_, [*numbers])
        return self._b.bitcast(table, INTEGER.as_pointer())

    def _take(self, instruction: Instruction, block: Index, blocks: Index) -> None:
        (source,) = _rows(instruction)
        step = source.strides[0] if source.size else 1
        table = self._table([step * row for row in instruction.detail])
        every = View(source, (1,))
        with self._loop(len(instruction.detail)) as each:
            row = self._b.load(self._pointer(table, each))
            numbers = self._read(every, [row], block, instruction.out.storage.batched)
            self._write(numbers, View(instruction.out, (1,)), [each], block)

    def _scatter_add(self, instruction: Instruction, block: Index, blocks: Index) -> None:
        (contribution,) = _rows(instruction)
        every = View(instruction.out, (1,))
        table = self._table(instruction.detail)
        over_samples = contribution.storage.batched and not every.rows.storage.batched
        with self._loop(blocks if over_samples else 1) as one, self._loop(len(instruction.detail)) as each:
            at = one if over_samples else block
            row = self._b.load(self._pointer(table, each))
            added = self._read(_view(contribution, contribution.shape), [each], at, every.rows.storage.batched)
            if over_samples:
                added = self._sum_of_lanes(added)
            self._write(self._load(self._place(every, [row], at)) + added, every, [row], at)


# --- groups of instructions ---


class Group(NamedTuple):
    """Instructions that are computed together.

    Attributes:
        shape: for elementwise instructions the common shape, else None.
        views: each of these, with its result and operands along the axes of that shape.
        stored: the results that are read afterwards.
    """

    instructions: list[Instruction]
    shape: tuple[int, ...] | None
    views: list[tuple[Instruction, list[View]]]
    stored: set[Rows]


def _parts(program: Program) -> Iterator[tuple[str, list[Group]]]:
    """Groups that are computed block by block, one after the other, and those between, computed once for a tile."""
    groups: list[Group] = []
    for instruction in program:
        grown = _is_elementwise(instruction) and groups and _joined(groups[-1], instruction)
        if not grown:
            views = _views(instruction, _core(instruction)) if _is_elementwise(instruction) else []
            shape = _core(instruction) if _is_elementwise(instruction) else None
            groups.append(Group([instruction], shape, [(instruction, views)] if views else [], set()))
    _mark_stored(program, groups)
    part: list[Group] = []
    kind = ""
    for group in groups:
        own = "block" if group.instructions[0].out.storage.batched and not _is_large(group.instructions[0]) else "once"
        if part and own != kind:
            yield kind, part
            part = []
        kind = own
        part.append(group)
    if part:
        yield kind, part


def _is_elementwise(instruction: Instruction) -> bool:
    of_samples = any(isinstance(o, Rows) and o.storage.batched for o in instruction.operands)
    return instruction.function in (*FUNCTIONS, "fill") and instruction.out.storage.batched >= of_samples


def _is_large(instruction: Instruction) -> bool:
    """Whether it is a product that loops over the blocks by itself."""
    left = instruction.operands[0]
    return instruction.function == "matmul" and isinstance(left, Rows) and left.size > MANY


def _core(instruction: Instruction) -> tuple[int, ...]:
    """The shape of the result without axes of one element."""
    return tuple([size for size in instruction.out.shape if size > 1])


def _joined(group: Group, instruction: Instruction) -> bool:
    """Add an elementwise instruction to a group, if one loop computes the same."""
    storage = group.instructions[0].out.storage
    if group.shape != _core(instruction) or storage.batched != instruction.out.storage.batched:
        return False
    views = _views(instruction, _core(instruction))
    before = [view for _, known in group.views for view in known]
    written = [known[0] for _, known in group.views]
    if any(_clash(views[0], view) for view in before) or any(_clash(a, b) for a in views[1:] for b in written):
        return False
    group.instructions.append(instruction)
    group.views.append((instruction, views))
    return True


def _clash(one: View, other: View) -> bool:
    """Whether two views have rows in common, but at different positions."""
    a, b = one.rows, other.rows
    if a.storage != b.storage or a.last < b.start or b.last < a.start:
        return False
    return a.start != b.start or one.strides != other.strides


def _views(instruction: Instruction, core: tuple[int, ...]) -> list[View]:
    """The result and the operands along the axes of the result that have more than one element."""
    full = instruction.out.shape
    axes = [axis for axis, size in enumerate(full) if size > 1]
    views = [_view(rows, full) for rows in (instruction.out, *_rows(instruction))]
    strides = [tuple([view.strides[axis] for axis in axes]) for view in views]
    return [View(view.rows._replace(shape=core, strides=own), own) for view, own in zip(views, strides, strict=True)]


def _view(rows: Rows, shape: Sequence[int]) -> View:
    """The rows broadcast to a shape."""
    missing = len(shape) - len(rows.shape)
    own = [0 if size == 1 else stride for size, stride in zip(rows.shape, rows.strides, strict=True)]
    if missing < 0:
        if any(size > 1 for size in rows.shape[:-missing]):
            raise NotImplementedError(f"{rows} does not broadcast to {shape}")
        own, missing = own[-missing:], 0
    return View(rows, (*[0] * missing, *own))


def _start(rows: Rows) -> Start:
    return rows.storage, rows.start


def _all_rows(group: Group) -> Iterator[Rows]:
    """The rows that instructions name, one for each start."""
    every = chain.from_iterable((i.out, *_rows(i)) for i in group.instructions)
    yield from {_start(rows): rows for rows in every}.values()


def _described(operand: Rows | float, starts: dict[Start, int]) -> object:
    """An operand, with a number in place of its first row."""
    if not isinstance(operand, Rows):
        return float(operand).hex()
    return operand.storage.name, starts[_start(operand)], operand.shape, operand.strides


def _rows(instruction: Instruction) -> list[Rows]:
    return [operand for operand in instruction.operands if isinstance(operand, Rows)]


def _turned(rows: Rows, turned: int) -> Rows:
    return rows._replace(shape=rows.shape[::-1], strides=rows.strides[::-1]) if turned else rows


def _merged(shape: tuple[int, ...], views: Sequence[View]) -> tuple[tuple[int, ...], list[View]]:
    """Join axes that all views walk through as one."""
    sizes: list[int] = []
    strides: list[list[int]] = [[] for _ in views]
    for axis, size in enumerate(shape):
        if sizes and all(own[-1] == view.strides[axis] * size for own, view in zip(strides, views, strict=True)):
            sizes[-1] *= size
            for own, view in zip(strides, views, strict=True):
                own[-1] = view.strides[axis]
        else:
            sizes.append(size)
            for own, view in zip(strides, views, strict=True):
                own.append(view.strides[axis])
    return tuple(sizes), [View(view.rows, tuple(own)) for view, own in zip(views, strides, strict=True)]


def _mark_stored(program: Program, groups: Sequence[Group]) -> None:
    """Find the results of elementwise groups that are read after the group."""
    read = {s: np.zeros(height, bool) for s, height in program.heights.items() if s.batched}
    for rows in program.outputs:
        if rows.storage.batched:
            read[rows.storage][rows.numbers()] = True
    for group in reversed(groups):
        for _, (out, *_) in group.views:
            if not out.rows.storage.batched or read[out.rows.storage][out.rows.numbers()].any():
                group.stored.add(out.rows)
        for instruction in reversed(group.instructions):
            out_rows = instruction.out
            if out_rows.storage.batched and instruction.function != "scatter_add":
                read[out_rows.storage][out_rows.numbers()] = False
            for rows in _rows(instruction):
                if rows.storage.batched:
                    numbers = rows.numbers() if rows.size else list(instruction.detail)
                    read[rows.storage][numbers] = True


def _split(count: int, most: int) -> Iterator[tuple[int, int, int]]:
    """Runs of equal parts: (first element, size of a part, number of parts)."""
    if count >= most:
        yield 0, most, count // most
    if count % most:
        yield count - count % most, count % most, 1


def _power(x: Numbers | float, exponent: float) -> Numbers | None:
    """A power that a few multiplications, or a root, compute; None for others."""
    if isinstance(x, Numbers) and abs(exponent) in (0.5, 1.0, 1.5, 2.0, 3.0, 4.0):
        size = abs(exponent)
        result = x.intrinsic("sqrt") if size % 1 else x
        for _ in range(int(size) - (0 if size % 1 else 1)):
            result = result * x
        return result if exponent > 0 else 1.0 / result
    return None
