"""`draw` on values, every operation of them: what is in its picture."""

import math
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from itertools import combinations
from typing import Any

import pytest

import microgradnet
from microgradnet import (
    MLP,
    Neuron,
    Value,
    constant,
    draw,
    draw_dot,
    parameter,
    sigmoid,
    tanh,
    total,
    weighted_sum,
)
from microgradnet.drawing import DIRECTIONS, Picture
from microgradnet.drawing import draw as draw_of_the_package
from microgradnet.graph import Graph
from tests.drawing.seen import SVG, drawn_as, readable, see
from tests.drawing.test_escape import HOSTILE, LINES


def neuron() -> Value:
    x, w, b = Value(0.1, "x₁"), parameter(0.15, "w₁"), parameter(0.4, "b₁")
    z = w * x + b
    a = sigmoid(z) * 2
    z.label, a.label = "z₁", "∂a₁"
    return a


def tree(depth: int) -> Value:
    """A binary tree of sums: the label of a value is its path from the root."""
    level = [Value(1.0, format(i, f"0{depth}b")) for i in range(2**depth)]
    while len(level) > 1:
        level = [level[i] + level[i + 1] for i in range(0, len(level), 2)]
        for i, value in enumerate(level):
            value.label = format(i, f"0{len(level).bit_length() - 1}b") if len(level) > 1 else "root"
    return level[0]


def test_every_value_is_one_box_with_name_expression_data_and_grad() -> None:
    root = neuron()
    texts = {tuple(node.rows) for node in see(draw(root)).nodes.values()}
    assert texts == {
        ("x₁", "data 0.1", "grad —"), ("w₁", "data 0.15", "grad —"), ("b₁", "data 0.4", "grad —"),
        ("w₁·x₁", "data 0.015", "grad —"), ("z₁ = w₁·x₁ + b₁", "data 0.415", "grad —"),
        ("σ(z₁)", "data 0.6023", "grad —"), ("data 2",), ("∂a₁ = σ(z₁)·2", "data 1.205", "grad —"),
    }  # fmt: skip
    root.backward()
    slope = 2 * 0.6022848 * (1 - 0.6022848)
    grads = {node.rows[0]: node.rows[-1] for node in see(draw(root)).nodes.values()}
    assert grads.pop("data 2") == "data 2"
    assert {name: float(row.removeprefix("grad ")) for name, row in grads.items()} == pytest.approx(
        {"x₁": 0.15 * slope, "w₁": 0.1 * slope, "b₁": slope, "w₁·x₁": slope, "z₁ = w₁·x₁ + b₁": slope,
         "σ(z₁)": 2, "∂a₁ = σ(z₁)·2": 1}, rel=5e-4
    )  # fmt: skip


def test_an_arrow_for_each_operand_in_order_also_where_one_repeats() -> None:
    a, b = Value(3.0, "a"), Value(2.0, "b")
    for root, heading, count in ((a * a, "a·a", 2), (a + a, "a + a", 2), (weighted_sum([a], [a], a), "a·a + a", 3)):
        seen = see(draw(root))
        assert seen.joins() == {("a", heading): count}
        assert sorted(seen.edges) == [f"e1_{position}" for position in range(count)]
    local = [edge.tooltip for _, edge in sorted(see(draw(weighted_sum([a, b], [b, b], a))).edges.items())]
    assert [line.rpartition(" = ")[2] for _, line in local] == ["2.0", "2.0", "3.0", "2.0", "1.0"]


def test_roles_are_told_apart_without_colour() -> None:
    seen = see(draw(neuron()))
    looks = {node.kind: node.look for node in seen.nodes.values()}
    assert set(looks) == {"input", "parameter", "constant", "operation", "root"}
    for one, other in combinations(looks, 2):
        assert looks[one] != looks[other], (one, other)
    kinds = {node.rows[0]: node.kind for node in seen.nodes.values()}
    assert [kinds[name] for name in ("x₁", "w₁", "data 2", "∂a₁ = σ(z₁)·2")] == [
        "input", "parameter", "constant", "root"
    ]  # fmt: skip


def wrong_row(row: str, x: float) -> bool:
    """Whether a row does not say x, to four digits and shortly."""
    text = row.removeprefix("data ").replace("−", "-")
    right = math.isnan(float(text)) if math.isnan(x) else float(text) == pytest.approx(x, rel=5e-4)
    return not (right and len(text) <= 10 and row.startswith("data "))


