"""`fit` on batches of any iterable: what a loss takes and gives back, streams, resuming, and what is refused."""

import math
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from microgradnet import MLP, Layer, Module, fit, load, parameter, scan, total
from microgradnet.data import batches, moons, one_hot, padded
from microgradnet.layers import LSTM, Embedding
from microgradnet.losses import l2
from microgradnet.optim import SGD, Adam

RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 2))
Z = RNG.normal(size=(12, 3))
Y = X[:, 0] - Z[:, 2]
WEIGHTS = RNG.uniform(0.5, 2.0, 12)


def network(seed: int = 1) -> MLP:
    return MLP(5, [4, 1], "tanh", seed=seed)


def numbers_of(model: Module) -> list[float]:
    return [p.data for p in model.parameters()]


class Line(Module):
    """y = w·x."""

    def __init__(self, w: float = 3.0) -> None:
        self.w = parameter(w, "w")

    def loss(self, x: Any, y: Any) -> Any:
        return (self.w * x - y) ** 2


def trained(source: Any, loss: Any = None, w: float = 3.0, **options: Any) -> tuple[Line, Any]:
    model = Line(w)
    defaults = {"optimizer": SGD(model, 0.1), "progress": False, "epochs": 4}
    return model, fit(model, source, loss=loss or model.loss, **{**defaults, **options})


ONE = ([1.0, 2.0], [0.5, 1.0])
TWO = ([-1.0, 0.5, 2.0], [0.0, 0.5, 1.0])


# --- what a loss takes ---


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("by_name", [True, False])
def test_a_second_input_and_weights_of_samples(compiled: bool, by_name: bool) -> None:
    """Equal to the same steps written out, with Values."""
    model, other = network(), network()

    def loss(x: Any, z: Any, y: Any, scale: Any = 1.0, weight: Any = 1.0) -> Any:
        return weight * scale * (model([*x, *z]) - y) ** 2

    names = ("x", "z", "y", "weight")  # by name, `scale` is left out
    parts = [(X[i : i + 5], Z[i : i + 5], Y[i : i + 5], WEIGHTS[i : i + 5]) for i in range(0, 12, 5)]
    given: list[Any] = [
        dict(zip(names, part, strict=True)) if by_name else (*part, np.ones(len(part[0]))) for part in parts
    ]
    history = fit(model, given, loss=loss, optimizer=SGD(model, 0.1), epochs=2, compiled=compiled, progress=False)
    losses = []
    for _ in range(2):
        summed = 0.0
        for part in parts:
            terms = [w * (other([*x, *z]) - y) ** 2 for x, z, y, w in zip(*[a.tolist() for a in part], strict=True)]
            mean = total(terms) / len(terms)
            other.zero_grad()
            mean.backward()
            summed += mean.data * len(terms)
            for p in other.parameters():
                p.data -= 0.1 * p.grad
        losses.append(summed / 12)
    np.testing.assert_allclose(numbers_of(model), numbers_of(other), rtol=1e-12)
    np.testing.assert_allclose(history["loss"], losses, rtol=1e-12)


def test_a_named_batch_and_a_positional_one_are_the_same_and_may_mix() -> None:
    named = [{"y": y, "x": x} for x, y in (ONE, TWO)]
    found = [trained(source) for source in ([ONE, TWO], named, [ONE, named[1]])]
    assert len({model.w.data for model, _ in found}) == 1
    assert found[0][1].epochs == found[1][1].epochs == found[2][1].epochs


