"""Exercise 1: the derivative of tanh."""

from collections.abc import Sequence

from microgradnet.teach.exercises.exercise import Exercise, Part, Question, question
from microgradnet.value import Value

TEXT = '''"""Exercise 1: the derivative of tanh.

A neuron adds up what comes in, z = w·x + b, and its activation function makes its output of that: a = tanh(z).
When the network learns from its mistake, the gradient has to pass back through tanh. For that it is multiplied by

    da/dz = 1 − a²,   where a = tanh(z).

Write this derivative. Then:  microgradnet check {file}
"""

import math


def tanh_derivative(z):
    """da/dz at z, where a = tanh(z)."""
    raise NotImplementedError("your code here")
'''


def parts() -> Sequence[Part]:
    """At 0, at a few points on either side, and far out."""

    def right(z: float) -> float:
        x = Value(z)
        x.tanh().backward()
        return x.grad

    def asked(points: Sequence[float], hint: str) -> list[Question]:
        return [question("tanh_derivative", z, expected=right(z), hint=hint) for z in points]

    far = "use math.tanh, which is right everywhere: e to the power of z grows beyond what a number can hold"
    return [
        Part("at 0, where tanh is steepest", asked([0.0], "tanh(0) = 0, so what is 1 − a²?")),
        Part("at other points", asked([1.0, -1.0, 0.5, 2.0, -0.3, 5.0, -8.0], "square a, not z: a = tanh(z)")),
        Part("far out, where tanh is flat", asked([20.0, -20.0, 1000.0, -1000.0], far)),
    ]


EXERCISE = Exercise(1, "tanh", "the derivative of tanh", TEXT, "tanh_derivative", parts)
