"""The gallery: what the lesson says neural networks do, in miniature, each trained on this project's scalar Values.

`APPLICATIONS` names them without loading them; `microgradnet run driving` runs one, and so does

    application = load_application("driving")()
    application.train()
    print(format_figures(application.figures()))
"""

from importlib import import_module

from microgradnet._shared.arguments import one_of
from microgradnet.teach.applications.application import QUICK, Application, Entry, Option, format_figures
from microgradnet.teach.applications.requests import handwritten, number_from_zero, photograph, recording, seed

__all__ = ["APPLICATIONS", "QUICK", "Application", "Entry", "Option", "format_figures", "load_application"]


APPLICATIONS: dict[str, Entry] = {
    entry.name: entry
    for entry in (
        Entry(
            "driving",
            "steer a car along roads never seen",
            25,
            [Option("--track", "drive the track of a seed", seed, "SEED")],
        ),
        Entry(
            "translation",
            "say a handwritten number in words, letter by letter, by attention",
            60,
            [Option("--language", "that of the words (de)", choices=("de", "nl", "da", "en", "fr"), of_training=True)],
        ),
        Entry(
            "colour",
            "restore the colour of grey photographs",
            55,
            [Option("--photo", "a photograph (PNG or JPEG) to make grey and colour", photograph, "FILE")],
        ),
        Entry(
            "handwriting",
            "write any text by hand, point by point",
            70,
            [
                Option("--text", "what to write, of a to z and spaces; capitals become small", handwritten, "TEXT"),
                Option("--style", "the hand (any)", choices=("script", "round", "print", "italic", "any")),
                Option("--bias", "0 is careless, 1.5 neat (1.5)", number_from_zero, "NUMBER"),
            ],
        ),
        Entry(
            "speech",
            "hear a voice, and move a face's lips in step",
            55,
            [Option("--audio", "a WAV file of speech, which the face then says", recording, "FILE")],
        ),
        Entry("sound", "add sound to silent films of falling balls and walking shoes", 60),
        Entry("objects", "recognise handwritten digits, and draw your own", 6),
    )
}
"""Every application by its name, in the order of the gallery."""


def load_application(name: str) -> type[Application]:
    """The class of an application, from the module of its name.

    Raises:
        ValueError: the gallery has none of this name.
        ImportError: a package is missing; the message names the command that installs it.
    """
    return import_module(f"{__name__}.{one_of(APPLICATIONS, name, 'application')}").APPLICATION  # type: ignore[no-any-return]
