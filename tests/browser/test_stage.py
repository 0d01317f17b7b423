"""The page's stage: pills, the table of numbers, and moving about in the picture."""

import io
import re
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from microgradnet import MLP, Value, ops, page, parameter, softmax, total
from microgradnet.chain_rule import local_derivatives
from microgradnet.graph import Graph
from microgradnet.notation.names import number
from microgradnet.stepping.tracing import trace_source
from microgradnet.teach.examples import EXAMPLES
from microgradnet.teach.examples.learning import error, network
from tests.browser.conftest import Open
from tests.browser.test_page import PHONE, SCROLLED, agrees, is_in_pane, leaf, learning, place, until

if TYPE_CHECKING:
    from playwright.sync_api import Page

SVG = "{http://www.w3.org/2000/svg}"
LAPTOP, PROJECTOR = {"width": 1280, "height": 720}, {"width": 1920, "height": 1080}

# Of each pill that is visible: its text, the uses that it stands for, and whether its text leaves its frame.
PILLS = """() => (current.pills ?? []).filter(({ pill }) => pill.getAttribute("visibility") === "visible").map(
    ({ uses, text, shape }) => {
        const [inner, outer] = [text, shape].map((part) => part.getBoundingClientRect());
        return [text.textContent, uses, inner.left >= outer.left && inner.right <= outer.right];
    })"""


# Whether all of a box is in the pane.
IS_SEEN = """(box) => {
    const inner = box.getBoundingClientRect(), outer = at("pane").getBoundingClientRect();
    const isAcross = inner.left >= outer.left && inner.right <= outer.right;
    return isAcross && inner.top >= outer.top && inner.bottom <= outer.bottom;
}"""


def pills(tab: "Page") -> dict[str, str]:
    """The text of each visible pill by the first of its uses."""
    found: list[Any] = tab.evaluate(PILLS)
    assert all(fits for *_, fits in found)
    return {uses[0]: text for text, uses, _ in found}


def derivatives(root: Value) -> dict[str, str]:
    """∂node/∂operand for each use of an operand that is no constant, as a pill writes it."""
    return {
        f"{i},{position}": f"∂{number(derivative)}"
        for i, node in enumerate(Graph(root).nodes)
        if node.operands
        for position, derivative in enumerate(local_derivatives(node))
        if node.operands[position].op is not ops.CONSTANT
    }


@pytest.mark.parametrize("viewport", [LAPTOP, PHONE], ids=["across", "down"])
def test_pills_are_pythons_local_derivatives_and_come_with_the_backward_pass(opened: Open, viewport: Any) -> None:
    tab = opened(learning(), viewport=viewport)
    assert pills(tab) == {}
    while place(tab)[0] < place(tab)[1]:
        tab.keyboard.press("ArrowRight")
        known = set(tab.evaluate("Object.keys(known().local)"))
        shown = pills(tab)
        assert shown.keys() <= known
        assert shown.items() <= derivatives(learning()).items()
    assert shown == derivatives(learning())
    leaf(tab, "w₂").fill("-1.5")
    changed = pills(tab)
    assert changed.items() <= derivatives(error(network(w2=-1.5))).items()
    assert changed != shown
    tab.click("#start")
    assert pills(tab) == {}


def test_a_wrong_local_derivative_would_be_seen(opened: Open) -> None:
    tab = opened(learning())
    tab.click("#end")
    assert not pills(tab).items() <= derivatives(error(network(w2=0.46))).items()


def test_the_pill_of_a_folded_run_is_the_product_along_it(opened: Open) -> None:
    x = z = parameter(0.3, "x")
    for _ in range(9):
        z = z.tanh()
    y = z * Value(2.0, "c")
    y.backward()
    tab = opened(y)
    tab.click("#end")
    first = next(i for i, node in enumerate(Graph(y).nodes) if node.operands == (x,))
    assert pills(tab)[f"{first},0"] == f"∂{number(x.grad / 2)}"


def text_size(tab: "Page") -> float:
    found: float = tab.evaluate(
        "Math.min(...[...current.svg.querySelectorAll('text')].map((t) => "
        "parseFloat(getComputedStyle(t).fontSize) * t.getScreenCTM().a))"
    )
    return found


def whole(tab: "Page") -> bool:
    found: bool = tab.evaluate(
        "(({scrollWidth, clientWidth, scrollHeight, clientHeight}) =>"
        " scrollWidth <= clientWidth && scrollHeight <= clientHeight)(document.getElementById('pane'))"
    )
    return found


@pytest.mark.parametrize(("viewport", "least"), [(LAPTOP, 14), (PROJECTOR, 18)])
def test_learning_opens_whole_with_text_that_a_class_can_read(opened: Open, viewport: Any, least: float) -> None:
    with trace_source():
        tab = opened(learning(), viewport=viewport)
    assert whole(tab)
    assert text_size(tab) >= least
    rows = "[...document.querySelectorAll('#leaves .leaf input[type=text]')].map((e) => e.getBoundingClientRect())"
    end = "document.getElementById('leaves').getBoundingClientRect().bottom + 1"
    assert tab.evaluate(f"{rows}.every((row) => row.bottom <= {end})")


@pytest.mark.parametrize("viewport", [LAPTOP, PROJECTOR, PHONE], ids=["laptop", "projector", "phone"])
@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_opens_with_its_result_and_text_that_can_be_read(opened: Open, name: str, viewport: Any) -> None:
    tab = opened(EXAMPLES[name].build(), viewport=viewport)
    assert text_size(tab) >= 9.99
    is_larger = viewport is PHONE and name == "layers"
    assert whole(tab) != is_larger
    assert tab.evaluate(f"({IS_SEEN})(current.boxes[graph.root])") != is_larger
    assert tab.evaluate("current.kind") != "layers", "boxes without numbers"
    assert tab.is_visible("#outcome") == is_larger