@pytest.mark.parametrize("x", [0.1 + 0.2, 1e-6, -1e-300, 5e-324, 1.2345678e308, -123456.789, 1e16, -0.0,
                               math.inf, -math.inf, math.nan])  # fmt: skip
def test_numbers_are_short_in_the_box_and_exact_in_the_tooltip(x: float) -> None:
    a = Value(x, "a")
    a.grad = -x
    (node,) = see(draw(a)).nodes.values()
    assert not wrong_row(node.rows[1], x)
    assert node.tooltip[-2:] == [f"data {x!r}", f"grad {-x!r}"]


def test_the_check_of_numbers_rejects_a_lost_one_a_long_one_and_a_wrong_sign() -> None:
    for row, x in [("data 0.0000", 1e-6), ("data 0.30000000000000004", 0.3), ("data 3", -3.0), ("data 1", math.nan)]:
        assert wrong_row(row, x)


def all_views(root: Value) -> list[Picture]:
    options: list[dict[str, Any]] = [{}, {"op_nodes": True, "expand": True}, {"view": "neurons"}, {"view": "layers"}]
    return [draw(root, direction=direction, **option) for direction in ("LR", "TB") for option in options]


DETERMINISM = """
from microgradnet import MLP, draw
from tests.drawing.test_draw import all_views
model = MLP(2, [3, 3, 1], "tanh", seed=1)
loss = sum((model([i, 1.0]) - i) ** 2 for i in range(3)); loss.backward()
for p in [*all_views(loss), draw(model), draw(model, "layers")]: print(p.dot, p.svg)
"""


def test_the_same_graph_gives_the_same_bytes_in_every_process() -> None:
    outputs = set()
    for seed in ("0", "1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"}
        command = [sys.executable, "-c", DETERMINISM]
        outputs.add(subprocess.run(command, env=environment, capture_output=True, check=True).stdout)
    (only,) = outputs
    assert only.count(b"<svg") == 10
    assert [p.svg for p in all_views(neuron())] == [p.svg for p in all_views(neuron())]


def test_hostile_labels_are_drawn_as_written_in_every_place() -> None:
    cases = [(label, expected) for label, expected in HOSTILE + LINES if label]
    leaves = [Value(1.0, label) for label, _ in cases]
    squares = [leaf * leaf for leaf in leaves]
    for square, (label, _) in zip(squares, cases, strict=True):
        square.label = label
    root: Any = total(squares)
    wanted = Counter(drawn_as(*case) for case in cases)
    every: list[dict[str, Any]] = [{"leaves": "boxes"}, {"op_nodes": True, "direction": "TB"}]
    for options in every:
        seen = see(draw(root, **options))
        circles = len(cases) + 1 if "op_nodes" in options else 0
        assert (len(seen.nodes), len(seen.edges)) == (2 * len(cases) + 1 + circles, 3 * len(cases) + circles)
        assert Counter(node.rows[0] for node in seen.nodes.values() if node.kind == "input") == wanted
        results = [node.rows[0] for node in seen.nodes.values() if node.kind == "operation" and len(node.rows) == 3]
        for heading, (label, expected) in zip(results, cases, strict=True):
            named = drawn_as(label, expected).strip(" ") or "␣"  # a label of blanks is told by a sign
            assert len(label) > 20 or heading.startswith(f"{named}#2 = ")  # the second value of that label


@pytest.mark.parametrize("title", [label for label, _ in HOSTILE if 0 < len(label.strip()) < 100])
def test_hostile_titles_are_drawn_as_written(title: str) -> None:
    expected = dict(HOSTILE)[title]
    assert see(draw(Value(1.0), title=title)).words == [readable(title if expected is None else expected)]


def test_the_reader_rejects_markup_that_got_through() -> None:
    picture = draw(Value(1.0, "a"))
    for evil in ("<script/>", "<a/>", "<foreignObject/>", '<g id="x-n9"/>'):
        fake = Picture(picture.dot)
        fake.__dict__["svg"] = picture.svg.replace("</svg>", f"{evil}</svg>")
        with pytest.raises(AssertionError):
            see(fake)


def test_a_title_stands_above_with_the_caption_and_a_caption_alone_below() -> None:
    seen = see(draw(tree(3), title="one\ntwo", view="ops", leaves="boxes", max_nodes=4))
    told = "4 of 15 values, those nearest the result"
    assert (seen.words, seen.graph["labelloc"]) == (["one", "two", told], "t")
    assert see(draw(tree(3), view="ops", leaves="boxes", max_nodes=4)).graph["labelloc"] == "b"


