"""`Timeline`: the steps of both passes through a graph as one sequence, with a position that moves both ways.

`terminal_view` displays it, and `terminal` has the commands.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import repeat
from math import isfinite
from typing import NamedTuple, TypeAlias

from microgradnet._shared.text import one_line, plain, shorten, suggestion
from microgradnet.backward import NO_GRADIENT, SavedGradients, set_gradients
from microgradnet.graph import Graph
from microgradnet.notation.names import Namer, in_brackets
from microgradnet.notation.typography import Formatted
from microgradnet.ops import CONSTANT
from microgradnet.recording import unobserved
from microgradnet.stepping.steps import BackwardStep, ForwardStep
from microgradnet.value import Value

Step: TypeAlias = ForwardStep | BackwardStep

NAME_WIDTH = 24  # characters; a longer name is shortened in the middle
_GRADIENT = re.compile(r"\|?\s*grad\s*\|?\s*>\s*(\S+)")


class Breakpoint(NamedTuple):
    """A condition at which `continue` stops: its text, and a test for a step."""

    text: str
    matches: Callable[[Step], bool]


class ShortNames(Namer):
    """Names for equations, shortened to `NAME_WIDTH` characters."""

    def written(self, value: Value) -> Formatted:
        """The value's name and its precedence."""
        text, precedence = super().written(value)
        return shorten(text, NAME_WIDTH), precedence