def test_where_result_and_first_step_are_not_seen_at_once_a_page_opens_at_the_step(opened: Open) -> None:
    tab = opened(EXAMPLES["layers"].build(), viewport=PHONE)
    first = "({ node, positions }) => [current.boxes[node], ...positions.map((slot) => boxOf(node, slot))]"
    seen = tab.evaluate(f"(({first})(timeline[0])).map({IS_SEEN})")
    assert seen == [True] * 6, "z and its five operands"
    tab.evaluate("go(timeline.length); go(0); at('pane').scrollTo(0, 9999); fitAgain()")
    assert tab.evaluate(f"(({first})(timeline[0])).every({IS_SEEN})"), "after the window changed, too"


@pytest.mark.parametrize(
    ("viewport", "presents", "least"),
    [(PHONE, False, 9.99), (PHONE, True, 9.99), (LAPTOP, True, 23.99), (PROJECTOR, True, 23.99)],
    ids=["phone", "presented on a phone", "presented", "projected"],
)
def test_each_step_of_a_larger_picture_is_in_sight_in_text_that_can_be_read(
    opened: Open, viewport: Any, presents: bool, least: float
) -> None:
    tab = opened(EXAMPLES["layers"].build(), viewport=viewport, reduced_motion="reduce")
    if presents:
        tab.keyboard.press("p")
    assert text_size(tab) >= least
    while place(tab)[0] < place(tab)[1]:
        tab.keyboard.press("ArrowRight")
        assert tab.evaluate(f"[...document.querySelectorAll('.view:not([hidden]) .node.now')].every({IS_SEEN})")
        assert tab.is_visible("#outcome") != tab.evaluate(f"({IS_SEEN})(current.boxes[graph.root])")
        assert tab.evaluate("(({ scrollHeight, clientHeight }) => scrollHeight <= clientHeight)(at('spoken'))")
    assert tab.inner_text("#outcome") in {"", "a⁽³⁾₁ = 0.3831"}


@pytest.mark.parametrize("name", [*EXAMPLES, "neurons"])
def test_presented_text_has_24_pixels_at_least_and_each_step_is_in_sight(opened: Open, name: str) -> None:
    tab = opened(EXAMPLES[name].build() if name in EXAMPLES else neurons(), viewport=LAPTOP, reduced_motion="reduce")
    tab.keyboard.press("p")
    assert text_size(tab) >= 23.99
    for _ in range(place(tab)[1]):
        tab.keyboard.press("PageDown")
        assert tab.evaluate(f"[...document.querySelectorAll('.view:not([hidden]) .node.now')].every({IS_SEEN})")


def test_presenting_begins_with_the_current_step_in_sight(opened: Open) -> None:
    tab = opened(EXAMPLES["layers"].build(), viewport=LAPTOP)
    tab.fill("#slider", "12")
    tab.locator("#slider").blur()
    tab.keyboard.press("p")
    tab.wait_for_timeout(500)  # as long as scrolling takes
    assert tab.evaluate(f"[...document.querySelectorAll('.view:not([hidden]) .node.now')].every({IS_SEEN})")


def test_on_a_phone_all_parts_of_the_page_begin_at_one_line(opened: Open) -> None:
    tab = opened(EXAMPLES["two-neurons"].build(), viewport=PHONE)
    parts = ("h1", "#find", ".window", "#spoken", "#start", "#numbers", "footer kbd")
    assert len({round(tab.locator(part).first.bounding_box()["x"]) for part in parts}) == 1


def test_a_pill_stands_beside_boxes_where_its_arrow_has_room(opened: Open) -> None:
    tab = opened(EXAMPLES["layers"].build(), viewport=LAPTOP)
    tab.keyboard.press("End")
    crossed = """current.pills.filter(({ isArrow, spot }) => isArrow && spot && current.obstacles.boxes.some(
        ({ extent }) => meet(spot.extent, extent))).map(({ text }) => text.textContent)"""
    assert "∂−0.2686" not in tab.evaluate(crossed)  # between the cards is no room for ∂−0.1327


# How many pills of arrows are visible, those under which another arrow runs, and how many have not their step's colour.
NOT_ALONE = """() => {
    go(timeline.length);
    const points = (arrow) => {
        const line = arrow.querySelector("path"), screen = line.getScreenCTM();
        const at = (part) => line.getPointAtLength(line.getTotalLength() * part).matrixTransform(screen);
        return [...Array(400).keys()].map((i) => at(i / 399));
    };
    const lines = [...new Set(Object.values(current.arrows))].map((arrow) => ({ arrow, points: points(arrow) }));
    const isUnder = ({ shape }) => {
        const { left, right, top, bottom } = shape.getBoundingClientRect();
        return ({ x, y }) => x > left && x < right && y > top && y < bottom;
    };
    const shown = current.pills.filter(({ isArrow, pill }) => isArrow && pill.getAttribute("visibility") === "visible");
    const others = ({ place }) => lines.filter(({ arrow }) => arrow !== place).flatMap(({ points }) => points);
    const faults = shown.filter((one) => others(one).some(isUnder(one)));
    const plain = timeline.filter(({ use }, i) => {
        go(i + 1);
        const one = current.pills.of.get(use), colour = (part) => getComputedStyle(part).stroke;
        return one?.isArrow && colour(one.shape) !== colour(one.place.querySelector("path"));
    });
    return [shown.length, faults.map(({ text }) => text.textContent), plain.length];
}"""


@pytest.mark.parametrize("viewport", [LAPTOP, PHONE], ids=["laptop", "phone"])
@pytest.mark.parametrize("name", ["layers", "learning", "two-inputs", "softmax", "crowded"])
def test_under_a_pill_runs_no_other_arrow_and_that_of_the_step_has_its_colour(
    opened: Open, name: str, viewport: Any
) -> None:
    if name == "softmax":
        outputs = softmax([parameter(0.5 * k, f"z{k}") for k in (1, -2, 4)])
        root: Value = total([-0.3 * y.log() for y in outputs])
    elif name == "crowded":  # not every arrow has a place of its own
        root = (MLP(3, [3, 3, 1], seed=1)([0.5, -1.0, 2.0]) - 1) ** 2
    else:
        root = EXAMPLES[name].build()
    tab = opened(root, viewport=viewport, reduced_motion="reduce")
    tab.evaluate("show('operations')")
    count, faults, plain = tab.evaluate(NOT_ALONE)
    assert count >= 2
    assert faults == []
    assert plain == 0