def test_x_and_y_are_the_batches_that_they_are_cut_into() -> None:
    points, classes = moons(20)
    sides = 2.0 * classes - 1
    one, other = MLP(2, [4, 1], "tanh", seed=1), MLP(2, [4, 1], "tanh", seed=1)
    options: dict[str, Any] = {"epochs": 3, "progress": False}
    history = fit(
        one, points, sides, batch_size=8, seed=5, validation=(points, sides), penalty=lambda model: l2(model, 1e-3),
        **options,
    )  # fmt: skip
    again = fit(
        other, lambda epoch: batches(points, sides, 8, (5, epoch)),
        loss=lambda x, y: (other(x) - y) ** 2 + l2(other, 1e-3), validation=[(points, sides)], **options,
    )  # fmt: skip
    np.testing.assert_allclose(numbers_of(one), numbers_of(other), rtol=1e-12)
    np.testing.assert_allclose(history["loss"], again["loss"], rtol=1e-12)
    np.testing.assert_allclose(history["validation_loss"], again["validation_loss"], rtol=1e-12)


SEQUENCES = [RNG.normal(size=(length, 2)).tolist() for length in (4, 1, 6, 3, 5)]
LABELS = [[sum(row) for row in sequence] for sequence in SEQUENCES]


class Reader(Module):
    """A number for each row of a sequence."""

    def __init__(self) -> None:
        self.lstm = LSTM(2, 3, seed=1)
        self.score = Layer(3, 1, "linear", seed=2)

    def __call__(self, rows: Any) -> list[Any]:
        return [self.score(h) for h in self.lstm(rows)]


@pytest.mark.parametrize("compiled", [True, False])
def test_sequences_of_different_lengths_with_a_mask_train_as_each_alone(compiled: bool) -> None:
    """An LSTM on padded sequences takes the same steps as one that reads each sequence in its own length."""
    model, other = Reader(), Reader()
    rows, mask = padded(SEQUENCES)
    labels, _ = padded(LABELS)

    def loss(rows: Any, mask: Any, labels: Any) -> Any:
        errors = [m * (y - t) ** 2 for y, m, t in zip(model(rows), mask, labels, strict=True)]
        return total(errors) / total(mask)

    given = [(rows[:3], mask[:3], labels[:3]), (rows[3:], mask[3:], labels[3:])]
    history = fit(model, given, loss=loss, optimizer=Adam(model, 0.05), epochs=3, compiled=compiled, progress=False)
    optimizer = Adam(other, 0.05)
    losses = []
    for _ in range(3):
        summed = 0.0
        for part in (slice(3), slice(3, 5)):
            pairs = list(zip(SEQUENCES[part], LABELS[part], strict=True))
            means = [total([(y - t) ** 2 for y, t in zip(other(s), t, strict=True)]) / len(s) for s, t in pairs]
            mean = total(means) / len(means)
            optimizer.zero_grad()
            mean.backward()
            optimizer.step()
            summed += mean.data * len(means)
        losses.append(summed / 5)
    np.testing.assert_allclose(numbers_of(model), numbers_of(other), rtol=1e-9)
    np.testing.assert_allclose(history["loss"], losses, rtol=1e-9)


# --- what a loss gives back ---


@pytest.mark.parametrize("compiled", [True, False])
def test_states_are_carried_on_from_batch_to_batch(compiled: bool) -> None:
    """A sequence in three pieces, each with the state after the one before: as the whole sequence, at a rate of 0."""
    lstm = LSTM(2, 3, seed=1)
    long = RNG.normal(size=(4, 9, 2))
    state = {"h": np.zeros((4, 3)), "c": np.zeros((4, 3))}
    found: list[Any] = []

    def loss(rows: Any, h: Any, c: Any) -> Any:
        def step(state: Any, row: Any) -> Any:
            state = lstm.step(state, row)
            return state, state[0]

        (h, c), hidden = scan(step, (h, c), rows)
        return total([y * y for y in hidden[-1]]), {"h": h, "c": c}, hidden

    def pieces() -> Iterator[dict[str, Any]]:
        for begin in (0, 3, 6):
            yield {"rows": long[:, begin : begin + 3], **state}

    def keep(after: Any, hidden: Any) -> None:
        state.update(after)
        found.append(hidden)

    history = fit(
        lstm, pieces(), loss=loss, optimizer=SGD(lstm, 1e-300), epochs=1, after_batch=keep, compiled=compiled,
        progress=False,
    )  # fmt: skip
    whole = [[[y.data for y in h] for h in lstm(rows)] for rows in long.tolist()]
    np.testing.assert_allclose(np.concatenate(found, axis=1), whole, rtol=1e-12)
    assert len(history) == 1


