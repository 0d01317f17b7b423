"""Programs of the kind people write for micrograd run after changing the import; where micrograd errs, these don't.

The numbers they are held against come from differences, from the programs' own plain-float form, or by hand.
"""

import math
import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from microgradnet import MLP, Layer, Neuron, Value
from tests.strategies import partial_difference


def tour(p: Any, q: Any) -> Any:
    """Every operator that micrograd has, numbers on both sides, names bound again, one relu on and one off."""
    r = p * q - q**3
    s = 2 + p - q / 4
    r += r * s + 1
    r = r + 3 * (-p)
    s += s**2 * 0.5 + (q - p).relu()
    t = 10.0 / (s**2 + 1) - 1 + (p - q).relu() * r
    t -= r / 7.5
    return t * 0.5 + 2.0 / s


@pytest.mark.parametrize("point", [(-4.0, 2.0), (3.0, -1.5), (0.5, 0.25)])
def test_a_tour_of_the_operators(point: tuple[float, ...]) -> None:
    p, q = map(Value, point)
    out = tour(p, q)
    out.backward()

    def number(near: tuple[float, ...]) -> float:
        result: float = tour(*map(Value, near)).data
        return result

    assert p.grad == pytest.approx(partial_difference(number, point, 0), rel=1e-7)
    assert q.grad == pytest.approx(partial_difference(number, point, 1), rel=1e-7)
    assert f"{out.data:.4f}" == f"{number(point):.4f}"


def test_the_lectures_neuron_written_out() -> None:
    inputs = [Value(2.0, label="x1"), Value(0.0, label="x2")]
    weights = [Value(-3.0, label="w1"), Value(1.0, label="w2")]
    bias = Value(6.88137358, label="b")
    products = [x * w for x, w in zip(inputs, weights, strict=True)]
    products[0].label = "x1*w1"
    n = sum(products) + bias
    e = (2 * n).exp()
    o = (e - 1) / (e + 1)
    o.label = "o"
    o.backward()
    n_ = 2.0 * -3.0 + 0.0 * 1.0 + 6.88137358
    slope = 1 - math.tanh(n_) ** 2
    assert o.data == pytest.approx(math.tanh(n_))
    assert [v.grad for v in (*inputs, *weights, bias)] == pytest.approx([-3 * slope, slope, 2 * slope, 0.0, slope])
    assert n.tanh().data == pytest.approx(o.data)


class OwnNeuron:
    """A neuron as people write it themselves."""

    def __init__(self, nin: int) -> None:
        self.w = [Value(random.uniform(-1, 1)) for _ in range(nin)]
        self.b = Value(random.uniform(-1, 1))

    def __call__(self, x: Sequence[Any]) -> Any:
        act = sum((wi * xi for wi, xi in zip(self.w, x, strict=True)), self.b)
        return act.tanh()

    def parameters(self) -> list[Value]:
        return [*self.w, self.b]


def test_own_classes_learn_by_the_familiar_loop() -> None:
    random.seed(42)
    hidden, last = [OwnNeuron(3) for _ in range(4)], OwnNeuron(4)
    parameters = [p for n in [*hidden, last] for p in n.parameters()]
    xs = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
    ys = [1.0, -1.0, -1.0, 1.0]
    losses = []
    for _ in range(60):
        predicted = [last([n(x) for n in hidden]) for x in xs]
        loss: Any = sum((out - wanted) ** 2 for wanted, out in zip(ys, predicted, strict=True))
        for p in parameters:
            p.grad = 0.0
        loss.backward()
        for p in parameters:
            p.data += -0.1 * p.grad
        losses.append(loss.data)
    assert losses[0] > 1.0
    assert losses[-1] < 0.05


def hinge_loss(model: Callable[[Any], Any], points: Sequence[Any], wanted: Sequence[int]) -> tuple[Any, float]:
    """The demo's kind of loss: a margin for each point, and a penalty on the weights."""
    inputs = [list(map(Value, point)) for point in points]
    scores = list(map(model, inputs))
    losses = [(1 + -yi * score).relu() for yi, score in zip(wanted, scores, strict=True)]
    data_loss = sum(losses) * (1.0 / len(losses))
    penalty = 1e-4 * sum(p * p for p in model.parameters())  # type: ignore[attr-defined]
    hits = [(yi > 0) == (score.data > 0) for yi, score in zip(wanted, scores, strict=True)]
    return data_loss + penalty, sum(hits) / len(hits)


def test_the_demos_kind_of_training() -> None:
    random.seed(1337)
    angles = [math.pi * i / 9 for i in range(10)]
    upper = [[math.cos(t), math.sin(t)] for t in angles]
    points = upper + [[1 - x, 0.5 - y] for x, y in upper]
    wanted = [1] * 10 + [-1] * 10
    model = MLP(2, [16, 16, 1])
    total, _ = hinge_loss(model, points, wanted)
    model.zero_grad()
    total.backward()
    checked = model.parameters()[::29]
    for p in checked:
        at, found = p.data, p.grad

        def loss(near: tuple[float, ...], p: Value = p) -> float:
            (p.data,) = near
            result: float = hinge_loss(model, points, wanted)[0].data
            return result

        assert found == pytest.approx(partial_difference(loss, (at,), 0), rel=1e-4, abs=1e-6)
        p.data = at
    for k in range(100):
        total, accuracy = hinge_loss(model, points, wanted)
        model.zero_grad()
        total.backward()
        for p in model.parameters():
            p.data -= (1.0 - 0.9 * k / 100) * p.grad
    assert accuracy == 1.0


def test_modules_have_the_attributes_that_programs_use() -> None:
    random.seed(1)
    n, layer, model = Neuron(3), Layer(2, 3), MLP(3, [4, 4, 1])
    assert (len(n.w), n.b.data, len(n.parameters())) == (3, 0, 4)
    assert n([1.0, -2.0, 3.0]).data == max(0.0, n.w[0].data - 2 * n.w[1].data + 3 * n.w[2].data)
    assert [type(a) for a in layer([1.0, 2.0])] == [Value] * 3
    assert isinstance(model([2.0, 3.0, -1.0]), Value)
    assert len(model.parameters()) == 41
    assert [len(inner.neurons) for inner in model.layers] == [4, 4, 1]
    by_hand = sum((wi * xi for wi, xi in zip(n.w, [1.0, -2.0, 3.0], strict=True)), n.b).relu()
    assert by_hand.data == pytest.approx(n([1.0, -2.0, 3.0]).data)
    negative = min(Neuron(3, nonlin=False)(x).data for x in ([5.0, 5.0, 5.0], [-5.0, -5.0, -5.0]))
    assert negative < 0, "linear"


def test_where_micrograd_errs_two_losses_share_a_node() -> None:
    a = Value(2.0)
    h = a * a
    (h * 3).backward()
    (h * 5).backward()
    assert a.grad == 32.0
    assert a.grad == pytest.approx(partial_difference(lambda near: near[0] ** 2 * 8, (2.0,), 0))
