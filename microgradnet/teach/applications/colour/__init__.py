"""Restore colour: photographs that are grey on the right learn from their left, by classes of colour.

A network looks at a pixel's surroundings through three eyes: near, four times as wide, and at the whole photograph as
a thumbnail. An eye is two convolutions, which find small patterns and then patterns of these, wherever they are. Local
features say what is here; global ones, of the thumbnail, say what kind of photograph it is:

    eye(x) = relu(K⁽²⁾ ∗ relu(K⁽¹⁾ ∗ x))          f = [eye₁(near), eye₂(far), eye₃(thumbnail)]
    h = relu(W·f + b)        logits = V·h + c        P(colour k) = softmax(logits)ₖ

Is the ball red or blue? Brightness does not say, and least squares would choose the mean of both, a grey. So colours
are classes, 24 of them, learnt by cross-entropy. The answer is their annealed mean; T < 1 would favour the likely:

    E = −Σₖ tₖ·ln P(colour k)        (a, b) = Σₖ colourₖ · softmax(logits / T)ₖ

Source: Iizuka et al. 2016, "Let there be color!", for the fusion of local and global features; Zhang et al. 2016,
"Colorful image colorization", for classes and annealed mean. They had a million photographs; this one knows five.
"""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from microgradnet import Layer, Module, Value, compile, total
from microgradnet.layers import Convolution
from microgradnet.losses import cross_entropy
from microgradnet.optim import AdamW
from microgradnet.optim.schedules import Cosine
from microgradnet.teach.applications.application import Application, Figure, Files, cached, rms
from microgradnet.teach.applications.colour import photographs
from microgradnet.teach.applications.colour.palette import BLUR, Palette, blurred, by_likeness
from microgradnet.teach.applications.colour.photographs import SIDE, WIDTH, Numbers, Photograph, Views
from microgradnet.teach.applications.colour.pictures import FAMILIAR, LIMIT, ORIGINAL, Restored, comparison, sheets
from microgradnet.train import History, fit

KERNELS, HIDDEN, COLOURS, MEMBERS = (10, 20), 48, 24, 2
EPOCHS, STEPS, BATCH = 36, 100, 24  # pixels of each photograph in a batch
COLOURED, TUNED = round(0.6 * WIDTH), round(0.48 * WIDTH)  # the first grey column; and while settings were chosen


class Eye(Module):
    """Two convolutions, each of 3 × 3 pixels and stride 2: a view [row][column] → a list of features."""

    def __init__(self, kernels: tuple[int, int], rng: random.Random) -> None:
        first, second = kernels
        self.first = Convolution(1, first, 3, stride=2, activation="relu", init="he", seed=rng)
        self.second = Convolution(first, second, 3, stride=2, activation="relu", init="he", seed=rng)

    def __call__(self, view: Sequence[Sequence[Any]]) -> list[Value]:
        """The features, one for each kernel of the second convolution and place."""
        return [feature for channel in self.second(self.first([view])) for row in channel for feature in row]


