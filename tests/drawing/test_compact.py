"""The compact form: constants in formulas, leaves as chips, neurons on cards, runs folded; and what fits a column."""

import re
import xml.etree.ElementTree as ET
from itertools import pairwise
from typing import Any

import pytest

from microgradnet import MLP, Neuron, Value, constant, draw, parameter, sigmoid, tanh, total
from microgradnet.drawing import DIRECTIONS, Picture
from microgradnet.drawing.box import INCH
from microgradnet.drawing.card import LINE
from microgradnet.drawing.diagram import PAD, Diagram
from microgradnet.drawing.fit import extent_of
from microgradnet.drawing.graph_view import HANDFUL
from microgradnet.drawing.ops_view import OpsView
from microgradnet.graph import Graph
from microgradnet.notation.names import number
from microgradnet.teach.examples import EXAMPLES
from tests.drawing.seen import SVG, Seen, drawn_as, see, walk
from tests.drawing.test_escape import HOSTILE, LINES

DATA = [((0, 0), 0), ((0, 1), 1), ((1, 0), 1), ((1, 1), 0)]

CAPITAL, TAIL = 9.5, 3.1  # points above and below the line, of letters of 13 points


def xor_loss() -> Value:
    model = MLP(2, [4, 1], "tanh", seed=1)
    loss: Any = sum((model(x) - y) ** 2 for x, y in DATA)
    loss.backward()
    return loss  # type: ignore[no-any-return]


def named_constant() -> Value:
    c = constant(5.0)
    c.label = "c"
    return c


def not_shown(seen: Seen, root: Value) -> list[Value]:
    """The values below a root, except constants and partial sums, whose number or gradient no box shows."""
    boxes = [" ".join(node.rows) for node in seen.nodes.values()]
    return [
        value
        for value in walk(root)
        if value.op.name not in {"constant", "add"} or value is root
        if not any(f" {number(value.data)} grad {number(value.grad)}" in f" {box}" for box in boxes)
    ]


def test_the_loss_of_xor_has_every_number_on_21_cards() -> None:
    picture = draw(loss := xor_loss(), "ops")
    seen = see(picture)
    assert not_shown(seen, loss) == []
    assert picture.dot.count("[label=<<TABLE") == 16 + 4 + 1, "hidden neurons, outputs with their errors, the sum"
    kinds = [node.kind for node in seen.nodes.values()]
    assert [kinds.count(kind) for kind in ("input", "parameter", "constant")] == [16 * 2, 16 * 3 + 4 * 5, 0]
    assert seen.words[0] == "a leaf is drawn at each of its uses; its grad is the total over all"
    (result,) = [node.rows[0] for node in seen.nodes.values() if node.kind == "root"]
    assert result == "t₃ = sum of 4"


def test_the_check_of_numbers_rejects_a_wrong_gradient() -> None:
    loss = xor_loss()
    seen = see(draw(loss, "ops"))
    loss.operands[0].operands[1].grad = 123.0
    assert len(not_shown(seen, loss)) == 1


def test_a_handful_of_values_have_boxes_and_more_have_cards() -> None:
    value = Value(0.5, "x")
    for _ in range(HANDFUL - 1):
        value = sigmoid(value) * value.data
        if len(walk(value)) >= HANDFUL - 1:
            break
    for more, is_compact in ((value, False), (sigmoid(sigmoid(value)), True)):
        assert ("<TABLE" in draw(more).dot) == is_compact
    assert "<TABLE" not in draw(more, leaves="boxes").dot
    assert "<TABLE" in draw(value, leaves="chips").dot


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_neuron_is_a_card_with_its_weights_and_arrows_run_in_the_direction(direction: str) -> None:
    x = [Value(1.0, "p") * 2, Value(2.0, "q") * 3]
    root = Neuron(2, "tanh", seed=1)(x)
    seen = see(draw(root, direction=direction, leaves="chips"))
    assert seen.joins() == {("p·2", "z = w₁·p·2 + w₂·q·3 + b"): 1, ("q·3", "z = w₁·p·2 + w₂·q·3 + b"): 1}
    names = [node.rows[0].split()[0] for node in seen.nodes.values()]
    assert names == ["p", "p·2", "q", "q·3", "w₁", "w₂", "b", "z", "a"]
    tail, head = seen.nodes[seen.find("p·2")].place, seen.nodes[seen.find("z = w₁·p·2 + w₂·q·3 + b")].place
    axis, forward = {"LR": (0, 1), "RL": (0, -1), "TB": (1, 1), "BT": (1, -1)}[direction]
    assert (head[axis] - tail[axis]) * forward > 30


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("local_derivatives", [False, True])
def test_arrowheads_of_a_backward_diagram_are_at_the_operands(direction: str, local_derivatives: bool) -> None:
    graph = Graph(EXAMPLES["learning"].build())
    diagram = Diagram(direction=direction, backward=True)
    OpsView(graph, len(graph), diagram, compact=True, local_derivatives=local_derivatives)
    groups = ET.fromstring(Picture(diagram.to_dot()).svg).iter(SVG + "g")
    arrows = [group for group in groups if "edge" in group.get("class", "").split()]
    assert len(arrows) == 2
    axis, first = {"LR": (0, min), "RL": (0, max), "TB": (1, min), "BT": (1, max)}[direction]
    for arrow in arrows:
        drawn = [arrow.find(SVG + "path").attrib["d"], arrow.find(SVG + "polygon").attrib["points"]]  # type: ignore[union-attr]
        route, head = ([float(x) for x in re.findall(r"-?[\d.]+", text)][axis::2] for text in drawn)
        assert abs(first(head) - first(route[0], route[-1])) > 5
        assert first(head) == first(*head, route[0], route[-1]), "no end of the line is nearer the operand"
        assert local_derivatives or len(head) == 3, "drawn anew as a single curve; Graphviz's heads have four points"


