"""Speech from text, with the time of each phoneme, by espeak-ng, which runs as a program of its own.

espeak-ng is GPL-3: it is run where it is installed, and no part of it is in this package.
"""

import base64
import ctypes.util
import json
import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from microgradnet.teach.applications.media.audio import Sound

PROGRAM = Path(__file__).with_name("espeak_process.py")
SECONDS = 120  # that it may take
PAUSE = 0.2  # seconds of silence before each line: lips shut before the p that one hears
INSTALL = "pip install 'microgradnet[applications]', or apt-get install espeak-ng"


class Line(NamedTuple):
    """What to say, and how.

    Attributes:
        voice: a name of espeak-ng's, as "en-us+f4".
        text: in English.
        rate: words per minute.
        pitch: 0 to 99.
    """

    voice: str
    text: str
    rate: int = 160
    pitch: int = 50


class Speech(NamedTuple):
    """A sound, its phonemes and its words.

    Attributes:
        sound: (samples,), from −1 to 1.
        rate: samples per second.
        phonemes: each with the second at which it starts, in espeak-ng's notation, without stress; "_" is silence.
        words: each with the second at which it starts, with the punctuation after it.
    """

    sound: Sound
    rate: int
    phonemes: Sequence[tuple[float, str]]
    words: Sequence[tuple[float, str]]


def spoken(lines: Sequence[Line]) -> list[Speech]:
    """The lines, spoken.

    Raises:
        ImportError: espeak-ng is not installed, or does not work; the message names the command that installs it.
    """
    library, data = _library()
    asked = {"library": library, "data": data, "lines": [[x.voice, x.rate, x.pitch, x.text] for x in lines]}
    try:
        done = subprocess.run(
            [sys.executable, PROGRAM], input=json.dumps(asked) + "\n", capture_output=True, text=True,
            encoding="utf-8", timeout=SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise ImportError(f"espeak-ng ({library}) did not answer in {SECONDS} s: {INSTALL}") from None
    answers = done.stdout.splitlines()
    if done.returncode or len(answers) != len(lines):
        why = done.stderr.strip().rpartition("\n")[2] or f"it ended with {done.returncode}"
        raise ImportError(f"espeak-ng ({library}) does not speak: {why}: {INSTALL}")
    return [_speech(json.loads(answer), line.text) for answer, line in zip(answers, lines, strict=True)]


def _library() -> tuple[str, str | None]:
    """The file of the library, and the folder of its data, or None for its own."""
    try:
        import espeakng_loader
    except ImportError:
        if library := ctypes.util.find_library("espeak-ng"):
            return library, None
        raise ImportError(f"the voices need espeak-ng: {INSTALL}") from None
    return espeakng_loader.get_library_path(), espeakng_loader.get_data_path()


def _speech(answer: dict[str, Any], said: str) -> Speech:
    samples = np.frombuffer(base64.b64decode(answer["samples"]), "<i2") / 32768
    rate = answer["rate"]
    phonemes = [(PAUSE + start, name.lstrip("',")) for start, name in answer["phonemes"]]
    begins = [begin for _, begin in answer["words"]]
    parts = [said[a:b].strip() for a, b in pairwise([*begins, len(said)])]
    words = [(PAUSE + start, part) for (start, _), part in zip(answer["words"], parts, strict=True)]
    return Speech(np.concatenate([np.zeros(round(PAUSE * rate)), samples]), rate, [(0.0, "_"), *phonemes], words)
