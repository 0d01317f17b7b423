"""The page in a real Chromium, where there is one and Playwright to drive it; one line says what is missing."""

import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
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

collect_ignore = [] if all(map(find_spec, ("anywidget", "jupyterlab", "marimo"))) else ["test_widget.py"]


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
