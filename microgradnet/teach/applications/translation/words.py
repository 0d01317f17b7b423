"""The numbers from 10 to 99 as words of five languages, each made by rule.

`in_words(47, "de")` is siebenundvierzig, seven-and-forty. German, Dutch and Danish say the ones first, English and
French the tens.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from microgradnet.data import one_hot

Array = NDArray[np.float64]


class Language(NamedTuple):
    """How a language says the numbers from 10 to 99.

    Attributes:
        name: in English.
        teens: 10 to 19.
        tens: 20, 30, … 90.
        ones: 1 to 9 within a larger number.
        joined: the word of a number above 20, from the words of its tens and its ones, "" for none.
        ones_first: whether the ones are said before the tens.
    """

    name: str
    teens: Sequence[str]
    tens: Sequence[str]
    ones: Sequence[str]
    joined: Callable[[str, str], str]
    ones_first: bool


def _german(tens: str, ones: str) -> str:
    return f"{ones}und{tens}" if ones else tens


def _dutch(tens: str, ones: str) -> str:
    return f"{ones}{'ën' if ones.endswith('e') else 'en'}{tens}" if ones else tens


def _danish(tens: str, ones: str) -> str:
    return f"{ones}og{tens}" if ones else tens


def _english(tens: str, ones: str) -> str:
    return f"{tens}-{ones}" if ones else tens


def _french(tens: str, ones: str) -> str:
    """Eighty is four twenties, with an s where nothing follows; one and eleven have an "et" before them up to 71."""
    if tens == "quatre-vingt":
        return f"{tens}-{ones}" if ones else f"{tens}s"
    return f"{tens}-{'et-' * (ones in ('un', 'onze'))}{ones}" if ones else tens


LANGUAGES = {
    "de": Language(
        "German",
        ["zehn", "elf", "zwölf", "dreizehn", "vierzehn", "fünfzehn", "sechzehn", "siebzehn", "achtzehn", "neunzehn"],
        ["zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig"],
        ["ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"],
        _german, ones_first=True,
    ),
    "nl": Language(
        "Dutch",
        ["tien", "elf", "twaalf", "dertien", "veertien", "vijftien", "zestien", "zeventien", "achttien", "negentien"],
        ["twintig", "dertig", "veertig", "vijftig", "zestig", "zeventig", "tachtig", "negentig"],
        ["een", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen"],
        _dutch, ones_first=True,
    ),
    "da": Language(
        "Danish",
        ["ti", "elleve", "tolv", "tretten", "fjorten", "femten", "seksten", "sytten", "atten", "nitten"],
        ["tyve", "tredive", "fyrre", "halvtreds", "tres", "halvfjerds", "firs", "halvfems"],
        ["en", "to", "tre", "fire", "fem", "seks", "syv", "otte", "ni"],
        _danish, ones_first=True,
    ),
    "en": Language(
        "English",
        ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"],
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"],
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"],
        _english, ones_first=False,
    ),
    "fr": Language(
        "French",
        ["dix", "onze", "douze", "treize", "quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf"],
        ["vingt", "trente", "quarante", "cinquante", "soixante", "soixante", "quatre-vingt", "quatre-vingt"],
        ["un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"],
        _french, ones_first=False,
    ),
}  # fmt: skip
"""Each language by its code (ISO 639-1)."""


def in_words(number: int, language: str) -> str:
    """The word of a number from 10 to 99.

    >>> [in_words(47, language) for language in LANGUAGES]
    ['siebenundvierzig', 'zevenenveertig', 'syvogfyrre', 'forty-seven', 'quarante-sept']
    >>> in_words(80, "fr"), in_words(97, "fr")
    ('quatre-vingts', 'quatre-vingt-dix-sept')
    """
    spoken = LANGUAGES[language]
    tens, ones = divmod(number, 10)
    if tens == 1:
        return spoken.teens[ones]
    if language == "fr" and tens in (7, 9):  # sixty-ten, four-twenty-ten: the ones go on from ten
        return spoken.joined(spoken.tens[tens - 2], spoken.teens[ones])
    return spoken.joined(spoken.tens[tens - 2], spoken.ones[ones - 1] if ones else "")


def letters_of(language: str) -> str:
    """The letters that its words are made of, after a full stop, which stands before and after each word."""
    return "." + "".join(sorted(set("".join(in_words(number, language) for number in range(10, 100)))))


def longest(language: str) -> int:
    """The number of letters of its longest word."""
    return max(len(in_words(number, language)) for number in range(10, 100))


def encoded(numbers: Iterable[int], language: str) -> tuple[Array, Array, Array]:
    """For each word the letters before its letters, the letters and the full stop, both one-hot, and the mask of these.

    >>> before, letters, mask = encoded([10], "en")
    >>> ["".join(letters_of("en")[i] for i in rows[0].argmax(axis=1)) for rows in (before, letters)]
    ['.ten..........', 'ten...........']
    >>> mask[0].tolist() == [1.0] * 4 + [0.0] * 10
    True
    """
    alphabet, length = letters_of(language), longest(language) + 1
    words = [in_words(int(number), language) for number in numbers]
    before, letters = (
        one_hot([[alphabet.index(letter) for letter in (first + word).ljust(length, ".")] for word in words],
                len(alphabet))
        for first in (".", "")
    )  # fmt: skip
    return before, letters, np.array([[float(i <= len(word)) for i in range(length)] for word in words])
