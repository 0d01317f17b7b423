"""`microgradnet worksheet` and `grade`: what they write, print and refuse."""

import csv
import re
from pathlib import Path

import pytest

from microgradnet import ProviderError
from microgradnet.cli.main import main
from microgradnet.teach.worksheets.answers import read_answers

PROGRAM = """
from pathlib import Path
from microgradnet import Value
Path("ran").touch()
a, b = Value(2.0, "a"), Value(3.0, "b")
loss = a * b
loss.label = "loss"
"""


def write(folder: Path, *arguments: str) -> int:
    return main(["worksheet", "two-neurons", "-o", str(folder), *arguments])


def fill_in(path: Path, answers: list[str]) -> None:
    rows = list(csv.reader(path.read_text("utf-8").splitlines()))
    for row, answer in zip(rows[1:], answers, strict=True):
        row[3] = answer
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


def test_copies_are_all_different(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert write(tmp_path, "--copies", "30", "--seed", "7") == 0
    assert "30 worksheets of 10 blanks each" in capsys.readouterr().out
    assert sorted(path.name for path in tmp_path.iterdir() if "07" in path.name) == [
        "answers-07.csv", "page-07.html", "sheet-07.svg",
    ]  # fmt: skip
    assert len({path.read_text("utf-8") for path in tmp_path.glob("sheet-*.svg")}) == 30
    for name in ("sheets.html", "keys.html"):
        text = (tmp_path / name).read_text("utf-8")
        assert text.count("<section ") == 30
        assert len(set(text.split("<section "))) == 31


def test_without_a_folder_it_is_named_after_the_graph(capsys: pytest.CaptureFixture[str], visited: list[str]) -> None:
    assert main(["worksheet", "neuron", "--hide", "values", "--open"]) == 0
    assert capsys.readouterr().out.startswith("1 worksheet of 3 blanks: neuron-worksheets\n")
    assert visited == [Path("neuron-worksheets/sheets.html").resolve().as_uri()]
    Path("small.py").write_text("from microgradnet import Value\ny = Value(2.0, 'x') * 3\n")
    assert main(["worksheet", "small.py:y", "--copies", "2"]) == 0
    assert capsys.readouterr().out.startswith("2 worksheets of 1 blank each: small-y-worksheets\n")


def test_the_same_seed_writes_the_same(tmp_path: Path) -> None:
    for folder, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        write(tmp_path / folder, "--seed", seed)
    texts = [(tmp_path / folder / "sheets.html").read_text("utf-8") for folder in "abc"]
    assert texts[0] == texts[1] != texts[2]


def test_without_a_seed_the_numbers_are_those_of_the_graph(tmp_path: Path) -> None:
    assert write(tmp_path, "--hide", "values,local-derivatives", "--paper", "Letter") == 0
    assert re.search(r"w₁\s0\.15\b", (tmp_path / "sheet-1.svg").read_text("utf-8"))
    assert "size: Letter" in (tmp_path / "sheets.html").read_text("utf-8")


def test_sheets_are_marked_by_the_name_they_bear(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "--copies", "3", "--seed", "7", "--hide", "grads")
    capsys.readouterr()
    fill_in(tmp_path / "answers-2.csv", ["0.5"] * 10)
    assert main(["grade", *(str(tmp_path / f"answers-{n}.csv") for n in (1, 2))]) == 0
    said = capsys.readouterr().out
    assert said.count("missing") == 10
    assert "it looks like" in said
    assert said.count("of 10 points") == 2


def test_a_program_that_draws_its_numbers_anew_is_noticed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = tmp_path / "mine.py"
    program.write_text("from microgradnet import MLP\nloss = MLP(2, [2, 1])([0.5, -1.0])\n")
    assert main(["worksheet", f"{program}:loss", "-o", str(tmp_path / "out")]) == 0
    answers = str(tmp_path / "out" / "answers-1.csv")
    assert main(["grade", answers, "--of", f"{program}:loss"]) == 1
    assert "draw its numbers anew" in capsys.readouterr().err
    program.write_text("from microgradnet import MLP\nother = MLP(2, [2, 1])([0.5, -1.0])\n")
    assert main(["grade", answers, "--of", f"{program}:other"]) == 1
    assert "not of" in capsys.readouterr().err


def test_a_program_is_run_once_for_all_copies(tmp_path: Path) -> None:
    program = tmp_path / "mine.py"
    program.write_text(PROGRAM + "with Path('runs').open('a') as runs: runs.write('x')\n")
    assert main(["worksheet", f"{program}:loss", "-o", str(tmp_path / "out"), "--copies", "5"]) == 0
    assert Path("runs").read_text() == "x"


def test_answers_are_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert write(tmp_path) == 0
    (tmp_path / "answers-1.csv").write_text("work of hours")
    assert write(tmp_path) == 1
    assert "is there already" in capsys.readouterr().err
    assert (tmp_path / "answers-1.csv").read_text() == "work of hours"
    assert write(tmp_path, "--force") == 0
    assert (tmp_path / "answers-1.csv").read_text() != "work of hours"


def test_one_table_that_cannot_be_marked_does_not_stop_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path)
    capsys.readouterr()
    (tmp_path / "bad.csv").write_text("nothing")
    good = str(tmp_path / "answers-1.csv")
    assert main(["grade", str(tmp_path / "bad.csv"), str(tmp_path / "none.csv"), good]) == 1
    said = capsys.readouterr()
    assert "bad.csv" in said.err
    assert "none.csv" in said.err
    assert said.out.startswith(f"{good}\nTwo neurons, one after the other (two-neurons/grads/as given/")


