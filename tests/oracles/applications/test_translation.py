"""The network that says numbers: its loss and gradient against PyTorch's; words, images, pictures, the command."""

import html
import importlib
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from microgradnet import compile
from microgradnet.cli import main
from microgradnet.data import one_hot
from microgradnet.teach.applications import APPLICATIONS, translation
from microgradnet.teach.applications.objects import CREDIT, digit_images
from microgradnet.teach.applications.translation import Translation, Translator, reading
from microgradnet.teach.applications.translation.images import (
    NEVER_SEEN,
    NEVER_SEEN_VALIDATION,
    PLACES,
    SEEN,
    TEST,
    TRAINING,
    VALIDATION,
    DigitReader,
    Reading,
    by_nearest_image,
    drawn,
)  # fmt: skip
from microgradnet.teach.applications.translation.street import PANEL, _scene, street
from microgradnet.teach.applications.translation.words import LANGUAGES, encoded, in_words, letters_of

torch: Any = importlib.import_module("torch")


def layer(given: Any, name: str) -> tuple[Any, Any]:
    """Weights and biases of a layer, by the names of its state."""
    count = 1 + max(int(key.split("neuron")[1].split(".")[0]) for key in given if key.startswith(f"{name}.neuron"))
    rows, biases = [], []
    for i in range(count):
        prefix = f"{name}.neuron{i}."
        width = sum(key.startswith(f"{prefix}w") for key in given)
        rows.append(torch.stack([given[f"{prefix}w{k}"] for k in range(width)]))
        biases.append(given[f"{prefix}b"])
    return torch.stack(rows), torch.stack(biases)


def table(given: Any, parameters: Any, rows: Any) -> Any:
    return torch.stack([torch.stack([given[parameters[id(p)]] for p in row]) for row in rows])


def torch_loss(model: Translator, given: Any, images: Any, before: Any, letters: Any, mask: Any) -> Any:
    """The mean over the batch, written with matrices from the equations."""
    names = dict(zip(map(id, model.parameters()), model.state_dict(), strict=True))
    K, b = layer(given, "kernels")
    U, u = layer(given, "key")
    W, w = layer(given, "query")
    R, r = layer(given, "recurrent.hidden")
    O, o = layer(given, "letters")  # noqa: E741
    p, v = table(given, names, model.position.table), table(given, names, model.v.table)[0]
    patches = torch.stack([images[:, :, left : left + 8].reshape(len(images), -1) for left in PLACES], dim=1)
    h = torch.relu(patches @ K.T + b)
    s = torch.zeros(len(images), W.shape[1], dtype=torch.float64)
    losses = []
    for t in range(before.shape[1]):
        e = torch.tanh((s @ W.T + w)[:, None] + h @ U.T + u + p) @ v
        c = (torch.softmax(e, dim=1)[..., None] * h).sum(dim=1)
        s = torch.tanh(torch.cat([before[:, t], c, s], dim=1) @ R.T + r)
        losses.append(-(torch.log_softmax(s @ O.T + o, dim=1) * letters[:, t]).sum(dim=1))
    return ((torch.stack(losses, dim=1) * mask).sum(dim=1) / mask.sum(dim=1)).mean()


def test_loss_and_gradient_are_those_of_pytorch() -> None:
    application = Translation(seed=3)
    batch = application.batch(*drawn(SEEN, TRAINING, 5))
    given = {
        name: torch.tensor(number, dtype=torch.float64, requires_grad=True)
        for name, number in application.model.state_dict().items()
    }
    expected = torch_loss(application.model, given, *(torch.tensor(array) for array in batch))
    expected.backward()
    loss, gradient = compile(application.model.loss, application.model)(*batch)
    assert loss == pytest.approx(expected.item(), rel=1e-12)
    np.testing.assert_allclose(gradient, [number.grad.item() for number in given.values()], rtol=1e-8, atol=1e-13)


