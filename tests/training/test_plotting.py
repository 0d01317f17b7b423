"""Pictures of training: what is drawn is read back from the figures."""

import base64
import importlib
import io
import json
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from microgradnet import MLP, Module, compile, fit
from microgradnet.cli.main import main
from microgradnet.data import moons, one_hot, spirals, xor
from microgradnet.drawing.theme import BY_COLOUR
from microgradnet.losses import LOSSES
from microgradnet.train.plotting import (
    Recorder,
    activations,
    confusion_matrix,
    decision_boundary,
    gradients,
    loss_curves,
    recorder,
    save_figure,
    weights,
)

Image: Any = importlib.import_module("PIL.Image")
X, Y = moons(40)


def model_of(*sizes: int, activation: str = "tanh") -> MLP:
    return MLP(sizes[0], sizes[1:], activation, seed=1)


def ticks(axis: Any) -> list[Any]:
    """The labels that are drawn: an axis keeps some beyond its ends."""
    if not axis.axes.axison:
        return []
    low, high = sorted(axis.get_view_interval())
    slack = 1e-9 * (high - low)
    return [
        t.label1 for t in axis.get_major_ticks() if low - slack <= t.get_loc() <= high + slack and t.label1.get_text()
    ]


def outside(figure: Any) -> list[str]:
    """The words that the edge of the figure cuts."""
    figure.draw_without_rendering()
    texts = [*figure.texts]
    for axes in figure.axes:
        texts += [*axes.texts, axes.title, *ticks(axes.xaxis), *ticks(axes.yaxis)]
        texts += [axes.xaxis.label, axes.yaxis.label] if axes.axison else []
        texts += axes.get_legend().get_texts() if axes.get_legend() else []
    whole, slack = figure.bbox, 1.5  # pixels
    boxes = [(text.get_text(), text.get_window_extent()) for text in texts if text.get_text()]
    return [
        text
        for text, box in boxes
        if min(box.x0, box.y0) < -slack or box.x1 > whole.x1 + slack or box.y1 > whole.y1 + slack
    ]


def overlapping(figure: Any) -> list[str]:
    """Labels of a horizontal axis that run into the next; slanted ones do not."""
    figure.draw_without_rendering()
    return [
        f"{one.get_text()} {other.get_text()}"
        for axes in figure.axes
        for one, other in pairwise([label for label in ticks(axes.xaxis) if not label.get_rotation()])
        if one.get_window_extent().x1 > other.get_window_extent().x0
    ]


PICTURES: dict[str, Any] = {
    "one epoch": lambda: loss_curves([{"loss": 1.0}]),
    "two panels": lambda: loss_curves([{"loss": 1.0 / k, "accuracy": 1 - 1.0 / k} for k in range(1, 30)]),
    "boundary": lambda: decision_boundary(model_of(2, 3, 1), X, Y),
    "activations of 8 layers": lambda: activations(model_of(2, *[3] * 7, 1, activation="relu"), X),
    "gradients of 8 layers": lambda: gradients(model_of(2, *[3] * 7, 1, activation="sigmoid"), "hinge", X, Y),
    "few neurons": lambda: weights(model_of(64, 2, 1)),
    "many neurons": lambda: weights(model_of(64, 40, 1)),
    "long names": lambda: confusion_matrix([0, 1, 2], [0, 1, 1], ["setosa", "versicolor", "virginica"]),
    "large counts": lambda: confusion_matrix([0] * 123456, [0] * 123456),
}


@pytest.mark.parametrize("name", PICTURES)
def test_nothing_is_cut_or_runs_into_its_neighbour(name: str) -> None:
    figure = PICTURES[name]()
    assert outside(figure) == []
    assert overlapping(figure) == []


