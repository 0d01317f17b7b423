"""The colours: the network against PyTorch, the photographs and their views, the option, and what is refused."""

import importlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from microgradnet import Value, compile
from microgradnet.cli import main
from microgradnet.graph import Graph
from microgradnet.teach.applications.colour import COLOURED, MEMBERS, TUNED, Colour, Colourer, photographs
from microgradnet.teach.applications.colour.palette import Likeness, Palette, by_likeness
from microgradnet.teach.applications.colour.photographs import FAR, SIDE, WIDTH, Photograph, Views, rgb
from microgradnet.teach.applications.colour.pictures import CHANGED, NOTE, ORIGINAL, Restored, comparison, film
from microgradnet.train import save

torch: Any = importlib.import_module("torch")
RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def app() -> Colour:
    return Colour(fraction=0.1)


def rows(neurons: list[Any], read: Callable[[Value], float]) -> list[Any]:
    """Weights (neurons, inputs) and biases, as tensors."""
    found = [[[read(w) for w in neuron.w] for neuron in neurons], [read(neuron.b) for neuron in neurons]]
    return [torch.tensor(numbers, dtype=torch.float64, requires_grad=True) for numbers in found]


def tensors(network: Colourer) -> list[list[Any]]:
    """The numbers of each layer, in the order of the network's parameters."""
    kernels = [convolution.kernels for eye in network.eyes for convolution in (eye.first, eye.second)]
    return [rows(neurons, lambda v: v.data) for neurons in [*kernels, network.hidden.neurons, network.logits.neurons]]


def in_torch(layers: list[list[Any]], views: list[Any]) -> Any:
    """The logits by PyTorch's convolutions."""
    eyes, (hidden, logits) = layers[:-2], layers[-2:]
    features = []
    for number, view in enumerate(views):
        x = torch.tensor(view)[:, None]
        for weights, biases in eyes[2 * number : 2 * number + 2]:
            kernel = weights.reshape(len(weights), -1, 3, 3)
            x = torch.relu(torch.nn.functional.conv2d(x, kernel, biases, stride=2))
        features.append(x.flatten(1))
    h = torch.relu(torch.cat(features, 1) @ hidden[0].T + hidden[1])
    return h @ logits[0].T + logits[1]


def test_loss_and_gradient_are_those_of_pytorch(app: Colour) -> None:
    batch = [array[::10] for array in next(app._batches(1))]
    loss, gradient = compile(app.model.loss, app.model)(*batch)
    networks = [tensors(network) for network in (*app.model.full, *app.model.local)]
    expected = sum(
        torch.nn.functional.cross_entropy(in_torch(layers, batch[:views]), torch.tensor(batch[3]))
        for layers, views in zip(networks, [3] * MEMBERS + [2] * MEMBERS, strict=True)
    )
    expected.backward()
    assert loss == pytest.approx(expected.item(), rel=1e-12)
    by_neuron = [
        torch.cat([weights.grad, biases.grad[:, None]], 1).flatten()
        for layers in networks
        for weights, biases in layers
    ]
    np.testing.assert_allclose(gradient, torch.cat(by_neuron).numpy(), rtol=1e-9, atol=1e-13)


def test_each_network_learns_as_it_would_alone(app: Colour) -> None:
    """No parameter is in both, so that the gradient of the sum is that of each."""
    networks = [network.parameters() for network in (*app.model.full, *app.model.local)]
    together = [id(parameter) for parameters in networks for parameter in parameters]
    assert len(set(together)) == len(together) == len(app.model.parameters())
    assert networks[0][0].data != networks[1][0].data, "each begins elsewhere"