def test_it_reads_the_most_probable_letters_as_values_one_by_one_do() -> None:
    application = Translation(seed=3)
    model, alphabet = application.model, application.alphabet
    numbers, images = drawn(SEEN, TEST, 2)
    for one in application.read(numbers, images):
        h, keys = model.look(one.image.tolist())
        s, letter, word = model.recurrent.start(), ".", ""
        for attention in one.attention:
            s, a = model.step(s, one_hot([alphabet.index(letter)], len(alphabet))[0].tolist(), h, keys)
            np.testing.assert_allclose(attention, [x.data for x in a], rtol=1e-9)
            letter = alphabet[int(np.argmax([x.data for x in model.letters(s)]))]
            word += letter
        assert one.word == word.rstrip(".")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de", {10: "zehn", 16: "sechzehn", 21: "einundzwanzig", 30: "dreißig", 77: "siebenundsiebzig"}),
        ("nl", {13: "dertien", 22: "tweeëntwintig", 31: "eenendertig", 83: "drieëntachtig", 90: "negentig"}),
        ("da", {12: "tolv", 21: "enogtyve", 47: "syvogfyrre", 58: "otteoghalvtreds", 99: "nioghalvfems"}),
        ("en", {11: "eleven", 20: "twenty", 45: "forty-five", 88: "eighty-eight"}),
        ("fr", {17: "dix-sept", 21: "vingt-et-un", 71: "soixante-et-onze", 80: "quatre-vingts", 81: "quatre-vingt-un",
                91: "quatre-vingt-onze", 99: "quatre-vingt-dix-neuf"}),
    ],
)  # fmt: skip
def test_words(language: str, words: dict[int, str]) -> None:
    assert {number: in_words(number, language) for number in words} == words
    every = [in_words(number, language) for number in range(10, 100)]
    assert len(set(every)) == 90
    before, letters, mask = encoded(range(10, 100), language)
    read = ["".join(letters_of(language)[i] for i in row.argmax(axis=1)) for row in letters]
    assert [word.partition(".")[0] for word in read] == every
    assert (before[:, 1:] == letters[:, :-1]).all()
    assert mask.sum(axis=1).tolist() == [len(word) + 1 for word in every]


