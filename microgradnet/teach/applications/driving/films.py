"""Films of a drive: what the camera sees, the steering units as bars, and the track from above."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from microgradnet.drawing.figure import Figure
from microgradnet.drawing.figure_style import COLOURS, DASHES, FILLS, INK, MARKERS, figure, tidy
from microgradnet.drawing.theme import LIGHT
from microgradnet.nn import Layer
from microgradnet.teach.applications.driving.drives import STEP, Moment
from microgradnet.teach.applications.driving.roads import COLUMNS, ROWS, SHARPEST, WIDTH, Floats, Points, Roads, circle
from microgradnet.teach.applications.media.figures import tiles, weights
from microgradnet.teach.applications.media.images import enlarged
from microgradnet.teach.applications.media.player import Film, Player
from microgradnet.teach.applications.media.svg import moving, text

SIZE = (640, 420)  # of a frame
VIEW, MAP = (16, 36, 264, 247), (296, 36, 328, 368)  # left, top, width and height of its pictures
BASE, HIGH = 377, 72  # of the bars of the steering units: their foot, and the height of P = 0.25
ORANGE = LIGHT["negative"].line  # the network's

ABOUT = (
    "Left: the 30 × 32 pixels that the network sees, and below them its steering units, one for each arc: of all 45, "
    "those in the middle that this drive uses. The car takes the mean of all. The hollow mark is the arc of pure "
    "pursuit, a formula that knows the road. Right: the track from above, which the network never sees. The tracks are "
    "drawn from a seed, and none of these was learnt from. A car is off the road when a wheel is."
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

    def units(self) -> range:
        """The units in the middle, as far to both sides as the arcs of this drive reach."""
        widest = np.abs([(moment.taught[0], moment.chosen[0]) for moment in self.moments]).max()
        middle = len(self.arcs) // 2
        aside = min(middle, int(widest / (self.arcs[1] - self.arcs[0])) + 3)
        return range(middle - aside, middle + aside + 1)

    def shown(self, most: int) -> range:
        """Moments at equal distances, from the first on, at most so many."""
        return range(0, len(self.moments), -(-len(self.moments) // most))

    def state(self, i: int) -> str:
        """How the car fares: at the end, which end it is."""
        moment, way = self.moments[i], f"{STEP * i:.0f} m"
        if moment.left[0]:
            return f"off road at {way}"
        if moment.arrived[0]:
            return f"round in {way}"
        return f"{moment.aside[0]:.1f} m off centre" if i + 1 < len(self.moments) else f"no lap in {way}"


def page(drives: Mapping[str, Drive]) -> str:
    """A player of drives, by their names."""
    films = []
    for name, driven in drives.items():
        shown = driven.shown(250)
        frames = [_frame(driven, i) for i in [*shown[:-1], len(driven.moments) - 1]]
        films.append(Film(name, frames, 24 / shown.step, around=_words() + _scene(driven)))
    return Player("A network drives", films, SIZE, ABOUT).html


def film(drives: Sequence[Drive]) -> str:
    """Drives one after the other, as a moving picture of at most 80 frames."""
    frames = [_scene(driven) + _frame(driven, i) for driven in drives for i in driven.shown(80 // len(drives))]
    label = "A car drives along a road never seen: what the network sees, the steering units, and the map"
    return moving(frames, 10, SIZE, label, _words(), len(frames) // 4, [ORANGE])


def _words() -> str:
    """The elements of an SVG that are the same in all drives."""
    x, y, width, _ = VIEW
    return (
        text(x, y - 11, "what the camera sees", 19)
        + text(MAP[0], y - 11, "from above", 19)
        + text(x, 306, "left", 17)
        + text(x + width / 2, 306, "steering units", 17, "middle")
        + text(x + width, 306, "right", 17, "end")
        + _mark(x + 7, 396)
        + text(x + 20, 408, "arc of pure pursuit", 17)
        + f'<path d="M{x} {BASE}h{width}" stroke="currentColor"/>'
    )


def _scene(driven: Drive) -> str:
    """The elements of an SVG that are the same in all frames of a drive: the track from above."""
    x, y, width, height = MAP
    road, (place, metre) = driven.road, _map(driven.road)
    grass, paved = ("#" + 3 * f"{round(255 * brightness[0]):02x}" for brightness in (road.grass, road.road))
    return (
        f'<path d="M{x} {y}h{width}v{height}h-{width}z" fill="{grass}"/>'
        f'<path d="{_path(place(road.middle(circle(1, 60))[0]))}z" fill="none" stroke="{paved}" '
        f'stroke-width="{WIDTH * metre:.1f}"/>'
    )


def _frame(driven: Drive, i: int) -> str:
    """The elements that show a moment: the camera's picture, the units as bars, the way that the car has come."""
    road, moment, units = driven.road, driven.moments[i], driven.units()
    (x, y, width, height), (place, _) = VIEW, _map(road)
    seen = np.round(moment.seen()[0].reshape(ROWS, COLUMNS) * 20) / 20  # fewer levels of grey make a smaller page
    side = width / len(units)
    bars = "".join(
        f"M{x + side * (k + 0.5):.1f} {BASE}v-{HIGH * p / 0.25:.1f}"
        for k, p in enumerate(np.minimum(driven.P[i, units[::-1]], 0.25))  # left is left
        if p > 0.002
    )
    nearest = int(np.argmin(np.abs(driven.arcs - moment.taught[0])))
    trail = place(np.array([earlier.z[0] for earlier in [*driven.moments[:i:8], moment]]))
    return (
        enlarged(seen, x, y, width, height)
        + f'<path d="{bars}" stroke="{ORANGE}" stroke-width="{side - 2:.1f}"/>'
        + _mark(x + side * (units[-1] - nearest + 0.5), BASE + 3)
        + text(MAP[0] + MAP[2], y - 11, driven.state(i), 19, "end")
        + f'<path d="{_path(trail)}" fill="none" stroke="{ORANGE}" stroke-width="4"/>'
        f'<path transform="translate({trail[-1].real:.0f} {trail[-1].imag:.0f}) '
        f'rotate({-np.degrees(np.angle(moment.heading[0])):.0f})" '
        f'd="M17 0L-10 10L-10 -10z" fill="{ORANGE}" stroke="#fff" stroke-width="2"/>'
    )


