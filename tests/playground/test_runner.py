"""`run`: what a program printed, where it failed, its values, their page, and where its numbers stand."""

import json
from typing import Any

import pytest

from microgradnet.playground.programs import PROGRAMS
from microgradnet.playground.runner import MOST_PRINTED, names, run

NEURON = """from microgradnet import Value, parameter, sigmoid
x = Value(0.1, "x")
w = parameter(-0.15, "w")
z = w * x
a = sigmoid(z)
a.backward()
print(w.grad)
"""


def data_of(page: str) -> Any:
    """The data of a page."""
    return json.loads(page.partition('id="data">')[2].partition("</script>")[0])


def test_a_program_has_output_values_a_page_and_the_places_of_its_numbers() -> None:
    found = run(NEURON)
    assert found["error"] is None
    assert float(found["output"]) == pytest.approx(0.025, abs=1e-3)
    assert found["values"] == ["a", "z", "w", "x"]
    assert found["shown"] == "a"
    nodes = data_of(found["page"])["nodes"]
    assert [node.get("source") for node in nodes if node["name"] == "a"] == ["program.py:5"]
    place = found["numbers"]["w"]
    assert NEURON.splitlines()[place["line"] - 1][place["start"] : place["end"]] == "-0.15"
    assert json.dumps(found), "it is JSON"


def test_another_variable_can_be_chosen() -> None:
    assert run(NEURON, "z")["shown"] == "z"
    assert run(NEURON, "nothing")["shown"] == "a"


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program["name"])
def test_the_programs_that_are_offered_do_what_their_group_says(program: dict[str, str]) -> None:
    found = run(program["code"])
    if program["group"] == "Mistakes":
        assert found["error"] or found["note"] or "but dy/dx" in found["output"]
    else:
        assert found["error"] is None
        assert found["page"]
    assert "Traceback" not in found["output"]


def test_there_are_the_seven_of_the_lesson() -> None:
    groups = [program["group"] for program in PROGRAMS]
    assert groups.count("The lesson") == 7
    assert len({program["name"] for program in PROGRAMS}) == len(PROGRAMS)


WRONG = {
    "x = = 1": (1, "SyntaxError"),
    "pass\n\nundefined": (3, "NameError: name 'undefined' is not defined"),
    "y = sigmoid(1)": (1, "Did you forget: from microgradnet import sigmoid?"),
    "from microgradnet import log\nlog(-1.0)": (2, "DomainError"),
    "def f():\n    return 1 / 0\nf()": (2, "ZeroDivisionError"),
    "import nosuchmodule": (1, "ModuleNotFoundError"),
    "raise SystemExit(3)": (1, "SystemExit: 3"),
    "raise KeyboardInterrupt": (1, "KeyboardInterrupt"),
    "from microgradnet import Value\nValue('a')": (2, "TypeError"),
    "from microgradnet import Neuron\nNeuron(2)([1.0])": (2, "takes 2 inputs, got 1"),
    "def f(): f()\nf()": (1, "RecursionError"),
    "if True:\nx": (2, "IndentationError"),
    "x = '": (1, "SyntaxError"),
    "\0": (0, "null bytes"),
    "print(1)\nassert False, 'no'": (2, "AssertionError: no"),
    "from microgradnet import Value\nx = Value(1.0)\nif x > 0 and x: pass": (3, "TypeError"),
    "from microgradnet import Value\na = Value(2.0)\nb = a * 2\na.data = 3.0\nb.backward()": (5, "StaleGraphError"),
    "from microgradnet import MLP\nMLP(2, 3)": (2, "sizes of at least one layer"),
    "int('x')": (1, "ValueError"),
    "[][0]": (1, "IndexError"),
}


@pytest.mark.parametrize("code", WRONG)
def test_an_error_has_its_line_and_its_message(code: str) -> None:
    line, words = WRONG[code]
    error = run(code)["error"]
    assert error["line"] == line
    assert words in error["message"]


def test_values_that_were_computed_before_an_error_are_shown() -> None:
    found = run("from microgradnet import Value\nx = Value(2.0, 'x')\ny = x * x\nz = y +\n")
    assert found["error"]["line"] == 4
    found = run("from microgradnet import Value\nx = Value(2.0, 'x')\ny = x * x\nz = y + q\n")
    assert found["shown"] == "y"
    assert found["page"]


def test_a_result_that_is_old_is_computed_again() -> None:
    found = run("from microgradnet import parameter\nw = parameter(2.0, 'w')\ny = w * w\nw.data = 3.0\n")
    assert "this is y computed again" in found["note"]
    w, y = data_of(found["page"])["nodes"]
    assert (w["data"], y["data"]) == (3.0, 9.0)
    assert y["source"] == "program.py:3", "its line is kept"
    named = run(
        "from microgradnet import parameter\nw = parameter(2.0, 'w')\ny = w * w\ny.label = 'area'\nw.data = 3.0\n"
    )
    assert data_of(named["page"])["nodes"][-1]["name"] == "area"


def test_a_single_number_and_too_many_values_have_a_note() -> None:
    assert "is a single number" in run("from microgradnet import Value\nx = Value(1.0)")["note"]
    long = "from microgradnet import Value\nx = Value(1.0)\ny = x\nfor _ in range(3000): y = y + x\n"
    assert "too many to draw here" in run(long)["note"]


def test_of_endless_output_the_beginning_is_kept() -> None:
    output = run("for i in range(100000): print('line', i)")["output"]
    assert output.startswith("line 0\nline 1\n")
    assert len(output) < MOST_PRINTED + 100
    assert "more is not shown" in output


def test_only_a_label_with_one_literal_number_has_a_place() -> None:
    code = (
        'from microgradnet import Value\na = Value(1, "a"); b = Value(+2.5, "b"); c = Value(1 + 1, "c"); d = Value(3.0)'
    )
    assert run(code)["numbers"].keys() == {"a", "b"}
    assert run('from microgradnet import Value\na = Value(1, "a"); b = Value(2, "a")')["numbers"] == {}


def test_labels_are_data_not_markup() -> None:
    page = run('from microgradnet import Value\nx = Value(1.0, "</script><img src=x>")\ny = x * 2')["page"]
    assert "<img" not in page
    assert "</script><" not in page.replace("</script>\n<script>", "").replace("</script>\n</body>", "")


def test_names_are_the_public_ones_with_their_first_line() -> None:
    found = {name["label"]: name for name in names()}
    assert found["Value"]["kind"] == "class"
    assert "activation" not in found
    assert found["sigmoid"]["about"]
    assert {"compile", "fit", "scan"} <= found.keys()
