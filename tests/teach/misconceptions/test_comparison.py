"""Comparisons: wrong passes go wrong as they should, the right one is the package's, and they diverge where it says."""

import itertools
import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator

import pytest

from microgradnet import Value, parameter, sigmoid, tanh, total
from microgradnet.notation.names import number
from microgradnet.ops import floats
from microgradnet.teach.misconceptions import MISCONCEPTIONS, Comparison, example, run
from microgradnet.teach.misconceptions.passes import RIGHT, Rules, SolvedGraph, gradients, steps
from microgradnet.teach.misconceptions.wrong_rules import breadth_first, depth_first, each_time
from tests.drawing.seen import SVG
from tests.drawing.test_escape import HOSTILE
from tests.stepping.test_webpage import dangers
from tests.teach.worksheets.simulated import random_graph

SEEDS = range(30)
each_misconception = pytest.mark.parametrize("name", MISCONCEPTIONS)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_right_rules_are_the_pass_of_the_package(seed: int) -> None:
    loss = random_graph(seed)
    graph = SolvedGraph(loss)
    applied = [(s.node, s.position, s.upstream, s.local_derivative, s.before) for s in loss.backward_steps()]
    assert [tuple(step[:5]) for step in steps(graph, RIGHT)] == applied
    assert [node.grad for node, uses in graph.uses.items() if uses] == [
        gradient for node, gradient in graph.gradients.items() if graph.uses[node]
    ]


# --- the wrong passes, compared with wrong programs written out here ---


def wrong_pass(root: Value, order: list[Value], overwrite: bool = False) -> dict[Value, float]:
    found = {root: 1.0}
    for node in order:
        partials = node.op.derivatives(floats, node.data, *[operand.data for operand in node.operands])
        for operand, partial in zip(node.operands, partials, strict=False):
            share = found.get(node, 0.0) * partial
            found[operand] = share if overwrite else found.get(operand, 0.0) + share
    return found


def recursive(node: Value) -> Iterator[Value]:
    yield node
    for operand in node.operands:
        if operand.operands:
            yield from recursive(operand)


def queue_order(root: Value) -> list[Value]:
    found, level = [root], [root]
    while level:
        level = [o for node in level for o in node.operands if o.operands]
        found += [o for o in dict.fromkeys(level) if o not in found]
        level = list(dict.fromkeys(level))
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_wrong_orders_are_those_of_wrong_programs(seed: int) -> None:
    loss = random_graph(seed)
    graph = SolvedGraph(loss)
    for order, expected in (
        (each_time, list(recursive(loss))),
        (depth_first, list(dict.fromkeys(recursive(loss)))),
    ):
        wrong = wrong_pass(loss, expected)
        for node, gradient in gradients(graph, Rules(order=order)).items():
            if graph.uses[node]:
                assert gradient == wrong[node]
    assert set(breadth_first(graph)) == set(graph.computed)


@pytest.mark.parametrize("seed", SEEDS)
def test_overwriting_is_that_of_a_wrong_program(seed: int) -> None:
    loss = random_graph(seed)
    (rules,) = MISCONCEPTIONS["overwritten"].rules(SolvedGraph(loss))
    wrong = wrong_pass(loss, SolvedGraph(loss).computed[::-1], overwrite=True)
    for node, gradient in gradients(SolvedGraph(loss), rules).items():
        if SolvedGraph(loss).uses[node]:
            assert gradient == wrong[node]


@pytest.mark.parametrize("seed", SEEDS)
def test_stale_gradients_are_those_of_a_second_pass(seed: int) -> None:
    loss = random_graph(seed)
    loss.backward()
    loss.backward()
    leaves_alone, _ = MISCONCEPTIONS["stale-gradients"].rules(SolvedGraph(loss))
    graph = SolvedGraph(loss)
    for node, gradient in gradients(graph, leaves_alone).items():
        if graph.uses[node]:
            assert gradient == pytest.approx(node.grad, rel=1e-12)


# --- where they diverge ---


