"""Every application: a tenth of a training reaches looser bounds, is saved and loaded, and shows what it promises."""

from pathlib import Path

import pytest

from microgradnet import gradcheck
from microgradnet.cli import main
from microgradnet.graph import Graph
from microgradnet.stepping.webpage import page
from microgradnet.teach.applications import APPLICATIONS, QUICK, Application, format_figures, load_application
from microgradnet.train import load, save
from tests import ROOT
from tests.applications import BOUNDS

QUICKLY = {name: [bound for bound in bounds if bound.quick is not None] for name, bounds in BOUNDS.items()}
TRAINED: dict[str, Application] = {}


def trained(name: str) -> Application:
    """The application after a tenth of a training, made once."""
    if name not in TRAINED:
        TRAINED[name] = load_application(name)(fraction=0.1)
        TRAINED[name].train(progress=False)
    return TRAINED[name]


@pytest.mark.parametrize("name", APPLICATIONS)
def test_a_tenth_of_a_training_reaches_its_bounds(name: str) -> None:
    figures = {figure.name: figure for figure in trained(name).figures()}
    assert max(map(len, format_figures([*figures.values()]).splitlines())) <= 80, "a table fits into a terminal"
    for bound in QUICKLY[name]:
        assert bound.holds_quickly(figures), f"{bound.says} (quick: {bound.quick}): {figures}"


@pytest.mark.parametrize("name", APPLICATIONS)
def test_the_book_has_every_figure(name: str) -> None:
    section = (
        (ROOT / "notebooks" / "gallery.md").read_text("utf-8").split(f"\n## {name.capitalize()}\n")[1].split("\n## ")[0]
    )
    rows = {line.split("|")[1].strip(): line for line in section.splitlines() if line.startswith("| ")}
    for figure in trained(name).figures():
        assert all(f"{method} " in rows[figure.name] for method in figure.baselines), figure


@pytest.mark.parametrize("name", APPLICATIONS)
def test_an_untrained_model_does_not_reach_them(name: str) -> None:
    figures = {figure.name: figure for figure in load_application(name)(fraction=0.1).figures()}
    assert QUICKLY[name]
    for bound in QUICKLY[name]:
        assert not bound.holds_quickly(figures), f"{bound.says} (quick: {bound.quick}): {figures}"


@pytest.mark.parametrize("name", APPLICATIONS)
def test_the_model_is_saved_and_loaded(name: str, tmp_path: Path) -> None:
    application, other = trained(name), load_application(name)(fraction=0.1, seed=5)
    load(save(application.model, tmp_path / "model.npz"), other.model)
    assert other.model.state_dict() == application.model.state_dict()


@pytest.mark.parametrize("name", APPLICATIONS)
def test_a_quick_run_says_what_it_measured_and_each_file_has_the_contents_that_its_name_says(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", name, "--quick", "--quiet", "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert f"on {load_application(name)(fraction=QUICK).measured()}, by a quick training, seed 0\n" in said
    begins = {"svg": b"<svg", "png": b"\x89PNG", "html": b"<!doctype html>", "npz": b"PK"}
    for file in tmp_path.iterdir():
        assert file.stem.endswith("-quick")
        assert file.read_bytes().lstrip()[:15].startswith(begins[file.suffix[1:]]), file


@pytest.mark.parametrize("name", APPLICATIONS)
def test_a_file_is_the_same_each_time(name: str) -> None:
    application = load_application(name)(fraction=0.1)
    application.model.load_state_dict(trained(name).model.state_dict())
    file, make = next(iter(trained(name).files().items()))
    assert make() == application.files()[file](), file


@pytest.mark.parametrize("name", APPLICATIONS)
def test_the_loss_of_a_sample_can_be_played(name: str) -> None:
    loss = load_application(name)(fraction=0.1).example()
    assert len(Graph(loss)) < 2000
    assert gradcheck(loss)
    assert "</html>" in page(loss).html