@pytest.mark.parametrize("compiled", [True, False])
def test_the_metric_is_of_the_further_outputs(compiled: bool) -> None:
    seen: list[Any] = []

    def largest(y: Any, both: Any) -> float:
        seen.append(both["pair"].shape)
        return float(np.max(y))

    model = Line()
    history = fit(
        model, [ONE, TWO], loss=lambda x, y: (model.loss(x, y), model.w * x, {"pair": [x, y]}), metric=largest,
        optimizer=SGD(model, 1e-300), epochs=1, validation=[TWO], compiled=compiled, progress=False,
    )  # fmt: skip
    assert history.last["largest"] == 6.0, "of each batch 6.0: the mean over the samples"
    assert history.last["validation_largest"] == 6.0
    assert seen == [(2, 2), (3, 2), (3, 2)]


def test_predictions_are_passed_on_with_x_and_y_too() -> None:
    seen: list[Any] = []
    model = MLP(5, [2], seed=1)
    fit(model, np.hstack([X, Z]), np.stack([Y, Y], 1), epochs=1, batch_size=5, after_batch=seen.append, progress=False)
    assert [y.shape for y in seen] == [(5, 2), (5, 2), (2, 2)]


# --- iterables ---


def test_an_endless_stream_with_a_number_of_steps_goes_on_in_the_next_epoch() -> None:
    drawn: list[int] = []

    def stream() -> Iterator[Any]:
        while True:
            drawn.append(len(drawn))
            yield [float(len(drawn))], [1.0]

    model, history = trained(stream(), steps=3, optimizer="adam")
    assert len(drawn) == 12, "no batch is drawn that is not used"
    assert len(history) == 4
    listed, others = trained([([float(n)], [1.0]) for n in range(1, 13)], epochs=1, optimizer="adam")
    assert model.w.data == listed.w.data
    assert np.mean(history["loss"]) == pytest.approx(others["loss"][0])


def test_an_iterator_that_ends_ends_the_training() -> None:
    _, history = trained(iter([ONE, TWO, ONE]), steps=2)
    assert (len(history), history.ended) == (2, "no more batches")
    _, history = trained(iter([ONE, TWO, ONE]))
    assert (len(history), history.ended) == (1, "no more batches")


def test_a_list_begins_anew_and_a_function_is_called_with_each_epoch() -> None:
    epochs: list[int] = []

    def augmented(epoch: int) -> Iterator[Any]:
        """Each epoch shifts the inputs by another noise."""
        epochs.append(epoch)
        rng = np.random.default_rng(epoch)
        for x, y in (ONE, TWO):
            yield np.array(x) + rng.normal(0.0, 0.1, len(x)), y

    model, history = trained(augmented)
    assert (epochs, history.ended) == ([1, 2, 3, 4], "all epochs")
    steps = [batch for epoch in (1, 2, 3, 4) for batch in augmented(epoch)]
    assert trained(steps, epochs=1)[0].w.data == model.w.data
    assert trained([ONE, TWO])[0].w.data == trained([ONE, TWO] * 4, epochs=1)[0].w.data != model.w.data
    assert trained([ONE, TWO], steps=1)[0].w.data == trained([ONE])[0].w.data


def test_steps_limit_the_batches_of_x_and_y() -> None:
    models = [MLP(2, [1], seed=1) for _ in range(2)]
    fit(models[0], X, Y, batch_size=4, steps=1, epochs=1, progress=False)
    (first, targets), *_ = batches(X, Y, 4, (0, 1))
    fit(models[1], first, targets, batch_size=4, epochs=1, progress=False)
    np.testing.assert_allclose(numbers_of(models[0]), numbers_of(models[1]), rtol=1e-12)


