"""Speech: loss and gradient against PyTorch, the voices and their mouths, the bands, the face, the page, the option."""

import importlib
import json
import re
import sys
import wave
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from microgradnet import compile
from microgradnet.cli.main import main
from microgradnet.teach.applications import speech
from microgradnet.teach.applications.media.audio import wav
from microgradnet.teach.applications.media.bands import log_mel
from microgradnet.teach.applications.requests import RequestError, recording
from microgradnet.teach.applications.speech import DELAY, SHUTS, STEPS, Speech, Talker, espeak, talks, voices
from microgradnet.teach.applications.speech.espeak import Line, spoken
from microgradnet.teach.applications.speech.face import COLOURS, face, lid, shapes, talking
from microgradnet.teach.applications.speech.lipsync import by_loudness, closures, error, linear
from microgradnet.teach.applications.speech.visemes import CLOSED, MOUTHS, OPEN, PER_SECOND, mouth_of
from microgradnet.teach.applications.speech.voices import (
    BANDS,
    TEST,
    TEST_VOICES,
    TRAINING_VOICES,
    VALIDATION,
    VALIDATION_VOICES,
    WORDS,
    Seen,
    heard,
    held_out,
    piece,
    practice,
    stretched,
)  # fmt: skip
from microgradnet.train import save

RNG = np.random.default_rng(0)

torch: Any = importlib.import_module("torch")


