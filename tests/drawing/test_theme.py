"""Fills stay apart for colour-blind readers; pages and plots have the same colours as pictures."""

import re
from importlib.resources import files
from itertools import combinations, pairwise

import pytest

from microgradnet._shared.webpage import ASSETS
from microgradnet.drawing.box import SHADES
from microgradnet.drawing.theme import BY_COLOUR, DARK, LIGHT, SERIES, Paint
from tests.drawing.test_picture import contrast

BASE = (ASSETS / "base.css").read_text("utf-8")
PAGE_STYLE = files("microgradnet.stepping") / "assets" / "page.css"


def linear(colour: str) -> list[float]:
    """Linear-light red, green and blue of `#rrggbb` (IEC 61966-2-1)."""
    assert re.fullmatch("#[0-9a-f]{6}", colour)
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4) for part in parts]


def dot_product(row: tuple[float, ...], column: list[float]) -> float:
    return sum(a * b for a, b in zip(row, column, strict=True))


# Machado, Oliveira and Fernandes (2009), "A physiologically-based model for simulation of color vision deficiency",
# table of severity 1.0, for linear light.
VISION = {
    "full": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.01182, 0.04294, 0.968881)),
}
XYZ = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))


def seen(colour: str, vision: str) -> list[float]:
    """CIE L*a*b* (D65) of a colour as that eye sees it."""
    light = [min(max(dot_product(row, linear(colour)), 0.0), 1.0) for row in VISION[vision]]
    scaled = [dot_product(row, light) / white for row, white in zip(XYZ, (0.9505, 1.0, 1.089), strict=True)]
    x, y, z = (float(t ** (1 / 3)) if t > 0.008856 else 7.787 * t + 16 / 116 for t in scaled)
    return [116 * y - 16, 500 * (x - y), 200 * (y - z)]


def difference(one: str, other: str, vision: str) -> float:
    return float(sum((a - b) ** 2 for a, b in zip(seen(one, vision), seen(other, vision), strict=True)) ** 0.5)


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_fills_stay_apart_for_colour_blind_readers(theme: dict[str, Paint], vision: str) -> None:
    roles = ("operation", "constant", "input", "parameter", "root", "note", "highlight")
    for one, other in combinations(roles, 2):  # a difference of 2.3 can just be noticed
        assert difference(theme[one].fill, theme[other].fill, vision) > 5, (one, other)
    assert difference(theme["highlight"].fill, theme["parameter"].fill, vision) > 15, "the current step's boxes"


def test_the_check_of_fills_rejects_a_green_that_the_colour_blind_take_for_the_parameters_fill() -> None:
    assert difference("#9e6c3a", "#7a7a3a", "full") > 20
    assert difference("#9e6c3a", "#7a7a3a", "deuteranopia") < 5


def test_the_style_that_pages_share_has_the_colours_of_pictures() -> None:
    named = {"card": ("card", "fill"), "ink": ("card", "text"), "mark": ("highlight", "fill"),
             "mark-line": ("highlight", "line"), "mark-ink": ("highlight", "text")}  # fmt: skip
    light, dark = BASE.split("prefers-color-scheme: dark")
    for theme, css in ((LIGHT, light), (DARK, dark)):
        for name, (role, part) in named.items():
            assert re.search(rf"--{name}: (#\w+);", css)[1] == getattr(theme[role], part)  # type: ignore[index]


TEXT, SHAPE = 4.5, 3.0
"""WCAG 2.2, 1.4.3 and 1.4.11: the contrast of text, and of controls and their states."""
GROUNDS = ("paper", "card", "control")
ON_GROUNDS = {"ink": TEXT, "soft": TEXT, "wrong": TEXT, "edge": SHAPE, "focus": SHAPE, "mark-line": SHAPE}


def page_faults(colours: dict[str, str]) -> list[str]:
    """The pairs of a page's colours without the contrast that they need."""
    pairs = [(name, ground, least) for name, least in ON_GROUNDS.items() for ground in GROUNDS]
    pairs += [("mark-ink", "mark", TEXT), ("mark-line", "mark", SHAPE)]
    return [f"{name} on {on}" for name, on, least in pairs if contrast(colours[name], colours[on]) < least]


def page_colours() -> list[dict[str, str]]:
    """The colours of pages, light and dark."""
    return [dict(re.findall(r"--([\w-]+): (#\w{6});", css)) for css in BASE.split("prefers-color-scheme: dark")]


def test_text_controls_and_states_of_pages_have_contrast() -> None:
    for colours in page_colours():
        assert page_faults(colours) == []
    assert page_faults(page_colours()[0] | {"edge": "#c3cbd3"}) == [f"edge on {ground}" for ground in GROUNDS]


def test_every_control_of_a_page_has_a_border_or_a_fill_that_can_be_seen() -> None:
    """`--line` has no contrast: it frames, and nothing can be done there."""
    assert re.search(r"button, select, input[^{]*{[^}]*border: 1px solid var\(--edge\)", BASE)
    page = PAGE_STYLE.read_text("utf-8")
    colour = r"(?:border(?:-\w+)*|accent-color|outline|stroke|fill|(?<![\w-])color): [^;]*"
    assert "var(--line)" not in "".join(re.findall(colour, page))
    own = [dict(re.findall(r"--([\w-]+): (#\w{6})", line)) for line in page.splitlines()[:2]]
    assert set(re.findall(r"var\(--([a-z\d-]+)\)", page)) - {"line"} <= {*page_colours()[0], *own[0], *LOCAL}
    for colours, shared in zip(own, page_colours(), strict=True):
        assert all(contrast(colour, shared["card"]) >= SHAPE for colour in colours.values())


LOCAL = {"shadow", "cover", "vertical", "size", "steps", "code"}
"""Properties of the page's style that are no colours."""


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_curves_and_markers_of_plots_have_contrast_on_the_card_and_on_every_region(theme: dict[str, Paint]) -> None:
    grounds = ["card", *SERIES]
    low = [(a, b) for a in SERIES for b in grounds if a != b and contrast(theme[a].line, theme[b].fill) < SHAPE]
    assert low == [], "a marker of one class in the region of another"
    for role in ("heading", "card"):  # words on axes, titles
        assert contrast(theme[role].text, theme["card"].fill) >= TEXT


@pytest.mark.parametrize(("theme", "way"), [(LIGHT, -1), (DARK, 1)], ids=["light", "dark"])
def test_shades_of_gradients_go_one_way_and_their_text_has_contrast(theme: dict[str, Paint], way: int) -> None:
    for vision in VISION:
        lightness = [seen(theme[f"shade{step}"].fill, vision)[0] for step in range(1, SHADES + 1)]
        steps = [(after - before) * way for before, after in pairwise(lightness)]
        assert min(steps) > 4, "also without colour"
    for step in range(1, SHADES + 1):
        assert contrast(theme[f"shade{step}"].text, theme[f"shade{step}"].fill) >= 7


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_signs_of_weights_are_told_apart_by_every_eye(theme: dict[str, Paint]) -> None:
    for vision in VISION:
        assert difference(theme["positive"].line, theme["negative"].line, vision) > 40


def test_a_series_has_the_lines_and_fills_of_its_role_in_the_dark_too() -> None:
    assert len(set(SERIES)) == len(SERIES)
    for role in (*SERIES, "card"):
        for part in ("fill", "line"):
            assert BY_COLOUR[getattr(LIGHT[role], part)] == getattr(DARK[role], part)
    assert BY_COLOUR[LIGHT["card"].text] == DARK["card"].text
