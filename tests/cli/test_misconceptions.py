"""`microgradnet misconception`: what it lists, prints, writes and refuses."""

import sys
from pathlib import Path

import pytest

from microgradnet.cli.main import main
from microgradnet.teach.misconceptions import MISCONCEPTIONS


def test_misconceptions_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["misconception"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(MISCONCEPTIONS)


@pytest.mark.parametrize("name", MISCONCEPTIONS)
def test_each_is_shown(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["misconception", name]) == 0
    assert "They diverge at step" in capsys.readouterr().out


def test_of_a_graph_as_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["misconception", "wrong-operand", "two-neurons", "-o", str(tmp_path / "page.html")]) == 0
    assert "the right pass" in (tmp_path / "page.html").read_text("utf-8").lower()
    assert main(["misconception", "wrong-operand", "two-neurons", "-o", str(tmp_path / "page.txt")]) == 1
    assert "ends in one of .html, .htm" in capsys.readouterr().err


def test_an_unknown_misconception(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["misconception", "overwriten"]) == 1
    said = capsys.readouterr().err
    assert "it must be one of overwritten, one-path-forgotten, " in said
    assert said.endswith("upstream-forgotten; did you mean 'overwritten'?\n")


def test_in_a_terminal_it_is_stepped_through(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda prompt: "q")
    assert main(["misconception", "overwritten"]) == 0
    assert "They diverge" not in capsys.readouterr().out, "it was left at the first step"
