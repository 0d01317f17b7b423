"""The book's pictures of two pages: `python -m tests.browser.picture` takes them anew, tests compare them."""

import tempfile
from pathlib import Path
from typing import Any

from microgradnet import page
from microgradnet.stepping.tracing import trace_source
from microgradnet.teach import misconceptions
from microgradnet.teach.examples import EXAMPLES
from microgradnet.teach.misconceptions import example
from tests import ROOT

PICTURE = ROOT / "notebooks" / "pictures" / "page.png"
MISCONCEPTION = PICTURE.with_name("misconception.png")
STEP = "18"  # in the middle of the backward pass


def take(browser: Any) -> bytes:
    """The page of the example `learning` as a PNG."""
    with tempfile.TemporaryDirectory() as folder, trace_source():
        file = Path(folder, "page.html")
        page(EXAMPLES["learning"].build(), file, title=EXAMPLES["learning"].title)
        context = browser.new_context(viewport={"width": 1200, "height": 760}, reduced_motion="reduce")
        tab = context.new_page()
        tab.goto(file.as_uri())
        tab.fill("#slider", STEP)
        tab.locator("#slider").blur()
        tab.wait_for_timeout(500)
        taken: bytes = tab.screenshot()
        context.close()
    return taken


def take_misconception(browser: Any) -> bytes:
    """The two passes of `no-topological-order` at the step where they diverge, as a PNG."""
    with tempfile.TemporaryDirectory() as folder:
        file = misconceptions.run(example.build(), "no-topological-order").page().save(Path(folder, "page.html"))
        context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
        tab = context.new_page()
        tab.goto(file.as_uri())
        tab.get_by_role("button", name="To the divergence").click()
        tab.wait_for_timeout(500)
        taken: bytes = tab.screenshot()
        context.close()
    return taken


def difference(browser: Any, first: bytes, second: bytes) -> float:
    """How much two PNGs differ, as the mean over all pixels: 0 for the same, 1 for black and white or other sizes."""
    context = browser.new_context()
    tab = context.new_page()
    found: float = tab.evaluate(
        """async (pngs) => {
            const [a, b] = await Promise.all(pngs.map(async (bytes) => {
                const bitmap = await createImageBitmap(new Blob([Uint8Array.from(bytes)], {type: "image/png"}));
                const canvas = new OffscreenCanvas(bitmap.width, bitmap.height), context = canvas.getContext("2d");
                context.drawImage(bitmap, 0, 0);
                return context.getImageData(0, 0, bitmap.width, bitmap.height);
            }));
            if (a.width !== b.width || a.height !== b.height) return 1;
            let sum = 0;
            for (let i = 0; i < a.data.length; i++) sum += Math.abs(a.data[i] - b.data[i]);
            return sum / a.data.length / 255 * 4 / 3;
        }""",
        [list(first), list(second)],
    )
    context.close()
    return found


if __name__ == "__main__":
    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import CHROMIUM

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        PICTURE.write_bytes(take(chromium))
        MISCONCEPTION.write_bytes(take_misconception(chromium))
