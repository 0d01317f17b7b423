"""Silent films, from a seed: balls of wood, metal and rubber that fall and bounce, and shoes of them that walk.

Lengths are in heights of the picture, with x to the right and y down; 0 ≤ x ≤ 4/3, 0 ≤ y ≤ 1. A film says where
everything is in each frame, and when, where and how fast something strikes the ground. `painted` makes pixels of it.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

MATERIALS = ("wood", "metal", "rubber")
PER_SECOND, SECONDS = 25, 8  # frames; the length of a film
WIDTH = 4 / 3
GRAVITY = 6.4  # heights per second²
FASTEST = 3.4  # heights per second: a strike of speed 1
GENTLEST = 0.64  # heights per second: a slower ball stays on the ground
BOUNCE = ((0.45, 0.6), (0.55, 0.7), (0.7, 0.82))  # of its speed a ball keeps between these, by material
APART = 0.14  # seconds from one strike to the next, at least
SHADES = ((0.46, 0.56), (0.62, 0.77), (0.14, 0.26))  # brightness between these, by material


class Strike(NamedTuple):
    """Something meets the ground: seconds from the film's start, the number of its material, speed 0 to 1, place."""

    time: float
    material: int
    speed: float
    x: float
    y: float

    @property
    def frame(self) -> float:
        """The number of its frame, with the part of a frame that it is later."""
        return self.time * PER_SECOND


class Thing(NamedTuple):
    """A ball, or a shoe.

    Attributes:
        material: its number in MATERIALS.
        shoe: 0 for a ball; 1 for a shoe that points to the right, −1 for one to the left.
        size: the radius of the ball, half the length of the shoe's sole.
        shade: its brightness.
        grain: the angle of wood's stripes.
        ground: the y of the ground below it.
        places: (frames, 2), its middle; NaN where it is not there.
        strikes: its own.
    """

    material: int
    shoe: int
    size: float
    shade: float
    grain: float
    ground: float
    places: Numbers
    strikes: Sequence[Strike]


class Film(NamedTuple):
    """A scene's things, farthest first, its strikes in their order, and the brightness of its wall and its ground."""

    things: Sequence[Thing]
    strikes: Sequence[Strike]
    wall: float
    ground: float

    @property
    def frames(self) -> int:
        """How many there are."""
        return len(self.things[0].places)


def balls(rng: np.random.Generator, seconds: float = SECONDS) -> Film:
    """A film in which balls are thrown in; they hardly cover each other, and never strike within 0.14 s."""
    thrown = list[Thing]()
    for start in np.arange(-0.4, seconds - 1, 0.3):
        ball = _ball(rng, start + rng.uniform(0, 0.3), round(seconds * PER_SECOND))
        if _fits(ball, thrown):
            thrown.append(ball)
    return _film(thrown, rng)


def _ball(rng: np.random.Generator, start: float, frames: int) -> Thing:
    """A ball that enters from the left or the right, bounces until it is slow, and rolls on."""
    material, size = int(rng.integers(3)), rng.uniform(0.13, 0.17)
    ground, height = rng.uniform(0.72, 0.95), rng.uniform(0.35, 0.85)
    side, across = int(rng.choice([-1, 1])), rng.uniform(0.3, 0.6)
    x0 = WIDTH / 2 - side * rng.uniform(0.15, 0.75)
    t = np.arange(frames) / PER_SECOND
    x = x0 + side * across * (t - start)
    fall, strikes = np.sqrt(2 * height / GRAVITY), list[Strike]()
    above = np.where(t < start + fall, height - GRAVITY * (t - start) ** 2 / 2, 0.0)
    begin, speed = start + fall, GRAVITY * fall  # of the strike
    while True:
        place = x0 + side * across * (begin - start)
        strikes.append(Strike(begin, material, min(1.0, speed / FASTEST), place, ground))
        up = speed * rng.uniform(*BOUNCE[material])
        if up < GENTLEST:
            break
        since, length = t - begin, 2 * up / GRAVITY
        above = np.where((since >= 0) & (since < length), up * since - GRAVITY * since**2 / 2, above)
        begin, speed = begin + length, up
    places = np.column_stack([x, ground - size - above])
    places[(t < start - 0.3) | (x < -size) | (x > WIDTH + size)] = np.nan
    seen = [strike for strike in strikes if 0 <= strike.x <= WIDTH and 0.1 <= strike.time < frames / PER_SECOND - 0.1]
    return _thing(rng, material, 0, size, ground, places, seen)


