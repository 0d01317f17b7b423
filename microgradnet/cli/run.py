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
    running.usage = "%(prog)s [NAME ...] [options]"  # else an error stands below seven lines of options
    running.add_argument("--graphs", type=Path, metavar="DIR", help="the folder for examples' pictures (graphs)")
    gallery = running.add_argument_group("applications")
    gallery.add_argument("--out", type=Path, metavar="DIR", help="the folder for the files (NAME)")
    of_all = f"{QUICK:.0%}% of training, test data and pictures, in 3 to 10 s"
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
        print(f"{entry.name:{width}}  {entry.title} (about {entry.seconds} s)")
    print("\nTo compute or to train one: microgradnet run NAME")
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
    from microgradnet.train.saving import load

    given = {option: getattr(options, option.name) for option in entry.options}
    of_training, asked = (
        {option.name: value for option, value in given.items() if value is not None and option.of_training is training}
        for training in (True, False)
    )
    usual = {option.name: option.choices[0] for option in entry.options if option.of_training}
    out = options.out or Path(entry.name)
    kept = options.load or (_found(out, usual | of_training) if asked else None)
    about: dict[str, Any] = {"application": entry.name, "seed": options.seed or 0, "quick": options.quick}
    if kept:
        about = _about(kept, entry)
        of_training = _agreed(kept, about, of_training)
    of_training = usual | of_training
    application = load_application(entry.name)(
        fraction=QUICK if options.quick else 1,
        seed=about.get("seed", 0) if options.seed is None else options.seed,
        **of_training,
    )
    if kept:
        load(kept, application.model)  # may fail: before a folder is made
    is_new = not out.exists()
    make_folder(out, "--out")
    print(f"{entry.name}: {entry.title}")
    lines = [f"after {application.source}", f"data: {application.credit}" * bool(application.credit)]
    for line in filter(None, lines):
        print(textwrap.fill(line, room(TEXT), subsequent_indent="  "))
    if kept:
        print(f"{shown(kept)}: {application.model}")
    else:
        about |= {"options": of_training}
        kept = _train(application, out / _file(of_training, options.quick), about, options, is_new)
    try:
        if not options.load and about.get("ended") == "interrupted":
            raise KeyboardInterrupt
        if about.get("quick"):
            print(
                f"a quick training: this network has hardly begun to learn; a whole run takes about {entry.seconds} s"
            )
        return _show(application, asked, out, _training(about), options.quiet)
    except KeyboardInterrupt:
        again = [f"--{name}={value}" for name, value in (of_training | asked).items()]
        again += ["--quick"] * options.quick + [f"--load={shown(kept)}", f"--out={shown(out)}"]
        command = shlex.join([entry.name, *again])
        raise KeyboardInterrupt(f"what it has learnt is kept: microgradnet run {command}") from None


def _file(of_training: dict[str, Any], is_quick: bool) -> str:
    """The name of a trained model's file."""
    return "-".join(["model", *map(str, of_training.values()), *["quick"] * is_quick]) + ".npz"


def _found(out: Path, of_training: dict[str, Any]) -> Path | None:
    """The model that was trained before, rather a whole run's than a quick one's."""
    files = [out / _file(of_training, is_quick) for is_quick in (False, True)]
    return next(filter(Path.exists, files), None)


def _about(file: Path, entry: Entry) -> dict[str, Any]:
    """What a file says of its training.

    Raises:
        ValueError: it is no model, or one of another application.
    """
    from microgradnet.train.saving import training_of

    about = training_of(file)
    if (other := about.get("application", entry.name)) != entry.name:
        raise ValueError(f"{shown(file)} is a model of {other}, not of {entry.name}")
    return about


def _agreed(file: Path, about: dict[str, Any], of_training: dict[str, Any]) -> dict[str, Any]:
    """The options of a model's training; an error if others are given."""
    trained: dict[str, Any] = about.get("options", {})
    for name, value in of_training.items():
        if trained.get(name, value) != value:
            raise ValueError(f"{shown(file)} was trained with --{name} {trained[name]}, not with --{name} {value}")
    return of_training | trained


def _training(about: dict[str, Any]) -> str:
    """How a model was trained, in words."""
    if "seed" not in about:
        return "a model whose file does not say how it was trained"
    ended = ", interrupted" * (about.get("ended") == "interrupted")
    return f"{'a quick' if about.get('quick') else 'one'} training{ended}, seed {about['seed']}"


def _show(application: Application, asked: dict[str, Any], out: Path, training: str, is_quiet: bool) -> int:
    """Print the figures, and write the files, or those that are asked for."""
    if not asked:
        _announce("measuring on test data", is_quiet)
        print(f"\n{format_figures(application.figures())}\non {application.measured()}, by {training}")
        print(textwrap.fill(application.legend, room(TEXT)), end="\n\n")
    files = application.asked(**asked) if asked else application.files()
    _announce(f"making {', '.join(files)}", is_quiet)
    written = write_each(out, ((name, partial(_write, make)) for name, make in files.items()))
    print("written:", *map(shown, written))
    pages = [path for path in written if path.suffix == ".html"]
    print(f"to see it, open {shown(pages[0])} in a browser\n" if pages else "")
    return int(len(written) < len(files))


def _announce(what: str, is_quiet: bool) -> None:
    """Say what takes a while, where the progress of training is shown."""
    if not is_quiet and sys.stderr is not None:
        sys.stdout.flush()
        print(f"{what} …", file=sys.stderr, flush=True)


def _write(make: Callable[[], bytes | str], path: Path) -> Path:
    return write_atomically(path, make())


def _train(
    application: Application, file: Path, about: dict[str, Any], options: argparse.Namespace, is_new: bool
) -> Path:
    """Train the model and save it; the file, which is another one if the training was interrupted.

    A folder that is new goes again if nothing was learnt. How the training ended is added to what is known `about` it.
    """
    from microgradnet.train.saving import save

    if file.exists():
        _about(file, APPLICATIONS[application.name])
    count = len(application.model.parameters())
    print(f"{application.model}, {count:,} parameters")
    with _one_thread():
        history = application.train(progress=False if options.quiet else None)
    about["ended"] = history.ended
    if history.ended == "interrupted":
        if not len(history):
            if is_new:
                file.parent.rmdir()
            raise KeyboardInterrupt("nothing was learnt yet, and nothing is kept")
        file = file.with_stem(f"{file.stem}-interrupted")
    print("written:", shown(save(application.model, file, training=about)))
    return file


def _one_thread() -> AbstractContextManager[Any]:
    """Products of these sizes are faster on one thread than shared among several; nothing, if that cannot be set."""
    try:
        from threadpoolctl import threadpool_limits  # comes with scikit-learn
    except ImportError:
        return nullcontext()
    limited: AbstractContextManager[Any] = threadpool_limits(1)
    return limited
