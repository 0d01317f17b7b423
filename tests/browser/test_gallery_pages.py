"""The gallery's pages: a digit is drawn and recognised as Python recognises it; a film plays in step with its sound."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from microgradnet import MLP, compile
from microgradnet.teach.applications.media.audio import wav
from microgradnet.teach.applications.media.player import Film, Player
from microgradnet.teach.applications.objects.drawing_page import DrawingPage


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """A function that opens a page; no error may appear in its console."""
    errors: list[str] = []
    context = browser.new_context(viewport={"width": 1000, "height": 620})

    def open_page(html: str) -> Any:
        (tmp_path / "page.html").write_text(html, "utf-8")
        tab = context.new_page()
        tab.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.goto((tmp_path / "page.html").as_uri())
        return tab

    yield open_page
    context.close()
    assert not errors


def until(tab: Any, condition: str) -> None:
    """Wait until an expression is true; the page's policy allows no `wait_for_function`."""
    for _ in range(400):
        if tab.evaluate(condition):
            return
        tab.wait_for_timeout(25)
    raise AssertionError(f"never true: {condition}")


def drawn(tab: Any) -> Any:
    """Draw a one; return the pixels that the network sees."""
    box = tab.locator("#pad").bounding_box()
    tab.mouse.move(box["x"] + 150, box["y"] + 60)
    tab.mouse.down()
    tab.mouse.move(box["x"] + 150, box["y"] + 250, steps=5)
    tab.mouse.up()
    return np.array(tab.evaluate("fitted()"))


def probabilities(tab: Any) -> Any:
    return np.array([float(text.rstrip(" %")) for text in tab.locator("#classes output").all_inner_texts()])


def test_what_is_drawn_is_recognised_as_python_does(opened: Any) -> None:
    model = MLP(64, [8, 10], "relu", seed=1)
    samples = np.random.default_rng(0).random((2, 64))
    tab = opened(DrawingPage("Draw", model, samples.tolist(), [3, 7]).html)
    x = drawn(tab)
    assert x.shape == (64,)
    assert x.mean() == pytest.approx(0.305, abs=0.03)
    assert x.reshape(8, 8)[:, 3:5].sum() > 0.7 * x.sum(), "an upright stroke in the middle"

    def expected(x: Any) -> Any:
        logits = compile(model)([x])[0]
        return 100 * np.exp(logits) / np.exp(logits).sum()

    np.testing.assert_allclose(probabilities(tab), expected(x), atol=0.06)
    assert f"says {expected(x).argmax()}" in tab.inner_text("#verdict")
    for sample, digit in zip(samples, (3, 7), strict=True):
        tab.click("#sample")
        np.testing.assert_allclose(probabilities(tab), expected(sample), atol=0.06)
        judged = "right" if expected(sample).argmax() == digit else "wrong"
        assert tab.inner_text("#verdict").endswith(f"; it is a {digit}: {judged}.")
    tab.click("#clear")
    assert tab.inner_text("#verdict") == "Nothing is drawn yet."
    drawn(tab)
    assert "; it is" not in tab.inner_text("#verdict")
    tab.click("#clear")
    box = tab.locator("#pad").bounding_box()
    place = {"clientX": box["x"] + 90, "clientY": box["y"] + 90, "buttons": 1}
    tab.mouse.move(place["clientX"], place["clientY"])
    tab.mouse.down()
    tab.dispatch_event("#pad", "pointermove", place)  # a finger that trembles less than a pixel
    tab.mouse.up()
    assert sum(tab.evaluate("[...fine.getImageData(0, 0, 32, 32).data]")) > 0, "a dot is drawn"
    assert "says" in tab.inner_text("#verdict")


def test_on_a_telephone_the_pad_is_wide_and_stays_in_its_place(opened: Any) -> None:
    tab = opened(DrawingPage("Draw", MLP(64, [8, 10], "relu", seed=1), [[0.5] * 64], [3]).html)
    tab.set_viewport_size({"width": 390, "height": 844})
    box = tab.locator("#pad").bounding_box()
    assert box["width"] > 340
    tab.mouse.move(box["x"] + 100, box["y"] + 60)
    tab.mouse.down()
    tab.mouse.move(box["x"] + 150, box["y"] + 150, steps=5)
    assert "says" in tab.inner_text("#verdict")
    assert tab.locator("#pad").bounding_box() == box, "during a stroke"
    tab.mouse.up()
    tab.click("#sample")
    assert "it is a 3" in tab.inner_text("#verdict")
    assert tab.locator("#pad").bounding_box() == box


