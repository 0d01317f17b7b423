"""Drive: a network looks at the road and turns the steering wheel, after ALVINN, which drove a van in 1989.

    h = tanh(W⁽¹⁾·x + b⁽¹⁾)        z = W⁽²⁾·h + b⁽²⁾        P = softmax(z)        κ = Σₖ Pₖ·κₖ

x are the 30 × 32 pixels of a camera's picture. Each of the 45 steering units stands for an arc, of curvature κₖ, from
sharp right to sharp left, and the car takes the mean of their arcs. The target is not one right arc but a hill around
it: to steer almost right is almost right.

    E = −Σₖ tₖ·ln Pₖ,        tₖ ∝ exp(−½·((κₖ − κ)/σ)²)

The curvature κ to learn is that of pure pursuit, in place of a person's: the arc to the point of the road 6.5 m ahead.
Many pictures are taken off the middle, and heading off the road: good driving alone does not show how to come back.

Roads are lighter than the grass or darker. Without a hidden layer, what one kind teaches the other undoes, as a picture
and its negative have opposite weighted sums. With one, the two kinds can have units of their own.

Source: Pomerleau 1989, "ALVINN: An autonomous land vehicle in a neural network". ALVINN had 29 hidden units, and its
steering units were sigmoids that learnt by squared error.
"""

import random
from collections.abc import Iterator, Sequence
from functools import cache, cached_property
from typing import Any

import numpy as np

from microgradnet import Layer, Module, Value, compile, dot, softmax
from microgradnet.losses import cross_entropy
from microgradnet.optim import AdamW
from microgradnet.optim.schedules import Cosine
from microgradnet.teach.applications.application import Application, Figure, Files, cached
from microgradnet.teach.applications.driving import drives
from microgradnet.teach.applications.driving.films import Drive, film, hidden_units, limits, page
from microgradnet.teach.applications.driving.roads import COLUMNS, ROWS, SHARPEST, Floats, Roads, roads
from microgradnet.train import History, fit

HIDDEN, EPOCHS, BATCH = 24, 10, 32
VIEWS, HELD_OUT, LAPS = 36000, 2000, 10  # pictures to learn from and to test with; roads that are driven
ARCS: Floats = np.linspace(-0.22, 0.22, 45)
"""The curvatures κₖ of the steering units, 1/m: an arc of 4.5 m to the right, …, straight on, …, 4.5 m to the left."""
HILL = 0.02  # σ, the width of the hill, 1/m
SHARP = (0.11, 0.14, 0.17, 0.2, 0.25)  # the bends of `limits.svg`, 1/m; those that it learns from are at most 0.11
TRAINING, VALIDATION, TEST, ASKED, BEYOND = range(5)  # of which no road is one of another's


class Driver(Module):
    """Pixels from −1 (black) to 1 (white) → a number z for each steering unit.

    Args:
        pixels, hidden: how many.
        arcs: κₖ, the curvature of each steering unit.
        seed: of the first parameters.
    """

    def __init__(self, pixels: int, hidden: int, arcs: Sequence[float], seed: int = 0) -> None:
        rng = random.Random(seed)
        self.hidden = Layer(pixels, hidden, "tanh", init="xavier", seed=rng)
        self.steering = Layer(hidden, len(arcs), "linear", init="xavier", seed=rng)
        self.arcs = list(arcs)

    def __repr__(self) -> str:
        hidden = self.hidden.neurons
        return f"Driver({len(hidden[0].w)} → {len(hidden)} tanh → {len(self.arcs)} arcs)"

    def __call__(self, x: Sequence[Any]) -> list[Value]:
        """The numbers z of the steering units."""
        z: list[Value] = self.steering(self.hidden(x))
        return z

    def steer(self, x: Sequence[Any]) -> list[Value]:
        """The curvature κ, and then the activations P of the steering units."""
        P = softmax(self(x))
        return [dot(self.arcs, P), *P]

    def loss(self, x: Sequence[Any], hill: Sequence[Any]) -> Value:
        """The cross-entropy between the hill and P."""
        loss: Value = cross_entropy(self(x), hill)
        return loss


