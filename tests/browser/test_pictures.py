"""Pictures and figures in a real browser: alone and in a page, narrow and wide, light and dark."""

from pathlib import Path
from typing import Any

import pytest

from microgradnet import MLP, Value, draw
from microgradnet.drawing import Picture
from microgradnet.drawing.chart import chart
from microgradnet.drawing.figure import Figure
from microgradnet.drawing.theme import DARK, LIGHT

DRAWN = {"picture": draw(MLP(3, [4, 4, 1], seed=1)), "figure": chart({"E": [(0, 1), (1, 2)]})}
SIZE = "(({width, height}) => [width, height])(document.querySelector('svg').getBoundingClientRect())"
CARD = "getComputedStyle(document.querySelector('svg rect')).fill"


def rgb(colour: str) -> str:
    return "rgb({}, {}, {})".format(*bytes.fromhex(colour[1:]))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("inlined", [False, True], ids=["alone", "inlined"])
@pytest.mark.parametrize("drawn", DRAWN.values(), ids=DRAWN)
def test_it_shrinks_with_its_column_and_follows_the_readers_scheme(
    browser: Any, tmp_path: Path, drawn: Picture | Figure, inlined: bool, scheme: str
) -> None:
    file = tmp_path / ("page.html" if inlined else "drawn.svg")
    file.write_text(f"<body style='margin: 0'>{drawn.svg}" if inlined else drawn.svg, "utf-8")
    context = browser.new_context(color_scheme=scheme)
    tab = context.new_page()
    sizes = []
    for width in (2000, 300):
        tab.set_viewport_size({"width": width, "height": 2000})
        tab.goto(file.as_uri())
        sizes.append(tab.evaluate(SIZE))
    colour, font = tab.evaluate(CARD), tab.evaluate("getComputedStyle(document.querySelector('svg')).fontFamily")
    context.close()
    (wide, tall), (narrow, low) = sizes
    assert narrow == 300 < wide < 2000
    assert low == pytest.approx(tall * narrow / wide, abs=1)
    assert colour == rgb((LIGHT if scheme == "light" else DARK)["card"].fill)
    assert font.startswith("indices, ui-monospace")


def test_indices_are_set_as_in_a_book_in_a_file_too(browser: Any, tmp_path: Path) -> None:
    x, wide = Value(1.0, "w⁽¹⁾₁₂"), Value(1.0, "wabcde")
    tab = browser.new_page()
    widths = []
    for value in (x, wide):
        tab.goto(draw(value).save(tmp_path / "drawn.svg").as_uri())
        widths.append(tab.evaluate("document.querySelector('.node text').getComputedTextLength()"))
    tab.close()
    assert widths[0] < 0.8 * widths[1], "in a font for code they are as wide as letters"
