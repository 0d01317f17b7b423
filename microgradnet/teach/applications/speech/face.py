"""A face that is drawn: a mouth of three numbers, open, round and wide, moves its lips and its jaw.

Every shape that moves is a path of the same curves whatever the mouth, so that an animation can glide between them.
"""

import html
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from microgradnet.drawing.svg import scope_of
from microgradnet.teach.applications.media.svg import card, text

WIDTH, HEIGHT = 320, 340
LID = 16.5  # of the control points of the curve over an open eye, px
BLINKS = 2.6  # seconds from one to the next
BEHIND = (
    '<path d="M78 170Q60 40 160 34Q260 40 242 170L250 250Q160 286 70 250Z" fill="#7a4f38"/>'
    '<path d="M128 262H192V330H128Z" fill="#dca57e"/>'
    '<path d="M44 340Q52 300 120 298Q160 322 200 298Q268 300 276 340Z" fill="#3f7f8c"/>'
)
"""Hair, neck and shoulders."""
IN_FRONT = (
    '<path d="M86 142Q92 78 160 70Q236 76 236 146Q216 104 176 92Q130 128 86 142Z" fill="#7a4f38"/>'
    '<g fill="none" stroke="#6b432f" stroke-width="5" stroke-linecap="round">'
    '<path d="M102 138Q118 128 136 135"/><path d="M184 135Q202 128 218 138"/></g>'
    '<path d="M160 166Q168 190 153 194" fill="none" stroke="#c98f68" stroke-width="4" stroke-linecap="round"/>'
    '<g fill="#ef8d7d" opacity=".35"><circle cx="104" cy="200" r="16"/><circle cx="216" cy="200" r="16"/></g>'
)
"""Fringe, brows, nose and cheeks."""
COLOURS = {
    "jaw": "#f3c7a0", "whites": "#fff", "pupils": "#33241e", "lids": "#e9b88f", "lashes": "#6b432f",
    "hollow": "#541b27", "tongue": "#d7707a", "teeth": "#fff", "upper": "#bd4f58", "lower": "#cc5f66",
}  # fmt: skip
"""What moves, from behind to the front."""


def shapes(mouth: Sequence[float], lid: float = 1.0) -> dict[str, str]:
    """The path of each shape that moves, by the names of COLOURS.

    Args:
        mouth: (open, round, wide), each from 0 to 1.
        lid: how far the eyes are open.
    """
    opened, rounded, wide = (min(1.0, max(0.0, x)) for x in mouth)
    drop, reach = 48 * opened, 34 + 20 * wide - 19 * rounded
    y, corner, belly = 234 + 0.1 * drop, -3 * wide, 0.45 + 0.35 * rounded
    up, down = -0.42 * drop, 0.92 * drop  # of the curves' control points, from the line between the corners
    above, below = 12 + 5 * rounded, 14 + 6 * rounded  # how thick the lips are

    def curve(height: float, side: int) -> str:
        """A curve from one corner of the mouth to the other, to the right if side is 1."""
        x, bend = side * reach, belly * side * reach
        return f"C{160 - bend:.1f} {y + height:.1f} {160 + bend:.1f} {y + height:.1f} {160 + x:.1f} {y + corner:.1f}"

    left = f"{160 - reach:.1f} {y + corner:.1f}"
    teeth = min(max(0.0, 0.55 * (down - up) - 6), 13)  # none between lips that nearly meet
    inner = 0.86 * reach
    lift = up * 0.62
    return {
        "jaw": f"M84 150C84 90 236 90 236 150C240 {226 + drop * 0.2:.1f} 210 {278 + drop * 0.5:.1f} 160 "
        f"{284 + drop * 0.5:.1f}C110 {278 + drop * 0.5:.1f} 80 {226 + drop * 0.2:.1f} 84 150Z",
        "whites": _eyes(13, 11),
        "pupils": _eyes(6.5, 6.5),
        "lids": _lids(-LID, LID * (1 - 2 * lid)),
        "lashes": _lids(LID * (1 - 2 * lid), LID * (1 - 2 * lid) + 3),
        "hollow": f"M{left}{curve(up, 1)}{curve(down, -1)}Z",
        "tongue": f"M{160 - 0.55 * reach:.1f} {y + 0.52 * down:.1f}C{160 - 0.3 * reach:.1f} {y + 0.3 * down:.1f} "
        f"{160 + 0.3 * reach:.1f} {y + 0.3 * down:.1f} {160 + 0.55 * reach:.1f} {y + 0.52 * down:.1f}"
        f"C{160 + 0.3 * reach:.1f} {y + 0.78 * down:.1f} {160 - 0.3 * reach:.1f} {y + 0.78 * down:.1f} "
        f"{160 - 0.55 * reach:.1f} {y + 0.52 * down:.1f}Z",
        "teeth": f"M{160 - inner:.1f} {y + lift * 0.6:.1f}C{160 - inner / 2:.1f} {y + up:.1f} {160 + inner / 2:.1f} "
        f"{y + up:.1f} {160 + inner:.1f} {y + lift * 0.6:.1f}C{160 + inner / 2:.1f} {y + up + teeth:.1f} "
        f"{160 - inner / 2:.1f} {y + up + teeth:.1f} {160 - inner:.1f} {y + lift * 0.6:.1f}Z",
        "upper": f"M{left}{curve(up - above, 1)}{curve(up, -1)}Z",
        "lower": f"M{left}{curve(down, 1)}{curve(down + below, -1)}Z",
    }  # fmt: skip