@pytest.mark.parametrize("name", PICTURES)
def test_each_is_as_good_in_the_dark_and_the_same_bytes_twice(name: str) -> None:
    svg = PICTURES[name]().svg
    assert svg == PICTURES[name]().svg
    used = set(re.findall(r'(?:fill|stroke)="(#\w+)"', svg))
    own = set(BY_COLOUR)
    assert used & own > {"#ffffff"}
    assert name.endswith("neurons") or used <= own, "a colour that stays as it is in the dark"
    for colour in used & own:
        assert f'[fill="{colour}"] {{ fill: {BY_COLOUR[colour]} }}' in svg
        assert f'[stroke="{colour}"] {{ stroke: {BY_COLOUR[colour]} }}' in svg
    assert not re.search(r"<t(?:ext|span)(?![^>]* fill=)[^>]*>[^<\s]", svg), (
        "text without a colour is black, in the dark too"
    )


def test_what_is_cut_or_overlaps_is_found() -> None:
    figure = loss_curves([{"loss": 1.0}])
    assert (outside(figure), overlapping(figure)) == ([], [])
    figure.set_layout_engine("none")
    figure.axes[0].set_xticks([0.999, 1.0], ["a long name for it", "and another long name"])
    figure.axes[0].text(1.0, 0.5, "w" * 100)
    assert outside(figure) == ["w" * 100]
    assert overlapping(figure) == ["a long name for it and another long name"]


def test_no_global_state_of_pyplot_is_touched() -> None:
    program = """
import sys
from microgradnet import MLP
from microgradnet.data import moons
from microgradnet.train.plotting import *
(X, Y), model = moons(10), MLP(2, [3, 1], seed=1)
for figure in (loss_curves([{"loss": 1.0}]), decision_boundary(model, X, Y), activations(model, X),
               weights(model, (1, 2)), gradients(model, "hinge", X, Y), confusion_matrix([0], [0])):
    assert figure._repr_png_().startswith(b"\\x89PNG") and figure.svg
print("matplotlib.pyplot" in sys.modules)
"""
    assert (
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "False\n"
    )


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
    assert {label.get_text() for label in figure.axes[0].get_legend().get_texts()} == {"loss", "validation loss"}
    with pytest.raises(ValueError, match="without an epoch"):
        loss_curves([])


def test_curves_below_0_of_one_epoch_and_with_gaps() -> None:
    (axes,) = loss_curves([{"loss": -1.0}, {"loss": -2.0}]).axes
    low, high = axes.get_ylim()
    assert low < -2.0 < -1.0 < high
    assert loss_curves([{"loss": 1.0}]).axes[0].lines[0].get_marker() == "o", "one point is no line"
    (axes,) = loss_curves([{"loss": 1.0}, {"loss": 1.0, "validation_loss": 2.0}]).axes
    np.testing.assert_array_equal(axes.lines[1].get_ydata(), [np.nan, 2.0])


@pytest.mark.parametrize("accuracies", [(0.1, 0.4), (0.5, 1.0)])
def test_accuracies_are_seen_on_a_scale_of_0_to_1(accuracies: tuple[float, float]) -> None:
    """And a line at 1 is not cut in half."""
    axes = loss_curves([{"loss": 1.0, "accuracy": accuracy} for accuracy in accuracies]).axes[1]
    low, high = axes.get_ylim()
    assert low == 0.0
    assert 1.02 < high < 1.1


@pytest.mark.parametrize(("outputs", "data"), [(1, moons(40)), (3, spirals(60, classes=3))])
def test_the_border_is_where_the_model_changes_its_mind(outputs: int, data: Any) -> None:
    points, classes = data
    model = model_of(2, 5, outputs)
    axes = decision_boundary(model, points, classes).axes[0]
    scattered = [c for c in axes.collections if c.get_label().startswith("class ")]
    for k, collection in enumerate(scattered):
        np.testing.assert_allclose(collection.get_offsets(), points[classes == k])
    assert len({c.get_paths()[0].vertices.tobytes() for c in scattered}) == len(scattered), "a marker for each class"
    regions = next(c for c in axes.collections if any(getattr(c, "hatches", None) or ()) and c.filled)
    assert len(set(regions.hatches)) == len(scattered), "a hatch for each class"
    predict = compile(model)
    found = np.asarray(predict(points))
    right = int(np.sum((found.argmax(axis=1) if outputs > 1 else found > 0) == classes))
    assert axes.get_title() == f"{right} of {len(points)} points in the region of their class"
    borders = [c for c in axes.collections if c not in scattered and not getattr(c, "filled", True)]
    assert borders
    for place in np.concatenate([path.vertices for border in borders for path in border.get_paths()]):
        scores = np.sort(np.ravel(predict([place.tolist()])))
        lead = scores[-1] - scores[-2] if outputs > 1 else abs(scores[0])
        assert lead < 0.03, "the two foremost classes are equal there"


