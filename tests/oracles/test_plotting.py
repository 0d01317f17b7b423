"""Pictures of training: what is drawn is read back from the figures."""

import importlib
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from microgradnet import MLP, compile, fit
from microgradnet.cli import main
from microgradnet.data import moons, spirals, xor
from microgradnet.plotting import (
    Recorder,
    activations,
    confusion_matrix,
    decision_boundary,
    gradients,
    loss_curves,
    save_figure,
    weights,
)

Image: Any = importlib.import_module("PIL.Image")
X, Y = moons(40)


def model_of(*sizes: int, activation: str = "tanh") -> MLP:
    return MLP(sizes[0], sizes[1:], activation, seed=1)


def test_the_curves_are_those_of_the_history() -> None:
    model = model_of(2, 4, 1)
    history = fit(model, X, Y, loss="hinge", epochs=5, validation=(X, Y), progress=False)
    figure = history.plot()
    drawn = {line.get_label(): line for axes in figure.axes for line in axes.lines}
    assert set(drawn) == {"loss", "validation loss", "accuracy", "validation accuracy"}
    for name, line in drawn.items():
        assert line.get_xdata().tolist() == [1, 2, 3, 4, 5]
        assert list(line.get_ydata()) == history[name.replace(" ", "_")]
    assert len({line.get_linestyle() for line in figure.axes[0].lines}) == 2, "told apart without colour"
    assert figure._repr_png_().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="without an epoch"):
        loss_curves([])


@pytest.mark.parametrize(("outputs", "data"), [(1, moons(40)), (3, spirals(60, classes=3))])
def test_the_border_is_where_the_model_changes_its_mind(outputs: int, data: Any) -> None:
    points, classes = data
    model = model_of(2, 5, outputs)
    axes = decision_boundary(model, points, classes).axes[0]
    scattered = [c for c in axes.collections if c.get_label().startswith("class ")]
    for k, collection in enumerate(scattered):
        np.testing.assert_allclose(collection.get_offsets(), points[classes == k])
    assert len({len(c.get_paths()[0].vertices) for c in scattered}) == len(scattered), "a marker for each class"
    found = np.asarray(compile(model)(points))
    right = np.mean((found.argmax(axis=1) if outputs > 1 else found > 0) == classes)
    assert axes.get_title() == f"{right:.0%} on the right side"
    if outputs == 1:
        border = next(c for c in axes.collections if c not in scattered and c.get_facecolor().size == 0)
        places = np.concatenate([path.vertices for path in border.get_paths()])
        assert np.abs(np.asarray(compile(model)(places))).max() < 0.02


def test_counts_of_a_confusion_matrix() -> None:
    axes = confusion_matrix([0, 0, 1, 2, 2], [0, 1, 1, 2, 0], names=["a", "b", "c"]).axes[0]
    written = {(text.get_position()[1], text.get_position()[0]): text.get_text() for text in axes.texts}
    assert written == {(0, 0): "1", (0, 1): "1", (1, 1): "1", (2, 2): "1", (2, 0): "1"}
    assert axes.get_title() == "60.0% right"
    for arguments in (([0], [0, 1]), ([], []), ([0, 5], [0, 0], ["a"])):
        with pytest.raises(ValueError, match="class"):
            confusion_matrix(*arguments)


def test_images_of_weights_are_the_weights() -> None:
    model = model_of(6, 3, 2)
    grid = weights(model, (2, 3)).axes
    for axes, neuron in zip(grid, model.layers[0].neurons, strict=True):
        np.testing.assert_array_equal(axes.images[0].get_array(), np.array([w.data for w in neuron.w]).reshape(2, 3))
    with pytest.raises(ValueError, match="a neuron has 6 weights"):
        weights(model, (3, 3))


def test_dead_and_saturated_neurons_are_told() -> None:
    model = model_of(2, 4, 4, 1, activation="relu")
    model.layers[0].neurons[0].b.data = model.layers[0].neurons[1].b.data = -100.0
    titles = [axes.get_title() for axes in activations(model, X).axes]
    assert titles[0] == "layer 1: relu\n50% of the neurons are dead"
    model = model_of(2, 2, 1)
    for neuron in model.layers[0].neurons:
        neuron.b.data = 100.0
    assert activations(model, X).axes[0].get_title() == "layer 1: tanh\n100% saturated"


def test_sizes_of_gradients_are_drawn_layer_by_layer() -> None:
    model = model_of(2, 3, 3, 1)
    axes = gradients(model, "hinge", X, 2 * Y - 1).axes[0]
    assert axes.get_yscale() == "log"
    assert [label.get_text() for label in axes.get_xticklabels()] == ["layer 1", "layer 2", "layer 3"]
    _, gradient = compile(lambda x, t: __import__("microgradnet").losses.hinge(model(x), t), model)(X, 2 * Y - 1)
    median = np.median(np.abs(gradient[:9].reshape(3, 3)[:, :2]))
    medians = [line.get_ydata()[0] for line in axes.lines if line.get_color() == "C1"]
    assert medians[0] == pytest.approx(median)


def test_points_that_are_no_points_are_refused() -> None:
    for points, classes in (([[1.0]], [0]), ([[1.0, 2.0]], [0, 1]), ([1.0, 2.0], [0, 1])):
        with pytest.raises(ValueError, match="samples of two numbers are needed"):
            decision_boundary(model_of(2, 1), points, classes)


def test_an_animation_has_its_frames_and_needs_nothing_else(tmp_path: Path) -> None:
    model = model_of(2, 3, 1)
    recorder = Recorder(*xor(), every=4)
    fit(model, *xor(), loss="hinge", epochs=12, callbacks=[recorder], progress=False)
    after = model.state_dict()
    assert len(recorder) == 4
    gif = Image.open(io.BytesIO(recorder.save(tmp_path / "a.gif").read_bytes()))
    assert gif.n_frames == 4
    page = recorder.save(tmp_path / "a.html").read_text("utf-8")
    epochs = re.search(r"epochs = (\[.*?\]);", page)
    assert epochs
    assert json.loads(epochs[1]) == [1, 4, 8, 12]
    assert page.count("iVBORw0KGgo") == 4
    assert not re.search(r"https?://|src=\"(?!data:)", page)
    assert model.state_dict() == after, "the network is as it was"
    for name in ("a.mp4", "a"):
        with pytest.raises(ValueError, match=r"an animation is a \.gif or a \.html"):
            recorder.save(tmp_path / name)
    with pytest.raises(ValueError, match="nothing was recorded"):
        Recorder(*xor()).save(tmp_path / "b.gif")


def test_train_writes_its_plots(tmp_path: Path) -> None:
    assert main(["train", "xor", "--epochs", "3", "--out", str(tmp_path), "--quiet"]) == 0
    for name in ("loss", "boundary"):
        assert "<svg" in (tmp_path / f"{name}.svg").read_text("utf-8")
    save_figure(loss_curves([{"loss": 1.0}]), tmp_path / "one.pdf")
    assert (tmp_path / "one.pdf").read_bytes().startswith(b"%PDF")
