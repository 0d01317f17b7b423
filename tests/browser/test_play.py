"""Play on the page: grouped steps of long passes, a neuron that opens, and the counter of a gradient."""

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from microgradnet import MLP, Value
from tests.browser.conftest import Open
from tests.browser.test_page import PHONE, SCROLLED, is_in_pane, learning, place

if TYPE_CHECKING:
    from playwright.sync_api import Page

LAPTOP = {"width": 1280, "height": 720}
MOST = 60  # moves of Play in each pass


def many() -> Value:
    """A loss of 33 neurons."""
    output = MLP(2, [16, 16, 1], "tanh", seed=1)([0.5, -1.0])
    assert isinstance(output, Value)
    loss = (output - 1) ** 2
    loss.label = "E"
    return loss


def played(tab: "Page") -> list[int]:
    """After how many steps Play stops, by playing it to the end."""
    stops = [0]
    while stops[-1] < place(tab)[1]:
        stops.append(tab.evaluate("(play(), pause(), position)"))
    return stops


@pytest.mark.parametrize("view", ["operations", "neurons", "layers"])
def test_a_long_pass_is_played_in_groups_of_which_each_is_in_one_box(opened: Open, view: str) -> None:
    tab = opened(many(), viewport=LAPTOP)
    tab.click(f"button[data-view={view}]")
    stops = played(tab)
    forward = tab.evaluate("timeline.indexOf(SEED)")
    assert forward in stops
    assert 5 <= sum(stop <= forward for stop in stops[1:]) <= MOST
    assert 5 <= sum(stop > forward for stop in stops) <= MOST
    boxes = "([from, to]) => new Set(timeline.slice(from, to).map((step) => views.{}.boxes[step.node])).size"
    grouping = "layers" if view == "layers" else "neurons"
    assert {tab.evaluate(boxes.format(grouping), [*both]) for both in pairwise(stops)} == {1}


def test_a_group_is_told_and_its_boxes_are_marked_and_keys_make_single_steps(opened: Open) -> None:
    tab = opened(many(), viewport=LAPTOP)
    tab.click("button[data-view=layers]")
    tab.evaluate("play(), pause()")
    tab.evaluate("play(), pause()")
    assert tab.inner_text("#phase") == "Forward propagation · 32 steps of layer 2 at once, the last:"
    assert (marked(tab, "now"), marked(tab, "partner")) == (["layer 2"], ["layer 1"])
    here = place(tab)[0]
    tab.keyboard.press("ArrowRight")
    assert (place(tab)[0], tab.inner_text("#phase")) == (here + 1, "Forward propagation")
    tab.keyboard.press("ArrowLeft")
    tab.keyboard.press("ArrowLeft")
    assert place(tab)[0] == here - 1
    while "of layer 2" not in tab.inner_text("#phase"):
        tab.evaluate("play(), pause()")
    assert tab.inner_text("#phase").startswith("Backward propagation")
    assert (marked(tab, "now"), marked(tab, "partner")) == (["layer 1"], ["layer 2"])


def marked(tab: "Page", kind: str) -> list[str]:
    """The headings of the boxes of a kind, as they are seen."""
    found: list[str] = tab.eval_on_selector_all(
        f".view:not([hidden]) .node.{kind}", "all => all.map((box) => box.querySelector('text').textContent)"
    )
    return found


def test_more_boxes_than_moves_are_played_several_at_once(opened: Open) -> None:
    model = MLP(2, [8, 8, 1], "tanh", seed=1)
    loss = sum((model([x / 30, 1.0]) - 1) ** 2 for x in range(30))
    assert isinstance(loss, Value)
    tab = opened(loss)
    stops = tab.evaluate("stops()")
    assert tab.evaluate("timeline.indexOf(SEED)") in stops
    assert 60 < len(stops) <= 2 * MOST
    assert stops[-1] == place(tab)[1]


def test_a_short_pass_is_played_step_by_step(opened: Open) -> None:
    tab = opened(learning())
    assert played(tab) == list(range(25))


@pytest.mark.parametrize("viewport", [LAPTOP, PHONE], ids=["laptop", "phone"])
def test_a_layer_that_is_clicked_is_marked_among_the_operations_and_in_view(opened: Open, viewport: Any) -> None:
    tab = opened(many(), viewport=viewport)
    tab.click("button[data-view=layers]")
    tab.locator(".view:visible .node", has_text="layer 2").first.click()
    tab.evaluate(SCROLLED)
    headings = marked(tab, "found")
    assert "a⁽²⁾₂ = tanh(z⁽²⁾₂)" in headings
    assert any(heading.startswith("z⁽²⁾₂ = w⁽²⁾₂₁·a⁽¹⁾₁ + …") for heading in headings)
    assert is_in_pane(tab.locator(".view:visible .node.found").last), "the result of its last neuron"


def gradient_rows(tab: "Page") -> set[str]:
    """What the boxes and chips of the value that receives show as its gradient."""
    rows: list[str] = tab.evaluate(
        """() => current.rows.filter(({ node, what }) => node === timeline[position - 1].whose && what === "grad")
            .map(({ text }) => text.textContent)"""
    )
    return {row.removeprefix("grad").strip() for row in rows}


