"""A network of layers: an input layer, two hidden layers and an output layer.

Every neuron computes z = w₁·a₁ + w₂·a₂ + … + b from the activations a of the layer before, and passes on σ(z).
z⁽¹⁾₂ is the weighted sum of layer 1's neuron 2.
"""

from microgradnet import MLP, Value
from microgradnet.drawing import Picture, draw
from microgradnet.teach.examples.example import Example


def network() -> MLP:
    """Two inputs, two hidden layers of two neurons, one output.

    >>> network()
    MLP(2 → 2 sigmoid → 2 sigmoid → 1 sigmoid)
    """
    return MLP(2, [2, 2, 1], "sigmoid", "sigmoid", seed=7)


def build() -> Value:
    """Forward propagation, layer by layer; network()([x1, x2]) does just this."""
    activations = [Value(0.5, "x₁"), Value(-1.0, "x₂")]
    for number, layer in enumerate(network().layers, start=1):
        activations = [neuron(activations) for neuron in layer.neurons]
        for index, a in enumerate(activations, start=1):
            z = a.operands[0]
            place = f"⁽{'⁰¹²³'[number]}⁾{'₀₁₂'[index]}"
            z.label, a.label = f"z{place}", f"a{place}"
    output = activations[0]
    output.backward()
    return output


def pictures() -> dict[str, Picture]:
    """The network as a network, and its graph with one box for each neuron."""
    return {
        "network": draw(network(), title="The network"),
        "neurons": draw(build(), "neurons", title="Forward propagation, neuron by neuron"),
    }


EXAMPLE = Example("layers", "Input, hidden and output layers", build, pictures=pictures, view="ops")
