"""`microgradnet predict`: what a trained network gives for the rows of a table."""

import argparse
import csv
import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from microgradnet._shared.csv_tables import read_lines
from microgradnet._shared.files import write_atomically
from microgradnet.cli.arguments import Add
from microgradnet.losses import LOSSES


def add_commands(add: Add) -> None:
    """Add the command with its arguments."""
    predicting = add("predict", "what a trained network makes of the rows of a table", _predict)
    predicting.add_argument("model", type=Path, metavar="MODEL", help="a file that train or microgradnet.save wrote")
    predicting.add_argument("table", type=Path, metavar="FILE.csv", help="a row for each sample, a column each input")
    predicting.add_argument("-o", "--output", type=Path, metavar="FILE.csv", help="where to, if not to the terminal")


def _predict(options: argparse.Namespace) -> int:
    """Print or write the table with the network's outputs, and the class that they stand for."""
    from microgradnet.compiling import compile
    from microgradnet.train.saving import load_checkpoint

    checkpoint = load_checkpoint(options.model)
    count = checkpoint.model.layers[0].nin  # type: ignore[attr-defined]
    inputs = checkpoint.training.get("inputs", [f"x{i + 1}" for i in range(count)])
    if not isinstance(inputs, list) or [type(name) for name in inputs] != [str] * count:
        raise ValueError(f"{options.model} does not say what its {count} inputs are called, but {inputs!r:.80}")
    rows = _table(options.table, inputs)
    outputs = compile(checkpoint.model)(rows)  # type: ignore[arg-type]
    columns = outputs.reshape(len(rows), -1)
    names = ["y"] if outputs.ndim == 1 else [f"y{i + 1}" for i in range(columns.shape[1])]
    classes = _classes(checkpoint.training.get("loss"), columns)
    lines = [[*inputs, *names, *(["class"] if classes is not None else [])]]
    for i, row in enumerate(rows):
        numbers = [repr(number) for number in (*row, *columns[i].tolist())]
        lines.append([*numbers, *([str(classes[i])] if classes is not None else [])])
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    print(write_atomically(options.output, text.getvalue()) if options.output else text.getvalue().rstrip("\n"))
    return 0


def _classes(loss: object, outputs: Any) -> Any:
    """The class of each sample, if the network was trained to tell classes."""
    from microgradnet.train.metrics import BORDERS

    if loss in ("cross_entropy", "multiclass_hinge"):
        return outputs.argmax(axis=1)
    loss_of = LOSSES.get(str(loss))
    return (outputs[:, 0] > BORDERS[loss_of][0]).astype(int) if loss_of in BORDERS else None


def _table(file: Path, inputs: Sequence[str]) -> list[list[float]]:
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
    return rows


def _is_number(cell: str) -> bool:
    try:
        return "_" not in cell and math.isfinite(float(cell))
    except ValueError:
        return False


def _some(names: Sequence[str]) -> str:
    return ", ".join([*names[:5], f"… ({len(names)})"] if len(names) > 6 else names) or "none"
