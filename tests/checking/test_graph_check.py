"""`gradcheck(loss)` names the operation whose rule is wrong, whichever derivative of whichever row, and no other."""

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings

from microgradnet import (
    MLP,
    DomainError,
    StaleGraphError,
    Value,
    abs,
    draw,
    grad,
    gradcheck,
    logsumexp,
    maximum,
    ops,
    relu,
    sqrt,
    total,
    trace_source,
    weighted_sum,
)
from microgradnet.chain_rule import local_derivatives
from microgradnet.checking.graph_check import MOST, GraphReport
from microgradnet.drawing import Picture
from microgradnet.graph import topological_order
from microgradnet.ops import TABLE, Operation
from microgradnet.value import apply, constant
from tests.drawing.seen import readable, see
from tests.engine.test_ops import extreme_points
from tests.strategies import (
    NAMES,
    Point,
    Program,
    Step,
    altered,
    derivatives_at,
    differentiable,
    each_row,
    programs,
    record,
    replaced,
    some_points,
)

Derivatives = tuple[float, ...]


def a_hundredth_more(right: Derivatives, index: int) -> Derivatives:
    return replaced(right, index, right[index] * 1.01)


def twice(right: Derivatives, index: int) -> Derivatives:
    return replaced(right, index, right[index] * 2)


def flipped(right: Derivatives, index: int) -> Derivatives:
    return replaced(right, index, -right[index])


def swapped(right: Derivatives, index: int) -> Derivatives:
    """With the derivative before it."""
    exchanged = list(right)
    exchanged[index], exchanged[index - 1] = right[index - 1], right[index]
    return tuple(exchanged)


def zero(right: Derivatives, index: int) -> Derivatives:
    return replaced(right, index, 0.0)


DAMAGES = (a_hundredth_more, twice, flipped, swapped, zero)


def broken(row: Operation, damage: Callable[[Derivatives, int], Derivatives], index: int) -> Operation:
    def derivatives(m: Any, y: Any, *operands: Any) -> tuple[Any, ...]:
        return damage(tuple(row.derivatives(m, y, *operands)), index)

    return altered(row, derivatives)


def wrong_at(row: Operation, point: Point, other: Operation) -> list[int]:
    """The operands for which the broken row's derivative is another."""
    right, given = derivatives_at(row, point), derivatives_at(other, point)
    given += (0.0,) * (len(right) - len(given))
    return [i for i, pair in enumerate(zip(right, given, strict=True)) if not math.isclose(*pair, rel_tol=1e-3)]


def random_program(rng: Random, leaves: int) -> Program:
    """Right operations on anything so far, over every row of the table."""
    steps = []
    for number in range(leaves, leaves + 6):
        row = TABLE[rng.choice(NAMES)]
        count = differentiable(row)
        constants = tuple(rng.uniform(low, high) for low, high in row.sample[count:])
        steps.append(Step(row, tuple(rng.randrange(number) for _ in range(count)), constants))
    return Program((0.0,) * leaves, tuple(steps))


def around(row: Operation, point: Point, rng: Random) -> tuple[Value, Value]:
    """`row` at the point, on values that were computed; and what was computed from its result and others."""
    count = differentiable(row)
    below = [Value(rng.uniform(-1.0, 1.0)) for _ in range(count)]
    operands = [x + (number - x.data) for x, number in zip(below, point, strict=False)]
    node = apply(row, (*operands, *map(constant, point[count:])))
    leaves = [node, Value(rng.uniform(-3.0, 3.0)), *operands]
    return node, random_program(rng, len(leaves)).record(leaves) + node


@each_row
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_wrong_derivative_of_any_row_is_named(
    row: Operation, damage: Callable[[Derivatives, int], Derivatives]
) -> None:
    """Each derivative in turn, among right operations: that row and that derivative, and nothing else."""
    seen = 0
    for index in range(differentiable(row)):
        other = broken(row, damage, index)
        for seed, point in enumerate(some_points(row)):
            node, loss = around(other, point, Random(f"{row.name} {index} {seed}"))
            exact = tuple(operand.data for operand in node.operands)
            wrong = wrong_at(row, exact, other)
            report = gradcheck(loss)
            assert [(fault.node, fault.position) for fault in report.faults] == [(node, i) for i in wrong], report
            assert bool(report) == (not wrong)
            assert [*report.wrong] == [other] * bool(wrong)
            for fault in report.faults:
                assert fault.expected == pytest.approx(derivatives_at(row, exact)[fault.position], rel=1e-6)
                seen += 1
    assert seen or (damage is swapped and differentiable(row) == 1) or row.name in {"add", "total"}


@given(programs())
@settings(max_examples=150)
def test_the_table_as_it_is_has_no_fault(program: Program) -> None:
    """Shared nodes, repeated operands, constants, kinks and ties."""
    report = gradcheck(program.record([Value(x) for x in program.point]))
    assert report, report