def test_the_layout_that_fits_the_window_is_shown_and_follows_it(opened: Open) -> None:
    tab = opened(learning(), viewport=LAPTOP)
    view = "current.element.dataset.view"
    assert tab.evaluate(view) == "operations"
    tab.set_viewport_size(PHONE)
    until(tab, lambda: tab.evaluate(view) == "operations, down")
    tab.set_viewport_size(LAPTOP)
    until(tab, lambda: tab.evaluate(view) == "operations")
    assert whole(tab)


def test_at_the_start_it_says_what_touching_boxes_mean_where_there_are_any(opened: Open) -> None:
    tab = opened(EXAMPLES["layers"].build(), viewport=LAPTOP)
    for name, there_are in (("Layers", False), ("Operations", True)):
        tab.get_by_role("button", name=name, exact=True).click()
        assert tab.inner_text("#detail").startswith("Boxes that touch") == there_are
    tab.click("#step")
    assert tab.inner_text("#detail") == ""
    tab.click("#back")
    assert tab.inner_text("#detail").startswith("Boxes that touch")


def test_on_a_phone_the_picture_is_in_sight_while_a_number_is_changed(opened: Open) -> None:
    tab = opened(learning(), viewport=PHONE)
    slider = tab.get_by_label("slider of b₂")
    slider.scroll_into_view_if_needed()
    pane, own = tab.locator("#pane").bounding_box(), slider.bounding_box()
    assert pane is not None
    assert own is not None
    assert pane["y"] >= 0
    assert pane["y"] + pane["height"] <= own["y"] < PHONE["height"]
    assert tab.evaluate(
        "((box) => document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2).type)"
        "(document.querySelector('[aria-label=\"slider of b₂\"]').getBoundingClientRect())"
    )


def many() -> Value:
    output = MLP(2, [16, 16, 1], "tanh", seed=1)([0.5, -1.0])
    assert isinstance(output, Value)
    return (output - 1) ** 2


def test_a_network_of_many_neurons_opens_as_neurons_on_one_screen_each_a_line(opened: Open) -> None:
    tab = opened((1 - many()).relu(), viewport=LAPTOP)
    assert tab.evaluate("current.kind") == "neurons"
    assert tab.evaluate("at('pane').scrollWidth <= at('pane').clientWidth")
    assert tab.evaluate("at('pane').scrollHeight <= at('pane').clientHeight")
    assert 13 * tab.evaluate("current.zoom") >= 10
    tab.keyboard.press("End")
    texts = tab.locator(".view:visible .node", has_text="a⁽²⁾₁₆").locator("text")
    assert texts.count() == 3
    boxes = [texts.nth(i).bounding_box() for i in range(3)]
    for left, right in pairwise(boxes):
        assert left
        assert right
        assert left["x"] + left["width"] <= right["x"]


def batch(count: int) -> Value:
    model: Any = MLP(2, [16, 16, 1], "tanh", seed=1)
    losses: list[Value] = [(model((k / 9, (-1) ** k)) - 1) ** 2 for k in range(count)]
    return total(losses) / count


@pytest.mark.parametrize("viewport", [LAPTOP, PROJECTOR], ids=["laptop", "projector"])
@pytest.mark.parametrize(("count", "says"), [(4, "are those of sample"), (80, "Only sample")])
def test_of_many_samples_the_neurons_of_one_open_on_one_screen_and_it_says_which(
    opened: Open, viewport: Any, count: int, says: str
) -> None:
    tab = opened(batch(count), viewport=viewport, reduced_motion="reduce")
    assert tab.evaluate("current.kind") == "neurons"
    assert whole(tab)
    assert text_size(tab) >= 9.99
    assert says in tab.inner_text("#note")
    assert f"of {count}" in tab.inner_text("#note")
    assert tab.evaluate("Boolean(current.boxes[chosen])"), "the number that can be changed is of this sample"
    tab.keyboard.press("End")
    lines = tab.locator(".view:visible .node", has_text="a⁽²⁾")
    assert lines.count() == 16
    assert all("—" not in text for text in lines.all_text_contents()), "its own numbers"
    tab.click("button[data-view=layers]")
    assert tab.is_visible("#note") == (count == 80 or "#" in tab.inner_text("#note"))


def test_many_numbers_are_a_table_and_a_slider_for_the_chosen_one(opened: Open) -> None:
    tab = opened(many())
    assert tab.locator("#numbers input[type=range]").count() == 1
    assert tab.eval_on_selector_all("#leaves h3", "all => all.map((one) => one.textContent)")[-3:] == [
        "layer 1",
        "layer 2",
        "layer 3",
    ]
    assert tab.locator("#leaves .cell").count() == 2 + 337
    cell = tab.locator("#leaves .cell", has_text="w⁽²⁾₃₁").first
    cell.click()
    assert cell.get_attribute("aria-pressed") == "true"
    tab.keyboard.type("0.25")
    assert cell.locator(".data").inner_text() == "0.25"
    assert tab.evaluate("graph.nodes[chosen].data") == 0.25
    places = "(all) => all.map((e) => [...e.children].map((part) => Math.round(part.getBoundingClientRect().right)))"
    rights = tab.eval_on_selector_all("#leaves :is(.columns, .cell)", places)
    assert len({tuple(row[1:]) for row in rights}) == 1, "in columns"
    tab.keyboard.press("Escape")
    tab.click("#end")
    leaf = int(cell.get_attribute("data-cell") or "")
    assert cell.locator(".grad").inner_text() == number(tab.evaluate("(i) => pass.grad[i]", leaf))
    tab.click("#start")
    assert cell.locator(".grad").inner_text() == "—"


