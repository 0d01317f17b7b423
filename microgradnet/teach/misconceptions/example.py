"""A graph on which every misconception makes a difference: values used twice, and an error to square."""

from microgradnet.functions import sigmoid
from microgradnet.value import Value, parameter


def build() -> Value:
    """E = ½·(T − y)², where y = a·b + a, a = σ(z), b = a·w and z = w·x.

    >>> from microgradnet.teach.misconceptions import MISCONCEPTIONS, run
    >>> all(run(build(), name).parting for name in MISCONCEPTIONS)
    True
    """
    x, w, target = Value(0.5, "x"), parameter(2.0, "w"), Value(1.0, "T")
    z = w * x
    a = sigmoid(z)
    b = a * w
    y = a * b + a
    e = target - y
    error = e**2 / 2
    z.label, a.label, b.label, y.label, e.label, error.label = "z", "a", "b", "y", "e", "E"
    return error
