"""Read a number in an image and say its word, letter by letter: attention learns where to look for each letter.

The network is told images and words alone: no digits, nor where they are. Two handwritten digits stand side by side,
and the word is German, say: 47 is siebenundvierzig, seven-and-forty. To say it, the network has to look right first,
at the 7, and then left, at the 4. Nobody tells it to. The state s is all that it remembers from letter to letter:

    hⱼ = relu(K·patchⱼ + b)                      what is at place j: the same kernels K at six places
    eⱼ = v·tanh(W·s + w + U·hⱼ + u + pⱼ)         how much it wants to look at place j
    α = softmax(e)        c = Σⱼ αⱼ·hⱼ            where it looks, and what it sees there
    s′ = tanh(R·[y, c, s] + r)                   the next state, from the letter y before
    P(next letter) = softmax(O·s′ + o)

Source: Bahdanau, Cho & Bengio 2015, "Neural machine translation by jointly learning to align and translate", section
3 and appendix A; with a simpler recurrent layer, and places in an image where the paper has words of a sentence.
"""

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np

from microgradnet import Layer, Module, Value, compile, dot, for_each, scan, softmax, tanh, total
from microgradnet._shared.arguments import one_of
from microgradnet.data import one_hot
from microgradnet.layers import Embedding, Recurrent
from microgradnet.losses import cross_entropy
from microgradnet.network_arguments import Seed, random_source
from microgradnet.optim import AdamW
from microgradnet.optim.schedules import Cosine
from microgradnet.teach.applications.application import Application, Figure, Files, percentage
from microgradnet.teach.applications.objects import CREDIT
from microgradnet.teach.applications.translation import images as number_images
from microgradnet.teach.applications.translation import reading
from microgradnet.teach.applications.translation.images import NEVER_SEEN, SEEN, TEST, Numbers, Reading
from microgradnet.teach.applications.translation.words import LANGUAGES, Array, encoded, in_words, letters_of, longest
from microgradnet.train import History, fit

KERNELS, SCORES, STATE = 64, 16, 32
EPOCHS, BATCHES, BATCH, RATE, DECAY, TESTED = 80, 50, 32, 0.01, 0.1, 1500
Row: TypeAlias = list[Value]


class Translator(Module):
    """An image of some rows of pixels → a word, each letter one-hot. See the module for the equations.

    Args:
        letters: in the alphabet, with the full stop, which stands before and after a word.
        kernels, scores, state: numbers in hⱼ, in v and in s.
        side: pixels of a patch, both ways.
        places: the left column of each patch.
        seed: of the first parameters.
    """

    def __init__(
        self, letters: int, kernels: int = KERNELS, scores: int = SCORES, state: int = STATE, *,
        side: int = number_images.SIDE, places: Sequence[int] = number_images.PLACES, seed: Seed = None,
    ) -> None:  # fmt: skip
        rng = random_source(seed)
        self.side, self.places = side, tuple(places)
        self.kernels = Layer(side * side, kernels, "relu", init="he", seed=rng)
        self.key = Layer(kernels, scores, "linear", init="xavier", seed=rng)
        self.query = Layer(state, scores, "linear", init="xavier", seed=rng)
        self.position = Embedding(len(self.places), scores, seed=rng)
        self.v = Embedding(1, scores, seed=rng)
        self.recurrent = Recurrent(letters + kernels, state, seed=rng)
        self.letters = Layer(state, letters, "linear", init="xavier", seed=rng)
        self._label_parameters()

    def look(self, image: Sequence[Sequence[Any]]) -> tuple[list[Row], list[Row]]:
        """For each place j what is there, hⱼ, and what the state's query is added to, U·hⱼ + u + pⱼ."""
        patches = [[x for row in image for x in row[left : left + self.side]] for left in self.places]
        h = for_each(self.kernels, patches)
        return h, for_each(lambda hj, p: _sum(self.key(hj), p), h, map(self.position, range(len(self.places))))

    def attention(self, s: Row, keys: Sequence[Row]) -> Row:
        """α, how much it looks at each place."""
        query = self.query(s)
        return softmax([dot(self.v(0), [tanh(x) for x in _sum(query, key)]) for key in keys])

    def step(self, s: Row, y: Sequence[Any], h: Sequence[Row], keys: Sequence[Row]) -> tuple[Row, Row]:
        """The next state s′ after the letter y, and the attention α."""
        a = self.attention(s, keys)
        c = [dot(a, feature) for feature in zip(*h, strict=True)]
        return self.recurrent.step(s, [*y, *c]), a

    def loss(self, image: Any, before: Sequence[Any], letters: Sequence[Any], mask: Sequence[Any]) -> Value:
        """The mean cross-entropy of the letters whose mask is 1, each told the right letter before it."""
        h, keys = self.look(image)

        def step(s: Row, y: Row) -> tuple[Row, Row]:
            s, _ = self.step(s, y, h, keys)
            return s, s

        _, states = scan(step, self.recurrent.start(), before)
        losses = for_each(lambda s, letter: cross_entropy(self.letters(s), letter), states, letters)
        mean: Value = dot(mask, losses) / total(mask)
        return mean

    def __repr__(self) -> str:
        return f"Translator({len(self.kernels.neurons)} kernels, state {self.recurrent.nout})"


