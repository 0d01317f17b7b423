"""What programs written for micrograd do with its values: backpropagation by hand, closures, attributes, drawings."""

import copy
import math
import pickle
import re
from collections.abc import Callable
from typing import Any

import pytest
from graphviz import Digraph
from hypothesis import given

from microgradnet import (
    MLP,
    DomainError,
    Neuron,
    Value,
    compile,
    draw,
    grad,
    hessian,
    page,
    parameter,
    relu,
    step_through,
)
from microgradnet.graph import topological_order
from microgradnet.losses import squared_error
from microgradnet.optim import Adam
from tests.stepping.test_steps import different, gradients_of, recorded, unchanged
from tests.strategies import Program, programs

new: Any = Value  # micrograd's signature: Value(data, _children=(), _op="")


def sorted_by_hand(root: Any) -> list[Any]:
    """Operands before what was computed from them, by the recursion that every tutorial has."""
    order, visited = [], set()

    def visit(v: Any) -> None:
        if v not in visited:
            visited.add(v)
            for child in v._prev:
                visit(child)
            order.append(v)

    visit(root)
    return order


# Backpropagation by hand


def test_backpropagation_node_by_node() -> None:
    x1, x2, w1, w2, b = (new(number) for number in (2.0, 0.0, -3.0, 1.0, 6.8813735870195432))
    x1w1, x2w2 = x1 * w1, x2 * w2
    both = x1w1 + x2w2
    n = both + b
    o = n.tanh()
    o.grad = 1.0
    for node in (o, n, b, both, x2w2, x1w1):
        assert node._backward() is None
    assert [v.grad for v in (n, both, x1w1, b)] == pytest.approx([0.5] * 4)
    assert [v.grad for v in (x1, w1, x2, w2)] == pytest.approx([-1.5, 1.0, 0.5, 0.0])


@given(programs())
def test_by_hand_and_by_backward_the_gradients_are_the_same(program: Program) -> None:
    whole, by_hand = recorded(program), recorded(program)
    whole.backward()
    by_hand.grad = 1.0
    computed: Any = [node for node in topological_order(by_hand) if node.operands]
    for node in reversed(computed):
        node._backward()
    assert not different(whole, by_hand)


def test_a_node_passes_its_gradient_to_its_own_operands_at_each_call() -> None:
    a = Value(3.0)
    h = a * a
    y: Any = h * 2
    y.grad = 1.0
    for calls in (1, 2):
        y._backward()
        assert (h.grad, a.grad) == (2.0 * calls, 0.0)


def test_gradients_of_none_count_as_zero_node_by_node() -> None:
    a, b = Value(2.0), Value(3.0)
    y: Any = a * b
    none: Any = None  # PyTorch's way to say that there is none
    a.grad = b.grad = y.grad = none
    y._backward()
    assert (a.grad, b.grad) == (0.0, 0.0)
    a.grad, y.grad = none, 1.0
    y._backward()
    assert (a.grad, b.grad) == (3.0, 2.0)


@pytest.mark.parametrize("make", [Value, parameter, lambda number: Value(number).detach()])
def test_a_leaf_passes_nothing_on(make: Callable[[float], Any]) -> None:
    leaf = make(3.0)
    leaf.grad = 2.0
    assert leaf._backward() is None
    assert (leaf.grad, leaf.data) == (2.0, 3.0)


# An operation as a closure


def own_tanh(x: Any) -> Any:
    t = math.tanh(x.data)
    out = type(x)(t, (x,), "mytanh")

    def _backward() -> None:
        x.grad += (1 - t**2) * out.grad

    out._backward = _backward
    return out


class Scalar(Value):
    """A subclass with micrograd's constructor and an operation more."""

    def __init__(self, data: float, _children: Any = (), _op: str = "") -> None:
        super().__init__(data, _children, _op)

    mytanh = own_tanh


def by_method(x: Any) -> Any:
    return x.mytanh()


