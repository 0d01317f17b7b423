"""Sound: the loss and its gradient against PyTorch, films, what is heard in them, the soundtrack, pages, refusals."""

import importlib
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from microgradnet import compile
from microgradnet.cli.main import main
from microgradnet.teach.applications import sound as application_module
from microgradnet.teach.applications.sound import SCENES, TEST, VALIDATION, Foley, Sound, hearing, held_out
from microgradnet.teach.applications.sound import pages as film_pages
from microgradnet.teach.applications.sound.films import (
    APART,
    GRAVITY,
    MATERIALS,
    PER_SECOND,
    WIDTH,
    Film,
    Strike,
    balls,
)
from microgradnet.teach.applications.sound.hearing import (
    Heard,
    best_of_motion,
    by_brightness,
    f1,
    matched,
    peaks,
    strikes,
)
from microgradnet.teach.applications.sound.pages import WORDS, animated, player
from microgradnet.teach.applications.sound.painting import COLOURS, ROWS, context, painted, targets
from microgradnet.teach.applications.sound.soundtrack import RATE, RINGING, library, nearest, soundtrack

FILMS = {name: [make(np.random.default_rng(seed)) for seed in range(4)] for name, make in SCENES.items()}
ALL = [film for films in FILMS.values() for film in films]

torch: Any = importlib.import_module("torch")


def samples(count: int) -> dict[str, np.ndarray]:
    """Frames with strikes and others."""
    film = FILMS["balls"][0]
    sort = targets(film)["sort"]
    chosen = np.concatenate([np.flatnonzero(sort[:, 0] == 0)[:count], np.flatnonzero(sort[:, 0])[:count]])
    arrays = {"frames": context(painted(film), np.random.default_rng(0))} | targets(film)
    return {name: array[chosen].astype(np.float64) for name, array in arrays.items()}


def of_torch(model: Foley, batch: dict[str, np.ndarray], p: list[torch.Tensor]) -> torch.Tensor:
    """The loss of a batch, by PyTorch's convolutions; `p` are the model's parameters in their order."""
    numbers = iter(p)

    def layer(units: int, inputs: int) -> tuple[torch.Tensor, torch.Tensor]:
        rows = torch.stack([torch.stack([next(numbers) for _ in range(inputs + 1)]) for _ in range(units)])
        return rows[:, :-1], rows[:, -1]

    x = torch.tensor(batch["frames"])
    for convolution in (model.motions, model.parts):
        W, b = layer(len(convolution.kernels), convolution.nin * convolution.size**2)
        W = W.reshape(-1, convolution.nin, convolution.size, convolution.size)
        x = torch.conv2d(x, W, b, stride=convolution.stride, padding=convolution.padding).relu()
    h = x.flatten(2).transpose(1, 2)  # (batch, places, kernels)
    W, b = layer(len(model.hidden.neurons), h.shape[2])
    h = (h @ W.T + b).relu()
    W, b = layer(5, h.shape[2])
    places = h @ W.T + b
    scores = places[..., :3]
    z = scores.exp().mean(1).log()
    where = scores.exp().sum(2) / scores.exp().sum((1, 2))[:, None]
    sort, hard, late = (torch.tensor(batch[name]) for name in ("sort", "hard", "late"))
    logits = torch.cat([torch.zeros(len(z), 1, dtype=torch.float64), z], 1)
    surprise = torch.nn.functional.cross_entropy(logits, sort, reduction="none")
    errors = 4 * ((where * places[..., 3]).sum(1) - hard) ** 2 + ((where * places[..., 4]).sum(1) - late) ** 2
    return (surprise + (1 - sort[:, 0]) * errors).mean()


