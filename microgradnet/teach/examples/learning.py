"""Learning from mistakes: backward propagation through the two neurons, and gradient descent.

E = ½·(T − a₂)²          how far a₂ is from the target T
w ← w − η·∂E/∂w          each weight and bias takes a step down the error's slope
"""

from typing import TYPE_CHECKING, NamedTuple

from microgradnet import Value, parameter, sigmoid
from microgradnet._shared.terminal import format_table, room
from microgradnet.drawing.chart import chart
from microgradnet.drawing.textplot import spark
from microgradnet.graph import topological_order
from microgradnet.teach.examples.example import Example

if TYPE_CHECKING:
    from microgradnet.drawing.figure import Figure

TARGET, ETA, GOOD_ENOUGH = 0.25, 0.4, 0.001


class Network(NamedTuple):
    """The parameters of the two neurons."""

    w1: Value
    b1: Value
    w2: Value
    b2: Value


def network(w2: float = 0.45, b2: float = 0.65) -> Network:
    """The parameters before learning. Those of the first neuron are the notes'."""
    return Network(parameter(0.15, "w₁"), parameter(0.4, "b₁"), parameter(w2, "w₂"), parameter(b2, "b₂"))


def error(net: Network) -> Value:
    """Forward propagation, from x₁ to the error E."""
    x1, target = Value(0.1, "x₁"), Value(TARGET, "T")

    z1 = net.w1 * x1 + net.b1
    a1 = sigmoid(z1)
    z2 = net.w2 * a1 + net.b2
    a2 = sigmoid(z2)
    e = 0.5 * (target - a2) ** 2

    z1.label, a1.label, z2.label, a2.label, e.label = "z₁", "a₁", "z₂", "a₂", "E"
    return e


def step(net: Network) -> float:
    """Forward, backward, update: one iteration; returns the error before it."""
    for p in net:
        p.grad = 0.0  # forget the last iteration's
    e = error(net)
    e.backward()
    for p in net:
        p.data -= ETA * p.grad
    return e.data


def learn(net: Network) -> list[float]:
    """The error before each iteration and after the last, with which it is below 0.001.

    >>> errors = learn(network())
    >>> len(errors) - 1, round(errors[0], 4), errors[-1] < 0.001
    (81, 0.1082, True)
    """
    errors = [error(net).data]
    while errors[-1] >= GOOD_ENOUGH:
        step(net)
        errors.append(error(net).data)
    return errors


def build() -> Value:
    """The error E before learning, with all its gradients."""
    e = error(network())
    e.backward()
    return e


def chain_rule(w2: float = 0.45, b2: float = 0.65) -> str:
    """Every gradient as the product along its path, with its numbers."""
    net = network(w2, b2)
    e = error(net)
    e.backward()
    number = {node.label: node.data for node in topological_order(e)}
    x1, a1, a2 = number["x₁"], number["a₁"], number["a₂"]
    miss, slope1, slope2 = a2 - TARGET, a1 * (1 - a1), a2 * (1 - a2)
    to_z1 = f"{miss:.6f} × {slope2:.6f} × {w2} × {slope1:.6f}"
    return f"""\
∂E/∂w₂ = (a₂ − T) · a₂(1 − a₂) · a₁ = {miss:.6f} × {slope2:.6f} × {a1:.6f} = {net.w2.grad:.6g}
∂E/∂b₂ = (a₂ − T) · a₂(1 − a₂) · 1 = {miss:.6f} × {slope2:.6f} × 1 = {net.b2.grad:.6g}
∂E/∂w₁ = (a₂ − T) · a₂(1 − a₂) · w₂ · a₁(1 − a₁) · x₁ = {to_z1} × {x1} = {net.w1.grad:.6g}
∂E/∂b₁ = (a₂ − T) · a₂(1 − a₂) · w₂ · a₁(1 − a₁) · 1 = {to_z1} × 1 = {net.b1.grad:.6g}"""


def report() -> str:
    """The chain rule with its numbers, one update, and the error per iteration."""
    net = network()
    before = [parameter.data for parameter in net]
    step(net)
    update = [
        [parameter.label, f"{old:.6f} − {ETA} × {parameter.grad:.6f}", f"{parameter.data:.6f}"]
        for parameter, old in zip(net, before, strict=True)
    ]
    errors = learn(network())
    last = len(errors) - 1
    shown = sorted({0, 1, 2, 5, *range(10, last, 20), last})
    return f"""\
The chain rule, with w₂ = 0.45 and b₂ = 0.65:
{chain_rule()}

With the w₂ = 0.25 and b₂ = 0.5 that the notes give:
{chain_rule(0.25, 0.5)}

One update, w − η·∂E/∂w with η = {ETA}:
{format_table(["", "before − η × gradient", "after"], update)}

Repeated until E < {GOOD_ENOUGH}, which takes {last} iterations:
{format_table(["iteration", "E"], [[str(i), f"{errors[i]:.6f}"] for i in shown])}

{spark(errors, width=room(68) - 8)}"""


def pictures() -> dict[str, "Figure"]:
    """The error per iteration."""
    curve = [(float(iteration), e) for iteration, e in enumerate(learn(network()))]
    return {"error": chart({"E": curve}, title="The error per iteration", x="iteration", y="error E")}


EXAMPLE = Example("learning", "Learning from mistakes", build, report=report, pictures=pictures)
