"""`run`: what a program printed, where it failed, its values, their page, and where its numbers stand."""

import io
import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from types import ModuleType
from typing import Any

import pytest

from microgradnet.playground import remedies
from microgradnet.playground.programs import PROGRAMS
from microgradnet.playground.runner import MOST_FRAMES, MOST_PRINTED, animation, answer, names, run
from microgradnet.stepping.timeline import Timeline
from microgradnet.teach.exercises import EXERCISES
from microgradnet.teach.misconceptions import MISCONCEPTIONS
from microgradnet.teach.misconceptions.passes import SolvedGraph, gradients
from tests.teach.exercises.solutions import RIGHT

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
    assert [(leaf["name"], leaf["number"]) for leaf in found["leaves"]] == [("w", -0.15), ("x", 0.1)]
    place = found["leaves"][0]["place"]
    assert NEURON.splitlines()[place["line"] - 1][place["start"] : place["end"]] == "-0.15"
    assert json.dumps(found), "it is JSON"


def test_another_variable_can_be_chosen() -> None:
    assert run(NEURON, "z")["shown"] == "z"
    assert run(NEURON, "nothing")["shown"] == "a"


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program["name"])
def test_the_programs_that_are_offered_do_what_their_group_says(program: dict[str, str]) -> None:
    found = run(program["code"])
    if program["group"] == "Mistakes":
        assert found["error"] or found["note"] or found["output"]
    elif program["group"] == "Exercises":
        assert "not yet written" in found["output"]
    else:
        assert found["error"] is None
        assert found["page"]
    assert "Traceback" not in found["output"]


MISTAKEN = [program for program in PROGRAMS if program["group"] == "Misconceptions"]


def test_each_misconception_has_a_program() -> None:
    assert [program["name"] for program in MISTAKEN] == [*MISCONCEPTIONS]


@pytest.mark.parametrize("program", MISTAKEN, ids=lambda program: program["name"])
def test_a_misconception_s_program_computes_what_the_misconception_gives(program: dict[str, str]) -> None:
    assert "mend it: " in program["code"]
    variables: dict[str, Any] = {}
    exec(program["code"], variables)
    wrong = variables["by_hand"]
    graph = SolvedGraph(variables[run(program["code"])["shown"]])
    explained = {
        leaf
        for rules in MISCONCEPTIONS[program["name"]].rules(graph)
        for leaf, grad in gradients(graph, rules).items()
        if grad == pytest.approx(wrong) and graph.gradients[leaf] != pytest.approx(wrong)
    }
    assert explained & set(graph.leaves)


def test_there_are_the_seven_of_the_lesson() -> None:
    groups = [program["group"] for program in PROGRAMS]
    assert groups.count("The lesson") == 7
    assert len({program["name"] for program in PROGRAMS}) == len(PROGRAMS)


def test_pythons_own_compile_is_taken_for_ours() -> None:
    error = run("step = compile(lambda x: x)")["error"]
    assert error
    assert "Did you forget: from microgradnet import compile?" in error["message"]


def test_a_window_that_does_not_open_is_told() -> None:
    code = "from microgradnet import Value\nclass plt:\n    show = print\ny = Value(2.0) * 3\nplt.show()"
    assert run(code)["note"] == "Line 5 opens no window here: write plt.savefig('figure.png'), which makes a file"


def test_in_the_browser_a_package_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert remedies.remedy(ModuleNotFoundError(name="torch"), []) == ""
    monkeypatch.setattr(sys, "platform", "emscripten")
    assert remedies.remedy(ModuleNotFoundError(name="torch"), []).startswith(". In the browser there is no torch: ")


def test_what_needs_numpy_is_not_said_to_be_forgotten_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remedies, "importable", dict)
    for error in (NameError(name="fit"), TypeError("compile() missing required argument 'filename' (pos 2)")):
        assert remedies.remedy(error, []) == remedies.NO_NUMPY


