"""Which strikes a network hears in a silent film, how well they agree with the true ones, and simpler methods."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from microgradnet.teach.applications.application import Figure, percentage, rms
from microgradnet.teach.applications.sound.films import PER_SECOND, Film, Strike
from microgradnet.teach.applications.sound.painting import Numbers, painted

Matches = list[tuple[Strike, Strike]]

THRESHOLDS = np.arange(0.05, 1, 0.05)
COLUMNS, STRIDE, MIDDLE = 7, 4 / 24, 2.5 / 24  # of the network's places: in a row; from one to the next; of the first


class Heard(NamedTuple):
    """What a network says of each frame.

    Attributes:
        p: (frames, 4), the probabilities of nothing and of the materials.
        hard: (frames,), the speed of the strike if there is one.
        late: (frames,), how many frames after this one.
        x, y: (frames,), where.
    """

    p: Numbers
    hard: Numbers
    late: Numbers
    x: Numbers
    y: Numbers

    @classmethod
    def of(cls, z: Sequence[Numbers], hard: Numbers, late: Numbers, where: Sequence[Numbers]) -> "Heard":
        """From the network's outputs for each frame."""
        scores = np.column_stack([np.zeros(len(hard)), np.asarray(z)])
        e = np.exp(scores - scores.max(axis=1, keepdims=True))
        row, column = np.divmod(np.argmax(np.asarray(where), axis=1), COLUMNS)
        return cls(e / e.sum(axis=1, keepdims=True), hard, late, MIDDLE + STRIDE * column, MIDDLE + STRIDE * row)


def peaks(signal: Numbers, threshold: float) -> NDArray[np.int64]:
    """The frames at which a signal is above a threshold and greater than just before and just after."""
    inside = signal[1:-1]
    return 1 + np.flatnonzero((inside > threshold) & (inside >= signal[:-2]) & (inside > signal[2:]))


def strikes(heard: Heard, threshold: float) -> list[Strike]:
    """The peaks of the probability of a strike, each of the material that is most probable then and a frame around."""
    found = []
    for frame in peaks(1 - heard.p[:, 0], threshold):
        material = int(heard.p[frame - 1 : frame + 2, 1:].sum(axis=0).argmax())
        time, hard = float(frame + heard.late[frame].clip(-0.5, 0.5)) / PER_SECOND, float(heard.hard[frame].clip(0, 1))
        found.append(Strike(time, material, hard, float(heard.x[frame]), float(heard.y[frame])))
    return found


def matched(found: Sequence[Strike], true: Sequence[Strike], frames: int = 1) -> Matches:
    """Pairs of a strike that was found and a true one, at most so many frames apart; each in at most one pair."""
    said, was = ([round(strike.frame) for strike in kind] for kind in (found, true))
    near = sorted(
        (abs(found[i].time - true[j].time), i, j)
        for i, frame in enumerate(said)
        for j, other in enumerate(was)
        if -frames <= frame - other <= frames
    )
    pairs = dict[int, int]()
    for _, i, j in near:
        if i not in pairs and j not in pairs.values():
            pairs[i] = j
    return [(found[i], true[j]) for i, j in pairs.items()]


def f1(films: Sequence[Film], found: Sequence[Sequence[Strike]]) -> float:
    """2·found / (said + true), of the strikes of all films: 1 if all are found, and no others."""
    pairs = sum(len(matched(said, film.strikes)) for film, said in zip(films, found, strict=True))
    return 2 * pairs / max(1, sum(map(len, found)) + sum(len(film.strikes) for film in films))


def best_threshold(films: Sequence[Film], heard: Sequence[Heard]) -> float:
    """The threshold of the best F1."""
    return float(max(THRESHOLDS, key=lambda threshold: f1(films, [strikes(one, threshold) for one in heard])))


