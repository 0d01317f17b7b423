"""Add sound to a silent film: a network sees its frames, and says what strikes, how hard, when and where.

It looks at a frame and at four differences of frames, two before and two after. A kernel is a pattern that moves in a
certain way, and is looked for everywhere. So each place p gets a score for a strike of each material k:

    h = relu(conv(relu(conv(frames))))        [s₁ₚ, s₂ₚ, s₃ₚ, hardₚ, lateₚ] = W⁽²⁾·relu(W⁽¹⁾·hₚ + b⁽¹⁾) + b⁽²⁾
    zₖ = ln Σₚ exp(sₖₚ) − ln(places)          P(nothing, or material k) = softmax([0, z₁, z₂, z₃])
    whereₚ = softmax(ln Σₖ exp(sₖₚ))          hard = Σₚ whereₚ·hardₚ, and late likewise

Nobody tells it where: only what, how hard and when. The sound is the strike of a small library that is most like it.

Source: Owens et al. 2016, "Visually indicated sounds": frames → features of sound → the nearest recording. There a
recurrent network remembers the frames before. Here five frames are seen at once, and the films are drawn by a program.
"""

import math
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from microgradnet import Layer, Module, Value, compile, dot, for_each, logsumexp, softmax
from microgradnet.layers import Convolution
from microgradnet.losses import cross_entropy
from microgradnet.optim import Adam
from microgradnet.optim.schedules import Cosine
from microgradnet.teach.applications.application import Application, Figure, Files, cached
from microgradnet.teach.applications.sound.films import Film, Numbers, balls, walk
from microgradnet.teach.applications.sound.hearing import Heard, best_threshold, judged, strikes
from microgradnet.teach.applications.sound.pages import animated, player
from microgradnet.teach.applications.sound.painting import context, painted, targets
from microgradnet.train import History, fit

Row = Sequence[Any]

KERNELS, HIDDEN = (12, 24), 32
EPOCHS, BATCHES, BATCH = 50, 100, 32
FILMS, SHOES, PASSES = 24, 0.35, 2  # that are made at once; how many of them are of shoes; how often they are seen
VALIDATION, TEST = 1, 2  # seeds of films that nobody learns from
SHOWN = 6  # the seed of those that are shown: all materials occur in them
SCENES: dict[str, Callable[[np.random.Generator], Film]] = {"balls": balls, "shoes": walk}
HELD_OUT = 30  # films of each scene


class Foley(Module):
    """Five frames → the scores of wood, metal and rubber, how hard, how late, and where.

    Args:
        kernels: numbers of kernels of both convolutions.
        hidden: units at each place.
        size: of the first convolution's kernels, in pixels.
        frames: seen at once.
        seed: of the first parameters.
    """

    def __init__(
        self, kernels: tuple[int, int] = KERNELS, hidden: int = HIDDEN, size: int = 5, frames: int = 5, seed: int = 0
    ) -> None:
        rng, first, second = random.Random(seed), *kernels
        self.motions = Convolution(frames, first, size, stride=2, activation="relu", init="he", seed=rng)
        self.parts = Convolution(first, second, 3, stride=2, padding=1, activation="relu", init="he", seed=rng)
        self.hidden = Layer(second, hidden, "relu", init="he", seed=rng)
        self.output = Layer(hidden, 5, "linear", seed=rng)

    def __repr__(self) -> str:
        return f"Foley({self.motions}, {self.parts}, {self.hidden}, {self.output})"

    def places(self, frames: Row) -> list[Row]:
        """[s₁ₚ, s₂ₚ, s₃ₚ, hardₚ, lateₚ] of each place p, from left to right and then down."""
        features = [[h for row in feature for h in row] for feature in self.parts(self.motions(frames))]
        return for_each(lambda h: self.output(self.hidden(h)), list(zip(*features, strict=True)))

    def heard(self, frames: Row) -> tuple[Row, Value, Value, Row]:
        """The materials' scores z; how hard the strike is, and how many frames it is late; where it is."""
        places = self.places(frames)
        *scores, hards, lates = map(list, zip(*places, strict=True))
        z = [logsumexp(of_material) - math.log(len(places)) for of_material in scores]
        where = softmax(for_each(lambda place: logsumexp(place[:3]), places))
        return z, dot(where, hards), dot(where, lates), where

    def loss(self, frames: Row, sort: Row, hard: Any, late: Any) -> Value:
        """−ln P(sort) + strike·(4·(error of hard)² + (error of late)²), sort one-hot: nothing, wood, metal, rubber."""
        z, says_hard, says_late, _ = self.heard(frames)
        strike = 1 - sort[0]
        result: Value = cross_entropy([0.0, *z], sort) + strike * (
            4 * (says_hard - hard) ** 2 + (says_late - late) ** 2
        )
        return result


