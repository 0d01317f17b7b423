"""Films of faces that speak, the recordings of a real speaker, and a figure of the mouth over time."""

from collections.abc import Sequence
from pathlib import Path

from microgradnet.drawing.figure import Figure
from microgradnet.drawing.figure_style import COLOURS, FILLS, INK, SOFT, figure, tidy
from microgradnet.teach.applications.media.audio import Sound, read_wav, wav
from microgradnet.teach.applications.media.player import Film, Player
from microgradnet.teach.applications.media.svg import text
from microgradnet.teach.applications.speech.face import HEIGHT, WIDTH, face, talking
from microgradnet.teach.applications.speech.visemes import OPEN, PER_SECOND, Numbers
from microgradnet.teach.applications.speech.voices import Seen

SOUNDS = Path("/usr/share/asterisk/sounds")
PACKAGE = "asterisk-core-sounds-en-wav"
SPEAKER = "recorded by Allison Smith for Asterisk, CC BY-SA 3.0; nobody told the network what is said."
RECORDINGS = {
    "tt-weasels": "Weasels have eaten our phone system", "tt-monkeysintro": "They have been carried away by monkeys",
    "vm-nobodyavail": "Nobody is available to take your call at the moment",
}  # fmt: skip
SIZE = (2 * WIDTH, HEIGHT + 36)


def real_speaker() -> tuple[list[tuple[str, Sound, int]], str]:
    """A real speaker's recordings: what is said, the sound, its rate; and a sentence on what is missing, or ""."""
    found = [(text, *read_wav(file)) for name, text in RECORDINGS.items() for file in [_file(name)] if file]
    return found, "" if found else f"A real speaker is left out here: apt-get install {PACKAGE} brings her recordings."


def _file(name: str) -> Path | None:
    return next(
        (path for folder in ("en", "en_US_f_Allison") if (path := SOUNDS / folder / f"{name}.wav").exists()), None
    )


def _label(x: float, words: str) -> str:
    return text(x, HEIGHT + 26, words, 22, "middle")


def side_by_side(one: Seen, mouths: Numbers) -> Film:
    """The network's face and the true one."""
    frames = [
        face(mouth, i / PER_SECOND) + f'<g transform="translate({WIDTH})">{face(true, i / PER_SECOND)}</g>'
        for i, (mouth, true) in enumerate(zip(mouths, one.mouth, strict=True))
    ]
    labels = _label(WIDTH / 2, "the network, by ear") + _label(1.5 * WIDTH, "the mouths of the table")
    sound = wav(one.speech.sound, one.speech.rate)
    caption = f"“{one.line.text}”, by a voice of espeak-ng that the network has never heard."
    return Film(f"a voice never heard: {one.line.voice}", frames, PER_SECOND, sound, caption, labels)


def of_recording(name: str, caption: str, sound: Sound, rate: int, mouths: Numbers) -> Film:
    """The network's face, moved by a recording whose true mouths nobody knows."""
    frames = [
        f'<g transform="translate({WIDTH / 2:g})">{face(mouth, i / PER_SECOND)}</g>' for i, mouth in enumerate(mouths)
    ]
    return Film(name, frames, PER_SECOND, wav(sound, rate), caption, _label(WIDTH, "the network, by ear"))


def page(films: Sequence[Film], about: str) -> str:
    """The page that plays them."""
    limits = (
        "It learnt from espeak-ng’s voices alone, whose mouths are those of a table, three numbers for each sound of "
        "the language. It hears no mood: its face smiles at sad news, too."
    )
    return Player("A face that follows a voice", films, SIZE, f"{limits} {about}".strip()).html


def alone(mouths: Numbers, one: Seen) -> str:
    """The network's face as a moving picture without sound."""
    return talking(mouths, PER_SECOND, one.speech.words, "it hears only the sound of these words")


def openness(mouths: Numbers, one: Seen) -> Figure:
    """How far the mouth is open over time, the network's (frames, 3) and the true one, with the words."""
    seconds = [number / PER_SECOND for number in range(len(mouths))]
    made = figure(9.0, 3.4, f"how far the mouth is open in “{one.line.text}”, predicted and true")
    axes = made.subplots()
    axes.fill_between(seconds, -0.16, 1, where=one.shut > 0, step="mid", color=FILLS[2], label="lips shut: m, b, p")
    axes.plot(seconds, one.mouth[:, OPEN], color=COLOURS[1], linestyle="--", label="of the table")
    axes.plot(seconds, mouths[:, OPEN], color=COLOURS[0], label="the network, by ear")
    for start, word in one.speech.words:
        axes.text(start, -0.13, word, fontsize=9, color=SOFT)
    tidy(axes, f"“{one.line.text}”", "seconds", "open")
    axes.set_ylim(-0.16, 1.15)
    made.legend(frameon=False, labelcolor=INK, loc="outside lower center", ncols=3)
    return made
