"""Whatever looks at a graph leaves its gradients alone, even if two Ctrl-C interrupt it."""

import subprocess
import sys
from collections.abc import Callable

import pytest

from microgradnet import Value, explain, recording, unroll
from microgradnet.graph import Graph
from microgradnet.stepping.timeline import Timeline
from tests.programs.test_interrupts import AFTER, gradients, graph, interrupted


def record(y: Value) -> None:
    Timeline(y)


def show_in_graph(y: Value) -> None:
    with Timeline(y).in_graph():
        pass


def write_program(y: Value) -> None:
    unroll(y)


def explain_leaf(y: Value) -> None:
    explain(Graph(y).leaves[0], y)


LOOKS: dict[str, Callable[[Value], None]] = {
    look.__name__: look for look in (record, show_in_graph, write_program, explain_leaf)
}


@pytest.mark.parametrize("name", LOOKS)
def test_two_interrupts_leave_the_gradients_as_before(name: str) -> None:
    # in a process of its own: an interrupt at the `yield` of a generator stays the cause of all later errors in Python
    ended = subprocess.run([sys.executable, "-m", __name__, name], capture_output=True, text=True, check=False)
    assert ended.stdout == "all as before\n", ended.stderr[-2000:]


if __name__ == "__main__":
    before, look = gradients(graph()), LOOKS[sys.argv[1]]
    counted = graph()
    for line in interrupted(lambda: look(counted)):
        for after in AFTER:
            y = graph()
            interrupted(lambda: look(y), raised=line + after, sent=line)  # noqa: B023  # it runs at once
            if gradients(y) != before:
                sys.exit(f"changed by interrupts at lines {line} and {line + after}")
            recording.active.clear()  # a pass that was left early may still wait, see `backward_applications`
    print("all as before")
