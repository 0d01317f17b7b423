"""Data sets, generated from a seed or shipped with scikit-learn; mini-batches, splits, sequences of equal length.

Every generator returns (X, Y) as NumPy arrays: X of shape (n, features), a row for each sample, without units; Y of
shape (n,). Classes are whole numbers from 0 on; convert them with `one_hot` for a loss that takes one number for each
class, and to 2·Y − 1 for a loss that takes sides. The same seed gives the same numbers.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from microgradnet._shared.arguments import as_count

Numbers: TypeAlias = NDArray[np.float64]
Classes: TypeAlias = NDArray[np.int64]


def xor() -> tuple[Numbers, Classes]:
    """The four inputs of two bits, (4, 2), and whether exactly one of them is 1, (4,).

    >>> X, Y = xor(); Y.tolist()
    [0, 1, 1, 0]
    """
    X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    return X, np.array([0, 1, 1, 0])


def moons(n: int = 100, noise: float = 0.1, seed: int = 0) -> tuple[Numbers, Classes]:
    """Two interleaved half circles of radius 1; N(0, noise²) is added to each coordinate.

    The points of class 0 are (cos φ, sin φ), those of class 1 (1 − cos φ, ½ − sin φ), φ evenly spaced in [0, π].

    >>> X, Y = moons(100); X.shape, np.bincount(Y).tolist()
    ((100, 2), [50, 50])
    """
    rng, counts = _prepared(n, 2, noise, seed)
    angles = [np.linspace(0, math.pi, count) for count in counts]
    upper = np.column_stack([np.cos(angles[0]), np.sin(angles[0])])
    lower = np.column_stack([1 - np.cos(angles[1]), 0.5 - np.sin(angles[1])])
    return _shuffled(rng, [upper, lower], noise)


def circles(n: int = 100, noise: float = 0.05, factor: float = 0.5, seed: int = 0) -> tuple[Numbers, Classes]:
    """A circle of radius 1 (class 0) around one of radius `factor` (class 1); N(0, noise²) is added to coordinates.

    >>> X, Y = circles(noise=0); sorted({round(float(r), 6) for r in np.hypot(*X.T)})
    [0.5, 1.0]
    """
    rng, counts = _prepared(n, 2, noise, seed)
    angles = [np.linspace(0, 2 * math.pi, count, endpoint=False) for count in counts]
    rings = zip((1.0, factor), angles, strict=True)
    return _shuffled(rng, [radius * np.column_stack([np.cos(a), np.sin(a)]) for radius, a in rings], noise)


def spirals(
    n: int = 200, classes: int = 2, turns: float = 1.0, noise: float = 0.02, seed: int = 0
) -> tuple[Numbers, Classes]:
    """One spiral arm per class, from the centre to radius 1 in so many turns, plus noise N(0, noise²).

    >>> X, Y = spirals(300, classes=3); X.shape, np.bincount(Y).tolist()
    ((300, 2), [100, 100, 100])
    """
    rng, counts = _prepared(n, classes, noise, seed)
    arms = []
    for arm, count in enumerate(counts):
        radius = np.linspace(0.05, 1, count)
        angle = 2 * math.pi * (turns * radius + arm / classes)
        arms.append(np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]))
    return _shuffled(rng, arms, noise)


def blobs(n: int = 100, classes: int = 3, spread: float = 0.15, seed: int = 0) -> tuple[Numbers, Classes]:
    """Round clouds N(centre, spread²), their centres evenly spaced on a circle of radius 1.

    >>> X, Y = blobs(90, spread=0); len(np.unique(X.round(6), axis=0))
    3
    """
    rng, counts = _prepared(n, classes, spread, seed)
    angles = [2 * math.pi * k / classes for k in range(classes)]
    return _shuffled(
        rng, [np.tile([math.cos(a), math.sin(a)], (count, 1)) for a, count in zip(angles, counts, strict=True)], spread
    )


def linear(
    n: int = 100, weights: ArrayLike = (2.0, -3.0), bias: float = 1.0, noise: float = 0.1, seed: int = 0
) -> tuple[Numbers, Numbers]:
    """Y = X·w + b + N(0, noise²), for X uniform in [−1, 1]: a linear regression with a known solution.

    >>> X, Y = linear(noise=0); bool(np.allclose(Y, X @ [2.0, -3.0] + 1.0))
    True
    """
    rng, _ = _prepared(n, 1, noise, seed)
    w = np.asarray(weights, np.float64)
    X = rng.uniform(-1, 1, (n, len(w)))
    return X, X @ w + bias + rng.normal(0, noise, n)


def digits() -> tuple[Numbers, Classes]:
    """1,797 handwritten digits of 8 × 8 pixels, from 0 (white) to 1: (1797, 64), and the digits, (1797,).

    Source: Alpaydin & Kaynak 1998, as shipped with scikit-learn.

    Raises:
        ImportError: scikit-learn is not installed.
    """
    X, Y = _table("digits.csv.gz")
    return X / 16, Y


def iris() -> tuple[Numbers, Classes]:
    """150 flowers: sepal length and width, petal length and width in cm, (150, 4), and which of 3 species each is.

    Source: Fisher 1936, as shipped with scikit-learn.

    Raises:
        ImportError: scikit-learn is not installed.
    """
    return _table("iris.csv", heading=1)


def one_hot(classes: ArrayLike, count: int | None = None) -> Numbers:
    """For each class a row with 1 at its place and 0 at the others: (n, count), or (…, count) for classes (…).

    >>> one_hot([0, 2]).tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    >>> one_hot([[0, 1], [2, 2]]).shape
    (2, 2, 3)
    """
    Y = np.asarray(classes)
    if not Y.ndim or not np.issubdtype(Y.dtype, np.integer) or (Y.size and Y.min() < 0):
        raise ValueError(f"classes are whole numbers from 0 on, one for each sample; got {classes!r:.80}")
    highest = int(Y.max()) + 1 if Y.size else 0
    if count is not None and count < highest:
        raise ValueError(f"there is a class {highest - 1}, so count must be at least {highest}, got {count}")
    rows: Numbers = np.eye(count or highest)[Y]
    return rows


def padded(sequences: Iterable[ArrayLike]) -> tuple[NDArray[Any], Numbers]:
    """Sequences of different lengths as one array, with zeros after the end of each, and the mask: 1 where they are.

    Args:
        sequences: at least one; each is a list of numbers, or of rows (lists of numbers) of one shape.

    Returns:
        The array [n][longest][…], of whole numbers if all are, and the mask [n][longest] of 1.0 and 0.0.

    Raises:
        ValueError: there are no numbers, or rows of different shapes.

    >>> padded([[5, 6, 7], [8]])
    (array([[5, 6, 7],
           [8, 0, 0]]), array([[1., 1., 1.],
           [1., 0., 0.]]))
    """
    arrays = [_sequence(sequence, number) for number, sequence in enumerate(sequences)]
    filled = [rows for rows in arrays if len(rows)]
    if not filled:
        raise ValueError(f"padded takes sequences, at least one of them with a number; got {len(arrays)} without any")
    shape = filled[0].shape[1:]
    for number, rows in enumerate(arrays):
        if len(rows) and rows.shape[1:] != shape:
            raise ValueError(f"sequence {number} has rows of shape {rows.shape[1:]}, those before have {shape}")
    longest = max(map(len, filled))
    array = np.zeros((len(arrays), longest, *shape), np.result_type(*filled))
    mask = np.zeros((len(arrays), longest))
    for i, rows in enumerate(arrays):
        if len(rows):
            array[i, : len(rows)], mask[i, : len(rows)] = rows, 1.0
    return array, mask


def batches(
    X: ArrayLike, Y: ArrayLike, size: int, seed: int | Sequence[int] | None = None
) -> Iterator[tuple[Any, Any]]:
    """(X, Y) in batches of `size` samples, the last with the remainder; in a random order by seed, unless it is None.

    >>> [len(x) for x, y in batches(*moons(10), size=4, seed=0)]
    [4, 4, 2]
    """
    X, Y = _paired(X, Y)
    as_count(size, "the size of a batch")
    order = np.arange(len(X)) if seed is None else np.random.default_rng(seed).permutation(len(X))
    for begin in range(0, len(X), size):
        chosen = order[begin : begin + size]
        yield X[chosen], Y[chosen]


def train_test_split(X: ArrayLike, Y: ArrayLike, test: float = 0.25, seed: int = 0) -> tuple[Any, Any, Any, Any]:
    """(X_train, X_test, Y_train, Y_test) in random order: a fraction `test` of the samples, rounded, is held out.

    >>> [len(part) for part in train_test_split(*moons(10), test=0.3)]
    [7, 3, 7, 3]
    """
    X, Y = _paired(X, Y)
    count = round(test * len(X)) if 0 < test < 1 else 0
    if not 0 < count < len(X):
        raise ValueError(f"test must leave samples on both sides: {test!r} of {len(X)} is {count}")
    order = np.random.default_rng(seed).permutation(len(X))
    chosen, rest = order[:count], order[count:]
    return X[rest], X[chosen], Y[rest], Y[chosen]


def _prepared(n: int, classes: int, noise: float, seed: int) -> tuple[np.random.Generator, list[int]]:
    """The random generator, and the number of samples of each class."""
    if n < classes or classes < 1:
        raise ValueError(f"samples are needed, at least one for each class: got n = {n}, classes = {classes}")
    if not 0 <= noise < math.inf:
        raise ValueError(f"noise (or spread) is a standard deviation, a finite number of at least 0, got {noise!r}")
    return np.random.default_rng(seed), [n // classes + (k < n % classes) for k in range(classes)]


def _shuffled(rng: np.random.Generator, parts: list[Numbers], noise: float) -> tuple[Numbers, Classes]:
    """The samples of all classes in random order, moved by the noise."""
    X = np.concatenate(parts)
    Y = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    order = rng.permutation(len(X))
    return X[order] + rng.normal(0, noise, X.shape), Y[order]


def _paired(X: ArrayLike, Y: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    X, Y = np.asarray(X), np.asarray(Y)
    if not X.ndim or not Y.ndim or len(X) != len(Y):
        raise ValueError(f"X and Y need one row per sample, the same number; got shapes {X.shape} and {Y.shape}")
    return X, Y


def _sequence(sequence: ArrayLike, number: int) -> NDArray[Any]:
    try:
        rows = np.asarray(sequence)
    except ValueError:
        raise ValueError(f"sequence {number} has rows of different shapes: {sequence!r:.80}") from None
    if not rows.ndim or rows.dtype.kind not in "fiub":
        raise ValueError(f"sequence {number} has to be a list of numbers or of rows of numbers, got {sequence!r:.80}")
    return rows


def scikit_learn_file(*place: str) -> Path:
    """A file of data in scikit-learn's package, which is not imported: that takes a second.

    Raises:
        ImportError: scikit-learn is not installed.
    """
    package = find_spec("sklearn")
    if package is None or package.origin is None:
        raise ImportError("this data ships with scikit-learn: pip install 'microgradnet[sklearn]'")
    return Path(package.origin).parent.joinpath("datasets", *place)


def _table(name: str, heading: int = 0) -> tuple[Numbers, Classes]:
    """The columns of a file of numbers but the last, and the last, below so many lines of heading."""
    table = np.loadtxt(scikit_learn_file("data", name), delimiter=",", skiprows=heading)
    return table[:, :-1], table[:, -1].astype(np.int64)
