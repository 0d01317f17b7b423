"""Loops while a function is captured: the body of `for_each` or `scan` is captured once, for all rows.

What the body computes from values outside alone stays outside, so it is computed once.
"""

import operator
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from functools import partial
from itertools import chain
from typing import Any, NoReturn

from microgradnet.compiling.difference import Run, difference
from microgradnet.compiling.loops import Body, Loop, leaf_for, loop_nodes
from microgradnet.compiling.observing import Capturing
from microgradnet.compiling.slots import apart, is_same, together
from microgradnet.recording import unobserved
from microgradnet.value import Value

LEAST_ROWS = 3  # rows from which on a body is captured by itself


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

    def before(self, what: str, nodes: Sequence[Value]) -> None:
        """Refuse a pass that leaves numbers; derivatives as values are those of single values."""
        super().before(what, nodes)
        if self.is_probing or any(isinstance(node.op, Loop) for node in nodes):
            self.unroll(None)

    def loop(
        self, function: Callable[..., tuple[Any, Any]], state: Any, rows: Sequence[tuple[Any, ...]]
    ) -> tuple[Any, list[Any]] | None:
        """The last state and the outputs of a loop, as items of one node; None if it is to be run row by row.

        Raises:
            Unrolled: its rows are not all treated alike, or it changes something outside.
            CaptureError: it uses a value that the body of another loop keeps to itself.
        """
        first: list[Value] = []
        values: list[list[Value]] = [[] for _ in rows]
        carried = apart(state, first, is_state=True)
        template, *others = [apart(row, found) for row, found in zip(rows, values, strict=True)] or [()]
        number, self.number = self.number, self.number + 1
        if (
            number in self.unrolled
            or len(rows) < LEAST_ROWS
            or not all(is_same(template, other) for other in others)
            or not (first or values[0])
        ):
            return None
        around = _around(function)
        body = partial(self._run, function, template, carried)
        one, other, own = self._probes(number, body, [*values[0], *first], [*values[-1], *first])
        after = _around(function)
        is_unchanged = len(around) == len(after) and all(map(operator.is_, around, after))
        if not is_unchanged or not _are_alike(one, other, own, carried):
            self.unroll(number)
        of_rows, last = self._recorded(one, values, first)
        self.inside.update(other.inputs, other.made, own.made)
        _, count, returned = one.template
        columns = [of_rows.get(value, [value] * len(rows)) for value in one.outputs[count:]]
        found = [together(returned, iter([column[row] for column in columns])) for row in range(len(rows))]
        return together(carried, iter(last)), found

    def _probes(
        self, number: int, body: Callable[[list[Value]], Run], first: list[Value], last: list[Value]
    ) -> list[Run]:
        """Runs of a loop's body: on leaves in place of the first row and of the last, and on the first itself."""
        with unobserved():
            inputs = [[*map(leaf_for, first)], [*map(leaf_for, last)], first]
        runs = []
        outer, self.is_probing = self.is_probing, True
        for each in inputs:
            self.number = number + 1  # a loop inside has the same number each time
            try:
                runs.append(body(each))
            except Exception:  # an error of the function itself comes again, row by row
                self.unroll(number)
        self.is_probing = outer
        return runs

    def _recorded(
        self, run: Run, values: list[list[Value]], first: list[Value]
    ) -> tuple[dict[Value, list[Value]], list[Value]]:
        """Record a loop, given a run of its body: for each value computed for a row those of all, and the state.

        Args:
            run: the run, on leaves.
            values: the inputs of each row.
            first: the first state.
        """
        last, outputs = run.outputs[: len(first)], run.outputs[len(first) :]
        inside, made, outside = _divided(run)
        self.made += outside  # computed once, before the loop
        with unobserved():
            shared = _cut_off(made, inside.union(made))
        self.refuse_inside(shared)
        self.inside.update(inside)
        computed = [value for value in dict.fromkeys(outputs) if value in inside]
        width, height = len(values[0]), len(values)
        read = {*last, *computed, *chain.from_iterable([node.operands for node in made])}
        columns = {leaf: column for leaf, *column in zip(run.inputs[:width], *values, strict=True) if leaf in read}
        loop = Loop(Body([*columns], run.inputs[width:], [*shared.values()], computed, last, made), height)
        with unobserved():
            whole, *items = loop_nodes(loop, (*chain(*columns.values()), *first, *shared))
        self.made += [whole, *items]
        of_rows = {value: items[i * height : (i + 1) * height] for i, value in enumerate(computed)}
        return of_rows, items[len(computed) * height :]

    def _run(self, function: Callable[..., tuple[Any, Any]], template: Any, carried: Any, inputs: list[Value]) -> Run:
        """One run of a body on these inputs: the values of a row, then those of the state."""
        given = iter(inputs)
        arguments = together(template, given)
        outside, self.made = self.made, []
        try:
            last, output = function(together(carried, given), *arguments)
            made = self.made
        finally:
            self.made = outside
        found: list[Value] = []
        return Run(inputs, made, found, (apart(last, found, is_state=True), len(found), apart(output, found)))


def _are_alike(one: Run, other: Run, own: Run, carried: Any) -> bool:
    """Whether these runs of a body compute the same, and the next state has the structure of the state."""
    after, count, _ = one.template
    inside, _, _ = _divided(one)
    is_computed = inside.issuperset(one.outputs[:count])
    return is_computed and is_same(after, carried) and not difference(one, other) and not difference(one, own)


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
    """Let what is made inside read a leaf for each value outside, itself if it is one; return them."""
    operands = chain.from_iterable([node.operands for node in made])
    leaves = {value: leaf_for(value) if value.operands else value for value in operands if value not in inside}
    computed = {value for value, leaf in leaves.items() if leaf is not value}
    for node in made if computed else ():
        if not computed.isdisjoint(node.operands):
            node.operands = tuple([leaves.get(operand, operand) for operand in node.operands])
    return leaves