class Translation(Application):
    """A handwritten number, (8, 18) from 0 (white) to 1 (ink) → its word in the language of a code in `LANGUAGES`."""

    name = "translation"
    source = "Bahdanau et al. 2015, Neural machine translation by jointly learning to align and translate"
    credit = CREDIT
    tested = (("images of numbers seen, and as many of others", TESTED),)
    model: Translator

    def __init__(self, *, fraction: float = 1, seed: int = 0, language: str = "de") -> None:
        super().__init__(fraction=fraction, seed=seed)
        one_of(LANGUAGES, language, "language")
        self.language, self.alphabet = language, letters_of(language)
        self.model = Translator(len(self.alphabet), seed=seed)
        self.look, self.step = compile(self.model.look), compile(self.model.step)
        self.letters = compile(self.model.letters)

    def train(self, progress: bool | None = None) -> History:
        """Cross-entropy of each letter, by AdamW, on images drawn anew in each epoch."""
        epochs = self.part(EPOCHS)
        return fit(
            self.model, self._batches, loss=self.model.loss, epochs=epochs, progress=progress,
            optimizer=AdamW(self.model, lr=RATE, weight_decay=DECAY, clip_norm=5.0, schedule=Cosine(epochs * BATCHES)),
            validation=[self.batch(*number_images.validation(self.part(300)))],
        )  # fmt: skip

    def _batches(self, epoch: int) -> Iterator[tuple[Array, ...]]:
        rng = np.random.default_rng((self.seed, epoch))
        for _ in range(BATCHES):
            numbers = rng.choice(SEEN, BATCH)
            yield self.batch(numbers, number_images.side_by_side(numbers, number_images.TRAINING, rng, warp=True))

    def batch(self, numbers: Numbers, images: Array) -> tuple[Array, ...]:
        """What the loss takes: images, the letters before each letter, the letters, and the mask."""
        return images, *encoded(numbers, self.language)

    def read(self, numbers: Numbers, images: Array) -> list[Reading]:
        """The word that the network says for each image, each letter the most probable, and where it looked."""
        h, keys = self.look(images)
        s, letters, attention = np.zeros((len(images), STATE)), [np.zeros(len(images), np.int64)], []
        for _ in range(longest(self.language) + 1):
            s, a = self.step(s, one_hot(letters[-1], len(self.alphabet)), h, keys)
            letters.append(np.argmax(self.letters(s), axis=1))
            attention.append(a)
        words = ["".join(self.alphabet[i] for i in row).partition(".")[0] for row in np.transpose(letters[1:])]
        every = zip(images, numbers.tolist(), words, np.stack(attention, axis=1), strict=True)
        return [
            Reading(image, number, word, looked[: len(word)], in_words(number, self.language), number not in SEEN)
            for image, number, word, looked in every
        ]

    def figures(self) -> list[Figure]:
        """The percentage of words without a wrong letter, and of right words that it reads from the right place on."""
        told, known = number_images.DigitReader(SEEN, self.part(40), self.seed), self.part(10_000)
        figures, right = [], []
        for kind, choice in (("seen", SEEN), ("never seen", NEVER_SEEN)):
            numbers, images = number_images.drawn(choice, TEST, self.part(TESTED))
            said = self.read(numbers, images)
            right += [one for one in said if one.is_right and one.number > 20]
            others = {
                "nearest training image": number_images.by_nearest_image(images, SEEN, known),
                "told digits": told.read(images),
            }
            baselines = {name: percentage(found == numbers) for name, found in others.items()}
            share = percentage([one.is_right for one in said])
            figures.append(Figure(f"words right, numbers {kind}, %", share, baselines))
        ones_first = LANGUAGES[self.language].ones_first
        order = "right, then left" if ones_first else "left, then right"
        turned = percentage([one.moves_left == ones_first for one in right])
        return [*figures, Figure(f"looks {order}, % of right words above 20", turned)]

    def files(self) -> Files:
        """Pictures and a page of how it reads test images: see `reading`."""
        count = self.part(200)
        seen, new = (self.read(*number_images.drawn(choice, TEST, count, seed=1)) for choice in (SEEN, NEVER_SEEN))
        return reading.files(seen + new, LANGUAGES[self.language].name, CREDIT)

    def sample_loss(self) -> Value:
        """The loss of a word of two letters, by a network that looks at two places of 2 × 2 pixels."""
        model = Translator(3, 2, 2, 2, side=2, places=(0, 2), seed=self.seed)
        image = [
            [Value(x, f"x{row}{column}") for column, x in enumerate(line)]
            for row, line in enumerate([[1, 0, 0, 1], [1, 0, 1, 1]])
        ]
        return model.loss(image, [[1, 0, 0], [0, 1, 0]], [[0, 1, 0], [0, 0, 1]], [1, 1])


def _sum(a: Row, b: Row) -> Row:
    return [ai + bi for ai, bi in zip(a, b, strict=True)]


APPLICATION = Translation
