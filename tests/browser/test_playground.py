"""The playground in a real Chromium, with Python in the browser and with the local server: the same front end."""

import io
import json
import math
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageStat

from microgradnet.playground.book import BUILT
from microgradnet.playground.programs import PROGRAMS
from microgradnet.playground.runner import animation, run
from microgradnet.playground.server import Server
from microgradnet.playground.site import build
from microgradnet.teach.exercises import EXERCISES
from tests.browser.test_stage import texts_of
from tests.browser.test_teaching_pages import REFUSED
from tests.playground.test_runner import WRONG
from tests.serving import Quiet, answering, files_of, lone_tab
from tests.teach.exercises.solutions import RIGHT

NPM = shutil.which("npm")
KINDS = ("local", "static") if NPM else ("local",)

PROGRAM = """from microgradnet import Value, parameter, tanh
x = Value(0.5, "x")
w = parameter(2.0, "w")
y = tanh(w * x)
y.backward()
print("w.grad", round(w.grad, 6))
"""


APPLICATIONS = [each["name"] for each in PROGRAMS if each["group"] == "Applications"]
WHOLE = "pane.scrollWidth <= pane.clientWidth && pane.scrollHeight <= pane.clientHeight"


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The addresses of a local server, and of a server of files for the static build."""
    with ExitStack() as servers:
        local = Server(seconds=20)
        servers.enter_context(answering(local))
        found = {"local": local.address}
        if NPM:
            folder = tmp_path_factory.mktemp("site") / "site"
            build(folder)
            found["static"] = servers.enter_context(answering(files_of(folder)))
        yield found


@pytest.fixture(scope="module", params=KINDS)
def tab(request: pytest.FixtureRequest, browser: Any, addresses: dict[str, str]) -> Iterator[Any]:
    """An open playground."""
    address = addresses[request.param]
    origin = "/".join(address.split("/")[:3])
    with lone_tab(browser, origin, seconds=120, accept_downloads=True) as opened:
        opened.goto(address)
        settled(opened)
        yield opened


def settled(tab: Any, seconds: float = 120) -> None:
    """Wait until the last program has been run."""
    for _ in range(int(seconds * 20)):
        state = tab.inner_text("#state")
        is_busy = tab.get_attribute("#graph", "aria-busy") == "true"
        if not state.endswith("…") and not is_busy and len(tab.frames) == 2:  # the frame before is gone
            return
        tab.wait_for_timeout(50)
    raise AssertionError(f"still {state!r}")


def typed(tab: Any, code: str) -> None:
    """Replace the program by another, as a paste does, and wait for it."""
    tab.click("#editor .cm-content")
    tab.keyboard.press("Control+A")
    tab.keyboard.insert_text(code)
    tab.wait_for_timeout(700)
    settled(tab)


def program(tab: Any) -> str:
    text: str = "\n".join(tab.locator("#editor .cm-line").all_text_contents())
    return text


def numbers(tab: Any) -> dict[str, float]:
    """The numbers that the page of the graph computes, by name."""
    frame = tab.frames[1]
    frame.wait_for_selector("#equation")
    found: dict[str, float] = frame.evaluate(
        "Object.fromEntries(graph.nodes.map((node, i) => [node.name, pass.data[i]]))"
    )
    return found


def test_it_opens_with_the_first_example_and_its_graph(tab: Any) -> None:
    assert "∂a₁/∂w₁" in tab.inner_text("#output")
    assert numbers(tab)["a₁"] == pytest.approx(1 / (1 + math.exp(-0.415)), rel=1e-12)


def test_a_local_one_leads_to_the_book(
    browser: Any, addresses: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with lone_tab(browser, "http://127.0.0.1:", seconds=60) as tab:
        tab.goto(addresses["local"])
        with tab.expect_popup() as opened:
            tab.get_by_role("link", name="The book").click()
        opened.value.get_by_role("link", name="The story").click()
        assert opened.value.inner_text("h1") == "The story of backpropagation"
        opened.value.go_back()
        opened.value.get_by_role("link", name="learning").click()
        settled(opened.value)
        assert opened.value.input_value("#programs") == "learning"
        BUILT.mkdir(parents=True)
        (BUILT / "index.html").write_text("<h1>All chapters</h1>")
        with tab.expect_popup() as opened:
            tab.get_by_role("link", name="The book").click()
        assert opened.value.inner_text("h1") == "All chapters"


def test_it_opens_and_runs_where_the_browser_keeps_nothing(browser: Any, addresses: dict[str, str]) -> None:
    address = addresses["local"]
    with lone_tab(browser, "/".join(address.split("/")[:3]), seconds=60) as tab:
        tab.add_init_script(REFUSED)
        tab.goto(address)
        settled(tab)
        typed(tab, PROGRAM)
        assert "w.grad" in tab.inner_text("#output")


def test_it_opens_with_every_result_and_the_backward_pass_to_play(tab: Any) -> None:
    typed(tab, PROGRAM)
    frame = tab.frames[1]
    frame.wait_for_selector("#equation")
    assert "Forward" in frame.inner_text("#phase")
    frame.click("#step")
    assert frame.inner_text("#equation").startswith("y.grad = ∂y/∂y = 1")


@pytest.mark.parametrize(
    "name", [each["name"] for each in PROGRAMS if each["group"] in {"The lesson", "Networks", "Applications"}]
)
def test_each_example_is_drawn_after_another(tab: Any, name: str) -> None:
    tab.select_option("#programs", name)
    tab.wait_for_timeout(300)
    settled(tab)
    assert tab.locator("#error").is_hidden(), tab.inner_text("#error")
    assert tab.locator("#note").is_hidden(), tab.inner_text("#note")
    assert numbers(tab)
    if name in APPLICATIONS:
        assert tab.frames[1].evaluate(WHOLE), "nothing is cut off"


def test_a_program_is_run_while_one_types_as_python_runs_it(tab: Any) -> None:
    typed(tab, PROGRAM)
    expected = run(PROGRAM)
    assert (
        tab.inner_text("#output") == expected["output"].rstrip("\n") or tab.inner_text("#output") == expected["output"]
    )
    nodes = json.loads(expected["page"].partition('id="data">')[2].partition("</script>")[0])["nodes"]
    found = numbers(tab)
    assert found == pytest.approx({node["name"]: node["data"] for node in nodes}, rel=1e-12)
    tab.keyboard.press("Control+End")
    tab.keyboard.type("z = y * 3\nz.label = 'z'\n")
    tab.wait_for_timeout(700)
    settled(tab)
    assert program(tab).endswith("z = y * 3\nz.label = 'z'\n")
    assert numbers(tab)["z"] == pytest.approx(3 * found["y"], rel=1e-12)
    tab.select_option("#shown", "y")
    settled(tab)
    assert "z" not in numbers(tab)


def test_steps_mark_their_line_and_lines_choose_their_step(tab: Any) -> None:
    typed(tab, PROGRAM)
    frame = tab.frames[1]
    frame.wait_for_selector("#equation")
    frame.click("#start")
    frame.click("#step")
    tab.wait_for_timeout(200)
    assert tab.inner_text("#editor .line-of-step") == "y = tanh(w * x)"
    tab.locator("#editor .cm-line").nth(3).click()
    tab.wait_for_timeout(200)
    assert "Forward" in frame.inner_text("#phase")
    assert frame.inner_text("#place").startswith("1 of")


def test_the_step_follows_the_cursor_and_the_line_that_is_typed(tab: Any) -> None:
    typed(tab, PROGRAM.replace("y = tanh(w * x)", "z = w * x\ny = tanh(z)"))
    tab.locator("#editor .cm-line").nth(4).click()
    tab.keyboard.press("ArrowUp")
    tab.wait_for_timeout(200)
    assert tab.frames[1].inner_text("#place").startswith("1 of")
    assert tab.inner_text("#editor .line-of-step") == "z = w * x"
    tab.keyboard.press("End")
    tab.keyboard.type(" + 1")
    tab.wait_for_timeout(700)
    settled(tab)
    tab.locator("#editor .line-of-step", has_text="z = w * x + 1").wait_for()


def test_what_is_set_in_the_page_and_its_step_outlast_a_change_of_the_program(tab: Any) -> None:
    def shown() -> list[str]:
        frame = tab.frames[1]
        frame.wait_for_selector("#equation")
        tab.wait_for_timeout(300)  # until it has what it is sent
        return [
            *(frame.input_value(f"#{field}") for field in ("eta", "target", "pace", "speed")),
            frame.inner_text("#place"),
        ]

    tab.select_option("#programs", "new")
    settled(tab)
    typed(tab, PROGRAM)
    before = shown()
    frame = tab.frames[1]
    frame.fill("#eta", "1/4")
    frame.fill("#target", "0.01")
    frame.select_option("#pace", "10")
    frame.select_option("#speed", "120")
    frame.click("#end")
    last = ["1/4", "0.01", "10", "120", "6 of 6"]
    assert shown() == last
    for changed in (PROGRAM.replace("2.0", "3.0"), PROGRAM.replace("tanh", "sigmoid")):
        typed(tab, changed)
        assert numbers(tab)
        assert shown() == last
    typed(tab, PROGRAM.replace("y = ", "z = x + w\ny = z * "))
    assert shown()[-1].startswith("4 of "), "there are more steps: the end of the forward pass"
    assert shown()[:-1] == last[:-1]
    tab.select_option("#programs", "neuron")
    tab.wait_for_timeout(300)
    settled(tab)
    assert shown()[:-1] == before[:-1], "another program begins anew"


def test_a_number_changed_in_the_page_is_written_into_the_program(tab: Any) -> None:
    typed(tab, PROGRAM)
    frame = tab.frames[1]
    frame.wait_for_selector("#leaves input[type=text]")
    field = frame.locator("label.name:has-text('w')").first.get_attribute("for")
    frame.fill(f"#{field}", "-1.25")
    tab.wait_for_timeout(200)
    assert 'w = parameter(-1.25, "w")' in program(tab)
    frame.fill(f"#{field}", "0.5")
    tab.wait_for_timeout(200)
    assert program(tab) == PROGRAM.replace("2.0", "0.5")


def test_numbers_are_dragged_while_the_program_runs_and_after_lines_were_typed_above(tab: Any) -> None:
    typed(tab, PROGRAM)
    frame = tab.frames[1]
    frame.wait_for_selector("#leaves input[type=text]")
    field = frame.locator("label.name:has-text('w')").first.get_attribute("for")
    for number in ("-1.25", "0.5", "123.456", "7"):
        frame.fill(f"#{field}", number)
        tab.wait_for_timeout(550)  # the program has just begun to run
    settled(tab)
    assert program(tab) == PROGRAM.replace("2.0", "7")
    tab.click("#editor .cm-content")
    tab.keyboard.press("Control+Home")
    tab.keyboard.insert_text("# above\n")
    frame.fill(f"#{field}", "0.25")
    tab.wait_for_timeout(700)
    settled(tab)
    assert program(tab) == "# above\n" + PROGRAM.replace("2.0", "0.25")


def test_a_program_of_the_readers_is_kept_when_another_is_begun(tab: Any) -> None:
    typed(tab, PROGRAM + "# mine\n")
    mine = tab.url.split("#")[1]
    tab.select_option("#programs", "two-neurons")
    settled(tab)
    tab.click("#editor .cm-content")
    tab.keyboard.press("Control+Home")
    tab.keyboard.insert_text("# changed\n")
    tab.wait_for_timeout(700)
    settled(tab)
    assert program(tab).startswith("# changed\n")
    tab.evaluate("name => { location.hash = name; }", mine)  # as an address that is pasted into the open tab
    tab.wait_for_timeout(200)
    settled(tab)
    assert program(tab) == PROGRAM + "# mine\n"
    assert tab.eval_on_selector("#programs", "menu => menu.value") == mine
    assert tab.locator("#own option").count() >= 2
    tab.keyboard.press("Control+Z")
    assert program(tab) == PROGRAM + "# mine\n", "undo does not lead into another program"


def test_programs_run_without_places_for_the_browsers_back(tab: Any) -> None:
    typed(tab, PROGRAM)
    count = tab.evaluate("history.length")
    for name in "abc":
        typed(tab, PROGRAM.replace('"x"', f'"{name}"'))
        assert name in numbers(tab)
    tab.select_option("#programs", "neuron")
    settled(tab)
    assert tab.evaluate("history.length") == count
    assert tab.locator("#graph iframe").count() == 1


def test_the_readers_programs_are_told_apart_by_their_titles(tab: Any) -> None:
    def entries(code: str) -> list[str]:
        tab.select_option("#programs", "new")
        settled(tab)
        typed(tab, code)
        chosen = "menu => menu.selectedOptions[0].text"
        found: list[str] = [tab.eval_on_selector("#programs", chosen), *tab.locator("#own option").all_text_contents()]
        return found

    assert entries("#\n## My neuron\nimport math\n")[0] == "My neuron"
    assert entries("import math\nalike = 1\n")[0] == "alike = 1"
    assert entries("alike = 1\nprint(2)\n")[:3] == ["alike = 1 (2)", "alike = 1 (2)", "alike = 1"]


def test_numbers_of_an_example_are_dragged_without_a_program_of_the_readers(tab: Any) -> None:
    tab.select_option("#programs", "neuron")
    tab.wait_for_timeout(200)
    settled(tab)
    count = tab.locator("#own option").count()
    frame = tab.frames[1]
    frame.wait_for_selector("#leaves input[type=text]")
    frame.locator("#leaves input[type=text]").first.fill("0.75")
    tab.wait_for_timeout(800)
    settled(tab)
    assert "0.75" in program(tab)
    assert tab.locator("#own option").count() == count
    assert tab.url.endswith("#neuron")


def test_two_tabs_of_one_program_are_two_programs_once_both_have_changed_it(tab: Any) -> None:
    typed(tab, PROGRAM + "# one\n")
    other = tab.context.new_page()
    other.goto(tab.url)
    settled(other)
    assert program(other) == PROGRAM + "# one\n"
    typed(other, PROGRAM + "# two\n")
    typed(tab, PROGRAM + "# three\n")
    assert other.url != tab.url
    for page, ending in ((tab, "three"), (other, "two")):
        page.reload()
        settled(page)
        assert program(page) == PROGRAM + f"# {ending}\n"
    other.close()


STEPS = """from microgradnet import Value, parameter
x, w, b = Value(0.5, "x₁"), parameter(2.0, "w₁"), parameter(-1.0, "b₁")
s = parameter(1.0 + 1.0, "s")
loss = (w * x + b * s) ** 2
"""


def test_a_number_that_is_typed_in_the_page_is_written_whole(tab: Any) -> None:
    typed(tab, PROGRAM)
    frame = tab.frames[1]
    frame.wait_for_selector("#equation")
    field = frame.locator("#leaf0" if frame.input_value("#leaf0") == "0.5" else "#leaf1")
    field.click()
    field.press("Control+A")
    field.press_sequentially("0,123456789")  # a comma is a point
    tab.wait_for_timeout(700)
    settled(tab)
    assert 'x = Value(0.123456789, "x")' in program(tab)
    assert numbers(tab)["y"] == math.tanh(2 * 0.123456789)


def test_a_fraction_that_is_typed_in_the_page_is_written_whole(tab: Any) -> None:
    typed(tab, PROGRAM)
    frame = tab.frames[1]
    frame.wait_for_selector("#equation")
    field = "#leaf0" if frame.input_value("#leaf0") == "0.5" else "#leaf1"
    frame.fill(field, "1/3")
    tab.wait_for_timeout(700)
    settled(tab)
    assert f'x = Value({1 / 3!r}, "x")' in program(tab)


def test_what_is_saved_is_of_this_program(tab: Any) -> None:
    typed(tab, PROGRAM)
    typed(tab, "x = (")
    tab.select_option("#save", "picture")
    assert tab.inner_text("#state") == "This program has no graph to save"
    assert tab.inner_text("#note") == "Below is the graph of the previous program."


def test_a_gradient_step_in_the_page_is_written_into_the_program(tab: Any) -> None:
    typed(tab, STEPS)
    frame = tab.frames[1]
    frame.wait_for_selector("#learn")
    for _ in range(2):
        frame.click("#learn")
        tab.wait_for_timeout(100)
    data = numbers(tab)
    written = STEPS.replace("2.0,", f"{data['w₁']:.6g},").replace("-1.0,", f"{data['b₁']:.6g},")
    assert program(tab) == written, "two numbers on one line, which becomes longer"
    assert "The program computes or changes s: only the picture" in tab.inner_text("#note")
    tab.wait_for_timeout(700)
    settled(tab)
    assert numbers(tab) == data, "the page stays"
    assert "The program computes or changes s: only the picture" in tab.inner_text("#note"), "and so does the note"
    frame.click("#undo")
    tab.wait_for_timeout(100)
    frame.click("#undo")
    tab.wait_for_timeout(100)
    assert program(tab) == STEPS.replace("2.0,", "2,").replace("-1.0,", "-1,")


def test_a_number_that_the_program_changes_is_not_written_over(tab: Any) -> None:
    code = PROGRAM + "w.data -= 1.0\ny = tanh(w * x)\n"
    typed(tab, code)
    frame = tab.frames[1]
    frame.wait_for_selector("#leaves input[type=text]")
    frame.fill(f"#{frame.locator('label.name', has_text='w').first.get_attribute('for')}", "3")
    tab.wait_for_timeout(200)
    assert program(tab) == code
    assert "The program computes or changes w: only the picture" in tab.inner_text("#note")


@pytest.mark.parametrize("count", [700, 999, 3000, 10_000])
@pytest.mark.parametrize("step", ["y + x", "tanh(y)", "-(y - x) / 2"])
def test_a_graph_of_any_depth_is_drawn_or_said_to_be_too_large(tab: Any, step: str, count: int) -> None:
    body = f"y = x\nfor i in range({count}): y = {step}\n"
    typed(tab, f"from microgradnet import Value, tanh\nx = Value(0.5, 'x')\n{body}{body}")  # the first is dropped
    assert tab.locator("#error").is_hidden(), tab.inner_text("#error")
    if "Below" in tab.inner_text("#note"):
        assert "too many to draw here" in tab.inner_text("#note")
    else:
        assert "y" in numbers(tab)


def test_a_program_finds_nothing_of_the_one_before(tab: Any) -> None:
    typed(tab, "import builtins, math\nfrom microgradnet import Value\nbuiltins.left = Value.left = math.pi = 3\n")
    typed(
        tab, "import math\nfrom microgradnet import Value\nprint(hasattr(Value, 'left'), math.pi > 3.1)\nprint(left)\n"
    )
    assert tab.inner_text("#output") == "False True\n"
    assert "NameError: name 'left' is not defined" in tab.inner_text("#error")


def test_an_exercise_is_checked_as_it_runs(tab: Any) -> None:
    tab.select_option("#programs", "exercise-2")
    settled(tab)
    assert "not yet written: backward" in tab.inner_text("#output")
    assert tab.locator("#empty").is_visible(), "no graph of the example before"
    assert "computes no graph" in tab.inner_text("#empty"), "and none to wait for"
    typed(tab, EXERCISES[2].text + RIGHT[2].replace("+=", "="))
    wrong = tab.inner_text("#output")
    assert "not right: values that are used several times" in wrong
    assert "the simplest example: backward(order) of the graph y = x·x" in wrong
    assert "hint: contributions add up" in wrong
    typed(tab, EXERCISES[2].text + RIGHT[2])
    assert "All of it is right." in tab.inner_text("#output")
    typed(tab, EXERCISES[1].text.replace('raise NotImplementedError("your code here")', "while True: pass"))
    assert "still running after 4 seconds" in tab.inner_text("#output")
    assert tab.locator("#error").is_hidden()


def test_long_lines_are_wrapped_and_the_divider_moves(tab: Any) -> None:
    typed(tab, PROGRAM + f"# {'word ' * 60}\n")
    scroller = tab.locator("#editor .cm-scroller")
    assert scroller.evaluate("it => it.scrollWidth <= it.clientWidth")
    divider, width = tab.locator("#divider"), tab.locator("#left").bounding_box()["width"]
    divider.focus()
    for _ in range(5):
        tab.keyboard.press("ArrowRight")
    assert divider.get_attribute("aria-valuenow") == "50"
    assert tab.locator("#left").bounding_box()["width"] == pytest.approx(width * 50 / 40, abs=3)
    tab.wait_for_timeout(700)
    settled(tab)
    numbers(tab)  # the frame has its page: one that is loaded takes the pointer away
    box = divider.bounding_box()
    tab.mouse.move(box["x"] + 4, 300)
    tab.mouse.down()
    tab.mouse.move(900, 300, steps=8)  # over the frame of the page
    tab.mouse.up()
    assert tab.locator("#left").bounding_box()["width"] == pytest.approx(900, abs=12)
    tab.mouse.move(200, 300)
    assert tab.locator("#left").bounding_box()["width"] == pytest.approx(900, abs=12), "it was let go"
    divider.dblclick()
    assert divider.get_attribute("aria-valuenow") == "40"


def test_errors_are_told_with_their_line_and_the_last_graph_stays(tab: Any) -> None:
    typed(tab, PROGRAM)
    for code, (line, words) in WRONG.items():
        if "\0" in code:  # which no keyboard has
            continue
        typed(tab, code)
        told = re.compile(rf"^Line {line}: .*{re.escape(words)}", re.DOTALL)
        tab.locator("#error", has_text=told).wait_for()  # on a busy machine that of the program before stands longer
        assert tab.locator("#editor .cm-lintRange-error, #editor .cm-lintPoint-error").count(), code
    assert numbers(tab)
    typed(tab, PROGRAM)
    assert tab.locator("#error").is_hidden(), tab.inner_text("#error")


def test_an_endless_loop_is_stopped_with_what_it_printed_and_the_next_program_runs(tab: Any) -> None:
    tab.click("#editor .cm-content")
    tab.keyboard.press("Control+A")
    tab.keyboard.insert_text("print('begun')\nwhile True: pass")
    tab.locator("#output", has_text="begun").wait_for()
    assert tab.inner_text("#run") == "Stop", "what it prints is seen while it runs"
    tab.click("#run")
    settled(tab)
    assert tab.inner_text("#state") == "Stopped"
    assert tab.locator("#error").is_hidden(), "the reader wanted it"
    assert tab.inner_text("#output").strip() == "begun"
    tab.click("#run")
    tab.locator("#run", has_text="Stop").wait_for()
    tab.locator("#output", has_text="begun").wait_for()
    typed(tab, PROGRAM)
    assert "w.grad" in tab.inner_text("#output")
    assert tab.inner_text("#run") == "Run"


def test_a_graph_is_dimmed_while_the_program_after_it_runs_for_long(tab: Any) -> None:
    typed(tab, PROGRAM)
    opacity = "getComputedStyle(document.getElementById('graph')).opacity"
    assert tab.evaluate(opacity) == "1"
    tab.click("#editor .cm-content")
    tab.keyboard.press("Control+End")
    tab.keyboard.insert_text("print('begun')\nwhile True: pass")
    tab.locator("#output", has_text="begun").wait_for()
    tab.wait_for_function(f"() => {opacity} === '0.35'", timeout=5_000)
    typed(tab, PROGRAM)
    assert tab.evaluate(opacity) == "1"


def test_a_program_typed_while_another_never_ends_takes_its_place_at_once(tab: Any) -> None:
    tab.click("#editor .cm-content")
    tab.keyboard.press("Control+A")
    tab.keyboard.insert_text("while True: print('again')")
    tab.locator("#output", has_text="more is not shown").wait_for()
    began = time.monotonic()
    typed(tab, PROGRAM)
    assert time.monotonic() - began < 8, "before the time limit"
    assert "w.grad" in tab.inner_text("#output")
    assert tab.locator("#error").is_hidden()
    assert numbers(tab)["w"] == 2
    typed(tab, "print('the next, too')")
    assert tab.inner_text("#output") == "the next, too\n"


@pytest.mark.parametrize("kind", KINDS)
def test_it_says_at_once_that_python_begins_and_its_header_keeps_still(
    kind: str, browser: Any, addresses: dict[str, str]
) -> None:
    address = addresses[kind]
    with lone_tab(browser, "/".join(address.split("/")[:3]), seconds=60) as tab:
        where = """() => [...document.querySelectorAll("header > :not(#state)")].map((one) => {
            const { x, y, width, height } = one.getBoundingClientRect();
            return [x, y, width, height].map(Math.round);
        })"""
        tab.goto(address)
        assert re.search("Loading|Starting|Running", tab.get_by_role("status").filter(has_text="…").first.inner_text())
        assert tab.locator("#empty progress").is_visible()
        tab.wait_for_function("document.getElementById('programs').value === 'neuron'")
        before = tab.evaluate(where)
        settled(tab)
        assert tab.locator("#empty").is_hidden()
        assert tab.evaluate(where) == before
        typed(tab, "while True: pass")
        assert tab.evaluate(where) == before


def test_after_exit_the_next_program_reads_nothing_either(tab: Any) -> None:
    typed(tab, PROGRAM + "exit()\n")
    assert tab.locator("#error").is_hidden(), tab.inner_text("#error")
    assert numbers(tab)["w"] == 2
    typed(tab, f"{PROGRAM}from microgradnet import step_through\nstep_through(y)\n")
    assert "forward 2 of 2" in tab.inner_text("#output")
    assert tab.locator("#error").is_hidden(), tab.inner_text("#error")


def test_a_program_that_imports_all_and_steps_in_a_terminal_reads_nothing(tab: Any) -> None:
    typed(tab, "from microgradnet import *\nx = Value(2.0)\ny = x * x\nstep_through(y)\n")
    assert "v₁·v₁ = 2·2 = 4" in tab.inner_text("#output")
    assert tab.locator("#error").is_hidden(), tab.inner_text("#error")


def test_a_program_is_stopped_at_its_line_with_what_it_has_learned(tab: Any) -> None:
    typed(tab, "from microgradnet import parameter\nw = parameter(1.0)\nwhile True:\n    loss = w * w\n")
    assert tab.inner_text("#error").startswith("Line 3: the program was stopped after ")
    assert numbers(tab) == {"w": 1, "loss": 1}


def test_hostile_labels_stay_text(tab: Any) -> None:
    typed(tab, 'from microgradnet import Value\nx = Value(2.0, "</script><img src=x onerror=alert(1)>")\ny = x * x\n')
    frame = tab.frames[1]
    frame.wait_for_selector("#equation")
    assert frame.evaluate("document.querySelectorAll('img').length") == 0
    assert "<img" in frame.inner_text("body")


def test_hostile_names_output_and_errors_stay_text(tab: Any) -> None:
    evil = "<img src=x onerror=alert(1)>"
    graph = f"x = Value(2.0)\ny = x * x\ny.label = {evil!r}\n"
    typed(tab, f"from microgradnet import Value\nprint({evil!r})\n{graph}raise ValueError({evil!r})")
    assert tab.inner_text("#output") == f"{evil}\n"
    assert evil in tab.inner_text("#error")
    assert tab.evaluate("document.querySelectorAll('img').length") == 0
    frame = tab.frames[1]
    frame.wait_for_selector("#equation")
    assert frame.evaluate("document.querySelectorAll('img').length") == 0


REACHING_OUT = """import js
from contextlib import suppress
from pyodide.code import run_js
for name in ("caches", "indexedDB", "Worker", "BroadcastChannel", "fetch", "XMLHttpRequest", "WebSocket"):
    assert not hasattr(js, name), name