@each_row
def test_huge_and_tiny_numbers_are_no_fault(row: Operation) -> None:
    for point in extreme_points(row):
        with suppress(DomainError):
            values = [Value(x) for x in point[: differentiable(row)]]
            y = record(row, (*values, *point[len(values) :]))
            report = gradcheck(y)
            assert report, (point, report)


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "gelu"])
def test_networks_have_no_fault(activation: str) -> None:
    for seed in range(3):
        model = MLP(3, [20, 4, 1], activation, seed=seed)
        loss: Any = model([0.0, -1.0, 2.0])
        report = gradcheck(loss * loss)
        assert report, report
        assert report.checked == 3 * 20 * 2 + 20 + 20 + 4 * 41 + 4 + 9 + 2


def test_at_a_kink_any_slope_between_is_right() -> None:
    x, tiny = Value(0.0, "x"), Value(1e-9)
    for loss in (relu(x), abs(x), maximum(x, x), maximum(x, tiny), relu(tiny), relu(-tiny), abs(Value(5e-324))):
        report = gradcheck(loss)
        assert (bool(report), report.unclear) == (True, ()), report
    for wrong in (-0.5, 1.01):
        row = altered(TABLE["relu"], lambda m, y, x: (wrong,))  # noqa: B023
        (fault,) = gradcheck(apply(row, (x,))).faults
        assert (fault.derivative, fault.expected) == (wrong, 0.0 if wrong < 0.0 else 1.0)


def test_at_the_end_of_a_domain_the_one_side_decides() -> None:
    edge = Value(0.0, "x")
    assert gradcheck(edge**1.5)
    assert gradcheck(apply(altered(TABLE["power"], lambda m, y, x, c: (1.0,)), (edge, constant(1.5)))).faults
    report = gradcheck(sqrt(edge))
    assert report
    assert [(unclear.node.op.name, unclear.position) for unclear in report.unclear] == [("sqrt", 0)]
    assert str(report).splitlines()[-1] == (
        "  cannot tell 1 derivative; the first is that of sqrt for operand 1 at 0: its rule has no number there"
    )
    nowhere = altered(TABLE["sin"], lambda m, y, x: (math.nan,))
    assert gradcheck(apply(nowhere, (Value(1.0),))).faults
    infinite = Value(math.inf) * 2.0
    assert gradcheck(infinite).unclear


def sine_derivatives(m: Any, y: Any, x: Any) -> tuple[Any, ...]:
    return (2.0 * m.cos(x),)


SINE = altered(TABLE["sin"], sine_derivatives)


def test_the_report_has_the_gradients_above_and_below() -> None:
    x, w = Value(0.5, "x"), Value(2.0, "w")
    z = w * x
    s = apply(SINE, (z,))
    loss = s * s + x
    z.label, s.label, loss.label = "z", "s", "L"
    report = gradcheck(loss)
    (fault,) = report.faults
    assert isinstance(report, GraphReport)
    assert (fault.node, fault.position, fault.node.op, fault.operand) == (s, 0, SINE, z)
    assert fault.upstream == 2 * math.sin(1.0) == grad(loss, s)
    assert fault.derivative == 2 * math.cos(1.0)
    assert fault.expected == pytest.approx(math.cos(1.0), rel=1e-9)
    assert fault.gradient == grad(loss, z)
    assert fault.right == pytest.approx(math.sin(2.0), rel=1e-9)
    first, named, place, gradients = str(report).splitlines()
    assert first == "the derivatives of sin are wrong: 1 of 7 derivatives in the graph"
    assert named.startswith("  sin, whose rule is sine_derivatives (")
    assert named.endswith(f"test_graph_check.py:{sine_derivatives.__code__.co_firstlineno})")
    assert place == "    s = sin(z): ∂s/∂z at 1 is given as 1.08060461, differences have 0.540302306"
    assert gradients == (
        "    above it dL/ds = 1.68294197 is right, below it dL/dz = 1.81859485 is wrong: right is 0.909297427"
    )
    assert repr(report) == str(report)


def test_several_places_of_one_rule_are_reported_together() -> None:
    x = Value(0.5, "x")
    with trace_source():
        y = apply(SINE, (apply(SINE, (apply(SINE, (x,)),)),))
    report = gradcheck(y * 2 + apply(altered(TABLE["exp"], sine_derivatives), (x,)))
    assert [row.name for row in report.wrong] == ["exp", "sin"]
    assert len(report.wrong[SINE]) == 3
    lines = str(report).splitlines()
    assert lines[0] == "the derivatives of exp, sin are wrong: 4 of 8 derivatives in the graph"
    assert lines[-1] == "    and so at 2 other places, in 3 values all together"
    assert "(made at test_graph_check.py:" in lines[-3]
    first = report.wrong[SINE][0]
    assert first.node is y, "the one nearest to the result, which is right above it"
    assert first.upstream == 2.0


