"""What is seen of photographs whose colour was restored: sheets, a film, and how far colours are from the true ones."""

import base64
import io
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image

from microgradnet.drawing.figure import Figure
from microgradnet.drawing.figure_style import INK, SOFT, figure
from microgradnet.teach.applications.application import Files, rms
from microgradnet.teach.applications.colour.palette import BLURRED, SAME
from microgradnet.teach.applications.colour.photographs import Numbers, Photograph, rgb
from microgradnet.teach.applications.media.images import pixels
from microgradnet.teach.applications.media.svg import moving, text

GREY = 1.0  # the error of grey below which a photograph has no colours
WIDE, MARGIN = 2.3, 0.25  # inches of a photograph, and around all
ACROSS, GAP, TOP, CAPTION = 480, 8, 34, 26  # px, of the film: its width, between photographs, above and below them
PER_SECOND = 0.5  # frames of the film
ORIGINAL = "original"
CHANGED = "Photographs made smaller; right of the line all but the original are recoloured. Errors in CIELAB."
NOTE = "Numbers: errors of colours in CIELAB. The rocket was never learnt from."
FAMILIAR = "The network has learnt the colours of a part of this very photograph: on others it mostly fails."
LIMIT = "The network has learnt the colours of five photographs, not of the world: on others it mostly fails."


class Restored(NamedTuple):
    """A photograph whose colours were restored from a column on, in several ways.

    Attributes:
        photo: the photograph.
        start: the first column without colour.
        ways: a and b of the columns from there on, by the name of the way; one of them is "original".
    """

    photo: Photograph
    start: int
    ways: Mapping[str, Numbers]

    def image(self, way: str) -> Numbers:
        """RGB, (rows, columns, 3), the known colours on the left."""
        restored, original = self.ways[way], self.photo.colour
        stop = self.start + restored.shape[1]
        return rgb(self.photo.grey, np.concatenate([original[:, : self.start], restored, original[:, stop:]], axis=1))

    def error(self, way: str) -> float:
        """The root of the mean square difference of a and b from the true ones."""
        return rms(self.ways[way] - self.ways[ORIGINAL])

    def errors(self) -> dict[str, float]:
        """The error of each way but the original."""
        return {way: self.error(way) for way in self.ways if way != ORIGINAL}

    def verdict(self) -> str:
        """Whether the network is any better than grey."""
        if (grey := self.error("grey")) < GREY:
            return "The photograph has no colours to compare with"
        network = self.error("network")
        words = "nearer to the truth than grey" if network < grey else "no nearer to the truth than grey"
        return f"Error of its colours {network:.1f}, of grey {grey:.1f}: {words}"

    @property
    def whose(self) -> str:
        """Its name, author and licence."""
        return ": ".join(filter(None, [self.photo.name, self.photo.credit]))

    def note(self, way: str) -> str:
        """How far the colours are from the true ones, for below a picture."""
        return "" if way == ORIGINAL or self.error("grey") < GREY else f"error {self.error(way):.1f}"


def sheets(known: Callable[[], list[Restored]], unseen: Callable[[], list[Restored]]) -> Files:
    """The pictures of the gallery, from photographs that were learnt from in part, and others."""
    return {
        "restored.png": lambda: comparison(
            "Right of the line it was grey, and is restored", ["grey", SAME, BLURRED, "network", ORIGINAL],
            known(), CHANGED,
        ).png(),
        "thumbnail.png": lambda: comparison(
            "Without the thumbnail, the network mixes the photographs up", ["no thumbnail", "network", ORIGINAL],
            known(), CHANGED,
        ).png(),
        "unseen.png": lambda: comparison(
            "Never seen in training: it fails", ["grey", "network", ORIGINAL], unseen(), LIMIT
        ).png(),
        "colour.svg": lambda: film([*known(), unseen()[0]], NOTE),
    }  # fmt: skip


