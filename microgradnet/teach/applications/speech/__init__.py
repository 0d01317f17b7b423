"""Speak with a face: a recurrent network hears a voice and moves the mouth of a drawn face, in step.

It hears 18 bands of frequency, 50 times a second, and says what the lips do, a moment later, as a p is heard only when
the lips open, and the mouth prepares for a vowel before it sounds:

    h, c = LSTM(bandsₜ, h, c)        mouthₜ₋₅ = σ(W·h + b)        P(lips shut at t − 5) = σ(w·h + v)

    loss = (1/T)·Σₜ (Σ (mouthₜ − trueₜ)² + λ·(−ln P(shut or not)))        over T frames

Two such networks learn side by side, and their mean moves the face: where one errs by chance, the other seldom does.

A mouth is how far it is open, how round and how wide the lips are. True mouths come from the phonemes of voices of
espeak-ng. A speaker's voice is taken out by subtracting the mean of each band, and in training by stretching the bands
at random, as throats of other lengths do: so a voice that was never heard moves the face, too.

Source: Suwajanakorn, Seitz and Kemelmacher-Shlizerman 2017, "Synthesizing Obama: learning lip sync from audio",
sections 3.1 and 4.1. There the mouths are those of hours of film of one person, and the picture is a film.
"""

import random
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from microgradnet import Layer, Module, Value, compile, for_each, total
from microgradnet.layers import LSTM
from microgradnet.losses import binary_cross_entropy_with_logits, squared_error
from microgradnet.optim import Adam
from microgradnet.optim.schedules import Cosine
from microgradnet.teach.applications.application import Application, Figure, Files, cached
from microgradnet.teach.applications.requests import recorded
from microgradnet.teach.applications.speech import talks
from microgradnet.teach.applications.speech.lipsync import judged
from microgradnet.teach.applications.speech.visemes import Numbers, is_shut, mouth_with
from microgradnet.teach.applications.speech.voices import BANDS, TEST, Seen, heard, held_out, piece, practice
from microgradnet.train import History, fit

Row = Sequence[Any]

HIDDEN, DELAY, STEPS = 48, 5, 43  # frames that it answers late, and frames of a piece of training
SIDE_BY_SIDE, SENTENCES, EPOCHS, BATCHES = 16, 672, 24, 100
SHUTS = 0.3  # λ


class Talker(Module):
    """The bands of a sound, frame by frame → [open, round, wide, logit of lips shut], of DELAY frames before.

    Args:
        hidden: numbers in the state.
        bands: numbers in a frame of sound.
        seed: of the first parameters.
    """

    def __init__(self, hidden: int = HIDDEN, bands: int = BANDS, seed: int = 0) -> None:
        rng = random.Random(seed)
        self.memory = LSTM(bands, hidden, seed=rng)
        self.mouth = Layer(hidden, 3, "sigmoid", init="xavier", seed=rng)
        self.shut = Layer(hidden, 1, "linear", init="xavier", seed=rng)

    def __call__(self, bands: Sequence[Row]) -> list[Row]:
        """What the lips do, after each frame."""
        return for_each(lambda h: [*self.mouth(h), self.shut(h)], self.memory(bands))

    def loss(self, bands: Sequence[Row], mouth: Sequence[Row], shut: Row) -> Value:
        """The mean over the frames of `mouth`; the bands go on after them for as long as the answers are late."""
        answers = self(bands)[len(bands) - len(mouth) :]
        mean: Value = total(for_each(lips_loss, answers, mouth, shut)) / len(mouth)
        return mean


class Pair(Module):
    """Two talkers that learn side by side, each from pieces of its own."""

    def __init__(self, seed: int) -> None:
        self.talkers = [Talker(seed=2 * seed + i) for i in range(2)]

    def loss(self, bands: Row, mouth: Row, shut: Row) -> Value:
        """The sum of their losses; each argument has what one of them hears, and what the other does."""
        both: Value = total(map(Talker.loss, self.talkers, bands, mouth, shut))
        return both

    def __repr__(self) -> str:
        return f"2 × {self.talkers[0]}"


def lips_loss(answer: Row, mouth: Row, shut: Any) -> Value:
    """Σ (predicted − true)² + λ·(−ln P(shut or not))."""
    *predicted, logit = answer
    loss: Value = squared_error(predicted, mouth) + SHUTS * binary_cross_entropy_with_logits(logit, shut)
    return loss


