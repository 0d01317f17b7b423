"""A program that speaks by espeak-ng: a process of its own, so that whatever the library does ends nothing else.

It reads a line of JSON, {"library": its file, "data": its folder or null, "lines": [[voice, rate, pitch, text], …]},
and answers with a line of JSON for each line of speech: samples, of 16 bits in base64, phonemes with their times, and
words: the time of each, and which letter of the text it begins with, from 0.
It needs only the standard library, and is run as a file.

Source: speak_lib.h of espeak-ng, whose constants stand here by their names there.
"""

import base64
import ctypes
import json
import sys
from typing import Any

AUDIO_OUTPUT_SYNCHRONOUS, PHONEME_EVENTS, DONT_EXIT = 2, 1, 0x8000
RATE, PITCH = 1, 3
CHARS_UTF8, LIST_TERMINATED, WORD, PHONEME = 1, 0, 1, 7


class Event(ctypes.Structure):
    """`espeak_EVENT`; `audio_position` is its start in milliseconds, and `name` the mnemonic of a phoneme."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("name", ctypes.c_char * 8),
    )


CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(Event))


def main() -> None:
    """Answer one request."""
    request = json.loads(sys.stdin.readline())
    espeak = ctypes.CDLL(request["library"])
    data = request["data"] and request["data"].encode()
    rate = espeak.espeak_Initialize(AUDIO_OUTPUT_SYNCHRONOUS, 0, data, PHONEME_EVENTS | DONT_EXIT)
    if rate <= 0:
        sys.exit("espeak-ng does not find its data")
    standard = ctypes.CDLL("msvcrt" if sys.platform == "win32" else None)  # its noise, by rand(): the same each time
    samples, phonemes, words = bytearray(), list[tuple[float, str]](), list[tuple[float, int]]()

    def receive(wave: Any, count: int, events: Any) -> int:
        if wave and count:
            samples.extend(ctypes.string_at(wave, 2 * count))
        number = 0
        while events[number].type != LIST_TERMINATED:
            event = events[number]
            if event.type == PHONEME:
                phonemes.append((event.audio_position / 1000, event.name.decode("utf-8", "replace")))
            elif event.type == WORD:
                words.append((event.audio_position / 1000, event.text_position - 1))
            number += 1
        return 0

    callback = CALLBACK(receive)
    espeak.espeak_SetSynthCallback(callback)
    for voice, speed, pitch, text in request["lines"]:
        if espeak.espeak_SetVoiceByName(voice.encode()):
            sys.exit(f"espeak-ng has no voice {voice}")
        espeak.espeak_SetParameter(RATE, speed, 0)
        espeak.espeak_SetParameter(PITCH, pitch, 0)
        standard.srand(0)
        samples.clear()
        phonemes.clear()
        words.clear()
        encoded = text.encode()
        if espeak.espeak_Synth(encoded, ctypes.c_size_t(len(encoded) + 1), 0, 1, 0, CHARS_UTF8, None, None):
            sys.exit(f"espeak-ng could not say {text!r}")
        sound = base64.b64encode(bytes(samples)).decode()
        print(json.dumps({"rate": rate, "samples": sound, "phonemes": phonemes, "words": words}), flush=True)


if __name__ == "__main__":
    main()
