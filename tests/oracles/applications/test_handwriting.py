"""Handwriting: the loss and its gradient against PyTorch, the pens' data, the judge, the drawing, and the options."""

import doctest
import importlib
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from microgradnet import compile
from microgradnet.cli.main import main
from microgradnet.teach.applications import APPLICATIONS
from microgradnet.teach.applications import handwriting as module
from microgradnet.teach.applications.application import needed
from microgradnet.teach.applications.handwriting import STEPS, Handwriting, Writer, pens
from microgradnet.teach.applications.handwriting.judging import Judge, nats_of_one_gaussian
from microgradnet.teach.applications.handwriting.pens import HANDS, LETTERS, UNIT, Line, held_out, practice, written
from microgradnet.teach.applications.handwriting.pieces import Piece, pieces
from microgradnet.teach.applications.handwriting.writing import STRAIGHT, drawn, picture
from microgradnet.teach.applications.media.strokes import Strokes, animation
from microgradnet.teach.applications.requests import ALPHABET, RequestError, handwritten, number_from_zero
from microgradnet.train import save

RNG = np.random.default_rng(0)
JUDGE = Judge()
LINES = practice(6, np.random.default_rng(3))

torch: Any = importlib.import_module("torch")


def of_torch(model: Writer, piece: Piece, h: torch.Tensor, c: torch.Tensor, p: list[torch.Tensor]) -> torch.Tensor:
    """The loss of a batch, by PyTorch's LSTM cell and distributions; `p` are the model's parameters in their order."""
    hidden, inputs = model.memory.nout, model.memory.nin
    numbers = iter(p)

    def layer(rows: int, columns: int) -> tuple[torch.Tensor, torch.Tensor]:
        taken = torch.stack([torch.stack([next(numbers) for _ in range(columns + 1)]) for _ in range(rows)])
        return taken[:, :-1], taken[:, -1]

    width = len(model.letter.table[0])
    table = torch.stack([torch.stack([next(numbers) for _ in range(width)]) for _ in range(len(LETTERS))])
    gates = {gate: layer(hidden, inputs + hidden) for gate in ("input", "forget", "candidate", "output")}
    W, b = layer(len(model.output.neurons), hidden)
    order = [gates[gate] for gate in ("input", "forget", "candidate", "output")]  # that of PyTorch
    weights = torch.cat([w for w, _ in order])
    cell = (weights[:, :inputs], weights[:, inputs:], torch.cat([bias for _, bias in order]))
    seen, letter, following, hand, point, weight = map(torch.tensor, piece)
    losses = []
    for t in range(STEPS):
        x = torch.cat([seen[:, t], letter[:, t] @ table, following[:, t] @ table, hand], 1)
        h, c = torch.lstm_cell(x, (h, c), cell[0], cell[1], cell[2])
        y = h @ W.T + b
        k = (y.shape[1] - 2) // 6
        pi, m1, m2, s1, s2, r = (y[:, i * k : (i + 1) * k] for i in range(6))
        s1, s2, r = s1.exp(), s2.exp(), STRAIGHT * r.tanh()
        covariance = torch.stack([torch.stack([s1**2, r * s1 * s2], -1), torch.stack([r * s1 * s2, s2**2], -1)], -2)
        gaussians = torch.distributions.MultivariateNormal(torch.stack([m1, m2], -1), covariance)
        mixture = torch.distributions.MixtureSameFamily(torch.distributions.Categorical(logits=pi), gaussians)
        flags = torch.distributions.Bernoulli(logits=y[:, 6 * k :]).log_prob(point[:, t, 2:]).sum(1)
        losses.append(-weight[:, t] * (mixture.log_prob(point[:, t, :2]) + flags))
    return torch.stack(losses).mean()