def test_the_map_does_not_lie_on_the_caption(opened: Open) -> None:
    tab = opened(many(), viewport=LAPTOP)
    tab.evaluate("zoomTo(1)")
    tab.evaluate("(pane => pane.scrollTo(pane.scrollWidth, pane.scrollHeight))(at('pane'))")
    tab.evaluate("current.svg.querySelector('[id$=graph0] > text').setAttribute('x', current.width - 150)")
    tab.evaluate("drawMap()")
    assert (
        tab.evaluate("""() => {
        const map = at("map").getBoundingClientRect(), texts = [...current.svg.querySelectorAll("[id$=graph0] > text")];
        return texts.map((text) => text.getBoundingClientRect()).some(({ left, right, top, bottom }) =>
            left < map.right && right > map.left && top < map.bottom && bottom > map.top);
    }""")
        is False
    )


UNDER = """([x, y]) => {
    const { left, top, width, height } = current.svg.getBoundingClientRect();
    return [(x - left) / width, (y - top) / height];
}"""


def test_the_wheel_zooms_at_the_pointer(opened: Open) -> None:
    tab = opened(EXAMPLES["layers"].build(), viewport=LAPTOP)
    for _ in range(4):
        tab.click("#larger")
    tab.evaluate(SCROLLED)
    point = [300, 200]
    before = tab.evaluate(UNDER, point)
    tab.mouse.move(*point)
    tab.keyboard.down("Control")
    zoomed = tab.evaluate("current.zoom")
    tab.mouse.wheel(0, -100)
    until(tab, lambda: tab.evaluate("current.zoom") > zoomed * 1.1)
    tab.keyboard.up("Control")
    assert tab.evaluate(UNDER, point) == pytest.approx(before, abs=0.003)


def test_two_fingers_zoom_between_them(opened: Open) -> None:
    tab = opened(EXAMPLES["layers"].build(), viewport=PHONE, has_touch=True)
    tab.click("button[data-view=operations]")
    client = tab.context.new_cdp_session(tab)

    def touch(kind: str, apart: float) -> None:
        points = [{"x": 195 - apart, "y": 250, "id": 0}, {"x": 195 + apart, "y": 250, "id": 1}]
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points if apart else []})

    tab.evaluate(SCROLLED)
    before = tab.evaluate("current.zoom")
    middle = tab.evaluate(UNDER, [195, 250])
    touch("touchStart", 40)
    for apart in (50, 60, 80):
        touch("touchMove", apart)
    touch("touchEnd", 0)
    assert tab.evaluate("current.zoom") == pytest.approx(2 * before, rel=0.05)
    assert tab.evaluate(UNDER, [195, 250]) == pytest.approx(middle, abs=0.02)


def test_the_bar_below_the_picture_is_in_the_window_also_below_a_note(opened: Open) -> None:
    model = MLP(2, [16, 16, 1], "tanh", seed=1)
    tab = opened(total([(model((i / 9, i / 5)) - 1) ** 2 for i in range(9)]), viewport=LAPTOP)
    tab.click("button[data-view=operations]")
    assert tab.locator("#note").is_visible()
    bar = tab.locator("#play").bounding_box()
    assert bar is not None
    assert bar["y"] + bar["height"] <= LAPTOP["height"]


def test_a_value_is_found_by_its_name(opened: Open) -> None:
    tab = opened(EXAMPLES["layers"].build(), viewport=LAPTOP)
    for _ in range(4):
        tab.click("#larger")
    tab.keyboard.press("/")
    tab.keyboard.type("a(3)1")
    tab.keyboard.press("Enter")
    tab.evaluate(SCROLLED)
    assert is_in_pane(tab.locator(".view:visible .found"))
    assert tab.inner_text("#found").startswith("a⁽³⁾₁: ")
    tab.fill("#find", "w")
    tab.keyboard.press("Enter")
    assert "(1 of 10)" in tab.inner_text("#found")
    tab.keyboard.press("Enter")
    assert "(2 of 10)" in tab.inner_text("#found")
    tab.fill("#find", "nothing")
    assert (tab.inner_text("#found"), tab.locator(".found").count()) == ("", 0), "an answer is that of its question"
    tab.keyboard.press("Enter")
    assert tab.inner_text("#found") == "No value is called nothing"
    tab.keyboard.press("Escape")
    assert tab.locator(".found").count() == 0
    assert tab.evaluate("document.activeElement.id") == "pane"
    tab.keyboard.press("/")
    assert tab.evaluate("document.activeElement.id") == "find"


def test_a_map_shows_what_is_in_the_window_of_a_larger_picture_and_leads_there(opened: Open) -> None:
    tab = opened(learning(), viewport=LAPTOP)
    assert tab.is_hidden("#map")
    for _ in range(5):
        tab.click("#larger")
    assert tab.is_visible("#map")
    assert tab.locator("#map > rect").count() == tab.locator(".view:visible .node").count() + 1
    box = tab.locator("#map").bounding_box()
    assert box is not None
    tab.mouse.click(box["x"] + box["width"] - 2, box["y"] + box["height"] - 2)
    pane = "document.getElementById('pane')"
    end = f"{pane}.scrollLeft + {pane}.clientWidth >= {pane}.scrollWidth - 1"
    assert tab.evaluate(end)

    def right(where: str) -> float:
        found: float = tab.evaluate("where => document.querySelector(where).getBoundingClientRect().right", where)
        return found

    until(tab, lambda: abs(right("#map > .seen") - right("#map")) < 6)
    tab.click("#fit")
    assert tab.is_hidden("#map")


