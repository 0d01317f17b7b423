"""The pages of worksheets and of comparisons, used as a learner does."""

import math
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from microgradnet import MLP, Value, stepping
from microgradnet._shared.webpage import WebPage
from microgradnet.cli.main import main
from microgradnet.notation.names import number
from microgradnet.teach.classroom import Classroom
from microgradnet.teach.examples import EXAMPLES
from microgradnet.teach.misconceptions import MISCONCEPTIONS, example, run
from microgradnet.teach.story import story
from microgradnet.teach.worksheets import grade, worksheet
from tests.notation.test_reading import AMBIGUOUS, READ
from tests.teach.classroom.test_classroom import classroom as classroom  # noqa: PLC0414 - a fixture
from tests.teach.classroom.test_classroom import sheet as classroom_sheet
from tests.teach.story.test_story import data_of
from tests.teach.worksheets.test_grading import neuron

if TYPE_CHECKING:
    from playwright.sync_api import Page

Open = Callable[..., "Page"]
SIDES = ("top", "right", "bottom", "left")
CUT = """(width) => {
    const within = (a, b) => ["left", "top"].every((side) => a[side] >= b[side] - 1) &&
                             ["right", "bottom"].every((side) => a[side] <= b[side] + 1);
    const shown = [...document.querySelectorAll(".picture svg")].filter((svg) => svg.checkVisibility());
    return shown.map((svg) => [svg, svg.closest(".picture")].map((each) => each.getBoundingClientRect()))
        .filter(([svg, pane]) => !within(svg, pane) || pane.right > width || pane.left < 0 || svg.height < 100)
        .map(([svg, pane]) => [svg.right, svg.bottom, pane.right, pane.bottom]);
}"""


@pytest.fixture
def opened(opened_file: Open, tmp_path: Path) -> Open:
    """Opens a page, as `opened_file` does."""

    def open_page(made: WebPage, **options: Any) -> "Page":
        viewport = {"viewport": {"width": 1280, "height": 900}}
        return opened_file(made.save(tmp_path / "page.html"), **(viewport | options))

    return open_page


def verdict_of(tab: "Page", blank: int) -> str:
    text: str = tab.inner_text(f"li:nth-child({blank}) .verdict")
    return text


def test_answers_are_marked_as_they_are_given(opened: Open) -> None:
    sheet = worksheet(neuron())
    tab = opened(sheet.page())
    assert tab.inner_text("#score") == "0 of 9 right"
    for blank in sheet.blanks:
        tab.fill(f"#blank-{blank.number}", f"{blank.answer:.3g}".replace("-", "−"))
        assert "✓ right" in verdict_of(tab, blank.number)
        assert blank.working[0] in verdict_of(tab, blank.number)
    assert tab.inner_text("#score") == "9 of 9 right: all done"


def test_a_wrong_answer_is_wrong_when_it_is_done(opened: Open) -> None:
    tab = opened(worksheet(neuron()).page())
    tab.fill("#blank-4", "0.3977")
    assert verdict_of(tab, 4) == ""
    tab.press("#blank-4", "Tab")
    assert "✗ not yet: perhaps the minus is lost." in verdict_of(tab, 4)
    tab.fill("#blank-4", "77")
    tab.press("#blank-4", "Tab")
    assert "ask for a hint" in verdict_of(tab, 4)
    tab.fill("#blank-9", "-0.01")
    tab.press("#blank-9", "Tab")
    assert verdict_of(tab, 9) == "✗ not yet: rounded too far: give 3 digits"
    tab.fill("#blank-4", "1,000")
    tab.press("#blank-4", "Tab")
    assert verdict_of(tab, 4) == "✗ not yet: “1,000” is ambiguous: write 1000 or 1.000"
    tab.fill("#blank-4", "")
    tab.press("#blank-4", "Tab")
    assert verdict_of(tab, 4) == ""
    assert tab.get_attribute("#blank-4", "aria-invalid") == "false"


def test_what_follows_from_a_mistake_is_counted(opened: Open) -> None:
    """As the teacher's page counts it; once the mistake is put right, what followed from it is wrong."""
    sheet = worksheet(neuron())
    tab = opened(sheet.page())
    right = [repr(blank.answer) for blank in sheet.blanks]
    answers = [*right[:3], "0.3977", "0.0953"]  # a.grad without its minus, and z.grad from it
    for place, answer in enumerate(answers, start=1):
        tab.fill(f"#blank-{place}", answer)
    tab.press("#blank-5", "Tab")
    marks = grade(sheet, [*answers, None, None, None, None])
    assert tab.inner_text("#score") == f"{marks.points} of 9 right" == "4 of 9 right"
    assert verdict_of(tab, 5) == "✓ right so far: follows rightly from a mistake before"
    assert tab.locator("text.blank:visible", has_text="(4)").text_content() == "grad (4) ✗0.3977"
    tab.fill("#blank-4", right[3])
    tab.press("#blank-4", "Tab")
    assert verdict_of(tab, 5).startswith("✗ not yet")


@pytest.mark.parametrize("is_refused", [False, True])
def test_a_reload_keeps_the_answers_saved_by_number(is_refused: bool, opened_file: Open, tmp_path: Path) -> None:
    tab = opened_file(worksheet(neuron()).page().save(tmp_path / "page-07.html"))
    if is_refused:
        tab.add_init_script(REFUSED)
        tab.reload()
    tab.fill("#blank-1", "0.5")
    tab.fill("#blank-2", "half")
    tab.press("#blank-2", "Tab")
    tab.reload()
    assert (tab.input_value("#blank-1"), tab.input_value("#blank-2")) == ("0.5", "half")
    assert tab.inner_text("#score") == "1 of 9 right"
    assert "is no number" in verdict_of(tab, 2)
    with tab.expect_download() as waiting:
        tab.click("#save")
    assert waiting.value.suggested_filename == "answers-07.csv"


