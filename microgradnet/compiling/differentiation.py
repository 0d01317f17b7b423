"""The backward pass as array instructions: each block passes the gradient of its results on to its operands.

The chain rule is that of `chain_rule`, on rows of numbers: a contribution, upstream · local derivative, is added to the
gradient of each operand. The first contribution is written instead of added.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import islice, pairwise

from microgradnet.compiling.blocks import Block, LoopPlan, Plan
from microgradnet.compiling.emitter import Emitter
from microgradnet.compiling.gradient_rows import GradientRows
from microgradnet.compiling.instructions import (
    GRADIENTS,
    VALUE_GRADIENTS,
    VALUES,
    Rows,
    Storage,
    row_at,
    row_range,
    whole,
)
from microgradnet.compiling.kernels import UPSTREAM, backward_kernel
from microgradnet.compiling.lowering import are_matrices, runs
from microgradnet.compiling.stamping import Stamp
from microgradnet.compiling.tables import tables

MOST_TABLES, ROWS_PER_TABLE = 4, 64  # in which gradients are added, and one more for so many rows; else row by row
NEAR = 16  # rows at most this far apart are set to zero in one range, with those between
Write = Callable[[Rows], object]
"""A function that writes its result to the given rows."""


class Backward:
    """The instructions that pass gradients back through a plan's blocks, from the last to the first.

    Args:
        plan: the blocks.
        emitter: receives the instructions.
        outputs: the rows of the results to differentiate.
        apart: of a loop's body, the gradient rows of what is "varying", which are elsewhere around the loop than the
            others: no table has rows of both.
        rows: the rows of the gradients, if they are known.

    Attributes:
        roots: the gradients of these, which are given.
    """

    def __init__(
        self, plan: Plan, emitter: Emitter, outputs: Sequence[Rows], apart: range = range(0),
        rows: GradientRows | None = None,
    ) -> None:  # fmt: skip
        self.plan = plan
        self._apart = apart
        self.emitter = emitter
        self._rows = rows = rows or GradientRows(plan, outputs)
        emitter.heights.update(rows.heights)
        self.row_of_gradient, self.gradient, self.passed = rows.of, rows.gradient, rows.passed
        self.written = {storage: bytearray(height) for storage, height in rows.heights.items()}
        self.roots = [*map(self.gradient, outputs)]
        for root in self.roots:
            self._mark(root)

    def lower(self) -> None:
        """The instructions."""
        for block in reversed(self.plan.blocks):
            if any(block.needs):
                self.emitter.begin(block.nodes)
                if block.kind not in ("gather", "loop"):
                    self._complete(self.gradient(block.out))
                getattr(self, f"_{block.kind}")(block)

    # --- contributions to a gradient ---

    def _is_written(self, rows: Rows) -> int:
        """The number of these gradient rows that have been written to."""
        return rows.of(self.written[rows.storage]).count(1)

    def _mark(self, rows: Rows) -> None:
        written = self.written[rows.storage]
        if rows.is_range:
            written[rows.start : rows.start + rows.size] = b"\1" * rows.size
            return
        for row in rows.numbers():
            written[row] = 1

    def _complete(self, rows: Rows) -> None:
        """Set those of the gradient rows (a range) to zero that have not been written to."""
        written = self.written[rows.storage]
        row, end = rows.start, rows.start + rows.size
        while (first := written.find(0, row, end)) >= 0:
            row = written.find(1, first, end)
            row = end if row < 0 else row
            self.emitter.emit("fill", row_range(rows.storage, first, row - first), 0.0)
            written[first:row] = b"\1" * (row - first)

    def _complete_all(self, storage: Storage, into: Iterable[int]) -> None:
        """Set those of these rows to zero that have not been written to, in as few ranges as possible."""
        rows = sorted({*into})
        ends = [
            i
            for i in range(1, len(rows))
            if rows[i] > rows[i - 1] + NEAR or self._are_apart(storage, range(rows[i - 1], rows[i] + 1))
        ]
        for begin, end in pairwise([0, *ends, len(rows)]):
            self._complete(row_range(storage, rows[begin], rows[end - 1] + 1 - rows[begin]))

    def _contribute(self, into: Rows, shape: tuple[int, ...], batched: bool, contribution: Rows | Write) -> None:
        """Add a contribution of this shape to an operand's gradient, summed over the axes along which it was broadcast.

        Args:
            into: the gradient of the operand.
            shape: the shape of the contribution.
            batched: whether it has a column for each sample.
            contribution: its rows, or a function that writes it to the given rows.
        """
        emitter = self.emitter
        padded = (1,) * (len(shape) - len(into.shape)) + into.shape
        axes = [axis for axis, (size, own) in enumerate(zip(shape, padded, strict=True)) if size != own]
        if batched and not into.storage.batched:
            axes.append(-1)
        written = self._is_written(into)
        if 0 < written < into.size:
            self._complete_all(into.storage, into.numbers())
        self._mark(into)
        if not isinstance(contribution, Rows):
            write, contribution = contribution, emitter.scratch(shape, batched) if axes or written else into
            write(contribution)
        if axes:
            into = into._replace(shape=padded, strides=(0,) * (len(padded) - len(into.shape)) + into.strides)
            own = tuple([1 if axis in axes else size for axis, size in enumerate(contribution.shape)])
            summed = emitter.scratch(own, into.storage.batched) if written or own != padded else into
            contribution = emitter.emit("sum", summed, contribution, detail=tuple(axes))
        if written:
            emitter.emit("add", into, into, contribution)
        elif contribution != into:
            emitter.emit("copy", into, contribution)

    # --- the kinds of blocks ---

    def _apply(self, block: Block) -> None:
        upstream = self.gradient(block.out)
        shape = (block.operands[0].shape[0], *block.out.shape) if block.kind == "stack" else block.out.shape
        batched = block.out.storage.batched
        needing = [i for i, need in enumerate(block.needs) if need and block.operands[i] not in self.passed]
        if not needing:
            return
        in_place = [i for i in needing if self.gradient(block.operands[i]) == upstream]
        wanted = [i for i in needing if i not in in_place] + in_place  # a step that overwrites upstream comes last
        kernel = backward_kernel(block.op, len(block.operands), block.constants, tuple(wanted))
        for i, result in zip(wanted, kernel.results, strict=True):
            if result == UPSTREAM and i not in in_place:
                self._contribute(self.gradient(block.operands[i]), shape, batched, upstream)
        outs = self._direct([block.operands[i] for i in wanted], shape, batched)
        if in_place and kernel.results[-1] == kernel.operands + len(kernel.steps) - 1:
            outs[-1] = upstream
        if len(set(kernel.results)) < len(kernel.results):
            outs = [None] * len(outs)
        found = self.emitter.apply(kernel, [upstream, block.out, *block.operands], outs)
        rest: list[tuple[Rows, Rows]] = []
        for i, result, out, contribution in zip(wanted, kernel.results, outs, found, strict=True):
            assert isinstance(contribution, Rows)  # it has upstream as a factor
            if contribution == out:
                self._mark(contribution)
            elif result != UPSTREAM:
                rest.append((block.operands[i], contribution))
        for operand, contribution in rest:
            if self.gradient(operand) == upstream:
                self.emitter.emit("copy", upstream, contribution)
            else:
                self._contribute(self.gradient(operand), shape, batched, contribution)

    _stack = _apply

    def _direct(self, operands: Sequence[Rows], shape: tuple[int, ...], batched: bool) -> list[Rows | None]:
        """The rows to which an operand's gradient can be written directly: none written yet, nothing to sum."""
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
        upstream = self.gradient(block.out)
        if block.needs[0]:
            self._contribute(
                self.gradient(weights), weights.shape, False,
                lambda out: emitter.emit("matmul", out, upstream, inputs, detail=(0, 1)),
            )  # fmt: skip
        if block.needs[1]:
            self._contribute_inputs(weights, inputs, upstream)
        if biases and block.needs[2]:
            self._contribute(self.gradient(biases[0]), upstream.shape, upstream.storage.batched, upstream)

    def _contribute_inputs(self, weights: Rows, inputs: Rows, upstream: Rows) -> None:
        """Weightsᵀ · upstream, for the inputs that need it."""
        emitter = self.emitter
        needed = inputs.of(self.plan.needing[inputs.storage])
        first, end = needed.find(1) // inputs.shape[1], needed.rfind(1) // inputs.shape[1] + 1
        some = inputs._replace(start=inputs.start + first * inputs.strides[0], shape=(end - first, inputs.shape[1]))
        part = weights._replace(start=weights.start + first * weights.strides[1], shape=(weights.shape[0], end - first))
        self._contribute(
            self.gradient(some), some.shape, upstream.storage.batched,
            lambda out: emitter.emit("matmul", out, part, upstream, detail=(1, 0)),
        )  # fmt: skip

    def _dots(self, block: Block) -> None:
        weights, inputs, *biases = block.operands
        shape, batched = (weights.shape[0], *block.out.shape), block.out.storage.batched
        upstream = self.gradient(block.out).reshaped(1, *block.out.shape)
        summed = are_matrices(weights, inputs, self.emitter.shared)
        for own, other, need in ((weights, inputs, block.needs[0]), (inputs, weights, block.needs[1])):
            if need:
                contribution = partial(self._multiply, "einsum" if summed else "multiply", upstream, other)
                self._contribute(self.gradient(own), own.shape if summed else shape, batched, contribution)
        if biases and block.needs[2]:
            self._contribute(self.gradient(biases[0]), upstream.shape, batched, upstream)

    def _loop(self, block: Block) -> None:
        """The body's backward pass for all rows, which gives the contributions to each of the operands."""
        loop = self.plan.bodies[block.nodes[0]]
        storage, start = block.out.storage, block.out.start
        of = self.row_of_gradient[storage]
        self._complete_all(GRADIENTS[storage], [of[start + row] for row in loop.results])
        gradients, operands = self._rows.loops[block.nodes[0]], dict(zip(loop.parts, block.operands, strict=True))
        body = Emitter(loop.body.heights, loop.shared)
        results = loop.body.rows_of(loop.body.program.outputs)
        varying = range(gradients.own, gradients.own + gradients.varying.size)
        inner = Backward(loop.body, body, [*map(row_at, results)], varying, self._rows.bodies[block.nodes[0]])
        inner.lower()
        stamps = [
            Stamp(loop, operands, self.emitter, body.heights, row, gradients)
            for row in (range(loop.loop.rows) if loop.loop.body.state else [None])
        ]
        for row, stamp in reversed([*enumerate(stamps)]):
            if stamp is not stamps[-1]:
                self._carry(stamps[row + 1], stamp, loop, inner)
            for instruction in body.instructions:
                stamp.emit(instruction)
            if loop.loop.body.state:
                for each, total in zip((gradients.varying, gradients.fixed), gradients.totals, strict=True):
                    if each.size and stamp is stamps[-1]:
                        self.emitter.emit("copy", total, each)
                    elif each.size:
                        self.emitter.emit("add", total, total, each)
        for part, need, operand in zip(loop.parts, block.needs, block.operands, strict=True):
            if need:
                contribution = gradients.of(part, loop, inner.row_of_gradient[VALUES])
                contribution = contribution._replace(shape=operand.shape)
                self._contribute(self.gradient(operand), operand.shape, contribution.storage.batched, contribution)

    def _carry(self, later: Stamp, stamp: Stamp, loop: LoopPlan, inner: "Backward") -> None:
        """Add the gradients of the state of one row to those of what the row before made of it."""
        of, state = inner.row_of_gradient[VALUES], loop.body.arguments[1]
        results = [of[place] for place in loop.body.rows_of(loop.body.program.outputs)]
        seeded, carried = results[: len(loop.loop.body.outputs)], results[len(loop.loop.body.outputs) :]
        for (rows,) in tables([(VALUE_GRADIENTS, sorted({*carried} - {*seeded}))]):
            self.emitter.emit("fill", stamp.rows(rows), 0.0)
        contribution = later.rows(row_range(VALUE_GRADIENTS, of[state.start], state.size))
        if carried == [*range(carried[0], carried[0] + len(carried))]:
            into = stamp.rows(row_range(VALUE_GRADIENTS, carried[0], len(carried)))
            self.emitter.emit("add", into, into, contribution)
        else:
            numbers = stamp.numbers(VALUE_GRADIENTS, carried)
            self.emitter.emit("scatter_add", whole(contribution.storage), contribution, detail=numbers)

    def _multiply(self, function: str, one: Rows, other: Rows, out: Rows) -> None:
        self.emitter.emit(function, out, one, other)

    def _gather(self, block: Block) -> None:
        """Add the copies' gradients to those of the rows that were copied."""
        own = self.row_of_gradient[block.out.storage]
        for storage, start, rows in runs(block):
            wanted = [i for i, row in enumerate(rows) if self.plan.needing[storage][row]]
            if wanted:
                into = [self.row_of_gradient[storage][rows[i]] for i in wanted]
                copies = [own[start + i] for i in wanted]
                self._scatter((GRADIENTS[storage], into), (GRADIENTS[block.out.storage], copies))

    def _scatter(self, into: tuple[Storage, list[int]], copies: tuple[Storage, list[int]]) -> None:
        """Add gradient rows to others: table by table, if these are few, else row by row."""
        if self._are_apart(*into):
            for is_apart in (True, False):
                chosen = [i for i, row in enumerate(into[1]) if (row in self._apart) is is_apart]
                self._scatter((into[0], [into[1][i] for i in chosen]), (copies[0], [copies[1][i] for i in chosen]))
            return
        most = MOST_TABLES + len(into[1]) // ROWS_PER_TABLE
        found = list(islice(tables([into, copies]), most + 1))
        if len(found) <= most and all(map(_can_add, found)):
            for to, contribution in found:
                self._contribute(to.distinct, to.shape, contribution.storage.batched, contribution.distinct)
            return
        self._complete_all(*into)
        self.emitter.emit("scatter_add", whole(into[0]), self._taken(*copies), detail=tuple(into[1]))

    def _are_apart(self, storage: Storage, rows: Sequence[int]) -> bool:
        """Whether some, not all, of these gradient rows are `apart`."""
        return bool(self._apart) and storage is VALUE_GRADIENTS and len({row in self._apart for row in rows}) > 1

    def _taken(self, storage: Storage, rows: list[int]) -> Rows:
        """These gradient rows as a range, copied if necessary."""
        if rows == [*range(rows[0], rows[0] + len(rows))]:
            return row_range(storage, rows[0], len(rows))
        copies = self.emitter.scratch((len(rows),), storage.batched)
        return self.emitter.emit("take", copies, whole(storage), detail=tuple(rows))


def _can_add(tables: tuple[Rows, ...]) -> bool:
    """Whether the second of two tables can be added to the first as an array, summed along axes of stride 0."""
    into, contribution = tables
    strides = zip(into.strides, contribution.strides, into.shape, strict=True)
    return into.is_injective and not any(to == of == 0 and size > 1 for to, of, size in strides)