def test_an_input_of_several_values_has_a_box_and_an_arrow_to_each() -> None:
    x, w = Value(2.0, "x"), parameter(3.0, "w")
    seen = see(draw(tanh(w * x) + sigmoid(w * x) * named_constant(), leaves="chips"))
    shapes = {node.rows[0]: len(node.rows) for node in seen.nodes.values() if node.kind in {"input", "constant"}}
    assert shapes == {"x": 3, "c 5": 1}
    assert sum(node.rows[0] == "w 3" for node in seen.nodes.values()) == 2
    assert [seen.joins()["x", name] for name in ("w·x", "t₁ = w·x")] == [1, 1]


def test_an_input_that_only_neurons_use_is_on_the_card_of_each() -> None:
    for inputs, is_docked in ((3, True), (4, False)):  # of four a card would have more chips than it has room for
        x = [Value(float(k), f"p{k}") for k in range(inputs)]
        picture = draw(MLP(inputs, [2, 1], "tanh", seed=1)(x), leaves="chips")
        seen = see(picture)
        assert [node.kind for node in seen.nodes.values()].count("input") == inputs * (2 if is_docked else 1)
        assert ("a leaf is drawn at each of its uses; its grad is the total over all" in seen.words) == is_docked


def test_a_single_chip_too_many_is_drawn_and_of_more_the_bias() -> None:
    names = [f"w{k}" for k in "₁₂₃₄₅₆₇₈₉"]
    for count, shown, told in ((8, names[:8], False), (9, names[:7], True)):
        x = Value(0.5, "x")
        neuron = Neuron(count, "linear", seed=1)([sigmoid(x * k) for k in range(count)])
        seen = see(draw(neuron, "ops", leaves="chips"))
        chips = [node.rows[0].split()[0] for node in seen.nodes.values() if node.kind == "parameter"]
        assert chips == [*shown, "b"]
        (root,) = [node.rows for node in seen.nodes.values() if node.kind == "root"]
        assert (root[-1] == "… 2 of 19 operands not drawn") == told == ("not drawn" in str(root))


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_the_neurons_of_a_layer_stand_in_their_order(direction: str) -> None:
    root = MLP(2, [8, 8, 1], seed=1)([0.5, -1.0])
    seen = see(draw(root, "ops", direction=direction))
    for layer in "¹²":
        names = [f"a⁽{layer}⁾{k}" for k in "₁₂₃₄₅₆₇₈"]
        places = [node.place for name in names for node in seen.nodes.values() if node.rows[0].startswith(f"{name} =")]
        along = [place[direction in {"LR", "RL"}] for place in places]
        assert len(along) == 8
        assert along in (sorted(along), sorted(along, reverse=True))


