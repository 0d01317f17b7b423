"""VS Code's debugger, debugpy, over its own protocol and with the settings of .vscode/launch.json."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import microgradnet
from tests.debuggers.dap import Client, Frame, debugging
from tests.debuggers.sessions import APPLIED, GRADIENTS, LINE, PRINT, WATCHED, program

BACKWARD = f"L.backward()\n{PRINT}"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The settings for a Python that has the package installed, as a user has it: not among the user's own files."""
    folder = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True, timeout=120)
    (site,) = folder.glob("lib/python*/site-packages")
    shutil.copytree(Path(microgradnet.__file__).parent, site / "microgradnet")
    return {"python": [str(folder / "bin" / "python")], "env": {"PYTHONPATH": ""}}


def all_stops(client: Client, how: str = "stepIn") -> list[Frame]:
    """From the first stop to the line of the program after it."""
    found: list[Frame] = []
    frame = client.stopped()
    while frame and (frame.path.name, frame.line) != ("lesson.py", LINE + 1):
        found.append(frame)
        frame = client.go(how)
    assert frame, client.output
    return found


def test_step_into_shows_the_chain_rule_of_an_installed_package(installed: dict[str, Any]) -> None:
    with debugging(program(BACKWARD), [LINE], **installed) as client:
        found = all_stops(client)
        assert client.go("continue") is None
        assert str(GRADIENTS) in client.output
    inside = [frame for frame in found if "site-packages" in frame.path.parts]
    assert len(inside) <= 39
    assert {frame.function for frame in inside} == {"backpropagate", "multiply_derivatives", "add_derivatives"}
    assert [frame.line for frame in inside].count(APPLIED) == 6


def test_without_these_settings_step_into_passes_over_it(installed: dict[str, Any]) -> None:
    with debugging(program(BACKWARD), [LINE], plain=True, **installed) as client:
        assert len(all_stops(client)) == 1


def test_the_variables_pane_is_clean(installed: dict[str, Any]) -> None:
    with debugging(program(BACKWARD), [LINE], **installed) as client:
        frame = client.stopped()
        while frame and frame.line != APPLIED:
            frame = client.go("stepIn")
        assert frame
        pane = client.local_variables(frame)
        node = client.variables(pane["node"]["variablesReference"])
        operands = [client.local_variables(frame)[name] for name in ("first", "second")]
    assert pane.keys() >= {"node", "operand", "upstream", "local_derivative"}
    assert not [name for name in pane if name.startswith("_") or " " in name]
    assert pane["node"]["value"] == "Value(data=-8.0, grad=1.0, label='L')"
    assert pane["operand"]["value"] == "Value(data=4.0, grad=0.0, label='f')"
    assert (pane["upstream"]["value"], pane["local_derivative"]["value"]) == ("1.0", "-2.0")
    assert list(node) == ["data", "grad", "label", "op", "operands", "source"]
    assert [operand["value"] for operand in operands] == [pane["operand"]["value"], "Value(data=-2.0, label='d')"]


def test_a_rule_is_a_function_breakpoint(installed: dict[str, Any]) -> None:
    with debugging(program(BACKWARD), functions=["multiply_derivatives"], **installed) as client:
        frame = client.stopped()
        assert frame
        assert (frame.path.name, frame.function) == ("arithmetic.py", "multiply_derivatives")
        pane = client.local_variables(frame)
        assert [pane[name]["value"] for name in "yab"] == ["-8.0", "4.0", "-2.0"]
        assert client.go("continue")
        assert client.go("continue") is None


@pytest.mark.parametrize("plain", [True, False])
def test_the_unrolled_pass_is_one_line_an_application(installed: dict[str, Any], plain: bool) -> None:
    with debugging(program(f"backward_unrolled(L)\n{PRINT}"), [LINE], plain=plain, **installed) as client:
        found = all_stops(client)
        assert client.go("continue") is None
        assert str(GRADIENTS) in client.output
    inside = [frame for frame in found if frame.path.name != "lesson.py"]
    assert [frame.path.name for frame in inside] == ["backward_L.py"] * 6
    assert len({frame.line for frame in inside}) == 6


def test_break_on_stops_at_just_that_application(installed: dict[str, Any]) -> None:
    with debugging(program(f'with break_on(label="c"):\n    L.backward()\n{PRINT}'), **installed) as client:
        frame = client.stopped()
        assert frame
        assert (frame.path.name, frame.line) == ("applications.py", WATCHED)
        pane = client.local_variables(frame)
        assert [pane[name]["value"] for name in ("upstream", "local_derivative")] == ["-2.0", "1.0"]
        assert "label='c'" in pane["operand"]["value"]
        assert client.go("continue") is None
        assert str(GRADIENTS) in client.output
