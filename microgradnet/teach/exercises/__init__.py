"""Fill-in-the-blank exercises and their checker. `EXERCISES` holds them by number."""

from microgradnet.teach.exercises import backward, descent, mlp, neuron, order, softmax, tanh
from microgradnet.teach.exercises.exercise import Exercise

EXERCISES: dict[int, Exercise] = {
    module.EXERCISE.number: module.EXERCISE for module in (tanh, backward, order, neuron, mlp, descent, softmax)
}
"""Every exercise by its number."""

__all__ = ["EXERCISES", "Exercise"]