class Sound(Application):
    """A silent film of falling balls or of walking shoes → its sound."""

    name = "sound"
    source = "Owens et al. 2016, Visually indicated sounds"
    tested = (("films of each scene", HELD_OUT),)
    model: Foley

    def __init__(self, *, fraction: float = 1, seed: int = 0) -> None:
        super().__init__(fraction=fraction, seed=seed)
        self.model = Foley(seed=seed)
        self.heard = compile(self.model.heard)

    def train(self, progress: bool | None = None) -> History:
        """Cross-entropy and squared errors, by Adam, on new films all the time."""
        epochs = self.part(EPOCHS)
        rule = Adam(self.model, lr=0.004, clip_norm=2.0, schedule=Cosine(epochs * BATCHES))
        return fit(
            self.model, self._batches(np.random.default_rng((self.seed, 0))), loss=self.model.loss, optimizer=rule,
            epochs=epochs, steps=BATCHES, progress=progress,
        )  # fmt: skip

    def _batches(self, rng: np.random.Generator) -> Iterator[dict[str, Numbers]]:
        """Frames of new films without end: those near strikes, and half as many others."""
        while True:
            chosen = list[dict[str, Numbers]]()
            for _ in range(FILMS):
                film = (walk if rng.random() < SHOES else balls)(rng)
                near = np.concatenate([round(strike.frame) + np.arange(-2, 3) for strike in film.strikes])
                others = rng.integers(0, film.frames, len(near) // 2)
                numbers = np.concatenate([np.unique(near.clip(0, film.frames - 1)), others])
                samples = {"frames": context(painted(film), rng)} | targets(film)
                chosen.append({name: array[numbers] for name, array in samples.items()})
            together = {name: np.concatenate([samples[name] for samples in chosen]) for name in chosen[0]}
            for _ in range(PASSES):
                order = rng.permutation(len(together["sort"]))
                together["frames"] = np.where(
                    rng.random((len(order), 1, 1, 1)) < 0.5, together["frames"], together["frames"][..., ::-1]
                )
                for start in range(0, len(order) - BATCH + 1, BATCH):
                    yield {name: array[order[start : start + BATCH]] for name, array in together.items()}

    def hear(self, films: Sequence[Film]) -> list[Heard]:
        """What the network says of every frame of these films."""
        rng = np.random.default_rng(0)
        return [Heard.of(*self.heard(context(painted(film), rng))) for film in films]

    @cached
    def threshold(self) -> float:
        """The least probability of a strike that is heard: that of the best F1 on the validation films."""
        films = [film for make in SCENES.values() for film in held_out(make, VALIDATION, self.part(HELD_OUT))]
        return best_threshold(films, self.hear(films))

    def figures(self) -> list[Figure]:
        """How many strikes of films never seen are found, and how well they are described, beside simpler methods."""
        threshold, figures = self.threshold(), list[Figure]()
        for scene, make in SCENES.items():
            films, known = (held_out(make, seed, self.part(HELD_OUT)) for seed in (TEST, VALIDATION))
            found = [strikes(heard, threshold) for heard in self.hear(films)]
            figures += judged(scene, films, found, known)
        return figures

    def files(self) -> Files:
        """A page that plays films with the network's sound, and with the true one; a film with words for sounds."""
        scenes = {"Balls": balls, "Shoes, the second scene": walk}
        films = {name: scenes[name](np.random.default_rng(SHOWN)) for name in [*scenes][: self.part(len(scenes))]}
        first = films["Balls"]
        return {
            "films.html": lambda: player(films, self.hear([*films.values()]), self.threshold()).html,
            "film.svg": lambda: animated(first, strikes(self.hear([first])[0], self.threshold())),
        }

    def sample_loss(self) -> Value:
        """The loss of a picture of 2 × 6 pixels, seen at 2 places, by one kernel or unit of each kind."""
        model = Foley((1, 1), 1, size=2, frames=1, seed=24)  # with which the units are active
        picture = [[0.0, 0.5, 0.5, 0.0, 0.0, 0.0], [0.0, 1.0, 1.0, 0.0, 0.0, 0.0]]
        return model.loss([[[Value(x) for x in row] for row in picture]], [0.0, 1.0, 0.0, 0.0], 0.5, 0.1)


def held_out(make: Callable[[np.random.Generator], Film], seed: int, count: int) -> list[Film]:
    """Films of a scene that nobody learns from, the same for every seed of the training."""
    rng = np.random.default_rng((seed, 10**6))
    return [make(rng) for _ in range(count)]


APPLICATION = Sound