def test_the_loss_and_its_gradient_are_those_of_pytorch() -> None:
    model, batch = Foley((3, 4), 5, seed=1), samples(5)
    assert 0 < batch["sort"][:, 0].mean() < 1
    loss, gradient = compile(model.loss, model)(*batch.values())
    p = [torch.tensor(value.data, dtype=torch.float64, requires_grad=True) for value in model.parameters()]
    expected = of_torch(model, batch, p)
    expected.backward()
    assert_allclose(np.mean(loss), expected.item(), rtol=1e-11)
    computed = np.asarray(gradient)
    computed = computed.mean(axis=0) if computed.ndim == 2 else computed
    assert_allclose(computed, [q.grad.item() for q in p], rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("film", ALL)
def test_strikes_are_where_a_thing_meets_the_ground(film: Film) -> None:
    assert film.strikes == sorted(film.strikes)
    assert {strike.material for strike in film.strikes} <= {0, 1, 2}
    for thing in film.things:
        for strike in thing.strikes:
            frame, lowest = round(strike.frame), np.nanmax(thing.places[:, 1])
            assert_allclose(thing.places[frame, 1], lowest, atol=0.09)
            assert 0 < strike.speed <= 1
            assert 0 <= strike.x <= WIDTH
            assert_allclose(thing.places[frame, 0], strike.x, atol=0.06)


def test_balls_obey_gravity_and_lose_speed() -> None:
    for film in FILMS["balls"]:
        times = [strike.time for strike in film.strikes]
        assert min(np.diff(times)) >= APART * 0.5
        for thing in film.things:
            speeds = [strike.speed for strike in thing.strikes]
            assert speeds == sorted(speeds, reverse=True), "each bounce is slower"
            down = np.diff(thing.places[:, 1], 2) * PER_SECOND**2
            struck = [round(strike.frame) for strike in thing.strikes]
            if len(struck) > 1 and struck[1] - struck[0] > 6:
                assert_allclose(down[struck[0] + 1 : struck[1] - 3], GRAVITY, rtol=1e-6)


def test_a_film_is_painted_with_its_things_in_any_size() -> None:
    film = FILMS["balls"][0]
    small, large = painted(film), painted(film, 4 * ROWS)
    assert small.shape == (film.frames, ROWS, 32, 1)
    assert_allclose(small, large.reshape(film.frames, ROWS, 4, 32, 4, 1).mean(axis=(2, 4)), atol=0.25)
    assert np.abs(small - large.reshape(film.frames, ROWS, 4, 32, 4, 1).mean(axis=(2, 4))).mean() < 0.01
    assert painted(film, ROWS, COLOURS).shape == (film.frames, ROWS, 32, 3)
    assert 0 <= small.min() <= small.max() <= 1


def test_the_network_sees_the_frame_and_its_differences() -> None:
    image = painted(FILMS["shoes"][0])
    seen = context(image, np.random.default_rng(0), noise=0.0)
    assert_allclose(seen[:, 0], 3 * (image[..., 0] - image.mean()))
    assert_allclose(seen[5, 1:], 4 * np.diff(image[3:8, ..., 0], axis=0))
    assert_allclose(seen[0, 1:3], 0, atol=1e-12)


def test_targets_say_every_strike() -> None:
    for film in ALL:
        said = targets(film)
        assert_allclose(said["sort"].sum(axis=1), 1)
        frames = np.flatnonzero(said["sort"][:, 0] == 0)
        assert set(frames) == {round(strike.frame) for strike in film.strikes}
        assert np.abs(said["late"]).max() <= 0.5


def true_heard(film: Film) -> Heard:
    """What a network says that knows everything."""
    said = targets(film)
    return Heard(said["sort"], said["hard"], said["late"], np.zeros(film.frames), np.zeros(film.frames))


def test_a_perfect_network_is_found_to_be_perfect_and_a_wrong_one_is_not() -> None:
    film = FILMS["balls"][1]
    found = strikes(true_heard(film), 0.5)
    assert f1([film], [found]) == 1
    for said, strike in matched(found, film.strikes):
        assert_allclose(said[:3], strike[:3], atol=1e-9)
    figures = {figure.name: figure.network for figure in hearing.judged("balls", [film], [found], FILMS["balls"])}
    assert figures["balls: material right, %"] == figures["balls: within 40 ms, %"] == 100
    later = [strike._replace(time=strike.time + 2.1 / PER_SECOND) for strike in found]
    assert f1([film], [later]) < 0.3, "two frames late is not found"
    other = [strike._replace(material=(strike.material + 1) % 3) for strike in found]
    figures = {figure.name: figure.network for figure in hearing.judged("balls", [film], [other], FILMS["balls"])}
    assert figures["balls: material right, %"] == 0
    assert f1([film], [[]]) == 0
    assert f1([film], [found + found]) == pytest.approx(2 / 3), "a strike is found once only"


def test_peaks_are_single_frames_above_the_threshold() -> None:
    assert peaks(np.array([0.9, 0.2, 0.6, 0.6, 0.1, 0.3, 0.1]), 0.25).tolist() == [3, 5]
    assert peaks(np.array([0.9, 0.2, 0.6, 0.6, 0.1, 0.3, 0.1]), 0.5).tolist() == [3]


def test_simpler_methods_are_better_than_nothing_and_worse_than_perfect() -> None:
    films = FILMS["balls"]
    assert 0.4 < best_of_motion(films) < 0.85
    pairs = [[(strike, strike) for strike in film.strikes] for film in films]
    assert 0.34 < by_brightness(films, pairs, films).mean() < 0.9


def test_simpler_methods_are_measured_on_the_strikes_that_were_found() -> None:
    films = FILMS["balls"]
    found = [[strike for strike in film.strikes if strike.speed > 0.6] for film in films]
    figures = {figure.name: figure.baselines for figure in hearing.judged("balls", films, found, FILMS["shoes"])}
    true = np.array([strike for of_film in found for strike in of_film])
    mean = np.mean([strike.speed for film in FILMS["shoes"] for strike in film.strikes])
    assert figures["balls: error of speed"]["mean"] == pytest.approx(np.sqrt(np.mean((true[:, 2] - mean) ** 2)))
    late = true[:, 0] - np.round(true[:, 0] * PER_SECOND) / PER_SECOND
    assert figures["balls: error of time, ms"]["true frame"] == pytest.approx(1000 * np.sqrt(np.mean(late**2)))
    pairs = [[(strike, strike) for strike in of_film] for of_film in found]
    right = by_brightness(films, pairs, FILMS["shoes"])
    assert len(right) == len(true)
    assert figures["balls: material right, %"]["brightness"] == pytest.approx(100 * right.mean())
    nothing = hearing.judged("balls", films, [[] for _ in films], films)
    assert all(np.isnan(figure.network) for figure in nothing[1:])


def test_neither_training_nor_threshold_nor_baselines_know_a_test_film(monkeypatch: pytest.MonkeyPatch) -> None:
    judged = list[tuple[list[Film], list[Film]]]()

    def keep(_scene: str, films: list[Film], _found: list[list[Strike]], known: list[Film]) -> list[Any]:
        judged.append((films, known))
        return []

    monkeypatch.setattr(application_module, "judged", keep)
    application = Sound(fraction=0.02)
    application.figures()
    for films, known in judged:
        assert not {film.strikes[0] for film in films} & {film.strikes[0] for film in known}

    def without_test(make: Any, seed: int, count: int) -> list[Film]:
        assert seed != TEST
        return held_out(make, seed, count)

    monkeypatch.setattr(application_module, "held_out", without_test)
    application.train(progress=False)
    application.threshold()


def test_large_scores_are_probabilities() -> None:
    heard = Heard.of([np.array([900.0, 0.0, 0.0])], np.zeros(1), np.zeros(1), [np.ones(35)])
    assert_allclose(heard.p, [[0, 1, 0, 0]], atol=1e-12)


def test_the_held_out_films_are_the_same_each_time_and_differ() -> None:
    first, again, others = held_out(balls, TEST, 2), held_out(balls, TEST, 2), held_out(balls, VALIDATION, 2)
    assert [film.strikes for film in first] == [film.strikes for film in again] != [film.strikes for film in others]


def test_the_library_has_24_strikes_that_sound_like_their_materials() -> None:
    assert len(library()) == 24
    for material in range(3):
        loudness = [np.abs(one.sound).max() for one in library() if one.material == material]
        assert loudness == sorted(loudness), "a harder strike is louder"
    pitch, length = {}, {}
    for name, one in zip(MATERIALS, library()[7::8], strict=True):
        power = np.abs(np.fft.rfft(one.sound)) ** 2
        pitch[name] = (power * np.fft.rfftfreq(len(one.sound), 1 / RATE)).sum() / power.sum()
        length[name] = np.flatnonzero(np.abs(one.sound) > 0.05)[-1] / RATE
    assert pitch["rubber"] < pitch["wood"] < pitch["metal"]
    assert length["metal"] > 2 * length["wood"]


def test_a_soundtrack_has_each_strike_at_its_time() -> None:
    track = soundtrack([Strike(0.5, 0, 0.9, 0, 0), Strike(1.9, 1, 0.4, 0, 0)], 2.0)
    assert len(track) == 2 * RATE
    assert not track[: RATE // 2].any()
    assert np.abs(track[RATE // 2 : RATE // 2 + 80]).max() > 0.1
    assert nearest(Strike(0, 1, 0.4, 0, 0)).material == 1
    assert abs(nearest(Strike(0, 1, 0.4, 0, 0)).speed - 0.4) < 0.07
    assert np.abs(soundtrack(FILMS["balls"][0].strikes, 8)).max() <= 0.9


def test_the_page_and_the_animation_show_what_was_found() -> None:
    film = FILMS["shoes"][1]
    page = player({"Shoes": film}, [true_heard(film)], 0.5)
    assert f"Of {len(film.strikes)} strikes it found {len(film.strikes)}, {len(film.strikes)} of them" in page.html
    film_frames = list(film_pages.drawn(film, true_heard(film), film.strikes))
    assert len(film_frames) == film.frames
    for strike in film.strikes:
        assert WORDS[strike.material] in film_frames[round(strike.frame)]
    assert [film.name for film in page._films] == ["Shoes", "Shoes, with the true sound"]
    wrong = [strike._replace(material=(strike.material + 1) % 3) for strike in film.strikes]
    right_groups, groups = (
        ET.fromstring(animated(film, found)).findall("{*}g[@class='frame']") for found in (film.strikes, wrong)
    )
    assert len(groups) == film_pages.SHORT
    assert groups[0].find("{*}ellipse") is not None, "it begins with a thing in the room"
    words = ["".join(group.itertext()) for group in groups]
    first = next(number for number, word in enumerate(words) if word) - round(film.strikes[0].frame)
    for strike in film.strikes:
        frame = round(strike.frame) + first
        if frame < len(words):
            assert WORDS[(strike.material + 1) % 3] in words[frame]
            struck = [len(of[frame].findall("{*}path")) for of in (groups, right_groups)]
            assert struck[0] >= 2, "wrong words are struck through"
            assert struck[1] == 0


def test_there_are_no_options_and_a_wrong_word_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(NotImplementedError, match="sound has no options"):
        Sound().asked()
    assert main(["run", "sound", "--text", "a", "--out", str(tmp_path)]) != 0
    assert "--text is an option of one application: microgradnet run handwriting" in capsys.readouterr().err
    (tmp_path / "other.npz").write_text("no model")
    assert main(["run", "sound", "--load", str(tmp_path / "other.npz"), "--out", str(tmp_path)]) != 0
    assert "other.npz" in capsys.readouterr().err


def a_weighted(sound: np.ndarray) -> float:
    """How loud the first eighth of a second is to an ear, in dB. Source: IEC 61672-1, A-weighting."""
    x = sound[: RATE // 8]
    f2 = np.maximum(np.fft.rfftfreq(len(x), 1 / RATE), 1) ** 2
    A = 12194**2 * f2**2 / ((f2 + 20.6**2) * np.sqrt((f2 + 107.7**2) * (f2 + 737.9**2)) * (f2 + 12194**2))
    return float(10 * np.log10(np.sum(np.abs(A * np.fft.rfft(x)) ** 2)))


def test_materials_are_about_as_loud_to_an_ear_and_no_sound_is_cut_off() -> None:
    hard = {MATERIALS[one.material]: one.sound for one in library() if one.speed == 1}
    levels = {name: a_weighted(sound) for name, sound in hard.items()}
    assert max(levels.values()) - min(levels.values()) < 8, levels
    for name, sound in hard.items():
        assert np.abs(sound).max() <= 1, name
        assert abs(sound.mean()) < 0.002, f"{name}: no constant part"
        assert max(abs(sound[0]), abs(sound[-1])) < 1e-3, f"{name}: no click"


def test_each_material_rings_at_its_frequency() -> None:
    for one in library():
        lowest, x = RINGING[MATERIALS[one.material]].lowest, one.sound
        power = np.abs(np.fft.rfft(x)) ** 2 * (np.fft.rfftfreq(len(x), 1 / RATE) < 1.5 * lowest)
        assert abs(np.argmax(power) * RATE / len(x) / lowest - 1) < 0.09
