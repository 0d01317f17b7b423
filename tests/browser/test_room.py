"""The page where room is scarce: on a phone, beside a scroll bar, and under the map of a presented picture."""

from typing import TYPE_CHECKING, Any

import pytest

from microgradnet import MLP, page, total
from microgradnet.stepping.tracing import trace_source
from microgradnet.teach.examples import EXAMPLES
from tests.browser.conftest import Open
from tests.browser.test_page import PHONE, until
from tests.browser.test_stage import LAPTOP, text_size

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

# Of each step: how far the picture moves, whether the step was out of view before, and whether it is seen after.
MOVES = """() => {
    const pane = at("pane"), margin = 12;
    return timeline.map((_, i) => {
        go(i);
        const before = [pane.scrollLeft, pane.scrollTop];
        go(i + 1);
        const [x, y] = [pane.scrollLeft - before[0], pane.scrollTop - before[1]], window = pane.getBoundingClientRect();
        const parts = [...current.svg.querySelectorAll(".now, .partner")].map((part) => part.getBoundingClientRect());
        const isIn = (margin, x, y) => parts.every(({ left, right, top, bottom }) =>
            left + x >= window.left + margin && right + x <= window.right - margin &&
            top + y >= window.top + margin && bottom + y <= window.bottom - margin);
        return [Math.hypot(x, y), !isIn(margin, x, y), isIn(0, 0, 0)];
    });
}"""


def test_on_a_phone_a_step_is_seen_with_its_arrow_and_the_picture_moves_for_another_layer_only(opened: Open) -> None:
    tab = opened(EXAMPLES["layers"].build(), viewport=PHONE, reduced_motion="reduce")
    assert tab.evaluate("current.kind") == "operations"
    assert text_size(tab) >= 9.99
    assert tab.evaluate("at('pane').scrollWidth <= at('pane').clientWidth"), "it scrolls down only"
    moves = tab.evaluate(MOVES)
    assert all(is_seen for *_, is_seen in moves)
    assert [was_out for far, was_out, _ in moves if far > 1] == [True] * 4, "down twice, up twice"


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_the_picture_moves_smoothly_unless_the_reader_wants_less_motion(opened: Open, motion: Any) -> None:
    tab = opened(EXAMPLES["layers"].build(), viewport=PHONE, reduced_motion=motion)
    tab.evaluate("at('pane').scrollTo({ top: 9999, behavior: 'instant' })")
    at_once = "(step) => { const { scrollTop } = at('pane'); go(step); return at('pane').scrollTop !== scrollTop; }"
    assert tab.evaluate(at_once, 1) is (motion == "reduce")
    until(tab, lambda: tab.evaluate("at('pane').scrollTop") < 10)


@pytest.mark.parametrize("name", ["two-inputs", "layers"])
def test_on_a_phone_an_arrow_ends_at_the_box_that_it_feeds(opened: Open, name: str) -> None:
    tab = opened(EXAMPLES[name].build(), viewport=PHONE)
    ends = tab.evaluate("""() => Object.entries(current.arrows).map(([use, arrow]) => {
        const head = arrow.querySelector("polygon").getBoundingClientRect();
        const box = current.boxes[use.split(",")[0]].querySelector("path, polygon").getBoundingClientRect();
        return [head.left > box.left && head.right < box.right, head.bottom - box.top];
    })""")
    assert len(ends) == {"two-inputs": 2, "layers": 6}[name]
    assert all(is_above and abs(away) < 2 for is_above, away in ends)


def test_the_map_of_a_presented_picture_covers_nothing_or_hides(opened: Open) -> None:
    tab = opened(EXAMPLES["layers"].build(), viewport=LAPTOP, reduced_motion="reduce")
    tab.keyboard.press("p")
    shown = tab.evaluate("""() => timeline.map((_, i) => {
        go(i + 1);
        const map = at("map").getBoundingClientRect();
        const parts = [...current.svg.querySelectorAll(".node, .pill[visibility=visible]")];
        return [map.width > 0, parts.filter((part) => {
            const { left, right, top, bottom } = part.getBoundingClientRect();
            return left < map.right && right > map.left && top < map.bottom && bottom > map.top;
        }).length];
    })""")
    assert {is_shown for is_shown, _ in shown} == {True, False}
    assert not any(covered for _, covered in shown)