def test_the_loss_and_its_gradient_are_those_of_pytorch() -> None:
    model = Writer(hidden=5, width=3, gaussians=2, seed=1)
    piece = pieces(LINES, STEPS)[-1]  # with filling
    assert 0 < np.mean(piece.weight == 0) < 1
    h, c = RNG.normal(size=(2, len(LINES), 5))
    (loss, _), gradient = compile(model.loss, model)(*piece, h, c)
    p = [torch.tensor(value.data, dtype=torch.float64, requires_grad=True) for value in model.parameters()]
    expected = of_torch(model, piece, torch.tensor(h), torch.tensor(c), p)
    expected.backward()
    assert_allclose(loss, expected.item(), rtol=1e-11)
    assert_allclose(gradient, [0.0 if q.grad is None else q.grad.item() for q in p], rtol=1e-8, atol=1e-12)


def test_pieces_carry_the_state_on() -> None:
    """The states after two pieces are those after one of twice the length, and a step at a time gives them, too."""
    model = Writer(hidden=4, seed=2)
    loss, state = compile(model.loss), model.start(len(LINES))
    for piece in pieces(LINES, 10)[:2]:
        _, state = loss(*piece, *state)
    [whole, *_] = pieces(LINES, 20)
    _, expected = compile(model.loss)(*whole, *model.start(len(LINES)))
    assert_allclose(state, expected, rtol=1e-12)
    following, stepped = compile(model.next), model.start(len(LINES))
    for t in range(20):
        _, stepped = following(whole.seen[:, t], whole.letter[:, t], whole.following[:, t], whole.hand, *stepped)
    assert_allclose(stepped, expected, rtol=1e-12)


def test_what_a_line_says_is_in_its_points() -> None:
    for line in [*LINES, *held_out(1)]:
        assert line.points[:, 3].sum() == len(line.text), "each letter ends once"
        assert set(np.unique(line.points[:, 2:])) <= {0.0, 1.0}
        assert line.points[-1, 3] == 1
        assert {line.text[at] for at, _ in line.ink()} == set(line.text) - {" "}, "each letter has ink, a space none"
    joined = [written("nnn", hand, RNG).points[:-1] for hand in HANDS]
    lifts_between = [int((points[:, 2] * points[:, 3]).sum()) for points in joined]
    assert lifts_between == [0, 0, 2, 2], "the letters of script join, those of print do not"


def test_pieces_hold_every_point_once() -> None:
    cut = pieces(LINES, STEPS)
    points = np.concatenate([piece.point[piece.weight > 0] for piece in cut])
    assert len(points) == sum(len(line.points) for line in LINES)
    assert_allclose(points.sum(), sum(line.points.sum() for line in LINES))
    assert_allclose(np.mean([piece.weight for piece in cut]), 1.0)
    assert cut[0].seen[:, 0].tolist() == [[0.0] * 6] * len(LINES)
    down = np.array([np.cumsum(line.points[:, 1])[STEPS - 1] for line in LINES])
    assert_allclose(cut[1].seen[:, 0, 5], down, atol=1e-12)


def test_the_unit_is_about_the_standard_deviation_of_an_offset() -> None:
    points = np.concatenate([line.points for line in practice(40, np.random.default_rng(1))])
    assert 0.9 < points[:, :2].std() < 1.1
    assert UNIT == 4


def test_the_test_data_are_the_same_each_time() -> None:
    assert_allclose(held_out(1)[0].points, held_out(1)[0].points)


