"""Figures of matplotlib, without its global state: each is an object that shows itself in a notebook or is saved.

Colours are from the palette of Okabe & Ito (2008), which those who cannot tell red from green can tell apart; what a
colour says is said by a marker, a line or a word too.
"""

import io
from importlib import import_module
from pathlib import Path
from typing import Any

from microgradnet.files import write_atomically

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = "o^sDvPX*<>"
LINES = ("-", "--", ":", "-.")


def library(name: str) -> Any:
    """A module of matplotlib.

    Raises:
        ImportError: it is not installed.
    """
    try:
        return import_module(f"matplotlib.{name}")
    except ImportError as error:
        raise ImportError("plots need matplotlib: pip install 'microgradnet[plot]'") from error


def figure(width: float, height: float) -> Any:
    """An empty figure, in inches."""

    class Figure(library("figure").Figure):  # type: ignore[misc]
        """A figure that a notebook shows as it is."""

        def _repr_png_(self) -> bytes:
            return as_bytes(self, "png")

    return Figure(figsize=(width, height), layout="constrained")


def tidy(axes: Any, title: str = "", x: str = "", y: str = "") -> None:
    """Words on the axes, and no frame where there is no axis."""
    axes.set_title(title, fontsize=12)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.spines[["top", "right"]].set_visible(False)


def as_bytes(figure: Any, kind: str) -> bytes:
    """The figure as a file of this kind: png, svg, pdf."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, dpi=110)
    return buffer.getvalue()


def save_figure(figure: Any, path: str | Path) -> Path:
    """Write a figure to a file of the kind that its suffix says, whole or not at all."""
    return write_atomically(path, as_bytes(figure, Path(path).suffix.removeprefix(".")))