def test_op_nodes_stand_between_operands_and_result() -> None:
    a, b = Value(2.0, "a"), Value(3.0, "b")
    seen = see(draw(tanh(a * b) * a, op_nodes=True))
    assert seen.joins() == {
        ("a", "×"): 2, ("b", "×"): 1, ("×", "a·b"): 1, ("a·b", "tanh"): 1, ("tanh", "tanh(a·b)"): 1,
        ("tanh(a·b)", "×"): 1, ("×", "tanh(a·b)·a"): 1,
    }  # fmt: skip
    assert Counter(node.look[0] for node in seen.nodes.values())[SVG + "ellipse"] == 3


def test_expand_shows_the_products_with_their_data_and_their_gradients() -> None:
    def build(opened: bool) -> tuple[Value, list[Value]]:
        w, x = [parameter(0.5, "w"), parameter(-2.0, "v")], [Value(3.0, "x"), Value(0.7, "y")]
        products = [p * q for p, q in zip(w, x, strict=True)] if opened else []
        z = products[0] + products[1] + 1.0 if opened else weighted_sum(w, x, 1.0)
        root = tanh(z) ** 3
        root.backward()
        return root, products

    (root, _), (_, products) = build(False), build(True)
    seen = see(draw(root, expand=True))
    for heading, product in zip(("w·x", "v·y"), products, strict=True):
        _, data, grad = seen.nodes[seen.find(heading)].rows
        assert not wrong_row(data, product.data)
        assert not wrong_row(grad.replace("grad", "data"), product.grad)
    z = "w·x + v·y + 1"
    for tail, head in (("w", "w·x"), ("x", "w·x"), ("v", "v·y"), ("y", "v·y"), ("w·x", z), ("v·y", z), ("data 1", z)):
        assert seen.joins()[tail, head] == 1
    assert len(seen.nodes) == 9 + 2  # four factors, 1, sum, tanh, 3, power


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_arrows_run_in_the_direction(direction: str) -> None:
    for extra in (False, True):
        seen = see(draw(tanh(weighted_sum([a], [a])), direction=direction, expand=extra, op_nodes=extra))
        leaf, root = seen.nodes[seen.find("a")].place, seen.nodes[seen.find("tanh(a·a)")].place
        axis, forward = {"LR": (0, 1), "RL": (0, -1), "TB": (1, 1), "BT": (1, -1)}[direction]
        assert (root[axis] - leaf[axis]) * forward > 30


def kept_wrongly(drawn: set[str], depth: int, most: int) -> bool:
    """Whether a cut tree shows other than the `most` values nearest the root; names are paths, "root" is the root."""
    steps = sorted(len(name) if name != "root" else 0 for name in drawn)
    nearest = sorted(level for level in range(depth + 1) for _ in range(2**level))[:most]
    return steps != nearest


@pytest.mark.parametrize("most", [1, 2, 7, 10, 62])
def test_a_cut_keeps_the_values_nearest_the_result_and_says_so(most: int) -> None:
    seen = see(draw(tree(5), "ops", leaves="boxes", max_nodes=most))
    assert not kept_wrongly({node.rows[0].split(" ")[0] for node in seen.nodes.values()}, 5, most)
    assert len(seen.edges) == most - 1
    assert seen.words == [f"{most} of 63 values, those nearest the result"]
    left_out = [int(row.split()[1]) for node in seen.nodes.values() for row in node.rows if row.startswith("…")]
    assert sum(left_out) + len(seen.edges) == 2 * sum(node.kind != "input" for node in seen.nodes.values())
    assert see(draw(tree(5), "ops", leaves="boxes", max_nodes=63)).words == []


def test_the_check_of_cuts_rejects_a_far_value_kept_for_a_near_one() -> None:
    assert kept_wrongly({"root", "0", "00"}, 5, 3)
    assert not kept_wrongly({"root", "0", "1"}, 5, 3)


def test_a_chain_of_100_000_values_is_drawn_to_its_end() -> None:
    value = Value(0.5, "x")
    for _ in range(100_000):
        value = tanh(value)
    value.backward()
    seen = see(draw(value, leaves="boxes"))
    assert (len(seen.nodes), len(seen.edges)) == (200, 199)
    assert seen.words[0] == "200 of 100,001 values, those nearest the result"


