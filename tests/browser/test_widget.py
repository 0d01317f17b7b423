"""`live` in a real JupyterLab and in marimo: numbers go both ways, and a PNG stands where there is no kernel."""

import html
import json
import math
import re
import threading
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import nbformat
import pytest

from microgradnet import Value, live, page, parameter
from tests.browser.widgets import BUILD, JUPYTER, SECONDS, eventually, frame_of, numbers, serving, sigmoid
from tests.notebooks import execute

if TYPE_CHECKING:
    from playwright.sync_api import Page

CELLS = [
    f"{BUILD}\nlive(a)",
    "live(a * z)",
    "w.data = 0.3",
    'a.zero_grad(); a.backward(); print("read", w.data, b.data, a.data, w.grad)',
    "network = live(model); network",
    "history = fit(model, *xor(), epochs=500, callbacks=[network], progress=False)",
]
MARIMO = f"""import marimo
app = marimo.App()
with app.setup:
    import marimo as mo
{re.sub("^", "    ", BUILD, flags=re.MULTILINE)}

@app.cell
def _():
    shown = mo.ui.anywidget(live(a))
    shown
    return (shown,)

@app.cell
def _(shown):
    shown
    mo.md(f"read {{w.data}} {{b.data}} {{a.data}} 0")
    return

@app.cell
def _():
    button = mo.ui.run_button(label="assign")
    button
    return (button,)

@app.cell
def _(button):
    if button.value:
        w.data = 0.3
    return
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a notebook in a JupyterLab."""
    folder = tmp_path_factory.mktemp("lab")
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    python = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}  # else Lab asks
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=python), folder / "live.ipynb")
    with serving(folder, *JUPYTER) as address:
        yield f"{address}lab/tree/live.ipynb?reset"


@pytest.fixture
def opened(browser: Any) -> Iterator[Callable[..., "Page"]]:
    """Opens an address; at the end no error may stand in the console."""
    errors: list[str] = []
    contexts = []

    def open_page(address: str, **options: Any) -> "Page":
        contexts.append(browser.new_context(**({"viewport": {"width": 1400, "height": 1000}} | options)))
        contexts[-1].set_default_timeout(SECONDS * 1000)
        tab: Page = contexts[-1].new_page()
        tab.on("pageerror", lambda error: errors.append(str(error)))
        dialog = tab.locator("dialog.jp-Dialog")  # as JupyterLab asks for a kernel that is slow to answer
        tab.add_locator_handler(dialog, lambda _: dialog.locator(".jp-mod-accept").first.click())
        tab.goto(address)
        return tab

    yield open_page
    for context in contexts:
        context.close()
    assert not errors


def run(tab: "Page", number: int) -> None:
    """Run a cell of the JupyterLab, and wait until it has ended."""
    tab.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]")
    cell = tab.locator(".jp-Notebook .jp-CodeCell").nth(number)
    prompt = cell.locator(".jp-InputArea-prompt")
    eventually(lambda: bool(prompt.inner_text()), True)
    before = prompt.inner_text()
    for _ in range(10):  # a key is lost while the notebook still draws itself
        cell.locator(".jp-InputArea-editor").click()
        tab.keyboard.press("Control+Enter")
        tab.wait_for_timeout(1000)
        if prompt.inner_text() != before:
            break
    eventually(lambda: prompt.inner_text() != before and bool(re.fullmatch(r"\[\d+\]:", prompt.inner_text())), True)


def read(tab: "Page") -> list[float]:
    """What the program has printed last: w, b, a and w.grad."""
    text = tab.get_by_text(re.compile("^read ")).last.inner_text()
    return [float(word) for word in text.split()[1:]]


@pytest.mark.parametrize("looks", ["the same widget", "another one of its graph"])
def test_a_message_that_comes_in_another_thread_during_a_look_is_not_lost(looks: str) -> None:
    """As in JupyterLab, whose kernel takes the messages of widgets in a thread of their own."""
    w = parameter(0.3, "w")
    y = w * 2.0
    first, second = live(y), live(y)
    looking = first if looks == "the same widget" else second
    state = looking._subject.state
    message = threading.Thread(target=lambda: first.set_state({"state": {"numbers": [0.38]}}))

    def slow_state() -> dict[str, Any]:
        seen = state()
        message.start()
        message.join(0.3)  # it has to wait, or is done
        return seen

    w.data = 0.37
    with mock.patch.object(looking._subject, "state", slow_state):
        looking.refresh()
    message.join()
    assert (w.data, y.data) == (0.38, 0.76)
    for widget in (first, second):
        widget.refresh()
        assert widget.state == {"numbers": [0.38]}