@pytest.mark.parametrize("validation", [False, True])
def test_what_is_restored_is_never_learnt_from(validation: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Colours of those columns are NaN here, and so would be what is made of them."""
    five, start = photographs.known(), TUNED if validation else COLOURED
    for photo in five:
        photo.colour[:, start:] = np.nan
    monkeypatch.setattr(photographs, "known", lambda: five)
    app = Colour(fraction=0.1, validation=validation)
    assert app.start == start
    assert np.isfinite(app.palette.colours).all()
    for _, batch in zip(range(20), app._batches(1), strict=False):
        assert all(np.isfinite(array).all() for array in batch)
    for colours in by_likeness(five[0], app.start, app.stop, five, app.start).values():
        assert np.isfinite(colours).all()


def test_settings_are_chosen_within_what_is_learnt_from() -> None:
    tuned = Colour(validation=True)
    assert 0 < tuned.start < tuned.stop == COLOURED
    batch = next(tuned._batches(1))
    assert len({len(array) for array in batch}) == 1


def test_the_photographs_are_named_with_author_and_licence() -> None:
    for photo in photographs.known() + photographs.unseen():
        assert photo.grey.shape[1] == WIDTH
        assert photo.colour.shape == (*photo.grey.shape, 2)
        assert "," in photo.credit, "author and licence"
        assert photo.name in photographs.CREDIT
        assert any(word in photographs.CREDIT for word in photo.credit.split(",")[0].split() if len(word) > 3)


def test_lab_and_back_is_the_photograph() -> None:
    image = RNG.random((96, WIDTH, 3))
    photo = photographs.photograph(image, "noise")
    np.testing.assert_allclose(rgb(photo.grey, photo.colour), image, atol=1e-6)


def test_views_are_what_surrounds_a_pixel() -> None:
    grey = RNG.random((60, WIDTH)) * 100
    near, far, whole = Views(grey).at(np.array([30, 0]), np.array([70, 0]))
    assert near.shape == far.shape == whole.shape == (2, SIDE, SIDE)
    reach = SIDE // 2
    np.testing.assert_allclose(near[0], grey[30 - reach : 31 + reach, 70 - reach : 71 + reach] / 100 - 0.5)
    assert near[1, reach, reach] == pytest.approx(grey[0, 0] / 100 - 0.5)
    patch = grey[30 - FAR // 2 : 30 + FAR // 2, 70 - FAR // 2 : 70 + FAR // 2]
    assert far[0, reach, reach] == pytest.approx(patch.mean() / 100 - 0.5)
    np.testing.assert_array_equal(near[1, :reach, :reach], near[1, reach, reach])  # beyond the corner
    np.testing.assert_array_equal(whole[0], whole[1])


def test_views_are_mirrored_together_and_keep_their_shape() -> None:
    views = tuple(np.tile(np.linspace(-0.5, 0.5, SIDE), (200, SIDE, 1)) for _ in range(3))
    near, far, whole = photographs.varied(views, np.random.default_rng(1))
    np.testing.assert_array_equal(near, far)
    np.testing.assert_array_equal(near, whole)
    rising = near[:, 0, -1] > near[:, 0, 0]
    assert 60 < rising.sum() < 140, "about half"


def test_classes_are_probabilities_whose_mean_is_near_the_colour(app: Colour) -> None:
    colour = app.five[1].colour[:, :COLOURED].reshape(-1, 2)[::50]
    classes = app.palette.classes(colour)
    np.testing.assert_allclose(classes.sum(axis=1), 1)
    assert ((classes > 0).sum(axis=1) <= 5).all()
    assert np.sqrt(np.mean((classes @ app.palette.colours - colour) ** 2)) < 4


def test_the_annealed_mean_goes_to_the_likeliest_colour() -> None:
    palette = Palette(RNG.normal(0, 30, (500, 2)), 24)
    logits = RNG.normal(0, 1, (7, 24))
    np.testing.assert_allclose(palette.mean(1e6 * logits), palette.colours[logits.argmax(axis=1)], atol=1e-6)
    np.testing.assert_allclose(palette.mean(logits * 0), np.tile(palette.colours.mean(axis=0), (7, 1)))
    np.testing.assert_allclose(palette.mean(logits + 500), palette.mean(logits), atol=1e-9)


def test_likeness_gives_a_copy_its_colours() -> None:
    """Of two halves that are equal, with a distinct look for each column."""
    grey = np.tile(np.linspace(0, 100, 40) ** 1.1 / 1.6, (30, 2))
    colour = np.dstack([grey, 2 * grey])
    found = Likeness([Photograph("halves", "", grey, colour)], 40).colour(grey, 40, 80, 2.0)
    np.testing.assert_allclose(found[:, 8:-8], colour[:, 48:72], atol=3)


def test_an_error_is_the_root_mean_square_of_a_and_b() -> None:
    photo = photographs.photograph(RNG.random((60, WIDTH, 3)), "noise")
    true = photo.colour[:, 100:]
    shown = Restored(photo, 100, {"grey": true + np.array([3.0, 4.0]), ORIGINAL: true})
    assert shown.error("grey") == pytest.approx(np.sqrt((9 + 16) / 2))
    np.testing.assert_allclose(shown.image(ORIGINAL), rgb(photo.grey, photo.colour))
    np.testing.assert_allclose(shown.image("grey")[:, :100], rgb(photo.grey, photo.colour)[:, :100])


def test_the_option_colours_a_photograph(app: Colour, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.jpg"
    Image.fromarray((RNG.random((200, 180, 3)) * 255).astype(np.uint8)).save(file)
    saved = save(app.model, tmp_path / "model.npz")
    assert main(["run", "colour", "--load", str(saved), "--out", str(tmp_path), "--photo", str(file)]) == 0
    assert (tmp_path / "mine-restored.png").read_bytes().startswith(b"\x89PNG")
    assert "mine-restored.png" in capsys.readouterr().out


def test_a_file_s_name_is_no_mathematics_and_no_markup() -> None:
    """Words between dollars would be mathematics to matplotlib, which knows no such command."""
    photo = photographs.photograph(RNG.random((150, WIDTH, 3)), r"$\foo$ & <b>.png")
    shown = Restored(photo, 0, {"grey": 0 * photo.colour, "network": photo.colour, ORIGINAL: photo.colour})
    assert comparison("noise", ["network", ORIGINAL], [shown]).png().startswith(b"\x89PNG")
    assert "$\\foo$ &amp; &lt;b&gt;.png" in film([shown], "")


def test_a_film_says_whose_photographs_it_shows_and_nothing_that_is_not_so_as_it_was(app: Colour) -> None:
    zero = [0 * photo.colour for photo in app.five]
    made = film([Restored(photo, 80, {"grey": z[:, 80:], "network": z[:, 80:], ORIGINAL: photo.colour[:, 80:]})
                 for photo, z in zip(app.five, zero, strict=True)], NOTE)  # fmt: skip
    for photo in app.five:
        author, licence = photo.credit.split(", ")
        assert f"{photo.name} by {author}" in made
        assert licence in made
    assert "changed" not in made
    sizes = [float(size) for size in re.findall(r'font-size="([\d.]+)"', made)]
    [width] = re.findall(r'viewBox="0 0 (\d+) ', made)
    assert min(sizes) * 400 / int(width) >= 10, "px, where README shows it 400 px wide"
    assert "just seen" not in made + CHANGED


def test_a_photograph_that_was_learnt_from_and_one_in_grey_are_told(app: Colour) -> None:
    assert app.five[2].is_like(app.five[2]._replace(grey=app.five[2].grey + 1))
    assert not app.five[2].is_like(app.five[3])
    assert not photographs.photograph(RNG.random((60, WIDTH, 3)), "noise").is_like(app.five[2])
    grey = photographs.photograph(np.repeat(RNG.random((60, WIDTH, 1)), 3, axis=2), "grey")
    shown = Restored(grey, 0, {"grey": 0 * grey.colour, "network": grey.colour + 9, ORIGINAL: grey.colour})
    assert shown.verdict() == "The photograph has no colours to compare with"
    assert [shown.note(way) for way in shown.ways] == ["", "", ""]


@pytest.mark.parametrize(
    ("shape", "mode", "words"),
    [
        ((100, 300), "RGB", "300 × 100 pixels; at least 144 × 144"),
        ((1000, 150), "RGB", "150 × 1000 pixels; at most 4 times"),
        ((200, 200), "I;16", "more than 8 bits"),
        (None, "text", "no picture that can be read"),
        (None, "cut", "damaged"),
        (None, "none", "No such file"),
    ],
)
def test_what_is_no_photograph_is_refused_before_training(
    shape: tuple[int, int] | None, mode: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "given.png"
    if shape:
        Image.new(mode, shape[::-1]).save(file)
    elif mode == "text":
        file.write_text("no picture")
    elif mode == "cut":
        Image.fromarray((RNG.random((200, 200, 3)) * 255).astype(np.uint8)).save(file)
        file.write_bytes(file.read_bytes()[:5000])
    with pytest.raises(SystemExit):
        main(["run", "colour", "--photo", str(file)])
    assert words in capsys.readouterr().err
    with pytest.raises((ValueError, OSError), match=r"given\.png"):
        photographs.read(file)


def test_a_picture_says_whether_the_network_is_better_than_grey(app: Colour) -> None:
    photo = photographs.photograph(RNG.random((150, WIDTH, 3)), "noise")
    zero, true = np.zeros((150, WIDTH, 2)), photo.colour
    assert "no nearer" in Restored(photo, 0, {"grey": zero, "network": zero, ORIGINAL: true}).verdict()
    assert ": nearer" in Restored(photo, 0, {"grey": zero, "network": true, ORIGINAL: true}).verdict()
    assert "no colours" in Restored(photo, 0, {"grey": zero, "network": true, ORIGINAL: zero}).verdict()


def test_the_example_has_gradients_in_every_layer(app: Colour) -> None:
    """A network this small is easily all 0 behind its relus."""
    loss = app.example()
    assert abs(loss.data - np.log(3)) > 1e-3
    parameters = [leaf for leaf in Graph(loss).leaves if leaf.label]
    for part in ("eye0.first", "eye0.second", "eye1.first", "hidden", "logits"):
        assert any(leaf.grad for leaf in parameters if leaf.label.startswith(part)), part