assert not hasattr(js.navigator, "storage")
with suppress(Exception):
    run_js("import('{address}')")
with suppress(Exception):
    js.eval("import('{address}')")
raise ValueError("the end")
"""


def test_in_the_browser_a_program_reaches_nobody_and_leaves_nothing(browser: Any, addresses: dict[str, str]) -> None:
    if "static" not in addresses:
        return
    asked: list[str] = []

    class Listening(Quiet):
        def do_GET(self) -> None:  # noqa: N802 - the name that http.server asks for
            asked.append(self.path)
            self.send_error(404)

    with answering(ThreadingHTTPServer(("127.0.0.1", 0), Listening)) as other:
        opened = browser.new_page()
        opened.set_default_timeout(120_000)
        opened.goto(addresses["static"])
        settled(opened)
        typed(opened, REACHING_OUT.format(address=f"{other}secret"))
        assert "the end" in opened.inner_text("#error"), "it came to its last line"
        opened.wait_for_timeout(300)
        typed(opened, PROGRAM)
        assert "w.grad" in opened.inner_text("#output")
        opened.close()
    assert not asked


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_shared_opens_in_any_playground(kind: str, browser: Any, addresses: dict[str, str]) -> None:
    address = addresses[kind]
    origin = "/".join(address.split("/")[:3])
    with lone_tab(browser, origin, seconds=120, permissions=["clipboard-read", "clipboard-write"]) as tab:
        tab.goto(address)
        settled(tab)
        typed(tab, PROGRAM + "# shared: σ\n")
        tab.select_option("#shown", "x")
        settled(tab)
        tab.click("#share")
        tab.locator("#note", has_text="is copied").wait_for()
        shared = tab.evaluate("navigator.clipboard.readText()")
        assert shared.startswith("#code=" if kind == "local" else f"{address}#code="), "the local address is a secret"
        assert ("#code=" in tab.url) is (kind == "static")
    for other in addresses.values():
        with lone_tab(browser, "/".join(other.split("/")[:3]), seconds=120) as tab:
            tab.goto(f"{other}#{shared.partition('#')[2]}")
            if other == addresses["local"]:
                tab.locator("#empty", has_text="runs with your rights").wait_for()
                assert tab.inner_text("#output") == "", "it does not run unasked"
                tab.get_by_role("button", name="Run it").click()
            tab.locator("#output", has_text="w.grad").wait_for()
            assert program(tab) == PROGRAM + "# shared: σ\n"
            assert tab.input_value("#shown") == "x"


def test_a_shared_address_is_opened_as_other_programs_write_it_and_where_it_is_pasted(
    browser: Any, addresses: dict[str, str]
) -> None:
    address = addresses["local"]
    with lone_tab(
        browser, "/".join(address.split("/")[:3]), seconds=60, permissions=["clipboard-read", "clipboard-write"]
    ) as tab:
        tab.goto(address)
        settled(tab)
        typed(tab, PROGRAM)
        tab.click("#share")
        tab.locator("#note", has_text="is copied").wait_for()
        shared = tab.evaluate("navigator.clipboard.readText()")
        tab.evaluate("shared => { location.hash = shared.replace('=', '%3D'); }", shared)
        tab.get_by_role("button", name="Run it").wait_for()
        assert program(tab) == PROGRAM
        for before, after in (("", ""), ("https://example.org/playground/", " \n")):
            typed(tab, "y = 1")
            tab.evaluate("text => navigator.clipboard.writeText(text)", before + shared + after)
            tab.click("#editor .cm-content")
            tab.keyboard.press("Control+V")
            tab.get_by_role("button", name="Run it").wait_for()
            assert program(tab) == PROGRAM
        typed(tab, "import time\nprint(1, flush=True)\ntime.sleep(2)\nprint(2)")
        tab.locator("#output", has_text="1").wait_for()
        tab.evaluate("shared => { location.hash = shared; }", shared)
        tab.get_by_role("button", name="Run it").wait_for()
        tab.wait_for_timeout(2500)  # the program before would have ended
        assert tab.get_by_role("button", name="Run it").is_visible()
        assert tab.inner_text("#output") == ""
        tab.evaluate("text => navigator.clipboard.writeText(text)", "# code=1\n")
        tab.keyboard.press("Control+Home")
        tab.keyboard.press("Control+V")
        assert program(tab) == "# code=1\n" + PROGRAM, "any other text is pasted"


@pytest.mark.parametrize(
    ("name", "words"),
    [("own=1", "kept in the browser in which"), ("code=garbage!!", "is damaged"), ("unheard-of", "names no program")],
)
def test_an_address_without_a_program_says_so_beside_the_first_example(tab: Any, name: str, words: str) -> None:
    tab.evaluate("location.hash = '#neuron'")
    tab.wait_for_timeout(200)
    settled(tab)
    assert tab.locator("#note").is_hidden()
    tab.evaluate("name => { location.hash = name; }", name)
    tab.locator("#note", has_text=words).wait_for()
    settled(tab)
    assert words in tab.inner_text("#note")
    assert "This is the first example" in tab.inner_text("#note")
    assert "sigmoid" in program(tab)
    typed(tab, PROGRAM)
    assert tab.locator("#note").is_hidden()


@pytest.mark.parametrize("kind", KINDS)
def test_a_graph_too_large_to_draw_is_told_at_once_and_the_next_program_runs(
    kind: str, browser: Any, addresses: dict[str, str]
) -> None:
    context = browser.new_context()  # Pyodide writes to the console
    tab = context.new_page()
    tab.goto(addresses[kind])
    settled(tab)
    typed(tab, "from microgradnet import Value\ny = Value(2.0)\nfor i in range(20000):\n    y = y * 0.9999\n")
    assert "too many" in tab.inner_text("#note")
    typed(tab, PROGRAM)
    assert "w.grad" in tab.inner_text("#output")
    context.close()


@pytest.mark.parametrize(
    ("kind", "begins"), [("page", "<!doctype html>"), ("picture", "<svg"), ("program", "from "), ("notebook", "{")]
)
def test_it_is_saved(tab: Any, kind: str, begins: str) -> None:
    typed(tab, PROGRAM)
    with tab.expect_download() as download:
        tab.select_option("#save", kind)
    text = Path(download.value.path()).read_text("utf-8")
    assert text.startswith(begins)
    if kind == "picture":
        assert {"w", "data 2"} <= {*texts_of(text)}


def test_an_animation_has_a_painted_picture_of_each_step(tab: Any) -> None:
    typed(tab, PROGRAM)
    tab.emulate_media(color_scheme="dark")  # the animation is light
    with tab.expect_download() as download:
        tab.select_option("#save", "animation")
    tab.emulate_media(color_scheme="light")
    pictures = animation(PROGRAM)["frames"]
    opened: Any = Image.open(download.value.path())
    with opened as gif:
        assert (gif.format, gif.n_frames, gif.info["loop"]) == ("GIF", len(pictures), 0)
        durations, looks = [], []
        for i in range(gif.n_frames):
            gif.seek(i)
            durations.append(gif.info["duration"])
            looks.append(small(gif))
    assert durations == [1200] * (len(pictures) - 1) + [3600]
    other = tab.context.new_page()
    for look, svg in zip(looks, pictures, strict=True):
        other.set_content(svg)
        painted = small(Image.open(io.BytesIO(other.locator("svg").screenshot())))
        assert difference(look, painted) < 6
    assert difference(looks[0], looks[-1]) > 6
    other.close()


def small(picture: Any) -> Any:
    """A picture in grey, small enough that its letters and its size do not matter."""
    return picture.convert("L").resize((90, 60))


def difference(one: Any, other: Any) -> float:
    """Of two pictures, as the root of the mean square of their pixels' (0 to 255)."""
    root: float = ImageStat.Stat(ImageChops.difference(one, other)).rms[0]
    return root


