"""Worksheets: what is asked, friendly numbers, and pictures and pages that tell no answer."""

import json
import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from microgradnet import DomainError, Neuron, Value, parameter, relu, sigmoid, tanh
from microgradnet.drawing.placing import MOST_CHIPS
from microgradnet.graph import Graph
from microgradnet.losses import binary_cross_entropy
from microgradnet.notation.names import number
from microgradnet.ops import CONSTANT
from microgradnet.teach.examples import EXAMPLES
from microgradnet.teach.worksheets import worksheet
from microgradnet.teach.worksheets.random_numbers import rebuilt
from microgradnet.teach.worksheets.worksheet_view import has_room
from tests.drawing.test_escape import HOSTILE
from tests.stepping.test_webpage import dangers
from tests.teach.worksheets.simulated import random_graph
from tests.teach.worksheets.test_grading import EVERYTHING, neuron

each_kind = pytest.mark.parametrize("hide", [*EVERYTHING, EVERYTHING])


def names(loss: Value, hide: Any) -> list[str]:
    return [blank.name for blank in worksheet(loss, hide).blanks]


def test_what_is_left_out() -> None:
    loss = neuron()
    assert names(loss, "values") == ["w·x", "z", "a", "e", "e²", "E"]
    assert names(loss, "local derivatives") == [
        "∂E/∂(e²)", "∂(e²)/∂e", "∂e/∂T", "∂e/∂a", "∂a/∂z", "∂z/∂(w·x)", "∂z/∂b", "∂(w·x)/∂w", "∂(w·x)/∂x",
    ]  # fmt: skip
    assert names(loss, "grads") == [
        "(e²).grad", "e.grad", "T.grad", "a.grad", "z.grad", "(w·x).grad", "b.grad", "w.grad", "x.grad",
    ]  # fmt: skip
    assert len(names(loss, EVERYTHING)) == 24


def test_a_gradient_is_asked_for_once_all_its_contributions_are_known() -> None:
    w, x = Value(2.0, "w"), Value(3.0, "x")
    z = w * x
    z.label = "z"
    assert names(z + x, "grads") == ["z.grad", "w.grad", "x.grad"]
    assert names((z + x) * x, ["grads", "local derivatives"])[-1] == "x.grad"


def test_single_values_can_be_left_out() -> None:
    w, x = parameter(2.0, "w"), Value(3.0, "x")
    y = w * x
    assert names(y, w) == ["w.grad"]
    assert names(y, [x, "values"]) == ["w·x", "x.grad"]
    assert [blank.name for blank in worksheet(y, w, seed=1).blanks] == ["w.grad"]


def test_each_use_of_a_value_is_asked_for() -> None:
    x = Value(3.0, "x")
    y = x * x
    y.label = "y"
    assert names(y, "local derivatives") == ["∂y/∂x (operand 1)", "∂y/∂x (operand 2)"]
    (blank,) = worksheet(y).blanks
    assert blank.answer == 6.0
    assert len(blank.working) == 2
    assert blank.hints[0].startswith("x is used 2 times: add a contribution for each.")


