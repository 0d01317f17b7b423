"""A program as a picture: a box for each array, an arrow for each use of it."""

from bisect import bisect
from typing import TYPE_CHECKING

from microgradnet.compiling.instructions import FIXED, VALUES, Rows, Storage
from microgradnet.compiling.listing import Listing, shape_of
from microgradnet.drawing.diagram import Arrow, Box, Diagram

if TYPE_CHECKING:
    from microgradnet.compiling.program import Program


def draw_program(program: "Program", max_nodes: int, diagram: Diagram) -> None:
    """Draw the forward instructions: each box says what is computed, its shape, and the scalars it stands for."""
    listing = Listing(program)
    boxes: dict[tuple[Storage, int], int] = {}
    outputs = {(rows.storage, rows.start) for rows in program.outputs}
    for rows, name in zip(program.plan.arguments, program.captured.names, strict=True):
        boxes[VALUES, rows.start] = diagram.add(Box([name, shape_of(rows)], "input"))
    for instruction in program.forward[:max_nodes]:
        out = instruction.out
        heading = f"{listing.out(instruction)} = {listing.expression(instruction)}"
        covered = range(out.start, out.start + out.size)
        kind = "root" if any((out.storage, row) in outputs for row in covered) else "operation"
        rows_of_text = [heading, shape_of(out)]
        about = listing.about(instruction)
        number = diagram.add(Box([*rows_of_text, *([about] if about else [])], kind, f"{listing.line(instruction)}"))
        for position, operand in enumerate(instruction.operands):
            if isinstance(operand, Rows) and (tail := _box(operand, boxes, diagram, listing, program)) is not None:
                diagram.arrows.append(Arrow(tail, number, f"e{number}_{position}"))
        boxes[out.storage, out.start] = number
    left = len(program.forward) - max_nodes
    notes = [f"{left:,} more instructions are not drawn"] if left > 0 else []
    notes += [f"{len(program.backward):,} more instructions pass the gradients back"] if program.backward else []
    diagram.caption = "\n".join(notes)


def _box(
    rows: Rows, boxes: dict[tuple[Storage, int], int], diagram: Diagram, listing: Listing, program: "Program"
) -> int | None:
    """The box that holds these rows; one is made for parameters when they are first used."""
    if rows.size == 0:
        return None
    starts = sorted(start for storage, start in boxes if storage is rows.storage)
    place = bisect(starts, rows.start)
    if rows.storage is FIXED and rows.last < len(program.parameters):
        if (FIXED, rows.start) not in boxes:
            boxes[FIXED, rows.start] = diagram.add(Box([listing.operand(rows), shape_of(rows)], "parameter"))
        return boxes[FIXED, rows.start]
    return boxes[rows.storage, starts[place - 1]] if place else None