def test_an_answer_whose_number_before_has_changed_is_to_be_computed_again(opened: Open) -> None:
    sheet = worksheet(EXAMPLES["two-neurons"].build())
    tab = opened(sheet.page())
    for blank in (1, 2):
        tab.fill(f"#blank-{blank}", "1")
        tab.press(f"#blank-{blank}", "Tab")
    assert "✓ right so far" in verdict_of(tab, 2)
    tab.fill("#blank-1", repr(sheet.blanks[0].answer))
    tab.press("#blank-1", "Tab")
    assert verdict_of(tab, 2) == "✗ not yet: the number that it followed from has changed: compute it again"
    tab.fill("#blank-2", "7")
    tab.press("#blank-2", "Tab")
    assert "compute it again" not in verdict_of(tab, 2)


def test_a_long_answer_is_cut_between_characters(opened: Open) -> None:
    tab = opened(worksheet(neuron()).page())
    tab.fill("#blank-1", "x" + "😀" * 120)  # 😀 is two halves in JavaScript
    tab.press("#blank-1", "Tab")
    assert "“x" + "😀" * 58 + "…”" in verdict_of(tab, 1)
    assert tab.locator("text.blank", has_text="✗x😀").first.text_content()
    assert tab.evaluate("document.documentElement.outerHTML.isWellFormed()")
    assert tab.evaluate("answers()[1]") == "x" + "😀" * 99


def test_hints_lead(opened: Open) -> None:
    sheet = worksheet(neuron())
    tab = opened(sheet.page())
    for hint in (*sheet.blanks[4].hints, sheet.blanks[4].hints[0]):
        tab.click("li:nth-child(5) button")
        assert verdict_of(tab, 5) == f"Hint: {hint}"
    tab.fill("#blank-5", "77")
    tab.press("#blank-5", "Tab")
    tab.click("li:nth-child(5) button")
    assert verdict_of(tab, 5).startswith("✗ not yet: no known mistake explains it\n"), "there is no further hint"
    assert "Hint: " in verdict_of(tab, 5)


def test_what_is_written_stands_in_the_picture(opened: Open) -> None:
    tab = opened(worksheet(neuron()).page())
    tab.fill("#blank-1", "77")
    assert "grad (1) 77" in tab.eval_on_selector_all("svg text", "all => all.map(one => one.textContent)")
    tab.fill("#blank-1", "")
    assert "grad (1) ________" in tab.eval_on_selector_all("svg text", "all => all.map(one => one.textContent)")


def test_two_blanks_in_one_text_are_filled_in_both(opened: Open) -> None:
    x = Value(3.0, "x")
    tab = opened(worksheet(x * x, "local derivatives").page())
    tab.fill("#blank-1", "3")
    tab.fill("#blank-2", "$4")
    tab.press("#blank-2", "Tab")
    assert "∂ (1) ✓3 + (2) ✗$4" in tab.locator(".picture").text_content()


def test_a_blank_is_filled_in_where_it_stands_in_the_picture(opened: Open) -> None:
    sheet = worksheet(neuron())
    tab = opened(sheet.page())
    tab.locator("text.blank:visible", has_text="(2)").click()
    tab.keyboard.type(repr(sheet.blanks[1].answer))
    tab.keyboard.press("Enter")
    assert tab.input_value("#blank-2") == repr(sheet.blanks[1].answer)
    assert "✓ right" in verdict_of(tab, 2)
    assert tab.locator("text.blank:visible", has_text="(2)").text_content() == "grad (2) ✓0.3977…"
    assert tab.locator("input.there").get_attribute("aria-label") == f"(3) {sheet.blanks[2].name}"  # Enter went on
    tab.keyboard.type("77")
    tab.keyboard.press("Escape")
    assert tab.locator("input.there").count() == 0
    assert "✗ not yet" in verdict_of(tab, 3)


def test_what_is_typed_in_the_picture_is_kept_at_each_letter(opened: Open) -> None:
    tab = opened(worksheet(neuron()).page())
    tab.locator("text.blank:visible", has_text="(2)").click()
    tab.keyboard.type("0.12")
    assert tab.evaluate("JSON.parse(kept())") == {"2": "0.12"}


def pages_of(browser: Any, file: Path) -> int:
    tab = browser.new_page()
    tab.goto(file.as_uri())
    count = count_of(tab.pdf(prefer_css_page_size=True))
    tab.close()
    return count


