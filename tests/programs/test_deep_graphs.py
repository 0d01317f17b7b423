"""Graphs far deeper than Python's stack are pickled and copied, and are the same graph afterwards."""

import contextlib
import copy
import gc
import json
import pickle
import subprocess
import sys
import weakref
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given

from microgradnet import MLP, Value, grad, parameter
from microgradnet.graph import Graph, topological_order
from microgradnet.losses import squared_error
from tests.strategies import Program, programs


def pickled(held: Any) -> Any:
    return pickle.loads(pickle.dumps(held))


def pickled_as_of_old(held: Any) -> Any:
    return pickle.loads(pickle.dumps(held, 2))


WAYS: list[Callable[[Any], Any]] = [pickled, pickled_as_of_old, copy.deepcopy]
each_way = pytest.mark.parametrize("copied", WAYS)


class Tagged(Value):
    """A subclass as people write it, with an attribute and a method more."""

    def __init__(self, data: float, tag: str) -> None:
        super().__init__(data)
        self.tag = tag

    def named(self) -> str:
        return f"{self.tag}={self.data}"


def chain(count: int, x: Value) -> Value:
    y = x
    for _ in range(count):
        y = y + x
    return y


def shape(*roots: Value) -> list[tuple[Any, ...]]:
    """All that a graph consists of, each value by its place in the order: equal for the same graph."""
    order = topological_order(*roots)
    place = {node: i for i, node in enumerate(order)}
    return [(type(v), v.data, v.grad, type(v.grad), v.label, v.op, tuple(place[o] for o in v.operands)) for v in order]


@each_way
def test_a_thousand_additions(copied: Callable[[Any], Any]) -> None:
    x = Value(1.0, "x")
    y = chain(1000, x)
    y.backward()
    twin = copied(y)
    assert shape(twin) == shape(y)
    assert {*topological_order(twin)}.isdisjoint(topological_order(y))
    twin.backward()
    twin_x = topological_order(twin)[0]
    assert (twin_x.grad, x.grad) == (2002.0, 1001.0)


def test_a_shallow_copy_has_the_same_operands() -> None:
    x = Value(1.0, "x")
    y = chain(1000, x)
    twin = copy.copy(y)
    assert twin is not y
    assert (twin.operands, twin.data, twin.op) == (y.operands, y.data, y.op)
    assert grad(twin, x) == 1001.0


@each_way
@given(programs())
def test_any_graph_is_the_same_graph_afterwards(copied: Callable[[Any], Any], program: Program) -> None:
    root = program.record([Value(x, f"x{i}") for i, x in enumerate(program.point)])
    root.backward()
    assert shape(copied(root)) == shape(root)


@each_way
def test_what_is_shared_stays_shared(copied: Callable[[Any], Any]) -> None:
    x = Value(3.0, "x")
    h = chain(1000, x)
    first, second = h * h, h.tanh()
    for held in ([first, second, h, x], [x, h, second, first], [h, first, x, second], [first, first, {"h": h}]):
        twins = copied(held)
        assert twins[0] is not held[0]
    one, other, middle, leaf = copied([first, second, h, x])
    assert one.operands == (middle, middle)
    assert other.operands == (middle,)
    assert topological_order(one)[0] is leaf
    again = copied([first, first])
    assert again[0] is again[1]
    assert shape(*copied((h, first, second))) == shape(h, first, second)


@each_way
def test_a_model_and_its_loss_keep_their_identity(copied: Callable[[Any], Any]) -> None:
    model = MLP(2, [3, 1], "tanh", seed=1)
    loss: Any = sum(squared_error(model([i / 500, 1.0]), 0.5) for i in range(500))
    for twin, twin_loss in (copied((model, loss)), copied((loss, model))[::-1]):
        twin_loss.backward()
        assert [p.grad for p in twin.parameters()] == grad(loss, model.parameters())
        assert all(p.op is q.op for p, q in zip(twin.parameters(), model.parameters(), strict=True))
        for p in twin.parameters():
            p.data -= 1e-4 * p.grad
        assert sum(squared_error(twin([i / 500, 1.0]), 0.5) for i in range(500)).data < loss.data


