"""Learners who make one mistake each: random graphs, and the answers that a misconception gives on them."""

import random
from collections.abc import Callable

from microgradnet import Value, parameter, relu, sigmoid, tanh, weighted_sum
from microgradnet.teach.misconceptions.passes import Rules, gradients
from microgradnet.teach.worksheets import Worksheet
from microgradnet.teach.worksheets.quantities import GRADIENT, Numbers


def random_graph(seed: int) -> Value:
    """Sums, products, differences and activations of shared values, and at their end ½(T − y)²."""
    rng = random.Random(seed)

    def drawn() -> float:
        return rng.choice([-1, 1]) * rng.choice([0.25, 0.5, 0.75, 1.25, 1.5, 2.0, 2.5, 3.0])

    values = [Value(drawn(), f"x{i}") for i in range(rng.randint(1, 3))]
    values += [parameter(drawn(), f"w{i}") for i in range(rng.randint(2, 4))]
    operations: list[Callable[[Value, Value], Value]] = [
        lambda a, b: a * b, lambda a, b: a * b, lambda a, b: a + b, lambda a, b: a - b, lambda a, b: tanh(a),
        lambda a, b: sigmoid(a), lambda a, b: relu(a), lambda a, b: weighted_sum([a, b], [b, a], a),
    ]  # fmt: skip
    for i in range(rng.randint(4, 8)):
        made = rng.choice(operations)(rng.choice(values), rng.choice(values))
        made.label = f"v{i}"
        values.append(made)
    y = values[-1] * values[-2] + values[-3]
    error = Value(drawn(), "T") - y
    loss = error**2 / 2
    y.label, error.label, loss.label = "y", "e", "E"
    return loss


def rounded(number: float, digits: int = 4) -> float:
    """As a learner writes it."""
    return float(f"{number:.{digits}g}")


def answers_by(sheet: Worksheet, rules: Rules) -> dict[int, float]:
    """The answers of a learner who goes by these rules all through."""
    wrong, numbers = gradients(sheet.graph, rules), Numbers(sheet.graph, rules)
    return {
        blank.number: rounded(
            wrong[blank.quantity.node] if blank.quantity.kind == GRADIENT else numbers.by(blank.quantity).number
        )
        for blank in sheet.blanks
    }