def test_neither_words_nor_writers_of_the_test_are_practised(monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer is known by the state of the source that it is drawn from, a word by five letters or more."""
    lines: list[tuple[str, str]] = []

    def spied(text: str, hand: str, rng: np.random.Generator) -> Line:
        lines.append((text, f"{rng.bit_generator.state}"))
        return written(text, hand, rng)

    def drawn_from(lines: list[tuple[str, str]]) -> tuple[set[str], set[str]]:
        return {w for text, _ in lines for w in text.split() if len(w) > 4}, {writer for _, writer in lines}

    monkeypatch.setattr(pens, "written", spied)
    held_out()
    words, writers = drawn_from(lines)
    lines.clear()
    monkeypatch.setattr(module, "BATCHES", 1)
    Handwriting(fraction=0.03).train(progress=False)
    practised, practising = drawn_from(lines)
    assert len(lines) == len(practising) == module.LINES, "each line has a writer of its own"
    assert not words & practised
    assert not writers & practising


def test_the_judge_reads_the_true_pen_and_refuses_scribbles_and_other_letters() -> None:
    lines = held_out(1)
    assert JUDGE.legible(lines) > 97
    shuffled = [
        line._replace(text="".join(chr(97 + (ord(x) - 96) % 26) if x != " " else x for x in line.text))
        for line in lines
    ]
    assert JUDGE.legible(shuffled) < 5
    scribbles = [
        line._replace(points=np.column_stack([RNG.permuted(line.points[:, :2], axis=0), line.points[:, 2:]]))
        for line in lines
    ]
    assert JUDGE.legible(scribbles) < 20
    blank = lines[0]._replace(
        points=np.column_stack([lines[0].points[:, :2], np.ones(len(lines[0].points)), lines[0].points[:, 3]])
    )
    assert JUDGE.read([blank, lines[0]])[0] == {}, "without ink there is nothing to read"


def test_the_baseline_of_one_gaussian_is_the_entropy_of_one() -> None:
    points = np.column_stack([RNG.normal(0, 2, (40000, 2)), RNG.random((40000, 2)) < 0.5])
    line = Line("a", "print", points)
    assert_allclose(nats_of_one_gaussian([line], [line]), np.log(2 * np.pi * np.e * 4) + 2 * np.log(2), atol=0.02)


def test_points_are_drawn_as_predicted_and_a_bias_narrows_them() -> None:
    mixture = [
        np.array(numbers) for numbers in ([2.0, -40.0], [1.0, 9.0], [-1.0, 9.0], [0.5, 0.0], [-0.5, 0.0], [1.0, 0.0])
    ]
    rng = np.random.default_rng(0)
    points = np.array([drawn(mixture, (1.0, -1.0), 0.0, rng) for _ in range(20000)])
    sds, rho = np.exp([0.5, -0.5]), STRAIGHT * np.tanh(1.0)
    assert_allclose(points[:, :2].mean(axis=0), [1, -1], atol=0.05)
    assert_allclose(points[:, :2].std(axis=0), sds, rtol=0.03)
    assert_allclose(np.corrcoef(points[:, :2].T)[0, 1], rho, atol=0.02)
    assert_allclose(points[:, 2:].mean(axis=0), [1 / (1 + np.exp(-1)), 1 / (1 + np.exp(1))], atol=0.02)
    neat = np.array([drawn(mixture, (1.0, -1.0), 1.5, rng) for _ in range(5000)])
    assert_allclose(neat[:, :2].std(axis=0), sds * np.exp(-1.5), rtol=0.05)


def test_a_picture_is_still_without_animation_and_written_in_pen_order_with_it() -> None:
    ink = [places for _, places in LINES[0].ink()]
    svg = animation([Strokes("<script>", ink, [False] * len(ink))], "A & B", ["a note"])
    still, moving = svg.split("@media (prefers-reduced-motion:no-preference)")
    assert "dash" not in still
    assert "animation" not in still, "what hides ink stands in the frames"
    assert "&lt;script&gt;" in svg
    assert "A &amp; B" in svg
    begins = [float(x) for x in re.findall(r"0%,([\d.]+)%\{stroke-dasharray:1 3;stroke-dashoffset:1.1", moving)]
    assert len(begins) == svg.count("<path") == len(ink)
    assert begins == sorted(begins)
    assert "prefers-color-scheme:dark" in svg
    with pytest.raises(ValueError, match="at least one stretch of ink"):
        animation([Strokes("", [], [])], "")


def test_a_line_without_ink_is_named_and_has_no_strokes(monkeypatch: pytest.MonkeyPatch) -> None:
    points = np.column_stack([np.ones((3, 3)), [0.0, 0.0, 1.0]])
    blank = Line("i", "print", points)
    assert blank.ink() == []
    assert JUDGE.read([blank]) == [{}]
    assert JUDGE.legible([blank]) == 0
    assert JUDGE.read([]) == []
    alone = picture("i", [blank], ["print, bias 0"], JUDGE, "letters & fonts")
    both = picture("i", [blank, LINES[0]], ["print, bias 0", "script, bias 0"], JUDGE, "letters & fonts")
    assert "<path" not in alone
    assert both.count("<path") == len(LINES[0].ink())
    for svg in (alone, both):
        assert "print, bias 0: the pen never came down" in svg
        assert "Letters &amp; fonts" in svg
    application = Handwriting()
    monkeypatch.setattr(application, "written", lambda *_: [blank])
    assert "the pen never came down" in str(application.asked("i", "print", 0)["written.svg"]())


def test_the_same_seed_writes_the_same_line() -> None:
    application, same, other = Handwriting(seed=1), Handwriting(seed=1), Handwriting(seed=2)
    other.model = application.model
    makes = [one.asked("abc", "print")["written.svg"]() for one in (application, same, other)]
    assert makes[0] == makes[1] != makes[2]


def test_requests_are_refused_with_what_is_possible(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for check, wrong, message in (
        (handwritten, "Hello!", "'!': only a to z and the space were learnt"),
        (handwritten, "  ", "1 to 60 letters"),
        (handwritten, "a" * 61, "1 to 60 letters .* got 61"),
        (number_from_zero, "-1", "from 0 on"),
        (number_from_zero, "nan", "from 0 on"),
        (number_from_zero, "neat", "from 0 on"),
    ):
        with pytest.raises(RequestError, match=message):
            check(wrong)
    for arguments, message in (
        (["--text", "naïve"], "'ï': only a to z"), (["--bias", "-2"], "from 0 on"), (["--style", "blots"], "italic"),
    ):  # fmt: skip
        with pytest.raises(SystemExit):
            main(["run", "handwriting", "--out", str(tmp_path), *arguments])
        assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir()), "nothing was trained"
    with pytest.raises(ValueError, match="only a to z"):
        Handwriting().asked("Hello!")


def test_the_command_writes_what_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(Handwriting().model, tmp_path / "model.npz")
    for style in ("italic", "any"):
        assert (
            main(["run", "handwriting", "--out", str(tmp_path), "--text", "to me", "--style", style, "--bias", "3"])
            == 0
        )
        svg = (tmp_path / "written.svg").read_text("utf-8")
        assert ">to me<" in svg
        assert re.search(r">(script|round|print|italic), bias 3<" if style == "any" else f">{style}, bias 3<", svg)
        assert "Hershey" in svg, "the credit"
    assert next(o.choices for o in APPLICATIONS["handwriting"].options if o.name == "style") == (*HANDS, "any")
    assert ALPHABET == LETTERS


def test_figures_have_their_baselines() -> None:
    lines = held_out(1)
    surprise, neat = JUDGE.judged(1.0, lines, {1.5: lines}, practice(200, RNG))
    assert (surprise.network, neat.network) == (1.0, JUDGE.legible(lines))
    assert surprise.baselines["table of mean points"] < surprise.baselines["one Gaussian"]


def test_without_the_fonts_a_message_says_how_to_get_them() -> None:
    with pytest.raises(ImportError, match=r"pip install 'microgradnet\[applications\]'"):
        needed("nosuchfonts", "the pens")


def test_training_learns_and_carries_states_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCHES", 20)
    monkeypatch.setattr(module, "EPOCHS", 20)  # a tenth of them
    application = Handwriting(fraction=0.1)
    history = application.train(progress=False)
    assert history["loss"][-1] < history["loss"][0]
    assert np.abs(np.array(application._state)).sum() > 0


def test_the_examples_in_the_docstrings_of_the_pens() -> None:
    """They are left to this test: they need the fonts."""
    found = doctest.testmod(pens, extraglobs={"np": np})
    assert found.attempted >= 1
    assert found.failed == 0