# Whether the map lies on the result, and in which corner it is.
UNDER_MAP = """() => {
    const map = at("map").getBoundingClientRect(), result = current.boxes[graph.root].getBoundingClientRect();
    const isBeside = result.right < map.left || map.right < result.left;
    return [!isBeside && result.bottom > map.top && result.top < map.bottom, at("map").style.cssText];
}"""


def test_the_map_does_not_lie_on_the_result(opened: Open) -> None:
    tab = opened(EXAMPLES["layers"].build(), viewport=LAPTOP, reduced_motion="reduce")
    tab.click("#end")
    corners = set()
    for _ in range(6):
        tab.click("#larger")
        for edge in ("start", "end", "center"):
            options = {"block": edge, "inline": edge, "behavior": "instant"}
            tab.evaluate("(options) => current.boxes[graph.root].scrollIntoView(options)", options)
            tab.evaluate(SCROLLED)
            is_covered, corner = tab.evaluate(UNDER_MAP)
            assert not is_covered or tab.is_hidden("#map")
            corners.add(corner)
    assert len(corners) > 1


def test_four_steps_or_more_are_listed_in_sight_beside_the_picture(opened: Open) -> None:
    with trace_source():
        tab = opened(EXAMPLES["layers"].build(), viewport=LAPTOP)
    tab.fill("#slider", "18")
    seen = tab.evaluate(
        """() => {
            const list = at("steps").getBoundingClientRect();
            const inside = ({ top, bottom }) => Math.min(bottom, list.bottom) - Math.max(top, list.top);
            const boxes = [...at("steps").children].map((step) => step.getBoundingClientRect());
            return boxes.reduce((sum, box) => sum + Math.max(0, inside(box)) / box.height, 0);
        }"""
    )
    assert seen >= 3.5


def test_the_current_step_is_in_sight_in_its_list(opened: Open) -> None:
    tab = opened(EXAMPLES["layers"].build(), viewport=LAPTOP)
    for position in ("41", "20", "3"):
        tab.fill("#slider", position)
        assert tab.evaluate(
            """() => {
                const list = at("steps").getBoundingClientRect();
                const { top, bottom } = at("steps").querySelector("[aria-current]").getBoundingClientRect();
                return list.top - 1 <= top && bottom <= list.bottom + 1;
            }"""
        )


# Of each backward step whose number has a way to go: the pills that it covers, its own too, looked at along the way,
# and that are not faint meanwhile.
COVERED = """() => [...timeline.keys()].filter((i) => timeline[i].what === "grad").flatMap((i) => {
    go(i);
    go(i + 1);
    const place = (one) => one.getBoundingClientRect();
    const shown = [...current.svg.querySelectorAll(".pill[visibility=visible]")];
    for (const pill of shown) for (const move of pill.getAnimations()) move.finish();
    const pills = shown.filter((pill) => getComputedStyle(pill).opacity > 0.3);
    const isBeside = (a, b) => a.left >= b.right - 1 || b.left >= a.right - 1;
    const meets = (a, b) => !isBeside(a, b) && a.top < b.bottom - 1 && b.top < a.bottom - 1;
    return [...document.querySelectorAll(".travelling")].map((label) => {
        const moves = label.getAnimations({ subtree: true }), covered = new Set();
        for (const move of moves) move.pause();
        for (let part = 0; part < 1; part += 0.025) {
            for (const move of moves) move.currentTime = part * move.effect.getTiming().duration;
            const shown = [...label.children].filter((one) => Number(getComputedStyle(one).opacity));
            for (const pill of pills) {
                if (shown.some((one) => meets(place(one.firstChild), place(pill.firstChild)))) covered.add(pill);
            }
        }
        return covered.size;
    });
})"""


@pytest.mark.parametrize("viewport", [LAPTOP, PHONE], ids=["laptop", "phone"])
@pytest.mark.parametrize("name", ["learning", "layers"])
def test_a_number_on_its_way_covers_no_pill_that_is_not_faint_meanwhile(opened: Open, name: str, viewport: Any) -> None:
    tab = opened(EXAMPLES[name].build(), viewport=viewport)
    tab.evaluate("show('operations')")
    covered = tab.evaluate(COVERED)
    assert len(covered) >= 14
    assert sum(covered) == 0
    tab.evaluate("settle()")
    assert tab.locator(".passed").count() == 0


def test_a_number_on_its_way_passes_few_pills(opened: Open) -> None:
    tab = opened(EXAMPLES["layers"].build(), viewport=PHONE)
    passed = tab.evaluate(
        """() => timeline.map((_, i) => {
            go(i);
            go(i + 1);
            return document.querySelectorAll(".passed").length;
        })"""
    )
    assert 0 < sum(passed) <= 9, "its cards are as narrow as the phone"
    until(tab, lambda: tab.locator(".travelling").count() == 0)
    assert tab.locator(".passed").count() == 0, "when it has arrived"


def test_on_a_phone_no_card_of_a_large_network_is_cut_at_most_steps(opened: Open) -> None:
    model = MLP(2, [16, 16, 16, 16, 1], "tanh", "tanh", seed=1)
    loss = sum(((model([Value(0.5), Value(k)]) - 1) ** 2 for k in range(4)), Value(0.0))
    tab = opened(loss, viewport=PHONE, reduced_motion="reduce")
    cut = tab.evaluate(
        """() => [...Array(21).keys()].map((k) => {
            go(Math.floor(k * timeline.length / 20));
            const { top, bottom } = at("pane").getBoundingClientRect();
            const places = [...new Set(current.boxes)].filter(Boolean).map((box) => box.getBoundingClientRect());
            const isCut = (box) => [top, bottom].some((edge) => box.top < edge - 1 && edge + 1 < box.bottom);
            return places.filter(isCut).length;
        })"""
    )
    assert tab.evaluate("at('pane').scrollHeight > at('pane').clientHeight")
    assert cut[0] <= 1, "the one at the edge, below the inputs and the first layer"
    assert sum(cut) <= 2


