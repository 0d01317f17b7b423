"""Loops while a function is captured: the body of `for_each` or `scan` is captured once, for all rows.

In the scalar program a loop is one node, which computes all outputs, and an `ITEM` for each of these. What the body
computes from values outside alone stays outside, so it is computed once.
"""

import operator
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from functools import cache, partial
from itertools import chain
from math import nan
from typing import Any, NamedTuple, NoReturn

from microgradnet.compiling.difference import Run, difference
from microgradnet.compiling.observing import Capturing
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


class Unrolled(BaseException):
    """A function has to be captured again, this one of its loops row by row, or all."""

    def __init__(self, number: int | None) -> None:
        self.number = number


class LoopCapturing(Capturing):
    """Captures the bodies of loops by themselves.

    Attributes:
        unrolled: the numbers of the loops, in the order in which they begin, that are captured row by row.
        number: that of the next loop.
        is_probing: whether the body of one is being captured.
        again: what was raised, if the function is to be captured again.
    """

    def __init__(self, unrolled: Collection[int]) -> None:
        super().__init__()
        self.unrolled = unrolled
        self.number = 0
        self.is_probing = False
        self.again: Unrolled | None = None

    def unroll(self, number: int | None) -> NoReturn:
        """Give up: the function is captured again, this loop row by row, or all loops."""
        self.again = Unrolled(number)
        raise self.again

    def refuse(self) -> None:
        """Give up, if that was caught; refuse what was refused, and caught."""
        if self.again:
            raise self.again
        super().refuse()

    def loop(self, function: Callable[..., Any], state: Any, rows: Sequence[tuple[Any, ...]]) -> Any:
        """See `Hook.loop`."""
        return captured_loop(self, function, state, rows)

    def before(self, what: str, nodes: Sequence[Value]) -> None:
        """Refuse a pass that leaves numbers; derivatives as values are those of single values."""
        super().before(what, nodes)
        if self.is_probing or any(isinstance(node.op, Loop) for node in nodes):
            self.unroll(None)


class _Slot:
    """Where a Value stood in nested lists, tuples and dicts."""


_SLOT = _Slot()


def _apart(thing: Any, values: list[Value], is_state: bool = False) -> Any:
    """The thing with a slot for each Value, which is appended to `values`; a plain number of a state is one, too."""
    if isinstance(thing, Value) or (is_state and isinstance(thing, int | float) and not isinstance(thing, bool)):
        values.append(thing if isinstance(thing, Value) else constant(thing))
        return _SLOT
    return _mapped(lambda item: _apart(item, values, is_state), thing)


def _together(template: Any, values: Iterator[Value]) -> Any:
    """The thing again, with these values in its slots."""
    return next(values) if template is _SLOT else _mapped(lambda item: _together(item, values), template)


def _mapped(function: Callable[[Any], Any], thing: Any) -> Any:
    """A list, tuple or dict with the function applied to each item; anything else as it is."""
    if isinstance(thing, tuple) and hasattr(thing, "_make"):  # a named one
        return thing._make(map(function, thing))
    if type(thing) in (list, tuple):
        return type(thing)(map(function, thing))
    return {key: function(item) for key, item in thing.items()} if type(thing) is dict else thing


def _is_same(template: Any, other: Any) -> bool:
    """Whether two things differ in their Values alone; the keys of dicts are in one order."""
    if type(template) is not type(other):
        return False
    if isinstance(template, list | tuple):
        return len(template) == len(other) and all(map(_is_same, template, other))
    if isinstance(template, dict):
        return [*template] == [*other] and all(map(_is_same, template.values(), other.values()))
    return template is other or (isinstance(template, int | float | str) and template == other)


def captured_loop(
    capturing: LoopCapturing, function: Callable[..., tuple[Any, Any]], state: Any, rows: Sequence[tuple[Any, ...]]
) -> tuple[Any, list[Any]] | None:
    """The last state and the outputs of a loop, as items of one node; None if it is to be run row by row.

    The arguments are what records the function around the loop, and those of `scan`.

    Raises:
        Unrolled: its rows are not all treated alike, or it changes something outside.
        CaptureError: it uses a value that the body of another loop keeps to itself.
    """
    first: list[Value] = []
    values: list[list[Value]] = [[] for _ in rows]
    carried = _apart(state, first, is_state=True)
    template, *others = [_apart(row, found) for row, found in zip(rows, values, strict=True)] or [()]
    number, capturing.number = capturing.number, capturing.number + 1
    if (
        number in capturing.unrolled
        or len(rows) < FEWEST
        or not all(_is_same(template, other) for other in others)
        or not (first or values[0])
    ):
        return None
    around = _around(function)
    body = partial(_run, capturing, function, template, carried)
    one, other, own = _probes(capturing, number, body, [*values[0], *first], [*values[-1], *first])
    after = _around(function)
    is_unchanged = len(around) == len(after) and all(map(operator.is_, around, after))
    if not is_unchanged or not _are_alike(one, other, own, carried):
        capturing.unroll(number)
    of_rows, last = _recorded(capturing, one, values, first)
    capturing.inside.update(other.inputs, other.made, own.made)
    _, count, returned = one.template
    found = [
        _together(returned, iter([of_rows[value][row] if value in of_rows else value for value in one.outputs[count:]]))
        for row in range(len(rows))
    ]
    return _together(carried, iter(last)), found


