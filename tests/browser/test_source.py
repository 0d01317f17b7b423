"""Program, picture and equation are linked: pointing at one lights the others, a click on a line stops there."""

import linecache
from typing import TYPE_CHECKING

from microgradnet import Value
from microgradnet.graph import Graph
from microgradnet.stepping.tracing import trace_source
from microgradnet.teach.examples import learning as example
from tests.browser.conftest import Open
from tests.browser.test_page import learning, place
from tests.browser.test_stage import LAPTOP, PROJECTOR

if TYPE_CHECKING:
    from playwright.sync_api import Page


def traced() -> Value:
    with trace_source():
        return learning()


def line(tab: "Page", text: str) -> str:
    """A selector of the line that holds a text."""
    assert tab.locator("button.line", has_text=text).count() == 1
    return f"button.line:has-text({text!r})"


def linked(tab: "Page") -> list[str]:
    """The first words in the boxes that are lit."""
    words: list[str] = tab.eval_on_selector_all(
        ".view:not([hidden]) .linked", "all => all.map((box) => box.querySelector('text').textContent)"
    )
    return sorted(word.replace("\u00a0", " ").strip() for word in words)


def test_the_lines_are_those_of_the_file(opened: Open) -> None:
    tab = opened(traced(), viewport=PROJECTOR)
    assert tab.evaluate("document.getElementById('program').open")
    for number, text in tab.eval_on_selector_all(
        ".line", "all => all.map((e) => [e.firstChild.textContent, e.lastChild.textContent])"
    ):
        assert linecache.getline(example.__file__, int(number)).strip() == text.strip()


def test_a_click_on_a_line_stops_there_and_the_line_of_a_step_is_marked(opened: Open) -> None:
    tab = opened(traced(), viewport=PROJECTOR)
    tab.click(line(tab, "z2 = net.w2"))
    sources = [str(step.node.source) for step in traced().forward_steps()]
    marked = next(node for node in Graph(traced()).computed if node.label == "z₂").source
    assert place(tab)[0] == sources.index(str(marked)) + 1
    assert tab.inner_text("[aria-current=step].line").endswith("z2 = net.w2 * a1 + net.b2")
    tab.click("#end")
    assert tab.inner_text("[aria-current=step].line").endswith("z1 = net.w1 * x1 + net.b1")


def test_pointing_at_a_line_a_box_or_the_equation_lights_the_others(opened: Open) -> None:
    tab = opened(traced(), viewport=PROJECTOR)
    tab.hover(line(tab, "a2 = sigmoid"))
    assert linked(tab) == ["a₂ = σ(z₂)"]
    tab.hover(line(tab, "z2 = net.w2"))
    assert linked(tab) == ["w₂·a₁", "z₂ = w₂·a₁ + b₂"]
    tab.hover("h1")
    assert linked(tab) == []
    tab.hover(".view:visible .node:has-text('a₂ = σ')")
    assert tab.inner_text(".line.linked").endswith("a2 = sigmoid(z2)")
    tab.click("#end")
    tab.hover("#equation")
    assert tab.inner_text(".line.linked").endswith("z1 = net.w1 * x1 + net.b1")
    assert "z₁ = w₁·x₁ + b₁" in linked(tab)
    tab.hover(line(tab, "z1 = net.w1"))
    assert tab.locator("#spoken.linked").count() == 1


def test_lines_are_reached_by_keyboard_and_a_small_window_has_them_folded(opened: Open) -> None:
    tab = opened(traced(), viewport=LAPTOP)
    assert tab.is_hidden(".line >> nth=0")
    tab.click("#program summary")
    tab.locator(line(tab, "a1 = sigmoid")).focus()
    assert linked(tab) == ["a₁ = σ(z₁)"]
    tab.keyboard.press("Enter")
    assert place(tab)[0] == 3


def test_without_sources_there_is_no_program(opened: Open) -> None:
    assert opened(learning()).is_hidden("#program")


def test_pointing_at_the_current_box_leaves_its_border(opened: Open) -> None:
    tab = opened(traced(), reduced_motion="reduce")
    tab.fill("#slider", "18")
    now = tab.locator(".view:visible .node.now")
    border = "box => getComputedStyle(box.querySelector('path, polygon')).stroke"
    before = now.evaluate(border)
    now.hover()
    assert "linked" in (now.get_attribute("class") or "")
    assert now.evaluate(border) == before
    assert now.evaluate("box => getComputedStyle(box).outlineStyle") == "dotted"