def test_a_chain_with_a_parameter_in_each_step_is_folded_with_one_chip_for_it() -> None:
    w = parameter(0.9, "w")
    value = Value(0.3, "x")
    for _ in range(300):
        value = tanh(w * value)
    value.backward()
    seen = see(draw(value, local_derivatives=True))
    run = seen.find("w·tanh(w·t₁₄₉) =")
    assert seen.nodes[run].rows[1] == "(tanh(…), w·…) × 299"
    chips = [node.rows for node in seen.nodes.values() if node.rows[0] == "w 0.9"]
    assert len(seen.nodes) == 6
    assert {rows[1] for rows in chips} == {f"grad {number(w.grad)}"}
    upstream = float(seen.nodes[run].rows[-1].removeprefix("∂ "))  # the last tanh stands above it
    below = [float(rows[-1].removeprefix("∂ ")) for rows in chips]
    assert w.grad == pytest.approx(
        upstream * below[1] + upstream * float(seen.nodes["n2"].rows[-1].removeprefix("∂ ")) * below[0], rel=1e-3
    )
    other = Value(0.3, "x")
    for k in range(6):
        other = tanh(parameter(0.9, f"w{k}") * other)
    assert "×" not in " ".join(node.rows[0] for node in see(draw(other)).nodes.values()), "these are six parameters"


def test_a_marked_parameter_far_from_the_result_is_drawn() -> None:
    w = parameter(2.0, "w")
    value = w * Value(3.0, "x")
    for k in range(30):
        value = value + parameter(float(k), f"b{k}") * k
    (marked,) = [node for node in see(draw(value, "ops", mark=[w], max_nodes=5)).nodes.values() if "▶" in node.rows[0]]
    assert marked.rows[0].split()[1] == "w"


def line_heights(root: Value) -> set[float]:
    """The distances between the lines of each box in a picture that runs down."""
    drawn = ET.fromstring(draw(root, direction="TB", leaves="chips").svg)
    boxes = [group for group in drawn.iter(SVG + "g") if group.get("class", "").startswith("node")]
    lines = [sorted({float(text.attrib["y"]) for text in box.iter(SVG + "text")}) for box in boxes]
    return {round(below - above, 1) for ys in lines for above, below in pairwise(ys)}


def test_lines_of_a_card_are_equally_high_however_many_chips_stand_beside_them() -> None:
    assert line_heights(EXAMPLES["layers"].build()) == {LINE}
    assert line_heights(parameter(2.0, "w") * Value(3.0, "x")) == {LINE}


def test_a_long_heading_has_lines_of_like_lengths() -> None:
    headings = [
        node.rows[:2] for node in see(draw(EXAMPLES["layers"].build())).nodes.values() if node.rows[0][0] == "z"
    ]
    assert headings[0] == ["z⁽¹⁾₁ = w⁽¹⁾₁₁·x₁ +", "w⁽¹⁾₁₂·x₂ + b⁽¹⁾₁"]
    assert len(headings) == 5


@pytest.mark.parametrize("name", ["learning", "two-neurons", "layers"])
def test_cards_that_feed_each_other_stand_on_one_level(name: str) -> None:
    diagram = Diagram()
    OpsView(graph := Graph(EXAMPLES[name].build()), len(graph), diagram, compact=True)
    _, height = extent_of(diagram)
    drawn = re.search(r'viewBox="\S+ \S+ (\S+) (\S+)"', draw(graph.roots[0], direction="LR", leaves="chips").svg)
    assert drawn is not None
    assert float(drawn[2]) <= height + 2 * PAD * INCH + 60, "no stairs; 60 for a caption"


def test_roles_are_told_apart_without_colour_on_cards_too() -> None:
    root = parameter(2.0, "w") * Value(3.0, "x") + named_constant()
    looks = {node.kind: node.look for node in see(draw(root, leaves="chips")).nodes.values()}
    assert len(looks) == 5
    assert len(set(looks.values())) == 5
    assert looks["parameter"][0] == SVG + "path", "rounded"


def test_runs_are_folded_and_cut_only_where_they_are_not_enough() -> None:
    value = Value(0.5, "x")
    for _ in range(1000):
        value = tanh(value)
    root = value * 3 + 1
    seen = see(draw(root))
    assert [node.rows[0] for node in seen.nodes.values()] == [
        "x 0.5", "t₄₉₅ = tanh × 1000", "t₄₉₅·3", "t₄₉₅·3 + 1",
    ]  # fmt: skip
    assert seen.words == []
    many: Any = sum(Value(float(i), f"x{i}") for i in range(30))
    seen = see(draw(many))
    assert [node.rows[0] for node in seen.nodes.values()][8:] == ["t₉ + x28 + x29 = sum of 30"]
    assert seen.nodes[seen.find("t₉ + x28 + x29 = sum of 30")].rows[-1] == "… 22 of 30 operands not drawn"