WRONG = {
    "x = = 1": (1, "SyntaxError"),
    "pass\n\nundefined": (3, "NameError: name 'undefined' is not defined"),
    "y = sigmoid(1)": (1, "Did you forget: from microgradnet import sigmoid?"),
    "total = 1\nprint(totla)": (2, "Did you mean total?"),
    "y = sigmod(1)": (1, "Did you mean sigmoid?"),
    "y = value(1)": (1, "Did you mean Value?"),
    "from microgradnet import nn\nnn.mlp(1)": (2, "Did you mean MLP?"),
    "import microgradnet\nmicrogradnet.Valu(1)": (2, "Did you mean Value?"),
    "from microgradnet.nn import MPL": (1, "name 'MPL' from 'microgradnet.nn'. Did you mean MLP?"),
    "from math import squrt": (1, "Did you mean sqrt?"),
    "raise ImportError('no', name='microgradnet')": (1, "ImportError: no"),
    "def f():\n    from microgradnet import *": (2, "import * only allowed at module level"),
    "class A:\n    return a": (2, "SyntaxError: 'return' outside function"),
    "pritn(1)": (1, "Did you mean print?"),
    "from microgradnet import Vlaue": (1, "name 'Vlaue' from 'microgradnet'. Did you mean Value?"),
    "from microgradnet import Value\nValue(1.0).backwards()": (2, "Did you mean backward?"),
    "from microgradnet import Value\ny = Value(1.0) ^ 2": (2, "A power is x ** 2"),
    "from microgradnet import log\nlog(-1.0)": (2, "DomainError"),
    "def f():\n    return 1 / 0\nf()": (2, "ZeroDivisionError"),
    "import nosuchmodule": (1, "ModuleNotFoundError"),
    "raise SystemExit(3)": (1, "SystemExit: 3"),
    "raise KeyboardInterrupt": (1, "KeyboardInterrupt"),
    "class Stop(BaseException): pass\nraise Stop": (2, "Stop"),
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
    "x = 1\ny = float(input('y: '))": (2, "EOFError: a program has no keyboard here"),
    "[][0]": (1, "IndexError"),
}


@pytest.mark.parametrize("code", WRONG)
def test_an_error_has_its_line_and_its_message(code: str) -> None:
    line, words = WRONG[code]
    error = run(code)["error"]
    assert error["line"] == line
    assert words in error["message"]


def test_exit_is_an_end_as_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())  # exit closes it
    found = run("from microgradnet import Value\nx = Value(2.0)\ny = x * x\nexit()\nz = undefined")
    assert (found["error"], found["shown"]) == (None, "y")


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


def test_without_numpy_import_all_brings_the_rest() -> None:
    code = "from microgradnet import *\nx = Value(2.0)\ny = tanh(x)\nfit"
    run_it = "import sys; sys.modules['numpy'] = None; from microgradnet.playground.runner import run; "
    run_it += f"print([run({code!r})[key] for key in ('error', 'values')])"
    said = subprocess.run([sys.executable, "-c", run_it], capture_output=True, text=True, check=True).stdout
    assert "name 'fit' is not defined" in said
    assert "['y', 'x']" in said


def test_what_a_program_hardly_means_is_said() -> None:
    start = "from microgradnet import Value\nimport math\nx = Value(2.0)\n"
    assert run(start + "y = x * x\ny.backward")["note"] == "Line 5 does nothing: write y.backward()"
    assert "microgradnet import exp" in run(start + "y = math.exp(x)")["note"]
    assert run(start + "y = x * math.exp(1)\ny.backward()")["note"] == ""
    cut_off = run(start + "y = x * x\nloss = (math.tanh(-y) - 1) ** 2")  # y is drawn
    assert cut_off["note"].startswith("Line 5: math's functions give plain numbers, through which no gradient flows")
    for meant in ("math.exp(y.data)", "math.sqrt(float(y))", "math.floor(y)", "[math.exp(x) for x in (1.0, 2.0)]"):
        assert run(start + f"y = x * x\nprint({meant})")["note"] == ""
    plain = "def f(x): return math.exp(x)\ny = x * f(1.0)"
    assert run(start + plain)["note"] == "", "this x is a number"
    assert run("x = \N{MINUS SIGN}3.0")["error"]["message"].endswith("Python's minus sign is -")
    assert "through y₂<" in run(start + "y2 = x * x")["page"], "as formulas write it"
    assert "outside of functions" in run("def main(): pass\nmain()")["note"]
    assert "sum(losses)" in run(start + "losses = [x * i for i in (1, 2)]\ndel x")["note"]


def test_of_endless_output_the_beginning_is_kept() -> None:
    output = run("for i in range(100000): print('line', i)")["output"]
    assert output.startswith("line 0\nline 1\n")
    assert len(output) < MOST_PRINTED + 100
    assert "more is not shown" in output


def places(code: str) -> dict[str, str | None]:
    """Of each number of the page, by its name, the text at its place in the program."""
    lines, found = code.splitlines(), {}
    for leaf in run(code)["leaves"]:
        place = leaf["place"]
        units = lines[place["line"] - 1].encode("utf-16-le") if place else b""
        found[leaf["name"]] = units[2 * place["start"] : 2 * place["end"]].decode("utf-16-le") if place else None
    return found


