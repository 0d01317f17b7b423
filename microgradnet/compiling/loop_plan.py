"""`LoopPlan`: where the rows of a loop's body are around it."""

from typing import TYPE_CHECKING, NamedTuple

from microgradnet.compiling.instructions import VALUES, Rows
from microgradnet.compiling.loops import Loop

if TYPE_CHECKING:
    from microgradnet.compiling.blocks import Plan


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
    body: "Plan"
    parts: tuple[str, ...]
    out: Rows
    constants: int

    @property
    def shared(self) -> range:
        """The rows of the body's values that are the same for all rows of `for_each`."""
        varying = self.body.arguments[2]
        return range(varying.start, varying.start + (0 if self.loop.body.state else varying.size))

    def row(self, position: int) -> int:
        """The place among the rows of the body, for all rows of the loop, of one of the numbers that it computes."""
        of_rows = len(self.loop.body.outputs) * self.loop.rows
        output, row = (
            divmod(position, self.loop.rows) if position < of_rows else (position - of_rows, self.loop.rows - 1)
        )
        output += 0 if position < of_rows else len(self.loop.body.outputs)
        return self.at(self.body.place[self.body.program.outputs[output]], row, self.body.heights[VALUES])

    def at(self, place: int, row: int, height: int) -> int:
        """The place of a row of the body, for one row of the loop, if the body has `height` rows."""
        return row * height + place if self.loop.body.state else place * self.loop.rows + row
