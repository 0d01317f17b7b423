"""What an ear hears: the energy of a sound in bands of frequency, frame by frame."""

import numpy as np
from numpy.typing import NDArray

from microgradnet.teach.applications.media.audio import Sound

WINDOW = 0.032  # seconds of sound in a frame
QUIETEST = 60.0  # decibels below the sound's loudest band; less counts as this


def log_mel(sound: Sound, rate: int, per_second: float, bands: int = 18, lowest: float = 100.0,
            highest: float = 3800.0) -> NDArray[np.float64]:  # fmt: skip
    """The logarithm of the energy in bands of equal width on the mel scale, (frames, bands), in units of 10 dB.

    Frame t is the sound around the second t / per_second, in a Hann window. Bands overlap by half, as triangles on
    mel = 2595·log₁₀(1 + f / 700): the ear's own scale, near enough. Numbers are from −6 (silence) to 0 (the loudest).

    Args:
        sound: (samples,).
        rate: samples per second, at least twice the highest frequency.
        per_second: frames per second.
        bands: how many.
        lowest: the frequency at which the first band begins.
        highest: the one at which the last band ends.

    Raises:
        ValueError: the sound is empty, or has too few samples per second.

    Source: Davis & Mermelstein 1980, "Comparison of parametric representations for monosyllabic word recognition".

    >>> tone = np.sin(2 * np.pi * 440 * np.arange(8000) / 8000)
    >>> heard = log_mel(tone, 8000, 50)
    >>> heard.shape, int(heard[25].argmax())
    ((50, 18), 3)
    """
    if not len(sound):
        raise ValueError("the sound is empty")
    if rate < 2 * highest:
        raise ValueError(f"the sound has {rate} samples per second; at least {2 * highest:.0f} are needed")
    size = round(WINDOW * rate)
    starts = np.round(np.arange(0, len(sound), rate / per_second)).astype(int)
    padded = np.pad(sound, (size // 2, size))
    frames = padded[starts[:, None] + np.arange(size)] * np.hanning(size + 2)[1:-1]
    energy = np.abs(np.fft.rfft(frames)) ** 2 @ _triangles(size, rate, bands, lowest, highest)
    loudest = energy.max() or 1.0
    return np.log10(np.maximum(energy / loudest, 10 ** (-QUIETEST / 10)))


def _triangles(size: int, rate: int, bands: int, lowest: float, highest: float) -> NDArray[np.float64]:
    """The weight of each frequency in each band, (frequencies, bands)."""
    first, last = (2595 * np.log10(1 + frequency / 700) for frequency in (lowest, highest))
    ends = 700 * (10 ** (np.linspace(first, last, bands + 2) / 2595) - 1)
    left, middle, right = ends[:-2], ends[1:-1], ends[2:]
    frequencies = np.fft.rfftfreq(size, 1 / rate)[:, None]
    rises, falls = (frequencies - left) / (middle - left), (right - frequencies) / (right - middle)
    weights: NDArray[np.float64] = np.maximum(0, np.minimum(rises, falls))
    return weights
