"""Lines of handwriting as a network takes them: what it sees before each point, side by side, cut into pieces."""

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from microgradnet.teach.applications.handwriting.pens import HANDS, LETTERS, Line, Points

START = [0.0] * 6


def after(sight: Sequence[float], point: Sequence[float]) -> list[float]:
    """What a writer sees after a point, (6,): the point, and where the pen is now.

    Where it is: to the right of where the letter began, and down from the baseline, in UNITs.

    >>> after(START, [1.0, -1.0, 0.0, 0.0])
    [1.0, -1.0, 0.0, 0.0, 1.0, -1.0]
    >>> after([1.0, -1.0, 0.0, 0.0, 1.0, -1.0], [1.0, 0.5, 1.0, 1.0])     # the letter ends: the next one begins here
    [1.0, 0.5, 1.0, 1.0, 0.0, -0.5]
    """
    *_, right, down = sight
    return [*point, 0.0 if point[3] else right + point[0], down + point[1]]


class Piece(NamedTuple):
    """So many points of each of some lines, for truncated backpropagation; lines that have ended are filled up.

    Attributes:
        seen: (lines, steps, 6), what the writer sees before each point: `after`.
        letter, following: (lines, steps, letters), one-hot: the letter that is being written, and the next.
        hand: (lines, styles), one-hot.
        point: (lines, steps, 4), the points.
        weight: (lines, steps), 0 for filling, else a constant: over all pieces their mean is 1.
    """

    seen: Points
    letter: Points
    following: Points
    hand: Points
    point: Points
    weight: Points


def pieces(lines: Sequence[Line], steps: int) -> list[Piece]:
    """The lines side by side, cut into pieces of so many points; each piece goes on where the one before ended."""
    count = -(-max(len(line.points) for line in lines) // steps)

    def cut(arrays: Iterable[Points]) -> Points:
        """Arrays (points, …), one for each line, as (pieces, lines, steps, …)."""
        filled = [np.concatenate([rows, np.zeros((count * steps - len(rows), *rows.shape[1:]))]) for rows in arrays]
        return np.stack([rows.reshape(count, steps, *rows.shape[1:]) for rows in filled], axis=1)

    texts = [one_hot(line.text + " ", LETTERS) for line in lines]
    hand, weight = one_hot([line.hand for line in lines], HANDS), cut(np.ones(len(line.points)) for line in lines)
    arrays = (
        cut(np.array([*accumulate(line.points[:-1].tolist(), after, initial=START)]) for line in lines),
        cut(text[line.positions] for text, line in zip(texts, lines, strict=True)),
        cut(text[line.positions + 1] for text, line in zip(texts, lines, strict=True)),
        np.broadcast_to(hand, (count, *hand.shape)),
        cut(line.points for line in lines),
        weight / weight.mean(),
    )
    return [Piece(*rows) for rows in zip(*arrays, strict=True)]


def one_hot(names: Iterable[str], of: Iterable[str]) -> Points:
    """For each name a row with 1 at its place among all of them, and 0 elsewhere."""
    place = {name: number for number, name in enumerate(of)}
    return np.eye(len(place))[[place[name] for name in names]]
