"""The backward pass as array instructions: each block passes the gradient of its results on to what it read.

The chain rule is that of `chain_rule`, on rows of numbers: a share, upstream · local derivative, is added to the
gradient of each operand. The first share to arrive is written instead of added, and where an operand is used by one
elementwise block alone, its gradient is made in place of the upstream one.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

from microgradnet.compiling.blocks import Block, Plan
from microgradnet.compiling.emitter import Emitter
from microgradnet.compiling.instructions import FIXED, GRADIENTS, VALUES, Rows, Storage, row_range
from microgradnet.compiling.kernels import backward_kernel
from microgradnet.compiling.lowering import runs, whole

UPSTREAM = 0  # its place among the operands of a backward kernel
NEAR = 16  # rows this near to each other are set to zero in one go, with those between
Write = Callable[[Rows], object]
"""Computes something into the rows it is given."""


class Backward:
    """The instructions that pass gradients back through a plan's blocks, from the last to the first.

    Args:
        plan: the blocks.
        emitter: what they are added to.
        root: the row of the result whose gradient is 1 (for each sample its share of the mean), as in `Plan.place`.
    """

    def __init__(self, plan: Plan, emitter: Emitter, root: int) -> None:
        self.plan = plan
        self.emitter = emitter
        self.passed: set[Rows] = set()
        """What was gathered for a derivative of 1: its gradient is the upstream one, and has no rows of its own."""
        self.row_of_gradient = self._assign_rows(root)
        self.written = {storage: bytearray(emitter.heights[GRADIENTS[storage]]) for storage in (VALUES, FIXED)}
        self.root = self.gradient(row_range(VALUES, root, 1) if root >= 0 else row_range(FIXED, ~root, 1))
        self._mark(self.root)
        for storage in (VALUES, FIXED):
            self._clear_scattered(storage)

    def _clear_scattered(self, storage: Storage) -> None:
        """Zeros for the gradients that will be added to row by row, in as few ranges as there are."""
        rows = sorted({
            self.row_of_gradient[storage][row if row >= 0 else ~row]
            for block in self.plan.blocks
            for row in block.sources
            if any(block.needs) and (row >= 0) == (storage is VALUES)
        } - {-1})  # fmt: skip
        while rows:
            end = next((i for i in range(1, len(rows)) if rows[i] > rows[i - 1] + NEAR), len(rows))
            self._complete(row_range(GRADIENTS[storage], rows[0], rows[end - 1] + 1 - rows[0]))
            rows = rows[end:]

    def _assign_rows(self, root: int) -> dict[Storage, list[int]]:
        """For each row that needs a gradient the row of its gradient; −1 for the others.

        What is used by a single elementwise block alone shares rows with its result: the gradient is changed in place.
        """
        plan, heights = self.plan, self.emitter.heights
        rows = {storage: [-1] * plan.heights[storage] for storage in (VALUES, FIXED)}
        reads: Counter[tuple[Storage, int]] = Counter()
        for block in plan.blocks:
            for operand in block.operands:
                whole_block = operand.start == plan.start_of(operand.storage, operand.start) and operand.is_range
                reads[operand.storage, plan.start_of(operand.storage, operand.start)] += 1 if whole_block else 2
            for row in block.sources:
                reads[_start(plan, row)] += 2
        reads[_start(plan, root)] += 2
        blocks = {(block.out.storage, block.out.start): block for block in plan.blocks}
        copied = {storage: bytearray(plan.heights[storage]) for storage in (VALUES, FIXED)}
        for block in plan.blocks:
            if block.kind == "gather":
                copied[block.out.storage][block.out.start : block.out.start + block.out.size] = b"\1" * block.out.size

        def assign(found: Rows, start: int | None = None) -> None:
            """Rows for the gradients of `found`, new ones unless said, but for those that have theirs."""
            own, height = rows[found.storage], GRADIENTS[found.storage]
            row, end = found.start, found.start + found.size
            while row < end:
                free = next((other for other in range(row, end) if own[other] >= 0), end)
                first = heights[height] if start is None else start + row - found.start
                own[row:free] = range(first, first + free - row)
                heights[height] += free - row if start is None else 0
                row = next((other for other in range(free, end) if own[other] < 0), end)

        assign(row_range(FIXED, 0, len(plan.fixed)))
        for block in reversed(plan.blocks):
            if not any(block.needs):
                continue
            assign(block.out)
            if block.kind in ("apply", "stack"):
                own = rows[block.out.storage][block.out.start]
                passed = [
                    i
                    for i in _passed_on(block)
                    if block.operands[i].storage is block.out.storage
                    and copied[block.out.storage][block.operands[i].start]
                ]
                for i in passed:
                    operand = block.operands[i]
                    self.passed.add(operand)
                    for line in range(operand.size // block.out.size):
                        assign(row_range(operand.storage, operand.start + line * block.out.size, block.out.size), own)
                position = _in_place(block, blocks, reads)
                if position is not None and not passed:
                    assign(block.operands[position], own)
        return rows

    def gradient(self, rows: Rows) -> Rows:
        """Where the gradients of these rows are."""
        return rows._replace(storage=GRADIENTS[rows.storage], start=self.row_of_gradient[rows.storage][rows.start])

    def lower(self) -> None:
        """The instructions."""
        for block in reversed(self.plan.blocks):
            if any(block.needs):
                self.emitter.begin(block.nodes)
                if block.kind != "gather":
                    self._complete(self.gradient(block.out))
                getattr(self, f"_{block.kind}")(block)

    # --- contributions to a gradient ---

    def _is_written(self, rows: Rows) -> int:
        """How many of these gradient rows have been written to."""
        return rows.of(self._written_of(rows.storage)).count(1)

    def _written_of(self, storage: Storage) -> bytearray:
        return self.written[VALUES if storage is GRADIENTS[VALUES] else FIXED]

    def _mark(self, rows: Rows) -> None:
        written = self._written_of(rows.storage)
        if rows.is_range:
            written[rows.start : rows.start + rows.size] = b"\1" * rows.size
            return
        for row in rows.numbers():
            written[row] = 1

    def _complete(self, rows: Rows) -> None:
        """Zeros for those of the gradient rows (a range) that nothing has been written to."""
        written = self._written_of(rows.storage)
        row, end = rows.start, rows.start + rows.size
        while (first := written.find(0, row, end)) >= 0:
            row = written.find(1, first, end)
            row = end if row < 0 else row
            self.emitter.emit("fill", row_range(rows.storage, first, row - first), 0.0)
            written[first:row] = b"\1" * (row - first)

    def _contribute(self, operand: Rows, shape: tuple[int, ...], batched: bool, share: Rows | Write) -> None:
        """Add a share, of this shape, to the gradient of the operand, summed over what the operand was the same for.

        Args:
            operand: the rows that were read.
            shape: that of the share.
            batched: whether it has a column for each sample.
            share: the rows where it is, or what writes it to given rows.
        """
        emitter = self.emitter
        into = self.gradient(operand)
        padded = (1,) * (len(shape) - len(operand.shape)) + operand.shape
        axes = [axis for axis, (size, own) in enumerate(zip(shape, padded, strict=True)) if size != own]
        if batched and not operand.storage.batched:
            axes.append(-1)
        written = self._is_written(into)
        if 0 < written < into.size:
            rows_between = into.last + 1 - into.start
            self._complete(row_range(into.storage, into.start, rows_between))
        self._mark(into)
        if axes:
            if not isinstance(share, Rows):
                whole = emitter.scratch(shape, batched)
                share(whole)
                share = whole
            summed = tuple(axes)
            reduced = into._replace(shape=padded, strides=(0,) * (len(padded) - len(into.shape)) + into.strides)
            if not written:
                emitter.emit("sum", reduced, share, detail=summed)
                return
            share = emitter.emit("sum", emitter.scratch(padded, operand.storage.batched), share, detail=summed)
            into = reduced
        elif not isinstance(share, Rows):
            if not written:
                share(into)
                return
            part = emitter.scratch(shape, batched)
            share(part)
            share = part
        if not written:
            if share != into:
                emitter.emit("copy", into, share)
        else:
            emitter.emit("add", into, into, share)

    # --- the kinds of blocks ---

    def _apply(self, block: Block) -> None:
        upstream = self.gradient(block.out)
        shape = block.operands[0].shape if block.kind == "stack" else block.out.shape
        batched = block.out.storage.batched
        needing = [i for i, need in enumerate(block.needs) if need and block.operands[i] not in self.passed]
        if not needing:
            return
        in_place = [i for i in needing if self.gradient(block.operands[i]) == upstream]
        wanted = [i for i in needing if i not in in_place] + in_place  # what overwrites upstream comes last
        kernel = backward_kernel(block.op, len(block.operands), block.constants, tuple(wanted))
        for i, result in zip(wanted, kernel.results, strict=True):
            if result == UPSTREAM and i not in in_place:
                self._contribute(block.operands[i], shape, batched, upstream)
        outs = self._direct([block.operands[i] for i in wanted], shape, batched)
        if in_place and kernel.results[-1] == kernel.operands + len(kernel.steps) - 1:
            outs[-1] = upstream
        if len(set(kernel.results)) < len(kernel.results):
            outs = [None] * len(outs)
        found = self.emitter.apply(kernel, [upstream, block.out, *block.operands], outs)
        rest: list[tuple[Rows, Rows]] = []
        for i, result, out, share in zip(wanted, kernel.results, outs, found, strict=True):
            assert isinstance(share, Rows)  # it has upstream as a factor
            if share == out:
                self._mark(share)
            elif result != UPSTREAM:
                rest.append((block.operands[i], share))
        for operand, share in rest:
            if self.gradient(operand) == upstream:
                self.emitter.emit("copy", upstream, share)
            else:
                self._contribute(operand, shape, batched, share)

    _stack = _apply

    def _direct(self, operands: Sequence[Rows], shape: tuple[int, ...], batched: bool) -> list[Rows | None]:
        """Where the gradient of each operand can be written to at once: nothing is there yet, nothing to be summed."""
        claimed: set[int] = set()
        outs: list[Rows | None] = []
        for operand in operands:
            into = self.gradient(operand)
            free = operand.shape == shape and operand.storage.batched == batched and not self._is_written(into)
            numbers = into.numbers() if len(operands) > 1 else []
            outs.append(into if free and claimed.isdisjoint(numbers) else None)
            claimed.update(numbers)
        return outs

    def _product(self, block: Block) -> None:
        weights, inputs, *biases = block.operands
        emitter = self.emitter
        upstream = self.gradient(block.out).reshaped(weights.shape[0], inputs.shape[1])
        if block.needs[0]:
            self._contribute(
                weights, weights.shape, False, lambda out: emitter.emit("matmul", out, upstream, inputs, detail=(0, 1))
            )
        if block.needs[1]:
            self._contribute_inputs(weights, inputs, upstream)
        if biases and block.needs[2]:
            self._contribute(biases[0], upstream.shape, upstream.storage.batched, upstream)

    def _contribute_inputs(self, weights: Rows, inputs: Rows, upstream: Rows) -> None:
        """Weightsᵀ · upstream, to those of the inputs that need it."""
        emitter = self.emitter
        needed = inputs.of(self.plan.needing[inputs.storage])
        first, end = needed.find(1) // inputs.shape[1], needed.rfind(1) // inputs.shape[1] + 1
        some = inputs._replace(start=inputs.start + first * inputs.strides[0], shape=(end - first, inputs.shape[1]))
        part = weights._replace(start=weights.start + first * weights.strides[1], shape=(weights.shape[0], end - first))
        self._contribute(
            some, some.shape, upstream.storage.batched,
            lambda out: emitter.emit("matmul", out, part, upstream, detail=(1, 0)),
        )  # fmt: skip

    def _dots(self, block: Block) -> None:
        weights, inputs, *biases = block.operands
        upstream = self.gradient(block.out)
        for own, other, need in ((weights, inputs, block.needs[0]), (inputs, weights, block.needs[1])):
            if need:
                share = partial(self._multiply, other, upstream)
                self._contribute(own, own.shape, upstream.storage.batched, share)
        if biases and block.needs[2]:
            row = upstream.reshaped(1, upstream.size)
            self._contribute(biases[0], row.shape, row.storage.batched, row)

    def _multiply(self, one: Rows, other: Rows, out: Rows) -> None:
        self.emitter.emit("multiply", out, one, other)

    def _gather(self, block: Block) -> None:
        """The copies' gradients, added to those of the rows that were copied."""
        own = self.row_of_gradient[block.out.storage]
        for storage, begin, _, rows in runs(block):
            wanted = [i for i, row in enumerate(rows) if self.plan.needing[storage][row]]
            if wanted:
                copies = [own[block.out.start + begin + i] for i in wanted]
                into = tuple([self.row_of_gradient[storage][rows[i]] for i in wanted])
                self.emitter.emit("scatter_add", whole(GRADIENTS[storage]), self._taken(block, copies), detail=into)

    def _taken(self, block: Block, rows: list[int]) -> Rows:
        """These gradient rows one after another."""
        storage = GRADIENTS[block.out.storage]
        if rows == list(range(rows[0], rows[0] + len(rows))):
            return row_range(storage, rows[0], len(rows))
        out = self.emitter.scratch((len(rows),), storage.batched)
        return self.emitter.emit("take", out, whole(storage), detail=tuple(rows))


