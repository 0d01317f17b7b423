"""`LoopPlan`: how a loop is computed: the plan of its body, and where the rows of this are around the loop."""

from itertools import chain
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
