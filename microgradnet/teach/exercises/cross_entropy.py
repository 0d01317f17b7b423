"""The questions of the exercise on softmax and cross-entropy."""

from microgradnet.functions import logsumexp, softmax
from microgradnet.teach.exercises.exercise import Question, question


def _loss(scores: list[float], target: int, hint: str) -> Question:
    return question("cross_entropy", scores, target, expected=logsumexp(scores) - scores[target], hint=hint)


def _gradient(scores: list[float], target: int, hint: str) -> Question:
    expected = [p - (i == target) for i, p in enumerate(softmax(scores))]
    return question("cross_entropy_gradient", scores, target, expected=expected, hint=hint)


_LARGE = "subtract the largest score first"

PARTS = {
    "the loss": [
        _loss([0.0, 0.0], 0, "two equal scores are two halves, and −log ½ = 0.6931"),
        _loss([1.0, 0.0], 0, "the logarithm has a minus before it"),
        _loss([1.0, 0.0], 1, "take the score of the right class"),
        _loss([2.0, -1.0, 0.5], 2, "add up over all classes"),
    ],
    "the loss of large scores": [
        _loss([1000.0, 0.0], 0, _LARGE),
        _loss([1000.0, 0.0], 1, "do not take the logarithm of 0"),
        _loss([-1000.0, -1000.0], 0, _LARGE),
    ],
    "its gradient": [
        _gradient([0.0, 0.0], 0, "½ − 1 for the right class, ½ for the other"),
        _gradient([1.0, 0.0], 1, "1 less for the right class alone"),
        _gradient([2.0, -1.0, 0.5], 2, "the gradients of all scores add up to 0"),
        _gradient([1000.0, 0.0, -1000.0], 1, _LARGE),
    ],
}
