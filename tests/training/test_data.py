"""Data: what the docstrings say of it, measured; batches and splits."""

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnet.data import batches, blobs, circles, linear, moons, padded, spirals, train_test_split, xor
from microgradnet.losses import binary_cross_entropy, binary_cross_entropy_with_logits
from microgradnet.train.metrics import ONE_OF_MANY, accuracy_of
from microgradnet.train.progress import Progress
from microgradnet.train.targets import targets_for


def test_noise_is_a_standard_deviation() -> None:
    for make in (moons, circles, spirals):
        still, moved = (make(4000, noise=noise, seed=3)[0] for noise in (0.0, 0.3))
        assert np.std(moved - still) == pytest.approx(0.3, rel=0.05)
    still, moved = (blobs(4000, spread=spread, seed=3)[0] for spread in (0.0, 0.3))
    assert np.std(moved - still) == pytest.approx(0.3, rel=0.05)
    X, Y = linear(4000, [2.0], 1.0, noise=0.3)
    assert np.std(Y - 2 * X[:, 0] - 1) == pytest.approx(0.3, rel=0.05)


def test_classes_are_where_they_are_said_to_be() -> None:
    X, Y = circles(100, noise=0.0, factor=0.25)
    assert np.allclose(np.hypot(*X[Y == 0].T), 1.0)
    assert np.allclose(np.hypot(*X[Y == 1].T), 0.25)
    X, Y = moons(100, noise=0.0)
    assert np.allclose(np.hypot(*X[Y == 0].T), 1.0)
    assert (X[Y == 0][:, 1] >= -1e-9).all()


@pytest.mark.parametrize("make", [moons, circles, spirals, blobs, linear])
def test_the_seed_draws_the_data(make) -> None:  # type: ignore[no-untyped-def]
    same, again, other = (make(50, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(same[0], again[0])
    assert np.array_equal(same[1], again[1])
    assert not np.array_equal(same[0], other[0])


def test_batches_are_shuffled_by_the_seed() -> None:
    X, Y = np.arange(20), np.arange(20) * 2

    def order(seed: int | None) -> list[int]:
        chunks = list(batches(X, Y, 6, seed))
        assert [len(x) for x, _ in chunks] == [6, 6, 6, 2]
        assert all((y == 2 * x).all() for x, y in chunks)
        return [int(x) for chunk, _ in chunks for x in chunk]

    assert order(None) == X.tolist()
    assert order(1) == order(1) != order(2)
    assert sorted(order(1)) == X.tolist()


@pytest.mark.parametrize("test", [0.0, 1.0, -0.5, float("nan"), 2.0])
def test_a_split_leaves_both_sides(test: float) -> None:
    with pytest.raises(ValueError, match="samples on both sides"):
        train_test_split(*moons(10), test=test)


@pytest.mark.parametrize("noise", [-1.0, float("inf"), float("nan")])
def test_noise_that_is_none_is_refused(noise: float) -> None:
    for call in (lambda: moons(noise=noise), lambda: blobs(spread=noise), lambda: linear(noise=noise)):
        with pytest.raises(ValueError, match="a finite number of at least 0"):
            call()


def test_the_border_of_probabilities_is_a_half() -> None:
    probabilities, logits = np.array([0.3, 0.6]), np.array([-0.5, 0.3])
    for loss, predictions in ((binary_cross_entropy, probabilities), (binary_cross_entropy_with_logits, logits)):
        accuracy = accuracy_of(loss)
        assert accuracy
        assert accuracy(predictions, np.array([0.0, 1.0])) == 1.0
        assert accuracy(predictions, np.array([1.0, 0.0])) == 0.0


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("columns", "has_times"), [(80, False), (160, True)])
def test_in_a_terminal_a_bar_shows_the_latest_epoch(
    columns: int, has_times: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("COLUMNS", str(columns))
    with Progress(5, 2) as shown:
        for epoch in (3, 4):
            shown.show(epoch, {"loss": 0.5, "validation_accuracy": 0.75})
    last = terminal.getvalue().rstrip("\n").split("\r")[-1]
    assert "4/5" in last
    assert "loss=0.5, val accuracy=0.75" in last
    assert ("epoch/s" in last) == has_times, "a narrow one has room for the numbers alone"
    assert terminal.getvalue().endswith("\n"), "it is closed"


def test_a_log_has_few_lines_and_the_last(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("microgradnet.train.progress.SECONDS", 0.0)
    with Progress(19) as shown:
        for epoch in range(1, 18):
            shown.show(epoch, {"loss": 1.0 / epoch})
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) <= 10
    assert lines[-1].startswith("epoch 17/19: loss 0.05882")


def test_xor_has_four_samples() -> None:
    X, Y = xor()
    assert [(int(a), int(b), int(y)) for (a, b), y in zip(X, Y, strict=True)] == [
        (0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0),
    ]  # fmt: skip


def test_the_part_that_is_held_out_is_rounded() -> None:
    X, Y = moons(7)
    assert [len(train_test_split(X, Y, test)[1]) for test in (0.2, 0.25, 0.5, 0.6, 0.75)] == [1, 2, 4, 4, 5]


@given(st.lists(st.lists(st.lists(st.floats(-9, 9), min_size=2, max_size=2), max_size=4), min_size=1, max_size=5))
def test_a_padded_sequence_is_itself_where_its_mask_is_1_and_0_elsewhere(sequences: list[list[list[float]]]) -> None:
    if not any(sequences):
        with pytest.raises(ValueError, match="at least one of them with a number"):
            padded(sequences)
        return
    array, mask = padded(iter(sequences))
    longest = max(map(len, sequences))
    assert (array.shape, mask.shape) == ((len(sequences), longest, 2), (len(sequences), longest))
    assert [rows[where == 1].tolist() for rows, where in zip(array, mask, strict=True)] == sequences
    assert not array[mask == 0].any()


def test_padded_whole_numbers_stay_whole() -> None:
    assert padded([[1, 2], [3]])[0].dtype.kind == "i"
    assert padded([[1, 2], [0.5], []])[0].tolist() == [[1.0, 2.0], [0.5, 0.0], [0.0, 0.0]]


@pytest.mark.parametrize(
    ("sequences", "words"),
    [
        ([], "at least one of them with a number; got 0"),
        ([[1.0], 2.0], "sequence 1 has to be a list of numbers or of rows of numbers, got 2.0"),
        ([["a"]], "sequence 0 has to be a list of numbers"),
        ([[1.0], [[1.0]]], r"sequence 1 has rows of shape \(1,\), those before have \(\)"),
        ([[[1.0], [1.0, 2.0]]], "sequence 0 has rows of different shapes"),
    ],
)
def test_what_cannot_be_padded(sequences: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        padded(sequences)


@pytest.mark.parametrize("loss", ONE_OF_MANY)
def test_classes_become_rows_of_a_loss_with_an_output_for_each(loss: Any) -> None:
    rows = targets_for(loss, [1, 0], lambda x: [0.0, 0.0], [1.0])
    assert rows.tolist() == [[0.0, 1.0], [1.0, 0.0]]
