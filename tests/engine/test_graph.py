"""Walks over graphs of any shape and size, and the memory that a graph takes and gives back."""

import copy
import gc
import json
import pickle
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given

from microgradnet import MLP, DomainError, StaleGraphError, Value, grad, parameter
from microgradnet import graph as graphs
from microgradnet.graph import Graph, topological_order
from microgradnet.ops import TABLE
from microgradnet.value import apply
from tests.strategies import Program, programs


@given(programs())
def test_every_node_comes_once_and_after_its_operands(program: Program) -> None:
    root = program.record([Value(x) for x in program.point])
    order = topological_order(root)
    place = {node: index for index, node in enumerate(order)}
    assert len(place) == len(order) == len(Graph(root))
    assert order[-1] is root
    assert all(place[operand] < place[node] for node in order for operand in node.operands)
    assert set(order) == reached_from(root, set())
    assert Graph(root).leaves == [node for node in order if not node.operands]


def reached_from(node: Value, found: set[Value]) -> set[Value]:
    """The definition of what the walk has to find."""
    if node not in found:
        found.add(node)
        for operand in node.operands:
            reached_from(operand, found)
    return found


@given(programs())
def test_the_order_is_the_same_for_the_same_program(program: Program) -> None:
    first, second = (topological_order(program.record([Value(x) for x in program.point])) for _ in range(2))
    assert [(node.op, node.data) for node in first] == [(node.op, node.data) for node in second]


def test_the_order_is_leaves_and_then_depth_first_from_the_left() -> None:
    a, b, c = Value(1.0), Value(2.0), Value(3.0)
    left, right = a * b, b * c
    root = left + right
    assert topological_order(root) == [a, b, c, left, right, root]
    assert topological_order(right, root) == [b, c, a, right, left, root]
    assert topological_order(a, a) == [a]
    assert topological_order(*[a][1:]) == []


def test_shared_nodes_are_walked_once() -> None:
    """A doubling repeated 200 times has 2²⁰⁰ paths."""
    x = y = Value(1.0)
    for _ in range(200):
        y = y + y
    assert len(Graph(y)) == 201
    y.backward()
    assert x.grad == 2.0**200
    assert len(repr(y)) < 100


MILLION = """
import gc, json, sys
from microgradnet import Value, grad
from microgradnet.graph import Graph

limit = sys.getrecursionlimit()
x = Value(2.0, "x")
y = x
for _ in range(1_000_000):
    y = y + x
y.backward()
found = [y.data, x.grad, len(Graph(y)), len(Graph(y).leaves), grad(y, x), repr(y), sys.getrecursionlimit() == limit]
for collect in (lambda: None, gc.collect):  # freed by reference count; and nothing is left for the collector
    del y
    found.append(sum(type(held) is Value for held in gc.get_objects()))
    y = x
    collect()
print(json.dumps(found))
"""


def test_a_chain_of_a_million_operations_goes_forward_backward_and_away() -> None:
    done = subprocess.run([sys.executable, "-W", "error", "-c", MILLION], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    expected = [2000002.0, 1000001.0, 1_000_001, 1, 1000001.0, "Value(data=2000002.0, grad=1.0)", True, 1, 1]
    assert json.loads(done.stdout) == expected


def differentiated(x: Value) -> object:
    y = (x * x + x).tanh() * x
    y.backward()
    y.backward()
    return grad(grad(y, x, create_graph=True), x), y


def drawn_and_forgotten(x: Value) -> object:
    y = x.exp() * 2
    return repr(y), topological_order(y), y.detach(), y._prev


def out_of_domain(x: Value) -> object:
    y = (x - x).sqrt() * x
    with pytest.raises(DomainError):
        y.backward()
    with pytest.raises(DomainError):
        grad(y, x, create_graph=True)
    return None


def changed(x: Value) -> object:
    y = x * x
    x.data = 3.0
    with pytest.raises(StaleGraphError):
        y.backward()
    return None


@pytest.fixture
def _no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def alive() -> int:
    return sum(isinstance(held, Value) for held in gc.get_objects())


@pytest.mark.usefixtures("_no_collector")
@pytest.mark.parametrize("use", [differentiated, drawn_and_forgotten, out_of_domain, changed])
def test_a_graph_is_freed_without_the_cycle_collector(use: Callable[[Value], object]) -> None:
    x = Value(0.5)
    before = alive()
    held = use(x)
    if held is not None:
        assert alive() > before
    del held
    assert alive() == before


def bytes_a_node(build: Callable[[int], object], count: int = 20_000) -> float:
    tracemalloc.start()
    try:
        held = [build(count)]
        return tracemalloc.get_traced_memory()[0] / count / len(held)
    finally:
        tracemalloc.stop()


def chain(count: int) -> Value:
    x = y = Value(0.5)
    for _ in range(count):
        y = y * x
    return y


def test_a_binary_node_takes_at_most_176_bytes_room_for_attributes_included() -> None:
    assert bytes_a_node(chain) <= 176.5
    assert vars(Value(1.0)) == vars(parameter(1.0)) == {}


def test_a_sum_of_squares_over_many_samples() -> None:
    w = Value(3.0)
    loss = sum(((w * i - 1.0) ** 2 for i in range(20_000)), Value(0.0))
    loss.backward()
    assert w.grad == pytest.approx(sum(2 * i * (3.0 * i - 1.0) for i in range(20_000)))


def test_a_graph_can_be_copied_and_pickled() -> None:
    x = Value(3.0, "x")
    y = (x * parameter(2.0, "w") + 1).tanh()
    for copied in (copy.deepcopy(y), pickle.loads(pickle.dumps(y))):
        assert copied.op is y.op
        assert [node.op for node in topological_order(copied)] == [node.op for node in topological_order(y)]
        copied.backward()
        assert {leaf.label: leaf.grad for leaf in Graph(copied).leaves}["x"] == grad(y, x)


def test_a_value_of_a_row_outside_the_table_is_not_copied_into_another() -> None:
    other = TABLE["tanh"].replace(derivatives=lambda m, y, x: (0.0,))
    with pytest.raises(TypeError, match=r"tanh.* is not in the table"):
        copy.deepcopy(apply(other, (Value(1.0),)))


def test_a_network_leaves_nothing_to_the_cycle_collector() -> None:
    """Closures make cycles, and only the cycle collector frees a graph."""
    gc.collect()
    x = Value(1.0)
    y = (x * x).exp().tanh() + MLP(1, [3, 1])([x])
    y.backward()
    del x, y
    assert gc.collect() == 0


@given(programs())
def test_a_walk_while_another_marks_nodes_finds_the_same(program: Program) -> None:
    root = program.record([Value(x) for x in program.point])
    alone = Graph(root)
    with graphs._marking:
        beside = Graph(root)
    assert (beside.leaves, beside.computed) == (alone.leaves, alone.computed)


def test_a_long_path_in_a_message_is_its_two_ends() -> None:
    y = Value(0.0, "x").sqrt()
    y.label = "v0"
    for number in range(1, 20):
        y = y * 2.0
        y.label = f"v{number}"
    with pytest.raises(DomainError) as caught:
        y.backward()
    assert "Path from the result: v19 → v18 → v17 → v16 → … 12 more … → v3 → v2 → v1 → v0." in str(caught.value)
