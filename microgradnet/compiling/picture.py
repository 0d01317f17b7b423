"""Draw a program: a box for each array, an arrow for each use of it."""

from microgradnet.compiling.array_names import ArrayNames
from microgradnet.compiling.instructions import FIXED, GRADIENTS, VALUES, Instruction, Rows
from microgradnet.compiling.listing import Listing, shape_of
from microgradnet.compiling.program import Program
from microgradnet.compiling.tables import spaced
from microgradnet.drawing.arrow import Arrow
from microgradnet.drawing.box import Box
from microgradnet.drawing.diagram import Diagram


def draw_program(program: Program, max_nodes: int, diagram: Diagram) -> None:
    """Draw the forward instructions: each box has the expression, its shape and the scalars that it computes."""
    listing = Listing(program)
    names = listing.names
    boxes: dict[Rows, int] = {}
    outputs = [(rows.storage, rows.start) for rows in program.outputs]
    captured = program.captured
    for rows, name, shape in zip(program.plan.arguments, captured.names, captured.shapes, strict=True):
        boxes[rows] = diagram.add(Box([name, shape_of(rows.reshaped(*shape))], "input"))
    forward = listing.forward()
    for instruction in forward[:max_nodes]:
        out = instruction.out
        is_output = any(out.storage is storage and out.start <= row <= out.last for storage, row in outputs)
        text = [listing.equation(instruction, with_shape=False), listing.shape(instruction), listing.about(instruction)]
        tooltip = f"{listing.equation(instruction)}\n{listing.about(instruction)}"
        number = diagram.add(Box(text, "root" if is_output else "operation", tooltip))
        for position, operand in enumerate(_read(instruction, names)):
            tails = [box for rows, box in boxes.items() if rows.overlaps(operand)]
            if not tails and operand.storage is FIXED and operand.last < len(program.parameters):
                tails = [diagram.add(Box([names.name(operand), shape_of(operand)], "parameter"))]
                boxes[operand] = tails[0]
            diagram.arrows += [Arrow(tail, number, f"e{number}_{position}_{tail}") for tail in tails]
        for rows in [rows for rows in boxes if rows.overlaps(out)]:
            del boxes[rows]  # overwritten: scratch rows are reused
        boxes[out] = number
    left = len(forward) - max_nodes
    notes = [f"{left:,} more instructions are not drawn"] if left > 0 else []
    notes += [f"{len(program.backward):,} more instructions pass the gradients back"] if program.backward else []
    diagram.captions = notes


def _read(instruction: Instruction, names: ArrayNames) -> list[Rows]:
    """The rows that an instruction reads; for copies, their source arrays."""
    operands = [operand for operand in instruction.operands if isinstance(operand, Rows)]
    if instruction.function != "take" or operands[0].size or operands[0].storage not in GRADIENTS:
        return [operand for operand in operands if operand.size]
    if operands[0].storage is VALUES:
        rows = [row for row in instruction.detail if row not in names.ones]
        return list(dict.fromkeys(names.array_of(VALUES, row).rows for row in rows))
    return spaced(FIXED, [row for row in instruction.detail if row < len(names.program.parameters)])
