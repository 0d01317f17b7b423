"""One neuron with two inputs, written with operators and as a `Neuron`.

    z = w₁·x₁ + w₂·x₂ + b
    a = σ(z)

The operators make a node for each · and each +; the `Neuron` makes one node of the whole weighted sum. Both add from
the left and the bias last, so they agree to the last bit.
"""

from microgradnet import Neuron, Value, parameter, sigmoid
from microgradnet.drawing import Picture, draw
from microgradnet.teach.examples.example import Example

X = (0.5, -1.0)
W = (0.8, 0.3)
B = 0.1


def build() -> Value:
    """The activation a, written with operators."""
    x1, x2 = Value(X[0], "x₁"), Value(X[1], "x₂")
    w1, w2 = parameter(W[0], "w₁"), parameter(W[1], "w₂")
    b = parameter(B, "b")

    z = w1 * x1 + w2 * x2 + b
    a = sigmoid(z)

    z.label, a.label = "z", "a"
    a.backward()
    return a


def build_neuron() -> Value:
    """The same activation, computed by a `Neuron`.

    >>> build_neuron().data == build().data
    True
    """
    neuron = Neuron(2, "sigmoid")
    neuron.load_state_dict({"w0": W[0], "w1": W[1], "b": B})

    a = neuron([Value(X[0], "x₁"), Value(X[1], "x₂")])

    z = a.operands[0]
    z.label, a.label = "z", "a"
    a.backward()
    return a


def report() -> str:
    """How far apart the two are: not at all."""
    operators, neuron = build(), build_neuron()
    verdict = "the same to the last bit" if operators.data == neuron.data else "DIFFERENT"
    return f"with operators a = {operators.data!r}\nas a Neuron    a = {neuron.data!r}\n{verdict}"


def pictures() -> dict[str, Picture]:
    """The graph of the `Neuron`: two nodes instead of five."""
    return {"as-neuron": draw(build_neuron(), title="The same as a Neuron: one weighted sum, one activation")}


EXAMPLE = Example("two-inputs", "One neuron, two inputs", build, report=report, pictures=pictures)
