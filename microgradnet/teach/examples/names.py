"""A small language model: it reads the last letters of a name and says how likely each letter is to be the next.

One block of attention, written with single numbers for one position: every letter of the context becomes a vector; the
last one asks (query), all answer (key), and what fits best is read (content):

    aᵢ = softmax(q·kᵢ / √d)        h = x + Σ aᵢ·cᵢ

The names are those of the 949 colours that people named in a survey (Munroe 2010, "Color survey results", public
domain), as matplotlib ships them.
"""

import math
import random
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from microgradnet import Layer, Module, Value, compile, dot, parameter, softmax

Numbers: TypeAlias = NDArray[np.float64]

LETTERS = ". abcdefghijklmnopqrstuvwxyz"
"""The alphabet; a full stop is the end of a name, and what stands before it."""
CONTEXT = 8
"""Letters that the model reads."""
LONGEST = 40
"""Letters of an invented name, at most."""


class LanguageModel(Module):
    """Letters before, one-hot (CONTEXT, 28) → 28 logits for the next.

    Args:
        width: d, numbers for a letter.
        hidden: neurons of the layer after the attention.
        seed: of the first parameters.
    """

    def __init__(self, width: int = 16, hidden: int = 32, seed: int = 0) -> None:
        rng = random.Random(seed)
        self.letter = Layer(len(LETTERS), width, "linear", init="xavier", seed=rng)
        self.positions = [[parameter(rng.gauss(0.0, 0.1)) for _ in range(width)] for _ in range(CONTEXT)]
        self.query = Layer(width, width, "linear", init="xavier", seed=rng)
        self.key = Layer(width, width, "linear", init="xavier", seed=rng)
        self.content = Layer(width, width, "linear", init="xavier", seed=rng)
        self.hidden = Layer(width, hidden, "tanh", init="xavier", seed=rng)
        self.logits = Layer(hidden, len(LETTERS), "linear", init="xavier", seed=rng)

    def __call__(self, context: Sequence[Any]) -> list[Value]:
        """The logits of the next letter."""
        x = self.vectors(context)
        attention = self.attention(x)
        read = [dot(attention, numbers) for numbers in zip(*map(self.content, x), strict=True)]
        logits: list[Value] = self.logits(self.hidden([a + b for a, b in zip(x[-1], read, strict=True)]))
        return logits

    def vectors(self, context: Sequence[Any]) -> list[list[Value]]:
        """For each letter its vector: what it is, plus where it stands."""
        return [
            [a + b for a, b in zip(self.letter(letter), position, strict=True)]
            for letter, position in zip(context, self.positions, strict=True)
        ]

    def attention(self, x: list[list[Value]]) -> list[Value]:
        """How much of each letter is read, the sum being 1: softmax(q·kᵢ / √d), where the last letter asks."""
        query = self.query(x[-1])
        return softmax([dot(query, self.key(xi)) / math.sqrt(len(query)) for xi in x])


def colour_names() -> list[str]:
    """The names of colours that are made of the alphabet's letters."""
    colours = import_module("matplotlib.colors").XKCD_COLORS  # here, as matplotlib takes long to load
    names = sorted(name.removeprefix("xkcd:") for name in colours)
    return [name for name in names if set(name) <= set(LETTERS[1:])]


def one_hot(text: str) -> Numbers:
    """A row for each letter, 1 at its place and 0 elsewhere: (letters, 28)."""
    rows: Numbers = np.eye(len(LETTERS))[[LETTERS.index(letter) for letter in text]]
    return rows


def samples(names: Sequence[str]) -> tuple[Numbers, Numbers]:
    """Every letter of every name and its end, one-hot (n, 28), and the letters before it, one-hot (n, CONTEXT, 28).

    >>> X, Y = samples(["red"])
    >>> X.shape, "".join(LETTERS[i] for i in Y.argmax(axis=1))
    ((4, 8, 28), 'red.')
    """
    contexts, following = [], []
    for name in names:
        letters = one_hot(LETTERS[0] * CONTEXT + name + LETTERS[0])
        contexts += [letters[start : start + CONTEXT] for start in range(len(letters) - CONTEXT)]
        following += list(letters[CONTEXT:])
    return np.array(contexts), np.array(following)


def invent(model: LanguageModel, count: int, seed: int = 0) -> Iterator[str]:
    """New names, letter by letter: each is drawn with the likelihood that the model gives it."""
    predict = compile(lambda context: softmax(model(context)))
    rng = np.random.default_rng(seed)
    for _ in range(count):
        text = LETTERS[0] * CONTEXT
        while len(text) < CONTEXT + LONGEST and (len(text) == CONTEXT or text[-1] != LETTERS[0]):
            likelihoods = predict([one_hot(text[-CONTEXT:])])[0]
            text += LETTERS[rng.choice(len(LETTERS), p=likelihoods)]
        yield text.strip(LETTERS[0])
