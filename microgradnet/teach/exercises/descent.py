"""Exercise 6: gradient descent."""

from collections.abc import Callable, Sequence

from microgradnet.teach.exercises.exercise import Exercise, Part, Question, question

TEXT = '''"""Exercise 6: gradient descent.

The gradient says for each parameter how fast the error grows with it. So a small step against it makes the error
smaller:

    p ← p − η·∂E/∂p       for each parameter p, with the learning rate η

`gradient(parameters)` gives the list of the ∂E/∂p at these parameters. It changes with them: ask for it at every step,
once, for all parameters together.

Write the steps. Leave the list that you are given as it is. Then:  microgradnet check {file}
"""


def descend(gradient, parameters, learning_rate, steps):
    """The parameters after so many steps, as a new list."""
    raise NotImplementedError("your code here")
'''

Gradient = Callable[[list[float]], list[float]]


def right(gradient: Gradient, parameters: list[float], learning_rate: float, steps: int) -> list[float]:
    """The parameters after so many steps."""
    for _ in range(steps):
        slopes = gradient(parameters)
        parameters = [p - learning_rate * slope for p, slope in zip(parameters, slopes, strict=True)]
    return parameters


def slope_one(parameters: list[float]) -> list[float]:
    """Of E = p: 1."""
    return [1.0 for _ in parameters]


def square(parameters: list[float]) -> list[float]:
    """Of E = Σ p²: 2·p."""
    return [2.0 * p for p in parameters]


def product(parameters: list[float]) -> list[float]:
    """Of E = p·q: q and p."""
    p, q = parameters
    return [q, p]


def _asked(gradient: Gradient, parameters: list[float], rate: float, steps: int, hint: str) -> Question:
    expected = right(gradient, parameters, rate, steps)
    return question("descend", gradient, parameters, rate, steps, expected=expected, hint=hint)


def parts() -> Sequence[Part]:
    """No step, one, several, and several parameters."""
    down = "down is against the gradient: minus"
    return [
        Part("no step at all", [_asked(slope_one, [1.0], 0.5, 0, "after 0 steps the parameters are as before")]),
        Part("one step", [
            _asked(slope_one, [1.0], 1.0, 1, down),
            _asked(slope_one, [1.0], 0.5, 1, "the learning rate says how far"),
            _asked(square, [3.0], 0.25, 1, down),
        ]),
        Part("several steps", [_asked(square, [4.0], 0.25, 2, "ask for the gradient anew at every step")]),
        Part("several parameters", [
            _asked(square, [1.0, -2.0], 0.25, 3, "each parameter has its own slope"),
            _asked(product, [1.0, 2.0], 0.5, 1, "take all slopes first, and only then change the parameters"),
            _asked(product, [1.0, 2.0], 0.5, 4, "take all slopes first, and only then change the parameters"),
        ]),
    ]  # fmt: skip


EXERCISE = Exercise(6, "gradient_descent", "gradient descent", TEXT, "descend", parts)