class Speech(Application):
    """A sound → a mouth (open, round, wide), 50 times a second."""

    name = "speech"
    source = "Suwajanakorn et al. 2017, Synthesizing Obama: learning lip sync from audio"
    credit = "voices of espeak-ng, spoken on this machine; recordings of Allison Smith in Asterisk, CC BY-SA 3.0"
    tested = (("sentences by each of two voices", len(TEST)),)
    model: Pair

    def __init__(self, *, fraction: float = 1, seed: int = 0) -> None:
        super().__init__(fraction=fraction, seed=seed)
        self.model = Pair(seed)
        self.talkers = [*map(compile, self.model.talkers)]

    @cached_property
    def practised(self) -> list[Seen]:
        """The sentences that it learns from."""
        return practice(self.part(SENTENCES), np.random.default_rng(self.seed))

    def train(self, progress: bool | None = None) -> History:
        """By Adam, on pieces of random sentences, by voices stretched anew each time."""
        epochs = self.part(EPOCHS)
        rule = Adam(self.model, lr=0.01, clip_norm=5.0, schedule=Cosine(epochs * BATCHES))
        return fit(
            self.model, self._batches(np.random.default_rng(self.seed)), loss=self.model.loss, optimizer=rule,
            epochs=epochs, steps=BATCHES, progress=progress,
        )  # fmt: skip

    def _batches(self, rng: np.random.Generator) -> Iterator[tuple[Numbers, ...]]:
        """Pieces without end, two by two: bands of STEPS + DELAY frames, mouths and shut lips of the first STEPS."""
        sentences = [one for one in self.practised if len(one.mouth) > STEPS + DELAY]
        while True:
            numbers = rng.integers(len(sentences), size=2 * SIDE_BY_SIDE)
            pieces = [piece(sentences[number], STEPS, DELAY, rng) for number in numbers]
            made = (np.stack(arrays) for arrays in zip(*pieces, strict=True))
            yield tuple(array.reshape(SIDE_BY_SIDE, 2, *array.shape[1:]) for array in made)

    def lips(self, sounds: Sequence[Numbers]) -> list[Numbers]:
        """For the bands of each sound what its lips do, (frames, 4): the mouth, and P(lips shut)."""
        frames = max(map(len, sounds)) + DELAY
        bands = np.stack([np.pad(one, ((0, frames - len(one)), (0, 0)), "edge") for one in sounds])
        answers = [np.asarray(talker(bands)) for talker in self.talkers]
        for lips in answers:
            lips[:, :, 3] = 1 / (1 + np.exp(-lips[:, :, 3]))
        return [row[DELAY : DELAY + len(one)] for row, one in zip(np.mean(answers, axis=0), sounds, strict=True)]

    def mouths(self, sounds: Sequence[Numbers]) -> list[Numbers]:
        """For the bands of each sound the mouths of the face, (frames, 3): what is shut is not open."""
        return [*map(mouth_with, self.lips(sounds))]

    @property
    def test(self) -> list[Seen]:
        """Sentences by one voice never heard, and then the same by the other."""
        return held_out(texts=TEST[: self.part(len(TEST))])

    @cached
    def tested_lips(self) -> list[Numbers]:
        """What its lips do to the test sentences."""
        return self.lips([one.bands for one in self.test])

    def figures(self) -> list[Figure]:
        """The error of the mouth of sentences by voices never heard, and how often lips shut on m, b and p."""
        lips = self.tested_lips()
        return judged([*map(mouth_with, lips)], [*map(is_shut, lips)], self.test, self.practised)

    def files(self) -> Files:
        """A page on which faces speak; a face alone, as a moving picture; how far its mouth is open, and should be."""
        return {
            "faces.html": self._faces,
            "face.svg": lambda: talks.alone(mouth_with(self.tested_lips()[0]), self.test[0]),
            "openness.svg": lambda: talks.openness(mouth_with(self.tested_lips()[0]), self.test[0]).svg,
        }

    def _faces(self) -> str:
        """Voices never heard, beside the true mouths; and a real speaker, where her recordings are."""
        texts = len(self.test) // 2
        shown = [voice * texts + voice % texts for voice in range(self.part(2))]  # each voice says another sentence
        films = [talks.side_by_side(self.test[i], mouth_with(self.tested_lips()[i])) for i in shown]
        recordings, missing = talks.real_speaker()
        recordings = recordings[: self.part(len(recordings))]
        mouths = self.mouths([heard(sound, rate) for _, sound, rate in recordings]) if recordings else []
        for (text, sound, rate), mouth in zip(recordings, mouths, strict=True):
            films.append(talks.of_recording(f"real: {text}", f"“{text}”, {talks.SPEAKER}", sound, rate, mouth))
        return talks.page(films, f"Data: {self.credit}. {missing}")

    def asked(self, audio: str) -> Files:
        """A page on which the face says what is recorded in a WAV file; a ValueError says what is wrong with it."""
        (sound, rate), name = recorded(audio), Path(audio).name

        def spoken() -> str:
            mouths = self.mouths([heard(sound, rate)])[0]
            return talks.page([talks.of_recording(name, f"The network hears {name}.", sound, rate, mouths)], "")

        return {f"{Path(audio).stem}-spoken.html": spoken}

    def sample_loss(self) -> Value:
        """The loss of two frames of two bands, by a network of one hidden unit that answers a frame late."""
        model = Talker(1, 2, seed=self.seed)
        return model.loss(
            bands=[[0.5, -0.4], [1.2, 0.3], [-0.2, 0.8]], mouth=[[0.0, 0.2, 0.4], [0.8, 0.1, 0.7]], shut=[1.0, 0.0]
        )


APPLICATION = Speech
