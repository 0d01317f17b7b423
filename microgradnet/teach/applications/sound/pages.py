"""Films to watch: a page that plays them with their sounds, and an animation with words for sounds."""

from collections.abc import Iterator, Sequence

import numpy as np

from microgradnet.teach.applications.media.audio import wav
from microgradnet.teach.applications.media.images import enlarged
from microgradnet.teach.applications.media.player import Film as Played
from microgradnet.teach.applications.media.player import Player
from microgradnet.teach.applications.media.svg import box, moving, text
from microgradnet.teach.applications.sound.films import MATERIALS, PER_SECOND, WIDTH, Film, Strike, Thing
from microgradnet.teach.applications.sound.hearing import Heard, matched, strikes
from microgradnet.teach.applications.sound.painting import COLOURS, HORIZON, discs, painted
from microgradnet.teach.applications.sound.soundtrack import RATE, soundtrack

WORDS, SHOUTS = ("tock", "ding", "thud"), 5  # for sounds; frames that one stands
SHORT = 130  # frames of an animation
INKS = ("#b4652a", "#3f7fb0", "#8a3a55")  # of the materials' words and marks, on light and dark pages
HIGH = 420  # px, of the picture
WIDE, SIDE, STRIP = round(HIGH * WIDTH), 224, 96  # px: of the picture, of what is beside it, of what is below
SIZE = (WIDE + SIDE, HIGH + STRIP)
ABOUT = (
    "The network sees the small grey picture, five frames at once. It has never seen these films. For each strike "
    "that it finds, the page plays the nearest of 24 synthesised recordings, and the word stands where it saw the "
    "strike. Below are the true strikes, and under the line those that it found: longer is harder. It knows this "
    "drawn world only, and no camera's."
)


def player(films: dict[str, Film], heard: Sequence[Heard], threshold: float) -> Player:
    """A page with each film as the network hears it, and at the end the first of them with its true sound."""
    played = []
    for (name, film), one in zip(films.items(), heard, strict=True):
        found = strikes(one, threshold)
        pairs = matched(found, film.strikes)
        right = sum(said.material == strike.material for said, strike in pairs)
        caption = (
            f"Of {len(film.strikes)} strikes it found {len(pairs)}, {right} of them with the right material, and heard "
            f"{len(found) - len(pairs)} where there was none."
        )
        around = _stage(film) + _marks(film, found)
        played.append(Played(name, list(drawn(film, one, found)), PER_SECOND, _sound(film, found), caption, around))
    film = next(iter(films.values()))
    true = played[0]._replace(name="the true sound", sound=_sound(film, film.strikes), caption="As it should sound.")
    return Player("A network adds the sound to silent films", [*played, true], SIZE, ABOUT)


def _sound(film: Film, of: Sequence[Strike]) -> bytes:
    return wav(soundtrack(of, film.frames / PER_SECOND), RATE)


def drawn(film: Film, heard: Heard, found: Sequence[Strike]) -> Iterator[str]:
    """The frames as elements of an SVG: the film, what the network sees and says, and the time among all strikes."""
    small = painted(film)
    for frame in range(film.frames):
        at = _across(frame / PER_SECOND, film)
        yield (
            f'<svg width="{WIDE}" height="{HIGH}" viewBox="0 0 {WIDE} {HIGH}">{_acted(film, found, frame)}</svg>'
            + enlarged(small[frame, ..., 0], WIDE + 16, 34, SIDE - 16, (SIDE - 16) / WIDTH)
            + _bars(heard.p[frame])
            + f'<path d="M{at:.1f} {HIGH + 12}v{STRIP - 16}" stroke="currentColor" stroke-width="2"/>'
        )


def animated(film: Film, found: Sequence[Strike]) -> str:
    """The film as a moving picture, with a word for each strike that was found, where and when it was."""
    frames = [_acted(film, found, frame) for frame in range(SHORT)]
    label = "Things fall in a silent film; a word for its sound stands where the network sees a strike"
    still = min(SHORT - 1, *(round(strike.frame) for strike in found)) if found else 0
    return moving(frames, PER_SECOND, (WIDE, HIGH), label, _stage(film), still)


def _stage(film: Film) -> str:
    """Its wall and its ground."""
    wall = box(0, 0, WIDE, HORIZON * HIGH, _colour(film.wall, 3))
    return wall + box(0, HORIZON * HIGH, WIDE, (1 - HORIZON) * HIGH, _colour(film.ground, 4))


