"""Films of a drive: what the camera sees, the steering units as bars, and the track from above."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from microgradnet.drawing.figure import Figure
from microgradnet.drawing.figure_style import COLOURS, DASHES, FILLS, INK, MARKERS, figure, tidy
from microgradnet.nn import Layer
from microgradnet.teach.applications.driving.drives import STEP, Moment
from microgradnet.teach.applications.driving.roads import COLUMNS, ROWS, SHARPEST, WIDTH, Floats, Points, Roads, circle
from microgradnet.teach.applications.media.figures import tiles
from microgradnet.teach.applications.media.images import gif, png_url
from microgradnet.teach.applications.media.player import Film, Player

SIZE = (640, 400)  # of a frame of the page
VIEW, MAP = (16, 34, 288, 270), (330, 34, 294, 350)  # left, top, width and height of its pictures
MOST = 250  # frames of a film
ORANGE, ORANGE_RGB, BLUE_RGB = "#c24d00", (0.9, 0.38, 0.0), (0.0, 0.39, 0.61)


ABOUT = (
    "Left: the 30 × 32 pixels that the network sees, and below them its 45 steering units, one for each arc from sharp "
    "left to sharp right; the car takes their mean. Right: the track from above, which the network never sees. The "
    "tracks are drawn from a seed, and none of these was learnt from. A car has left the road when a wheel has."
)


class Drive(NamedTuple):
    """A drive of one car.

    Attributes:
        road: its road alone.
        moments: from start to end.
        P: (moments, units), the activations of the steering units.
        arcs: (units,), their curvatures, from sharp right to sharp left.
    """

    road: Roads
    moments: list[Moment]
    P: Floats
    arcs: Floats

    def best(self, i: int) -> int:
        """The unit whose arc is nearest to how a person would steer."""
        return int(np.argmin(np.abs(self.arcs - self.moments[i].taught[0])))


def page(drives: Mapping[str, Drive]) -> str:
    """A player of drives, by their names."""
    films = []
    for name, driven in drives.items():
        moments, last = driven.moments, len(driven.moments) - 1
        every = -(-len(moments) // MOST)
        frames = [_frame(driven, i) for i in [*range(0, last, every), last]]
        end = "leaves the road after" if moments[-1].left[0] else "comes round,"
        caption = f"It {end} {STEP * last:.0f} m. The orange mark is the arc that a person would steer."
        films.append(Film(name, frames, 24 / every, caption=caption))
    return Player("A network drives", films, SIZE, ABOUT).html


def film(driven: Drive) -> bytes:
    """A drive as a GIF of at most 80 frames."""
    canvas, every = Canvas(driven.road), -(-len(driven.moments) // 80)
    shown = range(0, len(driven.moments), every)
    return gif([canvas.frame(driven.moments[i], driven.P[i], driven.best(i)) for i in shown], 10)


def _frame(driven: Drive, i: int) -> str:
    """The elements of an SVG that show a moment."""
    road, moment, P, best = driven.road, driven.moments[i], driven.P[i], driven.best(i)
    trail = np.array([earlier.z[0] for earlier in driven.moments[: i + 1]])
    x, y, width, height = VIEW
    seen = np.round(moment.seen[0].reshape(ROWS, COLUMNS) * 24) / 24  # fewer levels of grey make a smaller page
    side = width / len(P)
    bars = "".join(
        f"M{x + side * i + 0.5:.1f} 384h{side - 1:.1f}v-{52 * p / 0.25:.1f}h-{side - 1:.1f}z"
        for i, p in enumerate(np.minimum(P[::-1], 0.25))  # left is left
        if p > 0.002
    )
    mark = x + side * (len(P) - 1 - best + 0.5)
    state = "off the road" if moment.left[0] else f"{moment.aside[0]:.1f} m aside"
    return (
        f'<text x="{x}" y="24" font-size="19">what the camera sees</text>'
        f'<image x="{x}" y="{y}" width="{width}" height="{height}" preserveAspectRatio="none" href="{png_url(seen)}"/>'
        f'<path d="{bars}" fill="currentColor"/><path d="M{x} 384h{width}" stroke="currentColor"/>'
        f'<path d="M{mark:.1f} 386l5 9h-10z" fill="{ORANGE}"/>'
        f'<text x="{x}" y="326" font-size="18">left</text>'
        f'<text x="{x + width}" y="326" font-size="18" text-anchor="end">right</text>'
        f'<text x="{x + width / 2}" y="326" font-size="18" text-anchor="middle">45 steering units</text>'
        f'<text x="{MAP[0]}" y="24" font-size="19">from above: {state}</text>'
        + _map(road, trail, complex(moment.heading[0]), bool(moment.left[0]))
    )


def _map(road: Roads, trail: Points, heading: complex, has_left: bool) -> str:
    """The track, the way that the car has come, and the car."""
    x, y, width, height = MAP
    middle = road.middle(circle(1, 90))[0]
    low, high, scale = _fitted(middle, width, height)
    corner = (low + high) / 2

    def place(z: complex) -> str:
        return f"{x + width / 2 + (z - corner).real * scale:.0f} {y + height / 2 - (z - corner).imag * scale:.0f}"

    way = "L".join(map(place, [*trail[:-1:6], trail[-1]]))
    turned = -np.degrees(np.angle(heading))
    return (
        f'<path d="M{"L".join(map(place, middle))}z" fill="none" stroke="var(--line, #c3cbd3)" '
        f'stroke-width="{WIDTH * scale:.1f}"/>'
        f'<path d="M{way}" fill="none" stroke="currentColor" stroke-width="2"/>'
        f'<path transform="translate({place(trail[-1])}) rotate({turned:.0f})" d="M11 0L-7 7L-7 -7z" '
        f'fill="{ORANGE}" stroke="{"currentColor" if has_left else "none"}" stroke-width="2"/>'
    )


def _fitted(middle: Points, width: float, height: float) -> tuple[complex, complex, float]:
    """The corners of a track, and the pixels for a metre that make it fit."""
    low = complex(middle.real.min(), middle.imag.min()) - (1 + 1j) * WIDTH
    high = complex(middle.real.max(), middle.imag.max()) + (1 + 1j) * WIDTH
    return low, high, min(width / (high - low).real, height / (high - low).imag)


class Canvas:
    """Frames of a GIF, 236 × 412 pixels: the camera's picture, the bars below it, and the map to the right.

    Args:
        road: a road alone, which is drawn from above once.
    """

    def __init__(self, road: Roads) -> None:
        low, high, scale = _fitted(road.middle(circle(1, 360))[0], 200, 220)
        corner = (low + high) / 2 - (100 - 110j) / scale
        rows, columns = np.mgrid[:220, :200]
        self._ground = corner + (columns - 1j * rows) / scale
        self._metre = scale
        on_road = np.clip(0.5 + (WIDTH / 2 - np.abs(road.distance(self._ground))) * scale, 0, 1)
        self._map = 1 - 0.28 * on_road[..., None].repeat(3, axis=2)

    def frame(self, moment: Moment, P: Floats, best: int) -> Floats:
        """The next frame, (236, 412, 3), of the first car; its place stays marked in later ones."""
        made = np.ones((236, 412, 3))
        seen = np.round(moment.seen[0].reshape(ROWS, COLUMNS) * 8) / 8
        made[8:188, 8:200] = seen.repeat(6, axis=0).repeat(6, axis=1)[..., None]
        for i, p in enumerate(P[::-1]):
            made[222 - round(30 * min(1.0, p / 0.25)) : 222, 14 + 4 * i : 17 + 4 * i] = BLUE_RGB
        at = 14 + 4 * (len(P) - 1 - best)
        made[224:229, at : at + 3] = ORANGE_RGB
        z = complex(moment.z[0])
        self._map[np.abs(self._ground - z) < 1.3 / self._metre] = BLUE_RGB
        made[8:228, 206:406] = self._map
        made[8:228, 206:406][np.abs(self._ground - z) < 5 / self._metre] = ORANGE_RGB
        return made


def limits(sharp: Sequence[float], network: Sequence[int], person: Sequence[int]) -> Figure:
    """How many of ten laps stay on the road, by the sharpest bend."""
    made = figure(5.6, 3.4, "laps on the road by the curvature of the sharpest bend")
    axes = made.subplots()
    axes.axvspan(*SHARPEST, color=FILLS[0], label="sharpest bends that it learnt from")
    for laps, name, number in ((person, "a person (pure pursuit)", 1), (network, "the network", 0)):
        axes.plot(sharp, laps, marker=MARKERS[number], linestyle=DASHES[number], color=COLOURS[number], label=name)
    tidy(axes, x="curvature of the sharpest bend, 1/m", y="laps of 10 on the road")
    axes.set_ylim(0, 10.5)
    made.legend(frameon=False, labelcolor=INK, loc="outside lower center", ncols=2)
    return made


def hidden_units(hidden: Layer, steering: Layer, arcs: Floats) -> Figure:
    """The weights of the ten hidden units that turn the wheel most, and which way each turns it when it is active."""
    W = np.array([[w.data for w in neuron.w] for neuron in hidden.neurons])
    turns = arcs @ np.array([[w.data for w in neuron.w] for neuron in steering.neurons])
    used = np.argsort(-np.abs(turns))[:10]
    captions = ["steers left" if turns[i] > 0 else "steers right" for i in used]
    return tiles([W[i].reshape(ROWS, COLUMNS) for i in used], captions, "what ten hidden units look for")
