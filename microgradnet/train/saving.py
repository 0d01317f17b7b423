"""Save and load models: a network in one file, with its labels, its optimiser and the state of its training.

The file is a .npz: a zip archive of uncompressed NumPy arrays and of `header.json`. Nothing in it is ever executed:
there is no pickle. It is written atomically and validated on loading: a truncated, foreign or inconsistent file is
rejected with a `ValueError`, before memory is allocated for its claimed contents.

    header.json          format, version, model (kind, sizes, activations), activations (of each neuron), parameters
                         (names, labels), optimizer, training (the caller's JSON)
    parameters.npy       the parameters' numbers, float64, in the order of the names
    optimizer.*.npy      the optimiser's arrays
"""

import io
import json
import os
import zipfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import NoneType
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from microgradnet._shared.arguments import entry, list_entry
from microgradnet._shared.files import read_file, write_atomically
from microgradnet._shared.text import one_line, shorten
from microgradnet.nn import Module
from microgradnet.train.architecture import activations_of, architecture_of, built, refuse_other_activations

Path_: TypeAlias = str | os.PathLike[str]
FORMAT, VERSION = "microgradnet model", 1
END = b"PK\5\6"  # the last record of an archive, of 22 bytes
HEADER, PARAMETERS, MOMENT = "header.json", "parameters.npy", "optimizer.{}.npy"


class Checkpoint(NamedTuple):
    """The contents of a file.

    Attributes:
        model: the network, with its parameters and labels.
        optimizer: the state of its optimiser (for `Optimizer.load_state_dict`), or None.
        training: the caller's JSON.
    """

    model: Module
    optimizer: dict[str, Any] | None
    training: dict[str, Any]


def save(model: Module, path: Path_, optimizer: Any = None, training: Mapping[str, Any] | None = None) -> Path:
    """Write a model to a file atomically and return its path.

    Args:
        model: an MLP whose activations have names can be loaded from the file alone; any other module needs a module
            of the same shape passed to `load`.
        path: the name of the file; .npz is the usual suffix.
        optimizer: an `Optimizer` whose state to save too.
        training: a dict of JSON types: epochs, a seed, names of classes.

    Raises:
        ValueError: a parameter is infinite or NaN; an existing file is kept.
        TypeError: `model` is no Module; `training` has types that JSON lacks.
        OSError: the file cannot be written.

    >>> import tempfile
    >>> from microgradnet import MLP
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = save(MLP(2, [3, 1], seed=1), Path(folder, "model.npz"), training={"seed": 1})
    ...     load(path)([1.0, 2.0]).data == MLP(2, [3, 1], seed=1)([1.0, 2.0]).data
    True
    """
    refuse_other_than_module(model, "save")
    named = dict(model.named_parameters())
    numbers = np.array([p.data for p in named.values()], np.float64)
    if bad := [name for name, number in zip(named, numbers, strict=True) if not np.isfinite(number)]:
        raise ValueError(f"a model with infinite or NaN parameters is not saved: {', '.join(bad[:5])} of {len(named)}")
    arrays = {PARAMETERS: numbers}
    header: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "model": architecture_of(model),
        "activations": activations_of(model),
        "parameters": list(named),
        "labels": [p.label for p in named.values()],
        "optimizer": None,
        "training": dict(training or {}),
    }
    if optimizer is not None:
        state = optimizer.state_dict()
        arrays |= {MOMENT.format(name): moment for name, moment in state["moments"].items()}
        header["optimizer"] = {**state, "moments": list(state["moments"])}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo(HEADER), json.dumps(header, ensure_ascii=False, allow_nan=True))
        for name, array in arrays.items():
            with archive.open(zipfile.ZipInfo(name), "w") as file:  # no timestamp: equal models give equal bytes
                np.lib.format.write_array(file, np.ascontiguousarray(array, "<f8"), allow_pickle=False)
    return write_atomically(path, buffer.getvalue())


def load(path: Path_, model: Module | None = None) -> Any:
    """Load the model of a file, into `model` if given.

    Raises:
        ValueError: the file is invalid or does not fit `model`; see `load_checkpoint`.
        OSError: the file cannot be read.
    """
    return load_checkpoint(path, model).model


def load_checkpoint(path: Path_, model: Module | None = None) -> Checkpoint:
    """Load the contents of a file. `model`, if given, is changed only if the whole file is valid.

    Raises:
        ValueError: the file is not a model of microgradnet, of a later version, incomplete or inconsistent; or it needs
            `model`; or `model` has other parameters or activations.
        OSError: the file cannot be read.
    """
    saved = read(path, model)
    saved.load()
    return saved.checkpoint


def training_of(path: Path_) -> dict[str, Any]:
    """The `training` that a file was saved with, whatever its model is.

    Raises:
        ValueError: the file is not a model of microgradnet.
        OSError: the file cannot be read.
    """
    data = read_file(path)
    with _as_one_error(path), zipfile.ZipFile(io.BytesIO(data)) as archive:
        _refuse_foreign(archive)
        return dict(entry(_header(archive), "training", dict))


def refuse_to_replace(path: Path_) -> None:
    """Refuse a name for new checkpoints if another file has it.

    Raises:
        FileExistsError: `path` is there and is no saved model.
    """
    file = Path(path).expanduser()
    if not file.exists():
        return
    try:
        with zipfile.ZipFile(io.BytesIO(read_file(file))) as archive:
            _header(archive)
    except Exception:  # any error that reading a foreign file causes
        raise FileExistsError(
            f"{one_line(str(path))} is there already and is no checkpoint, so it is kept: give another name, such as "
            "checkpoint='training.npz', or remove it"
        ) from None


