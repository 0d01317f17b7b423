"""The view of what the two passes of a comparison can differ in: gradients and local derivatives, without data."""

from microgradnet import ops
from microgradnet.drawing.box import NO_BREAK, Cell, Row
from microgradnet.drawing.ops_view import OpsView
from microgradnet.notation.neurons import indexed
from microgradnet.value import Value

ROOM = 7  # characters of a gradient; the page condenses a longer one
EMPTY = "—".ljust(ROOM, NO_BREAK)
LONGEST = 17  # characters of a heading in whose line the gradient stands


class GradientsView(OpsView):
    """Values with their gradients, in as few and short lines as possible.

    A weighted sum is written with an index, Σᵢ w⁽¹⁾₁ᵢ·xᵢ + b⁽¹⁾₁, where its operands' names have one.
    """

    def _numbers(self, node: Value, kind: str) -> list[Row]:
        return [] if kind == "constant" else [Cell("grad", EMPTY)]

    def _leaf_rows(self, leaf: Value, kind: str) -> list[Row]:
        return [Cell("", self.namer.heading(leaf)), *self._numbers(leaf, kind)]

    def _rows(self, node: Value, kind: str) -> list[Row]:
        lines, numbers = self._wrapped(self._heading(node)), self._numbers(node, kind)
        heading = lines[0] if len(lines) == 1 else ""
        if heading and len(heading) <= ROOM:
            return [Cell("", heading), *numbers]
        if heading and len(heading) <= LONGEST and node not in self._above:
            return [Cell("grad", EMPTY, f"{heading} grad")]
        return [*lines, Cell("", ""), *numbers]

    def _heading(self, node: Value) -> str:
        heading, name = super()._heading(node), self.namer.name(node)
        if (
            node.op is not ops.weighted_sum
            or not heading.startswith(f"{name} = ")
            or node in self.placing.folded.values()
        ):
            return heading
        names = [name for name, _ in self.namer.operands(node)]
        half = len(names) // 2
        weight, operand = indexed(names[:half]), indexed(names[half : 2 * half])
        is_indexed = half > 1 and weight and operand
        return " + ".join([f"{name} = Σᵢ {weight}·{operand}", *names[2 * half :]]) if is_indexed else heading
