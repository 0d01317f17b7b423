"""pdb itself, and microgradnet.debug: what they stop at, and what can be read there."""

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from microgradnet import chain_rule
from microgradnet.teach.examples import EXAMPLES
from tests.debuggers.sessions import APPLIED, GRADIENTS, LINE, PRINT, WATCHED, between, pdb, program, stops

DEBUG = "microgradnet.debug"
BACKWARD = f"L.backward()\n{PRINT}"
FRAME = "p node.label, operand.label, upstream, local_derivative"
TO_BACKWARD = [f"b {LINE}", "c"]
EQUATIONS = [
    "f.grad += L.grad · ∂L/∂f = 1 · d = 1 · (−2) = −2",
    "d.grad += L.grad · ∂L/∂d = 1 · f = 1 · 4 = 4",
    "e.grad += f.grad · ∂f/∂e = (−2) · 1 = −2",
    "c.grad += f.grad · ∂f/∂c = (−2) · 1 = −2",
    "a.grad += e.grad · ∂e/∂a = (−2) · b = (−2) · (−3) = 6",
    "b.grad += e.grad · ∂e/∂b = (−2) · a = (−2) · 2 = −4",
]


def equations(output: str) -> list[str]:
    return [line for line in output.splitlines() if ".grad += " in line and " = " in line]


def stopping(commands: list[str], text: str) -> str:
    """What the program writes when `breakpoint()` is this debugger."""
    file = program(f"breakpoint()\n{text}")
    return pdb(commands, file, debugger="", PYTHONBREAKPOINT="microgradnet.debug.set_trace")


@pytest.mark.parametrize(
    ("debugger", "first", "name"),
    [
        ("pdb", "from microgradnet.ops.arithmetic import multiply_derivatives", "multiply_derivatives"),
        ("pdb", "import microgradnet", "microgradnet.ops.arithmetic.multiply_derivatives"),
        (DEBUG, "", "multiply_derivatives"),
        (DEBUG, "", "multiply_derivatives, y < -7"),
    ],
)
def test_a_rule_is_stopped_at_by_its_name(debugger: str, first: str, name: str) -> None:
    output = pdb([first, f"b {name}", "c", "a"], program(BACKWARD), debugger=debugger)
    assert stops(output)[-1].function == "multiply_derivatives"
    assert "y = -8.0" in output


@pytest.mark.parametrize("debugger", ["pdb", DEBUG])
def test_one_frame_shows_the_chain_rule(debugger: str) -> None:
    output = pdb([f"b {chain_rule.__file__}:{APPLIED}", *["c", FRAME] * 6], program(BACKWARD), debugger=debugger)
    for shown in ("('L', 'd', 1.0, 4.0)", "('f', 'c', -2.0, 1.0)", "('e', 'a', -2.0, -3.0)"):
        assert output.count(shown) == 1


def test_stepping_through_backward_stops_at_nothing_else() -> None:
    output = pdb([*TO_BACKWARD, *["s"] * 45], program(BACKWARD), debugger=DEBUG)
    inside = between(stops(output), LINE, LINE + 1)
    assert len(inside) <= 43
    assert {stop.function for stop in inside} == {"backpropagate", "multiply_derivatives", "add_derivatives"}
    assert equations(output) == EQUATIONS


@pytest.mark.parametrize("debugger", ["pdb", DEBUG])
def test_the_unrolled_pass_is_one_line_an_application(debugger: str) -> None:
    output = pdb([*TO_BACKWARD, *["s"] * 40, "c"], program(f"backward_unrolled(L)\n{PRINT}"), debugger=debugger)
    inside = [stop.file for stop in between(stops(output), LINE, LINE + 1)]
    first, last = inside.index("backward_L.py"), len(inside) - inside[::-1].index("backward_L.py")
    assert inside[first:last] == ["backward_L.py"] * 8  # the call, six applications, the return
    assert str(GRADIENTS) in output
    assert str(GRADIENTS) in pdb([], program(BACKWARD), debugger="")


