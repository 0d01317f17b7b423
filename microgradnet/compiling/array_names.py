"""Names for the arrays of a program, for listings and pictures."""

from bisect import bisect
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from microgradnet._shared.text import one_line, shorten
from microgradnet.compiling.blocks import Block
from microgradnet.compiling.instructions import FIXED, GRADIENTS, VALUES, Instruction, Rows, Storage, row_range
from microgradnet.compiling.program import Program
from microgradnet.compiling.tables import spaced
from microgradnet.value import Value

MOST_NAMES = 3
HOLDER = {gradients: storage for storage, gradients in GRADIENTS.items()}
"""For each storage of gradients, the storage of the values."""
_SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


class Named(NamedTuple):
    """A named array: its rows in the shape in which it is written, and for copies the scalars that use them."""

    name: str
    rows: Rows
    users: tuple[Value, ...] = ()


class ArrayNames:
    """Names for the arrays of a program.

    An argument has its own name; h₁, h₂, … are computed scalars and copies of scalars; p₁, … those that are the same
    for all samples; θ are the parameters, and W₁, W₂, … weight matrices. The gradient of h₁ is dh₁; t₁, t₂, … are
    intermediate results, m₁, … Boolean masks. A matrix with a row of ones below it, for the biases that are the last
    column of its weights, is [h₁, 1].

    Attributes:
        matrices: the weight matrices that need no copy.
        ones: the rows of VALUES that hold 1.
        blocks: the blocks that an instruction with these nodes (by id) computes.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        plan = program.plan
        self._count = Counter[str]()
        self._starts: dict[Storage, list[int]] = {VALUES: [], FIXED: []}
        self._named: dict[tuple[Storage, int], Named] = {}
        self._of_gradients = {
            GRADIENTS[storage]: {own: row for row, own in reversed(list(enumerate(rows))) if own >= 0}
            for storage, rows in program.row_of_gradient.items()
        }
        self.ones = set(plan.ones)
        self.matrices: dict[int, Named] = {}
        self._copies: dict[tuple[int, ...], str] = {}
        self.blocks: dict[int, list[Block]] = {}
        for rows, name, shape in zip(plan.arguments, program.captured.names, program.captured.shapes, strict=True):
            self._add(Named(name, rows.reshaped(*shape)))
        readers: list[tuple[Rows, Block]] = []
        for block in plan.blocks:
            self.blocks.setdefault(id(block.nodes), []).append(block)
            readers += [(operand, block) for operand in block.operands]
        for block in plan.blocks:
            if block.kind == "gather":
                self._name_copies(block, readers)
                continue
            shape = block.out.shape
            if block.kind == "product":
                self._name_matrix(block.operands[0])
                shape = (block.operands[0].shape[0], block.operands[1].shape[1])
            name = self._numbered("h" if block.out.storage is VALUES else "p")
            self._add(Named(name, block.out.reshaped(*shape)))
        for starts in self._starts.values():
            starts.sort()
        self._intermediate: dict[int, tuple[str, dict[Rows, str]]] = {}
        self._name_intermediate(program.forward)
        self._name_intermediate(program.backward)

    def _numbered(self, letter: str) -> str:
        self._count[letter] += 1
        return letter + str(self._count[letter]).translate(_SUBSCRIPT)

    def _add(self, named: Named) -> None:
        if named.rows.size:
            self._named[named.rows.storage, named.rows.start] = named
            self._starts[named.rows.storage].append(named.rows.start)

    def _name_matrix(self, rows: Rows) -> None:
        """Name the weights of a matrix product, if they are parameters that need no copy."""
        if rows.storage is FIXED and rows.last < len(self.program.parameters) and rows.start not in self.matrices:
            self.matrices[rows.start] = Named(self._numbered("W"), rows)

    def _name_copies(self, block: Block, readers: Sequence[tuple[Rows, Block]]) -> None:
        """Name each array of copies; equal copies have the same name."""
        first, end = block.out.start, block.out.start + block.out.size
        for rows, user in sorted(readers, key=lambda reader: reader[0].start):
            if rows.storage is not block.out.storage or not first <= rows.start < end or not rows.is_range:
                continue
            if (rows.storage, rows.start) in self._named:
                continue
            sources = block.sources[rows.start - first : rows.start - first + rows.size]
            is_matrix = user.kind == "product" and rows == user.operands[0]
            letter = "h" if rows.storage is VALUES else "W" if is_matrix else "p"
            name = self._copies.get((*rows.shape, *sources)) or self._numbered(letter)
            if all(0 <= ~row < len(self.program.plan.fixed) for row in sources):
                self._copies[*rows.shape, *sources] = name
            users = [b for of, b in readers if of.storage is rows.storage and of.start == rows.start]
            self._add(Named(name, rows, tuple(node for user in users for node in user.nodes)))

    def _name_intermediate(self, instructions: Sequence[Instruction]) -> None:
        """Name each intermediate result; scratch rows are reused, so a name depends on the instruction."""
        current: dict[tuple[Storage, int], str] = {}
        for instruction in instructions:
            out = instruction.out
            rows = [o for o in instruction.operands if isinstance(o, Rows) and o.is_intermediate]
            read = {o: current.get((o.storage, o.start), "t") for o in rows}
            if out.is_intermediate:
                current[out.storage, out.start] = self._numbered("m" if out.storage.logical else "t")
            self._intermediate[id(instruction)] = current.get((out.storage, out.start), ""), read

    def result(self, instruction: Instruction) -> str:
        """The name of an instruction's result."""
        out = instruction.out
        if out.is_intermediate:
            return self._intermediate[id(instruction)][0]
        if instruction.function == "scatter_add":
            return self._of_copies(out.storage, instruction.detail, instruction)
        return self._gradient(out, instruction, True) if out.storage in HOLDER else self.name(out)

    def operand(self, operand: Rows | float, instruction: Instruction) -> str:
        """The name of an instruction's operand, with its rows if it is not a whole array."""
        if not isinstance(operand, Rows):
            return f"{operand:g}".replace("-", "−")
        if operand.is_intermediate:
            return self._intermediate[id(instruction)][1][operand]
        return self._gradient(operand, instruction, False) if operand.storage in HOLDER else self.name(operand)

    def sources(self, instruction: Instruction) -> str:
        """The names of the arrays that are copied."""
        source, detail = instruction.operands[0], instruction.detail
        if not isinstance(source, Rows) or source.size:
            return self.operand(source, instruction)
        if source.storage in HOLDER:
            return self._of_copies(source.storage, detail, instruction)
        return joined(self._parts(source.storage, detail))

    def _of_copies(self, gradients: Storage, rows: Sequence[int], instruction: Instruction) -> str:
        """The name of these gradient rows in an instruction that passes the gradients of copies back."""
        storage = HOLDER[gradients]
        own = self.program.row_of_gradient[storage]
        known: dict[int, int] = {}
        for block in self.blocks.get(id(instruction.nodes), []):
            origins = [row if row >= 0 else ~row for row in block.sources if (row >= 0) == (storage is VALUES)]
            known |= {own[row]: row for row in origins if own[row] >= 0}
        others = self._of_gradients[gradients]
        found = [known.get(row, others.get(row, -1)) for row in rows]
        return joined(self._parts(storage, [row for row in found if row >= 0]), "d")

    def _parts(self, storage: Storage, rows: Sequence[int]) -> list[str]:
        """The arrays that contain these rows, with the rows in each if they are evenly spaced."""
        fixed = len(self.program.plan.fixed) if storage is FIXED else 0
        own = [row for row in rows if fixed and row < len(self.program.parameters)]
        names = [name for some in spaced(FIXED, own) for name in self._parameters(some)]
        numbers = [row for row in rows if row < fixed or (storage is VALUES and row in self.ones)]
        parts: dict[Named, list[int]] = {}
        for row in sorted({*rows} - {*numbers}):
            parts.setdefault(self.array_of(storage, row), []).append(row)
        for named, found in parts.items():
            first, *others = spaced(storage, found)
            names += [named.name] if others else _part(named, first)
        return names + [self.around(storage, row) for row in numbers if row not in own]

    def around(self, storage: Storage, row: int) -> str:
        """The name of the array that contains a row, or the number of a constant."""
        if row in self.ones and storage is VALUES:
            return "1"
        if storage is FIXED and row < len(self.program.plan.fixed):
            return self.name(row_range(FIXED, row, 1))
        return self.array_of(storage, row).name

    def array_of(self, storage: Storage, row: int) -> Named:
        """The array that contains a row."""
        starts = self._starts[storage]
        return self._named[storage, starts[bisect(starts, row) - 1]]

    def within(self, rows: Rows) -> list[Named]:
        """The arrays that overlap a range of rows."""
        starts = self._starts[rows.storage]
        found = starts[bisect(starts, rows.start) - 1 : bisect(starts, rows.last)]
        return [self._named[rows.storage, start] for start in found]

    def gradient_rows(self, rows: Rows) -> list[int]:
        """The row of the gradient of each of these rows, but for those that need none."""
        own = self.program.row_of_gradient[rows.storage]
        return [own[row] for row in rows.numbers() if own[row] >= 0]

    def _gradient(self, rows: Rows, instruction: Instruction, is_result: bool) -> str:
        """The name of these gradient rows; a gradient computed in place of another has its rows, but its own name."""
        storage = HOLDER[rows.storage]
        if instruction.function == "fill":
            return self._of_copies(rows.storage, rows.numbers(), instruction)
        found = self.program.row_of_gradient
        for block in self.blocks.get(id(instruction.nodes), []):
            if block.kind == "gather" and is_result:
                return self._of_copies(rows.storage, rows.numbers(), instruction)
            for candidate in [*block.operands, block.out] if is_result else [block.out, *block.operands]:
                own = found[candidate.storage][candidate.start]
                if candidate.storage is storage and own >= 0 and 0 <= rows.start - own < candidate.span:
                    start = candidate.start + rows.start - own
                    return self.name(rows._replace(storage=storage, start=start), "d")
        start = self._of_gradients[rows.storage].get(rows.start, -1)
        return self.name(rows._replace(storage=storage, start=start), "d") if start >= 0 else str(rows)

    def name(self, rows: Rows, prefix: str = "") -> str:
        """The name of these rows of numbers, or of their gradients with the prefix "d"."""
        return joined(self._names(rows), prefix)

    def _names(self, rows: Rows) -> list[str]:
        plan = self.program.plan
        if rows.storage is FIXED and rows.last < len(self.program.parameters):
            return self._parameters(rows)
        if rows.storage is FIXED and rows.start < len(plan.fixed):
            found = [plan.fixed[row] for row in rows.numbers() if row < len(plan.fixed)]
            numbers = [label_of(leaf) or f"{leaf.data:g}".replace("-", "−") for leaf in found]
            if len(numbers) > MOST_NAMES:
                numbers = [numbers[0], "…", numbers[-1]]
            return [numbers[0] if rows.size == 1 else f"[{', '.join(numbers)}]"]
        named = self.array_of(rows.storage, rows.start)
        base = named.rows
        is_longer = rows.start == base.start and rows.last == base.last + 1
        if is_longer and rows.storage is VALUES and rows.last in self.ones:
            return [f"[{named.name}, 1]"]
        return _part(named, rows) if rows.last <= base.last else self._parts(rows.storage, rows.numbers())

    def _parameters(self, rows: Rows) -> list[str]:
        named = self.matrices.get(rows.start)
        if named and rows.strides == named.rows.strides:
            return _part(named, rows)
        if rows.size == 1 and (label := label_of(self.program.parameters[rows.start])):
            return [label]
        return places("θ", rows, row_range(FIXED, 0, len(self.program.parameters)))


