"""Roads that exist only as formulas: closed tracks, and what a camera on a car sees of them.

The middle of a track is a curve around the origin of the complex plane, p(θ) = ρ(θ)·e^{iθ}, with

    ρ(θ) = R·(1 + Re Σₖ cₖ·e^{ikθ}),        k = 2 … 6

The ground at z is road where its distance from the middle, |z| − ρ(θ) times the cosine of the angle between the road
and its circle, is at most half the road's width. The camera sees the ground in perspective: its pixel (a, b), b below
the horizon, shows the point height/b ahead of the car and a·height/b to its right.

Everything is computed for n cars at once, each with a road of its own. Lengths are in metres, angles in radians.
"""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Points = NDArray[np.complex128]

ROWS, COLUMNS = 30, 32  # of the camera's picture, as in ALVINN
WIDTH = 4.4  # of the road
SHARPEST = (0.06, 0.11)  # the curvature, 1/m, in the sharpest bend of a track, drawn between these
HEIGHT, NEAR, FAR, SIDE = 2.5, 4.0, 25.0, 0.65  # of the camera; the ground it sees; the tangent of half its angle
ORDERS = np.arange(2, 7)  # the k of the waves of a track
LINE = 0.25  # the width of a painted line

_B = np.linspace(HEIGHT / FAR, HEIGHT / NEAR, ROWS)[:, None]
_A = np.linspace(-SIDE, SIDE, COLUMNS)[None, :]
GROUND: Points = (HEIGHT / _B * (1 - 1j * _A)).ravel()
"""For each pixel the point of the ground that it shows, from the car: ahead is 1, left is i."""
BLUR: Floats = np.repeat(HEIGHT / _B * 2 * SIDE / COLUMNS, COLUMNS)
"""For each pixel how much of the ground it averages."""


@dataclass
class Roads:
    """n roads, each with its look.

    Attributes:
        R: (n,), the mean radius.
        c: (n, 5), the waves.
        turn: (n,), 1 if cars go round counterclockwise, −1 if clockwise.
        grass, road, line: (n,), brightness from 0 to 1; `line` is that of the painted edges.
        shadow: (n,), the brightness that a shadow takes, as a factor.
        wave: (n,), direction and frequency of the bands of shadow, 1/m.
        noise: (n,), the standard deviation of a pixel's brightness.
    """

    R: Floats
    c: Points
    turn: Floats
    grass: Floats
    road: Floats
    line: Floats
    shadow: Floats
    wave: Points
    noise: Floats

    def __len__(self) -> int:
        return len(self.R)

    def __getitem__(self, chosen: Any) -> "Roads":
        """Some of the roads, or one of them several times: by numbers, a slice or a mask."""
        return Roads(*(getattr(self, field.name)[chosen] for field in fields(self)))

    def negative(self) -> "Roads":
        """The same roads, light where these are dark."""
        return replace(self, grass=1 - self.grass, road=1 - self.road, line=1 - self.line)

    def radius(self, direction: Points, derivatives: int = 1) -> list[Floats]:
        """ρ, ρ′, … where e^{iθ} = direction, (n, points): so many derivatives."""
        made = []
        for derivative in range(derivatives + 1):
            wave = np.zeros_like(direction)
            for c, k in zip(self.c.T[::-1], ORDERS[::-1], strict=True):  # Horner's rule
                wave *= direction
                wave += c[:, None] * (1j * k) ** derivative
            wave *= direction**2
            made.append(self.R[:, None] * (wave.real + (derivative == 0)))
        return made

    def middle(self, direction: Points) -> Points:
        """The points of the middle in these directions from the origin, (n, points)."""
        return self.radius(direction, 0)[0] * direction

    def distance(self, z: Points) -> Floats:
        """How far points (n, points) are from the middle, positive outside; exact where the road is straight."""
        r = np.abs(z)
        rho, slope = self.radius(z / r)
        distance: Floats = (r - rho) / np.sqrt(1 + (slope / rho) ** 2)
        return distance

    def curvature(self, direction: Points) -> Floats:
        """The curvature of the middle, 1/m, positive to the left of a car."""
        rho, first, second = self.radius(direction, 2)
        curvature: Floats = (rho**2 + 2 * first**2 - rho * second) / (rho**2 + first**2) ** 1.5
        return self.turn[:, None] * curvature


