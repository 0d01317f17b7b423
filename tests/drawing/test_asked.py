"""What is asked of `draw` and cannot be, and what a picture says of itself: captions, counts, titles, tooltips."""

import math
import re
from types import SimpleNamespace
from typing import Any

import pytest

from microgradnet import MLP, Layer, Module, Neuron, Value, dot, draw, draw_dot, parameter, sigmoid, tanh, total
from tests.drawing.seen import lost, see

x = Value(0.5, "x")
MODEL = MLP(2, [2, 1], seed=1)


@pytest.mark.parametrize("view", ["ops", "neurons", "layers"])
def test_a_picture_of_two_moments_says_so(view: str) -> None:
    w, b, z0 = parameter(2.0, "w"), parameter(1.0, "b"), Value(3.0, "z\n0")
    z = w * x + b
    assert not any("changed" in line for line in see(draw(z, view)).words)
    z.backward()
    w.data -= 1.5
    told = "w was changed after this was computed: its number is new, what was computed is old"
    assert see(draw(z, view)).words[-1] == told
    assert see(draw([x, z], view, title="t")).words[-1] == told
    assert not any("changed" in line for line in see(draw(w * x, view)).words), "computed anew"
    y = z * z0 * z0
    b.data, z0.data = 0.0, 0.0
    told = "were changed after this was computed: their numbers are new, what was computed is old"
    assert see(draw(y, view)).words[-1] == f"w, b, z 0 {told}"
    many: Any = total([parameter(1.0, f"p{i}") for i in range(9)])
    for p in many.operands:
        p.data = 2.0
    assert see(draw(many, view, max_nodes=3)).words[-1] == f"p0, p1, p2 and 6 more {told}"


def test_options_of_operations_are_refused_where_there_are_none() -> None:
    y = MODEL([x, 1.0])
    for view in ("neurons", "layers"):
        cases: list[tuple[Any, dict[str, Any], str]] = [
            (y, {"op_nodes": True}, f'op_nodes belongs to view="ops".*view="{view}" does not'),
            (y, {"op_nodes": True, "expand": True}, 'op_nodes and expand belong to view="ops"'),
            (y, {"mark": [x]}, 'mark belongs to view="ops"'),
            (MODEL, {"expand": True}, 'expand belongs to view="ops".*a network does not'),
        ]
        for thing, options, told in cases:
            with pytest.raises(ValueError, match=told):
                draw(thing, view, **options)
    with pytest.raises(ValueError, match="a network does not"):
        draw(MODEL, op_nodes=True)


def test_options_left_out_where_the_view_is_chosen_are_named() -> None:
    root = total([tanh(x * i) for i in range(20)])
    words = see(draw(root, op_nodes=True, expand=True, max_nodes=20)).words
    assert words == [
        *see(draw(root, max_nodes=20)).words, 'left out: op_nodes, expand, for which there is view="ops"'
    ]  # fmt: skip
    assert see(draw(root, op_nodes=True, max_nodes=99)).words == []


def test_max_nodes_counts_values_not_their_operations_and_products() -> None:
    root = Neuron(3, "tanh", seed=1)([x, 1.0, 2.0])
    cases: list[tuple[dict[str, Any], int]] = [({"op_nodes": True}, 2), ({"expand": True}, 3)]
    for options, more in [*cases, ({"op_nodes": True, "expand": True}, 5)]:
        seen = see(draw(root, "ops", max_nodes=9, **options))
        assert (len(seen.nodes), seen.words) == (9 + more, [])


@pytest.mark.parametrize(
    ("picture", "told"),
    [
        (draw(MODEL), "5 nodes, 6 edges"),
        (draw(MODEL, "layers"), "3 nodes, 2 edges"),
        (draw(MLP(20, [17, 1])), "33 nodes, 272 edges"),
        (draw(Neuron(1)), "2 nodes, 1 edge"),
        (draw(x), "1 node, 0 edges"),
        (draw(x * x, title='n1 [label="a -> b"]'), "2 nodes, 2 edges"),
        (draw_dot(x * x), "3 nodes, 3 edges"),
        (draw(MODEL([x, x]), "neurons"), "4 nodes, 4 edges"),
    ],
    ids=repr,
)
def test_the_repr_counts_what_is_seen(picture: Any, told: str) -> None:
    assert repr(picture) == f"<Picture {picture.title!r}: {told}>"
    seen = see(picture)
    drawn = [node for node in seen.nodes.values() if node.kind != "heading"]
    assert (len(drawn), len(seen.edges)) == picture.counts


class Holder:
    def __init__(self, layers: Any) -> None:
        self.layers = layers


