"""The command line, called as a function and as a program."""

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from microgradnet.cli import main
from microgradnet.drawing import provider
from microgradnet.errors import ProviderError
from microgradnet.examples import EXAMPLES
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