def test_indices_stand_close_together_in_the_font_of_code(opened: Open) -> None:
    tab = opened(EXAMPLES["layers"].build())
    tab.keyboard.press("End")
    wide, plain = tab.evaluate(
        """() => ["w⁽¹⁾₁₂", "w_1_12"].map((text) => {
            at("equation").textContent = text;
            const range = document.createRange();
            range.selectNodeContents(at("equation"));
            return range.getBoundingClientRect().width;
        })"""
    )
    assert wide < 0.8 * plain


# Of each step whose number has a way to go: whether it covers the number that it becomes or is added to.
OVER_COUNTER = """() => [...timeline.keys()].flatMap((i) => {
    go(i);
    go(i + 1);
    cancelAnimationFrame(counting);
    const { what, whose, becomes } = timeline[i];
    const rows = current.rows.filter((row) => row.node === whose && row.what === what);
    for (const row of rows) write(row, `${row.word} ${number(becomes)}`.trim());
    const meets = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 &&
                            Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2;
    const place = (one) => one.getBoundingClientRect(), counters = rows.map(({ text }) => place(text));
    return [...document.querySelectorAll(".travelling")].map((label) => {
        const moves = label.getAnimations({ subtree: true });
        for (const move of moves) move.pause();
        return [...Array(41).keys()].some((k) => {
            for (const move of moves) move.currentTime = Math.min(k / 40, 0.999) * move.effect.getTiming().duration;
            const shown = [...label.children].filter((one) => Number(getComputedStyle(one).opacity));
            return shown.some((one) => counters.some((counter) => meets(place(one.firstChild), counter)));
        });
    });
})"""


# How many numbers have a way to go: those of operands that are not within the box of the result.
ON_THE_WAY = """() => timeline.flatMap(({ node, positions }) => {
    const ways = positions.map((slot) => `${node},${slot}`), isFew = positions.length <= 2;
    const place = (use) => current.chips[use] ?? current.boxes[operandOf(use)];
    const isApart = (use) => place(use) && current.boxes[node] && place(use) !== current.boxes[node];
    return ways.filter((use) => isApart(use) && (isFew || current.arrows[use]));
}).length"""


def neurons() -> Value:
    output = MLP(2, [4, 1], seed=1)([0.5, -1.0])
    assert isinstance(output, Value)
    return (output - 1) ** 2


@pytest.mark.parametrize("viewport", [LAPTOP, PHONE], ids=["laptop", "phone"])
@pytest.mark.parametrize("name", ["neuron", "learning", "layers", "neurons"])
def test_a_number_ends_beside_its_counter_in_each_view(opened: Open, name: str, viewport: Any) -> None:
    tab = opened(EXAMPLES[name].build() if name in EXAMPLES else neurons(), viewport=viewport)
    for view in tab.evaluate("Object.keys(views)"):
        tab.evaluate("(name) => { layoutOf = () => views[name]; show(views[name].kind); }", view)
        over = tab.evaluate(OVER_COUNTER)
        assert len(over) == tab.evaluate(ON_THE_WAY) >= 5
        assert not any(over), f"{sum(over)} of {len(over)} in {view}"


# Of each backward step: the visible pills that cover a text of the picture, or one another, or are cut off.
PILLS_THAT_COVER = """() => [...timeline.keys()].filter((i) => timeline[i].what === "grad").flatMap((i) => {
    go(i + 1);
    const place = (one) => one.getBoundingClientRect(), picture = place(current.svg), names = [];
    const meets = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 0.5 &&
                            Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1.5; // as much is above letters
    const pills = [...current.svg.querySelectorAll(".pill[visibility=visible]")];
    const texts = [...current.svg.querySelectorAll(".node:not([visibility]) text")];
    for (const pill of pills) {
        const frame = place(pill.firstChild), others = pills.filter((one) => one !== pill).map((one) => one.firstChild);
        const covered = [...texts, ...others].filter((one) => meets(frame, place(one)));
        if (frame.left < picture.left || frame.right > picture.right) covered.push(pill);
        names.push(...covered.map((one) => [i + 1, pill.textContent, (one.closest(".pill") ?? one).textContent]));
    }
    return names;
})"""


# The backward steps whose local derivative is not seen in the picture.
WITHOUT_A_PILL = """() => [...timeline.keys()].filter((i) => {
    const { use } = timeline[i];
    go(i + 1);
    return use && current.pills.of.get(use)?.pill.getAttribute("visibility") !== "visible";
})"""


@pytest.mark.parametrize("viewport", [LAPTOP, PHONE], ids=["laptop", "phone"])
@pytest.mark.parametrize("name", EXAMPLES)
def test_each_backward_step_has_its_local_derivative_which_covers_no_text(
    opened: Open, name: str, viewport: Any
) -> None:
    tab = opened(EXAMPLES[name].build(), viewport=viewport, reduced_motion="reduce")
    tab.evaluate("show(kinds[0])")
    assert tab.evaluate(WITHOUT_A_PILL) == []
    assert tab.evaluate(PILLS_THAT_COVER) == []


# How much higher each box is than from its first line to its last, in lines.
BLANK = """() => [...current.svg.querySelectorAll(".node:not(.pill)")].map((box) => {
    const height = (part) => part.getBoundingClientRect().height, texts = [...box.querySelectorAll("text")];
    const places = texts.map((text) => text.getBoundingClientRect());
    const lines = Math.max(...places.map(({ bottom }) => bottom)) - Math.min(...places.map(({ top }) => top));
    return (height(box.querySelector("path, polygon")) - lines) / height(texts[0]);
})"""


@pytest.mark.parametrize("viewport", [LAPTOP, PHONE], ids=["laptop", "phone"])
@pytest.mark.parametrize("name", ["biology", "activation", "two-neurons"])
def test_a_box_is_as_high_as_its_lines(opened: Open, name: str, viewport: Any) -> None:
    tab = opened(EXAMPLES[name].build(), viewport=viewport, reduced_motion="reduce")
    tab.evaluate("show('operations')")
    blank = tab.evaluate(BLANK)
    assert len(blank) >= 6
    assert max(blank) < 1