class Saved(NamedTuple):
    """The contents of a valid file, before the model has its numbers.

    Attributes:
        checkpoint: its model is the one given to `read`, unchanged, or a new one.
        numbers, labels: of the parameters, by name.
    """

    checkpoint: Checkpoint
    numbers: dict[str, float]
    labels: dict[str, str]

    def load(self) -> None:
        """Give the model its numbers and labels."""
        self.checkpoint.model.load_state_dict(self.numbers)
        for name, p in self.checkpoint.model.named_parameters():
            p.label = self.labels[name]


def read(path: Path_, model: Module | None = None) -> Saved:
    """Read and validate a file; `model` is not changed. The errors are those of `load_checkpoint`."""
    data = read_file(path)
    with _as_one_error(path):
        return _read(data, model)


@contextmanager
def _as_one_error(path: Path_) -> Iterator[None]:
    """Raise any error that a corrupt file causes as a ValueError that says what is wrong with it."""
    try:
        yield
        return
    except zipfile.BadZipFile:
        what = "not a .npz file, or an incomplete one"
    except RecursionError:
        what = f"{HEADER} is nested too deeply for one that microgradnet.save has written"
    except Exception as error:
        what = str(error) if isinstance(error, ValueError) else repr(error)
    raise ValueError(f"{one_line(str(path))} is not a model that can be loaded: {shorten(one_line(what), 500)}")


def _read(data: bytes, model: Module | None) -> Saved:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        _refuse_foreign(archive)
        if 0 not in [info.header_offset for info in archive.infolist()] or not data[-22:].startswith(END):
            raise ValueError("there are bytes before or after its archive")
        for info in archive.infolist():
            if info.compress_type != zipfile.ZIP_STORED:  # uncompressed: no member is larger than the file
                raise ValueError(f"{info.filename} is compressed, but saved models are not")
        header = _header(archive)
        if (version := entry(header, "version", int)) != VERSION:
            raise ValueError(f"this file has version {version!r:.80}; this microgradnet reads version {VERSION}")
        names, labels = list_entry(header, "parameters", str), list_entry(header, "labels", str)
        optimizer, training = entry(header, "optimizer", dict, NoneType), entry(header, "training", dict)
        numbers = _array(archive, PARAMETERS)
        if not len(set(names)) == len(names) == len(labels) == len(numbers):
            raise ValueError(f"it has {len(numbers)} parameters, but not as many 'parameters' (names) and 'labels'")
        members = [HEADER, PARAMETERS]
        if optimizer is not None:
            moments = {name: MOMENT.format(name) for name in list_entry(optimizer, "moments", str)}
            members += moments.values()
            optimizer["moments"] = {name: _array(archive, member) for name, member in moments.items()}
        if sorted(archive.namelist()) != sorted(members):
            raise ValueError(f"it holds {', '.join(archive.namelist())}, and should {', '.join(members)}")
    architecture = entry(header, "model", dict, NoneType)
    module = built(architecture, len(numbers)) if model is None else model
    if set(names) != (own := set(module.state_dict())):
        raise ValueError(
            f"it is a model of something else than {module!r:.200}: only the file has {_missing_from(own, names)}; "
            f"only the model has {_missing_from(names, own)}"
        )
    if "activations" in header:  # files of an earlier microgradnet have none
        refuse_other_activations(list_entry(header, "activations", str), module)
    by_name = dict(zip(names, numbers.tolist(), strict=True)), dict(zip(names, labels, strict=True))
    return Saved(Checkpoint(module, optimizer, training), *by_name)


def _missing_from(names: Collection[str], others: Collection[str]) -> str:
    """The others that are not among the names, of a whole part of a network its name alone."""
    known = {name.split(".")[0] for name in names}
    missing = sorted({name if (part := name.split(".")[0]) in known else part for name in {*others} - {*names}})
    return ", ".join(missing[:5]) + ", …" * (len(missing) > 5) or "nothing"


def _refuse_foreign(archive: zipfile.ZipFile) -> None:
    if HEADER not in (names := archive.namelist()):
        raise ValueError(
            f"it is no file that microgradnet.save has written, but an archive of {', '.join(names[:5]) or 'nothing'}: "
            "numpy.load reads arrays; load_state_dict takes numbers by the names of parameters"
        )


def _header(archive: zipfile.ZipFile) -> dict[str, Any]:
    header = json.loads(archive.read(HEADER))
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise ValueError(f"it is no file that microgradnet.save has written: its format is not {FORMAT!r}")
    return header


def _array(archive: zipfile.ZipFile, name: str) -> NDArray[np.float64]:
    """Read a one-dimensional array of float64 whose length agrees with its header."""
    data = archive.read(name)
    file = io.BytesIO(data)
    version = np.lib.format.read_magic(file)
    if version != (1, 0):
        raise ValueError(f"{name} is an array of version {version}, not (1, 0)")
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(file)
    rest = data[file.tell() :]
    if dtype != np.dtype("<f8") or fortran or len(shape) != 1 or len(rest) != 8 * shape[0]:
        raise ValueError(f"{name} says it is {shape} numbers of {dtype}, and has {len(rest)} bytes")
    numbers = np.frombuffer(rest, "<f8").astype(np.float64)
    if not np.isfinite(numbers).all():
        raise ValueError(f"{name} has infinities or NaNs")
    return numbers


def refuse_other_than_module(model: object, function: str) -> None:
    """Raise a TypeError if `model`, an argument of `function`, is no Module."""
    if not isinstance(model, Module):
        raise TypeError(f"{function} takes a model, such as MLP(2, [4, 1]) or another Module; got {model!r:.80}")
