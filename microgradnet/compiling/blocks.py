"""Group the scalars of a program into blocks that one array operation can compute, and allocate their rows.

Scalars with the same operation at the same depth (the longest path from a leaf) form a block. Weighted sums whose
operands form a grid, each row of weights with each column of inputs, are one matrix product. A block reads evenly
spaced rows without a copy; other operands are first gathered into such rows, for all blocks of a depth at once.
`lowering` and `differentiation` determine how a block is computed.
"""

from collections.abc import Collection, Sequence
from functools import cached_property
from itertools import chain, islice
from typing import NamedTuple

from microgradnet import ops
from microgradnet.compiling.grids import MOST_APART, Grid, grids
from microgradnet.compiling.instructions import FIXED, VALUES, Rows, Storage, row_at, row_range
from microgradnet.compiling.layout import Layout, Shape
from microgradnet.compiling.loops import Item, Loop
from microgradnet.compiling.scalars import LARGEST, Operands, ScalarProgram, simplified
from microgradnet.compiling.scheduling import positions, scheduled
from microgradnet.compiling.tables import NESTED, columns_in_tables, in_tables
from microgradnet.graph import Graph
from microgradnet.ops import Operation
from microgradnet.value import Value, constant


class Block(NamedTuple):
    """Scalars that are computed together.

    Attributes:
        kind: "apply" (an operation on operands side by side), "stack" (one of any number of operands, along an axis),
            "product" (a matrix product), "dots" (products, summed along the first axis), "gather" (copies of rows),
            "loop" (a body for all rows).
        out: the rows of the results.
        operands: the rows that it reads: for "product" the weights (with the biases as a last column if the inputs
            have ones as a last row), the inputs and, if they are apart, the biases.
        needs: for each of the operands, whether a gradient goes back to it.
        nodes: the scalars, in the order of the rows of `out`; of a gather its readers.
        op, constants: the operation, and the numbers that are its last operands.
        sources: of a gather, the row of each copy: in VALUES, or ~row in FIXED.
    """

    kind: str
    out: Rows
    operands: tuple[Rows, ...]
    needs: tuple[bool, ...]
    nodes: Sequence[Value]
    op: Operation = ops.total
    constants: tuple[float, ...] = ()
    sources: tuple[int, ...] = ()


