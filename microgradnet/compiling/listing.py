"""List a program: a line for each instruction, with the scalars that it computes."""

from collections import Counter
from collections.abc import Iterable, Iterator

from microgradnet._shared.text import counted
from microgradnet.compiling.array_names import MOST_NAMES, ArrayNames, joined, label_of, places
from microgradnet.compiling.instructions import FIXED, GRADIENTS, Instruction, Rows, row_range
from microgradnet.compiling.program import Program
from microgradnet.compiling.tables import spaced
from microgradnet.value import Value

OPERATORS = {"add": "+", "subtract": "−", "multiply": "·", "divide": "/"}
COMPARED = {"less": "<", "greater": ">", "less_equal": "≤", "greater_equal": "≥"}
REDUCED = {"total": "sum", "largest": "max"}
WIDTH = 76  # characters of an instruction, before the scalars that it computes
MOST_EQUATIONS = 12  # of the body of a loop


class Listing:
    """The instructions of a program as text; `ArrayNames` names its arrays."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.names = ArrayNames(program)

    def __str__(self) -> str:
        program = self.program
        forward, backward = program.forward, program.backward
        lines = [
            f"({', '.join(program.captured.names)}) → {self._outputs()}: "
            f"{counted(len(program.scalars.nodes), 'scalar operation')} as "
            f"{counted(len(forward), 'array instruction')} forward"
            + (f" and {len(backward)} backward" if backward else "")
            + (f"; θ are the {counted(len(program.parameters), 'parameter')}" if program.parameters else "")
        ]
        parameters = row_range(FIXED, 0, len(program.parameters))
        for name, rows, _ in self.names.matrices.values():
            leaves = [label_of(program.plan.fixed[row]) for row in (rows.start, rows.last)]
            labels = f", {leaves[0]} … {leaves[1]}" if all(leaves) else ""
            turned = "ᵀ" if min(rows.shape) > 1 and rows.strides[0] < rows.strides[1] else ""
            lines.append(f"{name} {shape_of(rows)} = {joined(places('θ', rows, parameters))}{turned}{labels}")
        parts = [[(self.equation(i), self.about(i)) for i in self.forward()]]
        if backward:
            parts.append(list(self._backward()))
        width = min(WIDTH, max((len(equation) for part in parts for equation, _ in part), default=0))
        for part in parts:
            lines += ["", *(f"{equation:{width}}  {about}".rstrip() for equation, about in part)]
        for loop in program.plan.bodies.values():
            equations = str(loop.body.program).splitlines()
            left = len(equations) - MOST_EQUATIONS
            lines += ["", f"each row of {self.names.name(loop.out)} = {loop.loop.name} of {loop.loop.rows:,} rows:"]
            lines += [*equations[:MOST_EQUATIONS], *([f"… and {left:,} more"] if left > 0 else [])]
        return "\n".join(lines)

    def forward(self) -> list[Instruction]:
        """The forward instructions, with one in place of those of each loop."""
        loops = {id(block.nodes): block for block in self.program.plan.blocks if block.kind == "loop"}
        found: list[Instruction] = []
        for instruction in self.program.forward:
            loop = loops.get(id(instruction.nodes))
            if loop is None:
                found.append(instruction)
            elif not found or found[-1].nodes is not loop.nodes:
                found.append(Instruction("loop", loop.out, loop.operands, loop.nodes))
        return found

    def _backward(self) -> Iterator[tuple[str, str]]:
        """The equations of the backward pass, including gradients that are passed on without an instruction."""
        program, names = self.program, self.names
        written: list[Rows] = []
        if program.root:
            written.append(program.root)
            root = f"{names.name(program.outputs[0], 'd')} {shape_of(program.root)}"
            yield f"{root} = 1/n", "each sample's weight in a mean; 1 in a sum"
        ahead = list(reversed(program.backward))
        for block in reversed(program.plan.blocks):
            before = len(written)
            while ahead and ahead[-1].nodes is block.nodes:
                instruction = ahead.pop()
                if block.kind != "loop":
                    written += written_by(instruction)
                    yield self.equation(instruction), self.about(instruction)
            if block.kind not in ("loop", "apply", "stack"):
                continue
            is_loop, own, about = block.kind == "loop", names.gradient_rows(block.out), self._counted(block.nodes)
            for operand, need in zip(block.operands, block.needs, strict=True):
                name, rows = names.name(operand, "d"), names.gradient_rows(operand) if need else []
                found = spaced(GRADIENTS[operand.storage], rows)
                is_written = any(each.overlaps(rows) for each in found for rows in written[0 if is_loop else before :])
                if is_loop and rows:
                    written += found
                    shape, sign = shape_of(operand.reshaped(operand.size)), "+=" if is_written else "="
                    loop = program.plan.bodies[block.nodes[0]].loop
                    yield f"{name} {shape} {sign} {loop.name} of {loop.rows:,} rows, back", about
                elif rows and operand.storage is block.out.storage and not is_written and {*rows} <= {*own}:
                    sign = "is" if rows == own else "="
                    yield f"{name} {shape_of(operand)} {sign} {names.name(block.out, 'd')}", about
        yield from ((self.equation(instruction), self.about(instruction)) for instruction in reversed(ahead))

    def _outputs(self) -> str:
        """The names of the outputs, or their number if they are in many places."""
        outputs = self.program.outputs
        if len(outputs) == 1:
            return self.names.name(outputs[0])
        names = dict.fromkeys(self.names.around(rows.storage, rows.start) for rows in outputs)
        return ", ".join(names) if len(names) <= MOST_NAMES else counted(len(outputs), "output")

    def equation(self, instruction: Instruction, with_shape: bool = True) -> str:
        """An instruction as an assignment."""
        function, out, operands = instruction.function, instruction.out, instruction.operands
        name = self.names.result(instruction)
        shape = f" {self.shape(instruction)}" if with_shape else ""
        if function == "scatter_add":
            return f"{name}{shape} += {self._operands(instruction)[0]}"
        if function == "add" and operands[0] == out and not out.is_intermediate:
            return f"{name}{shape} += {self._operands(instruction)[1]}"
        return f"{name}{shape} = {self.expression(instruction)}"

    def about(self, instruction: Instruction) -> str:
        """The scalars that an instruction computes, or whose gradients it passes on: "16 × weighted sum"."""
        nodes = instruction.nodes
        if instruction.function == "fill":
            return ""
        gathers = [block for block in self.names.blocks.get(id(nodes), []) if block.kind == "gather"]
        if not gathers:
            return self._counted(nodes)
        copies = [instruction.out] if instruction.out.storage in GRADIENTS else [block.out for block in gathers]
        counts = self._counted(node for rows in copies for named in self.names.within(rows) for node in named.users)
        return f"for {counts}" if instruction.out.storage in GRADIENTS else f"back from the copies for {counts}"

    def _counted(self, nodes: Iterable[Value]) -> str:
        counts = Counter(node.op.name.replace("_", " ") for node in dict.fromkeys(nodes))
        return ", ".join(f"{count:,} × {name}" for name, count in counts.items())

    def shape(self, instruction: Instruction) -> str:
        """The shape of an instruction's result."""
        if instruction.function == "scatter_add":
            count = len(set(instruction.detail))
            return shape_of(instruction.out._replace(shape=(count,), strides=(1,)))
        if instruction.function == "take" and instruction.out.storage in GRADIENTS:
            within = self.names.within(instruction.out)
            if len(within) == 1 and within[0].rows.size == instruction.out.size:
                return shape_of(within[0].rows)
        return shape_of(instruction.out)

    def expression(self, instruction: Instruction) -> str:
        """The expression of an instruction, with the usual operators."""
        function, detail = instruction.function, instruction.detail
        if function == "take":
            return f"copies of {self.names.sources(instruction)}"
        operands = self._operands(instruction)
        if function == "matmul":
            turned = [text + ("ᵀ" if flag else "") for text, flag in zip(operands, detail, strict=True)]
            return " @ ".join(turned)
        if function == "einsum":
            return f"sum({' · '.join(operands)}) over rows"
        if function in OPERATORS or function in COMPARED:
            return f" {(OPERATORS | COMPARED)[function]} ".join(operands)
        if function == "negative":
            return f"−{operands[0]}"
        if function == "loop":
            loop = self.program.plan.bodies[instruction.nodes[0]].loop
            return f"{loop.name} of {loop.rows:,} rows" + (f": {', '.join(operands)}" if operands else "")
        if function == "where":
            return f"{operands[1]} where {operands[0]}, else {operands[2]}"
        if function in REDUCED:
            return f"{REDUCED[function]}({operands[0]}) over rows"
        if function == "sum":
            axes = [("samples" if axis == -1 else "rows") for axis in detail]
            return f"sum({operands[0]}) over {' and '.join(dict.fromkeys(axes))}"
        return operands[0] if function in ("copy", "fill") else f"{function}({', '.join(operands)})"

    def _operands(self, instruction: Instruction) -> list[str]:
        return [self.names.operand(operand, instruction) for operand in instruction.operands]


def shape_of(rows: Rows) -> str:
    """The shape of an array without axes of length 1; n is the number of samples."""
    sizes = [str(size) for size in rows.shape if size > 1] + ["n"] * rows.storage.batched
    return f"({', '.join(sizes or ['1'])}{',' * (len(sizes) < 2)})"


def written_by(instruction: Instruction) -> list[Rows]:
    """The rows to which an instruction writes."""
    out = instruction.out
    return spaced(out.storage, instruction.detail) if instruction.function == "scatter_add" else [out]
