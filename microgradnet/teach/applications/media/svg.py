"""Pictures in SVG for light and dark pages: still ones, and those whose frames follow each other."""

import html
import math
from collections.abc import Collection, Sequence

from microgradnet.drawing.svg import find_cairosvg, paint, scope_of
from microgradnet.drawing.theme import DARK, LIGHT, dark_css_by_colour

FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"
PALER = ' class="soft"'
HIDDEN = ' display="none" visibility="hidden"'  # cairosvg hides images by the first alone


class Drawing:
    """An SVG that a notebook shows, with a PNG for where none is shown, if cairosvg is installed.

    >>> Drawing("<svg/>")._repr_svg_()
    '<svg/>'
    """

    def __init__(self, svg: str) -> None:
        self._svg = svg

    def _repr_svg_(self) -> str:
        return self._svg

    def _repr_png_(self) -> bytes | None:
        cairosvg = find_cairosvg()
        return paint(cairosvg, self._svg, "png", scale=1) if cairosvg else None

    def __repr__(self) -> str:
        return "<Drawing>"


def text(x: float, y: float, words: str, size: float, anchor: str = "start", *, soft: bool = False) -> str:
    """Words on a line whose `anchor` (start, middle or end) is at (x, y), in the reader's colour or a paler one.

    >>> text(5, 20, "a < b", 12)
    '<text x="5" y="20" font-size="12" text-anchor="start">a &lt; b</text>'
    """
    place = f'x="{x:g}" y="{y:g}" font-size="{size:g}" text-anchor="{anchor}"'
    return f"<text {place}{PALER if soft else ''}>{html.escape(words)}</text>"


def box(x: float, y: float, width: float, height: float, fill: str, opacity: float = 1, corner: float = 0) -> str:
    """A rectangle from its upper left corner, in px; `corner` is the radius of its corners."""
    size = f'width="{width:.4g}" height="{height:.4g}"'
    return f'<rect x="{x:.4g}" y="{y:.4g}" {size} fill="{fill}" opacity="{opacity:.2f}" rx="{corner:g}"/>'


def card(
    body: str, size: tuple[float, float], label: str, css: str = "", scope: str = "", colours: Collection[str] = ()
) -> str:
    """Elements of SVG as a picture, on a card that is light or dark as the reader prefers.

    Text has the reader's colour, as has what is `currentColor`; text of the class `soft` is paler, images of the class
    `pixels` are sharp. What only browsers understand, a height of "auto" say, is in a media rule; cairosvg ignores it.

    Args:
        body: the elements; what a caller writes into them is escaped already.
        size: width and height, px.
        label: what it shows, for readers who do not see it.
        css: further rules.
        scope: the picture's class, under which the rules hold; made of label and body if it is not given.
        colours: those of the theme that are recoloured in the dark.
    """
    scope = scope or scope_of(label, body)
    width, height = size
    light, dark = (
        f".{scope}{{color:{theme['card'].text}}}.{scope} .card{{fill:{theme['card'].fill}}}"
        f".{scope} .soft{{fill:{theme['edge'].text}}}"
        for theme in (LIGHT, DARK)
    )
    style = (
        f"@media all{{.{scope}{{font-family:{FONT};max-width:100%;height:auto}}"
        f".{scope} .pixels{{image-rendering:pixelated}}}}"
        f".{scope} text{{fill:currentColor}}{light}@media (prefers-color-scheme:dark){{{dark}}}"
        f"{dark_css_by_colour(scope, colours) if colours else ''}{css}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" class="{scope}" role="img" aria-label="{html.escape(label)}" '
        f'font-family="sans-serif">\n<style>{style}</style>\n'
        f'<rect class="card" fill="{LIGHT["card"].fill}" width="100%" height="100%" rx="6"/>\n{body}\n</svg>\n'
    )


def moving(
    frames: Sequence[str], per_second: float, size: tuple[float, float], label: str, around: str = "", still: int = 0,
    colours: Collection[str] = (),
) -> str:  # fmt: skip
    """Frames, each some elements of SVG, over and over; where motion is not wanted, or a viewer has none, one of them.

    The animation alone shows the others: their attributes hide them.

    Args:
        frames: at least one.
        per_second: frames per second.
        size: as of `card`.
        label: as of `card`.
        around: elements that all frames have.
        still: the frame that is shown where nothing moves.
        colours: as of `card`.

    Raises:
        ValueError: there is no frame.
    """
    if not frames:
        raise ValueError("an animation needs at least one frame")
    scope, seconds = scope_of(label, "".join(frames)), len(frames) / per_second
    groups = [
        f'<g class="frame" style="animation-delay:{i / per_second - seconds:g}s"{"" if i == still else HIDDEN}>'
        f"{frame}</g>"
        for i, frame in enumerate(frames)
    ]
    share = math.ceil(1e6 / len(frames)) / 1e4  # of the time, in percent; not rounded down, where none would be seen
    css = (
        f"@media (prefers-reduced-motion:no-preference){{.{scope} .frame{{display:inline;"
        f"animation:{scope} {seconds:g}s step-end infinite}}}}"
        f"@keyframes {scope}{{0%{{visibility:visible}}{share:.4f}%,100%{{visibility:hidden}}}}"
    )
    return card(around + "\n".join(groups), size, label, css, scope, colours)
