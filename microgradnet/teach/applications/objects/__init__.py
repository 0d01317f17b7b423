"""Recognise objects: handwritten digits of 8 × 8 pixels, by a network with one hidden layer.

    a = relu(W⁽¹⁾·x + b⁽¹⁾)        logits = W⁽²⁾·a + b⁽²⁾        P(digit k) = softmax(logits)ₖ

Each hidden neuron looks for a pattern of ink: its 64 weights, shown as an image, are where it wants ink and where it
wants none. Weight decay, and images that are turned and shifted a little anew in each epoch, make them strokes.

Source: LeCun et al. 1989, "Backpropagation applied to handwritten zip code recognition". The network is smaller, and
has no convolution.
"""

from collections.abc import Iterator
from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from microgradnet import MLP, Value, compile
from microgradnet.data import digits, one_hot, train_test_split
from microgradnet.losses import cross_entropy
from microgradnet.optim import AdamW
from microgradnet.optim.schedules import Cosine
from microgradnet.teach.applications.application import Application, Figure, Files, percentage
from microgradnet.teach.applications.media.figures import tiles, weights
from microgradnet.teach.applications.objects.drawing_page import DrawingPage
from microgradnet.train import History, fit
from microgradnet.train.plotting import confusion_matrix

Digits: TypeAlias = tuple[NDArray[np.float64], NDArray[np.int64]]

HIDDEN, EPOCHS, BATCH = 192, 500, 32
SIDE = 8
CREDIT = "digits of E. Alpaydin and C. Kaynak (1998), in scikit-learn, CC BY 4.0"
TURN, SHIFT = 0.1, 0.5  # standard deviations of what is added to the matrix of a warp, and of its shift in pixels


class Objects(Application):
    """Which digit is in the picture: 64 pixels from 0 (white) to 1 (ink) → the probabilities of 10 digits."""

    name = "objects"
    source = "LeCun et al. 1989, Backpropagation applied to handwritten zip code recognition"
    model: MLP
    credit = CREDIT

    def __init__(self, *, fraction: float = 1, seed: int = 0) -> None:
        super().__init__(fraction=fraction, seed=seed)
        self.model = MLP(SIDE * SIDE, [HIDDEN, 10], "relu", init="he", seed=seed)
        self.training, self.validation, self.test = digit_images()

    def train(self, progress: bool | None = None) -> History:
        """Cross-entropy, by AdamW, on images warped anew in each epoch."""
        epochs = self.part(EPOCHS)
        steps = epochs * -(-len(self.training[0]) // BATCH)
        X, Y = self.validation
        return fit(
            self.model, self._batches, loss=lambda x, y: cross_entropy(self.model(x), y), epochs=epochs,
            optimizer=AdamW(self.model, lr=0.01, weight_decay=0.05, schedule=Cosine(steps)),
            validation=[(X, one_hot(Y))], progress=progress,
        )  # fmt: skip

    def _batches(self, epoch: int) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
        """The training images in a random order, warped."""
        rng = np.random.default_rng((self.seed, epoch))
        X, Y = self.training
        order = rng.permutation(len(X))
        for start in range(0, len(X), BATCH):
            chosen = order[start : start + BATCH]
            yield np.array([warped(x, rng) for x in X[chosen]]), one_hot(Y[chosen], 10)

    def figures(self) -> list[Figure]:
        """The percentage of test digits that are recognised."""
        X, Y = self.test
        return [Figure("recognised, %", percentage(self.predicted(X) == Y), self._baselines(X, Y))]

    def _baselines(self, X: NDArray[np.float64], Y: NDArray[np.int64]) -> dict[str, float]:
        """Two methods without a hidden layer: the nearest mean image, and the nearest image."""
        known, classes = self.training
        means = np.array([known[classes == digit].mean(axis=0) for digit in range(10)])
        return {
            "nearest mean image": percentage(nearest(X, means) == Y),
            "nearest of all images": percentage(classes[nearest(X, known)] == Y),
        }

    def predicted(self, X: NDArray[np.float64]) -> NDArray[np.int64]:
        """The most probable digit of each image."""
        classes: NDArray[np.int64] = np.argmax(compile(self.model)(X), axis=1)
        return classes

    def files(self) -> Files:
        """Where it errs, the strokes that its neurons look for, and a page on which one draws a digit."""
        X, Y = self.test
        return {
            "confusion.svg": lambda: confusion_matrix(Y, self.predicted(X)).svg,
            "strokes.svg": lambda: self._strokes(X),
            "draw.html": lambda: (
                DrawingPage("Draw a digit", self.model, X[:20].tolist(), Y[:20].tolist(), f"Test digits: {CREDIT}").html
            ),
        }

    def _strokes(self, X: NDArray[np.float64]) -> str:
        """The weights of the ten hidden neurons that move the logits most over these images."""
        hidden, output = self.model.layers
        W, out = weights(hidden), weights(output)
        b = np.array([neuron.b.data for neuron in hidden.neurons])
        effect = np.maximum(0, X @ W.T + b).std(axis=0) * np.abs(out).sum(axis=0)
        used = np.argsort(-effect)[:10]
        helped = [f"helps {', '.join(map(str, sorted(np.argsort(-out[:, i])[:2])))}" for i in used]
        return tiles([W[i].reshape(SIDE, SIDE) for i in used], helped, "what ten hidden neurons look for").svg

    def sample_loss(self) -> Value:
        """The loss of a digit of 3 × 3 pixels, by a network of three hidden neurons and three classes."""
        model = MLP(9, [3, 3], "relu", init="he", seed=self.seed)
        ink = [0, 1, 0, 0, 1, 0, 0, 1, 0]  # a one
        loss: Value = cross_entropy(model([Value(float(x), f"x{i + 1}") for i, x in enumerate(ink)]), 1)
        return loss


@cache
def digit_images() -> tuple[Digits, Digits, Digits]:
    """The digits of training, validation and test: (n, 64) from 0 to 1, and (n,); the same split for every seed."""
    X, X_test, Y, Y_test = train_test_split(*digits(), 0.25)
    X, X_validation, Y, Y_validation = train_test_split(X, Y, 0.2)
    return (X, Y), (X_validation, Y_validation), (X_test, Y_test)


def warped(
    x: NDArray[np.float64], rng: np.random.Generator, turn: float = TURN, shift: float = SHIFT
) -> NDArray[np.float64]:
    """An image, (64,), turned, sheared, stretched and shifted a little, by linear interpolation."""
    from scipy.ndimage import affine_transform  # comes with scikit-learn

    matrix = np.eye(2) + rng.normal(0, turn, (2, 2))
    middle = np.full(2, (SIDE - 1) / 2)
    offset = middle - matrix @ middle + rng.normal(0, shift, 2)
    image: NDArray[np.float64] = affine_transform(x.reshape(SIDE, SIDE), matrix, offset, order=1)
    return image.ravel()


def nearest(X: NDArray[np.float64], known: NDArray[np.float64]) -> NDArray[np.int64]:
    """For each row of X the number of the row of `known` at the least distance."""
    numbers: NDArray[np.int64] = np.argmin((known**2).sum(axis=1) - 2 * X @ known.T, axis=1)
    return numbers


APPLICATION = Objects