def test_the_map_hides_rather_than_cover_a_box_of_the_step(opened: Open) -> None:
    tab = opened(EXAMPLES["layers"].build(), viewport=LAPTOP, reduced_motion="reduce")
    tab.evaluate("go(1); zoomTo(1.5)")
    assert tab.is_visible("#map")
    tab.evaluate("zoomTo(6); at('pane').scrollTo(40, 200)")
    until(tab, lambda: tab.is_hidden("#map"))


def test_buttons_of_gradient_steps_and_of_steps_stand_in_one_line_beside_a_scroll_bar(opened: Open) -> None:
    with trace_source():
        tab = opened(EXAMPLES["learning"].build(), viewport=LAPTOP)
    tab.evaluate("learn(); learn()")
    tab.add_style_tag(content="aside, body { padding-right: 15px }")  # as wide as a scroll bar
    for ids in (["undo", "learn", "run", "pace"], ["start", "slider", "place", "speed", "save", "present"]):
        assert (
            tab.evaluate(
                "(ids) => new Set(ids.map((id) => { const { y, height } = at(id).getBoundingClientRect();"
                " return Math.round((y + height / 2) / 8); })).size",
                ids,
            )
            == 1
        )


@pytest.mark.parametrize("width", [860, 1024, 1100])
def test_in_a_window_of_middle_size_the_controls_are_one_line_and_nothing_of_them_is_cut(
    opened: Open, width: int
) -> None:
    tab = opened(EXAMPLES["layers"].build(), viewport={"width": width, "height": 600})
    boxes = tab.evaluate("""[...document.querySelectorAll(".stage > .bar > *")].map((one) => {
        const { y, height, left, right } = one.getBoundingClientRect(), bar = one.parentNode.getBoundingClientRect();
        const isIn = left >= bar.left && right <= bar.right + 1 && one.scrollWidth <= one.clientWidth + 2;
        return [y + height / 2, isIn, right - left >= 24];
    })""")
    assert len(boxes) == 10
    middles = [middle for middle, *_ in boxes]
    assert max(middles) - min(middles) < 8
    assert all(is_in and is_wide for _, is_in, is_wide in boxes)
    assert tab.get_by_label("speed").is_visible()


LONG = "The loss of a network of two inputs, two hidden neurons and an output, over nine samples"


@pytest.mark.parametrize("size", [1, 16])
def test_on_a_phone_two_lines_stand_above_the_picture_and_nothing_is_lost(
    opened_file: Open, tmp_path: "Path", size: int
) -> None:
    model = MLP(2, [size, 2, 1], "tanh", seed=1)
    root = total([(model((i / 9, i / 5)) - 1) ** 2 for i in range(9)])
    page(root, tmp_path / "page.html", title=LONG)
    tab = opened_file(tmp_path / "page.html", viewport=PHONE)
    tab.click("button[data-view=operations]")
    assert tab.is_visible("#note")
    parts = tab.locator("header :is(h1, button, #find)").all()
    boxes = [box for part in parts if (box := part.bounding_box())]
    assert len(boxes) == 8
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"] for box in boxes)
    assert all(min(box["width"], box["height"]) >= 24 for box in boxes)
    assert len({round(box["y"] / 16) for box in boxes}) == 2
    window = tab.locator(".window").bounding_box()
    assert window
    assert window["y"] < 80
    assert tab.evaluate("(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)(document.querySelector('h1'))")
    found(tab)


def found(tab: "Page") -> None:
    """A value is looked for: its number stands beside the field, and makes room for the buttons afterwards."""
    tab.click("#find")
    tab.keyboard.type("w")
    tab.keyboard.press("Enter")
    assert "(1 of" in tab.inner_text("#found")
    assert tab.is_hidden("#fit")
    window = tab.locator(".window").bounding_box()
    assert window
    assert window["y"] < 80
    tab.focus("#pane")
    assert tab.is_visible("#fit")