def walk(rng: np.random.Generator, seconds: float = SECONDS) -> Film:
    """A film in which shoes walk by themselves: clogs, a knight's shoes or rubber boots, one pair after another."""
    shoes, start, before = list[Thing](), 0.1, -1
    while start < seconds - 1:
        material = int(rng.choice([number for number in range(3) if number != before]))
        pair, start = _pair(rng, start, material, round(seconds * PER_SECOND))
        shoes += pair
        before = material
    return _film(shoes, rng)


def _pair(rng: np.random.Generator, start: float, material: int, frames: int) -> tuple[list[Thing], float]:
    """Two shoes that walk from one side to the other in turns, and when they are gone."""
    size, ground, period, step = rng.uniform(0.15, 0.18), rng.uniform(0.75, 0.92), rng.uniform(0.4, 0.5), 0.4
    side, shade = int(rng.choice([-1, 1])), rng.uniform(*SHADES[material])
    steps = int(np.ceil((WIDTH + 4 * size) / step)) + 1
    t, shoes = np.arange(frames) / PER_SECOND, list[Thing]()
    for foot in (0, 1):
        along, above = np.full(frames, -2 * size + (foot - 1) * step), np.zeros(frames)
        strikes, floor = list[Strike](), ground + 0.03 * foot
        for number in range(foot, steps, 2):
            height, begin = rng.uniform(0.1, 0.26), start + number * period
            part = (t - begin) / period
            landed = -2 * size + (number + 1) * step
            swing = landed - 2 * step * (1 - np.clip(part, 0, 1))
            along = np.where(part > 0, swing, along)
            above = np.where((part > 0) & (part < 1), height * np.sin(np.pi * np.clip(part, 0, 1)), above)
            x = landed if side > 0 else WIDTH - landed
            strikes.append(Strike(begin + period, material, np.pi * height / period / FASTEST, x, floor))
        places = np.column_stack([along if side > 0 else WIDTH - along, floor - 0.5 * size - above])
        gone = (along < -1.5 * size) | (along > WIDTH + 1.5 * size) | (t > start + steps * period)
        places[gone] = np.nan
        seen = [s for s in strikes if 0 <= s.x <= WIDTH and 0.1 <= s.time < frames / PER_SECOND - 0.1]
        shoes.append(_thing(rng, material, side, size, floor, places, seen)._replace(shade=shade))
    return shoes, start + (steps - 1) * period


def _thing(
    rng: np.random.Generator, material: int, shoe: int, size: float, ground: float, places: Numbers,
    strikes: Sequence[Strike],
) -> Thing:  # fmt: skip
    shade, grain = rng.uniform(*SHADES[material]), rng.uniform(0, np.pi)
    return Thing(material, shoe, size, shade, grain, ground, places, strikes)


def _fits(ball: Thing, others: Sequence[Thing]) -> bool:
    """Whether a ball's strikes are apart from those of the others, and it covers them in few frames."""
    if not ball.strikes:
        return False
    for other in others:
        if any(abs(a.time - b.time) < APART for a in ball.strikes for b in other.strikes):
            return False
        near = np.hypot(*(ball.places - other.places).T) < ball.size + other.size
        if near.sum() > 2:
            return False
    return True


def _film(things: Sequence[Thing], rng: np.random.Generator) -> Film:
    strikes = sorted(strike for thing in things for strike in thing.strikes)
    return Film(sorted(things, key=lambda thing: thing.ground), strikes, rng.uniform(0.75, 0.95), rng.uniform(0.5, 0.7))
