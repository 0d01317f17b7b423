"""A neuron of the page opens where it stands, and the other boxes and the arrows make room for it."""

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from microgradnet import MLP, Value
from microgradnet.graph import Graph
from microgradnet.notation.names import Namer, number
from microgradnet.notation.neurons import subscript
from microgradnet.teach.examples import EXAMPLES
from tests.browser.conftest import Open
from tests.browser.test_page import PHONE, SCROLLED
from tests.browser.test_stage import IS_SEEN, LAPTOP, PROJECTOR, whole

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

# What is wrong with the picture: boxes that lie over each other, or an arrow that ends elsewhere than at its boxes.
FAULTS = """() => {
    const place = (one) => one.querySelector("path, polygon").getBoundingClientRect(), faults = [];
    const ways = [["left", "right", 1], ["right", "left", -1], ["top", "bottom", 1], ["bottom", "top", -1]];
    const covers = (a, b) => ways.every(([side, , sign]) => sign * (a[side] - b[side]) < 1);
    const apart = (a, b) => ways.some(([side, other, sign]) => sign * (a[side] - b[other]) > -1);
    const boxes = [...current.svg.querySelectorAll(".node:not([visibility])")];
    for (const a of boxes) for (const b of boxes.slice(boxes.indexOf(a) + 1)) {
        const isCard = a.parentNode === b.parentNode && a.getAttribute("aria-expanded") === "true";
        if (!apart(place(a), place(b)) && !(isCard && covers(place(a), place(b)))) faults.push("two boxes");
    }
    const away = (low, x, high) => Math.max(low - x, 0, x - high);
    const isAway = ({ x, y }, box, far) => Math.hypot(away(box.left, x, box.right), away(box.top, y, box.bottom)) > far;
    for (const arrow of current.svg.querySelectorAll(".edge")) {
        const [user, operand] = /e(\\d+)_(\\d+)$/.exec(arrow.id).slice(1).map((number) => current.find(`n${number}`));
        const line = arrow.querySelector("path"), screen = line.getScreenCTM(), far = 14 * screen.a;
        const box = (folded) => place(current.cards.get(folded)?.frame ?? folded);
        const end = (along) => line.getPointAtLength(along).matrixTransform(screen);
        const { left, right, top, bottom } = arrow.querySelector("polygon").getBoundingClientRect();
        const head = { x: (left + right) / 2, y: (top + bottom) / 2 };
        const ends = [[end(0), operand], [end(line.getTotalLength()), user], [head, user]];
        if (ends.some(([point, one]) => isAway(point, box(one), far))) faults.push(arrow.id);
    }
    return faults;
}"""


def neuron(tab: "Page", name: str) -> "Locator":
    """The box of a neuron, folded or open."""
    return tab.locator(".view:visible .node:not([visibility])", has_text=name).first


def places(tab: "Page") -> Any:
    """The places in the picture of its boxes and arrows, and their sizes, in pixels."""
    return tab.evaluate(
        """() => [...current.svg.querySelectorAll(".node > path, .edge > :not(title)")].flatMap((one) => {
            const { left, top } = current.svg.getBoundingClientRect();
            const { x, y, width, height } = one.getBoundingClientRect();
            return [x - left, y - top, width, height];
        })"""
    )


# Of the box that has the focus: its place in the picture and its width, in the picture's units, and whether its upper
# left corner is in sight.
FOCUSED = """() => {
    const { x, y, width } = document.activeElement.querySelector("path").getBoundingClientRect();
    const { left, top } = current.svg.getBoundingClientRect(), pane = at("pane").getBoundingClientRect();
    const inPicture = [x - left, y - top, width].map((length) => length / current.zoom);
    return [...inPicture, x >= pane.left && x < pane.right && y >= pane.top && y < pane.bottom];
}"""


