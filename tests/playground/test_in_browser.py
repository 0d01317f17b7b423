"""What makes Python ready for the programs of a browser: each starts as if Python had just been started."""

import subprocess
import sys

from microgradnet.playground.runner import run

LEAVING = """import builtins, math, sys, microgradnet
from microgradnet import Value
builtins.left, microgradnet.left, Value.left = 1, 2, 3
math.pi = microgradnet.tanh = None
Value.__add__ = lambda a, b: 7
sys.modules["left"] = math
sys.path.append("left")
"""


NEXT = """import builtins, math, sys, microgradnet
from microgradnet import Value
print("left" in {*vars(builtins), *vars(microgradnet), *vars(Value), *sys.modules, *sys.path})
print(Value(1.0) + 2, math.pi > 3, microgradnet.tanh(0.0))
"""


def test_what_a_program_changes_in_python_and_here_is_undone() -> None:
    begun = f"""import json
from microgradnet.playground.in_browser import begin
def main(answer):
    for code in {[LEAVING, NEXT]!r}:
        found = json.loads(answer(json.dumps({{'code': code, 'seconds': 9}}), lambda text: None))
        assert found['error'] is None, found
    print(found['output'])
main(begin())"""
    said = subprocess.run([sys.executable, "-c", begun], capture_output=True, text=True, check=True).stdout
    assert said.split("\n")[:2] == ["False", "Value(data=3.0) True 0.0"]


def test_a_program_is_the_main_module_while_it_runs() -> None:
    main = sys.modules["__main__"]
    code = "import pickle\nclass A: pass\nprint(type(pickle.loads(pickle.dumps(A()))) is A)"
    assert run(code)["output"] == "True\n"
    assert sys.modules["__main__"] is main


def test_a_value_that_is_refused_has_no_operands_to_be_freed() -> None:
    program = """from microgradnet import Value
from microgradnet.playground.in_browser import free_one_by_one
free_one_by_one()
try:
    Value("a")
except TypeError:
    print("refused")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("refused\n", "")