@each_misconception
def test_all_before_the_parting_is_right_and_the_step_is_not(name: str) -> None:
    parted = 0
    for seed in SEEDS:
        comparison = run(random_graph(seed), name)
        right = comparison.graph.gradients
        if comparison.parting is None:
            assert all(a == pytest.approx(b) for a, b in comparison.gradients.values())
            continue
        parted += 1
        come = dict.fromkeys(right, 0.0)
        for index, step in enumerate(comparison.wrong[: comparison.parting.step + 1]):
            local = RIGHT.local(step.node, step.position, step.node.data, [o.data for o in step.node.operands])
            is_right = (
                step.upstream == pytest.approx(right[step.node])
                and step.local == pytest.approx(local)
                and step.before == pytest.approx(come[step.operand])
                and step.after == pytest.approx(step.before + step.upstream * step.local)
            )
            is_first = (step.node, step.position) not in {(s.node, s.position) for s in comparison.wrong[:index]}
            assert (is_right and is_first) == (index < comparison.parting.step)
            come[step.operand] = step.after
    assert parted >= 10


@each_misconception
def test_each_makes_a_difference_on_the_example(name: str) -> None:
    comparison = run(example.build(), name)
    text = str(comparison)
    assert comparison.parting
    assert f"They diverge at step {comparison.parting.step + 1}: " in text
    assert text.count("▶") == 1
    assert "≠" in text
    assert all(len(line) <= 120 for line in text.split("\n"))


def read(text: str) -> float:
    return float(text.strip("()").replace("−", "-"))


@each_misconception
def test_what_is_added_to_a_gradient_is_told_as_a_sum_with_its_numbers(name: str) -> None:
    told = 0
    for seed in SEEDS:
        comparison = run(random_graph(seed), name)
        rules = {False: RIGHT, True: comparison.rules}
        for is_wrong, passed in ((False, comparison.right), (True, comparison.wrong)):
            for step in passed:
                text = comparison.equation(step, is_wrong)
                gained = rules[is_wrong].contribution(step.upstream, step.local)
                is_added = step.after == step.before + gained and "left out" not in text
                sum_told = re.search(r": (\S+) \+ (\S+) → (\S+)$", text)
                assert bool(sum_told) == (" += " in text and step.before != 0.0 and is_added), text
                if sum_told:
                    told += 1
                    numbers = [*map(read, sum_told.groups())]
                    assert numbers == pytest.approx([step.before, gained, step.after], rel=5e-4)
                assert read(text.rpartition("→ ")[2]) == pytest.approx(step.after, rel=5e-4)
    assert told > 10


def test_in_a_narrow_terminal_the_passes_stand_below_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    comparison, steps = run(example.build(), "overwritten"), re.compile(r"^[ ▶] +\d+  .*|^ {7}wrong .*", re.MULTILINE)
    saved = comparison.page().html
    for columns, lines in (("120", 13), ("80", 26)):
        monkeypatch.setenv("COLUMNS", columns)
        found = steps.findall(str(comparison))
        assert len(found) == lines
        assert max(map(len, found)) <= int(columns)
    assert comparison.page().html == saved, "whatever the terminal"


def test_a_sum_of_three_taken_for_a_product_passes_on_the_product_of_the_others() -> None:
    wrong = run(total([Value(2.0, "a"), Value(3.0, "b"), Value(5.0, "c")]), "sum-and-product").wrong
    assert [step.local for step in wrong] == [15.0, 10.0, 6.0]


def test_nothing_is_changed() -> None:
    loss = example.build()
    loss.backward()
    nodes = SolvedGraph(loss).uses
    before = [(node.data, node.grad) for node in nodes]
    for name in MISCONCEPTIONS:
        run(loss, name).page()
    assert [(node.data, node.grad) for node in nodes] == before


def test_where_it_makes_no_difference_it_says_so() -> None:
    x = Value(2.0, "x")
    comparison = run(tanh(x), "overwritten")
    assert comparison.parting is None
    assert "makes no difference" in str(comparison)
    assert "0 of 1 gradients are wrong" in str(comparison)
    assert "makes no difference" in str(run(x * 3.0, "subtraction-sign"))


@each_misconception
def test_gradients_that_are_wrong_in_the_end_are_listed_before_those_that_are_right(name: str) -> None:
    counted, _, *rows = run(example.build(), name).outcome()
    marks = ["≠" in row for row in rows]
    assert marks == sorted(marks, reverse=True)
    assert counted.startswith(f"{sum(marks)} of {len(marks)} gradients")


def test_a_long_comparison_is_cut_around_the_parting() -> None:
    x = parameter(0.5, "x")
    y = x
    for _ in range(300):
        y = tanh(y) + 0.1
    text = str(run(y * y, "overwritten"))
    assert len(text.split("\n")) < 110
    assert "steps after" in text
    assert "… 561 more" in text


def test_shared_graphs_that_a_recursion_would_never_end_on_are_cut_short() -> None:
    x = Value(1.0, "x")
    y = x
    for _ in range(60):
        y = y * 0.5 + y * 0.5
    assert run(y, "no-topological-order").parting