@pytest.mark.parametrize("debugger", ["pdb", DEBUG])
def test_break_on_stops_at_just_that_application(debugger: str) -> None:
    file = program(f'with break_on(label="c"):\n    L.backward()\n{PRINT}')
    output = pdb([FRAME, "n", "c"], file, debugger="", PYTHONBREAKPOINT=f"{debugger}.set_trace")
    lines = [stop.line for stop in stops(output) if stop.function == "applications"]
    at_once = lines[0] == WATCHED  # from Python 3.13 on, breakpoint() stops at itself
    assert lines == ([WATCHED, WATCHED + 1] if at_once else [WATCHED - 1, WATCHED])
    assert at_once == (sys.version_info < (3, 13))
    assert output.count("('f', 'c', -2.0, 1.0)") == 1
    assert str(GRADIENTS) in output
    if debugger == DEBUG:
        assert equations(output) == [EQUATIONS[3]]


def test_rule_goes_from_application_to_application() -> None:
    output = stopping(["rule"] * 6 + ["c"], BACKWARD)
    assert equations(output) == EQUATIONS
    assert [stop.line for stop in stops(output)][1:] == [APPLIED] * 6
    assert str(GRADIENTS) in output


def test_rule_in_a_watched_pass() -> None:
    output = stopping(["rule", "rule", "c"], f'with break_on(label="x"):\n    {BACKWARD}')
    assert equations(output) == EQUATIONS[:2]


def test_rule_from_a_breakpoint_and_past_constants() -> None:
    assert equations(stopping(["b multiply_derivatives", "c", "rule", "rule"], BACKWARD)) == EQUATIONS[:2]
    output = stopping(["rule", "rule", "c"], "y = 2 * a\ny.label = 'y'\ny.backward()\nprint('end')")
    assert equations(output) == ["a.grad += y.grad · ∂y/∂a = 1 · 2 = 2"]
    assert "end" in output


def test_the_two_operands_of_a_square_are_told_apart() -> None:
    output = stopping(["rule"] * 4, "y = a * a\ny.label = 'y'\ny.backward()\ny.backward()")
    first = "a.grad += y.grad · ∂y/∂a = 1 · a = 1 · 2 = 2"
    assert equations(output) == [
        f"{first} (operand 1 of a·a)",
        f"{first}, and 2 + 2 = 4 (operand 2 of a·a)",
        f"{first}, and 4 + 2 = 6 (operand 1 of a·a)",
        f"{first}, and 6 + 2 = 8 (operand 2 of a·a)",
    ]


def test_node_and_grads_say_where_the_pass_is() -> None:
    output = stopping(["rule", "rule", "rule", "node", "node.grad", "node = 1", "p node"], BACKWARD)
    assert "(Pdb) f = e + c = −6 + 10 = 4, its gradient −2\n(Pdb) -2.0\n(Pdb) (Pdb) 1\n" in output
    output = stopping(["rule", "rule", "rule", "grads"], BACKWARD)
    table = output[output.index("label") :].splitlines()[:8]
    assert [line.split() for line in table] == [
        ["label", "data", "grad"],
        *(["a", "2", "—"], ["b", "−3", "—"], ["c", "10", "—"], ["d", "−2", "4"]),
        *(["e", "−6", "0"], ["f", "4", "−2"], ["L", "−8", "1"]),
    ]


def test_node_inside_a_rule_and_in_the_frames_above() -> None:
    output = stopping(["node", "b add_derivatives", "c", "node", "u", "node", "u", "u", "u", "u", "node"], BACKWARD)
    assert "*** no backward pass is running here: `rule` runs to the next; or name a value" in output
    assert output.count("f = e + c = −6 + 10 = 4, its gradient −2") == 3


def test_values_are_named_in_the_program() -> None:
    output = stopping(["node e", "grads e", "node nothing", "draw print", "node a"], BACKWARD)
    assert "e = a·b = 2·(−3) = −6, its gradient —" in output
    assert "*** NameError: name 'nothing' is not defined" in output
    assert "*** print is not a Value but builtin_function_or_method" in output
    assert "a = 2, its gradient —" in output
    assert "L " not in output


def test_in_the_chain_rule_values_have_the_names_of_its_equations() -> None:
    output = stopping(["rule", "node e", "grads e", "node nothing"], BACKWARD)
    assert "e = a·b = 2·(−3) = −6, its gradient" in output
    assert "\na         2" in output.replace("(Pdb) ", "\n")
    assert "*** NameError: name 'nothing' is not defined" in output
    assert "w₁ = 2, its gradient" in stopping(["rule", "node w1"], "a.label = 'w₁'\nL.backward()"), "as it can be typed"


