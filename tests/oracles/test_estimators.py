"""Estimators in scikit-learn's own checks, pipelines and searches."""

import doctest
import pickle
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from microgradnet import draw, estimators
from microgradnet.data import digits, iris, train_test_split
from microgradnet.estimators import NetworkClassifier, NetworkRegressor


@parametrize_with_checks([NetworkClassifier((16,), max_iter=60), NetworkRegressor((16,), max_iter=60)])  # type: ignore[untyped-decorator]
def test_scikit_learns_own_checks(estimator: Any, check: Any) -> None:
    check(estimator)


def test_pipelines_cross_validation_and_grid_search() -> None:
    X, Y = iris()
    pipeline = make_pipeline(StandardScaler(), NetworkClassifier((8,), max_iter=40, random_state=0))
    scores = cross_val_score(pipeline, X, Y)
    assert scores.mean() > 0.9
    search = GridSearchCV(NetworkClassifier(max_iter=20, random_state=0), {"hidden_layer_sizes": [(2,), (8,)]}, cv=3)
    assert search.fit(X, Y).best_params_ == {"hidden_layer_sizes": (8,)}


def test_classes_of_any_kind_and_likelihoods() -> None:
    X, Y = iris()
    names = np.array(["setosa", "versicolor", "virginica"])[Y]
    network = NetworkClassifier((8,), random_state=0).fit(X, names)
    assert network.classes_.tolist() == ["setosa", "versicolor", "virginica"]
    likelihoods = network.predict_proba(X)
    np.testing.assert_allclose(likelihoods.sum(axis=1), 1)
    assert (network.classes_[likelihoods.argmax(axis=1)] == network.predict(X)).all()
    assert network.score(X, names) > 0.95
    again = pickle.loads(pickle.dumps(network))
    assert (again.predict(X) == network.predict(X)).all()
    assert not hasattr(clone(network), "model_")
    assert "svg" in draw(network.model_).svg
    assert network.loss_curve_[-1] < network.loss_curve_[0]
    assert len(network.loss_curve_) == network.n_iter_


def test_digits() -> None:
    X, X_test, Y, Y_test = train_test_split(*digits(), 0.25, seed=0)
    assert NetworkClassifier((64,), max_iter=30, random_state=0).fit(X, Y).score(X_test, Y_test) >= 0.96


def test_one_class_is_not_enough() -> None:
    with pytest.raises(ValueError, match="one class"):
        NetworkClassifier().fit([[0.0], [1.0]], [3, 3])


def test_the_examples_in_its_docstrings() -> None:
    """They are left to this test: the module does not load without scikit-learn."""
    found = doctest.testmod(estimators, extraglobs={"np": np})
    assert found.attempted >= 4
    assert found.failed == 0