def test_what_has_no_graph_has_no_animation_nor_has_a_program_that_runs(tab: Any) -> None:
    typed(tab, "print(1)")
    tab.select_option("#save", "animation")
    tab.locator("#state", has_text="no graph to save").wait_for()
    tab.click("#editor .cm-content")
    tab.keyboard.press("Control+A")
    tab.keyboard.insert_text("while True: pass\n")
    tab.locator("#state", has_text="Running…").wait_for()
    tab.select_option("#save", "animation")
    tab.locator("#state", has_text="is still running").wait_for()
    assert tab.inner_text("#run") == "Stop"
    tab.click("#run")
    settled(tab)


def test_a_program_that_came_in_an_address_is_not_run_for_an_animation(tab: Any, tmp_path: Path) -> None:
    if tab.get_attribute("meta[name=backend]", "content") == "static":
        return  # there it runs, and reaches nothing
    typed(tab, PROGRAM)
    written = tmp_path / "written"
    tab.click("#editor .cm-content")
    tab.keyboard.press("Control+A")
    tab.evaluate("async code => { location.hash = `code=${await (await import('./address.js')).pack(code)}`; }",
                 f"open({str(written)!r}, 'w')\n{PROGRAM}")  # fmt: skip
    tab.get_by_role("button", name="Run it").wait_for()
    tab.select_option("#save", "animation")
    tab.locator("#state", has_text="no graph to save").wait_for()
    assert not written.exists()
    tab.get_by_role("button", name="Run it").click()
    tab.locator("#output", has_text="w.grad").wait_for()
    assert written.exists()


