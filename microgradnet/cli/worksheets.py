"""`microgradnet worksheet` and `grade`: graphs with blanks to fill in, and the answers marked."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from microgradnet._shared.text import suggestion
from microgradnet.cli.arguments import Add, at_least_one, from_zero
from microgradnet.cli.graph_argument import GraphArgument, graph_argument, takes_a_graph
from microgradnet.errors import DomainError
from microgradnet.teach.examples import EXAMPLES
from microgradnet.value import Value

if TYPE_CHECKING:
    from microgradnet.teach.worksheets import Worksheet

OWN = "as given"  # in the name of a sheet whose numbers are those of its graph
MOST_COPIES = 200


def add_commands(add: Add) -> None:
    """Add the commands with their arguments."""
    sheets = add("worksheet", "write worksheets of a graph, with blanks to fill in, and their answer keys", _worksheet)
    takes_a_graph(sheets)
    sheets.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="where the files go")
    sheets.add_argument(
        "--hide", type=_hidden, default=["grads"], metavar="WHAT", help="grads, values, local derivatives (grads)"
    )
    sheets.add_argument("--copies", type=_copies, default=1, metavar="N", help="how many, all with other numbers (1)")
    sheets.add_argument("--seed", type=from_zero, metavar="N", help="draw friendly numbers; else those of the graph")
    sheets.add_argument("--force", action="store_true", help="write over sheets that are there")
    sheets.add_argument("--paper", choices=("A4", "Letter"), default="A4", help="what they are printed on (A4)")

    grading = add("grade", "mark filled-in worksheets, and say which mistake is behind each wrong number", _grade)
    grading.add_argument("answers", nargs="+", type=Path, metavar="ANSWERS", help="tables of answers, .csv or .json")
    grading.add_argument(
        "--of", dest="graph", type=graph_argument, metavar="FILE.py:VARIABLE", help="the graph, if it is no example"
    )


def _copies(text: str) -> int:
    if at_least_one(text) > MOST_COPIES:
        raise argparse.ArgumentTypeError(f"at most {MOST_COPIES} at a time, got {text}")
    return int(text)


def _hidden(text: str) -> list[str]:
    from microgradnet.teach.worksheets.blanks import KINDS

    parts = [" ".join(part.replace("-", " ").split()) for part in text.split(",")]
    for part in parts:
        if part not in KINDS:
            raise argparse.ArgumentTypeError(f"cannot hide {part!r}: {suggestion(part, KINDS)}")
    return parts


def _worksheet(options: argparse.Namespace) -> int:
    """Write worksheets, each with other numbers: all to print, all keys, and for each a picture, a page and a table."""
    from microgradnet.teach.worksheets.pages import PrintedPage

    out: Path = options.output
    out.mkdir(parents=True, exist_ok=True)
    if (there := sorted(out.glob("answers-*.csv"))) and not options.force:
        raise ValueError(f"{there[0]} is there already, perhaps with answers: name another folder, or --force")
    loss = options.graph()
    different: dict[str, Worksheet] = {}
    for seed in _seeds(options.seed, options.copies):
        sheet = _sheet(loss, options.graph, options.hide, seed)
        different.setdefault(sheet.fingerprint, sheet)
        if len(different) == options.copies:
            break
    sheets = list(different.values())
    digits = len(str(len(sheets)))
    written = [
        PrintedPage(sheets, options.paper, with_answers=False).save(out / "sheets.html"),
        PrintedPage(sheets, options.paper, with_answers=True).save(out / "keys.html"),
    ]
    for number, sheet in enumerate(sheets, start=1):
        name = f"{number:0{digits}}"
        written += [
            sheet.picture().save(out / f"sheet-{name}.svg"),
            sheet.page().save(out / f"page-{name}.html"),
            sheet.save_answers(out / f"answers-{name}.csv"),
        ]
    print(f"{len(sheets)} worksheets of {len(sheets[0].blanks)} blanks each: {out}")
    print(*written[:5], *["…"] * (len(written) > 5))
    if len(sheets) < options.copies:
        print(f"microgradnet: there are no {options.copies} different ones of this graph", file=sys.stderr)
        return 1
    return 0


def _seeds(seed: int | None, copies: int) -> Iterator[str]:
    """What the numbers of the sheets are drawn from; more than there are copies, as some may come out the same."""
    if seed is None and copies == 1:
        yield OWN
    else:
        yield from (f"{seed or 0}-{copy}" for copy in range(1, 4 * copies + 1))


def _sheet(loss: Value, graph: GraphArgument, hide: list[str], seed: str) -> "Worksheet":
    """The sheet of a graph; its name says how to make it again, and which numbers it then has to have."""
    from microgradnet.teach.worksheets import worksheet

    sheet = worksheet(loss, hide, seed=None if seed == OWN else seed, title=graph.title)
    sheet.name = f"{graph.source}/{','.join(hide)}/{seed}/{sheet.fingerprint}"
    return sheet


def _grade(options: argparse.Namespace) -> int:
    """Mark tables of answers, each by the sheet that it names; one that cannot be marked does not stop the others."""
    from microgradnet.teach.worksheets import grade

    code = 0
    for path in options.answers:
        try:
            marks = grade(_sheet_of(path, options.graph), path)
        except (ValueError, OSError, DomainError) as error:
            print(f"microgradnet: {error}", file=sys.stderr)
            code = 1
        else:
            print(f"{path}\n{marks}", end="\n\n")
    return code


def _sheet_of(path: Path, graph: GraphArgument | None) -> "Worksheet":
    """The sheet that a table is of, made anew from its name.

    A program named in a table is not run: whoever marks says which it is.
    """
    from microgradnet.teach.worksheets.answers import read_answers

    names = {answer.sheet for answer in read_answers(path)}
    try:
        (name,) = names
        source, hide, seed, _ = name.rsplit("/", 3)
    except ValueError:
        what = "its column 'sheet' is to be left as it was"
        raise ValueError(f"{path} does not say which worksheet it is of: {what}") from None
    if graph and Path(graph.source).name != Path(source).name:
        raise ValueError(f"{path} is of the graph {source!r}, not of {graph.source!r}")
    if graph is None and source not in EXAMPLES:
        raise ValueError(f"{path} is of the graph {source!r}: say where that is, with --of FILE.py:VARIABLE")
    graph = (graph or graph_argument(source))._replace(source=source)
    sheet = _sheet(graph(), graph, hide.split(","), seed)
    if sheet.name != name:
        raise ValueError(
            f"{path} is of a sheet with other numbers than {source} has now: was the program changed, or does it draw "
            "its numbers anew? Give it a seed, or write the sheets with --seed"
        )
    return sheet
