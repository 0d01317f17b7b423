"""The view that shows every operation: a box for each value, an arrow for each use of it."""

import textwrap
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import TypeAlias

from microgradnet import ops
from microgradnet._shared.text import shorten
from microgradnet._shared.walks import nearest
from microgradnet.chain_rule import local_derivatives
from microgradnet.drawing.arrow import Arrow
from microgradnet.drawing.box import Box, Cell, Row
from microgradnet.drawing.diagram import Diagram
from microgradnet.drawing.placing import Placing
from microgradnet.drawing.repeats import SUMS, Repeats
from microgradnet.errors import DomainError
from microgradnet.graph import Graph
from microgradnet.notation import typography
from microgradnet.notation.names import Namer, gradient, in_brackets, number, role
from microgradnet.notation.typography import ATOM
from microgradnet.value import Value

LINE_WIDTH = 30  # characters of a card
MOST_ADDED = 3  # derivatives of one leaf's uses that are written as a sum
LOCAL = "grad of a box = grad of the next box · ∂, added up over all arrows out"
REPEATED = "a leaf is drawn at each of its uses; its grad is the total over all"

Use: TypeAlias = tuple[Value, int]
"""A value and the position of one of its operands."""
Mark: TypeAlias = Value | Use


def known_derivatives(value: Value) -> list[float | None]:
    """∂value/∂operand for each operand; None for a constant, where it does not exist, and of a loop in a program."""
    try:
        known: Sequence[float | None] = local_derivatives(value)
    except (DomainError, TypeError):
        known = []
    return [*known, *[None] * (len(value.operands) - len(known))]


