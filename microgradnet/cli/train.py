"""`microgradnet train`: train a network, and write it with its history, its pictures and a page."""

import argparse
import json
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from microgradnet._shared.files import write_atomically
from microgradnet.cli.arguments import Add, at_least_one, from_zero, make_folder, say, shown, write_each
from microgradnet.drawing import draw
from microgradnet.graph import Graph
from microgradnet.losses import LOSSES
from microgradnet.nn import ACTIVATIONS, MLP
from microgradnet.stepping.plane import Plane
from microgradnet.stepping.webpage import MOST_COMPUTED, page
from microgradnet.value import Value

FILES = (
    "model.npz", "history.json", "network.svg", "sample.html", "loss.svg", "boundary.svg", "confusion.svg",
    "weights.svg",
)  # fmt: skip
MOST_PARAMETERS = 10_000_000  # each is a Value, so these take gigabytes


class Task(NamedTuple):
    """Data to train on, and settings that suit it.

    Attributes:
        name: the function of `microgradnet.data`.
        title: a short description.
        samples: how many to draw; None for a fixed data set.
        hidden, activation, loss, lr, batch_size, epochs: of the network and its training.
        outputs: how many numbers the network gives.
        test: the fraction of the samples that is held out.
    """

    name: str
    title: str
    samples: int | None
    hidden: Sequence[int]
    activation: str
    loss: str
    lr: float
    batch_size: int
    epochs: int
    outputs: int = 1
    test: float = 0.0

    def make(self, seed: int) -> tuple[Any, Any]:
        """The data, X and Y."""
        from microgradnet import data

        make = getattr(data, self.name)
        X, Y = make(self.samples, seed=seed) if self.samples else make()
        return X, Y


TASKS = {
    task.name: task
    for task in (
        Task("xor", "exclusive or", None, (8,), "tanh", "hinge", 0.1, 4, 200),
        Task("moons", "two half circles", 100, (16, 16), "relu", "hinge", 0.02, 32, 100),
        Task("spirals", "two spirals", 200, (32, 32), "tanh", "binary_cross_entropy_with_logits", 0.02, 32, 300),
        Task("digits", "handwritten digits", None, (128,), "relu", "cross_entropy", 0.005, 32, 30, 10, 0.25),
    )
}


def add_commands(add: Add) -> None:
    """Add the command with its arguments."""
    training = add("train", "train a network, and write it with its history, pictures and a page", _train)
    training.add_argument("task", choices=TASKS, metavar="TASK", help=", ".join(TASKS))
    training.add_argument("--hidden", type=_sizes, metavar="16,16", help="neurons of each hidden layer (the task's)")
    training.add_argument("--activation", choices=ACTIVATIONS, metavar="NAME", help=", ".join(ACTIVATIONS))
    training.add_argument("--epochs", type=at_least_one, metavar="N", help="passes over the data (the task's)")
    training.add_argument("--seed", type=from_zero, default=0, metavar="N", help="seed of data, network and order (0)")
    training.add_argument("--out", type=Path, metavar="DIR", help="the folder for the files (TASK)")
    training.add_argument("--force", action="store_true", help="overwrite the files of an earlier training")
    training.add_argument("--quiet", action="store_true", help="show no progress")


def _sizes(text: str) -> list[int]:
    if not all(part.isdecimal() and int(part) for part in text.split(",")):
        raise argparse.ArgumentTypeError(f"sizes are whole numbers above 0 with commas between, as 16,16; got {text!r}")
    return [int(part) for part in text.split(",")]


