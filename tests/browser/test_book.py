"""The book, built with warnings as errors, in a real Chromium: read, searched and clicked, without another server."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from microgradnet.playground.site import _write_service
from tests import ROOT
from tests.serving import answering, elsewhere, files_of, lone_tab

NPM = shutil.which("npm")
LESSON = ("neuron", "two-neurons", "two-inputs", "layers", "learning", "activation", "biology")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built book; the playground is in it where there is npm."""
    out = tmp_path_factory.mktemp("built") / "book"
    built = sphinx(ROOT / "notebooks", out, *(["-t", "playground"] if NPM else []))
    assert built.returncode == 0, built.stderr
    return out


def sphinx(source: Path, out: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sphinx", "-W", "-q", "-b", "html", *options, str(source), str(out)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=600)


@pytest.fixture(scope="module")
def origin(folder: Path) -> Iterator[str]:
    with answering(files_of(folder)) as address:
        yield address


@pytest.fixture
def tab(browser: Any, origin: str) -> Iterator[Any]:
    """A tab at the first page."""
    with lone_tab(browser, origin, seconds=15, base_url=origin) as opened:
        opened.goto("index.html")
        yield opened


def test_a_request_elsewhere_would_be_seen() -> None:
    ours = "http://127.0.0.1:8000/"
    assert elsewhere([f"{ours}a.js", "data:,x", "https://fonts.example/a.css", "http://127.0.0.1:80/"], ours) == [
        "https://fonts.example/a.css",
        "http://127.0.0.1:80/",
    ]


def test_a_warning_is_an_error(tmp_path: Path) -> None:
    shutil.copy(ROOT / "notebooks" / "conf.py", tmp_path)
    (tmp_path / "_static").mkdir()
    shutil.copy(ROOT / "notebooks" / "_static" / "icon.svg", tmp_path / "_static")
    (tmp_path / "index.md").write_text("# Book\n\n[nowhere](nowhere.md)\n", encoding="utf-8")
    built = sphinx(tmp_path, tmp_path / "out")
    assert built.returncode
    assert "nowhere.md" in built.stderr


@pytest.mark.parametrize("chapter", ["neuron", "misconceptions"])
def test_pages_in_frames_are_light_or_dark_as_the_book(tab: Any, chapter: str) -> None:
    tab.emulate_media(color_scheme="light")
    tab.goto(f"{chapter}.html")
    frame = tab.locator("iframe").first
    frame.scroll_into_view_if_needed()
    for theme in ("dark", "light", "auto"):
        tab.evaluate("theme => { document.body.dataset.theme = theme; }", theme)
        assert_dressed(frame.content_frame, "dark" if theme == "dark" else "light")


def assert_dressed(frame: Any, theme: str) -> None:
    ground = {"light": "rgb(243, 245, 247)", "dark": "rgb(12, 16, 20)"}[theme]
    for _ in range(100):
        if frame.locator("body").evaluate("body => getComputedStyle(body).backgroundColor") == ground:
            return
        time.sleep(0.05)
    raise AssertionError(f"not {theme}")


@pytest.mark.parametrize("width", [1280, 390])
def test_every_page_opens_and_fits(tab: Any, folder: Path, width: int) -> None:
    tab.set_viewport_size({"width": width, "height": 800})
    pages = [path for path in folder.rglob("*.html") if not {"live", "playground", "_modules"} & set(path.parts)]
    assert len(pages) > len(LESSON)
    for path in pages:
        tab.goto(path.relative_to(folder).as_posix())
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert tab.evaluate("[...document.images].every(image => !image.complete || image.naturalWidth)"), path


def test_the_chapters_follow_each_other(tab: Any, origin: str) -> None:
    tab.get_by_role("link", name="Getting started").first.click()
    visited = []
    while (following := tab.locator("a.next-page")).count():
        following.click()
        tab.wait_for_load_state()
        visited.append(tab.url.removeprefix(origin).removesuffix(".html"))
    assert tuple(visited[visited.index("neuron") :][: len(LESSON)]) == LESSON
    course = ["learning", "stepping", "misconceptions", "moons", "matrices", "driving"]
    assert [name for name in visited if name in course] == course
    assert visited[-1] == "about/changelog"


def test_the_search_finds_a_chapter_and_a_function(tab: Any) -> None:
    for words, found in (("topological", "misconceptions.html"), ("detect_anomaly", "api/showing.html")):
        tab.goto("index.html")
        tab.fill("input.sidebar-search", words)
        tab.keyboard.press("Enter")
        link = tab.locator(f"#search-results a[href*='{found}']").first
        link.click()
        assert found in tab.url
        assert words in tab.inner_text("article")


def test_the_search_quotes_words_not_images(tab: Any, folder: Path) -> None:
    tab.goto("search.html")
    pages = [path for path in folder.glob("*.html") if "<iframe" in path.read_text("utf-8")]
    assert {"misconceptions.html", "stepping.html", "translation.html"} <= {path.name for path in pages}
    for path in pages:
        quoted = tab.evaluate("async (name) => Search.htmlToText(await (await fetch(name)).text(), '')", path.name)
        assert re.findall("base64|<img", quoted) == [], path.name


@pytest.mark.parametrize("name", LESSON)
def test_an_example_is_a_live_page_at_the_end_of_its_chapter(tab: Any, name: str) -> None:
    tab.goto(f"{name}.html")
    tab.locator("iframe.live").scroll_into_view_if_needed()
    page = tab.frame_locator("iframe.live")
    page.locator("#place", has_text="0 of").wait_for()
    page.locator("#step").click()
    page.locator("#place", has_text="1 of").wait_for()


def test_the_lesson_leads_to_the_story(tab: Any) -> None:
    tab.goto("lesson.html")
    tab.get_by_role("link", name="The story").click()
    tab.locator("main").first.wait_for()
    assert "/live/story.html" in tab.url


def test_formulas_are_mathml(tab: Any) -> None:
    tab.goto("stepping.html")
    texts = tab.evaluate("[...document.querySelectorAll('math')].map(math => math.textContent.replace(/\\s/g, ''))")
    assert "E=12(T−a2)2" in texts
    assert any("+=" in text for text in texts)
    assert "$" not in tab.inner_text("article")
    tab.goto("activation.html")
    below = tab.locator("munder:has(> munder) > :last-child").all_text_contents()
    assert [text.strip() for text in below] == ["slope", "start"]


def test_light_and_dark_hold_for_pictures_too(tab: Any) -> None:
    tab.goto("neuron.html")
    schemes = set()
    for _ in range(3):
        tab.locator(".content-icon-container .theme-toggle").click()
        dark = tab.evaluate("document.body.dataset.theme")
        schemes.add((dark, tab.evaluate("getComputedStyle(document.querySelector('article img')).colorScheme")))
    assert schemes >= {("light", "light"), ("dark", "dark")}


def test_a_name_leads_to_its_source(tab: Any) -> None:
    tab.goto("api/values.html#microgradnet.Value.backward")
    tab.locator("[id='microgradnet.Value.backward'] .viewcode-link").click()
    assert "def backward" in tab.inner_text("article")


def test_the_playground_is_in_the_book(tab: Any) -> None:
    tab.goto("playground.html")
    link = tab.get_by_role("link", name="Open the playground")
    assert link.count() == bool(NPM)
    if NPM:
        link.click()
        tab.locator("#output", has_text="∂a₁/∂w₁").wait_for(timeout=120_000)
        graph = tab.frame_locator("#graph iframe:first-child")
        for theme in ("dark", "light"):
            tab.evaluate("theme => { localStorage.theme = theme; }", theme)
            tab.reload()
            assert_dressed(tab, theme)
            graph.locator("#equation").wait_for(timeout=120_000)
            assert_dressed(graph, theme)
        tab.get_by_role("link", name="The book").click()
        tab.get_by_role("link", name="Getting started").first.wait_for()


@pytest.mark.parametrize(
    ("chapter", "title"),
    [("learning", ""), ("sound", ""), ("translation", ""), ("exercises", "1. "), ("misconceptions", "")],
)
def test_a_chapter_opens_its_program_in_the_playground(tab: Any, chapter: str, title: str) -> None:
    tab.goto(f"{chapter}.html")
    doors = tab.locator("a.open", has_text=title)
    assert doors.count() >= bool(NPM)
    if NPM:
        name = doors.first.get_attribute("href").partition("#")[2]
        doors.first.click()
        tab.locator(f'#programs option:checked[value="{name}"]').wait_for(state="attached")


def test_the_files_of_the_playground_are_those_that_its_service_worker_knows(folder: Path) -> None:
    if NPM:
        service = folder / "playground" / "service.js"
        before = service.read_text("utf-8")
        shutil.copy(ROOT / "microgradnet" / "playground" / "assets" / "service.js", service)
        _write_service(folder / "playground")
        assert service.read_text("utf-8") == before


def test_a_playground_in_a_frame_is_light_or_dark_as_the_book(tab: Any) -> None:
    if not NPM:
        return
    tab.goto("playground.html")
    tab.evaluate(
        "() => { const frame = document.createElement('iframe'); frame.id = 'inside'; frame.className = 'live';"
        " frame.src = 'playground/index.html'; document.querySelector('article').append(frame); }"
    )
    playground = tab.frame_locator("#inside")
    graph = playground.frame_locator("#graph iframe:first-child")
    graph.locator("#equation").wait_for(timeout=120_000)
    for theme in ("dark", "light"):
        tab.evaluate("theme => { document.body.dataset.theme = theme; }", theme)
        assert_dressed(playground, theme)
        assert_dressed(graph, theme)
