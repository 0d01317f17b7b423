"""The JavaScript that the page computes with, run by V8, against Python: every row, whole graphs, how numbers look."""

import json
import math
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from py_mini_racer import MiniRacer

from microgradnet import Value
from microgradnet._shared.webpage import asset
from microgradnet.chain_rule import local_derivatives
from microgradnet.graph import Graph, topological_order
from microgradnet.notation.names import number
from microgradnet.ops import TABLE, Operation
from microgradnet.stepping import webpage
from microgradnet.stepping.javascript import Functions
from microgradnet.stepping.webpage import _graph
from microgradnet.teach.examples import EXAMPLES
from microgradnet.value import apply, constant
from tests import own
from tests.strategies import Program, each_row, points, programs, some_points

ENGINE = asset(webpage.__file__, "engine.js")
TOLERANCE = 1e-12
EDGES = (0.0, 1.0, -1.0, 0.5, -30.0, 30.0, -700.0, 700.0, 1e-9, -1e-9)


@pytest.fixture(scope="module")
def engine() -> Iterator[MiniRacer]:
    """V8 with the functions of `engine.js`."""
    with MiniRacer() as context:
        context.eval(ENGINE)
        yield context


def disagreement(got: float | None, wanted: float) -> float:
    """How far two numbers are apart, relative to the wanted one where that is above 1; JSON's null is a NaN."""
    return math.inf if got is None else abs(got - wanted) / max(1.0, abs(wanted))


def computed_there(engine: MiniRacer, nodes: list[Value]) -> list[tuple[float | None, list[float | None]]]:
    """Value and derivatives of each node by the emitted functions."""
    functions = Functions(nodes)
    calls = [[functions.index(node), node.data, [operand.data for operand in node.operands]] for node in nodes]
    program = f"(() => {{ {functions.source} return JSON.stringify({json.dumps(calls)}.map(([f, y, x]) => " + (
        "[OPERATIONS[f].value(...x), OPERATIONS[f].derivatives(y, ...x)])); })()"
    )
    return [(value, derivatives) for value, derivatives in json.loads(str(engine.eval(program)))]


def at(row: Operation, point: tuple[float, ...]) -> Value:
    first_constant = len(point) - row.constants
    return apply(row, tuple(constant(x) if i >= first_constant else Value(x) for i, x in enumerate(point)))


def worst(engine: MiniRacer, nodes: list[Value]) -> float:
    found = 0.0
    for node, (value, derivatives) in zip(nodes, computed_there(engine, nodes), strict=True):
        pairs = [(value, node.data), *zip(derivatives, local_derivatives(node), strict=True)]
        found = max(found, *(disagreement(got, wanted) for got, wanted in pairs))
    return found


@each_row
def test_every_row_computes_in_javascript_what_it_computes_in_python(engine: MiniRacer, row: Operation) -> None:
    @settings(max_examples=20)
    @given(st.lists(points(row), min_size=5, max_size=5))
    def agree(drawn: list[tuple[float, ...]]) -> None:
        assert worst(engine, [at(row, point) for point in drawn]) <= TOLERANCE

    agree()


@each_row
def test_rows_agree_at_edges_where_python_has_a_number(engine: MiniRacer, row: Operation) -> None:
    nodes = []
    for edge in EDGES:
        try:
            node = at(row, (edge,) * (len(row.sample) - row.constants) + (2.0,) * row.constants)
            local_derivatives(node)
        except ArithmeticError:
            continue
        if all(map(math.isfinite, local_derivatives(node))):
            nodes.append(node)
    assert nodes
    assert worst(engine, nodes) <= TOLERANCE


@pytest.mark.parametrize("name", own.NAMES)
def test_a_users_own_operation_computes_there_too(engine: MiniRacer, name: str) -> None:
    function = own.defined()[name]
    nodes = [at(function, point) for point in some_points(function)]
    assert worst(engine, nodes) <= TOLERANCE
    root = nodes[0] * nodes[0]
    found = passes(engine, root)
    assert found["failed"] == -1
    assert found["forward"] == [step.text for step in root.forward_steps()]
    shown = [step for step in root.backward_steps() if step.operand.op.name != "constant"]
    assert [text.partition(" = ")[0] for text in found["backward"]] == [str(step).partition(" = ")[0] for step in shown]