def test_operations_in_turn_are_folded_and_their_derivatives_multiplied() -> None:
    value = Value(0.5, "x")
    steps = []
    for _ in range(50):
        steps += [1.1 * value]
        value = tanh(steps[-1])
        steps += [value]
    root = value + 1
    root.backward()
    seen = see(draw(root, local_derivatives=True))
    assert [node.rows[0] for node in seen.nodes.values()] == [
        "x 0.5", "tanh(t₃₃) = (1.1·…,", "tanh(t₃₃) + 1",
    ]  # fmt: skip
    assert seen.nodes["n1"].rows[1] == "tanh(…)) × 50"
    x = steps[0].operands[1]
    (chip,) = [node for node in seen.nodes.values() if node.rows[0] == "x 0.5"]
    assert chip.rows[1:] == [f"grad {number(x.grad)}", f"∂ {number(x.grad)}"]
    for _ in range(500):
        value = tanh(value) * 1.1
    assert see(draw(value)).nodes["n1"].rows[1] == "tanh(…)) × 50", "numbers in a run are not counted"
    odd: Any = Value(0.5, "x")
    for k in range(20):
        odd = tanh(odd) * (1 + k / 10)
    assert "×" not in " ".join(row for node in see(draw(odd)).nodes.values() for row in node.rows), "no two are alike"


def test_marks_are_on_chips_and_folded_runs() -> None:
    w = parameter(2.0, "w")
    first = w * Value(3.0, "x")
    value = first
    for _ in range(5):
        value = tanh(value)
    marked = [
        node
        for node in see(draw(value, leaves="chips", mark=[(first, 0), value.operands[0]])).nodes.values()
        if node.rows[0][0] == "▶"
    ]
    assert [node.rows[0] for node in marked] == ["▶ w 2", "▶ w·x", "▶ t₂ = tanh × 5"]


def test_a_mark_within_a_term_keeps_it_and_one_in_every_term_the_largest() -> None:
    w, inputs = parameter(0.5, "w"), [Value(k / 10 - 3, f"x{k}") for k in range(60)]
    loss = total([(tanh(w * x - 1.0) - 0.3) ** 2 for x in inputs])
    assert max(loss.operands, key=lambda term: term.data) is loss.operands[0]
    for mark, chips, kept in (
        (inputs[5], ["w 0.5", "▶ x5 −2.5"], "the first that is marked"),
        (w, ["▶ w 0.5", "x0 −3"], "the largest"),
    ):
        seen = see(draw(loss, mark=[mark]))
        assert [node.rows[0] for node in seen.nodes.values()][:2] == chips
        assert seen.words[0].startswith(f"of 60 terms alike {kept} is drawn")


def test_derivatives_along_a_run_that_are_too_large_for_a_float_are_drawn() -> None:
    w, value = parameter(-10.0, "w"), Value(1 / 11, "x")
    for _ in range(315):
        value = w * value + 1  # (−10)³¹⁴ is no float, the value is one
    assert see(draw(value, "ops", local_derivatives=True)).find("w·t₁₅₇ = (… + 1, w·…) × 314")


def test_what_is_too_wide_runs_down_or_is_drawn_in_a_coarser_view_and_says_so() -> None:
    value = Value(0.5, "x")
    for i in range(6):
        value = sigmoid(value + parameter(1.0, f"a rather long name {i}"))
    seen = see(draw(value))
    assert (seen.graph["rankdir"], seen.words) == ("TB", ["from left to right this would be too wide to read"])
    assert see(draw(value, direction="LR")).words == []
    model = MLP(2, [12, 12, 12, 12, 1], "tanh", seed=1)
    seen = see(draw(model([Value(1.0, "p"), Value(2.0, "q")]), max_nodes=2000))
    assert seen.words[-1] == "with every value this would be too wide to read"


def read(text: str) -> float:
    return sum(float(term) for term in text.replace("−", "-").split(" + "))


