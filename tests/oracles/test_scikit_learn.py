"""Data that ships with scikit-learn, and how well the digits are learnt."""

from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from microgradnet import compile, load
from microgradnet.cli.main import main
from microgradnet.data import digits, iris, scikit_learn_file, train_test_split
from microgradnet.teach.applications.colour.photographs import image_of
from microgradnet.train.plotting import confusion_matrix


def test_data_are_those_that_scikit_learn_loads() -> None:
    datasets = import_module("sklearn.datasets")
    X, Y = datasets.load_digits(return_X_y=True)
    for ours, theirs in zip(digits() + iris(), (X / 16, Y, *datasets.load_iris(return_X_y=True)), strict=True):
        np.testing.assert_array_equal(ours, theirs, strict=True)
    for name in ("china.jpg", "flower.jpg"):
        np.testing.assert_array_equal(image_of(scikit_learn_file("images", name)), datasets.load_sample_image(name))


def test_digits_are_learnt(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "digits", "--out", str(tmp_path), "--quiet"]) == 0
    assert "validation accuracy: 0.9" in capsys.readouterr().out
    _, X_test, _, Y_test = train_test_split(*digits(), 0.25, seed=0)
    predicted = compile(load(tmp_path / "model.npz"))(X_test).argmax(axis=1)
    assert np.mean(predicted == Y_test) >= 0.97


def test_counts_of_a_confusion_matrix_are_those_of_scikit_learn() -> None:
    metrics = import_module("sklearn.metrics")
    rng = np.random.default_rng(0)
    true, predicted = rng.integers(0, 7, (2, 500))
    counts = np.zeros((7, 7), int)
    for text in confusion_matrix(true, predicted).axes[0].texts:
        column, row = text.get_position()
        counts[row, column] = int(text.get_text())
    np.testing.assert_array_equal(counts, metrics.confusion_matrix(true, predicted))
    assert (counts != metrics.confusion_matrix(predicted, true)).any(), "rows and columns would be noticed"