class Driving(Application):
    """The camera's picture of a road → how to steer."""

    name = "driving"
    source = "Pomerleau 1989, ALVINN: An autonomous land vehicle in a neural network"
    tested = (("pictures", HELD_OUT), ("laps", LAPS))
    model: Driver

    def __init__(self, *, fraction: float = 1, seed: int = 0) -> None:
        super().__init__(fraction=fraction, seed=seed)
        self.model = Driver(ROWS * COLUMNS, HIDDEN, ARCS.tolist(), seed)
        self.steer = compile(self.model.steer)

    @cached_property
    def known(self) -> list[drives.Pictures]:
        """Pictures of roads of this seed, to learn from, and of others, to validate with."""
        drawn = (self.part(VIEWS), (TRAINING, self.seed)), (self.part(HELD_OUT), (VALIDATION,))
        return [drives.pictures(count, seed) for count, seed in drawn]

    def train(self, progress: bool | None = None) -> History:
        """Cross-entropy to the hills, by AdamW, half of the pictures mirrored anew in each epoch."""
        training, validation = self.known
        steps = EPOCHS * -(-len(training.X) // BATCH)
        return fit(
            self.model, self._batches, loss=self.model.loss, epochs=EPOCHS, progress=progress,
            optimizer=AdamW(self.model, lr=0.004, weight_decay=0.1, schedule=Cosine(steps)),
            validation=[(validation.X, hills(validation.curvature))],
        )  # fmt: skip

    def _batches(self, epoch: int) -> Iterator[tuple[Floats, Floats]]:
        rng = np.random.default_rng((self.seed, epoch))
        X, curvature, _ = self.known[0]
        order, side = rng.permutation(len(X)), rng.choice([-1, 1], len(X))
        for start in range(0, len(X), BATCH):
            chosen = order[start : start + BATCH]
            flipped = side[chosen] < 0
            yield (
                np.where(flipped[:, None], drives.mirrored(X[chosen]), X[chosen]),
                hills(side[chosen] * curvature[chosen]),
            )

    def figures(self) -> list[Figure]:
        """Errors of curvature on pictures of unseen roads, and laps, beside methods without a hidden layer."""
        test, network = drives.pictures(self.part(HELD_OUT), (TEST,)), self.steering()
        ridge = drives.ridge_regression(*self.known)
        of_light = drives.ridge_regression(*(part.only(part.lighter) for part in self.known))
        road, light = roads(self.part(LAPS), (TEST, 0)), test.only(test.lighter)
        others = {"ridge": ridge, "straight on": drives.straight_on, "pure pursuit": drives.pure_pursuit}
        reached = {name: drives.laps(road, steering) for name, steering in {"network": network, **others}.items()}
        return [
            Figure("error of curvature, 1/m (RMSE)", drives.error(network, test), {
                "ridge": drives.error(ridge, test), "straight on": drives.error(drives.straight_on, test)}),
            Figure("the same, lighter roads alone", drives.error(network, light), {
                "ridge": drives.error(of_light, light), "straight on": drives.error(drives.straight_on, light)}),
            Figure("laps on the road, %", reached["network"][0], {
                name: reached[name][0] for name in others}),
            Figure("farthest off the middle, m", reached["network"][1], {"pure pursuit": reached["pure pursuit"][1]}),
        ]  # fmt: skip

    def steering(self) -> drives.Steering:
        """How the network steers."""
        return lambda seen, taught: self.steer(2 * seen() - 1)[:, 0]

    def files(self) -> Files:
        """Four drives as a page, two as a moving picture, what hidden units look for, and how sharp bends may be."""
        bent = roads(self.part(LAPS), (BEYOND, 0), (1, 1))
        return {
            "drive.html": lambda: page(self.shown()),
            "drive.svg": lambda: film([*self.shown().values()][:2]),
            "hidden-units.svg": lambda: hidden_units(self.model.hidden, self.model.steering, ARCS).svg,
            "limits.svg": lambda: limits(
                SHARP, *(drives.round_bends(bent, SHARP, who) for who in (self.steering(), drives.pure_pursuit))
            ).svg,
        }  # fmt: skip

    @cached
    def shown(self) -> dict[str, Drive]:
        """The drives of the page, by what is new in them."""
        known = roads(40, (TEST, 1), (SHARPEST[1], SHARPEST[1]))[22:23]
        new = {
            "a road lighter than the grass": known,
            "its negative, a road darker than the grass": known.negative(),
            "bends almost twice as sharp as any it learnt from": roads(10, (BEYOND, 0), (0.2, 0.2))[:4],
            "a shadow as dark as the road": roads(10, (BEYOND, 1), shade=1.0)[:4],
        }
        return {name: self._driven(road) for name, road in [*new.items()][: self.part(len(new))]}

    def asked(self, *, track: int) -> Files:
        """A drive on the road of a seed, which nothing was learnt from."""
        driven = cache(lambda: self._driven(roads(1, (ASKED, track))))
        return {
            f"track-{track}.html": lambda: page({f"track {track}": driven()}),
            f"track-{track}.svg": lambda: film([driven()]),
        }

    def _driven(self, several: Roads) -> Drive:
        """The drive on the first of the roads that the network leaves, or on the first of all if it leaves none."""
        *moments, last = drives.drive(several, self.steering())
        if len(several) > 1:
            return self._driven(several[[int(np.argmax(last.left))]])
        seen = np.concatenate([moment.seen() for moment in [*moments, last]])
        return Drive(several, [*moments, last], self.steer(2 * seen - 1)[:, 1:], ARCS)

    def sample_loss(self) -> Value:
        """The loss of a picture of 3 × 4 pixels, by a network of two hidden and three steering units."""
        model = Driver(12, 2, [-0.1, 0.0, 0.1], seed=self.seed)
        seen = [-1, 1, -1, -1, 1, 1, 1, -1, 1, 1, 1, 1]  # a light road that bends to the left
        return model.loss([Value(float(x), f"x{i + 1}") for i, x in enumerate(seen)], [0.0, 0.2, 0.8])


def hills(curvature: Floats) -> Floats:
    """The targets of the steering units, (n, 45), each row a normal distribution around a curvature."""
    t = np.exp(-0.5 * ((curvature[:, None] - ARCS) / HILL) ** 2)
    made: Floats = t / t.sum(axis=1, keepdims=True)
    return made


APPLICATION = Driving