def test_a_wrong_rule_would_be_seen(engine: MiniRacer) -> None:
    def wrong(m: Any, y: Any, a: Any, b: Any) -> tuple[Any, ...]:
        return b, a * 1.00001

    node = apply(TABLE["multiply"].replace(derivatives=wrong), (Value(2.0), Value(3.0)))
    (_, derivatives), *_ = computed_there(engine, [node])
    assert disagreement(derivatives[1], 2.0) > TOLERANCE


def passes(engine: MiniRacer, root: Value) -> dict[str, Any]:
    """A forward and a backward pass there: the numbers, the gradients, and the text of each step."""
    order = topological_order(root)
    functions = Functions(Graph(root).computed)
    graph = json.dumps(_graph(order, functions, {}))
    program = f"""(() => {{ {functions.source}
        const graph = {graph}, {{ data, failed }} = forward(graph, OPERATIONS);
        const back = failed < 0 ? backward(graph, OPERATIONS, data) : {{}};
        return JSON.stringify({{ data, failed, grad: back.grad,
            forward: graph.nodes.map((node, i) => (node.f < 0 ? "" : forwardText(graph, data, i))).filter(Boolean),
            backward: (back.steps || []).map((step) => backwardText(graph, step)) }}); }})()"""
    found: dict[str, Any] = json.loads(str(engine.eval(program)))
    return found


@settings(max_examples=60)
@given(programs())
def test_whole_graphs_agree(program: Program) -> None:
    root = program.record([Value(x) for x in program.point])
    order = topological_order(root)
    root.backward()
    with MiniRacer() as engine:
        engine.eval(ENGINE)
        found = passes(engine, root)
    assert found["failed"] == -1
    for node, data, grad in zip(order, found["data"], found["grad"], strict=True):
        assert disagreement(data, node.data) <= TOLERANCE
        assert disagreement(grad, node.grad) <= TOLERANCE


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_equations_of_the_page_are_those_of_the_steps(engine: MiniRacer, name: str) -> None:
    root = EXAMPLES[name].build()
    root.zero_grad()
    found = passes(engine, root)
    assert found["forward"] == [step.text for step in root.forward_steps()]
    plain = [step.text.partition(", and ")[0].partition(" (operand")[0] for step in root.backward_steps()]
    assert [text.partition(" (operand")[0] for text in found["backward"]] == plain


def test_a_number_beyond_a_domain_stops_the_pass_there(engine: MiniRacer) -> None:
    x = Value(2.0, "x")
    root = x.log() * 3
    order, functions = topological_order(root), Functions(Graph(root).computed)
    graph = _graph(order, functions, {})
    graph["nodes"][0]["data"] = -1.0
    found = engine.eval(f"{functions.source} JSON.stringify(forward({json.dumps(graph)}, OPERATIONS))")
    assert json.loads(str(found))["failed"] == order.index(root.operands[0])


@settings(max_examples=20)
@given(st.lists(st.floats(-6, 27), min_size=50, max_size=50))
def test_erf_and_erfc_are_right_to_thirteen_digits(xs: list[float]) -> None:
    with MiniRacer() as engine:
        engine.eval(ENGINE)
        found = json.loads(str(engine.eval(f"JSON.stringify({json.dumps(xs)}.map((x) => [erf(x), erfc(x)]))")))
    for x, (erf, erfc) in zip(xs, found, strict=True):
        assert math.isclose(erf, math.erf(x), rel_tol=1e-13, abs_tol=1e-300)
        assert math.isclose(erfc, math.erfc(x), rel_tol=5e-13, abs_tol=1e-300)


@settings(max_examples=20)
@given(st.lists(st.tuples(st.floats(-10, 10), st.integers(-20, 20)), min_size=50, max_size=50))
def test_numbers_look_as_in_python(drawn: list[tuple[float, int]]) -> None:
    sizes = [mantissa * 10.0**exponent for mantissa, exponent in drawn]
    ties = [1 / 64, 2.0625, 2.1875, 12345.0, 12355.0, -0.5 / 1024]
    xs = [*sizes, *ties, 0.0, 1.0, 1e-4, 9999.6, 9999.4, 1e5, 0.1]
    with MiniRacer() as engine:
        engine.eval(ENGINE)
        found = json.loads(str(engine.eval(f"JSON.stringify({json.dumps(xs)}.map(number))")))
    assert found == [number(x) for x in xs]


def test_a_function_is_written_once_for_each_count_of_operands_and_each_constant() -> None:
    x = Value(2.0)
    nodes = [x**2, (x + 1) ** 2, x**3, x * x, x * 2]
    functions = Functions(nodes)
    assert [functions.index(node) for node in nodes] == [0, 0, 1, 2, 2]