def _start(plan: Plan, row: int) -> tuple[Storage, int]:
    """Where the rows are that were laid out together with this one, given as in `Plan.place`."""
    storage, row = (VALUES, row) if row >= 0 else (FIXED, ~row)
    return storage, plan.start_of(storage, row)


def _passed_on(block: Block) -> list[int]:
    """Which operands' derivative is 1, so that upstream is passed on as it is."""
    needing = tuple([i for i, need in enumerate(block.needs) if need and block.operands[i].is_range])
    if not needing or any(block.operands[i].size % block.out.size for i in needing):
        return []
    kernel = backward_kernel(block.op, len(block.operands), block.constants, needing)
    return [i for i, result in zip(needing, kernel.results, strict=True) if result == UPSTREAM]


def _in_place(
    block: Block, blocks: dict[tuple[Storage, int], Block], reads: Counter[tuple[Storage, int]]
) -> int | None:
    """Which operand of an elementwise block has a gradient that can be made of the result's gradient in place."""
    for position, (operand, need) in enumerate(zip(block.operands, block.needs, strict=True)):
        if block.kind == "stack":
            return None
        source = blocks.get((operand.storage, operand.start))
        if (
            need and source and operand.is_range and operand.size == source.out.size == block.out.size
            and operand.storage is block.out.storage
            and reads[operand.storage, operand.start] == 1
        ):  # fmt: skip
            return position
    return None
