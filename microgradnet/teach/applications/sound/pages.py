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
from microgradnet.teach.applications.sound.painting import COLOURS, HORIZON, painted
from microgradnet.teach.applications.sound.soundtrack import RATE, soundtrack

WORDS, SHOUTS = ("tock", "ding", "thud"), 8  # for sounds; frames that one stands
SHORT, LEGEND = 130, 100  # frames of an animation; px of the words below it
HOLD = 8  # frames for which a bar stands, about 0.3 s
INKS = ("#b4652a", "#3f7fb0", "#b54f86")  # of the materials' words and marks, on light and dark pages
HIGH, PAD = 420, 8  # px, of the picture; around it
WIDE, SIDE, STRIP = round(HIGH * WIDTH), 224, 96  # px: of the picture, of what is beside it, of what is below
SIZE = (WIDE + SIDE + 2 * PAD, HIGH + STRIP + 2 * PAD)
ABOUT = (
    "The network sees the small grey picture, five frames at once. It has never seen these films. A word stands where "
    "it saw a strike, and is struck through where that is wrong; the bars say how probable a strike of each material "
    "is, and hold for 0.3 s. Below are the true strikes, and under the line those that it found: longer is harder. It "
    "knows this drawn world only, and no camera's."
)


def player(films: dict[str, Film], heard: Sequence[Heard], threshold: float) -> Player:
    """A page with each film as the network hears it, and at the end the first of them with its true sound."""
    played = []
    for (name, film), one in zip(films.items(), heard, strict=True):
        found = strikes(one, threshold)
        right = _right(film, found)
        pairs = matched(found, film.strikes)
        caption = (
            f"Of {len(film.strikes)} strikes it found {len(pairs)}, {len(right)} of them with the right material, and "
            f"heard {len(found) - len(pairs)} where there was none. For each that it found, the nearest of 24 "
            "synthesised recordings sounds."
        )
        around = _padded(_stage(film) + _marks(film, found))
        played.append(Played(name, list(drawn(film, one, found)), PER_SECOND, _sound(film, found), caption, around))
    name, film = next(iter(films.items()))
    caption = "For each true strike the nearest of 24 synthesised recordings sounds; the words are the network's."
    true = played[0]._replace(name=f"{name}, with the true sound", sound=_sound(film, film.strikes), caption=caption)
    return Player("A network adds the sound to silent films", [*played, true], SIZE, ABOUT)


def _right(film: Film, found: Sequence[Strike]) -> set[Strike]:
    """Those that are found where a strike is, with its material."""
    return {said for said, true in matched(found, film.strikes) if said.material == true.material}


def _padded(elements: str) -> str:
    return f'<g transform="translate({PAD} {PAD})">{elements}</g>'


def _sound(film: Film, of: Sequence[Strike]) -> bytes:
    return wav(soundtrack(of, film.frames / PER_SECOND), RATE)


def drawn(film: Film, heard: Heard, found: Sequence[Strike]) -> Iterator[str]:
    """The frames as elements of an SVG: the film, what the network sees and says, and the time among all strikes."""
    small = painted(film)
    for frame in range(film.frames):
        at = _across(frame / PER_SECOND, film)
        yield _padded(
            f'<svg width="{WIDE}" height="{HIGH}" viewBox="0 0 {WIDE} {HIGH}">{_acted(film, found, frame)}</svg>'
            + enlarged(small[frame, ..., 0], WIDE + 16, 27, SIDE - 16, (SIDE - 16) / WIDTH)
            + _bars(heard.p[max(0, frame + 1 - HOLD) : frame + 1].max(axis=0))
            + f'<path d="M{at:.1f} {HIGH + 12}v{STRIP - 16}" stroke="currentColor" stroke-width="2"/>'
        )


def animated(film: Film, found: Sequence[Strike]) -> str:
    """The film as a moving picture, with a word for each strike that was found, where and when it was.

    It begins when something is in the room.
    """
    places = np.array([thing.places for thing in film.things])
    inside = (places > 0.1) & (places < [WIDTH - 0.1, 1])
    first = int(inside.all(axis=2).any(axis=0).argmax())
    frames = [_acted(film, found, frame) for frame in range(first, min(first + SHORT, film.frames))]
    shown = [round(strike.frame) - first for strike in found if 0 <= round(strike.frame) - first < len(frames)]
    label = "Things fall in a silent film; a word for its sound stands where the network sees a strike"
    return moving(frames, PER_SECOND, (WIDE, HIGH + LEGEND), label, _stage(film) + _legend(), min(shown, default=0))


def _legend() -> str:
    """Which word is of which material, and whose words they are."""
    words = [
        f'<text x="{16 + 180 * place}" y="{HIGH + 32}" font-size="22">'
        f'<tspan font-weight="700" style="fill:{INKS[number]}">{WORDS[number]}</tspan> = {MATERIALS[number]}</text>'
        for place, number in enumerate((1, 0, 2))
    ]
    notes = ("The words are what the network hears in the silent film;", "those struck through are wrong.")
    lines = [text(16, HIGH + 62 + 24 * number, note, 18) for number, note in enumerate(notes)]
    return "".join(words + lines)


