"""What `microgradnet worksheet`, `grade` and `misconception` do."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from microgradnet.cli.parser import Result, result
from microgradnet.errors import DomainError
from microgradnet.teach.examples import EXAMPLES
from microgradnet.teach.misconceptions import MISCONCEPTIONS, example, run
from microgradnet.teach.worksheets import Worksheet, grade, worksheet
from microgradnet.teach.worksheets.answers import read_answers
from microgradnet.teach.worksheets.pages import PrintedPage
from microgradnet.value import Value

OWN = "as given"  # in the name of a sheet whose numbers are those of its graph
MOST_COPIES = 200


def write_worksheets(options: argparse.Namespace) -> int:
    """Write worksheets, each with other numbers: all to print, all keys, and for each a picture, a page and a table."""
    out: Path = options.output
    out.mkdir(parents=True, exist_ok=True)
    if (there := sorted(out.glob("answers-*.csv"))) and not options.force:
        raise ValueError(f"{there[0]} is there already, perhaps with answers: name another folder, or --force")
    loss, drawn = options.builds(), dict[str, Worksheet]()
    for seed in _seeds(options.seed, options.copies):
        sheet = _sheet(loss, options.builds, options.hide, seed)
        drawn.setdefault(sheet.fingerprint, sheet)
        if len(drawn) == options.copies:
            break
    found = list(drawn.values())
    digits = len(str(len(found)))
    written = [
        PrintedPage(found, options.paper, with_answers=False).save(out / "sheets.html"),
        PrintedPage(found, options.paper, with_answers=True).save(out / "keys.html"),
    ]
    for number, sheet in enumerate(found, start=1):
        name = f"{number:0{digits}}"
        written += [
            sheet.picture().save(out / f"sheet-{name}.svg"),
            sheet.page().save(out / f"page-{name}.html"),
            sheet.save_answers(out / f"answers-{name}.csv"),
        ]
    print(f"{len(found)} worksheets of {len(found[0].blanks)} blanks each: {out}")
    print(*written[:5], *["…"] * (len(written) > 5))
    if len(found) < options.copies:
        print(f"microgradnet: there are no {options.copies} different ones of this graph", file=sys.stderr)
        return 1
    return 0


def _seeds(seed: int | None, copies: int) -> Iterator[str]:
    """What the numbers of the sheets are drawn from; more than there are copies, as some may come out the same."""
    if seed is None and copies == 1:
        yield OWN
    else:
        yield from (f"{seed or 0}-{copy}" for copy in range(1, 4 * copies + 1))


def _sheet(loss: Value, source: Result, hide: list[str], seed: str) -> Worksheet:
    """The sheet of a graph; its name says how to make it again, and which numbers it then has to have."""
    sheet = worksheet(loss, hide, seed=None if seed == OWN else seed, title=source.title)
    sheet.name = f"{source.source}/{','.join(hide)}/{seed}/{sheet.fingerprint}"
    return sheet


def mark_answers(options: argparse.Namespace) -> int:
    """Mark tables of answers, each by the sheet that it names; one that cannot be marked does not stop the others."""
    code = 0
    for path in options.answers:
        try:
            marks = grade(_sheet_of(path, options.builds), path)
        except (ValueError, OSError, DomainError) as error:
            print(f"microgradnet: {error}", file=sys.stderr)
            code = 1
        else:
            print(f"{path}\n{marks}", end="\n\n")
    return code


def _sheet_of(path: Path, builds: Result | None) -> Worksheet:
    """The sheet that a table is of, made anew from its name.

    A program named in a table is not run: whoever marks says which it is.
    """
    names = {answer.sheet for answer in read_answers(path)}
    try:
        (name,) = names
        source, hide, seed, _ = name.rsplit("/", 3)
    except ValueError:
        what = "its column 'sheet' is to be left as it was"
        raise ValueError(f"{path} does not say which worksheet it is of: {what}") from None
    if builds and Path(builds.source).name != Path(source).name:
        raise ValueError(f"{path} is of the graph {source!r}, not of {builds.source!r}")
    if builds is None and source not in EXAMPLES:
        raise ValueError(f"{path} is of the graph {source!r}: say where that is, with --of FILE.py:VARIABLE")
    build = (builds or result(source))._replace(source=source)
    sheet = _sheet(build(), build, hide.split(","), seed)
    if sheet.name != name:
        raise ValueError(
            f"{path} is of a sheet with other numbers than {source} has now: was the program changed, or does it draw "
            "its numbers anew? Give it a seed, or write the sheets with --seed"
        )
    return sheet


def show_misconception(options: argparse.Namespace) -> int:
    """List the misconceptions; or show one: step by step in a terminal, whole in a pipe, or as a page."""
    if options.name is None:
        if options.output:
            raise ValueError("which misconception is the page to show? without -o they are listed")
        width = max(map(len, MISCONCEPTIONS))
        for row in MISCONCEPTIONS.values():
            print(f"{row.name:{width}}  {row.title}")
        return 0
    comparison = run((options.builds or example.build)(), options.name)
    if options.output:
        print(comparison.page().save(options.output))
    elif sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty():
        comparison.step_through()
    else:
        print(comparison)
    return 0
