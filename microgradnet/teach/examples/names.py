"""A small GPT: it reads the letters of a name so far and predicts the next: a probability for each letter.

One block of a transformer, written with single numbers. Every letter becomes a vector x: what it is, plus where it
stands. The attention reads from the letters up to this one, an MLP computes with the result, and both are added to x:

    h = x + attention(norm(x))        y = h + mlp(norm(h))

The names are those of colours that people named in a survey (Munroe 2010, "Color survey results", public domain), as
matplotlib ships them.

Source: Radford et al. 2019, "Language models are unsupervised multitask learners", section 2.3.
"""

import random
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from microgradnet import MLP, Layer, Module, Value, compile, dot, for_each, softmax, total
from microgradnet.compiling import Compiled
from microgradnet.layers import Attention, Embedding, LayerNorm
from microgradnet.losses import cross_entropy

Numbers: TypeAlias = NDArray[np.float64]
Symbols: TypeAlias = NDArray[np.int64]

LETTERS = ". abcdefghijklmnopqrstuvwxyz"
"""The alphabet; a full stop stands before a name and after it."""
BLOCK = 16
"""Letters that the model reads: a full stop and the longest name, of 15."""


class GPT(Module):
    """n ≤ BLOCK letters, each its number in LETTERS or one-hot → for each of them 28 logits for the next, (n, 28).

    Args:
        width: numbers in the vector of a letter.
        heads: of the attention.
        seed: of the first parameters.
    """

    def __init__(self, width: int = 16, heads: int = 4, seed: int = 0) -> None:
        rng = random.Random(seed)
        self.letter = Embedding(len(LETTERS), width, seed=rng)
        self.position = Embedding(BLOCK, width, seed=rng)
        self.norms = [LayerNorm(width) for _ in range(3)]
        self.attention = Attention(width, heads=heads, causal=True, seed=rng)
        self.mlp = MLP(width, [4 * width, width], "relu", init="xavier", seed=rng)
        self.logits = Layer(width, len(LETTERS), "linear", init="xavier", seed=rng)

    def __call__(self, letters: Sequence[Any]) -> list[list[Value]]:
        """The logits of the letter after each letter; they depend on the letters up to there."""
        x = self.vectors(letters)
        return for_each(self.following, x, self.attention(for_each(self.norms[0], x)))

    def vectors(self, letters: Sequence[Any]) -> list[list[Value]]:
        """For each letter its vector: what it is, plus where it stands."""
        positions = [self.position(i) for i in range(len(letters))]
        return for_each(lambda letter, position: _sum(self.letter(letter), position), letters, positions)

    def following(self, x: list[Value], read: list[Value]) -> list[Value]:
        """The logits of the next letter, from the vector of a letter and what the attention read for it."""
        h = _sum(x, read)
        y = _sum(h, self.mlp(self.norms[1](h)))
        logits: list[Value] = self.logits(self.norms[2](y))
        return logits

    def loss(self, letters: Sequence[Any], following: Sequence[Any], mask: Sequence[Any]) -> Value:
        """The mean cross-entropy over the positions whose mask is 1."""
        mean: Value = dot(mask, for_each(cross_entropy, self(letters), following)) / total(mask)
        return mean


def _sum(a: list[Value], b: list[Value]) -> list[Value]:
    return [ai + bi for ai, bi in zip(a, b, strict=True)]


def colour_names() -> list[str]:
    """The names of colours that are made of the alphabet's letters, of at most 15."""
    colours = import_module("matplotlib.colors").XKCD_COLORS  # here, as matplotlib takes long to load
    names = sorted(name.removeprefix("xkcd:") for name in colours)
    return [name for name in names if set(name) <= set(LETTERS[1:]) and len(name) < BLOCK]


def encode(text: str) -> list[int]:
    """The number of each letter in LETTERS, and full stops after them until there are BLOCK."""
    return [LETTERS.index(letter) for letter in text.ljust(BLOCK, LETTERS[0])]


def samples(names: Sequence[str]) -> tuple[Symbols, Symbols, Numbers]:
    """For each name its letters, the letters that follow them, and a mask, which is 1 up to the end: (n, BLOCK) each.

    >>> letters, following, mask = samples(["red"])
    >>> ["".join(LETTERS[i] for i in row) for row in (letters[0], following[0])]
    ['.red............', 'red.............']
    >>> mask[0].tolist() == [1.0] * 4 + [0.0] * 12
    True
    """
    letters, following = ([encode(before + name) for name in names] for before in (LETTERS[0], ""))
    mask = [[float(i <= len(name)) for i in range(BLOCK)] for name in names]
    return np.array(letters), np.array(following), np.array(mask)


def predictor(model: GPT) -> Compiled:
    """The model compiled: letters (n, BLOCK), the position of the last (n,) → the next one's probabilities (n, 28)."""

    def following(letters: Sequence[Any], last: Sequence[Any]) -> list[Value]:
        return softmax([dot(last, column) for column in zip(*model(letters), strict=True)])

    return compile(following, symbols={"letters": len(LETTERS), "last": BLOCK})


def invent(model: GPT, count: int, seed: int = 0) -> Iterator[str]:
    """New names, letter by letter: each is drawn with the probability that the model gives it."""
    predict, rng = predictor(model), np.random.default_rng(seed)
    for _ in range(count):
        name = ""
        while len(name) < BLOCK:
            probabilities = predict([encode(LETTERS[0] + name)], [len(name)])[0]
            letter = LETTERS[rng.choice(len(LETTERS), p=probabilities)]
            if letter == LETTERS[0]:
                break
            name += letter
        yield name
