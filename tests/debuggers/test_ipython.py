"""IPython's debugger, which passes over frames that hold `__debuggerskip__`."""

import pytest

from tests.debuggers.sessions import LINE, PRINT, pdb, program, stops

pytest.importorskip("IPython")
STOP = "from IPython.core.debugger import Pdb; Pdb().set_trace()\n"


@pytest.mark.parametrize("honoured", [True, False])
def test_the_ordering_is_passed_over(honoured: bool) -> None:
    commands = [f"skip_predicates debuggerskip {honoured}", *["s"] * 300]
    found = stops(pdb(commands, program(f"{STOP}L.backward()\n{PRINT}"), debugger=""))
    inside = found[: [(stop.file, stop.line) for stop in found].index(("lesson.py", LINE + 2))]
    assert [stop for stop in inside if stop.function == "backpropagate"]
    assert bool([stop for stop in inside if stop.file == "graph.py"]) != honoured
