"""The static playground without a network, in a real Chromium: after the first visit, and after a new build."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from microgradnet.playground import programs, site
from microgradnet.playground.site import build
from tests.browser.test_playground import settled, typed
from tests.serving import answering, files_of

pytestmark = pytest.mark.skipif(not shutil.which("npm"), reason="the build needs npm")


def test_the_shipped_bundles_are_what_their_sources_build(tmp_path: Path) -> None:
    shutil.copytree(site.ASSETS.parent / "npm", tmp_path / "npm")
    (tmp_path / "assets").mkdir()
    for command in ("npm ci --ignore-scripts --no-audit --no-fund", "npm run bundles"):
        subprocess.run(command.split(), cwd=tmp_path / "npm", check=True, capture_output=True, timeout=300)
    for name in ("editor.js", "gifenc.js", "licences.txt"):
        assert (tmp_path / "assets" / name).read_bytes() == (site.ASSETS / name).read_bytes()


def caches(tab: Any) -> dict[str, int]:
    """How many files each cache of the origin holds."""
    found: dict[str, int] = tab.evaluate(
        "async () => Object.fromEntries(await Promise.all((await caches.keys()).map("
        "async (name) => [name, (await (await caches.open(name)).keys()).length])))"
    )
    return found


def test_after_the_first_visit_it_needs_no_network_and_a_new_build_takes_its_place(
    browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "site"
    build(folder)
    context = browser.new_context()
    context.set_default_timeout(120_000)
    tab = context.new_page()
    server = files_of(folder)
    with answering(server) as address:
        tab.goto(address)
        settled(tab)
        tab.evaluate("async () => { await navigator.serviceWorker.ready; }")
        tab.evaluate("async () => { await caches.open('of another program'); }")
        _wait(tab, lambda: max(caches(tab).values()) == len(list(folder.iterdir())), "all files but its own, and ./")
        (old,) = (name for name in caches(tab) if name.startswith("microgradnet"))

    context.set_offline(True)
    tab.reload()
    settled(tab)
    typed(tab, "from microgradnet import Value\nx = Value(3.0, 'x')\ny = x * x\ny.backward()\nprint(x.grad)\n")
    assert tab.inner_text("#output") == "6.0\n"
    assert tab.frames[1].locator("#equation").count() == 1
    assert tab.locator("optgroup:not(#own) option").count() == len(programs.PROGRAMS)

    monkeypatch.setattr(site, "PROGRAMS", programs.PROGRAMS[:3])
    build(folder, door=site.DOOR.format("https://example.org/"))
    assert not {"book.html", "story.html"} & {file.name for file in folder.iterdir()}
    with answering(files_of(folder, server.server_port)):
        context.set_offline(False)
        tab.reload()
        settled(tab)
        _wait(tab, lambda: len(caches(tab)) == 3, "the new build is kept beside the old one and another's cache")
        tab.reload()
        settled(tab)
        assert tab.locator("optgroup:not(#own) option").count() == len(programs.PROGRAMS), "an open tab is whole"
        tab.goto("about:blank")
        tab.close()
        tab = context.new_page()
        tab.goto(address)
        settled(tab)
        _wait(tab, lambda: old not in caches(tab), "the new build has taken its place")
        assert "of another program" in caches(tab)
        assert tab.locator("optgroup:not(#own) option").count() == 3
    context.close()


def test_what_a_start_needs_is_compiled_by_the_build(browser: Any, tmp_path: Path) -> None:
    folder = tmp_path / "site"
    build(folder)
    with answering(files_of(folder)) as address:
        tab = browser.new_page()
        tab.goto(address)
        settled(tab)
        typed(tab, COMPILED)
        assert tab.inner_text("#output") == "True True def loads"
        tab.close()


COMPILED = """import inspect, json, os
from microgradnet import value
print(json.__file__.endswith(".pyc"), os.path.exists(value.__spec__.cached), inspect.getsource(json.loads)[:9], end="")
"""


def _wait(tab: Any, what: Any, why: str) -> None:
    for _ in range(600):
        if what():
            return
        tab.wait_for_timeout(50)
    raise AssertionError(why)