def test_a_number_has_a_place_if_the_program_has_it_once_as_a_literal_and_leaves_it() -> None:
    start = "from microgradnet import Value, parameter\n"
    assert places(start + 'a, b, c = Value(1, "a₁"), Value(+2.5, "𝛽"), Value(1 + 1, "c")\ny = a + b * c') == {
        "a₁": "1", "𝛽": "+2.5", "c": None,
    }  # fmt: skip
    assert places(start + "u = parameter(3.0)\ny = u * u") == {"u": "3.0"}
    assert places(start + 'u, v = (parameter(3.0, "u") for _ in range(2))\ny = u * v') == {"u": None, "u#2": None}
    assert places(start + 'w = parameter(3.0, "w")\nw.data -= 1\ny = w * 2') == {"w": None}
    assert places(start + 'w = Value(\n  3.0,\n  label="w",\n)\ny = w * 2') == {"w": "3.0"}


def named(code: str, shown: str | None = None) -> str:
    """The names in the page of a program, of what is no constant."""
    nodes = data_of(run(f"from microgradnet import Layer, Value, parameter, tanh\n{code}", shown)["page"])["nodes"]
    return " ".join(node["name"] for node in nodes if "constant" not in node)


TWO_NEURONS = """def neuron(x, w):
    z = w * x
    a = tanh(z)
    return a
w1, w2 = parameter(0.1), parameter(0.2)
weights = [w1, w2]
h = neuron(0.5, w1)
y = neuron(h, w2)
"""


def test_values_have_the_names_of_the_program() -> None:
    assert named(TWO_NEURONS) == "w₂ w₁ z h z#2 y", "a result by its caller; the first name; a1 as the lesson's a₁"
    assert named("x, t = (Value(2.0), 1.0)\nloss = (y := x * 3) - t") == "x y loss"
    assert named("k = [[Value(1.0)], [Value(2.0)]]\ny = k[0][0] * k[1][0]") == "k[0][0] k[1][0] y"
    assert named("a = Value(2.0, 'a')\n_hidden = a * a\nb = _hidden + a\nb.label = 'area'") == "a a·a area"
    assert named("a = Value(2.0, 'b')\nb = a * a\ny = b + a") == "b b·b y", "no second b"
    assert named("hidden = Layer(1, 2, 'tanh', seed=1)([0.5])\ny = hidden[1] * 2") == "w₂₁ x₁ b₂ z₂ a₂ y"
    assert named("class N: pass\nn = N()\nn.w = Value(1.0)\ny = n.w * 2") == "w y"
    assert named("x = Value(1.0)\ny = x * 2\nz = y * y", "y") == "x y"
    assert named("x: Value = Value(1.0)\ny: Value\ny = x * 2") == "x y"
    assert named("w = [Value(1.0) for _ in range(201)]\ny = w[199] * w[200]") == "w[199] v₁ y", "of many the first"
    assert named("[w] = [Value(1.0)]\ny = w * 2") == "w y"
    assert named("a, (b, *c) = Value(1.0), [Value(2.0), Value(3.0)]\ny = a * b * c[0]") == "a b v₁ a·b y"
    inner = "def f(x):\n    a = x * 2\n    def g(a):\n        return a\n    return g(a) * 3\n"
    assert named(f"{inner}x = Value(1.0)\ny = f(x)") == "x a y", "what the function itself returns, not one in it"


def test_a_program_is_stopped_at_its_limit_with_its_line_and_its_graph() -> None:
    learning = """from microgradnet import parameter
w = parameter(1.0)
loss = (w - 3) ** 2
while loss.data > -1:
    w.grad = 0.0
    loss.backward()
    w.data -= 0.1 * w.grad
    loss = (w - 3) ** 2
"""
    found = run(learning, seconds=0.2)
    assert found["error"]["line"] == 4
    assert found["error"]["message"].startswith("the program was stopped after 0.2 s. Does each loop end?")
    assert data_of(found["page"])["nodes"][0]["data"] == pytest.approx(3), "what it had learned"
    caught = "from contextlib import suppress\nwhile True:\n    with suppress(Exception): 1 / 0"
    assert run(caught, seconds=0.2)["error"]["line"] == 2
    caught = "try:\n    while True: pass\nexcept KeyboardInterrupt: pass"
    assert run(caught, seconds=0.2)["error"]["line"] == 2
    assert run("for i in range(9): print(i)\nelse: print('end')", seconds=20)["output"].endswith("8\nend\n")


