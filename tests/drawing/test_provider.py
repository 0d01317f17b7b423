"""Which program draws, and what is said when none can: shown with little fake programs on a PATH of our own."""

import os
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import pytest

from microgradnet.drawing.provider import PURE, find_program, render
from microgradnet.errors import ProviderError

GRAPH = 'digraph { a [label="σ"]; a -> b }'


class Machine:
    """A machine on which only the programs put there are installed."""

    def __init__(self, root: Path) -> None:
        self.on_path, self.scripts, self.user_scripts = (root / name for name in ("path", "scripts", "user"))
        for directory in (self.on_path, self.scripts, self.user_scripts):
            directory.mkdir()

    def install(self, directory: Path, name: str, script: str = "") -> str:
        program = directory / name
        program.write_text(f"#!/bin/sh\n{script or f'echo {directory.name}/{name} $*'}\n", "utf-8")
        program.chmod(0o755)
        return str(program)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine(tmp_path)

    def get_path(name: str, scheme: str = "") -> str:
        assert name == "scripts"
        return str(made.user_scripts if scheme else made.scripts)

    monkeypatch.setattr(sysconfig, "get_path", get_path)
    monkeypatch.setenv("PATH", str(made.on_path))
    return made


def test_the_installed_program_draws_svg_and_png() -> None:
    assert b"\xcf\x83</text>" in render(GRAPH, "svg")
    assert render(GRAPH, "png").startswith(b"\x89PNG")


def test_a_real_dot_comes_first(machine: Machine) -> None:
    machine.install(machine.scripts, PURE)
    machine.install(machine.on_path, PURE)
    dot = machine.install(machine.on_path, "dot")
    assert find_program() == dot
    assert render(GRAPH, "svg") == b"path/dot -Tsvg -Gnslimit=5\n"
    assert render(GRAPH, "pdf") == b"path/dot -Tpdf -Gnslimit=5\n"


def test_graphviz_pure_is_looked_for_beside_python_then_in_the_user_scheme_then_on_path(machine: Machine) -> None:
    for directory in (machine.on_path, machine.user_scripts, machine.scripts):  # each is found before the last
        program = machine.install(directory, PURE)
        assert find_program() == program


def test_png_is_asked_for_at_twice_the_size_on_white(machine: Machine) -> None:
    machine.install(machine.on_path, "dot")
    assert render(GRAPH, "png") == b"path/dot -Tpng -Gnslimit=5 -Gdpi=192 -Gbgcolor=white\n"


def test_the_program_reads_the_graph_as_utf_8(machine: Machine) -> None:
    machine.install(machine.on_path, "dot", 'while read -r line; do echo "$line"; done')
    assert render(GRAPH + "\n", "svg") == (GRAPH + "\n").encode()


def test_with_nothing_installed_both_remedies_are_named(machine: Machine) -> None:
    with pytest.raises(ProviderError, match=r"`pip install graphviz-pure`.*install `graphviz` with the system"):
        render(GRAPH, "svg")


def test_pdf_from_graphviz_pure_names_what_can_and_what_works_now(machine: Machine) -> None:
    machine.install(machine.scripts, PURE)
    with pytest.raises(ProviderError, match=r"svg and png work now.*install `graphviz`.*pip install cairosvg"):
        render(GRAPH, "pdf")


def test_an_unknown_format_is_refused_before_anything_runs(machine: Machine) -> None:
    with pytest.raises(ValueError, match="'gif'; the formats are svg, png, pdf"):
        render(GRAPH, "gif")


def test_a_failure_tells_the_end_of_what_the_program_said(machine: Machine) -> None:
    machine.install(machine.on_path, "dot", "for i in 1 2 3 4 5 6 7 8; do echo line $i >&2; done; exit 3")
    with pytest.raises(ProviderError, match=r"(?s)path/dot drew no svg \(exit status 3\).*line 4\n.*line 8") as caught:
        render(GRAPH, "svg")
    assert "line 3" not in str(caught.value)


def test_bad_dot_is_a_failure_of_the_installed_program_too() -> None:
    with pytest.raises(ProviderError, match="syntax error"):
        render("digraph { a -> }}", "svg")


def test_no_output_is_a_failure_whatever_the_status(machine: Machine) -> None:
    machine.install(machine.on_path, "dot", "exit 0")
    with pytest.raises(ProviderError, match=r"drew no svg \(exit status 0\). It said:\n\(nothing\)"):
        render(GRAPH, "svg")


def test_warnings_about_fonts_are_no_failure(machine: Machine) -> None:
    machine.install(machine.on_path, "dot", "echo 'Warning: no value for width' >&2; echo '<svg/>'")
    assert render(GRAPH, "svg") == b"<svg/>\n"


def test_a_program_that_does_not_read_its_input_is_no_crash(machine: Machine) -> None:
    machine.install(machine.on_path, "dot", "echo no >&2; exit 1")
    with pytest.raises(ProviderError, match="exit status 1"):
        render("digraph {" + "a -> b;" * 100_000 + "}", "svg")


def test_a_program_that_cannot_be_started(machine: Machine) -> None:
    Path(machine.install(machine.on_path, "dot")).write_bytes(b"\x7fELF not really")
    with pytest.raises(ProviderError, match="could not be started"):
        render(GRAPH, "svg")


def at_its_end(pipe: int) -> bool:
    """Whether no process holds the other side of a pipe that nobody writes to."""
    try:
        return os.read(pipe, 1) == b""
    except BlockingIOError:
        return False


def test_a_program_that_hangs_is_ended_with_its_children(machine: Machine, tmp_path: Path) -> None:
    alive = tmp_path / "alive"
    os.mkfifo(alive)
    reader = os.open(alive, os.O_RDONLY | os.O_NONBLOCK)
    machine.install(machine.on_path, "dot", f"exec 3> '{alive}'\n/bin/sleep 600 &\n/bin/sleep 600")
    with pytest.raises(ProviderError, match=r"33 characters of DOT\) after 0.5 seconds and was ended. Draw a smaller"):
        render(GRAPH, "svg", timeout=0.5)
    until = time.monotonic() + 60
    while not at_its_end(reader):
        assert time.monotonic() < until, "it lives on"
        time.sleep(0.01)
    os.close(reader)


def test_an_interrupt_leaves_no_program_running(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.install(machine.on_path, "dot", "/bin/sleep 600")
    started: list[subprocess.Popen[bytes]] = []

    def interrupt(process: subprocess.Popen[bytes], *_: object) -> None:
        started.append(process)
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess.Popen, "communicate", interrupt)
    with pytest.raises(KeyboardInterrupt):
        render(GRAPH, "svg")
    assert started[0].returncode < 0


def test_importing_loads_nothing_that_draws() -> None:
    code = "import sys, microgradnet; print(sorted({'graphviz', 'cairosvg'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
