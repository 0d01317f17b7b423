"""A program in words: a name for every array, and a line for every instruction with the scalars that it stands for."""

from bisect import bisect
from collections import Counter
from typing import TYPE_CHECKING

from microgradnet.compiling.blocks import Block
from microgradnet.compiling.instructions import (
    FIXED,
    FIXED_GRADIENTS,
    MASKS,
    SCRATCH,
    VALUE_GRADIENTS,
    VALUES,
    Instruction,
    Rows,
    Storage,
)
from microgradnet.text import counted

if TYPE_CHECKING:
    from microgradnet.compiling.program import Program

OPERATORS = {"add": "+", "subtract": "−", "multiply": "·", "divide": "/"}
COMPARED = {"less": "<", "greater": ">", "less_equal": "≤", "greater_equal": "≥"}
WIDTH = 76  # of an instruction, before what it stands for
_SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


class Listing:
    """What the arrays of a program are called, and its instructions in words.

    An argument has its own name; h₁, h₂, … are the results of blocks of scalars, p₁, … those that are the same for all
    samples, θ the parameters, W₁, W₂, … the matrices among them. A gradient has a d before the name of what it is the
    gradient of; t are intermediate results, m truths. A matrix with a row of ones below it, for the biases that are
    the last column of its weights, is [h₁, 1].
    """

    def __init__(self, program: "Program") -> None:
        self.program = program
        plan = program.plan
        self._starts: dict[Storage, list[int]] = {VALUES: [], FIXED: []}
        self._names: dict[tuple[Storage, int], tuple[str, int]] = {}
        self._ones = set(plan.ones)
        self._weights: dict[int, tuple[str, Rows]] = {}
        self._blocks = {id(block.nodes): block for block in plan.blocks if block.kind != "gather"}
        for rows, name in zip(plan.arguments, program.captured.names, strict=True):
            self._name(rows, name)
        count = Counter[str]()

        def numbered(letter: str) -> str:
            count[letter] += 1
            return letter + str(count[letter]).translate(_SUBSCRIPT)

        for block in plan.blocks:
            self._name(block.out, numbered("h" if block.out.storage is VALUES else "p"))
            weights = block.operands[0] if block.operands else block.out
            if block.kind != "product" or weights.last >= len(program.parameters) or weights.start in self._weights:
                continue
            if weights.storage is FIXED and block.out.storage is VALUES:
                self._weights[weights.start] = numbered("W"), weights
        for starts in self._starts.values():
            starts.sort()

    def _name(self, rows: Rows, name: str) -> None:
        self._names[rows.storage, rows.start] = name, rows.size
        self._starts[rows.storage].append(rows.start)

    def __str__(self) -> str:
        program = self.program
        scalars = counted(len(program.scalars.nodes), "scalar operation")
        forward, backward = len(program.forward), len(program.backward)
        names = ", ".join(program.captured.names)
        lines = [
            f"({names}) → {counted(len(program.scalars.outputs), 'output')}: {scalars} as "
            f"{counted(forward, 'array instruction')} forward"
            + (f" and {backward} backward" if backward else "")
            + (f"; θ are the {counted(len(program.parameters), 'parameter')}" if program.parameters else "")
        ]
        for name, rows in self._weights.values():
            leaves = [program.plan.fixed[row].label for row in (rows.start, rows.last)]
            labels = f", {leaves[0]} … {leaves[1]}" if all(leaves) else ""
            lines.append(f"{name} {shape_of(rows)} = θ{_places(rows)}{labels}")
        lines += ["", *map(self.line, program.forward)]
        if backward:
            lines += ["", *map(self.line, program.backward)]
        return "\n".join(lines)

    def line(self, instruction: Instruction) -> str:
        """An instruction, and what it is about."""
        text = f"{self.out(instruction)} {shape_of(instruction.out)} = {self.expression(instruction)}"
        return f"{text:{WIDTH}}  {self.about(instruction)}".rstrip()

    def out(self, instruction: Instruction) -> str:
        """What the result of an instruction is called."""
        return self.operand(instruction.out, self._blocks.get(id(instruction.nodes)), is_result=True)

    def about(self, instruction: Instruction) -> str:
        """The scalars that an instruction computes, or whose gradients it passes on: "16 × weighted sum"."""
        counts = Counter(node.op.name.replace("_", " ") for node in instruction.nodes)
        return ", ".join(f"{count:,} × {name}" for name, count in counts.items())

    def expression(self, instruction: Instruction) -> str:
        """What an instruction computes, in the usual signs."""
        function, detail = instruction.function, instruction.detail
        block = self._blocks.get(id(instruction.nodes))
        operands = [self.operand(operand, block) for operand in instruction.operands]
        if function == "matmul":
            turned = [text + ("ᵀ" if flag else "") for text, flag in zip(operands, detail, strict=True)]
            return " @ ".join(turned)
        if function in OPERATORS or function in COMPARED:
            return f" {(OPERATORS | COMPARED)[function]} ".join(operands)
        if function == "negative":
            return f"−{operands[0]}"
        if function == "where":
            return f"{operands[1]} where {operands[0]}, else {operands[2]}"
        if function == "take":
            return f"{counted(len(detail), 'row')} of {operands[0]}"
        if function == "scatter_add":
            return f"itself + {operands[0]}, row by row to {counted(len(set(detail)), 'row')}"
        if function == "fill":
            return f"{instruction.operands[0]:g}"
        if function == "sum":
            axes = [("samples" if axis == -1 else "rows") for axis in detail]
            return f"sum({operands[0]}) over {' and '.join(dict.fromkeys(axes))}"
        return operands[0] if function == "copy" else f"{function}({', '.join(operands)})"

    def operand(self, operand: Rows | float, block: Block | None = None, is_result: bool = False) -> str:
        """An array's name, and which of its rows are meant if not all; `block` is what the instruction is about."""
        if not isinstance(operand, Rows):
            return f"{operand:g}".replace("-", "−")
        storage = operand.storage
        if operand.size == 0:
            return {VALUES: "the values", FIXED: "the fixed values"}.get(storage, "the gradients")
        if storage in (*SCRATCH.values(), *MASKS.values()):
            return f"{'m' if storage.logical else 't'}{_places(operand)}"
        if storage in (VALUE_GRADIENTS, FIXED_GRADIENTS):
            return "d" + self._of_gradient(operand, block, is_result)
        return self._named(operand)

    def _of_gradient(self, rows: Rows, block: Block | None, is_result: bool) -> str:
        """What these are the gradients of. A gradient made in place of another has its rows, but its own name."""
        found = self.program.row_of_gradient
        candidates = (
            [] if block is None else [*block.operands, block.out] if is_result else [block.out, *block.operands]
        )
        for candidate in candidates:
            own = found[candidate.storage]
            first = rows.start - own[candidate.start]
            if candidate.storage is _HOLDER[rows.storage] and own[candidate.start] >= 0 and 0 <= first < candidate.span:
                return self._named(rows._replace(storage=candidate.storage, start=candidate.start + first))
        if rows.storage is FIXED_GRADIENTS and rows.last < len(self.program.parameters):
            return self._named(rows._replace(storage=FIXED))
        return _places(rows)

    def _named(self, rows: Rows) -> str:
        plan, storage = self.program.plan, rows.storage
        if storage is FIXED and rows.last < len(self.program.parameters):
            return self._parameters(rows)
        if storage is FIXED and rows.start < len(plan.fixed):
            leaf = plan.fixed[rows.start]
            number = leaf.label or f"{leaf.data:g}".replace("-", "−")
            return number if rows.size == 1 else f"({number}, …)"
        start = self._starts[storage][bisect(self._starts[storage], rows.start) - 1]
        name, size = self._names[storage, start]
        inner = rows._replace(start=rows.start - start)
        if inner.start == 0 and rows.size == size + 1 and rows.last in self._ones:
            return f"[{name}, 1]"
        return name + _places(inner, size)

    def _parameters(self, rows: Rows) -> str:
        name, matrix = self._weights.get(rows.start, ("", rows))
        if not name:
            return "θ" + _places(rows, len(self.program.parameters))
        if rows.shape == matrix.shape:
            return name
        if len(rows.shape) == 2 and rows.strides == matrix.strides:
            return f"{name}[:, :{rows.shape[1]}]"
        return "θ" + _places(rows, len(self.program.parameters))


_HOLDER = {VALUE_GRADIENTS: VALUES, FIXED_GRADIENTS: FIXED}


def shape_of(rows: Rows) -> str:
    """The shape of an array, axes of a single row left out, n for the samples."""
    sizes = [str(size) for size in rows.shape if size > 1] + ["n"] * rows.storage.batched
    return f"({', '.join(sizes or ['1'])}{',' * (len(sizes) < 2)})"


def _places(rows: Rows, of: int = -1) -> str:
    """Which rows: "[3:7]"; nothing for all `of` them."""
    if rows.start == 0 and rows.size == of:
        return ""
    return f"[{rows.start}]" if rows.size == 1 else f"[{rows.start}:{rows.last + 1}]"