def test_a_program_does_not_see_that_it_is_observed() -> None:
    seen = run("x = 1\nfor i in range(2): pass\nprint(*sorted(globals()))")["output"].split()
    assert [name for name in seen if name not in vars(ModuleType("m"))] == [
        "__builtins__",
        "__file__",
        "i",
        "input",
        "x",
    ]
    assert run(f"x = 1\ny = {' + '.join(['x'] * 900)}\nprint(y)")["output"] == "900\n", "a long expression"
    assert "mean (" not in run("nmaed(1)")["error"]["message"]


def test_a_decorated_function_stays_as_it_is_written() -> None:
    kept = "def same(f): return f\n@same\ndef f(x):\n    y = x\n    return y\nprint(f.__code__.co_names)"
    assert run(kept)["output"] == "()\n"
    assert "named" in run(kept.replace("@same", "").replace("return y", "return 1"))["output"]


def test_what_is_printed_is_heard_at_once() -> None:
    heard: list[str] = []
    run("print(1)\nprint('two')", heard=heard.append)
    assert "".join(heard) == "1\ntwo\n"


@pytest.mark.parametrize("number", EXERCISES)
def test_an_exercise_is_checked_as_it_runs(number: int) -> None:
    program = next(program for program in PROGRAMS if program["name"] == f"exercise-{number}")
    assert program["code"].startswith(f'"""Exercise {number}: ')
    assert f"not yet written: {EXERCISES[number].defines}" in run(program["code"])["output"]
    found = run(program["code"] + RIGHT[number])
    assert found["output"].endswith("All of it is right.\n")
    assert (found["error"], found["note"], found["page"]) == (None, "", "")


def test_labels_are_data_not_markup() -> None:
    page = run('from microgradnet import Value\nx = Value(1.0, "</script><img src=x>")\ny = x * 2')["page"]
    assert "<img" not in page
    assert "</script><" not in page.replace("</script>\n<script>", "").replace("</script>\n</body>", "")


def test_an_animation_has_a_picture_of_each_step_or_it_is_said_why_not() -> None:
    found = animation(NEURON)
    assert found["note"] == ""
    steps = [" ".join(line.text or "" for line in ET.fromstring(svg)[-1][1:]) for svg in found["frames"]]
    variables: dict[str, Any] = {}
    exec(NEURON, variables)
    variables["z"].label, variables["a"].label = "z", "a"
    timeline = Timeline(variables["a"])
    texts = [step.text for step in timeline.steps]
    assert steps == ["", *texts[: timeline.start], "a.grad = ∂a/∂a = 1", *texts[timeline.start :]]
    assert animation(f"{NEURON}while True: pass", seconds=0.5) == found, "stopped"
    assert found["durations"] == [1200] * (len(steps) - 1) + [3600]
    assert "is a Value" in animation("print(1)")["note"]
    assert "is a single number" in animation("from microgradnet import Value\nx = Value(1.0)")["note"]
    many = "from microgradnet import Value, total\ny = total([Value(k) * 2 for k in range(2000)])"
    assert "too many to draw" in animation(many)["note"]
    changed = animation(f"{NEURON}w.data = 0.3")
    assert "".join(ET.fromstring(changed["frames"][1])[-1].itertext()).endswith("z = w·x = 0.3·0.1 = 0.03")
    ended = answer({"code": f"{NEURON}while True: pass", "animation": True, "seconds": 0.5}, print)
    assert ended["frames"] == found["frames"], "a time limit holds for an animation, too"
    long = "from microgradnet import Value\ny = Value(1.0, 'x')\nfor _ in range({}): y = y * 2"
    assert "choose a smaller value" in animation(long.format(MOST_FRAMES))["note"]
    assert animation(long.format(5))["frames"]
    assert animation("x = = 1")["note"].startswith("SyntaxError")


def test_names_are_the_public_ones_with_their_first_line() -> None:
    found = {name["label"]: name for name in names()}
    assert found["Value"]["kind"] == "class"
    assert "activation" not in found
    assert found["sigmoid"]["about"]
    assert {"compile", "fit", "scan"} <= found.keys()


def test_a_program_written_for_micrograd_is_told_the_name_here() -> None:
    error = ModuleNotFoundError("No module named 'micrograd'", name="micrograd")
    assert remedies.remedy(error, ()) == ". Here it is microgradnet: from microgradnet import Value, Neuron, Layer, MLP"
