"""One neuron with one input: a weighted sum and its activation.

z₁ = w₁·x₁ + b₁
a₁ = σ(z₁) = 1 / (1 + e^(−z₁))
"""

from microgradnet import Value, parameter, sigmoid
from microgradnet.teach.examples.example import Example


def build() -> Value:
    """The activation a₁ for the numbers of the lesson's notes.

    >>> round(build().data, 4)
    0.6023
    """
    x1 = Value(0.1, "x₁")  # what comes in
    w1 = parameter(0.15, "w₁")  # how much it counts
    b1 = parameter(0.4, "b₁")  # what is added whatever comes in

    z1 = w1 * x1 + b1
    z1.label = "z₁"
    a1 = sigmoid(z1)
    a1.label = "a₁"

    a1.backward()  # every .grad is now d(a₁)/d(that value)
    return a1


EXAMPLE = Example("neuron", "One neuron, one input", build, printed={"z₁": "0.415", "a₁": "0.6023"})
