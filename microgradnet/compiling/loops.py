"""Loops while a function is captured: the body of `for_each` or `scan` is captured once, for all rows.

In the scalar program a loop is one node, which computes all outputs, and an `ITEM` for each of these. What the body
computes from values outside alone stays outside, so it is computed once.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import chain
from math import nan
from typing import Any, NamedTuple

from microgradnet.compiling.difference import Run, difference
from microgradnet.compiling.observing import Capturing
from microgradnet.errors import CaptureError
from microgradnet.ops import INPUT, Operation
from microgradnet.recording import unobserved
from microgradnet.value import Value, constant

FEWEST = 3  # rows from which on a body is captured by itself


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


def _item(m: Any, loop: Any, position: Any) -> Any:
    raise TypeError("an item is one of the numbers that a loop computes")


ITEM = Operation(_item, _not_differentiated, name="item", constants=1)
"""One of the numbers that a loop computes."""


class _Slot:
    """Where a Value stood in nested lists, tuples and dicts."""


_SLOT = _Slot()


def _apart(thing: Any, values: list[Value], is_state: bool = False) -> Any:
    """The thing with a slot for each Value, which is appended to `values`; a plain number of a state is one, too."""
    if isinstance(thing, Value) or (is_state and isinstance(thing, int | float)):
        values.append(thing if isinstance(thing, Value) else constant(thing))
        return _SLOT
    if isinstance(thing, list | tuple):
        return type(thing)([_apart(item, values, is_state) for item in thing])
    if isinstance(thing, dict):
        return {key: _apart(item, values, is_state) for key, item in thing.items()}
    return thing


def _is_same(template: Any, other: Any) -> bool:
    """Whether two rows differ in their Values alone."""
    try:
        return bool(template == other)
    except ValueError:  # arrays of numbers
        return False


def _together(template: Any, values: Iterator[Value]) -> Any:
    """The thing again, with these values in its slots."""
    if template is _SLOT:
        return next(values)
    if isinstance(template, list | tuple):
        return type(template)([_together(item, values) for item in template])
    if isinstance(template, dict):
        return {key: _together(item, values) for key, item in template.items()}
    return template


def captured_loop(
    capturing: Capturing, function: Callable[..., tuple[Any, Any]], state: Any, rows: Sequence[tuple[Any, ...]]
) -> tuple[Any, list[Any]] | None:
    """The last state and the outputs of a loop, as items of one node; None if its rows are not all treated alike.

    The arguments are what records the function around the loop, and those of `scan`.

    Raises:
        CaptureError: it uses a value that the body of another loop keeps to itself.
    """
    first: list[Value] = []
    values: list[list[Value]] = [[] for _ in rows]
    carried = _apart(state, first, is_state=True)
    template, *others = [_apart(row, found) for row, found in zip(rows, values, strict=True)] or [()]
    if len(rows) < FEWEST or any(not _is_same(template, other) for other in others) or not (first or values[0]):
        return None

    def run(row: list[Value]) -> Run:
        with unobserved():
            inputs = [*map(_leaf, (*row, *first))]
        given = iter(inputs)
        arguments = _together(template, given)
        outside, capturing.made = capturing.made, []
        try:
            last, output = function(_together(carried, given), *arguments)
        finally:
            made, capturing.made = capturing.made, outside
        found: list[Value] = []
        return Run(inputs, made, found, (_apart(last, found, is_state=True), len(found), _apart(output, found)))

    refused = len(capturing.refusals)
    try:
        one, other = run(values[0]), run(values[-1])
    except CaptureError:
        del capturing.refusals[refused:]
        return None
    after, count, returned = one.template
    last, outputs = one.outputs[:count], one.outputs[count:]
    if difference(one, other) or not _is_same(after, carried):
        return None
    inside, made, outside = _divided(one)
    if not inside.issuperset(last):
        return None
    capturing.made += outside  # computed once, before the loop
    with unobserved():
        shared = _cut_off(made, inside.union(made))
    capturing.refuse_inside(shared)
    capturing.inside.update(inside, other.inputs, other.made)
    computed = [value for value in dict.fromkeys(outputs) if value in inside]
    width = len(values[0])
    read = {*last, *computed, *chain.from_iterable([node.operands for node in made])}
    columns = {leaf: column for leaf, *column in zip(one.inputs[:width], *values, strict=True) if leaf in read}
    loop = Loop(Body([*columns], one.inputs[width:], [*shared.values()], computed, last, made), len(rows))
    operands = (*chain.from_iterable(columns.values()), *first, *shared)
    with unobserved():
        whole = _node(loop, operands)
        items = [_node(ITEM, (whole, _position(position))) for position in range(loop.size)]
    capturing.made += [whole, *items]
    of_rows = {value: items[i * len(rows) : (i + 1) * len(rows)] for i, value in enumerate(computed)}
    found = [
        _together(returned, iter([of_rows[value][row] if value in of_rows else value for value in outputs]))
        for row in range(len(rows))
    ]
    return _together(carried, iter(items[len(computed) * len(rows) :])), found


def _divided(run: Run) -> tuple[set[Value], list[Value], list[Value]]:
    """What depends on the row or the state, what is made for a row, and what is made but could be made before."""
    inside, made, outside = {*run.inputs}, [], []
    for value in run.made:
        if not inside.isdisjoint(value.operands):
            inside.add(value)
        if value in inside or not value.operands:
            made.append(value)
        if value not in inside:
            outside.append(value)
    return inside, made, outside


def _cut_off(made: Sequence[Value], inside: set[Value]) -> dict[Value, Value]:
    """Let what is made inside read leaves in place of values outside; return these leaves."""
    leaves: dict[Value, Value] = {}
    for node in made:
        if not inside.issuperset(node.operands):
            for operand in node.operands:
                if operand not in inside and operand not in leaves:
                    leaves[operand] = _leaf(operand)
            node.operands = tuple([leaves.get(operand, operand) for operand in node.operands])
    return leaves


def _node(op: Operation, operands: tuple[Value, ...]) -> Value:
    """A node whose number is not computed: a NaN, which nothing that reads it calls an error."""
    node = constant(nan)
    node.op, node.operands = op, operands
    return node


@cache
def _position(number: int) -> Value:
    return constant(number)


def _leaf(value: Value) -> Value:
    """A leaf in place of a value."""
    leaf = constant(value._data)
    leaf.op, leaf.label = INPUT, value.label
    return leaf