def _acted(film: Film, found: Sequence[Strike], frame: int) -> str:
    """The things of a frame, and the words that sound in it."""
    return "".join([_drawn(thing, frame) for thing in film.things] + [_word(strike, frame) for strike in found])


def _drawn(thing: Thing, frame: int) -> str:
    """A thing with its shadow."""
    x, y = thing.places[frame] * HIGH
    if np.isnan(x):
        return ""
    size, ground = thing.size * HIGH, thing.ground * HIGH
    shadow = f'<ellipse cx="{x:.1f}" cy="{ground:.1f}" rx="{1.1 * size:.1f}" ry="{0.27 * size:.1f}" opacity=".3"/>'
    bodies = [
        f'<g transform="translate({x + right * HIGH:.1f} {y + down * HIGH:.1f}) '
        f'scale({wide * HIGH:.1f} {high * HIGH:.1f})">{_unit(thing)}</g>'
        for right, down, wide, high in discs(thing)
    ]
    return shadow + "".join(bodies)


def _unit(thing: Thing) -> str:
    """A disc of radius 1 that looks like the material."""
    disc = f'<circle r="1" fill="{_colour(thing.shade, thing.material)}"/>'
    if thing.material == 0:
        stripes = "".join(
            f"M{u} {-high}V{high}" for u, high in ((-0.72, 0.58), (-0.24, 0.92), (0.24, 0.92), (0.72, 0.58))
        )
        path = f'<path d="{stripes}" stroke="#5a3210" stroke-opacity=".5" stroke-width=".2"/>'
        return disc + f'<g transform="rotate({np.degrees(thing.grain):.0f})">{path}</g>'
    if thing.material == 1:
        rim = '<circle r=".94" fill="none" stroke="#263038" stroke-opacity=".45" stroke-width=".12"/>'
        return (
            disc
            + rim
            + "".join(f'<circle cx="-.3" cy="-.35" r="{r}" fill="#fff" opacity=".3"/>' for r in (0.5, 0.36, 0.2))
        )
    return disc + "".join(f'<circle cx="-.3" cy="-.35" r="{r}" fill="#fff" opacity=".05"/>' for r in (0.45, 0.3, 0.16))


def _word(strike: Strike, frame: int) -> str:
    """The word for a strike, where the network saw it, while it sounds."""
    since = frame - round(strike.frame)
    if not 0 <= since < SHOUTS:
        return ""
    x = min(max(strike.x, 0.17), WIDTH - 0.17) * HIGH  # inside the picture
    y = max(0.15, strike.y - 0.24 - 0.012 * since) * HIGH
    size = 24 + 30 * strike.speed
    return (
        f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size:.0f}" font-weight="700" text-anchor="middle" '
        f'style="fill:{INKS[strike.material]};stroke:#fff;stroke-width:5;paint-order:stroke">{WORDS[strike.material]}</text>'
    )


def _bars(p: Sequence[float]) -> str:
    """The probability of each material, in this frame."""
    parts = [text(WIDE + 16, 22, "it sees", 23)]
    for number, name in enumerate(MATERIALS):
        y = 236 + 54 * number
        parts.append(text(WIDE + 16, y, name, 23))
        parts.append(box(WIDE + 16, y + 8, SIDE - 18, 14, INKS[number], 0.15))
        parts.append(box(WIDE + 16, y + 8, (SIDE - 18) * float(p[number + 1]), 14, INKS[number]))
    return "".join(parts)


def _marks(film: Film, found: Sequence[Strike]) -> str:
    """All strikes on a line of time: the true ones above it, those that were found below."""
    middle = HIGH + STRIP / 2 + 4
    parts = [f'<path d="M0 {middle}H{WIDE}" stroke="currentColor" stroke-width="1" opacity=".5"/>']
    for kind, up in ((film.strikes, -1), (found, 1)):
        for material, ink in enumerate(INKS):
            lines = [
                f"M{_across(strike.time, film):.0f} {middle + 3 * up:.0f}v{up * (12 + 24 * strike.speed):.0f}"
                for strike in kind
                if strike.material == material
            ]
            parts.append(f'<path d="{"".join(lines)}" stroke="{ink}" stroke-width="5"/>')
    parts += [text(WIDE + 16, middle - 12, "true strikes", 23), text(WIDE + 16, middle + 26, "those it found", 23)]
    return "".join(parts)


def _across(time: float, film: Film) -> float:
    return 4 + (WIDE - 8) * time * PER_SECOND / film.frames


def _colour(shade: float, tint: int) -> str:
    return "#" + "".join(f"{round(255 * min(1.0, shade * factor)):02x}" for factor in COLOURS[tint])
