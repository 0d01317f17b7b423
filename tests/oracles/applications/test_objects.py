"""Objects: loss and gradient are PyTorch's, the test digits are in no training, and what a warp leaves as it is."""

import importlib
from typing import Any

import numpy as np

from microgradnet import compile
from microgradnet.losses import cross_entropy
from microgradnet.teach.applications.objects import CREDIT, Objects, digit_images, nearest, warped

torch: Any = importlib.import_module("torch")


def test_the_loss_and_its_gradient_are_those_of_pytorch() -> None:
    objects = Objects(seed=3)
    x, y = next(objects._batches(0))
    loss, gradient = compile(lambda x, y: cross_entropy(objects.model(x), y), objects.model)(x, y)
    layers = [
        torch.tensor([[p.data for p in (*neuron.w, neuron.b)] for neuron in layer.neurons], dtype=torch.float64)
        for layer in objects.model.layers
    ]
    for W in layers:
        W.requires_grad_()
    z = torch.tensor(x)
    for number, W in enumerate(layers):
        z = (torch.relu(z) if number else z) @ W[:, :-1].T + W[:, -1]
    expected = torch.nn.functional.cross_entropy(z, torch.tensor(y))
    expected.backward()
    assert np.isclose(loss, expected.item(), rtol=1e-12)
    assert np.allclose(gradient, np.concatenate([W.grad.numpy().ravel() for W in layers]), rtol=1e-9, atol=1e-13)


def test_no_test_digit_is_learnt_from() -> None:
    (known, _), (validation, _), (test, _) = digit_images()
    seen = {x.tobytes() for x in (*known, *validation)}
    assert not [x for x in test if x.tobytes() in seen]
    assert len(known) > len(test) > len(validation) > 200


def test_a_warp_of_nothing_changes_nothing_and_others_keep_the_ink() -> None:
    class Still:
        def normal(self, mean: float, spread: float, size: Any) -> Any:
            return np.zeros(size)

    X = digit_images()[0][0][:50]
    still: Any = Still()
    assert np.allclose([warped(x, still) for x in X], X)
    rng = np.random.default_rng(0)
    ink = np.array([warped(x, rng).sum() / x.sum() for x in X])
    assert 0.8 < ink.mean() < 1.1  # some is shifted out of the image


def test_the_nearest_image_is_that_of_the_least_distance() -> None:
    rng = np.random.default_rng(1)
    X, known = rng.random((20, 64)), rng.random((30, 64))
    distances = np.linalg.norm(X[:, None] - known, axis=2)
    assert nearest(X, known).tolist() == distances.argmin(axis=1).tolist()


def test_the_page_names_whose_digits_it_shows() -> None:
    assert CREDIT in str(Objects().files()["draw.html"]())