def wrong_gradients(root: Value, **options: Any) -> list[str]:
    """The boxes of a picture with local derivatives whose grad is not the sum, over what they feed, of grad · ∂.

    A leaf with a chip at each of its uses is one.
    """
    picture = draw(root, local_derivatives=True, **options)
    seen = see(picture)
    numbers = {
        name: {row.split()[0] if row[0] in "gd∂" else "data": row.partition(" ")[2] for row in node.rows if " " in row}
        for name, node in seen.nodes.items()
    }
    pills = dict(
        re.findall(r'id="[^"]*-l(e\d+_\d+)" class="node pill"><title>∂ ([^<]*)</title>', picture.svg.replace("\n", ""))
    )
    cards = [re.findall(r' PORT="(n\d+)"', line) for line in picture.dot.splitlines() if "<TABLE" in line]
    computed = {"operation", "root"}
    first = {card[0]: next(name for name in card if seen.nodes[name].kind in computed) for card in cards if card}
    heading = {name: node.rows[0] for name, node in seen.nodes.items()}
    fed: dict[str, list[tuple[str, str]]] = {heading[edge.tail]: [] for edge in seen.edges.values()}
    for name, edge in seen.edges.items():
        if name in pills:  # a constant has no derivative
            fed[heading[edge.tail]].append((first.get(edge.head, edge.head), pills[name]))
    for card in cards:
        for at, name in enumerate(card):
            following = [other for other in card[at + 1 :] if seen.nodes[other].kind in computed]
            if "∂" in numbers[name]:
                fed.setdefault(heading[name], []).append((following[0], numbers[name]["∂"]))
    grads = {heading[name]: rows["grad"] for name, rows in numbers.items() if "grad" in rows}
    return [
        name
        for name, uses in fed.items()
        if name in grads
        if read(grads[name]) != pytest.approx(sum(read(numbers[to]["grad"]) * read(d) for to, d in uses), rel=5e-3)
    ]


@pytest.mark.parametrize("name", ["neuron", "two-neurons", "learning", "layers"])
@pytest.mark.parametrize("leaves", ["boxes", "chips"])
def test_gradients_can_be_read_off_the_local_derivatives(name: str, leaves: str) -> None:
    assert wrong_gradients(EXAMPLES[name].build(), leaves=leaves) == []


def test_the_check_of_gradients_rejects_a_wrong_one_and_a_folded_run_has_its_product() -> None:
    w, x = parameter(2.0, "w"), Value(0.5, "x")
    value = x
    for _ in range(5):
        value = tanh(value)
    root = value * w + w * w
    root.backward()
    assert wrong_gradients(root, leaves="boxes") == []
    (chip,) = [
        node
        for node in see(draw(root, leaves="chips", local_derivatives=True)).nodes.values()
        if node.rows[0] == "x 0.5"
    ]
    assert chip.rows[2] == f"∂ {number(x.grad / 2)}"
    w.grad += 1.0
    assert wrong_gradients(root, leaves="boxes") == ["w"]


def test_hostile_labels_are_drawn_as_written_on_chips() -> None:
    cases = [(label, expected) for label, expected in HOSTILE + LINES if label.strip()]
    for label, expected in cases:
        root = Value(1.0, label) * parameter(2.0, "w")
        texts = [node.rows[0] for node in see(draw(root, leaves="chips")).nodes.values()]
        if len(label) < 40:
            assert texts[0] == drawn_as(label, expected).strip(" ") + " 1"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"leaves": "chip"}, "unknown leaves 'chip': it must be one of chips, boxes"),
        ({"leaves": "chips", "expand": True}, 'belong to leaves="boxes"'),
        ({"leaves": "chips", "view": "layers"}, 'leaves belongs to view="ops"'),
    ],
)
def test_what_cannot_be_drawn_is_refused(options: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        draw(Value(1.0), **options)


def test_the_tails_of_letters_end_inside_their_box() -> None:
    svg = draw(EXAMPLES["learning"].build()).svg
    boxes = re.findall(r'<polygon [^>]*points="([^"]*)"[^>]*/>((?:\s*<text .*?</text>)+)', svg)
    assert len(boxes) >= 8
    for points, texts in boxes:
        down = [float(point.split(",")[1]) for point in points.split()]
        lines = [float(y) for y in re.findall(r' y="([^"]*)"', texts)]
        above, below = min(lines) - CAPITAL - min(down), max(down) - (max(lines) + TAIL)
        assert above > 1.5
        assert below > 1.5


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_label_of_a_box_on_a_card_keeps_off_its_upper_border_and_its_last_line_off_the_lower(name: str) -> None:
    svg = ET.fromstring(draw(EXAMPLES[name].build(), leaves="chips").svg)
    boxes = [box for box in svg.findall(".//{*}g") if "operation" in box.get("class", "").split()]
    assert boxes
    for box in boxes:
        shape = next(part for part in box if part.get("points") or part.get("d"))
        heights = [float(y) for y in re.findall(r",(-?[\d.]+)", shape.get("points", shape.get("d", "")))]
        lines = [float(text.get("y", "")) for text in box.findall("{*}text")]
        assert min(lines) - CAPITAL - min(heights) >= 4
        assert max(heights) - max(lines) - TAIL >= 4
