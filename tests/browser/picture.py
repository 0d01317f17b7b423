"""Pictures of two pages, also in a narrow window, light and dark.

`python -m tests.browser.picture` takes them, and tests compare.
"""

import tempfile
from collections.abc import Callable
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image, ImageChops, ImageStat

from microgradnet import Value, page
from microgradnet.stepping.tracing import trace_source
from microgradnet.teach import misconceptions
from microgradnet.teach.examples import EXAMPLES
from microgradnet.teach.misconceptions import example
from tests import ROOT

FOLDER = ROOT / "notebooks" / "pictures"
PICTURE, MISCONCEPTION = FOLDER / "page.png", FOLDER / "misconception.png"
STEP, DOOR_STEP = "18", "13"  # in the middle of the backward pass
DOOR = 480  # CSS pixels: README shows so wide a window at 400, with text of 10 pixels


def take(browser: Any) -> bytes:
    """The page of the example `learning` as a PNG."""
    return _page(browser, "learning", STEP, width=1200, height=760)


def take_door(browser: Any, scheme: str) -> bytes:
    """The page of two neurons in a narrow window as a PNG: picture, equation and controls."""
    return _page(browser, "two-neurons", DOOR_STEP, scheme, width=DOOR, height=600)


def take_misconception(browser: Any) -> bytes:
    """The two passes of `no-topological-order` at the step where they diverge, as a PNG."""
    return _passes(browser, "no-topological-order", example.build(), width=1280, height=900)


def take_misconception_door(browser: Any, scheme: str) -> bytes:
    """The two passes of `wrong-operand` through a neuron in a narrow window as a PNG, one over the other."""
    return _passes(browser, "wrong-operand", EXAMPLES["neuron"].build(), "main", scheme, width=DOOR, height=690)


TAKEN: dict[Path, Callable[[Any], bytes]] = {
    PICTURE: take,
    MISCONCEPTION: take_misconception,
    FOLDER / "page-door.png": partial(take_door, scheme="light"),
    FOLDER / "page-door-dark.png": partial(take_door, scheme="dark"),
    FOLDER / "misconception-door.png": partial(take_misconception_door, scheme="light"),
    FOLDER / "misconception-door-dark.png": partial(take_misconception_door, scheme="dark"),
}


def _page(browser: Any, name: str, step: str, scheme: str = "light", **size: int) -> bytes:
    """The page of an example at a step."""

    def write(file: Path) -> None:
        page(EXAMPLES[name].build(), file, title=EXAMPLES[name].title)

    def go(tab: Any) -> None:
        tab.fill("#slider", step)
        tab.locator("#slider").blur()

    return _taken(browser, write, go, size, scheme)


def _passes(browser: Any, name: str, root: Value, part: str = "body", scheme: str = "light", **size: int) -> bytes:
    """The page of a misconception where its passes diverge."""

    def write(file: Path) -> None:
        misconceptions.run(root, name).page().save(file)

    def go(tab: Any) -> None:
        tab.get_by_role("button", name="To the divergence").click()

    return _taken(browser, write, go, size, scheme, part)


def _taken(
    browser: Any,
    write: Callable[[Path], None],
    go: Callable[[Any], None],
    size: dict[str, int],
    scheme: str,
    part: str = "body",
) -> bytes:
    """A part of a page in a window of this size, as a PNG; a narrow one has two dots for each pixel."""
    with tempfile.TemporaryDirectory() as folder, trace_source():
        write(Path(folder, "page.html"))
        scale = 2 if size["width"] == DOOR else 1
        context = browser.new_context(
            viewport=size, device_scale_factor=scale, reduced_motion="reduce", color_scheme=scheme
        )
        tab = context.new_page()
        tab.goto(Path(folder, "page.html").as_uri())
        go(tab)
        tab.wait_for_timeout(500)
        hidden = ".bar { visibility: hidden }"  # which stands over the end of a part
        taken: bytes = tab.screenshot() if part == "body" else tab.locator(part).screenshot(style=hidden)
        context.close()
    return taken


def difference(first: bytes, second: bytes) -> float:
    """How much two PNGs differ, as the mean over all pixels: 0 for the same, 1 for black and white or other sizes."""
    one, other = (Image.open(BytesIO(png)).convert("RGB") for png in (first, second))
    if one.size != other.size:
        return 1.0
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean) / 3 / 255


if __name__ == "__main__":
    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import CHROMIUM

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for path, taking in TAKEN.items():
            path.write_bytes(taking(chromium))