@pytest.fixture
def no_voices(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without espeak-ng."""
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    monkeypatch.setattr("ctypes.util.find_library", lambda name: None)
    held_out.cache_clear()


def tone(rate: int = 8000, seconds: float = 1.0) -> np.ndarray:
    return np.sin(2 * np.pi * 440 * np.arange(int(rate * seconds)) / rate) / 2


def of_torch(model: Talker, batch: list[torch.Tensor], p: list[torch.Tensor]) -> torch.Tensor:
    """The mean loss of a batch, by PyTorch's LSTM cell and losses; `p` are the model's parameters in their order."""
    bands, mouth, shut = batch
    hidden, inputs, numbers = model.memory.nout, model.memory.nin, iter(p)

    def layer(rows: int, columns: int) -> tuple[torch.Tensor, torch.Tensor]:
        taken = torch.stack([torch.stack([next(numbers) for _ in range(columns + 1)]) for _ in range(rows)])
        return taken[:, :-1], taken[:, -1]

    gates = [layer(hidden, inputs + hidden) for _ in range(4)]  # input, forget, candidate, output: PyTorch's order
    weights = torch.cat([w for w, _ in gates])
    cell = (weights[:, :inputs], weights[:, inputs:], torch.cat([b for _, b in gates]))
    (W, b), (v, c0) = layer(3, hidden), layer(1, hidden)
    h, c, states = torch.zeros(len(bands), hidden).double(), torch.zeros(len(bands), hidden).double(), []
    for t in range(bands.shape[1]):
        h, c = torch.lstm_cell(bands[:, t], (h, c), cell[0], cell[1], cell[2])
        states.append(h)
    late = torch.stack(states, 1)[:, bands.shape[1] - mouth.shape[1] :]
    squares = ((torch.sigmoid(late @ W.T + b) - mouth) ** 2).sum(-1)
    surprise = torch.nn.functional.binary_cross_entropy_with_logits((late @ v.T + c0)[..., 0], shut, reduction="none")
    return (squares + SHUTS * surprise).mean()


def test_the_loss_and_its_gradient_are_those_of_pytorch() -> None:
    model = Talker(hidden=4, bands=3, seed=1)
    bands, mouth, shut = RNG.normal(size=(2, 9, 3)), RNG.random((2, 6, 3)), (RNG.random((2, 6)) < 0.5).astype(float)
    loss, gradient = compile(model.loss, model)(bands, mouth, shut)
    p = [torch.tensor(value.data, dtype=torch.float64, requires_grad=True) for value in model.parameters()]
    expected = of_torch(model, [torch.tensor(array) for array in (bands, mouth, shut)], p)
    expected.backward()
    assert_allclose(loss, expected.item(), rtol=1e-11)
    assert_allclose(gradient, [0.0 if q.grad is None else q.grad.item() for q in p], rtol=1e-8, atol=1e-12)


def test_lips_are_the_mean_of_both_networks_and_no_sound_changes_those_of_another() -> None:
    application = Speech(seed=3)
    sounds = [RNG.normal(size=(frames, BANDS)) for frames in (130, 61)]
    both = application.lips(sounds)
    assert [len(lips) for lips in both] == [130, 61]
    first, second = (np.array(compile(talker)(sounds[0][None]))[0, DELAY:] for talker in application.model.talkers)
    first[:, 3], second[:, 3] = (1 / (1 + np.exp(-rows[:, 3])) for rows in (first, second))
    assert not np.allclose(first, second)
    assert_allclose(both[0][: 130 - DELAY], (first + second) / 2, rtol=1e-10)
    assert_allclose(application.lips([sounds[1]])[0], both[1], rtol=1e-10)


def test_the_voices_say_phonemes_at_the_times_of_their_sounds() -> None:
    [said] = spoken([Line("en-us", "a big map")])
    names = [name for _, name in said.phonemes if not name.startswith("_")]
    assert names == ["a#", "b", "I", "g", "m", "a", "p"]
    times = [start for start, _ in said.phonemes]
    assert times == sorted(times)
    assert times[-1] <= len(said.sound) / said.rate + 0.1
    loudness = log_mel(said.sound, said.rate, PER_SECOND).max(axis=1)
    assert [word for _, word in said.words] == ["a", "big", "map"]
    starts = {name: start for start, name in said.phonemes}
    assert [start for start, _ in said.words] == pytest.approx([starts[name] for name in ("a#", "b", "m")], abs=0.02)
    before_p, in_vowel = round((starts["p"] - 0.03) * PER_SECOND), round((starts["a"] + 0.06) * PER_SECOND)
    assert loudness[before_p] < loudness[in_vowel] - 1, "it is quiet before a p opens"


def test_every_phoneme_that_is_said_has_a_mouth_and_lips_shut_on_m_b_and_p_alone() -> None:
    said = [*practice(24, np.random.default_rng(1)), *held_out()]
    for one in said:
        for _, name in one.speech.phonemes:
            assert mouth_of(name), name
        assert one.mouth.shape == (len(one.bands), 3)
        assert one.mouth.min() >= 0
        assert one.mouth.max() <= 1
        assert np.all(one.mouth[one.shut > 0, OPEN] == 0)
        closing = sum(name in CLOSED for _, name in one.speech.phonemes)
        runs = int((np.diff(np.concatenate([[0], one.shut])) == 1).sum())
        assert closing / 2 <= runs <= closing
    assert all(0 <= number <= 1 for mouth in MOUTHS.values() for number in mouth)


def test_no_voice_or_sentence_of_the_test_is_practised_or_validated() -> None:
    assert not set(TEST_VOICES) & {*TRAINING_VOICES, *VALIDATION_VOICES}
    assert not set(VALIDATION_VOICES) & set(TRAINING_VOICES)
    assert not set(TEST) & set(VALIDATION)
    assert len(set(WORDS)) == len(WORDS)
    texts = {one.line.text for one in practice(24, np.random.default_rng(0))}
    assert not texts & {*TEST, *VALIDATION}


def test_no_test_sentence_is_practised(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any, **__: Any) -> list[Seen]:
        raise AssertionError

    for module in (speech, voices):
        monkeypatch.setattr(module, "held_out", refused)
    application = Speech(fraction=0.02)
    application.train(progress=False)
    assert not {one.line.voice for one in application.practised} & {*TEST_VOICES}
    assert not {one.line.text for one in application.practised} & {*TEST}


def test_the_same_seed_has_the_same_speech() -> None:
    a, b, c = (practice(8, np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert [one.line for one in a] == [one.line for one in b] != [one.line for one in c]
    assert all(np.array_equal(x.bands, y.bands) for x, y in zip(a, b, strict=True))


def test_bands_hear_a_tone_where_it_is_at_any_rate_and_loudness() -> None:
    for frequency in (200.0, 700.0, 3000.0):
        found = [
            int(log_mel(np.sin(2 * np.pi * frequency * np.arange(rate) / rate), rate, PER_SECOND)[25].argmax())
            for rate in (8000, 16000, 22050)
        ]
        assert len(set(found)) == 1
    sound = RNG.normal(size=8000)
    assert_allclose(log_mel(sound, 8000, 50), log_mel(sound / 7, 8000, 50), rtol=1e-9, atol=1e-12)
    with pytest.raises(ValueError, match="empty"):
        log_mel(np.array([]), 8000, 50)
    with pytest.raises(ValueError, match="at least 7600"):
        log_mel(sound, 4000, 50)


def test_a_sound_that_moves_later_is_heard_later_by_as_many_frames() -> None:
    sound = held_out()[0].speech.sound
    later = np.concatenate([np.zeros(22050 // PER_SECOND * 7), sound])
    assert_allclose(
        log_mel(later, 22050, PER_SECOND)[7:-1], log_mel(sound, 22050, PER_SECOND)[: len(later) // 441 - 7], atol=0.2
    )


def test_a_stretched_voice_has_its_resonances_elsewhere_and_stays_in_step() -> None:
    bands = np.exp(-0.5 * ((np.arange(BANDS) - 9) / 1.5) ** 2) * RNG.random((20, 1))
    moved = [stretched(bands, np.random.default_rng(seed)) for seed in range(20)]
    peaks = {int(one[0].argmax()) for one in moved}
    assert min(peaks) < 9 < max(peaks)
    assert all(np.corrcoef(one.max(axis=1), bands.max(axis=1))[0, 1] > 0.99 for one in moved)


def test_a_piece_has_bands_for_as_long_as_the_answers_are_late() -> None:
    bands, mouth, shut = piece(held_out()[0], STEPS, DELAY, RNG)
    assert (len(bands), len(mouth), len(shut)) == (STEPS + DELAY, STEPS, STEPS)


def made(shut: list[int]) -> Seen:
    frames = len(shut)
    return Seen(RNG.normal(size=(frames, BANDS)), RNG.random((frames, 3)), np.array(shut, float), None, None)  # type: ignore[arg-type]


def test_closures_are_counted_by_hand() -> None:
    test = [made([0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0])]
    assert closures([test[0].shut > 0], test) == (100, 0)
    assert closures([np.zeros(12, bool)], test) == (0, 0)
    said = np.array([0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1], bool)  # a frame late, none, and one where nothing is
    assert closures([said], test) == (50, 50)
    assert closures([np.ones(12, bool)], test) == (100, 0), "one closure, which meets both"


def test_the_baselines_find_what_is_there() -> None:
    W = RNG.normal(size=(BANDS, 3)) / 60  # which leaves every mouth between 0 and 1
    practised = []
    for _ in range(4):
        bands = RNG.normal(size=(80, BANDS))
        practised.append(Seen(bands, bands @ W + 0.5, np.zeros(80), None, None))  # type: ignore[arg-type]
    assert error(linear(practised, practised, 0), practised) < 1e-9
    assert error(by_loudness(practised, practised), practised) > 0.01
    loud = [
        one._replace(mouth=np.repeat((one.bands.max(axis=1, keepdims=True) > 1.5) * 1.0, 3, 1)) for one in practised
    ]
    assert error(by_loudness(loud, loud), loud) < 0.15


def test_the_face_opens_its_mouth_as_far_as_it_is_told() -> None:
    def gap(mouth: tuple[float, float, float]) -> float:
        """The height between the lips, half way along them."""
        numbers = [float(x) for x in re.findall(r"-?[\d.]+", shapes(mouth)["hollow"])]
        return 0.75 * (numbers[9] - numbers[3])

    heights = [gap((opened, 0.2, 0.5)) for opened in (0.0, 0.3, 0.6, 1.0)]
    assert heights[0] == 0
    assert heights == sorted(heights)
    assert heights[-1] > 40
    assert list(shapes((0, 0, 0))) == list(COLOURS)
    assert shapes((2.0, 0, 0)) == shapes((1.0, 0, 0)), "numbers beyond 0 to 1 are the nearest"
    for name in COLOURS:
        kinds = {re.sub(r"[-\d. ]+", "", shapes(mouth, eyes)[name]) for mouth in MOUTHS.values() for eyes in (0, 1)}
        assert len(kinds) == 1, "the same curves for every mouth, so that an animation can glide"
    assert "nan" not in face((0.5, 0.5, 0.5), 2.5)
    assert lid(2.55) < 1e-9


def test_the_moving_face_has_every_frame_and_is_still_where_motion_is_not_wanted() -> None:
    svg = talking(RNG.random((30, 3)), PER_SECOND, [(0.06, "<A"), (0.3, "& B>")], "a note")
    assert svg.count('"d"') == len(COLOURS)
    assert svg.count('keyTimes="0;0.1000;0.5000"') == svg.count('keyTimes="0;0.5000;1.0000"') == 2, "a word is marked"
    assert 'dur="0.60s"' in svg
    assert all(values.count(";") == 29 for values in re.findall(r'values="(M[^"]*)"', svg))
    assert "prefers-reduced-motion" in svg
    assert "&lt;A &amp; B&gt;" in svg


def films(html: str) -> list[dict[str, object]]:
    """The films of a page."""
    [data] = re.findall(r'<script[^>]*type="application/json"[^>]*>(.*?)</script>', html, re.S)
    return json.loads(data)  # type: ignore[no-any-return]


def test_sound_and_face_have_the_same_length_and_the_face_is_in_step_to_a_frame() -> None:
    for one in held_out()[:4]:
        film = talks.side_by_side(one, one.mouth)
        assert film.sound is not None
        with wave.open(BytesIO(film.sound)) as sound:
            seconds = sound.getnframes() / sound.getframerate()
        assert abs(len(film.frames) / film.per_second - seconds) <= 1 / PER_SECOND
        assert film.frames[7].count(shapes(one.mouth[7])["hollow"]) == 2, (
            "frame 7 is the mouth of frame 7, in both faces"
        )


def test_the_page_has_a_real_speaker_where_her_recordings_are_and_else_says_how_to_get_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(talks, "SOUNDS", tmp_path)
    found, missing = talks.real_speaker()
    assert found == []
    assert "apt-get install asterisk-core-sounds-en-wav" in missing
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "tt-weasels.wav").write_bytes(wav(tone(), 8000))
    [(text, sound, rate)], missing = talks.real_speaker()
    assert (text, len(sound), rate, missing) == ("Weasels have eaten our phone system", 8000, 8000, "")


def test_without_voices_a_message_says_how_to_get_them_and_a_recording_still_moves_the_face(
    no_voices: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ImportError, match=r"pip install 'microgradnet\[applications\]', or apt-get install espeak-ng"):
        spoken([Line("en-us", "hello")])
    assert main(["run", "speech", "--out", str(tmp_path / "a"), "--quick", "--quiet"]) == 1
    assert "apt-get install espeak-ng" in capsys.readouterr().err
    save(Speech().model, tmp_path / "model.npz")
    (tmp_path / "me.wav").write_bytes(wav(tone(), 8000))
    assert main(["run", "speech", "--out", str(tmp_path), "--audio", str(tmp_path / "me.wav")]) == 0
    page = (tmp_path / "me-spoken.html").read_text("utf-8")
    assert "me.wav" in page
    assert "data:audio/wav;base64," in page
    held_out.cache_clear()


def test_a_library_that_does_not_speak_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(espeak, "_library", lambda: (str(tmp_path / "none.so"), None))
    with pytest.raises(ImportError, match=r"does not speak: .*none\.so"):
        spoken([Line("en-us", "hello")])
    monkeypatch.undo()
    with pytest.raises(ImportError, match="no voice nosuch"):
        spoken([Line("nosuch", "hello")])
    program = tmp_path / "slow.py"
    program.write_text("import time; time.sleep(60)")
    monkeypatch.setattr(espeak, "PROGRAM", program)
    monkeypatch.setattr(espeak, "SECONDS", 1)
    with pytest.raises(ImportError, match="did not answer in 1 s"):
        spoken([Line("en-us", "hello")])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"ID3 an MP3", "no WAV file"),
        (wav(np.zeros(8000), 8000), "silent"),
        (wav(tone(seconds=0.1), 8000), r"lasts 0.1 s; a recording of 0.2 to 60 s"),
        (wav(tone(8000, 61), 8000), r"lasts 61.0 s"),
        (wav(tone(8000), 4000), "has 4000 samples per second; at least 8000"),
    ],
)
def test_what_is_no_recording_of_speech_is_refused(
    data: bytes, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a.wav"
    file.write_bytes(data)
    with pytest.raises(RequestError, match=message):
        recording(str(file))
    with pytest.raises(SystemExit):
        main(["run", "speech", "--out", str(tmp_path / "out"), "--audio", str(file)])
    assert re.search(message, capsys.readouterr().err)
    assert not (tmp_path / "out").exists(), "nothing was trained"


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.wav", tmp_path):
        with pytest.raises(RequestError, match="cannot be read"):
            recording(str(path))


def test_a_recording_has_as_many_frames_as_it_lasts() -> None:
    assert len(heard(tone(), 8000)) == PER_SECOND
    assert np.isfinite(heard(tone(), 8000)).all()


def test_training_learns_and_its_mouths_are_in_step_with_the_true_ones_to_a_frame() -> None:
    application = Speech(fraction=0.1)
    history = application.train(progress=False)
    assert history["loss"][-1] < history["loss"][0]
    pairs = list(zip(application.mouths([one.bands for one in held_out()]), held_out(), strict=True))

    def alike(lag: int) -> float:
        """The correlation of how far the mouth is open with how far it should be, so many frames before."""
        said = np.concatenate([mouth[5 + lag : len(mouth) - 5 + lag, OPEN] for mouth, _ in pairs])
        true = np.concatenate([one.mouth[5:-5, OPEN] for _, one in pairs])
        return float(np.corrcoef(said, true)[0, 1])

    likenesses = {lag: alike(lag) for lag in range(-5, 6)}
    best = [lag for lag, likeness in likenesses.items() if likeness == max(likenesses.values())]
    assert abs(best[0]) <= 1, likenesses