@each_way
def test_attributes_and_subclasses_are_kept(copied: Callable[[Any], Any]) -> None:
    x, w = Tagged(2.0, "input"), parameter(3.0, "w")
    y: Any = chain(1000, x * w)
    twin_x, twin_w = topological_order(copied(y))[:2]
    assert isinstance(twin_x, Tagged)
    assert (twin_x.tag, twin_x.named(), twin_w.label) == ("input", "input=2.0", "w")
    marked: Any = w
    marked.m = [0.5]
    y.color = "red"
    y.operands[0].inner = {"held": x}
    twin = copied(y)
    twin_x, twin_w = topological_order(twin)[:2]
    assert (twin.color, twin_w.m) == ("red", [0.5])
    assert twin.operands[0].inner["held"] is twin_x


@each_way
def test_nothing_leaks(copied: Callable[[Any], Any]) -> None:
    def alive() -> int:
        return sum(isinstance(held, Value) for held in gc.get_objects())

    x = Value(1.0)
    y = chain(1000, x)
    gc.collect()
    before = alive()
    gc.disable()
    try:
        twin = copied(y)
        assert alive() == before + 1001
        del twin
        assert alive() == before
    finally:
        gc.enable()


def test_a_pass_after_a_pickle_knows_what_has_changed_since() -> None:
    x = Value(2.0, "x")
    x.data = 3.0
    twin = pickled(chain(1000, x))
    twin.backward()
    leaf = topological_order(twin)[0]
    leaf.data = 5.0
    with pytest.raises(RuntimeError, match="label='x'"):
        twin.backward()


MILLION = """
import copy, json, pickle, sys
from microgradnet import Value
from microgradnet.graph import topological_order

limit = sys.getrecursionlimit()
x = Value(2.0, "x")
y = x
for _ in range(1_000_000):
    y = y + x
twin = {way}
del y
twin.backward()
leaf = topological_order(twin)[0]
print(json.dumps([twin.data, leaf.label, leaf.grad, x.grad, sys.getrecursionlimit() == limit]))
"""


@pytest.mark.parametrize("way", ["pickle.loads(pickle.dumps(y))", "copy.deepcopy(y)", "copy.copy(y)"])
def test_a_million_additions(way: str) -> None:
    program = MILLION.format(way=way)
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stderr[-500:]) == (0, "")
    shared = "copy.copy" in way
    assert json.loads(done.stdout) == [2000002.0, "x", 1000001.0, 1000001.0 if shared else 0.0, True]


def test_a_pickle_that_failed_leaves_the_next_one_flat() -> None:
    y = Value(1.0)
    for _ in range(5_000):
        y = y + 1.0
    last: Any = y.operands[0]
    last.note = lambda: None
    with pytest.raises((pickle.PicklingError, AttributeError)):
        pickle.dumps(y)
    del last.note
    assert pickle.loads(pickle.dumps(y)).data == 5_001.0


class Note:
    """Something that a weak reference can see the end of."""


def test_a_pickle_that_failed_keeps_nothing_alive() -> None:
    y: Any = chain(50, Value(1.0))
    y.operands[0].note, y.thing = (lambda: None), Note()
    seen = weakref.ref(y.thing)
    with contextlib.suppress(pickle.PicklingError, AttributeError):
        pickle.dumps(y)
    below = weakref.ref(y.operands[0].note)
    del y
    gc.collect()
    assert (seen(), below()) == (None, None)


def test_a_graph_that_hangs_on_a_value_of_another_is_walked_once_as_that_is(monkeypatch: pytest.MonkeyPatch) -> None:
    y = chain(50, Value(1.0))
    first: Any = Graph(y).computed[0]
    first.note = chain(50, Value(2.0))
    walks: list[Value] = []

    def walked(*roots: Value) -> Graph:
        walks.extend(roots)
        return Graph(*roots)

    monkeypatch.setattr("microgradnet.copying.graph.Graph", walked)
    assert pickled(y).data == y.data
    assert len(walks) == 2
