"""The questions of the exercise on a network of layers."""

from microgradnet.functions import tanh, weighted_sum
from microgradnet.teach.exercises.exercise import Question, question


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