def judged(scene: str, films: Sequence[Film], found: Sequence[Sequence[Strike]], known: Sequence[Film]) -> list[Figure]:
    """The figures of what was found in films, and of simpler methods.

    F1 counts all strikes. The other figures are of the true strikes that the network found, its own and those of
    simpler methods alike. `known` are other films, of which these know brightness and mean speed; the threshold of
    motion, however, is the best for `films` themselves, in its favour.
    """
    of_films = [matched(said, film.strikes) for film, said in zip(films, found, strict=True)]
    pairs = [pair for of_film in of_films for pair in of_film]
    mean = float(np.mean([strike.speed for film in known for strike in film.strikes]))

    def error(of: Callable[[Strike, Strike], float]) -> float:
        """The RMS over the pairs of what was found and what is true."""
        return rms([of(*pair) for pair in pairs]) if pairs else np.nan

    def right(is_right: Sequence[bool] | NDArray[np.bool_]) -> float:
        return percentage(is_right) if pairs else np.nan

    return [
        Figure(f"{scene}: F1 at ±1 frame", f1(films, found), {"motion": best_of_motion(films)}),
        Figure(
            f"{scene}: material right, %", right([said.material == true.material for said, true in pairs]),
            {"brightness": right(by_brightness(films, of_films, known))},
        ),
        Figure(f"{scene}: within 40 ms, %", right([abs(said.time - true.time) <= 0.04 for said, true in pairs])),
        Figure(
            f"{scene}: error of time, ms", 1000 * error(lambda said, true: said.time - true.time),
            {"true frame": 1000 * error(lambda _, true: round(true.frame) / PER_SECOND - true.time)},
        ),
        Figure(
            f"{scene}: error of speed", error(lambda said, true: said.speed - true.speed),
            {"mean": error(lambda _, true: mean - true.speed)},
        ),
    ]  # fmt: skip


def best_of_motion(films: Sequence[Film]) -> float:
    """The best F1 of peaks of motion, of its growth or of its loss, with the threshold that is best on these films."""
    motion = [np.abs(np.diff(painted(film)[..., 0], axis=0, prepend=0, append=0)).mean(axis=(1, 2)) for film in films]
    for signal in motion:
        signal[0] = signal[-1] = 0  # nothing came before the first frame, nothing after the last
    kinds = [
        [signal[:-1] for signal in motion],
        [np.diff(signal) for signal in motion],
        [-np.diff(signal) for signal in motion],
        [np.abs(np.diff(signal)) for signal in motion],
    ]
    return max(
        f1(films, [[_at(frame) for frame in peaks(signal, float(threshold))] for signal in signals])
        for signals in kinds
        for threshold in np.quantile(np.concatenate(signals), np.linspace(0.3, 0.98, 18))
    )


def by_brightness(films: Sequence[Film], pairs: Sequence[Matches], known: Sequence[Film]) -> NDArray[np.bool_]:
    """Whether the material's mean brightness is nearest to what moves at a strike, for each that was found in films."""
    values, materials = _moving(known, [[(strike, strike) for strike in film.strikes] for film in known])
    means = np.array([values[materials == material].mean() for material in range(3)])
    values, materials = _moving(films, pairs)
    right: NDArray[np.bool_] = np.abs(values[:, None] - means).argmin(axis=1) == materials
    return right


def _moving(films: Sequence[Film], pairs: Sequence[Matches]) -> tuple[Numbers, NDArray[np.int64]]:
    """Of each pair the brightness of what moves when a strike was found, and the true material."""
    values, materials = [], []
    for film, of_film in zip(films, pairs, strict=True):
        x = painted(film)[..., 0]
        for said, true in of_film:
            frame = min(round(said.frame), film.frames - 1)
            moved = np.abs(x[frame] - x[frame - 2])
            values.append(float((moved * x[frame]).sum() / max(moved.sum(), 1e-9)))
            materials.append(true.material)
    return np.array(values), np.array(materials)


def _at(frame: int) -> Strike:
    return Strike(frame / PER_SECOND, 0, 0.0, 0.0, 0.0)
