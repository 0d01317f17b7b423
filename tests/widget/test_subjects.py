"""What a widget shows, as state; and what a state that comes back means. Without anywidget."""

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from microgradnet import (
    MLP,
    DomainError,
    Neuron,
    StaleGraphError,
    Value,
    draw,
    fit,
    live,
    log,
    no_grad,
    parameter,
    total,
)
from microgradnet.data import xor
from microgradnet.graph import Graph
from microgradnet.ops import CONSTANT
from microgradnet.stepping.recomputed import recompute
from microgradnet.stepping.webpage import Page
from microgradnet.widget import live_network
from microgradnet.widget.live_graph import LiveGraph
from microgradnet.widget.live_network import LiveNetwork

NOT_FINITE: list[Any] = [math.nan, math.inf, "NaN", "Infinity", "1", None, True, [1.0], {}]
NO_STATES: list[Any] = [
    {}, {"numbers": None}, {"numbers": [1.0]}, {"numbers": [1.0, 2.0, 3.0]}, {"numbers": {"0": 1.0}},
    *({"numbers": [1.0, number]} for number in NOT_FINITE),
]  # fmt: skip


def neuron() -> tuple[Value, Value, Value]:
    w, x = parameter(2.0, "w"), Value(3.0, "x")
    return w, x, 2 * w * x + w


