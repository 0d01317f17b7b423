"""The questions of the exercise on the derivative of tanh."""

from collections.abc import Sequence

from microgradnet.teach.exercises.exercise import Question, question
from microgradnet.value import Value


def _at(points: Sequence[float], hint: str) -> list[Question]:
    values = [Value(z) for z in points]
    for z in values:
        z.tanh().backward()
    return [question("tanh_derivative", z.data, expected=z.grad, hint=hint) for z in values]


PARTS = {
    "at 0, where tanh is steepest": _at([0.0], "tanh(0) = 0, so what is 1 − a²?"),
    "at other points": _at([1.0, -1.0, 0.5, 2.0, -0.3, 5.0, -8.0], "square a, not z: a = tanh(z)"),
    "far out, where tanh is flat": _at(
        [20.0, -20.0, 1000.0, -1000.0],
        "use math.tanh, which is right everywhere: e to the power of z grows beyond what a number can hold",
    ),
}