class Plan(Layout):
    """A program's blocks, in order, and the row of each of its scalars.

    Args:
        program: the scalars.
        arguments: the inputs, argument by argument.
        parameters: the first rows of FIXED, in this order.
        wanted: the leaves whose gradients are wanted.
        roots: the outputs that are differentiated.
        is_body: whether it is the body of a loop.
    """

    def __init__(
        self, program: ScalarProgram, arguments: Sequence[Sequence[Value]], parameters: Sequence[Value],
        wanted: Collection[Value], roots: Sequence[Value], is_body: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(wanted)
        self.program, self.varying, self._is_body = program, program.varying, is_body
        self.blocks: list[Block] = []
        for node in program.nodes:
            if node.op is not LARGEST and not self.needs.isdisjoint(node.operands):
                self.needs.add(node)
        if wanted:  # no gradient goes back from the other outputs
            self.needs.intersection_update([*Graph(*roots).nodes, *wanted])
        self.fixed = list(dict.fromkeys([*parameters, *[v for v in program.leaves if v not in self.varying]]))
        self.one = constant(1.0)
        self.fixed.append(self.one)
        self._keep(self.fixed[: len(parameters)], FIXED)
        self._keep(self.fixed[len(parameters) :], FIXED)  # apart: in a loop's body the parameters are given from around
        self.arguments = [self._keep(values, VALUES) for values in arguments]
        self.leaves = dict(enumerate(self.fixed))
        """The leaf of each row of FIXED that is one's."""
        self.bodies: dict[Value, LoopPlan] = {}
        self._items: dict[Value, list[tuple[Value, int]]] = {}
        for node in program.nodes:
            if isinstance(node.op, Item):
                self._items.setdefault(node.operands[0], []).append((node, node.op.position))
        for level in scheduled(program, self._key):
            self._plan(level)

    def _plan(self, groups: Sequence[list[Value]]) -> None:
        """The blocks of one depth: their gathers, then the blocks."""
        level = [node for members in groups for node in members]
        drafts: list[Block] = []
        for members in groups:
            op = members[0].op
            if isinstance(op, Loop):
                drafts += [self._loop(node, level) for node in members]
            elif op is ops.weighted_sum:
                drafts += self._weighted_sums(members)
            elif op.variadic:
                drafts += [self._stack(some) for some in self._by_place(members)]
            else:
                drafts += self._apply(members)
        self._gather(level)
        for draft in drafts:
            storage = VALUES if draft.nodes[0] in self.varying else FIXED
            out = draft.out
            if draft.kind != "loop":
                out = self._keep(draft.nodes, storage).reshaped(*out.shape)
            self.blocks.append(draft._replace(out=out))

    def _key(self, node: Value) -> object:
        """The key that the scalars of one block have in common."""
        op, operands = node.op, node.operands
        if op.variadic:
            return op, len(operands), node in self.varying, node in self.needs
        constants = tuple([operand._data for operand in operands[len(operands) - op.constants :]])
        in_needs = node in self.needs
        return op, constants, in_needs, *[(operand in self.varying, operand in self.needs) for operand in operands]

    def _apply(self, members: list[Value]) -> list[Block]:
        """Usually one block; two if their operands are then in place."""
        op = members[0].op
        count = len(members[0].operands) - op.constants
        columns = [self.rows_of([node.operands[i] for node in members]) for i in range(count)]
        leading = next((column for column in columns if len(set(column)) > 1), columns[0])
        if leading != sorted(leading, key=abs):  # in the order of operands, for rows to be read in order
            order = sorted(range(len(members)), key=[abs(row) for row in leading].__getitem__)
            members = [members[i] for i in order]
            columns = [[column[i] for i in order] for column in columns]
        found, shape = in_tables(columns)
        tables = [rows and self._in_place(rows) for rows in found]
        if not all(tables) and len(places := self._by_place(members)) > 1:
            return [block for some in places for block in self._apply(some)]
        if count > 1 and len(members) >= NESTED and not all(tables):
            parts = list(islice(columns_in_tables(columns), 3))
            if len(parts) == 2 and all(self._in_place(rows) for part in parts for rows in part):
                middle = parts[0][0].size
                return self._apply(members[:middle]) + self._apply(members[middle:])
        operands = [
            rows or self._ask_table([column], column[0] >= 0, shape)
            for rows, column in zip(tables, columns, strict=True)
        ]
        block = self._block("apply", members, operands, op, shape)
        needs = tuple([members[0] in self.needs and members[0].operands[i] in self.needs for i in range(count)])
        constants = tuple([operand._data for operand in members[0].operands[count:]])
        return [block._replace(needs=needs, constants=constants)]

    def _gather(self, level: Sequence[Value]) -> None:
        """The copies that were asked for: the latest rows."""
        for storage, asked in self._asked.items():
            if asked:
                out = row_range(storage, self.heights[storage] - len(asked), len(asked))
                needs = (any(map(self._is_needing, asked)),)
                self.blocks.append(Block("gather", out, (), needs, level, sources=tuple(asked)))
                asked.clear()

    def _by_place(self, members: Sequence[Value]) -> list[list[Value]]:
        """The members by where their operands were computed, if these are few places for many members."""
        places: dict[tuple[tuple[Storage, int], ...], list[Value]] = {}
        for node in members:
            rows = [row_at(row) for row in self.rows_of(node.operands[:2])]
            places.setdefault(tuple([(row.storage, self.start_of(*row[:2])) for row in rows]), []).append(node)
        return [*places.values()] if len(places) <= MOST_APART and len(members) >= NESTED else [[*members]]

    def _stack(self, members: list[Value]) -> Block:
        lines = [self.rows_of(node.operands) for node in members]
        if members[0].op in (ops.total, LARGEST):  # in any order
            lines = [sorted(line, key=abs) for line in lines]
        index = list(zip(*lines, strict=True))
        operands, shape = self._arrays([index])
        return self._block("stack", members, operands, members[0].op, shape)

    def _block(
        self, kind: str, members: Sequence[Value], operands: Sequence[Rows], op: Operation, shape: Shape
    ) -> Block:
        back = members[0] in self.needs
        needs = tuple([back and rows.of(self.needing[rows.storage]).find(1) >= 0 for rows in operands])
        return Block(kind, row_range(VALUES, 0, *shape), tuple(operands), needs, members, op)

    # --- loops ---

    def _loop(self, node: Value, level: Sequence[Value]) -> Block:
        """The block of a loop: its results are all rows of its body, and its operands the `parts` of its plan."""
        loop = node.op
        assert isinstance(loop, Loop)
        parts = self._parts(loop, node.operands)
        wanted = {leaf for part in parts.values() for values, leaf in part if not self.needs.isdisjoint(values)}
        if node in self.needs:
            wanted.update(loop.body.state)  # through which gradients go back to the rows before
        else:
            wanted.clear()
        operands, needs = [], []
        for part in filter(None, parts.values()):
            index = [self.rows_of(values) for values, _ in part]
            operands.append(self._table(index, any(row >= 0 for line in index for row in line)))
            needs.append(any(leaf in wanted and not self.needs.isdisjoint(values) for values, leaf in part))
        self._gather(level)
        *varying, fixed = [[leaf for _, leaf in part] for part in parts.values()]
        results = [*loop.body.outputs, *loop.body.last]
        program = simplified(ScalarProgram(results, chain(*varying), loop.body.numbers_inside))
        body = Plan(program, varying, fixed, wanted, program.outputs, is_body=True)
        plan = self._placed(node, body, tuple([name for name, part in parts.items() if part]), len(fixed))
        self._place_items(plan, self._items.get(node, []))
        self.bodies[node] = plan
        return Block("loop", plan.out, tuple(operands), tuple(needs), [node], loop)

    def _parts(self, loop: Loop, operands: Operands) -> dict[str, list[tuple[Sequence[Value], Value]]]:
        """What a loop is given, by kind: values around it, and the leaf in its body that stands for them."""
        inputs, state, shared = loop.parts(operands)
        outside = sorted(zip(shared, loop.body.shared, strict=True), key=lambda pair: abs(self.place[pair[0]]))
        return {
            "inputs": [*zip(inputs, loop.body.inputs, strict=True)],
            "state": [([value], leaf) for value, leaf in zip(state, loop.body.state, strict=True)],
            "varying": [([value], leaf) for value, leaf in outside if self.place[value] >= 0],
            "fixed": [([value], leaf) for value, leaf in outside if self.place[value] < 0],
        }

    def _placed(self, node: Value, body: "Plan", parts: tuple[str, ...], given: int) -> "LoopPlan":
        """The plan of a loop, with rows around it for all of its body; so many of FIXED in there are given."""
        loop, height, own = node.op, body.heights[VALUES], body.heights[FIXED] - given
        assert isinstance(loop, Loop)
        storage = VALUES if node in self.varying else FIXED
        out = self._new_rows(loop.rows * height, storage, bytes(loop.rows * height))
        plan = LoopPlan(loop, body, parts, out, self._new_rows(own, FIXED, bytes(own)).start)
        self.leaves |= {plan.constants + row - given: leaf for row, leaf in body.leaves.items() if row >= given}
        ones = [out.start + row for one in body.ones for row in plan.rows(one, height)]
        if storage is VALUES:
            self.ones += ones
        else:
            self.leaves |= dict.fromkeys(ones, self.one)
        steps = loop.rows if loop.body.state else 1
        within = [out.start + row for start in body.starts[VALUES] for row in plan.rows(start, height)[:steps]]
        self.starts[storage] = sorted({*self.starts[storage], *within})
        return plan

    def _place_items(self, plan: "LoopPlan", items: Sequence[tuple[Value, int]]) -> None:
        """The rows of what a loop computes: those of its body."""
        storage, results = plan.out.storage, plan.results
        for item, position in items:
            row = plan.out.start + results[position]
            self.place[item] = row if storage is VALUES else ~row
            self.needing[storage][row] = item in self.needs

    # --- weighted sums ---

    def _weighted_sums(self, members: list[Value]) -> list[Block]:
        """Matrix products for the grids among these weighted sums of one length, dot products for the rest."""
        found, loose = grids(members, self.varying, self.place)
        return [*map(self._product, found), *self._dots(loose)]

    def _product(self, grid: Grid) -> Block:
        nodes, length = grid.nodes, len(grid.columns[0])
        varying = nodes[0] in self.varying
        weights = [self.rows_of(operands) for operands in grid.rows]
        index: list[Sequence[int]] = list(zip(*[self.rows_of(inputs) for inputs in grid.columns], strict=True))
        found = self._matrix(index, varying)
        biases: list[Rows] = []
        if len(weights[0]) > length:
            apart = [row[:-1] for row in weights]
            if (
                not varying
                or (found and not self._has_ones_after(found))
                or (not self._regular(weights, False) and self._regular(apart, False))
            ):
                biases = [self._table([[row[-1]] for row in weights], False)]
                weights = apart
            elif found:
                found = row_range(VALUES, found.start, length + 1, 1)
            else:
                index.append([self.ones[0]] * len(grid.columns))
        inputs = found or self._ask_table(index, varying, (len(index), len(grid.columns)))
        operands = [self._table(weights, False), inputs, *biases]
        return self._block("product", nodes, operands, ops.weighted_sum, (len(weights), len(grid.columns)))

    def _matrix(self, index: Sequence[Sequence[int]], varying: bool) -> Rows | None:
        """This table of inputs in place as a matrix, the samples of one column next to those of the following."""
        found = self._regular(index, varying)
        return found if found and (found.shape[1] == 1 or found.strides[1] == 1) else None

    def _has_ones_after(self, inputs: Rows) -> bool:
        return inputs.shape[1] == 1 and inputs.strides[0] == 1 and inputs.start + inputs.size in self._ones

    def _dots(self, members: list[Value]) -> list[Block]:
        if not members:
            return []
        members = self._as_read(members)
        length = len(members[0].operands) // 2
        index = list(zip(*[self.rows_of(node.operands) for node in members], strict=True))
        sides = [index[:length], index[length : 2 * length], *([index[2 * length :]] if index[2 * length :] else [])]
        operands, shape = self._arrays(sides)
        return [self._block("dots", members, operands, ops.weighted_sum, shape)]

    def _as_read(self, members: list[Value]) -> list[Value]:
        """Dot products by the position at which a sum reads them, if equally many are read at each.

        Those read at one position are then adjacent. In the body of a loop each is adjacent to those of other rows.
        """
        if self._is_body or len(members) == 1:
            return members
        lines: dict[int, list[Value]] = {}
        for node in members:
            lines.setdefault(self._positions.get(node, 0), []).append(node)
        is_table = len({*map(len, lines.values())}) == 1
        return [node for position in sorted(lines) for node in lines[position]] if is_table else members

    @cached_property
    def _positions(self) -> dict[Value, int]:
        return positions(self.program)


class LoopPlan(NamedTuple):
    """How a loop is computed.

    Attributes:
        loop: the operation.
        body: the plan of its body, whose arguments are the "inputs", the "state" and what else is "varying", and whose
            parameters are what is "fixed".
        parts: those of these four that there are.
        out: the rows around the loop that are those of its body: in `for_each` each of these for all rows of the loop,
            in `scan` all of these for each row.
        constants: the first row around the loop of what else the body has that is the same for all samples.
    """

    loop: Loop
    body: Plan
    parts: tuple[str, ...]
    out: Rows
    constants: int

    @property
    def shared(self) -> range:
        """The rows of the body's values that are the same for all rows of `for_each`."""
        varying = self.body.arguments[2]
        return range(varying.start, varying.start + (0 if self.loop.body.state else varying.size))

    @property
    def results(self) -> list[int]:
        """The place among the rows of the body, for all rows of the loop, of each of the numbers that it computes."""
        places, height = self.body.rows_of(self.body.program.outputs), self.body.heights[VALUES]
        rows = [self.rows(place, height) for place in places]
        outputs = len(self.loop.body.outputs)
        return [*chain(*rows[:outputs]), *[each[-1] for each in rows[outputs:]]]

    def rows(self, place: int, height: int) -> range:
        """The places of a row of the body, one for each row of the loop, if the body has `height` rows."""
        count = self.loop.rows
        return (
            range(place, place + count * height, height)
            if self.loop.body.state
            else range(place * count, (place + 1) * count)
        )
