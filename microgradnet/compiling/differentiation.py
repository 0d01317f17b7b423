"""The backward pass as array instructions: each block passes the gradient of its results on to its operands.

The chain rule is that of `chain_rule`, on rows of numbers: a contribution, upstream · local derivative, is added to the
gradient of each operand. The first contribution is written instead of added.
"""

from collections.abc import Sequence
from functools import partial

from microgradnet.compiling.blocks import Block, LoopPlan, Plan
from microgradnet.compiling.contributions import Contributions
from microgradnet.compiling.emitter import Emitter
from microgradnet.compiling.gradient_rows import GradientRows
from microgradnet.compiling.instructions import (
    GRADIENTS,
    VALUE_GRADIENTS,
    VALUES,
    Rows,
    row_at,
    row_range,
    whole,
)
from microgradnet.compiling.kernels import UPSTREAM, backward_kernel
from microgradnet.compiling.lowering import are_matrices, runs
from microgradnet.compiling.stamping import Stamp
from microgradnet.compiling.tables import tables


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
        self.emitter = emitter
        self._rows = rows = rows or GradientRows(plan, outputs)
        emitter.heights.update(rows.heights)
        self.row_of_gradient, self.gradient, self.passed = rows.of, rows.gradient, rows.passed
        self._sums = Contributions(emitter, rows.heights, apart)
        self.roots = [*map(self.gradient, outputs)]
        for root in self.roots:
            self._sums.mark(root)

    def lower(self) -> None:
        """The instructions."""
        for block in reversed(self.plan.blocks):
            if any(block.needs):
                self.emitter.begin(block.nodes)
                if block.kind not in ("gather", "loop"):
                    self._sums.complete(self.gradient(block.out))
                getattr(self, f"_{block.kind}")(block)

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
                self._sums.add(self.gradient(block.operands[i]), shape, batched, upstream)
        outs = self._direct([block.operands[i] for i in wanted], shape, batched)
        if in_place and kernel.results[-1] == kernel.operands + len(kernel.steps) - 1:
            outs[-1] = upstream
        if len(set(kernel.results)) < len(kernel.results):
            outs = [None] * len(outs)
        found = self.emitter.apply(kernel, [upstream, block.out, *block.operands], outs)
        for i, result, out, contribution in zip(wanted, kernel.results, outs, found, strict=True):
            assert isinstance(contribution, Rows)  # it has upstream as a factor
            if contribution == out:
                self._sums.mark(contribution)
            elif i in in_place and result != UPSTREAM:
                self.emitter.emit("copy", upstream, contribution)
            elif result != UPSTREAM:
                self._sums.add(self.gradient(block.operands[i]), shape, batched, contribution)

    _stack = _apply

    def _direct(self, operands: Sequence[Rows], shape: tuple[int, ...], batched: bool) -> list[Rows | None]:
        """The rows to which an operand's gradient can be written directly: none written yet, nothing to sum.

        What all rows of a loop share has the sum of what they contribute, which a later step cannot read.
        """
        claimed: set[int] = set()
        outs: list[Rows | None] = []
        for operand in operands:
            into = self.gradient(operand)
            free = operand.shape == shape and operand.storage.batched == batched and not self._sums.is_written(into)
            free = free and not (operand.storage is VALUES and operand.start in self.emitter.shared)
            numbers = into.numbers() if len(operands) > 1 else []
            outs.append(into if free and claimed.isdisjoint(numbers) else None)
            claimed.update(numbers)
        return outs

    def _product(self, block: Block) -> None:
        weights, inputs, *biases = block.operands
        emitter = self.emitter
        upstream = self.gradient(block.out)
        if block.needs[0]:
            self._sums.add(
                self.gradient(weights), weights.shape, False,
                lambda out: emitter.emit("matmul", out, upstream, inputs, detail=(0, 1)),
            )  # fmt: skip
        if block.needs[1]:
            self._contribute_inputs(weights, inputs, upstream)
        if biases and block.needs[2]:
            self._sums.add(self.gradient(biases[0]), upstream.shape, upstream.storage.batched, upstream)

    def _contribute_inputs(self, weights: Rows, inputs: Rows, upstream: Rows) -> None:
        """Weightsᵀ · upstream, for the inputs that need it."""
        emitter = self.emitter
        needed = inputs.of(self.plan.needing[inputs.storage])
        first, end = needed.find(1) // inputs.shape[1], needed.rfind(1) // inputs.shape[1] + 1
        some = inputs._replace(start=inputs.start + first * inputs.strides[0], shape=(end - first, inputs.shape[1]))
        part = weights._replace(start=weights.start + first * weights.strides[1], shape=(weights.shape[0], end - first))
        self._sums.add(
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
                self._sums.add(self.gradient(own), own.shape if summed else shape, batched, contribution)
        if biases and block.needs[2]:
            self._sums.add(self.gradient(biases[0]), upstream.shape, batched, upstream)

    def _loop(self, block: Block) -> None:
        """The body's backward pass for all rows, which gives the contributions to each of the operands."""
        loop = self.plan.bodies[block.nodes[0]]
        storage, start = block.out.storage, block.out.start
        of = self.row_of_gradient[storage]
        self._sums.complete_all(GRADIENTS[storage], [of[start + row] for row in loop.results])
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
                self._sums.add(self.gradient(operand), operand.shape, contribution.storage.batched, contribution)

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
                self._sums.scatter((GRADIENTS[storage], into), (GRADIENTS[block.out.storage], copies))