def test_the_border_of_probabilities_is_where_it_is_said_to_be() -> None:
    model = MLP(2, [1], output_activation="sigmoid", seed=1)  # through the origin, where it is 0.5
    model.layers[0].neurons[0].b.data = 0.1

    def border(at: float) -> Any:
        axes = decision_boundary(model, X, Y, border=at).axes[0]
        return next(c for c in axes.collections if not getattr(c, "filled", True)).get_paths()[0].vertices

    for at in (0.5, 0.4):
        np.testing.assert_allclose(np.asarray(compile(model)(border(at))), at, atol=1e-3)
    with pytest.raises(StopIteration):
        border(0.0)  # nowhere is a probability below 0


@pytest.mark.parametrize(
    ("points", "classes", "words"),
    [
        ([[1.0]], [0], "samples of two numbers"),
        ([[1.0, 2.0, 3.0]] * 4, [0, 1, 0, 1], "samples of two numbers"),
        ([[1.0, 2.0]], [0, 1], "samples of two numbers"),
        ([1.0, 2.0], [0, 1], "samples of two numbers"),
        ([[1.0, float("nan")]], [0], r"finite, got \[1.0, nan\]"),
        (np.empty((0, 2)), [], "classes are whole numbers"),
        (X, 2 * Y - 1, "sides −1 and 1, pass Y > 0"),
        (X, one_hot(Y), r"one-hot rows, Y.argmax\(axis=1\)"),
        (X, Y + 1, "a class 2, but the model distinguishes only 2"),
    ],
)
def test_points_that_are_no_points_of_classes_are_refused(points: Any, classes: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        decision_boundary(model_of(2, 1), points, classes)


def test_a_model_of_three_inputs_is_refused() -> None:
    with pytest.raises(ValueError, match="takes 3 inputs, got 2"):
        decision_boundary(model_of(3, 1), X, Y)


def counts_of(axes: Any, size: int) -> Any:
    found = np.zeros((size, size), int)
    for text in axes.texts:
        column, row = text.get_position()
        found[row, column] = int(text.get_text())
    return found


def test_counts_of_a_confusion_matrix() -> None:
    axes = confusion_matrix([0, 0, 1, 2, 2], [0, 1, 1, 2, 0], names=["a", "b", "c"]).axes[0]
    assert counts_of(axes, 3).tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 1]]
    assert axes.get_title() == "3 of 5 correct"
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b", "c"]
    bad: Any = (([0], [0, 1]), ([], []), ([0, 5], [0, 0], ["a"]), ([-1, 1], [1, 1]), ([0.5], [0]), (["a"], ["a"]))
    for arguments in bad:
        with pytest.raises(ValueError, match="class"):
            confusion_matrix(*arguments)


def test_images_of_weights_are_the_weights() -> None:
    model = model_of(6, 3, 2)
    images = [axes.images[0] for axes in weights(model, (2, 3)).axes if axes.images]
    for image, neuron in zip(images, model.layers[0].neurons, strict=True):
        expected = np.array([w.data for w in neuron.w])
        np.testing.assert_allclose(image.get_array(), (expected / np.abs(expected).max()).reshape(2, 3))
    dark, middle, light = (0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b, _ in images[0].cmap([0.0, 0.5, 1.0]))
    assert dark < middle < light, "the sign is seen without colour"
    with pytest.raises(ValueError, match="a neuron has 6 weights"):
        weights(model)


