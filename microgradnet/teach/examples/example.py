"""`Example`: a worked example of the lesson, and the table of its numbers."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from microgradnet.backward import NoGradient
from microgradnet.drawing import Picture, draw
from microgradnet.graph import Graph
from microgradnet.notation.names import Namer
from microgradnet.ops import CONSTANT
from microgradnet.value import Value

if TYPE_CHECKING:
    from microgradnet.drawing.figure import Figure


class Row(NamedTuple):
    """A line of the table: a value, and what the lesson's notes print for it.

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
        """Whether the value, rounded to as many decimals as the notes print, is the figure they print."""
        decimals = len(self.printed.partition(".")[2])
        return f"{self.value:.{decimals}f}" == self.printed


def no_more() -> str:
    """The report of an example that its table says all of."""
    return ""


class Example(NamedTuple):
    """A worked example.

    Attributes:
        name: what the command line calls it.
        title: what it is about, in a few words.
        build: computes it: the result, after its backward pass.
        printed: the figures that the lesson's notes print, by the symbol of their value.
        report: computes what there is to say beside the table.
        pictures: draws what there is to see beside the graph; each by the end of its file's name.
        view: how the graph itself is drawn, None for what fits.
        direction: the way its arrows run: down where the graph is too long to be read at the width of a page.
    """

    name: str
    title: str
    build: Callable[[], Value]
    printed: Mapping[str, str] = {}
    report: Callable[[], str] = no_more
    pictures: Callable[[], Mapping[str, "Picture | Figure"]] = dict
    view: str | None = None
    direction: str = "LR"

    def rows(self) -> list[Row]:
        """The labelled values in the order they were computed, inputs first."""
        return table_of(self.build(), self.printed)

    def draw(self) -> Picture:
        """The computation graph."""
        return draw(self.build(), self.view, direction=self.direction, title=self.title)


def table_of(root: Value, printed: Mapping[str, str] | None = None) -> list[Row]:
    """The table of every value below `root` that has a label: leaves first, in the order in which they are used.

    >>> x = Value(3.0, "x"); y = x * x; y.label = "y"
    >>> table_of(y)[1]
    Row(symbol='y', expression='x·x', value=9.0, gradient=None, printed='')
    """
    graph = Graph(root)
    namer, figures = Namer(order=graph.nodes), printed or {}
    used = dict.fromkeys(operand for node in graph.computed for operand in node.operands) | {root: None}
    labelled = [node for node in used if node.label and node.op is not CONSTANT]
    return [
        Row(
            namer.name(node),
            namer.expression(node),
            node.data,
            None if isinstance(node.grad, NoGradient) else node.grad,
            figures.get(namer.name(node), ""),
        )
        for node in sorted(labelled, key=lambda node: bool(node.operands))
    ]


def format_table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows of text under a heading, in columns that are as wide as they have to be.

    >>> print(format_table(["a", "b"], [["one", "2"]]))
    a    b
    ───  ─
    one  2
    """
    widths = [max(map(len, column)) for column in zip(heading, *rows, strict=True)]
    lines = [heading, ["─" * width for width in widths], *rows]
    padded = ("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)
    return "\n".join(line.rstrip() for line in padded)


def format_rows(rows: Sequence[Row]) -> str:
    """The table of an example, with a column for the notes' figures if they print any."""
    with_notes = any(row.printed for row in rows)
    heading = ["symbol", "expression", "value", "gradient", *(["the notes print", ""] if with_notes else [])]
    lines = []
    for row in rows:
        line = [row.symbol, row.expression or "given", f"{row.value:.6g}"]
        line.append("—" if row.gradient is None else f"{row.gradient:.6g}")
        if with_notes:
            verdict = "agrees" if row.agrees else "DISAGREES"
            line += [row.printed, verdict if row.printed else ""]
        lines.append(line)
    return format_table(heading, lines)
