"""The view that shows every operation: a box for each value, an arrow for each use of it."""

from collections.abc import Collection, Sequence
from typing import TypeAlias

from microgradnet import ops
from microgradnet._shared.walks import nearest
from microgradnet.chain_rule import local_derivatives
from microgradnet.drawing.diagram import Arrow, Box, Diagram, Row
from microgradnet.errors import DomainError
from microgradnet.graph import Graph
from microgradnet.notation import typography
from microgradnet.notation.names import Namer, gradient, in_brackets, number, role
from microgradnet.value import Value

Mark: TypeAlias = Value | tuple[Value, int]


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
        op_nodes: draw each operation as a circle of its own, before the box of its result.
        expand: draw the products of a weighted sum as boxes of their own.
        diagram: what is drawn into.
        mark: values to mark, and pairs of a value and the position of one of its operands.
        namer: names the values; by default one for those that are drawn.
    """

    def __init__(
        self,
        graph: Graph,
        most: int,
        op_nodes: bool,
        expand: bool,
        diagram: Diagram,
        mark: Collection[Mark] = (),
        namer: Namer | None = None,
    ) -> None:
        roots, order = graph.roots, graph.nodes
        self.roots, self.op_nodes, self.expand, self.diagram = roots, op_nodes, expand, diagram
        self.marked_arrows = {item for item in mark if isinstance(item, tuple)}
        self.marked = {item[0] if isinstance(item, tuple) else item for item in mark}
        around = [node for node in reversed(order) if node in self.marked]
        drawn = nearest([*around, *roots], most) if len(order) > most else set(order)
        self.namer = namer or Namer(drawn, order=order)
        if len(drawn) < len(order):
            diagram.caption = (
                f"{len(drawn):,} of {len(order):,} values, those nearest the {'marks' if around else 'result'}"
            )
        self.numbers: dict[Value, int] = {}
        for node in order:
            if node in drawn:
                self._draw(node)

    def _draw(self, node: Value) -> None:
        missing = sum(operand not in self.numbers for operand in node.operands)
        kind = role(node, self.roots)
        heading = self.namer.heading(node)
        rows: list[Row] = [heading] if heading else []
        rows += self._numbers(node, kind)
        if missing:
            rows.append(f"… {missing} of {len(node.operands)} operands not drawn")
        box = Box(rows, kind, self._tooltip(node, kind), marked=node in self.marked)
        self.numbers[node] = own = self.diagram.add(box)
        if node.operands:
            self._draw_operands(node, own)

    def _numbers(self, node: Value, kind: str) -> list[Row]:
        """The rows of a value's numbers."""
        return [("data", number(node.data)), *([] if kind == "constant" else [("grad", gradient(node))])]

    def _label(self, node: Value, position: int) -> str:
        """The text beside the arrow from an operand."""
        return ""

    def _draw_operands(self, node: Value, own: int) -> None:
        """The arrows into a box, by way of the circle of its operation or of the products of a weighted sum."""
        head = own
        if self.op_nodes:
            head = self.diagram.add(Box([typography.symbol_of(node.op)], "operation", node.op.name, "circle"))
            self.diagram.arrows.append(Arrow(head, own, f"o{own}"))
        derivatives = _known_derivatives(node)
        pairs = len(node.operands) // 2 if self.expand and node.op is ops.weighted_sum else 0
        products = {
            position: self._draw_product(node, position, pairs, head)
            for position in range(pairs)  # but not where neither factor is drawn
            if node.operands[position] in self.numbers or node.operands[position + pairs] in self.numbers
        }
        for position, (operand, derivative) in enumerate(zip(node.operands, derivatives, strict=True)):
            if operand not in self.numbers:
                continue
            target = products[position % pairs] if position < 2 * pairs else head
            tooltip = self._arrow_tooltip(node, operand, derivative)
            marked = (node, position) in self.marked_arrows
            label, name = self._label(node, position), f"e{own}_{position}"
            self.diagram.arrows.append(Arrow(self.numbers[operand], target, name, tooltip, label, marked=marked))

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
