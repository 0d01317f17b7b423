"""Exercise 4: a neuron."""

from collections.abc import Sequence
from typing import Any

from microgradnet.functions import sigmoid, weighted_sum
from microgradnet.teach.exercises.exercise import Exercise, Part, Question, equal_to

TEXT = '''"""Exercise 4: a neuron.

The dendrites bring the inputs x₁, x₂, …, each with a weight. The soma adds them up, with a bias:

    z = w₁·x₁ + w₂·x₂ + … + b

The axon passes on the activation a = σ(z), where σ(z) = 1 / (1 + e^(−z)) is the sigmoid.

Write what happens when the neuron is called. As many inputs as weights are needed; for any other number of them raise a
ValueError: that is a mistake nobody wants to look for. Then:  microgradnet check {file}
"""

import math


class Neuron:
    """A neuron with these weights and this bias."""

    def __init__(self, weights, bias):
        self.weights = weights
        self.bias = bias

    def __call__(self, inputs):
        """The activation for these inputs, a list of numbers."""
        raise NotImplementedError("your code here")
'''


REFUSED = object()


def _asked(weights: list[float], bias: float, inputs: list[float], hint: str) -> Question:
    expected = sigmoid(weighted_sum(weights, inputs, bias))
    call = f"Neuron({weights}, {bias:g})({inputs})"
    return Question(call, lambda m: m.Neuron(list(weights), bias)(list(inputs)), equal_to(expected), hint)


def _refused(weights: list[float], inputs: list[float]) -> Question:
    def ask(module: Any) -> object:
        try:
            return module.Neuron(list(weights), 0.0)(list(inputs))
        except ValueError:
            return REFUSED

    def judge(got: object) -> str:
        return "" if got is REFUSED else f"{len(inputs)} inputs for {len(weights)} weights should be a ValueError"

    return Question(f"Neuron({weights}, 0)({inputs})", ask, judge, "compare len(inputs) with len(self.weights)")


def parts() -> Sequence[Part]:
    """The sigmoid, the weight, the bias, several inputs, and what does not fit."""
    return [
        Part("the sigmoid of 0", [_asked([1.0], 0.0, [0.0], "σ(0) = 1 / (1 + 1)")]),
        Part("one input", [
            _asked([1.0], 0.0, [1.0], "a is the sigmoid of z, not z"),
            _asked([2.0], 0.0, [1.0], "the input is multiplied by its weight"),
            _asked([1.0], 1.0, [0.0], "the bias is added"),
            _asked([0.15], 0.4, [0.1], "the lesson's neuron: z = 0.415"),
        ]),
        Part("several inputs", [
            _asked([1.0, 1.0], 0.0, [1.0, 0.0], "add up all products"),
            _asked([0.8, 0.3], 0.1, [0.5, -1.0], "each input has its own weight"),
            _asked([1.0, -2.0, 0.5], -0.5, [0.5, 0.25, 4.0], "the bias is added once"),
        ]),
        Part("a wrong number of inputs", [_refused([1.0, 2.0], [1.0]), _refused([1.0], [1.0, 2.0])]),
    ]  # fmt: skip


EXERCISE = Exercise(4, "neuron", "a neuron", TEXT, "Neuron", parts)
