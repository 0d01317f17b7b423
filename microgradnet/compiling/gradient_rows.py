"""`GradientRows`: allocate a row for the gradient of each row of numbers, or reuse another gradient's row.

Two kinds of gradients reuse rows. Where a derivative is 1, upstream is passed on unchanged, and operands gathered for
such an operation need no rows. And if an elementwise block is the only reader of an operand, the operand's gradient is
computed in place of that of the block's results.
"""

from collections import Counter
from collections.abc import Sequence

from microgradnet.compiling.blocks import Block, LoopPlan, Plan
from microgradnet.compiling.instructions import (
    FIXED,
    FIXED_GRADIENTS,
    GRADIENTS,
    VALUE_GRADIENTS,
    VALUES,
    Rows,
    Storage,
    row_at,
    row_range,
)
from microgradnet.compiling.kernels import UPSTREAM, backward_kernel
from microgradnet.compiling.stamping import LoopGradients
from microgradnet.value import Value

Place = tuple[Storage, int]


class GradientRows:
    """The rows of the gradients of a plan's rows.

    Args:
        plan: the blocks.
        outputs: the rows of the results that are differentiated.

    Attributes:
        of: for each row of a storage the row of its gradient; −1 if it needs none.
        heights: the number of rows of gradients, for each storage.
        passed: gathered operands whose gradient is that of their result.
        loops: where the gradients of each loop are, by its node.
        bodies: the rows of the gradients of its body, likewise.
    """

    def __init__(self, plan: Plan, outputs: Sequence[Rows]) -> None:
        self.of = {storage: [-1] * plan.heights[storage] for storage in (VALUES, FIXED)}
        self.heights = dict.fromkeys(GRADIENTS.values(), 0)
        self.passed: set[Rows] = set()
        self.loops: dict[Value, LoopGradients] = {}
        self.bodies: dict[Value, GradientRows] = {}
        self._reads = _reads(plan, outputs)
        self._blocks = {(block.out.storage, block.out.start): block for block in plan.blocks}
        self._copied = _copied(plan)
        self._assign(row_range(FIXED, 0, len(plan.fixed)))
        for rows in plan.arguments:
            if 1 in rows.of(plan.needing[VALUES]):
                self._assign(rows)
        for block in reversed(plan.blocks):
            if not any(block.needs):
                continue
            if block.kind == "loop":
                loop = plan.bodies[block.nodes[0]]
                body = GradientRows(loop.body, [*map(row_at, loop.body.rows_of(loop.body.program.outputs))])
                self.bodies[block.nodes[0]] = body
                self.loops[block.nodes[0]] = self._assign_loop(loop, body)
                continue
            self._assign(block.out)
            if block.kind in ("apply", "stack"):
                self._reuse(block)
        for output in outputs:
            self._assign(output)

    def _assign_loop(self, loop: LoopPlan, body: "GradientRows") -> LoopGradients:
        """Rows for the gradients of a loop's body, as its own plan has them, and for those of what it shares."""
        results, varying = loop.body.rows_of(loop.body.program.outputs), loop.body.arguments[2]
        storage, of, height = GRADIENTS[loop.out.storage], self.of[loop.out.storage], body.heights[VALUE_GRADIENTS]
        start = self._more(storage, height * loop.loop.rows).start
        for place in results:
            rows, gradients = loop.rows(place, loop.body.heights[VALUES]), loop.rows(body.of[VALUES][place], height)
            for row, gradient in zip(rows, gradients, strict=True):
                of[loop.out.start + row] = start + gradient
        own = body.of[VALUES][varying.start] if varying.size else -1
        counts = (storage, varying.size if own >= 0 else 0), (FIXED_GRADIENTS, body.heights[FIXED_GRADIENTS])
        shared, fixed = (self._more(*count) for count in counts)
        total, fixed_total = (self._more(*count) for count in counts) if loop.loop.body.state else (shared, fixed)
        return LoopGradients(start, height, shared, fixed, (total, fixed_total), own)

    def _more(self, storage: Storage, count: int) -> Rows:
        """New rows of gradients, as a column."""
        self.heights[storage] += count
        return row_range(storage, self.heights[storage] - count, count, 1)

    def gradient(self, rows: Rows) -> Rows:
        """The rows of these rows' gradients."""
        return rows._replace(storage=GRADIENTS[rows.storage], start=self.of[rows.storage][rows.start])

    def _reuse(self, block: Block) -> None:
        """Let operands have the gradient rows of the block's results, where they can."""
        out = block.out
        own = self.of[out.storage][out.start]
        passed = [
            operand
            for operand in _passed_on(block)
            if self._copied[operand.storage][operand.start] and self._is_only_reader(block, operand)
        ]
        self.passed.update(passed)
        for operand in passed:
            for start in range(operand.start, operand.start + operand.size, out.size):
                self._assign(row_range(operand.storage, start, out.size), own)
        if not passed and block.kind != "stack" and (replaced := self._replaced(block)):
            self._assign(replaced, own)

    def _is_only_reader(self, block: Block, operand: Rows) -> bool:
        """Whether only this block, whose results are in the same storage, reads the operand."""
        return operand.storage is block.out.storage and self._reads[operand.storage, operand.start] == 1

    def _replaced(self, block: Block) -> Rows | None:
        """The operand of an elementwise block whose gradient can be computed in place of that of the results."""
        for operand, need in zip(block.operands, block.needs, strict=True):
            source = self._blocks.get((operand.storage, operand.start))
            is_alike = (
                source
                and source.kind != "loop"
                and operand.is_range
                and operand.size == source.out.size == block.out.size
            )
            if need and is_alike and self._is_only_reader(block, operand):
                return operand
        return None

    def _assign(self, found: Rows, start: int | None = None) -> None:
        """Rows for the gradients of `found`, new ones unless said, but for those that have theirs."""
        own, height = self.of[found.storage], GRADIENTS[found.storage]
        row, end = found.start, found.start + found.size
        while row < end:
            free = next((other for other in range(row, end) if own[other] >= 0), end)
            first = self.heights[height] if start is None else start + row - found.start
            own[row:free] = range(first, first + free - row)
            self.heights[height] += free - row if start is None else 0
            row = next((other for other in range(free, end) if own[other] < 0), end)


