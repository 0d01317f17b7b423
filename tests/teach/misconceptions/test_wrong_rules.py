"""Wrong rules are wrong where their misconception is, and right elsewhere."""

from collections.abc import Callable

import pytest

from microgradnet import Neuron, Value
from microgradnet.teach.misconceptions.passes import SolvedGraph, local_derivative
from microgradnet.teach.misconceptions.wrong_rules import (
    each_path_forgotten,
    of_other_factor,
    of_other_operand,
    orders_of_visits,
    target_swapped,
    without_exponent,
    without_factor,
)

X = 0.5


def by(rule: Callable[..., float], build: Callable[[Value], Value], position: int) -> float:
    """A local derivative by a rule."""
    node = build(Value(X, "x"))
    return rule(node, position, node.data, [operand.data for operand in node.operands])


@pytest.mark.parametrize(
    ("rule", "build", "position"),
    [
        (of_other_factor, Neuron(1, "linear", seed=1), 2),  # the bias is no factor
        (of_other_factor, lambda x: x * 2.0, 0),  # nobody differentiates with respect to a constant
        (of_other_operand, lambda x: x / 3.0, 0),
        (without_exponent, lambda x: x**0, 0),  # 0, which no division by the exponent makes 1
        (without_factor, lambda x: 0.0 / x, 1),
        (without_factor, lambda x: x / Value(3.0), 0),  # no constant factor
    ],
)
def test_a_rule_is_right_where_its_misconception_is_not(
    rule: Callable[..., float], build: Callable[[Value], Value], position: int
) -> None:
    assert by(rule, build, position) == by(local_derivative, build, position)


def test_the_constant_factor_is_missed_above_and_below_the_bar_of_a_fraction() -> None:
    assert by(without_factor, lambda x: 3.0 * x, 1) == 1.0
    assert by(without_factor, lambda x: x / 3.0, 0) == 1.0
    assert by(without_factor, lambda x: 3.0 / x, 1) == -1.0 / X**2


def test_a_target_is_swapped_in_the_square_of_a_difference_alone() -> None:
    y, t = Value(2.0, "y"), Value(0.5, "t")
    error = y - t
    for loss, count in ((error**2, 4), (error * error, 4), (abs(error), 4), (error * (y + t), 0), (error * 2.0, 0)):
        assert len(list(target_swapped(SolvedGraph(loss)))) == count


@pytest.mark.parametrize(("doublings", "orders"), [(3, 3), (14, 2)])
def test_nodes_are_visited_again_and_again_only_while_that_ends(doublings: int, orders: int) -> None:
    y = Value(X, "x")
    for _ in range(doublings):
        y = y + y
    assert len(list(orders_of_visits(SolvedGraph(y)))) == orders


def test_each_path_of_a_value_that_has_several_is_forgotten_in_turn() -> None:
    x = Value(X, "x")
    twice = x * 2.0
    y = twice + x
    assert list(each_path_forgotten(SolvedGraph(twice))) == []
    assert {rules.forgotten for rules in each_path_forgotten(SolvedGraph(y))} == {(twice, 0), (y, 1)}
