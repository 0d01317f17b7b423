"""What people ask an application for, checked where it is given: before a training, not after it."""

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from microgradnet.teach.applications.media.audio import Sound


class RequestError(ValueError, argparse.ArgumentTypeError):
    """What is asked for is not possible; the message says what is."""


ALPHABET = " abcdefghijklmnopqrstuvwxyz"
"""What `handwriting` has learnt to write."""
LONGEST = 60  # letters of a text
MOST = 1000.0  # of a bias
DIGITS = 18  # of a seed
LEAST_RATE, SECONDS, QUIET = 8000, (0.2, 60), 1e-3  # of a recording


def handwritten(text: str) -> str:
    """A text of 1 to 60 letters, in the ALPHABET: in lower case.

    >>> handwritten("Hello")
    'hello'
    >>> handwritten("Why?")
    Traceback (most recent call last):
    microgradnet.teach.applications.requests.RequestError: '?': only a to z and the space were learnt
    """
    text = text.strip().lower()
    if unknown := sorted(set(text) - set(ALPHABET)):
        raise RequestError(f"{', '.join(map(repr, unknown))}: only a to z and the space were learnt")
    if not 1 <= len(text) <= LONGEST:
        raise RequestError(f"a text of 1 to {LONGEST} letters is needed, got {len(text)}")
    return text


def number_from_zero(text: str | float) -> float:
    """A number from 0 to 1000.

    >>> number_from_zero("1.5")
    1.5
    """
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number <= MOST:
        raise RequestError(f"a number from 0 on, up to {MOST:g}, is needed, got {text!r:.40}")
    return number


def seed(text: str) -> int:
    """A whole number from 0 on.

    >>> seed("7")
    7
    """
    if not text.isdecimal() or len(text) > DIGITS:
        raise RequestError(f"a seed is a whole number from 0 on, of at most {DIGITS} digits, got {text!r:.40}")
    return int(text)


def photograph(file: str) -> Path:
    """The path of a photograph, which is looked at before any training."""
    from microgradnet.teach.applications.colour.photographs import image_of

    try:
        image_of(file)
    except OSError as error:
        raise RequestError(f"{file}: {error.strerror}") from None
    except ValueError as error:
        raise RequestError(str(error)) from None
    return Path(file)


def recorded(file: str) -> tuple["Sound", int]:
    """The sound of a WAV file of speech, (samples,), and its samples per second.

    Raises:
        RequestError: it cannot be read, is no WAV file, is silent, too short or long, or has too few samples.
    """
    from microgradnet.teach.applications.media.audio import read_wav

    try:
        sound, rate = read_wav(file)
    except OSError as error:
        raise RequestError(f"{file} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise RequestError(str(error)) from None
    if rate < LEAST_RATE:
        raise RequestError(f"{file} has {rate} samples per second; at least {LEAST_RATE} are needed")
    if not SECONDS[0] <= len(sound) / rate <= SECONDS[1]:
        raise RequestError(
            f"{file} lasts {len(sound) / rate:.1f} s; a recording of {SECONDS[0]} to {SECONDS[1]} s is needed"
        )
    if not abs(sound - sound.mean()).max() > QUIET:
        raise RequestError(f"{file} is silent")
    return sound, rate


def recording(file: str) -> str:
    """A file that is a recording of speech; errors as of `recorded`."""
    recorded(file)
    return file