def roads(n: int, seed: tuple[int, ...], sharpest: tuple[float, float] = SHARPEST, shade: float = 0.5) -> Roads:
    """Draw n roads from a seed.

    Args:
        n: how many.
        seed: of the drawing.
        sharpest: the curvature in the sharpest bend of each is drawn between these, 1/m.
        shade: the depth of shadows is at most this part of the contrast between road and grass.
    """
    rng = np.random.default_rng(seed)
    c = (rng.normal(size=(n, 5)) + 1j * rng.normal(size=(n, 5))) * 0.35 / ORDERS**1.5
    c *= np.minimum(1, 0.4 / np.abs(c).sum(axis=1, keepdims=True))  # ρ is positive
    contrast = rng.uniform(0.18, 0.45, n) * rng.choice([-1, 1], n)
    grass = 0.5 - contrast / 2 + rng.uniform(-0.15, 0.15, n)
    drawn = Roads(
        R=np.ones(n), c=c, turn=rng.choice([-1.0, 1.0], n), grass=grass, road=grass + contrast,
        line=np.where(rng.random(n) < 0.5, 0.95, grass + contrast),
        shadow=1 - shade * rng.random(n) * np.abs(contrast) / np.maximum(grass, grass + contrast),
        wave=np.exp(1j * rng.uniform(0, 2 * np.pi, n)) / rng.uniform(3, 8, n),
        noise=rng.uniform(0.01, 0.06, n),
    )  # fmt: skip
    drawn.R = np.abs(drawn.curvature(circle(n, 720))).max(axis=1) / rng.uniform(*sharpest, n)
    return drawn


def circle(n: int, points: int) -> Points:
    """Directions all around, (n, points)."""
    return np.tile(np.exp(2j * np.pi * np.arange(points) / points), (n, 1))


def tangent(road: Roads, direction: Points) -> Points:
    """p′(θ), which has the direction of the road: (n,) of (n,)."""
    rho, first = (part[:, 0] for part in road.radius(direction[:, None]))
    along: Points = (first + 1j * rho) * direction
    return along


def placed(road: Roads, direction: Points, aside: Floats, turned: Floats) -> tuple[Points, Points]:
    """Cars on the road: where each is, and the direction it heads for, (n,) each.

    Args:
        road: one for each car.
        direction: from the origin, e^{iθ}.
        aside: how far left of the middle.
        turned: how far it heads left of the road.
    """
    along = road.turn * tangent(road, direction)
    along /= np.abs(along)
    return road.middle(direction[:, None])[:, 0] + 1j * along * aside, along * np.exp(1j * turned)


def views(road: Roads, z: Points, heading: Points, rng: np.random.Generator) -> Floats:
    """What each car's camera sees, (n, ROWS·COLUMNS): brightness from 0 to 1, from the upper left corner."""
    ground = z[:, None] + heading[:, None] * GROUND
    inside = WIDTH / 2 - np.abs(road.distance(ground))  # of the edge
    is_road, is_line = (np.clip(0.5 + x / BLUR, 0, 1) for x in (inside, LINE / 2 - np.abs(inside - LINE / 2)))
    is_shadow = np.cos((ground * road.wave[:, None].conj()).real * 2 * np.pi / 3) > 0.3
    grass, paved, line, shadow, noise = (
        getattr(road, name)[:, None] for name in ("grass", "road", "line", "shadow", "noise")
    )
    light = grass + (paved - grass) * is_road + (line - paved) * is_line * np.minimum(1, LINE / BLUR)
    seen: Floats = light * np.where(is_shadow, shadow, 1) + rng.normal(size=light.shape) * noise
    return seen.clip(0, 1)