def test_run_and_play_have_words_of_their_own(opened: Open) -> None:
    tab = opened(learning())
    tab.click("#play")
    tab.click("#play")
    tab.click("#run")
    assert (tab.inner_text("#play"), tab.inner_text("#run")) == ("Play", "Stop")
    tab.click("#run")
    assert agrees(tab, learning()) is False


def saved(tab: "Page", kind: str) -> str:
    with tab.expect_download() as download:
        tab.select_option("#save", kind)
    return Path(download.value.path()).read_text("utf-8")


def texts_of(svg: str) -> list[str]:
    return ["".join(text.itertext()).replace("\u00a0", " ").strip() for text in ET.fromstring(svg).iter(f"{SVG}text")]


def test_a_step_is_saved_as_it_is_seen(opened: Open) -> None:
    tab = opened(learning(), viewport=LAPTOP, accept_downloads=True)
    tab.fill("#slider", "18")
    svg = saved(tab, "step")
    texts = texts_of(svg)
    assert texts[-2:] == ["Backward propagation", tab.inner_text("#equation")]
    seen = tab.eval_on_selector_all(".view:visible .node text", "all => all.map((one) => one.textContent)")
    assert set(texts) >= {text.replace("\u00a0", " ").strip() for text in seen}
    assert "var(" not in svg
    assert "<script" not in svg
    assert svg.count("rgb(194, 77, 0)") >= 2, "the mark's colour"
    assert place(tab)[0] == 18


def test_the_pass_is_saved_as_slides_that_print_one_step_on_a_page(opened: Open, browser: Any, tmp_path: Path) -> None:
    tab = opened(learning(), viewport=LAPTOP, accept_downloads=True)
    tab.fill("#slider", "7")
    slides = saved(tab, "slides")
    assert place(tab)[0] == 7
    equations = [texts_of(svg)[-1] for svg in re.findall(r"<svg.*?</svg>", slides, re.DOTALL)]
    assert len(equations) == 1 + place(tab)[1]
    tab.click("#end")
    assert equations[-1] == tab.inner_text("#equation")
    assert "Play" not in equations[0], "a slide has no buttons"
    assert "Backpropagation through E" in slides.partition("</section>")[0].partition("<section>")[2]
    file = tmp_path / "slides.html"
    file.write_text(slides, "utf-8")
    context = browser.new_context()
    shown = context.new_page()
    shown.goto(file.as_uri())
    printed = shown.pdf(prefer_css_page_size=True)
    context.close()
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == len(equations)


def test_the_slides_of_a_long_pass_end_with_its_last_step(opened: Open) -> None:
    y = Value(1.0, "x")
    for _ in range(151):
        y = y.tanh()
    tab = opened(y, viewport=LAPTOP, accept_downloads=True)
    assert place(tab)[1] == 303, "of the slides, every second would leave out the last"
    slides = saved(tab, "slides")
    tab.click("#end")
    (end,) = re.findall(r"<svg.*?</svg>", slides, re.DOTALL)[-1:]
    assert " ".join(texts_of(end)).endswith(tab.inner_text("#equation")), "in lines of one size"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_in_a_notebook_it_has_the_notebooks_theme_and_the_picture_beside_the_numbers(
    browser: Any, tmp_path: Path, theme: str, scheme: str
) -> None:
    cell = f"<div style='width: 860px'>{page(learning())._repr_html_()}</div>"
    is_light = str(theme == "light").lower()
    (tmp_path / "notebook.html").write_text(f"<!doctype html><body data-jp-theme-light='{is_light}'>{cell}", "utf-8")
    context = browser.new_context(viewport={"width": 900, "height": 780}, color_scheme=scheme)
    tab = context.new_page()
    tab.goto((tmp_path / "notebook.html").as_uri())
    frame = tab.frame_locator("iframe")
    frame.locator("#end").click()
    pane, numbers = frame.locator("#pane").bounding_box(), frame.locator("#numbers").bounding_box()
    assert pane is not None
    assert numbers is not None
    assert pane["x"] + pane["width"] <= numbers["x"]
    shot = tab.screenshot(clip={"x": pane["x"] + 6, "y": pane["y"] + pane["height"] - 16, "width": 8, "height": 8})
    context.close()
    with Image.open(io.BytesIO(shot)) as image:
        brightness = sum(image.convert("L").tobytes()) / 64
    assert brightness > 200 if theme == "light" else brightness < 60


