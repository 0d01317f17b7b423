"""`microgradnet run` and `list`: the lesson's worked examples, and the applications of the gallery."""

import argparse
import shlex
import sys
import textwrap
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

from microgradnet._shared.files import write_atomically
from microgradnet._shared.terminal import room
from microgradnet.cli.arguments import Add, from_zero, in_words, item_of, make_folder, shown, write_each
from microgradnet.errors import ProviderError
from microgradnet.teach.applications import APPLICATIONS, QUICK, Application, Entry, format_figures, load_application
from microgradnet.teach.examples import EXAMPLES
from microgradnet.teach.examples.example import Example, format_rows

TEXT = 100  # columns of running text at most
GALLERY = f"The gallery, each by its name: microgradnet run {' '.join(APPLICATIONS)}"


def add_commands(add: Add) -> None:
    """Add the commands with their arguments."""
    running = add("run", "compute examples and draw their graphs, or train an application of the gallery", _run)
    running.add_argument(
        "names", nargs="*", type=partial(item_of, {**EXAMPLES, **APPLICATIONS}, "example"), metavar="NAME",
        help="examples or applications, as `list` shows them; without one, all examples",
    )  # fmt: skip
    running.add_argument("--graphs", type=Path, metavar="DIR", help="the folder for examples' pictures (graphs)")
    gallery = running.add_argument_group("applications")
    gallery.add_argument("--out", type=Path, metavar="DIR", help="the folder for the files (NAME)")
    of_all = f"{QUICK:.0%}% of training, test data and pictures, in 4 to 7 s"
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
    width = max(map(len, [*EXAMPLES, *APPLICATIONS]))
    for example in EXAMPLES.values():
        print(f"{example.name:{width}}  {example.title}")
    print("\nThe gallery: networks that learn on this machine")
    for entry in APPLICATIONS.values():
        print(f"{entry.name:{width}}  {entry.title} ({entry.seconds} s of training)")
    return 0


def _run(options: argparse.Namespace) -> int:
    _refuse_misplaced(options)
    code, missing = 0, {}
    for chosen in options.names or EXAMPLES.values():
        try:
            if isinstance(chosen, Example):
                _run_example(chosen, options)
            else:
                code = max(code, _run_application(chosen, options))
        except (ImportError, ProviderError) as error:  # the next may not need the same package
            missing[in_words(error)] = chosen.name
    for message in missing:
        print(f"microgradnet: {message}", file=sys.stderr)
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


def _run_application(entry: Entry, options: argparse.Namespace) -> int:
    """Train an application or load its model; print its figures, and write its files or those that options ask for."""
    from microgradnet.train.saving import load_checkpoint

    given = {option: getattr(options, option.name) for option in entry.options}
    of_training, asked = (
        {option.name: value for option, value in given.items() if value is not None and option.of_training is training}
        for training in (True, False)
    )
    out = options.out or Path(entry.name)
    application = load_application(entry.name)(
        fraction=QUICK if options.quick else 1, seed=options.seed or 0, **of_training
    )
    saved = options.load or out / application.file
    is_trained, is_quick = bool(options.load or (asked and saved.exists())), options.quick
    if is_trained:
        is_quick = load_checkpoint(saved, application.model).training.get("quick")  # may fail: before a folder is made
    make_folder(out, "--out")
    print(f"{entry.name}: {entry.title}")
    about = [f"after {application.source}", f"data: {application.credit}" * bool(application.credit)]
    for line in filter(None, about):
        print(textwrap.fill(line, room(TEXT), subsequent_indent="  "))
    if is_trained:
        print(f"{shown(saved)}: {application.model}")
        ended = ""
    else:
        ended = _train(application, saved, options)
    try:
        if ended == "interrupted":
            raise KeyboardInterrupt
        if is_quick:
            print(f"a quick training: this network has hardly begun to learn; a full one takes {entry.seconds} s")
        return _show(application, asked, out, options.quiet)
    except KeyboardInterrupt:
        again = [entry.name, *(f"--{name}={value}" for name, value in of_training.items())]
        again += ["--quick"] * options.quick + [f"--load={shown(saved)}", f"--out={shown(out)}"]
        raise KeyboardInterrupt(f"what it has learnt is kept: microgradnet run {shlex.join(again)}") from None


def _show(application: Application, asked: dict[str, Any], out: Path, is_quiet: bool) -> int:
    """Print the figures, and write the files, or those that are asked for."""
    if not asked:
        _announce("measuring on test data", is_quiet)
        print(f"\n{format_figures(application.figures())}\non {application.measured()}\n")
    files = application.asked(**asked) if asked else application.files()
    _announce(f"making {', '.join(files)}", is_quiet)
    written = write_each(out, ((name, partial(_write, make)) for name, make in files.items()))
    print("written:", *map(shown, written), end="\n\n")
    return int(len(written) < len(files))


def _announce(what: str, is_quiet: bool) -> None:
    """Say what takes a while, where the progress of training is shown."""
    if not is_quiet and sys.stderr is not None:
        sys.stdout.flush()
        print(f"{what} …", file=sys.stderr, flush=True)


def _write(make: Callable[[], bytes | str], path: Path) -> Path:
    return write_atomically(path, make())


def _train(application: Application, file: Path, options: argparse.Namespace) -> str:
    """Train the model and save it; how the training ended."""
    from microgradnet.train.saving import save

    count = len(application.model.parameters())
    print(f"{application.model}, {count:,} parameters")
    with _one_thread():
        history = application.train(progress=False if options.quiet else None)
    about: dict[str, Any] = {"application": application.name, "seed": application.seed, "quick": options.quick}
    print("written:", shown(save(application.model, file, training=about)))
    return history.ended


def _one_thread() -> AbstractContextManager[Any]:
    """Products of these sizes are faster on one thread than shared among several; nothing, if that cannot be set."""
    try:
        from threadpoolctl import threadpool_limits  # comes with scikit-learn
    except ImportError:
        return nullcontext()
    limited: AbstractContextManager[Any] = threadpool_limits(1)
    return limited
