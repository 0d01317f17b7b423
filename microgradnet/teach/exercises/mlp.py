"""Exercise 5: a network of layers."""

from microgradnet.functions import tanh, weighted_sum
from microgradnet.teach.exercises.exercise import Question, question

TEXT = '''"""Exercise 5: a network of layers.

A neuron is a pair (weights, bias). A layer is a list of neurons, all of which get the same inputs. A network, also
called a multi-layer perceptron, is a list of layers: what one layer gives is what the next one gets.

The hidden layers have an activation function, tanh: without it all layers together would be no more than one straight
line. The last layer has none, so that the network can give any number: of its neurons the weighted sums are taken.

Write forward propagation. Then:  microgradnet check {file}
"""

import math


def forward(layers, inputs):
    """What the network gives for these inputs: a list with a number for each neuron of the last layer."""
    raise NotImplementedError("your code here")
'''


def _question(layers: list[list[tuple[list[float], float]]], inputs: list[float], hint: str) -> Question:
    outputs = inputs
    for layer in layers:
        sums = [weighted_sum(weights, outputs, bias) for weights, bias in layer]
        outputs = sums if layer is layers[-1] else [tanh(z) for z in sums]
    return question("forward", layers, inputs, expected=outputs, hint=hint)


_LINEAR = "the last layer has no activation function"
_HIDDEN = "each hidden layer has the activation function tanh"

PARTS = {
    "one neuron": [
        _question([[([2.0], 0.0)]], [3.0], _LINEAR),
        _question([[([2.0], 1.0)]], [3.0], "the bias is added"),
    ],
    "one layer of several neurons": [
        _question([[([1.0, 2.0], 0.0), ([3.0, -1.0], 0.5)]], [1.0, 2.0], "each neuron gets the same inputs"),
    ],
    "a hidden layer": [
        _question([[([1.0], 0.0)], [([1.0], 0.0)]], [0.5], _HIDDEN),
        _question([[([1.0], 0.5), ([-1.0], 0.5)], [([2.0, 1.0], -1.0)]], [0.25], "its outputs are the next inputs"),
    ],
    "two hidden layers": [
        _question([[([1.0], 0.0), ([0.5], 1.0)], [([1.0, -1.0], 0.0)], [([1.0], 0.0), ([2.0], 1.0)]], [0.5], _HIDDEN),
    ],
}