def test_a_chain_has_one_order_however_long() -> None:
    v = Value(0.5, "x")
    for _ in range(10_050):
        v = v + 0.001
    comparison = run(v, "no-topological-order")
    assert comparison.parting is None
    assert "0 of 10050 gradients are wrong" in str(comparison)


@pytest.mark.parametrize(("loss", "name", "error", "words"), [
    (3.0, "overwritten", TypeError, "run takes a Value"),
    (Value(1.0), "overwriten", ValueError, "did you mean 'overwritten'"),
    (Value(1.0), 3, ValueError, "unknown misconception 3"),
])  # fmt: skip
def test_what_cannot_be_run_is_refused(loss: Value, name: str, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        run(loss, name)


def answers(*given: str) -> Iterator[str]:
    yield from given
    raise EOFError


def shown(comparison: Comparison, given: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> list[str]:
    told = itertools.chain(given, itertools.repeat(""))
    comparison.step_through(lambda prompt: next(told))
    return [line.strip("▶ ").split(" ")[0] for line in capsys.readouterr().out.split("\n") if "grad +=" in line]


def test_it_is_stepped_through_in_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    a, b = Value(2.0, "a"), Value(3.0, "b")
    comparison = run(a * b - a, "subtraction-sign")
    assert shown(comparison, (), capsys) == ["1", "2", "3", "4"]
    assert shown(comparison, ("", "b", "", ""), capsys) == ["1", "2", "1", "2", "3", "4"]
    assert shown(comparison, ("", "q"), capsys) == ["1", "2"]
    assert shown(comparison, ("b", "", "q"), capsys) == ["1", "1", "2"]
    comparison.step_through(lambda prompt: (_ for _ in ()).throw(EOFError))  # input has ended: the rest is shown
    assert "They diverge" in capsys.readouterr().out


def test_of_many_steps_those_around_the_divergence_are_listed() -> None:
    """Here between 60 right steps, or none, before it and as many after it."""

    def left_out(before: int, after: int) -> list[str]:
        y = Value(0.5, "x")
        for _ in range(after):
            y = y + 1.0
        y = y * y
        for _ in range(before):
            y = y + 1.0
        return re.findall("… .* steps .*", str(run(y, "overwritten")))

    assert left_out(before=60, after=60) == ["… 49 steps before", "… 48 steps after"]
    assert left_out(before=0, after=60) == ["… 48 steps after"]
    assert left_out(before=60, after=0) == ["… 49 steps before"]
    assert left_out(before=2, after=2) == []


def test_hostile_labels_stay_text() -> None:
    for label, _ in HOSTILE:
        x = Value(2.0, label)
        y = x * x - x
        y.label = label
        comparison = run(y, "overwritten")
        assert not set(str(comparison)) & set(map(chr, (*range(10), 11, 12, *range(14, 32), 127)))
        assert dangers(comparison.page().html) == [], label


def places(svg: str) -> list[list[tuple[str, ...]]]:
    """The lines, and the texts but for their words, of each box and arrow."""
    groups = [group for group in ET.fromstring(svg).iter(f"{SVG}g") if "id" in group.attrib]
    return [
        [
            tuple(part.get(name, "") for name in ("x", "y", "d", "points"))
            for part in group.iter()
            if part.tag != f"{SVG}g"
        ]
        for group in groups
    ]


@pytest.mark.parametrize("name", MISCONCEPTIONS)
def test_both_pictures_have_their_local_derivatives_at_the_same_places(name: str) -> None:
    comparison = run(example.build(), name)
    pictures = re.findall(r"<svg .*?</svg>", comparison.page().html, re.DOTALL)
    layouts = len(pictures) // 2
    assert layouts > 1
    assert [*map(places, pictures[:layouts])] == [*map(places, pictures[layouts:])]
    for side, passed in ((pictures[:layouts], comparison.right), (pictures[layouts:], comparison.wrong)):
        local = {(step.node, step.position): number(step.local) for step in passed}
        for picture in side:
            assert Counter(re.findall(r">∂ ([^<\u00a0]*)(?:\u00a0≠)?</text>", picture)) == Counter(local.values())


def test_a_page_of_too_many_values_is_refused() -> None:
    x = Value(0.5, "x")
    y = x
    for _ in range(400):
        y = sigmoid(y) + x
    with pytest.raises(ValueError, match=r"at most 600 values.*print the comparison"):
        run(y, "overwritten").page().html  # noqa: B018