def test_the_focus_shows_at_the_border_of_a_box_which_no_edge_cuts(opened: Open) -> None:
    tab = opened(EXAMPLES["layers"].build(), viewport=LAPTOP)
    tab.click("button[data-view=neurons]")
    tab.focus("#larger")
    neuron(tab, "a⁽¹⁾₁").press("Enter")
    tab.wait_for_timeout(400)
    outline, stroke, focus, inside = tab.evaluate("""() => {
        const box = document.activeElement, border = box.querySelector("path"), style = getComputedStyle(border);
        const shape = border.getBoundingClientRect(), pane = at("pane").getBoundingClientRect();
        const probe = document.body.appendChild(document.createElement("i"));
        probe.style.color = "var(--focus)";
        const [{ outlineStyle }, { color }] = [box, probe].map((one) => getComputedStyle(one));
        return [outlineStyle, style.stroke, color, shape.left - 2 >= pane.left];
    }""")
    assert (outline, stroke, inside) == ("none", focus, True)


@pytest.mark.parametrize("viewport", [LAPTOP, PROJECTOR, PHONE], ids=["laptop", "projector", "phone"])
def test_a_neuron_opens_where_it_stands_and_closes_again(opened: Open, viewport: Any) -> None:
    root = EXAMPLES["layers"].build()
    tab = opened(root, viewport=viewport)
    tab.click("button[data-view=neurons]")
    box = neuron(tab, "a⁽²⁾₁")
    assert box.get_attribute("aria-expanded") == "false"
    box.focus()
    x, y, width, _ = tab.evaluate(FOCUSED)
    before = places(tab)
    box.press("Enter")
    tab.wait_for_timeout(400)
    frame = neuron(tab, "▾ a⁽²⁾₁")
    assert tab.get_attribute("button[data-view=neurons]", "aria-pressed") == "true"
    assert frame.get_attribute("aria-expanded") == "true"
    assert tab.evaluate("document.activeElement.getAttribute('aria-label')") == "a⁽²⁾₁: close"
    tab.evaluate(SCROLLED)
    opened_x, opened_y, opened_width, is_in_sight = tab.evaluate(FOCUSED)
    assert (opened_x, opened_y) == pytest.approx((x, y), abs=1)
    assert opened_width > 2 * width
    assert is_in_sight
    assert tab.evaluate(FAULTS) == []
    assert tab.locator(".view:visible .node", has_text="z⁽²⁾₁ = ").count() == 1
    assert tab.locator(".view:visible .leaf-box", has_text="w⁽²⁾₁").count() == 2
    neuron(tab, "a⁽¹⁾₂").press("Enter")
    tab.wait_for_timeout(400)
    assert tab.locator(".view:visible [aria-expanded=true]").count() == 2
    assert tab.evaluate(FAULTS) == []
    neuron(tab, "▾ a⁽¹⁾₂").press("Enter")
    tab.wait_for_timeout(400)
    frame.press("Enter")
    tab.wait_for_timeout(400)
    assert tab.locator(".view:visible [aria-expanded=true]").count() == 0
    assert places(tab) == pytest.approx(before, abs=0.5)


@pytest.mark.parametrize("viewport", [LAPTOP, PROJECTOR], ids=["laptop", "projector"])
def test_an_open_result_is_seen_with_the_whole_picture_and_has_the_colours_of_parameters(
    opened: Open, viewport: Any
) -> None:
    tab = opened(EXAMPLES["layers"].build(), viewport=viewport, reduced_motion="reduce")
    neuron(tab, "z⁽³⁾₁ =").dblclick()
    assert tab.evaluate("getSelection().toString()") == ""
    tab.click("button[data-view=neurons]")
    neuron(tab, "a⁽³⁾₁").press("Enter")
    assert (tab.locator("[aria-expanded=true] text").text_content() or "") == "▾ a⁽³⁾₁"
    assert whole(tab)
    fill = "box => getComputedStyle(box.querySelector('path')).fill"
    weight, other = neuron(tab, "w⁽³⁾₁₁"), neuron(tab, "a⁽²⁾₁")
    assert weight.evaluate(fill) == other.evaluate(fill)


