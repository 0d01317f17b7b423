"""How cars drive: by pure pursuit, which knows the road, or by what steers them from the camera's picture."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from math import nan
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from microgradnet.teach.applications.application import rms
from microgradnet.teach.applications.driving.roads import (
    COLUMNS,
    ROWS,
    WIDTH,
    Floats,
    Points,
    Roads,
    placed,
    roads,
    tangent,
    views,
)  # fmt: skip

CAR = 1.8  # its width
LOOK_AHEAD = 6.5  # the point that pure pursuit steers to
STEP = 0.5  # between two pictures of the camera
ASIDE, TURNED = 1.5, 0.2  # the most that a picture to learn from is off the middle, and off the road's direction
LONGEST = 4000  # steps, after which a drive ends wherever it is

Sight: TypeAlias = Callable[[], Floats]
"""What the cameras see, (n, pixels), painted for those who look."""
Steering: TypeAlias = Callable[[Sight, Floats], Floats]
"""Curvatures, 1/m, positive to the left, (n,), from what the cameras see and how pure pursuit would steer."""


class Moment(NamedTuple):
    """n cars between two steps.

    Attributes:
        z, heading: (n,), where they are and the direction they head for.
        seen: what their cameras see.
        taught, chosen: (n,), curvatures: how pure pursuit would steer, and how they are steered.
        aside: (n,), how far each is from the middle of the road.
        left, arrived: (n,), whether each has left the road, or has come round.
    """

    z: Points
    heading: Points
    seen: Sight
    taught: Floats
    chosen: Floats
    aside: Floats
    left: NDArray[np.bool_]
    arrived: NDArray[np.bool_]


def ahead(road: Roads, z: Points, length: float) -> Points:
    """The point of the middle that is about `length` ahead of each car: (n,) of (n,)."""
    direction = z / np.abs(z)
    step = road.turn * length / np.abs(tangent(road, direction))
    return road.middle((direction * np.exp(1j * step))[:, None])[:, 0]


def pursuit(road: Roads, z: Points, heading: Points) -> Floats:
    """κ = 2·y/d², the curvature of the arc from each car to the point ahead on the middle, d away and y to the left.

    Source: Coulter 1992, "Implementation of the pure pursuit path tracking algorithm".
    """
    target = (ahead(road, z, LOOK_AHEAD) - z) / heading
    curvature: Floats = 2 * target.imag / np.abs(target) ** 2
    return curvature


def advance(z: Points, heading: Points, curvature: Floats, step: Floats) -> tuple[Points, Points]:
    """Where cars are, and where they head for, after `step` metres, (n,), on arcs of these curvatures."""
    half = np.exp(0.5j * curvature * step)
    return z + step * heading * half, heading * half**2


def drive(road: Roads, steering: Steering, seed: int = 0) -> Iterator[Moment]:
    """A lap of each car, from the middle of its road, until all have come round or left it; those then stand still.

    A car leaves the road when a wheel does: (WIDTH − CAR)/2 from the middle.
    """
    rng, n = np.random.default_rng(seed), len(road)
    z, heading = placed(road, np.ones(n, complex), np.zeros(n), np.zeros(n))
    way = np.zeros(n)  # the angle driven
    left = np.zeros(n, bool)
    for _ in range(LONGEST):
        aside = np.abs(road.distance(z[:, None])[:, 0])
        left = left | (aside > (WIDTH - CAR) / 2)
        arrived = (way >= 2 * np.pi) & ~left
        seen, taught = cache(partial(views, road, z, heading, rng)), pursuit(road, z, heading)
        chosen = steering(seen, taught)
        yield Moment(z, heading, seen, taught, chosen, aside, left, arrived)
        if (left | arrived).all():
            return
        before = z
        z, heading = advance(z, heading, chosen, np.where(left | arrived, 0.0, STEP))
        way = way + road.turn * np.angle(z / before)


def laps(road: Roads, steering: Steering) -> tuple[float, float]:
    """The percentage of cars that come round on the road, and how far from its middle the farthest of these was, m.

    The distance is nan if none comes round.
    """
    farthest = np.zeros(len(road))
    for moment in drive(road, steering):
        farthest = np.maximum(farthest, moment.aside)
    distance = float(farthest[moment.arrived].max()) if moment.arrived.any() else nan
    return 100 * float(moment.arrived.mean()), distance


def round_bends(road: Roads, sharp: Sequence[float], steering: Steering) -> Floats:
    """The percentage of laps on the road for each curvature, 1/m, of the sharpest bend, which is 1 on these roads."""
    smaller = road[np.tile(np.arange(len(road)), len(sharp))]
    smaller.R /= np.repeat(sharp, len(road))
    *_, last = drive(smaller, steering)
    percent: Floats = 100 * last.arrived.reshape(len(sharp), len(road)).mean(axis=1)
    return percent


class Pictures(NamedTuple):
    """Pictures to learn from.

    Attributes:
        X: (n, pixels), what cameras saw, from −1 to 1.
        curvature: (n,), how pure pursuit would steer.
        lighter: (n,), whether the road is lighter than the grass.
    """

    X: Floats
    curvature: Floats
    lighter: NDArray[np.bool_]

    def only(self, chosen: NDArray[np.bool_]) -> "Pictures":
        """Those of a mask."""
        return Pictures(self.X[chosen], self.curvature[chosen], self.lighter[chosen])


def pictures(n: int, seed: tuple[int, ...]) -> Pictures:
    """Make n pictures of roads of a seed, 20 of each, by cars that are off the middle and head off the road."""
    rng = np.random.default_rng((*seed, 1))
    of_each = roads(-(-n // 20), (*seed, 0))
    made = []
    for start in range(0, n, 80):  # as many as fit a processor's cache
        road = of_each[np.arange(start, min(n, start + 80)) // 20]
        size = len(road)
        places = np.exp(2j * np.pi * rng.random(size))
        z, heading = placed(road, places, rng.uniform(-ASIDE, ASIDE, size), rng.uniform(-TURNED, TURNED, size))
        made.append((2 * views(road, z, heading, rng) - 1, pursuit(road, z, heading), road.road > road.grass))
    X, curvature, lighter = zip(*made, strict=True)
    return Pictures(np.concatenate(X), np.concatenate(curvature), np.concatenate(lighter))


def mirrored(X: Floats) -> Floats:
    """Pictures, (n, pixels), left and right exchanged."""
    return X.reshape(-1, ROWS, COLUMNS)[:, :, ::-1].reshape(X.shape)


def error(steering: Steering, pictures: Pictures) -> float:
    """The root of the mean squared error of curvature, 1/m."""
    return rms(steering(lambda: (pictures.X + 1) / 2, pictures.curvature) - pictures.curvature)


def straight_on(seen: Sight, taught: Floats) -> Floats:
    """Never turn the wheel."""
    return np.zeros(len(taught))


def pure_pursuit(seen: Sight, taught: Floats) -> Floats:
    """Steer to a point of the road ahead, by a formula that knows where the road is."""
    return taught


def ridge_regression(known: Pictures, held_out: Pictures) -> Steering:
    """κ = w·x with w = (XᵀX + λ·1)⁻¹·Xᵀκ, and the λ that is best on what is held out.

    X are the antisymmetric parts of pictures, as mirror images are steered oppositely; so w·x = −w·(mirror of x).
    """
    X = (known.X - mirrored(known.X)) / 2
    covariance, product = X.T @ X, X.T @ known.curvature
    weights = [np.linalg.solve(covariance + s * np.eye(len(product)), product) for s in 10.0 ** np.arange(0, 6)]
    linear = [_weighted_sum(w) for w in weights]
    return min(linear, key=lambda steering: error(steering, held_out))


def _weighted_sum(w: Floats) -> Steering:
    return lambda seen, taught: (2 * seen() - 1) @ w
