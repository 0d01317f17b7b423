"""Figures of matplotlib, without its global state: each is an object that shows itself in a notebook or is saved.

Colours are from the palette of Okabe & Ito (2008), which those who cannot tell red from green can tell apart; what a
colour says is said by a marker, a line, a hatch or a word too.
"""

import io
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from microgradnet._shared.files import write_atomically

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = "o^sDvPX*<>"
LINES = ("-", "--", ":", "-.")
HATCHES = ("", "//", "..", "\\\\", "xx", "++", "--")
KINDS = ("png", "svg", "pdf")
DPI = 110


def library(name: str) -> Any:
    """A module of matplotlib.

    Raises:
        ImportError: it is not installed.
    """
    try:
        return import_module(f"matplotlib.{name}")
    except ImportError as error:
        raise ImportError("plots need matplotlib: pip install 'microgradnet[plot]'") from error


@cache
def _kind() -> Any:
    class Figure(library("figure").Figure):  # type: ignore[misc]
        """A figure that a notebook shows as it is."""

        def _repr_png_(self) -> bytes:
            return as_bytes(self, "png")

    return Figure


def figure(width: float, height: float) -> Any:
    """An empty figure, in inches."""
    return _kind()(figsize=(width, height), layout="constrained", facecolor="white")


def tidy(axes: Any, title: str = "", x: str = "", y: str = "") -> None:
    """Words on the axes, and no frame where there is no axis."""
    axes.set_title(title, fontsize=12)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.spines[["top", "right"]].set_visible(False)


def epochs_on(axes: Any) -> None:
    """Ticks at whole numbers alone: there is no half epoch."""
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(library("ticker").MaxNLocator(steps=[1, 2, 5, 10], integer=True, min_n_ticks=1))


def as_bytes(figure: Any, kind: str, dpi: int = DPI) -> bytes:
    """The figure as a file of this kind, one of `KINDS`."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, dpi=dpi)
    return buffer.getvalue()


def save_figure(figure: Any, path: str | Path) -> Path:
    """Write a figure to a file of the kind that its suffix says, whole or not at all.

    Raises:
        ValueError: the suffix is none of .png, .svg and .pdf.
    """
    kind = Path(path).suffix.lower().removeprefix(".")
    if kind not in KINDS:
        raise ValueError(f"a figure is saved as .png, .svg or .pdf: end the name with one of these; got {str(path)!r}")
    return write_atomically(path, as_bytes(figure, kind))