def comparison(title: str, ways: Sequence[str], photographs: Sequence[Restored], about: str = "") -> Figure:
    """Each photograph in a row, a column for each way, and a line where the known colour ended."""
    heights = [WIDE * len(shown.photo.grey) / len(shown.photo.grey[0]) for shown in photographs]
    width, height = (WIDE + 0.15) * len(ways) + 2 * MARGIN, sum(heights) + 0.35 * len(photographs) + 0.8 + 2 * MARGIN
    made, x, y = figure(width, height, title), MARGIN / width, MARGIN / height
    made.set_layout_engine("compressed", w_pad=0.1, h_pad=0.1, rect=(x, y, 1 - 2 * x, 1 - 2 * y))
    grid = made.subplots(len(photographs), len(ways), squeeze=False, height_ratios=heights)
    for row, shown in zip(grid, photographs, strict=True):
        for axes, way in zip(row, ways, strict=True):
            axes.imshow(shown.image(way), interpolation="bicubic")
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_visible(False)
            axes.set_xlabel(shown.note(way) or shown.whose, fontsize=8, color=SOFT, parse_math=False)
            if shown.start:
                axes.axvline(shown.start - 0.5, color="white", linestyle="--", linewidth=1.2)
    for axes, way in zip(grid[0], ways, strict=True):
        axes.set_title(way, fontsize=10, color=INK)
    made.suptitle(title, fontsize=12, color=INK)
    made.supxlabel(about, fontsize=8, color=SOFT)
    return made


def film(photographs: Sequence[Restored], note: str) -> str:
    """A moving picture of all photographs, in rows of three: grey, then restored by the network, then as they were.

    The photographs of a row are equally tall, and fill it together; the note and all credits are lines below.
    """
    stages = {"grey": "Right of the line it is grey", "network": "Restored by the network", ORIGINAL: "As it was"}
    places, top = list[tuple[Restored, float, float, float]](), float(TOP)
    for start in range(0, len(photographs), 3):
        row, x = photographs[start : start + 3], float(GAP)
        shapes = [len(shown.photo.grey[0]) / len(shown.photo.grey) for shown in row]
        tall = (ACROSS - (len(row) + 1) * GAP) / sum(shapes)
        for shown, shape in zip(row, shapes, strict=True):
            places.append((shown, x, top, tall))
            x += tall * shape + GAP
        top += tall + CAPTION
    notes = [note, *_credits(photographs)]
    words = [text(GAP, top + 14 + 17 * i, line, 12.5, soft=True) for i, line in enumerate(notes)]
    frames = [
        text(GAP, 24, title, 17) + "".join(_shown(shown, way, *place) for shown, *place in places)
        for way, title in stages.items()
    ]
    size, label = (ACROSS, round(top) + 17 * len(words) + 6), "Photographs whose right part is grey, restored"
    return moving(frames, PER_SECOND, size, label, "".join(words), still=1)


def _credits(photographs: Sequence[Restored]) -> list[str]:
    """A line for each licence: whose photographs have it."""
    works: dict[str, list[str]] = {}
    for shown in photographs:
        author, _, licence = shown.photo.credit.partition(", ")
        works.setdefault(licence, []).append(f"{shown.photo.name} by {author}")
    lines = [f"{', '.join(by)} ({licence})" for licence, by in works.items()]
    return ("Made smaller: " + ";\n".join(lines)).splitlines()


def _shown(shown: Restored, way: str, x: float, y: float, tall: float) -> str:
    """A photograph from its upper left corner, and below it its name and the error of its colours."""
    buffer, named = io.BytesIO(), ", ".join(filter(None, [shown.photo.name, shown.note(way).removeprefix("error ")]))
    Image.fromarray(pixels(shown.image(way))).save(buffer, "JPEG", quality=92, subsampling=0)
    rows, columns = shown.photo.grey.shape
    dashes = f'<path d="M{x + tall * shown.start / rows:.1f} {y:.1f}v{tall:.1f}" stroke="#fff" stroke-dasharray="5 3"/>'
    return (
        f'<image x="{x:.1f}" y="{y:.1f}" width="{tall * columns / rows:.1f}" height="{tall:.1f}" '
        f'href="data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"/>'
        + (dashes if shown.start else "") + text(x, y + tall + 16, named, 13)
    )  # fmt: skip
