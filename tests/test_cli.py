"""The command line, called as a function and as a program."""

import os
import signal
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from microgradnet.cli.main import main
from microgradnet.drawing import DIRECTIONS, VIEWS, draw, provider
from microgradnet.errors import ProviderError
from microgradnet.teach.examples import EXAMPLES
from tests import ROOT


def program(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`python -m microgradnet …` in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "microgradnet", *arguments],
        capture_output=True,
        text=True,
        errors="replace",
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )


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


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["run", "nuron"], 2, "did you mean 'neuron'?"),
        (["draw", "two_neurons", "-o", "a.svg"], 2, "did you mean 'two-neurons'?"),
        (["run", "zzzz"], 2, "there are neuron, two-neurons"),
        (["draw", "neuron"], 2, "-o"),
        ([], 2, "COMMAND"),
        (["draw", "neuron", "-o", "a.jpeg"], 1, ".svg, .png, .pdf, .dot"),
        (["draw", "neuron", "-o", "nowhere/a.svg"], 1, "nowhere"),
        (["run", "neuron", "--graphs", "/dev/null/x"], 1, "/dev/null/x"),
    ],
)
def test_mistakes_are_said_in_a_line_with_a_code(arguments: list[str], code: int, says: str) -> None:
    ended = program(*arguments)
    assert ended.returncode == code
    assert says in ended.stderr
    assert "Traceback" not in ended.stderr


def test_help_names_every_command() -> None:
    ended = program("--help")
    assert ended.returncode == 0
    assert all(command in ended.stdout for command in ("run", "list", "draw"))


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


def test_a_terminal_that_has_no_subscripts() -> None:
    ended = program("list", PYTHONIOENCODING="ascii")
    assert ended.returncode == 0
    ended = program("run", "neuron", PYTHONIOENCODING="ascii")
    assert ended.returncode == 0
    assert "0.602286" in ended.stdout


def test_a_reader_who_leaves_early() -> None:
    command = f"{sys.executable} -m microgradnet run | head -1"
    ended = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert ended.stdout == "neuron: One neuron, one input\n"
    assert ended.stderr == ""


def quiet(ended: "subprocess.CompletedProcess[str]") -> bool:
    """Whether what went wrong was said in one line of ours (after argparse's usage), and not by Python."""
    lines = [line for line in ended.stderr.splitlines() if not line.startswith(("usage: ", " "))]
    return len(lines) == 1 and lines[0].startswith("microgradnet") and "Traceback" not in ended.stderr


def test_the_check_of_complaints_rejects_a_traceback_and_silence() -> None:
    for told, right in (("microgradnet: no", True), ("", False), ("Traceback (most recent call last):\nX: no", False)):
        assert quiet(subprocess.CompletedProcess([], 1, "", told)) == right


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["run", "neuron", "layer"], 2, "did you mean 'layers'?"),
        (["run", "XOR"], 2, "there are neuron, two-neurons"),
        (["run", "NEURON"], 2, "did you mean 'neuron'?"),
        (["draw", "learn", "-o", "a.svg"], 2, "did you mean 'learning'?"),
        (["draw", "neuron", "-o", "a.svg", "--view", "op"], 2, "neurons"),
        (["draw", "neuron", "-o", "a.svg", "--direction", "up"], 2, "TB"),
        (["draw", "neuron", "-o", "a"], 1, "suffix is missing"),
        (["draw", "neuron", "-o", "folder.svg"], 1, "it is a directory"),
        (["run", "neuron", "--graphs", "file"], 1, "file"),
        (["run", "neuron", "--graphs", "file/inside"], 1, "file/inside"),
        (["paint"], 2, "draw"),
    ],
)
def test_more_mistakes(arguments: list[str], code: int, says: str) -> None:
    Path("file").write_text("here first", "utf-8")
    Path("folder.svg").mkdir()
    ended = program(*arguments)
    assert (ended.returncode, quiet(ended)) == (code, True), ended.stderr
    assert says in ended.stderr
    assert sorted(path.name for path in Path().iterdir()) == ["file", "folder.svg"]
    assert Path("file").read_text("utf-8") == "here first"


