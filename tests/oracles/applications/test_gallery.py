"""Every application: a quick training reaches its looser bounds, is saved and loaded, and shows what it promises."""

from pathlib import Path

import pytest

from microgradnet import gradcheck
from microgradnet.graph import Graph
from microgradnet.stepping.webpage import page
from microgradnet.teach.applications import APPLICATIONS, Application, format_figures, load_application
from microgradnet.train import load, save
from tests.applications import BOUNDS

TRAINED: dict[str, Application] = {}


def trained(name: str) -> Application:
    """The application after a quick training, made once."""
    if name not in TRAINED:
        TRAINED[name] = load_application(name)(quick=True)
        TRAINED[name].train(progress=False)
    return TRAINED[name]


@pytest.mark.parametrize("name", APPLICATIONS)
def test_a_quick_training_reaches_its_bounds(name: str) -> None:
    figures = {figure.name: figure for figure in trained(name).figures()}
    assert max(map(len, format_figures([*figures.values()]).splitlines())) <= 80, "a table fits into a terminal"
    assert BOUNDS[name], "each has a bound"
    for bound in BOUNDS[name]:
        assert bound.holds_quickly(figures), f"{bound.says} (quick: {bound.quick}): {figures}"


@pytest.mark.parametrize("name", APPLICATIONS)
def test_an_untrained_model_does_not_reach_them(name: str) -> None:
    figures = {figure.name: figure for figure in load_application(name)(quick=True).figures()}
    assert not all(bound.holds_quickly(figures) for bound in BOUNDS[name])


@pytest.mark.parametrize("name", APPLICATIONS)
def test_the_model_is_saved_and_loaded(name: str, tmp_path: Path) -> None:
    application, other = trained(name), load_application(name)(quick=True, seed=5)
    load(save(application.model, tmp_path / "model.npz"), other.model)
    assert other.model.state_dict() == application.model.state_dict()


@pytest.mark.parametrize("name", APPLICATIONS)
def test_each_file_has_the_contents_that_its_name_says(name: str) -> None:
    files = trained(name).files()
    begins = {"svg": b"<svg", "png": b"\x89PNG", "gif": b"GIF8", "html": b"<!doctype html>", "wav": b"RIFF"}
    for file, make in files.items():
        made = make()
        data = made.encode() if isinstance(made, str) else made
        assert data.lstrip()[:15].startswith(begins[file.rpartition(".")[2]]), file
    file, make = next(iter(files.items()))
    assert make() == make(), f"{file} is the same each time"


@pytest.mark.parametrize("name", APPLICATIONS)
def test_the_loss_of_a_sample_can_be_played(name: str) -> None:
    loss = load_application(name)(quick=True).example()
    assert len(Graph(loss)) < 2000
    assert gradcheck(loss)
    assert "</html>" in page(loss).html