def _mark(x: float, y: float) -> str:
    """A hollow triangle below (x, y)."""
    return f'<path d="M{x:.1f} {y}l5.5 10h-11z" fill="none" stroke="currentColor" stroke-width="1.5"/>'


def _path(points: Points) -> str:
    """The attribute `d` of a path through points x + i·y, in tenths of a pixel."""
    steps = np.diff(points.round(1), prepend=0)
    return "M" + "l".join(f"{step.real:.1f} {step.imag:.1f}" for step in steps)


def _map(road: Roads) -> tuple[Callable[[Points], Points], float]:
    """Where points of the ground are on the map, x + i·y in pixels, and the pixels of a metre: the track fits."""
    (x, y, width, height), middle = MAP, road.middle(circle(1, 90))[0]
    low = complex(middle.real.min(), middle.imag.min()) - (1 + 1j) * WIDTH
    high = complex(middle.real.max(), middle.imag.max()) + (1 + 1j) * WIDTH
    metre = min(width / (high - low).real, height / (high - low).imag)

    def place(z: Points) -> Points:
        return x + width / 2 + 1j * (y + height / 2) + ((z - (low + high) / 2) * metre).conj()

    return place, metre


def limits(sharp: Sequence[float], network: Floats, pure_pursuit: Floats) -> Figure:
    """The percentage of laps that stay on the road, by the sharpest bend."""
    made = figure(5.6, 3.4, "laps on the road by the curvature of the sharpest bend")
    axes = made.subplots()
    axes.axvspan(*SHARPEST, color=FILLS[0], label="sharpest bends that it learnt from")
    for laps, name, number in (
        (pure_pursuit, "pure pursuit, a formula that knows the road", 1),
        (network, "the network", 0),
    ):
        axes.plot(
            sharp, laps, marker=MARKERS[number], linestyle=DASHES[number], color=COLOURS[number], label=name,
            clip_on=False, zorder=3,  # a marker at 0 is whole
        )  # fmt: skip
    tidy(axes, x="curvature of the sharpest bend, 1/m", y="laps on the road, %")
    axes.set_ylim(0, 105)
    made.legend(frameon=False, labelcolor=INK, loc="outside lower center", ncols=2)
    return made


def hidden_units(hidden: Layer, steering: Layer, arcs: Floats) -> Figure:
    """The weights of the ten hidden units that turn the wheel most, and which way each turns it when it is active."""
    W = weights(hidden)
    turns = arcs @ weights(steering)
    used = np.argsort(-np.abs(turns))[:10]
    captions = ["steers left" if turns[i] > 0 else "steers right" for i in used]
    return tiles([W[i].reshape(ROWS, COLUMNS) for i in used], captions, "what ten hidden units look for")