def test_a_page_tells_what_changes_it_and_keeps_what_is_not_finite(opened: Callable[..., "Page"]) -> None:
    w = parameter(3.0, "w")
    tab = opened("about:blank")
    tab.set_content(
        "<script>heard = []; addEventListener('message', ({data}) => data.numbers && heard.push(data.numbers))</script>"
        '<iframe style="width: 900px; height: 700px" sandbox="allow-scripts" '
        f'srcdoc="{html.escape(page(w * w * Value(-math.inf, "x")).html)}"></iframe>'
    )
    frame = tab.frames[1]

    def tell(message: dict[str, Any]) -> None:
        tab.evaluate("message => frames[0].postMessage(message, '*')", message)

    frame.fill("#leaf0", "2")  # nobody has told it that there is a program
    tell({"numbers": [4, "-Infinity"]})
    eventually(partial(frame.evaluate, "graph.nodes.slice(0, 2).map(({data}) => data)"), [4, -math.inf])
    assert tab.evaluate("heard") == []
    frame.fill("#leaf0", "5")
    eventually(partial(tab.evaluate, "heard"), [[5, "-Infinity"]])
    frame.fill("#leaf1", "1")
    eventually(partial(tab.evaluate, "heard.at(-1)"), [5, 1])
    frame.fill("#eta", "1e308")
    frame.click("#learn")
    assert frame.evaluate("graph.nodes[0].data") == -math.inf
    frame.click("#undo")
    frame.fill("#eta", "0.1")
    frame.click("#learn")
    eventually(partial(tab.evaluate, "heard"), [[5, "-Infinity"], [5, 1], [4, 1]])


def test_in_jupyterlab_numbers_go_both_ways_and_widgets_agree(lab: str, opened: Callable[..., "Page"]) -> None:
    tab = opened(lab)
    cells = tab.locator(".jp-Notebook .jp-CodeCell")
    run(tab, 0)
    first = frame_of(cells.nth(0))
    assert numbers(first)["a"] == sigmoid(0.415)
    assert first.inner_text("#place") == "9 of 9"
    run(tab, 1)
    second = frame_of(cells.nth(1))

    run(tab, 2)  # Python moves both pictures
    for frame in (first, second):
        eventually(partial(frame.evaluate, "graph.nodes[0].data"), 0.3)
    assert numbers(first)["a"] == pytest.approx(sigmoid(0.43), rel=1e-15)
    assert "data 0.3" in first.inner_text("#pane")

    box = first.locator(".leaf-box", has_text="data 0.3")  # and dragging one, Python and the other
    first.frame_element().scroll_into_view_if_needed()  # a frame that nobody sees draws nothing
    box.scroll_into_view_if_needed()
    place = box.bounding_box()
    assert place
    tab.mouse.move(place["x"] + 20, place["y"] + 8)
    tab.mouse.down()
    tab.mouse.move(place["x"] + 60, place["y"] + 8, steps=8)
    tab.mouse.up()
    dragged = numbers(first)["w"]
    assert dragged > 0.3
    eventually(lambda: numbers(second)["w"], dragged)
    run(tab, 3)
    assert read(tab)[:2] == [dragged, 0.4]
    assert read(tab)[2] == pytest.approx(numbers(first)["a"], rel=1e-15)

    second.click("#learn")  # as does a gradient step, and taking it back
    stepped = numbers(second)["b"]
    assert stepped < 0.4
    eventually(lambda: numbers(first)["b"], stepped)
    run(tab, 3)
    seen = read(tab)
    assert seen[:3] == [numbers(first)["w"], stepped, pytest.approx(numbers(first)["a"], rel=1e-15)]
    a = numbers(first)["a"]
    assert seen[3] == pytest.approx(a * (1 - a) * 0.1, rel=1e-12)
    second.click("#undo")
    eventually(lambda: numbers(first)["b"], 0.4)

    first.click("#run")  # a run of steps arrives whole
    tab.wait_for_timeout(1000)
    first.click("#run")
    eventually(lambda: numbers(second)["w"], numbers(first)["w"])
    run(tab, 3)
    assert read(tab)[0] == numbers(first)["w"]


