"""Sounds as arrays of numbers from −1 to 1, and as WAV files of 16 bits."""

import io
import os
import wave
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

Sound = NDArray[np.float64]


def wav(sound: ArrayLike, rate: int) -> bytes:
    """A sound, (samples,), as a WAV file of 16 bits; numbers outside −1 to 1 become the nearest of them.

    Args:
        sound: the pressure.
        rate: samples per second.

    >>> read_wav(wav([0.0, 0.5, -1.0], 8000))
    (array([ 0.        ,  0.50001526, -1.        ]), 8000)
    """
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.round(np.asarray(sound, np.float64).clip(-1, 1) * 32767).astype("<i2").tobytes())
    return buffer.getvalue()


def read_wav(file: bytes | str | os.PathLike[str]) -> tuple[Sound, int]:
    """The sound of a WAV file of 8, 16 or 32 bits, the mean of its channels, and its samples per second.

    Raises:
        ValueError: it is no such file.
        OSError: it cannot be read.
    """
    data = file if isinstance(file, bytes) else Path(file).expanduser().read_bytes()
    name = "the sound" if isinstance(file, bytes) else os.fspath(file)
    try:
        with wave.open(io.BytesIO(data)) as opened:
            width, channels, rate = opened.getsampwidth(), opened.getnchannels(), opened.getframerate()
            count = opened.getnframes()
            frames = opened.readframes(count)
        if len(frames) < count * channels * width:
            raise EOFError
    except (wave.Error, EOFError) as error:
        what = str(error) or "it is empty, or ends too early"
        raise ValueError(f"{name} is no WAV file of plain samples: {what}; convert it to WAV, PCM of 16 bits") from None
    if width not in (1, 2, 4):
        raise ValueError(f"{name} has samples of {8 * width} bits; convert it to WAV, PCM of 16 bits")
    samples = np.frombuffer(frames, {1: "u1", 2: "<i2", 4: "<i4"}[width]).astype(np.float64)
    samples = (samples - 128) / 128 if width == 1 else samples / (2 ** (8 * width - 1) - 1)
    return samples.reshape(-1, channels).mean(axis=1), rate
