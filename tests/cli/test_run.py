"""`microgradnet run` for applications: train or load, print, write; what it refuses."""

import json
from pathlib import Path

import pytest

from microgradnet import MLP, Neuron, Value
from microgradnet.cli import applications, run
from microgradnet.cli.main import main
from microgradnet.teach.applications.application import Application, Entry, Figure, Files, Option
from microgradnet.train import History, fit, load, save


class Greeting(Application):
    """An application that trains in no time, for tests."""

    name = "objects"
    source = "nobody 2026"
    credit = "nobody's data"
    tested = (("greetings", 50),)

    def __init__(self, *, fraction: float = 1, seed: int = 0, language: str = "de") -> None:
        super().__init__(fraction=fraction, seed=seed)
        self.model, self.language = MLP(1, [1], seed=seed), language

    def train(self, progress: bool | None = None) -> History:
        return fit(self.model, [[1.0]], [[2.0]], epochs=1, progress=progress)

    def figures(self) -> list[Figure]:
        return [Figure("error", 0.25, {"guess": 0.5})]

    def files(self) -> Files:
        return {"a.svg": lambda: "<svg/>", "b.png": self._missing}

    def _missing(self) -> bytes:
        raise ImportError("no painter: pip install painter")

    def sample_loss(self) -> Value:
        return Value(1.0)

    def asked(self, text: str = "", bias: float = 0.0) -> Files:
        return {"said.svg": lambda: f"{text} {bias} {self.model.parameters()[0].data:.3f}"}


OPTIONS = (
    Option("--text", "what to say"),
    Option("--bias", "how", float),
    Option("--language", "which", choices=("de", "fr"), of_training=True),
)


@pytest.fixture(autouse=True)
def _greeting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(run, "APPLICATIONS", {"objects": Entry("objects", "greet", 1, "Lower is better.", OPTIONS)})
    monkeypatch.setattr(applications, "load_application", lambda name: Greeting)
    monkeypatch.chdir(tmp_path)


def test_it_trains_prints_and_writes_and_what_is_missing_stops_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "objects", "--quiet"]) == 1
    said = capsys.readouterr()
    assert "after nobody 2026\ndata: nobody's data\n" in said.out
    assert "error  0.25     0.5" in said.out
    assert "\non test data (greetings: 50), by one training, seed 0\nLower is better.\n\nwritten: " in said.out
    assert "written: objects/a.svg\n" in said.out
    assert said.err == "microgradnet: no b.png: no painter: pip install painter\n"
    assert Path("objects/a.svg").read_text() == "<svg/>"
    assert load("objects/model-de.npz")


def test_what_is_asked_uses_what_was_trained_or_trains_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "objects", "--text", "hi", "--bias", "2", "--quiet", "--seed", "3"]) == 0
    first = Path("objects/said.svg").read_text()
    assert first.startswith("hi 2.0 ")
    assert "error" not in capsys.readouterr().out, "figures are of trainings, not of what is asked"
    assert main(["run", "objects", "--text", "ho", "--quiet"]) == 0
    assert "objects/model-de.npz: MLP" in capsys.readouterr().out
    assert Path("objects/said.svg").read_text() == first.replace("hi 2.0", "ho 0.0")


def test_without_a_request_it_is_trained_anew() -> None:
    main(["run", "objects", "--quiet", "--seed", "3"])
    before = load("objects/model-de.npz").state_dict()
    main(["run", "objects", "--quiet", "--seed", "4"])
    assert load("objects/model-de.npz").state_dict() != before


def test_an_option_of_the_training_has_a_model_of_its_own() -> None:
    assert main(["run", "objects", "--language", "fr", "--text", "salut", "--quiet"]) == 0
    assert [path.name for path in Path("objects").glob("*.npz")] == ["model-fr.npz"]


