"""A page never opens dead: graphs of every kind, each played in every view, with one number changed.

What the pictures and every tooltip say is compared with what Python computes, before the change and after it.
"""

import math
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from microgradnet import MLP, Layer, Module, Neuron, Value, page, parameter, tanh
from microgradnet._shared.text import one_line
from microgradnet.graph import Graph
from microgradnet.losses import l2
from microgradnet.notation.names import Namer, gradient, number
from microgradnet.ops import CONSTANT, TABLE, total
from microgradnet.stepping.page_layout import MOST_VALUES, View, views_of
from microgradnet.stepping.steps import BackwardStep, partial_text
from microgradnet.stepping.timeline import Timeline
from microgradnet.teach.examples import EXAMPLES
from microgradnet.value import apply, constant
from tests import own
from tests.drawing.test_escape import HOSTILE
from tests.strategies import differentiable, some_points

if TYPE_CHECKING:
    from playwright.sync_api import Page

NAMES = [
    "net.w", "net.w", "a.b.c.d", ".", "..", ".w", "w.", " .w", "1.5", "0", "-3", "𝛼.𝛽₁", "重み.バイアス", "é.ü",
    "שלום.w", "it's", '"w"', "w#2", "</script>.w", "<b>.w", "constructor", "__proto__.w", "__proto__", "a\nb", "\t.\t",
    "%data%", "x" * 300, "{0}", "{0-}.w", "$&", "e1_0", "n0", "\u200b.w", "\\N.w",
]  # fmt: skip
SIZES = [1, 2, 3, MOST_VALUES, MOST_VALUES + 1, 700]
MOMENTS = """(most) => {
    const moments = [];
    for (let i = 0; i < timeline.length; i += Math.ceil(timeline.length / most)) moments.push(i);
    return [...moments, timeline.length].map((moment) => {
        go(moment);
        const seen = (kind) => Object.fromEntries([...current.svg.querySelectorAll(`.${kind}`)].map((g) =>
            [g.id.split("-").at(-1), { title: g.querySelector("title")?.textContent ?? "",
                                       rows: [...g.querySelectorAll("text")].map((text) => text.textContent) }]));
        return { moment, boxes: seen("node"), arrows: seen("edge") };
    });
}"""


class Own(Module):
    """Modules and parameters in lists and dicts, most of them in no neuron."""

    def __init__(self) -> None:
        self.layers: list[Any] = [Layer(2, 2, tanh, seed=1), [Neuron(2, seed=2)], {"last one": Neuron(3, tanh, seed=3)}]
        self.scales: dict[str, Any] = {"in.put": parameter(0.5), "7": [parameter(1.5)], "</script>": parameter(3.5)}
        self.lonely = parameter(0.25)
        for name, p in self.named_parameters():
            p.label = name

    def __call__(self, x: list[float]) -> Any:
        hidden, (other,), last = self.layers[0], self.layers[1], self.layers[2]["last one"]
        scaled = [self.scales["7"][0] * x_ for x_ in x]
        return last([*hidden(scaled), other(x)]) * self.scales["in.put"] + self.scales["</script>"] * self.lonely


def of_operation(name: str) -> Value:
    row = TABLE[name]
    point = some_points(row, 1)[0]
    variables = [parameter(x, f"p.{i}") if i else Value(x, "x") for i, x in enumerate(point[: differentiable(row)])]
    return apply(row, (*variables, *map(constant, point[differentiable(row) :])))


