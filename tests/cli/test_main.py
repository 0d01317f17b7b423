"""The command line, called as a function and as a program: messages, exit codes, help, and what it loads."""

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from microgradnet.cli.main import main
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


def test_alone_it_greets_and_names_three_commands_that_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("quit\n"))
    ended = program()
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("Welcome to microgradnet")
    lines = [line.split("  ")[1].split() for line in ended.stdout.splitlines() if line.startswith("  ")]
    tries = [arguments for program, *arguments in lines if program == "microgradnet"]
    assert len(tries) == 3
    for arguments in tries:
        assert main(arguments) == 0


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
        (["run", "XOR"], 2, "it must be one of neuron, two-neurons, "),
        (["run", "--quik"], 2, "unknown option '--quik': it must be one of --help, "),
        (["run", "--langauge", "de"], 2, "did you mean '--language'?"),
        (["--verson"], 2, "unknown option '--verson': it must be one of --help, --version; did you mean '--version'?"),
        (["run", "neuron", "--foo=3"], 2, "unknown option '--foo': "),
        (["run", "neuron", "-o", "x"], 2, "unknown option '-o': it must be one of --help, --graphs, --out, "),
        (["draw", "neuron", "--OUTPUT", "a.svg"], 2, "did you mean '--output'?"),
        (["train", "xor", "moons"], 2, "microgradnet train: error: unrecognized arguments: moons"),
        (["run", "NEURON"], 2, "did you mean 'neuron'?"),
        (["draw", "learn", "-o", "a.svg"], 2, "did you mean 'learning'?"),
        (["draw", "neuron", "-o", "a.svg", "--view", "op"], 2, "neurons"),
        (["draw", "neuron", "-o", "a.svg", "--direction", "up"], 2, "TB"),
        (["draw", "neuron", "-o", "a"], 1, "suffix is missing"),
        (["draw", "neuron", "-o", "folder.svg"], 1, "it is a directory"),
        (["run", "neuron", "--graphs", "file"], 1, "file"),
        (["run", "neuron", "--graphs", "file/inside"], 1, "file/inside"),
        (["paint"], 2, "draw"),
        (["playground", "--seconds", "soon"], 2, "above 0 and below a million is needed, got 'soon'"),
        (["playground", "--seconds", "inf"], 2, "below a million is needed, got 'inf'"),
        (["check", "file", "--timeout", "-3"], 2, "above 0 and below a million is needed, got '-3'"),
        (["run", "nuron"], 2, "did you mean 'neuron'?"),
        (["draw", "two_neurons", "-o", "a.svg"], 2, "did you mean 'two-neurons'?"),
        (["draw"], 2, "NAME|FILE.py:VARIABLE"),
        (["page", "driving"], 2, "driving is an application of the gallery: `microgradnet run driving` trains it and"),
        (["draw", "neuron", "-o", "a.jpeg"], 1, ".svg, .png, .pdf, .dot"),
        (["draw", "neuron", "-o", "nowhere/a.svg"], 1, "nowhere"),
    ],
)
def test_a_mistake_is_said_in_a_line_with_a_code(arguments: list[str], code: int, says: str) -> None:
    Path("file").write_text("here first", "utf-8")
    Path("folder.svg").mkdir()
    ended = program(*arguments)
    assert (ended.returncode, quiet(ended)) == (code, True), ended.stderr
    assert says in ended.stderr
    assert sorted(path.name for path in Path().iterdir()) == ["file", "folder.svg"]
    assert Path("file").read_text("utf-8") == "here first"


def test_as_a_function_and_as_a_program_it_says_and_draws_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["list"], ["run", "layers", "two-inputs"], ["run", "neuron", "--graphs", "mine"]):
        ended = program(*arguments, PYTHONIOENCODING="utf-8")
        drawn = {path: path.read_bytes() for path in Path().rglob("*.svg")}
        assert main(arguments) == ended.returncode == 0
        assert capsys.readouterr().out == ended.stdout
        assert {path: path.read_bytes() for path in Path().rglob("*.svg")} == drawn
    assert {"graphs/layers.svg", "graphs/layers-network.svg", "mine/neuron.svg"} <= set(map(str, drawn))


@pytest.mark.parametrize(
    ("command", "words"),
    [([], ["run", "list", "draw", "three things to try"]),
     (["run"], ["NAME", "--graphs DIR", "without one, all", "3% of training"]),
     (["draw"], ["NAME", "--output FILE", ".svg, .png, .pdf or .dot", "--view", "--direction", "--op-nodes"]),
     (["page"], ["NAME|FILE.py:VARIABLE", "(NAME.html)", "--open"])],
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
    fcntl: Any = pytest.importorskip("fcntl")
    command = [sys.executable, "-u", "-m", "microgradnet", "run"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        if hasattr(fcntl, "F_SETPIPE_SZ"):  # it says more than this, so it can't end before the signal
            fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, 4096)
        assert process.stdout.readline().startswith("neuron")  # it is at work
        process.send_signal(signal.SIGINT)
        _, told = process.communicate()
    assert (process.returncode, told) == (130, "microgradnet: interrupted\n")
    assert [path.name for path in Path().rglob("*.tmp")] == []


def test_ctrl_c_before_the_commands_are_loaded() -> None:
    code = (
        "import os, runpy, signal, sys\n"
        "class Impatient:\n"
        "    def find_spec(self, name, *places):\n"
        "        if name == 'microgradnet.cli.main': os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Impatient())\n"
        "runpy.run_module('microgradnet', run_name='__main__')"
    )
    ended = subprocess.run([sys.executable, "-c", code, "list"], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "microgradnet: interrupted\n")


HEAVY = ("numpy", "matplotlib", "microgradnet.compiling", "microgradnet.train", "microgradnet.teach.worksheets")


def loaded(*arguments: str) -> list[str]:
    """What of HEAVY a command loads."""
    code = (
        "import sys, json, contextlib, io\nfrom microgradnet.cli.main import main\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit): main(sys.argv[1:])\n"
        f"print(json.dumps([name for name in {HEAVY} if name in sys.modules]))"
    )
    ended = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    names: list[str] = json.loads(ended.stdout)
    return names


@pytest.mark.parametrize("arguments", [["--help"], ["list"], ["train", "--help"], ["draw", "neuron", "-o", "a.dot"]])
def test_a_command_loads_only_what_it_needs(arguments: list[str]) -> None:
    assert loaded(*arguments) == []


def test_what_a_command_needs_would_be_seen() -> None:
    assert loaded("worksheet", "neuron", "-o", "sheets") == ["microgradnet.teach.worksheets"]
    assert "numpy" in loaded("train", "xor", "--epochs", "1", "--quiet")


@pytest.mark.parametrize(("command", "meant"), [("stpe neuron", "step"), ("train mons", "moons")])
def test_a_choice_that_was_nearly_made_is_suggested(
    command: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(command.split())
    assert f"did you mean '{meant}'?" in capsys.readouterr().err
