"""A comparison as text: a wrong backward pass beside the right one, and the first step where they diverge."""

import math
import operator
import shutil
from collections.abc import Callable
from functools import cached_property
from itertools import zip_longest
from typing import NamedTuple

from microgradnet._shared.terminal import room
from microgradnet._shared.text import shorten, wrapped
from microgradnet.notation.names import Namer, as_factor, in_brackets, number, signed
from microgradnet.notation.writers import TEXT
from microgradnet.stepping.steps import derivative
from microgradnet.teach.misconceptions.passes import RIGHT, Rules, SolvedGraph, Step, gradients, steps
from microgradnet.teach.misconceptions.table import Misconception
from microgradnet.value import Value

NAME, WIDEST = 20, 120  # characters: of a name, of two equations beside each other
AROUND = 12  # steps listed before and after the divergence
MOST_LISTED = 40
CLOSE = 1e-9


class Parting(NamedTuple):
    """The first wrong step.

    Attributes:
        step: its index, from 0.
        reason: why it is wrong.
    """

    step: int
    reason: str


class ListedComparison:
    """Two passes through a graph, the right one and that of a misconception. Printed, both are listed.

    Attributes:
        misconception: the misconception.
        right, wrong: the steps of each pass.
        parting: the first wrong step; None if the misconception makes no difference on this graph.
        gradients: for each value the right gradient and the wrong one.
    """

    def __init__(self, root: Value, misconception: Misconception) -> None:
        self.misconception = misconception
        self.graph = SolvedGraph(root)
        self.rules = _decisive(self.graph, misconception)
        self.right, self.wrong = tuple(steps(self.graph, RIGHT)), tuple(steps(self.graph, self.rules))
        self.namer = Namer(self.graph.nodes)
        self.parting = self._parting()
        wrong = gradients(self.graph, self.rules)
        self.gradients = {
            node: (right, wrong[node]) for node, right in self.graph.gradients.items() if self.graph.uses[node]
        }

    def equation(self, step: Step, is_wrong: bool = False) -> str:
        """A step as text: "w.grad += 0.5 · 3 → 1.5"; where it adds to a gradient, the sum: "…: 2 + 1.5 → 3.5"."""
        rules = self.rules if is_wrong else RIGHT
        is_product = rules.contribution is operator.mul
        contribution = _product(step.upstream, step.local) if is_product else number(step.local)
        adds = rules.join is operator.add
        if (step.node, step.position) == rules.forgotten:
            contribution = f"(left out: {contribution})"
        elif adds and step.before != 0.0:
            added = as_factor(signed(rules.contribution(step.upstream, step.local)))
            contribution += f": {number(step.before)} + {added}"
        return f"{self._name(step.operand)}.grad {'+=' if adds else '='} {contribution} → {number(step.after)}"

    def verdict(self) -> str:
        """The step at which the passes diverge and the reason, in words."""
        if self.parting is None:
            return "On this graph it makes no difference. Take one where it does, as misconceptions.example.build()."
        return f"They diverge at step {self.parting.step + 1}: {self.parting.reason}"

    @cached_property
    def _equations(self) -> list[tuple[str, str]]:
        """Those of each step in both passes; "" after the end of the shorter pass."""
        right = map(self.equation, self.right)
        wrong = [self.equation(step, is_wrong=True) for step in self.wrong]
        return list(zip_longest(right, wrong, fillvalue=""))

    def lines(self, columns: int = WIDEST) -> list[str]:
        """The text of each step: the passes side by side, or one below the other if there are too few `columns`."""
        width, are_beside, lines = self._width(), self._are_beside(columns), []
        for index, (right, wrong) in enumerate(self._equations):
            mark = "▶" if self.parting and index == self.parting.step else " "
            text = f"{right:{width}}  {wrong}".rstrip() if are_beside else f"right {right}\n       wrong {wrong}"
            lines.append(f"{mark} {index + 1:>3}  {text}")
        return lines

    def text(self, columns: int = WIDEST) -> str:
        """The misconception, the steps around the divergence, and the final gradients."""
        lines = self.lines(columns)
        if len(lines) > MOST_LISTED:
            at = self.parting.step if self.parting else 0
            first, last = max(0, at - AROUND), at + AROUND + 1
            before, after = f"       … {first} steps before", f"       … {len(lines) - last} steps after"
            lines = [before] * (first > 0) + lines[first:last] + [after] * (last < len(lines))
        return "\n".join([self.heading(columns), *lines, "", self.verdict(), "", *self.outcome()])

    def __str__(self) -> str:
        return self.text(room(WIDEST))

    __repr__ = __str__

    def heading(self, columns: int = WIDEST) -> str:
        """The misconception, and the headings of the columns if there are two."""
        row = self.misconception
        texts = [f"{row.name}: {row.title}", f"Wrong practice: {row.belief}.", f"Why it is wrong: {row.why}."]
        headings = [f"       {'the right pass':{self._width()}}  {row.name}"] * self._are_beside(columns)
        return "\n".join([*map(wrapped, texts), "", *headings])

    def outcome(self) -> list[str]:
        """The final gradients, with differences marked."""
        rows = [
            (self._name(node), number(right), number(wrong), "" if _is_close(right, wrong) else "≠")
            for node, (right, wrong) in self.gradients.items()
        ]
        rows.sort(key=lambda row: not row[3])
        table = [("", "right", "wrong", ""), *rows[:MOST_LISTED]]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        return [
            f"{sum(bool(row[3]) for row in rows)} of {len(rows)} gradients are wrong in the end:",
            *(f"  {a:{widths[0]}}  {b:>{widths[1]}}  {c:>{widths[2]}}  {mark}".rstrip() for a, b, c, mark in table),
            *[f"  … {len(rows) - MOST_LISTED} more"] * (len(rows) > MOST_LISTED),
        ]

    def step_through(self, ask: Callable[[str], str] | None = None) -> None:
        """Show the steps one by one in a terminal: Enter goes forward, b back, q quits."""
        ask = ask or input
        columns = shutil.get_terminal_size().columns
        print("Enter: next step, b: back, q: quit\n")
        print(self.heading(columns))
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

    def _width(self) -> int:
        """The width of the column of the right pass."""
        return max((len(right) for right, _ in self._equations), default=0)

    def _are_beside(self, columns: int) -> bool:
        """Whether the passes stand side by side in a terminal of so many columns."""
        widest = max((len(wrong) for _, wrong in self._equations), default=0)
        return len("▶   1  ") + self._width() + len("  ") + widest <= columns

    def _parting(self) -> Parting | None:
        sums: dict[Value, float] = {}
        done: set[tuple[Value, int]] = set()
        for index, step in enumerate(self.wrong):
            use = step.node, step.position
            if reason := self._fault(step, sums.get(step.operand, 0.0), use in done):
                return Parting(index, reason)
            done.add(use)
            sums[step.operand] = step.after
        return None

    def _fault(self, step: Step, start: float, again: bool) -> str:
        """The reason why a step is wrong, if all before it are right; "" if it is right."""
        node, operand = self._name(step.node), self._name(step.operand)
        if again:
            return f"{node} has passed its gradient to {operand} before, and does so a second time"
        if not _is_close(step.upstream, right := self.graph.gradients[step.node]):
            return (
                f"{node} passes on {number(step.upstream)}, but its gradient is {number(right)}: "
                "not all its users have contributed yet"
            )
        if not _is_close(step.before, start):
            return f"{operand}.grad starts at {number(step.before)}, left by an earlier pass, and not at 0"
        right = RIGHT.local(step.node, step.position, step.node.data, [x.data for x in step.node.operands])
        if not _is_close(step.local, right):
            names = [self.namer.written(value) for value in (step.node, *step.node.operands)]
            formula, _ = derivative(step.node, step.position, TEXT, names)
            known = " = ".join(dict.fromkeys(filter(None, [formula, number(right)])))
            return f"∂{node}/∂{operand} is taken to be {number(step.local)}; it is {known}"
        contribution = step.upstream * right
        if _is_close(step.after, step.before + contribution):
            return ""
        if (step.node, step.position) == self.rules.forgotten:
            return f"{operand}.grad gets no contribution from {node}; it should be {number(contribution)}"
        if _is_close(step.after, contribution):
            return f"{operand}.grad was {number(step.before)} already, and is lost: {number(contribution)} replaces it"
        return f"{operand}.grad gets {number(step.after - step.before)}, not {_product(step.upstream, right)}"


def _decisive(graph: SolvedGraph, misconception: Misconception) -> Rules:
    """The first of the wrong rules that makes a difference on this graph; else the first, or the right ones."""
    candidates = [rules for rules in misconception.rules(graph) if rules.value is RIGHT.value]
    for rules in candidates:
        wrong = gradients(graph, rules)
        if not all(_is_close(right, wrong[node]) for node, right in graph.gradients.items()):
            return rules
    return candidates[0] if candidates else RIGHT


def _product(upstream: float, local: float) -> str:
    return f"{as_factor(signed(upstream))} · {as_factor(signed(local))}"


def _is_close(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=CLOSE, abs_tol=1e-300)