def test_dead_and_saturated_neurons_are_told() -> None:
    model = model_of(2, 4, 4, 1, activation="relu")
    model.layers[0].neurons[0].b.data = -100.0
    axes = activations(model, X).axes[0]
    assert axes.get_title() == "layer 1: relu\n25% of the neurons are dead"
    zeros = int(axes.texts[0].get_text().split("%")[0])
    drawn = sum(bar.get_height() for bar in axes.patches)
    assert zeros >= 25
    assert zeros + drawn == pytest.approx(100, abs=0.5), "what is not drawn is said"
    for name in ("sigmoid", "softsign", "tanh"):
        model = model_of(2, 2, 1, activation=name)
        for neuron in model.layers[0].neurons:
            neuron.b.data = 100.0
        assert activations(model, X).axes[0].get_title() == f"layer 1: {name}\n100% saturated"
    model.layers[0].neurons[0].b.data = 0.0
    assert activations(model, X).axes[0].get_title() != "layer 1: tanh\n100% saturated"


@pytest.mark.parametrize(
    ("loss", "sizes", "given", "taken"),
    [
        ("hinge", (2, 3, 3, 1), Y, 2 * Y - 1),
        ("hinge", (2, 3, 3, 1), 2 * Y - 1, 2 * Y - 1),
        ("cross_entropy", (2, 3, 2), Y, one_hot(Y)),
        ("squared_error", (2, 3, 1), Y, Y.astype(float)),
    ],
)
def test_sizes_of_gradients_are_those_that_fit_would_descend(loss: str, sizes: Any, given: Any, taken: Any) -> None:
    model = model_of(*sizes)
    axes = gradients(model, loss, X, given).axes[0]
    assert axes.get_yscale() == "log"
    _, gradient = compile(lambda x, t: LOSSES[loss](model(x), t), model)(X, taken)
    place = 0
    medians = [c for c in axes.collections if c.get_label() == "median"]
    for median, layer in zip(medians, model.layers, strict=True):
        size = len(layer.neurons) * (len(layer.neurons[0].w) + 1)
        part = np.abs(gradient[place : place + size].reshape(len(layer.neurons), -1)[:, :-1])
        assert median.get_segments()[0][0][1] == pytest.approx(np.median(part))
        place += size


def test_gradients_of_0_are_said() -> None:
    model = model_of(2, 3, 1, activation="relu")
    for neuron in model.layers[0].neurons:
        neuron.b.data = -100.0
    labels = [label.get_text() for label in gradients(model, "squared_error", X, Y).axes[0].get_xticklabels()]
    assert labels == ["layer 1\n100% are 0", "layer 2\n100% are 0"]


def test_what_has_no_layers_or_is_no_loss_is_refused() -> None:
    class Own(Module):
        def __call__(self, x: Any) -> Any:
            return x[0]

    pictures: list[Any] = [lambda m: activations(m, X), lambda m: gradients(m, "hinge", X, Y), weights]
    for picture in pictures:
        with pytest.raises(TypeError, match=r"pass an MLP.*got Own"):
            picture(Own())
    with pytest.raises(ValueError, match="unknown loss 'nope': it must be one of squared_error"):
        gradients(model_of(2, 1), "nope", X, Y)


def recorded(epochs: int, **options: Any) -> tuple[Recorder, MLP]:
    model, looking = model_of(2, 3, 1), Recorder(*xor(), **options)
    fit(model, *xor(), loss="hinge", epochs=epochs, callbacks=[looking], progress=False)
    return looking, model


def epochs_in(page: str) -> Any:
    found = re.search(r'"epochs":(\[.*?\])', page)
    assert found
    return json.loads(found[1])


