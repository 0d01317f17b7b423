"""`microgradnet run` and `list`: the lesson's worked examples, and the applications of the gallery."""

import argparse
import textwrap
from functools import partial
from pathlib import Path

from microgradnet._shared.terminal import LEAST_WIDTH, room
from microgradnet.cli.applications import run_application
from microgradnet.cli.arguments import Add, from_zero, item_of, make_folder, say, shown
from microgradnet.errors import ProviderError
from microgradnet.teach.applications import APPLICATIONS, QUICK, Entry
from microgradnet.teach.examples import EXAMPLES
from microgradnet.teach.examples.example import Example, format_rows

GALLERY = f"The gallery, each by its name: microgradnet run {' '.join(APPLICATIONS)}"


def add_commands(add: Add) -> None:
    """Add the commands with their arguments."""
    running = add("run", "compute examples and draw their graphs, or train an application of the gallery", _run)
    running.add_argument(
        "names", nargs="*", type=partial(item_of, {**EXAMPLES, **APPLICATIONS}, "example"), metavar="NAME",
        help="examples or applications, as `list` shows them; without one, all examples",
    )  # fmt: skip
    running.usage = "%(prog)s [NAME ...] [options]"  # else an error stands below seven lines of options
    running.add_argument("--graphs", type=Path, metavar="DIR", help="the folder for examples' pictures (graphs)")
    gallery = running.add_argument_group("applications")
    gallery.add_argument("--out", type=Path, metavar="DIR", help="the folder for the files (NAME)")
    of_all = f"{QUICK:.0%}% of training, test data and pictures, in a tenth of the time"
    gallery.add_argument("--quick", action="store_true", help=of_all)
    gallery.add_argument("--load", type=Path, metavar="FILE", help="a saved model, in place of training")
    gallery.add_argument("--seed", type=from_zero, metavar="N", help="seed of data, network and order (0)")
    gallery.add_argument("--quiet", action="store_true", help="show no progress")
    for entry in APPLICATIONS.values():
        for option in entry.options:
            gallery.add_argument(
                option.flag, type=option.kind, metavar=option.metavar, choices=option.choices or None,
                help=f"{entry.name}: {option.help}",
            )  # fmt: skip
    add("list", "list the examples and the applications", _list)


def _list(options: argparse.Namespace) -> int:
    examples = {example.name: example.title for example in EXAMPLES.values()}
    gallery = {entry.name: f"{entry.title} (about {entry.seconds} s)" for entry in APPLICATIONS.values()}
    width = max(map(len, [*examples, *gallery]))
    lines = [f"{name:{width}}  {text}" for name, text in examples.items()]
    lines += ["", "The gallery: networks that learn on this machine"]
    lines += [f"{name:{width}}  {text}" for name, text in gallery.items()]
    lines += ["", "To compute or to train one: microgradnet run NAME"]
    columns = max(LEAST_WIDTH, room(max(map(len, lines))))
    for line in lines:
        print(textwrap.fill(line, columns, subsequent_indent=" " * (width + 2)))
    return 0


def _run(options: argparse.Namespace) -> int:
    _refuse_misplaced(options)
    code, missing = 0, {}
    for chosen in options.names or EXAMPLES.values():
        try:
            if isinstance(chosen, Example):
                _run_example(chosen, options)
            else:
                code = max(code, run_application(chosen, options))
        except (ImportError, ProviderError) as error:  # the next may not need the same package
            missing[str(error)] = chosen.name
    for message in missing:
        say(message)
    if not options.names:
        print(GALLERY)
    return max(code, bool(missing))


def _refuse_misplaced(options: argparse.Namespace) -> None:
    """Raise an error for an option that nothing which is run has, or one file for several applications."""
    names = [chosen.name for chosen in options.names if isinstance(chosen, Entry)]
    for entry in APPLICATIONS.values():
        for option in entry.options:
            if getattr(options, option.name) is not None and names != [entry.name]:
                raise ValueError(
                    f"{option.flag} is an option of one application: microgradnet run {entry.name} {option.flag} …"
                )
    for name in ("out", "load"):
        if getattr(options, name) is not None and len(options.names) != 1:
            raise ValueError(f"--{name} is for one application: microgradnet run {next(iter(APPLICATIONS))} --{name} …")
    if options.graphs is not None and len(names) == len(options.names) > 0:
        raise ValueError(f"--graphs is for the pictures of examples; give --out: microgradnet run {names[0]} --out …")
    if not names and (options.quick or options.seed is not None or options.load or options.out):
        raise ValueError(f"--out, --quick, --load and --seed are options of applications: {', '.join(APPLICATIONS)}")


def _run_example(example: Example, options: argparse.Namespace) -> None:
    """Print the numbers of an example and draw its graphs."""
    folder = options.graphs or Path("graphs")
    make_folder(folder, "--graphs")
    print(f"{example.name}: {example.title}\n")
    print(format_rows(example.rows()))
    if more := example.report():
        print(f"\n{more}")
    print()
    try:
        written = [example.draw().save(folder / f"{example.name}.svg")]
        for end, picture in example.pictures().items():
            written.append(picture.save(folder / f"{example.name}-{end}.svg"))
        print("pictures:", *map(shown, written))
    finally:
        print("\n")
