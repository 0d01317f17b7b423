"""The worked examples of the lesson, one file each, in the order of the lesson. `EXAMPLES` holds them by name."""

from microgradnet.teach.examples import activation, biology, layers, learning, neuron, two_inputs, two_neurons
from microgradnet.teach.examples.example import Example

EXAMPLES: dict[str, Example] = {
    module.EXAMPLE.name: module.EXAMPLE
    for module in (neuron, two_neurons, two_inputs, layers, learning, activation, biology)
}
"""Every example by its name."""
