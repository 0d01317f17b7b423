"""The view that shows every operation: a box for each value, an arrow for each use of it."""

import textwrap
from collections.abc import Collection, Sequence
from itertools import islice
from typing import TypeAlias

from microgradnet import ops
from microgradnet._shared.text import shorten
from microgradnet._shared.walks import nearest
from microgradnet.chain_rule import local_derivatives
from microgradnet.drawing.box import Box, Row
from microgradnet.drawing.diagram import Arrow, Diagram
from microgradnet.drawing.placing import MOST_CHIPS, SUMS, Placing
from microgradnet.errors import DomainError
from microgradnet.graph import Graph
from microgradnet.notation import typography
from microgradnet.notation.names import Namer, gradient, in_brackets, number, role
from microgradnet.value import Value

LINE_WIDTH = 30  # characters of a card
REPEATED = "a parameter stands at each of its uses; its gradient is the sum over all"

Use: TypeAlias = tuple[Value, int]
"""A value and the position of one of its operands."""
Mark: TypeAlias = Value | Use


def _known_derivatives(value: Value) -> list[float | None]:
    """∂value/∂operand for each operand; None for a constant, and where it does not exist at this point."""
    try:
        known: Sequence[float | None] = local_derivatives(value)
    except DomainError:
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
        mark: values to mark, and pairs of a value and the position of one of its operands.
        namer: names the values; by default one for those that are drawn.
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
        mark: Collection[Mark] = (),
        namer: Namer | None = None,
    ) -> None:
        roots, order = graph.roots, graph.nodes
        self.roots, self.op_nodes, self.expand, self.diagram = roots, op_nodes, expand, diagram
        self.marked_arrows = {item for item in mark if isinstance(item, tuple)}
        self.marked = {item[0] if isinstance(item, tuple) else item for item in mark}
        around = [node for node in reversed(order) if node in self.marked]
        drawn = set(order)
        self.placing = Placing(graph, drawn) if compact else None
        if len(order) - (len(self.placing.folded) if self.placing else 0) > most:
            drawn = nearest([*around, *roots], most)
            self.placing = Placing(graph, drawn) if compact else None
        self.namer = namer or Namer(drawn - (self.placing.folded.keys() if self.placing else set()), order=order)
        if len(drawn) < len(order):
            diagram.caption = (
                f"{len(drawn):,} of {len(order):,} values, those nearest the {'marks' if around else 'result'}"
            )
        self.numbers: dict[Value, int] = {}
        self.chips: dict[tuple[Value, int], int] = {}
        """The number of the chip that stands for each use of a docked leaf."""
        self._cards: dict[Value, list[int]] = {}
        diagram.ordered = compact
        for node in order:
            if node in drawn:
                self._place(node)

    def _place(self, node: Value) -> None:
        """Draw a value where it stands: by itself, or on a card with its chips."""
        placing = self.placing
        if placing is None:
            return self._draw(node, [(node, position) for position in range(len(node.operands))])
        if placing.is_in_formula(node) or placing.is_docked(node) or node in placing.folded:
            return None
        if not node.operands:
            return self._draw(node, [])
        card = self._cards[node] = self._cards.get(placing.stacked.get(node, node), [])
        if not card:
            self.diagram.cards.append(card)
        chips = placing.chips_of(node)
        for leaf, uses in islice(chips.items(), MOST_CHIPS):
            number = self._draw_chip(leaf, uses)
            card.append(number)
        self._draw(node, placing.uses_of(node))
        card.append(self.numbers[node])
        return None

    def _draw_chip(self, leaf: Value, uses: Sequence[Use]) -> int:
        kind = role(leaf)
        name = self.namer.heading(leaf)
        rows: list[Row] = [(name, number(leaf.data)), *self._numbers(leaf, kind)[1:]]
        marked = leaf in self.marked or not self.marked_arrows.isdisjoint(uses)
        own = self.diagram.add(Box(rows, kind, self._tooltip(leaf, kind), "chip", marked=marked))
        if self.numbers.setdefault(leaf, own) != own and REPEATED not in self.diagram.caption:
            self.diagram.caption += f"\n{REPEATED}"
        self.chips |= dict.fromkeys(uses, own)
        return own

    def _draw(self, node: Value, uses: Sequence[Use]) -> None:
        missing = sum(not self._has_place(user, position) for user, position in uses)
        kind = role(node, self.roots)
        heading = self._heading(node)
        rows: list[Row] = [*self._wrapped(heading)]
        rows += self._numbers(node, kind)
        if missing:
            rows.append(f"… {missing} of {len(uses)} operands not drawn")
        marked = not self.marked.isdisjoint(self._run_of(node))
        box = Box(rows, kind, self._tooltip(node, kind), marked=marked)
        self.numbers[node] = own = self.diagram.add(box)
        if node.operands:
            self._draw_operands(node, own, uses)

    def _has_place(self, user: Value, position: int) -> bool:
        operand = user.operands[position]
        if self.placing and self.placing.is_in_formula(operand):
            return True
        return (user, position) in self.chips or operand in self.numbers

    def _heading(self, node: Value) -> str:
        """The first line of its box; of a run, how many operations it stands for."""
        run = self._run_of(node)
        if len(run) == 1:
            return self.namer.heading(node)
        folded = f"sum of {len(run) + 1}" if node.op in SUMS else f"{typography.symbol_of(node.op)} × {len(run)}"
        name = self.namer.name(node)
        return folded if name == self.namer.expression(node) else f"{name} = {folded}"

    def _wrapped(self, heading: str) -> list[str]:
        """The lines of a heading: of a card, lines no longer than those of its numbers."""
        if self.placing is None or len(heading) <= LINE_WIDTH:
            return [heading] * bool(heading)
        return textwrap.wrap(shorten(heading, 3 * LINE_WIDTH), LINE_WIDTH, break_long_words=False)

    def _run_of(self, node: Value) -> list[Value]:
        return self.placing.run_of(node) if self.placing else [node]

    def _numbers(self, node: Value, kind: str) -> list[Row]:
        """The rows of a value's numbers."""
        return [("data", number(node.data)), *([] if kind == "constant" else [("grad", gradient(node))])]

    def _label(self, node: Value, position: int) -> str:
        """The text beside the arrow from an operand."""
        return ""

    def _draw_operands(self, node: Value, own: int, uses: Sequence[Use]) -> None:
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
        derivatives = {user: _known_derivatives(user) for user, _ in uses}
        for index, (user, position) in enumerate(uses):
            operand = user.operands[position]
            if operand not in self.numbers or (user, position) in self.chips or self._is_below(node, operand):
                continue
            target = products[position % pairs] if position < 2 * pairs else head
            tooltip = self._arrow_tooltip(user, operand, derivatives[user][position])
            marked = (user, position) in self.marked_arrows
            label, name = self._label(user, position), f"e{own}_{index}"
            self.diagram.arrows.append(Arrow(self.numbers[operand], target, name, tooltip, label, marked=marked))

    def _is_below(self, node: Value, operand: Value) -> bool:
        """Whether a value stands on the card of its operand, directly below it: it needs no arrow."""
        return self.placing is not None and self.placing.stacked.get(node) is operand

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
        rows: list[Row] = [text, ("data", number(product)), ("grad", gradient(node))]
        own = self.diagram.add(Box(rows, "operation", f"{text}\ndata {product!r}\npart of {self.namer.heading(node)}"))
        self.diagram.arrows.append(Arrow(own, head, f"p{own}"))
        return own

    def _tooltip(self, node: Value, kind: str) -> str:
        grad = gradient(node)
        lines = [self.namer.heading(node), kind if not node.operands else node.op.name, f"data {node.data!r}"]
        if kind != "constant":
            lines.append("no gradient yet" if grad == "—" else f"grad {float(node.grad)!r}")
        if node.source:
            lines.append(f"made at {node.source}")
        return "\n".join(line for line in lines if line)