def test_splits_share_no_digit_and_no_number() -> None:
    images = [{x.tobytes() for x in X} for X, _ in digit_images()]
    assert not images[TRAINING] & images[TEST]
    assert not images[TRAINING] & images[VALIDATION]
    assert not images[TEST] & images[VALIDATION]
    assert len(NEVER_SEEN) == 15
    assert sorted((*SEEN, *NEVER_SEEN, *NEVER_SEEN_VALIDATION)) == list(range(10, 100))
    for digit in range(1, 10):  # each digit is seen on either side, so that what is new is the pair
        assert any(number % 10 == digit for number in SEEN)
        assert any(number // 10 == digit for number in SEEN)


def test_training_sees_neither_numbers_never_seen_nor_digits_of_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pixels of test digits are NaN here, and so would be the losses and the parameters."""
    splits = list(digit_images())
    splits[TEST] = np.full_like(splits[TEST][0], np.nan), splits[TEST][1]
    monkeypatch.setattr(f"{drawn.__module__}.digit_images", lambda: splits)
    monkeypatch.setattr(translation, "BATCHES", 5)
    drawn.cache_clear()
    application, words, batches = Translation(fraction=0.05), set[str](), Translation._batches

    def spied(self: Translation, epoch: int) -> Any:
        for batch in batches(self, epoch):
            words.update("".join(self.alphabet[i] for i in row).partition(".")[0] for row in batch[2].argmax(axis=2))
            yield batch

    monkeypatch.setattr(Translation, "_batches", spied)
    history = application.train(progress=False)
    drawn.cache_clear()
    assert np.isfinite([history["loss"], history["validation_loss"]]).all()
    assert np.isfinite([parameter.data for parameter in application.model.parameters()]).all()
    assert len(words) > 60
    assert not words & {in_words(number, "de") for number in (*NEVER_SEEN, *NEVER_SEEN_VALIDATION)}


def test_images_have_two_digits_and_are_the_same_each_time() -> None:
    numbers, images = drawn(SEEN, TEST, 50)
    assert images.shape == (50, 8, 18)
    assert 0 <= images.min() <= images.max() <= 1
    assert (images[:, :, :8].sum(axis=(1, 2)) > 5).all()
    assert (images[:, :, 10:].sum(axis=(1, 2)) > 5).all()
    again = drawn(SEEN, TEST, 50)
    assert (again[0] == numbers).all()
    assert (again[1] == images).all()


def test_simpler_methods_read_what_they_know_and_the_nearest_image_nothing_new() -> None:
    numbers, images = drawn(SEEN, TRAINING, 100)
    assert (by_nearest_image(images, SEEN, 2000) == numbers).mean() > 0.4
    unseen, new = drawn(NEVER_SEEN, TEST, 100)
    assert not (by_nearest_image(new, SEEN, 2000) == unseen).any()
    assert (DigitReader(SEEN, epochs=3, seed=0).read(new) == unseen).mean() > 0.4


def a_reading(centres: list[int], word: str = "einundzwanzig") -> Reading:
    """It looks at one place for each letter."""
    attention = np.eye(len(PLACES))[centres]
    return Reading(np.zeros((8, 18)), 21, word, attention, "einundzwanzig")


def test_attention_that_moves_left_is_told_from_one_that_moves_right() -> None:
    assert a_reading([5] * 6 + [0] * 7).moves_left
    assert not a_reading([0] * 6 + [5] * 7).moves_left
    assert not a_reading([3] * 13).moves_left
    assert a_reading([5, 0] + [0] * 11).centres[:2].tolist() == [14, 4]


def test_pictures_say_the_word_that_was_said_be_it_wrong() -> None:
    wrong = a_reading([5] * 6 + [0] * 6, "einundneuzig")
    assert not wrong.is_right
    for svg in (street([wrong], "German", "nobody"), reading.animated([wrong], "German", "nobody")):
        words = "".join(ET.fromstring(svg).itertext())
        assert "nobody" in words.lower()
    assert "einundneuzig" in street([wrong], "German", "nobody")
    assert "0 of 1 examples are right" in street([wrong], "German", "nobody")
    assert "einundneuzig" in reading.mistakes([wrong], "German", "nobody").svg


def test_each_frame_lights_what_it_looks_at_for_its_letter() -> None:
    one = a_reading([5] * 6 + [0] * 7)
    films = list(reading.frames(one))
    assert len(films) == 13 + reading.PAUSE
    drawn = [ET.fromstring(f"<svg>{film}</svg>") for film in films]
    lit = [[part.get("x") for part in svg.iter("rect") if part.get("opacity") == "0.65"] for svg in drawn]
    left, top = reading.LEFT, reading.TOP
    assert lit == [[f"{left + 10 * reading.PIXEL}"]] * 6 + [[f"{left}"]] * 7 + [[]] * reading.PAUSE
    texts = ["".join(svg.itertext()) for svg in drawn]
    assert {part.get("y") for svg in drawn for part in svg.iter("rect") if part.get("opacity") == "0.65"} == {f"{top}"}
    assert texts[4] == "einun"
    assert texts[-1] == one.word


def test_the_films_of_the_page_differ_in_number_and_say_what_is_right() -> None:
    right, wrong = a_reading([3] * 13), a_reading([3] * 12, "einundneuzig")
    other = right._replace(number=30, word="dreißig", right_word="dreißig")
    made = str(reading.files([right, right, wrong, other, other], "German", "nobody")["reading.html"]())
    names = re.findall(r'"name":"(\d+)"', html.unescape(made))
    assert sorted(names) == ["21", "30"]
    assert "21 in German: einundneuzig, which is wrong: it is einundzwanzig." in made
    assert "30 in German: dreißig, which is right." in made


def test_the_longest_words_fit_into_the_picture() -> None:
    word = max((in_words(number, language) for language in LANGUAGES for number in range(10, 100)), key=len)
    last = list(reading.frames(a_reading([3] * len(word), word)))[-1]
    places = [float(part.get("x", "")) for part in ET.fromstring(f"<svg>{last}</svg>").iter("text")]
    assert len(places) == len(word) > 20
    assert 12 < min(places) < max(places) < reading.SIZE[0] - 12


def test_the_wall_of_the_street_has_bricks_up_to_its_edge() -> None:
    scene = ET.fromstring(_scene())
    assert scene.tag == "svg", "which cuts off what is outside"
    bricks = [part for part in scene.iter("rect") if part.get("fill") == "#cfa987"]
    ends = {y: max(float(b.get("x", "")) + 36 for b in bricks if b.get("y") == y) for y in {b.get("y") for b in bricks}}
    assert min(ends.values()) >= PANEL - 4


def test_pictures_can_be_made_without_a_right_word() -> None:
    for word in ("eiiiin", ""):
        for name, make in reading.files([a_reading([3] * max(1, len(word)), word)], "German", "nobody").items():
            assert make(), name


def test_the_command_s_languages_are_those_that_there_are(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    [option] = APPLICATIONS["translation"].options
    assert list(option.choices) == list(LANGUAGES)
    monkeypatch.setattr(translation, "BATCHES", 1)
    monkeypatch.setattr(translation, "EPOCHS", 10)
    monkeypatch.setattr(Translation, "files", lambda self: {})
    monkeypatch.chdir(tmp_path)
    assert main(["run", "translation", "--language", "fr", "--quick", "--quiet"]) == 0
    said = capsys.readouterr().out
    assert "model-fr-quick.npz" in said
    assert "looks left, then right, % of right words above 20" in said
    assert CREDIT in said
    assert main(["run", "translation", "--load", "translation/model-fr-quick.npz", "--quick", "--quiet"]) == 0
    assert "by a quick training, seed 0" in capsys.readouterr().out, "the language is in the file"


def test_a_language_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match=r"unknown language 'dee'.*de"):
        Translation(language="dee")
    with pytest.raises(SystemExit):
        main(["run", "translation", "--language", "xx"])
