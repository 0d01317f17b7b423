"""`Loop`: `for_each` or `scan` in the scalar program, one node that computes all outputs, and an `Item` for each."""

from collections.abc import Sequence
from functools import cache
from math import nan
from typing import Any, NamedTuple

from microgradnet.compiling.difference import Run, difference
from microgradnet.ops import INPUT, Operation
from microgradnet.value import Value, constant


class Body(NamedTuple):
    """The scalars of a loop's body, which read nothing outside.

    Attributes:
        inputs: the values of a row.
        state: the values that are carried from row to row.
        shared: leaves in place of the values outside that it reads.
        outputs, last: what it computes: the values for the row, and the next state.
        made: all values of its own, in order; leaves among them are numbers that it is written with.
    """

    inputs: list[Value]
    state: list[Value]
    shared: list[Value]
    outputs: list[Value]
    last: list[Value]
    made: list[Value]

    @property
    def numbers_inside(self) -> list[Value]:
        """The leaves among its values."""
        return [value for value in self.made if not value.operands]


class Loop(Operation):
    """What the node of a loop computes: each output for all rows, one after the other, and the last state.

    Its operands are the inputs, each for all rows, the first state, and the values outside that the body reads.

    Args:
        body: the scalars of one row.
        rows: how many there are.
    """

    def __init__(self, body: Body, rows: int) -> None:
        super().__init__(_looped, _not_differentiated, name="scan" if body.state else "for_each")
        self.body, self.rows = body, rows
        self.size = len(body.outputs) * rows + len(body.last)

    def parts(self, operands: Sequence[Any]) -> tuple[list[Sequence[Any]], Sequence[Any], Sequence[Any]]:
        """The operands: for each input those of all rows, the first state, and those outside."""
        count, carried = len(self.body.inputs) * self.rows, len(self.body.state)
        inputs = [operands[i : i + self.rows] for i in range(0, count, self.rows)]
        return inputs, operands[count : count + carried], operands[count + carried :]

    def is_like(self, other: Operation) -> bool:
        """Whether the other is a loop over as many rows, whose body computes the same."""
        return isinstance(other, Loop) and self.rows == other.rows and not difference(self._run, other._run)

    @property
    def _run(self) -> Run:
        body = self.body
        return Run([*body.inputs, *body.state, *body.shared], body.made, [*body.outputs, *body.last], None)


def _looped(m: Any, *operands: Any) -> Any:
    raise TypeError("a loop is computed by its body")


def _not_differentiated(m: Any, y: Any, *operands: Any) -> Any:
    raise TypeError("a loop is differentiated by its body")


def _not_applied(m: Any, *operands: Any) -> Any:
    raise TypeError("an item is one of the numbers that a loop computes")


class Item(Operation):
    """One of the numbers that a loop computes, its operand: the one at this position among them."""

    # one for each pixel of an image: what they have in common belongs to the class
    value = derivatives = scalar = staticmethod(_not_applied)
    operands, constants, variadic = ("loop",), 0, False
    operator, code, sample, domain, activation = "", "item", (), "all numbers", False

    def __init__(self, position: int) -> None:
        self.position, self.name = position, f"item_{position}"


_item_at = cache(Item)


def loop_nodes(loop: Loop, operands: tuple[Value, ...]) -> list[Value]:
    """The node of a loop, and an item for each number that it computes."""
    whole = _node(loop, operands)
    return [whole, *(_node(_item_at(position), (whole,)) for position in range(loop.size))]


def _node(op: Operation, operands: tuple[Value, ...]) -> Value:
    """A node whose number is not computed: a NaN, which nothing that reads it calls an error."""
    node = constant(nan)
    node.op, node.operands = op, operands
    return node


def leaf_for(value: Value) -> Value:
    """A leaf in place of a value."""
    leaf = constant(value._data)
    leaf.op, leaf._label = INPUT, value._label
    return leaf
