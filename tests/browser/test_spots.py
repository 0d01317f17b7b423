"""Pills of local derivatives on arrows: each on its own, apart from boxes, other pills and other arrows."""

from pathlib import Path
from typing import Any

import pytest

from microgradnet.teach.examples import EXAMPLES
from microgradnet.teach.misconceptions import run
from tests.browser.conftest import Open
from tests.browser.test_stage import LAPTOP, text_size

# Of the visible pills of a picture: how many are on arrows, and the texts of those that lie on a box, on another pill,
# on another arrow, not on their own, and of those that are condensed to less than a part of their width.
FAULTS = """([svg, arrowOf, least]) => {
    const extent = (part) => part.getBoundingClientRect();
    const meets = (a) => (b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
    const isVisible = (part) => !part.closest("[visibility=hidden], [hidden]");
    const arrows = [...svg.querySelectorAll(".edge")].map((arrow) => {
        const line = arrow.querySelector("path"), screen = line.getScreenCTM(), length = line.getTotalLength();
        const points = [...Array(400).keys()].map((k) => line.getPointAtLength(length * k / 399));
        return { arrow, points: points.map((point) => new DOMPoint(point.x, point.y).matrixTransform(screen)) };
    });
    const boxes = [...svg.querySelectorAll(".node:not(.pill)")].filter(isVisible)
        .map((box) => extent(box.querySelector("path, polygon")));
    const frames = [...svg.querySelectorAll(".pill, .local")].filter(isVisible)
        .filter((frame) => !frame.querySelector(".local"))
        .map((frame) => ({ arrow: arrowOf(frame), extent: extent(frame.querySelector("rect")),
                           text: frame.querySelector("text").textContent, frame }));
    const isUnder = ({ extent: { left, right, top, bottom } }, { points }) =>
        points.some(({ x, y }) => x > left && x < right && y > top && y < bottom);
    const on = frames.filter(({ arrow }) => arrow), textsOf = (some) => some.map(({ text }) => text);
    const condensed = ({ frame }) => {
        const text = frame.querySelector("text"), copy = text.cloneNode(true);
        copy.removeAttribute("textLength");
        text.after(copy);
        const part = extent(text).width / extent(copy).width;
        copy.remove();
        return part < least;
    };
    return {
        count: on.length,
        box: textsOf(on.filter((one) => boxes.some(meets(one.extent)))),
        pill: textsOf(frames.filter((one) => frames.some((other) => other !== one && meets(one.extent)(other.extent)))),
        other: textsOf(on.filter((one) => arrows.some((line) => line.arrow !== one.arrow && isUnder(one, line)))),
        off: textsOf(on.filter((one) => !isUnder(one, arrows.find(({ arrow }) => arrow === one.arrow)))),
        condensed: textsOf(frames.filter(condensed)),
    };
}"""
ON_PAGE = "(frame) => current.pills.find(({ pill, isArrow }) => isArrow && pill === frame)?.place"
ON_COMPARISON = """(frame) => {
    const pill = frame.closest(".pill");
    return pill && document.getElementById(pill.id.replace("-le", "-e"));
}"""
NONE: dict[str, list[str]] = {"box": [], "pill": [], "other": [], "off": [], "condensed": []}
ARROWS = {"neuron": 5, "two-neurons": 1, "two-inputs": 2, "layers": 6, "learning": 2, "activation": 0, "biology": 0}


def faults(svg: str, arrow_of: str, least: float) -> str:
    return f"({FAULTS})([{svg}, {arrow_of}, {least}])"


@pytest.mark.parametrize("name", EXAMPLES)
def test_on_the_page_of_an_example_each_pill_lies_on_its_arrow_alone(opened: Open, name: str) -> None:
    tab = opened(EXAMPLES[name].build(), viewport=LAPTOP, reduced_motion="reduce")
    tab.keyboard.press("End")
    found = tab.evaluate(faults("current.svg", ON_PAGE, 0.98))
    narrow = {"∂0.07176", "∂0.01487"} if name == "layers" else set()  # between four arrows is no room for them
    assert {*found["condensed"]} <= narrow
    assert {**found, "condensed": []} == {"count": ARROWS[name], **NONE}
    for step in range(tab.evaluate("timeline.length")):
        tab.evaluate("go", step + 1)
        found = tab.evaluate(faults("current.svg", ON_PAGE, 0.98))
        assert (found["box"], found["pill"]) == ([], []), f"step {step + 1}"


@pytest.mark.parametrize("name", EXAMPLES)
def test_in_a_comparison_each_pill_lies_on_its_arrow_alone(opened_file: Any, tmp_path: Path, name: str) -> None:
    file = run(EXAMPLES[name].build(), "no-topological-order").page().save(tmp_path / "page.html")
    tab = opened_file(file, viewport=LAPTOP)
    least = 0.98
    for side in (0, 1):
        found = tab.evaluate(faults(f"sides[{side}].svg", ON_COMPARISON, least))
        assert {**found, "count": 0} == {"count": 0, **NONE}
        assert (found["count"] > 0) == (name in {"two-neurons", "two-inputs", "layers", "learning"})


# Of each visible pill, in CSS pixels: between its edge and ∂, and, besides the advance of ∂, between ∂ and the number.
AIR = """() => [...current.svg.querySelectorAll(".pill[visibility=visible]")].map((pill) => {
    const [frame, text] = pill.children, scale = current.zoom;
    const before = text.getBoundingClientRect().left - frame.getBoundingClientRect().left;
    const [sign, digit] = [0, 1].map((at) => text.getExtentOfChar(at));
    return [before, (digit.x - sign.x - sign.width) * scale];
})"""


def test_the_text_of_a_pill_has_air_at_a_small_scale(opened: Open) -> None:
    tab = opened(EXAMPLES["layers"].build(), viewport=LAPTOP, reduced_motion="reduce")
    tab.keyboard.press("End")
    air = tab.evaluate(AIR)
    assert len(air) >= 25
    assert min(before for before, _ in air) >= 3.4
    assert min(between for _, between in air) >= 2.5  # of the condensed one; 2.9 where dot leaves it more room


def test_the_room_for_pills_leaves_the_text_of_layers_legible(opened: Open) -> None:
    assert text_size(opened(EXAMPLES["layers"].build(), viewport=LAPTOP)) >= 11.3


def test_a_pill_on_another_arrow_or_a_box_would_be_seen(opened: Open) -> None:
    tab = opened(EXAMPLES["layers"].build(), viewport=LAPTOP, reduced_motion="reduce")
    tab.keyboard.press("End")
    tab.evaluate("""() => {
        for (const { pill, isArrow } of current.pills) if (!isArrow) pill.remove();
        const [one, other] = current.pills.filter(({ isArrow }) => isArrow);
        one.pill.setAttribute("transform", other.pill.getAttribute("transform"));
    }""")
    assert tab.evaluate(faults("current.svg", ON_PAGE, 0.98))["pill"]
    tab.evaluate("""() => {
        const [one, other] = current.pills.filter(({ isArrow }) => isArrow);
        const line = other.place.querySelector("path"), { x, y } = line.getPointAtLength(line.getTotalLength() / 2);
        one.pill.setAttribute("transform", `translate(${x} ${y})`);
    }""")
    found = tab.evaluate(faults("current.svg", ON_PAGE, 0.98))
    assert found["other"]
    assert found["off"]