def test_both_passes_go_through_an_open_neuron(opened: Open) -> None:
    root = EXAMPLES["layers"].build()
    tab = opened(root, viewport=LAPTOP, reduced_motion="reduce")
    tab.click("button[data-view=neurons]")
    neuron(tab, "a⁽²⁾₁").press("Enter")
    tab.click("#end")
    root.zero_grad()
    root.backward()
    nodes = Graph(root).nodes
    by_name = {Namer(nodes).name(node): node for node in nodes}
    assert tab.locator(".view:visible .pill[visibility=visible]").count() == 5, (
        "two weights, a bias, z, one input: the other has no place of its own"
    )
    for name in ("w⁽²⁾₁₁", "w⁽²⁾₁₂", "b⁽²⁾₁"):
        text = (neuron(tab, name).text_content() or "").replace("\u00a0", " ")
        assert f"grad {number(by_name[name].grad)}" in text
    steps = tab.locator("#steps button").all_inner_texts()
    tab.fill("#slider", str(next(i for i, step in enumerate(steps, 1) if "w⁽²⁾₁₂.grad" in step)))
    now = tab.locator(".view:visible .now").all_text_contents()
    assert [text.startswith("w⁽²⁾₁₂") for text in now if "grad" in text] == [True]
    assert "z⁽²⁾₁ = " in (tab.locator(".view:visible .partner").text_content() or "")
    neuron(tab, "w⁽²⁾₁₂").click()
    assert tab.evaluate("document.activeElement.id").startswith("leaf")
    neuron(tab, "▾ a⁽²⁾₁").press("Enter")
    tab.click("#back")
    assert [text.split()[0] for text in tab.locator(".view:visible .now").all_text_contents()] == ["a⁽²⁾₁"], "it alone"


def test_a_neuron_with_many_weights_opens_among_many(opened: Open) -> None:
    output = MLP(2, [16, 16, 1], "tanh", seed=1)([0.5, -1.0])
    assert isinstance(output, Value)
    tab = opened((output - 1) ** 2, viewport=LAPTOP, reduced_motion="reduce")
    tab.click("button[data-view=neurons]")
    neuron(tab, "a⁽²⁾₄").press("Enter")
    assert tab.locator(".view:visible .leaf-box", has_text="w⁽²⁾₄").count() == 16
    assert tab.evaluate(FAULTS) == []
    assert tab.is_visible("#map")
    in_sight = tab.locator(".view:visible .node:not([visibility])").count()
    assert tab.locator("#map > rect:not(.seen)").count() == in_sight, "the folded box is in the map no more"


@pytest.mark.parametrize("name", ["a⁽²⁾₁", "a⁽²⁾₅", "a⁽²⁾₁₆", "z⁽³⁾₁"])
def test_an_open_neuron_of_16_inputs_is_whole_in_the_window(opened: Open, name: str) -> None:
    model = MLP(2, [16, 16, 1], seed=1)
    tab = opened((model([0.5, -1.0]) - 1) ** 2, viewport=LAPTOP, reduced_motion="reduce")
    neuron(tab, name).focus()
    tab.keyboard.press("Enter")
    tab.evaluate(SCROLLED)
    assert tab.evaluate(f"({IS_SEEN})([...current.cards.values()][0].frame)")


def test_a_neuron_that_opens_leaves_the_other_columns_as_they_are(opened: Open) -> None:
    output = MLP(2, [16, 16, 1], "tanh", seed=1)([0.5, -1.0])
    assert isinstance(output, Value)
    tab = opened((output - 1) ** 2, viewport=LAPTOP, reduced_motion="reduce")
    neuron(tab, "a⁽²⁾₄").press("Enter")
    tops = r"""(layer) => [...current.svg.querySelectorAll(".node:not([visibility])")]
        .map((box) => [box.querySelector("text").textContent.normalize("NFKC").trim(), placeOf(box)])
        .map(([text, place]) => [/^(?:▾ )?a\((.)\)(\d+)$/.exec(text), place])
        .filter(([found]) => found?.[1] === layer).map(([found, place]) => [Number(found[2]), place])
        .sort(([, a], [, b]) => a.y - b.y)"""
    first = tab.evaluate(tops, "1")
    assert [name for name, _ in first] == [*range(1, 17)]
    gaps = [below["y"] - above["y"] for (_, above), (_, below) in pairwise(first)]
    assert max(gaps) == pytest.approx(min(gaps), abs=1)
    second = tab.evaluate(tops, "2")
    assert [name for name, _ in second] == [*range(1, 17)], "in order around the open one"


