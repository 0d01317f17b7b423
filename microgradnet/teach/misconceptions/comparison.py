"""The misconception lab: a wrong backward pass beside the right one, and the first step where they part."""

import math
import operator
import shutil
from collections.abc import Callable
from itertools import zip_longest
from typing import NamedTuple

from microgradnet._shared.text import shorten, suggestion, wrapped
from microgradnet.notation.names import Namer, as_factor, in_brackets, number, signed
from microgradnet.notation.writers import TEXT
from microgradnet.stepping.steps import derivative
from microgradnet.teach.misconceptions.comparison_page import ComparisonPage
from microgradnet.teach.misconceptions.passes import RIGHT, Graph, Rules, Step, gradients, steps
from microgradnet.teach.misconceptions.table import MISCONCEPTIONS, Misconception
from microgradnet.value import Value

NAME, LINE, BESIDE = 20, 42, 76  # characters: of a name, of an equation, of two beside each other
AROUND = 12  # steps listed on either side of where the passes part, of many
MOST_LISTED = 40
CLOSE = 1e-9


class Parting(NamedTuple):
    """The first step of the wrong pass that is wrong.

    Attributes:
        step: which, from 0.
        reason: what is wrong with it.
    """

    step: int
    reason: str


class Comparison:
    """Two passes through one graph, step by step: the right one, and that of a misconception.

    Printed, both are listed; in a notebook they are played.

    Attributes:
        misconception: the row of the table.
        right, wrong: the steps of each.
        parting: the first wrong step; None if on this graph the misconception makes no difference.
        gradients: for each value the right gradient and the wrong one.
    """

    def __init__(self, root: Value, misconception: Misconception) -> None:
        self.misconception = misconception
        self.graph = Graph(root)
        self.rules = _telling(self.graph, misconception)
        self.right, self.wrong = tuple(steps(self.graph, RIGHT)), tuple(steps(self.graph, self.rules))
        self.namer = Namer([*self.graph.leaves, *self.graph.computed], for_equations=True)
        self.parting = self._parting()
        wrong = gradients(self.graph, self.rules)
        self.gradients = {
            node: (right, wrong[node]) for node, right in self.graph.gradients.items() if self.graph.uses[node]
        }

    def equation(self, step: Step, is_wrong: bool = False) -> str:
        """A step as text: "w.grad += 0.5 · 3 → 1.5"."""
        rules = self.rules if is_wrong else RIGHT
        share = number(step.local)
        if rules.share is operator.mul:
            share = _product(step.upstream, step.local)
        sign = "+=" if rules.join is operator.add else "="
        if (step.node, step.position) == rules.forgotten:
            share = f"(left out: {share})"
        return f"{self._name(step.operand)}.grad {sign} {share} → {number(step.after)}"

    def verdict(self) -> str:
        """Where they part and why, in words."""
        if self.parting is None:
            return "On this graph it makes no difference. Take one where it does, as misconceptions.example.build()."
        return f"They part at step {self.parting.step + 1}: {self.parting.reason}"

    def rows(self) -> list[tuple[str, str]]:
        """Both passes, a line each step: the equations, "" where one has fewer steps."""
        pairs = zip_longest(self.right, self.wrong)
        return [
            (self.equation(right) if right else "", self.equation(wrong, is_wrong=True) if wrong else "")
            for right, wrong in pairs
        ]

    def lines(self, columns: int = BESIDE) -> list[str]:
        """What is printed of each step: the passes beside each other, or one below the other in fewer `columns`."""
        at = self.parting.step if self.parting else -1
        rows = [(shorten(right, LINE), shorten(wrong, LINE)) for right, wrong in self.rows()]
        width = max((len(right) for right, _ in rows), default=0)
        return [
            f"{'▶' if index == at else ' '} {index + 1:>3}  "
            + (f"{right:{width}}  {wrong}".rstrip() if columns >= BESIDE else f"right {right}\n       wrong {wrong}")
            for index, (right, wrong) in enumerate(rows)
        ]

    def __str__(self) -> str:
        lines = self.lines()
        if len(lines) > MOST_LISTED:
            at = self.parting.step if self.parting else 0
            first, last = max(0, at - AROUND), at + AROUND + 1
            lines = [
                *[f"       … {first} steps before"] * (first > 0), *lines[first:last],
                *[f"       … {len(lines) - last} steps after"] * (last < len(lines)),
            ]  # fmt: skip
        return "\n".join([self.heading(), *lines, "", self.verdict(), "", *self.outcome()])

    __repr__ = __str__

    def heading(self) -> str:
        """What it is about, and what stands in which column."""
        row = self.misconception
        width = max((len(shorten(right, LINE)) for right, _ in self.rows()), default=0)
        said = [f"{row.name}: {row.title}", f"What is done: {row.belief}.", f"Why it is wrong: {row.why}."]
        columns = f"       {'the right pass':{width}}  {row.name}"
        return "\n".join([*map(wrapped, said), "", columns])

    def outcome(self) -> list[str]:
        """The gradients in the end, those that differ marked."""
        rows = [
            (self._name(node), number(right), number(wrong), "" if _is_close(right, wrong) else "≠")
            for node, (right, wrong) in self.gradients.items()
        ]
        rows.sort(key=lambda row: not row[3])
        left_out = len(rows) - MOST_LISTED
        table = [("", "right", "wrong", ""), *rows[:MOST_LISTED]]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = [
            f"  {name:{widths[0]}}  {right:>{widths[1]}}  {wrong:>{widths[2]}}  {mark}".rstrip()
            for name, right, wrong, mark in table
        ]
        return [f"{sum(bool(row[3]) for row in rows)} of {len(rows)} gradients are wrong in the end:", *lines] + [
            f"  … {left_out} more"
        ] * (left_out > 0)

    def page(self) -> ComparisonPage:
        """A web page that plays both passes, each on a picture of the graph; `.save(path)` writes it.

        Raises:
            ProviderError: there is no program to lay out the pictures.
            ValueError: there are more values than a picture can show.
        """
        return ComparisonPage(self)

    def _repr_html_(self) -> str:
        return self.page()._repr_html_()

    def step_through(self, ask: Callable[[str], str] | None = None) -> None:
        """Show the steps one by one in a terminal: Enter goes on, b back, q ends."""
        ask = ask or input
        columns = shutil.get_terminal_size().columns
        print("Enter: next step, b: back, q: quit\n")
        print(self.heading() if columns >= BESIDE else self.heading().rpartition("\n")[0])
        lines, index = self.lines(columns), 0
        while index < len(lines):
            print(lines[index])
            if self.parting and index == self.parting.step:
                print(f"       {self.parting.reason}")
            try:
                answer = ask("").strip().lower()
            except EOFError:
                break
            if answer in {"q", "quit"}:
                return
            index = max(0, index - 1) if answer in {"b", "back"} else index + 1
        print("\n".join(["", self.verdict(), "", *self.outcome()]))

    def _name(self, node: Value) -> str:
        return shorten(in_brackets(self.namer.written(node)), NAME)

    def _parting(self) -> Parting | None:
        come: dict[Value, float] = {}
        passed: set[tuple[Value, int]] = set()
        for index, step in enumerate(self.wrong):
            reason = self._fault(step, come.get(step.operand, 0.0), (step.node, step.position) in passed)
            if reason:
                return Parting(index, reason)
            passed.add((step.node, step.position))
            come[step.operand] = step.after
        return None

    def _fault(self, step: Step, come: float, again: bool) -> str:
        """What is wrong with a step before which nothing was; "" if nothing is."""
        node, operand = self._name(step.node), self._name(step.operand)
        if again:
            return f"{node} has passed its gradient to {operand} before, and does so a second time"
        if not _is_close(step.upstream, right := self.graph.gradients[step.node]):
            return (
                f"{node} passes on {number(step.upstream)}, but its gradient is {number(right)}: "
                "not all that use it have passed their shares yet"
            )
        if not _is_close(step.before, come):
            return f"{operand}.grad begins at {number(step.before)}, which an earlier pass has left, and not at 0"
        right = RIGHT.local(step.node, step.position, step.node.data, [x.data for x in step.node.operands])
        if not _is_close(step.local, right):
            names = [self.namer.written(value) for value in (step.node, *step.node.operands)]
            formula = derivative(step.node, step.position, TEXT, names)[0]
            said = number(right) if formula in {"", number(right)} else f"{formula} = {number(right)}"
            return f"∂{node}/∂{operand} is taken to be {number(step.local)}; it is {said}"
        share = step.upstream * right
        if _is_close(step.after, step.before + share):
            return ""
        if (step.node, step.position) == self.rules.forgotten:
            return f"{operand}.grad gets no share by way of {node}, which is {number(share)}"
        if _is_close(step.after, share):
            return f"{operand}.grad was {number(step.before)} already, and is lost: {number(share)} replaces it"
        return f"{operand}.grad gets {number(step.after - step.before)}, not {_product(step.upstream, right)}"