def of_size(count: int) -> Value:
    """A graph of that many values."""
    value = parameter(0.5, "w")
    for i in range((count - 1) // 2):
        value = value + Value(i / 100, f"x{i}")
    return value if count % 2 else -value


def of_names() -> Value:
    return total([parameter(i / 7, name) * (i + 1) for i, name in enumerate(NAMES)])


def of_inputs_of_these_names() -> Value:
    value = Value(1.0, "start")
    for i, name in enumerate([*NAMES, *(name for name, _ in HOSTILE)]):
        value = value * 0.5 + Value(i / 50, name)
        value.label = name
    return value


def of_network(sizes: list[int]) -> Any:
    return MLP(2, sizes, "tanh", seed=1)([Value(0.5), Value(-1.0, "x.1")]) + 0.0


def of_weights(model: Any) -> Any:
    return l2(model, 0.1)


def of_renamed_network() -> Any:
    model = MLP(2, [3, 1], "relu", seed=1)
    for i, p in enumerate(model.parameters()):
        p.label = NAMES[i % len(NAMES)]
    return (model([1.0, 2.0]) - 1) ** 2 + l2(model, 0.01)


def of_two_networks() -> Any:
    first, second = (MLP(1, [2, 1], seed=seed)([parameter(2.0, "net.x")]) for seed in (1, 2))
    return first * second


GRAPHS: dict[str, Callable[[], Any]] = {
    **{f"operation {name}": partial(of_operation, name) for name in sorted(TABLE)},
    **{f"example {name}": example.build for name, example in EXAMPLES.items()},
    **{f"{count} values": partial(of_size, count) for count in SIZES},
    **{f"network {sizes}": partial(of_network, sizes) for sizes in ([1], [2, 1], [3, 3, 1], [8, 8, 1])},
    "weights of a network": lambda: of_weights(MLP(2, [2, 1], seed=1)),
    "weights of a neuron": lambda: of_weights(Neuron(2, seed=1)),
    "a dotted parameter in no neuron": lambda: parameter(2.0, "net.w") * Value(3.0, "x"),
    "a dotted parameter alone": lambda: parameter(2.0, "net.w"),
    "an own module": lambda: Own()([0.5, -1.0]),
    "weights of an own module": lambda: of_weights(Own()),
    "parameters of all names": of_names,
    "inputs of all names": of_inputs_of_these_names,
    "a network with other names": of_renamed_network,
    "two networks of one name": of_two_networks,
}


@pytest.fixture(scope="module")
def tab(browser: Any) -> Iterator["Page"]:
    """One tab for all pages."""
    context = browser.new_context(viewport={"width": 1400, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(5_000)
    yield context.new_page()
    context.close()


def again(root: Value, leaf: int, x: float) -> Value:
    """The same graph computed anew, with x as the number of one leaf."""
    new: dict[Value, Value] = {}
    for i, node in enumerate(Graph(root).nodes):
        if node.operands:
            new[node] = apply(node.op, tuple(new[operand] for operand in node.operands))
        elif node.op is CONSTANT:
            new[node] = constant(node.data)
        else:
            made = Value if node.op.name == "input" else parameter
            new[node] = made(x if i == leaf else node.data)
        new[node].label = node.label
    return new[root]


def differences(told: str, wanted: str) -> list[str]:
    """Nothing, if both are the same words with the same numbers, to rounding."""
    pattern = r"(?:data|grad|=) (-?(?:\d[\d.]*(?:e[+-]?\d+)?))$"
    words = [re.sub(pattern, "#", text, flags=re.MULTILINE) for text in (told, wanted)]
    numbers = [[float(x) for x in re.findall(pattern, text, re.MULTILINE)] for text in (told, wanted)]
    same = words[0] == words[1] and all(
        math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-13) for a, b in zip(*numbers, strict=True)
    )
    return [] if same else [f"{told!r}, not {wanted!r}"]


def as_opened(view: View, before: Graph, root: Value) -> Any:
    """The places of a page's view for the same graph with other numbers: which terms are left out stays the same."""
    now = dict(zip(before.nodes, Graph(root).nodes, strict=True))
    arrows, chips = ({(now[user], k): place for (user, k), place in uses.items()} for uses in (view.arrows, view.chips))
    return SimpleNamespace(boxes={now[node]: box for node, box in view.boxes.items()}, arrows=arrows, chips=chips)


def compare_operations(seen: list[dict[str, Any]], root: Value, view: Any) -> list[str]:
    """Where the tooltips of boxes and arrows tell anything else than Python's steps at these moments."""
    timeline, namer = Timeline(root), Namer(Graph(root).nodes)
    wrong: list[str] = []
    last = {view.boxes[node]: node for node in timeline.graph.nodes if node in view.boxes}
    for moment in seen:
        now = moment["moment"]
        timeline.position = now - (now > timeline.start)  # the page has a step for the result's own gradient
        done = timeline.steps[: timeline.position]
        applied = {(step.node, step.position): step for step in done if isinstance(step, BackwardStep)}
        about: dict[Value, list[str]] = {}
        boxes: dict[int, list[str]] = {}
        for node in timeline.graph.nodes:
            grad = timeline.gradient(node) if now > timeline.start else None
            heading = one_line(namer.heading(node)) or namer.name(node)
            label = "" if node.label in heading else one_line(node.label)
            lines = [heading, *filter(None, [label, namer.namesake(node)]), node.op.name]
            lines.append(f"data {node.data!r}" if timeline.is_computed(node) else "data not computed yet")
            lines += [] if node.op is CONSTANT else ["grad none yet" if grad is None else f"grad {grad!r}"]
            if node in view.boxes and last[view.boxes[node]] is node:  # and not folded into a later one
                boxes[view.boxes[node]] = lines
            about[node] = lines
        for node in timeline.graph.computed:
            for position, operand in enumerate(node.operands):
                use, derivative = (node, position), []
                if step := applied.get(use):
                    derivative = [f"{partial_text(node, operand, namer)} = {step.local_derivative!r}"]
                if use in view.chips:
                    boxes[view.chips[use]] = [*about[operand], *derivative]
                if use in view.arrows:
                    lines = [f"{namer.name(operand)} → {namer.name(node)}", *derivative]
                    wrong += differences(moment["arrows"][view.arrows[use]]["title"], "\n".join(lines))
        for box, lines in boxes.items():
            wrong += differences(moment["boxes"][f"n{box}"]["title"], "\n".join(lines))
    return wrong


def compare_groups(seen: list[dict[str, Any]], root: Value, view: str) -> list[str]:
    """Where the boxes of neurons or layers show anything else than Python at the end."""
    root.zero_grad()
    if root.operands:
        root.backward()
    wrong: list[str] = []
    for box, row, what, node, _ in views_of(Graph(root))[view].rows:
        told = seen[-1]["boxes"][f"n{box}"]["rows"]
        wanted = number(node.data) if what == "data" else gradient(node)
        wrong += [] if told[row].split()[-1] == wanted else [f"{told} has not {wanted}"]
    for moment in seen:
        wrong += [f"{box}" for box in moment["boxes"].values() if box["title"] != "\n".join(box["rows"])]
        titles = [arrow["title"] for arrow in moment["arrows"].values()]
        wrong += [title for title in titles if not re.fullmatch(r"(?s).*→ .*\nused [\d,]+ times?", title)]
    return wrong


def sweep(tab: "Page", build: Callable[[], Value], file: Path) -> list[str]:
    """What is wrong with the page of a graph."""
    wrong: list[str] = []

    def hear(said: Any) -> None:
        wrong.append(getattr(said, "text", str(said)))

    tab.on("console", hear)
    tab.on("pageerror", hear)
    root = build()
    page(root, file)
    tab.goto(file.as_uri())
    graph = Graph(root)
    changed = next((i for i, node in enumerate(graph.nodes) if node in graph.leaves and node.op is not CONSTANT), -1)
    for x in (None, 0.96875):
        if x is not None:
            tab.evaluate("leaf => focusLeaf(leaf)", changed)
            tab.locator(f"#leaf{changed}").fill(str(x))
            root = again(root, changed, x)
        for button in tab.locator("#views button").all():
            button.dispatch_event("click")
            view = tab.evaluate("current.element.dataset.view")
            seen = tab.evaluate(MOMENTS, 3)
            wrong += (
                compare_operations(seen, root, as_opened(views_of(graph)[view], graph, root))
                if view.startswith("operations")
                else compare_groups(seen, root, view)
            )
    tab.remove_listener("console", hear)
    tab.remove_listener("pageerror", hear)
    return wrong


@pytest.mark.parametrize("name", GRAPHS)
def test_every_page_opens_plays_and_tells_pythons_numbers(tab: "Page", name: str, tmp_path: Path) -> None:
    assert sweep(tab, GRAPHS[name], tmp_path / "page.html") == []


@pytest.mark.parametrize("name", own.NAMES)
def test_an_operation_of_a_users_own_does_too(tab: "Page", name: str, tmp_path: Path) -> None:
    own.defined()
    assert sweep(tab, lambda: of_operation(name), tmp_path / "page.html") == []
