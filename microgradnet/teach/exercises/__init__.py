"""Fill-in-the-blank exercises and their checker. `EXERCISES` holds them by number."""

from microgradnet.teach.exercises import (
    backward,
    cross_entropy,
    gradient_descent,
    mlp,
    neuron,
    tanh,
    topological_order,
)
from microgradnet.teach.exercises.exercise import Exercise

EXERCISES: dict[int, Exercise] = {
    number: Exercise(number, module.__name__.rpartition(".")[2], module.PARTS)
    for number, module in enumerate(
        (tanh, backward, topological_order, neuron, mlp, gradient_descent, cross_entropy), start=1
    )
}
"""Every exercise by its number."""

__all__ = ["EXERCISES", "Exercise"]
