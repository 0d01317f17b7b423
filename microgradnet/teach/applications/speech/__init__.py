"""Speak with a face: a recurrent network hears a voice and moves the mouth of a drawn face, in step.

It hears 18 bands of frequency, 50 times a second, and says what the lips do, a moment later, as a p is heard only when
the lips open, and the mouth prepares for a vowel before it sounds:

    h, c = LSTM(bandsₜ, h, c)        mouthₜ₋₅ = σ(W·h + b)        P(lips shut at t − 5) = σ(w·h + v)

    loss = Σₜ (Σ (mouthₜ − trueₜ)² + λ·(−ln P(shut or not)))

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
from microgradnet.teach.applications.application import Application, Figure, Files
from microgradnet.teach.applications.media.player import Film
from microgradnet.teach.applications.requests import recorded
from microgradnet.teach.applications.speech import talks
from microgradnet.teach.applications.speech.face import talking
from microgradnet.teach.applications.speech.lipsync import judged
from microgradnet.teach.applications.speech.visemes import OPEN, PER_SECOND, Numbers, shut_where
from microgradnet.teach.applications.speech.voices import BANDS, TEST, Seen, heard, held_out, piece, practice
from microgradnet.train import History, fit

Row = Sequence[Any]

HIDDEN, DELAY, STEPS = 48, 5, 43  # frames that it answers late, and frames of a piece of training
SIDE_BY_SIDE, SENTENCES, EPOCHS, BATCHES = 16, 672, 24, 100
SHUTS = 0.3  # λ
SHUT = 0.55  # the least P(lips shut) that shuts them: on validation data at most 5 % of closures are then false


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
    model: Pair

    def __init__(self, *, quick: bool = False, seed: int = 0) -> None:
        super().__init__(quick=quick, seed=seed)
        self.model = Pair(seed)

    @cached_property
    def practised(self) -> list[Seen]:
        """The sentences that it learns from."""
        return practice(SENTENCES // 4 if self.quick else SENTENCES, np.random.default_rng(self.seed))

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
            pieces = [
                piece(sentences[number], STEPS, DELAY, rng)
                for number in rng.integers(len(sentences), size=2 * SIDE_BY_SIDE)
            ]
            made = (np.stack(arrays) for arrays in zip(*pieces, strict=True))
            yield tuple(array.reshape(SIDE_BY_SIDE, 2, *array.shape[1:]) for array in made)

    def lips(self, sounds: Sequence[Numbers]) -> list[Numbers]:
        """For the bands of each sound what its lips do, (frames, 4): the mouth, and P(lips shut)."""
        frames = max(map(len, sounds)) + DELAY
        bands = np.stack([np.pad(one, ((0, frames - len(one)), (0, 0)), "edge") for one in sounds])
        answers = [np.asarray(compile(talker)(bands)) for talker in self.model.talkers]
        for lips in answers:
            lips[:, :, 3] = 1 / (1 + np.exp(-lips[:, :, 3]))
        return [row[DELAY : DELAY + len(one)] for row, one in zip(np.mean(answers, axis=0), sounds, strict=True)]

    def mouths(self, sounds: Sequence[Numbers]) -> list[Numbers]:
        """For the bands of each sound the mouths of the face, (frames, 3): what is shut is not open."""
        return [shut_where(lips[:, 3] >= SHUT, lips[:, :3]) for lips in self.lips(sounds)]

    def figures(self) -> list[Figure]:
        """The error of the mouth of sentences by voices never heard, and how often lips shut on m, b and p."""
        test, lips = held_out(), self.lips([one.bands for one in held_out()])
        mouths = [shut_where(row[:, 3] >= SHUT, row[:, :3]) for row in lips]
        return judged(mouths, [row[:, 3] >= SHUT for row in lips], test, self.practised)

    def files(self) -> Files:
        """A page on which faces speak; a face alone, as a moving picture; how far its mouth is open, and should be."""

        def mouths(one: Seen) -> Numbers:
            return self.mouths([one.bands])[0]

        said = "it hears only the sound of these words"
        return {
            "faces.html": self._faces,
            "face.svg": lambda: talking(mouths(held_out()[0]), PER_SECOND, held_out()[0].line.text, said),
            "openness.svg": lambda: talks.openness(mouths(held_out()[0])[:, OPEN], held_out()[0]).svg,
        }

    def _faces(self) -> str:
        """Voices never heard, beside the true mouths; and a real speaker, where her recordings are."""
        shown = [held_out()[TEST.index(text) + len(TEST) * voice] for voice, text in enumerate(TEST[:2])]
        films = [talks.side_by_side(one, self.mouths([one.bands])[0]) for one in shown]
        recordings, missing = talks.real_speaker()
        for text, sound, rate in recordings:
            mouths = self.mouths([heard(sound, rate)])[0]
            films.append(talks.of_recording(f"real: {text}", f"“{text}”, {talks.SPEAKER}", sound, rate, mouths))
        return talks.page(films, f"Data: {self.credit}. {missing}")

    def asked(self, audio: str) -> Files:
        """A page on which the face says what is recorded in a WAV file; a ValueError says what is wrong with it."""
        sound, rate = recorded(audio)

        def film() -> Film:
            return talks.of_recording(Path(audio).name, "", sound, rate, self.mouths([heard(sound, rate)])[0])

        return {"spoken.html": lambda: talks.page([film()], "")}

    def sample_loss(self) -> Value:
        """The loss of two frames of two bands, by a network of one hidden unit that answers a frame late."""
        model = Talker(1, 2, seed=self.seed)
        return model.loss(
            bands=[[0.5, -0.4], [1.2, 0.3], [-0.2, 0.8]], mouth=[[0.0, 0.2, 0.4], [0.8, 0.1, 0.7]], shut=[1.0, 0.0]
        )


APPLICATION = Speech