def added_twice() -> Value:
    """A result to which a·b contributes twice."""
    a, b = Value(2.0, "a"), Value(3.0, "b")
    product = a * b
    product.label = "p"
    y = product + a.tanh()
    y.label = "y"
    result: Value = y + product
    return result


# The times at which a counter is drawn are the test's: parts of the 0.9 seconds of a step of Play.
CLOCK = """() => {
    window.frames_ = [];
    performance.now = () => 0;
    window.requestAnimationFrame = (frame) => frames_.push(frame);
    window.drawnAt = (part) => frames_.splice(0).at(-1)?.(part * PART * Number(at("speed").value));
}"""


def test_the_counter_of_the_gradient_goes_from_before_to_after_while_the_contribution_arrives(opened: Open) -> None:
    tab = opened(added_twice(), viewport=LAPTOP)
    second = tab.evaluate("timeline.findIndex((step) => step.before !== 0 && step.use && step.contribution)")
    tab.fill("#slider", str(second))
    about = "(({ before, contribution, becomes }) => [before, contribution, becomes])"
    assert tab.evaluate(f"{about}(timeline[{second}])") == [1, 1, 2]
    tab.evaluate(CLOCK)
    tab.click("#step")
    assert gradient_rows(tab) == {"1"}
    shown = []
    for part in (0.3, 0.74, 0.8, 0.875, 0.95, 1):
        tab.evaluate("part => drawnAt(part)", part)
        (row,) = gradient_rows(tab)
        shown.append(float(row))
    assert shown[:2] == [1, 1]
    assert shown == sorted(shown)
    assert shown[3] == 1.5
    assert shown[-1] == 2
    assert tab.evaluate("counting") == 0


def test_a_first_contribution_arrives_where_there_was_none(opened: Open) -> None:
    tab = opened(learning(), viewport=LAPTOP)
    tab.fill("#slider", "18")
    tab.evaluate(CLOCK)
    tab.click("#step")
    assert gradient_rows(tab) == {"—"}
    tab.evaluate("drawnAt(1)")
    assert gradient_rows(tab) == {tab.evaluate("number(timeline[position - 1].becomes)")}


def test_what_ends_a_step_early_ends_its_counter(opened: Open) -> None:
    tab = opened(learning(), viewport=LAPTOP)
    tab.fill("#slider", "18")
    tab.click("#step")
    tab.click("#back")
    tab.click("#end")
    tab.wait_for_timeout(1100)
    for row, shown in tab.evaluate(
        """() => current.rows.filter(({ what }) => what === "grad").map(({ node, text }) =>
            [text.textContent.replace("grad", "").trim(), number(pass.grad[node])])"""
    ):
        assert row == shown


def test_with_reduced_motion_the_gradient_is_there_at_once(opened: Open) -> None:
    tab = opened(learning(), viewport=LAPTOP, reduced_motion="reduce")
    tab.fill("#slider", "18")
    tab.click("#step")
    assert gradient_rows(tab) == {tab.evaluate("number(timeline[position - 1].becomes)")}


def test_sender_and_receiver_are_told_apart_without_colour(opened: Open) -> None:
    """The receiver has a fill and a solid line, the sender a dashed one."""
    tab = opened(learning(), viewport=LAPTOP)
    tab.fill("#slider", "19")
    dashes = """kind => [...document.querySelectorAll(`.view:not([hidden]) .node.${kind} > :is(path, polygon)`)].map(
        (shape) => getComputedStyle(shape).strokeDasharray !== "none")"""
    assert set(tab.evaluate(dashes, "now")) == {False}
    assert set(tab.evaluate(dashes, "partner")) == {True}


@pytest.mark.parametrize("viewport", [LAPTOP, PHONE], ids=["laptop", "phone"])
def test_a_loss_over_samples_opens_with_the_largest_and_plays_what_is_not_drawn_at_once(
    opened: Open, viewport: Any
) -> None:
    model = MLP(2, [4, 1], "tanh", seed=1)
    loss = sum((model(x) - y) ** 2 for x, y in [((0, 0), 0), ((0, 1), 1), ((1, 0), 1), ((1, 1), 0)])
    assert isinstance(loss, Value)
    loss.label = "E"
    tab = opened(loss, viewport=viewport)
    tab.click("button[data-view=operations]")
    assert "of 4 terms alike the largest is drawn" in tab.inner_text("#note")
    play = tab.locator("#play").bounding_box()
    assert play is not None
    assert play["y"] + play["height"] <= viewport["height"]
    told = set()
    stops = tab.evaluate("stops()")
    for stop, after in pairwise([0, *stops]):
        drawn = set(tab.evaluate(f"timeline.slice({stop}, {after}).map((step) => Boolean(current.boxes[step.node]))"))
        tab.evaluate("play(), pause()")
        told.add((drawn == {False}, "not drawn in this view" in tab.inner_text("#phase")))
        assert len(drawn) == 1 or len(stops) > 2 * MOST
    assert told == {(False, False), (True, True)}
    assert place(tab)[0] == place(tab)[1]
