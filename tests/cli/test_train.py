"""`microgradnet train`: what it writes, prints and refuses."""

import json
from pathlib import Path

import numpy as np
import pytest

from microgradnet import ProviderError, data, load
from microgradnet.cli import train
from microgradnet.cli.main import main
from microgradnet.losses import hinge
from microgradnet.train import History


def test_train_writes_model_history_network_and_the_page_of_a_sample(trained: Path) -> None:
    model = load(trained / "model.npz")
    assert repr(model) == "MLP(2 → 8 relu → 8 relu → 1 linear)"
    history = json.loads((trained / "history.json").read_text("utf-8"))
    assert history["ended"] == "all epochs"
    assert len(history["epochs"]) == 20
    assert history["epochs"][-1]["loss"] < history["epochs"][0]["loss"]
    assert "</svg>" in (trained / "network.svg").read_text("utf-8")
    assert "</html>" in (trained / "sample.html").read_text("utf-8").lower()


def test_the_page_is_of_the_sample_with_the_largest_loss_and_has_the_boundary(tmp_path: Path) -> None:
    assert main(["train", "moons", "--epochs", "3", "--quiet", "--out", str(tmp_path)]) == 0
    X, Y = data.moons(100, seed=0)
    model = load(tmp_path / "model.npz")
    losses = [hinge(model(x), 2 * y - 1).data for x, y in zip(X.tolist(), Y.tolist(), strict=True)]
    shown = (tmp_path / "sample.html").read_text("utf-8")
    graph = json.loads(shown.partition('id="data">')[2].partition("</script>")[0])
    worst = X[losses.index(max(losses))].tolist()
    assert [graph["nodes"][i]["data"] for i in graph["plane"]["inputs"]] == worst
    assert len(graph["plane"]["samples"]) == 100
    assert "<h1>Two half circles: the sample with the largest loss</h1>" in shown


@pytest.mark.parametrize("name", train.FILES)
def test_earlier_files_are_overwritten_only_with_force(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / name
    file.write_text("precious")
    command = ["train", "xor", "--epochs", "1", "--quiet", "--out", str(tmp_path)]
    assert main(command) == 1
    assert (
        f"{name} is there already, and is kept: name another folder with --out, or --force" in capsys.readouterr().err
    )
    assert [path.read_text() for path in tmp_path.iterdir()] == ["precious"]
    if name == "model.npz":
        assert main([*command, "--force"]) == 0
        assert len(load(file).parameters()) == 33


def test_all_that_it_writes_would_be_noticed(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images = np.random.default_rng(0).random((40, 64))
    monkeypatch.setattr(data, "digits", lambda: (images, np.arange(40) % 10))
    assert main(["train", "digits", "--hidden", "1", "--epochs", "1", "--quiet", "--out", str(tmp_path)]) == 0
    assert {path.name for path in [*trained.iterdir(), *tmp_path.iterdir()]} == set(train.FILES)


@pytest.mark.parametrize("task", ["xor", "spirals"])
def test_other_tasks_are_trained_too(task: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", task, "--epochs", "2", "--out", str(tmp_path / "deep" / "er"), "--quiet"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{task}: ")
    assert "accuracy: " in said
    assert (tmp_path / "deep" / "er" / "model.npz").exists()


def test_a_network_too_large_for_a_page_is_trained_and_drawn_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train, "MOST_COMPUTED", 10)
    assert main(["train", "xor", "--epochs", "2", "--quiet", "--out", str(tmp_path)]) == 0
    said = capsys.readouterr()
    assert "no sample.html" in said.err
    assert "network.svg" in said.out
    assert not (tmp_path / "sample.html").exists()


def test_what_cannot_be_drawn_costs_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise ProviderError("no dot")

    monkeypatch.setattr(train, "draw", refuse)
    assert main(["train", "xor", "--epochs", "2", "--quiet", "--out", str(tmp_path)]) == 0
    assert "no network.svg: no dot" in capsys.readouterr().err
    assert (tmp_path / "model.npz").exists()
    assert (tmp_path / "sample.html").exists()


def test_ctrl_c_in_the_first_epoch(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("microgradnet.train.fit", lambda *arguments, **options: History([], "interrupted"))
    assert main(["train", "xor", "--quiet", "--out", str(tmp_path)]) == 130
    said = capsys.readouterr()
    assert "written:" in said.out
    assert "interrupted after 0 of 200 epochs: " in said.err
    assert "model.npz holds what it has learnt; train anew with --force\n" in said.err


def test_ctrl_c_after_the_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("microgradnet.cli.train.write_each", stop)
    with pytest.raises(KeyboardInterrupt, match="holds what it has learnt; train anew with"):
        main(["train", "xor", "--epochs", "1", "--quiet", "--out", str(tmp_path)])
    assert (tmp_path / "model.npz").exists()


def test_where_nothing_can_be_written_nothing_is_trained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert main(["train", "xor", "--out", str(tmp_path / "file")]) == 1
    said = capsys.readouterr()
    assert "file is no folder, and cannot be made one: name another with --out" in said.err
    assert said.out == ""


def test_a_network_that_no_memory_holds_is_not_built(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "xor", "--hidden", "100000000", "--out", str(tmp_path / "out")]) == 1
    assert "400,000,001 parameters, more than 10,000,000: give smaller --hidden" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_same_seed_gives_the_same_model(tmp_path: Path) -> None:
    for name, seed in (("a", "3"), ("b", "3"), ("c", "4")):
        assert main(["train", "moons", "--epochs", "2", "--seed", seed, "--out", str(tmp_path / name), "--quiet"]) == 0
    a, b, c = (load(tmp_path / name / "model.npz").state_dict() for name in "abc")
    assert a == b != c


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["mons"], "unknown choice 'mons': it must be one of xor, moons, "),
        (["moons", "--hidden", "0"], "whole numbers above 0"),
        (["moons", "--hidden", "8,x"], "whole numbers above 0"),
        (["moons", "--epochs", "0"], "whole number above 0"),
        (["moons", "--activation", "tahn"], "unknown choice 'tahn'"),
    ],
)
def test_what_cannot_be_trained_is_a_wrong_command(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["train", *arguments])
    assert caught.value.code == 2
    assert words in capsys.readouterr().err
