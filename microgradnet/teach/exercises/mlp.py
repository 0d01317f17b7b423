"""Exercise 5: a network of layers."""

from collections.abc import Sequence
from typing import TypeAlias

from microgradnet.functions import tanh, weighted_sum
from microgradnet.teach.exercises.exercise import Exercise, Part, Question, question

TEXT = '''"""Exercise 5: a network of layers (a multi-layer perceptron).

A neuron is a pair (weights, bias). A layer is a list of neurons, all of which get the same inputs. A network is a
list of layers: what one layer gives is what the next one gets.

The hidden layers have an activation function, tanh: without it all layers together would be no more than one straight
line. The last layer has none, so that the network can give any number: of its neurons the weighted sums are taken.

Write forward propagation. Then:  microgradnet check {file}
"""

import math


def forward(layers, inputs):
    """What the network gives for these inputs: a list with a number for each neuron of the last layer."""
    raise NotImplementedError("your code here")
'''

Neuron: TypeAlias = tuple[list[float], float]
Layers: TypeAlias = list[list[Neuron]]


def right(layers: Layers, inputs: list[float]) -> list[float]:
    """Forward propagation."""
    for number, layer in enumerate(layers, start=1):
        sums = [weighted_sum(weights, inputs, bias) for weights, bias in layer]
        inputs = sums if number == len(layers) else [tanh(z) for z in sums]
    return inputs


def _asked(layers: Layers, inputs: list[float], hint: str) -> Question:
    return question("forward", layers, inputs, expected=right(layers, inputs), hint=hint)


def parts() -> Sequence[Part]:
    """One neuron, one layer, two layers, three."""
    line = "the last layer has no activation function"
    hidden = "each hidden layer has the activation function tanh"
    return [
        Part("one neuron", [
            _asked([[([2.0], 0.0)]], [3.0], line), _asked([[([2.0], 1.0)]], [3.0], "the bias is added"),
        ]),
        Part("one layer of several neurons", [
            _asked([[([1.0, 2.0], 0.0), ([3.0, -1.0], 0.5)]], [1.0, 2.0], "each neuron gets the same inputs"),
        ]),
        Part("a hidden layer", [
            _asked([[([1.0], 0.0)], [([1.0], 0.0)]], [0.5], hidden),
            _asked([[([1.0], 0.5), ([-1.0], 0.5)], [([2.0, 1.0], -1.0)]], [0.25], "its outputs are the next inputs"),
        ]),
        Part("two hidden layers", [
            _asked([[([1.0], 0.0), ([0.5], 1.0)], [([1.0, -1.0], 0.0)], [([1.0], 0.0), ([2.0], 1.0)]], [0.5], hidden),
        ]),
    ]  # fmt: skip


EXERCISE = Exercise(5, "mlp", "a network of layers", TEXT, "forward", parts)