class Colourer(Module):
    """Views of a pixel's surroundings → a logit for each colour.

    Args:
        views: how many, and so how many eyes; `side` is their rows and columns.
        kernels: of the two convolutions of an eye.
        hidden, colours: the number of neurons that read all eyes, and of logits.
        seed: of the first parameters.
    """

    def __init__(
        self, views: int, side: int = SIDE, kernels: tuple[int, int] = KERNELS, hidden: int = HIDDEN,
        colours: int = COLOURS, seed: int = 0,
    ) -> None:  # fmt: skip
        rng = random.Random(seed)
        places = ((side - 1) // 2 - 1) // 2  # of the second convolution's kernels, in each direction
        self.eyes = [Eye(kernels, rng) for _ in range(views)]
        self.hidden = Layer(views * kernels[1] * places**2, hidden, "relu", init="he", seed=rng)
        self.logits = Layer(hidden, colours, "linear", init="xavier", seed=rng)
        self._label_parameters()

    def __call__(self, *views: Sequence[Sequence[Any]]) -> list[Value]:
        """The logits, from as many views as there are eyes."""
        features = [feature for eye, view in zip(self.eyes, views, strict=True) for feature in eye(view)]
        logits: list[Value] = self.logits(self.hidden(features))
        return logits


class Committee(Module):
    """Two networks that vote; and as many without the thumbnail, which show what the thumbnail is good for."""

    def __init__(self, seed: int) -> None:
        self.full, self.local = ([Colourer(views, seed=MEMBERS * seed + i) for i in range(MEMBERS)] for views in (3, 2))

    def loss(self, near: list[Any], far: list[Any], thumbnail: list[Any], classes: list[Value]) -> Value:
        """The sum of their losses; each learns as it would alone."""
        logits = [n(near, far, thumbnail) for n in self.full] + [n(near, far) for n in self.local]
        loss: Value = total([cross_entropy(z, classes) for z in logits])
        return loss

    def __repr__(self) -> str:
        return f"{MEMBERS} networks of 3 views and {MEMBERS} of 2, each with {HIDDEN} hidden neurons"


class Colour(Application):
    """Which colour a grey pixel had: L of its surroundings → a and b.

    Args:
        fraction: as of `Application`; also, how many of the networks vote.
        seed: of the first parameters and of the pixels that are drawn.
        validation: learn from the left 48 %, measure the next 12 %, as settings were chosen; else 60 % and the rest.
    """

    name = "colour"
    source = "Iizuka et al. 2016, Let there be color!; Zhang et al. 2016, Colorful image colorization"
    credit = photographs.CREDIT
    tested = (("of five photographs", 5), ("never seen", 3))
    model: Committee

    def __init__(self, *, fraction: float = 1, seed: int = 0, validation: bool = False) -> None:
        super().__init__(fraction=fraction, seed=seed)
        self.model = Committee(seed)
        voters = {3: self.model.full, 2: self.model.local}  # by their eyes
        self.voters = {eyes: [*map(compile, of[: self.part(MEMBERS)])] for eyes, of in voters.items()}
        self.five = photographs.known()
        self.start, self.stop = (TUNED, COLOURED) if validation else (COLOURED, WIDTH)
        self.palette = Palette(np.concatenate([x.colour[:, : self.start].reshape(-1, 2) for x in self.five]), COLOURS)

    def train(self, progress: bool | None = None) -> History:
        """Cross-entropy of all networks, by AdamW, on pixels drawn from the coloured parts."""
        epochs = self.part(EPOCHS)
        rule = AdamW(self.model, lr=0.004, weight_decay=0.05, schedule=Cosine(epochs * STEPS))
        return fit(self.model, self._batches, loss=self.model.loss, optimizer=rule, epochs=epochs, progress=progress)

    def _batches(self, epoch: int) -> Iterator[tuple[Numbers, ...]]:
        """As many pixels of each photograph, drawn anew in each epoch, and varied."""
        rng, views = np.random.default_rng((self.seed, epoch)), [Views(photo.grey) for photo in self.five]
        for _ in range(STEPS):
            drawn = []
            for photo, surroundings in zip(self.five, views, strict=True):
                rows, columns = rng.integers(len(photo.grey), size=BATCH), rng.integers(self.start, size=BATCH)
                classes = self.palette.classes(photo.colour[rows, columns])
                drawn.append((*photographs.varied(surroundings.at(rows, columns), rng), classes))
            yield tuple(map(np.concatenate, zip(*drawn, strict=True)))

    def restored(self, eyes: int, grey: Numbers, start: int, stop: int = WIDTH) -> Numbers:
        """The colours of columns start to stop − 1 by the mean logits of networks, also of the mirror image."""
        views, columns = Views(grey), np.arange(start, stop)

        def of(row: int) -> Numbers:
            seen = views.at(row, columns)[:eyes]
            both = seen, tuple(view[..., ::-1] for view in seen)
            return self.palette.mean(np.mean([logits(*v) for logits in self.voters[eyes] for v in both], axis=0))

        return blurred(np.array([of(row) for row in range(len(grey))]), BLUR)

    def shown(self, photo: Photograph, start: int = 0, stop: int = WIDTH) -> Restored:
        """A photograph with columns start to stop − 1 coloured by the network and by other methods."""
        return Restored(photo, start, {
            "grey": np.zeros((len(photo.grey), stop - start, 2)),
            **by_likeness(photo, start, stop, self.five, self.start),
            "no thumbnail": self.restored(2, photo.grey, start, stop),
            "network": self.restored(3, photo.grey, start, stop),
            ORIGINAL: photo.colour[:, start:stop],
        })  # fmt: skip

    @cached
    def known(self) -> list[Restored]:
        """The five photographs."""
        return [self.shown(photo, self.start, self.stop) for photo in self.five[: self.part(5)]]

    @cached
    def unseen(self) -> list[Restored]:
        """Photographs that are never learnt from."""
        return [self.shown(photo) for photo in photographs.unseen()[: self.part(3)]]

    def figures(self) -> list[Figure]:
        """The error (RMSE) of a and b where there was no colour, and in photographs that are never learnt from."""
        known = self.known()
        every = {
            "CIELAB error, overall": {way: rms([of.error(way) for of in known]) for way in known[0].errors()},
            **{of.photo.name: of.errors() for of in known},
            **{f"unseen: {of.photo.name}": of.errors() for of in self.unseen()},
        }
        return [Figure(name, of.pop("network"), of) for name, of in every.items()]

    def files(self) -> Files:
        """What is seen of the photographs: see `pictures`."""
        return sheets(self.known, self.unseen)

    def asked(self, photo: str | Path) -> Files:
        """A photograph of one's own: made grey, coloured by the network, and as it was; errors as of `image_of`."""
        shown, file = self.shown(photographs.read(photo)), f"{Path(photo).stem}-restored.png"
        about = FAMILIAR if any(map(shown.photo.is_like, self.five)) else LIMIT
        return {file: lambda: comparison(shown.verdict(), ["grey", "network", ORIGINAL], [shown], about).png()}

    def sample_loss(self) -> Value:
        """The loss of one pixel, by a network of two eyes, near and thumbnail, of 7 × 7 pixels, and three colours."""
        model = Colourer(2, side=7, kernels=(1, 1), hidden=2, colours=3, seed=8)  # whose few relus are not all 0
        near, _, thumbnail = (view[0, ::2, ::2].tolist() for view in Views(self.five[3].grey).at(20, np.array([60])))
        loss: Value = cross_entropy(model(near, thumbnail), 1)
        return loss


APPLICATION = Colour
