"""Two neurons: the output of the first is the input of the second.

    z₁ = w₁·x₁ + b₁,  a₁ = σ(z₁)
    z₂ = w₂·a₁ + b₂,  a₂ = σ(z₂)

The notes print a₂ ≈ 0.7153 for w₂ = 0.25 and b₂ = 0.5. That is a misprint: it belongs to w₂ = 0.45 and b₂ = 0.65.
Both are computed here.
"""

from microgradnet import Value, parameter, sigmoid
from microgradnet.teach.examples.example import Example, format_rows, table_of

PRINTED = {"z₁": "0.415", "a₁": "0.6023", "z₂": "0.6506", "a₂": "0.7153"}


def forward(w2_data: float = 0.25, b2_data: float = 0.5) -> Value:
    """The second neuron's activation a₂, without a backward pass.

    >>> round(forward().data, 4), round(forward(0.45, 0.65).data, 4)
    (0.6571, 0.7153)
    """
    x1 = Value(0.1, "x₁")
    w1, b1 = parameter(0.15, "w₁"), parameter(0.4, "b₁")
    w2, b2 = parameter(w2_data, "w₂"), parameter(b2_data, "b₂")

    z1 = w1 * x1 + b1
    a1 = sigmoid(z1)
    z2 = w2 * a1 + b2
    a2 = sigmoid(z2)

    z1.label, a1.label, z2.label, a2.label = "z₁", "a₁", "z₂", "a₂"
    return a2


def build() -> Value:
    """The activation a₂ for the numbers that the notes give."""
    a2 = forward()
    a2.backward()
    return a2


def report() -> str:
    """The misprint: the figure that the notes print, and the numbers that it belongs to."""
    given, meant = build(), forward(0.45, 0.65)
    meant.backward()
    z2 = given.operands[0]
    return (
        f"The notes print a₂ ≈ 0.7153, but σ({z2.data:.4f}) = {given.data:.4f}: for the numbers they give, "
        "0.7153 is a misprint.\nIt is what w₂ = 0.45 and b₂ = 0.65 give:\n\n"
        + format_rows(table_of(meant, {"a₂": "0.7153"}))
    )


EXAMPLE = Example("two-neurons", "Two neurons, one after the other", build, PRINTED, report)
