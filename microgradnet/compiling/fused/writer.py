"""`Writer`: LLVM code for loops, and for reading and writing rows in the memory of the fused engine."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeAlias

from llvmlite import ir

from microgradnet.compiling.fused.lanes import INTEGER, Numbers, constant
from microgradnet.compiling.fused.layout import Layout
from microgradnet.compiling.fused.views import Start, View, start_of

Index: TypeAlias = Any
"""An integer of LLVM."""
LANE = ir.IntType(32)


class Here(NamedTuple):
    """Where a group of instructions is computed.

    Attributes:
        block, blocks: the block, and how many there are in the tile.
        numbers: a pointer to the numbers of the rows that are moved by number.
    """

    block: Index
    blocks: Index
    numbers: Any


class Writer:
    """Appends code to a function.

    Args:
        function: of LLVM, still empty.
        layout: of the memory.
        memory: a pointer to it.

    Attributes:
        b: LLVM's builder.
        kind, number, vector: of the numbers: in general, and LLVM's types of one and of one for each lane.
        places: where rows begin, for those that are not at the same place in each call.
        bad: a pointer to what is NaN if a number was infinite or NaN.
    """

    def __init__(self, function: Any, layout: Layout, memory: Any) -> None:
        self.b = ir.IRBuilder(function.append_basic_block())
        self.layout, self.memory, self.kind = layout, memory, layout.kind
        self.number, self.vector = layout.kind.number, layout.kind.vector
        self.places: Mapping[Start, Index] = {}
        self.bad = self.total_of(self.vector)

    # --- integers and loops ---

    def i(self, number: int) -> Index:
        """An integer."""
        return ir.Constant(INTEGER, number)

    def plus(self, a: Index, b: Index) -> Index:
        """The sum of two integers."""
        if isinstance(a, ir.Constant) and isinstance(b, ir.Constant):
            return self.i(a.constant + b.constant)
        if isinstance(a, ir.Constant) and a.constant == 0:
            return b
        if isinstance(b, ir.Constant) and b.constant == 0:
            return a
        return self.b.add(a, b, flags=["nsw"])

    def times(self, a: Index, factor: int) -> Index:
        """The product of an integer and a known one."""
        if isinstance(a, ir.Constant):
            return self.i(a.constant * factor)
        return a if factor == 1 else self.i(0) if factor == 0 else self.b.mul(a, self.i(factor), flags=["nsw"])

    def smaller(self, a: Index, b: Index) -> Index:
        """The smaller of two integers."""
        return self.b.select(self.b.icmp_signed("<", a, b), a, b)

    @contextmanager
    def loop(self, count: Index | int) -> Iterator[Index]:
        """A loop of at least one turn."""
        if count == 1:
            yield self.i(0)
            return
        before = self.b.block
        body = self.b.append_basic_block()
        self.b.branch(body)
        self.b.position_at_end(body)
        index = self.b.phi(INTEGER)
        index.add_incoming(self.i(0), before)
        yield index
        following = self.plus(index, self.i(1))
        index.add_incoming(following, self.b.block)
        after = self.b.append_basic_block()
        more = self.b.icmp_signed("<", following, self.i(count) if isinstance(count, int) else count)
        self.b.cbranch(more, body, after)
        self.b.position_at_end(after)

    @contextmanager
    def loops(self, shape: Sequence[int]) -> Iterator[list[Index]]:
        """Nested loops over the axes."""
        if not shape:
            yield []
            return
        with self.loop(shape[0]) as index, self.loops(shape[1:]) as rest:
            yield [index, *rest]

    def parts(self, count: int, most: int) -> Iterator[list[Index]]:
        """A loop over the indices below `count`, `most` of them in a turn; and one for the rest of them, if any."""
        for start, size in ((0, most), (count - count % most, count % most)):
            if turns := (count - start) // size if size else 0:
                with self.loop(turns) as turn:
                    first = self.plus(self.i(start), self.times(turn, size))
                    yield [self.plus(first, self.i(each)) for each in range(size)]

    # --- memory ---

    def pointer(self, base: Any, index: Index, type_: Any = None) -> Any:
        """A pointer to a number in an array, or to a vector that begins with it."""
        found = self.b.gep(base, [index])
        return self.b.bitcast(found, type_.as_pointer()) if type_ else found

    def load(self, pointer: Any) -> Numbers:
        """What is there."""
        return Numbers(self.b, self.b.load(pointer, align=self.kind.bytes))

    def store(self, numbers: Numbers, pointer: Any) -> None:
        """Put numbers there."""
        self.b.store(numbers.value, pointer, align=self.kind.bytes)

    def at(self, start: Start, turn: Index) -> Index:
        """The place of rows in a turn of a loop."""
        storage, row, step = start
        return self.plus(self.i(self.layout.place(storage, row)), self.times(turn, step * self.layout.width(storage)))

    def place(self, view: View, indices: Sequence[Index], block: Index) -> Any:
        """The pointer to a row, of a block if the samples have columns of their own."""
        storage = view.rows.storage
        index = self.places.get(start_of(view.rows)) or self.i(self.layout.place(storage, view.rows.start))
        for each, stride in zip(indices, view.strides, strict=True):
            index = self.plus(index, self.times(each, stride * self.layout.width(storage)))
        if not storage.batched:
            return self.pointer(self.memory, index)
        return self.pointer(self.memory, self.plus(index, self.times(block, self.layout.block)), self.vector)

    def read(self, view: View, indices: Sequence[Index], block: Index, wide: bool) -> Numbers:
        """A row; with `wide` a number for each lane, also of what is the same for all."""
        numbers = self.load(self.place(view, indices, block))
        return self.spread(numbers) if wide and not view.rows.storage.batched else numbers

    def write(self, numbers: Numbers, view: View, indices: Sequence[Index], block: Index) -> None:
        """Set a row; if it is the same for all samples, to the sum over the lanes."""
        wide = numbers.value.type != self.number
        if view.rows.storage.batched and not wide:
            numbers = self.spread(numbers)
        elif wide and not view.rows.storage.batched:
            numbers = self.sum_of_lanes(numbers)
        self.store(numbers, self.place(view, indices, block))

    def spread(self, number: Numbers) -> Numbers:
        """A number in each lane."""
        first = self.b.insert_element(ir.Constant(self.vector, ir.Undefined), number.value, ir.Constant(LANE, 0))
        zeros = ir.Constant(ir.VectorType(LANE, self.kind.lanes), [0] * self.kind.lanes)
        return Numbers(self.b, self.b.shuffle_vector(first, first, zeros))

    def together(self, numbers: Sequence[Any]) -> Numbers:
        """These numbers, one in each lane."""
        value: Any = ir.Constant(self.vector, ir.Undefined)
        for lane, number in enumerate(numbers):
            value = self.b.insert_element(value, number, ir.Constant(LANE, lane))
        return Numbers(self.b, value)

    def sum_of_lanes(self, numbers: Numbers) -> Numbers:
        """The sum of the numbers in all lanes."""
        value = numbers.value
        while (count := value.type.count) > 1:
            halves = [
                self.b.shuffle_vector(
                    value, value, ir.Constant(ir.VectorType(LANE, count // 2), [*range(at, at + count // 2)])
                )
                for at in (0, count // 2)
            ]
            value = self.b.fadd(*halves)
        return Numbers(self.b, self.b.extract_element(value, ir.Constant(LANE, 0)))

    def check(self, numbers: Numbers) -> None:
        """Remember whether a number is infinite or NaN: multiplied by 0 it is NaN."""
        if numbers.value.type == self.number:
            numbers = self.spread(numbers)
        self.store(numbers.times_plus(0.0, self.load(self.bad)), self.bad)

    def total_of(self, type_: Any, start: float = 0.0) -> Any:
        """A number to add to in loops, which LLVM keeps in a register; it has to be in the first block for this."""
        with self.b.goto_entry_block():
            pointer = self.b.alloca(type_)
        self.b.store(constant(type_, start), pointer)
        return pointer