# The least contrast of the border of a control to what is inside it and around it, by WCAG 2.2's formula.
CONTRAST = """() => {
    const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const linear = (x) => (x / 255 <= 0.04045 ? x / 255 / 12.92 : ((x / 255 + 0.055) / 1.055) ** 2.4);
    const luminance = (colour) => {
        const [r, g, b] = channels(colour).map(linear);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const contrast = (a, b) => {
        const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
        return (high + 0.05) / (low + 0.05);
    };
    const ground = (element) => {
        const colour = getComputedStyle(element).backgroundColor;
        return channels(colour)[3] === 0 ? ground(element.parentElement) : colour;
    };
    const bordered = [...document.querySelectorAll("button, select, input:not([type=range])")].filter((e) =>
        e.checkVisibility() && !e.disabled && parseFloat(getComputedStyle(e).borderTopWidth) && !e.closest("ol"));
    return Math.min(...bordered.flatMap((e) => [e, e.parentElement].map((around) =>
        contrast(getComputedStyle(e).borderTopColor, ground(around)))));
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_controls_have_borders_that_are_seen(opened: Open, scheme: str) -> None:
    tab = opened(learning(), color_scheme=scheme)
    assert tab.evaluate(CONTRAST) >= 3
    tab.evaluate("document.documentElement.style.setProperty('--edge', 'var(--line)')")
    assert tab.evaluate(CONTRAST) < 3, "a paler border would be seen"


SMALL = {"width": 860, "height": 600}
CONTROLS = ["play", "step", "slider", "speed", "save", "present"]
PLACES = (
    """(ids) => ids.map((id) => at(id).getBoundingClientRect()).map(({ x, y }) => [Math.round(x), Math.round(y)])"""
)


@pytest.mark.parametrize("name", ["neuron", "learning", "layers"])
def test_in_a_small_window_all_controls_are_seen(opened: Open, name: str) -> None:
    tab = opened(EXAMPLES[name].build(), viewport=SMALL)
    tab.keyboard.press("End")
    for control in [*CONTROLS, "learn", "run", "eta"]:
        box = tab.locator(f"#{control}").bounding_box()
        assert box
        assert 0 <= box["x"] <= box["x"] + box["width"] <= SMALL["width"]
        assert 0 <= box["y"] <= box["y"] + box["height"] <= SMALL["height"]
    if name != "layers":
        assert whole(tab)
    assert 13 * tab.evaluate("current.zoom") >= 10
    numbers = tab.locator("#numbers").bounding_box()
    assert numbers
    assert numbers["height"] > 100, "with room for the first numbers"


@pytest.mark.parametrize("viewport", [LAPTOP, PROJECTOR, SMALL, PHONE])
@pytest.mark.parametrize("name", ["learning", "layers"])
def test_controls_keep_their_place_while_steps_are_taken(opened: Open, name: str, viewport: Any) -> None:
    tab = opened(EXAMPLES[name].build(), viewport=viewport, reduced_motion="reduce")
    ids = ["learn", "run", "over", *CONTROLS]
    before = tab.evaluate(PLACES, ids)
    for action in ["learn()", "learn()", "go(3)", "go(timeline.length >> 1)", "go(timeline.length)", "undo()"]:
        tab.evaluate(action)
        assert tab.evaluate(PLACES, ids) == before, action


# What of the texts is cut: at each step before and after each of a few gradient steps, and at the end of a run.
CUT = """() => {
    const cut = [], look = (id) => at(id).scrollHeight > at(id).clientHeight && cut.push(`${id}: ${at(id).innerText}`);
    for (let taken = 0; taken < 4; taken++) {
        for (let position = 0; position <= timeline.length; position++) { go(position); look("spoken"); }
        learn();
        look("learned");
    }
    running = requestAnimationFrame(() => {});
    stopRunning(`${lossName} was no lower in ${PATIENCE} steps and is not below 0.0001: a smaller η may help`);
    look("learned");
    return cut;
}"""


@pytest.mark.parametrize("viewport", [LAPTOP, PROJECTOR, SMALL, PHONE], ids=["laptop", "projector", "small", "phone"])
@pytest.mark.parametrize("name", ["learning", "layers", "biology"])
def test_no_step_and_no_update_is_cut(opened: Open, name: str, viewport: Any) -> None:
    with trace_source():
        root = EXAMPLES[name].build()
    tab = opened(root, viewport=viewport, reduced_motion="reduce")
    assert tab.evaluate(CUT) == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_presenting_on_a_phone_cuts_no_picture_that_can_be_read_as_a_whole(opened: Open, name: str) -> None:
    tab = opened(EXAMPLES[name].build(), viewport=PHONE)
    tab.click("#present")
    size = text_size(tab)
    assert whole(tab) or tab.evaluate("13 * fitting()") < 10
    assert size >= (10 if whole(tab) else 18)
    assert whole(tab) != (name == "layers")


def test_presenting_on_a_phone_has_an_equation_of_20_pixels_and_follows_the_step(opened: Open) -> None:
    tab = opened(EXAMPLES["layers"].build(), viewport=PHONE, reduced_motion="reduce")
    tab.click("#present")
    assert 13 * tab.evaluate("current.zoom") >= 19, "as wide as the phone"
    assert float(tab.evaluate("getComputedStyle(at('equation')).fontSize").removesuffix("px")) >= 20
    for _ in range(tab.evaluate("timeline.length")):
        tab.keyboard.press("PageDown")
        now, pane = (tab.locator(one).first.bounding_box() for one in (".view:visible .node.now", "#pane"))
        assert now
        assert pane
        assert pane["x"] <= now["x"] + 2 <= pane["x"] + pane["width"]
        assert pane["y"] <= now["y"] + 2 <= pane["y"] + pane["height"]


@pytest.mark.parametrize("viewport", [LAPTOP, PHONE, SMALL], ids=["laptop", "phone", "small"])
def test_a_small_number_is_whole_in_its_field_and_a_refusal_stands_below_it(opened: Open, viewport: Any) -> None:
    tab = opened(EXAMPLES["layers"].build(), viewport=viewport, reduced_motion="reduce")
    tab.evaluate("changeLeaf(parameters[4], -0.0000594404123)")
    name = tab.evaluate("graph.nodes[parameters[4]].name")
    field = tab.get_by_label(name, exact=True)
    assert field.evaluate("(one) => one.scrollWidth <= one.clientWidth")
    assert (field.input_value(), field.get_attribute("title")) == ("−5.94e−5", "−0.0000594404123")
    field.focus()
    assert field.input_value() == "−0.0000594404123"
    field.scroll_into_view_if_needed()
    place_of = "at('pane').getBoundingClientRect().toJSON()"
    before = tab.evaluate(place_of)
    field.fill("0.5.5")
    field.press("Enter")
    assert tab.evaluate(place_of)["height"] == before["height"]
    own, message = field.bounding_box(), tab.locator("#message").bounding_box()
    assert own
    assert message
    assert 0 <= message["y"] - own["y"] - own["height"] < 10
    middle = [message["x"] + 20, message["y"] + message["height"] - 8]
    assert tab.evaluate("([x, y]) => document.elementFromPoint(x, y)?.id", middle) == "message"