class Timeline:
    """All steps of forward, then of backward propagation, and the number of steps done: the `position`.

    The steps are recorded in a separate pass in which every leaf's gradient starts at 0. Numbers and gradients of the
    graph are restored afterwards and stay unchanged: `gradient(value)` gives a gradient at the current position.
    It starts after forward propagation, before the chain rule is first applied. Constants have no gradient here.

    Args:
        root: the result, as a loss.

    Attributes:
        root: that result.
        nodes: all values, leaves first.
        steps: all steps; step number i leads from position i to i + 1.
        start: the position after forward propagation.
        position: the number of steps done. Set it to any number from 0 to `len(steps)`.
        failure: the error that interrupts the backward pass; None if there is none.
        users: for each value, the nodes of which it is an operand.
        namer: the names of values.

    Raises:
        TypeError: `root` is not a Value.
        StaleGraphError: as `Value.backward`.

    >>> a = Value(3.0, "a"); y = a * a; y.label = "y"
    >>> timeline = Timeline(y)
    >>> timeline.position += 1; print(timeline.step, timeline.gradient(a), a.grad)
    a.grad += y.grad · ∂y/∂a = 1 · a = 1 · 3 = 3 (operand 1 of a·a) 3.0 0.0
    >>> timeline.position += 1; timeline.gradient(a)
    6.0
    >>> timeline.position -= 1; timeline.gradient(a)
    3.0
    """

    def __init__(self, root: Value) -> None:
        if not isinstance(root, Value):
            raise TypeError(f"Timeline takes one Value, such as a loss; got {shorten(repr(root), 100)}")
        self.root = root
        self.nodes = Graph(root).nodes
        self.steps: list[Step] = list(root.forward_steps())
        self.start = self.position = len(self.steps)
        self.failure: ArithmeticError | None = None
        with unobserved(), SavedGradients(self.nodes, always=True):
            set_gradients(self.nodes, repeat(NO_GRADIENT))
            try:
                self.steps.extend(root.backward_steps())
            except ArithmeticError as error:  # the steps before the failure remain available
                self.failure = error
        self._computed = {step.node: position for position, step in enumerate(self.steps[: self.start], start=1)}
        self._contributions: dict[Value, list[int]] = {}  # the positions of the steps that add to a gradient
        for position, step in enumerate(self.steps[self.start :], start=self.start + 1):
            if isinstance(step, BackwardStep):
                self._contributions.setdefault(step.operand, []).append(position)
        self.users: dict[Value, list[Value]] = {}
        for node in self.nodes:
            for operand in dict.fromkeys(node.operands):
                self.users.setdefault(operand, []).append(node)
        self.namer = ShortNames(self.nodes, for_equations=True)
        self._called: dict[str, list[Value]] = {}
        for node in self.nodes:  # in this order, for t₁ to be the same value in every session
            if node.op is not CONSTANT:
                for name in {plain(self.namer.name(node)), plain(one_line(node.label))} - {""}:
                    self._called.setdefault(name, []).append(node)

    @property
    def step(self) -> Step | None:
        """The step that was done last; None at the beginning."""
        return self.at(self.position) if self.position else None

    def at(self, position: int) -> Step:
        """The step that leads to `position`, with the names of this timeline."""
        return replace(self.steps[position - 1], namer=self.namer)

    @property
    def next_node(self) -> int:
        """The position after the first step of the next node; the end, if there is none."""
        now, position = self._node(self.position), self.position + 1
        while position < len(self.steps) and self._node(position) == now:
            position += 1
        return min(position, len(self.steps))

    def next_stop(self, breakpoints: Iterable[Breakpoint]) -> tuple[int, Breakpoint | None]:
        """The first later position whose step matches a breakpoint, and the breakpoint; else the end and None."""
        stops = list(breakpoints)
        for position in range(self.position + 1, len(self.steps) + 1) if stops else ():
            for stop in stops:
                if stop.matches(self.steps[position - 1]):
                    return position, stop
        return len(self.steps), None

    def is_computed(self, value: Value) -> bool:
        """Whether forward propagation has computed the value by this position; always true for leaves."""
        return self._computed.get(value, 0) <= self.position

    def gradient(self, value: Value) -> float | None:
        """The gradient at this position; None before its first contribution."""
        if value is self.root:
            return 1.0 if self.position >= self.start else None
        done, _ = self.contributions(value)
        if not done:
            return None
        step = self.steps[self._contributions[value][done - 1] - 1]
        return step.after if isinstance(step, BackwardStep) else None

    def contributions(self, value: Value) -> tuple[int, int]:
        """How many contributions its gradient has received at this position, and how many it receives in all."""
        positions = self._contributions.get(value, [])
        return bisect_right(positions, self.position), len(positions)

    @contextmanager
    def in_graph(self) -> Iterator[None]:
        """Set the graph's gradients to those of this position inside the `with` block, for pictures."""
        with unobserved(), SavedGradients(self.nodes, always=True):
            gradients = map(self.gradient, self.nodes)
            set_gradients(self.nodes, [NO_GRADIENT if g is None else g for g in gradients])
            yield

    def name(self, value: Value) -> str:
        """The value's name as written before `.grad`."""
        return in_brackets(self.namer.written(value))

    def find(self, text: str) -> list[Value]:
        """The values of that name: their label, or their name in equations. `w1` also matches w₁.

        If several have the name, `x#2` is the second.

        Raises:
            ValueError: there is none; the message suggests the nearest name.
        """
        name = one_line(text)
        found = self._called.get(plain(name), [])
        if not found and (numbered := re.fullmatch(r"(.+)#(\d{1,9})", name)):
            found = self._called.get(plain(numbered[1]), [])[int(numbered[2]) - 1 :][:1] if int(numbered[2]) else []
        if not found:
            raise ValueError(f"no value is called {shorten(name)!r}: {suggestion(plain(name), self._called)}")
        return [value for value in found if name in (one_line(value.label), self.namer.name(value))] or found

    def names(self) -> list[str]:
        """Every name in its displayed form, once."""
        return list(dict.fromkeys(self.namer.name(node) for node in self.nodes if node.op is not CONSTANT))

    def breakpoint(self, text: str) -> Breakpoint:
        """The breakpoint of `break text`: a name, an operation, `|grad| > k`, or `nan` (which includes infinities).

        Raises:
            ValueError: the text is none of those.

        >>> timeline = Timeline(Value(3.0, "x").exp())
        >>> timeline.breakpoint("exp").text, timeline.breakpoint("|grad| > 2").text
        ('operation exp', '|grad| > 2')
        """
        if text.lower() == "nan":
            return Breakpoint("nan or infinity", lambda step: not isfinite(_result(step)))
        if grad := _GRADIENT.fullmatch(text):
            try:
                limit = float(grad[1])
            except ValueError:
                raise ValueError(f"{grad[1]!r} is not a number: write, for instance, break |grad| > 0.5") from None
            return Breakpoint(
                f"|grad| > {limit:g}", lambda step: isinstance(step, BackwardStep) and abs(step.after) > limit
            )
        operations = {step.operation.name: step.operation for step in self.steps}
        try:
            values = set(self.find(text))
        except ValueError:
            operation = operations.get(re.sub(r"[\s_-]+", " ", text).lower())
            if operation is None:
                hint = suggestion(plain(text), [*self._called, *operations, "nan"])
                raise ValueError(f"no value or operation is called {shorten(one_line(text))!r}: {hint}") from None
            return Breakpoint(f"operation {operation.name}", lambda step: step.operation is operation)
        name = self.namer.name(next(iter(values)))
        return Breakpoint(name, lambda step: step.node in values or getattr(step, "operand", None) in values)

    def _node(self, position: int) -> tuple[bool, Value] | None:
        return (position > self.start, self.steps[position - 1].node) if position else None


def _result(step: Step) -> float:
    """The number that a step computes."""
    return step.after if isinstance(step, BackwardStep) else step.node.data