def _reads(plan: Plan, outputs: Sequence[Rows]) -> Counter[Place]:
    """The number of readers of rows allocated together, by first row; at least two if one reads only some of them."""
    reads: Counter[Place] = Counter()
    for block in plan.blocks:
        for operand in block.operands:
            start = plan.start_of(operand.storage, operand.start)
            reads[operand.storage, start] += 1 if operand.start == start and operand.is_range else 2
        for row in block.sources:
            reads[_start(plan, row)] += 2
    for output in outputs:
        reads[output.storage, plan.start_of(output.storage, output.start)] += 2
    return reads


def _start(plan: Plan, row: int) -> Place:
    """The first of the rows that were allocated together with this one, given as in `Plan.place`."""
    storage, row = (VALUES, row) if row >= 0 else (FIXED, ~row)
    return storage, plan.start_of(storage, row)


def _copied(plan: Plan) -> dict[Storage, bytearray]:
    """For each row whether it was gathered: 1 or 0."""
    flags = {storage: bytearray(plan.heights[storage]) for storage in (VALUES, FIXED)}
    for block in plan.blocks:
        if block.kind == "gather":
            flags[block.out.storage][block.out.start : block.out.start + block.out.size] = b"\1" * block.out.size
    return flags


def _passed_on(block: Block) -> list[Rows]:
    """The operands with a local derivative of 1, to which upstream is passed on unchanged."""
    needing = tuple([i for i, need in enumerate(block.needs) if need and block.operands[i].is_range])
    if not needing or any(block.operands[i].size % block.out.size for i in needing):
        return []
    kernel = backward_kernel(block.op, len(block.operands), block.constants, needing)
    return [block.operands[i] for i, result in zip(needing, kernel.results, strict=True) if result == UPSTREAM]
