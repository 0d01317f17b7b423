"""The artificial neuron, with each part named after its twin in the brain.

dendrite   an input xᵢ: what other neurons send
synapse    a weight wᵢ: how strongly an input is passed on
soma       the weighted sum z with its bias b
axon       the activation a = σ(z), sent on to other neurons
"""

from microgradnet import Value, parameter, sigmoid, weighted_sum
from microgradnet._shared.terminal import format_table
from microgradnet.teach.examples.example import Example

TWINS = (
    ("dendrites", "inputs x₁, x₂", "receive the impulses of other neurons"),
    ("synapses", "weights w₁, w₂", "pass each impulse on, more or less: learning strengthens these"),
    ("soma", "weighted sum z with bias b", "adds up what arrives"),
    ("axon", "activation a = σ(z)", "sends the result on"),
)


def build(w1: float = 0.4, w2: float = 0.9) -> Value:
    """The activation at the end of the axon."""
    dendrites = [Value(1.0, "dendrite₁"), Value(0.5, "dendrite₂")]
    synapses = [parameter(w1, "synapse₁"), parameter(w2, "synapse₂")]
    bias = parameter(-0.6, "bias")

    soma = weighted_sum(synapses, dendrites, bias)
    axon = sigmoid(soma)

    soma.label, axon.label = "soma", "axon"
    axon.backward()
    return axon


def report() -> str:
    """The parts and their twins, and the effect of repeated activation on the synapses."""
    w1, w2, eta = 0.4, 0.9, 1.0
    lines = []
    for time in range(4):
        axon = build(w1, w2)
        first, second = axon.operands[0].operands[:2]
        lines.append([str(time), f"{w1:.4f}", f"{w2:.4f}", f"{axon.data:.4f}"])
        w1, w2 = w1 + eta * first.grad, w2 + eta * second.grad  # up the slope: repeated activation strengthens it
    return f"""{format_table(["in the brain", "here", "what it does"], TWINS)}

Learning strengthens the synapses: each is raised by da/dw, and the same input excites the axon more.
{format_table(["time", "synapse₁", "synapse₂", "axon"], lines)}"""


EXAMPLE = Example("biology", "The neuron and its biological twin", build, report=report)