@pytest.mark.parametrize("of", ["neuron", "many samples"])
def test_a_state_is_the_numbers_of_the_leaves_in_the_order_of_the_page(
    of: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, y = neuron()
    if of == "many samples":  # of which the page plays one
        monkeypatch.setattr("microgradnet.stepping.samples.MOST_PLAYED", 100)
        model = MLP(2, [3, 1], "tanh", seed=1)
        y = total([(model([Value(k), Value(-k)]) - 1) ** 2 for k in range(1, 6)])
    shown = LiveGraph(y)
    text = shown.page.html.partition('id="data">')[2].partition("</script>")[0]
    nodes = [node for node in json.loads(text)["nodes"] if node["f"] < 0 and not node.get("constant")]
    assert shown.state() == {"numbers": [node["data"] for node in nodes]}
    leaves = [leaf for leaf in Graph(y).leaves if leaf.op is not CONSTANT]
    assert (len(nodes) < len(leaves)) == (of == "many samples")


def test_a_state_that_comes_back_changes_the_leaves_and_the_results() -> None:
    w, x, y = neuron()
    between = y.operands[0]
    LiveGraph(y).take({"numbers": [5, 0.25]})
    assert (w.data, x.data, between.data, y.data) == (5.0, 0.25, 2.5, 7.5)
    assert type(w.data) is float
    y.backward()  # which refuses a graph that is stale
    assert (w.grad, x.grad) == (1.5, 10.0)


def test_gradients_stay_and_so_do_the_values_themselves() -> None:
    w, _, y = neuron()
    y.backward()
    nodes, before = Graph(y).nodes, [node.grad for node in Graph(y).nodes]
    LiveGraph(y).take({"numbers": [1.0, 1.0]})
    assert Graph(y).nodes == nodes
    assert [node.grad for node in nodes] == before
    assert w.grad == 7.0


def test_a_number_assigned_in_python_is_in_the_next_state_and_in_the_results() -> None:
    w, _, y = neuron()
    shown = LiveGraph(y)
    w.data = -1.5
    with pytest.raises(StaleGraphError):
        y.backward()
    assert shown.state() == {"numbers": [-1.5, 3.0]}
    assert y.data == -10.5


def test_several_widgets_of_one_graph_agree() -> None:
    w, x, y = neuron()
    other = y * x + w
    first, second, third = LiveGraph(y), LiveGraph(y), LiveGraph(other)
    first.take({"numbers": [0.5, 4.0]})
    assert first.state() == second.state() == {"numbers": [0.5, 4.0]}
    assert set(third.state()["numbers"]) == {0.5, 4.0}
    assert (y.data, other.data) == (4.5, 18.5)


@pytest.mark.parametrize("state", NO_STATES, ids=repr)
def test_what_is_no_state_or_not_finite_is_refused_and_nothing_is_changed(state: dict[str, Any]) -> None:
    w, x, y = neuron()
    with pytest.raises(ValueError, match=r"2 leaves|must be finite"):
        LiveGraph(y).take(state)
    assert (w.data, x.data, y.data) == (2.0, 3.0, 14.0)


def test_an_infinity_of_the_program_passes_both_ways() -> None:
    x, w = Value(-math.inf, "x"), parameter(2.0, "w")
    y = x * w + math.nan
    shown = LiveGraph(y)
    assert shown.state() == {"numbers": ["-Infinity", 2.0]}
    shown.take({"numbers": ["-Infinity", 3.0]})
    assert (x.data, w.data) == (-math.inf, 3.0)
    x.data = math.nan
    assert shown.state() == {"numbers": ["NaN", 3.0]}


def test_numbers_without_a_result_leave_the_graph_stale_until_there_is_one() -> None:
    x = Value(2.0, "x")
    y = log(x)
    shown = LiveGraph(y)
    shown.take({"numbers": [-1.0]})
    assert (x.data, y.data) == (-1.0, math.log(2.0))
    with pytest.raises(StaleGraphError):
        y.backward()
    with pytest.raises(DomainError):
        recompute(y)
    shown.take({"numbers": [4.0]})
    assert y.data == math.log(4.0)


def test_results_are_computed_again_where_nothing_is_recorded() -> None:
    w, _, y = neuron()
    w.data = 1.0
    with no_grad():
        recompute(y)
    assert (y.data, len(Graph(y))) == (7.0, 6)


def test_a_stale_graph_is_computed_again_first() -> None:
    w, _, y = neuron()
    w.data = 0.0
    assert "0.0" in LiveGraph(y).page.html
    assert y.data == 0.0


def test_a_network_is_its_picture_and_the_numbers_of_the_last_epoch() -> None:
    model = MLP(2, [3, 1], "tanh", seed=1)
    shown = LiveNetwork(model)
    first = shown.state()
    assert first["picture"] in shown.page.html
    assert first["caption"] == ""
    history = fit(model, *xor(), loss="hinge", epochs=3, callbacks=[shown.see], progress=False)
    last = shown.state()
    assert last["caption"] == f"epoch 3: loss {history.last['loss']:.4g}, accuracy {history.last['accuracy']:.4g}"
    assert last["picture"] != first["picture"]


def test_nothing_changes_a_network_from_its_picture() -> None:
    shown = LiveNetwork(Neuron(2, seed=1))
    shown.take(shown.state())
    with pytest.raises(ValueError, match="cannot be changed"):
        shown.take({"numbers": [1.0, 2.0, 3.0]})


def test_another_network_that_learns_is_refused() -> None:
    shown = LiveNetwork(MLP(2, [1], seed=1))
    with pytest.raises(ValueError, match="learns: show that one"):
        fit(MLP(2, [1], seed=1), *xor(), epochs=1, callbacks=[shown.see], progress=False)


def test_hostile_labels_stay_text_in_the_picture_of_a_network() -> None:
    model = Neuron(1, seed=1)
    model.w[0].label = "</svg><img src=x onerror=alert(1)>"
    assert "<img" not in LiveNetwork(model).state()["picture"]


@pytest.mark.parametrize("what", [1.0, None, [Value(1.0)], "loss"])
def test_what_is_neither_a_value_nor_a_network_is_refused(what: Any) -> None:
    with pytest.raises(TypeError, match="a Value, such as a loss, or a network"):
        live(what)


def test_without_anywidget_the_error_names_the_remedy_and_nothing_loads_it_before() -> None:
    program = """import sys
import microgradnet
from microgradnet import Value, live
assert "anywidget" not in sys.modules
sys.modules["anywidget"] = None
try:
    live(Value(2.0) * 3)
except ImportError as error:
    print(error)
"""
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said == 'live needs anywidget: pip install "microgradnet[widget]"\n'


def test_a_picture_that_is_sent_is_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    shown, drawn = LiveNetwork(MLP(2, [2, 1], seed=0)), []

    def drawing(model: Any) -> Any:
        drawn.append(model)
        return draw(model)

    monkeypatch.setattr(live_network, "draw", drawing)
    shown.take(shown.state())
    assert len(drawn) == 1


def test_the_frame_may_do_what_the_page_needs() -> None:
    script = Path(live_network.__file__).with_name("assets") / "widget.js"
    assert f'"sandbox", "{Page._sandbox}"' in script.read_text("utf-8")
