"""`microgradnet run NAME` for an application of the gallery: train or load it, print its figures, write its files."""

import argparse
import shlex
import sys
import textwrap
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from microgradnet._shared.files import write_atomically
from microgradnet._shared.terminal import room
from microgradnet.cli.arguments import make_folder, shown, write_each
from microgradnet.teach.applications import QUICK, Application, Entry, format_figures, load_application

TEXT = 100  # columns of running text at most
INTERRUPTED = "interrupted"


class Training(NamedTuple):
    """How a model was trained, as its file says.

    Attributes:
        application: its name.
        seed: of its data, first parameters and order; None if the file does not say.
        quick: whether it was a quick run.
        options: those that another training would need, by name.
        ended: why, as `History` has it.
    """

    application: str
    seed: int | None
    quick: bool = False
    options: Mapping[str, Any] = {}
    ended: str = ""

    @classmethod
    def of(cls, file: Path, entry: Entry) -> "Training":
        """What a file says.

        Raises:
            ValueError: it is no model, or one of another application.
        """
        from microgradnet.train.saving import training_of

        record = training_of(file)
        name, seed, options = (record.get(key) for key in ("application", "seed", "options"))
        if name not in (None, entry.name):
            raise ValueError(f"{shown(file)} is a model of {name}, not of {entry.name}")
        return cls(
            entry.name,
            seed if isinstance(seed, int) and seed >= 0 else None,
            record.get("quick") is True,
            {key: options[key] for key in _usual(entry) if key in options} if isinstance(options, dict) else {},
            f"{record.get('ended', '')}",
        )

    def __str__(self) -> str:
        if self.seed is None:
            return "a model whose file does not say how it was trained"
        ended = ", interrupted" * (self.ended == INTERRUPTED)
        return f"{'a quick' if self.quick else 'one'} training{ended}, seed {self.seed}"

    @property
    def file(self) -> str:
        """The usual name of the model's file."""
        return self.named("-".join(["model", *map(str, self.options.values())]) + ".npz")

    def named(self, file: str) -> str:
        """The name of a file that shows what the model does: it says so where that is not from a whole training."""
        marks = ["quick"] * self.quick + [INTERRUPTED] * (self.ended == INTERRUPTED)
        path = Path(file)
        return "-".join([path.stem, *marks]) + path.suffix


def run_application(entry: Entry, options: argparse.Namespace) -> int:
    """Train an application or load its model; print its figures, and write its files or those that options ask for."""
    given = {option: getattr(options, option.name) for option in entry.options}
    of_training, asked = (
        {option.name: value for option, value in given.items() if value is not None and option.of_training is training}
        for training in (True, False)
    )
    out = options.out or Path(entry.name)
    training = Training(entry.name, options.seed or 0, options.quick, _usual(entry) | of_training)
    kept = options.load or (_found(out, training) if asked else None)
    if kept:
        training = _agreeing(kept, Training.of(kept, entry), of_training)
    application = load_application(entry.name)(
        fraction=QUICK if options.quick else 1,
        seed=training.seed or 0 if options.seed is None else options.seed,
        **training.options,
    )
    if kept:
        from microgradnet.train.saving import load

        load(kept, application.model)  # may fail: before a folder is made
    is_new = not out.exists()
    make_folder(out, "--out")
    _introduce(entry, application)
    if kept:
        print(f"{shown(kept)}: {application.model}, {training}")
    else:
        training = _trained(application, entry, training, out, options.quiet)
        if not training.ended:
            if is_new:
                out.rmdir()
            raise KeyboardInterrupt("nothing was learnt yet, and nothing is kept")
        kept = out / training.file
    try:
        if training.ended == INTERRUPTED and not options.load:
            raise KeyboardInterrupt
        if training.quick:
            whole = f"a whole run takes about {entry.seconds} s"
            print(f"a quick training: this network has hardly begun to learn; {whole}")
        with _one_thread():
            return _show(entry, application, asked, out, training, options.quiet)
    except KeyboardInterrupt:
        again = [f"--{name}={value}" for name, value in {**training.options, **asked}.items()]
        again += ["--quick"] * options.quick + [f"--load={shown(kept)}", f"--out={shown(out)}"]
        command = shlex.join([entry.name, *again])
        raise KeyboardInterrupt(f"what it has learnt is kept: microgradnet run {command}") from None


def _usual(entry: Entry) -> dict[str, Any]:
    """The options of an application's training, where none are given."""
    return {option.name: option.choices[0] for option in entry.options if option.of_training}


def _found(out: Path, training: Training) -> Path | None:
    """The model that was trained before, rather a whole run's than a quick one's."""
    files = [out / training._replace(quick=quick).file for quick in (False, True)]
    return next(filter(Path.exists, files), None)


def _agreeing(file: Path, training: Training, given: Mapping[str, Any]) -> Training:
    """The training, with the given options that its file does not name; an error if it names others."""
    for name, value in given.items():
        if (trained := training.options.get(name, value)) != value:
            raise ValueError(f"{shown(file)} was trained with --{name} {trained}, not with --{name} {value}")
    return training._replace(options={**given, **training.options})


def _introduce(entry: Entry, application: Application) -> None:
    """Say what it is, whom it follows, and whose data it uses."""
    print(f"{entry.name}: {entry.title}")
    about = [f"after {application.source}", f"data: {application.credit}" * bool(application.credit)]
    for line in filter(None, about):
        print(textwrap.fill(line, room(TEXT), subsequent_indent="  "))


def _trained(application: Application, entry: Entry, training: Training, out: Path, is_quiet: bool) -> Training:
    """Train the model and save it; the training as it ended, without an end if nothing was learnt, nor saved."""
    from microgradnet.train.saving import save

    if (file := out / training.file).exists():
        Training.of(file, entry)  # a model of another application is not written over
    count = len(application.model.parameters())
    print(f"{application.model}, {count:,} parameters")
    with _one_thread():
        history = application.train(progress=False if is_quiet else None)
    if not len(history):
        return training
    training = training._replace(ended=history.ended)
    print("written:", shown(save(application.model, out / training.file, training=training._asdict())))
    return training


def _show(
    entry: Entry, application: Application, asked: Mapping[str, Any], out: Path, training: Training, is_quiet: bool
) -> int:
    """Print the figures, and write the files, or those that are asked for."""
    if not asked:
        _announce("measuring on test data", is_quiet)
        print(f"\n{format_figures(application.figures())}\non {application.measured()}, by {training}")
        print(f"{textwrap.fill(entry.legend, room(TEXT))}\n".lstrip())
    files = application.asked(**asked) if asked else application.files()
    files = {training.named(name): make for name, make in files.items()}
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


def _one_thread() -> AbstractContextManager[Any]:
    """Products of these sizes are faster on one thread than shared among several; nothing, if that cannot be set."""
    try:
        from threadpoolctl import threadpool_limits  # comes with scikit-learn
    except ImportError:
        return nullcontext()
    limited: AbstractContextManager[Any] = threadpool_limits(1)
    return limited