def test_in_jupyterlab_a_network_is_seen_to_learn_and_the_theme_is_the_notebooks(
    lab: str, opened: Callable[..., "Page"]
) -> None:
    tab = opened(lab, color_scheme="light")
    cells = tab.locator(".jp-Notebook .jp-CodeCell")
    run(tab, 0)
    stage = frame_of(cells.nth(0))
    light = stage.evaluate("getComputedStyle(document.body).backgroundColor")
    run(tab, 4)
    network = frame_of(cells.nth(4))
    before = network.inner_html("#picture")
    run(tab, 5)
    eventually(lambda: network.inner_text("#caption").split(":")[0], "epoch 500")
    assert network.inner_html("#picture") != before
    tab.get_by_text("Settings", exact=True).click()
    tab.locator(".lm-Menu").get_by_text("Theme", exact=True).hover()
    tab.get_by_text("JupyterLab Dark", exact=True).click()
    for frame in (frame_of(cells.nth(4)), frame_of(cells.nth(0))):
        eventually(partial(frame.evaluate, "isWornDark"), True)
    assert stage.evaluate("getComputedStyle(document.body).backgroundColor") != light
    fill = "getComputedStyle(document.querySelector('.view .leaf-box path')).fill"
    dark = stage.evaluate(fill)
    stage.evaluate("wear(false)")
    assert stage.evaluate(fill) != dark


def test_without_a_kernel_a_png_stands_there(lab: str, opened: Callable[..., "Page"]) -> None:
    tab = opened(lab)
    cell = tab.locator(".jp-Notebook .jp-CodeCell").nth(0)
    run(tab, 0)
    frame_of(cell)
    still = cell.locator("img[class^=microgradnet-]")
    assert still.is_hidden()
    tab.keyboard.press("Control+s")
    eventually(lambda: tab.locator(".jp-mod-dirty").count(), 0)
    origin = lab.partition("lab/")[0]
    for session in json.load(urllib.request.urlopen(f"{origin}api/sessions")):
        address = f"{origin}api/sessions/{session['id']}"
        cookies = {cookie["name"]: cookie["value"] for cookie in tab.context.cookies()}
        tab.evaluate(
            "([address, token]) => fetch(address, {method: 'DELETE', headers: {'X-XSRFToken': token}})",
            [address, cookies.get("_xsrf", "")],
        )
    again = opened(lab)
    still = again.locator(".jp-Notebook .jp-CodeCell").nth(0).locator("img[class^=microgradnet-]")
    eventually(lambda: bool(still.count()) and still.is_visible(), True)


def test_a_converted_notebook_has_the_png() -> None:
    exporters: Any = pytest.importorskip("nbconvert")  # which JupyterLab brings
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS[:1]])
    done = nbformat.reads(execute(nbformat.writes(notebook)), as_version=4)
    page, _ = exporters.HTMLExporter().from_notebook_node(done)
    assert re.search(r'<img [^>]*class="microgradnet-\w+" src="data:image/png;base64,iVBOR', page)
    _, resources = exporters.MarkdownExporter().from_notebook_node(done)
    assert all(image.startswith(b"\x89PNG") for image in resources["outputs"].values())
    assert resources["outputs"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_in_marimo_numbers_go_both_ways(theme: str, opened: Callable[..., "Page"], tmp_path: Path) -> None:
    settings = f'# /// script\n# [tool.marimo.display]\n# theme = "{theme}"\n# ///\n'
    (tmp_path / "notebook.py").write_text(settings + MARIMO, "utf-8")
    options = ["run", "--headless", "--no-token", "--host=127.0.0.1", "notebook.py"]
    with serving(tmp_path, "marimo", *options) as address:
        tab = opened(address, color_scheme="light")
        frame = frame_of(tab)
        assert frame.evaluate("isWornDark") == (theme == "dark")
        assert numbers(frame)["a"] == sigmoid(0.415)
        frame.locator("#leaves input[type=text]").nth(1).fill("-1.25")
        eventually(lambda: read(tab)[:2], [-1.25, 0.4])  # the cell that names the widget has run again
        assert read(tab)[2] == pytest.approx(numbers(frame)["a"], rel=1e-15)
        tab.get_by_role("button", name="assign").click()
        eventually(lambda: numbers(frame)["w"], 0.3)
        tab.close()
