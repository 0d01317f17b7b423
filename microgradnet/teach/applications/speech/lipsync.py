"""How well a mouth follows a voice: its error, and how often the lips shut when they must; and baselines."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from microgradnet.teach.applications.application import Figure, percentage, rms
from microgradnet.teach.applications.speech.visemes import Numbers
from microgradnet.teach.applications.speech.voices import Seen

AROUND = 4  # frames before and after, which the better linear method hears
LEVELS = 20  # of loudness, each with a mouth of its own
SHUT = 0.2  # what a linear method says where lips are shut: the best of 0.1, 0.2, … on validation data

Shut = NDArray[np.bool_]


def judged(
    mouths: Sequence[Numbers], shut: Sequence[Shut], test: Sequence[Seen], practised: Sequence[Seen]
) -> list[Figure]:
    """The figures of a network's mouths (frames, 3) and shut lips (frames,), for each test sentence, with baselines.

    Each shuts the lips at a threshold of its own: some find more closures, of which more are false. F1 weighs both.
    """
    mean = np.concatenate([one.mouth for one in practised]).mean(axis=0)
    simple = {
        "linear": linear(practised, test, 0),
        f"linear, ±{AROUND} frames": linear(practised, test, AROUND),
        "by loudness": by_loudness(practised, test),
        "mean mouth": [np.tile(mean, (len(one.mouth), 1)) for one in test],
    }
    linears = [name for name in simple if name.startswith("linear")]
    found, false = closures(shut, test)
    others = {name: closures([lips[:, 3] >= SHUT for lips in simple[name]], test) for name in linears}
    errors = {name: error(lips, test) for name, lips in simple.items()}
    return [
        Figure("error of the mouth (RMSE)", error(mouths, test), errors),
        Figure("closures of the lips found, %", found, {name: of[0] for name, of in others.items()}),
        Figure("closures that are false, %", false, {name: of[1] for name, of in others.items()}),
        Figure("closures, F1", f1(found, false), {name: f1(*of) for name, of in others.items()}),
    ]


def error(mouths: Sequence[Numbers], test: Sequence[Seen]) -> float:
    """The root of the mean squared error over frames and the three numbers of a mouth; further columns do not count."""
    return rms(np.concatenate([mouth[:, :3] - one.mouth for mouth, one in zip(mouths, test, strict=True)]))


def closures(shut: Sequence[Shut], test: Sequence[Seen]) -> tuple[float, float]:
    """Of the true closures the percentage that is found, and of those found the percentage that is false.

    A closure is a run of frames; two are the same if they meet, or have at most one frame between them.
    """
    pairs = [(said, one.shut > 0) for said, one in zip(shut, test, strict=True)]
    found = [hit for said, true in pairs for hit in _met(true, said)]
    right = [hit for said, true in pairs for hit in _met(said, true)]
    return percentage(found), 100 - percentage(right) if right else 0.0


def f1(found: float, false: float) -> float:
    """2·precision·recall / (precision + recall), of the two percentages of `closures`: 1 at best.

    >>> f1(100, 0), f1(50, 50), f1(0, 100)
    (1.0, 0.5, 0.0)
    """
    return found * (100 - false) / 50 / max(found + 100 - false, 1e-9)


def _met(runs: Shut, others: Shut) -> list[bool]:
    """For each run of true frames whether the others are true in it, or in the frame before or after it."""
    steps = np.diff(np.concatenate([[0], runs.astype(int), [0]]))
    starts, ends = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    return [bool(others[max(0, a - 1) : b + 1].any()) for a, b in zip(starts, ends, strict=True)]


def linear(practised: Sequence[Seen], test: Sequence[Seen], around: int) -> list[Numbers]:
    """Least squares from the bands of a frame, and of `around` frames before and after: the mouth, and lips shut."""

    def inputs(one: Seen) -> Numbers:
        padded = np.pad(one.bands, ((around, around), (0, 0)), "edge")
        shifted = [padded[start : start + len(one.bands)] for start in range(2 * around + 1)]
        return np.hstack([*shifted, np.ones((len(one.bands), 1))])

    targets = np.concatenate([np.column_stack([one.mouth, one.shut]) for one in practised])
    weights = np.linalg.lstsq(np.concatenate([inputs(one) for one in practised]), targets)[0]
    return [(inputs(one) @ weights).clip(0, 1) for one in test]


def by_loudness(practised: Sequence[Seen], test: Sequence[Seen]) -> list[Numbers]:
    """The mean mouth at each of LEVELS of loudness, as many frames of practice in each."""
    loudness = np.concatenate([one.bands.max(axis=1) for one in practised])
    mouths = np.concatenate([one.mouth for one in practised])
    bounds = np.quantile(loudness, np.arange(1, LEVELS) / LEVELS)
    level = np.digitize(loudness, bounds)
    table = np.array([mouths[level == number].mean(axis=0) for number in range(LEVELS)])
    return [table[np.digitize(one.bands.max(axis=1), bounds)] for one in test]
