"""The questions of the exercise on gradient descent."""

from collections.abc import Callable

from microgradnet.teach.exercises.exercise import Question, question


def slope_one(parameters: list[float]) -> list[float]:
    """The gradient of E = Σ p: 1."""
    return [1.0 for _ in parameters]


def square(parameters: list[float]) -> list[float]:
    """The gradient of E = Σ p²: 2·p."""
    return [2.0 * p for p in parameters]


def product(parameters: list[float]) -> list[float]:
    """The gradient of E = p·q: q and p."""
    return parameters[::-1]


def _question(
    gradient: Callable[[list[float]], list[float]], start: list[float], rate: float, steps: int, hint: str
) -> Question:
    parameters = start
    for _ in range(steps):
        parameters = [p - rate * slope for p, slope in zip(parameters, gradient(parameters), strict=True)]
    return question("descend", gradient, start, rate, steps, expected=parameters, hint=hint)


_DOWN = "down is against the gradient: minus"
_FIRST = "take all slopes first, and only then change the parameters"

PARTS = {
    "no step at all": [_question(slope_one, [1.0], 0.5, 0, "after 0 steps the parameters are as before")],
    "one step": [
        _question(slope_one, [1.0], 1.0, 1, _DOWN),
        _question(slope_one, [1.0], 0.5, 1, "the learning rate is a factor of each step"),
        _question(square, [3.0], 0.25, 1, _DOWN),
    ],
    "several steps": [_question(square, [4.0], 0.25, 2, "ask for the gradient anew at every step")],
    "several parameters": [
        _question(square, [1.0, -2.0], 0.25, 3, "each parameter has its own slope"),
        _question(product, [1.0, 2.0], 0.5, 1, _FIRST),
        _question(product, [1.0, 2.0], 0.5, 4, _FIRST),
    ],
}