def test_the_map_shows_where_the_boxes_are_when_a_neuron_has_opened(opened: Open) -> None:
    tab = opened(EXAMPLES["layers"].build(), viewport=LAPTOP)
    tab.click("button[data-view=neurons]")
    tab.evaluate("zoomTo(2)")
    neuron(tab, "a⁽¹⁾₁").press("Enter")
    tab.wait_for_timeout(400)
    assert tab.evaluate(
        "current.map.every(({ box, place }) => ['x', 'y'].every((k) => Math.abs(placeOf(box)[k] - place[k]) < 1))"
    )


def test_of_hundreds_of_weights_those_with_the_largest_gradients_are_listed(opened: Open) -> None:
    inputs = [Value(math.sin(k)) for k in range(60)]
    output = MLP(60, [2, 1], "tanh", seed=1)(inputs)
    assert isinstance(output, Value)
    loss = (output - 1) ** 2
    loss.backward()
    tab = opened(loss, viewport=LAPTOP, reduced_motion="reduce")
    tab.evaluate("show('neurons')")
    neuron(tab, "a⁽¹⁾₁").press("Enter")
    listed = tab.locator(".view:visible .leaf-box").all_text_contents()
    largest = {k for k in range(1, 61) if sum(abs(x.data) > abs(inputs[k - 1].data) for x in inputs) < 16}
    assert {text.split()[0] for text in listed} == {"b⁽¹⁾₁"} | {f"w⁽¹⁾{subscript(1, k)}" for k in largest}
    assert tab.locator(".view:visible .node", has_text="… 44 more, with smaller gradients").count() == 1
    tab.keyboard.press("End")
    assert tab.evaluate("document.querySelectorAll('.view:not([hidden]) .now').length") > 0
    assert tab.evaluate(FAULTS) == []


# Of the arrows, those that pass behind an open card, which is neither end of theirs.
BEHIND = """() => [...current.svg.querySelectorAll(".edge")].filter((arrow) => {
    const [user, operand] = /e(\\d+)_(\\d+)$/.exec(arrow.id).slice(1).map((number) => current.find(`n${number}`));
    const line = arrow.querySelector("path"), screen = line.getScreenCTM(), length = line.getTotalLength();
    const points = [...Array(200).keys()].map((k) => line.getPointAtLength(length * k / 199).matrixTransform(screen));
    return [...current.cards].some(([box, { frame }]) => {
        const { left, right, top, bottom } = frame.querySelector("path").getBoundingClientRect();
        const isInside = ({ x, y }) => x > left + 2 && x < right - 2 && y > top + 2 && y < bottom - 2;
        return box !== user && box !== operand && points.some(isInside);
    });
}).map((arrow) => arrow.id)"""


@pytest.mark.parametrize("position", [1, 4, 8])
def test_no_arrow_passes_behind_an_open_card(opened: Open, position: int) -> None:
    output = MLP(3, [8, 8, 1], "tanh", seed=1)([0.5, -1.0, 0.3])
    assert isinstance(output, Value)
    tab = opened(output, viewport=LAPTOP, reduced_motion="reduce")
    tab.evaluate("show('neurons')")
    for layer in "¹²":
        neuron(tab, f"a⁽{layer}⁾{subscript(position)}").press("Enter")
        assert tab.evaluate(BEHIND) == []
        assert tab.evaluate(FAULTS) == []