def shown(picture: Picture) -> Any:
    """The boxes and the arrows and how they look, wherever they are, without derivatives."""
    seen = see(picture)
    nodes = {name: ([row for row in node.rows if row[0] != "∂"], node.look) for name, node in seen.nodes.items()}
    return nodes, seen.edges


def test_the_picture_marks_the_wrong_derivative() -> None:
    x = Value(0.5, "x")
    s = apply(SINE, (x * 2,))
    loss = s * s
    report = gradcheck(loss)
    assert report.marks == [(s, 0)]
    assert shown(draw(report)) == shown(draw(loss, mark=[(s, 0)])) != shown(draw(loss))
    assert see(draw(report)).words == ["the derivatives of sin are wrong: 1 of 5 derivatives in the graph"]
    given, right_one = local_derivatives(s)[0], math.cos(s.operands[0].data)
    assert f"∂ {given:.4g}, right: {right_one:.4g}".replace("-", "−") in readable(draw(report).svg)
    assert f"∂ {given:.4g}, right: {right_one:.4g}".replace("-", "−") in readable(draw(report, leaves="chips").svg)
    right = loss.detach() * 2
    assert shown(draw(gradcheck(right))) == shown(draw(right))
    for _ in range(300):
        loss = loss * 1.001
    assert shown(draw(gradcheck(loss), max_nodes=20)) == shown(draw(loss, "ops", max_nodes=20, mark=[(s, 0)]))


def test_nothing_is_changed() -> None:
    model = MLP(2, [3, 1], seed=1)
    loss: Any = model([1.0, 2.0])
    loss.backward()
    order = topological_order(loss)
    before = [(node.data, node.grad, node.label, node.op, node.operands) for node in order]
    assert gradcheck(loss)
    assert before == [(node.data, node.grad, node.label, node.op, node.operands) for node in order]
    order[0].data += 1.0
    with pytest.raises(StaleGraphError):
        gradcheck(loss)


def test_what_it_takes_is_said() -> None:
    x = Value(2.0)
    calls: list[Callable[[], Any]] = [lambda: gradcheck(x, [1.0]), lambda: gradcheck(lambda v: v)]  # type: ignore[call-overload]
    for call, said in zip(calls, ("leave the inputs out", "a function and its inputs"), strict=True):
        with pytest.raises(TypeError, match=said):
            call()
    assert gradcheck(x)
    assert str(gradcheck(x)) == "no derivative is wrong (0 derivatives checked)"


def damaged(wrong: Sequence[int]) -> Operation:
    """A weighted sum in whose derivatives these are off by a hundredth."""

    def derivatives(m: Any, y: Any, *operands: Any) -> tuple[Any, ...]:
        right = ops.weighted_sum.derivatives(m, y, *operands)
        return tuple(d * 1.01 if i in wrong else d for i, d in enumerate(right))

    return altered(ops.weighted_sum, derivatives)


def test_a_wide_node_is_checked_many_at_once() -> None:
    """A neuron of 784 inputs, as of an image: one by one takes a thousand times as long as the sum itself."""
    rng = Random(1)
    inputs = [Value(rng.choice((0.0, rng.random()))) for _ in range(784)]
    weights = [Value(rng.gauss(0.0, 1.0)) for _ in range(784)]
    assert gradcheck(weighted_sum(weights, inputs, Value(0.5)))
    assert gradcheck(logsumexp([w * 5 for w in weights]))
    for wrong in ([0], [1567], [700, 701, 1500]):
        node = apply(damaged(wrong), (*weights, *inputs))
        visible = [i for i in wrong if local_derivatives(node)[i]]
        assert [fault.position for fault in gradcheck(node * 2).faults] == visible
    every = damaged(range(2000))
    nodes = [apply(every, (*weights, *inputs)) for _ in range(3)]
    report = gradcheck(total(nodes))
    assert [*report.wrong] == [every]
    assert len(report.faults) == MOST + 2, "one more in each other node"


def test_a_long_chain_is_checked_in_one_walk() -> None:
    value = x = Value(0.5, "x")
    for number in range(20_000):
        value = value * 1.0001 if number % 2 else value.sin()
    wrong = apply(SINE, (x,))
    assert [fault.node for fault in gradcheck(value + wrong).faults] == [wrong]


@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan])
def test_what_has_no_points_nearby_is_left_unclear(number: float) -> None:
    x = Value(number)
    for root in (x.tanh(), x.relu(), x * x, x + 1):
        report = gradcheck(root)
        assert report
        assert "cannot tell" in str(report)