@contextmanager
def no_picture_is_painted(tab: Any) -> Iterator[None]:
    """Until the end of the block."""
    tab.evaluate("""() => {
      const p = HTMLImageElement.prototype, decode = window.kept = p.decode;
      const gate = new Promise((resolve) => { window.open_gate = resolve; });
      p.decode = async function () { await gate; return decode.call(this); };
    }""")
    try:
        yield
    finally:
        tab.evaluate("() => { HTMLImageElement.prototype.decode = window.kept; window.open_gate(); }")


def test_an_animation_ends_where_a_program_is_typed_or_it_is_stopped(tab: Any) -> None:
    typed(tab, PROGRAM)
    saved: list[Any] = []

    def note(download: Any) -> None:
        saved.append(download)

    tab.on("download", note)
    with no_picture_is_painted(tab):
        tab.select_option("#save", "animation")
        tab.locator("#state", has_text="Painting picture 1").wait_for()
        typed(tab, PROGRAM + "print(2)\n")
        assert (tab.inner_text("#output").split()[-1], tab.inner_text("#run")) == ("2", "Run")
        tab.select_option("#save", "animation")
        tab.locator("#state", has_text="Painting picture 1").wait_for()
        tab.click("#run")
        tab.locator("#state", has_text="Stopped").wait_for()
    tab.wait_for_timeout(1000)
    assert (tab.inner_text("#state"), tab.inner_text("#run"), saved) == ("Stopped", "Run", [])
    tab.remove_listener("download", note)


