"""Tables in terminals: as wide as the window, in the letters that it has."""

import io
import os

import pytest

from microgradnet._shared.terminal import format_table
from microgradnet.cli.main import main
from microgradnet.teach.examples import EXAMPLES

HEADING, ROWS = ["sign", "value", ""], [["σ(z₁)", "0.6", "agrees"], ["w₁", "0.15", ""]]


def test_columns_are_aligned_in_a_stream_of_ascii_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO(), "ascii"))
    heading, line, first, second = format_table(HEADING, ROWS).splitlines()
    assert heading.index("value") == first.index("0.6") == second.index("0.15")
    assert first == "sigma(z1)  0.6    agrees"
    assert line.isascii()


def test_a_table_that_is_too_wide_gives_each_row_its_own_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    wide = format_table(HEADING, ROWS)
    monkeypatch.setenv("COLUMNS", str(max(map(len, wide.splitlines()))))
    assert format_table(HEADING, ROWS) == wide
    monkeypatch.setenv("COLUMNS", str(max(map(len, wide.splitlines())) - 1))
    assert format_table(HEADING, ROWS) == "σ(z₁)\n  value  0.6\n         agrees\n\nw₁\n  value  0.15"


def test_a_heading_of_several_lines_makes_a_column_narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    heading = ["", "ridge\nregression", "mean"]
    assert format_table(heading, [["error", "1", "2"]]).splitlines() == [
        "       ridge       mean",
        "       regression",
        "─────  ──────────  ────",
        "error  1           2",
    ]
    monkeypatch.setenv("COLUMNS", "21")
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO(), "utf-8"))
    assert "  ridge regression  1\n" in format_table(heading, [["error", "1", "2"]])


def test_a_notebook_has_room_whatever_terminal_started_it(monkeypatch: pytest.MonkeyPatch) -> None:
    wide = format_table(HEADING, ROWS)
    monkeypatch.setenv("COLUMNS", "5")
    monkeypatch.setattr("sys.stdout", io.StringIO())  # as a kernel's, no stream of the system
    assert format_table(HEADING, ROWS) == wide


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_an_example_prints_fits_into_40_columns(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: os.PathLike[str]
) -> None:
    """The terminal itself wraps sentences; a table or a plot would become nonsense."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "40")
    assert main(["run", name]) == 0
    printed = capsys.readouterr().out
    assert not [line for line in printed.splitlines() if "  " in line and len(line) > 40]