def test_a_program_named_in_a_table_is_not_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = tmp_path / "mine.py"
    program.write_text(PROGRAM)
    source = f"{program}:loss"
    assert main(["worksheet", source, "-o", str(tmp_path / "out")]) == 0
    Path("ran").unlink()
    fill_in(tmp_path / "out" / "answers-1.csv", ["3", "2"])
    answers = str(tmp_path / "out" / "answers-1.csv")
    assert main(["grade", answers]) == 1
    assert "say where that is, with --of" in capsys.readouterr().err
    assert not Path("ran").exists()
    assert main(["grade", answers, "--of", source]) == 0
    assert "2 of 2 points" in capsys.readouterr().out


def test_what_a_learner_wrote_steers_no_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = tmp_path / "mine\x1b[31m\u202e.py"
    program.write_text(PROGRAM)
    source, out = f"{program}:loss", tmp_path / "out\x1b[32m"
    assert main(["worksheet", source, "-o", str(out)]) == 0
    answers = out / "answers-1.csv"
    assert not re.search("[\x1b\u202e]", answers.read_text("utf-8"))
    fill_in(answers, ["w\x1b[31m\x07 = 2", "\x1b[2Jmuch"])
    assert main(["grade", str(answers), "--of", source]) == 0
    forged = tmp_path / "forged.csv"
    table = answers.read_text("utf-8")
    for change in (("/as given/", "\x1b]0;x\x07/as given/"), (",1,", ",\x1b[31m,"), ("a.grad", "a.grad\x1b")):
        forged.write_text(table.replace(*change), "utf-8")
        main(["grade", str(forged), "--of", source])
    main(["grade", str(tmp_path / "nowhere\x1b.csv"), str(forged)])
    assert main(["worksheet", source, "-o", str(out)]) == 1  # is there already
    with pytest.raises(SystemExit):
        main(["draw", "neuron", "\x1b[31m"])
    said = capsys.readouterr()
    assert "w\ufffd[31m\ufffd = 2" in said.out
    assert "nowhere\ufffd.csv" in said.err
    assert not re.search("[\x07\x1b\u202e]", said.out + said.err)


@pytest.mark.parametrize(
    ("sheet", "words"),
    [
        ("", "does not say which worksheet"),
        ("two-neurons", "does not say which worksheet"),
        ("two-neurons/nothing/1/0", "cannot hide 'nothing'"),
        ("nowhere/grads/1/0", "graph 'nowhere'"),
        ("two-neurons/grads/1/0", "other numbers than two-neurons has now"),
    ],
)
def test_tables_of_no_sheet_are_refused(
    sheet: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.csv").write_text(f"sheet,blank,quantity,answer\n{sheet},1,x,2\n")
    assert main(["grade", str(tmp_path / "a.csv")]) == 1
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["worksheet", "two-neuron", "-o", "x"], "did you mean 'two-neurons'"),
        (["worksheet", "two-neurons", "-o", "x", "--copies", "0"], "whole number above 0"),
        (["worksheet", "two-neurons", "-o", "x", "--copies", "1000"], "at most 200 at a time"),
        (["worksheet", "two-neurons", "-o", "x", "--hide", "grad"], "did you mean 'grads'"),
        (["worksheet", "two-neurons", "-o", "x", "--paper", "A5"], "unknown choice 'A5': it must be one of A4, Letter"),
        (["worksheet", "two-neurons", "-o", "x", "--seed", "-1"], "a whole number from 0 on"),
    ],
)
def test_wrong_commands(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert words in capsys.readouterr().err


def test_what_cannot_be_written_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        assert write(folder) == 1
        said = f"microgradnet: {folder} is no folder, and cannot be made one: name another with --output\n"
        assert capsys.readouterr().err == said


def test_a_worksheet_that_fails_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["worksheet", f"{tmp_path}/none.py:loss", "-o", str(tmp_path / "out")]) == 1

    def refuse(*arguments: object, **options: object) -> None:
        raise ProviderError("no dot")

    monkeypatch.setattr("microgradnet.teach.worksheets.sheet.Sheet.picture", refuse)
    assert write(tmp_path / "out") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["nofile", "nofile.csv", "nofile.json"])
def test_a_table_that_is_not_there(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["grade", name]) == 1
    assert capsys.readouterr().err == f"microgradnet: {name}: No such file or directory\n"


def test_more_copies_than_there_are_different_ones(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "small.py").write_text("from microgradnet import Value\nx = Value(2.0, 'x')\nloss = x * 2\n")
    assert main(["worksheet", f"{tmp_path}/small.py:loss", "-o", str(tmp_path / "out"), "--copies", "100"]) == 1
    said = capsys.readouterr()
    assert "different ones, not 100" in said.err
    assert len(list((tmp_path / "out").glob("sheet-*.svg"))) == int(said.out.split()[0]) > 1


def test_answers_are_all_for_the_sheet(tmp_path: Path) -> None:
    write(tmp_path)
    assert {answer.sheet[:27] for answer in read_answers(tmp_path / "answers-1.csv")} == {"two-neurons/grads/as given/"}
