"""A library of 24 strikes of wood, metal and rubber, made by modal synthesis, and the soundtrack of a film from it.

What is struck rings in its modes, each a sinusoid that decays; a harder strike is louder, and its higher modes more so:

    sound(t) = Σₙ speedⁿ·exp(−dₙ·t)·sin(2π·fₙ·t)

Source: the modes of a free bar, fₙ/f₁ = 1, 2.76, 5.40, 8.93: Fletcher and Rossing 1998, "The physics of musical
instruments", section 2.15.
"""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from microgradnet.teach.applications.sound.films import MATERIALS, Strike

Samples = NDArray[np.float64]

RATE, LENGTH = 16_000, 0.9  # samples per second; seconds of a recording
SPEEDS = np.linspace(0.15, 1, 8)  # of the recordings of each material


class Ringing(NamedTuple):
    """How a material rings: its lowest frequency in Hz, those of its modes relative to it, their decays per second.

    `thud` is the loudness of the noise of the contact, `dull` the samples that it is averaged over. `peak`, the loudest
    sample at speed 1, makes all materials about as loud to an ear (by A-weighting).
    """

    lowest: float
    modes: Sequence[float]
    decays: Sequence[float]
    thud: float
    dull: int
    peak: float


RINGING = {
    "wood": Ringing(420, (1, 2.76, 5.40), (38, 60, 110), 0.3, 6, 1.0),
    "metal": Ringing(880, (1, 2.76, 5.40, 8.93), (5, 8, 14, 26), 0.1, 2, 0.4),
    "rubber": Ringing(160, (1, 1.8), (24, 45), 0.9, 12, 1.0),
}


class Recording(NamedTuple):
    """A strike of the library: the number of its material, its speed, its samples."""

    material: int
    speed: float
    sound: Samples


@cache
def library() -> tuple[Recording, ...]:
    """24 recordings: of each material 8 things, of slightly different size, struck at 8 speeds."""
    rng = np.random.default_rng(0)
    return tuple(
        Recording(number, float(speed), struck(RINGING[material], float(speed), rng))
        for number, material in enumerate(MATERIALS)
        for speed in SPEEDS
    )


def struck(ringing: Ringing, speed: float, rng: np.random.Generator) -> Samples:
    """The sound of one strike, at a speed from 0 to 1; its loudest sample is speed·peak."""
    t = np.arange(round(LENGTH * RATE)) / RATE
    lowest = ringing.lowest * rng.uniform(0.93, 1.07)
    modes = enumerate(zip(ringing.modes, ringing.decays, strict=True))
    rings = sum(speed**n * np.exp(-decay * t) * np.sin(2 * np.pi * lowest * mode * t) for n, (mode, decay) in modes)
    noise = np.convolve(rng.normal(0, 1, len(t)), np.ones(ringing.dull) / np.sqrt(ringing.dull), "same")
    sound = (rings + ringing.thud * noise * np.exp(-120 * t)) * np.minimum(1, t * 1000)
    fading = np.minimum(1, (LENGTH - t) * 20)
    loud: Samples = speed * ringing.peak * sound * fading / np.abs(sound).max()
    return loud


def nearest(strike: Strike) -> Recording:
    """The recording of the strike's material whose speed is nearest."""
    of_material = [recording for recording in library() if recording.material == strike.material]
    return min(of_material, key=lambda recording: abs(recording.speed - strike.speed))


def soundtrack(strikes: Sequence[Strike], seconds: float) -> Samples:
    """The recording nearest to each strike, at its time: (seconds·RATE,), at most 0.9 loud."""
    track = np.zeros(round(seconds * RATE))
    for strike in strikes:
        start, sound = round(strike.time * RATE), nearest(strike).sound
        track[start : start + len(sound)] += sound[: len(track) - start]
    quiet: Samples = 0.9 * track / max(1.0, float(np.abs(track).max()))
    return quiet