def test_draw_marks_the_application() -> None:
    output = stopping(["rule", "rule", "rule", "draw"], BACKWARD)
    assert f"wrote {Path('backward.svg').resolve()}" in output
    svg = Path("backward.svg").read_text("utf-8")
    marked = [element.get("id") for element in ElementTree.fromstring(svg).iter() if marks(element)]
    assert len(marked) == 2, "the box of f and the arrow from e"
    assert sorted(os.listdir()) == ["backward.svg", "lesson.py"]
    Path("backward.svg").unlink()
    Path("backward.svg").mkdir()
    assert "*** cannot write backward.svg: it is a directory" in stopping(["draw L"], BACKWARD)


@pytest.mark.parametrize(
    ("command", "file", "is_marked"),
    [
        ("draw g.svg", "g.svg", True),
        ("draw ./g.svg", "g.svg", True),
        ("draw node other.SVG", "other.SVG", False),
        ("draw node + node  g.svg", "g.svg", False),
    ],
)
def test_draw_takes_a_file(command: str, file: str, is_marked: bool) -> None:
    output = stopping(["rule", command], BACKWARD)
    assert f"wrote {Path(file).resolve()}" in output
    assert any(map(marks, ElementTree.parse(file).iter())) == is_marked


def test_draw_names_the_suffixes_that_it_knows() -> None:
    output = stopping(["rule", "draw g.xyz", "draw nothing"], BACKWARD)
    assert output.count("a picture's file ends in one of .svg, .png, .pdf, .dot, .gv") == 1


def marks(element: ElementTree.Element) -> bool:
    return "highlight" in element.get("class", "").split()


def test_the_debugger_is_imported_only_when_asked_for_and_changes_nothing() -> None:
    code = """
import sys, microgradnet
assert "pdb" not in sys.modules and "microgradnet.debug" not in sys.modules
hooks = sys.breakpointhook, sys.gettrace(), sys.excepthook
import microgradnet.debug, pdb
assert hooks == (sys.breakpointhook, sys.gettrace(), sys.excepthook)
assert pdb.Pdb is not microgradnet.debug.Debugger
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_rule_beyond_the_last_application_stops_at_the_end_of_the_program() -> None:
    said = pdb([*["rule"] * 7, "p L.data", "rule"], program(BACKWARD), debugger="microgradnet.debug")
    assert len(equations(said)) == 6
    assert said.count("the program ends here without a further application of the chain rule") == 1
    assert "(Pdb) -8.0\n" in said
    assert said.count("will be restarted") == 1


FIT = "from microgradnet import MLP, fit\nfit(MLP(1, [1], seed=1), [[1.0]], [2.0], epochs=1, batch_size=1{})\nx = 7\n"


@pytest.mark.parametrize("debugger", ["", DEBUG])
def test_rule_under_a_compiled_fit_does_not_run_past_the_end(debugger: str) -> None:
    file = program(("" if debugger else "breakpoint()\n") + FIT.format(""))
    said = pdb(["rule", "p x"], file, debugger=debugger, PYTHONBREAKPOINT="microgradnet.debug.set_trace")
    assert "fit(…, compiled=False) applies it to Values" in said
    assert stops(said)[-1].file == file.name
    assert "(Pdb) 7\n" in said


def test_rule_under_a_fit_of_values_stops_in_it() -> None:
    said = stopping(["rule", "rule", "p operand.label"], FIT.format(", compiled=False"))
    assert [stop.line for stop in stops(said)][1:] == [APPLIED] * 2
    assert "without a further application" not in said


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_worked_example_can_be_stepped_through(name: str) -> None:
    root = EXAMPLES[name].build()
    root.zero_grad()
    steps = [step.text for step in root.backward_steps()]
    build = f"from microgradnet.teach.examples import EXAMPLES\nroot = EXAMPLES[{name!r}].build()\nroot.zero_grad()\n"
    file = program(f"{build}breakpoint()\nroot.backward()\n")
    said = pdb([*["rule"] * len(steps), "c"], file, debugger="", PYTHONBREAKPOINT="microgradnet.debug.set_trace")
    assert equations(said) == steps


@pytest.mark.parametrize(("arguments", "code"), [([], 2), (["-h"], 0), (["--help"], 0)])
def test_its_usage_has_its_own_name(arguments: list[str], code: int) -> None:
    command = [sys.executable, "-m", DEBUG, *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stderr) == (code, "")
    assert ended.stdout.startswith(f"usage: python -m {DEBUG} [-c COMMAND]")
    assert "pdb.py" not in ended.stdout