def test_an_animation_that_cannot_be_painted_says_so(tab: Any) -> None:
    typed(tab, PROGRAM)
    tab.evaluate("{ const p = HTMLCanvasElement.prototype; window.kept = p.getContext; p.getContext = null; }")
    tab.select_option("#save", "animation")
    tab.locator("#state", has_text="could not be painted").wait_for()
    assert tab.inner_text("#run") == "Run"
    tab.evaluate("void (HTMLCanvasElement.prototype.getContext = window.kept)")


def test_the_variable_that_is_shown_outlasts_a_reload_and_the_latest_program_is_found_again(tab: Any) -> None:
    typed(tab, PROGRAM + "other = y + x\n# found again\n")
    tab.select_option("#shown", "y")
    settled(tab)
    tab.reload()
    settled(tab)
    assert (tab.input_value("#shown"), "&shown=y" in tab.url) == ("y", True)
    tab.goto("about:blank")
    tab.go_back()
    settled(tab)
    address, _, _ = tab.url.partition("#")
    tab.goto("about:blank")
    tab.goto(address)
    settled(tab)
    assert program(tab).endswith("# found again\n")


def test_a_saved_notebook_runs(tab: Any) -> None:
    typed(tab, PROGRAM)
    with tab.expect_download() as download:
        tab.select_option("#save", "notebook")
    notebook = json.loads(Path(download.value.path()).read_text("utf-8"))
    program, shown = (cell["source"] for cell in notebook["cells"])
    variables: dict[str, Any] = {}
    exec(program, variables)
    exec(shown, variables)
    assert variables["page"](variables["y"]).html.startswith("<!doctype html>")


