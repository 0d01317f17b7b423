"""A program as a picture: a box for each array, an arrow for each use of it."""

from typing import TYPE_CHECKING

from microgradnet.compiling.instructions import FIXED, Rows
from microgradnet.compiling.listing import Listing, shape_of
from microgradnet.drawing.diagram import Arrow, Box, Diagram

if TYPE_CHECKING:
    from microgradnet.compiling.program import Program


def draw_program(program: "Program", max_nodes: int, diagram: Diagram) -> None:
    """Draw the forward instructions: each box says what is computed, its shape, and the scalars it stands for."""
    listing = Listing(program)
    boxes: dict[Rows, int] = {}
    outputs = [(rows.storage, rows.start) for rows in program.outputs]
    for rows, name in zip(program.plan.arguments, program.captured.names, strict=True):
        boxes[rows] = diagram.add(Box([name, shape_of(rows)], "input"))
    for instruction in program.forward[:max_nodes]:
        out = instruction.out
        is_output = any(out.storage is storage and out.start <= row <= out.last for storage, row in outputs)
        text = [f"{listing.out(instruction)} = {listing.expression(instruction)}", shape_of(out)]
        text += [listing.about(instruction)] if instruction.nodes else []
        number = diagram.add(Box(text, "root" if is_output else "operation", listing.line(instruction)))
        for position, operand in enumerate(instruction.operands):
            if not isinstance(operand, Rows) or not operand.size:
                continue
            tail = next((boxes[rows] for rows in reversed(boxes) if _holds(rows, operand)), None)
            if tail is None and operand.storage is FIXED and operand.last < len(program.parameters):
                tail = boxes[operand] = diagram.add(Box([listing.operand(operand), shape_of(operand)], "parameter"))
            if tail is not None:
                diagram.arrows.append(Arrow(tail, number, f"e{number}_{position}"))
        boxes.pop(out, None)  # scratch rows hold one result after another
        boxes[out] = number
    left = len(program.forward) - max_nodes
    notes = [f"{left:,} more instructions are not drawn"] if left > 0 else []
    notes += [f"{len(program.backward):,} more instructions pass the gradients back"] if program.backward else []
    diagram.caption = "\n".join(notes)


def _holds(rows: Rows, operand: Rows) -> bool:
    """Whether the operand's rows are among these, but for a row of ones after them."""
    ones = 1 if rows.storage.batched else 0
    return rows.storage is operand.storage and rows.start <= operand.start and operand.last <= rows.last + ones
