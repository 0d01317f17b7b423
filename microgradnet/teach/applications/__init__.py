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
            "Lower errors are better. Pure pursuit, a formula, knows the road; the others see the camera's "
            "picture alone.",
            [Option("--track", "drive the track of a seed", seed, "SEED")],
        ),
        Entry(
            "translation",
            "say a handwritten number in words, letter by letter, by attention",
            60,
            "The nearest training image names the whole number that it shows. Told digits: a network that learnt "
            "from labelled digits, not from words.",
            [Option("--language", "that of the words (de)", choices=("de", "nl", "da", "en", "fr"), of_training=True)],
        ),
        Entry(
            "colour",
            "restore the colour of grey photographs",
            65,
            "Root mean square of the errors of a and b, lower is better. The right of each of the five is "
            "restored, its left was learnt from. Likeness copies the colour where the surroundings look most "
            "alike.",
            [Option("--photo", "a photograph (PNG or JPEG) to make grey and colour", photograph, "FILE")],
        ),
        Entry(
            "handwriting",
            "write any text by hand, point by point",
            70,
            "Surprise is −ln of the probability density of a next point: lower is better, also below 0. Legible "
            "is what a network that reads letters recognises, of the written and of the true pen's; less of it "
            "after a quick run.",
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
            "Lower errors are better. The mouths to learn are those of a table, three numbers for each sound of "
            "the language: nobody was filmed.",
            [Option("--audio", "a WAV file of speech, which the face then says", recording, "FILE")],
        ),
        Entry(
            "sound",
            "add sound to silent films of falling balls and walking shoes",
            60,
            "F1 is 1 where every strike is found and none is invented. The true frame is the best time that "
            "frames alone can tell; mean is always the mean speed.",
        ),
        Entry(
            "objects",
            "recognise handwritten digits, and draw your own",
            25,
            "Higher is better. The nearest mean image is one of ten, one for each digit; the nearest of all, one "
            "of every image that was learnt from.",
        ),
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