def test_names_are_completed_with_their_docstrings(tab: Any) -> None:
    typed(tab, "from microgradnet import Value\n")
    tab.keyboard.press("Control+End")
    tab.keyboard.type("softm")
    tab.wait_for_selector(".cm-tooltip-autocomplete")
    assert "softmax" in tab.inner_text(".cm-tooltip-autocomplete")
    assert "backward" not in tab.inner_text(".cm-tooltip-autocomplete")
    tab.keyboard.press("Escape")
    typed(tab, "from microgradnet import Value, parameter\nparty = 1\n")
    tab.keyboard.press("Control+End")
    tab.keyboard.type("par")
    tab.wait_for_selector(".cm-tooltip-autocomplete")
    offered = tab.locator(".cm-tooltip-autocomplete .cm-completionLabel").all_text_contents()
    assert offered.count("parameter") == 1, "as it is imported, too"
    assert "party" in offered
    tab.keyboard.press("Escape")


def test_after_a_dot_the_names_of_a_value_come_first(tab: Any) -> None:
    typed(tab, "from microgradnet import Value\nx = Value(2.0)\n")
    tab.keyboard.press("Control+End")
    tab.keyboard.type("x.ba")
    tab.wait_for_selector(".cm-tooltip-autocomplete")
    assert tab.locator(".cm-tooltip-autocomplete li").first.inner_text().startswith("backward")
    tab.wait_for_timeout(200)  # keys that come at once after it opened are not meant for it
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("Enter")
    assert program(tab).splitlines()[-1] == "x.backward"
    tab.keyboard.type(" # 0.5")
    tab.wait_for_timeout(400)
    assert not tab.is_visible(".cm-tooltip-autocomplete")


def test_enter_is_a_new_line_while_names_are_offered(tab: Any) -> None:
    typed(tab, "from microgradnet import Value\nx = Value(2.0)\n")
    tab.keyboard.press("Control+End")
    tab.keyboard.type("y = x * x")
    tab.wait_for_selector(".cm-tooltip-autocomplete")
    tab.keyboard.press("Enter")
    tab.keyboard.type("z = y + x")
    tab.keyboard.press("Escape")
    assert program(tab).splitlines()[-2:] == ["y = x * x", "z = y + x"]


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 720), (1920, 1080)])
def test_it_fits_the_window(tab: Any, width: int, height: int) -> None:
    tab.set_viewport_size({"width": width, "height": height})
    typed(tab, PROGRAM)
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    tab.set_viewport_size({"width": 1280, "height": 720})
