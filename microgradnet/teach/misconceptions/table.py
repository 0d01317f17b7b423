"""The tables of common misconceptions about backpropagation and of mistakes in the forward pass, as executable rules.

Each row states the belief and why it is wrong, and gives the wrong rules: several if it can be applied in several
ways, or at several places of a graph.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from microgradnet.teach.misconceptions import wrong_rules
from microgradnet.teach.misconceptions.passes import Rules, SolvedGraph


class Misconception(NamedTuple):
    """A misconception about backpropagation, or a mistake in the forward pass.

    Attributes:
        name: its name in commands, in `run` and in marks.
        title: a short description.
        belief: the wrong practice.
        why: why it is wrong.
        rules: the wrong rules by which it can be applied to a graph.
    """

    name: str
    title: str
    belief: str
    why: str
    rules: Callable[[SolvedGraph], Iterable[Rules]]


def _anywhere(*rules: Rules) -> Callable[[SolvedGraph], Iterable[Rules]]:
    """The same rules for any graph."""
    return lambda graph: rules


MISCONCEPTIONS = {
    misconception.name: misconception
    for misconception in (
        Misconception(
            "overwritten", "each contribution replaces the one before (= for +=)",
            "each contribution to a value's gradient replaces the one before",
            "a value that is used twice changes the result in two ways: its gradient is the sum of both contributions",
            _anywhere(Rules(join=wrong_rules.overwrite)),
        ),
        Misconception(
            "one-path-forgotten", "one path is left out",
            "of a value that is used several times, the contribution of one use is not added",
            "every path from the result down to a value contributes to its gradient, which is their sum",
            wrong_rules.each_path_forgotten,
        ),
        Misconception(
            "no-topological-order", "a value passes its gradient on before it is complete",
            "values pass their gradients on in the order in which they are visited, not in reverse topological order",
            "a gradient is complete only when all users of the value have contributed; passing it on "
            "before gives too little, and passing it on again too much",
            wrong_rules.orders_of_visits,
        ),
        Misconception(
            "activation-derivative-forgotten", "the derivative of the activation is left out",
            "the gradient of a is passed to z unchanged",
            "the gradient of an activation's input is that of its output times the derivative of the activation, which "
            "is a·(1 − a) for a sigmoid with the output a",
            _anywhere(Rules(local=wrong_rules.without_activation)),
        ),
        Misconception(
            "derivative-at-activation", "the derivative is taken at the wrong number",
            "σ′ is evaluated at a instead of z, or z replaces a in the formula",
            "the derivative belongs to the point z where the activation was computed: σ′(z) = σ(z)·(1 − σ(z)), "
            "which is a·(1 − a)",
            _anywhere(Rules(local=wrong_rules.at_activation), Rules(local=wrong_rules.with_sum_for_activation)),
        ),
        Misconception(
            "wrong-operand", "the local derivative of the other operand",
            "the derivative of w·x with respect to w is taken to be w",
            "the derivative of w·x with respect to w is the factor of w: ∂(w·x)/∂w = x",
            _anywhere(Rules(local=wrong_rules.of_other_factor), Rules(local=wrong_rules.of_other_operand)),
        ),
        Misconception(
            "subtraction-sign", "the minus is lost",
            "both operands of a subtraction get + 1 as their local derivative",
            "if b grows, a − b shrinks: ∂(a − b)/∂b = −1",
            _anywhere(Rules(local=wrong_rules.without_minus)),
        ),
        Misconception(
            "target-swapped", "target and output are exchanged",
            "the error is differentiated as if target and output were subtracted in the opposite order",
            "the squares are equal, but not the derivatives: their sign decides whether the output must grow or shrink",
            wrong_rules.target_swapped,
        ),
        Misconception(
            "factor-missed", "a factor is left out",
            "the 2 from the exponent of a square, or the ½ before it, is not multiplied in",
            "∂(x²)/∂x = 2·x, and a constant factor stays a factor: ∂(½·x)/∂x = ½",
            _anywhere(Rules(local=wrong_rules.without_exponent), Rules(local=wrong_rules.without_factor)),
        ),
        Misconception(
            "sum-and-product", "a sum is differentiated as a product, or a product as a sum",
            "a + b is differentiated as if it were a·b, or a·b as if it were a + b",
            "a sum passes the gradient on unchanged, ∂(a + b)/∂a = 1; a product multiplies it by the other factor, "
            "∂(a·b)/∂a = b",
            _anywhere(Rules(local=wrong_rules.sum_as_product), Rules(local=wrong_rules.product_as_sum)),
        ),
        Misconception(
            "stale-gradients", "gradients of an earlier pass are left",
            "a second backward pass starts from the gradients of the first",
            "contributions are added to existing gradients: without zero_grad() those of the first pass count again",
            _anywhere(Rules(left_over="leaves"), Rules(left_over="all")),
        ),
        Misconception(
            "upstream-forgotten", "the local derivative alone",
            "the local derivative is mistaken for the gradient",
            "the chain rule multiplies the upstream gradient by the local derivative",
            _anywhere(Rules(contribution=wrong_rules.local_alone)),
        ),
    )
}  # fmt: skip
"""Every misconception by its name; where two explain the same numbers, the earlier is the likelier."""
FORWARD_MISTAKES = {
    mistake.name: mistake
    for mistake in (
        Misconception(
            "term-left-out", "a term of the sum is left out",
            "of w·x + b, the bias b or the first product is not added",
            "each term of a sum counts: z = w₁·x₁ + w₂·x₂ + b",
            wrong_rules.each_term_left_out,
        ),
        Misconception(
            "activation-left-out", "the activation is left out",
            "the weighted sum z is given for the output a of the neuron",
            "a neuron passes its weighted sum through the activation: a = σ(z)",
            _anywhere(Rules(value=wrong_rules.before_activation)),
        ),
        Misconception(
            "factor-left-out", "an exponent or a factor is left out",
            "the square is not taken, or the number before it is not multiplied in",
            "a power or a factor is part of the number: ½·e² is half of the square of e",
            _anywhere(Rules(value=wrong_rules.without_power), Rules(value=wrong_rules.without_constant)),
        ),
        Misconception(
            "added-or-multiplied", "added in place of multiplied, or multiplied in place of added",
            "w + x is computed for w·x, or a·b for a + b",
            "a weight multiplies its input, and the products are added: w₁·x₁ + w₂·x₂",
            _anywhere(Rules(value=wrong_rules.product_added), Rules(value=wrong_rules.sum_multiplied)),
        ),
        Misconception(
            "difference-added", "added in place of subtracted",
            "a + b is computed for a − b",
            "the second number is taken away: T − a is how much the output a lacks",
            _anywhere(Rules(value=wrong_rules.difference_added)),
        ),
    )
}  # fmt: skip
"""Mistakes in the forward pass, of which a comparison of two backward passes shows nothing."""
MISTAKES = MISCONCEPTIONS | FORWARD_MISTAKES
"""All that a wrong answer can show."""
ONCE_PER_PASS = frozenset({"stale-gradients", "no-topological-order"})
"""Misconceptions that are made once for a whole pass, and not again at each value."""


class Slip(NamedTuple):
    """What a wrong answer that no misconception explains may come from.

    Attributes:
        title: in a list of mistakes.
        text: of one answer.
    """

    title: str
    text: str


SLIPS = {
    "sign": Slip("a wrong sign", "its sign is the other one"),
    "value": Slip("the value in place of its gradient", "that is the value, not its gradient"),
    "unknown": Slip("a mistake of another kind", "no known mistake explains it"),
}