def test_an_animation_has_its_frames_and_needs_nothing_else(tmp_path: Path) -> None:
    looking, model = recorded(10, every=4)
    after = model.state_dict()
    assert len(looking) == 4
    gif = Image.open(io.BytesIO(looking.save(tmp_path / "a.gif").read_bytes()))
    assert gif.n_frames == 4
    page = looking.save(tmp_path / "a.html").read_text("utf-8")
    assert epochs_in(page) == [1, 4, 8, 10], "the last one too"
    encoded = re.findall(r'"(iVBORw0KGgo[^"]*)"', page)
    pictures = {Image.open(io.BytesIO(base64.b64decode(text))).tobytes() for text in encoded}
    assert len(encoded) == len(pictures) == 4, "each shows something else"
    assert not re.search(r"https?://|src=\"(?!data:)|@import|url\(", page)
    assert model.state_dict() == after, "the network is as it was"
    for name in ("a.mp4", "a"):
        with pytest.raises(ValueError, match=r"an animation is a \.gif or a \.html"):
            looking.save(tmp_path / name)
    with pytest.raises(ValueError, match="nothing was recorded"):
        Recorder(*xor()).save(tmp_path / "b.gif")


def test_each_frame_shows_the_network_as_it_was_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, looking = model_of(2, 3, 1), Recorder(*xor())
    then: list[Any] = []
    borders: list[Any] = []
    wires: list[Any] = []

    def look(epoch: Any) -> None:
        numbers = [w.data for layer in model.layers for neuron in layer.neurons for w in neuron.w]
        then.append((np.asarray(compile(model)(xor()[0])), numbers))

    fit(model, *xor(), loss="hinge", epochs=3, callbacks=[looking, look], progress=False)
    monkeypatch.setattr(recorder, "draw_boundary", lambda axes, predict, points, *_: borders.append(predict(points)))
    monkeypatch.setattr(recorder, "_draw_network", lambda axes, model, weights: wires.append(weights))
    looking.save(tmp_path / "a.gif")
    largest = max(np.abs(numbers).max() for _, numbers in then)
    for (outputs, numbers), border, shares in zip(then, borders, wires, strict=True):
        np.testing.assert_allclose(border, outputs, rtol=1e-12)
        np.testing.assert_allclose(shares * largest, numbers, rtol=1e-12, err_msg="one scale for all frames")
    assert not np.allclose(borders[0], borders[-1])


def test_long_animations_are_thinned_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "MOST_FRAMES", 5)
    looking, _ = recorded(9)
    assert epochs_in(looking.save(tmp_path / "a.html").read_text("utf-8")) == [1, 3, 5, 7, 9]
    monkeypatch.setattr(recorder, "MOST_BYTES", 100_000)
    page = looking.save(tmp_path / "b.html").read_text("utf-8")
    assert len(page) < 110_000
    assert epochs_in(page)[-1] == 9


def test_another_training_begins_another_recording(tmp_path: Path) -> None:
    looking, model = recorded(6, every=2)
    fit(model, *xor(), loss="hinge", epochs=3, callbacks=[looking], progress=False)
    assert epochs_in(looking.save(tmp_path / "a.html").read_text("utf-8")) == [1, 2, 3]


def test_a_recorder_refuses_at_once_what_it_could_not_draw() -> None:
    with pytest.raises(ValueError, match="samples of two numbers"):
        Recorder(np.ones((4, 3)), [0, 1, 0, 1])
    with pytest.raises(ValueError, match="every must be at least 1"):
        Recorder(X, Y, every=0)
    with pytest.raises(ValueError, match="networks of two inputs, this one has 3"):
        fit(model_of(3, 1), np.ones((40, 3)), Y, epochs=1, callbacks=[Recorder(X, Y)], progress=False)


def test_train_writes_its_plots(tmp_path: Path) -> None:
    assert main(["train", "xor", "--epochs", "3", "--out", str(tmp_path), "--quiet"]) == 0
    for name in ("loss", "boundary"):
        assert "<svg" in (tmp_path / f"{name}.svg").read_text("utf-8")
    save_figure(loss_curves([{"loss": 1.0}]), tmp_path / "one.pdf")
    assert (tmp_path / "one.pdf").read_bytes().startswith(b"%PDF")
    for name in ("one", "one.xyz"):
        with pytest.raises(ValueError, match=r"ends in one of \.svg, \.png, \.pdf"):
            save_figure(loss_curves([{"loss": 1.0}]), tmp_path / name)
