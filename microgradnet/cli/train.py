"""What `microgradnet train TASK` and `microgradnet predict MODEL FILE.csv` do."""

import argparse
import csv
import io
import json
import math
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from microgradnet import data
from microgradnet._shared.csv_tables import read_lines
from microgradnet._shared.files import write_atomically
from microgradnet.compiling import compile
from microgradnet.drawing import draw
from microgradnet.errors import ProviderError
from microgradnet.graph import size
from microgradnet.losses import LOSSES
from microgradnet.nn import MLP
from microgradnet.optim import Adam
from microgradnet.optim.schedules import Cosine
from microgradnet.stepping.webpage import MOST_COMPUTED, page
from microgradnet.train import History, fit, plotting
from microgradnet.train.metrics import BORDERS
from microgradnet.train.plotting import save_figure
from microgradnet.train.saving import load_checkpoint, save
from microgradnet.value import Value


class Task(NamedTuple):
    """What can be trained on, and settings that do well on it.

    Attributes:
        name: as commands have it.
        title: what it is about.
        make: X and Y, given a seed.
        hidden, activation, loss, lr, batch_size, epochs: of the network and its training.
        outputs: how many numbers the network gives.
        test: the fraction of the samples that is kept apart.
    """

    name: str
    title: str
    make: Callable[..., tuple[Any, Any]]
    hidden: Sequence[int]
    activation: str
    loss: str
    lr: float
    batch_size: int
    epochs: int
    outputs: int = 1
    test: float = 0.0


TASKS = {
    task.name: task
    for task in (
        Task("xor", "exclusive or", lambda seed: data.xor(), (8,), "tanh", "hinge", 0.1, 4, 200),
        Task("moons", "two half circles", partial(data.moons, 100), (16, 16), "relu", "hinge", 0.02, 32, 100),
        Task(
            "spirals", "two spirals", partial(data.spirals, 200), (32, 32), "tanh", "binary_cross_entropy_with_logits",
            0.02, 32, 300,
        ),
        Task(
            "digits", "handwritten digits", lambda seed: data.digits(), (128,), "relu", "cross_entropy", 0.005, 32, 30,
            10, 0.25,
        ),
    )
}  # fmt: skip


def train(options: argparse.Namespace) -> int:
    """Train, print the result, and write model, history, pictures and the page of a sample."""
    task: Task = options.task
    out = options.out or Path(task.name)
    out.mkdir(parents=True, exist_ok=True)
    if not os.access(out, os.W_OK):
        raise PermissionError(f"cannot write into {out}: name another folder with --out")
    X, Y = task.make(seed=options.seed)
    held_out = None
    if task.test:
        X, X_test, Y, Y_test = data.train_test_split(X, Y, task.test, seed=options.seed)
        held_out = X_test, Y_test
    hidden = options.hidden or task.hidden
    epochs = options.epochs or task.epochs
    model = MLP(
        X.shape[1], [*hidden, task.outputs], options.activation or task.activation, init="he", seed=options.seed
    )
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
    trained = Trained(task, model, history, *(held_out or (X, Y)))
    for name, draw_it in PICTURES.items():
        try:
            if (picture := draw_it(trained)) is not None:
                save_it = picture.save if hasattr(picture, "save") else partial(save_figure, picture)
                written.append(save_it(out / name))
        except (ProviderError, ImportError) as error:  # what the others need may be there
            print(f"microgradnet: no {name}: {error}", file=sys.stderr)
    print("written:", *written)
    return 130 if history.ended == "interrupted" else 0


class Trained(NamedTuple):
    """What a training has come to, and the samples that are shown: those kept apart, if any were."""

    task: Task
    model: MLP
    history: History
    X: Any
    Y: Any


def _network(trained: Trained) -> Any:
    return draw(trained.model, title=f"{trained.task.name}: {trained.task.title}")


def _sample_page(trained: Trained) -> Any:
    """The page of one sample's forward and backward pass, if it is no larger than a page can be."""
    task, x, y = trained.task, trained.X[0], int(trained.Y[0])
    prediction = trained.model([Value(number, f"x{i + 1}") for i, number in enumerate(x.tolist())])
    target: Any = 2 * y - 1 if task.loss == "hinge" else y
    loss = LOSSES[task.loss](prediction, target)
    loss.label = "loss"
    if (count := size(loss)) > MOST_COMPUTED:
        print(f"microgradnet: no sample.html: {count:,} values are more than a page can play", file=sys.stderr)
        return None
    return page(loss, title=f"{task.title}: one sample")


