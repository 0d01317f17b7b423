"""What is seen of photographs whose colour was restored: sheets, a film, and how far colours are from the true ones."""

import io
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image

from microgradnet.drawing.figure import Figure
from microgradnet.drawing.figure_style import INK, SOFT, figure
from microgradnet.teach.applications.application import Files
from microgradnet.teach.applications.colour.palette import SAME
from microgradnet.teach.applications.colour.photographs import Numbers, Photograph, rgb
from microgradnet.teach.applications.media.images import gif

GREY = 1.0  # the error of grey below which a photograph has no colours
WIDE = 2.3  # inches of a photograph
SWEEP, HOLD, PER_SECOND = 12, 16, 8  # frames of a sweep, frames in which a sheet stands, frames a second
DOTS = 90  # per inch of the film
ORIGINAL = "original"
CHANGED = "photographs made smaller; colours right of the line changed"
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
        return float(np.sqrt(np.mean((self.ways[way] - self.ways[ORIGINAL]) ** 2)))

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
        return "" if way == ORIGINAL else f"error {self.error(way):.1f}"


def sheets(known: Callable[[], list[Restored]], unseen: Callable[[], list[Restored]]) -> Files:
    """The pictures of the gallery, from photographs that were learnt from in part, and others."""
    return {
        "restored.png": lambda: comparison(
            "Right of the line it was grey, and is restored", ["grey", SAME, "network", ORIGINAL], known(), CHANGED
        ).png(),
        "thumbnail.png": lambda: comparison(
            "Without the thumbnail, the network mixes the photographs up", ["no thumbnail", "network", ORIGINAL],
            known(), CHANGED,
        ).png(),
        "unseen.png": lambda: comparison(
            "Never seen in training: it fails", ["grey", "network", ORIGINAL], unseen(), LIMIT
        ).png(),
        "colour.gif": lambda: film([*known(), unseen()[0]], f"{CHANGED}; the last was never seen, and fails"),
    }  # fmt: skip


def comparison(title: str, ways: Sequence[str], photographs: Sequence[Restored], about: str = "") -> Figure:
    """Each photograph in a row, a column for each way, and a line where the known colour ended."""
    rows = [[(photo, way) for way in ways] for photo in photographs]
    return _sheet(title, rows, about, headings=ways)


def film(photographs: Sequence[Restored], about: str = "") -> bytes:
    """A GIF of all photographs: grey, then the network's colours sweep over them, and then the true ones.

    Args:
        photographs: a multiple of three.
        about: a line below.
    """
    titles = {"grey": "Right of the line it is grey", "network": "Restored by the network", ORIGINAL: "As it was"}
    rows = [photographs[start : start + 3] for start in range(0, len(photographs), 3)]
    drawn = [_sheet(title, [[(photo, way) for photo in row] for row in rows], about) for way, title in titles.items()]
    stills = np.split(_of_one_palette([made.png(DOTS) for made in drawn]), len(drawn))
    frames = []
    for still, following in zip(stills, [*stills[1:], stills[0]], strict=True):
        frames += [still] * HOLD
        for step in range(1, SWEEP):
            edge = still.shape[1] * step // SWEEP
            frames.append(np.concatenate([following[:, :edge], still[:, edge:]], axis=1))
    return gif(frames, PER_SECOND)


def _of_one_palette(pngs: Sequence[bytes]) -> Numbers:
    """The images below one another, of at most 256 colours, as a GIF has them: its frames then differ little."""
    images = np.concatenate([np.asarray(Image.open(io.BytesIO(png)).convert("RGB")) for png in pngs])
    return np.asarray(Image.fromarray(images).quantize(256, kmeans=3, dither=Image.Dither.NONE).convert("RGB")) / 255


def _sheet(
    title: str, rows: Sequence[Sequence[tuple[Restored, str]]], about: str, headings: Sequence[str] = ()
) -> Figure:
    heights = [WIDE * max(len(shown.photo.grey) / len(shown.photo.grey[0]) for shown, _ in row) for row in rows]
    made = figure((WIDE + 0.15) * len(rows[0]), sum(heights) + (0.35 if headings else 0.5) * len(rows) + 0.8, title)
    grid = made.subplots(len(rows), len(rows[0]), squeeze=False, height_ratios=heights)
    for axes, (shown, way) in zip(grid.ravel(), [cell for row in rows for cell in row], strict=True):
        axes.imshow(shown.image(way), interpolation="bicubic")
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
        note = shown.note(way) if headings else f"{shown.whose}\n{shown.note(way)}"
        axes.set_xlabel(note or shown.whose, fontsize=8, color=SOFT)
        if shown.start:
            axes.axvline(shown.start - 0.5, color="white", linestyle="--", linewidth=1.2)
    for axes, heading in zip(grid[0], headings, strict=False):
        axes.set_title(heading, fontsize=10, color=INK)
    made.suptitle(title, fontsize=12, color=INK)
    made.supxlabel(about, fontsize=8, color=SOFT)
    return made