def test_the_pad_says_where_to_draw_and_shows_a_test_digit(opened: Any) -> None:
    def brightness() -> Any:
        """Of the pad's ink at 8 × 8 places; where there is none, −1."""
        return np.array(
            tab.evaluate(
                "Array.from({length: 64}, (_, i) => pad.getImageData(40 * (i % 8) + 20, 40 * (i >> 3) + 20, 1, 1).data)"
                ".map(([red, , , opaque]) => opaque ? red : -1)"
            )
        )

    sample = np.linspace(0, 1, 64)
    tab = opened(DrawingPage("Draw", MLP(64, [8, 10], "relu", seed=1), [sample.tolist()], [3]).html)
    inked = "pad.getImageData(0, 0, 320, 320).data.reduce((sum, x) => sum + x)"
    hint = tab.evaluate(inked)
    assert hint > 0
    tab.click("#sample")
    assert np.abs(brightness() - 255 * (1 - sample)).max() <= 1
    drawn(tab)
    assert (brightness() <= 0).all(), "a black stroke alone"
    tab.click("#clear")
    assert tab.evaluate(inked) == hint


def test_a_page_for_another_network_is_refused() -> None:
    with pytest.raises(ValueError, match="not MLP"):
        DrawingPage("Draw", MLP(64, [8, 10], "tanh"), [], [])


FILM = Film("first", [f"<text y='10'>frame {i}</text>" for i in range(20)], 10, caption="a <film>")


def screen(tab: Any) -> str:
    text: str = tab.locator("#screen text").text_content()
    return text


def test_a_film_is_played_sought_and_chosen(opened: Any) -> None:
    other = Film("second", ["<text y='10'>other</text>"] * 3, 5, wav(np.zeros(4800), 8000), around="<rect id='stage'/>")
    tab = opened(Player("Films", [FILM, other], (100, 20), "about & more").html)
    assert screen(tab) == "frame 0"
    assert tab.inner_text("#caption") == "a <film>"
    tab.keyboard.press("ArrowRight")
    assert screen(tab) == "frame 1"
    tab.keyboard.press("End")
    assert (screen(tab), tab.inner_text("#place")) == ("frame 19", "2.0 s")
    tab.focus("#slider")
    tab.keyboard.press("Home")
    tab.keyboard.press("End")  # the slider's last frame begins before the end of the film
    assert (screen(tab), tab.inner_text("#place")) == ("frame 19", "1.9 s")
    tab.click("#play")
    until(
        tab,
        "/^frame ([1-9]|1[0-8])$/.test(document.querySelector('#screen text').textContent)"
        " && document.querySelector('#play').textContent === '❚❚ Pause'",
    )
    until(tab, "document.querySelector('#play').textContent.includes('Play')")
    assert screen(tab) == "frame 19"
    tab.select_option("#film", "second")
    assert screen(tab) == "other"
    assert tab.locator("#screen #stage").count() == 1, "what all its frames have"
    tab.click("#play")
    until(tab, "Number(document.querySelector('#slider').value) === 2")


def test_a_film_follows_its_sound(opened: Any) -> None:
    film = FILM._replace(sound=wav(0.1 * np.sin(np.arange(16000) / 20), 8000))
    tab = opened(Player("Sound", [film], (100, 20)).html)
    tab.click("#play")
    until(tab, "document.querySelector('#sound').currentTime > 0.5")
    shown, time = tab.evaluate(
        "(() => { tick(); return [Number(document.querySelector('#screen').dataset.frame), player.time]; })()"
    )
    assert shown == int(time * 10 + 1e-6), "the frame of the sound's time"
    assert abs(time - tab.evaluate("document.querySelector('#sound').currentTime")) < 0.2