@pytest.mark.parametrize(
    ("loss", "hide", "error", "words"),
    [
        (2.0, "grads", TypeError, "worksheet takes a Value"),
        (neuron(), "gradss", ValueError, "cannot hide 'gradss': did you mean 'grads'"),
        (neuron(), ["grads", 3], ValueError, "cannot hide 3"),
        (neuron(), Value(1.0), ValueError, "no value of this graph"),
        (neuron(), [], ValueError, "nothing to leave out"),
        (Value(math.inf, "x") * 2.0, "values", ValueError, "infinities or NaNs"),
        (neuron(), [], ValueError, "no blank if nothing is hidden"),
        (Value(1.0), "grads", ValueError, "nothing to leave out: this graph has no grads"),
    ],
)
def test_what_cannot_be_asked_is_refused(loss: Any, hide: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        worksheet(loss, hide)


def test_where_a_derivative_does_not_exist_values_can_be_asked_for() -> None:
    y = Value(0.0, "x") ** 0.5
    assert len(worksheet(y, "values").blanks) == 1
    for loss in (y, Value(-2.0, "a") ** Value(3.0, "b")):
        with pytest.raises(DomainError, match="the derivative of"):
            worksheet(loss, "grads")
    assert worksheet(Value(2.0, "a") ** Value(3.0, "b"), seed=0).blanks


def test_classes_stay_classes() -> None:
    loss = binary_cross_entropy(sigmoid(parameter(0.5, "w") * Value(2.0, "x")), Value(1.0, "t"))
    for seed in range(10):
        sheet = worksheet(loss, seed=seed)
        assert next(leaf.data for leaf in Graph(sheet.graph.root).leaves if leaf.label == "t") == 1.0


def test_a_graph_too_large_is_refused() -> None:
    y = Value(0.5, "x")
    for _ in range(200):
        y = tanh(y)
    with pytest.raises(ValueError, match="room for 100 values, this graph has 201"):
        worksheet(y)


# --- friendly numbers ---


def test_the_same_seed_draws_the_same_and_another_others() -> None:
    drawn = [[leaf.data for leaf in Graph(worksheet(neuron(), seed=seed).graph.root).leaves] for seed in (1, 1, 2, "1")]
    assert drawn[0] == drawn[1] == drawn[3] != drawn[2]


def test_numbers_are_friendly() -> None:
    """Answers are shorter than with the graph's own numbers, none is 0, and the graph stays as it was."""
    w, x, b = parameter(0.1731, "w"), Value(-1.2907, "x"), parameter(0.8123, "b")
    y = relu(w * x + b) * w
    own = sum(len(number(blank.answer)) for blank in worksheet(y).blanks)
    for seed in range(20):
        sheet = worksheet(y, seed=seed)
        answers = [blank.answer for blank in sheet.blanks]
        assert sum(len(number(answer)) for answer in answers) < 0.7 * own
        assert 0.0 not in answers
    assert (w.data, x.data, b.data) == (0.1731, -1.2907, 0.8123)


def test_friendly_numbers_are_where_something_goes_through_and_mistakes_show() -> None:
    for seed in range(20):
        graph = worksheet(neuron(), seed=seed).graph
        (a,) = [node for node in graph.computed if node.op.name == "sigmoid"]
        assert abs(a.operands[0].data) < 3.0
        w, x = graph.computed[0].operands
        assert w.data != x.data, "else the one cannot be told from the other"


def test_no_two_leaves_have_the_same_number_but_for_its_sign() -> None:
    for seed in range(12):
        a, b, c = (Value(1.5, name) for name in "abc")
        leaves = worksheet(a * b + c, seed=seed).graph.leaves
        assert len({abs(leaf.data) for leaf in leaves}) == 3


def test_constants_keep_their_numbers() -> None:
    sheet = worksheet(neuron(), seed=3)
    constants = [leaf.data for leaf in Graph(sheet.graph.root).leaves if leaf.op is CONSTANT]
    assert constants == [2.0, 2.0]


def test_a_copy_has_the_same_shape() -> None:
    for seed in range(10):
        loss = random_graph(seed)
        copies = rebuilt(loss, {})
        for original, copy in copies.items():
            assert (copy.data, copy.label, copy.op) == (original.data, original.label, original.op)
            assert copy.operands == tuple(copies[operand] for operand in original.operands)


def test_where_no_numbers_will_do_it_says_so() -> None:
    x = Value(0.325, "x")
    loss = ((x - 0.3) * (0.35 - x)).log()  # between these two alone
    worksheet(loss)
    with pytest.raises(ValueError, match="none of 60 draws of numbers can be computed with"):
        worksheet(loss, seed=1)


# --- what a sheet shows ---


def texts(svg: str) -> list[str]:
    return re.findall(r">([^<>]+)<", re.sub(r"<style>.*?</style>", "", svg, flags=re.DOTALL))


@each_kind
@pytest.mark.parametrize("name", EXAMPLES)
def test_a_picture_has_each_blank_and_no_answer(name: str, hide: Any) -> None:
    sheet = worksheet(EXAMPLES[name].build(), hide, seed=1)
    shown = "\n".join(texts(re.sub("<title>.*?</title>", "", sheet.svg)))
    for blank in sheet.blanks:
        assert shown.count(f"({blank.number}) ________") == 1
    lines = [line for line in texts(sheet.svg) if "____" not in line]
    again = {f"grad ({blank.number})" for blank in sheet.blanks}  # on another chip of the same leaf
    assert [line for line in lines if line.startswith("grad ") and line not in again] == ["grad 1"] * ("grads" in hide)
    data = [line for line in lines if re.search(r" −?[\d.e−]+$", line) and not line.startswith("grad ")]
    shown_values = Graph(sheet.graph.root).leaves if "values" in hide else list(sheet.graph.uses)
    if has_room(sheet.graph):  # constants stand in formulas
        shown_values = [value for value in shown_values if value.op is not CONSTANT]
    names = {line for line in data if not line.startswith("data ")}  # of leaves, with a chip at each of their uses
    assert len([line for line in data if line.startswith("data ")]) + len(names) == len(shown_values)
    assert not re.search(r"<title>(?!∂ \(\d+\) _+<)[^<]*(data|grad|∂)", sheet.svg)
    key = "\n".join(texts(sheet.picture(filled=True).svg))
    for blank in sheet.blanks:
        assert f"({blank.number}) {number(blank.answer)}" in key


def chain() -> Value:
    """Operations that a compact picture folds."""
    y = Value(0.5, "x")
    for _ in range(12):
        y = tanh(y)
    return y


def crowd() -> Value:
    """More leaves of one value than a compact picture has chips for."""
    return Neuron(MOST_CHIPS, "linear", seed=1)([i / 10 for i in range(MOST_CHIPS)])


@pytest.mark.parametrize("build", [chain, crowd])
def test_every_blank_has_a_place_where_a_compact_picture_has_none_for_it(build: Callable[[], Value]) -> None:
    sheet = worksheet(build())
    shown = "\n".join(texts(re.sub("<title>.*?</title>", "", sheet.svg)))
    assert [shown.count(f"({blank.number}) ________") for blank in sheet.blanks] == [1] * len(sheet.blanks)


def test_hints_name_what_goes_in_and_bracket_a_difference() -> None:
    y = tanh(Value(0.5, "x")) * 2.0
    values, gradients = (worksheet(y, hide).blanks for hide in ("values", "grads"))
    assert [blank.hints[1] for blank in values] == ["x is 0.5", "tanh(x) is your answer 1"], "a constant is in sight"
    assert gradients[1].hints[1] == "x.grad = tanh(x).grad · (1 − tanh(x)·tanh(x))"


@each_kind
def test_a_picture_is_black_and_white(hide: Any) -> None:
    svg = re.sub(r"<style>.*?</style>", "", worksheet(neuron(), hide).svg, flags=re.DOTALL)
    assert {colour.lower() for colour in re.findall(r"#[0-9a-fA-F]{6}", svg)} == {"#000000", "#ffffff"}


@each_kind
def test_hints_lead_and_do_not_tell(hide: Any) -> None:
    for seed in range(10):
        for blank in worksheet(random_graph(seed), hide).blanks:
            question, formula = blank.hints
            assert question
            assert formula
            assert question != formula


def test_the_hint_of_the_lesson() -> None:
    w, x, b = parameter(0.15, "w"), Value(0.1, "x"), parameter(0.4, "b")
    z = w * x + b
    z.label = "z"
    a = z.sigmoid()
    a.label = "a"
    blanks = {blank.name: blank for blank in worksheet(a, [w, x, b]).blanks}
    assert blanks["b.grad"].hints == ("upstream, z.grad is 0.2395; what is ∂z/∂b?", "b.grad = z.grad · 1")


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_pages_to_print(paper: str) -> None:
    sheet = worksheet(neuron(), seed=1)
    assert f"size: {paper} landscape" in sheet.printed(paper).html
    key = sheet.key(paper).html
    for blank in sheet.blanks:
        assert number(blank.answer) in key
        for line in blank.working:  # without its name and its number, which stand beside it
            middle = line.split("= ", 1)[1].rpartition(" = ")[0]
            assert f"<small>{middle}" in key


def test_unknown_paper_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown paper 'A5': it must be one of A4, Letter"):
        worksheet(neuron()).printed("A5")


def test_hostile_labels_and_titles_stay_text(tmp_path: Path) -> None:
    for label, _ in HOSTILE:
        x = Value(2.0, label)
        y = x * x
        y.label = label
        sheet = worksheet(y, EVERYTHING, title=label, name=label)
        for page in (sheet.page(), sheet.printed(), sheet.key()):
            assert dangers(page.html) == ([] if page.html.count("<script") == 2 else ["0 scripts"])
            page.html.encode()
        sheet.save_answers(tmp_path / "a.csv")


def test_the_page_knows_the_answers() -> None:
    sheet = worksheet(neuron())
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', sheet.page().html, re.DOTALL)
    assert found
    data = json.loads(found[1])
    assert [blank["answer"] for blank in data["blanks"]] == [blank.answer for blank in sheet.blanks]


def test_frames_keep_off_the_lines_to_write_on_and_off_the_border_of_their_box() -> None:
    sheet = worksheet(EXAMPLES["two-inputs"].build(), ["grads", "local derivatives"])
    for filled in (False, True):
        root = ET.fromstring(sheet.picture(filled).svg)
        svg = "{http://www.w3.org/2000/svg}"
        framed = 0
        for box in root.iter(f"{svg}g"):
            if "node" not in box.get("class", "").split() or "pill" in box.get("class", "").split():
                continue
            shape = next(part for part in box if part.tag in (f"{svg}path", f"{svg}polygon"))
            edges = [float(x) for x in re.findall(r"-?[\d.]+", shape.get("d") or shape.get("points") or "")]
            for frame, text in ((one.find(f"{svg}rect"), one.find(f"{svg}text")) for one in box.findall(f"{svg}g")):
                assert frame is not None
                assert text is not None
                x, y, width, height = (float(frame.attrib[name]) for name in ("x", "y", "width", "height"))
                assert max(edges[::2]) - (x + width) >= 4
                assert min(edges[1::2]) + 0.5 <= y
                assert y + height <= max(edges[1::2]) - 2
                assert y + height - float(text.attrib["y"]) >= (2.9 if filled else 4.9)
                framed += 1
        assert framed == 7  # on chips and boxes, not on arrows
