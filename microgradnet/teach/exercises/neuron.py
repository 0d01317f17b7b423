"""The questions of the exercise on a neuron."""

from typing import Any

from microgradnet.functions import sigmoid, weighted_sum
from microgradnet.teach.exercises.exercise import Question, equal_to


def _question(weights: list[float], bias: float, inputs: list[float], hint: str) -> Question:
    def ask(module: Any) -> Any:
        return module.Neuron(list(weights), bias)(list(inputs))

    expected = sigmoid(weighted_sum(weights, inputs, bias))
    return Question(f"Neuron({weights}, {bias:g})({inputs})", ask, equal_to(expected), hint)


def _refused(weights: list[float], inputs: list[float]) -> Question:
    def ask(module: Any) -> object:
        try:
            return module.Neuron(list(weights), 0.0)(list(inputs))
        except ValueError as error:
            return error

    def judge(got: object) -> str:
        is_refused = isinstance(got, ValueError)
        return "" if is_refused else f"{len(inputs)} inputs for {len(weights)} weights should be a ValueError"

    return Question(f"Neuron({weights}, 0)({inputs})", ask, judge, "compare len(inputs) with len(self.weights)")


PARTS = {
    "the sigmoid of 0": [_question([1.0], 0.0, [0.0], "σ(0) = 1 / (1 + 1)")],
    "one input": [
        _question([1.0], 0.0, [1.0], "a is the sigmoid of z, not z"),
        _question([2.0], 0.0, [1.0], "the input is multiplied by its weight"),
        _question([1.0], 1.0, [0.0], "the bias is added"),
        _question([0.15], 0.4, [0.1], "the lesson's neuron: z = 0.415"),
    ],
    "several inputs": [
        _question([1.0, 1.0], 0.0, [1.0, 0.0], "add up all products"),
        _question([0.8, 0.3], 0.1, [0.5, -1.0], "each input has its own weight"),
        _question([1.0, -2.0, 0.5], -0.5, [0.5, 0.25, 4.0], "the bias is added once"),
    ],
    "a wrong number of inputs": [_refused([1.0, 2.0], [1.0]), _refused([1.0], [1.0, 2.0])],
}
