"""Estimators in scikit-learn's own checks, pipelines and searches."""

import doctest
import pickle
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from microgradnet import draw
from microgradnet.data import digits, iris, train_test_split
from microgradnet.train import History, estimators
from microgradnet.train.estimators import NetworkClassifier, NetworkRegressor


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


def test_the_model_takes_the_inputs_as_they_are_given() -> None:
    """However large, far from 0 or constant a column is; the model is all of the estimator."""
    X, Y = iris()
    X = np.column_stack([X * [1e4, 1.0, 1e-4, 1.0] + [5e6, 0.0, 0.0, -3.0], np.full(len(X), 0.1)])
    network = NetworkClassifier((8,), random_state=0).fit(X, Y)
    assert network.score(X, Y) > 0.95
    outputs = np.array([[y.data for y in network.model_(row.tolist())] for row in X])
    assert (outputs.argmax(axis=1) == network.predict(X)).all()
    moved = X.copy()
    moved[:, -1] += 1e-6
    assert (network.predict(moved) == network.predict(X)).all()


@pytest.mark.parametrize("batch_size", ["auto", 7])
@pytest.mark.parametrize("rate", [0.05, 3.0])
def test_the_model_that_is_kept_has_the_best_loss(batch_size: Any, rate: float) -> None:
    settings: dict[str, Any] = {"learning_rate_init": rate, "batch_size": batch_size, "alpha": 0.0, "random_state": 0}
    X, Y = iris()
    classifier = NetworkClassifier((8,), "tanh", max_iter=30, n_iter_no_change=5, **settings).fit(X, Y)
    loss = -np.log(classifier.predict_proba(X)[np.arange(len(Y)), Y]).mean()
    assert loss == pytest.approx(min(classifier.loss_curve_))
    x = np.linspace(-1, 1, 40)[:, None]
    y = np.sin(3 * x[:, 0])
    regressor = NetworkRegressor((8,), "tanh", max_iter=30, n_iter_no_change=5, **settings).fit(x, y)
    assert ((regressor.predict(x) - y) ** 2).mean() / y.var() == pytest.approx(min(regressor.loss_curve_))


@pytest.mark.parametrize("kind", [NetworkClassifier, NetworkRegressor])
def test_an_interrupted_fit_leaves_the_model_before_it(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    X, Y = iris()
    network, new = kind((4,), max_iter=3, random_state=0).fit(X, Y), kind((4,), max_iter=3)
    before = network.predict(X)
    monkeypatch.setattr(estimators, "fit", lambda *_, **options: History([{"loss": 1.0}], "interrupted"))
    for interrupted in (network, new):
        with pytest.raises(KeyboardInterrupt):
            interrupted.fit(X, 1 - Y)
    assert (network.predict(X) == before).all()
    assert len(network.loss_curve_) == network.n_iter_ == 3
    with pytest.raises(NotFittedError):
        new.predict(X)


def test_targets_of_any_scale() -> None:
    X = np.linspace(-1, 1, 40)[:, None]
    y = np.column_stack([1e6 + 1e4 * X[:, 0], np.full(40, 0.1)])
    network = NetworkRegressor((8,), "tanh", learning_rate_init=0.02, max_iter=300, random_state=0).fit(X, y)
    assert abs(network.predict(X)[:, 0] - y[:, 0]).max() < 1e3
    assert network.predict(X).shape == (40, 2)


def test_alpha_is_that_of_the_documented_penalty(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}

    def trained(model: Any, *_: Any, **options: Any) -> History:
        seen.update(model=model, **options)
        return History([{"loss": 1.0}], "all epochs")

    monkeypatch.setattr(estimators, "fit", trained)
    X, Y = iris()
    NetworkClassifier((4,), alpha=0.3, random_state=0).fit(X, Y)
    weights = [w.data for layer in seen["model"].layers for neuron in layer.neurons for w in neuron.w]
    assert seen["penalty"](seen["model"]).data == pytest.approx(0.5 * 0.3 * sum(w * w for w in weights) / len(X))


def test_alpha_pulls_weights_to_nothing_and_patience_ends_it() -> None:
    X, Y = iris()

    def size(alpha: float) -> float:
        network = NetworkClassifier((8,), alpha=alpha, max_iter=60, random_state=0).fit(
            StandardScaler().fit_transform(X), Y
        )
        return sum(w.data**2 for layer in network.model_.layers for neuron in layer.neurons for w in neuron.w)

    assert size(10.0) < 0.7 * size(0.0)
    settings: dict[str, Any] = {"learning_rate_init": 0.3, "max_iter": 150, "random_state": 0}
    short, long = (NetworkClassifier((4,), n_iter_no_change=n, **settings).fit(X, Y).n_iter_ for n in (2, None))
    assert short < long == 150


@pytest.mark.parametrize("wrong", [{"alpha": -1.0}, {"batch_size": "all"}])
def test_settings_that_are_none_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        NetworkClassifier((4,), **wrong).fit(*iris())


def test_scikit_learns_names_are_taken() -> None:
    X, Y = iris()
    network = NetworkClassifier(4, "logistic", batch_size="auto", max_iter=2, random_state=0).fit(X, Y)
    assert repr(network.model_) == "MLP(4 → 4 sigmoid → 3 linear)"
