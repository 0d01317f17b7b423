"""What makes Python ready for the programs of a browser: each starts as if Python had just been started."""

import builtins
import math
import sys
from types import ModuleType

import microgradnet
from microgradnet import Value
from microgradnet.playground.in_browser import remember
from microgradnet.playground.runner import run

LEAVING = """import builtins, math, sys, microgradnet
from microgradnet import Value
builtins.left, microgradnet.left, Value.left = 1, 2, 3
builtins.len = math.pi = microgradnet.tanh = None
Value.__add__ = lambda a, b: 7
sys.modules["left"] = math
sys.path.append("left")
"""


def test_what_a_program_changes_in_python_and_here_is_undone() -> None:
    restore, addition = remember(), Value.__add__
    try:
        assert run(LEAVING)["error"] is None
        assert "left" in sys.modules
    finally:
        restore()
    assert "left" not in {*vars(builtins), *vars(microgradnet), *vars(Value), *sys.modules, *sys.path}
    assert (Value.__add__, len([1]), round(math.pi, 2)) == (addition, 1, 3.14)
    assert callable(microgradnet.tanh)


def test_a_program_is_the_main_module_while_it_runs() -> None:
    main = sys.modules["__main__"]
    code = "import pickle\nclass A: pass\nprint(type(pickle.loads(pickle.dumps(A()))) is A)"
    assert run(code)["output"] == "True\n"
    assert isinstance(main, ModuleType)
    assert sys.modules["__main__"] is main
