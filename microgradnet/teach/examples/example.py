"""`Example`: a worked example of the lesson, and the table of its numbers."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from microgradnet._shared.terminal import format_table
from microgradnet.backward import NoGradient
from microgradnet.drawing import Picture, draw
from microgradnet.graph import Graph
from microgradnet.notation.names import Namer
from microgradnet.ops import CONSTANT
from microgradnet.value import Value

if TYPE_CHECKING:
    from microgradnet.drawing.figure import Figure


class Row(NamedTuple):
    """A line of the table: a value, and the figure that the lesson's notes print for it.

    Attributes:
        symbol: the value's label.
        expression: how it was computed; "" for a leaf.
        value: its number.
        gradient: d(result)/d(value), None before a backward pass.
        printed: the figure in the notes; "" if they print none.
    """

    symbol: str
    expression: str
    value: float
    gradient: float | None
    printed: str = ""

    @property
    def agrees(self) -> bool:
        """Whether the value, rounded to the decimals of the printed figure, equals it."""
        decimals = len(self.printed.partition(".")[2])
        return f"{self.value:.{decimals}f}" == self.printed


class Example(NamedTuple):
    """A worked example, or the graph of a user's program.

    Attributes:
        name: its name on the command line.
        title: a short description.
        build: computes the result and runs its backward pass.
        printed: the figures that the lesson's notes print, by the symbol of their value.
        report: the text after the table.
        pictures: further pictures, by the end of the file's name.
        view: the view of the graph, None for the most detailed that fits.
    """

    name: str
    title: str
    build: Callable[[], Value]
    printed: Mapping[str, str] = {}
    report: Callable[[], str] = str
    pictures: Callable[[], Mapping[str, "Picture | Figure"]] = dict
    view: str | None = None

    def rows(self) -> list[Row]:
        """The labelled values in the order of computing, inputs first."""
        return table_of(self.build(), self.printed)

    def draw(self) -> Picture:
        """The computation graph."""
        return draw(self.build(), self.view, title=self.title)


def table_of(root: Value, printed: Mapping[str, str] | None = None) -> list[Row]:
    """The table of every labelled value below `root`: leaves first, in the order in which they are used.

    >>> x = Value(3.0, "x"); y = x * x; y.label = "y"
    >>> table_of(y)[1]
    Row(symbol='y', expression='x·x', value=9.0, gradient=None, printed='')
    """
    graph = Graph(root)
    namer, figures = Namer(graph.nodes), printed or {}
    used = dict.fromkeys(operand for node in graph.computed for operand in node.operands) | {root: None}
    labelled = [node for node in used if node.label and node.op is not CONSTANT]
    rows = []
    for node in sorted(labelled, key=lambda node: bool(node.operands)):
        name, gradient = namer.name(node), None if isinstance(node.grad, NoGradient) else node.grad
        rows.append(Row(name, namer.expression(node), node.data, gradient, figures.get(name, "")))
    return rows


def format_rows(rows: Sequence[Row]) -> str:
    """The table of an example, with a column for the notes' figures if they print any."""
    heading, lines = ["symbol", "expression", "value", "gradient"], []
    with_notes = any(row.printed for row in rows)
    for row in rows:
        gradient = "—" if row.gradient is None else f"{row.gradient:.6g}"
        line = [row.symbol, row.expression or "given", f"{row.value:.6g}", gradient]
        if with_notes:
            line += [row.printed, ("agrees" if row.agrees else "DISAGREES") if row.printed else ""]
        lines.append(line)
    return format_table(heading + ["the notes print", ""] * with_notes, lines)
