"""Of a loss over many samples, the neurons of one are drawn; of too many, one is played alone."""

from typing import Any

import pytest

from microgradnet import MLP, Value, page, total
from microgradnet.drawing.repeats import Repeats
from microgradnet.graph import Graph
from microgradnet.notation.names import Namer
from microgradnet.stepping.page_layout import views_of
from microgradnet.stepping.samples import MOST_PLAYED, played_alone, sample_of
from tests.stepping.test_webpage import graph_of
from tests.svg import words

MODEL = MLP(2, [16, 16, 1], "tanh", seed=1)
INPUTS = [(k / 8, (-1) ** k) for k in range(100)]


def losses(count: int, model: Any = MODEL) -> list[Any]:
    return [(model(x) - 1) ** 2 for x in INPUTS[:count]]


def added(terms: list[Any]) -> Any:
    result: Any = sum(terms)
    return result


@pytest.mark.parametrize("summed", [total, added])
def test_the_neurons_are_those_of_the_sample_with_the_largest_loss(summed: Any) -> None:
    terms = losses(5)
    view = views_of(Graph(summed(terms) / 5))["neurons"]
    worst = max(terms, key=lambda term: term.data)
    assert f"sample {terms.index(worst) + 1} of 5, the one with the largest loss; the other 4 are" in view.note
    of_neurons = [node for node in Graph(worst).computed if node.op.name in {"weighted_sum", "tanh"}]
    assert all(node in view.boxes for node in of_neurons)
    others = {node for term in terms if term is not worst for node in Graph(term).computed}
    assert others.isdisjoint(view.boxes)
    rows = [(what, value) for _, _, what, value, _ in view.rows]
    assert [("data", a) in rows for a in of_neurons if a.op.name == "tanh"] == [True] * 32


def test_the_neurons_of_the_sample_have_its_names_and_its_inputs_are_offered_first() -> None:
    loss = total(losses(5)[::-1]) / 5
    loss.label = "loss"
    graph = Graph(loss)
    view, namer = views_of(graph)["neurons"], Namer(graph.nodes)
    drawn = {word.replace("\u00a0", " ").strip() for word in words(view.picture.svg)}
    ours = {namer.name(node) for node in view.boxes if node.op.name == "tanh"}
    assert len(ours) == 32
    assert ours <= {word.split(" ")[0] for word in drawn}
    assert any("#" in name for name in ours)
    assert "loss = sum / 5" in drawn


def test_two_samples_are_no_many_and_terms_without_neurons_are_no_samples() -> None:
    assert sample_of(Repeats(Graph(total(losses(2))))) is None
    assert sample_of(Repeats(Graph(total([Value(k).exp() for k in range(5)])))) is None


@pytest.mark.parametrize("summed", [total, added])
def test_of_too_many_samples_the_one_with_the_largest_loss_is_played_alone(summed: Any) -> None:
    terms = losses(80)
    loss = summed(terms) / 80 + 0.5
    alone, about = played_alone(Graph(loss))
    worst = max(terms, key=lambda term: term.data)
    assert about.startswith(f"Only sample {terms.index(worst) + 1} of 80 is here, the one with the largest loss")
    assert alone.data == pytest.approx(loss.data)
    assert {*Graph(worst).computed} < {*Graph(alone).computed}
    model = MODEL.parameters()
    for parameter in model:
        parameter.zero_grad()
    alone.backward()
    found = [parameter.grad for parameter in model]
    for parameter in model:
        parameter.zero_grad()
    (worst / 80).backward()
    assert found == pytest.approx([parameter.grad for parameter in model])


def test_what_can_be_played_is_left_as_it_is() -> None:
    loss = total(losses(8))
    assert sum(len(node.operands) for node in Graph(loss).computed) < MOST_PLAYED
    assert played_alone(Graph(loss)) == (loss, "")


def test_the_page_of_a_hundred_samples_is_small_and_says_what_is_left_out() -> None:
    made = page(total(losses(100)) / 100)
    notes = graph_of(made.html)["notes"]
    assert len(made.html) < 1_000_000
    assert all("of 100 is here" in note for note in notes.values())
