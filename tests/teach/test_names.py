"""The small GPT: what each letter's logits depend on, its loss, its programs, and the names that it invents."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microgradnet import compile, softmax
from microgradnet.optim import Adam
from microgradnet.teach.examples.names import BLOCK, GPT, LETTERS, colour_names, encode, invent, predictor, samples

SYMBOLS = {"letters": len(LETTERS), "following": len(LETTERS)}
NAMES = ["red", "ice", "sea blue", "dark olive", "light turquoise"]


def small(seed: int = 0) -> GPT:
    return GPT(4, 2, seed=seed)


def numbers(rows: Any) -> list[list[float]]:
    return [[z.data for z in row] for row in rows]


@given(
    letters=st.lists(st.sampled_from(range(len(LETTERS))), min_size=2, max_size=6),
    data=st.data(),
    seed=st.integers(0, 9),
)
@settings(max_examples=20, deadline=None)
def test_logits_depend_on_no_later_letter_and_on_this_one(letters: list[int], data: st.DataObject, seed: int) -> None:
    model, changed = small(seed), data.draw(st.integers(0, len(letters) - 1))
    others = letters[:]
    others[changed] = (letters[changed] + data.draw(st.integers(1, len(LETTERS) - 1))) % len(LETTERS)
    before, after = numbers(model(letters)), numbers(model(others))
    assert before[:changed] == after[:changed]
    assert all(a != b for a, b in zip(before[changed:], after[changed:], strict=True))


def test_equal_letters_at_two_positions_have_different_logits() -> None:
    first, second = numbers(small()(encode("a")[:1] * 2))
    assert first != second


@pytest.mark.parametrize("name", NAMES)
def test_a_padded_name_has_the_loss_of_the_name_alone(name: str) -> None:
    model, end = small(), len(name) + 1
    letters, following, mask = (rows[0].tolist() for rows in samples([name]))
    alone = model.loss(letters[:end], following[:end], mask[:end])
    assert model.loss(letters, following, mask).data == pytest.approx(alone.data, rel=1e-12)
    likelihoods = [softmax(row)[k] for row, k in zip(numbers(model(letters[:end])), following[:end], strict=True)]
    assert alone.data == pytest.approx(-np.log(likelihoods).mean(), rel=1e-12)


def test_compiled_it_has_the_loss_and_the_gradient_of_the_eager_one() -> None:
    model = small()
    arrays = samples(NAMES[:3])
    value, gradient = compile(model.loss, model, symbols=SYMBOLS)(*arrays)
    losses = [model.loss(*(rows.tolist() for rows in sample)) for sample in zip(*arrays, strict=True)]
    for loss in losses:
        loss.backward(1 / len(losses))
    assert value == pytest.approx(np.mean([loss.data for loss in losses]), rel=1e-12)
    np.testing.assert_allclose(gradient, [p.grad for p in model.parameters()], rtol=1e-9, atol=1e-12)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of letters at each call of a model: a compiled one is called when it is captured."""
    call, found = GPT.__call__, []

    def counted(self: GPT, letters: Any) -> Any:
        found.append(len(letters))
        return call(self, letters)

    monkeypatch.setattr(GPT, "__call__", counted)
    return found


def test_names_of_all_lengths_train_in_one_program(calls: list[int]) -> None:
    model = small()
    step = compile(model.loss, model, symbols=SYMBOLS)
    step(*samples(NAMES[:1]))
    captured = calls[:]
    for name in NAMES:
        step(*samples([name]))
    assert calls == captured
    assert set(captured) == {BLOCK}


def test_names_of_all_lengths_are_invented_by_one_program(calls: list[int]) -> None:
    next(invent(small(), 1))
    captured = calls[:]
    names = [*invent(small(), 12)]
    assert len({*map(len, names)}) > 3
    assert calls == captured * 2
    assert set(captured) == {BLOCK}


def test_training_lowers_the_loss() -> None:
    model = small()
    step = compile(model.loss, model, symbols=SYMBOLS)
    optimizer = Adam(step.parameters, lr=0.02)
    losses = []
    for _ in range(150):
        loss, gradient = step(*samples(NAMES))
        optimizer.step(gradient)
        losses.append(loss)
    assert losses[0] > 3.0
    assert losses[-1] < 1.5
    assert len({*invent(model, 40)} & {*NAMES}) >= 2, "it has learnt these names"


def test_probabilities_are_those_of_the_logits_and_add_up_to_1() -> None:
    model = small()
    found = predictor(model)([encode("." + name) for name in NAMES], [len(name) for name in NAMES])
    assert found.shape == (len(NAMES), len(LETTERS))
    np.testing.assert_allclose(found.sum(axis=1), 1.0, rtol=1e-12)
    for name, probabilities in zip(NAMES, found, strict=True):
        logits = numbers(model([LETTERS.index(letter) for letter in "." + name]))[-1]
        np.testing.assert_allclose(probabilities, softmax(logits), rtol=1e-9)


def test_invented_names_are_letters_and_those_of_their_seed() -> None:
    names = [*invent(small(), 10, seed=1)]
    assert names == [*invent(small(), 10, seed=1)]
    assert names != [*invent(small(), 10, seed=2)]
    assert all(set(name) <= set(LETTERS[1:]) and len(name) <= BLOCK for name in names)


def test_letters_are_drawn_with_their_probabilities() -> None:
    model = small()
    for neuron, probability in zip(model.logits.neurons, [0.5, 0.3, 0.2, *[1e-300] * 25], strict=True):
        for w in neuron.w:
            w.data = 0.0
        neuron.b.data = float(np.log(probability))
    drawn = "".join(name + "." for name in invent(model, 400) if len(name) < BLOCK)
    assert set(drawn) == set(". a")
    for letter, probability in zip(". a", (0.5, 0.3, 0.2), strict=True):
        assert drawn.count(letter) / len(drawn) == pytest.approx(probability, abs=0.05)


def test_the_colours_fit_and_no_letter_is_lost() -> None:
    names = colour_names()
    letters, following, mask = samples(names)
    assert len(names) > 800
    assert max(map(len, names)) == BLOCK - 1
    assert letters.shape == following.shape == mask.shape == (len(names), BLOCK)
    assert mask.sum() == sum(len(name) + 1 for name in names)
    np.testing.assert_array_equal(letters[:, 1:], following[:, :-1])
