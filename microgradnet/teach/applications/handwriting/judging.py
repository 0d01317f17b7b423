"""How well a pen writes: a judge that reads its letters, and simpler models of where it goes next.

The judge is a network that has learnt the true pen's letters, as images of their ink. It sees a letter by itself,
without its neighbours, and not the order in which the ink came.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from microgradnet import MLP, compile
from microgradnet.optim import Adam
from microgradnet.optim.schedules import Cosine
from microgradnet.teach.applications.application import Figure, percentage
from microgradnet.teach.applications.handwriting.pens import LETTERS, UNIT, Line, Points, practice
from microgradnet.train import fit

SIDE, PIXEL = 16, 2.3 / UNIT  # the image of a letter: pixels on a side, and the side of one
STEP = 0.1  # between the points of ink that are counted; as PIXEL in UNITs
LINES, EPOCHS, BATCH = 600, 12, 32


def images(line: Line) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """For each letter of a line with ink its position, and an image, (SIDE²,) from 0 to 1, centred on the ink."""
    ink: dict[int, list[Points]] = {}
    for position, places in line.ink():
        ink.setdefault(position, []).append(_dense(places))
    for position, stretches in ink.items():
        dots = np.concatenate(stretches)
        middle = (dots.min(axis=0) + dots.max(axis=0)) / 2
        column, row = np.clip((dots - middle) / PIXEL + SIDE / 2, 0, SIDE - 1).astype(int).T
        counts = np.bincount(SIDE * row + column, minlength=SIDE * SIDE)
        yield position, np.minimum(1.0, counts * STEP / PIXEL)


def _dense(places: Points) -> Points:
    """Points at most STEP apart on the lines between places."""
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(places, axis=0).T))])
    at = np.linspace(0.0, along[-1], int(along[-1] / STEP) + 2)
    return np.column_stack([np.interp(at, along, axis) for axis in places.T])


class Judge:
    """A network that reads letters: it learns them when it is first asked, the same for every seed.

    Args:
        lines: of the true pen, from which it learns.
    """

    def __init__(self, lines: int = LINES) -> None:
        self._network = partial(_trained, lines)

    def read(self, lines: Sequence[Line]) -> list[dict[int, str]]:
        """For each line the letters that it reads, by their positions; where there is no ink it reads none."""
        seen = [dict(images(line)) for line in lines]
        shown = [image for line in seen for image in line.values()]
        found = np.argmax(compile(self._network())(np.array(shown)), axis=1) if shown else []
        letters = iter(LETTERS[1 + k] for k in found)
        return [{position: next(letters) for position in line} for line in seen]

    def legible(self, lines: Sequence[Line]) -> float:
        """The percentage of letters, spaces aside, that it reads as what they are."""
        right = [
            found.get(position) == letter
            for line, found in zip(lines, self.read(lines), strict=True)
            for position, letter in enumerate(line.text)
            if letter != " "
        ]
        return percentage(right)

    def judged(
        self, nats: float, lines: Sequence[Line], written: Mapping[float, Sequence[Line]], practised: Sequence[Line]
    ) -> list[Figure]:
        """A network's surprise at test lines, and how legible are those that it wrote, by their bias; with baselines.

        The baselines know the practised lines.
        """
        simple = {
            "one Gaussian": nats_of_one_gaussian(practised, lines),
            "table of mean points": nats_of_means(practised, lines),
        }
        pen = {"true pen": self.legible(lines)}
        read = [Figure(f"legible at bias {bias:g}, %", self.legible(made), pen) for bias, made in written.items()]
        return [Figure("surprise, nats a point", nats, simple), *read]


@cache
def _trained(lines: int) -> MLP:
    rng = np.random.default_rng(10**8)
    seen = [(image, line.text[at]) for line in practice(lines, rng) for at, image in images(line)]
    X, Y = np.array([image for image, _ in seen]), np.array([LETTERS.index(letter) - 1 for _, letter in seen])
    model = MLP(SIDE * SIDE, [48, len(LETTERS) - 1], "relu", init="he", seed=0)
    rule = Adam(model, lr=0.003, schedule=Cosine(EPOCHS * -(-len(X) // BATCH)))
    history = fit(model, X, Y, loss="cross_entropy", optimizer=rule, epochs=EPOCHS, batch_size=BATCH, progress=False)
    if history.ended == "interrupted":  # a judge that is half trained says nothing
        raise KeyboardInterrupt
    return model


def nats_of_one_gaussian(practised: Sequence[Line], tested: Sequence[Line]) -> float:
    """The mean surprise of a test point if all offsets are of one Gaussian, and pens lift and letters end by chance."""
    known, points = (np.concatenate([line.points for line in lines]) for lines in (practised, tested))
    rates = np.broadcast_to(known[:, 2:].mean(axis=0), (len(points), 2))
    return _nats(points, known[:, :2] - known[:, :2].mean(axis=0), known[:, :2].mean(axis=0), rates)


def nats_of_means(practised: Sequence[Line], tested: Sequence[Line]) -> float:
    """The same by a table of the mean point for each style, letter and number of the point in its letter.

    The offsets are of one Gaussian around the mean of the table, with the practised residuals' covariance. A point
    that was never practised has the mean of all.
    """
    known, points = (np.concatenate([line.points for line in lines]) for lines in (practised, tested))
    table: dict[tuple[str, str, int], list[Points]] = {}
    for key, point in zip(_keys(practised), known, strict=True):
        table.setdefault(key, []).append(point)
    overall = known.mean(axis=0)
    means = {key: (np.sum(group, axis=0) + overall) / (len(group) + 1) for key, group in table.items()}
    expected = np.array([means[key] for key in _keys(practised)])
    found = np.array([means.get(key, overall) for key in _keys(tested)])
    return _nats(points, (known - expected)[:, :2], found[:, :2], found[:, 2:])


def _keys(lines: Sequence[Line]) -> Iterator[tuple[str, str, int]]:
    """For each point the style, the letter and the number of the point in its letter."""
    for line in lines:
        positions = line.positions
        first = np.searchsorted(positions, positions)
        for number, (position, start) in enumerate(zip(positions, first, strict=True)):
            yield line.hand, line.text[position], number - int(start)


def _nats(points: Points, residuals: Points, means: Points, rates: Points) -> float:
    """The mean surprise of points: a Gaussian around the means with the residuals' covariance, flags of these rates."""
    covariance = residuals.T @ residuals / len(residuals)
    off, flags = points[:, :2] - means, points[:, 2:]
    squared = (off * np.linalg.solve(covariance, off.T).T).sum(axis=1)
    offsets = squared / 2 + np.log(2 * np.pi) + np.log(np.linalg.det(covariance)) / 2
    return float(np.mean(offsets - np.log(flags * rates + (1 - flags) * (1 - rates)).sum(axis=1)))