def run(loss: Value, name: str) -> Comparison:
    """Run a wrong backward pass beside the right one; no value is changed.

    Args:
        loss: the result that both start from.
        name: which misconception: a key of `MISCONCEPTIONS`.

    Returns:
        A comparison: printed it lists the steps of both, in a notebook it plays them, `.page()` is a web page.

    Raises:
        TypeError: `loss` is no Value.
        ValueError: there is no misconception of that name.

    >>> x = Value(3.0, "x"); y = x * x; y.label = "y"
    >>> run(y, "overwritten").verdict()
    'They part at step 2: x.grad was 3 already, and is lost: 3 replaces it'
    """
    if not isinstance(loss, Value):
        raise TypeError(f"run takes a Value, the result of a computation, got {type(loss).__name__}")
    if name not in MISCONCEPTIONS:
        raise ValueError(f"unknown misconception {name!r}: {suggestion(str(name), MISCONCEPTIONS)}")
    return Comparison(loss, MISCONCEPTIONS[name])


def _telling(graph: Graph, misconception: Misconception) -> Rules:
    """Of the ways to go wrong the first that makes a difference on this graph."""
    ways = [rules for rules in misconception.rules(graph) if rules.value is RIGHT.value]
    for rules in ways:
        wrong = gradients(graph, rules)
        if not all(_is_close(right, wrong[node]) for node, right in graph.gradients.items()):
            return rules
    return ways[0] if ways else RIGHT


def _product(upstream: float, local: float) -> str:
    return f"{as_factor(signed(upstream))} · {as_factor(signed(local))}"


def _is_close(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=CLOSE, abs_tol=1e-300)
