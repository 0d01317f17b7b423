"""The page of a misconception: both passes in sight, at one place and one scale."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from microgradnet import MLP
from microgradnet.teach.examples import EXAMPLES
from microgradnet.teach.misconceptions import example, run

if TYPE_CHECKING:
    from playwright.sync_api import Page

LAPTOP, PROJECTOR, NOTEBOOK, PHONE = (1280, 720), (1920, 1080), (860, 720), (390, 844)
PANES = """sides.map(({ pane }) => {
    const { x, y, width, height } = pane.getBoundingClientRect();
    return [x, y, width, height];
})"""
SCROLLS = "sides.map(({ pane }) => [pane.scrollLeft, pane.scrollTop])"
SETTLED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


@pytest.fixture
def tab(browser: Any, tmp_path: Path) -> Iterator["Page"]:
    file = run(example.build(), "no-topological-order").page().save(tmp_path / "page.html")
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    page: Page = context.new_page()
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(file.as_uri())
    yield page
    context.close()
    assert said == []


def resize(tab: "Page", size: tuple[int, int]) -> None:
    tab.set_viewport_size({"width": size[0], "height": size[1]})
    tab.evaluate(SETTLED)


@pytest.mark.parametrize("size", [LAPTOP, NOTEBOOK])
def test_the_passes_stand_side_by_side_in_a_notebook_too(tab: "Page", size: tuple[int, int]) -> None:
    resize(tab, size)
    (x1, y1, w1, h1), (x2, y2, w2, h2) = tab.evaluate(PANES)
    assert (y1, w1, h1) == pytest.approx((y2, w2, h2), abs=1)
    assert x1 + w1 < x2
    assert tab.evaluate("document.documentElement.scrollWidth") <= size[0]


@pytest.mark.parametrize("name", ["part", "step", "end"])
def test_on_a_phone_both_passes_and_the_controls_are_in_the_window(tab: "Page", name: str) -> None:
    resize(tab, PHONE)
    tab.click(f"#{name}")
    tab.evaluate(SETTLED)
    (x1, y1, w1, h1), (x2, y2, w2, h2) = tab.evaluate(PANES)
    assert (x1, w1, h1) == pytest.approx((x2, w2, h2), abs=1)
    assert 0.2 * PHONE[1] < h1 <= 0.4 * PHONE[1]
    assert tab.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    footer = tab.evaluate("document.querySelector('footer').getBoundingClientRect().top")
    assert y1 >= 0
    assert y1 + h1 < y2
    assert y2 + h2 < footer
    equation = tab.locator("#wrong .equation").bounding_box()
    assert equation is not None
    assert equation["y"] + equation["height"] <= footer + 1
    assert tab.evaluate("document.documentElement.scrollHeight") <= PHONE[1]
    tab.click("summary")
    assert tab.is_visible("text=Why it is wrong:")


@pytest.mark.parametrize("size", [LAPTOP, NOTEBOOK, PHONE])
def test_every_step_is_in_view_at_the_same_place_in_both(tab: "Page", size: tuple[int, int]) -> None:
    resize(tab, size)
    inside = """sides.map(({ pane, element }) => {
        const outer = pane.getBoundingClientRect(), box = element.querySelector(".node.now").getBoundingClientRect();
        return box.left >= outer.left && box.right <= outer.right && box.top >= outer.top && box.bottom <= outer.bottom;
    })"""
    for _ in range(9):
        tab.keyboard.press("ArrowRight")
        tab.evaluate(SETTLED)
        right, wrong = tab.evaluate(SCROLLS)
        assert right == pytest.approx(wrong, abs=1)
        assert tab.evaluate(inside)[1], "the wrong pass is followed first"
        if size is LAPTOP:
            assert tab.evaluate(inside)[0]


def test_a_wrong_local_derivative_is_marked(opened_file: Any, tmp_path: Path) -> None:
    file = run(EXAMPLES["neuron"].build(), "wrong-operand").page().save(tmp_path / "operand.html")
    tab = opened_file(file)
    marked = """(side) => [...document.querySelectorAll(`#${side} svg:not([hidden]) .local > text > .differs`)]
        .map((text) => text.textContent)"""
    assert tab.evaluate(marked, "right") == []
    assert tab.evaluate(marked, "wrong") == ["0.15\u00a0≠", "0.1\u00a0≠"]


def test_of_a_row_the_number_alone_is_underlined_where_it_differs(opened_file: Any, tmp_path: Path) -> None:
    file = run(EXAMPLES["layers"].build(), "overwritten").page().save(tmp_path / "overwritten.html")
    tab = opened_file(file)
    rows = """sides[1].rows.map(({ text }) => [text.textContent, text.querySelector(".differs")?.textContent])"""
    for key in ("End", "Home", "End"):
        tab.keyboard.press(key)
        found = tab.evaluate(rows)
        assert all(marked == (text.rpartition("grad ")[2] if "≠" in text else None) for text, marked in found), found
    assert ["a⁽¹⁾₁ = σ(z⁽¹⁾₁) grad −0.0039 ≠", "−0.0039 ≠"] in found


@pytest.mark.parametrize("size", [LAPTOP, PHONE])
def test_data_are_shown_when_asked_for_even_of_a_wide_network(
    opened_file: Any, tmp_path: Path, size: tuple[int, int]
) -> None:
    out = MLP(2, [9, 9, 1], seed=1)([1.0, 2.0])
    tab = opened_file(run(out, "overwritten").page().save(tmp_path / "wide.html"))
    resize(tab, size)
    data = "[...sides[0].svg.querySelectorAll('text')].filter((text) => text.textContent.startsWith('data ')).length"
    button = tab.get_by_role("button", name="Data", pressed=False)
    assert tab.evaluate(data) == 0
    button.click()
    assert tab.evaluate(data) > 16
    resize(tab, NOTEBOOK)
    assert tab.evaluate(data) > 16
    tab.get_by_role("button", name="Data", pressed=True).click()
    assert tab.evaluate(data) == 0
    assert button.is_visible()


def test_on_a_phone_data_come_in_the_layout_that_is_not_cut_at_the_side(opened_file: Any, tmp_path: Path) -> None:
    file = run(EXAMPLES["learning"].build(), "activation-derivative-forgotten").page().save(tmp_path / "phone.html")
    tab = opened_file(file)
    resize(tab, PHONE)
    tab.get_by_role("button", name="Data", pressed=False).click()
    assert tab.evaluate("hasData(sides[0])")
    assert tab.evaluate("sides.every(({ pane }) => pane.scrollWidth === pane.clientWidth)")


def test_both_passes_of_a_neuron_fit_a_narrow_window(opened_file: Any, tmp_path: Path) -> None:
    file = run(EXAMPLES["neuron"].build(), "wrong-operand").page().save(tmp_path / "operand.html")
    tab = opened_file(file, viewport={"width": 480, "height": 690})
    assert tab.evaluate("sides.every(({ pane }) => pane.scrollWidth === pane.clientWidth)")


@pytest.mark.parametrize(
    ("misconception", "name", "size", "least"),
    [
        ("overwritten", "", LAPTOP, 13),
        ("stale-gradients", "learning", LAPTOP, 13),
        ("stale-gradients", "layers", LAPTOP, 12.5),
        ("stale-gradients", "layers", NOTEBOOK, 10),
        ("stale-gradients", "layers", PROJECTOR, 17),
        ("overwritten", "", PROJECTOR, 18),
    ],
)
def test_both_passes_are_whole_in_the_window_and_their_text_can_be_read(
    opened_file: Any, tmp_path: Path, misconception: str, name: str, size: tuple[int, int], least: float
) -> None:
    root = EXAMPLES[name].build() if name else example.build()
    file = run(root, misconception).page().save(tmp_path / "passes.html")
    tab = opened_file(file, viewport={"width": size[0], "height": size[1]})
    for key in ("Home", "End"):
        tab.keyboard.press(key)
        seen = tab.evaluate("""sides.map(({ pane, svg }) => {
            const { width, height } = svg.getBoundingClientRect();
            return [13 * width / svg.viewBox.baseVal.width, width <= pane.clientWidth && height <= pane.clientHeight];
        })""")
        assert all(text >= least and is_whole for text, is_whole in seen), seen
        assert tab.evaluate("document.documentElement.scrollHeight") <= size[1]
    assert len(file.read_bytes()) < 200_000


PLACED = """([layout, step]) => {
    take(layout);
    zoom(1);
    show(step);
    return sides.map(({ pane, svg }) => {
        const outer = pane.getBoundingClientRect();
        const all = ".node > :is(path, polygon), .node:not(.pill) text, .edge > path, .pill rect";
        const parts = [...svg.querySelectorAll(all)];
        return parts.map((part) => {
            const { x, y, width } = part.getBoundingClientRect();
            return [x - outer.x + (part.closest(".pill") ? width / 2 : 0), y - outer.y];
        });
    });
}"""


@pytest.mark.parametrize(
    ("misconception", "name"), [("stale-gradients", "layers"), ("wrong-operand", "learning"), ("overwritten", "")]
)
@pytest.mark.parametrize("size", [LAPTOP, NOTEBOOK, PHONE])
def test_each_box_and_row_stands_at_the_same_place_in_both_panes(
    opened_file: Any, tmp_path: Path, misconception: str, name: str, size: tuple[int, int]
) -> None:
    root = EXAMPLES[name].build() if name else example.build()
    tab = opened_file(
        run(root, misconception).page().save(tmp_path / "passes.html"), viewport={"width": size[0], "height": size[1]}
    )
    count, last = tab.evaluate("[sides[0].layouts.length, last]")
    for layout in range(count):
        for step in (0, last // 2, last):
            right, wrong = tab.evaluate(PLACED, [layout, step])
            assert len(right) > 10
            assert [place for pair in right for place in pair] == pytest.approx(
                [place for pair in wrong for place in pair], abs=1
            )


@pytest.mark.parametrize(("misconception", "name"), [("stale-gradients", "layers"), ("overwritten", "")])
def test_each_arrow_of_a_gradient_begins_at_the_box_that_passes_it_on(
    opened_file: Any, tmp_path: Path, misconception: str, name: str
) -> None:
    root = EXAMPLES[name].build() if name else example.build()
    tab = opened_file(run(root, misconception).page().save(tmp_path / "passes.html"))
    for layout in range(tab.evaluate("sides[0].layouts.length")):
        away = tab.evaluate(
            """(layout) => {
                take(layout);
                zoom(1);
                const { find, steps } = sides[0];
                return steps.filter(({ edge }) => edge).map(({ edge, from }) => {
                    const path = find(edge).querySelector("path"), end = path.getPointAtLength(path.getTotalLength());
                    const { x, y, width, height } = find(`n${from}`).querySelector("path, polygon").getBBox();
                    return Math.max(x - end.x, end.x - x - width, y - end.y, end.y - y - height);
                });
            }""",
            layout,
        )
        assert away
        assert max(away) < 3, layout


def test_a_window_that_becomes_narrow_has_one_over_the_other_at_a_chosen_scale_too(tab: "Page") -> None:
    tab.click("#larger")
    scale = tab.evaluate("scale")
    tab.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    (x, y, width, height), (its_x, its_y, its_width, _) = tab.evaluate(PANES)
    assert (x, width) == (its_x, its_width)
    assert width > 340
    assert its_y >= y + height
    assert tab.evaluate("scale") == scale


def test_panes_scroll_and_zoom_together(tab: "Page") -> None:
    for _ in range(4):
        tab.click("#larger")
    tab.evaluate("sides[0].pane.scrollTo(80, 60)")
    tab.evaluate(SETTLED)
    assert tab.evaluate(SCROLLS) == [[80, 60], [80, 60]]
    tab.evaluate("sides[1].pane.scrollTo(30, 100)")
    tab.evaluate(SETTLED)
    assert tab.evaluate(SCROLLS) == [[30, 100], [30, 100]]
    widths = "sides.map(({ svg }) => svg.getBoundingClientRect().width)"
    before, other = tab.evaluate(widths)
    assert before == pytest.approx(other)
    tab.mouse.move(900, 300)
    tab.keyboard.down("Control")
    tab.mouse.wheel(0, -100)
    tab.evaluate(SETTLED)
    tab.keyboard.up("Control")
    assert tab.evaluate(widths) == pytest.approx([1.15 * before] * 2, rel=1e-3)
    tab.keyboard.press("0")
    assert max(tab.evaluate(widths)) < before


def test_a_box_that_is_pointed_at_is_outlined_in_both(tab: "Page") -> None:
    tab.locator("#right svg:not([hidden]) .node", has_text="y = a·b + a").hover()
    headings = "({ svg }) => [...svg.querySelectorAll('.linked > text:first-of-type')].map((text) => text.textContent)"
    right, wrong = tab.evaluate(f"sides.map({headings})")
    assert len(right) == 1
    assert right == wrong
    tab.mouse.move(5, 5)
    assert tab.locator(".linked").count() == 0


@pytest.mark.parametrize("name", ["learning", "two-neurons", ""])
def test_on_a_phone_a_picture_that_is_scrolled_down_is_as_wide_as_the_window_and_opens_at_its_result(
    opened_file: Any, tmp_path: Path, name: str
) -> None:
    file = run(EXAMPLES[name].build() if name else example.build(), "overwritten").page().save(tmp_path / "page.html")
    tab = opened_file(file, viewport={"width": PHONE[0], "height": PHONE[1]})
    seen = tab.evaluate("""sides.map(({ pane, svg, find }) => {
        const outer = pane.getBoundingClientRect(), { width, height } = svg.getBoundingClientRect();
        const { top, bottom } = find(`n${sides[0].steps[0].from}`).getBoundingClientRect();
        return [width / pane.clientWidth, height > pane.clientHeight, top >= outer.top && bottom <= outer.bottom];
    })""")
    for part, is_scrolled, is_seen in seen:
        assert is_scrolled
        assert is_seen
        assert 0.95 < part <= 1
    right, wrong = tab.evaluate(SCROLLS)
    assert right == pytest.approx(wrong, abs=1)
