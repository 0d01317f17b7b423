"""`microgradnet run`, `list`, `draw` and `page`: what they print and write. `step`: tests/stepping/test_terminal.py."""

import sys
import webbrowser
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from microgradnet import Value
from microgradnet.cli.main import main
from microgradnet.drawing import DIRECTIONS, VIEWS, draw, provider
from microgradnet.errors import ProviderError
from microgradnet.teach.applications import APPLICATIONS
from microgradnet.teach.examples import EXAMPLES


def test_run_works_every_example_and_writes_its_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["run"]) == 0
    said = capsys.readouterr().out
    for name, example in EXAMPLES.items():
        assert f"{name}: {example.title}" in said
        ET.parse(tmp_path / "graphs" / f"{name}.svg")
    assert "0.657139  1           0.7153           DISAGREES" in said
    assert "0.602286  1          0.6023           agrees" in said


def test_run_of_some(tmp_path: Path) -> None:
    assert main(["run", "neuron", "biology", "--graphs", str(tmp_path / "a" / "b")]) == 0
    assert sorted(path.name for path in (tmp_path / "a" / "b").iterdir()) == ["biology.svg", "neuron.svg"]


@pytest.mark.parametrize(("suffix", "begins"), [("svg", b"<svg"), ("png", b"\x89PNG"), ("dot", b"digraph")])
def test_draw_writes_what_the_suffix_says(tmp_path: Path, suffix: str, begins: bytes) -> None:
    path = tmp_path / f"file.{suffix}"
    assert main(["draw", "neuron", "-o", str(path), "--op-nodes", "--direction", "TB"]) == 0
    assert path.read_bytes().startswith(begins)


def test_draw_takes_a_value_of_a_program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "program.py").write_text("from microgradnet import Value\nx = Value(2.0, 'x')\nloss = x * x\n")
    assert main(["draw", f"{tmp_path / 'program.py'}:loss", "-o", str(tmp_path / "a.dot"), "--view", "ops"]) == 0
    x = Value(2.0, "x")
    loss = x * x
    loss.label = "loss"  # the variable's name, where a value has none
    assert (tmp_path / "a.dot").read_text("utf-8") == draw(loss).dot
    assert main(["draw", f"{tmp_path / 'program.py'}:y", "-o", str(tmp_path / "b.dot")]) == 1
    assert "has no variable 'y'" in capsys.readouterr().err


def test_the_line_of_a_program_that_is_no_python_is_said_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = tmp_path / "program.py"
    program.write_text("x = 1\nx = = 3\n")
    assert main(["draw", f"{program}:x"]) == 1
    assert capsys.readouterr().err == f"microgradnet: {program}, line 2: SyntaxError: invalid syntax\n"


@pytest.mark.parametrize("variable", ["model", "cell"])
def test_draw_takes_a_network_of_a_program(
    variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("lesson.py").write_text(
        "from microgradnet import MLP\nmodel = MLP(2, [3, 1])\ncell = type(model).__mro__[1]()\n"
    )
    code = main(["draw", f"lesson.py:{variable}"])
    said = capsys.readouterr()
    if variable == "model":
        assert (code, said.out) == (0, "lesson-model.svg\n")
        assert "w⁽¹⁾₂₁" in Path("lesson-model.svg").read_text("utf-8")
    else:
        assert code == 1
        assert "draw takes a Value, a list of Values, a Neuron, a Layer or an MLP, got Module" in said.err


def test_without_a_program_to_draw_the_numbers_are_printed_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def nothing() -> str:
        raise ProviderError("run `pip install graphviz-pure`, or install `graphviz`")

    monkeypatch.setattr(provider, "find_program", nothing)
    assert main(["run", "neuron", "two-neurons", "--graphs", str(tmp_path)]) == 1
    said = capsys.readouterr()
    assert "0.602286" in said.out
    assert "DISAGREES" in said.out
    assert said.err.count("graphviz-pure") == 1
    assert list(tmp_path.iterdir()) == []


def test_list_has_a_line_for_each_example_and_application(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    examples, gallery, how = capsys.readouterr().out.split("\n\n")
    lines = [line.split("  ", 1) for line in examples.splitlines()]
    assert [(name, title.strip()) for name, title in lines] == [(e.name, e.title) for e in EXAMPLES.values()]
    heading, *applications = gallery.splitlines()
    assert heading == "The gallery: networks that learn on this machine"
    assert [line.split()[0] for line in applications if line[0] != " "] == list(APPLICATIONS)
    said = " ".join(gallery.split())
    assert all(f"{entry.title} (about {entry.seconds} s)" in said for entry in APPLICATIONS.values())
    assert how == "To compute or to train one: microgradnet run NAME\n"


def test_every_picture_that_run_names_is_there_and_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "activation", "learning", "layers"]) == 0
    said = capsys.readouterr().out
    named = [name for line in said.splitlines() if line.startswith("pictures: ") for name in line.split()[1:]]
    assert len(named) == 4 + 2 + 3
    assert sorted(named) == sorted(map(str, Path("graphs").iterdir()))
    for name in named:
        ET.parse(name)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("view", VIEWS)
