"""Images of two handwritten digits side by side, what a network reads on them, and two simpler ways to read them."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from microgradnet import MLP, compile
from microgradnet.data import one_hot
from microgradnet.losses import cross_entropy
from microgradnet.optim import AdamW
from microgradnet.optim.schedules import Cosine
from microgradnet.teach.applications.objects import digit_images, nearest, warped
from microgradnet.train import fit

Images = NDArray[np.float64]
Numbers = NDArray[np.int64]

SIDE, WIDTH = 8, 18  # pixels of a digit, both ways, and from left to right in an image of two
HALF = 10  # columns in which each digit stands
TURN, SHIFT = 0.07, 0.4  # as of `warped`: less than where a digit has its image for itself
PLACES = (0, 2, 4, 6, 8, 10)  # the left columns of the patches that a network looks at, of SIDE columns each
TRAINING, VALIDATION, TEST = 0, 1, 2
NEVER_SEEN = (22, 31, 38, 39, 44, 52, 58, 61, 66, 71, 77, 83, 84, 95, 98)
NEVER_SEEN_VALIDATION = (29, 55, 65, 87, 96)  # settings were tuned on these, and none is in the training
SEEN = tuple(number for number in range(10, 100) if number not in NEVER_SEEN + NEVER_SEEN_VALIDATION)


class Reading(NamedTuple):
    """A word that the network said, and where it looked.

    Attributes:
        image: (8, 18), from 0 (white) to 1 (ink).
        number: on it.
        word: that the network said.
        attention: how much it looked at each place for each letter, (letters, places); for "" for its end.
        right_word: the number's.
        is_new: whether no training image has this number.
    """

    image: Images
    number: int
    word: str
    attention: NDArray[np.float64]
    right_word: str
    is_new: bool = False

    @property
    def is_right(self) -> bool:
        """Whether all letters are."""
        return self.word == self.right_word

    @property
    def centres(self) -> NDArray[np.float64]:
        """The column at the centre of its attention, for each letter."""
        centres: NDArray[np.float64] = self.attention @ (np.array(PLACES) + SIDE / 2)
        return centres

    @property
    def moves_left(self) -> bool:
        """Whether the mean centre for the first half of the letters is right of that for the second half."""
        half = (len(self.centres) + 1) // 2
        return bool(self.centres[:half].mean() > self.centres[-half:].mean())


def side_by_side(numbers: Sequence[int] | Numbers, split: int, rng: np.random.Generator, warp: bool = False) -> Images:
    """For each number an image (8, 18) of two of the digits, not always at the same place.

    Args:
        numbers: from 10 to 99.
        split: TRAINING, VALIDATION or TEST, whose digits no other has.
        rng: draws the images and the places.
        warp: whether each digit is turned and stretched a little.
    """
    X, Y = digit_images()[split]
    of_digit = [np.flatnonzero(digit == Y) for digit in range(10)]
    images = np.zeros((len(numbers), SIDE, WIDTH))
    for image, number in zip(images, numbers, strict=True):
        for digit, left in zip(divmod(int(number), 10), (rng.integers(0, 2), rng.integers(8, 11)), strict=True):
            x = X[rng.choice(of_digit[digit])]
            ink = (warped(x, rng, TURN, SHIFT) if warp else x).reshape(SIDE, SIDE)
            place = image[:, left : left + SIDE]
            np.maximum(place, ink, out=place)
    return images


@cache
def drawn(choice: tuple[int, ...], split: int, count: int, seed: int = 0) -> tuple[Numbers, Images]:
    """So many numbers of a choice, and an image of each: the same for the same arguments."""
    rng = np.random.default_rng((split, count, seed))
    numbers: Numbers = rng.choice(choice, count)
    return numbers, side_by_side(numbers, split, rng)


def validation(count: int) -> tuple[Numbers, Images]:
    """So many numbers that are in the training, and as many that are not, on images that are not."""
    both = [drawn(choice, VALIDATION, count) for choice in (SEEN, NEVER_SEEN_VALIDATION)]
    return np.concatenate([numbers for numbers, _ in both]), np.concatenate([images for _, images in both])


def by_nearest_image(images: Images, choice: tuple[int, ...], count: int) -> Numbers:
    """For each image the number of the training image at the least distance, of so many that are drawn of a choice."""
    numbers, known = drawn(choice, TRAINING, count)
    found: Numbers = numbers[nearest(images.reshape(len(images), -1), known.reshape(count, -1))]
    return found


class DigitReader:
    """A network with one hidden layer that is told which digit stands in each half of an image: 8 × 10 pixels → digit.

    Args:
        choice: the numbers that it learns from.
        epochs: of 50 batches of 32 images.
        seed: of the images and the first parameters.
    """

    def __init__(self, choice: Sequence[int], epochs: int, seed: int) -> None:
        self.model = MLP(SIDE * HALF, [64, 10], "relu", init="he", seed=seed)

        def batches(epoch: int) -> Iterator[tuple[Images, Images]]:
            rng = np.random.default_rng((seed, epoch))
            for _ in range(50):
                numbers = rng.choice(choice, 32)
                both = _halves(side_by_side(numbers, TRAINING, rng, warp=True))
                yield both, one_hot(np.concatenate(np.divmod(numbers, 10)), 10)

        history = fit(
            self.model, batches, loss=lambda x, digit: cross_entropy(self.model(x), digit), epochs=epochs,
            optimizer=AdamW(self.model, lr=0.01, weight_decay=0.15, schedule=Cosine(50 * epochs)), progress=False,
        )  # fmt: skip
        if history.ended == "interrupted":  # a baseline that is half trained says nothing
            raise KeyboardInterrupt

    def read(self, images: Images) -> Numbers:
        """The number on each image (8, 18)."""
        digits_ = np.argmax(compile(self.model)(_halves(images)), axis=1)
        numbers: Numbers = 10 * digits_[: len(images)] + digits_[len(images) :]
        return numbers


def _halves(images: Images) -> Images:
    """The left half of each image, and then the right half of each: (2n, 80)."""
    return np.concatenate([half.reshape(len(images), -1) for half in (images[..., :HALF], images[..., -HALF:])])