def test_batches_of_different_shapes_have_a_program_each() -> None:
    def loss(row: Any, y: Any) -> Any:
        return (total([model.w * x for x in row]) - y) ** 2

    found = []
    for compiled in (True, False):
        model = Line()
        fit(model, [([[1.0, 2.0]], [1.0]), ([[1.0, 2.0, 3.0]], [1.0])], loss=loss, epochs=2, compiled=compiled)
        found.append(model.w.data)
    assert found[0] == pytest.approx(found[1], rel=1e-12)


# --- resuming and ending ---


@pytest.mark.parametrize("source", [[ONE, TWO], lambda epoch: batches(X[:, 0], Y, 5, epoch)])
def test_a_resumed_training_comes_to_the_same_bits(source: Any, tmp_path: Path) -> None:
    def run(name: str, *stops: int) -> tuple[float, Any]:
        for epochs in stops:
            model, history = trained(
                source, w=1.0, epochs=epochs, checkpoint=tmp_path / name, resume=True, validation=[TWO], patience=50
            )
        return model.w.data, history.epochs

    assert run("parts", 2, 7) == run("whole", 7)


def test_an_iterator_that_is_resumed_goes_on_where_it_is(tmp_path: Path) -> None:
    stream = iter([ONE, TWO] * 3)
    for epochs in (1, 3):
        model, history = trained(
            stream, epochs=epochs, steps=2, checkpoint=tmp_path / "c.npz", resume=True, optimizer="sgd"
        )
    assert model.w.data == trained([ONE, TWO], epochs=3, optimizer="sgd")[0].w.data
    assert next(stream, None) is None
    assert len(history) == 3


def test_ctrl_c_ends_it_after_the_step_and_draws_no_other_batch(tmp_path: Path) -> None:
    drawn: list[int] = []

    def stream() -> Iterator[Any]:
        while True:
            drawn.append(len(drawn))
            if len(drawn) == 5:
                os.kill(os.getpid(), signal.SIGINT)
            yield ONE

    model, history = trained(stream(), steps=2, epochs=99, checkpoint=tmp_path / "c.npz")
    assert (len(history), history.ended, len(drawn)) == (2, "interrupted", 5)
    assert model.w.data == trained([ONE] * 5, epochs=1)[0].w.data
    kept = Line()
    load(tmp_path / "c.npz", kept)
    assert kept.w.data == trained([ONE] * 4, epochs=1)[0].w.data


def test_patience_is_with_the_validation_in_batches() -> None:
    """Training goes on getting better; the validation, of another slope, from some epoch on worse."""

    def held_out(epoch: int) -> Iterator[Any]:
        return iter([([1.0], [0.9]), ([2.0, 1.0], [1.8, 0.9])])

    model, history = trained([ONE], w=2.0, epochs=99, patience=3, validation=held_out)
    assert history.ended == "no improvement"
    lowest = int(np.argmin(history["validation_loss"]))
    assert len(history) == lowest + 1 + 3
    loss = np.mean([(model.w.data * x - y) ** 2 for x, y in zip([1.0, 2.0, 1.0], [0.9, 1.8, 0.9], strict=True)])
    assert loss == pytest.approx(history["validation_loss"][lowest], rel=1e-12)
    assert history["loss"][-1] < history["loss"][0]


# --- what is refused ---


