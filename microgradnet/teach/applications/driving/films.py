"""Films of a drive: what the camera sees, the steering units as bars, and the track from above."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from microgradnet.drawing.figure import Figure
from microgradnet.drawing.figure_style import COLOURS, DASHES, FILLS, INK, MARKERS, figure, tidy
from microgradnet.drawing.theme import LIGHT
from microgradnet.nn import Layer
from microgradnet.teach.applications.driving.drives import STEP, Moment
from microgradnet.teach.applications.driving.roads import COLUMNS, ROWS, SHARPEST, WIDTH, Floats, Roads, circle
from microgradnet.teach.applications.media.figures import tiles, weights
from microgradnet.teach.applications.media.images import enlarged
from microgradnet.teach.applications.media.player import Film, Player
from microgradnet.teach.applications.media.svg import moving, text

SIZE = (640, 420)  # of a frame of the page
VIEW, MAP = (16, 34, 288, 270), (330, 34, 294, 350)  # left, top, width and height of its pictures
MOST = 250  # frames of a film
ORANGE = LIGHT["negative"].line

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
        """The unit whose arc is nearest to how pure pursuit would steer."""
        return int(np.argmin(np.abs(self.arcs - self.moments[i].taught[0])))


def page(drives: Mapping[str, Drive]) -> str:
    """A player of drives, by their names."""
    films = []
    for name, driven in drives.items():
        moments, last = driven.moments, len(driven.moments) - 1
        every = -(-len(moments) // MOST)
        frames = [_frame(driven, i) for i in [*range(0, last, every), last]]
        end = "leaves the road after" if moments[-1].left[0] else "comes round,"
        caption = (
            f"It {end} {STEP * last:.0f} m. The orange mark is the arc of pure pursuit, a formula that knows the road."
        )
        films.append(Film(name, frames, 24 / every, caption=caption, around=_scene(driven.road)))
    return Player("A network drives", films, SIZE, ABOUT).html


def film(driven: Drive) -> str:
    """A drive as a moving picture of at most 80 frames."""
    shown = range(0, len(driven.moments), -(-len(driven.moments) // 80))
    label = "A car drives along a road never seen: what the network sees, the steering units, and the map"
    return moving([_frame(driven, i) for i in shown], 10, SIZE, label, _scene(driven.road), len(shown) // 2, [ORANGE])


def _scene(road: Roads) -> str:
    """The elements of an SVG that are the same in all frames: words, and the track from above."""
    x, y, width, _ = VIEW
    place, metre = _map(road)
    middle = "L".join(map(place, road.middle(circle(1, 90))[0]))
    return (
        text(x, y - 10, "what the camera sees", 19)
        + text(MAP[0], y - 10, "from above", 19)
        + text(x, 326, "left", 18)
        + text(x + width / 2, 326, "45 steering units", 18, "middle")
        + text(x + width, 326, "right", 18, "end")
        + f'<path d="M{x} 384h{width}" stroke="currentColor"/>'
        f'<path d="M{x + 60} 402l5 11h-10z" fill="{ORANGE}"/>'
        + text(x + 72, 414, "as a formula that knows the road", 15)
        + f'<path d="M{middle}z" fill="none" stroke="currentColor" stroke-opacity=".25" '
        f'stroke-width="{WIDTH * metre:.1f}"/>'
    )


def _frame(driven: Drive, i: int) -> str:
    """The elements that show a moment: the camera's picture, the units as bars, the way that the car has come."""
    road, moment, P, best = driven.road, driven.moments[i], driven.P[i], driven.best(i)
    (x, y, width, height), (place, _) = VIEW, _map(road)
    seen = np.round(moment.seen()[0].reshape(ROWS, COLUMNS) * 24) / 24  # fewer levels of grey make a smaller page
    side = width / len(P)
    bars = "".join(
        f"M{x + side * unit + 0.5:.1f} 384h{side - 1:.1f}v-{52 * p / 0.25:.1f}h-{side - 1:.1f}z"
        for unit, p in enumerate(np.minimum(P[::-1], 0.25))  # left is left
        if p > 0.002
    )
    mark = x + side * (len(P) - 1 - best + 0.5)
    state = "off the road" if moment.left[0] else f"{moment.aside[0]:.1f} m off centre"
    trail = [place(complex(earlier.z[0])) for earlier in driven.moments[:i:6]] + [place(complex(moment.z[0]))]
    return (
        enlarged(seen, x, y, width, height)
        + f'<path d="{bars}" fill="currentColor"/><path d="M{mark:.1f} 386l5 9h-10z" fill="{ORANGE}"/>'
        + text(MAP[0] + MAP[2], y - 10, state, 19, "end")
        + f'<path d="M{"L".join(trail)}" fill="none" stroke="currentColor" stroke-width="2"/>'
        f'<path transform="translate({trail[-1]}) rotate({-np.degrees(np.angle(moment.heading[0])):.0f})" '
        f'd="M11 0L-7 7L-7 -7z" fill="{ORANGE}" stroke="{"currentColor" if moment.left[0] else "none"}" '
        f'stroke-width="2"/>'
    )


def _map(road: Roads) -> tuple[Callable[[complex], str], float]:
    """Where a point of the ground is on the map, as text, and the pixels of a metre there, so that the track fits."""
    (x, y, width, height), middle = MAP, road.middle(circle(1, 90))[0]
    low = complex(middle.real.min(), middle.imag.min()) - (1 + 1j) * WIDTH
    high = complex(middle.real.max(), middle.imag.max()) + (1 + 1j) * WIDTH
    metre = min(width / (high - low).real, height / (high - low).imag)

    def place(z: complex) -> str:
        off = (z - (low + high) / 2) * metre
        return f"{x + width / 2 + off.real:.0f} {y + height / 2 - off.imag:.0f}"

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