def count_of(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


@pytest.mark.parametrize("paper", ["A4", "Letter"])
@pytest.mark.parametrize("name", EXAMPLES)
def test_a_printed_sheet_and_its_key_are_one_page_each(name: str, paper: str, browser: Any, tmp_path: Path) -> None:
    sheet = worksheet(EXAMPLES[name].build())
    for page in (sheet.printed(paper), sheet.key(paper)):
        assert pages_of(browser, page.save(tmp_path / "page.html")) == 1


@pytest.mark.parametrize("paper", ["A4", "Letter"])
@pytest.mark.parametrize("name", EXAMPLES)
def test_a_printed_key_can_be_read(name: str, paper: str, opened: Open) -> None:
    key = worksheet(EXAMPLES[name].build()).key(paper)
    room = key._room(key._layout.turned)
    tab = opened(key, viewport=dict(zip(("width", "height"), (side * 4 // 3 for side in room), strict=True)))
    tab.emulate_media(media="print")
    picture, *texts = tab.evaluate("""() => {
        const svg = document.querySelector(".picture svg"), box = svg.getBoundingClientRect();
        const { width, height } = svg.viewBox.baseVal, written = [...document.querySelectorAll("li, li *")];
        const texts = written.map((one) => parseFloat(getComputedStyle(one).fontSize));
        return [13 * Math.min(box.width / width, box.height / height), ...texts].map((pixels) => 0.75 * pixels);
    }""")
    assert picture >= 7
    assert min(texts) >= 8


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_a_sheet_of_many_blanks_and_its_key_are_a_page_each_that_can_be_read(
    paper: str, opened: Open, browser: Any, tmp_path: Path
) -> None:
    sheet = worksheet(EXAMPLES["layers"].build(), ["values", "grads"])
    for page in (sheet.printed(paper), sheet.key(paper)):
        assert pages_of(browser, page.save(tmp_path / "page.html")) == 1
        room = page._room(page._layout.turned)
        tab = opened(page, viewport=dict(zip(("width", "height"), (side * 4 // 3 for side in room), strict=True)))
        tab.emulate_media(media="print")
        scale = tab.evaluate("""() => {
            const svg = document.querySelector(".picture svg"), box = svg.getBoundingClientRect();
            return Math.min(box.width / svg.viewBox.baseVal.width, box.height / svg.viewBox.baseVal.height);
        }""")
        assert 0.75 * 13 * scale >= 6.5, "points"


PLAYED: dict[str, Callable[[], WebPage]] = {
    "story": story,
    **{name: partial(lambda name: worksheet(EXAMPLES[name].build()).page(), name) for name in EXAMPLES},
    **{name: partial(lambda name: run(example.build(), name).page(), name) for name in MISCONCEPTIONS},
    "without a divergence": lambda: run(EXAMPLES["learning"].build(), "no-topological-order").page(),
}
PAPERS = {"A4": (698, 1026), "Letter": (720, 960)}  # CSS pixels between margins of half an inch


@pytest.mark.parametrize("name", PLAYED)
def test_a_played_page_is_printed_whole_on_one_page(name: str, opened: Open) -> None:
    tab = opened(PLAYED[name](), color_scheme="dark")
    for last in tab.locator("#part:enabled, #end:enabled").all()[-1:]:
        last.click()
    for paper in PAPERS:
        assert count_of(tab.pdf(format=paper, margin=dict.fromkeys(SIDES, "0.5in"))) == 1
    tab.emulate_media(media="print")
    assert tab.evaluate("getComputedStyle(document.body).color") == "rgb(28, 35, 41)", "as in the light"
    for short, long in PAPERS.values():
        for width, height in ((short, long), (long, short)):
            tab.set_viewport_size({"width": width, "height": height})
            assert tab.evaluate(CUT, width) == []


def test_thirty_copies_print_without_an_empty_page(browser: Any, tmp_path: Path) -> None:
    assert main(["worksheet", "learning", "--copies", "30", "-o", str(tmp_path / "class")]) == 0
    for kind in ("sheets", "keys"):
        assert pages_of(browser, tmp_path / "class" / f"{kind}.html") == 30


def test_a_sheet_of_many_blanks_goes_on_to_further_pages(browser: Any, tmp_path: Path) -> None:
    """And so the test above can fail."""
    network = MLP(2, [4, 4, 1], seed=1)
    assert pages_of(browser, worksheet(network([0.5, -1.0])).printed().save(tmp_path / "page.html")) > 1


@pytest.mark.parametrize(
    "make", [lambda: worksheet(neuron()).page(), lambda: stepping.page(neuron())], ids=["worksheet", "page"]
)
def test_pages_read_numbers_as_python_does(make: Callable[[], WebPage], opened: Open) -> None:
    tab = opened(make())
    in_page = "(all) => all.map(readNumber).map((x) => (typeof x === 'string' ? 'ambiguous' : x))"
    found = tab.evaluate(in_page, list(READ))
    read = [x if x == AMBIGUOUS or math.isfinite(x) else None for x in found]
    assert dict(zip(READ, read, strict=True)) == READ


def test_the_saved_answers_are_marked(opened: Open, tmp_path: Path) -> None:
    sheet = worksheet(neuron(), name='a "name", with; signs')
    tab = opened(sheet.page())
    tab.fill("#blank-1", "0,5")
    with tab.expect_download() as waiting:
        tab.click("#save")
    waiting.value.save_as(tmp_path / "answers.csv")
    verdicts = [mark.verdict for mark in grade(sheet, tmp_path / "answers.csv").marks]
    assert verdicts == ["right"] + ["missing"] * 8


@pytest.mark.parametrize("size", [(1280, 720), (390, 844), (1920, 1080)])
@pytest.mark.parametrize("hide", ["grads", "local derivatives"])
def test_nothing_lies_beside_the_page(size: tuple[int, int], hide: str, opened: Open) -> None:
    tab = opened(worksheet(neuron(), hide).page(), viewport={"width": size[0], "height": size[1]})
    assert tab.evaluate("document.documentElement.scrollWidth") <= size[0]
    for i in range(1, 10):
        box = tab.locator(f"#blank-{i}").bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= size[0]


@pytest.mark.parametrize("name", EXAMPLES)
def test_of_a_printed_sheet_on_a_phone_the_picture_alone_is_scrolled(name: str, opened: Open) -> None:
    sheet = worksheet(EXAMPLES[name].build())
    for page in (sheet.printed(), sheet.key()):
        tab = opened(page, viewport={"width": 390, "height": 844})
        assert tab.evaluate("document.documentElement.scrollWidth") == 390
        rights = tab.locator("p *, li *").evaluate_all("all => all.map(one => one.getBoundingClientRect().right)")
        assert max(rights) <= 390 - 16
        text = "all => Math.min(...all.map(one => one.getBoundingClientRect().height))"
        assert tab.locator("svg text").evaluate_all(text) >= 11


def test_a_printed_sheet_in_the_dark_is_dark_around_its_picture_too(opened: Open) -> None:
    tab = opened(worksheet(neuron()).printed(), color_scheme="dark")
    colour = "getComputedStyle(document.body).{}"
    assert tab.evaluate(colour.format("backgroundColor")) == "rgb(12, 16, 20)"
    tab.emulate_media(media="print")
    assert tab.evaluate(colour.format("color")) == "rgb(0, 0, 0)"


@pytest.mark.parametrize("name", MISCONCEPTIONS)
def test_both_passes_come_to_their_gradients(name: str, opened: Open) -> None:
    comparison = run(example.build(), name)
    tab = opened(comparison.page())
    tab.click("#part")
    assert comparison.verdict() == tab.inner_text("#verdict")
    assert comparison.parting
    at = comparison.parting.step
    assert tab.inner_text("#wrong .equation > p") == comparison.equation(comparison.wrong[at], is_wrong=True)
    tab.keyboard.press("ArrowLeft")
    assert tab.inner_text("#verdict") == ""
    tab.click("#end")
    for place, side in enumerate(("right", "wrong")):
        shown = tab.eval_on_selector_all(f"#{side} svg text", "all => all.map(one => one.textContent)")
        numbers = {text.split()[1] for text in shown if text.startswith("grad ")}
        assert {number(both[place]) for both in comparison.gradients.values()} <= numbers
    differing = sum(number(right) != number(wrong) for right, wrong in comparison.gradients.values())
    values = (
        "(side) => new Set(side.rows.filter(({ text }) => text.querySelector('.differs')).map(({ of }) => of)).size"
    )
    assert tab.evaluate(f"sides.map({values})") == [0, differing]
    tab.click("#start")
    assert tab.inner_text("#right .equation > p") == "No gradient has been passed on yet."


@pytest.mark.parametrize("size", [(1280, 720), (390, 844)])
def test_the_lab_fits_its_window(size: tuple[int, int], opened: Open) -> None:
    tab = opened(run(example.build(), "overwritten").page(), viewport={"width": size[0], "height": size[1]})
    assert tab.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_a_picture_that_is_cut_has_a_shadow_at_the_edge(opened: Open) -> None:
    tab = opened(worksheet(EXAMPLES["layers"].build()).page(), viewport={"width": 1280, "height": 720})
    whole = "({scrollHeight, clientHeight}) => scrollHeight <= clientHeight"
    assert tab.eval_on_selector(".picture", whole), "the result is in sight"
    tab.set_viewport_size({"width": 1280, "height": 500})
    assert not tab.eval_on_selector(".picture", whole)
    box = tab.locator(".picture").bounding_box()
    assert box

    def edge() -> bytes:
        y = box["y"] + box["height"] - 6
        taken: bytes = tab.screenshot(clip={"x": box["x"] + box["width"] / 2, "y": y, "width": 4, "height": 4})
        return taken

    shadow = edge()
    tab.eval_on_selector(".picture", "(one) => one.scrollTo({top: 1e6, behavior: 'instant'})")
    assert edge() != shadow


def test_the_story_is_played_to_its_end(opened: Open) -> None:
    """Every answer right at once; the last number of each chapter stands in the picture."""
    page = story()
    tab = opened(page)
    assert not tab.get_by_role("heading", name="So far").is_visible()
    chapters = data_of(page)["chapters"]
    for place, chapter in enumerate(chapters, start=1):
        assert tab.inner_text("#chapter") == chapter["title"]
        for blank in chapter["blanks"]:
            assert tab.inner_text("#question") == f"What will {blank['name']} be?"
            tab.fill("#answer", repr(blank["answer"]))
            tab.keyboard.press("Enter")
        count = len(chapter["blanks"])
        assert tab.inner_text("#verdict") == f"The chapter is complete: {count} of {count} at the first try."
        shown = tab.eval_on_selector_all("section:not([hidden]) svg text", "all => all.map(one => one.textContent)")
        assert not any("__" in text for text in shown)
        assert tab.inner_text("nav button[aria-current=page]") == f"✓ {place}"
        if place < len(chapters):
            tab.keyboard.press("Enter")  # on "Next: …"
    assert tab.is_hidden("#next")


def test_the_story_answers_nothing_a_wrong_sign_and_a_long_text(opened: Open) -> None:
    page = story("neuron")
    tab = opened(page)
    assert tab.inner_text("#count").endswith(", to 3 digits")
    tab.click("#check")
    assert tab.inner_text("#verdict") == "Write a number, or press Hint."
    width = tab.locator("aside").bounding_box()["width"]
    tab.click("#answer")
    tab.keyboard.type("9" * 400)
    tab.click("#check")
    assert tab.inner_text("#verdict").startswith("✗ not yet: ")
    assert tab.locator("aside").bounding_box()["width"] == width
    right = data_of(page)["chapters"][0]["blanks"][0]["answer"]
    tab.fill("#answer", repr(-right))
    tab.click("#check")
    assert tab.inner_text("#verdict") == "✗ not yet: its sign is the other one"


def test_the_story_recognises_a_misconception_and_goes_on(opened: Open) -> None:
    page = story("learning")
    tab = opened(page)
    blank = next(blank for blank in data_of(page)["chapters"][0]["blanks"] if blank["name"] == "z₂.grad")
    while tab.inner_text("#question") != f"What will {blank['name']} be?":
        tab.click("#show")
    tab.fill("#answer", "0.4653")
    tab.click("#check")
    assert tab.inner_text("#verdict").startswith("✗ not yet: perhaps the derivative of the activation is left out.")
    tab.fill("#answer", "0.09")
    tab.click("#check")
    assert tab.inner_text("#verdict") == "✗ not yet: rounded too far: give 3 digits"
    tab.click("#hint")
    assert tab.inner_text("#verdict") == f"Hint: {blank['hints'][0]}"
    tab.fill("#answer", "half")
    tab.click("#check")
    assert tab.inner_text("#verdict").startswith("✗ not yet: “half” is no number")
    done = tab.locator("#steps li").count()
    tab.click("#show")
    assert tab.locator("#steps li").count() == done + 1
    assert tab.inner_text("#verdict") == ""
    said = tab.inner_text("#answered")
    assert said == f"Question {done + 1}, {blank['name']}: shown: {'; '.join(blank['working'])}"
    tab.click("#hint")
    assert tab.inner_text("#answered") == said, "of the question before, above the next"
    assert tab.locator("#answered").bounding_box()["y"] < tab.locator("#question").bounding_box()["y"]


def test_the_story_says_where_it_turns_and_what_its_signs_mean(opened: Open) -> None:
    tab = opened(story("neuron"))
    said = []
    for _ in range(8):
        said.append((tab.inner_text("#phase").partition(":")[0], tab.is_visible("#terms")))
        tab.click("#show")
    assert said == [("Forward", False)] * 3 + [("Backward", True)] + [("Backward", False)] * 4
    for sign in ("∂", "+="):
        assert sign in tab.locator("#terms").text_content()


@pytest.mark.parametrize("size", [(860, 600), (1280, 720), (1920, 1080)])
def test_the_story_has_question_and_picture_in_view_together(size: tuple[int, int], opened: Open) -> None:
    tab = opened(story(), viewport={"width": size[0], "height": size[1]})
    for chapter in tab.locator("#chapters button").all():
        chapter.click()
        text = tab.evaluate("""() => {
            const svg = here.section.querySelector("svg");
            return 13 * svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
        }""")
        assert 10 <= text <= 26.1
        tab.evaluate("scrollTo(0, document.body.scrollHeight)")
        bottoms = [tab.locator(name).bounding_box() for name in ("#answer", ".chapter:not([hidden]) .picture")]
        assert all(0 <= box["y"] < box["y"] + box["height"] <= size[1] for box in bottoms)
        tab.evaluate("scrollTo(0, 0)")


def test_the_story_on_a_phone_has_question_and_buttons_in_view(opened: Open) -> None:
    tab = opened(story(), viewport={"width": 390, "height": 844})
    for chapter in tab.locator("#chapters button").all():
        chapter.click()
        bottoms = tab.evaluate(
            """['#check', '#hint', '#show'].map((id) => document.querySelector(id).getBoundingClientRect().bottom)"""
        )
        assert max(bottoms) <= 844


REFUSED = (
    """Object.defineProperty(window, "localStorage", { get() { throw new DOMException("", "SecurityError"); } })"""
)
TOO_OFTEN = """history.replaceState = () => { throw new DOMException("", "SecurityError"); }"""


def place_in(story_page: Any) -> tuple[str, str, int]:
    """The chapter, the question, and how many answers are written below."""
    steps = story_page.locator("#steps li").count()
    return story_page.inner_text("#chapter"), story_page.inner_text("#question"), steps


def place_after_a_reload(story_page: Any, expected: tuple[str, str, int]) -> tuple[str, str, int]:
    """The place, asked up to ten times: a busy browser hands what it keeps on to its next process a moment later."""
    for _ in range(10):
        story_page.wait_for_timeout(300)
        story_page.reload()
        if place_in(story_page) == expected:
            break
    return place_in(story_page)


@pytest.mark.parametrize("refused", ["", REFUSED, TOO_OFTEN], ids=["all", "tab", "browser"])
def test_the_story_goes_on_where_it_was_after_a_reload(refused: str, opened: Open) -> None:
    page = story("neuron", "learning")
    tab = opened(page)
    tab.evaluate("history.replaceState(null, '')")
    tab.add_init_script(refused)
    tab.reload()
    chapter = data_of(page)["chapters"][1]
    tab.click("nav button:nth-child(2)")
    tab.fill("#answer", repr(chapter["blanks"][0]["answer"]))
    tab.keyboard.press("Enter")
    tab.click("#show")
    place = chapter["title"], f"What will {chapter['blanks'][2]['name']} be?", 2
    assert place_in(tab) == place
    assert place_after_a_reload(tab, place) == place
    assert tab.locator("section:not([hidden]) text.known").count() >= 2
    tab.click("#again")
    place = chapter["title"], f"What will {chapter['blanks'][0]['name']} be?", 0
    assert place_after_a_reload(tab, place) == place
    for _ in chapter["blanks"]:
        tab.click("#show")
    assert place_after_a_reload(tab, (chapter["title"], "", len(chapter["blanks"])))[1] == "", "no question is left"
    assert tab.inner_text("nav button[aria-current=page]") == "✓ 2"
    assert tab.is_hidden("#form")


def test_a_new_tab_goes_on_where_the_last_one_was(opened: Open) -> None:
    tab = opened(story("neuron"))
    tab.click("#show")
    tab.evaluate("history.replaceState(null, '')")  # as in a new tab
    assert tab.evaluate("kept()") == "1-1-0"
    tab.evaluate("localStorage.clear()")
    assert tab.evaluate("kept()") == ""


@pytest.mark.parametrize("kept", ["nonsense", "9-99-99-99-99", "1-2", "2--1-0-0-0", "%"])
def test_a_story_begins_anew_where_its_record_makes_no_sense(kept: str, opened: Open) -> None:
    tab = opened(story("neuron", "layers"))
    tab.evaluate("kept => keep(kept)", kept)
    tab.reload()
    assert tab.inner_text("#chapter") == "One neuron, one input"
    assert "99" not in tab.inner_text("#verdict"), "no more at the first try than there are"


def test_the_story_in_a_notebook_counts_without_storage(opened_file: Open, tmp_path: Path) -> None:
    notebook = tmp_path / "notebook.html"
    notebook.write_text(f"<!doctype html><title>Notebook</title>{story('neuron')._repr_html_()}", "utf-8")
    frame = opened_file(notebook).frames[1]
    frame.click("#show")
    frame.click("#show")
    assert frame.inner_text("#count") == "Question 3 of 8, to 3 digits"
    assert frame.evaluate("kept()") == "1-2-0"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("light", "dark"),
    [('data-jp-theme-light="true"', 'data-jp-theme-light="false"'), ('class="vscode-light"', 'class="vscode-dark"')],
    ids=["lab", "code"],
)
def test_in_a_notebook_a_page_is_light_or_dark_as_the_notebook_is(
    light: str, dark: str, scheme: str, opened_file: Open, tmp_path: Path
) -> None:
    """Whatever the system prefers, in colours of its own, and when the notebook's theme changes."""
    from playwright.sync_api import expect

    notebook, page = tmp_path / "notebook.html", story("neuron")._repr_html_()
    notebook.write_text(f"<!doctype html><title>Notebook</title><body {light}>{page}", "utf-8")
    tab = opened_file(notebook, color_scheme=scheme)
    card = tab.frame_locator("iframe").locator("aside")
    expect(card).to_have_css("background-color", "rgb(255, 255, 255)")
    name, _, value = dark.partition("=")
    tab.evaluate("([name, value]) => document.body.setAttribute(name, value)", [name, value.strip('"')])
    expect(card).to_have_css("background-color", "rgb(20, 25, 30)")
    assert tab.eval_on_selector("iframe", "(frame) => getComputedStyle(frame).filter") == "none"


COUNTED = """<script>
    let observers = 0;
    MutationObserver = class extends MutationObserver {
        constructor(told) { super(told); observers += 1; }
    };
</script>"""


def test_each_page_of_a_notebook_follows_its_theme_and_one_that_is_gone_is_not_kept(
    opened_file: Open, tmp_path: Path
) -> None:
    from playwright.sync_api import expect

    notebook, page = tmp_path / "notebook.html", story("neuron")._repr_html_()
    notebook.write_text(f"<!doctype html><title>Notebook</title>{COUNTED}<body class=vscode-light>{page * 2}", "utf-8")
    tab = opened_file(notebook)
    cards = [tab.frame_locator("iframe").nth(i).locator("aside") for i in (0, 1)]
    for name, colour in (("light", "rgb(255, 255, 255)"), ("dark", "rgb(20, 25, 30)")):
        tab.evaluate("(name) => { document.body.className = `vscode-${name}`; }", name)
        for card in cards:
            expect(card).to_have_css("background-color", colour)
    assert tab.evaluate("observers") == 1, "of the notebook, not of each page"


def test_a_class_of_two_and_its_teacher(browser: Any, classroom: Classroom) -> None:
    """Answers arrive as they are given; a reload keeps them; the teacher's page counts without being touched."""
    said: list[str] = []

    def page_of(secret: str) -> "Page":
        tab: Page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        tab.on("console", lambda message: said.append(message.text))
        tab.on("pageerror", lambda error: said.append(str(error)))
        tab.goto(classroom.address(secret))
        return tab

    store, sheet = classroom.store, classroom_sheet()
    ann, other, teacher = page_of(store.learner), page_of(store.learner), page_of(store.teacher)
    ann.fill("#name", "Ann")
    ann.fill("#blank-1", repr(sheet.blanks[0].answer))
    ann.locator("text.blank:visible", has_text="(2)").click()  # in the picture, too
    ann.keyboard.type(repr(sheet.blanks[1].answer))
    ann.keyboard.press("Escape")
    mistaken = next(blank for blank in sheet.blanks if blank.name == "z₂.grad")
    other.fill(f"#blank-{mistaken.number}", "0.4653")  # the derivative of the activation is left out
    other.fill(f"#blank-{sheet.blanks[-1].number}", "half")
    other.locator("#name").focus()
    teacher.wait_for_selector("text=2 given")
    teacher.wait_for_selector("text=learner 2")
    teacher.wait_for_selector("#mistakes li b")
    teacher.wait_for_selector("#blanks tr:last-child >> text=0 ✓ 0 ✗ 1 ?")
    assert "2 of" in teacher.inner_text("#learners tr:first-child")
    assert "learner 2" in teacher.inner_text("#learners")
    assert f"1 ✓ {int(mistaken.number == 1)} ✗" in teacher.inner_text("#blanks tr:first-child")
    assert teacher.inner_text("#count") == "2 learners"
    assert teacher.inner_text("#address") == classroom.address(store.learner)
    ann.reload()
    assert ann.input_value("#name") == "Ann"
    assert "✓ right" in verdict_of(ann, 2)
    ann.wait_for_selector("text=✓ sent to your teacher")
    for tab in (ann, other, teacher):
        tab.context.close()
    assert said == []


def test_the_teacher_removes_a_learner_with_a_second_press(browser: Any, classroom: Classroom) -> None:
    """By the keyboard and by the mouse; the focus stays while answers come in, and the rest is left alone."""
    from playwright.sync_api import expect

    def answer(learner: str, text: str, version: int = 1) -> None:
        classroom.keep({"learner": learner, "name": learner, "answers": {"1": text}, "version": version})

    names = ("Ann", "Ben", "Cem", "Dee")
    for learner in names:
        answer(learner, "half")
    tab = browser.new_page(viewport={"width": 1280, "height": 720})
    tab.goto(classroom.address(classroom.store.teacher))
    of = {name: tab.locator("#learners tr", has_text=name).get_by_role("button") for name in names}
    of["Ben"].focus()
    tab.keyboard.press("Enter")
    expect(of["Ben"]).to_have_accessible_name("Really? Remove Ben")
    expect(tab.locator("#removal")).to_have_text("Press again to remove Ben, with all answers and mistakes.")
    answer("Ann", "0.5", 2)
    tab.locator("#learners tr", has_text="Ann").locator("text=1 given").wait_for()
    expect(of["Ben"]).to_be_focused()
    tab.keyboard.press("Escape")
    expect(of["Ben"]).to_have_accessible_name("Remove Ben")
    tab.keyboard.press("Enter")
    tab.keyboard.press("Enter")
    expect(tab.locator("#removal")).to_have_text("Ben is removed.")
    expect(of["Cem"]).to_be_focused()
    assert [*classroom.store.learners()] == ["Ann", "Cem", "Dee"]
    of["Dee"].dblclick()
    expect(of["Dee"]).to_have_text("Really?")
    of["Cem"].focus()
    expect(of["Dee"]).to_have_text("Remove")
    for _ in range(3):
        tab.keyboard.down("Enter")  # held
    tab.keyboard.up("Enter")
    expect(of["Cem"]).to_have_text("Really?")
    of["Dee"].click()
    tab.wait_for_timeout(700)  # longer than a double click takes
    of["Dee"].click()
    expect(tab.locator("#count")).to_have_text("2 learners")
    expect(of["Cem"]).to_be_focused()
    assert [*classroom.store.learners()] == ["Ann", "Cem"]
    tab.close()


def test_on_a_phone_no_name_on_the_class_page_is_broken(browser: Any, classroom: Classroom) -> None:
    name = "Maximiliane Wolkensteinertal-Trostburg"
    classroom.keep({"learner": "1", "name": name, "answers": {"1": "half", "2": "1", "3": "1"}, "version": 1})
    tab = browser.new_page(viewport={"width": 390, "height": 844})
    tab.goto(classroom.address(classroom.store.teacher))
    tab.wait_for_selector("text=3 given")
    heights = tab.locator("td:first-child").evaluate_all("all => all.map(one => one.clientHeight)")
    assert len(heights) == 1 + len(classroom_sheet().blanks)
    assert max(heights) < 30, "a line each"
    assert tab.evaluate("document.documentElement.scrollWidth") == 390
    tab.close()


def of_a_learner(context: Any, classroom: Classroom) -> Any:
    """A tab with the sheet of a class."""
    tab = context.new_page()
    tab.goto(classroom.address(classroom.store.learner))
    return tab


def test_a_learner_has_all_answers_in_every_tab(browser: Any, classroom: Classroom) -> None:
    """What one tab gives another shows at once, or after a reload, and takes nothing back."""
    from playwright.sync_api import expect

    context = browser.new_context()
    first, second = (of_a_learner(context, classroom) for _ in range(2))
    first.fill("#blank-1", "0.5")
    first.press("#blank-1", "Tab")
    expect(second.locator("#blank-1")).to_have_value("0.5")
    second.fill("#blank-2", "0.25")
    second.press("#blank-2", "Tab")
    expect(first.locator("#blank-2")).to_have_value("0.25")
    second.evaluate("""() => {
        localStorage.setItem(itsName(), '{"2":"0.25"}');
        history.replaceState('{"2":"0.25"}', "");
    }""")  # as of a tab that had slept
    second.reload()
    expect(second.locator("#blank-1")).to_have_value("0.5")
    second.fill("#blank-2", "")
    second.press("#blank-2", "Tab")
    expect(first.locator("#blank-2")).to_have_value("")
    first.wait_for_selector("text=✓ sent to your teacher")
    second.wait_for_selector("text=✓ sent to your teacher")
    for tab in (first, second):
        tab.reload()
        tab.wait_for_selector("text=✓ sent to your teacher")
        assert (tab.input_value("#blank-1"), tab.input_value("#blank-2")) == ("0.5", "")
    (learner,) = classroom.store.learners().values()
    assert learner.answers == {"1": "0.5"}
    first.on("dialog", lambda dialog: dialog.accept())
    first.click("#other")
    expect(second.locator("#blank-1")).to_have_value("")
    assert [one.answers for one in classroom.store.learners().values()] == [{"1": "0.5"}]
    context.close()


def test_answers_that_two_tabs_write_at_one_time_are_both_kept(browser: Any, classroom: Classroom) -> None:
    """The second tab has read the record before the first one writes, and writes after it."""
    from playwright.sync_api import expect

    context = browser.new_context()
    first, second = (of_a_learner(context, classroom) for _ in range(2))
    second.evaluate("{ const read = stored(); stored = () => read; }")
    first.fill("#blank-1", "0.5")
    first.press("#blank-1", "Tab")
    first.wait_for_selector("text=✓ sent to your teacher")
    second.fill("#blank-2", "0.25")
    second.evaluate("stored = () => JSON.parse(localStorage.getItem(KEPT))")
    second.press("#blank-2", "Tab")
    expect(first.locator("#blank-2")).to_have_value("0.25")
    expect(second.locator("#blank-1")).to_have_value("0.5")
    for tab in (first, second):
        tab.wait_for_selector("text=✓ sent to your teacher")
        tab.reload()
        assert (tab.input_value("#blank-1"), tab.input_value("#blank-2")) == ("0.5", "0.25")
    (learner,) = classroom.store.learners().values()
    assert learner.answers == {"1": "0.5", "2": "0.25"}
    context.close()


def test_what_is_typed_in_a_tab_that_closes_is_sent_and_a_name_is_every_tabs(
    browser: Any, classroom: Classroom
) -> None:
    from playwright.sync_api import expect

    context = browser.new_context()
    first, second = (of_a_learner(context, classroom) for _ in range(2))
    first.fill("#name", "Ann")
    first.press("#name", "Tab")
    expect(second.locator("#name")).to_have_value("Ann")
    first.focus("#blank-3")
    first.keyboard.type("0.7125")  # and never done
    expect(second.locator("#blank-3")).to_have_value("0.7125")
    first.close()
    second.fill("#blank-1", "0.5")
    second.press("#blank-1", "Tab")
    second.wait_for_selector("text=✓ sent to your teacher")
    (learner,) = classroom.store.learners().values()
    assert (learner.name, learner.answers) == ("Ann", {"1": "0.5", "3": "0.7125"})
    context.close()


def test_an_answer_whose_sending_failed_in_one_tab_is_sent_by_another(browser: Any, classroom: Classroom) -> None:
    from playwright.sync_api import expect

    context = browser.new_context()
    first, second = (of_a_learner(context, classroom) for _ in range(2))
    first.route("**/answers", lambda route: route.abort())
    first.fill("#blank-1", "0.5")
    first.press("#blank-1", "Tab")
    first.wait_for_selector("text=not sent yet")
    first.close()
    expect(second.locator("#blank-1")).to_have_value("0.5")
    second.wait_for_selector("text=✓ sent to your teacher")
    (learner,) = classroom.store.learners().values()
    assert learner.answers == {"1": "0.5"}
    context.close()


def test_a_late_reply_brings_no_older_answer_back(browser: Any, classroom: Classroom) -> None:
    """The newest answer stays, in both tabs and at the teacher's."""
    from playwright.sync_api import expect

    context = browser.new_context()
    first, second = (of_a_learner(context, classroom) for _ in range(2))
    first.fill("#blank-1", "0.5")
    first.press("#blank-1", "Tab")
    first.wait_for_selector("text=✓ sent to your teacher")
    late: list[Any] = []
    first.route("**/answers", lambda route: late.append((route, route.fetch())))
    first.fill("#blank-2", "0.25")
    first.press("#blank-2", "Tab")
    expect(second.locator("#blank-2")).to_have_value("0.25")
    second.fill("#blank-1", "0.75")
    second.press("#blank-1", "Tab")
    expect(first.locator("#blank-1")).to_have_value("0.75")
    second.wait_for_selector("text=✓ sent to your teacher")
    ((route, reply),) = late
    route.fulfill(response=reply)
    first.unroute("**/answers")
    first.wait_for_timeout(300)
    for tab in (first, second):
        assert tab.input_value("#blank-1") == "0.75"
    (learner,) = classroom.store.learners().values()
    assert learner.answers == {"1": "0.75", "2": "0.25"}
    context.close()


def test_what_was_typed_in_a_tab_that_was_killed_is_sent_by_the_next(browser: Any, classroom: Classroom) -> None:
    context = browser.new_context()
    tab = of_a_learner(context, classroom)
    tab.click("#blank-1")
    tab.keyboard.type("0.5")
    assert not classroom.store.learners()
    after = browser.new_context(storage_state=context.storage_state())  # no event tells a tab that it is killed
    of_a_learner(after, classroom).wait_for_selector("text=✓ sent to your teacher")
    (learner,) = classroom.store.learners().values()
    assert learner.answers == {"1": "0.5"}
    for each in (context, after):
        each.close()


def test_what_is_typed_in_one_tab_stays_as_it_is_while_another_writes(browser: Any, classroom: Classroom) -> None:
    from playwright.sync_api import expect

    context = browser.new_context()
    first, second = (of_a_learner(context, classroom) for _ in range(2))
    for field, begin, end, blank in (("#blank-1", "1 1", "/2", 3), ("#name", "An", "na", 4)):
        first.click(field)
        first.keyboard.type(begin)
        if blank == 3:
            expect(second.locator(field)).to_have_value(begin)
        else:  # a name is shared when it is done; the answer before is, which this tab sends
            first.wait_for_selector("text=✓ sent to your teacher")
        second.fill(f"#blank-{blank}", "2")
        second.press(f"#blank-{blank}", "Tab")
        expect(first.locator(f"#blank-{blank}")).to_have_value("2")
        first.keyboard.type(end)
        assert first.input_value(field) == begin + end
    context.close()


@pytest.mark.parametrize("name", EXAMPLES)
def test_on_a_phone_the_blank_that_is_filled_is_in_sight_in_the_picture(name: str, opened: Open) -> None:
    sheet = worksheet(EXAMPLES[name].build())
    tab = opened(sheet.page(), viewport={"width": 390, "height": 844})
    assert tab.evaluate("document.documentElement.scrollWidth") == 390
    for blank in sheet.blanks:
        tab.focus(f"#blank-{blank.number}")
        pane, text, field = tab.evaluate(
            """(number) => [".picture", "text.here", `#blank-${number}`].map((selector) => {
                const seen = [...document.querySelectorAll(selector)].find((one) => one.getClientRects().length);
                const { left, right, top, bottom } = seen.getBoundingClientRect();
                return { left, right, top, bottom };
            })""",
            blank.number,
        )
        assert 0 <= pane["top"] < pane["bottom"] <= field["top"] < field["bottom"] <= 845
        assert pane["top"] - 1 <= text["top"] < text["bottom"] <= pane["bottom"] + 1
        assert pane["left"] - 1 <= text["left"] < text["right"] <= pane["right"] + 1


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080)])
def test_what_is_said_of_an_answer_moves_no_other_blank(size: tuple[int, int], opened: Open) -> None:
    """Nor does an empty blank take more room than its field."""
    sheet = worksheet(EXAMPLES["layers"].build())
    tab = opened(sheet.page(), viewport={"width": size[0], "height": size[1]})
    assert tab.locator("li").first.bounding_box()["height"] < 62
    longest = max(sheet.blanks, key=lambda blank: len("; ".join(blank.working)))
    places = (
        "blanks.map(({ input }) => [input.getBoundingClientRect().left, input.getBoundingClientRect().top + scrollY])"
    )
    before = tab.evaluate(places)
    tab.fill("#blank-5", "77")
    tab.press("#blank-5", "Tab")
    assert "not yet" in verdict_of(tab, 5)
    tab.fill("#blank-5", "1e")
    tab.click("li:nth-child(8) button")
    assert "Hint" in verdict_of(tab, 8)
    tab.fill("#blank-9", "77")
    tab.press("#blank-9", "Tab")
    tab.click("li:nth-child(9) button")
    assert "not yet" in verdict_of(tab, 9)
    if size[0] == 1280:  # in one column there is room for the longest, too
        tab.fill(f"#blank-{longest.number}", repr(longest.answer))
        assert longest.working[0] in verdict_of(tab, longest.number)
    after = tab.evaluate(places)
    for (left, top), (was_left, was_top) in zip(after, before, strict=True):
        assert (left, top) == pytest.approx((was_left, was_top), abs=1)


def test_the_buttons_of_the_story_stand_in_one_line_beside_the_answer(opened: Open) -> None:
    tab = opened(story(), viewport={"width": 1280, "height": 720})
    tops = tab.eval_on_selector_all("#answer, #check, #hint, #show", "all => all.map((one) => one.offsetTop)")
    assert len(tops) == 4
    assert max(tops) - min(tops) <= 1


def test_a_learner_sees_a_long_name_whole(browser: Any, classroom: Classroom) -> None:
    tab = browser.new_page(viewport={"width": 1280, "height": 720})
    tab.goto(classroom.address(classroom.store.learner))
    tab.fill("#name", "Maria-Magdalena Schneider")
    assert tab.eval_on_selector("#name", "one => one.scrollWidth <= one.clientWidth")