WAYS: dict[str, tuple[Any, Callable[[Any], Any]]] = {
    "function": (Value, own_tanh),
    "method": (Value, by_method),
    "subclass": (Scalar, by_method),
}
each_way = pytest.mark.parametrize(("kind", "tanh"), WAYS.values(), ids=WAYS.keys())


@pytest.fixture(autouse=True)
def _method(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in `Value.mytanh = own_tanh`."""
    monkeypatch.setattr(Value, "mytanh", own_tanh, raising=False)


@each_way
def test_its_node_is_a_value_with_children(kind: Any, tanh: Callable[[Any], Any]) -> None:
    z = kind(0.5)
    a = tanh(z)
    assert type(a) is kind
    assert (a.data, a._op, a._prev, a.operands) == (math.tanh(0.5), "mytanh", {z}, (z,))
    assert topological_order(a) == sorted_by_hand(a) == [z, a]
    assert {z, a} < set(sorted_by_hand(a * 2 + a))


@each_way
def test_backward_and_grad_go_through_its_own_function(kind: Any, tanh: Callable[[Any], Any]) -> None:
    z = kind(0.5)
    a = tanh(z)
    y = a * a + z * 3
    slope = 2 * math.tanh(0.5) * (1 - math.tanh(0.5) ** 2) + 3
    assert grad(y, [z, a]) == pytest.approx([slope, 2 * math.tanh(0.5)])
    assert (z.grad, a.grad) == (0.0, 0.0)
    for passes in (1, 2):
        y.backward()
        assert (z.grad, a.grad) == pytest.approx((slope * passes, 2 * math.tanh(0.5)))


@each_way
def test_it_is_drawn_and_stepped_through(
    kind: Any, tanh: Callable[[Any], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    z = kind(0.5)
    z.label = "z"
    a = tanh(z)
    a.label = "a"
    y = a * 2 + z
    y.label = "y"
    before = gradients_of(y)
    assert "mytanh" in draw(y, "ops").dot
    assert any(str(step).startswith("a = ") and str(step).endswith("= 0.4621") for step in y.forward_steps())
    received = {a: 0.0, z: 0.0}
    for step in y.backward_steps():
        if step.operand in received:
            assert step.after == step.operand.grad == pytest.approx(step.before + step.contribution)
            received[step.operand] += step.contribution
    slope = 1 + 2 * (1 - math.tanh(0.5) ** 2)
    assert received == pytest.approx({a: 2.0, z: slope})
    y.zero_grad()
    step_through(y, ["continue", "print z"])
    said = re.search(r"z\.data = 0\.5, z\.grad = (\S+)", capsys.readouterr().out)
    assert said
    assert float(said[1]) == pytest.approx(slope)
    assert all(g == 0.0 for g in before)


def test_children_by_keyword_in_a_tuple_or_a_set_or_the_same_twice() -> None:
    a, b = new(2.0), new(3.0)
    for children in ((a, b), {a, b}, [a, b]):
        total = new(5.0, _children=children, _op="+")
        assert (total.data, total._op, total._prev, set(total.operands)) == (5.0, "+", {a, b}, {a, b})
    square = new(a.data * a.data, (a, a), "*")

    def _backward() -> None:
        a.grad += a.data * square.grad
        a.grad += a.data * square.grad

    square._backward = _backward
    assert square._prev == {a}
    (square * 2).backward()
    assert (a.grad, grad(square, a)) == (8.0, 4.0)
    leaf = new(1.0, _children=(), _op="")
    assert (leaf.operands, leaf._prev, leaf._op) == ((), set(), "")
    assert new(1.0, (a,), "f", label="one").label == "one"


def test_a_label_may_still_stand_second_and_is_text() -> None:
    assert (Value(1.0, "x").label, Value(1.0, label="y").label) == ("x", "y")
    with pytest.raises(TypeError):
        new(1.0, 3)


def test_a_pass_in_which_its_function_fails_changes_nothing() -> None:
    x = new(2.0)
    (x * 5).backward()
    out = new(1.0, (x,), "fails")

    def _backward() -> None:
        x.grad += 1.0
        raise KeyError("mine")

    out._backward = _backward
    y = out * 3 + x
    before = gradients_of(y)
    for run in (y.backward, lambda: grad(y, x), lambda: list(y.backward_steps())):
        with pytest.raises(KeyError, match="mine"):
            run()
        assert unchanged(y, before)


REFUSED: dict[str, Callable[[], object]] = {
    "graph of derivatives": lambda: grad(own_tanh(x := Value(0.5)) * x, x, create_graph=True),
    "second derivatives": lambda: hessian(own_tanh(x := Value(0.5)), [x]),
    "page": lambda: page(own_tanh(Value(0.5)) * 2).html,
    "compile": lambda: compile(lambda x: own_tanh(x) * 2)([0.5, 1.0]),
    "compile without reading": lambda: compile(lambda x: new(0.5, (x,), "half") * 2)([0.5, 1.0]),
}


@pytest.mark.parametrize("use", REFUSED.values(), ids=REFUSED.keys())
def test_what_needs_the_operations_formula_names_the_decorator(use: Callable[[], object]) -> None:
    with pytest.raises(Exception, match="@operation"):
        use()


# Attributes


def test_values_keep_attributes_of_the_programs_own() -> None:
    x: Any = Value(2.0, "x")
    y: Any = relu(x * x)
    p: Any = parameter(1.0, "p")
    for v in (x, y, p):
        v.color, v._vis = "red", [v.data]
    for root in (y, copy.copy(y), copy.deepcopy(y), pickle.loads(pickle.dumps(y))):
        assert (root.color, root._vis) == ("red", [4.0])
        assert sorted_by_hand(root)[0].color == "red"
    assert copy.deepcopy(y)._vis is not y._vis
    assert pickle.loads(pickle.dumps(p)).color == "red"
    del p.color
    assert not hasattr(p, "color")
    with pytest.raises(AttributeError):
        _ = Value(1.0).color


POINTS = [([0.0, 0.0], 0.0), ([0.0, 1.0], 1.0), ([1.0, 0.0], 1.0), ([1.0, 1.0], 0.0)]


def differentiated(model: MLP) -> None:
    loss: Any = sum(squared_error(model(x), t) for x, t in POINTS)
    model.zero_grad()
    loss.backward()


def test_adam_with_its_state_on_the_parameters() -> None:
    model, twin = MLP(2, [3, 1], "tanh", seed=1), MLP(2, [3, 1], "tanh", seed=1)
    parameters: list[Any] = model.parameters()
    for p in parameters:
        p.m, p.v = 0.0, 0.0
    adam = Adam(twin, lr=0.05)
    for t in range(1, 6):
        differentiated(model)
        for p in parameters:
            p.m = 0.9 * p.m + 0.1 * p.grad
            p.v = 0.999 * p.v + 0.001 * p.grad**2
            p.data -= 0.05 * (p.m / (1 - 0.9**t)) / (math.sqrt(p.v / (1 - 0.999**t)) + 1e-8)
        differentiated(twin)
        adam.step()
        assert list(model.state_dict().values()) == pytest.approx(list(twin.state_dict().values()), rel=1e-9)


def test_attributes_stay_while_an_optimiser_holds_the_numbers() -> None:
    p: Any = parameter(1.0)
    p.m = 0.5
    Adam([p], lr=0.1).step([2.0])
    assert p.m == 0.5
    p.m = 0.25
    assert (p.data, p.m) == (pytest.approx(0.9), 0.25)


# micrograd's names in its own spelling


def test_operations_in_micrograds_spelling() -> None:
    a, b = Value(2.0), Value(3.0)
    spelt = {
        "+": a + b, "*": a * b, "**2": a**2, "**-1": a**-1, "**0.5": a**0.5, "ReLU": a.relu(), "tanh": a.tanh(),
        "exp": a.exp(), "": a,
    }  # fmt: skip
    assert {op: y._op for op, y in spelt.items()} == {op: op for op in spelt}


@given(programs())
def test_children_are_a_set_of_the_operands(program: Program) -> None:
    for node in topological_order(program.record([Value(x) for x in program.point])):
        operands = node.operands[: len(node.operands) - node.op.constants]  # as in micrograd, an exponent is none
        assert node._prev == set(operands)
        assert {node} | node._prev == {node, *operands}


def test_names_that_are_views_cannot_be_written() -> None:
    y: Any = Value(2.0) * 3
    for name in ("_prev", "_op"):
        with pytest.raises(AttributeError):
            setattr(y, name, "")


@given(programs())
def test_a_topological_sort_by_hand(program: Program) -> None:
    root = program.record([Value(x) for x in program.point])
    place = {node: i for i, node in enumerate(sorted_by_hand(root))}
    assert {node for node in topological_order(root) if node.operands} <= place.keys() <= set(topological_order(root))
    assert all(place[child] < place[node] for node in place for child in node._prev)


def drawn_by_hand(root: Any) -> Any:
    """The drawing function of the lectures: a record a value, a circle an operation."""
    picture = Digraph(format="svg", graph_attr={"rankdir": "LR"})
    for n in sorted_by_hand(root):
        key = str(id(n))
        picture.node(key, label=f"{{ {n.label} | data {n.data:.4f} | grad {n.grad:.4f} }}", shape="record")
        if n._op:
            picture.node(key + n._op, label=n._op)
            picture.edge(key + n._op, key)
        for child in n._prev:
            picture.edge(str(id(child)), key + n._op)
    return picture


def test_a_drawing_by_hand() -> None:
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    d = (a * b + 10).relu()
    d.label = "d"
    d.backward()
    source = drawn_by_hand(d).source
    assert "{ a | data 2.0000 | grad -3.0000 }" in source
    assert all(f"label={op}" in source for op in ('"*"', '"+"', "ReLU"))
    assert source.count(" -> ") == 3 + 5, "an operation to its result, an operand to its operation"
    assert drawn_by_hand(a * a).source.count(" -> ") == 1 + 1, "a set has the same child once"


def test_neurons_say_whether_they_are_linear() -> None:
    make: Any = Neuron
    z = [1.0, -2.0]
    for linear in (make(2, False), make(2, nonlin=False), make(2, "linear")):
        assert linear.nonlin is False
        by_hand = sum((w * x for w, x in zip(linear.w, z, strict=True)), linear.b)
        assert linear(z).data == pytest.approx(by_hand.data)
    for bent in (make(2), make(2, True), make(2, nonlin=True), make(2, "tanh")):
        assert bent.nonlin is True
    assert make(2, True)(z)._op == "ReLU"


# What a program puts in place of a value's own `_backward`


def test_a_function_set_on_a_square_counts_once() -> None:
    x = Value(3.0)
    y = x * x

    def _backward() -> None:
        x.grad += 2 * x.data * y.grad

    y._backward = _backward
    y.backward()
    assert x.grad == 6.0


def test_a_function_may_call_the_one_it_replaces() -> None:
    x, calls = Value(3.0), []
    y = x * 2
    before = y._backward

    def _backward() -> None:
        calls.append(y)
        before()

    y._backward = _backward
    y.backward()
    assert (x.grad, calls) == (2.0, [y])


@pytest.mark.parametrize("copied", [copy.deepcopy, pickle.dumps])
def test_a_copy_of_such_a_value_is_refused_at_once(copied: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError, match="@operation"):
        copied(own_tanh(Value(0.5)))


def test_a_backward_that_is_kept_is_the_one_it_was() -> None:
    a = Value(3.0)
    o: Any = a * a
    calls: list[str] = []
    first = o._backward
    o._backward = lambda: calls.append("mine")
    a.grad, o.grad = 0.0, 1.0
    first()
    assert (a.grad, calls) == (6.0, [])
    o._backward()
    assert (a.grad, calls) == (6.0, ["mine"])


def test_the_error_of_a_backward_of_ones_own_shows_what_it_raised() -> None:
    o: Any = Value(2.0) * 3

    def broken() -> None:
        raise ValueError("shapes differ")

    o._backward = broken
    with pytest.raises(DomainError) as caught:
        o.backward()
    assert repr(caught.value.__cause__) == "ValueError('shapes differ')"
