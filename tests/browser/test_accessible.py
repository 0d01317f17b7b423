"""axe-core, which checks accessibility, finds no violation on any page, light and dark, on a laptop and a phone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from microgradnet import page
from microgradnet._shared.webpage import WebPage
from microgradnet.playground.server import Server
from microgradnet.stepping.tracing import trace_source
from microgradnet.teach.examples import EXAMPLES
from microgradnet.teach.misconceptions import MISCONCEPTIONS, example, run
from microgradnet.teach.story import story
from microgradnet.teach.worksheets import worksheet
from tests.browser.test_landscape import xor
from tests.browser.test_playground import settled
from tests.serving import answering

SIZES = {"laptop": {"width": 1280, "height": 720}, "phone": {"width": 390, "height": 844}}

EDITOR = "scrollable-region-focusable: [['.cm-scroller']]"
"""CodeMirror's text field lies in what scrolls and scrolls it; axe-core does not see that."""


def playing() -> WebPage:
    with trace_source():
        return page(EXAMPLES["learning"].build(), title="Learning")


def plane() -> WebPage:
    loss, plane, _ = xor()
    return page(loss, plane=plane)


def misconception() -> WebPage:
    return run(example.build(), next(iter(MISCONCEPTIONS))).page()


PAGES: dict[str, Callable[[], WebPage]] = {
    "learning": playing,
    "layers": lambda: page(EXAMPLES["layers"].build()),
    "plane": plane,
    "worksheet": lambda: worksheet(EXAMPLES["neuron"].build()).page(),
    "misconception": misconception,
    "story": lambda: story("learning"),
}


def violations(tab: Any) -> list[str]:
    """What axe-core finds, one line a rule: its name and the first elements that break it."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(tab).response["violations"]
    return [f"{rule['id']}: {[node['target'] for node in rule['nodes'][:4]]}" for rule in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_no_violation(browser: Any, tmp_path: Path, name: str, size: str, scheme: str) -> None:
    file = PAGES[name]().save(tmp_path / "page.html")
    context = browser.new_context(viewport=SIZES[size], color_scheme=scheme, reduced_motion="reduce")
    tab = context.new_page()
    tab.goto(file.as_uri())
    found = violations(tab)
    if tab.locator("#end:enabled").count():
        tab.click("#end")
        found += violations(tab)
    context.close()
    assert found == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_in_an_open_neuron(browser: Any, tmp_path: Path, scheme: str) -> None:
    file = page(EXAMPLES["layers"].build()).save(tmp_path / "page.html")
    context = browser.new_context(viewport=SIZES["laptop"], color_scheme=scheme, reduced_motion="reduce")
    tab = context.new_page()
    tab.goto(file.as_uri())
    tab.click("button[data-view=neurons]")
    tab.get_by_role("button", name="a⁽²⁾₁: open").press("Enter")
    tab.click("#end")
    found = violations(tab)
    context.close()
    assert found == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_in_the_playground(browser: Any, scheme: str) -> None:
    server = Server(seconds=20)
    with answering(server):
        context = browser.new_context(viewport=SIZES["laptop"], color_scheme=scheme, reduced_motion="reduce")
        tab = context.new_page()
        tab.goto(server.address)
        settled(tab)
        found = violations(tab)
        context.close()
    assert [rule for rule in found if rule != EDITOR] == []


def test_a_violation_would_be_found(browser: Any, tmp_path: Path) -> None:
    file = playing().save(tmp_path / "page.html")
    context = browser.new_context()
    tab = context.new_page()
    tab.goto(file.as_uri())
    tab.evaluate("document.getElementById('eta').closest('label').replaceWith(document.getElementById('eta'))")
    found = violations(tab)
    context.close()
    assert any(rule.startswith("label: ") for rule in found)
