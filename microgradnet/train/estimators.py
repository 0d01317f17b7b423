"""Estimators for scikit-learn: a network in pipelines, cross-validation and grid searches.

Parameters are named as in scikit-learn's MLPClassifier and MLPRegressor. The module needs scikit-learn
(`pip install 'microgradnet[sklearn]'`).
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from microgradnet.compiling import compile
from microgradnet.functions import softmax
from microgradnet.losses import cross_entropy, l2, squared_error
from microgradnet.nn import MLP
from microgradnet.optim import Adam
from microgradnet.train import History, fit

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
    from sklearn.preprocessing import StandardScaler
    from sklearn.utils import check_random_state
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError as error:
    raise ImportError("estimators need scikit-learn: pip install 'microgradnet[sklearn]'") from error


THEIRS = {"logistic": "sigmoid", "identity": "linear"}
"""Scikit-learn's names of activations, where they differ."""
AUTO = 200  # samples per step, as in scikit-learn


class _Network(BaseEstimator):  # type: ignore[misc]
    """The base class of both estimators.

    Inputs are standardised for training, and the standardisation is folded into the first layer afterwards.

    Args:
        hidden_layer_sizes: neurons of each hidden layer; a number for a single hidden layer.
        activation: of the hidden layers, a name in `ACTIVATIONS` or scikit-learn's name.
        learning_rate_init: Adam's learning rate.
        batch_size: samples per step; "auto" is 200, or all if there are fewer.
        max_iter: the largest number of epochs.
        n_iter_no_change: stop after this many epochs without a lower loss; None never stops early.
        alpha: λ of the penalty ½λ·Σw² / n on the weights (without biases), for n samples.
        random_state: the seed of the initial weights and the order of the samples.

    Attributes:
        model_: the trained MLP, for inputs that are not standardised: to draw, save or export.
        history_, loss_curve_, n_iter_: the history of `fit`, the loss of each epoch, and the number of epochs.
        n_features_in_: the number of inputs.
    """

    def __init__(
        self, hidden_layer_sizes: Sequence[int] | int = (100,), activation: str = "relu", *,
        learning_rate_init: float = 0.005, batch_size: int | str = 32, max_iter: int = 200,
        n_iter_no_change: int | None = 10, alpha: float = 1e-4, random_state: Any = None,
    ) -> None:  # fmt: skip
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.learning_rate_init = learning_rate_init
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.n_iter_no_change = n_iter_no_change
        self.alpha = alpha
        self.random_state = random_state

    def _trained(self, X: Any, Y: Any, outputs: int, loss: Any) -> tuple[MLP, History]:
        """A new network, trained on standardised inputs, and its history."""
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        hidden = self.hidden_layer_sizes
        sizes = [*(hidden if isinstance(hidden, Iterable) else [hidden]), outputs]
        standard = StandardScaler().fit(X)
        if not 0 <= self.alpha < np.inf:
            raise ValueError(f"alpha must be a finite number, at least 0, got {self.alpha!r}")
        if isinstance(self.batch_size, str) and self.batch_size != "auto":
            raise ValueError(f"batch_size is a whole number of samples, or 'auto', got {self.batch_size!r}")
        activation = THEIRS.get(self.activation, self.activation)
        model = MLP(X.shape[1], sizes, activation, init="he", seed=seed)
        weights = [w for layer in model.layers for neuron in layer.neurons for w in neuron.w]
        size = min(AUTO if isinstance(self.batch_size, str) else self.batch_size, len(X))
        history = fit(
            model, standard.transform(X), Y, loss=loss, epochs=self.max_iter, seed=seed, progress=False,
            optimizer=Adam(model, lr=self.learning_rate_init), batch_size=size,
            patience=self.n_iter_no_change,
            penalty=(lambda model: l2(weights, self.alpha / 2 / len(X))) if self.alpha else None,
        )  # fmt: skip
        if history.ended == "interrupted":
            raise KeyboardInterrupt  # Ctrl-C must also end a search over candidates
        for neuron in model.layers[0].neurons:  # Σ w·(x − m)/s + b = Σ (w/s)·x + (b − Σ (w/s)·m)
            for w, s in zip(neuron.w, standard.scale_, strict=True):
                w.data /= s
            neuron.b.data -= sum(w.data * m for w, m in zip(neuron.w, standard.mean_, strict=True))
        return model, history

    def _keep(self, model: MLP, history: History) -> None:
        """Set the results, after all else: an earlier model stays whole if a later `fit` ends with an error."""
        self.model_, self.history_ = model, history
        self.loss_curve_, self.n_iter_ = history["loss"], len(history)

    def _outputs(self, X: Any, function: Any = None) -> Any:
        check_is_fitted(self, "model_")
        X = validate_data(self, X, reset=False, dtype=np.float64)
        return np.asarray(compile(function or self.model_)(X))


class NetworkRegressor(RegressorMixin, _Network):  # type: ignore[misc]
    """A network for regression: it minimises the squared error of standardised targets.

    >>> X = np.linspace(-1, 1, 40)[:, None]
    >>> network = NetworkRegressor((16,), "tanh", learning_rate_init=0.05, max_iter=400, n_iter_no_change=None)
    >>> network = network.set_params(random_state=0)
    >>> network.fit(X, np.sin(3 * X[:, 0])).score(X, np.sin(3 * X[:, 0])) > 0.99
    True
    """

    def fit(self, X: Any, y: Any) -> "NetworkRegressor":
        """Train on X (n, inputs) and y (n,) or (n, outputs)."""
        X, y = validate_data(self, X, y, dtype=np.float64, multi_output=True, y_numeric=True)
        y = np.asarray(y, np.float64)
        columns = y.reshape(len(y), -1)
        standard = StandardScaler().fit(columns)
        model, history = self._trained(X, standard.transform(columns), columns.shape[1], squared_error)
        for neuron, m, s in zip(model.layers[-1].neurons, standard.mean_, standard.scale_, strict=True):
            for p in (*neuron.w, neuron.b):
                p.data *= s
            neuron.b.data += m
        self._shape = y.shape[1:]
        self._keep(model, history)
        return self

    def predict(self, X: Any) -> Any:
        """The predictions for X, in the units of y."""
        outputs = self._outputs(X)
        return outputs.reshape(len(outputs), *self._shape)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


class NetworkClassifier(ClassifierMixin, _Network):  # type: ignore[misc]
    """A network for classification, with softmax and cross-entropy.

    Attributes:
        classes_: the classes, in the order of the columns of `predict_proba`.

    >>> from microgradnet.data import moons
    >>> X, Y = moons(100)
    >>> NetworkClassifier((16, 16), random_state=0).fit(X, Y).score(X, Y)
    1.0
    """

    def fit(self, X: Any, y: Any) -> "NetworkClassifier":
        """Train on X (n, inputs) and y (n,), classes of any kind."""
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        classes, places = np.unique(y, return_inverse=True)
        if len(classes) < 2:
            raise ValueError(f"a classifier needs samples of at least two classes, got one class: {classes[0]!r}")
        model, history = self._trained(X, np.eye(len(classes))[places], len(classes), cross_entropy)
        self.classes_ = classes
        self._keep(model, history)
        return self

    def predict_proba(self, X: Any) -> Any:
        """The probability of each class for each sample: (n, classes)."""
        return self._outputs(X, lambda x: softmax(self.model_(x)))

    def predict(self, X: Any) -> Any:
        """The most probable class of each sample."""
        likeliest = self._outputs(X).argmax(axis=1)
        return self.classes_[likeliest]