def test_draw_does_as_its_options_say(view: str, direction: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["draw", "layers", "-o", "a.gv", "--view", view, "--direction", direction]) == 0
    assert capsys.readouterr().out == "a.gv\n"
    example = EXAMPLES["layers"]
    written = Path("a.gv").read_text("utf-8")
    assert f"rankdir={direction}" in written
    assert written == draw(example.build(), view, direction=direction, title=example.title).dot
    assert main(["draw", "layers", "-o", "b.dot", "--op-nodes"]) == 0
    assert Path("b.dot").read_text("utf-8").count("shape=circle") == 10  # a sum and an activation for each neuron


def test_pdf_is_written_or_what_can_write_it_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if (code := main(["draw", "neuron", "-o", "a.PDF"])) == 0:
        assert Path("a.PDF").read_bytes().startswith(b"%PDF")
    monkeypatch.setitem(sys.modules, "cairosvg", None)
    monkeypatch.setattr(provider, "find_program", lambda: provider.PURE)
    capsys.readouterr()
    assert main(["draw", "neuron", "-o", "b.pdf"]) == 1
    said = capsys.readouterr()
    assert "svg and png work now" in said.err
    assert "pip install cairosvg" in said.err
    assert not Path("b.pdf").exists()
    assert code in {0, 1}


def test_a_graph_whose_numbers_were_changed_is_told_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    Path("mine.py").write_text(
        "from microgradnet import Value\na = Value(2.0, 'a')\ny = a * a\na.data = 3.0\n", "utf-8"
    )
    assert main(["page", "mine.py:y", "-o", "mine.html"]) == 0
    assert "shows it computed again" in capsys.readouterr().err
    assert '"data":9.0' in Path("mine.html").read_text("utf-8")


@pytest.mark.parametrize(("program", "code"), [("y = Value(2.0) * 3", 0), ("raise SystemExit(3)", 1)])
def test_a_program_that_was_run_leaves_its_path_and_arguments_behind(program: str, code: int) -> None:
    """It may change both: what is run after it finds them as they were."""
    Path("program.py").write_text(
        "import sys\nfrom microgradnet import Value\nsys.path.append('nowhere')\nsys.argv.append('-v')\n" + program
    )
    before = sys.path, sys.argv
    copies = [*sys.path], [*sys.argv]
    assert main(["draw", "program.py:y", "-o", "y.svg"]) == code
    assert sys.path is before[0]
    assert sys.argv is before[1]
    assert (sys.path, sys.argv) == copies
    assert not Path("mine.html").exists()


def test_a_page_of_an_operation_made_by_hand_is_refused_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    program = "from microgradnet import Value\nx = Value(2.0)\ny = x * x\ny._backward = lambda: None\n"
    Path("hand.py").write_text(program, "utf-8")
    assert main(["page", "hand.py:y", "-o", "hand.html"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("microgradnet: '*' has a _backward() set by hand")
    assert error.count("\n") == 1
    assert not Path("hand.html").exists()


PROGRAM = "from microgradnet import Value\na = Value(2.0, 'a')\ny = a * a\n"


@pytest.mark.parametrize(
    ("command", "graph", "name"),
    [
        ("draw", "neuron", "neuron.svg"), ("page", "neuron", "neuron.html"),
        ("draw", "deep/mine.py:y", "mine-y.svg"), ("page", "deep/mine.py:y", "mine-y.html"),
    ],
)  # fmt: skip
def test_without_a_name_the_file_is_named_after_the_graph(
    command: str, graph: str, name: str, capsys: pytest.CaptureFixture[str], visited: list[str]
) -> None:
    Path("deep").mkdir()
    Path("deep/mine.py").write_text(PROGRAM, "utf-8")
    assert main([command, graph]) == 0
    assert capsys.readouterr().out == f"{name}\n"
    assert "<svg" in Path(name).read_text("utf-8")
    assert visited == []


@pytest.mark.parametrize("command", ["draw", "page"])
def test_what_is_written_is_opened_on_request(command: str, visited: list[str]) -> None:
    assert main([command, "neuron", "-o", "a b.html" if command == "page" else "a b.svg", "--open"]) == 0
    assert visited == [next(Path().glob("a b.*")).resolve().as_uri()]


def test_where_there_is_no_browser_the_file_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(webbrowser, "open", lambda address: False)
    assert main(["page", "neuron", "--open"]) == 1
    assert "open neuron.html in one" in capsys.readouterr().err
    assert Path("neuron.html").exists()


@pytest.mark.parametrize("command", ["draw neuron -o", "page neuron -o", "exercise 1 -o"])
def test_a_path_is_printed_as_its_visible_text(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    suffix = {"draw": ".svg", "page": ".html", "exercise": ".py"}[command.split(maxsplit=1)[0]]
    assert main([*command.split(), f"\x1b[31m\u202e{suffix}"]) == 0
    printed = capsys.readouterr().out
    assert printed.endswith(f"{suffix}\n")
    assert printed.strip("\n").isprintable()