def test_a_saved_model_is_loaded_in_place_of_training(capsys: pytest.CaptureFixture[str]) -> None:
    main(["run", "objects", "--quiet", "--seed", "7"])
    capsys.readouterr()
    assert main(["run", "objects", "--load", "objects/model-de.npz", "--out", "other"]) == 1
    assert "parameters" not in capsys.readouterr().out
    assert Path("other/a.svg").exists()
    assert not Path("other/model-de.npz").exists()


def test_a_folder_that_cannot_be_written_into(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: False)  # as root, one may write into all
    assert main(["run", "neuron", "--graphs", "kept"]) == 1
    assert capsys.readouterr().err == "microgradnet: cannot write into kept: name another folder with --graphs\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["neuron", "--text", "hi"], "--text is an option of one application: microgradnet run objects --text …"),
        (["neuron", "--quick"], "--out, --quick, --load and --seed are options of applications"),
        (["objects", "neuron", "--out", "x"], "--out is for one application"),
        (["objects", "--load", "nowhere.npz"], "nowhere.npz: No such file"),
        (["objects", "--load", __file__], "is not a model that can be loaded"),
        (["objects", "--graphs", "x"], "--graphs is for the pictures of examples; give --out"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", *arguments]) == 1
    assert message in capsys.readouterr().err
    assert not Path("objects").exists(), "nothing was made"


def test_run_alone_names_the_gallery(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run"]) == 0
    assert capsys.readouterr().out.endswith(f"{run.GALLERY}\n")
    assert not Path("objects").exists()


def test_the_model_says_how_it_was_trained(tmp_path: Path) -> None:
    main(["run", "objects", "--quiet", "--quick", "--seed", "2"])
    from microgradnet.train.saving import load_checkpoint

    about = load_checkpoint("objects/model-de-quick.npz").training
    options = '"options": {"language": "de"}, "ended": "all epochs"'
    assert json.dumps(about) == f'{{"application": "objects", "seed": 2, "quick": true, {options}}}'


def test_long_parts_are_announced_unless_it_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    main(["run", "objects"])
    said = capsys.readouterr().err
    assert "measuring on test data …\nmaking a.svg, b.png …\n" in said
    main(["run", "objects", "--text", "hi"])
    assert capsys.readouterr().err == "making said.svg …\n"
    main(["run", "objects", "--text", "hi", "--quiet"])
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("stage", ["train", "figures", "files"])
def test_ctrl_c_says_how_to_go_on(stage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(application: Greeting, progress: bool | None = None) -> History:
        if stage == "train":
            return History([{"loss": 1.0}], "interrupted")
        raise KeyboardInterrupt

    monkeypatch.setattr(Greeting, stage, stop)
    with pytest.raises(KeyboardInterrupt) as stopped:
        main(["run", "objects", "--quiet", "--quick", "--language", "fr", "--out", "o"])
    (told,) = stopped.value.args
    remedy = told.removeprefix("what it has learnt is kept: microgradnet ").split()
    file = f"o/model-fr-quick{'-interrupted' * (stage == 'train')}.npz"
    assert remedy == ["run", "objects", "--language=fr", "--quick", f"--load={file}", "--out=o"]
    assert load(file)


def test_after_ctrl_c_the_command_asks_for_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Greeting, "train", lambda self, progress=None: History([{"loss": 1.0}], "interrupted"))
    with pytest.raises(
        KeyboardInterrupt, match=r"'--text=hi all' --load=objects/model-de-interrupted\.npz --out=objects"
    ):
        main(["run", "objects", "--quiet", "--text", "hi all"])


def test_ctrl_c_before_anything_is_learnt_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Greeting, "train", lambda self, progress=None: History([], "interrupted"))
    for is_there in (False, True):
        if is_there:
            Path("objects").mkdir()
        with pytest.raises(KeyboardInterrupt, match="nothing was learnt yet, and nothing is kept"):
            main(["run", "objects", "--quiet"])
        assert Path("objects").exists() is is_there


@pytest.mark.parametrize("how", ["quick", "interrupted", "of another application"])
def test_a_trained_model_is_not_lost(
    how: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["run", "objects", "--quiet", "--seed", "3"])
    file = Path("objects/model-de.npz")
    before = file.read_bytes()
    if how == "interrupted":
        monkeypatch.setattr(Greeting, "train", lambda self, progress=None: History([{"loss": 1.0}], "interrupted"))
        with pytest.raises(KeyboardInterrupt):
            main(["run", "objects", "--quiet"])
    elif how == "quick":
        main(["run", "objects", "--quiet", "--quick"])
    else:
        before = save(MLP(1, [1]), file, training={"application": "sound"}).read_bytes()
        assert main(["run", "objects", "--quiet"]) == 1
        assert "objects/model-de.npz is a model of sound, not of objects" in capsys.readouterr().err
    assert file.read_bytes() == before


def test_a_loaded_model_says_how_it_was_trained(capsys: pytest.CaptureFixture[str]) -> None:
    main(["run", "objects", "--quiet", "--quick", "--seed", "3"])
    main(["run", "objects", "--quiet", "--seed", "4"])
    save(MLP(1, [1]), "own.npz")
    save(MLP(1, [1]), "stopped.npz", training={"seed": 5, "ended": "interrupted"})
    for file, said in {
        "objects/model-de-quick.npz": "a quick training, seed 3",
        "objects/model-de.npz": "one training, seed 4",
        "stopped.npz": "one training, interrupted, seed 5",
        "own.npz": "a model whose file does not say how it was trained",
    }.items():
        capsys.readouterr()
        main(["run", "objects", "--load", file, "--seed", "9"])
        assert f"on test data (greetings: 50), by {said}\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    "training",
    [{"seed": "x"}, {"seed": -1}, {"quick": "no", "seed": None}, {"options": ["fr"]}, {"options": {"sorcery": 1}}],
)
def test_what_a_file_says_of_its_training_is_not_trusted(
    training: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    save(MLP(1, [1]), "made.npz", training=training)
    main(["run", "objects", "--load", "made.npz"])
    assert "by a model whose file does not say how it was trained\n" in capsys.readouterr().out


def test_a_model_brings_the_option_of_its_training(capsys: pytest.CaptureFixture[str]) -> None:
    main(["run", "objects", "--quiet", "--language", "fr"])
    assert main(["run", "objects", "--load", "objects/model-fr.npz", "--text", "salut"]) == 0
    capsys.readouterr()
    assert main(["run", "objects", "--load", "objects/model-fr.npz", "--language", "de"]) == 1
    assert capsys.readouterr().err == (
        "microgradnet: objects/model-fr.npz was trained with --language fr, not with --language de\n"
    )


def test_of_a_quick_training_it_says_so_also_when_it_is_loaded(capsys: pytest.CaptureFixture[str]) -> None:
    note = "a quick training: this network has hardly begun to learn; a whole run takes about 1 s\n"
    main(["run", "objects", "--quick", "--quiet"])
    assert note in capsys.readouterr().out
    main(["run", "objects", "--text", "hi", "--quiet"])
    assert note in capsys.readouterr().out
    main(["run", "objects", "--quiet"])
    assert note not in capsys.readouterr().out


def test_a_model_of_another_application_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    save(Neuron(2), tmp_path / "other.npz")
    assert main(["run", "objects", "--load", "other.npz"]) == 1
    said = capsys.readouterr().err
    assert "it is a model of something else than MLP(1 → " in said
    assert "only the file has b, w0, w1; only the model has layer0" in said


def test_a_narrow_terminal_lists_every_word(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = []
    for columns in ("120", "40", "12"):
        monkeypatch.setenv("COLUMNS", columns)
        main(["list"])
        texts.append(capsys.readouterr().out)
    wide, narrow, narrowest = texts
    assert max(map(len, wide.splitlines())) > 40
    assert max(map(len, narrow.splitlines())) <= 40
    assert narrow.split() == wide.split()
    assert narrowest == narrow
