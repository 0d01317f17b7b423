"""`Timeline`: the steps of both passes through a graph as one sequence, with a position that moves both ways.

`terminal_view` displays it, and `terminal` has the commands.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby, repeat
from math import isfinite
from operator import attrgetter
from typing import NamedTuple, TypeAlias

from microgradnet._shared.text import one_line, plain, shorten, suggestion
from microgradnet.backward import NO_GRADIENT, SavedGradients, set_gradients
from microgradnet.graph import Graph
from microgradnet.notation.names import Namer
from microgradnet.notation.typography import Formatted
from microgradnet.ops import CONSTANT
from microgradnet.recording import unobserved
from microgradnet.stepping.steps import BackwardStep, ForwardStep, backward_steps, forward_steps, name_in_brackets
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
        graph: all values below it.
        namer: their names.
        steps: all steps; step number i leads from position i to i + 1.
        start: the position after forward propagation.
        position: the number of steps done. Set it to any number from 0 to `len(steps)`.
        failure: the error that interrupts the backward pass; None if there is none.

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
        self.root, self.graph = root, Graph(root)
        self.namer = ShortNames(self.graph.nodes)
        self.steps: list[Step] = list(forward_steps(root, self.namer))
        self.start = self.position = len(self.steps)
        self.failure: ArithmeticError | None = None
        self._contributions: dict[Value, list[BackwardStep]] = {}
        saved = SavedGradients(self.graph.nodes)
        with unobserved(), saved, saved:
            set_gradients(saved.nodes, repeat(NO_GRADIENT))
            try:
                for step in backward_steps(root, namer=self.namer):
                    self.steps.append(step)
                    self._contributions.setdefault(step.operand, []).append(step)
            except ArithmeticError as error:  # the steps before the failure remain available
                self.failure = error
            saved.restore()
        self._computed = {step.node: step.number for step in self.steps[: self.start]}
        self._called: dict[str, list[Value]] = {}
        for node in self.graph.nodes:  # in this order, for t₁ to be the same value in every session
            if node.op is not CONSTANT:
                for name in {plain(self.namer.name(node)), plain(one_line(node.label))} - {""}:
                    self._called.setdefault(name, []).append(node)

    @property
    def step(self) -> Step | None:
        """The step that was done last; None at the beginning."""
        return self.steps[self.position - 1] if self.position else None

    @property
    def next_node(self) -> int:
        """The position after the first step of the next node; the end, if there is none."""
        later = range(self.position + 1, len(self.steps))
        return next((p for p in later if self._node(p) != self._node(self.position)), len(self.steps))

    def next_stop(self, breakpoints: Sequence[Breakpoint]) -> tuple[int, Breakpoint | None]:
        """The first later position whose step matches a breakpoint, and the breakpoint; else the end and None."""
        for position in range(self.position + 1, len(self.steps) + 1):
            for stop in breakpoints:
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
        return float(self._contributions[value][done - 1].after) if done else None

    def contributions(self, value: Value) -> tuple[int, int]:
        """How many contributions its gradient has received at this position, and how many it receives in all."""
        steps = self._contributions.get(value, [])
        return bisect_right(steps, self.position - self.start, key=attrgetter("number")), len(steps)

    @contextmanager
    def in_graph(self) -> Iterator[None]:
        """Set the graph's gradients to those of this position inside the `with` block, for pictures."""
        saved = SavedGradients(self.graph.nodes)
        with unobserved(), saved, saved:
            gradients = map(self.gradient, saved.nodes)
            set_gradients(saved.nodes, [NO_GRADIENT if g is None else g for g in gradients])
            yield
            saved.restore()

    def name(self, value: Value) -> str:
        """The value's name as written before `.grad`."""
        return name_in_brackets(value, self.namer)

    def find(self, text: str) -> list[Value]:
        """The values of that name: their label, or their name in equations. `w1` also matches w₁.

        If several have the name, `x#1` is the first.

        Raises:
            ValueError: there is none; the message suggests the nearest name.
        """
        name = one_line(text)
        found = self._called.get(plain(name)) or self._called.get(plain(name.removesuffix("#1")), [])[:1]
        if not found:
            raise ValueError(f"no value is called {shorten(name)!r}: {suggestion(plain(name), self._called)}")
        return [value for value in found if name in (one_line(value.label), self.namer.name(value))] or found

    def names(self) -> list[str]:
        """Every name in its displayed form, once."""
        return list(dict.fromkeys(self.namer.name(node) for node in self.graph.nodes if node.op is not CONSTANT))

    def breakpoint(self, text: str) -> Breakpoint:
        """The breakpoint of `break text`: a name, an operation, `|grad| > k`, or `nan` (which includes infinities).

        Raises:
            ValueError: the text is none of those.

        >>> timeline = Timeline(Value(3.0, "x").exp())
        >>> timeline.breakpoint("exp").text, timeline.breakpoint("|grad| > 2").text
        ('operation exp', '|grad| > 2')
        """
        if text.lower() == "nan":
            return Breakpoint("nan or infinity", lambda step: not isfinite(getattr(step, "after", step.node.data)))
        if grad := _GRADIENT.fullmatch(text):
            try:
                limit = float(grad[1])
            except ValueError:
                raise ValueError(f"{grad[1]!r} is not a number: write, for instance, break |grad| > 0.5") from None
            return Breakpoint(f"|grad| > {limit:g}", lambda step: abs(getattr(step, "after", 0.0)) > limit)
        try:
            values = self.find(text)
        except ValueError:
            operations = {step.operation.name: step.operation for step in self.steps}
            operation = operations.get(re.sub(r"[\s_-]+", " ", text).lower())
            if operation is None:
                hint = suggestion(plain(text), [*self._called, *operations, "nan"])
                raise ValueError(f"no value or operation is called {shorten(one_line(text))!r}: {hint}") from None
            return Breakpoint(f"operation {operation.name}", lambda step: step.operation is operation)
        changed = set(values)
        runs = groupby(
            self.steps, lambda step: (type(step), not changed.isdisjoint({step.node, getattr(step, "operand", None)}))
        )
        first = {id(next(run)) for (_, is_involved), run in runs if is_involved}
        return Breakpoint(self.namer.name(values[0]), lambda step: id(step) in first)

    def _node(self, position: int) -> tuple[bool, Value] | None:
        return (position > self.start, self.steps[position - 1].node) if position else None