def test_among_many_arrows_those_of_small_weights_are_faint(opened: Open) -> None:
    output = MLP(2, [16, 16, 1], "tanh", seed=1)([0.5, -1.0])
    assert isinstance(output, Value)
    loss = (output - 1) ** 2
    tab = opened(loss, viewport=LAPTOP)
    tab.evaluate("show('neurons')")
    assert tab.locator(".view:visible text", has_text="fainter: smaller").count() >= 1
    opacity = "(use) => Number(current.arrows[use].getAttribute('stroke-opacity'))"
    shown = [
        (abs(node.operands[k].data), tab.evaluate(opacity, f"{i},{k + 16}"))
        for i, node in enumerate(Graph(loss).nodes)
        for k in range(16 * (node.op.name == "weighted_sum" and len(node.operands) == 33))
    ]
    assert len(shown) == 17 * 16
    assert [seen for _, seen in sorted(shown)] == sorted(seen for _, seen in shown), "the larger, the stronger"
    assert min(shown)[1] < 0.12
    tab.evaluate("go(timeline.findIndex(({ use }) => use in current.arrows) + 1)")
    assert tab.evaluate("getComputedStyle(current.svg.querySelector('.edge.now > path')).strokeOpacity") == "1"


LINES = """Object.entries(current.arrows).map(([use, arrow]) => {
    const line = arrow.querySelector("path"), { stroke, strokeDasharray, strokeWidth } = getComputedStyle(line);
    const [begin, middle, end] = [0, 0.5, 1].map((part) => line.getPointAtLength(part * line.getTotalLength()));
    const off = Math.hypot(middle.x - (begin.x + end.x) / 2, middle.y - (begin.y + end.y) / 2);
    const head = getComputedStyle(arrow.querySelector("polygon")).visibility;
    return [use, { stroke, dashes: strokeDasharray, width: parseFloat(strokeWidth), off, head }];
})"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_many_arrows_are_straight_lines_of_the_sign_and_size_of_their_weights(opened: Open, scheme: str) -> None:
    output = MLP(2, [16, 16, 1], "tanh", seed=1)([0.5, -1.0])
    assert isinstance(output, Value)
    tab = opened(output, viewport=LAPTOP, color_scheme=scheme)
    tab.evaluate("show('neurons')")
    nodes, seen = Graph(output).nodes, dict(tab.evaluate(LINES))
    looks: dict[bool, set[tuple[str, str]]] = {True: set(), False: set()}
    widths = []
    for use, line in seen.items():
        node, position = map(int, use.split(","))
        operands = nodes[node].operands
        if len(operands) != 33 or not 16 <= position < 32:
            continue
        weight = operands[position - 16].data
        looks[weight < 0].add((line["stroke"], line["dashes"]))
        widths.append((abs(weight), line["width"]))
        assert line["off"] < 1
        assert line["head"] == "hidden"
    assert len(widths) == 17 * 16
    assert [width for _, width in sorted(widths)] == sorted(width for _, width in widths), "the larger, the thicker"
    (above,), (below,) = looks[False], looks[True]
    assert above[0] != below[0]
    assert (above[1] == "none", below[1] == "none") == (True, False)


TURNED = """Object.values(current.arrows).map((arrow) => {
    const line = arrow.querySelector("path"), length = line.getTotalLength();
    const [before, end] = [length - 1, length].map((at) => line.getPointAtLength(at));
    const far = (one) => Math.hypot(one.x - end.x, one.y - end.y);
    const tip = [...arrow.querySelector("polygon").points].reduce((a, b) => (far(b) > far(a) ? b : a));
    return Math.atan2(tip.y - end.y, tip.x - end.x) - Math.atan2(end.y - before.y, end.x - before.x);
})"""


def test_heads_of_arrows_that_give_way_point_as_their_lines_end(opened: Open) -> None:
    tab = opened(EXAMPLES["layers"].build(), viewport=LAPTOP, reduced_motion="reduce")
    tab.evaluate("show('neurons')")
    tab.locator(".view:visible .node", has_text="a⁽¹⁾₁").first.click()
    tab.locator(".view:visible .node[aria-expanded=true]").wait_for()
    turned = tab.evaluate(TURNED)
    assert len(turned) == 10
    assert max(map(abs, turned)) < 0.05, "radians"


def test_an_arrow_without_a_weight_is_not_coloured_as_one(opened: Open) -> None:
    output = MLP(2, [16, 16, 1], "tanh", seed=1)([0.5, -1.0])
    assert isinstance(output, Value)
    tab = opened((output - Value(1.0, "t")) ** 2, viewport=LAPTOP)
    tab.evaluate("show('neurons')")
    others = tab.evaluate(
        """Object.entries(current.arrows).filter(([use]) => graph.nodes[use.split(",")[0]].kind !== "weighted_sum")
            .map(([, arrow]) => [arrow.classList.contains("weight"), arrow.hasAttribute("stroke-opacity")])"""
    )
    assert others
    assert [False, False] == others[0] == others[-1]


def test_arrows_that_no_caption_calls_faint_are_not(opened: Open) -> None:
    model = MLP(2, [4, 4, 1], "tanh", seed=1)  # of two samples: more than 40 uses, but fewer arrows
    loss: Any = (model([0.5, -1.0]) - 1) ** 2 + (model([1.0, 0.3]) + 1) ** 2
    tab = opened(loss, viewport=LAPTOP)
    tab.evaluate("show('neurons')")
    assert len(set(tab.evaluate("Object.values(current.arrows).map(({ id }) => id)"))) < 40
    assert tab.evaluate("Object.keys(current.arrows).length") > 40
    assert tab.locator(".view:visible text", has_text="fainter: smaller").count() == 0
    assert tab.evaluate("Object.values(current.arrows).every((arrow) => !arrow.hasAttribute('stroke-opacity'))")


def test_where_all_weights_are_zero_all_arrows_are_faint(opened: Open) -> None:
    network = MLP(2, [16, 16, 1], "tanh")
    for parameter in network.parameters():
        parameter.data = 0.0
    tab = opened(network([0.5, -1.0]), viewport=LAPTOP)
    tab.evaluate("show('neurons')")
    assert (
        tab.evaluate("Object.values(current.arrows).map((arrow) => arrow.getAttribute('stroke-opacity'))")
        == ["0.10"] * 304
    )


def test_a_view_chosen_while_a_neuron_opens_keeps_its_scale(opened: Open) -> None:
    tab = opened(EXAMPLES["layers"].build(), viewport=LAPTOP)
    tab.click("button[data-view=neurons]")
    neuron(tab, "a⁽²⁾₁").evaluate("box => { box.dispatchEvent(new MouseEvent('click')); show('layers'); }")
    scale = tab.evaluate("current.zoom")
    assert scale != pytest.approx(tab.evaluate("views.neurons.zoom"), rel=0.01)
    tab.wait_for_timeout(400)
    assert tab.evaluate("current.zoom") == scale
    tab.click("button[data-view=neurons]")
    assert tab.evaluate(FAULTS) == []


def test_a_layer_says_what_it_shows_where_there_are_too_many_operations(opened: Open) -> None:
    output = MLP(20, [20, 15, 1], "tanh", seed=0)([0.1 * k for k in range(20)])
    assert isinstance(output, Value)
    tab = opened(output, viewport=LAPTOP)
    tab.click("button[data-view=layers]")
    layer = tab.locator(".view:visible .node", has_text="layer 2").first
    assert layer.get_attribute("aria-label") == "layer 2: show its neurons"
    layer.press("Enter")
    assert tab.get_attribute("button[data-view=neurons]", "aria-pressed") == "true"
    assert tab.locator(".view:visible .found").count() == 15


def test_a_box_that_did_not_make_room_would_be_seen(opened: Open) -> None:
    tab = opened(EXAMPLES["layers"].build(), viewport=LAPTOP, reduced_motion="reduce")
    tab.click("button[data-view=neurons]")
    neuron(tab, "a⁽²⁾₁").press("Enter")
    tab.evaluate("for (const box of current.folded.boxes.keys()) box.removeAttribute('transform')")
    assert "two boxes" in tab.evaluate(FAULTS)