@pytest.mark.parametrize(
    ("module", "error", "told"),
    [
        (Holder([]), ValueError, "list of layers of Holder is empty"),
        (Holder([Neuron(2)]), TypeError, r"layers\[0\] of this Holder is Neuron, which has no `neurons`"),
        (Holder([Layer(1, 1), tanh]), TypeError, r"layers\[1\] of this Holder is Operation"),
        (Holder([SimpleNamespace(neurons=[])]), ValueError, r"list of neurons of layers\[0\] of this Holder is empty"),
        (SimpleNamespace(neurons=[]), ValueError, "list of neurons of this SimpleNamespace is empty"),
        (SimpleNamespace(neurons=[3]), TypeError, "a neuron of this SimpleNamespace is int"),
        (SimpleNamespace(neurons=3), TypeError, "neurons of this SimpleNamespace is int, where a list"),
        (SimpleNamespace(w=x, b=x), TypeError, "`w` and a Value as `b`"),
        (SimpleNamespace(w=[0.5], b=x), TypeError, "`w` and a Value as `b`"),
        (SimpleNamespace(neurons=[SimpleNamespace(w=[x])]), TypeError, "`w` and a Value as `b`"),
        ([Neuron(2)], TypeError, "element 0 is Neuron: "),
    ],
)
def test_what_is_no_network_is_told_where(module: Any, error: type[Exception], told: str) -> None:
    for view in ("neurons", "layers"):
        with pytest.raises(error, match=told):
            draw(module, view)


@pytest.mark.parametrize("bad", [math.inf, -math.inf, math.nan])
def test_a_weight_that_is_no_finite_number_is_drawn_thick(bad: float) -> None:
    module = Layer(2, 2, seed=1)
    module.neurons[0].w[1].data = bad
    picture = draw(module)
    seen = see(picture)
    edges = {edge.tooltip[0]: edge for edge in seen.edges.values()}
    edge = edges["w₁₂"]
    assert edge.tooltip == ["w₁₂", f"data {bad!r}", "neuron0.w1"]
    assert edge.width == max(one.width for one in edges.values()) == 4
    assert edge.dashed == (bad < 0)
    assert sorted(one.width for one in edges.values())[-2:] == [4, 4], "the largest of the others is as thick"
    assert len({one.width for one in edges.values()}) == 3
    assert not re.search("penwidth=[^0-9]", picture.dot)
    assert seen.words[1] == "thickest: infinite or no number"
    for p in module.parameters():
        p.data = bad
    assert {edge.width for edge in see(draw(module)).edges.values()} == {4.0}
    assert "thickest" not in see(draw(Layer(2, 2, seed=1))).words[0]


class Net(Module):
    def __init__(self) -> None:
        self.layers = [Layer(1, 1, seed=1)]


def test_a_title_tells_no_address() -> None:
    assert draw(Net()).title == "network Net()"
    assert draw(Net()).svg == draw(Net()).svg
    assert "0x" not in draw(MLP(1, [1], output_activation=lambda z: z)).title
    assert draw(SimpleNamespace(layers=[SimpleNamespace(neurons=[Neuron(1)], of=object())])).title == (
        "network SimpleNamespace"
    )
    assert draw(MLP(1, [1])).title == "network MLP(1 → 1 linear)"
    with pytest.raises(ValueError, match=r"^Net\(\) has no operations"):
        draw(Net(), "ops")


def test_derivatives_are_of_whole_expressions() -> None:
    a, b, z = Value(2.0, "a"), Value(3.0, "b"), Value(1.0, "z₁")
    tooltips = {edge.tooltip[-1].partition(" =")[0] for edge in see(draw(sigmoid(a * b) + z + tanh(z))).edges.values()}
    assert {"∂(a·b)/∂a", "∂σ(a·b)/∂(a·b)", "∂(σ(a·b) + z₁)/∂σ(a·b)", "∂tanh(z₁)/∂z₁"} < tooltips


def test_one_is_singular() -> None:
    root = dot([parameter(1.0, "lens.w")], [x])
    lens = see(draw(root, "layers"))
    assert lens.nodes[lens.find("lens")].rows[:2] == ["lens", "1 parameter"]
    assert lost(see(draw(root, "layers")), root) == 0
    assert see(draw(x, "neurons")).words[0] == "1 value in 1 box"
    assert see(draw(Neuron(1), "layers")).nodes["n0"].rows == ["input", "1 number"]
    cut = see(draw(tanh(x), "neurons", max_nodes=1))
    assert cut.nodes["n0"].rows[-1] == "… 1 operand not drawn"
    assert cut.words[0].startswith("2 values in 1 of 2 boxes, ")
