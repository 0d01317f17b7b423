"""Data that ships with scikit-learn, and how well the digits are learnt."""

from pathlib import Path

import numpy as np
import pytest

from microgradnet import compile, load
from microgradnet.cli.main import main
from microgradnet.data import digits, iris, train_test_split


def test_digits_and_iris() -> None:
    X, Y = digits()
    assert (X.shape, Y.shape, X.min(), X.max(), set(Y.tolist())) == ((1797, 64), (1797,), 0.0, 1.0, set(range(10)))
    X, Y = iris()
    assert (X.shape, np.bincount(Y).tolist()) == ((150, 4), [50, 50, 50])


def test_digits_are_learnt(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "digits", "--out", str(tmp_path), "--quiet"]) == 0
    assert "validation accuracy: 0.9" in capsys.readouterr().out
    _, X_test, _, Y_test = train_test_split(*digits(), 0.25, seed=0)
    predicted = compile(load(tmp_path / "model.npz"))(X_test).argmax(axis=1)
    assert np.mean(predicted == Y_test) >= 0.97
