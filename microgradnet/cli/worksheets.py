"""`microgradnet worksheet`, `grade`, `story` and `class`: graphs with blanks to fill in, and answers marked."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from microgradnet._shared.files import write_atomically
from microgradnet._shared.text import counted, one_line
from microgradnet.cli.arguments import (
    Add,
    at_least_one,
    from_zero,
    item_of,
    listening,
    make_folder,
    open_privately,
    opened,
    say,
    shown,
    takes_output,
)
from microgradnet.cli.graph_argument import file_stem, graph_argument, takes_a_graph
from microgradnet.errors import DomainError
from microgradnet.teach.examples import EXAMPLES
from microgradnet.teach.examples.example import Example
from microgradnet.value import Value

if TYPE_CHECKING:
    from microgradnet.teach.worksheets import Worksheet

OWN = "as given"  # in the name of a sheet that has the numbers of its graph
MOST_COPIES = 200


def add_commands(add: Add) -> None:
    """Add the commands with their arguments."""
    sheets = add("worksheet", "write worksheets of a graph, with blanks to fill in, and their answer keys", _worksheet)
    takes_a_graph(sheets)
    takes_output(sheets, "DIR", "the folder for the files (NAME-worksheets)")
    sheets.add_argument(
        "--hide", type=_hidden, default=["grads"], metavar="WHAT", help="some of grads,values,local derivatives (grads)"
    )
    sheets.add_argument("--copies", type=_copies, default=1, metavar="N", help="how many, each with other numbers (1)")
    sheets.add_argument("--seed", type=from_zero, metavar="N", help="seed to draw short numbers with (the graph's own)")
    sheets.add_argument("--force", action="store_true", help="overwrite existing sheets")
    sheets.add_argument("--paper", choices=("A4", "Letter"), default="A4", help="the paper to print on (A4)")

    grading = add("grade", "mark filled-in worksheets, and diagnose wrong answers", _grade)
    grading.add_argument("answers", nargs="+", type=Path, metavar="ANSWERS", help="tables of answers, .csv or .json")
    grading.add_argument(
        "--of", dest="graph", type=graph_argument, metavar="FILE.py:VARIABLE", help="the graph, unless it is an example"
    )

    telling = add("story", "write the lesson as a page that asks for each number before it shows it", _story)
    telling.add_argument("names", nargs="*", metavar="NAME", help="worked examples, as chapters (all of them)")
    takes_output(telling, "FILE", "a .html file (story.html)")

    teaching = add("class", "give a class a worksheet, and count its answers and misconceptions as they come", _class)
    takes_a_graph(teaching)
    teaching.add_argument("--hide", type=_hidden, default=["grads"], metavar="WHAT", help="as for worksheet (grads)")
    teaching.add_argument("--keep", type=Path, metavar="FILE", help="the file that keeps answers (NAME-class.sqlite)")
    teaching.add_argument("--port", type=from_zero, default=0, metavar="N", help="its port (the last one, or any)")
    teaching.add_argument("--network", action="store_true", help="serve the local network, not this machine alone")
    teaching.add_argument("--no-open", action="store_true", help="open no browser")
    teaching.epilog = "Nothing leaves this machine. With the same FILE, a class goes on where it was."


def _copies(text: str) -> int:
    if at_least_one(text) > MOST_COPIES:
        raise argparse.ArgumentTypeError(f"at most {MOST_COPIES} at a time, got {text}")
    return int(text)


def _hidden(text: str) -> list[str]:
    from microgradnet.teach.worksheets.blanks import KINDS

    kinds = [" ".join(kind.replace("-", " ").split()) for kind in text.split(",")]
    for kind in kinds:
        item_of(KINDS, "kind of number", kind)
    return kinds


def _story(options: argparse.Namespace) -> int:
    from microgradnet.teach.story import story

    written = story(*options.names).save(options.output or Path("story.html"))
    print(shown(written))
    return opened(written, options)


def _class(options: argparse.Namespace) -> int:
    from microgradnet.teach.classroom import Classroom, Store, is_served

    sheet = _sheet(options.graph.build(), options.graph, options.hide, OWN)
    store = Store(options.keep or Path(f"{file_stem(options.graph)}-class.sqlite"), sheet.name)
    if is_served(store):
        raise ValueError(
            f"the class in {store.path} is running already, at port {store.port}: end that one with Ctrl-C, or keep "
            "another class in another file, with --keep"
        )

    # the usual port is that of the last time, where learners' tabs are
    with listening(options.port, lambda port: Classroom(sheet, store, port, options.network), store.port) as classroom:
        store.keep_port(classroom.server_port)
        print(f"Learners: {classroom.address(store.learner)}")
        print(f"Your page: {classroom.address(store.teacher)}")
        if not options.network:
            print("They are on this machine; --network lets others in.")
        print(f"Answers are kept in {shown(store.path)}. Ctrl-C ends it.", flush=True)
        if not options.no_open:
            open_privately(classroom.address(store.teacher))
        classroom.serve_forever()
    return 0


def _worksheet(options: argparse.Namespace) -> int:
    """Write worksheets: all sheets in one page, all keys in another, and a picture, a page and a table of each."""
    from microgradnet.teach.worksheets.printed_page import PrintedPage

    out: Path = options.output or Path(f"{file_stem(options.graph)}-worksheets")
    if (existing := sorted(out.glob("answers-*.csv"))) and not options.force:
        raise ValueError(f"{existing[0]} is there already, perhaps with answers: name another folder, or --force")
    sheets = _different_sheets(options)
    digits = len(str(len(sheets)))
    pages = {
        "sheets.html": PrintedPage(sheets, options.paper, with_answers=False).html,
        "keys.html": PrintedPage(sheets, options.paper, with_answers=True).html,
    }
    make_folder(out, "--output")
    written = [write_atomically(out / name, page) for name, page in pages.items()]
    for number, sheet in enumerate(sheets, start=1):
        name = f"{number:0{digits}}"
        written += [
            sheet.picture().save(out / f"sheet-{name}.svg"),
            sheet.page().save(out / f"page-{name}.html"),
            sheet.save_answers(out / f"answers-{name}.csv"),
        ]
    blanks = counted(len(sheets[0].blanks), "blank")
    print(f"{counted(len(sheets), 'worksheet')} of {blanks}{' each' if len(sheets) > 1 else ''}: {shown(out)}")
    print(*map(shown, written[:5]), *["…"] * (len(written) > 5))
    code = opened(written[0], options)
    if len(sheets) < options.copies:
        say(f"this graph has only {len(sheets)} different ones, not {options.copies}")
        return 1
    return code


def _different_sheets(options: argparse.Namespace) -> "list[Worksheet]":
    """As many sheets as are asked for, or as can be drawn in four times as many attempts."""
    loss = options.graph.build()
    if options.seed is None and options.copies == 1:
        return [_sheet(loss, options.graph, options.hide, OWN)]
    different: dict[str, Worksheet] = {}
    for copy in range(1, 4 * options.copies + 1):
        sheet = _sheet(loss, options.graph, options.hide, f"{options.seed or 0}-{copy}")
        different.setdefault(sheet.fingerprint, sheet)
        if len(different) == options.copies:
            break
    return list(different.values())


def _sheet(loss: Value, graph: Example, hide: list[str], seed: str) -> "Worksheet":
    """The sheet of a graph; its name tells how to make it again, and has the fingerprint of its numbers."""
    from microgradnet.teach.worksheets import worksheet

    sheet = worksheet(loss, hide, seed=None if seed == OWN else seed, title=graph.title)
    sheet.name = f"{one_line(graph.name)}/{','.join(hide)}/{seed}/{sheet.fingerprint}"
    return sheet


def _grade(options: argparse.Namespace) -> int:
    """Mark tables of answers, each by the sheet that it names; a table that cannot be marked does not stop the rest."""
    from microgradnet.teach.worksheets import grade

    code = 0
    for path in options.answers:
        try:
            marks = grade(_sheet_of(path, options.graph), path)
        except (ValueError, OSError, DomainError) as error:
            say(error)
            code = 1
        else:
            print(f"{shown(path)}\n{marks}", end="\n\n")
    return code


def _sheet_of(path: Path, graph: Example | None) -> "Worksheet":
    """The sheet of a table, made again from its name.

    A program named in a table is not run: the teacher names it with --of.
    """
    from microgradnet.teach.worksheets.answers import read_answers

    names, file = {one_line(answer.sheet) for answer in read_answers(path)}, shown(path)
    try:
        (name,) = names
        source, hide, seed, _ = name.rsplit("/", 3)
    except ValueError:
        raise ValueError(
            f"{file} does not say which worksheet it is of: its column 'sheet' must stay as `microgradnet worksheet` "
            "wrote it"
        ) from None
    if graph and Path(one_line(graph.name)).name != Path(source).name:
        raise ValueError(f"{file} is of the graph {source!r}, not of {graph.name!r}")
    if graph is None and source not in EXAMPLES:
        raise ValueError(f"{file} is of the graph {source!r}: say where that is, with --of FILE.py:VARIABLE")
    graph = (graph or EXAMPLES[source])._replace(name=source)
    sheet = _sheet(graph.build(), graph, hide.split(","), seed)
    if sheet.name != name:
        raise ValueError(
            f"{file} is of a sheet with other numbers than {source} has now: was the program changed, or does it draw "
            "its numbers anew? Give it a seed, or write the sheets with --seed"
        )
    return sheet
