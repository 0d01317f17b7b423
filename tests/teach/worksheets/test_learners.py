"""Learners written out by hand: wrong backward passes that share nothing with the rules that recognise them."""

import math
import random
from collections.abc import Callable, Iterator

import pytest

from microgradnet import Value, parameter, sigmoid, tanh, weighted_sum
from microgradnet.graph import topological_order
from microgradnet.teach.worksheets import grade, worksheet
from tests.teach.worksheets.simulated import rounded

Partials = Callable[..., tuple[float, ...]]
WEIGHTS = 2  # of each weighted sum below


def slope(name: str) -> Partials:
    """The right derivatives, by hand."""
    known: dict[str, Partials] = {
        "add": lambda y, a, b: (1.0, 1.0),
        "subtract": lambda y, a, b: (1.0, -1.0),
        "multiply": lambda y, a, b: (b, a),
        "divide": lambda y, a, b: (1 / b, -a / b**2),
        "power": lambda y, x, n: (n * x ** (n - 1),),
        "sigmoid": lambda y, x: (y * (1 - y),),
        "tanh": lambda y, x: (1 - y**2,),
        "weighted_sum": lambda y, w1, w2, x1, x2, b: (x1, x2, w1, w2, 1.0),
    }
    return known[name]


def sigma(x: float) -> float:
    return 1 / (1 + math.exp(-x))


WRONG: dict[str, dict[str, Partials]] = {
    "activation-derivative-forgotten": {"sigmoid": lambda y, x: (1.0,), "tanh": lambda y, x: (1.0,)},
    "derivative-at-activation": {
        "sigmoid": lambda y, x: (sigma(y) * (1 - sigma(y)),),
        "tanh": lambda y, x: (1 - math.tanh(y) ** 2,),
    },
    "wrong-operand": {
        "multiply": lambda y, a, b: (a, b),
        "weighted_sum": lambda y, w1, w2, x1, x2, b: (w1, w2, x1, x2, 1.0),
    },
    "subtraction-sign": {"subtract": lambda y, a, b: (1.0, 1.0)},
    "target-swapped": {"power": lambda y, x, n: (-n * x ** (n - 1),)},
    "factor-missed": {"power": lambda y, x, n: (x ** (n - 1),)},
    "sum-and-product": {"multiply": lambda y, a, b: (1.0, 1.0), "weighted_sum": lambda y, *operands: (1.0,) * 5},
}


def network(seed: int) -> Value:
    """½(T − y)² of two neurons with inputs that are plain numbers, whose outputs are used twice."""
    rng = random.Random(seed)

    def drawn() -> float:
        return rng.choice([-1, 1]) * rng.uniform(0.3, 1.5)

    activation = rng.choice([sigmoid, tanh])
    outputs = []
    for i in range(WEIGHTS):
        w, b = [parameter(drawn(), f"w{i}{j}") for j in range(WEIGHTS)], parameter(drawn(), f"b{i}")
        z = weighted_sum(w, [drawn(), drawn()], b)
        a = activation(z)
        z.label, a.label = f"z{i}", f"a{i}"
        outputs.append(a)
    v = parameter(drawn(), "v")
    y = outputs[0] * outputs[1] * v - outputs[0] / Value(rng.uniform(1.5, 3.0), "d")
    e = Value(drawn() * 2, "T") - y
    loss = e**2 / 2
    y.label, e.label, loss.label = "y", "e", "E"
    return loss


def passed(root: Value, wrong: dict[str, Partials], without_upstream: bool = False) -> dict[Value, float]:
    """A backward pass by hand."""
    found = dict.fromkeys(topological_order(root), 0.0) | {root: 1.0}
    for node in reversed(topological_order(root)):
        if node.operands:
            partials = wrong.get(node.op.name, slope(node.op.name))(node.data, *[o.data for o in node.operands])
            for operand, partial in zip(node.operands, partials, strict=False):
                found[operand] += partial if without_upstream else found[node] * partial
    return found


def judged(name: str, wrong: dict[str, Partials]) -> Iterator[bool]:
    for seed in range(60):
        sheet = worksheet(network(seed))
        root = sheet.graph.root
        assert passed(root, {})[sheet.blanks[-1].quantity.node] == pytest.approx(sheet.blanks[-1].answer)
        gradients = passed(root, wrong, without_upstream=name == "upstream-forgotten")
        marks = grade(sheet, [rounded(gradients[blank.quantity.node]) for blank in sheet.blanks])
        named = [{row.name for row in mark.mistakes} for mark in marks.marks if mark.verdict == "wrong"]
        if named:
            yield all(name in names for names in named)


@pytest.mark.parametrize("name", [*WRONG, "upstream-forgotten"])
def test_learners_of_flesh_and_blood_are_recognised(name: str) -> None:
    said = list(judged(name, WRONG.get(name, {})))
    assert len(said) >= 50
    assert sum(said) >= 0.95 * len(said), f"{sum(said)} of {len(said)}"


def test_right_answers_by_hand_are_right() -> None:
    assert list(judged("overwritten", {})) == []