def test_a_file_where_the_graphs_should_be(capsys: pytest.CaptureFixture[str]) -> None:
    Path("graphs").write_text("mine", "utf-8")
    assert main(["run", "neuron"]) == 1
    assert "graphs" in capsys.readouterr().err
    assert Path("graphs").read_text("utf-8") == "mine"


def test_as_a_function_and_as_a_program_it_says_and_draws_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["list"], ["run", "layers", "two-inputs"], ["run", "neuron", "--graphs", "mine"]):
        ended = program(*arguments, PYTHONIOENCODING="utf-8")
        drawn = {path: path.read_bytes() for path in Path().rglob("*.svg")}
        assert main(arguments) == ended.returncode == 0
        assert capsys.readouterr().out == ended.stdout
        assert {path: path.read_bytes() for path in Path().rglob("*.svg")} == drawn
    assert {"graphs/layers.svg", "graphs/layers-network.svg", "mine/neuron.svg"} <= set(map(str, drawn))


def test_list_has_a_line_for_each_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    lines = [line.split("  ", 1) for line in capsys.readouterr().out.splitlines()]
    assert [(name, title.strip()) for name, title in lines] == [(e.name, e.title) for e in EXAMPLES.values()]


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
    monkeypatch.setattr(provider, "_is_pure", lambda program: True)
    capsys.readouterr()
    assert main(["draw", "neuron", "-o", "b.pdf"]) == 1
    said = capsys.readouterr()
    assert "svg and png work now" in said.err
    assert "pip install cairosvg" in said.err
    assert not Path("b.pdf").exists()
    assert code in {0, 1}


@pytest.mark.parametrize(
    ("command", "words"),
    [([], ["run", "list", "draw", "Start with"]), (["run"], ["NAME", "--graphs DIR", "without one, all"]),
     (["draw"], ["NAME", "--output FILE", ".svg, .png, .pdf or .dot", "--view", "--direction", "--op-nodes"])],
)  # fmt: skip
def test_help_reads_well(command: list[str], words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command, "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert ended.value.code == 0
    assert [word for word in words if word not in said] == []


def test_on_a_machine_without_any_program_to_draw() -> None:
    code = (
        "import sys, sysconfig; sysconfig.get_path = lambda *a: 'nowhere'\n"
        "from microgradnet.cli.main import main; sys.exit(main(sys.argv[1:]))"
    )
    for arguments, status in (
        (["run"], 1),
        (["draw", "neuron", "-o", "a.svg"], 1),
        (["draw", "neuron", "-o", "a.dot"], 0),
    ):
        ended = subprocess.run(
            [sys.executable, "-c", code, *arguments], capture_output=True, encoding="utf-8",
            env={**os.environ, "PATH": "nowhere", "PYTHONIOENCODING": "utf-8"},
        )  # fmt: skip
        assert ended.returncode == status
        if status:
            assert quiet(ended)
            assert "`pip install graphviz-pure`" in ended.stderr
            assert "install `graphviz`" in ended.stderr
        if arguments == ["run"]:
            assert all(f"{name}: {example.title}" in ended.stdout for name, example in EXAMPLES.items())
    assert Path("a.dot").exists()
    assert list(Path().rglob("*.svg")) == []


def test_started_without_a_place_to_print_to() -> None:
    ended = subprocess.run(
        ["sh", "-c", f"'{sys.executable}' -m microgradnet list >&-"], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent otherwise")
def test_ctrl_c_ends_it_in_one_line_and_leaves_no_half_file() -> None:
    command = [sys.executable, "-u", "-m", "microgradnet", "run"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("neuron")  # it is at work
        process.send_signal(signal.SIGINT)
        _, told = process.communicate()
    assert (process.returncode, told) == (130, "microgradnet: interrupted\n")
    assert [path.name for path in Path().rglob("*.tmp")] == []