def _eyes(width: float, height: float) -> str:
    """Two ellipses as one path."""
    return "".join(
        f"M{x - width:.1f} 162a{width} {height} 0 1 0 {2 * width} 0a{width} {height} 0 1 0 {-2 * width} 0Z"
        for x in (120, 200)
    )


def _lids(above: float, below: float) -> str:
    """What is between two curves over each eye, whose control points are so far below its middle, as one path."""
    return "".join(
        f"M{x - 14} 162c0 {above:.1f} 28 {above:.1f} 28 0c0 {below:.1f} -28 {below:.1f} -28 0Z" for x in (120, 200)
    )


def lid(second: float) -> float:
    """How far the eyes are open then, from 0 to 1: they blink every BLINKS seconds.

    >>> [lid(second) for second in (0.0, 2.0, BLINKS - 0.05)]
    [1.0, 1.0, 0.0]
    """
    until = abs((second % BLINKS) - (BLINKS - 0.05))
    return min(1.0, max(0.0, until / 0.08 - 0.25))  # closed for two frames


def face(mouth: Sequence[float], second: float = 0.0) -> str:
    """The elements of an SVG of WIDTH × HEIGHT: the face with this mouth, at that time of its film."""
    drawn = shapes(mouth, lid(second))
    moving = [f'<path d="{path}" fill="{COLOURS[name]}"/>' for name, path in drawn.items()]
    return BEHIND + moving[0] + IN_FRONT + "".join(moving[1:])


def talking(mouths: NDArray[np.float64], per_second: float, words: Sequence[tuple[float, str]], note: str) -> str:
    """An SVG of the face as it speaks, over and over; where motion is not wanted, or a viewer has none, it is still.

    Args:
        mouths: (frames, 3).
        per_second: frames.
        words: each with the second at which it starts; they stand below the face, heavy while they are said.
        note: below that, small.
    """
    frames = [shapes(mouth, lid(number / per_second)) for number, mouth in enumerate(mouths)]
    duration = len(frames) / per_second
    cycle = f'dur="{duration:.2f}s" repeatCount="indefinite"'
    moving = [
        f'<path d="{frames[0][name]}" fill="{COLOURS[name]}"><animate attributeName="d" {cycle} '
        f'values="{";".join(frame[name] for frame in frames)}"/></path>'
        for name in COLOURS
    ]
    title, ends = " ".join(word for _, word in words), [start for start, _ in words[1:]] + [duration]
    said = " ".join(
        f'<tspan stroke="currentColor" stroke-width="0" fill-opacity=".6">{html.escape(word)}'
        + "".join(
            f'<animate attributeName="{attribute}" {cycle} calcMode="discrete" values="{rests};{sounds};{rests}" '
            f'keyTimes="0;{start / duration:.4f};{min(1.0, end / duration):.4f}"/>'
            for attribute, rests, sounds in (("stroke-width", 0, 0.6), ("fill-opacity", 0.6, 1))
        )
        + "</tspan>"
        for (start, word), end in zip(words, ends, strict=True)
    )
    place = (WIDTH / 2, HEIGHT + 26)
    body = (
        f'<g class="still">{face(mouths[0])}{text(*place, title, 11.5, "middle")}</g>'
        f'<g class="moving" display="none">{BEHIND}{moving[0]}{IN_FRONT}{"".join(moving[1:])}'
        f'<text x="{place[0]:g}" y="{place[1]:g}" font-size="11.5" text-anchor="middle">{said}</text></g>'
        + text(WIDTH / 2, HEIGHT + 48, note, 11, "middle")
    )
    scope = scope_of(title, body)
    css = (
        f"@media (prefers-reduced-motion:no-preference)"
        f"{{.{scope} .still{{display:none}}.{scope} .moving{{display:inline}}}}"
    )
    return card(body, (WIDTH, HEIGHT + 60), f"A face says: {title}", css, scope)
