"""What a network learns to see in speech: the mouth of each phoneme, and speech to learn it from.

A mouth is three numbers from 0 to 1: how far it is open, how round and how wide the lips are. A phoneme's mouth stands
in a table of visemes, groups of sounds that look alike. The lips glide from one to the next, but on m, b and p they
shut, whatever stands beside.

Source: the groups are those of Fisher 1968, "Confusions among visually perceived consonants"; the numbers are ours.
"""

import functools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from microgradnet.teach.applications.espeak import Line, Speech, spoken
from microgradnet.teach.applications.media.bands import log_mel

Numbers = NDArray[np.float64]

PER_SECOND = 50
"""Frames per second, of what is heard and of the face."""
BANDS = 18
OPEN = 0  # its place in a mouth
STRETCH = 0.15  # of the logarithm of frequencies on the mel scale, at most
GLIDE = 0.035  # seconds: standard deviation of the glide from mouth to mouth

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

WORDS = """
    about above apple army autumn baby back bad ball bamboo banana basket beach bear because begin below best big bird
    blue board boat body book bottle box boy branch bread bridge bring brother build butter buy cabin call camp car
    catch chair cheap child choose church city clean climb cloud coffee cold come copper cousin cup dance deep dinner
    dog dream drop early earth east enough evening every eye face fair family farm fast father few field find fire
    fish five floor fly food foot forest found four friend from garden gentle give glass goat gold good grape green
    ground group grow hammer hand happy heart heavy help here hill honey hope horse house hurry ice island jacket join
    judge jump just kind kitchen lamp large laugh leaf learn leave lemon letter light listen little long look loud
    machine maple market maybe meadow measure member metal middle milk mirror moment money monkey moon more morning
    mother mountain move music napkin narrow nation near never night north number ocean often old only open orange
    other over paint paper park part peace pencil people pepper picture piece pilot place plane please pocket poor
    power press pure quick quiet rabbit rain reach red remember ribbon rice river road robin room rope rough round
    rubber sail salt school sea seven shadow shape sharp sheep ship short shoulder silver simple sing sister sky sleep
    slow small smile snow soap soft some song soup south spring stamp star stone storm summer sun supper table tall
    teacher temple thank thick thing thumb time tomorrow top tower town tree trouble true tunnel under useful valley
    very village visit voice walk warm wash water weather west whale wheel white wide window winter wish wolf woman
    wonder wood work world yellow yes young zebra zoo
""".split()  # noqa: SIM905
"""What voices say in training, in random order."""
VALIDATION = (
    "Bob painted my garage door purple before breakfast", "The museum will open at half past eight",
    "Seventy bees hummed above the blooming clover", "We should probably ask Emma for the map",
    "Every Monday a plumber comes to mend the pump", "His cheap violin sounds much better than hers",
    "Jump over the puddle, but mind the umbrella", "Perhaps both maps were made by the same publisher",
)  # fmt: skip
TEST = (
    "A neural network moves my mouth when you speak", "Pamela put the biggest jam pot on top of the bookshelf",
    "How many chambers does a human heart have", "They hid five thousand shiny pebbles in the old mill pond",
    "Whose umbrella is blowing across the square", "The committee may publish a better proposal by May",
    "Our number is made of thirty million parameters", "She sells cheap seashells by the harbour shop",
    "Maybe nobody remembers the name of the composer", "Each wheel turned slowly through the thick yellow sand",
    "Put a penny in the box and pick a plum", "I owe you an awful lot, my old friend",
)  # fmt: skip
TRAINING_VOICES = tuple("en-us en-us+m1 en-us+m3 en-us+m7 en-us+f1 en-us+Andrea en-us+Annie en-us+steph".split())
VALIDATION_VOICES = ("en-us+shelby", "en-us+Mario")
TEST_VOICES = ("en-us+f4", "en-us+m2")
"""Voices that are heard in no training."""


class Seen(NamedTuple):
    """A sentence as the network learns it.

    Attributes:
        bands: what is heard, (frames, BANDS).
        mouth: open, round and wide, (frames, 3).
        shut: 1 where m, b or p shut the lips, (frames,).
        speech: where it is from.
        line: what is said.
    """

    bands: Numbers
    mouth: Numbers
    shut: Numbers
    speech: Speech
    line: Line


def heard(sound: Numbers, rate: int) -> Numbers:
    """The bands of a sound, (frames, BANDS), less each one's mean where there is speech: so much is the speaker's."""
    bands = log_mel(sound, rate, PER_SECOND, BANDS)
    loudness = bands.max(axis=1)
    speech = bands[loudness > loudness.max() - 4]
    centred: Numbers = bands - speech.mean(axis=0)
    return centred


def stretched(bands: Numbers, rng: np.random.Generator) -> Numbers:
    """The bands (frames, BANDS) as a throat of another length makes them: all resonances higher, or lower."""
    factor = np.exp(rng.uniform(-STRETCH, STRETCH))
    at = ((np.arange(BANDS) + 2) * factor - 2).clip(0, BANDS - 1)  # the first band is two widths above 0 mel
    below = np.floor(at).astype(int).clip(0, BANDS - 2)
    moved: Numbers = bands[:, below] * (1 - at + below) + bands[:, below + 1] * (at - below)
    return moved


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
    fine = 10  # moments in a frame
    count = frames * fine
    moments = np.arange(count) / (fine * PER_SECOND)
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
    spread = np.arange(-count, count + 1) / (fine * PER_SECOND)
    bell = np.exp(-0.5 * (spread[np.abs(spread) < 4 * GLIDE] / GLIDE) ** 2)
    pad = len(bell) // 2
    glided = np.array([np.convolve(np.pad(x, pad, "edge"), bell / bell.sum(), "valid") for x in targets.T]).T
    is_shut = shut[::fine]
    mouth = glided[::fine].copy()
    mouth[:, OPEN] *= 1 - is_shut
    return mouth, is_shut


def sentences(lines: Sequence[Line]) -> list[Seen]:
    """The lines, spoken, heard and seen."""
    made = []
    for line, speech in zip(lines, spoken(lines), strict=True):
        bands = heard(speech.sound, speech.rate)
        made.append(Seen(bands, *seen(speech, len(bands)), speech, line))
    return made


def practice(count: int, rng: np.random.Generator) -> list[Seen]:
    """Random words by each of the training voices in turn, slower and faster, higher and lower."""
    lines = [
        Line(
            TRAINING_VOICES[number % len(TRAINING_VOICES)], " ".join(rng.choice(WORDS, 8)),
            int(rng.integers(130, 190)), int(rng.integers(35, 65)),
        )
        for number in range(count)
    ]  # fmt: skip
    return sentences(lines)


@functools.cache
def held_out(voices: tuple[str, ...] = TEST_VOICES, texts: tuple[str, ...] = TEST) -> list[Seen]:
    """Test data: sentences never practised, by voices never heard."""
    return sentences([Line(voice, text) for voice in voices for text in texts])
