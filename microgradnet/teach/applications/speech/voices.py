"""Speech that a network learns from: voices that say random words, what an ear hears of them, and their mouths."""

import functools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from microgradnet.teach.applications.media.bands import log_mel
from microgradnet.teach.applications.speech.espeak import Line, Speech, spoken
from microgradnet.teach.applications.speech.visemes import PER_SECOND, Numbers, seen

BANDS = 18
SPEAKERS, NOISE = 0.3, 0.1  # standard deviations of what a practised piece adds to each band, and to each number
STRETCH = 0.15  # of the logarithm of frequencies on the mel scale, at most

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
TRAINING_VOICES = (
    "en-us", "en-us+m1", "en-us+m3", "en-us+m4", "en-us+m5", "en-us+m7", "en-us+Denis", "en-us+john",
    "en-us+f1", "en-us+Andrea", "en-us+Annie", "en-us+belinda", "en-us+linda", "en-us+steph",
)  # fmt: skip
VALIDATION_VOICES = ("en-us+Mario", "en-us+Michael", "en-us+m6", "en-us+shelby")
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


def piece(one: Seen, frames: int, after: int, rng: np.random.Generator) -> tuple[Numbers, Numbers, Numbers]:
    """A piece of a sentence, as by another throat: the bands of `frames` and `after` more, their mouths, and shut."""
    start = rng.integers(len(one.mouth) - frames - after + 1)
    bands = one.bands[start : start + frames + after]
    bands = stretched(bands + rng.normal(0, SPEAKERS, BANDS) + rng.normal(0, NOISE, bands.shape), rng)
    return bands, one.mouth[start : start + frames], one.shut[start : start + frames]