class OpsView:
    """Draws a graph of values into a diagram; `numbers` has the number of each value's box.

    Args:
        graph: the results and all below them.
        most: the largest number of values; those nearest the roots are drawn.
        diagram: what is drawn into.
        op_nodes: draw each operation as a circle of its own, before the box of its result.
        expand: draw the products of a weighted sum as boxes of their own.
        compact: draw leaves as chips and neurons as cards (see `Placing`), without circles and products.
        local_derivatives: write the derivative of the next value by this one on each arrow, chip and stacked value.
        notes: what is written in place of the derivative on arrows and chips, for pairs of a value and a position.
        mark: values to mark, and pairs of a value and the position of one of its operands.
        namer: names the values.
        repeats: leaves out the terms of sums that are like others.
        line_width: of a card, in characters: a longer heading is wrapped.
    """

    def __init__(
        self,
        graph: Graph,
        most: int,
        diagram: Diagram,
        *,
        op_nodes: bool = False,
        expand: bool = False,
        compact: bool = False,
        local_derivatives: bool = False,
        mark: Collection[Mark] = (),
        notes: Mapping[Use, str] | None = None,
        namer: Namer | None = None,
        repeats: Repeats | None = None,
        line_width: int = LINE_WIDTH,
    ) -> None:
        roots, order = graph.roots, repeats.kept if repeats else graph.nodes
        self.roots, self.op_nodes, self.expand, self.diagram = roots, op_nodes, expand, diagram
        self.local_derivatives, self.notes, self._line_width = local_derivatives, notes or {}, line_width
        self.marked_arrows = {item for item in mark if isinstance(item, tuple)}
        self.marked = {item[0] if isinstance(item, tuple) else item for item in mark}
        around = [node for node in reversed(order) if node in self.marked]
        drawn = set(order)
        self.placing = Placing(graph, drawn, compact)
        if self.placing.count > most:
            drawn = nearest([*around, *roots], most)
            self.placing = Placing(graph, drawn, compact)
        self.namer = namer or Namer(graph.nodes)
        self._above = {below: node for node, below in self.placing.stacked.items()}
        if len(drawn) < len(order):
            diagram.captions.append(
                f"{len(drawn):,} of {len(order):,} values, those nearest the {'marks' if around else 'result'}"
            )
        self.numbers: dict[Value, int] = {}
        self.chips: dict[Use, int] = {}
        """The number of the chip that stands for each use of a docked leaf."""
        self.arrows: dict[Use, str] = {}
        """The name of the arrow for each other use."""
        self._cards: dict[Value, list[int]] = {}
        if repeats:
            diagram.captions.append(repeats.caption)
        diagram.ordered = compact
        if local_derivatives:
            diagram.captions.append(LOCAL)
        for node in order:
            if node in drawn:
                self._place(node)

    def _place(self, node: Value) -> None:
        """Draw a value where it stands: by itself, or on a card with its chips."""
        placing = self.placing
        if placing.is_in_formula(node) or placing.is_docked(node) or node in placing.folded:
            return
        if not node.operands or not placing.is_compact:
            self._draw(node)
            return
        card = self._cards[node] = self._cards.get(placing.stacked.get(node, node), [])
        if not card:
            self.diagram.cards.append(card)
        card += [self._draw_chip(node, *chip) for chip in placing.shown_chips_of(node).items()]
        self._draw(node)
        card.append(self.numbers[node])

    def _draw_chip(self, node: Value, leaf: Value, uses: Sequence[Use]) -> int:
        """Draw a leaf that is docked to `node`."""
        kind = role(leaf)
        rows = [*self._leaf_rows(leaf, kind), *self._local_rows(node, uses)]
        marked = leaf in self.marked or not self.marked_arrows.isdisjoint(uses)
        pill = f"∂ {' '.join(self._derivatives(node, uses[:1]))}" * self.diagram.fitted
        own = self.diagram.add(Box(rows, kind, self._tooltip(leaf, kind), "chip", marked=marked, pill=pill))
        if self.numbers.setdefault(leaf, own) != own and REPEATED not in self.diagram.captions:
            self.diagram.captions.append(REPEATED)
        self.chips |= dict.fromkeys(uses, own)
        return own

    def _draw(self, node: Value) -> None:
        uses = self.placing.uses_of(node)
        missing = sum(not self._has_place(user, position) for user, position in uses)
        kind = role(node, self.roots)
        rows = self._rows(node, kind)
        if (above := self._above.get(node)) is not None:
            rows += self._local_rows(
                above, [use for use in self.placing.uses_of(above) if use[0].operands[use[1]] is node]
            )
        if missing:
            rows.append(f"… {missing} of {len(uses)} operands not drawn")
        marked = not self.marked.isdisjoint(self.placing.run_of(node))
        box = Box(rows, kind, self._tooltip(node, kind), marked=marked)
        self.numbers[node] = own = self.diagram.add(box)
        if node.operands:
            self._draw_operands(node, own)

    def _leaf_rows(self, leaf: Value, kind: str) -> list[Row]:
        """The name and the numbers of a leaf that is docked."""
        return [Cell("data", number(leaf.data), self.namer.heading(leaf)), *self._numbers(leaf, kind)[1:]]

    def _rows(self, node: Value, kind: str) -> list[Row]:
        """The heading and the numbers of a value's box."""
        return [*self._wrapped(self._heading(node)), *self._numbers(node, kind)]

    def _has_place(self, user: Value, position: int) -> bool:
        operand = user.operands[position]
        return self.placing.is_in_formula(operand) or (user, position) in self.chips or operand in self.numbers

    def _heading(self, node: Value) -> str:
        """The first line of its box; of a run, its name and how many operations it stands for."""
        run = self.placing.run_of(node)
        if len(run) == 1:
            return self.namer.heading(node)
        if period := self.placing.periods.get(node):
            folded = f"({', '.join(map(self._step, run[:period]))}) × {len(run) // period}"
        else:
            folded = f"sum of {len(run) + 1}" if node.op in SUMS else f"{typography.symbol_of(node.op)} × {len(run)}"
        return f"{self.namer.name(node)} = {folded}"

    def _step(self, node: Value) -> str:
        """An operation of a run on its own: w·…."""
        before = self.placing.before(node)
        return typography.write(
            node.op, [("…", ATOM) if operand is before else self.namer.written(operand) for operand in node.operands]
        )

    def _wrapped(self, heading: str) -> list[str]:
        """The lines of a heading: on a card as few as are no longer than those of its numbers, of like lengths."""
        most = self._line_width
        if not self.placing.is_compact or len(heading) <= most:
            return [heading] * bool(heading)
        wraps = [
            textwrap.wrap(shorten(heading, 3 * most), width, break_long_words=False)
            for width in range(most, most // 2, -1)
        ]
        return min(reversed(wraps), key=len)  # of those with the fewest lines, the narrowest

    def _local_rows(self, node: Value, uses: Sequence[Use]) -> list[Row]:
        """The row of ∂node/∂operand in the box of the operand."""
        local = self._local(node, uses)
        return [Cell("∂", local)] if local else []

    def _local(self, node: Value, uses: Sequence[Use]) -> str:
        """∂node/∂operand, for one or several uses of an operand; "" where it is not asked for."""
        texts = [self.notes[use] for use in uses if use in self.notes]
        if self.local_derivatives and not texts:
            texts = self._derivatives(node, uses)
        return " + ".join(texts)

    def _derivatives(self, node: Value, uses: Sequence[Use]) -> list[str]:
        """∂node/∂operand for each of a few uses of an operand, or the sum over many."""
        along = self._along(node)
        known = [(known_derivatives(user)[position], along[user]) for user, position in uses]
        products = [local * rest for local, rest in known if local is not None and rest is not None]
        return list(map(number, products if len(products) <= MOST_ADDED else [sum(products)]))

    def _along(self, node: Value) -> dict[Value, float | None]:
        """The derivative of `node` by each value of the run that is folded into it: by itself it is 1."""
        run = self.placing.run_of(node)
        along: dict[Value, float | None] = {node: 1.0}
        for before, after in pairwise(reversed(run)):
            local, rest = known_derivatives(before)[before.operands.index(after)], along[before]
            along[after] = None if local is None or rest is None else local * rest
        return along

    def _numbers(self, node: Value, kind: str) -> list[Row]:
        """The rows of a value's numbers."""
        return [Cell("data", number(node.data)), *([] if kind == "constant" else [Cell("grad", gradient(node))])]

    def _label(self, node: Value, position: int) -> str:
        """The text beside the arrow from an operand."""
        return ""

    def _draw_operands(self, node: Value, own: int) -> None:
        """The arrows into a box, by way of the circle of its operation or of the products of a weighted sum."""
        head = own
        if self.op_nodes:
            head = self.diagram.add(Box([typography.symbol_of(node.op)], "operation", node.op.name, "circle"))
            self.diagram.arrows.append(Arrow(head, own, f"o{own}"))
        pairs = len(node.operands) // 2 if self.expand and node.op is ops.weighted_sum else 0
        products = {
            position: self._draw_product(node, position, pairs, head)
            for position in range(pairs)  # but not where neither factor is drawn
            if node.operands[position] in self.numbers or node.operands[position + pairs] in self.numbers
        }
        for index, (user, position) in enumerate(self.placing.uses_of(node)):
            operand = user.operands[position]
            is_above = self.placing.stacked.get(node) is operand  # on the same card: it needs no arrow
            if operand not in self.numbers or (user, position) in self.chips or is_above:
                continue
            target = products[position % pairs] if position < 2 * pairs else head
            tooltip = self._arrow_tooltip(user, operand, known_derivatives(user)[position])
            marked = (user, position) in self.marked_arrows
            label, name = self._label(user, position), f"e{own}_{index}"
            local = self._local(node, [(user, position)])
            pill = local and f"∂ {local}"
            arrow = Arrow(self.numbers[operand], target, name, tooltip, label, pill, marked=marked)
            self.diagram.arrows.append(arrow)
            self.arrows[user, position] = name

    def _arrow_tooltip(self, node: Value, operand: Value, derivative: float | None) -> str:
        text = f"{self.namer.name(operand)} → {self.namer.name(node)}"
        if derivative is None:
            return text
        above, below = (in_brackets(self.namer.written(value)) for value in (node, operand))
        return f"{text}\n∂{above}/∂{below} = {derivative!r}"

    def _draw_product(self, node: Value, position: int, pairs: int, head: int) -> int:
        w, x = node.operands[position], node.operands[position + pairs]
        names = self.namer.operands(node)
        text = typography.write(ops.multiply, [names[position], names[position + pairs]])
        product = w.data * x.data
        rows: list[Row] = [text, Cell("data", number(product)), Cell("grad", gradient(node))]
        own = self.diagram.add(Box(rows, "operation", f"{text}\ndata {product!r}\npart of {self.namer.heading(node)}"))
        self.diagram.arrows.append(Arrow(own, head, f"p{own}"))
        return own

    def _tooltip(self, node: Value, kind: str) -> str:
        grad = gradient(node)
        heading = self.namer.heading(node)
        lines = [
            heading,
            node.label * (node.label not in heading),
            self.namer.namesake(node),
            kind if not node.operands else node.op.name,
            f"data {node.data!r}",
        ]
        if kind != "constant":
            lines.append("no gradient yet" if grad == "—" else f"grad {float(node.grad)!r}")
        if node.source:
            lines.append(f"made at {node.source}")
        return "\n".join(line for line in lines if line)