def _probes(
    capturing: LoopCapturing, number: int, body: Callable[[list[Value]], Run], first: list[Value], last: list[Value]
) -> list[Run]:
    """Runs of a loop's body: on leaves in place of the first row and of the last, and on the first itself."""
    with unobserved():
        inputs = [[*map(_leaf, first)], [*map(_leaf, last)], first]
    runs = []
    outer, capturing.is_probing = capturing.is_probing, True
    for each in inputs:
        capturing.number = number + 1  # a loop inside has the same number each time
        try:
            runs.append(body(each))
        except Exception:  # an error of the function itself comes again, row by row
            capturing.unroll(number)
    capturing.is_probing = outer
    return runs


def _are_alike(one: Run, other: Run, own: Run, carried: Any) -> bool:
    """Whether these runs of a body compute the same, and the next state has the structure of the state."""
    after, count, _ = one.template
    inside, _, _ = _divided(one)
    is_computed = inside.issuperset(one.outputs[:count])
    return is_computed and _is_same(after, carried) and not difference(one, other) and not difference(one, own)


def _recorded(
    capturing: LoopCapturing, run: Run, values: list[list[Value]], first: list[Value]
) -> tuple[dict[Value, list[Value]], list[Value]]:
    """Record a loop, given a run of its body: for each value that is computed for a row those of all, and the state.

    Args:
        capturing: what records the function around the loop.
        run: the run, on leaves.
        values: the inputs of each row.
        first: the first state.
    """
    last, outputs = run.outputs[: len(first)], run.outputs[len(first) :]
    inside, made, outside = _divided(run)
    capturing.made += outside  # computed once, before the loop
    with unobserved():
        shared = _cut_off(made, inside.union(made))
    capturing.refuse_inside(shared)
    capturing.inside.update(inside)
    computed = [value for value in dict.fromkeys(outputs) if value in inside]
    width, height = len(values[0]), len(values)
    read = {*last, *computed, *chain.from_iterable([node.operands for node in made])}
    columns = {leaf: column for leaf, *column in zip(run.inputs[:width], *values, strict=True) if leaf in read}
    loop = Loop(Body([*columns], run.inputs[width:], [*shared.values()], computed, last, made), height)
    with unobserved():
        whole, *items = _nodes(loop, (*chain(*columns.values()), *first, *shared))
    capturing.made += [whole, *items]
    of_rows = {value: items[i * height : (i + 1) * height] for i, value in enumerate(computed)}
    return of_rows, items[len(computed) * height :]


def _run(
    capturing: LoopCapturing, function: Callable[..., tuple[Any, Any]], template: Any, carried: Any,
    inputs: list[Value],
) -> Run:  # fmt: skip
    """One run of a body on these inputs: the values of a row, then those of the state."""
    given = iter(inputs)
    arguments = _together(template, given)
    outside, capturing.made = capturing.made, []
    try:
        last, output = function(_together(carried, given), *arguments)
        made = capturing.made
    finally:
        capturing.made = outside
    found: list[Value] = []
    return Run(inputs, made, found, (_apart(last, found, is_state=True), len(found), _apart(output, found)))


def _around(function: Any, depth: int = 3) -> list[Any]:
    """What a function refers to around it, and what lists, dicts and sets there hold, as they are now."""
    found: list[Any] = []
    for cell in getattr(function, "__closure__", None) or ():
        with suppress(ValueError):  # an unbound name
            thing = cell.cell_contents
            held = [*thing, *thing.values()] if isinstance(thing, dict) else thing
            found += [thing, *(held if isinstance(thing, list | dict | set) else ())]
            if depth:
                found += _around(thing, depth - 1)
    return found


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


def _nodes(loop: Loop, operands: tuple[Value, ...]) -> list[Value]:
    """The node of a loop, and an item for each number that it computes."""
    whole = _node(loop, operands)
    return [whole, *(_node(ITEM, (whole, _position(position))) for position in range(loop.size))]


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
    leaf.op, leaf._label = INPUT, value._label
    return leaf
