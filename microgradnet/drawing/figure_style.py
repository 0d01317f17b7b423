"""The style of all figures: the colours of `theme`, the marks that go with them, and axes without needless lines.

Figures are matplotlib's, without its global state (`pyplot`): each shows itself in a notebook or is saved. Markers,
dashes, hatches or words repeat the information in colours.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from microgradnet.drawing.theme import LIGHT, SERIES

if TYPE_CHECKING:
    from microgradnet.drawing.figure import Figure

CARD, INK, SOFT, LINE = LIGHT["card"].fill, LIGHT["card"].text, LIGHT["heading"].text, LIGHT["cluster"].line
COLOURS = tuple(LIGHT[role].line for role in SERIES)
FILLS = tuple(LIGHT[role].fill for role in SERIES)
MARGIN = 0.1  # inches around every panel
DASHES = ("-", "--", ":", "-.", (0, (8, 2)), (0, (4, 1.5, 1, 1.5, 1, 1.5)))
MARKERS = "osD^vPX*<>"
HATCHES = ("", "//", "..", "\\\\", "xx", "++")


def figure(width: float, height: float, label: str) -> "Figure":
    """An empty figure, in inches; `label` says what it shows to readers who do not see it."""
    from microgradnet.drawing.figure import Figure  # loads matplotlib

    made = Figure(figsize=(width, height), dpi=110, facecolor=CARD)
    made.set_layout_engine("compressed", w_pad=MARGIN, h_pad=MARGIN)
    made.set_label(label)
    return made


def tidy(axes: Any, title: str = "", x: str = "", y: str = "") -> None:
    """Words on the axes, in the theme's colours, and no frame where there is no axis."""
    axes.set_title(title, fontsize=12, color=INK)
    axes.set_xlabel(x, color=SOFT)
    axes.set_ylabel(y, color=SOFT)
    axes.tick_params(which="both", color=LINE, labelcolor=SOFT)
    axes.set_facecolor("none")
    axes.spines[:].set_color(LINE)
    axes.spines[["top", "right"]].set_visible(False)


def whole_ticks(axis: Any) -> None:
    """Ticks at whole numbers alone: there is no half iteration."""
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(steps=[1, 2, 5, 10], integer=True, min_n_ticks=1))


def save_figure(figure: "Figure", path: str | Path) -> Path:
    """Write a figure to a file of the kind that its suffix says, whole or not at all: `figure.save(path)`.

    Raises:
        ValueError: the suffix is none of .svg, .png and .pdf.
    """
    return figure.save(path)