def label_of(value: Value) -> str:
    """A value's label in a form suitable for a listing."""
    return shorten(one_line(value.label))


def places(name: str, rows: Rows, base: Rows) -> list[str]:
    """The ranges of these rows in the array `base` of this name.

    >>> base = row_range(FIXED, 0, 10)
    >>> [places("θ", rows, base) for rows in (base, base._replace(shape=(2, 3), strides=(5, 1)))]
    [['θ'], ['θ[0:3]', 'θ[5:8]']]
    """
    found = []
    for some in spaced(rows.storage, rows.numbers()):
        first, end, step = some.start - base.start, some.last + 1 - base.start, some.strides[0]
        index = f"{first}{f':{end}' if some.size > 1 else ''}{f':{step}' if step > 1 else ''}"
        found.append(name if (first, some.size) == (0, base.size) else f"{name}[{index}]")
    return found


def joined(names: Iterable[str], prefix: str = "") -> str:
    """The first of these names, each with the prefix."""
    names = [prefix + name for name in dict.fromkeys(names)]
    return ", ".join(names[:MOST_NAMES]) + (", …" if len(names) > MOST_NAMES else "")


def _part(named: Named, rows: Rows) -> list[str]:
    """These rows of an array: "h[:, 3]"; "h" for all of it; the ranges of rows if they are no parts of its lines."""
    index = _index(rows, named.rows)
    return places(named.name, rows, named.rows) if index is None else [named.name + index]


def _index(rows: Rows, base: Rows) -> str | None:
    """The index of these rows in the array `base`: "[:, 3]"; "" for all of it."""
    first, left = rows.start - base.start, rows.size
    axes = [(size, stride) for size, stride in zip(base.shape, base.strides, strict=True) if size > 1]
    taken = {stride: size for size, stride in zip(rows.shape, rows.strides, strict=True) if size > 1}
    if rows.is_range and base.is_range:  # in as many whole lines as there are
        taken = {}
        for size, stride in reversed(axes):
            if left > size and left % size:
                return None
            taken[stride] = min(size, left)
            left = max(1, left // size)
    index = []
    for size, stride in axes:
        at, first = divmod(first, stride)
        count = taken.pop(stride, 1)
        if at + count > size:
            return None
        index.append(":" if count == size else f"{at or ''}:{at + count}" if count > 1 else str(at))
    while index and index[-1] == ":":
        index.pop()
    return None if taken else f"[{', '.join(index)}]" if index else ""
