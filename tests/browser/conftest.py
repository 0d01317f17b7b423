"""The page in a real Chromium, where there is one and Playwright to drive it; one line says what is missing."""

import shutil
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from microgradnet import Value, page
from microgradnet.stepping import Plane

if TYPE_CHECKING:
    from playwright.sync_api import Page

Open = Callable[..., "Page"]

# The first is Chromium without a browser's window, which opens a tab in a quarter of the time.
PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome")
CHROMIUM = next(filter(None, map(shutil.which, PROGRAMS)), None)
HERE = Path(__file__).parent
MISSING = " and ".join(
    what
    for what, there in (
        ("`pip install '.[browser]'`", find_spec("playwright")),
        ("a Chromium on PATH (Debian: apt install chromium)", CHROMIUM),
    )
    if not there
)
NO_BOOK = not all(map(find_spec, ("sphinx", "myst_nb", "furo", "sklearn")))

collect_ignore_glob = [] if all(map(find_spec, ("anywidget", "jupyterlab", "marimo"))) else ["test_widget*.py"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without a browser these tests are left out, not skipped: there is nothing wrong with the machine."""
    here = [item for item in items if HERE in item.path.parents]
    for item in here:
        item.add_marker("browser")
    left_out = here if MISSING else [item for item in here if NO_BOOK and item.path.name == "test_book.py"]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if MISSING and terminalreporter.stats.get("deselected"):
        terminalreporter.write_line(f"The page was not clicked through: that needs {MISSING}.")
    elif NO_BOOK and terminalreporter.stats.get("deselected"):
        terminalreporter.write_line("The book was not built: that needs `pip install '.[book]'`.")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One Chromium for all tests."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()


@pytest.fixture
def opened_file(browser: Any) -> Iterator[Open]:
    """Opens a file; at the end nothing may have been said on the console, nor anything else been asked for."""
    said: list[str] = []
    contexts = []

    def open_file(file: Path, **options: Any) -> "Page":
        contexts.append(browser.new_context(**({"viewport": {"width": 1400, "height": 900}} | options)))
        tab: Page = contexts[-1].new_page()
        tab.on("console", lambda message: said.append(message.text))
        tab.on("pageerror", lambda error: said.append(str(error)))
        tab.on("dialog", lambda dialog: said.append(dialog.message))
        its_own = (file.as_uri(), "blob:")  # what a page saves is a blob
        tab.on("request", lambda request: None if request.url.startswith(its_own) else said.append(request.url))
        tab.goto(file.as_uri())
        return tab

    yield open_file
    for context in contexts:
        context.close()
    assert said == []


@pytest.fixture
def opened(opened_file: Open, tmp_path: Path) -> Open:
    """Opens the page of a graph, as `opened_file` does."""

    def open_page(root: Value, *, plane: Plane | None = None, **options: Any) -> "Page":
        page(root, tmp_path / "page.html", plane=plane)
        return opened_file(tmp_path / "page.html", **options)

    return open_page
