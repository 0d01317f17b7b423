"""Where the lines of an equation end: before = or a term, and in a term that is longer than a line before ·."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from microgradnet import Value
from microgradnet.teach.examples import EXAMPLES
from microgradnet.teach.misconceptions import run
from tests.browser.conftest import Open
from tests.browser.test_page import PHONE
from tests.browser.test_stage import LAPTOP, SMALL

if TYPE_CHECKING:
    from playwright.sync_api import Page

# The lines of the text of an element, as they are seen.
LINES = """(element) => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT), range = document.createRange(), lines = [];
    let bottom = -Infinity;
    while (walker.nextNode()) {
        for (let i = 0; i < walker.currentNode.length; i++) {
            range.setStart(walker.currentNode, i);
            range.setEnd(walker.currentNode, i + 1);
            const box = range.getBoundingClientRect();
            if (box.width && box.top > bottom - 3) lines.push("");
            if (box.width) bottom = box.bottom;
            lines[Math.max(0, lines.length - 1)] += range.toString();
        }
    }
    return lines.map((line) => line.trim());
}"""
BREAKS = ("= ", "+= ", "→ ", "+ ", "− ")


def broken(lines: list[str]) -> list[str]:
    """The lines that begin elsewhere than they should."""
    assert "" not in lines
    return [line for line in lines[1:] if not line.startswith((*BREAKS, "· "))]


@pytest.mark.parametrize("viewport", [PHONE, SMALL, LAPTOP], ids=["phone", "small", "laptop"])
@pytest.mark.parametrize("presents", [False, True], ids=["", "presented"])
@pytest.mark.parametrize("name", ["learning", "layers"])
def test_a_line_of_an_equation_begins_with_an_equals_sign_or_a_term(
    opened: Open, name: str, presents: bool, viewport: Any
) -> None:
    tab = opened(EXAMPLES[name].build(), viewport=viewport, reduced_motion="reduce")
    tab.evaluate("present", presents)
    found = [
        tab.evaluate(f"(step) => {{ go(step); return ({LINES})(at('equation')); }}", step + 1)
        for step in range(tab.evaluate("timeline.length"))
    ]
    assert [broken(lines) for lines in found] == [[]] * len(found)
    if viewport is PHONE:
        assert max(map(len, found)) > 2
    else:
        assert not any(line.startswith("· ") for lines in found for line in lines), "there each term has room"


def test_a_text_is_read_as_it_is_written(opened: Open) -> None:
    tab = opened(EXAMPLES["learning"].build(), viewport=PHONE)
    for step in range(tab.evaluate("timeline.length")):
        tab.evaluate("go", step + 1)
        written, text = tab.evaluate("[at('equation').textContent, timeline[position - 1].text()]")
        assert written == text


@pytest.mark.parametrize("name", ["f(", "b)"])
def test_a_bracket_in_a_name_does_not_keep_an_equation_on_one_line(opened: Open, name: str) -> None:
    x, w = Value(3.0, name), Value(0.123456789, "w")
    tab = opened((x * w + w) * w, viewport=PHONE)
    parts = tab.evaluate("[...timeline.keys()].map((i) => (go(i + 1), at('equation').children.length))")
    assert min(parts) > 1, "in every step"


def test_on_a_phone_the_equations_of_both_passes_have_such_lines(opened_file: Any, tmp_path: Path) -> None:
    file = run(EXAMPLES["learning"].build(), "stale-gradients").page().save(tmp_path / "page.html")
    tab: Page = opened_file(file, viewport=PHONE)
    found = [
        lines
        for step in range(tab.evaluate("last"))
        for lines in tab.evaluate(
            f"(step) => {{ show(step); return sides.map(({{ equation }}) => ({LINES})(equation)); }}", step + 1
        )
    ]
    assert [broken(lines) for lines in found] == [[]] * len(found)
    assert max(map(len, found)) > 1