@pytest.mark.parametrize("expand", [False, True])
def test_a_sum_of_784_inputs_is_cut_too(expand: bool) -> None:
    root = Neuron(784, "linear", seed=1)([Value(0.5, f"x{i}") for i in range(784)])
    seen = see(draw(root, "ops", leaves="boxes", expand=expand, max_nodes=50))
    products = 49 if expand else 0
    assert (len(seen.nodes), len(seen.edges)) == (50 + products, 49 + products)
    (box,) = [node for node in seen.nodes.values() if node.kind == "root"]
    assert (box.rows[0], box.rows[-1]) == ("z = w₁·x0 + … + w₇₈₄·x783 + b", "… 1520 of 1569 operands not drawn")


def test_several_results_one_of_them_inside_another() -> None:
    h = Value(2.0, "x") ** 2
    h.label = "h"
    for roots in ([h + 1, h], (h, h + 1), [h, h + 1, h]):
        seen = see(draw(roots))
        kinds = {node.rows[0]: node.kind for node in seen.nodes.values()}
        assert [kinds[name] for name in ("x", "data 2", "h = x²", "data 1", "h + 1")] == [
            "input", "constant", "root", "constant", "root"
        ]  # fmt: skip
        assert seen.joins()["h = x²", "h + 1"] == 1


def test_a_leaf_or_a_constant_alone() -> None:
    assert [(n.kind, n.rows) for n in see(draw(Value(2.0))).nodes.values()] == [("input", ["v₁", "data 2", "grad —"])]
    assert [(n.kind, n.rows) for n in see(draw(constant(2.0))).nodes.values()] == [("constant", ["data 2"])]


a = Value(1.0, "a")
NET = MLP(1, [1])


@pytest.mark.parametrize(
    ("call", "error", "told"),
    [
        (lambda: draw(a, "op"), ValueError, "'op'.*ops, neurons, layers"),
        (lambda: draw(a, direction="lr"), ValueError, "'lr'.*LR, RL, TB, BT"),
        *((lambda n=n: draw(a, max_nodes=n), ValueError, f"at least 1, got {n!r}") for n in (0, -1, 2.5, "3", True)),
        *((lambda v=v: draw(v), TypeError, f"Value.*MLP, got {type(v).__name__}") for v in (3, "a", None, MLP, {a})),
        (lambda: draw([a, 3]), TypeError, "list of Values.*element 1 is int: 3"),
        (lambda: draw(a, title=5), TypeError, "title is a str, got 5"),  # type: ignore[arg-type]
        (lambda: draw([]), ValueError, "empty"),
        (lambda: draw(a, mark=Value(7.0)), ValueError, r"mark has what is not in the graph, Value\(data=7.0\)"),
        (lambda: draw(a, mark=["a"]), ValueError, "mark has what is not in the graph, 'a'"),  # type: ignore[list-item]
        (lambda: draw(a + 1, mark=[(a, 0)]), ValueError, "mark: .* has 0 operands, from 0; got 0"),
        (lambda: draw(NET, "ops"), ValueError, r"MLP\(1 → 1 linear\).*call it on inputs"),
    ],
)
def test_what_cannot_be_drawn_is_named_with_what_can(
    call: Callable[[], object], error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=told):
        call()


def test_the_familiar_name_and_its_arguments() -> None:
    picture = draw_dot(a * a, format="png", rankdir="TB")
    seen = see(picture)
    assert (seen.graph["rankdir"], seen.joins()) == ("TB", {("a", "×"): 2, ("×", "a·a"): 1})
    assert picture.format == "png"
    assert picture.pipe().startswith(b"\x89PNG")
    assert draw_dot(a).format == "svg"
    with pytest.raises(ValueError, match="'jpg': it must be one of svg, png, pdf"):
        draw_dot(a, format="jpg")


@pytest.mark.parametrize("view", [None, "ops", "neurons", "layers"])
@pytest.mark.parametrize("most", [2, 200])
def test_the_graph_is_walked_once(view: str | None, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    root = neuron()
    walks: list[Value] = []
    true_walk = Graph.__init__

    def walk(self: Graph, *roots: Value) -> None:
        walks.extend(roots)
        true_walk(self, *roots)

    monkeypatch.setattr(Graph, "__init__", walk)
    draw(root, view, max_nodes=most)
    assert walks == [root]


def test_values_do_not_draw_themselves_and_names_do_not_hide_each_other() -> None:
    assert not hasattr(a, "_repr_svg_")
    assert microgradnet.draw is draw is draw_of_the_package
    assert draw(a)._repr_svg_().startswith("<svg ")