def _stage(film: Film) -> str:
    """Its wall and its ground."""
    wall = box(0, 0, WIDE, HORIZON * HIGH, _colour(film.wall, 3))
    return wall + box(0, HORIZON * HIGH, WIDE, (1 - HORIZON) * HIGH, _colour(film.ground, 4))


def _acted(film: Film, found: Sequence[Strike], frame: int) -> str:
    """The things of a frame, and the words that sound in it."""
    right = _right(film, found)
    words = [_word(strike, frame, strike in right) for strike in found]
    return "".join([_drawn(thing, frame) for thing in film.things] + words)


def _drawn(thing: Thing, frame: int) -> str:
    """A thing with its shadow."""
    x, y = thing.places[frame] * HIGH
    if np.isnan(x):
        return ""
    size, ground = thing.size * HIGH, thing.ground * HIGH
    shadow = f'<ellipse cx="{x:.1f}" cy="{ground:.1f}" rx="{1.1 * size:.1f}" ry="{0.27 * size:.1f}" opacity=".3"/>'
    body = _shoe(thing) if thing.shoe else _ball(thing)
    turned = f"{(thing.shoe or 1) * size:.1f} {size:.1f}"
    return f'{shadow}<g transform="translate({x:.1f} {y:.1f}) scale({turned})">{body}</g>'


def _shoe(thing: Thing) -> str:
    """A shoe that points to the right, half as long as 1: leather of its material, what is on it, sole and heel."""
    dark, light = _colour(0.45 * thing.shade, thing.material), _colour(thing.shade + 0.25, thing.material)
    colour = _colour(thing.shade, thing.material)
    upper = f'<path d="M-.92-1C-.8-.45-1-.1-.94.3H1C1.02 0 .85-.2 .5-.3C.2-.38 .1-.6 .08-1Z" fill="{colour}"/>'
    opening = f'<ellipse cx="-.42" cy="-1" rx=".5" ry=".11" fill="{dark}"/>'
    sole = f'<path d="M-.97.26H1.02Q1.06.5.85.5H.1Q-.15.38-.38.38V.5H-.97Z" fill="{dark}"/>'
    on = (
        "M-.72-.8C-.65-.4-.75-.1-.7.2M-.4-.8C-.35-.4-.45-.1-.35.2M-.1-.8C-.02-.3 .3-.1 .7.1M-.12-.4C0-.1 .2.1 .4.2",
        "M.18-.45C.1-.2 .1.05 .16.28M.46-.31C.38-.1 .38.1 .43.28M.7-.22C.64-.05 .64.12 .68.28M-.88-.7Q-.4-.6 .1-.7",
        "M-.72-.82C-.66-.5-.76-.2-.72.1M-.9-.88Q-.4-.76 .1-.88",
    )[thing.material]
    ink = light if thing.material == 2 else dark
    marks = f'<path d="{on}" fill="none" stroke="{ink}" stroke-width=".06" stroke-linecap="round" opacity=".6"/>'
    return upper + opening + marks + sole


def _ball(thing: Thing) -> str:
    """A ball of radius 1 that looks like its material."""
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


def _word(strike: Strike, frame: int, right: bool) -> str:
    """The word for a strike, where the network saw it, while it sounds; struck through if it is wrong."""
    since = frame - round(strike.frame)
    if not 0 <= since < SHOUTS:
        return ""
    x = min(max(strike.x, 0.17), WIDTH - 0.17) * HIGH  # inside the picture
    y = max(0.15, strike.y - 0.24 - 0.012 * since) * HIGH
    size, ink = 24 + 30 * strike.speed, INKS[strike.material]
    word = f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size:.0f}" font-weight="700" text-anchor="middle" style='
    line = f'<path d="M{x - 1.3 * size:.0f} {y - 0.28 * size:.0f}h{2.6 * size:.0f}" stroke='
    outlined = [
        f'{word}"fill:{fill};stroke:{fill};stroke-width:{wide};stroke-linejoin:round">{WORDS[strike.material]}</text>'
        + ("" if right else f'{line}"{fill}" stroke-width="{wide + 4}"/>')
        for fill, wide in (("#fff", 6), (ink, 0))
    ]
    return "".join(outlined)


def _bars(p: Sequence[float]) -> str:
    """The probability of each material."""
    left, wide = WIDE + 16, SIDE - 18
    parts = [text(left, 17, "it sees", 23), text(left, 224, "probability now", 23)]
    for number, name in enumerate(MATERIALS):
        y, probability = 264 + 54 * number, float(p[number + 1])
        parts.append(text(left, y, name, 23))
        parts.append(text(left + wide, y, f"{100 * probability:.0f} %", 23, "end"))
        parts.append(box(left, y + 8, wide, 14, INKS[number], 0.15))
        parts.append(box(left, y + 8, wide * probability, 14, INKS[number]))
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
