"""Why a network needs an activation: without one, any number of layers is a single straight line.

    w₂·(w₁·x + b₁) + b₂ = (w₂·w₁)·x + (w₂·b₁ + b₂)

A straight line cannot give XOR its truth table, however long it is trained; with a sigmoid or tanh between the layers
a small network does.
"""

import random
from typing import TYPE_CHECKING, NamedTuple

from microgradnet import MLP, Value, jacobian, parameter, sigmoid
from microgradnet._shared.terminal import format_table
from microgradnet.drawing import Picture, draw
from microgradnet.drawing.chart import chart
from microgradnet.teach.examples.example import Example

if TYPE_CHECKING:
    from microgradnet.drawing.figure import Figure

XOR = (((0.0, 0.0), 0.0), ((0.0, 1.0), 1.0), ((1.0, 0.0), 1.0), ((1.0, 1.0), 0.0))
"""The truth table: two inputs, and whether just one of them is 1."""


def build() -> Value:
    """Two neurons without an activation: y is a straight line, whose slope dy/dx is w₂·w₁ for every x."""
    x = Value(0.5, "x")
    w1, b1 = parameter(2.0, "w₁"), parameter(-0.5, "b₁")
    w2, b2 = parameter(-0.5, "w₂"), parameter(0.75, "b₂")

    h = w1 * x + b1
    y = w2 * h + b2

    h.label, y.label = "h", "y"
    y.backward()
    return y


def linear_network() -> MLP:
    """Three layers without an activation, its weights and biases drawn at random."""
    network, rng = MLP(2, [8, 8, 1], "linear"), random.Random(0)
    for p in network.parameters():
        p.data = rng.uniform(-1, 1)
    return network


class Affine(NamedTuple):
    """The one straight line that a network without activations is: y = slope₁·x₁ + slope₂·x₂ + intercept."""

    slopes: list[float]
    intercept: float
    largest_difference: float


def collapse(network: MLP) -> Affine:
    """The affine map of a linear network, and how far from it the network is at some points: only by rounding.

    >>> collapse(linear_network()).largest_difference < 1e-12
    True
    """
    origin = [Value(0.0), Value(0.0)]
    y = network(origin)
    slopes = jacobian([y], origin)[0]
    points = [(x1 / 2, x2 / 2) for x1 in range(-6, 7) for x2 in range(-6, 7)]
    apart = [abs(network(p).data - (slopes[0] * p[0] + slopes[1] * p[1] + y.data)) for p in points]
    return Affine(slopes, y.data, max(apart))


def train_xor(activation: str, steps: int = 1500, eta: float = 0.3) -> tuple[MLP, list[float]]:
    """A network with 4 hidden neurons after gradient descent on the mean of ½·(T − y)², and that error per step."""
    from microgradnet import compile  # here, as what it needs takes longer to load than all the rest

    network = MLP(2, [4, 1], activation, seed=2)
    step = compile(lambda x, target: (target - network(x)) ** 2 / 2, network)
    inputs, targets = zip(*XOR, strict=True)
    errors = []
    for _ in range(steps):
        error, gradient = step(inputs, targets)
        step.parameters -= eta * gradient
        errors.append(error)
    return network, errors


def train_all() -> dict[str, tuple[MLP, list[float]]]:
    """`train_xor` with each activation."""
    return {activation: train_xor(activation) for activation in ("linear", "sigmoid", "tanh")}


def sigmoid_at(number: float) -> tuple[float, float, float]:
    """z, σ(z) and dσ/dz."""
    z = Value(number)
    a = sigmoid(z)
    a.backward()
    return z.data, a.data, z.grad


def report() -> str:
    """The straight line, XOR with and without an activation, and where the sigmoid saturates."""
    line = collapse(linear_network())
    trained = train_all()
    answers = [
        [f"{x[0]:g}, {x[1]:g}", f"{target:g}", *(f"{network(x).data:.3f}" for network, _ in trained.values())]
        for x, target in XOR
    ]
    answers.append(["error", "", *(f"{errors[-1]:.2g}" for _, errors in trained.values())])
    points = (-1000.0, -10.0, -5.0, -2.0, 0.0, 2.0, 5.0, 10.0, 1000.0)
    saturation = [[f"{z:g}", f"{a:.6g}", f"{slope:.6g}"] for z, a, slope in map(sigmoid_at, points)]
    (s1, s2), off = line.slopes, line.largest_difference
    return f"""\
A network of 3 linear layers, 2 → 8 → 8 → 1, is one straight line:
y = ({s1:.6f})·x₁ + ({s2:.6f})·x₂ + ({line.intercept:.6f}), at most {off:.1e} off at 169 points

XOR after 1,500 steps of gradient descent, with 4 hidden neurons:
{format_table(["x₁, x₂", "target", *trained], answers)}

The sigmoid stays between 0 and 1 (far out a float rounds to them); there it is flat, and almost no gradient passes:
{format_table(["z", "σ(z)", "dσ/dz"], saturation)}"""


def pictures() -> dict[str, "Picture | Figure"]:
    """The sigmoid with its derivative, the error on XOR, and the network that learned it."""
    points = [sigmoid_at(z / 10) for z in range(-80, 81)]
    curve, slope = [(z, a) for z, a, _ in points], [(z, slope) for z, _, slope in points]
    trained = train_all()
    errors = {name: [(float(i), errors[i]) for i in range(0, 1500, 10)] for name, (_, errors) in trained.items()}
    return {
        "sigmoid": chart({"σ(z)": curve, "dσ/dz": slope}, title="The sigmoid and its derivative", x="z"),
        "xor-error": chart(errors, title="XOR: the error by hidden activation", x="step", y="error"),
        "xor-network": draw(trained["tanh"][0], title="The network that learned XOR"),
    }


EXAMPLE = Example("activation", "Why non-linearity is needed", build, report=report, pictures=pictures)
