"""The colours of a picture, light and dark, and the CSS that turns the one into the other.

`diagram` writes the light colours (`LIGHT[role]`) into DOT, with the role as DOT `class`: a picture is right without
any CSS, in a PNG, a PDF, an old viewer. `dark_css` recolours it by class where the reader prefers dark. Figures have
the same colours, the lines and fills of `SERIES` for their curves and classes; matplotlib writes no classes, and
`dark_css_by_colour` recolours them by the colour they have. A test holds the pages' style to the same colours.

Hues are near those of Okabe and Ito (2008, "Color Universal Design"): pale fills, deep lines. Text has a contrast of
7:1 or more to what it stands on, lines 3:1 or more to the card (WCAG 2.2, success criteria 1.4.6 and 1.4.11), and
any two fills differ for red-green colour-blind readers too (by 5 or more in CIELAB, simulated after Machado et al.
2009). A test computes the contrasts.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

FONT = "Courier"  # in DOT: its widths are built into every Graphviz, and near those of the faces below
FONT_STACK = "indices, ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace"


@dataclass(frozen=True, slots=True)
class Paint:
    """The colours of one role: inside, border (or arrow; "" for that of another role) and text, as `#rrggbb`."""

    fill: str
    line: str
    text: str


# Where a node has two roles ("leaf input", "operation root"), the later row of the table wins.
LIGHT = {
    "card": Paint(fill="#ffffff", line="#ffffff", text="#1c2329"),
    "cluster": Paint(fill="#f6f8fa", line="#7c8894", text="#37424c"),
    "operation": Paint(fill="#f6f8fa", line="#55626e", text="#1c2329"),
    "leaf": Paint(fill="#e6e6e2", line="#6c6c68", text="#26261f"),
    "constant": Paint(fill="#e6e6e2", line="#6c6c68", text="#26261f"),
    "input": Paint(fill="#d3e9fa", line="#00639c", text="#06283d"),
    "parameter": Paint(fill="#fce0a8", line="#9a5b00", text="#382300"),
    "root": Paint(fill="#eebfd8", line="#8c2462", text="#3d0c26"),
    "note": Paint(fill="#fdfce8", line="#776e00", text="#2e2a00"),
    "heading": Paint(fill="#ffffff", line="#55626e", text="#37424c"),
    "edge": Paint(fill="#55626e", line="#55626e", text="#37424c"),
    "positive": Paint(fill="#d3e9fa", line="#00639c", text="#06283d"),
    "negative": Paint(fill="#fde6d6", line="#c24d00", text="#3d1800"),
    "pixel": Paint(fill="#00639c", line="#00639c", text="#06283d"),
    "shade1": Paint(fill="#f2faf5", line="", text="#1c2329"),
    "shade2": Paint(fill="#d3efde", line="", text="#1c2329"),
    "shade3": Paint(fill="#a9dfc0", line="", text="#1c2329"),
    "shade4": Paint(fill="#74c79a", line="", text="#1c2329"),
    "highlight": Paint(fill="#ffe433", line="#c24d00", text="#332a00"),
}
DARK = {
    "card": Paint(fill="#14191e", line="#14191e", text="#eaeef2"),
    "cluster": Paint(fill="#1a2026", line="#66727d", text="#c9d2da"),
    "operation": Paint(fill="#20272e", line="#93a1ae", text="#eef2f5"),
    "leaf": Paint(fill="#303132", line="#9c9ea0", text="#eeeeec"),
    "constant": Paint(fill="#303132", line="#9c9ea0", text="#eeeeec"),
    "input": Paint(fill="#0f3d60", line="#56b4e9", text="#e6f4fd"),
    "parameter": Paint(fill="#3d2a00", line="#e69f00", text="#fff1d6"),
    "root": Paint(fill="#6e2f58", line="#f2a6d2", text="#ffeef7"),
    "note": Paint(fill="#26250f", line="#d8ca3a", text="#fbf8d3"),
    "heading": Paint(fill="#14191e", line="#93a1ae", text="#c9d2da"),
    "edge": Paint(fill="#93a1ae", line="#93a1ae", text="#c9d2da"),
    "positive": Paint(fill="#0f3d60", line="#56b4e9", text="#e6f4fd"),
    "negative": Paint(fill="#4d2410", line="#ff8a4c", text="#fff0e6"),
    "pixel": Paint(fill="#56b4e9", line="#56b4e9", text="#e6f4fd"),
    "shade1": Paint(fill="#17221d", line="", text="#eef2f5"),
    "shade2": Paint(fill="#17362a", line="", text="#eef2f5"),
    "shade3": Paint(fill="#18493a", line="", text="#eef2f5"),
    "shade4": Paint(fill="#1b5a48", line="", text="#eef2f5"),
    "highlight": Paint(fill="#5a4b00", line="#ff8a4c", text="#fffbe0"),
}

SERIES = ("input", "parameter", "root", "constant", "highlight", "note")
"""The roles whose colours the curves, or classes, of a figure have, in order."""

_PARTS = ("fill", "line", "text")
BY_COLOUR = {
    light: getattr(DARK[role], part)
    for role in reversed(LIGHT)
    for part in _PARTS
    if (light := getattr(LIGHT[role], part))
}
"""From each light colour to its dark one; where roles share a colour, the first in the table decides."""


def dark_css(scope: str, classes: Collection[str]) -> str:
    """The rules that recolour the picture whose `<svg>` has the class `scope`, and nothing else on the page.

    Only the roles whose classes are in the picture have rules. A shape that is not filled (`fill="none"`) or has no
    line stays so. A node without a role is drawn as an operation.
    """
    used = {role: paint for role, paint in DARK.items() if _class(role) in classes}
    return _where_dark(_rules(f".{scope} .{_class(role)}", paint) for role, paint in used.items())


def dark_css_by_colour(scope: str, colours: Iterable[str]) -> str:
    """The rules that recolour everything of these colours in the figure with the class `scope`, if the theme has them.

    >>> print(dark_css_by_colour("figure", ["#00639c", "none"]))
    @media screen and (prefers-color-scheme: dark) {
    .figure [fill="#00639c"] { fill: #56b4e9 }
    .figure [stroke="#00639c"] { stroke: #56b4e9 }
    }
    """
    return _where_dark(
        f'.{scope} [{name}="{colour}"] {{ {name}: {BY_COLOUR[colour]} }}'
        for colour in sorted(BY_COLOUR.keys() & set(colours) - {""})
        for name in ("fill", "stroke")
    )


def _where_dark(rules: Iterable[str]) -> str:
    return "\n".join(["@media screen and (prefers-color-scheme: dark) {", *rules, "}"])


def _class(role: str) -> str:
    """Graphviz itself gives every group the class graph, cluster, node or edge: the defaults hang on those."""
    return {"card": "graph", "operation": "node"}.get(role, role)


def _rules(group: str, paint: Paint) -> str:
    stroke = f'{group} [stroke]:not([stroke="none"]):not([stroke="transparent"]) {{ stroke: {paint.line} }}\n'
    # Only shapes that carry the attribute: a stroke given to a <g> would be inherited by the text in it.
    return (
        f'{group} [fill]:not(text):not([fill="none"]) {{ fill: {paint.fill} }}\n'
        f"{stroke if paint.line else ''}"
        f"{group} text {{ fill: {paint.text} }}"
    )