def _train(options: argparse.Namespace) -> int:
    """Train, print the metrics, and write model, history, pictures and the page of a sample."""
    from microgradnet.data import train_test_split
    from microgradnet.optim import Adam
    from microgradnet.optim.schedules import Cosine
    from microgradnet.train import fit
    from microgradnet.train.architecture import count_parameters
    from microgradnet.train.saving import save

    task = TASKS[options.task]
    out = options.out or Path(task.name)
    X, Y = task.make(options.seed)
    held_out = None
    if task.test:
        X, X_test, Y, Y_test = train_test_split(X, Y, task.test, seed=options.seed)
        held_out = X_test, Y_test
    sizes = [*(options.hidden or task.hidden), task.outputs]
    if (count := count_parameters([X.shape[1], *sizes])) > MOST_PARAMETERS:
        raise ValueError(f"this network has {count:,} parameters, more than {MOST_PARAMETERS:,}: give smaller --hidden")
    if (existing := [out / name for name in FILES if (out / name).exists()]) and not options.force:
        raise ValueError(
            f"{shown(existing[0])} is there already, and is kept: name another folder with --out, or --force to "
            "overwrite the files of a training"
        )
    make_folder(out, "--out")
    epochs = options.epochs or task.epochs
    model = MLP(X.shape[1], sizes, options.activation or task.activation, init="he", seed=options.seed)
    optimizer = Adam(model, lr=task.lr, schedule=Cosine(epochs * math.ceil(len(X) / task.batch_size)))
    print(f"{task.name}: {task.title}; {len(X)} samples; {model}, {len(model.parameters())} parameters")
    history = fit(
        model, X, Y, loss=task.loss, optimizer=optimizer, epochs=epochs, batch_size=task.batch_size,
        validation=held_out, seed=options.seed, progress=False if options.quiet else None,
    )  # fmt: skip
    for name, number in history.last.items():
        print(f"{name.replace('_', ' ')}: {number:.4g}")
    inputs = [f"x{i + 1}" for i in range(X.shape[1])]
    about = {"task": task.name, "inputs": inputs, "loss": task.loss, "seed": options.seed, "epochs": len(history)}
    epochs_done = {"ended": history.ended, "epochs": history.epochs}
    written = [
        save(model, out / "model.npz", optimizer, about),
        write_atomically(out / "history.json", json.dumps(epochs_done, indent=1)),
    ]
    kept = f"{shown(out / 'model.npz')} holds what it has learnt; train anew with --force"
    if is_stopped := history.ended == "interrupted":
        say(f"interrupted after {len(history)} of {epochs} epochs: {kept}")
    try:
        written += write_each(out, _pictures(task, model, history, *(held_out or (X, Y))))
    except KeyboardInterrupt:
        raise KeyboardInterrupt(kept) from None
    print("written:", *map(shown, written))
    return 130 if is_stopped else 0


def _largest_loss(task: Task, model: MLP, X: Any, Y: Any) -> tuple[Value, Plane | None]:
    """The loss of the sample whose loss is the largest; for two inputs and one output also the plane of all samples."""
    from microgradnet.compiling import compile
    from microgradnet.notation.neurons import subscript

    loss_of, targets = LOSSES[task.loss], (2 * Y - 1 if task.loss == "hinge" else Y).tolist()
    losses = [*map(loss_of, compile(model)(X).tolist(), targets)]
    worst = losses.index(max(losses))
    inputs = [Value(number, f"x{subscript(i + 1)}") for i, number in enumerate(X[worst].tolist())]
    output = model(inputs)
    loss = loss_of(output, targets[worst])
    loss.label = "loss"
    is_plane = len(inputs) == 2 and isinstance(output, Value)
    return loss, Plane(inputs, output, X.tolist(), Y.tolist(), border=0.0) if is_plane else None


def _pictures(task: Task, model: MLP, history: Any, X: Any, Y: Any) -> Iterator[tuple[str, Callable[[Path], Path]]]:
    """The pictures of a training and of samples: the name of each file, and a function that writes it."""
    from microgradnet.compiling import compile
    from microgradnet.train import plotting

    yield "network.svg", lambda path: draw(model, title=f"{task.name}: {task.title}").save(path)
    loss, plane = _largest_loss(task, model, X, Y)
    title = f"{task.title[0].upper()}{task.title[1:]}: the sample with the largest loss"
    if (count := len(Graph(loss))) > MOST_COMPUTED:
        say(f"no sample.html: {count:,} values are more than a page can play")
    else:
        yield "sample.html", lambda path: page(loss, title=title, plane=plane).save(path)
    if len(history):
        yield "loss.svg", lambda path: plotting.loss_curves(history).save(path)
    if X.shape[1] == 2:
        yield "boundary.svg", lambda path: plotting.decision_boundary(model, X, Y).save(path)
    if task.outputs > 1:
        predicted = compile(model)(X).argmax(axis=1)
        yield "confusion.svg", lambda path: plotting.confusion_matrix(Y, predicted).save(path)
    if X.shape[1] == 64:
        yield "weights.svg", lambda path: plotting.weights(model, shape=(8, 8)).save(path)
