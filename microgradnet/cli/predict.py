"""`microgradnet predict`: the outputs of a trained network for the rows of a table."""

import argparse
import csv
import io
import math
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from microgradnet._shared.csv_tables import read_lines
from microgradnet._shared.files import write_atomically
from microgradnet._shared.text import one_line, shorten
from microgradnet.cli.arguments import Add, shown
from microgradnet.losses import LOSSES


def add_commands(add: Add) -> None:
    """Add the command with its arguments."""
    predicting = add("predict", "apply a trained network to the rows of a table", _predict)
    predicting.add_argument("model", type=Path, metavar="MODEL", help="a file that train or microgradnet.save wrote")
    predicting.add_argument("table", type=Path, metavar="FILE.csv", help="a row for each sample, a column an input")
    predicting.add_argument("-o", "--output", type=Path, metavar="FILE.csv", help="for the predictions (the terminal)")
    predicting.add_argument("--force", action="store_true", help="overwrite MODEL or FILE.csv")


def _predict(options: argparse.Namespace) -> int:
    """Print or write the table with the network's outputs, and for a classifier the classes."""
    from microgradnet.compiling import compile
    from microgradnet.train.metrics import predicted_classes
    from microgradnet.train.saving import load_checkpoint

    _refuse_to_overwrite_inputs(options)
    checkpoint = load_checkpoint(options.model)
    model: Any = checkpoint.model  # an MLP: no other network is loaded from its file alone
    count = model.layers[0].nin
    inputs = checkpoint.training.get("inputs", [f"x{i + 1}" for i in range(count)])
    if not isinstance(inputs, list) or [type(name) for name in inputs] != [str] * count:
        raise ValueError(f"{shown(options.model)} does not say what its {count} inputs are called, but {inputs!r:.80}")
    rows = _rows(options.table, inputs)
    outputs = compile(model)(rows)
    by_output = outputs.reshape(len(rows), -1)
    names = ["y"] if outputs.ndim == 1 else [f"y{i + 1}" for i in range(by_output.shape[1])]
    columns = [*zip(*rows, strict=True), *by_output.T.tolist()]
    classes = predicted_classes(LOSSES.get(str(checkpoint.training.get("loss"))), by_output)
    if classes is not None:
        names.append("class")
        columns.append(classes.reshape(len(rows), -1)[:, 0].tolist())
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([[*map(one_line, inputs), *names], *zip(*columns, strict=True)])
    if options.output:
        print(shown(write_atomically(options.output, text.getvalue())))
    else:
        print(text.getvalue().rstrip("\n"))
    return 0


def _refuse_to_overwrite_inputs(options: argparse.Namespace) -> None:
    """Refuse to write the outputs over the table, whose other columns would be lost, or over the model."""
    read = [path.expanduser().resolve() for path in (options.model, options.table)]
    if options.output and options.output.expanduser().resolve() in read and not options.force:
        raise ValueError(
            f"{shown(options.output)} is what predict reads, and is kept: give another name with -o, or "
            "--force to overwrite it with the inputs and outputs alone"
        )


def _rows(file: Path, inputs: Sequence[str]) -> list[list[float]]:
    """The rows of a CSV file, in the order of the inputs.

    A first line of names says which columns are the inputs; others are ignored. Without one they are in the order of
    the inputs.

    Raises:
        ValueError: an input is missing or there twice, or is no finite number; the message names it.
    """
    lines, table = read_lines(file), shown(file)
    if not lines:
        raise ValueError(f"{table} is empty: it needs a row for each sample, with {len(inputs)} numbers")
    order, count, wanted = list(range(len(inputs))), len(inputs), f"the model takes {len(inputs)} inputs"
    names = [name.strip() for name in lines[0].cells]
    if not any(map(_is_number, names)) or set(inputs) <= set(names):
        lines.pop(0)
        missing, others = [n for n in inputs if n not in names], [n for n in names if n not in inputs]
        if missing or len(names) - len(others) > count:
            raise ValueError(
                f"{table} must have the columns {_some(inputs)}, each once; missing: {_some(missing)}; "
                f"unknown: {_some(others)}"
            )
        count, wanted = len(names), f"the first line has {len(names)}"
        order = [names.index(name) for name in inputs]
    rows = []
    for number, cells in lines:
        if len(cells) != count:
            raise ValueError(f"{table}, line {number}: {len(cells)} columns, where {wanted}")
        try:
            rows.append([_number(cells[place]) for place in order])
        except ValueError as error:
            raise ValueError(f"{table}, line {number}: {error}") from None
    if not rows:
        raise ValueError(f"{table} has names of columns, and no row below them: add a row for each sample")
    return rows


def _number(cell: str) -> float:
    """The number of a cell, with a decimal point or comma, as worksheets read it."""
    from microgradnet._shared.reading import read_number

    with suppress(ValueError):
        if "_" not in cell and math.isfinite(number := float(cell)):
            return number
    if (read := read_number(cell)) is None:
        raise ValueError("a cell is empty, where a number is needed")
    return read


def _is_number(cell: str) -> bool:
    """Whether it is a number and no name; one that is ambiguous is a number, too."""
    from microgradnet._shared.reading import AmbiguousError

    try:
        _number(cell)
    except ValueError as error:
        return isinstance(error, AmbiguousError)
    return True


def _some(names: Sequence[str]) -> str:
    names = [shorten(one_line(name)) for name in names]
    return ", ".join([*names[:5], f"… ({len(names)})"] if len(names) > 6 else names) or "none"
