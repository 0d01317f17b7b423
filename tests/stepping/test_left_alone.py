"""Whatever looks at a graph leaves its gradients alone, even if two Ctrl-C interrupt it."""

from collections.abc import Callable

import pytest

from microgradnet import Value, explain, recording, unroll
from microgradnet.graph import Graph
from microgradnet.stepping.timeline import Timeline
from tests.programs.test_interrupts import AFTER, _ctrl_c, gradients, graph, interrupted  # noqa: F401  # each test's


def record(y: Value) -> None:
    Timeline(y)


def show_in_graph(y: Value) -> None:
    with Timeline(y).in_graph():
        pass


def write_program(y: Value) -> None:
    unroll(y)


def explain_leaf(y: Value) -> None:
    explain(Graph(y).leaves[0], y)


@pytest.mark.parametrize("look", [record, show_in_graph, write_program, explain_leaf])
@pytest.mark.parametrize("after", AFTER)
def test_two_interrupts_leave_the_gradients_as_before(look: Callable[[Value], None], after: int) -> None:
    before, counted = gradients(graph()), graph()
    for line in interrupted(lambda: look(counted)):
        y = graph()
        interrupted(lambda: look(y), raised=line + after, sent=line)  # noqa: B023  # it runs at once
        assert gradients(y) == before
        recording.active.clear()  # a pass that was left early may still wait, see `backward_applications`