def noted(error: BaseException) -> str:
    return "\n".join([str(error), *getattr(error, "__notes__", [])])


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ([ONE, ([1.0, 2.0], [1.0])], "the same number of samples .* got 2, 1.*in batch 2 of epoch 1"),
        ([([], [])], "at least one; got 0, 0"),
        ([([1.0],)], "the loss takes x, y, and the batch has 1 arrays: missing a required argument: 'y'"),
        ([{"x": [1.0]}], "the batch has x: missing a required argument: 'y'"),
        ([{"x": [1.0], "y": [1.0], "mask": [1.0]}], "x, y, mask: got an unexpected keyword argument 'mask'"),
        ([(*ONE, [1.0, 1.0])], "the batch has 3 arrays: too many positional arguments"),
        ([(["a"], [1.0])], "argument 1 has to be an array"),
        ([(1.0, [1.0])], "argument 1 has to have a sample along its first axis, got a single number"),
        ([([1.0, math.nan], [1.0, 2.0])], r"argument 1\[1\] is nan: data has to be finite numbers"),
        ([{"x": [1.0], "y": [math.inf]}], r"y\[0\] is inf"),
        (np.ones((3, 2, 2)), r"a batch is a tuple or a dict of arrays, \(X,\) for a single array; got array"),
        ({"x": [1.0], "y": [1.0]}, "a batch is a tuple or a dict of arrays.*got 'x'"),
        ([], r"there are no batches in \[\]"),
        (lambda epoch: [], "there are no batches in <function"),
        (iter([]), "the iterator had ended before; give a new one"),
        (3, "batches are an iterable of tuples or dicts of arrays, or a function of the epoch that returns one; got 3"),
        (lambda epoch: epoch, "batches are an iterable .* got 1"),
    ],
)  # fmt: skip
def test_batches_that_cannot_be(source: Any, words: str) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        trained(source)
    assert re.search(words, noted(caught.value), re.DOTALL), noted(caught.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"loss": "hinge"}, "without Y, fit takes batches, and for the loss a function of one sample .* got 'hinge'"),
        ({"loss": "squared_error"}, r"for pairs \(x, y\) write X, Y = zip\(\*pairs\), and fit\(model, X, Y\)"),
        ({"patience": 3}, "patience with batches needs validation=…"),
        ({"validation": iter([ONE])}, "give a list of batches, or a function of the epoch"),
        ({"validation": 0.2}, "batches are an iterable .* got 0.2"),
        ({"validation": []}, r"there are no batches in \[\]"),
        ({"steps": 0}, "steps must be a whole number of at least 1, got 0"),
        ({"loss": lambda x, y: [x]}, r"the loss returns a Value, or a tuple that begins with it; got \["),
        ({"loss": lambda x, y: ()}, "the loss returns a Value"),
    ],
)
@pytest.mark.parametrize("compiled", [True, False])
def test_what_does_not_go_with_batches(options: dict[str, Any], words: str, compiled: bool) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        trained([ONE], compiled=compiled, **options)


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("by_name", [True, False])
def test_symbols_are_whole_numbers_in_batches_and_one_hot_rows_in_the_loss(compiled: bool, by_name: bool) -> None:
    letters, targets = np.array([[0, 2], [1, 1], [2, 0]]), np.array([1.0, 0.0, 2.0])

    def trained(numbers: Any, **options: Any) -> list[float]:
        model = Embedding(3, 1, seed=1)

        def loss(letters: Any, target: Any) -> Any:
            return (sum(model(letter)[0] for letter in letters) - target) ** 2

        batch = {"letters": numbers, "target": targets} if by_name else (numbers, targets)
        fit(model, [batch], loss=loss, epochs=3, compiled=compiled, progress=False, **options)
        return [p.data for p in model.parameters()]

    assert trained(letters, symbols={"letters": 3}) == trained(one_hot(letters, 3))
    with pytest.raises(ValueError, match="letters") as caught:
        trained(letters + 1, symbols={"letters": 3})
    assert "in batch 1 of epoch 1" in caught.value.__notes__[0]
    with pytest.raises(ValueError, match="symbols has 'word'"):
        trained(letters, symbols={"word": 3})


def test_symbols_need_batches() -> None:
    with pytest.raises(ValueError, match="pass batches"):
        fit(MLP(1, [1]), [[0.0]], [0.0], symbols={"x": 2}, progress=False)
