"""`microgradnet predict`: what it prints, writes and refuses."""

from pathlib import Path

import numpy as np
import pytest

from microgradnet import MLP, load, save
from microgradnet.cli.main import main
from microgradnet.data import moons


def table(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_predict_gives_what_the_model_gives(trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    X, _ = moons(5, seed=9)
    rows = "\n".join(f"{b!r}, {a!r}" for a, b in X.tolist())
    file = table(tmp_path / "in.csv", f"x2, x1\n{rows}\n")  # by their names, in any order
    assert main(["predict", str(trained / "model.npz"), file, "-o", str(tmp_path / "out.csv")]) == 0
    names, *found = [line.split(",") for line in (tmp_path / "out.csv").read_text().splitlines()]
    assert names == ["x1", "x2", "y", "class"]
    model = load(trained / "model.npz")
    np.testing.assert_allclose([[float(cell) for cell in row[:2]] for row in found], X)
    scores = [model(x).data for x in X.tolist()]
    np.testing.assert_allclose([float(row[2]) for row in found], scores, rtol=1e-12)
    assert [row[3] for row in found] == [str(int(score > 0)) for score in scores]
    capsys.readouterr()
    assert main(["predict", str(trained / "model.npz"), table(tmp_path / "bare.csv", "0.5,0.25\n")]) == 0
    assert capsys.readouterr().out.splitlines()[1].startswith("0.5,0.25,")


def test_predict_takes_its_own_output_and_columns_that_are_no_inputs(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, out = str(trained / "model.npz"), tmp_path / "out.csv"
    named = table(tmp_path / "in.csv", "name,x2,x1\nAda,0.25,0.5\n")
    assert main(["predict", model, named, "-o", str(out)]) == 0
    once = out.read_text()
    assert once.splitlines()[1].startswith("0.5,0.25,")
    assert main(["predict", model, str(out), "-o", str(tmp_path / "again.csv")]) == 0
    assert (tmp_path / "again.csv").read_text() == once


@pytest.mark.parametrize("over", ["in.csv", "sub/../in.csv", "model.npz"])
def test_predict_overwrites_what_it_reads_only_with_force(
    over: str, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sub").mkdir()
    model = tmp_path / "model.npz"
    model.write_bytes((trained / "model.npz").read_bytes())
    arguments = [str(model), table(tmp_path / "in.csv", "name,x2,x1\nAda,0.25,0.5\n"), "-o", str(tmp_path / over)]
    before = (tmp_path / over).read_bytes()
    assert main(["predict", *arguments]) == 1
    assert "--force" in capsys.readouterr().err
    assert (tmp_path / over).read_bytes() == before
    assert main(["predict", *arguments, "--force"]) == 0
    assert (tmp_path / over).read_text().startswith("x1,x2,y,class\n")


def test_predict_with_a_model_of_ones_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = save(MLP(3, [2], seed=1), tmp_path / "mine.npz")
    assert main(["predict", str(path), table(tmp_path / "in.csv", "1,2,3\n")]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "x1,x2,x3,y1,y2"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("x1,x2\n", "no row below"),
        ("x1,x3\n1,2\n", "missing: x2; unknown: x3"),
        ("x1\n1\n", "missing: x2"),
        ("x1,x2,x2\n1,2,3\n", "must have the columns x1, x2, each once"),
        ("x1,note,x2\n1,a,2\n1,2\n", "line 3: 2 columns, where the first line has 3"),
        ("x1,note,x2\n1,a,b\n", "line 2: 'b' is no number"),
        ("1,2,3\n", "line 1: 3 columns, where the model takes 2"),
        ("x1,x2\n1,2\n1\n", "line 3: 1 columns"),
        ("1,2\n1,two\n", "line 2: 'two' is no number"),
        ("1,2\n1,nan\n", "line 2: 'nan' is no number"),
        ("x1,x2\n\n1,2\n\n3,x\n", "line 5: 'x'"),
        ("1,nan\n2,3\n", "line 1: 'nan'"),
        ("x1,x2\n1_0,2\n", "line 2: '1_0'"),
        ("x1,x2\n1e308,1e308\n", "has no finite value"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(
    text: str, words: str, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = table(tmp_path / "in.csv", text)
    assert main(["predict", str(trained / "model.npz"), file, "-o", str(tmp_path / "out.csv")]) == 1
    said = capsys.readouterr().err
    assert words in said
    assert said.startswith("microgradnet: ")
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize("heading", ["", "x1;x2\n"])
def test_decimal_commas_are_read_as_worksheets_do(
    heading: str, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = []
    for text in ("x1,x2\n0.5,-1.5\n", f"{heading}0,5;−1,5\n"):
        assert main(["predict", str(trained / "model.npz"), table(tmp_path / "in.csv", text)]) == 0
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]
    assert main(["predict", str(trained / "model.npz"), table(tmp_path / "in.csv", "1,000;2\n")]) == 1
    assert "line 1: '1,000' is ambiguous" in capsys.readouterr().err
    assert main(["predict", str(trained / "model.npz"), table(tmp_path / "in.csv", "1,000;2,000\n")]) == 1
    assert "line 1: '1,000' is ambiguous" in capsys.readouterr().err, "and no line of names"


@pytest.mark.parametrize(
    "text", ["x1,x2,cost; EUR\n0.5,-1.5,3\n", '"x1","x2","cost;\nEUR"\n0.5,-1.5,3\n', "x1\tx2;\tx2\n0.5\t3\t-1.5\n"]
)
def test_a_separator_in_a_name_is_none(
    text: str, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = []
    for written in ("x1,x2\n0.5,-1.5\n", text):
        assert main(["predict", str(trained / "model.npz"), table(tmp_path / "in.csv", written)]) == 0
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]


def test_outputs_have_their_inputs_in_the_order_of_the_model(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = MLP(2, [1], output_activation="linear")
    model.load_state_dict({"layer0.neuron0.w0": 1.0, "layer0.neuron0.w1": 10.0, "layer0.neuron0.b": 0.0})
    save(model, tmp_path / "model.npz", training={"inputs": ["z", "a"]})  # not in the order of the alphabet
    assert main(["predict", str(tmp_path / "model.npz"), table(tmp_path / "in.csv", "a,z\n1,2\n")]) == 0
    assert capsys.readouterr().out.splitlines() == ["z,a,y", "2.0,1.0,12.0"]


@pytest.mark.parametrize("separator", [";", "\t"])
def test_other_separators_are_seen(
    separator: str, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = []
    for text in ("x1,x2\n1,2\n", f"x1{separator}x2\n1{separator}2\n"):
        assert main(["predict", str(trained / "model.npz"), table(tmp_path / "in.csv", text)]) == 0
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]


def test_files_that_are_none_of_ours_are_refused(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00")
    good = table(tmp_path / "in.csv", "1,2\n")
    for model, file in (
        (str(trained / "history.json"), good),
        (str(tmp_path / "nothing.npz"), good),
        (str(trained / "model.npz"), str(tmp_path / "nothing.csv")),
        (str(trained / "model.npz"), str(tmp_path / "bytes.csv")),
    ):
        assert main(["predict", model, file]) == 1
        assert capsys.readouterr().err.startswith("microgradnet: ")