def _losses(trained: Trained) -> Any:
    return plotting.loss_curves(trained.history) if len(trained.history) else None


def _boundary(trained: Trained) -> Any:
    return plotting.decision_boundary(trained.model, trained.X, trained.Y) if trained.X.shape[1] == 2 else None


def _confusion(trained: Trained) -> Any:
    if trained.task.outputs == 1:
        return None
    return plotting.confusion_matrix(trained.Y, np.asarray(compile(trained.model)(trained.X)).argmax(axis=1))


def _weights(trained: Trained) -> Any:
    return plotting.weights(trained.model, shape=(8, 8)) if trained.X.shape[1] == 64 else None


PICTURES: dict[str, Callable[[Trained], Any]] = {
    "network.svg": _network,
    "sample.html": _sample_page,
    "loss.svg": _losses,
    "boundary.svg": _boundary,
    "confusion.svg": _confusion,
    "weights.svg": _weights,
}
"""What is drawn of a training, by the name of its file; None for what does not fit the task."""


def predict(options: argparse.Namespace) -> int:
    """Print or write the table with the network's outputs, and the class that they stand for."""
    found = load_checkpoint(options.model)
    count = found.model.layers[0].nin  # type: ignore[attr-defined]
    inputs = found.training.get("inputs", [f"x{i + 1}" for i in range(count)])
    if not isinstance(inputs, list) or [type(name) for name in inputs] != [str] * count:
        raise ValueError(f"{options.model} does not say what its {count} inputs are called, but {inputs!r:.80}")
    rows = _table(options.table, inputs)
    outputs = np.asarray(compile(found.model)(rows))  # type: ignore[arg-type]
    columns = outputs.reshape(len(rows), -1)
    names = ["y"] if outputs.ndim == 1 else [f"y{i + 1}" for i in range(columns.shape[1])]
    classes = _classes(found.training.get("loss"), columns)
    lines = [[*inputs, *names, *(["class"] if classes is not None else [])]]
    for i, row in enumerate(rows):
        numbers = [repr(number) for number in (*row.tolist(), *columns[i].tolist())]
        lines.append([*numbers, *([str(classes[i])] if classes is not None else [])])
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(lines)
    text = buffer.getvalue()
    if options.output:
        print(write_atomically(options.output, text))
    else:
        sys.stdout.write(text)
    return 0


def _classes(loss: object, outputs: Any) -> Any:
    """The class of each sample, if the network was trained to tell classes."""
    if loss in ("cross_entropy", "multiclass_hinge"):
        return outputs.argmax(axis=1)
    loss_of = LOSSES.get(str(loss))
    return (outputs[:, 0] > BORDERS[loss_of][0]).astype(int) if loss_of in BORDERS else None


def _table(file: Path, inputs: Sequence[str]) -> Any:
    """The rows of a CSV file, in the order of the inputs.

    A first line of names says which column is which; without one they are in order.

    Raises:
        ValueError: columns are missing or too many, or a cell is no finite number; it says which.
    """
    lines = read_lines(file)
    if not lines:
        raise ValueError(f"{file} is empty: it needs a row for each sample, with {len(inputs)} numbers")
    order = list(range(len(inputs)))
    if not any(map(_is_number, lines[0].cells)) or {name.strip() for name in lines[0].cells} == set(inputs):
        names = [name.strip() for name in lines.pop(0).cells]
        missing, others = [n for n in inputs if n not in names], [n for n in names if n not in inputs]
        if missing or others or len(names) != len(inputs):
            raise ValueError(
                f"{file} must have the columns {_some(inputs)}; missing: {_some(missing)}; unknown: {_some(others)}"
            )
        order = [names.index(name) for name in inputs]
    rows = []
    for number, cells in lines:
        if len(cells) != len(inputs):
            raise ValueError(f"{file}, line {number}: {len(cells)} columns, where the model takes {len(inputs)} inputs")
        if bad := [cell for cell in cells if not _is_number(cell)]:
            raise ValueError(f"{file}, line {number}: {bad[0]!r} is not a finite number")
        rows.append([float(cells[place]) for place in order])
    if not rows:
        raise ValueError(f"{file} has names of columns, and no row below them")
    return np.array(rows)


def _is_number(cell: str) -> bool:
    try:
        return "_" not in cell and math.isfinite(float(cell))
    except ValueError:
        return False


def _some(names: Sequence[str]) -> str:
    return ", ".join([*names[:5], f"… ({len(names)})"] if len(names) > 6 else names) or "none"
