"""Pixels of the silent films, grey as the network sees them or in colour; what it sees and is to say of each frame."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from microgradnet.teach.applications.sound.films import WIDTH, Film, Thing

Numbers = NDArray[np.floating]

ROWS = 24  # of the pixels that the network sees
GREY = np.ones((5, 1))
COLOURS = np.array([[1.25, 0.85, 0.5], [0.95, 1.05, 1.15], [1.15, 0.75, 0.85], [1, 0.99, 0.95], [0.98, 1, 0.96]])
"""What brightness is multiplied by: of wood, metal, rubber, the wall, the ground."""
HORIZON = 0.62


def painted(film: Film, rows: int = ROWS, tints: Numbers = GREY) -> Numbers:
    """The frames of a film: (frames, rows, rows·4/3, colours), from 0 (black) to 1 (white).

    Args:
        film: what is painted.
        rows: of pixels.
        tints: a row of factors for each material, the wall and the ground.
    """
    columns = round(rows * WIDTH)
    x = (np.arange(columns, dtype=np.float32) + 0.5) / rows
    y = ((np.arange(rows, dtype=np.float32) + 0.5) / rows)[:, None]
    below = np.clip((y - HORIZON) * rows, 0, 1)[..., None]
    scene = film.wall * tints[3] * (1 - below) + (film.ground + 0.3 * (y[..., None] - 0.8)) * tints[4] * below
    image = np.broadcast_to(scene.astype(np.float32), (film.frames, rows, columns, tints.shape[1])).copy()
    for thing in film.things:
        there = np.flatnonzero(~np.isnan(thing.places[:, 0]))
        places = thing.places[there].astype(np.float32)
        dx, dy = x - places[:, :1, None], y - places[:, 1:, None]
        part = image[there] * (1 - _shadow(thing, dx, y)[..., None])
        for right, down, wide, high in discs(thing):
            u, v = (dx - right) / wide, (dy - down) / high
            light = _light(thing, u, v)[..., None] * tints[thing.material].astype(np.float32)
            part = _with_disc(part, light, np.hypot(u, v), min(wide, high) * rows)
        image[there] = part
    return image.clip(0, 1)


def _shadow(thing: Thing, dx: Numbers, y: Numbers) -> Numbers:
    """How dark the shadow is, which lies below a thing on the ground."""
    distance = (dx / thing.size) ** 2 + ((y - thing.ground) / (0.25 * thing.size)) ** 2
    shadow: Numbers = 0.35 * np.clip(1.5 - distance, 0, 1)
    return shadow


def discs(thing: Thing) -> list[tuple[float, float, float, float]]:
    """The ellipses that a thing is made of: the place of each from its middle, its half width and half height."""
    size = thing.size
    if not thing.shoe:
        return [(0.0, 0.0, size, size)]
    return [(0.0, 0.0, size, 0.5 * size), (-0.4 * thing.shoe * size, -0.35 * size, 0.55 * size, 0.7 * size)]


def _with_disc(image: Numbers, light: Numbers, distance: Numbers, pixels: float) -> Numbers:
    """The image with a disc over it, whose edge is at a distance of 1 from its middle, `pixels` away."""
    cover = np.clip(0.5 + (1 - distance) * pixels, 0, 1)[..., None]
    image = image * (1 - cover) + light * cover
    return image


def _light(thing: Thing, u: Numbers, v: Numbers) -> Numbers:
    """The brightness of a thing's pixels: stripes on wood, a bright spot and a dark rim on metal, dull rubber."""
    light = np.full_like(u + v, thing.shade)
    if thing.material == 0:
        light += 0.14 * np.sin(6.5 * (u * np.cos(thing.grain) + v * np.sin(thing.grain)))
    elif thing.material == 1:
        light += 0.45 * np.exp(-6 * ((u + 0.3) ** 2 + (v + 0.35) ** 2)) - 0.25 * np.minimum(u**2 + v**2, 1)
    else:
        light += 0.06 * np.exp(-6 * ((u + 0.3) ** 2 + (v + 0.35) ** 2))
    return light


def context(image: Numbers, rng: np.random.Generator, noise: float = 0.02) -> Numbers:
    """What the network sees of frame t: 3·(xₜ − mean), 4·(xₜ₊ᵢ − xₜ₊ᵢ₋₁) for i = −1 to 2: (frames, 5, rows, columns).

    Args:
        image: (frames, rows, columns, 1).
        rng: of the camera's noise.
        noise: its standard deviation.
    """
    x = image[..., 0] - image.mean() + noise * rng.standard_normal(image.shape[:3], np.float32)
    x = np.concatenate([x[:1], x[:1], x, x[-1:], x[-1:]])
    around = [x[i : len(x) - 4 + i] for i in range(5)]
    return np.stack([3 * around[2], *(4 * (after - before) for before, after in pairwise(around))], axis=1)


def targets(film: Film) -> dict[str, Numbers]:
    """Of each frame, by the names of the loss: what strikes, one-hot: nothing or a material; how hard; how late."""
    sort, hard, late = np.zeros((film.frames, 4)), np.zeros(film.frames), np.zeros(film.frames)
    sort[:, 0] = 1
    for strike in film.strikes:
        frame = round(strike.frame)
        sort[frame] = np.eye(4)[1 + strike.material]
        hard[frame], late[frame] = strike.speed, strike.frame - frame
    return {"sort": sort, "hard": hard, "late": late}
